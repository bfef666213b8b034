"""Money that may come back beside the IEEPA refunds: drawback of goods that leave again, and one list of all chances by their last day."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.doors.web import render
from landed.doors.web.address_rows import Column, blamed, rows_of, unplaced
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/refunds"
OWN = ("rows.css", "comply.css", "rows.js")
PARTS = (("/refunds/drawback", "Drawback", "drawback"), ("/refunds/all", "One list", "money_back"))
FIELDS = ("code", "made", "worth", "on", "imported", "mode", "way", "pct", "to")
MODES = (("", "not stated"), ("ocean", "ocean"), ("air", "air"), ("truck", "truck"), ("rail", "rail"))
SAID = {"hts_code": "code", "country_of_origin": "made", "customs_value": "worth", "entry_date": "on", "import_date": "imported", "exported_pct": "pct", "destination": "to"}
EXPORTS = (
    Column("code", "Tariff code", kind="code", share="1.3fr"), Column("made", "Made in", kind="country", share=".7fr"), Column("worth", "Entered value, USD", kind="num"), Column("on", "Entered on", kind="date"),
    Column("pct", "% leaves again", kind="num", share=".8fr"), Column("to", "To", kind="country", share=".7fr"),
)  # fmt: skip
ASKED = {"code": "hts_code", "made": "country_of_origin", "worth": "customs_value", "on": "entry_date", "pct": "exported_pct", "to": "destination"}
SOURCES = {"ieepa_refund": "IEEPA refund", "overpayment": "overpaid, by audit", "drawback": "drawback"}
LARGEST = 5_000_000  # bytes of one field


def routes(app: FastAPI) -> None:
    """Add the pages."""
    from starlette.routing import Route

    app.router.routes.append(Route("/refunds/drawback", page(drawback, HERE), methods=["GET"]))
    app.router.routes.append(Route("/refunds/all", every, methods=["GET", "POST"]))


def tabs() -> list[tuple[str, str]]:
    """The parts of the page Refunds whose operations stand here."""
    from landed.operations.registry import operations

    declared = {operation.name for operation in operations()}
    return [(HERE, "IEEPA refunds"), *((href, label) for href, label, needed in PARTS if needed in declared)]


def _ways() -> list[tuple[str, str]]:
    from landed.compliance.calendar_days import facts

    return [(str(name), str(row["title"])) for name, row in facts("drawback")["ways"].items()]


def drawback(request: Request) -> Response:
    """What comes back of an import when goods leave again."""
    query = request.query_params
    shown = {name: query.get(name, "").strip()[:60] for name in FIELDS}
    first = not (shown["code"] or shown["made"])
    if first:
        shown |= first_visits()["drawback"]
    asked = {"hts_code": shown["code"], "country_of_origin": shown["made"], "customs_value": shown["worth"].replace(",", ""), "entry_date": shown["on"], "import_date": shown["imported"], "way": shown["way"], "estimate": {"transport_mode": shown["mode"]} if shown["mode"] else None, "exported_pct": shown["pct"], "destination": shown["to"]}
    found, problem = None, None
    try:
        found = ask("drawback", {k: v for k, v in asked.items() if v})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    wrong = {SAID.get(place, place): said for place, said in blamed(problem, {}).items()}
    body = render.html("drawback.html", tabs=tabs(), tab="/refunds/drawback", first=first, shown=shown, d=found, wrong=wrong, rest=unplaced(wrong, FIELDS, ()), ways=_ways(), modes=MODES, countries=render.countries())
    return document("Drawback", HERE, body, own=OWN)


async def every(request: Request) -> Response:
    """One list of refunds, overpayments and drawback; the worked example joins those of the other pages."""
    from anyio import to_thread

    from landed.doors.web.shell import failed
    from landed.doors.web.state import starters

    first = request.method == "GET"
    if first:
        from landed.doors.web.refund_pages import example

        report, filed = example(date.today()), str(starters()["filed"])
        rows = [{k: v for k, v in first_visits()["drawback"].items() if k in ASKED}]
    else:
        sent = await request.form(max_part_size=LARGEST)
        report, filed = str(sent.get("report") or ""), str(sent.get("filed") or "")
        rows = rows_of(sent, EXPORTS)  # type: ignore[arg-type]  # a form has getlist as an address has
    try:
        response = await to_thread.run_sync(_listed, report, filed, rows, first)
    except LandedError as error:
        return failed(error, HERE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _listed(report: str, filed: str, rows: list[dict[str, str]], first: bool) -> Response:
    found, problem = None, None
    try:
        asked: dict[str, Any] = {"report": report, "entries": [filed_entry(filed)] if filed.strip() else None}
        asked["exports"] = [{ASKED[k]: v.replace(",", "") if k == "worth" else v for k, v in row.items() if v} for row in rows] or None
        found = ask("money_back", {k: v for k, v in asked.items() if v})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    wrong = blamed(problem, {"exports": "exports"}, counted_from=1)
    body = render.html(
        "money_back.html", tabs=tabs(), tab="/refunds/all", first=first, m=found, report=report, filed=filed, rows=rows, columns=EXPORTS, wrong=wrong, rest=unplaced(wrong, (), ("exports",)), sources=SOURCES,
        countries=render.countries(), total=sum(found.by_source.values(), 0) if found else 0, soonest=next((r for r in found.rows if r.days_left is not None and r.days_left >= 0), None) if found else None,
    )  # fmt: skip
    return document("Money back", HERE, body, own=OWN)


def filed_entry(text: str) -> dict[str, Any]:
    """A filed entry from the CSV of the worksheet, as the audit takes it; raises LandedError INVALID_FILING."""
    from landed.entry.filed import read_filed

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "filed.csv"
        path.write_text(text, encoding="utf-8", errors="replace")
        read = read_filed(path)
    lines = [
        {
            "country_of_origin": line.origin, "entered_value": line.entered_value, "claims": line.claims, "facts": line.facts, "quantities": line.quantities,
            "filed": [{"heading": row.heading, "rate": row.rate, "base": row.base, "duty": row.duty} for row in line.rows],
        }
        for line in read.lines
    ]  # fmt: skip
    return {"entry": dict(read.header), "lines": lines, "fees": dict(read.fees), "totals": dict(read.totals)}
