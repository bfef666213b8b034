"""Papers and their days: deadlines by entry and month, the security filing with hours left, the bond and the month in which it no longer suffices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.address_rows import Column, blamed, pairs_of, rows_of, unplaced
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/calendar"
AHEAD = 365  # days of the strips
OWN = ("rows.css", "comply.css", "rows.js")
TABS = (("/calendar", "Deadlines"), ("/calendar/isf", "Security filing (ISF)"), ("/calendar/bond", "Bond"))
NOTICES = (
    ("", "no other day"), ("arrival_date", "arrived"), ("cf28_notice", "CBP Form 28 received"), ("cf29_notice", "CBP Form 29 received"), ("detention_notice", "detention notice"),
    ("bond_notice", "bond notice"), ("claim_accrual", "claim accrued"),
)  # fmt: skip
DAYS = (("entry_date", "Entered"), ("import_date", "Imported"), ("release_date", "Released"), ("scheduled_liquidation", "Liquidation scheduled"), ("liquidation_date", "Liquidated"))
ENTRIES = (
    Column("ref", "Entry or your name", "XYZ-0004101-9", share="1.3fr"), *(Column(name, label, kind="date", share="1fr") for name, label in DAYS), Column("notice", "Also", kind="choice", options=NOTICES, share="1.15fr"),
    Column("noticed", "on", kind="date", share="1fr"),
)  # fmt: skip
ROLLS = (("before", "closed days: the working day before (safe)"), ("none", "closed days: as counted"), ("next", "closed days: the next working day"))
ZONES = tuple((f"{'+' if n >= 0 else '-'}{abs(n):02}:00", f"UTC{'+' if n >= 0 else chr(0x2212)}{abs(n)}") for n in (-10, -9, -8, -7, -6, -5, -4, -3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12))
GOODS = (Column("code", "Tariff code", kind="code", share="1.4fr"), Column("made", "Made in", kind="country", share=".8fr"), Column("worth", "Customs value a year, USD", "400000", "num", share="1.3fr"))


def tabs() -> list[tuple[str, str]]:
    """The parts of the page Calendar whose operations stand here."""
    from landed.operations.registry import operations

    declared = {operation.name for operation in operations()}
    return [*TABS, *([("/calendar/care", "Reasonable care")] if "care_record" in declared else [])]


def routes(app: FastAPI) -> None:
    """Add the pages and the downloads."""
    from landed.doors.web import care_pages

    care_pages.routes(app)
    from starlette.routing import Route

    table = {HERE: calendar, "/calendar/deadlines.ics": ics, "/calendar/isf": isf, "/calendar/isf.csv": isf_csv, "/calendar/bond": bond}
    for path, function in table.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline of one entry."""

    reference: str
    deadline: Any


def _entries(request: Request) -> tuple[list[dict[str, str]], str, bool]:
    """(rows, roll, whether they are the worked example)."""
    rows = rows_of(request.query_params, ENTRIES)
    roll = request.query_params.get("roll", "before")
    roll = roll if roll in dict(ROLLS) else "before"
    if rows:
        return rows, roll, False
    if request.query_params.get("saved") and (saved := _saved()):
        return saved, roll, False
    today = date.today()
    made = []
    for each in first_visits()["calendar"]:
        made.append({name: (today - timedelta(days=value)).isoformat() if isinstance(value, int) else str(value) for name, value in each.items()})
    return made, roll, True


def _saved() -> list[dict[str, str]]:
    """The entries kept here, with the one day that is known of each."""
    try:
        found = ask("saved_entry_list", {"limit": 100}).entries
    except LandedError:  # no store, or a key that does not reach it: the page stands without
        return []
    return [{c.name: "" for c in ENTRIES} | {"ref": each.reference or each.id, "entry_date": each.entry_date} for each in found]


