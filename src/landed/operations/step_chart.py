"""A step chart of a history: the rate over time, numbered causes, scheduled law dashed, the unread future shaded; SVG by hand, PNG by matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.duty.outlook import Spell
    from landed.operations.history import History

WIDTH, PLOT_HEIGHT = 960, 340  # pixels; the legend of causes adds to the height
LEFT, RIGHT, TOP, BELOW = 64, 24, 76, 44
LEGEND_COLUMNS = 132  # characters of a legend line
ROW = 18
ACCENT, INK, QUIET, SHADE, OPEN = "#0b6e99", "#1f2933", "#7b8794", "#f0f2f5", "#b7791f"


@dataclass(frozen=True, slots=True)
class Step:
    """One drawn spell: its days as ordinals, its percent (None where unknown), and whether it is scheduled law."""

    first: int
    last: int
    rate: float | None
    scheduled: bool
    spell: Spell


def write_chart(history: History, path: Path) -> None:
    """Write the chart as .svg or .png; raises LandedError CHART_FORMAT, EXTRA_REQUIRED, FILE_NOT_WRITTEN."""
    kind = path.suffix.lower()
    if kind not in (".svg", ".png"):
        raise LandedError("CHART_FORMAT", f"expected a chart file ending in .svg or .png, got {path.name!r}", where="--chart", mend="Name the file out.svg or out.png.")
    try:
        if kind == ".svg":
            path.write_text(svg(history), encoding="utf-8")
        else:
            _png(history, path)
    except OSError as error:
        raise LandedError("FILE_NOT_WRITTEN", f"could not write {path.name!r}: {error.strerror}", where="--chart", mend="Check the folder.") from None


def steps(history: History) -> tuple[Step, ...]:
    """The spells as drawn; a spell that holds today is cut there, so that what lies ahead can be dashed."""
    found = []
    today = history.today
    for spell in history.spells:
        rate = None if spell.rate_pct is None else float(spell.rate_pct)
        first, last = spell.from_.toordinal(), spell.to.toordinal() + 1
        cut = today.toordinal() + 1
        if spell.from_ <= today < spell.to:
            found.append(Step(first, cut, rate, False, spell))
            found.append(Step(cut, last, rate, True, spell))
        else:
            found.append(Step(first, last, rate, spell.from_ > today, spell))
    return tuple(found)


def svg(history: History) -> str:
    """The chart as an SVG text, the same bytes for the same history."""
    drawn = steps(history)
    low, high = history.since.toordinal(), history.until.toordinal() + 1
    ceiling, marks = _scale(max((s.rate for s in drawn if s.rate is not None), default=0.0))
    legend = list(_legend(history))
    height = TOP + PLOT_HEIGHT + BELOW + ROW * (len(legend) + 1) + 12

    def x(day: int) -> float:
        return round(LEFT + (day - low) * (WIDTH - LEFT - RIGHT) / max(1, high - low), 2)

    def y(rate: float) -> float:
        return round(TOP + PLOT_HEIGHT - rate * PLOT_HEIGHT / ceiling, 2)

    title = f"Duty on {history.hts_code} from {history.origin_name}, percent of customs value"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(LEFT, 28, title, size=17, weight=600),
        _text(LEFT, 48, f"{history.since} to {history.until}; law read through {history.verified_through}; scheduled law dashed", fill=QUIET),
    ]
    unread = history.verified_through.toordinal() + 1
    if unread < high:
        edge = max(unread, low)
        parts.append(f'<rect x="{x(edge)}" y="{TOP}" width="{round(x(high) - x(edge), 2)}" height="{PLOT_HEIGHT}" fill="{SHADE}"/>')
        parts.append(_text(x(high), TOP - 6, "law not read after here", anchor="end", fill=QUIET, size=11))
    for mark in marks:
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(mark)}" y2="{y(mark)}" stroke="#e4e7eb"/>')
        parts.append(_text(LEFT - 8, y(mark) + 4, f"{mark:g}%", anchor="end", fill=QUIET))
    for day, label in _ticks(history.since, history.until):
        parts.append(f'<line x1="{x(day)}" x2="{x(day)}" y1="{TOP + PLOT_HEIGHT}" y2="{TOP + PLOT_HEIGHT + 5}" stroke="{QUIET}"/>')
        parts.append(_text(x(day), TOP + PLOT_HEIGHT + 20, label, anchor="middle", fill=QUIET))
    if low <= history.today.toordinal() < high:
        at = x(history.today.toordinal())
        parts.append(f'<line x1="{at}" x2="{at}" y1="{TOP}" y2="{TOP + PLOT_HEIGHT}" stroke="{QUIET}" stroke-dasharray="2 3"/>')
        parts.append(_text(at, TOP + PLOT_HEIGHT + 36, "today", anchor="middle", fill=QUIET, size=11))
    before: Step | None = None
    for step in drawn:
        if step.rate is None:
            parts.append(f'<rect x="{x(step.first)}" y="{TOP}" width="{round(x(step.last) - x(step.first), 2)}" height="{PLOT_HEIGHT}" fill="{OPEN}" opacity="0.18"/>')
        else:
            dash = ' stroke-dasharray="7 5"' if step.scheduled else ""
            if before is not None and before.rate is not None and before.last == step.first and before.rate != step.rate:
                parts.append(f'<line x1="{x(step.first)}" x2="{x(step.first)}" y1="{y(before.rate)}" y2="{y(step.rate)}" stroke="{ACCENT}" stroke-width="2"{dash}/>')
            parts.append(f'<line x1="{x(step.first)}" x2="{x(step.last)}" y1="{y(step.rate)}" y2="{y(step.rate)}" stroke="{ACCENT}" stroke-width="2.5"{dash}/>')
        before = step
    parts.extend(_numbers(history, x, y))
    parts.append(_text(LEFT, TOP + PLOT_HEIGHT + BELOW + ROW, "What began each step", weight=600))
    for number, (text, dim) in enumerate(legend):
        parts.append(_text(LEFT, TOP + PLOT_HEIGHT + BELOW + ROW * (number + 2), text, fill=QUIET if dim else INK, size=11))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _numbers(history: History, x: Callable[[int], float], y: Callable[[float], float]) -> Iterator[str]:
    """A small numbered mark at the start of each step, shifted up where it would cover the one before."""
    placed: list[tuple[float, float]] = []
    for number, spell in enumerate(history.spells, 1):
        at = x(spell.from_.toordinal()) + 7
        height = y(float(spell.rate_pct or 0)) - 11
        while any(abs(at - px) < 15 and abs(height - py) < 14 for px, py in placed):
            height -= 14
        placed.append((at, height))
        yield f'<circle cx="{at:.2f}" cy="{height:.2f}" r="7" fill="#ffffff" stroke="{ACCENT}"/>'
        yield _text(round(at, 2), round(height + 3.5, 2), str(number), anchor="middle", size=9, fill=ACCENT)


def _legend(history: History) -> Iterator[tuple[str, bool]]:
    """(text, continued) lines: the number, day, rate and causes of each step, wrapped."""
    for number, spell in enumerate(history.spells, 1):
        rate = "unknown" if spell.rate_pct is None else f"{spell.rate_pct.normalize():f}%"
        head = f"{number:>2}  {spell.from_}  {rate}  "
        for place, text in enumerate(wrap("; ".join(spell.causes), LEGEND_COLUMNS - len(head)) or [""]):
            yield (head + text if place == 0 else "      " + text), place > 0


def _scale(top: float) -> tuple[float, tuple[float, ...]]:
    """(ceiling, grid marks): a round step that gives four to eight marks."""
    for step in (0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 500):
        if top <= step * 7:
            count = int(top // step) + 1
            return step * count, tuple(step * n for n in range(count + 1))
    return top, (0.0, top)


def _ticks(since: date, until: date) -> Iterator[tuple[int, str]]:
    """(ordinal, label) at each new year, or at each quarter or month of a short span."""
    months = (until.year - since.year) * 12 + until.month - since.month
    every = 12 if months > 30 else 3 if months > 10 else 1
    year, month = since.year, since.month
    while (year, month) <= (until.year, until.month):
        first = date(year, month, 1)
        if first >= since and (month - 1) % every == 0:
            yield first.toordinal(), str(year) if every == 12 or month == 1 else f"{first:%b}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, fill: str = INK, weight: int = 400) -> str:
    look = f' text-anchor="{anchor}"' * (anchor != "start") + f' font-size="{size}"' * (size != 12) + f' fill="{fill}"' * (fill != INK)
    look += f' font-weight="{weight}"' * (weight != 400)
    return f'<text x="{x}" y="{y}"{look} xml:space="preserve">{escape(words)}</text>'


def _png(history: History, path: Path) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "expected matplotlib for a PNG chart, found none", where="--chart", mend="Install landed[charts], or write an .svg.") from None
    drawn = steps(history)
    legend = [text for text, _ in _legend(history)]
    ceiling, _ = _scale(max((s.rate for s in drawn if s.rate is not None), default=0.0))
    height = (TOP + PLOT_HEIGHT + BELOW + ROW * (len(legend) + 1)) / 100
    figure = Figure(figsize=(WIDTH / 100, height), dpi=150)
    FigureCanvasAgg(figure)
    plot: Any = figure.add_axes((0.07, 1 - (TOP + PLOT_HEIGHT) / 100 / height, 0.905, PLOT_HEIGHT / 100 / height))
    for step in drawn:
        days = [date.fromordinal(step.first), date.fromordinal(min(step.last, date.max.toordinal()))]
        if step.rate is None:
            plot.axvspan(*days, color=OPEN, alpha=0.18, linewidth=0)
        else:
            plot.plot(days, [step.rate, step.rate], color=ACCENT, linewidth=2.2, linestyle="--" if step.scheduled else "-")
    for before, step in pairwise(drawn):
        if before.rate is not None and step.rate is not None and before.last == step.first:
            day = date.fromordinal(step.first)
            plot.plot([day, day], [before.rate, step.rate], color=ACCENT, linewidth=1.6)
    for number, spell in enumerate(history.spells, 1):
        plot.annotate(str(number), (spell.from_, float(spell.rate_pct or Decimal(0))), xytext=(4, 4), textcoords="offset points", fontsize=7, color=ACCENT)
    if history.verified_through < history.until:
        plot.axvspan(max(history.verified_through, history.since), history.until, color=SHADE, zorder=0, linewidth=0)
    if history.since <= history.today <= history.until:
        plot.axvline(history.today, color=QUIET, linewidth=0.8, linestyle=":")
    plot.set_xlim(history.since, history.until)
    plot.set_ylim(0, ceiling)
    plot.set_ylabel("percent of customs value", color=QUIET)
    plot.grid(axis="y", color="#e4e7eb")
    for side in ("top", "right"):
        plot.spines[side].set_visible(False)
    figure.text(0.07, 1 - 0.28 / height, f"Duty on {history.hts_code} from {history.origin_name}", fontsize=12, weight="bold")
    figure.text(0.07, 1 - 0.50 / height, f"{history.since} to {history.until}; law read through {history.verified_through}; scheduled law dashed", fontsize=8, color=QUIET)
    for number, text in enumerate(["What began each step", *legend]):
        figure.text(0.07, 1 - (TOP + PLOT_HEIGHT + BELOW + ROW * (number + 0.6)) / 100 / height, text, fontsize=7, color=INK, weight="bold" if number == 0 else "normal")
    figure.savefig(path, metadata={"Software": "landed"})
