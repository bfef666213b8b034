"""A waterfall chart of landed cost: how the goods' price grows into the landed cost; SVG by itself, PNG with matplotlib."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from landed.entry.cost_model import CostItem, LandedCost
from landed.errors import LandedError

COLOURS = {"goods": "#3b5b7a", "duty": "#b3413a", "fees": "#c9793c", "total": "#222222"}
OTHER = "#7b8f5a"
WIDTH, ROW, LEFT, RIGHT, TOP = 860, 26, 330, 110, 46


def bars(cost: LandedCost) -> list[tuple[str, str, Decimal, Decimal]]:
    """(label, kind, start, amount) of each bar the buyer pays, the total last; amounts not known have no bar."""
    found: list[tuple[str, str, Decimal, Decimal]] = []
    start = Decimal(0)
    for item in cost.items:
        if item.payer == "buyer" and item.amount:
            found.append((item.label, item.kind, start, item.amount))
            start += item.amount
    return [*found, ("Landed cost" if cost.total is not None else "Known so far", "total", Decimal(0), start)]


def _unknown(cost: LandedCost) -> list[CostItem]:
    return [item for item in cost.items if item.amount is None and item.payer == "buyer"]


def waterfall_svg(cost: LandedCost) -> str:
    """The chart as SVG text: one row a cost, amounts in US dollars beside the bars, unknown costs named below."""
    rows, unknown = bars(cost), _unknown(cost)
    top = max((start + amount for _, _, start, amount in rows), default=Decimal(1)) or Decimal(1)
    scale = Decimal(WIDTH - LEFT - RIGHT) / top
    height = TOP + ROW * (len(rows) + len(unknown)) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" font-family="system-ui,sans-serif" font-size="12">',
        "<title>Landed cost, US dollars</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/><text x="12" y="26" font-size="16" font-weight="600">Landed cost, US dollars</text>',
    ]
    for n, (label, kind, start, amount) in enumerate(rows):
        y = TOP + n * ROW
        x, width = Decimal(LEFT) + start * scale, max(amount * scale, Decimal(1))
        weight = ' font-weight="600"' if kind == "total" else ""
        parts.append(f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end"{weight}>{escape(_short(label))}<title>{escape(label)}</title></text>')
        parts.append(f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{ROW - 8}" fill="{COLOURS.get(kind, OTHER)}"/>')
        parts.append(f'<text x="{x + width + 6:.1f}" y="{y + 16}"{weight}>{amount:,.2f}</text>')
        if kind != "total":
            edge = x + width
            parts.append(f'<line x1="{edge:.1f}" x2="{edge:.1f}" y1="{y + ROW - 5}" y2="{y + ROW + 3}" stroke="#999"/>')
    for n, item in enumerate(unknown, len(rows)):
        y = TOP + n * ROW
        parts.append(f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end" fill="#777">{escape(_short(item.label))}</text><text x="{LEFT}" y="{y + 16}" fill="#777">not known</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _short(label: str, limit: int = 50) -> str:
    return label if len(label) <= limit else label[: limit - 1].rstrip() + "…"


def waterfall_png(cost: LandedCost) -> bytes:
    """The chart as PNG; raises EXTRA_REQUIRED without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "PNG charts need matplotlib, which is not installed", mend="pip install 'landed[charts]', or write SVG.") from None
    from io import BytesIO

    rows, unknown = bars(cost), _unknown(cost)
    figure = Figure(figsize=(10, 1.2 + 0.36 * (len(rows) + len(unknown))), layout="constrained")
    axes = figure.add_subplot()
    for n, (_, kind, start, amount) in enumerate(rows):
        axes.barh(n, float(amount), left=float(start), color=COLOURS.get(kind, OTHER), height=0.7)
        axes.text(float(start + amount), n, f" {amount:,.2f}", va="center", fontsize=9)
    labels = [_short(label) for label, *_ in rows]
    for n, item in enumerate(unknown, len(rows)):
        axes.text(0, n, " not known", va="center", fontsize=9, color="#777")
        labels.append(_short(item.label))
    axes.set_yticks(range(len(labels)), [text.replace("$", r"\$") for text in labels])
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_title("Landed cost, US dollars", loc="left")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    out = BytesIO()
    FigureCanvasAgg(figure).print_png(out)  # type: ignore[no-untyped-call, unused-ignore]
    return out.getvalue()