def _deadlines(rows: list[dict[str, str]], roll: str) -> tuple[list[Due], dict[str, list[str]], list[str]]:
    """(deadlines of all entries in order, what is wrong by row, calendars of the entries)."""
    found: list[Due] = []
    wrong: dict[str, list[str]] = {}
    calendars: list[str] = []
    for number, row in enumerate(rows):
        events = {name: row.get(name, "") for name, _ in DAYS} | ({row["notice"]: row["noticed"]} if row.get("notice") and row.get("noticed") else {})
        name = row.get("ref") or f"entry {number + 1}"
        if row.get("notice") and not row.get("noticed"):
            wrong.setdefault(f"entries {number}", []).append("the day of the notice is missing.")
        try:
            answer = ask("deadlines", {"events": {k: v for k, v in events.items() if v}, "roll": roll, "reference": name})
        except LandedError as error:
            if error.code == "SCOPE_MISSING":
                raise
            wrong.setdefault(f"entries {number}", []).append(f"{error.where.replace('_', ' ') + ': ' if error.where and error.where != 'events' else ''}{error.detail}. {error.mend}")
            continue
        found += [Due(name, each) for each in answer.deadlines]
        calendars.append(answer.calendar)
    found.sort(key=lambda due: (due.deadline.day, due.reference, due.deadline.id))
    return found, wrong, calendars


def calendar(request: Request) -> Response:
    """Deadlines of entries, month by month."""
    rows, roll, first = _entries(request)
    found, wrong, _ = _deadlines(rows, roll)
    months: dict[date, list[Due]] = {}
    passed = [due for due in found if due.deadline.days_left < 0]
    for due in found:
        if due.deadline.days_left >= 0:
            months.setdefault(due.deadline.day.replace(day=1), []).append(due)
    acts = [due for due in found if due.deadline.days_left >= 0 and not due.deadline.event]
    query = urlencode([("roll", roll), *pairs_of(rows)])
    lanes, ticks = _lanes(found, date.today())
    body = render.html(
        "calendar.html", tabs=tabs(), tab=HERE, rows=rows, columns=ENTRIES, roll=roll, rolls=ROLLS, first=first, wrong=wrong, months=months, passed=passed, soonest=acts[0] if acts else None,
        soon=[due for due in acts if due.deadline.days_left <= 30], total=len(found), query=query, lanes=lanes, ticks=ticks, kept=bool(_saved()), today=date.today(),
    )  # fmt: skip
    return document("Calendar", HERE, body, own=OWN)


def _lanes(found: list[Due], today: date) -> tuple[list[tuple[str, list[tuple[float, Any]]]], list[tuple[float, str]]]:
    """(entry, its deadlines of the coming months as percent of the strip), and the months as (percent, name)."""
    lanes: dict[str, list[tuple[float, Any]]] = {}
    for due in found:
        mine = lanes.setdefault(due.reference, [])
        if 0 <= due.deadline.days_left <= AHEAD:
            mine.append((round(due.deadline.days_left * 100 / AHEAD, 2), due.deadline))
    ticks: list[tuple[float, str]] = []
    month = today.replace(day=1)
    while True:
        month = (month + timedelta(days=32)).replace(day=1)
        at = (month - today).days * 100 / AHEAD
        if at > 98:
            return list(lanes.items()), ticks
        ticks.append((round(at, 2), f"{month:%b}"))


