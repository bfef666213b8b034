"""Finds suppliers by words in any script and by filters: all words first, any of them where nothing has all."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from landed.sourcing.network.store import family, head, spaced

WORD = re.compile(r"\w+")
RANKED = 1500


@dataclass(frozen=True, slots=True)
class Found:
    """A supplier as found; `country` is where it sits, `origins` where its offers are made (that decides the duty)."""

    id: int
    name: str
    local_name: str | None
    country: str | None
    address: str | None
    lat: float | None
    lng: float | None
    type: str | None
    products: str | None
    closed: bool
    flag: str | None
    origins: tuple[str, ...]
    offers: int


def search(connection: sqlite3.Connection, text: str = "", *, country: str = "", origin: str = "", sku: str = "", kind: str = "", evidence: str = "", closed: bool = False, limit: int = 20) -> tuple[list[Found], str]:
    """Suppliers for words and filters, best first, and how they were matched ("all words", "any word", "filters")."""
    where: list[str] = ["1"]
    values: list[str] = []
    for clause, value in (("s.country = ?", country.upper()), ("s.type = ?", kind), ("EXISTS (SELECT 1 FROM offer o WHERE o.supplier_id = s.id AND o.origin = ?)", origin.upper()), ("EXISTS (SELECT 1 FROM offer o WHERE o.supplier_id = s.id AND o.sku = ?)", sku), ("EXISTS (SELECT 1 FROM evidence e WHERE e.supplier_id = s.id AND ? IN (e.kind, e.scheme))", evidence)):
        if value:
            where.append(clause)
            values.append(value)
    if not closed:
        where.append("s.closed = 0")
    tests = " AND ".join(where)
    parts = [WORD.findall(spaced(chunk)) for chunk in text.split()]
    phrases = ['"' + " ".join(words) + '"' + ("*" if len(words) == 1 and words[0].isascii() else "") for words in parts if words]
    if not phrases:
        rows = connection.execute(f"SELECT s.* FROM supplier s WHERE {tests} AND s.merged_into IS NULL ORDER BY s.legal_name LIMIT ?", (*values, limit)).fetchall()
        return [_found(connection, row) for row in rows], "filters"
    for how, joint in (("all words", " AND "), ("any word", " OR ")):
        # A word that thousands share ranks nobody: the first RANKED rows with it are ranked, so that no search takes long.
        rows = connection.execute(
            f"SELECT s.* FROM (SELECT rowid AS id, bm25(found) AS place FROM found WHERE found MATCH ? LIMIT {RANKED}) f JOIN supplier s ON s.id = f.id WHERE {tests} ORDER BY f.place LIMIT ?",
            (joint.join(phrases), *values, limit),
        ).fetchall()
        if not rows and values:  # the filter is rarer than the words
            rows = connection.execute(f"SELECT s.* FROM found f JOIN supplier s ON s.id = f.rowid WHERE found MATCH ? AND {tests} LIMIT ?", (joint.join(phrases), *values, limit)).fetchall()
        if rows:
            return _heads(connection, rows), how
    return [], "nothing"


def _heads(connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[Found]:
    """A supplier that was merged is shown as the one it was merged into, once."""
    shown: dict[int, sqlite3.Row] = {}
    for row in rows:
        number = row["id"] if row["merged_into"] is None else head(connection, row["id"])
        if number not in shown:
            shown[number] = row if number == row["id"] else connection.execute("SELECT * FROM supplier WHERE id = ?", (number,)).fetchone()
    return [_found(connection, row) for row in shown.values()]


def _found(connection: sqlite3.Connection, row: sqlite3.Row) -> Found:
    ids = family(connection, row["id"])
    marks = ",".join("?" * len(ids))
    offers = connection.execute(f"SELECT origin, COUNT(*) AS n FROM offer WHERE supplier_id IN ({marks}) GROUP BY origin", ids).fetchall()
    return Found(
        row["id"], row["legal_name"], row["local_name"], row["country"], row["address"], row["lat"], row["lng"], row["type"], row["products"], bool(row["closed"]), row["flag"],
        tuple(sorted(o["origin"] for o in offers if o["origin"])), sum(o["n"] for o in offers),
    )  # fmt: skip
