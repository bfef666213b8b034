"""A whole entry: a grid of lines with paste, fees once, the worksheet to download; and the audit of an entry as filed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.asking import ask, may, page
from landed.doors.web.shell import document
from landed.doors.web.state import starters
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/entry"
COLUMNS = (("hts_code", "Tariff code"), ("country_of_origin", "Made in"), ("price", "Price"), ("quantity", "Quantity"), ("unit", "Unit"), ("reference", "Reference"))
CHARGES = (("freight", "International freight"), ("insurance", "Insurance"))
MODES = ("ocean", "air", "truck", "rail", "mail")
MOST_LINES = 200
LONGEST = 200_000  # characters of a pasted filing
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes(app: FastAPI) -> None:
    """Add the pages and the worksheet downloads."""
    from starlette.routing import Route

    for path, function in {"/entry": entry, "/entry/worksheet.xlsx": worksheet, "/entry/worksheet.csv": worksheet}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))
    app.router.routes.append(Route("/entry/audit", audit, methods=["GET", "POST"]))


def _given(request: Request) -> dict[str, str]:
    """The form's fields from the address; the example where nothing was said."""
    query = {str(k): str(v) for k, v in request.query_params.items()}
    return query if query.get("lines") else {**starters()["entry"], "first": "1"}


def request_of(given: dict[str, str]) -> dict[str, Any]:
    """The request of the entry operation; raises LandedError TOO_LARGE."""
    header = {"entry_date": given.get("on", ""), "transport_mode": given.get("mode", ""), "incoterm": given.get("incoterm", ""), "entry_type": given.get("type", "")}
    rows = [row for row in given.get("lines", "").splitlines() if row.strip()]
    if len(rows) > MOST_LINES:
        raise LandedError("TOO_LARGE", f"expected at most {MOST_LINES} lines on this page, got {len(rows)}", where="lines", mend="Send the entry to the command line or the API.")
    lines = []
    for row in rows:
        cells = dict(zip((name for name, _ in COLUMNS), (cell.strip() for cell in row.split("\t")), strict=False))
        quantity, unit = cells.pop("quantity", ""), cells.pop("unit", "")
        line: dict[str, Any] = {name: value for name, value in cells.items() if value}
        if quantity and unit:
            line["quantities"] = [{"value": quantity, "unit": unit}]
        elif quantity:
            line["quantity"] = quantity
        lines.append(line)
    charges = [{"kind": kind, "amount": given[kind], "currency": "USD", "status": "actual", "separate": True} for kind, _ in CHARGES if given.get(kind)]
    return {"entry": {k: v for k, v in header.items() if v}, "lines": lines, **({"charges": charges} if charges else {})}


def entry(request: Request) -> Response:
    """The form, and what the entry owes."""
    from landed.duty.request import INCOTERMS

    given = _given(request)
    found, problem = None, None
    try:
        found = ask("entry", request_of(given))
    except LandedError as error:
        problem = error
    rows = [(row.split("\t") + [""] * len(COLUMNS))[: len(COLUMNS)] for row in given.get("lines", "").splitlines() if row.strip()][:MOST_LINES]
    rows += [[""] * len(COLUMNS)] * max(0, 4 - len(rows))
    wrong: dict[int, list[str]] = {}
    for each in problem.extra.get("errors", []) if problem else []:
        wrong.setdefault(int(each.get("line") or 0), []).append(f"{str(each['where']).partition(', ')[2] or each['where']}: {each['detail']}. {each['mend']}")
    query = urlencode({k: v for k, v in given.items() if v and k != "first"})
    body = render.html("entry.html", given=given, rows=rows, columns=COLUMNS, charges=CHARGES, modes=MODES, incoterms=INCOTERMS, found=found, problem=problem, wrong=wrong, query=query, countries=render.countries(), zero=Decimal(0))
    return document("Entry", HERE, body)


def worksheet(request: Request) -> Response:
    """The worksheet of the entry as XLSX or CSV."""
    from starlette.responses import Response as Answer

    from landed.entry.filing import worksheet_csv
    from landed.entry.sheets import worksheet_xlsx

    found = ask("entry", request_of(_given(request)))
    if request.url.path.endswith(".csv"):
        return Answer(worksheet_csv(found), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-worksheet.csv"'})
    return Answer(worksheet_xlsx(found), media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="landed-worksheet.xlsx"'})


async def audit(request: Request) -> Response:
    """The audit of a filed entry pasted as CSV; an example on the first visit."""
    from anyio import to_thread

    text = ""
    if request.method == "POST":
        text = str((await request.form(max_part_size=LONGEST * 4)).get("filed", ""))[:LONGEST]
    return await to_thread.run_sync(_audited, text or starters()["filed"], not text)


def _audited(text: str, first: bool) -> Response:
    import tempfile
    from pathlib import Path

    from landed.entry.audit import audit_entry
    from landed.entry.filed import read_filed
    from landed.operations.engine import engine

    found, problem = None, None
    try:
        may("entry_audit")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "filed.csv"
            path.write_text(text, encoding="utf-8")
            found = audit_entry(read_filed(path), engine=engine())
    except LandedError as error:
        problem = error
    return document("Audit of a filed entry", HERE, render.html("audit.html", text=text, first=first, a=found, problem=problem), 422 if problem and not first else 200)
