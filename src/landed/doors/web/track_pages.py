"""Where the shipment is: events planned, estimated and actual side by side; the container number checked; what a container that stays too long owes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

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

HERE = "/track"
OWN = ("rows.css", "track.css", "rows.js")
TABS = (("/track", "Shipment"), ("/track/book", "Sailings and booking"), ("/track/container", "Container number"), ("/track/stay", "Demurrage and detention"))
NAMED = (("own_reference", "Your reference"), ("booking", "Carrier's booking"), ("bill", "Bill of lading"), ("container", "Container"))
STAY = ("first", "last", "free", "working", "boxes", "invoiced", "billed")
SAID = {"free_days": "free", "containers": "boxes", "invoice_date": "invoiced", "billed_to": "billed"}
BILLED = (("", "not stated"), ("shipper", "the shipper"), ("consignee", "the consignee"), ("other", "somebody else"))
TIERS = (Column("from", "From day", "1", "num"), Column("to", "to day", "open", "num"), Column("usd", "USD a day", "150", "num"))


def routes(app: FastAPI) -> None:
    """Add the pages."""
    from starlette.routing import Route

    for path, function in {HERE: track, "/track/book": book, "/track/container": container, "/track/stay": stay}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happens at one place: when it was planned, is expected, and was; None where nobody said."""

    title: str
    event_type: str
    code: str
    place: str
    place_name: str
    container: str
    planned: datetime | None
    estimated: datetime | None
    actual: datetime | None
    vessel: str = ""
    voyage: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def when(self) -> datetime | None:
        """The best that is known of its moment."""
        return self.actual or self.estimated or self.planned

    @property
    def state(self) -> str:
        """actual, estimated or planned."""
        return "actual" if self.actual else "estimated" if self.estimated else "planned"

    @property
    def late_days(self) -> float | None:
        """Days later than planned (below zero: earlier), None where either is not known."""
        now = self.actual or self.estimated
        return None if self.planned is None or now is None else round((now - self.planned).total_seconds() / 86400, 1)


def rows_of_tracking(found: Any) -> list[Row]:
    """The milestones of a carrier's answer."""
    return [
        Row(m.title, m.event_type, m.code, m.place, m.place_name, m.container, _moment(m.planned), _moment(m.estimated), _moment(m.actual), m.vessel, m.voyage, tuple(m.remarks)) for m in found.milestones
    ]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.astimezone()


def example(today: date) -> list[Row]:
    """Invented milestones around today."""

    def at(said: Any) -> datetime | None:
        return None if said is None else datetime.fromisoformat(f"{today + timedelta(days=said[0])}T{said[1]}")

    return [Row(m["title"], m["event_type"], m["code"], m["place"], m["place_name"], m["container"], at(m["planned"]), at(m["estimated"]), at(m["actual"])) for m in first_visits()["track"]["milestones"]]


def track(request: Request) -> Response:
    """The timeline of a shipment; an invented one on the first visit."""
    query = request.query_params
    shown = {name: query.get(name, "").strip()[:60] for name in ("carrier", *(name for name, _ in NAMED))}
    first = not any(shown[name] for name, _ in NAMED)
    tracking, problem = None, None
    rows: list[Row] = []
    if first:
        rows = example(date.today())
    else:
        try:
            tracking = ask("ship_track", {k: v for k, v in shown.items() if v})
            rows = rows_of_tracking(tracking)
        except LandedError as error:
            if error.code == "SCOPE_MISSING":
                raise
            problem = error
    wrong = blamed(problem, {})
    remarks = list(first_visits()["track"]["remarks"]) if first else list(dict.fromkeys(r for row in rows for r in row.remarks))
    reached = [row for row in rows if row.state == "actual"]
    body = render.html(
        "track.html", tabs=TABS, tab=HERE, first=first, shown=shown, named=NAMED, carriers=_carriers(), bookings=_bookings(), found=rows, remarks=remarks, boxes=_boxes(rows), last=reached[-1] if reached else None,
        following=_next(rows, reached), reference=first_visits()["track"]["reference"] if first else next((shown[name] for name, _ in NAMED if shown[name]), ""), t=tracking, wrong=wrong, rest=unplaced(wrong, [name for name, _ in NAMED], ()),
    )  # fmt: skip
    return document("Track", HERE, body, own=OWN)


def _next(rows: list[Row], reached: list[Row]) -> Row | None:
    """What is expected first after all that happened; a plan that lies before it never came about."""
    last = max((row.actual for row in reached if row.actual), default=None)
    return next((row for row in rows if row.state != "actual" and row.when and (last is None or row.when > last)), None)


