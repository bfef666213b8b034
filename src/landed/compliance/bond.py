"""Customs bonds: the amount a year's duties ask for, and the month in which a bond no longer suffices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from landed.compliance.calendar_days import facts
from landed.errors import LandedError


@dataclass(frozen=True, slots=True)
class BondOutlook:
    """One continuous bond under one law.

    `needed_usd` for a whole year at the new pace; `month` the first month (its first day) in which the trailing twelve months ask for more than the
    bond, None where that never happens; `months` how far off it is, 0 where the bond falls short already.
    """

    law: str
    duties_usd: Decimal
    needed_usd: Decimal
    sufficient: bool
    month: date | None
    months: int | None


def continuous(duties: Decimal) -> Decimal:
    """The continuous bond, in US dollars, for the duties, taxes and fees of twelve months; raises LandedError INVALID_VALUE when negative."""
    if duties < 0:
        raise LandedError("INVALID_VALUE", f"expected an amount of zero or more, got {duties}", where="duties", mend="Give the duties, taxes and fees of twelve months.")
    rule = facts("bond")["continuous"]
    share = duties * Decimal(str(rule["share"]))
    least = Decimal(str(rule["minimum"]))
    for step in rule["steps"]:
        if "up_to" not in step or share <= Decimal(str(step["up_to"])):
            size = Decimal(str(step["step"]))
            return max(least, (share / size).to_integral_value(ROUND_CEILING) * size)
    raise LandedError("BAD_LAW_FILE", "expected an open last step", where="bond.yaml", mend="Give the last step no up_to.")


def single(value: Decimal, duties: Decimal, *, restricted: bool) -> Decimal:
    """The bond of a single entry, in US dollars: value with duties, or three times the value where another agency restricts the goods."""
    return value * Decimal(str(facts("bond")["single_transaction"]["restricted_times_value"])) if restricted else value + duties


def outlook(law: str, bond: Decimal, paid: Decimal, yearly: Decimal, start: date) -> BondOutlook:
    """When a bond stops to suffice, if from the month of `start` duties run at `yearly` a year after `paid` in the twelve months before.

    The trailing sum after k months takes k twelfths of the new pace and the rest of the old, evenly.
    """
    needed = continuous(yearly)
    for months in range(13):
        trailing = (paid * (12 - months) + yearly * months) / 12
        if continuous(trailing) > bond:
            at = start.month - 1 + max(months - 1, 0)
            return BondOutlook(law, yearly, needed, needed <= bond, date(start.year + at // 12, at % 12 + 1, 1), months)
    return BondOutlook(law, yearly, needed, needed <= bond, None, None)
