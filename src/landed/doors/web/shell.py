"""The frame of every page: header with the pages that exist, content, footer, drawer; and plain documents made with it."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from landed.doors.web.render import HERE, html

if TYPE_CHECKING:
    from starlette.responses import Response

    from landed.errors import LandedError

CALCULATOR, LAW = {"href": "/", "label": "Calculator"}, {"href": "/law", "label": "Law"}
PAGES: list[dict[str, str]] = [CALCULATOR, LAW]


def offer(app: Any) -> None:
    """Add the pages whose operations stand, and the navigation that leads to them. Pages that write need the API's routes on the same app."""
    from landed.doors.web import batch_pages, entry_pages, product_pages
    from landed.operations.registry import operations

    declared = {operation.name for operation in operations()}
    api = getattr(app.state, "settings", None) is not None
    found = [CALCULATOR]
    for here, label, needed, pages in (
        (entry_pages.HERE, "Entry", {"entry", "entry_audit"}, entry_pages),
        (batch_pages.HERE, "Batch", {"batch_start", "batch_list", "batch_show", "batch_cancel"}, batch_pages),
        (product_pages.HERE, "Products", {"product_save", "product_list", "product_duties", "law_overlays"}, product_pages),
    ):
        if needed <= declared and api:
            pages.routes(app)
            found.append({"href": here, "label": label})
    PAGES[:] = [*found, LAW]


@lru_cache(maxsize=1)
def head() -> str:
    """Links to the stylesheets and the script, with a mark of their contents so that a new version is fetched."""
    parts = ['<meta name="color-scheme" content="light dark">', "<script>try{const t=localStorage.getItem('theme');if(t)document.documentElement.dataset.theme=t}catch{}</script>"]
    for name in ("theme.css", "calculator.css", "pages.css", "landed.js", "pages.js"):
        mark = sha256((HERE / "static" / name).read_bytes()).hexdigest()[:10]
        address = f"/web/static/{name}?{mark}"
        parts.append(f'<link rel="stylesheet" href="{address}">' if name.endswith(".css") else f'<script defer src="{address}"></script>')
    return "\n".join(parts)


def frame(here: str, body: str) -> str:
    """The body of a page: `here` is the address of its entry in the navigation."""
    from landed.operations.engine import engine

    law = engine().law
    return html("shell.html", pages=PAGES, here=here, body=body, version=law.version, read=law.verified_through)


def document(title: str, here: str, body: str, status: int = 200) -> Response:
    """A whole page without live parts."""
    from starlette.responses import HTMLResponse

    return HTMLResponse(html("document.html", title=title, head=head(), frame=frame(here, body)), status_code=status)


def failed(error: LandedError, here: str) -> Response:
    """A page that says what is wrong, where to go on, and nothing else."""
    status = 404 if error.code.startswith("UNKNOWN") else 403 if error.code == "SCOPE_MISSING" else 400
    return document("Not found" if status == 404 else "Check the request", here, html("failed.html", error=error, near=[str(n) for n in error.extra.get("near", ())][:12], here=here), status)
