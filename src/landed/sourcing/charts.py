"""Draws the tornado, the before and after, and the frontier as SVG: plain shapes and text, no library."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from landed.sourcing.exposure_model import Exposure
from landed.sourcing.model import FrontierPoint

WIDTH, ROW, LEFT = 720, 34, 190
FALL, RISE, PLAIN = "#b3372f", "#2f6f4f", "#5b6770"


def _page(height: int, title: str, body: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" font-family="system-ui, sans-serif" font-size="13">'
    return "\n".join([head, f"<title>{escape(title)}</title>", f'<text x="0" y="18" font-weight="600" font-size="15">{escape(title)}</text>', *body, "</svg>"])


def tornado_svg(found: Exposure) -> str:
    """Change of contribution with each assumption at both ends of its range, around the change as assumed."""
    values = [float(v) for s in found.tornado for v in (s.at_low, s.at_high)] + [float(found.change), 0.0]
    low, high = min(values), max(values)
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - 90) * (value - low) / span

    body = []
    for n, swing in enumerate(found.tornado):
        y = 36 + n * ROW
        a, b = sorted((float(swing.at_low), float(swing.at_high)))
        body.append(f'<text x="0" y="{y + 16}">{escape(swing.assumption.replace("_", " "))} {swing.low_value.normalize():f} to {swing.high_value.normalize():f}</text>')
        body.append(f'<rect x="{x(a):.1f}" y="{y}" width="{max(x(b) - x(a), 1):.1f}" height="22" fill="{PLAIN}"/>')
        body.append(f'<text x="{x(b) + 6:.1f}" y="{y + 16}">{a:,.0f} to {b:,.0f}</text>')
    bottom = 36 + len(found.tornado) * ROW
    body.append(f'<line x1="{x(float(found.change)):.1f}" x2="{x(float(found.change)):.1f}" y1="28" y2="{bottom}" stroke="{FALL}" stroke-width="2"/>')
    body.append(f'<text x="{x(float(found.change)):.1f}" y="{bottom + 16}" text-anchor="middle" fill="{FALL}">as assumed {found.change:,.0f}</text>')
    return _page(bottom + 28, "Change of contribution, US dollars", body)


def waterfall_svg(found: Exposure) -> str:
    """Contribution before, each effect, contribution after."""
    steps: list[tuple[str, Decimal | None]] = [("before", None), ("duty", found.duty_effect), ("supplier gives way", found.supplier_effect), ("price", found.price_effect), ("volume", found.volume_effect), ("after", None)]
    marks, level = [], found.contribution_before
    rows: list[tuple[str, Decimal, Decimal, str]] = []
    for name, effect in steps:
        if effect is None:
            total = found.contribution_before if name == "before" else found.contribution_after
            rows.append((name, min(total, Decimal(0)), max(total, Decimal(0)), PLAIN))
        else:
            rows.append((name, min(level, level + effect), max(level, level + effect), RISE if effect >= 0 else FALL))
            level += effect
        marks += [rows[-1][1], rows[-1][2]]
    low, high = float(min(marks)), float(max(marks))
    span = (high - low) or 1.0
    body = []
    for n, ((name, a, b, colour), (_, effect)) in enumerate(zip(rows, steps, strict=True)):
        y = 36 + n * ROW
        start, end = (LEFT + (WIDTH - LEFT - 100) * (float(v) - low) / span for v in (a, b))
        shown = f"{effect:+,.0f}" if effect is not None else f"{(b if b else a):,.0f}"
        body.append(f'<text x="0" y="{y + 16}">{escape(name)}</text><rect x="{start:.1f}" y="{y}" width="{max(end - start, 1):.1f}" height="22" fill="{colour}"/><text x="{end + 6:.1f}" y="{y + 16}">{shown}</text>')
    return _page(36 + len(rows) * ROW + 8, "Contribution before and after, US dollars", body)


def frontier_svg(points: Sequence[FrontierPoint]) -> str:
    """Mean cost across, tail cost up, one point per weight of the tail."""
    means, tails = [float(p.mean) for p in points], [float(p.cvar) for p in points]
    wide, tall = (max(means) - min(means)) or 1.0, (max(tails) - min(tails)) or 1.0
    spots = [(70 + (WIDTH - 160) * (m - min(means)) / wide, 280 - 220 * (t - min(tails)) / tall) for m, t in zip(means, tails, strict=True)]
    order = sorted(set(spots))
    body = [f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in order)}" fill="none" stroke="{PLAIN}" stroke-width="2"/>']
    named: dict[tuple[float, float], list[str]] = {}
    for spot, point in zip(spots, points, strict=True):
        named.setdefault(spot, []).append(f"{point.risk_weight.normalize():f}")
    for (a, b), names in named.items():
        label = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        body.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="5" fill="{RISE}"/><text x="{a + 8:.1f}" y="{b - 8:.1f}">{label}</text>')
    body.append(f'<text x="70" y="312">mean {min(means):,.0f} to {max(means):,.0f}</text><text x="{WIDTH}" y="312" text-anchor="end">tail {min(tails):,.0f} to {max(tails):,.0f}; labels are the weight of the tail</text>')
    return _page(322, "Mean against tail cost, US dollars", body)
