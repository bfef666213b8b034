"""The geometry of the charts: what stands where, in percent of the drawing, so that text keeps its size on every screen."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from landed.doors.web import wording
from landed.doors.web.state import DATA

if TYPE_CHECKING:
    from landed.duty.model import Component, Estimate
    from landed.operations.compare import Comparison, OriginDuty
    from landed.operations.history import History

FEES = ("mpf", "hmf")
NEAR = timedelta(days=730)  # each side of the day of entry when the chart is drawn near
NARROW = 7.0  # percent of the width below which a rate is not written into its step
CLASSES = 6  # steps of the map's scale


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the waterfall: where it starts and how far it goes (percent of the scale), and what it says."""

    label: str
    heading: str
    text: str
    start: float
    width: float
    kind: str  # base, added, total, fee, open
    seq: int = 0
    note: str = ""


def waterfall(found: Estimate) -> tuple[Bar, ...]:
    """The duty built up line by line, its total, then the fees; an amount that is not known is an open row."""
    owed = [c for c in found.components if c.status in ("applies", "unknown") and (c.amount is None or c.amount != 0 or c.kind == "base")]
    duties = sorted((c for c in owed if c.kind not in FEES), key=lambda c: (c.kind != "base", c.seq))
    fees = [c for c in owed if c.kind in FEES]
    known = found.totals.known_duty_subtotal
    top = float(known + sum((c.amount or Decimal(0) for c in fees), Decimal(0))) or 1.0
    bars: list[Bar] = []
    reached = Decimal(0)
    for component in duties:
        bars.append(_bar(component, reached, top, "base" if component.kind == "base" else "added"))
        reached += component.amount or Decimal(0)
    total = "Duty" if found.totals.duty is not None else "Duty known so far"
    bars.append(Bar(total, "", wording.money(known), 0.0, float(known) * 100 / top, "total", note=wording.percent(found.totals.effective_rate_pct)))
    for component in fees:
        bars.append(_bar(component, reached, top, "fee"))
        reached += component.amount or Decimal(0)
    return tuple(bars)


def _bar(component: Component, reached: Decimal, top: float, kind: str) -> Bar:
    width = 0.0 if component.amount is None else float(component.amount) * 100 / top
    if component.amount is None:
        kind = "open"
    return Bar(component.label, component.heading, wording.money(component.amount), float(reached) * 100 / top, width, kind, component.seq, component.rate_text)


@dataclass(frozen=True, slots=True)
class Step:
    """One spell of the step chart: left edge, width and height in percent; `tip` is what the reader is told about it."""

    left: float
    width: float
    up: float | None
    text: str
    written: bool
    tip: str
    scheduled: bool
    since: str


@dataclass(frozen=True, slots=True)
class StepChart:
    """A step chart: steps, an SVG path in a 100 by 100 box, ticks as (percent, text), and the marked days."""

    steps: tuple[Step, ...]
    path: str
    ahead: str
    area: str
    ticks_x: tuple[tuple[float, str], ...]
    ticks_y: tuple[tuple[float, str], ...]
    entry: float | None
    today: float | None
    read: float | None  # from here on official text was not read
    said: str


def steps(found: History, entry: date | None, *, near: bool = False) -> StepChart:
    """The rate of a line over the years; spells after today are dashed, spells after the last reading shaded."""
    since, until = found.since, found.until
    if near and entry:
        since, until = max(since, entry - NEAR), min(until, entry + NEAR)
    span = max((until - since).days + 1, 1)

    def at(moment: date) -> float:
        return round(min(max((moment - since).days * 100 / span, 0.0), 100.0), 3)

    spells = [s for s in found.spells if s.to >= since and s.from_ <= until]
    highest = max([float(s.rate_pct) for s in spells if s.rate_pct is not None], default=0.0)
    every, top = _scale(highest)
    peak = max((s for s in spells if s.rate_pct), key=lambda s: s.rate_pct or 0, default=None)
    shown: list[Step] = []
    for spell in spells:
        left, right = at(max(spell.from_, since)), at(min(spell.to, until) + timedelta(days=1))
        up = None if spell.rate_pct is None else round(float(spell.rate_pct) * 100 / top, 3)
        text = wording.percent(spell.rate_pct) or "not known"
        causes = "\n".join(wording.days_in(cause) for cause in spell.causes)
        tip = f"{text} from {wording.day(spell.from_, short=True)} to {wording.day(spell.to, short=True)}\n{causes}"
        shown.append(Step(left, round(right - left, 3), up, text, right - left >= NARROW or spell is peak, tip, spell.from_ > found.today, spell.from_.isoformat()))
    years = range(since.year, until.year + 1)
    ticks = [(at(date(year, 1, 1)), str(year)) for year in years if since <= date(year, 1, 1) <= until]
    said = f"Duty as a percent of value from {since.year} to {until.year}: " + "; ".join(f"{s.text} from {s.since}" for s in shown)
    return StepChart(
        steps=tuple(shown),
        path=_line([s for s in shown if not s.scheduled]),
        ahead=_line([s for s in shown if s.scheduled]),
        area=_area(shown),
        ticks_x=tuple(ticks),
        ticks_y=tuple((n * every * 100 / top, wording.percent(Decimal(str(n * every)))) for n in range(round(top / every) + 1)),
        entry=at(entry) if entry and since <= entry <= until else None,
        today=at(found.today) if since <= found.today <= until else None,
        read=at(found.verified_through) if found.verified_through < until else None,
        said=said,
    )


