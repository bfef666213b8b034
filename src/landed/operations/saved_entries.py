"""Saved customs entries: kept with their lines, answer and law version, as they were given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from landed.errors import LandedError
from landed.operations.keys import moment
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class SaveEntryRequest:
    """An entry to assess and keep."""

    request: Annotated[dict[str, Any], "an entry request (docs/entry.md); the day of entry must be stated"]
    reference: Annotated[str, "entry number or your own name for it, up to 120 characters"] = ""


@dataclass(frozen=True, slots=True)
class SavedEntryRow:
    """A saved entry in short."""

    id: str
    reference: str
    entry_date: str
    law_version: str
    created_at: str | None
    created_by: str


@dataclass(frozen=True, slots=True)
class SavedEntry:
    """A saved entry: the request and the answer as they were on the day it was saved."""

    id: str
    reference: str
    entry_date: str
    law_version: str
    created_at: str | None
    created_by: str
    request: dict[str, Any]
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SavedEntriesRequest:
    """A page of saved entries."""

    limit: Annotated[int, "most rows, 1 to 500"] = 100
    cursor: Annotated[str, "`next` of the page before"] = ""


@dataclass(frozen=True, slots=True)
class SavedEntries:
    """Saved entries, newest first; `next` is the cursor of the next page, "" at the end."""

    entries: tuple[SavedEntryRow, ...]
    next: str


@dataclass(frozen=True, slots=True)
class SavedEntryId:
    """A saved entry by its id."""

    id: Annotated[str, "id of the saved entry, such as ent_..."]


@operation(name="entry_save", summary="Assess a customs entry and keep it", method="POST", path="/v1/saved-entries", scope="write", read_only=False)
def save(request: SaveEntryRequest) -> SavedEntry:
    """Assess an entry and keep request, answer and law version; later law never rewrites it. Raises what `entry` raises."""
    from landed.operations.engine import engine
    from landed.operations.entry import entry
    from landed.operations.shape import plain
    from landed.store.actor import actor
    from landed.store.audit import canonical, record
    from landed.store.database import new_id, now, store
    from landed.store.rows import seal, text
    from landed.store.tables import SEALED, entries

    if not isinstance(request.request, dict) or isinstance(request.request.get("overlay"), str):
        raise LandedError("INVALID_REQUEST", "expected an entry request, its overlay as an object", where="request", mend="See docs/entry.md.")
    head = request.request.get("entry")
    answer = plain(entry(request.request))  # type: ignore[arg-type]
    row: dict[str, Any] = {
        "id": new_id("ent"),
        "workspace_id": actor().workspace,
        "reference": text(request.reference, "reference", 120),
        "entry_date": str(head.get("entry_date", ""))[:10] if isinstance(head, dict) else "",
        "request": canonical(request.request),
        "answer": json.dumps(answer, separators=(",", ":"), ensure_ascii=True, default=str),
        "law_version": str(answer.get("law_version") or engine().law.version),
        "created_at": now(),
        "created_by": actor().name,
    }
    with store().begin() as connection:
        row["sha256"] = seal(row, SEALED["entries"])
        connection.execute(entries.insert().values(**row))
        record(connection, "entry.save", row["id"], {"reference": row["reference"], "sha256": row["sha256"]})
    return _saved(row)


@operation(name="saved_entry_list", summary="Saved entries, a page at a time", method="GET", path="/v1/saved-entries", scope="read")
def list_(request: SavedEntriesRequest) -> SavedEntries:
    """Saved entries of the workspace in short, newest first. Raises LandedError INVALID_REQUEST for a bad limit or cursor."""
    from landed.store.database import store
    from landed.store.rows import page
    from landed.store.tables import entries

    with store().begin(reading=True) as connection:
        rows, following = page(connection, entries, request.limit, request.cursor)
    return SavedEntries(tuple(SavedEntryRow(**_short(row)) for row in rows), following)


@operation(name="saved_entry_show", summary="One saved entry, as it was given", method="GET", path="/v1/saved-entries/{id}", scope="read")
def show(request: SavedEntryId) -> SavedEntry:
    """One saved entry with its request and its answer as they were. Raises LandedError NOT_FOUND, STORE_DAMAGED when its seal does not hold."""
    from landed.store.database import store
    from landed.store.rows import one, seal
    from landed.store.tables import SEALED, entries

    with store().begin(reading=True) as connection:
        row = one(connection, entries, "saved entry", id=request.id)
    if seal(row, SEALED["entries"]) != row["sha256"]:
        raise LandedError("STORE_DAMAGED", f"the saved entry {request.id} is not as it was saved", where="id", mend="Run `landed db check`, then restore a backup.")
    return _saved(row)


def _short(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in ("id", "reference", "entry_date", "law_version", "created_by")}, "created_at": moment(row["created_at"])}


def _saved(row: dict[str, Any]) -> SavedEntry:
    return SavedEntry(**_short(row), request=json.loads(row["request"]), answer=json.loads(row["answer"]))
