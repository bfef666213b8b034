"""What tariffs do to a business: the lines of its books, and the answer. Money is US dollars; rates and shares are percent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

PriceForm = Literal["retail", "dollar"]


@dataclass(frozen=True, slots=True)
class Line:
    """A product as sold: price and volume, customs value, other landed cost and other variable cost per unit, duty before and after (percent of customs value)."""

    sku: str
    origin: str
    market: str
    price: Decimal
    volume: Decimal
    customs_value: Decimal
    freight: Decimal
    other: Decimal
    duty_before_pct: Decimal
    duty_after_pct: Decimal
    elasticity: Decimal


@dataclass(frozen=True, slots=True)
class Reaction:
    """How the world reacts. `border` is the share of a tariff that the importer pays (the exporter absorbs the rest); `pass_through` is on the tariff
    (form retail: price rises by pass_through x points) or on the cost (form dollar: price rises by pass_through x extra cost)."""

    border: Decimal = Decimal(1)
    form: PriceForm = "dollar"
    pass_through: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class BreakEven:
    """What it takes to keep the contribution. `pass_through` is None where no price does it; then the best price and the loss that stays are given."""

    tariff_pct: Decimal | None
    pass_through: Decimal | None
    text: str
    best_price: Decimal | None = None
    best_contribution_change: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LineResult:
    """One product before and after. The effects sum to the change of contribution to the cent; `before_reaction` is duty alone, nobody reacting."""

    sku: str
    origin: str
    market: str
    duty_before_pct: Decimal
    duty_after_pct: Decimal
    unit_cost_before: Decimal
    unit_cost_after: Decimal
    price_before: Decimal
    price_after: Decimal
    volume_before: Decimal
    volume_after: Decimal
    contribution_before: Decimal
    contribution_after: Decimal
    duty_effect: Decimal
    supplier_effect: Decimal
    price_effect: Decimal
    volume_effect: Decimal
    change: Decimal
    before_reaction: Decimal
    retail_full_pass_through: Decimal
    break_even: BreakEven
    note: str


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole: US dollars and percent."""

    name: str
    amount: Decimal
    share_pct: Decimal


@dataclass(frozen=True, slots=True)
class Concentration:
    """Shares with their Herfindahl index (0 to 1, and times 10,000) and as how many equal parts it counts."""

    shares: tuple[Share, ...]
    hhi: Decimal
    hhi_points: Decimal
    effective: Decimal


@dataclass(frozen=True, slots=True)
class Origin:
    """Profit lost per added point of duty on an origin, first order, before anybody reacts."""

    origin: str
    per_point: Decimal


@dataclass(frozen=True, slots=True)
class Swing:
    """One bar of the tornado: change of contribution with one assumption at its low and high end."""

    assumption: str
    low_value: Decimal
    high_value: Decimal
    at_low: Decimal
    at_high: Decimal


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """Contribution under one law with its probability."""

    name: str
    probability: Decimal
    contribution: Decimal


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Margin at risk: what is lost against the base at the tail quantile, and on average in the tail."""

    tail_pct: Decimal
    margin_at_risk: Decimal
    mean_margin_at_risk: Decimal
    scenarios: tuple[ScenarioResult, ...]


@dataclass(frozen=True, slots=True)
class Stress:
    """Revenue mix under stress: what is lost by market, and the fall of the one market that alone would take the result to zero."""

    revenue_change: Decimal
    rows: tuple[tuple[str, Decimal], ...]
    break_even_market: str
    break_even_fall_pct: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """The whole answer."""

    lines: tuple[LineResult, ...]
    contribution_before: Decimal
    contribution_after: Decimal
    change: Decimal
    before_reaction: Decimal
    duty_effect: Decimal
    supplier_effect: Decimal
    price_effect: Decimal
    volume_effect: Decimal
    result_before: Decimal
    result_after: Decimal
    duty_before: Decimal
    duty_after: Decimal
    break_even_tariff_pct: Decimal | None
    duty_point_value: tuple[Origin, ...]
    cash_in_duty_before: Decimal | None
    cash_in_duty_after: Decimal | None
    cost_by_origin: Concentration
    revenue_by_market: Concentration
    tornado: tuple[Swing, ...]
    at_risk: AtRisk | None
    stress: Stress | None
    law_version: str
    notes: tuple[str, ...]


Document = dict[str, Any]
