"""Watches: the codes, origins and programmes whose changes somebody wants to hear of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any

from landed.errors import LandedError
from landed.operations.keys import moment
from landed.operations.registry import operation
from landed.watch.kept import Noticed

MOST_NAMED = 1_000
MOST_PAIRS = 500  # lines times countries followed at one look; the rest is named as not looked at
MOST_SEEN = 5_000  # marks kept of what was seen
BEHIND = timedelta(days=90)
REFERENCE = "10000"  # US dollars on which the percentages of a watched line are reckoned


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What to watch; a known name is replaced. At least one of the lists, or the whole catalogue."""

    name: Annotated[str, "what to call it, 1 to 200 characters"]
    hts_codes: Annotated[tuple[str, ...], "codes of 2 to 10 digits, dots optional"] = ()
    origins: Annotated[tuple[str, ...], "countries of origin; none is every country"] = ()
    programmes: Annotated[tuple[str, ...], "programme ids or patterns such as us.s232.*"] = ()
    catalogue: Annotated[bool, "the products of the catalogue"] = False
    days_ahead: Annotated[int, "how far to look, 1 to 730 days"] = 90


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch as stored. `seen_law_version` is the law pack it was last looked at under, "" before the first look."""

    id: str
    name: str
    hts_codes: tuple[str, ...]
    origins: tuple[str, ...]
    programmes: tuple[str, ...]
    catalogue: bool
    days_ahead: int
    active: bool
    seen_law_version: str
    created_at: str | None


@dataclass(frozen=True, slots=True)
class WatchesRequest:
    """A page of watches."""

    limit: Annotated[int, "most rows, 1 to 500"] = 100
    cursor: Annotated[str, "`next` of the page before"] = ""


@dataclass(frozen=True, slots=True)
class Watches:
    """Watches, newest first; `next` is the cursor of the next page, "" at the end."""

    watches: tuple[Watch, ...]
    next: str


@dataclass(frozen=True, slots=True)
class WatchName:
    """A watch by its name."""

    name: Annotated[str, "name of the watch"]


@dataclass(frozen=True, slots=True)
class LookRequest:
    """A watch to look through, from `since` to as many days ahead as the watch says."""

    name: Annotated[str, "name of the watch"]
    since: Annotated[date | None, "changes after this day; default 90 days ago"] = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a watch notices. `new` counts what has not been marked as seen; `law_changed`: the law pack is another than when it was last marked.

    `unread` names products, lines or countries that were not looked at, with the reason.
    """

    watch: Watch
    since: date
    until: date
    law_version: str
    verified_through: date
    law_changed: bool
    noticed: tuple[Noticed, ...]
    new: int
    unread: tuple[tuple[str, str], ...]


@operation(name="watch_save", summary="Watch codes, origins, programmes or the catalogue", method="POST", path="/v1/watches", scope="write", read_only=False)
def save(request: WatchRequest) -> Watch:
    """Add a watch or replace the one of this name. Raises LandedError INVALID_REQUEST, INVALID_CODE, UNKNOWN_ORIGIN."""
    from sqlalchemy import select

    from landed.duty.request import read_country
    from landed.operations.engine import engine
    from landed.schedule.codes import dotted, parse_code
    from landed.store.actor import actor
    from landed.store.audit import record
    from landed.store.database import new_id, now, store
    from landed.store.rows import text
    from landed.store.tables import watches

    if not (request.hts_codes or request.programmes or request.catalogue):
        raise LandedError("INVALID_REQUEST", "expected codes, programmes or the catalogue", where="hts_codes", mend="Say what to watch.")
    if not 1 <= request.days_ahead <= 730:
        raise LandedError("INVALID_REQUEST", "expected 1 to 730 days", where="days_ahead", mend="Look less far.")
    if max(map(len, (request.hts_codes, request.origins, request.programmes))) > MOST_NAMED:
        raise LandedError("INVALID_REQUEST", f"expected at most {MOST_NAMED:,} names in a list", where="hts_codes", mend="Watch the catalogue instead.")
    law = engine().law
    what = {
        "hts_codes": [code if len(code) == 2 and code.isdigit() else dotted(parse_code(code)) for code in request.hts_codes],
        "origins": [read_country(row, "origins", law) for row in request.origins],
        "programmes": [text(row, "programmes", 100, least=1) for row in request.programmes],
        "catalogue": request.catalogue,
    }
    row: dict[str, Any] = {"workspace_id": actor().workspace, "name": text(request.name, "name", 200, least=1), "what": what, "days_ahead": request.days_ahead, "active": True}
    with store().begin() as connection:
        mine = (watches.c.workspace_id == row["workspace_id"]) & (watches.c.name == row["name"])
        before = connection.execute(select(watches).where(mine)).mappings().first()
        row |= {"id": before["id"], "created_at": before["created_at"]} if before else {"id": new_id("wat"), "created_at": now()}
        row["seen_law_version"] = before["seen_law_version"] if before else ""
        connection.execute(watches.update().where(mine).values(**row) if before else watches.insert().values(**row))
        record(connection, "watch.save", row["id"], {"name": row["name"]})
    return _watch(row)


