"""Downloads and the print page: the state in the address, the same answer as on the screen, nothing kept on the server."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from landed.doors.web import charts, render, wording
from landed.doors.web.asking import ask, may
from landed.doors.web.state import State
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from landed.duty.model import Estimate

COLUMNS = ("heading", "rule", "programme", "rate", "rate_pct", "base", "base_usd", "amount_usd", "status", "because", "instrument", "citations", "from", "to", "verified", "read_through")
HITS = 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes(app: FastAPI) -> None:
    """Add the downloads, the print page and the suggestions of the one box."""
    from starlette.routing import Route

    table = {
        "/suggest": suggest,
        "/print": print_page,
        "/export/estimate.json": as_json,
        "/export/estimate.csv": as_csv,
        "/export/estimate.xlsx": as_xlsx,
        "/export/estimate.pdf": as_pdf,
        "/export/history.svg": history_svg,
        "/export/waterfall.svg": waterfall_svg,
        "/export/origins.csv": origins_csv,
    }
    for path, function in table.items():
        app.router.routes.append(Route(path, guarded(function), methods=["GET"]))


def guarded(function: Any) -> Any:
    """A route whose problems come back as RFC 9457 JSON."""
    from starlette.responses import JSONResponse

    def answer(request: Request) -> Response:
        try:
            found: Response = function(request)
        except LandedError as error:
            return JSONResponse(error.to_dict(), status_code=403 if error.code == "SCOPE_MISSING" else 422, media_type="application/problem+json")
        return found

    return answer


def estimate_of(request: Request) -> tuple[State, Estimate]:
    """The state in an address and its answer; raises LandedError."""
    state = State.read(request.query_params)
    found: Estimate = ask("estimate", state.request())
    return state, found


def suggest(request: Request) -> Response:
    """Codes for what stands in the one box, and what was understood of it."""
    from starlette.responses import JSONResponse

    from landed.doors.web.understand import understand
    from landed.operations.registry import find

    text = request.query_params.get("q", "")[:200]
    countries = render.countries()
    found = understand(text, countries)
    words = found.code or found.words
    hits: list[dict[str, str]] = []
    if len(words) >= 2:
        try:
            hits = [{"code": h.code, "title": h.title} for h in find("hts_search").run({"words": words, "limit": HITS}).hits]
        except LandedError:
            hits = []
        hits = _lines_under(words, request.query_params.get("on", "")) + hits
    fields = {"origin": found.origin, "value": found.value, "on": found.on}
    said = found.said(countries) if found.more_than_goods else ""
    return JSONResponse({"hits": hits[:HITS], "understood": said, "fields": fields})


def _lines_under(words: str, on: str) -> list[dict[str, str]]:
    """The rate lines under a code typed in part, with their own rates."""
    from landed.operations.registry import find
    from landed.schedule.codes import parse_code

    show = find("hts_show")
    try:
        page = show.run({"code": parse_code(words), **({"on": on} if len(on) == 10 else {})})
    except LandedError as error:
        if error.code != "UNKNOWN_HTS":
            return []
        return [{"code": str(code), "title": "near this number"} for code in error.extra.get("near", ())]
    own = [{"code": page.code, "title": f"{page.title} · {page.line.general}" if page.line else page.title}] if page.line else []
    return own + [{"code": child.code, "title": child.title or f"under {page.code}"} for child in page.children]


def name_of(found: Estimate, ending: str) -> dict[str, str]:
    """The header that names a download."""
    return {"Content-Disposition": f'attachment; filename="landed-{found.hts_code.replace(".", "")}-{found.country_of_origin}-{found.entry_date}.{ending}"'}


def as_json(request: Request) -> Response:
    """The answer as the API gives it."""
    from starlette.responses import JSONResponse

    _, found = estimate_of(request)
    return JSONResponse(found.to_dict(), headers=name_of(found, "json"))


def rows_of(found: Estimate) -> list[tuple[Any, ...]]:
    """The lines of an answer as rows of COLUMNS; unknown is None."""
    return [
        (
            c.heading, c.label, c.programme, c.rate_text, c.rate_pct, wording.basis(c.basis), c.basis_amount, c.amount, wording.STATUS[c.status], c.because,
            c.legal.instrument, "; ".join(c.legal.citation), c.legal.effective_from, c.legal.effective_to, "yes" if c.legal.verified else "no", c.legal.verified_through,
        )
        for c in found.components
    ]  # fmt: skip


def safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    if isinstance(value, (int, Decimal)):
        return text
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "|") else text


def csv_text(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """CSV with guarded cells and a byte-order mark, so that a spreadsheet reads names with accents."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe(value) for value in row] for row in rows)
    return "\ufeff" + out.getvalue()


def as_csv(request: Request) -> Response:
    """The lines as CSV."""
    from starlette.responses import Response

    _, found = estimate_of(request)
    return Response(csv_text(COLUMNS, rows_of(found)), media_type="text/csv; charset=utf-8", headers=name_of(found, "csv"))


def as_xlsx(request: Request) -> Response:
    """A workbook: the sums, the lines and the open questions, numbers as numbers and texts as texts."""
    from starlette.responses import Response

    _, found = estimate_of(request)
    return Response(workbook(found), media_type=XLSX, headers=name_of(found, "xlsx"))


