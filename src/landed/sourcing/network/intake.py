"""Takes suppliers, offers, evidence and deliveries from other people's sheets; a row that cannot stand is told, the others go in."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from landed.duty.request import read_country, read_day
from landed.errors import LandedError
from landed.lawbook.load import parse_yaml
from landed.lawbook.model import LawBook
from landed.problems import Problems
from landed.sourcing.network.score import IDENTITY
from landed.sourcing.network.store import index

QUANTITY = re.compile(r"[≥>=~\s]*(?:from\s+)?(\d[\d,]*(?:\.\d+)?)\s*(?:-\s*\d[\d,]*)?\s*([^\W\d_][\w ./]*)?", re.IGNORECASE)
LEI = re.compile(r"[A-Z0-9]{18}\d{2}")


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did: rows read, suppliers new and met again, offers, evidence, deliveries, headers nobody knew, and what was wrong by cell."""

    rows: int
    suppliers_new: int
    suppliers_known: int
    offers: int
    evidence: int
    deliveries: int
    ignored_columns: tuple[str, ...]
    errors: tuple[dict[str, str], ...]


@lru_cache(maxsize=1)
def headers() -> dict[str, str]:
    """Our column for each header as folded by `fold`."""
    file = Path(__file__).parent / "headers.yaml"
    found = {}
    for name, others in parse_yaml(file.read_bytes(), file.name).items():
        for other in (name, *others):
            found[fold(str(other))] = str(name)
    return found


def fold(header: str) -> str:
    """A header for comparing: lower case, letters and digits of any script only."""
    return re.sub(r"[\W_]+", "", header.casefold())


def take(connection: sqlite3.Connection, rows: Sequence[Mapping[str, Any]], deliveries: Sequence[Mapping[str, Any]], law: LawBook, source: str) -> Taken:
    """Put rows into the network. Each row names a supplier and may hold one offer and one piece of evidence; what is wrong is told by row and column."""
    known, problems = headers(), Problems("INVALID_SUPPLIERS")
    counts = {"new": 0, "known": 0, "offers": 0, "evidence": 0}
    ignored: dict[str, None] = {}
    parents: dict[str, str] = {}
    place = {row["legal_name"]: row["parent"] for row in connection.execute("SELECT legal_name, parent FROM supplier WHERE parent IS NOT NULL")}
    parents.update(place)
    for n, raw in enumerate(rows, 1):
        where = f"suppliers[{n}]"
        if not isinstance(raw, Mapping):
            problems.add(where, "expected an object", "Give the fields by name.")
            continue
        row: dict[str, Any] = {}
        names: dict[str, str] = {}
        for header, value in raw.items():
            ours = known.get(fold(str(header)))
            if ours is None:
                ignored[str(header)] = None
            elif value not in (None, "") and ours not in row:
                row[ours], names[ours] = value, str(header)
        before = len(problems.found)
        clean = _clean(row, where, names, law, problems)
        if len(problems.found) > before:
            continue
        if clean["parent"]:
            if _circle(clean["supplier"], clean["parent"], parents):
                problems.add(f"{where}.{names.get('parent', 'parent')}", f"{clean['supplier']!r} would own itself through {clean['parent']!r}", "Break the circle of parents.")
                continue
            parents[clean["supplier"]] = clean["parent"]
        number, fresh = _supplier(connection, clean, source)
        counts["new" if fresh else "known"] += 1
        counts["offers"] += _offer(connection, number, clean, source)
        counts["evidence"] += _evidence(connection, number, clean, source)
    done = _deliveries(connection, deliveries, problems)
    return Taken(len(rows), counts["new"], counts["known"], counts["offers"], counts["evidence"], done, tuple(ignored), tuple(problems.found))


