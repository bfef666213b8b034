"""Scores a supplier out of 100 with every part shown, its counts and its interval; a sanctions or forced-labour flag is a gate, not a deduction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from landed.sourcing.market import _beta as beta_share
from landed.sourcing.network.store import family

WEIGHTS = {"identity": 25.0, "delivery": 25.0, "quality": 20.0, "fit": 15.0, "risk": 15.0}
PRIOR = (8.0, 2.0)  # eight good and two bad before anything is known, so that a new supplier is neither 0 nor 100
# What a kind of evidence says about who they are, of 25. A paid badge is a membership, whatever its colour.
IDENTITY = {"verified_on_site": 25.0, "audit": 25.0, "registry": 15.0, "customs_record": 15.0, "certificate": 10.0, "payment_protection": 5.0, "membership": 5.0, "self_claim": 0.0}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: points of how many, from how many observations, with a 90% interval where it is a rate."""

    name: str
    points: float
    of: float
    count: int
    low: float | None
    high: float | None
    because: str


@dataclass(frozen=True, slots=True)
class Score:
    """A supplier's score; `gate` says why it is 0 whatever the parts."""

    supplier: int
    name: str
    total: float
    gate: str
    parts: tuple[Part, ...]


def score(connection: sqlite3.Connection, number: int, on: date, *, need: Decimal | None = None, certificates: Sequence[str] = (), weights: dict[str, float] | None = None) -> Score:
    """The score on a day, for a need in units and certificates that must be there. Weights are the points of each part."""
    share = {**WEIGHTS, **(weights or {})}
    row = connection.execute("SELECT * FROM supplier WHERE id = ?", (number,)).fetchone()
    ids = family(connection, number)
    marks = ",".join("?" * len(ids))
    proofs = connection.execute(f"SELECT * FROM evidence WHERE supplier_id IN ({marks})", ids).fetchall()
    valid = [p for p in proofs if (not p["valid_from"] or p["valid_from"] <= on.isoformat()) and (not p["valid_to"] or p["valid_to"] >= on.isoformat())]
    deliveries = connection.execute(f"SELECT * FROM performance WHERE supplier_id IN ({marks})", ids).fetchall()
    parts = [_identity(row, valid, len(proofs), share["identity"])]
    done = [d for d in deliveries if d["promised"] and d["delivered"]]
    parts.append(_rate("delivery", sum(d["delivered"] <= d["promised"] for d in done), len(done), share["delivery"], "orders on time"))
    checked = [d for d in deliveries if d["qty_total"]]
    good, total = sum(float(d["qty_ok"] or 0) for d in checked), sum(float(d["qty_total"]) for d in checked)
    # Units of one order are alike: each order counts as one observation with its share of good units.
    parts.append(_rate("quality", len(checked) * (good / total if total else 0), len(checked), share["quality"], "orders, by their share of good units"))
    parts.append(_fit(connection, ids, marks, valid, need, certificates, share["fit"]))
    flag = (row["flag"] or "").strip()
    closed = "the site is closed" if row["closed"] else ""
    parts.append(Part("risk", 0.0 if flag else share["risk"], share["risk"], 1 if flag else 0, None, None, flag or "no flag is recorded (screen the name with `landed screen`)"))
    gate = flag or closed
    return Score(number, row["legal_name"], 0.0 if gate else round(sum(p.points for p in parts), 1), gate, tuple(parts))


def _identity(row: sqlite3.Row, valid: Sequence[sqlite3.Row], known: int, of: float) -> Part:
    best, why = 0.0, "only its own word"
    for proof in valid:
        points = IDENTITY.get(proof["kind"], 0.0)
        if points > best:
            until = f" until {proof['valid_to']}" if proof["valid_to"] else ""
            best, why = points, f"{proof['kind'].replace('_', ' ')} by {proof['issuer'] or 'an unnamed issuer'}{until}"
    if best < 15 and (row["lei"] or row["duns"] or row["os_id"]):
        best, why = 15.0, "a registry number"
    lapsed = f"; {known - len(valid)} more not valid on the day" if known > len(valid) else ""
    return Part("identity", round(of * best / 25, 2), of, len(valid), None, None, why + lapsed)


def _rate(name: str, good: float, count: int, of: float, what: str) -> Part:
    a, b = PRIOR[0] + good, PRIOR[1] + count - good
    mean = a / (a + b)
    low, high = (_quantile(q, a, b) for q in (0.05, 0.95))
    return Part(name, round(of * mean, 2), of, count, round(low, 3), round(high, 3), f"{good:.4g} of {count} {what}" if count else f"no {what.split(',')[0]} yet: what is usual")


def _quantile(share: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_share(middle, a, b) < share else (low, middle)
    return high


def _fit(connection: sqlite3.Connection, ids: Sequence[int], marks: str, valid: Sequence[sqlite3.Row], need: Decimal | None, certificates: Sequence[str], of: float) -> Part:
    wants, meets, why = 0, 0, []
    if need is not None:
        wants += 1
        orders = [Decimal(r["moq"]) for r in connection.execute(f"SELECT moq FROM offer WHERE supplier_id IN ({marks}) AND moq IS NOT NULL", tuple(ids))]
        ok = bool(orders) and min(orders) <= need
        meets += ok
        why.append(f"minimum order {min(orders)} {'fits' if ok else 'is above'} {need}" if orders else "no minimum order is stated")
    have = {str(p["scheme"] or "").casefold() for p in valid}
    for name in certificates:
        wants += 1
        ok = any(name.casefold() in scheme for scheme in have)
        meets += ok
        why.append(f"{name} {'is valid' if ok else 'is missing'}")
    return Part("fit", round(of * (meets / wants if wants else 1.0), 2), of, wants, None, None, "; ".join(why) or "nothing was asked for")
