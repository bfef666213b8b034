"""What a sourcing plan is asked with and answered with, in the words of the trade. Money is US dollars, quantities are units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Sku:
    """A product to buy: tariff code, units needed, least share served (percent), dollars lost per unit short, size of one unit."""

    name: str
    hts_code: str
    demand: Decimal
    service_pct: Decimal
    shortage_cost: Decimal | None
    weight_kg: Decimal | None
    volume_cbm: Decimal | None
    max_supplier_share_pct: Decimal
    facts: tuple[tuple[str, Any], ...] = ()
    quantities: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Supplier:
    """A supplier: one-time cost of taking it on, and the most one would buy from it in dollars or units."""

    name: str
    country: str | None
    onboarding_cost: Decimal
    max_value: Decimal | None
    max_units: Decimal | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A supplier's offer of a SKU made in `origin` (not always the supplier's country). `breaks` are (from units, price) with the price for all units."""

    name: str
    sku: str
    supplier: str
    origin: str
    breaks: tuple[tuple[Decimal, Decimal], ...]
    moq: Decimal
    capacity: Decimal | None
    lead_days: int
    freight_per_unit: Decimal | None
    claims: tuple[tuple[str, Any], ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """Freight from an origin: dollars per cubic metre or kilogram, and a container if whole ones are to be re-priced."""

    origin: str
    per_cbm: Decimal | None
    per_kg: Decimal | None
    container_cbm: Decimal | None
    container_cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A law that may hold when the goods arrive: a what-if over the law of the day, with its probability (0 to 1)."""

    name: str
    probability: Decimal
    overlay: Any = None
    arrival: date | None = None
    known_on: date | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How to plan. Either every order arrives on `arrival`, or `order_date` plus the lead time decides the day and so the law."""

    arrival: date | None
    order_date: date | None
    holding_rate_pct: Decimal
    risk_weight: Decimal
    tail_pct: Decimal
    gap_pct: Decimal
    time_limit: Decimal
    max_suppliers: int | None
    max_supplier_share_pct: Decimal
    max_origin_share_pct: Decimal
    origin_shares: tuple[tuple[str, Decimal], ...]
    probability_shift_pct: Decimal
    shipments: int
    whole_units: bool
    transport_mode: str | None
    known_on: date | None


@dataclass(frozen=True, slots=True)
class PlanInput:
    """A whole planning document, read and checked."""

    skus: tuple[Sku, ...]
    suppliers: tuple[Supplier, ...]
    offers: tuple[Offer, ...]
    lanes: tuple[Lane, ...]
    scenarios: tuple[Scenario, ...]
    settings: Settings


@dataclass(frozen=True, slots=True)
class Allocated:
    """Units of a SKU bought on one offer, priced: `duty` is the expected duty over scenarios; `landed_per_unit` includes it."""

    sku: str
    offer: str
    supplier: str
    origin: str
    units: Decimal
    share_pct: Decimal
    unit_price: Decimal
    goods: Decimal
    freight: Decimal
    carrying: Decimal
    duty: Decimal
    duty_rate_pct: Decimal
    landed_per_unit: Decimal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the plan costs under one scenario, priced again exactly: duty and fees of that law, and regret against the best plan had one known."""

    scenario: str
    probability: Decimal
    goods: Decimal
    freight: Decimal
    carrying: Decimal
    onboarding: Decimal
    shortage: Decimal
    duty: Decimal
    fees: Decimal | None
    total: Decimal
    best_if_known: Decimal | None
    regret: Decimal | None


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """One plan on the efficient frontier of mean and tail cost."""

    risk_weight: Decimal
    mean: Decimal
    cvar: Decimal
    suppliers: int
    gap_pct: Decimal
    shares: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a SKU comes from where it does, and what would switch it, all else the same. Rates are percent, changes percentage points."""

    sku: str
    chosen: str
    origin: str
    cost_per_unit: Decimal
    next_best: str | None
    next_origin: str | None
    next_cost_per_unit: Decimal | None
    switch_price: Decimal | None
    switch_duty_points: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A limit that holds the plan back."""

    limit: str
    used: Decimal
    allowed: Decimal


@dataclass(frozen=True, slots=True)
class Repair:
    """A limit that must give way for a plan to exist, from what to what."""

    limit: str
    where: str
    now: Decimal
    needed: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the solver vouches for: best plan, bound, gap, time. `objective` is the blend of mean and tail that was minimised."""

    status: str
    objective: Decimal
    bound: Decimal
    gap_pct: Decimal
    seconds: float
    columns: int
    rows: int
    nodes: int
    duty_questions: int
    duty_seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A sourcing plan with its proof. When no plan exists `status` is infeasible, and `clash` and `repairs` say what to loosen.

    `value_of_waiting` is the most that knowing the law before ordering could be worth: waiting that costs more is not. `mean_cost` and `cvar`
    leave out entry fees, which have a least and a most per entry and stand in `outcomes`.
    """

    status: str
    allocations: tuple[Allocated, ...]
    mean_cost: Decimal | None
    cvar: Decimal | None
    tail_pct: Decimal
    outcomes: tuple[Outcome, ...]
    frontier: tuple[FrontierPoint, ...]
    value_of_waiting: Decimal | None
    worst_mean_if_probabilities_wrong: Decimal | None
    robust_plan_mean: Decimal | None
    max_regret: Decimal | None
    why: tuple[Why, ...]
    binding: tuple[Binding, ...]
    origin_shares: tuple[tuple[str, Decimal], ...]
    supplier_shares: tuple[tuple[str, Decimal], ...]
    hhi_origin: Decimal | None
    effective_origins: Decimal | None
    short: tuple[tuple[str, Decimal], ...]
    clash: tuple[str, ...]
    repairs: tuple[Repair, ...]
    proof: Proof | None
    law_version: str
    notes: tuple[str, ...]
