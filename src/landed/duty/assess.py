"""Amounts: the base duty of the line and of every measure that applies, to the cent, unknown where a fact is missing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from landed.duty.decide import Decision, decide, docket_key
from landed.duty.shipment import HUNDRED, ZERO, Shipment, half_up
from landed.lawbook.index import Docket
from landed.lawbook.model import Measure
from landed.lawbook.rate import FREE, Rate
from landed.schedule.lookup import Line
from landed.schedule.pricing import Missing, price


@dataclass(frozen=True, slots=True)
class Column:
    """The column of the tariff line that is charged, why, and the rate a floor compares with."""

    name: str  # general, special, column_2
    rate: Rate
    why: str
    spi: str | None = None


@dataclass(frozen=True, slots=True)
class BaseDuty:
    """The tariff line's own duty: exact US dollars before rounding (None when a fact is missing)."""

    column: Column
    value: Decimal
    exact: Decimal | None
    known: Decimal  # the sum of the terms that could be priced
    missing: tuple[str, ...] = ()  # "quantity:kg", "part:case_and_strap", "degrees"

    @property
    def amount(self) -> Decimal | None:
        return None if self.exact is None else half_up(self.exact)


@dataclass(frozen=True, slots=True)
class Charge:
    """One measure of the docket with its decision and amount."""

    measure: Measure
    decision: Decision
    basis_amount: Decimal | None
    amount: Decimal | None  # zero where it does not apply; None where it cannot be computed
    rate_pct: Decimal | None
    missing: tuple[str, ...] = ()
    reached: bool = False  # a floor that column 1 already reaches


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole duty of one shipment under one docket."""

    base: BaseDuty
    charges: tuple[Charge, ...]
    total: Decimal | None
    known: Decimal
    prohibited: Measure | None
    missing: tuple[str, ...]


def price_rate(rate: Rate, value: Decimal, shipment: Shipment) -> tuple[Decimal | None, Decimal, tuple[str, ...]]:
    """(exact dollars or None, known part, what is missing) of a rate on a value."""
    percent = rate.ad_valorem
    if percent is not None:
        exact = value * percent / HUNDRED
        return exact, exact, ()
    degrees = shipment.stated.get("polarity_degrees")
    try:
        priced = price(rate, value, shipment.quantities, shipment.parts, degrees)
    except Missing as gap:
        needs = [f"quantity_{unit}" for unit in gap.quantities] + [f"part_{part}" for part in gap.parts]
        # Terms that a limit or a reduction can still lower are no known part of the duty.
        known = ZERO if gap.degrees or rate.degrees or rate.maximum else gap.known
        return None, known, (*needs, *(["polarity_degrees"] if gap.degrees else []))
    return priced, priced or ZERO, ()


def base_duty(line: Line, column: Column, value: Decimal, shipment: Shipment) -> BaseDuty:
    """The duty of the tariff line itself on a dutiable value."""
    rate = column.rate
    if rate.kind != "duty":
        return BaseDuty(column, value, None, ZERO, (f"rate:{rate.reason or rate.text}",))
    exact, known, missing = price_rate(rate, value, shipment)
    return BaseDuty(column, value, exact, known, missing)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a docket comes to before any amount: the decisions, and what they mean for the line's own duty.

    It depends on which conditions hold and which contents are declared alone, so shipments of any value share it.
    """

    docket: Docket
    decisions: tuple[Decision, ...]
    applying: tuple[int, ...]
    idle: tuple[Charge | None, ...]  # the charges that are nothing whatever the value
    column_2: Measure | None  # sets the column 2 rate
    relief: Decision | None  # takes the line's own duty off (a part of) the value
    wanted: tuple[str, ...]  # values that a claimed chapter 98 provision divides the entered value by
    prohibited: Measure | None
    compares_general: bool  # some floor compares with the general rate even where a special rate is charged


MOST_SETTLEMENTS = 4096  # kept for one docket


def settle(docket: Docket, shipment: Shipment) -> Settlement:
    """The settlement of a docket for the facts of a shipment, kept with the docket."""
    key = docket_key(docket, shipment)
    found: Settlement | None = docket.settled.get(key)
    if found is None:
        if len(docket.settled) >= MOST_SETTLEMENTS:
            docket.settled.clear()
        found = docket.settled[key] = _settle(docket, shipment)
    return found


def _settle(docket: Docket, shipment: Shipment) -> Settlement:
    decisions = decide(docket, shipment)
    applying = tuple(i for i, decision in enumerate(decisions) if decision.outcome == "applies")
    column_2 = prohibited = relief = None
    wanted: dict[str, None] = {}
    for i in applying:
        measure, decision = docket.measures[i], decisions[i]
        if measure.effect == "column_2" and measure.rate:
            column_2 = measure
        elif measure.effect == "prohibit":
            prohibited = prohibited or measure
        elif measure.effect == "exempt" and "base" in measure.frees:
            relief = decision
            wanted.update({CLAIMED_VALUES[part]: None for part in decision.less if part in CLAIMED_VALUES})
    idle = tuple(
        Charge(measure, decision, None, ZERO, None) if decision.outcome != "applies" or measure.effect not in ("duty", "minimum_price") else None
        for measure, decision in zip(docket.measures, decisions, strict=True)
    )
    compares_general = any(m.compares == "general" and m.rate and m.rate.kind == "total" for m in docket.measures)
    return Settlement(docket, decisions, applying, idle, column_2, relief, tuple(wanted), prohibited, compares_general)


