"""The audit of an entry as filed: pasted or dropped as CSV or JSON, its differences shown and to download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landed.doors.web import render
from landed.doors.web.asking import may
from landed.doors.web.shell import document, failed
from landed.doors.web.state import starters
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/entry"
OWN = ("entry.css", "entry.js")
LONGEST = 1_000_000  # characters of a filing; 999 lines take a fifth of it
COLUMNS = ("line", "code", "heading", "filed", "expected", "money_usd", "because", "citations")


def routes(app: FastAPI) -> None:
    """Add the page and its download."""
    from starlette.routing import Route

    app.router.routes.append(Route("/entry/audit", audit, methods=["GET", "POST"]))
    app.router.routes.append(Route("/entry/audit.csv", audit, methods=["POST"]))


async def audit(request: Request) -> Response:
    """The audit of a filed entry; an example on the first visit."""
    from anyio import to_thread

    text = str((await request.form()).get("filed", "")) if request.method == "POST" else ""
    return await to_thread.run_sync(_table if request.url.path.endswith(".csv") else _audited, text or starters()["filed"], not text)


def found_in(text: str) -> Any:
    """The audit of a filing as CSV or JSON text; raises LandedError."""
    import tempfile
    from pathlib import Path

    from landed.entry.audit import audit_entry
    from landed.entry.filed import read_filed
    from landed.operations.engine import engine

    may("entry_audit")
    if len(text) > LONGEST:
        raise LandedError("TOO_LARGE", f"expected at most {LONGEST:,} characters, got {len(text):,}", where="filed", mend="Audit one entry at a time; the command line takes larger files.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("filed.json" if text.lstrip()[:1] == "{" else "filed.csv")
        path.write_text(text, encoding="utf-8")
        return audit_entry(read_filed(path), engine=engine())


def _audited(text: str, first: bool) -> Response:
    found, problem = None, None
    try:
        found = found_in(text)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            return failed(error, HERE)
        problem = error
    answer = document("Audit of a filed entry", HERE, render.html("audit.html", text=text[:LONGEST], first=first, a=found, problem=problem), 422 if problem and not first else 200, own=OWN)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _table(text: str, first: bool) -> Response:
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text

    try:
        found = found_in(text)
    except LandedError as error:
        return failed(error, HERE)
    rows: list[tuple[Any, ...]] = [(d.line or "all", d.code, d.heading, d.filed, d.expected, "not known" if d.change_usd is None else d.change_usd, d.because, "; ".join(d.cite)) for d in found.differences]
    return Answer(csv_text(COLUMNS, rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-audit.csv"', "Cache-Control": "no-store"})
