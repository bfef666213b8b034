"""Refunds of IEEPA duties: an entry-summary report sorted by what can be done until when, with interest and claim files checked before they are sent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from landed.doors.web import render
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/refunds"
OWN = ("rows.css", "comply.css", "refunds.js")
LARGEST = 20_000_000  # bytes of a report sent to the page; the command line takes more
SHOWN = 500  # entries in the table; sums and claim files hold all
ACCOUNTS = (("", "not stated"), ("yes", "yes"), ("no", "no"))
KINDS = (("corporation", "a corporation"), ("other", "not a corporation"))
HEAD = "Entry Number,Entry Date,Entry Type,Importer Number,HTS Number,Duty,Deposit Date,Liquidation Date,Reconciliation,Reconciliation Filed,Drawback,Protest,AD CVD"
PILLS = {"claim now": "complete", "claim closes": "estimated", "protest": "estimated", "reconciliation first": "estimated", "hold": "estimated", "finally liquidated": "", "not eligible": ""}


def routes(app: FastAPI) -> None:
    """Add the page and its downloads."""
    from starlette.routing import Route

    from landed.doors.web import money_back_pages

    money_back_pages.routes(app)
    app.router.routes.append(Route(HERE, refunds, methods=["GET", "POST"]))
    app.router.routes.append(Route("/refunds/claims.csv", claims, methods=["POST"]))
    app.router.routes.append(Route("/refunds/sorted.csv", sorted_csv, methods=["POST"]))
    app.router.routes.append(Route("/refunds/example.csv", page(example_csv, HERE), methods=["GET"]))


def example(today: date) -> str:
    """An invented report whose entries may go every way, with days counted from today."""
    from landed.compliance.refund_read import check_digit

    lines = [HEAD]
    for serial, row in enumerate(first_visits()["refunds"], 4101):
        first_ten = f"XYZ{serial:07}"
        number = row.get("number") or f"{first_ten}{check_digit(first_ten)}"  # one of them has a check digit that does not fit
        day = today - timedelta(days=row["entered"])
        closed = (today - timedelta(days=row["liquidated"])).isoformat() if row["liquidated"] is not None else ""
        lines += [f"{number},{day},01,12-3456789,{heading},{amount},{day + timedelta(days=10)},{closed},{row['flags']}" for heading, amount in row["paid"]]
    return "\n".join(lines) + "\n"


async def _form(request: Request) -> dict[str, str]:
    """The fields of the form with the report as text, of the file where one was chosen; raises LandedError."""
    from starlette.datastructures import UploadFile

    sent = await request.form(max_part_size=LARGEST, max_files=1)
    found = {name: str(sent.get(name) or "")[:100] for name in ("importer", "account", "kind", "rate", "upload")}
    report: Any = sent.get("file")
    if isinstance(report, UploadFile) and (report.filename or report.size):
        content = await report.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise LandedError("TOO_LARGE", f"expected at most {LARGEST:,} bytes, got more", where="file", mend="Use landed refunds FILE for a larger report.")
        # Bytes that are no text reach the reader as they are and are refused there with their reason.
        found["report"] = content.decode("utf-8", "surrogateescape")
        found["name"] = str(report.filename or "")[:120]
    else:
        found["report"] = str(sent.get("report") or "")
        found["name"] = str(sent.get("name") or "")[:120]
    return found


def _sorted(form: dict[str, str]) -> Any:
    asked: dict[str, Any] = {"report": _uploaded(form["upload"]) if form.get("upload") else form["report"], "importer": form["importer"], "refund_account": {"yes": True, "no": False}.get(form["account"]), "corporation": form["kind"] != "other"}
    if form.get("rate"):
        asked["rates"] = _rates(form["rate"], form["kind"] != "other", date.today())
    return ask("refunds", asked)


def _uploaded(identifier: str) -> str:
    """A report too large for a form, sent to the uploads before; raises LandedError NOT_FOUND."""
    from landed.doors.api.files import upload_path
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import uploads

    with store().begin(reading=True) as connection:
        row = one(connection, uploads, "upload", id=identifier)
    path = upload_path(row["id"])
    if not path.exists():
        raise LandedError("NOT_FOUND", "the uploaded file is no longer there", where="file", mend="Send it again.")
    if path.stat().st_size > LARGEST:
        raise LandedError("TOO_LARGE", f"expected at most {LARGEST:,} bytes", where="file", mend="Use landed refunds FILE for a larger report.")
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _rates(percent: str, corporation: bool, today: date) -> dict[str, str]:
    """The packaged rates of interest, with what the reader states for the quarters after them."""
    from landed.compliance.refunds import packaged_rates

    known = packaged_rates(corporation)
    quarter = max(known)
    found = {day.isoformat(): str(rate) for day, rate in known.items()}
    while True:
        quarter = date(quarter.year + (quarter.month == 10), quarter.month + 3 if quarter.month < 10 else 1, 1)
        if quarter > today:
            return found
        found[quarter.isoformat()] = percent


async def refunds(request: Request) -> Response:
    """The upload and the sorted entries; an invented report on the first visit."""
    from anyio import to_thread

    from landed.doors.web.shell import failed

    first = request.method == "GET"
    form = {"importer": "12-3456789", "account": "yes", "kind": "corporation", "rate": "", "upload": "", "report": example(date.today()), "name": ""}
    try:
        if not first:
            form = await _form(request)
    except LandedError as error:
        return _shown({**form, "report": ""}, first, None, error)
    try:
        return await to_thread.run_sync(_answer, form, first)
    except LandedError as error:
        return failed(error, HERE)


def _answer(form: dict[str, str], first: bool) -> Response:
    try:
        return _shown(form, first, _sorted(form), None)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        return _shown(form, first, None, error)


def _shown(form: dict[str, str], first: bool, found: Any, problem: LandedError | None) -> Response:
    from landed.doors.web.money_back_pages import tabs
    from landed.schedule.codes import dotted

    entries = list(found.entries) if found else []
    entries.sort(key=lambda r: (bool(r.causes), r.days_left is None, r.days_left if r.days_left is not None else 0, r.entry))
    claimable = [r for r in entries if r.way in ("claim now", "claim closes") and not r.causes]
    faults = [str(e.get("detail") or e) if isinstance(e, dict) else str(e) for e in (problem.extra.get("errors") or ())][:50] if problem else []
    clean = form["report"].encode("utf-8", "replace").decode("utf-8")
    body = render.html(
        "refunds.html", tabs=tabs(), form={**form, "report": clean}, first=first, r=found, entries=entries[:SHOWN], more=max(0, len(entries) - SHOWN), problem=problem, faults=faults, pills=PILLS, accounts=ACCOUNTS, kinds=KINDS,
        claimable=len(claimable), claim_usd=sum((r.duty_usd for r in claimable), 0), soonest=next((r for r in entries if r.days_left is not None and not r.causes), None), dotted=dotted,
        top=max((amount for _, amount in found.by_heading), default=0) if found else 0,
    )  # fmt: skip
    response = document("Refunds", HERE, body, own=OWN)
    response.headers["Cache-Control"] = "no-store"
    return response


async def claims(request: Request) -> Response:
    """One claim file of the entries that can be claimed, as the process takes it."""
    from anyio import to_thread
    from starlette.responses import Response as Answer

    from landed.doors.web.shell import failed

    form = await _form(request)
    number = request.query_params.get("n", "1")
    try:
        found = await to_thread.run_sync(_sorted, form)
        if not number.isdigit() or not 1 <= int(number) <= len(found.claim_files):
            raise LandedError("NOT_FOUND", f"there is no claim file {number[:10]!r}", where="n", mend="No entry can be claimed as it stands; see the reasons by entry.")
    except LandedError as error:
        return failed(error, HERE)
    return Answer(found.claim_files[int(number) - 1], media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="claim-{number}.csv"', "Cache-Control": "no-store"})


async def sorted_csv(request: Request) -> Response:
    """Every entry with its way, day, duty, interest and causes as CSV."""
    from anyio import to_thread
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text
    from landed.doors.web.shell import failed

    form = await _form(request)
    try:
        found = await to_thread.run_sync(_sorted, form)
    except LandedError as error:
        return failed(error, HERE)
    columns = ("entry", "way", "by", "days_left", "duty_usd", "interest_usd", "interest_to", "causes", "because", "citation")
    rows: list[tuple[Any, ...]] = [(r.entry, r.way, r.by, r.days_left, r.duty_usd, r.interest_usd, r.interest_to, "; ".join(r.causes), r.because, r.citation) for r in found.entries]
    return Answer(csv_text(columns, rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-refunds.csv"', "Cache-Control": "no-store"})


def example_csv(request: Request) -> Response:
    """The invented report as a file, to see which columns are read."""
    from starlette.responses import Response as Answer

    return Answer(example(date.today()), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="entry-summary-example.csv"'})
