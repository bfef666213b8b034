"""The supplier file: SQLite with full-text search, one file at the user's site; rows are merged by pointing, so that merges can be undone."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landed.errors import LandedError
from landed.schedule.site import data_folder

SCHEMA = """
CREATE TABLE IF NOT EXISTS supplier (
  id INTEGER PRIMARY KEY, legal_name TEXT NOT NULL, local_name TEXT, country TEXT, address TEXT, lat REAL, lng REAL, os_id TEXT, lei TEXT, duns TEXT,
  type TEXT, parent TEXT, workers_min INTEGER, workers_max INTEGER, closed INTEGER NOT NULL DEFAULT 0, flag TEXT, products TEXT, merged_into INTEGER REFERENCES supplier(id), source TEXT);
CREATE INDEX IF NOT EXISTS supplier_os ON supplier(os_id) WHERE os_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS supplier_lei ON supplier(lei) WHERE lei IS NOT NULL;
CREATE INDEX IF NOT EXISTS supplier_duns ON supplier(duns) WHERE duns IS NOT NULL;
CREATE INDEX IF NOT EXISTS supplier_name ON supplier(legal_name, country);
CREATE INDEX IF NOT EXISTS supplier_merged ON supplier(merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE IF NOT EXISTS site (id INTEGER PRIMARY KEY, supplier_id INTEGER NOT NULL REFERENCES supplier(id), name TEXT, country TEXT, address TEXT, lat REAL, lng REAL);
CREATE TABLE IF NOT EXISTS evidence (
  id INTEGER PRIMARY KEY, supplier_id INTEGER NOT NULL REFERENCES supplier(id), kind TEXT NOT NULL, scheme TEXT, issuer TEXT, number TEXT, valid_from TEXT, valid_to TEXT, source TEXT);
CREATE TABLE IF NOT EXISTS offer (
  id INTEGER PRIMARY KEY, supplier_id INTEGER NOT NULL REFERENCES supplier(id), sku TEXT, hts_code TEXT, origin TEXT, incoterm TEXT, currency TEXT, moq TEXT, moq_text TEXT, unit TEXT,
  lead_days INTEGER, capacity_month TEXT, valid_to TEXT, source TEXT);
CREATE INDEX IF NOT EXISTS offer_supplier ON offer(supplier_id);
CREATE INDEX IF NOT EXISTS evidence_supplier ON evidence(supplier_id);
CREATE TABLE IF NOT EXISTS price_break (offer_id INTEGER NOT NULL REFERENCES offer(id), min_qty TEXT NOT NULL, unit_price TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS performance (supplier_id INTEGER NOT NULL REFERENCES supplier(id), po TEXT, promised TEXT, delivered TEXT, qty_ok TEXT, qty_total TEXT, UNIQUE(supplier_id, po));
CREATE TABLE IF NOT EXISTS alias (supplier_id INTEGER NOT NULL REFERENCES supplier(id), name TEXT NOT NULL, source TEXT);
CREATE TABLE IF NOT EXISTS review (
  id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL, score REAL NOT NULL, because TEXT NOT NULL, band TEXT NOT NULL, decision TEXT, who TEXT, at TEXT, UNIQUE(a, b));
CREATE VIRTUAL TABLE IF NOT EXISTS found USING fts5(name, products, address, content='', tokenize='unicode61 remove_diacritics 2');
"""
CJK = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")


@contextmanager
def network(path: Path | None = None) -> Iterator[sqlite3.Connection]:
    """The supplier file, made on first use; everything within is kept together or not at all. Raises DATA_FOLDER, SUPPLIER_FILE."""
    file = path or data_folder() / "suppliers.db"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=10)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(SCHEMA)
    except OSError as error:
        raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(file.parent), mend="Set LANDED_DATA.") from None
    except sqlite3.Error as error:
        raise LandedError("SUPPLIER_FILE", f"the supplier file cannot be read: {error}", where=file.name, mend="Put it back from a backup, or move it away to begin anew.") from None
    try:
        yield connection
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.close()


def spaced(text: str | None) -> str:
    """Text for the index: characters that are words by themselves (Chinese, Japanese, Korean) stand apart."""
    return CJK.sub(r" \1 ", unicodedata.normalize("NFKC", text or ""))


def index(connection: sqlite3.Connection, number: int, name: str, products: str, address: str) -> None:
    """Put a supplier into the search index."""
    connection.execute("INSERT INTO found(rowid, name, products, address) VALUES (?, ?, ?, ?)", (number, spaced(name), spaced(products), spaced(address)))


def head(connection: sqlite3.Connection, number: int) -> int:
    """The supplier that a merged one points to in the end; raises UNKNOWN_SUPPLIER."""
    for _ in range(100):
        row = connection.execute("SELECT id, merged_into FROM supplier WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise LandedError("UNKNOWN_SUPPLIER", f"no supplier has the number {number}", where="supplier", mend="`landed suppliers search` shows the numbers.")
        if row["merged_into"] is None:
            return int(row["id"])
        number = row["merged_into"]
    raise LandedError("SUPPLIER_FILE", "merges run in a circle", where=str(number), mend="Undo one of them.")


def family(connection: sqlite3.Connection, number: int) -> tuple[int, ...]:
    """A supplier and all that were merged into it."""
    rows = connection.execute("WITH RECURSIVE f(id) AS (SELECT ? UNION SELECT s.id FROM f CROSS JOIN supplier s ON s.merged_into = f.id WHERE s.merged_into IS NOT NULL) SELECT id FROM f", (number,))
    return tuple(int(row[0]) for row in rows)
