"""Looks through the whole store: the database's own structure, the seals of rows, the files it names, and the audit log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from landed.errors import LandedError
from landed.store.audit import verify
from landed.store.database import Store, store
from landed.store.rows import seal
from landed.store.tables import IN_ORDER, SEALED, metadata, uploads

MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Health:
    """What was found: rows by table, and every defect in words."""

    sound: bool
    rows: dict[str, int]
    broken: tuple[str, ...]


def check(at: Store | None = None) -> Health:
    """Read every row once and say what does not hold."""
    from sqlalchemy import func, select

    found: list[str] = []
    rows: dict[str, int] = {}
    try:
        opened = at or store()
        with opened.begin(reading=True) as connection:
            found += _structure(connection)
            for table in IN_ORDER:
                rows[table.name] = connection.execute(select(func.count()).select_from(table)).scalar_one()
            found += _seals(connection)
            found += _uploads(connection)
        verdict = verify(opened)
        found += [f"audit log: {words}" for words in verdict.broken]
    except LandedError as error:
        found.append(f"{error.code}: {error.detail}")
    return Health(not found, rows, tuple(found[:MOST_NAMED]))


def _structure(connection: Any) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import text

    found = []
    if connection.dialect.name == "sqlite":
        found += [f"database: {row[0]}" for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        found += [f"{row[0]}: row {row[1]} names a row of {row[2]} that is not there" for row in connection.execute(text("PRAGMA foreign_key_check"))]
    found += [f"schema: {str(change)[:200]}" for change in compare_metadata(MigrationContext.configure(connection), metadata)]
    return found


def _seals(connection: Any) -> list[str]:
    from sqlalchemy import select

    return [
        f"{table.name}: {row['id']} is not as it was written"
        for table, names in ((metadata.tables[name], names) for name, names in SEALED.items())
        for row in connection.execution_options(yield_per=500).execute(select(table)).mappings()
        if seal(row, names) != row["sha256"]
    ]


def _uploads(connection: Any) -> list[str]:
    from sqlalchemy import select

    from landed.schedule.site import data_folder

    found = []
    for row in connection.execute(select(uploads)).mappings():
        path = data_folder() / "uploads" / row["id"]
        if not path.exists():
            found.append(f"uploads: the file of {row['id']} is missing")
            continue
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != row["sha256"]:
                found.append(f"uploads: the file of {row['id']} is not as it was sent")
    return found
