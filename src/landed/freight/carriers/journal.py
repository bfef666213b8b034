"""The journal of bookings: every intent, sending and answer written down before the next step, never rewritten; one file for each workspace."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from landed.errors import LandedError
from landed.freight.carriers.wire import dumps

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, own_reference TEXT NOT NULL, token TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entry_of ON entry (own_reference, seq);
CREATE INDEX IF NOT EXISTS entry_token ON entry (token, seq);
CREATE TRIGGER IF NOT EXISTS entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the journal is never rewritten'); END;
CREATE TRIGGER IF NOT EXISTS entry_kept BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the journal is never rewritten'); END;
CREATE TABLE IF NOT EXISTS last_answer (question TEXT PRIMARY KEY, at REAL NOT NULL, answer TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; `at` is seconds since 1970."""

    seq: int
    at: float
    own_reference: str
    token: str
    kind: str
    data: Mapping[str, Any]


@dataclass(slots=True)
class Intent:
    """A prepared message and what became of it, read off the journal.

    `status`: prepared, sending (no answer written: a crash, or under way), in_doubt, not_sent, accepted, refused, given_up.
    """

    token: str
    own_reference: str
    action: str
    carrier: str
    carrier_reference: str
    message: Mapping[str, Any]
    prepared_at: float
    status: str = "prepared"
    attempts: int = 0
    last_sent: float = 0.0
    seq: int = 0
    why: str = ""
    problem: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """An append-only file (SQLite, every entry on disk before the call returns), safe for several processes at once."""

    sync = "FULL"  # tests that simulate crashes inside one process turn it off

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self.path, self.now = path, now
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as connection:
                connection.executescript(SCHEMA)
        except OSError as error:
            raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(path.parent), mend="Set LANDED_DATA.") from None
        except sqlite3.DatabaseError as error:
            raise LandedError("JOURNAL_DAMAGED", f"the journal of bookings does not read: {error}", where=path.name, mend="Put it back from a backup; look bookings up at the carrier meanwhile.") from None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=15, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={self.sync}")
            yield connection
        finally:
            connection.close()

    def write(self, own_reference: str, kind: str, data: Mapping[str, Any], token: str = "") -> Entry:
        """Add an entry; it is on disk when this returns."""
        with self._open() as connection:
            return self._add(connection, own_reference, kind, data, token)

    def claim(self, intent: Intent) -> bool:
        """Write that a message is being sent, unless something was written about it since it was read: then False (somebody else is at it)."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                last = connection.execute("SELECT max(seq) FROM entry WHERE token = ?", (intent.token,)).fetchone()[0]
                if last != intent.seq:
                    connection.execute("ROLLBACK")
                    return False
                entry = self._add(connection, intent.own_reference, "sending", {"attempt": intent.attempts + 1}, intent.token)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        intent.seq, intent.attempts, intent.last_sent, intent.status = entry.seq, intent.attempts + 1, entry.at, "sending"
        return True

    def intent(self, token: str) -> Intent:
        """What became of a prepared message; raises UNKNOWN_TOKEN."""
        rows = self._rows("token = ?", (token,))
        if not rows or rows[0].kind != "prepared":
            raise LandedError("UNKNOWN_TOKEN", "no prepared message has this token", where="token", mend="Prepare again, and confirm with the token of the answer.")
        first = rows[0].data
        found = Intent(token, rows[0].own_reference, str(first["action"]), str(first["carrier"]), str(first["carrier_reference"]), first["message"], rows[0].at)
        for row in rows:
            found.seq = row.seq
            if found.status == "accepted":
                continue  # a late "no answer" of another process changes nothing
            if row.kind == "sending":
                found.status, found.attempts, found.last_sent = "sending", int(row.data["attempt"]), row.at
            elif row.kind in ("in_doubt", "not_sent", "accepted", "refused", "given_up"):
                found.status, found.why, found.problem = row.kind, str(row.data.get("why", "")), row.data
        return found

    def entries(self, own_reference: str) -> tuple[Entry, ...]:
        """Everything about one booking, oldest first."""
        return tuple(self._rows("own_reference = ?", (own_reference,)))

    def own_references(self, limit: int = 500) -> tuple[str, ...]:
        """Own references of bookings, the latest first."""
        with self._open() as connection:
            rows = connection.execute("SELECT own_reference, max(seq) s FROM entry WHERE own_reference != '' GROUP BY own_reference ORDER BY s DESC LIMIT ?", (limit,)).fetchall()
        return tuple(row[0] for row in rows)

    def by_carrier_reference(self, carrier: str, reference: str) -> str:
        """Our reference of a carrier's, or ""."""
        named = "kind IN ('accepted', 'seen') AND json_extract(data, '$.carrier') = ? AND ? IN (json_extract(data, '$.carrier_reference'), json_extract(data, '$.carrier_booking_reference'))"
        found = self._rows(named, (carrier, reference)) if reference else []
        return found[0].own_reference if found else ""

    def remember(self, question: str, answer: Any) -> None:
        """Keep the last good answer to a question (a schedule)."""
        with self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO last_answer VALUES (?, ?, ?)", (question, self.now(), dumps(answer).decode()))

    def last(self, question: str) -> tuple[datetime, Any] | None:
        """The last good answer to a question and when it came."""
        with self._open() as connection:
            row = connection.execute("SELECT at, answer FROM last_answer WHERE question = ?", (question,)).fetchone()
        return None if row is None else (datetime.fromtimestamp(row[0], UTC), json.loads(row[1]))

    def _add(self, connection: sqlite3.Connection, own_reference: str, kind: str, data: Mapping[str, Any], token: str) -> Entry:
        at = self.now()
        cursor = connection.execute("INSERT INTO entry (at, own_reference, token, kind, data) VALUES (?, ?, ?, ?, ?)", (at, own_reference, token, kind, dumps(data).decode()))
        return Entry(int(cursor.lastrowid or 0), at, own_reference, token, kind, data)

    def _rows(self, where: str, values: tuple[Any, ...]) -> list[Entry]:
        with self._open() as connection:
            rows = connection.execute(f"SELECT seq, at, own_reference, token, kind, data FROM entry WHERE {where} ORDER BY seq", values).fetchall()
        return [Entry(r[0], r[1], r[2], r[3], r[4], json.loads(r[5])) for r in rows]
