"""Looks along time: dated changes of law on one line, ahead (upcoming) and over the years (history)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from operator import itemgetter

from landed.duty.assess import Assessment, Charge
from landed.duty.case import Case
from landed.duty.model import Upcoming
from landed.errors import LandedError
from landed.lawbook.index import LawIndex, on_goods
from landed.lawbook.model import ListRow

ONE_DAY = timedelta(days=1)
OWED = ("duty", "minimum_price", "prohibit")
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Spell:
    """Days (inclusive) over which the duty of a line does not change, with the headings that make it up and what began it."""

    from_: date
    to: date
    duty: Decimal | None
    rate_pct: Decimal | None
    headings: tuple[tuple[str, Decimal | None], ...]  # (heading, amount) of what applies
    causes: tuple[str, ...]


def turning_days(case: Case, since: date, until: date) -> tuple[date, ...]:
    """The days in [since, until] on which a measure that covers the goods begins or has just ended, or the line joins or leaves a list."""
    return _turning_days(case.index, case.line.code, case.request.origin, since, until, case.request.known_on)


@lru_cache(maxsize=8192)
def _turning_days(index: LawIndex, code: str, origin: str, since: date, until: date, known_on: date | None) -> tuple[date, ...]:
    days: set[date] = {day for day in index.list_turns(code) if since <= day <= until}
    lists: dict[date, dict[str, ListRow]] = {}
    turns = index.turns(origin)
    first = bisect_left(turns, since, key=itemgetter(0))
    for day, measure in islice(turns, first, None):
        if day > until:
            break
        at = day if measure.from_ == day else day - ONE_DAY
        if day in days or not index.in_force(measure, at, known_on):
            continue
        if at not in lists:
            lists[at] = index.lists_of(code, at, known_on)
        if on_goods(measure, code, lists[at]) and index.covers_origin(measure, origin, at):
            days.add(day)
    return tuple(sorted(days))


def upcoming(case: Case, now: Assessment) -> tuple[Upcoming, ...]:
    """Dated changes in the twelve months after entry that change this line's duty, each with what it changes in dollars."""
    end = min(case.day + YEAR, case.index.law.covers_to)
    found: list[Upcoming] = []
    previous = now
    for day in turning_days(case, case.day + ONE_DAY, end):
        try:
            then = case.assess_on(day)
        except LandedError:
            continue
        for heading, text, cite, change in _moved(previous, then):
            found.append(Upcoming(day, heading, text, change, cite))
        if previous.base.amount != then.base.amount and previous.base.column.rate != then.base.column.rate:
            change = None if previous.base.amount is None or then.base.amount is None else then.base.amount - previous.base.amount
            found.append(Upcoming(day, case.line.dotted, f"changes from {previous.base.column.rate.text} to {then.base.column.rate.text}", change))
        previous = then
    return tuple(found)


def _moved(old: Assessment, new: Assessment) -> list[tuple[str, str, tuple[str, ...], Decimal | None]]:
    """(heading, what happens, citations, change in dollars) for measures that begin, end or change between two assessments."""
    was, now = _owed(old), _owed(new)
    lines: list[tuple[str, str, tuple[str, ...], Decimal | None]] = []
    for heading, charge in now.items():
        text = charge.measure.rate.text if charge.measure.rate else "import ban"
        before = was.get(heading)
        if before is None:
            lines.append((heading, f"begins: {text}", charge.measure.cite, charge.amount))
        elif before.measure.rate != charge.measure.rate:
            old_text = before.measure.rate.text if before.measure.rate else "import ban"
            change = None if charge.amount is None or before.amount is None else charge.amount - before.amount
            lines.append((heading, f"changes from {old_text} to {text}", charge.measure.cite, change))
    for heading, charge in was.items():
        if heading not in now:
            text = charge.measure.rate.text if charge.measure.rate else "import ban"
            lines.append((heading, f"ends: {text}", charge.measure.cite, None if charge.amount is None else -charge.amount))
    return lines


def _owed(assessment: Assessment) -> dict[str, Charge]:
    return {c.measure.heading: c for c in assessment.charges if c.decision.outcome == "applies" and c.measure.effect in OWED}


def history(case: Case, since: date, until: date) -> tuple[Spell, ...]:
    """The spells of the line's duty between two days (inclusive), each with the cause of its beginning."""
    days = sorted({since, *(d for d in turning_days(case, since, until)), *(d for _, d in case.schedule.revisions if since < d <= until), *(d for d in _column_turns(case) if since < d <= until)})
    spells: list[Spell] = []
    previous: Assessment | None = None
    for number, day in enumerate(days):
        end = days[number + 1] - ONE_DAY if number + 1 < len(days) else until
        try:
            then = case.assess_on(day)
        except LandedError:
            continue
        headings = ((case.line.dotted, then.base.amount), *((c.measure.heading, c.amount) for c in then.charges if c.decision.outcome == "applies" and c.measure.effect in OWED))
        causes = tuple(f"{heading} {text}" + (f" ({'; '.join(cite[:2])})" if cite else "") for heading, text, cite, _ in _moved(previous, then)) if previous else ("coverage begins",)
        if previous is not None and previous.base.column.rate != then.base.column.rate:
            causes = (f"{case.line.rate_line} changes from {previous.base.column.rate.text} to {then.base.column.rate.text}", *causes)
        same = spells and spells[-1].duty == then.total and spells[-1].headings == headings
        if same:
            last = spells.pop()
            spells.append(Spell(last.from_, end, last.duty, last.rate_pct, last.headings, last.causes))
        else:
            rate = None if then.total is None else (then.total * 100 / case.request.value).quantize(Decimal("0.01"))
            spells.append(Spell(day, end, then.total, rate, headings, causes))
        previous = then
    return tuple(spells)


def _column_turns(case: Case) -> list[date]:
    turns = []
    for country, since, until, _ in case.index.law.column_2:
        if country == case.request.origin:
            turns.extend([since, *([until + ONE_DAY] if until else [])])
    return turns