def as_pdf(request: Request) -> Response:
    """The print page's content as a PDF."""
    from starlette.responses import Response

    from landed.doors.web.estimate_pdf import pdf

    state, found = estimate_of(request)
    origin = render.countries().get(found.country_of_origin, found.country_of_origin)
    made = pdf(found, origin, fees_open=render.fees_open(found), what_if="overlay" in state.request())
    return Response(made, media_type="application/pdf", headers=name_of(found, "pdf"))


def workbook(found: Estimate) -> bytes:
    """The bytes of the workbook; raises LandedError EXTRA_REQUIRED without the writer."""
    from datetime import date

    try:
        import xlsxwriter
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "workbooks need the package xlsxwriter", where="xlsx", mend="Install landed[web], or take the CSV.") from None
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    styles = {"head": book.add_format({"bold": True, "bottom": 1}), "usd": book.add_format({"num_format": "#,##0.00"}), "pct": book.add_format({"num_format": "0.0000"}), "day": book.add_format({"num_format": "yyyy-mm-dd"})}

    def write(sheet: Any, row: int, column: int, value: Any, style: str = "usd") -> None:
        if value is None:
            sheet.write_blank(row, column, None)
        elif isinstance(value, Decimal):
            sheet.write_number(row, column, float(value), styles[style])
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, styles["day"])
        else:
            sheet.write_string(row, column, str(value))

    t = found.totals
    sums = book.add_worksheet("Estimate")
    sums.set_column(0, 0, 30)
    sums.set_column(1, 1, 44)
    facts: list[tuple[str, Any]] = [
        ("HTS code", found.hts_code), ("Country of origin", found.country_of_origin), ("Entry date", found.entry_date), ("Customs value, USD", found.customs_value),
        ("Status", wording.ANSWER[found.status]), ("Duty, USD", t.duty), ("Known duty, USD", t.known_duty_subtotal), ("Duty at least, USD", t.duty_low), ("Duty at most, USD", t.duty_high),
        ("Rate, percent of value", t.effective_rate_pct), ("Fees, USD", t.fees), ("Landed cost, USD", t.landed_cost), ("Why", found.explanation), ("Filing sequence", ", ".join(found.filing_sequence)),
        ("Law version", found.law_version), ("Tariff edition", found.hts_revision), ("Law read through", found.verified_through), ("Receipt", found.receipt_id),
    ]  # fmt: skip
    for row, (name, value) in enumerate(facts):
        sums.write_string(row, 0, name, styles["head"] if name == "Duty, USD" else None)
        write(sums, row, 1, "not known" if value is None else value)
    lines = book.add_worksheet("Lines")
    questions = [(q.text, o.label, o.change_usd, q.evidence) for q in found.questions for o in q.options or ()]
    tables = ((lines, COLUMNS, rows_of(found)), (book.add_worksheet("Open questions"), ("question", "answer", "change_usd", "evidence"), questions))
    for sheet, columns, rows in tables:
        for column, name in enumerate(columns):
            sheet.write_string(0, column, name, styles["head"])
            sheet.set_column(column, column, 60 if name in ("because", "question", "instrument", "citations") else 16)
        for number, cells in enumerate(rows, 1):
            for column, value in enumerate(cells):
                write(sheet, number, column, value, "pct" if columns[column] == "rate_pct" else "usd")
        sheet.freeze_panes(1, 1)
    lines.autofilter(0, 0, len(found.components), len(COLUMNS) - 1)
    book.set_properties({"title": f"Landed estimate {found.hts_code}", "comments": f"{found.law_version} {found.receipt_id}"})
    book.close()
    return out.getvalue()


def history_svg(request: Request) -> Response:
    """The step chart as an image."""
    from starlette.responses import Response

    from landed.operations.step_chart import svg

    state = State.read(request.query_params)
    text = svg(ask("history", state.line_request("entry_date")))
    return Response(text, media_type="image/svg+xml", headers={"Content-Disposition": 'attachment; filename="landed-history.svg"'})


def waterfall_svg(request: Request) -> Response:
    """The waterfall as an image."""
    from starlette.responses import Response

    _, found = estimate_of(request)
    text = render.html("waterfall.svg", e=found, bars=charts.waterfall(found))
    return Response(text, media_type="image/svg+xml", headers={"Content-Disposition": 'attachment; filename="landed-waterfall.svg"'})


def origins_csv(request: Request) -> Response:
    """Every origin, ranked, as CSV."""
    from starlette.responses import Response

    from landed.doors.web.calculator import compared

    state = State.read(request.query_params)
    may("compare")
    columns = ("rank", "origin", "name", "status", "duty_usd", "known_duty_usd", "lowest_usd", "highest_usd", "rate_pct", "because", "best_claim", "claim_duty_usd")
    rows: list[tuple[Any, ...]] = [
        (r.rank, r.country_of_origin, r.name, r.status, r.duty, r.known_duty_subtotal, r.duty_low, r.duty_high, r.effective_rate_pct, r.because, r.claim_label, r.claim_duty)
        for r in compared(state).rows
    ]
    return Response(csv_text(columns, rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-origins.csv"'})


def print_page(request: Request) -> Response:
    """One document to print or keep: the answer, its lines with citations, what is open, what to check."""
    from landed.doors.web.shell import document, failed

    try:
        state, found = estimate_of(request)
    except LandedError as error:
        return failed(error, "/")
    name = render.countries().get(found.country_of_origin, found.country_of_origin)
    body = render.html("print.html", e=found, t=found.totals, origin=name, fees_open=render.fees_open(found), bars=charts.waterfall(found), state=state)
    return document(f"Estimate {found.hts_code}", "/print", body)