@operation(name="watch_list", summary="Watches, a page at a time", method="GET", path="/v1/watches", scope="read")
def list_(request: WatchesRequest) -> Watches:
    """Watches of the workspace, newest first. Raises LandedError INVALID_REQUEST for a bad limit or cursor."""
    from landed.store.database import store
    from landed.store.rows import page
    from landed.store.tables import watches

    with store().begin(reading=True) as connection:
        rows, following = page(connection, watches, request.limit, request.cursor)
    return Watches(tuple(map(_watch, rows)), following)


@operation(name="watch_look", summary="What a watch notices: changes of products, rates and programmes, past and to come", method="GET", path="/v1/watches/{name}/changes", scope="read")
def look(request: LookRequest) -> Looked:
    """Changes after `since` up to the watch's days ahead, oldest first: for products of the catalogue (all with `catalogue`, narrowed by codes and
    origins) in dollars a year; for its codes and origins in percent of a reference value, alike ones together; for its programmes by heading.

    Raises LandedError NOT_FOUND, INVALID_DATE.
    """
    from landed.operations.engine import engine
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import watches

    with store().begin(reading=True) as connection:
        row = one(connection, watches, "watch", name=request.name)
    kept, law, today = _watch(row), engine().law, date.today()
    since = max(request.since or today - BEHIND, law.covers_from)
    until = min(today + timedelta(days=kept.days_ahead), law.covers_to)
    if since > until:
        raise LandedError("INVALID_DATE", f"expected a first day before {until}, got {since}", where="since", mend="Choose an earlier day.")
    found, unread = _noticed(kept, since, until, today)
    seen = set(row["what"].get("seen", ()))
    noticed = tuple(replace(n, new=n.mark not in seen) for n in sorted(found, key=lambda n: (n.on, n.kind, n.about)))
    changed = bool(kept.seen_law_version) and kept.seen_law_version != law.version
    return Looked(kept, since, until, law.version, law.verified_through, changed, noticed, sum(n.new for n in noticed), tuple(unread))


@operation(name="watch_seen", summary="Mark everything a watch notices now as seen", method="POST", path="/v1/watches/{name}:seen", scope="write", read_only=False)
def seen(request: LookRequest) -> Watch:
    """What `watch_look` gives with the same request is no longer `new`. Raises LandedError NOT_FOUND, INVALID_DATE."""
    from landed.store.audit import record
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import watches

    looked = look(request)
    with store().begin() as connection:
        row = one(connection, watches, "watch", name=request.name)
        marks = list(dict.fromkeys([*row["what"].get("seen", ()), *(n.mark for n in looked.noticed)]))[-MOST_SEEN:]
        row |= {"what": {**row["what"], "seen": marks}, "seen_law_version": looked.law_version}
        connection.execute(watches.update().where(watches.c.id == row["id"]).values(what=row["what"], seen_law_version=row["seen_law_version"]))
        record(connection, "watch.seen", row["id"], {"name": row["name"], "noticed": len(looked.noticed)})
    return _watch(row)


