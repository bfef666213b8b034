"""Dated changes of a product's duty in dollars a year, and changes of the law as such, between two days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from landed.duty.assess import Assessment
from landed.duty.case import Case
from landed.duty.outlook import OWED
from landed.duty.outlook import history as spells_of
from landed.errors import LandedError
from landed.lawbook.index import LawIndex
from landed.lawbook.model import Measure

ONE_DAY = timedelta(days=1)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Cause:
    """One heading that begins, ends or changes its rate, with the citations it stands on."""

    heading: str
    what: str
    cite: tuple[str, ...]
    verified: bool = True


@dataclass(frozen=True, slots=True)
class ProductChange:
    """One change of one product's duty. Dollars are for a year at the stated volume; None where a duty is unknown.

    `scheduled` marks a change after `today`; `until` is the last day looked at on which the new duty still holds.
    """

    on: date
    until: date
    sku: str
    hts_code: str
    country_of_origin: str
    before_usd_year: Decimal | None
    after_usd_year: Decimal | None
    change_usd_year: Decimal | None
    before_pct: Decimal | None
    after_pct: Decimal | None
    causes: tuple[Cause, ...]
    made_of: tuple[Cause, ...]
    scheduled: bool


def product_changes(sku: str, case: Case, since: date, until: date, today: date) -> tuple[ProductChange, ...]:
    """Every change of the duty of one product from the day after `since` to `until`; the case's value is that of a year."""
    spells = spells_of(case, since, until)
    found = []
    for before, after in pairwise(spells):
        change = None if before.duty is None or after.duty is None else after.duty - before.duty
        if change == 0:
            continue
        try:
            was, now = case.assess_on(after.from_ - ONE_DAY), case.assess_on(after.from_)
        except LandedError:
            continue
        found.append(
            ProductChange(
                on=after.from_,
                until=after.to,
                sku=sku,
                hts_code=case.line.dotted,
                country_of_origin=case.request.origin,
                before_usd_year=before.duty,
                after_usd_year=after.duty,
                change_usd_year=change,
                before_pct=before.rate_pct,
                after_pct=after.rate_pct,
                causes=_causes(case, was, now),
                made_of=_made_of(case, now),
                scheduled=after.from_ > today,
            )
        )
    return tuple(found)


def _owed(assessment: Assessment) -> dict[str, Measure]:
    return {c.measure.heading: c.measure for c in assessment.charges if c.decision.outcome == "applies" and c.measure.effect in OWED}


def _causes(case: Case, was: Assessment, now: Assessment) -> tuple[Cause, ...]:
    old, new = _owed(was), _owed(now)
    found = []
    if was.base.column.rate != now.base.column.rate:
        found.append(Cause(case.line.dotted, f"changes from {was.base.column.rate.text} to {now.base.column.rate.text}", ("Harmonized Tariff Schedule",)))
    for heading, measure in new.items():
        before = old.get(heading)
        if before is None:
            found.append(Cause(heading, f"begins at {_rate(measure)}", measure.cite, measure.verified))
        elif before.rate != measure.rate:
            found.append(Cause(heading, f"changes from {_rate(before)} to {_rate(measure)}", measure.cite, measure.verified))
    found += [Cause(heading, f"no longer applies ({_rate(measure)})", measure.cite, measure.verified) for heading, measure in old.items() if heading not in new]
    return tuple(found)


def _made_of(case: Case, now: Assessment) -> tuple[Cause, ...]:
    base = Cause(case.line.dotted, now.base.column.rate.text, ("Harmonized Tariff Schedule",))
    return (base, *(Cause(heading, _rate(measure), measure.cite, measure.verified) for heading, measure in _owed(now).items()))


def _rate(measure: Measure) -> str:
    return measure.rate.text if measure.rate else {"prohibit": "import ban"}.get(measure.effect, measure.effect)


@dataclass(frozen=True, slots=True)
class LawChange:
    """Headings of one programme that begin, end or change on a day; more than a few of one kind stand together."""

    on: date
    what: str  # begin, end, change
    programme: str
    headings: tuple[str, ...]
    rates: tuple[str, ...]
    cite: tuple[str, ...]
    verified: bool


def law_changes(index: LawIndex, since: date, until: date) -> tuple[LawChange, ...]:
    """What the law does on each day after `since` up to `until`: measures that add duty or ban, by programme and kind; exemptions are left out."""
    measures = [m for m in index.measures if m.effect in OWED]
    turns = sorted({d for m in measures for d in (m.from_, m.to + ONE_DAY if m.to else None) if d is not None and since < d <= until})
    found: list[LawChange] = []
    for day in turns:
        before, after = (_standing(index, measures, d) for d in (day - ONE_DAY, day))
        groups: dict[tuple[str, str], list[tuple[str, str, Measure]]] = {}
        for key in sorted({*before, *after}):
            was, now = before.get(key), after.get(key)
            if was is None and now is not None:
                groups.setdefault(("begin", key[0]), []).append((key[1], _texts(now), now[0]))
            elif now is None and was is not None:
                groups.setdefault(("end", key[0]), []).append((key[1], _texts(was), was[0]))
            elif was and now and _texts(was) != _texts(now):
                groups.setdefault(("change", key[0]), []).append((key[1], f"{_texts(was)} to {_texts(now)}", now[0]))
        for (what, programme), rows in groups.items():
            cite = tuple(dict.fromkeys(c for _, _, m in rows for c in m.cite))[:6]
            found.append(LawChange(day, what, programme, tuple(r[0] for r in rows), tuple(dict.fromkeys(r[1] for r in rows)), cite, all(m.verified for _, _, m in rows)))
    return tuple(found)


def _standing(index: LawIndex, measures: Iterable[Measure], day: date) -> dict[tuple[str, str], list[Measure]]:
    found: dict[tuple[str, str], list[Measure]] = {}
    for measure in measures:
        if index.in_force(measure, day, None):
            found.setdefault((measure.programme, measure.heading or measure.title), []).append(measure)
    return found


def _texts(measures: list[Measure]) -> str:
    return " or ".join(sorted({_rate(m) for m in measures}))
