"""Everything the network knows of one supplier: sites, offers, who checked what and until when, deliveries, other names, what was merged into it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from landed.sourcing.network.store import family


@dataclass(frozen=True, slots=True)
class Site:
    """A place where a supplier works."""

    name: str
    country: str | None
    address: str | None
    lat: float | None
    lng: float | None


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer with its price breaks (from units, price in `currency`); `lapsed` where its last day is past."""

    sku: str | None
    hts_code: str | None
    origin: str | None
    incoterm: str | None
    currency: str | None
    breaks: tuple[tuple[Decimal, Decimal], ...]
    moq: str | None
    lead_days: int | None
    capacity_month: str | None
    valid_to: date | None
    lapsed: bool
    source: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Who checked what, when and until when; `state` is valid, lapsed or not yet on the day asked."""

    kind: str
    scheme: str | None
    issuer: str | None
    number: str | None
    valid_from: date | None
    valid_to: date | None
    state: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An order as promised and as it came; `late_days` is None while it has not come."""

    po: str
    promised: date | None
    delivered: date | None
    late_days: int | None
    qty_ok: Decimal | None
    qty_total: Decimal | None


@dataclass(frozen=True, slots=True)
class Card:
    """One supplier on a day."""

    id: int
    name: str
    local_name: str | None
    country: str | None
    type: str | None
    parent: str | None
    workers: tuple[int | None, int | None]
    identifiers: tuple[tuple[str, str], ...]
    products: str | None
    closed: bool
    flag: str | None
    source: str | None
    sites: tuple[Site, ...]
    offers: tuple[Offered, ...]
    evidence: tuple[Proof, ...]
    deliveries: tuple[Delivery, ...]
    other_names: tuple[str, ...]
    merged: tuple[int, ...]


def card(connection: sqlite3.Connection, number: int, on: date) -> Card:
    """The card of a supplier that was not merged away (`store.head` gives its number)."""
    row = connection.execute("SELECT * FROM supplier WHERE id = ?", (number,)).fetchone()
    ids = family(connection, number)
    marks = ",".join("?" * len(ids))

    def every(table: str, order: str) -> list[sqlite3.Row]:
        return connection.execute(f"SELECT * FROM {table} WHERE supplier_id IN ({marks}) ORDER BY {order}", ids).fetchall()

    breaks: dict[int, list[tuple[Decimal, Decimal]]] = {}
    for step in connection.execute(f"SELECT b.* FROM price_break b JOIN offer o ON o.id = b.offer_id WHERE o.supplier_id IN ({marks})", ids):
        breaks.setdefault(step["offer_id"], []).append((Decimal(step["min_qty"]), Decimal(step["unit_price"])))
    offers = []
    for o in every("offer", "sku, id"):
        last = _day(o["valid_to"])
        offers.append(Offered(o["sku"], o["hts_code"], o["origin"], o["incoterm"], o["currency"], tuple(sorted(breaks.get(o["id"], []))), o["moq_text"] or o["moq"], o["lead_days"], o["capacity_month"], last, bool(last and last < on), o["source"]))
    proofs = []
    for e in every("evidence", "valid_to IS NULL, valid_to DESC, id"):
        first, last = _day(e["valid_from"]), _day(e["valid_to"])
        state = "lapsed" if last and last < on else "not yet" if first and first > on else "valid"
        proofs.append(Proof(e["kind"], e["scheme"], e["issuer"], e["number"], first, last, state, e["source"]))
    deliveries = []
    for d in every("performance", "promised DESC, po"):
        promised, came = _day(d["promised"]), _day(d["delivered"])
        deliveries.append(Delivery(d["po"], promised, came, (came - promised).days if promised and came else None, *(Decimal(d[k]) if d[k] else None for k in ("qty_ok", "qty_total"))))
    names = dict.fromkeys(a["name"] for a in every("alias", "name") if a["name"] != row["legal_name"])
    sites = dict.fromkeys(Site(s["name"], s["country"], s["address"], s["lat"], s["lng"]) for s in every("site", "id"))
    return Card(
        number, row["legal_name"], row["local_name"], row["country"], row["type"], row["parent"], (row["workers_min"], row["workers_max"]),
        tuple((label, row[key]) for label, key in (("OS ID", "os_id"), ("LEI", "lei"), ("DUNS", "duns")) if row[key]), row["products"], bool(row["closed"]), row["flag"], row["source"],
        tuple(sites), tuple(offers), tuple(proofs), tuple(deliveries), tuple(names), tuple(i for i in ids if i != number),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