def _scale(highest: float) -> tuple[float, float]:
    """(distance of ticks, top of the scale): at most five ticks at round numbers."""
    if highest <= 0:
        return 5.0, 10.0
    rough = highest * 1.12 / 4
    power = 10 ** math.floor(math.log10(rough))
    every = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough)
    return every, every * math.ceil(highest * 1.08 / every)


def _line(run: Sequence[Step]) -> str:
    parts: list[str] = []
    end: tuple[float, float] | None = None
    for step in run:
        if step.up is None:
            end = None
            continue
        y = round(100 - step.up, 3)
        joined = end is not None and abs(end[0] - step.left) < 0.2
        parts.append(f"{'V' + str(y) if joined else f'M{step.left} {y}'}H{round(step.left + step.width, 3)}")
        end = (step.left + step.width, y)
    return "".join(parts)


def _area(run: Sequence[Step]) -> str:
    return "".join(f"M{s.left} 100V{round(100 - s.up, 3)}H{round(s.left + s.width, 3)}V100z" for s in run if s.up)


@lru_cache(maxsize=1)
def world() -> dict[str, Any]:
    """Outlines and dots of countries (Natural Earth, public domain)."""
    found: dict[str, Any] = json.loads((DATA / "world.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class MapView:
    """The map's classes: code -> (class 0 to 5, "open" or "ban"; what is told), and the legend as (class, words)."""

    shade: dict[str, tuple[str, str]]
    legend: tuple[tuple[str, str], ...] = field(default=())


def map_of(found: Comparison) -> MapView:
    """Countries by rate, in at most six classes of rates that really occur."""
    rates = sorted({float(r.effective_rate_pct) for r in found.rows if r.effective_rate_pct is not None})
    edges = _edges(rates)
    shade: dict[str, tuple[str, str]] = {}
    kinds: set[str] = set()
    for row in found.rows:
        if row.status == "refused":
            kind, told = "ban", f"{row.name}: may not enter"
        elif row.duty is None or row.effective_rate_pct is None:
            kind, told = "open", f"{row.name}: not known (at least {wording.money(row.known_duty_subtotal)})"
        else:
            number = next(n for n, (low, high) in enumerate(edges) if low <= float(row.effective_rate_pct) <= high)
            kind, told = str(number), f"{row.name}: {wording.percent(row.effective_rate_pct)}, {wording.money(row.duty)}"
        kinds.add(kind)
        shade[row.country_of_origin] = (kind, told + "\n" + row.because)
    legend = [(str(n), wording.percent(Decimal(str(low))) + ("" if low == high else " to " + wording.percent(Decimal(str(high))))) for n, (low, high) in enumerate(edges)]
    legend += [("open", "not known")] if "open" in kinds else []
    legend += [("ban", "may not enter")] if "ban" in kinds else []
    return MapView(shade, tuple(legend))


def _edges(rates: list[float]) -> list[tuple[float, float]]:
    """Classes as (lowest, highest) rate in them, split at the widest gaps between the rates that occur."""
    if not rates:
        return [(0.0, 0.0)]
    gaps = sorted(range(1, len(rates)), key=lambda n: rates[n - 1] - rates[n])[: CLASSES - 1]
    cuts = [0, *sorted(gaps), len(rates)]
    return [(rates[a], rates[b - 1]) for a, b in pairwise(cuts)]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One bar of the ranking: the row, the bar's width and the range's edges in percent of the widest."""

    row: OriginDuty
    width: float
    low: float
    high: float
    chosen: bool

    @property
    def ranged(self) -> bool:
        """Whether open questions span a range."""
        return self.high > self.low


def ranking(found: Comparison, wanted: Sequence[str], chosen: str) -> tuple[Ranked, ...]:
    """The sourcing countries and the chosen origin as bars, the least duty first."""
    rows = [r for r in found.rows if r.country_of_origin in wanted or r.country_of_origin == chosen]
    top = float(max([r.duty_high or r.duty or r.known_duty_subtotal for r in rows], default=Decimal(0))) or 1.0

    def wide(amount: Decimal | None) -> float:
        return round(float(amount or 0) * 100 / top, 2)

    return tuple(Ranked(r, wide(r.duty if r.duty is not None else r.known_duty_subtotal), wide(r.duty_low), wide(r.duty_high), r.country_of_origin == chosen) for r in rows)