def _clean(row: Mapping[str, Any], where: str, names: Mapping[str, str], law: LawBook, problems: Problems) -> dict[str, Any]:
    found: dict[str, Any] = {key: (str(row[key]).strip() if key in row else None) for key in set(headers().values())}

    def at(name: str) -> str:
        return f"{where}.{names.get(name, name)}"

    if not found["supplier"]:
        problems.add(at("supplier"), "the supplier's name is missing", "Every row names a supplier.")
    for name in ("country", "origin"):
        if found[name]:
            try:
                found[name] = read_country(found[name], at(name), law)
            except LandedError as bad:
                problems.add(at(name), bad.detail, bad.mend)
    for name, limit in (("lat", 90), ("lng", 180)):
        found[name] = problems.number(found[name], at(name), least=Decimal(-limit), most=Decimal(limit)) if found[name] else None
    if found["lei"]:
        found["lei"] = found["lei"].upper()
        if not LEI.fullmatch(found["lei"]) or int("".join(str(int(c, 36)) for c in found["lei"])) % 97 != 1:
            problems.add(at("lei"), f"{found['lei'][:30]!r} is no LEI: its check digits do not fit", "20 characters, the last two are check digits.")
    if found["duns"]:
        found["duns"] = re.sub(r"\D", "", found["duns"])
        if len(found["duns"]) != 9:
            problems.add(at("duns"), f"expected 9 digits, got {len(found['duns'])}", "A DUNS number has nine digits.")
    for name in ("moq", "capacity_month", "lead_days"):
        found[f"{name}_text"] = found[name]
        if found[name]:
            split = QUANTITY.fullmatch(found[name])
            if split is None:
                problems.add(at(name), f"expected a quantity such as 500 or 500 pairs, got {found[name][:40]!r}", "A number at or above zero, with its unit if you like.")
                continue
            found[name], unit = split[1].replace(",", ""), split[2]
            if name == "moq" and unit:
                found["unit"] = unit.strip()
    if found["price"]:
        price = problems.number(re.sub(r"^(US\$|USD|\$|¥|€)\s*", "", found["price"]), at("price"), above=True)
        found["breaks_read"] = [(Decimal(found["moq"] or 1) if found["moq"] and re.fullmatch(r"[\d.]+", found["moq"]) else Decimal(1), price)] if price else []
    else:
        found["breaks_read"] = _breaks(found["breaks"], at("breaks"), problems) if found["breaks"] else []
    for name in ("valid_to", "valid_from", "evidence_to"):
        if found[name]:
            try:
                found[name] = read_day(found[name][:10], at(name)).isoformat()
            except LandedError as bad:
                problems.add(at(name), bad.detail, bad.mend)
    if found["evidence"]:
        kind = re.sub(r"[\W_]+", "_", found["evidence"].casefold()).strip("_")
        if kind not in IDENTITY:
            problems.add(at("evidence"), f"expected a kind of evidence, got {found['evidence'][:40]!r}", f"One of {', '.join(IDENTITY)}. A gold badge is a membership.")
        found["evidence"] = kind
    found["closed"] = (found["closed"] or "").casefold() in ("true", "yes", "1", "closed")
    workers = re.findall(r"\d+", (found["workers"] or "").replace(",", ""))
    found["workers_min"], found["workers_max"] = (int(workers[0]), int(workers[-1])) if workers else (None, None)
    return found


def _breaks(text: str, where: str, problems: Problems) -> list[tuple[Decimal, Decimal]]:
    found: list[tuple[Decimal, Decimal]] = []
    for part in text.split(";"):
        if not part.strip():
            continue
        mark, _, price = part.partition(":")
        units, amount = problems.number(mark, where), problems.number(price or "no price", where, above=True)
        if units is not None and amount is not None:
            found.append((units, amount))
    found.sort()
    for (_, dear), (units, cheap) in pairwise(found):
        if cheap > dear:
            problems.add(where, f"the price rises from {dear} to {cheap} at {units} units", "Prices fall or stay with quantity.")
    return found


def _circle(name: str, parent: str, parents: Mapping[str, str]) -> bool:
    seen = {name}
    step: str | None = parent
    while step is not None:
        if step in seen:
            return True
        seen.add(step)
        step = parents.get(step)
    return False


def _supplier(connection: sqlite3.Connection, row: Mapping[str, Any], source: str) -> tuple[int, bool]:
    """The supplier of a row: met again by an identifier, or by the very same name, country and address; else new."""
    for name in ("os_id", "lei", "duns"):
        if row[name]:
            met = connection.execute(f"SELECT id FROM supplier WHERE {name} = ?", (row[name],)).fetchone()
            if met:
                return _fill(connection, met["id"], row), False
    met = connection.execute("SELECT id FROM supplier WHERE legal_name = ? AND country IS ? AND (address IS ? OR ? IS NULL)", (row["supplier"], row["country"], row["address"], row["address"])).fetchone()
    if met:
        return _fill(connection, met["id"], row), False
    done = connection.execute(
        "INSERT INTO supplier(legal_name, local_name, country, address, lat, lng, os_id, lei, duns, type, parent, workers_min, workers_max, closed, products, source) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (row["supplier"], row["local_name"], row["country"], row["address"], _float(row["lat"]), _float(row["lng"]), row["os_id"], row["lei"], row["duns"], row["type"], row["parent"], row["workers_min"], row["workers_max"], int(row["closed"]), row["product"], source),
    )
    number = int(done.lastrowid or 0)
    index(connection, number, f"{row['supplier']} {row['local_name'] or ''}", f"{row['product'] or ''} {row['sku'] or ''}", row["address"] or "")
    connection.execute("INSERT INTO site(supplier_id, name, country, address, lat, lng) VALUES (?,?,?,?,?,?)", (number, row["supplier"], row["country"], row["address"], _float(row["lat"]), _float(row["lng"])))
    return number, True


