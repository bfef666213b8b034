"""The codes that people confirmed, kept in the store by workspace, and handed to the classifier as its memory."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.classify.memory import Confirmation, Confirmed, confirmations, memory_file, remembered
from landed.errors import LandedError

if TYPE_CHECKING:
    from sqlalchemy import Connection

LONGEST = 8_000  # letters of a reason
_KEPT: dict[tuple[str, str], tuple[tuple[int, str], Confirmed]] = {}
_TAKEN: dict[str, tuple[int, int]] = {}  # the state of the file whose lines this process knows to be in a store


def memory() -> tuple[Confirmed | None, str]:
    """The confirmed codes of this workspace ready to be asked (None where there are none), and a warning where the store could not be read.

    They are read again only when there are more of them. A site that has no store yet is answered from its file.
    """
    if not _standing():
        return remembered(), ""
    try:
        return _from_store(), ""
    except LandedError as error:
        return remembered(), f"Codes confirmed in the store were left out: it cannot be read now ({error.code})."


def usable() -> bool:
    """Whether this installation can keep a store."""
    from importlib.util import find_spec

    return find_spec("sqlalchemy") is not None and find_spec("alembic") is not None


def keep(made: Confirmation) -> Confirmation:
    """Keep a confirmed code in the store (in the file where the installation has no store), with its audit record.

    Raises LandedError INVALID_CODE, INVALID_REQUEST, DATA_FOLDER and the store's own.
    """
    if not usable():
        from landed.classify.memory import confirm

        return confirm(made)
    from landed.store.database import store

    _take_file()
    with store().begin() as connection:
        return insert(connection, made)


def insert(connection: Connection, made: Confirmation, row_id: str | None = None) -> Confirmation:
    """Write one confirmed code and its audit record in the transaction given; gives it back with code and instant as kept."""
    from landed.schedule.codes import dotted, parse_code
    from landed.store.audit import record
    from landed.store.database import new_id, now
    from landed.store.rows import text

    if not made.text.strip() or not made.who.strip():
        raise LandedError("INVALID_REQUEST", "expected the text of the goods and who confirms, got an empty one", where="who", mend="Name the person who decides.")
    said: dict[str, Any] = {"who": text(made.who, "who", 200), "why": text(" ".join(made.why.split()), "why", LONGEST), "suggested": text(made.suggested, "suggested", 13)}
    kept = Confirmation(**{**asdict(made), **said, "code": dotted(parse_code(made.code)), "at": made.at or now().isoformat(timespec="microseconds")})
    row = _row(kept, new_id("cnf"), row_id)
    from landed.store.tables import confirmed_codes

    connection.execute(confirmed_codes.insert().values(**row))
    record(connection, "classify.confirm", row["id"], {"code": kept.code, "suggested": kept.suggested, "row_id": row_id, "sha256": row["sha256"]})
    return kept


def _row(kept: Confirmation, identifier: str, row_id: str | None) -> dict[str, Any]:
    from landed.store.actor import actor
    from landed.store.audit import canonical
    from landed.store.rows import seal
    from landed.store.tables import SEALED

    product = {"text": kept.text, "id": kept.id, "attributes": dict(kept.attributes or {}), "category": list(kept.category)}
    row: dict[str, Any] = {
        "id": identifier, "workspace_id": actor().workspace, "row_id": row_id, "product": canonical(product), "code": kept.code, "suggested": kept.suggested, "who": kept.who, "why": kept.why, "at": kept.at,
    }  # fmt: skip
    return row | {"sha256": seal(row, SEALED["confirmed_codes"])}


def _standing() -> bool:
    """Whether a store is there to be read, found out without loading what opens it."""
    import os

    from landed.schedule.site import data_folder

    url = os.environ.get("LANDED_DATABASE_URL", "")
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else data_folder() / "landed.db"
    return (bool(url) and not url.startswith("sqlite") or path.exists()) and usable()


def _from_store() -> Confirmed | None:
    from sqlalchemy import func, select

    from landed.store.actor import actor
    from landed.store.database import default_url, store
    from landed.store.tables import confirmed_codes as table

    _take_file()
    mine = table.c.workspace_id == actor().workspace
    place = (default_url(), actor().workspace)
    with store().begin(reading=True) as connection:
        count, last = connection.execute(select(func.count(), func.max(table.c.id)).where(mine)).one()
        stamp = (int(count), str(last or ""))
        kept = _KEPT.get(place)
        if kept is None or kept[0] != stamp:
            rows = connection.execute(select(table).where(mine).order_by(table.c.at, table.c.id)).mappings().all()
            kept = _KEPT[place] = (stamp, Confirmed([_read(row) for row in rows]))
    return kept[1] if kept[1].confirmations else None


def _read(row: Any) -> Confirmation:
    said = json.loads(row["product"])
    return Confirmation(said["text"], row["code"], row["who"], row["why"], row["at"], row["suggested"], said["id"], said["attributes"], tuple(said["category"]))


def _fit(said: Any, most: int) -> str:
    """A text of the file as a database can hold it."""
    return str(said).encode("utf-8", "replace").decode().replace("\x00", "")[:most]


def _take_file() -> None:
    """Take the lines of the site's file into the store, each once and into the first workspace; the file stays as it is."""
    try:
        state = memory_file().stat()
    except OSError:
        return
    from landed.store.actor import LOCAL, acting
    from landed.store.database import default_url, store

    url, stamp = f"{default_url()} {memory_file()}", (state.st_mtime_ns, state.st_size)
    if _TAKEN.get(url) == stamp:
        return
    from sqlalchemy import select

    from landed.store.audit import record
    from landed.store.tables import confirmed_codes as table

    with acting(LOCAL):
        found: dict[str, dict[str, Any]] = {}
        for number, each in enumerate(confirmations()):
            # The name of a line follows from what it says and where it stands: taken twice it is still one.
            told = json.dumps([number, asdict(each)], sort_keys=True, ensure_ascii=True)
            identifier = f"cnf_{0:012x}{hashlib.sha256(told.encode()).hexdigest()[:14]}"
            fit: dict[str, Any] = {name: _fit(getattr(each, name), most) for name, most in (("who", 200), ("why", LONGEST), ("suggested", 13), ("at", 40), ("code", 13))}
            found[identifier] = _row(replace(each, **fit), identifier, None)
        with store().begin(reading=True) as connection:
            before = set(connection.execute(select(table.c.id).where(table.c.workspace_id == LOCAL.workspace, table.c.id < f"cnf_{1:012x}")).scalars())
        if missing := [row for name, row in found.items() if name not in before]:
            try:
                with store().begin() as connection:
                    connection.execute(table.insert(), missing)
                    record(connection, "classify.confirmed_file", memory_file().name, {"lines": len(missing)})
            except LandedError as error:
                if error.code != "CONFLICT":  # another process took them at this moment
                    raise
                return
    _TAKEN[url] = stamp