def assess(settled: Settlement, shipment: Shipment, line: Line, column: Column, *, owed_only: bool = False) -> Assessment:
    """Price every measure of a settled docket.

    The tariff line's own rate is taken on the entered value, less what a chapter 98 provision frees of it;
    measures take their own base. Each heading is rounded half-up to the cent; a floor compares exact duties.
    `owed_only` leaves out the charges of measures that do not apply (totals are the same).
    """
    measures, decisions = settled.docket.measures, settled.decisions
    if settled.column_2 is not None and settled.column_2.rate is not None and column.name == "column_2":
        column = Column("column_2", settled.column_2.rate, f"{settled.column_2.heading} sets the column 2 rate", None)
    dutiable = shipment.value
    if settled.relief is not None:
        dutiable = dutiable - sum((shipment.amount_of(part) for part in settled.relief.less), ZERO) if settled.relief.less else ZERO
    unstated = tuple(name for name in settled.wanted if _claimed_value(name, shipment) is None)
    base = BaseDuty(column, shipment.value, None, ZERO, unstated) if unstated else base_duty(line, column, dutiable, shipment)
    general: Decimal | None = base.exact
    if column.name == "special" and settled.compares_general:
        general = price_rate(line.general, dutiable, shipment)[0] if line.general.kind == "duty" else None
    charges: list[Charge] = []
    total: Decimal | None = base.amount
    known = half_up(base.known)
    missing = list(base.missing)
    for i in settled.applying if owed_only else range(len(measures)):
        decision = decisions[i]
        charge = settled.idle[i] or _charge(measures[i], decision, shipment, base, general)
        if unstated and any(part in CLAIMED_VALUES for part in decision.less):
            charge = Charge(measures[i], decision, None, None, None, unstated)
        charges.append(charge)
        if decision.outcome != "applies":
            continue
        if charge.missing:
            missing.extend(gap for gap in charge.missing if gap not in missing)
        if charge.amount is None:
            total = None
        elif charge.amount:
            total = None if total is None else total + charge.amount
            known += charge.amount
    return Assessment(base, tuple(charges), total, known, settled.prohibited, tuple(missing))


def _charge(measure: Measure, decision: Decision, shipment: Shipment, base: BaseDuty, general: Decimal | None) -> Charge:
    rate = measure.rate or FREE
    on = shipment.amount_of(measure.base) if measure.base != "quantity" else shipment.value
    if decision.less:
        on = max(ZERO, on - sum((shipment.amount_of(part) for part in decision.less), ZERO))
        if on == 0:
            return Charge(measure, Decision("exempt", decision.by_part[0]), ZERO, ZERO, None)
    if rate.kind == "total":
        target = rate.terms[0].amount
        column_1 = base.exact if measure.compares == "claimed" else general
        if column_1 is None:
            return Charge(measure, decision, on, None, None, base.missing)
        share = column_1 if on == shipment.value else column_1 * on / shipment.value
        exact = on * target / HUNDRED - share
        if exact <= 0:
            return Charge(measure, decision, on, ZERO, ZERO, (), True)
        return Charge(measure, decision, on, half_up(exact), (exact * HUNDRED / on).quantize(Decimal("0.0001")).normalize())
    exact_or_none, _, missing = price_rate(rate, on, shipment)
    if measure.effect == "minimum_price":
        if exact_or_none is None:
            return Charge(measure, decision, on, None, None, missing)
        return Charge(measure, decision, on, half_up(max(ZERO, exact_or_none - shipment.value)), None)
    if exact_or_none is None:
        return Charge(measure, decision, on, None, None, missing)
    return Charge(measure, decision, on, half_up(exact_or_none), rate.ad_valorem)


CLAIMED_VALUES = {"value_less_repair": "repair_value", "repair_value": "repair_value", "us_content": "us_content_value"}


def _claimed_value(name: str, shipment: Shipment) -> Decimal | None:
    value: Decimal | None = shipment.claims.repair_value if name == "repair_value" else shipment.stated.get("us_content_pct")
    return value


def choose_column(line: Line, origin_column_2: str | None, spi: str | None, why_spi: str) -> Column:
    """Column 2 for its countries; else the claimed special rate when the line has one; else column 1 general."""
    if origin_column_2 is not None:
        return Column("column_2", line.column_2, f"the country of origin is in column 2 ({origin_column_2})")
    if spi:
        special = line.special_rate(spi)
        if special is not None:
            return Column("special", special, why_spi, spi)
    return Column("general", line.general, "column 1 general rate")
