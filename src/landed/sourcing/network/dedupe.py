"""Finds suppliers listed twice: identifiers decide first, likeness only proposes, a person confirms, and a merge can be undone."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from landed.errors import LandedError
from landed.sourcing.network.store import head

LEGAL = re.compile(r"\b(co|company|ltd|limited|llc|inc|corp|corporation|gmbh|sa|srl|spa|pvt|private|plc|bv|jsc|pt|cv|sdn|bhd|pte|tbk|as|sti|san|tic|ve|limitada|ltda|de|kg|ag|oy|ab|the)\b")
NUMBER = re.compile(r"\d{3,}")
LIKELY, REVIEW = 93.0, 75.0  # from here a merge is proposed; from here a person should look
BLOCK = 60  # records that share one key; larger blocks are common words
IDENTIFIERS = ("os_id", "lei", "duns")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two suppliers that may be one: likeness 0 to 100, why, and the band (identifier, likely, review)."""

    id: int
    a: int
    b: int
    name_a: str
    name_b: str
    address_a: str
    address_b: str
    country: str
    score: float
    because: str
    band: str
    decision: str | None


def normal(text: str | None) -> str:
    """A name or address for comparing: no accents, case, punctuation or legal forms."""
    plain = unicodedata.normalize("NFKD", text or "").casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"[^\w]+", " ", plain)
    return " ".join(LEGAL.sub(" ", plain).split())


def likeness(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    """Six parts name and four parts address, each 0 to 100; with one address missing the name alone, which never reaches "likely"."""
    from rapidfuzz import fuzz

    name_a, name_b = normal(a.get("name")), normal(b.get("name"))
    name = max(fuzz.token_sort_ratio(name_a, name_b), fuzz.ratio(name_a.replace(" ", ""), name_b.replace(" ", "")))
    address_a, address_b = normal(a.get("address")), normal(b.get("address"))
    if not address_a or not address_b:
        return float(min(name, LIKELY - 1))
    return float(0.6 * name + 0.4 * fuzz.token_set_ratio(address_a, address_b))


def propose(connection: sqlite3.Connection) -> dict[str, int]:
    """Fill the review queue with pairs not looked at before; gives the count of each band. Raises EXTRA_REQUIRED."""
    try:
        import rapidfuzz  # noqa: F401
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "finding suppliers listed twice needs rapidfuzz, which is not installed", mend="pip install 'landed[sourcing]'.") from None
    rows = connection.execute("SELECT id, legal_name AS name, address, country, os_id, lei, duns FROM supplier WHERE merged_into IS NULL").fetchall()
    records = {row["id"]: dict(row) for row in rows}
    found: dict[tuple[int, int], tuple[float, str, str]] = {}
    for identifier in IDENTIFIERS:
        same: dict[str, list[int]] = defaultdict(list)
        for number, record in records.items():
            if record[identifier]:
                same[record[identifier]].append(number)
        for value, members in same.items():
            for n, a in enumerate(members):
                for b in members[n + 1 :]:
                    found[a, b] = (100.0, f"the same {identifier} {value}", "identifier")
    for a, b in _candidates(records):
        if (a, b) in found or any(records[a][i] and records[b][i] and records[a][i] != records[b][i] for i in ("lei", "duns")):
            continue
        score = likeness(records[a], records[b])
        if score >= REVIEW:
            found[a, b] = (score, "name and address are alike" if records[a]["address"] and records[b]["address"] else "the names are alike, an address is missing", "likely" if score >= LIKELY else "review")
    connection.executemany("INSERT OR IGNORE INTO review(a, b, score, because, band) VALUES (?, ?, ?, ?, ?)", [(a, b, round(s, 2), why, band) for (a, b), (s, why, band) in sorted(found.items())])
    return {row["band"]: row["n"] for row in connection.execute("SELECT band, COUNT(*) AS n FROM review WHERE decision IS NULL GROUP BY band")}


def _candidates(records: Mapping[int, Mapping[str, Any]]) -> Iterable[tuple[int, int]]:
    """Pairs of one country that share a word of five letters of the name, or a number of three digits of the address."""
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, record in records.items():
        keys = {w[:5] for w in normal(record["name"]).split() if len(w) >= 4} | set(NUMBER.findall(record["address"] or "")) | {normal(record["name"]).replace(" ", "")[:8]}
        for key in keys:
            blocks[record["country"] or "", key].append(number)
    seen: set[tuple[int, int]] = set()
    for members in blocks.values():
        if not 1 < len(members) <= BLOCK:
            continue
        for n, a in enumerate(members):
            for b in members[n + 1 :]:
                pair = (min(a, b), max(a, b))
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def queue(connection: sqlite3.Connection, *, decided: bool = False, limit: int = 50) -> list[Pair]:
    """Pairs to look at, identifiers first, then the most alike."""
    rows = connection.execute(
        "SELECT r.*, a.legal_name AS name_a, b.legal_name AS name_b, a.address AS address_a, b.address AS address_b, a.country AS country FROM review r "
        "JOIN supplier a ON a.id = r.a JOIN supplier b ON b.id = r.b WHERE (r.decision IS NOT NULL) = ? ORDER BY r.band = 'identifier' DESC, r.score DESC, r.id LIMIT ?",
        (int(decided), limit),
    ).fetchall()
    return [Pair(r["id"], r["a"], r["b"], r["name_a"], r["name_b"], r["address_a"] or "", r["address_b"] or "", r["country"] or "", r["score"], r["because"], r["band"], r["decision"]) for r in rows]


def decide(connection: sqlite3.Connection, pair: int, decision: str, who: str) -> None:
    """Say of a pair: same (the second then points to the first), different, or undo of either. Raises UNKNOWN_PAIR, INVALID_REQUEST."""
    row = connection.execute("SELECT * FROM review WHERE id = ?", (pair,)).fetchone()
    if row is None:
        raise LandedError("UNKNOWN_PAIR", f"no pair has the number {pair}", where="pair", mend="`landed suppliers review` shows the queue.")
    if decision not in ("same", "different", "undo") or not who.strip():
        raise LandedError("INVALID_REQUEST", f"expected same, different or undo and who says so, got {decision[:40]!r}", where="decision", mend="Name the person who decides.")
    if decision == "undo":
        if row["decision"] == "same":
            merged = json.loads(row["at"])
            connection.execute("UPDATE supplier SET merged_into = NULL WHERE id = ?", (merged["moved"],))
            connection.execute("DELETE FROM alias WHERE supplier_id = ? AND source = ?", (merged["kept"], f"merge {pair}"))
        connection.execute("UPDATE review SET decision = NULL, who = NULL, at = NULL WHERE id = ?", (pair,))
        return
    stamp: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds")}
    if row["decision"] is not None:
        raise LandedError("CONFLICT", f"pair {pair} was decided: {row['decision']}", where="pair", mend="Undo it first.")
    if decision == "same":
        kept, moved = head(connection, row["a"]), head(connection, row["b"])
        if kept != moved:
            name = connection.execute("SELECT legal_name FROM supplier WHERE id = ?", (moved,)).fetchone()["legal_name"]
            connection.execute("UPDATE supplier SET merged_into = ? WHERE id = ?", (kept, moved))
            connection.execute("INSERT INTO alias(supplier_id, name, source) VALUES (?, ?, ?)", (kept, name, f"merge {pair}"))
        stamp |= {"kept": kept, "moved": moved if kept != moved else None}
    connection.execute("UPDATE review SET decision = ?, who = ?, at = ? WHERE id = ?", (decision, who.strip(), json.dumps(stamp), pair))
