"""The frame of every page: header with the pages that exist, content, footer, drawer; and plain documents made with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from landed.doors.web.render import HERE, html

if TYPE_CHECKING:
    from starlette.responses import Response

    from landed.errors import LandedError


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the navigation.

    `module` of doors/web holds `routes(app)`; "" is mounted elsewhere. `needs` names the operations without which the page is not offered.
    Pages that write or ask on behalf of a key (`api`) need the API's routes on the same app.
    """

    href: str
    label: str
    group: str
    module: str = ""
    needs: frozenset[str] = frozenset()
    api: bool = True


def _page(href: str, label: str, group: str, module: str, needs: str) -> Page:
    return Page(href, label, group, module, frozenset(needs.split()))


# In the order of the navigation. A group of one page is shown as that page.
ALL = (
    Page("/", "Calculator", "Duty", api=False),
    _page("/entry", "Entry", "Duty", "entry_pages", "entry entry_audit"),
    _page("/batch", "Batch", "Duty", "batch_pages", "batch_start batch_list batch_show batch_cancel"),
    _page("/products", "Products", "Goods", "product_pages", "product_save product_list product_duties law_overlays"),
    _page("/classify", "Classify", "Goods", "classify_pages", "classify"),
    _page("/documents", "Documents", "Goods", "document_read_pages", "read_document"),
    _page("/suppliers", "Suppliers", "Buy", "supplier_pages", "suppliers_search suppliers_import"),
    _page("/plan", "Plan", "Buy", "plan_pages", "plan"),
    _page("/exposure", "Exposure", "Buy", "exposure_pages", "exposure"),
    _page("/match", "Match", "Buy", "match_pages", "match"),
    _page("/ship", "Ship", "Ship", "ship_pages", "ship_quote ship_load"),
    _page("/track", "Track", "Ship", "track_pages", ""),
    _page("/check", "Check", "Comply", "check_pages", "screen"),
    _page("/calendar", "Calendar", "Comply", "calendar_pages", "deadlines"),
    _page("/watch", "Watch", "Comply", "watch_pages", "watch_changes watch_list"),
    _page("/refunds", "Refunds", "Comply", "refund_pages", "refunds"),
    Page("/law", "Law", "Law", api=False),
    _page("/ask", "Ask", "Ask", "ask_pages", "ask"),
)
STANDING: list[Page] = [page for page in ALL if not page.api]  # what this app serves, once `offer` has looked
COMMON = ("theme.css", "calculator.css", "pages.css", "landed.js", "nav.js", "hand.js", "pages.js")


def offer(app: Any) -> None:
    """Add the pages whose module and operations exist, and the navigation that leads to them."""
    from landed.operations.registry import operations

    declared = {operation.name for operation in operations()}
    api = getattr(app.state, "settings", None) is not None
    found = []
    for page in ALL:
        if page.api and not (api and page.needs <= declared):
            continue
        if page.module:
            name = f"landed.doors.web.{page.module}"
            if find_spec(name) is None:
                continue
            import_module(name).routes(app)
        found.append(page)
    STANDING[:] = found


def stands(href: str) -> bool:
    """Whether this app serves the page at this address."""
    return any(page.href == href for page in STANDING)


def menu(here: str) -> list[dict[str, Any]]:
    """The groups of the navigation: {label, id, here, pages}, one of them marked when it holds `here`."""
    groups: dict[str, list[Page]] = {}
    for page in STANDING:
        groups.setdefault(page.group, []).append(page)
    return [{"label": label, "id": f"nav-{label.lower()}", "here": any(p.href == here for p in pages), "pages": pages} for label, pages in groups.items()]


@lru_cache(maxsize=64)
def head(own: tuple[str, ...] = ()) -> str:
    """Links to the common stylesheets and scripts and to a page's `own` (names in static/), with a mark of their contents so that a new version is fetched."""
    parts = ['<meta name="color-scheme" content="light dark">', "<script>try{const t=localStorage.getItem('theme');if(t)document.documentElement.dataset.theme=t}catch{}</script>"]
    for name in (*COMMON, *own):
        mark = sha256((HERE / "static" / name).read_bytes()).hexdigest()[:10]
        address = f"/web/static/{name}?{mark}"
        parts.append(f'<link rel="stylesheet" href="{address}">' if name.endswith(".css") else f'<script defer src="{address}"></script>')
    return "\n".join(parts)


def frame(here: str, body: str) -> str:
    """The body of a page: `here` is the address of its entry in the navigation."""
    from landed.operations.engine import engine

    law = engine().law
    return html("shell.html", menu=menu(here), here=here, body=body, version=law.version, read=law.verified_through)


def document(title: str, here: str, body: str, status: int = 200, own: tuple[str, ...] = ()) -> Response:
    """A whole page without live parts; `own` names its stylesheets and scripts in static/ beside the common ones."""
    from starlette.responses import HTMLResponse

    return HTMLResponse(html("document.html", title=title, head=head(own), frame=frame(here, body)), status_code=status)


def failed(error: LandedError, here: str) -> Response:
    """A page that says what is wrong, where to go on, and nothing else."""
    status = 404 if error.code.startswith("UNKNOWN") else 403 if error.code == "SCOPE_MISSING" else 400
    return document("Not found" if status == 404 else "Check the request", here, html("failed.html", error=error, near=[str(n) for n in error.extra.get("near", ())][:12], here=here), status)