def _fill(connection: sqlite3.Connection, number: int, row: Mapping[str, Any]) -> int:
    """Blanks of a known supplier are filled; what stands there is never overwritten. Another name is kept as an alias."""
    for column, value in (("local_name", row["local_name"]), ("address", row["address"]), ("os_id", row["os_id"]), ("lei", row["lei"]), ("duns", row["duns"]), ("type", row["type"]), ("parent", row["parent"]), ("products", row["product"])):
        if value:
            connection.execute(f"UPDATE supplier SET {column} = COALESCE({column}, ?) WHERE id = ?", (value, number))
    name = connection.execute("SELECT legal_name FROM supplier WHERE id = ?", (number,)).fetchone()["legal_name"]
    if name != row["supplier"] and not connection.execute("SELECT 1 FROM alias WHERE supplier_id = ? AND name = ?", (number, row["supplier"])).fetchone():
        connection.execute("INSERT INTO alias(supplier_id, name, source) VALUES (?, ?, 'import')", (number, row["supplier"]))
    if row["address"] and not connection.execute("SELECT 1 FROM site WHERE supplier_id = ? AND address IS ?", (number, row["address"])).fetchone():
        connection.execute("INSERT INTO site(supplier_id, name, country, address, lat, lng) VALUES (?,?,?,?,?,?)", (number, row["supplier"], row["country"], row["address"], _float(row["lat"]), _float(row["lng"])))
    return number


def _offer(connection: sqlite3.Connection, number: int, row: Mapping[str, Any], source: str) -> int:
    if not row["breaks_read"]:
        return 0
    same = connection.execute("SELECT id FROM offer WHERE supplier_id = ? AND sku IS ? AND origin IS ? AND incoterm IS ? AND currency IS ? AND moq IS ? AND valid_to IS ?", (number, row["sku"] or row["product"], row["origin"], (row["incoterm"] or "").upper() or None, (row["currency"] or "").upper() or None, row["moq"], row["valid_to"])).fetchall()
    steps = sorted((str(units), str(price)) for units, price in row["breaks_read"])
    if any(sorted(tuple(b) for b in connection.execute("SELECT min_qty, unit_price FROM price_break WHERE offer_id = ?", (each["id"],))) == steps for each in same):
        return 0  # the same file twice
    done = connection.execute(
        "INSERT INTO offer(supplier_id, sku, hts_code, origin, incoterm, currency, moq, moq_text, unit, lead_days, capacity_month, valid_to, source) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (number, row["sku"] or row["product"], row["hts_code"], row["origin"], (row["incoterm"] or "").upper() or None, (row["currency"] or "").upper() or None, row["moq"], row["moq_text"], row.get("unit"), int(Decimal(row["lead_days"])) if row["lead_days"] else None, row["capacity_month"], row["valid_to"], source),
    )
    connection.executemany("INSERT INTO price_break VALUES (?, ?, ?)", [(done.lastrowid, str(units), str(price)) for units, price in row["breaks_read"]])
    return 1


def _evidence(connection: sqlite3.Connection, number: int, row: Mapping[str, Any], source: str) -> int:
    if not row["evidence"] and not row["scheme"]:
        return 0
    kind = row["evidence"] or ("certificate" if row["issuer"] or row["number"] else "self_claim")
    if connection.execute("SELECT 1 FROM evidence WHERE supplier_id = ? AND kind = ? AND scheme IS ? AND issuer IS ? AND number IS ? AND valid_from IS ? AND valid_to IS ?", (number, kind, row["scheme"], row["issuer"], row["number"], row["valid_from"], row["evidence_to"])).fetchone():
        return 0
    connection.execute(
        "INSERT INTO evidence(supplier_id, kind, scheme, issuer, number, valid_from, valid_to, source) VALUES (?,?,?,?,?,?,?,?)",
        (number, kind, row["scheme"], row["issuer"], row["number"], row["valid_from"], row["evidence_to"], source),
    )
    return 1


def _deliveries(connection: sqlite3.Connection, rows: Sequence[Mapping[str, Any]], problems: Problems) -> int:
    done = 0
    for n, row in enumerate(rows, 1):
        where, name = f"deliveries[{n}]", str(row.get("supplier") or "").strip()
        met = connection.execute("SELECT id FROM supplier WHERE legal_name = ? OR local_name = ? OR CAST(id AS TEXT) = ?", (name, name, name)).fetchone()
        if met is None:
            problems.add(f"{where}.supplier", f"no supplier is named {name[:60]!r}", "Import the supplier first.")
            continue
        days: dict[str, date | None] = {}
        before = len(problems.found)
        for key in ("promised", "delivered"):
            try:
                days[key] = read_day(row[key], f"{where}.{key}") if row.get(key) else None
            except LandedError as bad:
                problems.add(f"{where}.{key}", bad.detail, bad.mend)
        total = problems.number(row["qty_total"], f"{where}.qty_total", above=True) if row.get("qty_total") not in (None, "") else None
        good = problems.number(row["qty_ok"], f"{where}.qty_ok", most=total) if row.get("qty_ok") not in (None, "") else None
        if len(problems.found) > before:
            continue
        connection.execute("INSERT OR REPLACE INTO performance VALUES (?,?,?,?,?,?)", (met["id"], str(row.get("po") or f"row {n}"), *(d.isoformat() if d else None for d in (days.get("promised"), days.get("delivered"))), None if good is None else str(good), None if total is None else str(total)))
        done += 1
    return done


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
