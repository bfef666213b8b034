"""Looks along time: dated changes of law on one line, ahead (upcoming) and over the years (history)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from landed.duty.assess import Assessment
from landed.duty.case import Case
from landed.duty.model import Upcoming
from landed.errors import LandedError
from landed.lawbook.index import on_goods
from landed.lawbook.model import Measure

ONE_DAY = timedelta(days=1)
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


def turning_days(case: Case, since: date, until: date) -> dict[date, list[Measure]]:
    """The days in [since, until] on which a measure that covers the goods begins or has just ended."""
    index, code, origin, known_on = case.index, case.line.code, case.request.origin, case.request.known_on
    days: dict[date, list[Measure]] = {}
    for day, measure in index.turns(origin):
        if day < since or day > until or not index.in_force(measure, day if measure.from_ == day else day - ONE_DAY, known_on):
            continue
        at = day if measure.from_ == day else day - ONE_DAY
        if on_goods(measure, code, index.lists_of(code, at, known_on)) and index.covers_origin(measure, origin, at):
            days.setdefault(day, []).append(measure)
    for day in index.list_turns(code):
        if since <= day <= until:
            days.setdefault(day, [])
    return days


def upcoming(case: Case, now: Assessment) -> tuple[Upcoming, ...]:
    """Dated changes in the twelve months after entry that change this line's duty, each with what it changes in dollars."""
    end = min(case.day + YEAR, case.index.law.covers_to)
    found: list[Upcoming] = []
    before = now.total
    previous = now
    for day in sorted(turning_days(case, case.day + ONE_DAY, end)):
        try:
            then = case.assess_on(day)
        except LandedError:
            continue
        moved = _moved(previous, then)
        if moved or then.total != before:
            change = None if then.total is None or before is None else then.total - before
            for heading, text, cite in moved or [(case.line.dotted, "rate of the line changes", ())]:
                found.append(Upcoming(day, heading, text, change, cite))
        before, previous = then.total, then
    return tuple(found)


def _moved(old: Assessment, new: Assessment) -> list[tuple[str, str, tuple[str, ...]]]:
    """What begins, ends or changes rate between two assessments, among measures that apply."""
    was = {c.measure.heading: c for c in old.charges if c.decision.outcome == "applies" and c.measure.effect in ("duty", "minimum_price", "prohibit")}
    now = {c.measure.heading: c for c in new.charges if c.decision.outcome == "applies" and c.measure.effect in ("duty", "minimum_price", "prohibit")}
    lines: list[tuple[str, str, tuple[str, ...]]] = []
    for heading, charge in now.items():
        text = charge.measure.rate.text if charge.measure.rate else "import ban"
        if heading not in was:
            lines.append((heading, f"begins: {text}", charge.measure.cite))
        elif was[heading].measure.rate != charge.measure.rate:
            old_rate = was[heading].measure.rate
            lines.append((heading, f"changes from {old_rate.text if old_rate else 'ban'} to {text}", charge.measure.cite))
    for heading, charge in was.items():
        if heading not in now:
            ended = charge.measure.rate.text if charge.measure.rate else "import ban"
            lines.append((heading, f"ends: {ended}", charge.measure.cite))
    return lines


def history(case: Case, since: date, until: date) -> tuple[Spell, ...]:
    """The spells of the line's duty between two days (inclusive), each with the cause of its beginning."""
    days = sorted({since, *(d for d in turning_days(case, since, until)), *(d for d in case.schedule.turns(case.line.code) if since < d <= until), *(d for d in _column_turns(case) if since < d <= until)})
    spells: list[Spell] = []
    previous: Assessment | None = None
    for number, day in enumerate(days):
        end = days[number + 1] - ONE_DAY if number + 1 < len(days) else until
        try:
            then = case.assess_on(day)
        except LandedError:
            continue
        headings = ((case.line.dotted, then.base.amount), *((c.measure.heading, c.amount) for c in then.charges if c.decision.outcome == "applies" and c.measure.effect in ("duty", "minimum_price", "prohibit")))
        causes = tuple(f"{heading} {text}" + (f" ({'; '.join(cite[:2])})" if cite else "") for heading, text, cite in _moved(previous, then)) if previous else ("coverage begins",)
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
