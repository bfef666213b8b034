"""Watches: the codes, origins and programmes whose changes somebody wants to hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from landed.errors import LandedError
from landed.operations.keys import moment
from landed.operations.registry import operation

MOST_NAMED = 1_000


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
