"""Where the shipment is: events planned, estimated and actual side by side; the container number checked; what a container that stays too long owes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.address_rows import Column, pairs_of, rows_of
from landed.doors.web.asking import may, page
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.doors.web.state import DATA
from landed.errors import LandedError
from landed.freight.model import TrackingEvent

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/track"
OWN = ("rows.css", "track.css", "rows.js")
TABS = (("/track", "Shipment"), ("/track/container", "Container number"), ("/track/stay", "Demurrage and detention"))
TIERS = (Column("from", "From day", "1", "num"), Column("to", "to day", "open", "num"), Column("usd", "USD a day", "150", "num"))


def routes(app: FastAPI) -> None:
    """Add the pages."""
    from starlette.routing import Route

    for path, function in {HERE: track, "/track/container": container, "/track/stay": stay}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """What the codes of events mean, in our own words."""
    found: dict[str, dict[str, str]] = json.loads((DATA / "track_words.json").read_text(encoding="utf-8"))
    return found


@dataclass(slots=True)
class Milestone:
    """One thing that happens at one place: when it was planned, is expected, and was."""

    event_type: str
    code: str
    what: str
    place: str
    container: str
    planned: datetime | None = None
    estimated: datetime | None = None
    actual: datetime | None = None

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


def milestones(events: Iterable[TrackingEvent]) -> list[Milestone]:
    """Events of the same thing at the same place put together, in the order of their moments; events without a readable moment stand last."""
    found: dict[tuple[str, ...], Milestone] = {}
    for event in events:
        key = (event.event_type, event.code, event.place, event.container)
        mine = found.setdefault(key, Milestone(event.event_type, event.code, words()["events"].get(event.code, event.code), event.place, event.container))
        moment = _moment(event.moment)
        name = {"PLN": "planned", "EST": "estimated", "ACT": "actual"}.get(event.classifier, "planned")
        before = getattr(mine, name)
        if moment is not None and (before is None or name != "actual" or moment > before):
            setattr(mine, name, moment)
    return sorted(found.values(), key=lambda m: (m.when is None, m.when.timestamp() if m.when else 0.0))


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.astimezone()


def example(today: date) -> list[TrackingEvent]:
    """Invented events around today."""
    rows = first_visits()["track"]["events"]
    return [TrackingEvent(f"example-{n}", r["event_type"], r["code"], r["classifier"], f"{today + timedelta(days=r['days'])}T{r['time']}", r["place"], r["container"]) for n, r in enumerate(rows)]


def track(request: Request) -> Response:
    """The timeline of a shipment; an invented one on the first visit."""
    from landed.freight.containers import read_container_number

    found = milestones(example(date.today()))
    remarks = list(first_visits()["track"]["remarks"])
    boxes = []
    for number in dict.fromkeys(m.container for m in found if m.container):
        try:
            boxes.append((read_container_number(number), ""))
        except LandedError as error:
            boxes.append((number, error.detail))
    last = next((m for m in reversed(found) if m.state == "actual"), None)
    following = next((m for m in found if m.state != "actual"), None)
    body = render.html("track.html", tabs=TABS, tab=HERE, first=True, found=found, remarks=remarks, boxes=boxes, last=last, following=following, words=words(), places=_places(found), reference=first_visits()["track"]["reference"])
    return document("Track", HERE, body, own=OWN)


def _places(found: list[Milestone]) -> dict[str, str]:
    """Names of the ports by code, where they are known."""
    from landed.freight.places import ports

    try:
        known = ports()
    except LandedError:
        return {}
    return {m.place: known[m.place].name for m in found if m.place in known}


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
    """What a container owes past its free days, and the days that the rules of billing set."""
    query = request.query_params
    shown = {name: query.get(name, "").strip()[:20] for name in ("first", "last", "free", "working")}
    rows = rows_of(query, TIERS)
    worked = not rows and not shown["first"]
    if worked:
        example_ = first_visits()["stay"]
        shown |= {k: v for k, v in example_.items() if isinstance(v, str)}
        rows = [dict(r) for r in example_["tiers"]]
    found, problem = None, None
    try:
        found = _stay(shown, rows)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    body = render.html("track_stay.html", tabs=TABS, tab="/track/stay", shown=shown, rows=rows, columns=TIERS, first=worked, s=found, problem=problem, query=urlencode([*shown.items(), *pairs_of(rows)]))
    return document("Demurrage and detention", HERE, body, own=OWN)


def _stay(shown: dict[str, str], rows: list[dict[str, str]]) -> Any:
    from landed.duty.request import read_amount, read_day
    from landed.freight.detention import Tier, billed

    may("ship_quote")
    tiers = []
    for number, row in enumerate(rows):
        if not (row["from"].isdigit() and (row["to"].isdigit() or not row["to"])):
            raise LandedError("INVALID_TIERS", f"row {number + 1}: expected days as whole numbers", where=f"tiers[{number}]", mend="Leave the end of the last row open.")
        tiers.append(Tier(int(row["from"]), int(row["to"]) if row["to"] else None, read_amount(row["usd"] or "x", f"tiers[{number}].usd")))
    if not shown["free"].isdigit():
        raise LandedError("INVALID_VALUE", f"expected free days as a whole number, got {shown['free']!r}", where="free", mend="Read them off the carrier's tariff.")
    return billed(read_day(shown["first"], "first"), read_day(shown["last"], "last"), int(shown["free"]), tiers, working_days=bool(shown["working"]))
