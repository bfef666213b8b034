"""Drawback: which duties of an import come back when goods leave again, how much, and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from landed.compliance.calendar_days import facts
from landed.compliance.deadlines import deadlines
from landed.duty.shipment import half_up
from landed.errors import LandedError

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class PaidDuty:
    """One heading of an import: what was paid in US dollars (None: not known), and whether its programme gives drawback (None: nobody read that)."""

    heading: str
    programme: str
    kind: str  # base, 301, 232, ..., ad, cvd, mpf, hmf
    amount: Decimal | None
    eligible: bool | None


@dataclass(frozen=True, slots=True)
class DrawbackLine:
    """One heading: the refund of the exported share, None where it is not known."""

    heading: str
    programme: str
    paid: Decimal | None
    refund: Decimal | None
    eligible: bool | None
    because: str


@dataclass(frozen=True, slots=True)
class Drawback:
    """The estimate in US dollars: `sure` rests on programmes known to give drawback, `possible` adds those nobody read. `until` is the last day to claim."""

    way: str
    share_pct: Decimal
    lines: tuple[DrawbackLine, ...]
    sure: Decimal
    possible: Decimal
    until: date
    days_left: int
    citation: tuple[str, ...]
    proof: tuple[str, ...]
    warnings: tuple[str, ...]
    verified: bool


def drawback(paid: Sequence[PaidDuty], imported: date, *, way: str = "unused", exported_pct: Decimal = HUNDRED, destination: str = "", today: date) -> Drawback:
    """The drawback of one import line. `exported_pct` is the share that leaves again. Raises LandedError INVALID_REQUEST."""
    book = facts("drawback")
    rule = book["ways"].get(way)
    if rule is None:
        raise LandedError("INVALID_REQUEST", f"no way of drawback is called {way[:30]!r}", where="way", mend=f"One of {', '.join(book['ways'])}.")
    if not 0 < exported_pct <= HUNDRED:
        raise LandedError("INVALID_REQUEST", f"expected a share above 0 and up to 100, got {exported_pct}", where="exported_pct", mend="Give the percent of the goods that leaves again.")
    share = Decimal(str(book["share_pct"])) * exported_pct / HUNDRED
    lesser = destination in book["lesser_of"]["destinations"]
    lines = tuple(_line(row, share, rule, book, lesser) for row in paid)
    end = next(d for d in deadlines({"import_date": imported}, today=today) if d.id == "drawback")
    warnings = [str(book["lesser_of"]["because"]) + f" ({book['lesser_of']['cite']})"] if lesser else []
    if any(row.refund is None and row.eligible is not False for row in lines):
        warnings.append("a duty that is not known is in no sum")
    cites = (str(rule["cite"]), str(book["share_cite"]), end.citation)
    return Drawback(
        way, exported_pct, lines, sum((r.refund for r in lines if r.refund is not None and r.eligible), Decimal("0.00")),
        sum((r.refund for r in lines if r.refund is not None and r.eligible is not False), Decimal("0.00")), end.day, end.days_left, cites, tuple(book["proof"]), tuple(warnings), bool(book["verified"]),
    )  # fmt: skip


def _line(row: PaidDuty, share: Decimal, rule: Mapping[str, Any], book: Mapping[str, Any], lesser: bool) -> DrawbackLine:
    eligible, because = row.eligible, "its programme gives drawback"
    if row.kind in book["never"]:
        eligible, because = False, f"no drawback of such duties ({book['never'][row.kind]})"
    elif row.kind in ("mpf", "hmf"):
        eligible, because = bool(rule["fees"]), "fees come back with unused goods" if rule["fees"] else "fees stay paid"
    elif eligible is False:
        because = "its programme excludes drawback"
    elif eligible is None:
        because = "whether its programme gives drawback was not read"
    if lesser and eligible:
        eligible, because = None, "the lesser-of rule of the destination decides"
    refund = None if row.amount is None else half_up(row.amount * share / HUNDRED) if eligible is not False else Decimal("0.00")
    return DrawbackLine(row.heading, row.programme, row.amount, refund, eligible, because)