def ics(request: Request) -> Response:
    """All deadlines as one calendar file."""
    from starlette.responses import Response as Answer

    rows, roll, _ = _entries(request)
    _, wrong, calendars = _deadlines(rows, roll)
    if not calendars:
        raise LandedError("INVALID_REQUEST", next(iter(wrong.values()), ["no entry is given"])[0], where="events", mend="Mend the entry first.")
    return Answer(joined(calendars), media_type="text/calendar; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-deadlines.ics"'})


def joined(calendars: list[str]) -> str:
    """Several calendar files as one: the events of all in the frame of the first."""
    opening, _, _ = calendars[0].partition("BEGIN:VEVENT")
    events = [part.rpartition("END:VEVENT\r\n") for part in calendars]
    bodies = [head[head.index("BEGIN:VEVENT") :] + mark for head, mark, _ in events if mark]
    return (opening if bodies else calendars[0].partition("END:VCALENDAR")[0]) + "".join(bodies) + "END:VCALENDAR\r\n"


def _moment(query: Any, name: str) -> str:
    """A local moment with the zone beside it."""
    text = query.get(name, "").strip()[:30]
    zone = query.get(f"{name}_zone", "")
    return f"{text}{zone if zone in dict(ZONES) else '+00:00'}" if text else ""


def _isf(request: Request) -> tuple[dict[str, str], dict[str, str], bool]:
    """(what the form shows, elements given, whether it is the worked example)."""
    query = request.query_params
    names = ("loading", "loading_zone", "arrival", "arrival_zone")
    if query.get("loading"):
        return {name: query.get(name, "")[:30] for name in names}, {k[2:]: v[:200] for k, v in query.items() if k.startswith("e.") and v.strip()}, False
    example = first_visits()["isf"]
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    shown = {"loading": (start + timedelta(hours=example["loads_in_hours"] + 8)).isoformat(timespec="minutes"), "loading_zone": "+08:00", "arrival": (start + timedelta(days=example["sails_days"] - 1)).isoformat(timespec="minutes"), "arrival_zone": "-08:00"}
    return shown, dict(example["given"]), True


def _checklist(shown: dict[str, str], given: dict[str, str]) -> Any:
    return ask("isf_check", {"loading": _moment(shown, "loading"), "arrival": _moment(shown, "arrival"), "given": given})


def isf(request: Request) -> Response:
    """The security filing: what is given, what is missing, hours left."""
    shown, given, first = _isf(request)
    found, problem = None, None
    try:
        found = _checklist(shown, given)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    query = urlencode([*shown.items(), *((f"e.{k}", v) for k, v in given.items())])
    from landed.compliance.calendar_days import facts

    empty = [(str(row["id"]), str(row["title"])) for row in facts("isf")["elements"]]
    wrong = blamed(problem, {})
    body = render.html("isf.html", tabs=tabs(), tab="/calendar/isf", shown=shown, given=given, first=first, i=found, wrong=wrong, rest=unplaced(wrong, ("loading", "arrival"), ()), zones=ZONES, empty=empty, query=query)
    return document("Security filing", HERE, body, own=OWN)


def isf_csv(request: Request) -> Response:
    """The elements with their values and days, for the broker."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text

    shown, given, _ = _isf(request)
    found = _checklist(shown, given)
    rows: list[tuple[Any, ...]] = [(e.id, e.title, e.filer, e.value, e.due, e.state) for e in found.elements]
    return Answer(csv_text(("element", "title", "filer", "value", "due", "state"), rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-isf.csv"'})


def bond(request: Request) -> Response:
    """Whether the bond suffices under the law and under every ready what-if, and until which month."""
    from landed.doors.web.state import ready
    from landed.doors.web.watch_pages import catalogue

    query = request.query_params
    rows = rows_of(query, GOODS)
    shown = {name: query.get(name, "").strip()[:40] for name in ("bond", "duties", "single")}
    first = not rows and not any(shown.values())
    saved = False
    if first:
        example = first_visits()["bond"]
        shown = {**shown, **{k: v for k, v in example.items() if isinstance(v, str)}}
        rows = [dict(row) for row in example["goods"]]
    elif not rows and query.get("catalogue"):
        saved = True
    products = [row for row in catalogue() if row.get("value_per_year")] if saved else [{"hts_code": r["code"], "country_of_origin": r["made"], "value_per_year": r["worth"].replace(",", "")} for r in rows]
    asked: dict[str, Any] = {"bond": shown["bond"] or None, "duties": shown["duties"] or None, "single_value": shown["single"] or None}
    if products:
        asked |= {"products": [{k: v for k, v in row.items() if k != "sku"} for row in products], "overlays": list(ready())}
    found, problem = None, None
    try:
        found = ask("bond_check", asked)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    wrong = blamed(problem, {"products": "goods"})
    top = max([o.needed_usd for o in found.outlooks] + [_dollars(shown["bond"])], default=Decimal(1)) or Decimal(1) if found else Decimal(1)
    titles = {"law in force": "The law in force", **ready()}
    body = render.html(
        "bond.html", tabs=tabs(), tab="/calendar/bond", shown=shown, rows=rows, columns=GOODS, first=first, saved=saved, b=found, wrong=wrong, rest=unplaced(wrong, ("bond", "duties"), ("goods",)),
        top=top, titles=titles, at_hand=_dollars(shown["bond"]), countries=render.countries(),
    )  # fmt: skip
    return document("Bond", HERE, body, own=OWN)


def _dollars(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "").replace("$", "") or "0")
    except ArithmeticError:
        return Decimal(0)