def _boxes(rows: list[Row]) -> list[tuple[str, str]]:
    """Container numbers with what is wrong with them, "" for nothing."""
    from landed.freight.containers import read_container_number

    found = []
    for number in dict.fromkeys(row.container for row in rows if row.container):
        try:
            found.append((read_container_number(number), ""))
        except LandedError as error:
            found.append((number, error.detail))
    return found


def _carriers() -> list[Any]:
    """Carriers that offer tracking."""
    try:
        return [each for each in ask("ship_carriers", {}).carriers if each.tracking]
    except LandedError:
        return []


def _bookings() -> list[Any]:
    """The latest bookings of the journal, as last seen."""
    try:
        return list(ask("ship_bookings", {"limit": 20}).bookings)
    except LandedError:
        return []


def book(request: Request) -> Response:
    """Sailings of a carrier, and a booking that is prepared, shown, and sent by a second click. The page itself writes nothing: its script asks the API."""
    from landed.doors.web.ship_pages import boxes

    query = request.query_params
    shown = {name: query.get(name, "").strip()[:60] for name in ("carrier", "from", "to", "after", "sailing")}
    first = not (shown["from"] or shown["to"])
    if first:
        example_ = first_visits()["book"]
        shown |= {"from": example_["from"], "to": example_["to"]}
    carriers = [each for each in ask("ship_carriers", {}).carriers if each.schedules]
    shown["carrier"] = shown["carrier"] or next((each.name for each in carriers if each.ready), "")
    found, problem = None, None
    try:
        found = None if first else ask("ship_schedules", {k: v for k, v in {"origin": shown["from"], "destination": shown["to"], "carrier": shown["carrier"], "departs_from": shown["after"]}.items() if v})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    wrong = {{"origin": "from", "destination": "to", "departs_from": "after"}.get(place, place): words for place, words in blamed(problem, {}).items()}
    chosen = next((each for each in found.sailings if each.routing_reference == shown["sailing"]), None) if found and shown["sailing"] else None
    body = render.html(
        "track_book.html", tabs=TABS, tab="/track/book", first=first, shown=shown, carriers=carriers, s=found, chosen=chosen, wrong=wrong, rest=unplaced(wrong, ("from", "to", "after"), ()), boxes=boxes(),
        query=urlencode({k: v for k, v in shown.items() if v and k != "sailing"}), moment=_moment,
    )  # fmt: skip
    return document("Sailings and booking", HERE, body, own=(*OWN, "book.js"))


def container(request: Request) -> Response:
    """Container numbers checked by their check digit."""
    from landed.freight.containers import read_container_number

    text = request.query_params.get("numbers", "")[:4000]
    first = not text.strip()
    rows: list[tuple[str, str, str]] = []
    for number in (text or "CSQU3054383\nCSQU3054384").replace(",", "\n").splitlines()[:200]:
        if number.strip():
            try:
                rows.append((number.strip(), read_container_number(number), ""))
            except LandedError as error:
                rows.append((number.strip()[:40], "", f"{error.detail}. {error.mend}"))
    return document("Container number", HERE, render.html("track_container.html", tabs=TABS, tab="/track/container", text=text or "CSQU3054383\nCSQU3054384", first=first, rows=rows), own=OWN)


def stay(request: Request) -> Response:
    """What a container owes past its free days, and what the rules of billing ask of the invoice."""
    query = request.query_params
    shown = {name: query.get(name, "").strip()[:20] for name in STAY}
    rows = rows_of(query, TIERS)
    first = not rows and not shown["first"]
    if first:
        invented = first_visits()["stay"]
        shown |= {k: v for k, v in invented.items() if isinstance(v, str)}
        rows = [dict(row) for row in invented["tiers"]]
    found, problem = None, None
    asked = {"first": shown["first"], "last": shown["last"], "free_days": shown["free"], "working_days": bool(shown["working"]), "containers": shown["boxes"], "invoice_date": shown["invoiced"], "billed_to": shown["billed"]}
    tiers = [{k: v for k, v in {"first": row["from"], "last": row["to"], "usd": row["usd"]}.items() if v} for row in rows]
    try:
        found = ask("ship_detention", {k: v for k, v in {**asked, "tiers": tiers}.items() if v not in ("", [], False)})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    wrong = {SAID.get(place, place): words for place, words in blamed(problem, {"tiers": "tiers"}).items()}
    body = render.html("track_stay.html", tabs=TABS, tab="/track/stay", shown=shown, rows=rows, columns=TIERS, first=first, s=found, wrong=wrong, rest=unplaced(wrong, STAY, ("tiers",)), billed=BILLED)
    return document("Demurrage and detention", HERE, body, own=OWN)
