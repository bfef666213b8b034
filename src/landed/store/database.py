"""Opens the store and holds its transactions: SQLite (WAL) in the data folder, or PostgreSQL by URL."""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

WAIT_MS = 10_000  # how long a writer waits for another before it gives up


class Store:
    """One database. `begin` is the only way in: everything inside it is kept whole or not at all.

    A `begin` inside another joins it, so that a door can put its own rows (an idempotency key) into the transaction of an operation.
    """

    def __init__(self, url: str, *, upgrade: bool = True) -> None:
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import QueuePool

        self.url = _with_driver(url)
        self.sqlite = self.url.startswith("sqlite")
        self._current: ContextVar[Connection | None] = ContextVar("landed_transaction", default=None)
        options: dict[str, Any] = {"pool_size": 5, "max_overflow": 10, "pool_timeout": 10, "poolclass": QueuePool}
        if self.sqlite:
            path = Path(self.url.removeprefix("sqlite:///"))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(path.parent), mend="Set LANDED_DATA.") from None
            options["connect_args"] = {"timeout": WAIT_MS / 1000, "check_same_thread": False}
        else:
            options["pool_pre_ping"] = True
            options["connect_args"] = {"connect_timeout": 5, "options": "-c statement_timeout=60000 -c lock_timeout=10000"}
        self.engine: Engine = create_engine(self.url, **options)
        if self.sqlite:
            event.listen(self.engine, "connect", _on_connect)
            event.listen(self.engine, "begin", _on_begin)
        if upgrade:
            from landed.store.upgrade import upgrade as run

            with speaking_plainly():
                run(self)

    @contextmanager
    def begin(self, *, reading: bool = False) -> Iterator[Connection]:
        """A transaction; `reading` says that it writes nothing and so need not wait for a writer.

        Raises LandedError STORE_FULL, STORE_DAMAGED, STORE_UNAVAILABLE, CONFLICT for what the database says.
        """
        standing = self._current.get()
        if standing is not None:
            yield standing
            return
        with speaking_plainly(), self.engine.connect().execution_options(reading=reading) as connection, connection.begin():
            token = self._current.set(connection)
            try:
                yield connection
            finally:
                self._current.reset(token)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _on_connect(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, with the writer's lock taken at once
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged write outlives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cell_size_check = ON")
    cursor.close()


def _on_begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


DISK_FULL = "53100"  # what PostgreSQL says in any language


@contextmanager
def speaking_plainly() -> Iterator[None]:
    """What a database driver raises, as a LandedError a user can act on."""
    from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    try:
        yield
    except IntegrityError as error:
        raise LandedError("CONFLICT", "the row clashes with one that is there", mend="Read it again, then decide.") from error
    except (DatabaseError, InterfaceError, PoolTimeout) as error:
        text = str(getattr(error, "orig", error)).lower()
        if getattr(getattr(error, "orig", None), "sqlstate", "") == DISK_FULL or "full" in text or "no space" in text or "disk quota" in text or "disk i/o error" in text:
            raise LandedError("STORE_FULL", "the disk of the store is full or cannot be written; nothing was changed", mend="Make room, then send it again.") from error
        if any(word in text for word in ("malformed", "not a database", "corrupt", "invalid page", "checksum")):
            raise LandedError("STORE_DAMAGED", "the database file is damaged; nothing was changed", mend="Run `landed db check`, then restore a backup.") from error
        if "no such table" in text or "undefinedtable" in type(getattr(error, "orig", error)).__name__.lower():
            raise LandedError("STORE_OUTDATED", "the database is of another version", mend="Run `landed db upgrade`.") from error
        raise LandedError("STORE_UNAVAILABLE", "the database does not answer; nothing was changed", mend="Send it again in a moment.") from error


def _with_driver(url: str) -> str:
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def default_url() -> str:
    """LANDED_DATABASE_URL when set, else a SQLite file in the user's data folder."""
    from landed.schedule.site import data_folder

    return os.environ.get("LANDED_DATABASE_URL") or f"sqlite:///{data_folder() / 'landed.db'}"


_OPEN: dict[str, Store] = {}
_LOCK = threading.Lock()


def store(url: str = "") -> Store:
    """The store of this process, opened and brought up to date on first use."""
    address = url or default_url()
    with _LOCK:
        if address not in _OPEN:
            _OPEN[address] = Store(address)
        return _OPEN[address]


def forget_stores() -> None:
    """Close every open store (before a fork, after a test)."""
    with _LOCK:
        for each in _OPEN.values():
            each.close()
        _OPEN.clear()


def new_id(kind: str) -> str:
    """An identifier that sorts by time: kind, 48 bits of milliseconds, 56 bits of chance."""
    return f"{kind}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(7)}"


def now() -> datetime:
    """This moment, UTC."""
    return datetime.now(UTC)


def utc(moment: datetime | None) -> datetime | None:
    """A moment as read from the database, UTC said where SQLite left it out."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