def _noticed(kept: Watch, since: date, until: date, today: date) -> tuple[list[Noticed], list[tuple[str, str]]]:
    from landed.operations.engine import engine
    from landed.operations.watch import WatchedRequest, _case, _products, changes
    from landed.watch.changes import ProductChange, law_changes, product_changes
    from landed.watch.kept import of_law, of_products, of_rates

    asked = engine()
    found: list[Noticed] = []
    unread: list[tuple[str, str]] = []
    prefixes = tuple(code.replace(".", "") for code in kept.hts_codes)
    if kept.catalogue:
        goods = [
            {**{k: v for k, v in row.items() if k != "customs_value"}, "sku": sku, "value_per_year": row["customs_value"]}
            for sku, row in _products(None)
            if (not prefixes or row["hts_code"].replace(".", "").startswith(prefixes)) and (not kept.origins or row["country_of_origin"] in kept.origins)
        ]
        if goods:
            seen_now = changes(WatchedRequest(products=goods, since=since, until=until))
            found += of_products(seen_now.changes)
            unread += seen_now.unread
    else:
        rates: list[ProductChange] = []
        for place, (code, origin) in enumerate(_pairs(kept, today)):
            if place == MOST_PAIRS:
                unread.append((f"{code} from {origin} and what follows", f"a look follows at most {MOST_PAIRS} pairs of line and country; name fewer codes or origins"))
                break
            try:
                case = _case(asked, {"hts_code": code, "country_of_origin": origin, "customs_value": REFERENCE}, since, until)
                rates += product_changes(code, case, since, until, today)
            except LandedError as error:
                unread.append((f"{code} from {origin}", f"{error.code}: {error.detail}"))
        found += of_rates(rates)
    if kept.programmes:
        found += of_law(law_changes(asked.index, since, until), kept.programmes, today)
    return found, unread


def _pairs(kept: Watch, today: date) -> Iterator[tuple[str, str]]:
    """(line, country) that a watch follows: every ten-digit line under a code that is no line itself, every country where none is named."""
    from landed.operations.engine import engine
    from landed.schedule.codes import dotted

    asked = engine()
    every = [f"{code:010d}" for code in asked.schedule.lines(today).codes.tolist()] if any(len(c.replace(".", "")) < 8 for c in kept.hts_codes) else []
    for code in kept.hts_codes:
        digits = code.replace(".", "")
        lines = [code] if len(digits) >= 8 else [dotted(line) for line in every if line.startswith(digits)]
        for line in lines:
            for origin in kept.origins or sorted(asked.law.countries):
                yield line, origin


@operation(name="watch_remove", summary="End a watch", method="POST", path="/v1/watches/{name}:remove", scope="write", read_only=False)
def remove(request: WatchName) -> Watch:
    """Remove a watch; the audit log keeps that it was. Raises LandedError NOT_FOUND."""
    from landed.store.audit import record
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import watches

    with store().begin() as connection:
        row = one(connection, watches, "watch", name=request.name)
        connection.execute(watches.delete().where(watches.c.id == row["id"]))
        record(connection, "watch.remove", row["id"], {"name": row["name"]})
    return _watch({**row, "active": False})


def _watch(row: dict[str, Any]) -> Watch:
    what = row["what"]
    return Watch(
        id=row["id"],
        name=row["name"],
        hts_codes=tuple(what["hts_codes"]),
        origins=tuple(what["origins"]),
        programmes=tuple(what["programmes"]),
        catalogue=what["catalogue"],
        days_ahead=row["days_ahead"],
        active=bool(row["active"]),
        seen_law_version=row["seen_law_version"],
        created_at=moment(row["created_at"]),
    )
