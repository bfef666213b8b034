"""What hangs on the choice: the duty of the leaders for one origin and day, whether they differ, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from landed.classify.model import Candidate, Duty, Question, Stake
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.duty.estimate import Engine

VALUE = Decimal(10_000)  # US dollars, where the shipment's own value is not given
LEADERS_SHARE, MOST_LEADERS = 0.85, 5  # the leaders are the candidates that together hold this probability


def price(engine: Engine, code: str, origin: str, on: date, value: Decimal) -> Duty:
    """The duty of a code under the law's defaults; amount null with the reason where it cannot be computed."""
    try:
        found = engine.estimate(
            {"hts_code": code, "country_of_origin": origin, "customs_value": format(value, "f"), "entry_date": on.isoformat()}, depth="duty"
        )
    except LandedError as error:
        if error.code in ("UNKNOWN_ORIGIN", "DATE_OUT_OF_COVERAGE", "INVALID_VALUE", "INVALID_DATE"):
            raise
        return Duty(None, None, error.detail)
    if found.totals.duty is None:
        why = "the goods may not be entered" if found.status == "refused" else "the rate needs a quantity or an order that is not decided"
        return Duty(None, None, why)
    return Duty(found.totals.duty, found.totals.effective_rate_pct, found.explanation)


def leaders(candidates: Sequence[Candidate]) -> int:
    """How many of the first candidates together hold most of the probability of what is shown (at least 2 where there are 2)."""
    total, shown = 0.0, sum(c.probability for c in candidates) or 1.0
    for count, candidate in enumerate(candidates[:MOST_LEADERS], 1):
        total += candidate.probability / shown
        if total >= LEADERS_SHARE:
            return max(count, min(2, len(candidates)))
    return min(MOST_LEADERS, len(candidates))


def at_stake(
    engine: Engine, candidates: tuple[Candidate, ...], asked: Question | None, origin: str, on: date, value: Decimal | None
) -> tuple[tuple[Candidate, ...], Question | None, Stake]:
    """The candidates with the duty of the leaders, the question with its worth (None when every leader owes the same), and the stake.

    Raises LandedError UNKNOWN_ORIGIN, DATE_OUT_OF_COVERAGE.
    """
    amount = value or VALUE
    count = leaders(candidates)
    priced: dict[str, Duty] = {}

    def duty(code: str) -> Duty:
        if code not in priced:
            priced[code] = price(engine, code, origin, on, amount)
        return priced[code]

    found = tuple(replace(c, duty=duty(c.hts_code)) if i < count else c for i, c in enumerate(candidates))
    answers = [duty(a.hts_code) for a in asked.answers] if asked else []
    duties = [c.duty for c in found[:count] if c.duty is not None]
    spread, unknown = _spread([*duties, *answers])
    if unknown:
        text = "The duty of a leader cannot be computed without more facts, so what hangs on the choice is not known."
        return found, asked, Stake(origin, on, amount, None, None, text)
    if spread == 0:
        text = f"Every leader owes the same duty from {origin} on {on}: the choice does not change the money, so nothing more is asked. File the right code all the same."
        return found, None, Stake(origin, on, amount, True, spread, text)
    text = f"Between the leaders hang {spread:,.2f} USD of duty on {amount:,.2f} USD of goods from {origin} on {on}."
    if asked is not None:
        worth, _ = _spread(answers)
        asked = replace(asked, at_stake_usd=worth)
    return found, asked, Stake(origin, on, amount, False, spread, text)


def _spread(duties: Sequence[Duty]) -> tuple[Decimal, bool]:
    amounts = [d.amount for d in duties if d.amount is not None]
    return (max(amounts) - min(amounts) if amounts else Decimal(0)), len(amounts) < len(duties) or not amounts
