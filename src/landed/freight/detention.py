"""Demurrage and detention: what a container owes past its free days, and what the rules of billing ask of the invoice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from landed.errors import LandedError
from landed.freight.reference import figures


@dataclass(frozen=True, slots=True)
class Tier:
    """A price a container and day, from a chargeable day on (1 is the first after the free days) to another; None is for ever."""

    first: int
    last: int | None
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Billed:
    """What one container owes: days held, chargeable days, US dollars by tier, and the days that the rules of billing set."""

    days_held: int
    free_days: int
    days_billed: int
    tiers: tuple[tuple[Tier, int, Decimal], ...]
    amount: Decimal
    last_free_day: date
    invoice_by: date | None
    dispute_days: int | None
    resolve_days: int | None
    cite: str
    billed_to: str = ""
    verified: bool = True


def billed(first: date, last: date, free_days: int, tiers: Sequence[Tier], *, working_days: bool = False, holidays: Iterable[date] = ()) -> Billed:
    """What a container held from `first` to `last` (both counted) owes.

    With `working_days` Saturdays, Sundays and holidays do not use up free days; past them every day counts. Raises INVALID_DATE for an
    end before the start, INVALID_TIERS for tiers that leave a gap, overlap or do not begin at day 1.
    """
    if last < first:
        raise LandedError("INVALID_DATE", f"the last day {last} is before the first {first}", where="last", mend="Check the days.")
    if free_days < 0:
        raise LandedError("INVALID_VALUE", f"expected free days of 0 or more, got {free_days}", where="free_days", mend="Check the tariff.")
    _check(tiers)
    off = set(holidays)
    held = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    left, end_free = free_days, first - timedelta(days=1)
    day = first
    while left > 0:
        if not working_days or (day.weekday() < 5 and day not in off):
            left -= 1
        end_free = day
        day += timedelta(days=1)
    charged = [d for d in held if d > end_free]
    parts = []
    for tier in tiers:
        count = sum(1 for n in range(1, len(charged) + 1) if n >= tier.first and (tier.last is None or n <= tier.last))
        if count:
            parts.append((tier, count, tier.usd * count))
    rule = next((r for r in reversed(figures("demurrage")["rules"]) if r["from"] <= last), None)
    return Billed(
        days_held=len(held),
        free_days=free_days,
        days_billed=len(charged),
        tiers=tuple(parts),
        amount=sum((p[2] for p in parts), Decimal("0.00")),
        last_free_day=end_free,
        invoice_by=None if rule is None or not charged else last + timedelta(days=int(rule["invoice_within"])),
        dispute_days=None if rule is None else int(rule["dispute_within"]),
        resolve_days=None if rule is None else int(rule["resolve_within"]),
        cite="" if rule is None else str(rule["cite"]),
        billed_to="" if rule is None else str(rule["billed_to"]),
        verified=rule is not None and bool(rule.get("verified", True)),
    )


def invoice_faults(found: Billed, invoice: date | None, billed_to: str = "") -> tuple[str, ...]:
    """Which billing rules an invoice breaks, in words; empty where it keeps them or no rule is at hand."""
    faults = []
    if invoice is not None and found.invoice_by is not None and invoice > found.invoice_by:
        faults.append(f"The invoice of {invoice} comes after {found.invoice_by}: more than the days after the last charge that {found.cite} gives; it need not be paid.")
    if invoice is not None and not found.days_billed:
        faults.append("No day past the free days is charged; there is nothing to invoice.")
    rule = next((r for r in reversed(figures("demurrage")["rules"]) if r["cite"] == found.cite), None)
    if billed_to and rule is not None and billed_to.strip().lower() not in rule["may_bill"]:
        faults.append(f"The invoice goes to {billed_to.strip()[:40]}; {found.cite} lets it go to {found.billed_to}.")
    return tuple(faults)


def _check(tiers: Sequence[Tier]) -> None:
    expected: int | None = 1
    for number, tier in enumerate(tiers):
        if expected is None or tier.first != expected or (tier.last is not None and tier.last < tier.first) or tier.usd < 0:
            raise LandedError("INVALID_TIERS", f"tier {number + 1} runs from {tier.first} to {tier.last}, expected from {expected}", where=f"tiers[{number}]", mend="Let tiers follow one another from day 1 on.")
        expected = None if tier.last is None else tier.last + 1
    if not tiers or expected is not None:
        raise LandedError("INVALID_TIERS", "the tiers do not cover every day", where="tiers", mend="Leave the end of the last tier open.")
