"""What every list and row of the store shares: pages with a cursor, seals over a row, texts a database can hold."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError
from landed.store.actor import actor
from landed.store.audit import canonical
from landed.store.database import utc

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

MOST = 500  # rows of one page


def page(connection: Connection, table: Table, limit: int, cursor: str, *where: Any) -> tuple[list[dict[str, Any]], str]:
    """Rows of this workspace, newest first, and the cursor of the next page ("" at the end). Raises LandedError INVALID_REQUEST."""
    from sqlalchemy import select

    if not 1 <= limit <= MOST:
        raise LandedError("INVALID_REQUEST", f"expected 1 to {MOST}, got {limit}", where="limit", mend="Ask for the next page with `cursor`.")
    asked = select(table).where(table.c.workspace_id == actor().workspace, *where).order_by(table.c.id.desc()).limit(limit + 1)
    if cursor:
        asked = asked.where(table.c.id < _id_of(cursor))
    rows = [dict(row) for row in connection.execute(asked).mappings()]
    return rows[:limit], _cursor_of(rows[limit - 1]["id"]) if len(rows) > limit else ""


def one(connection: Connection, table: Table, what: str, **by: Any) -> dict[str, Any]:
    """One row of this workspace; raises LandedError NOT_FOUND, also for a row of another workspace."""
    from sqlalchemy import select

    asked = select(table).where(table.c.workspace_id == actor().workspace, *(table.c[name] == value for name, value in by.items()))
    row = connection.execute(asked).mappings().first()
    if row is None:
        name, value = next(iter(by.items()))
        raise LandedError("NOT_FOUND", f"there is no {what} {str(value)[:100]!r}", where=name, mend="See the list.")
    return dict(row)


def seal(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The hash of the fields of a row that must not change by themselves; `landed db check` compares it."""
    return hashlib.sha256(canonical([_said(row[name]) for name in names]).encode()).hexdigest()


def _said(value: Any) -> Any:
    from datetime import datetime
    from decimal import Decimal

    if isinstance(value, datetime):
        moment = utc(value)
        return moment.isoformat(timespec="microseconds") if moment else None
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return value


def text(value: str, where: str, most: int, *, least: int = 0) -> str:
    """A text of bounded length without control characters; raises LandedError INVALID_REQUEST."""
    found = value.strip()
    if not least <= len(found) <= most:
        raise LandedError("INVALID_REQUEST", f"expected {least} to {most} characters, got {len(found)}", where=where, mend="Shorten or fill it.")
    if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in found):
        raise LandedError("INVALID_REQUEST", "expected text without control characters", where=where, mend="Remove them.")
    return found


def _cursor_of(identifier: str) -> str:
    return base64.urlsafe_b64encode(identifier.encode()).decode().rstrip("=")


def _id_of(cursor: str) -> str:
    try:
        found = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if len(found) <= 40 and found.replace("_", "").isalnum():
            return found
    except ValueError:
        pass
    raise LandedError("INVALID_REQUEST", "expected a cursor of an earlier page", where="cursor", mend="Leave it out for the first page.")
