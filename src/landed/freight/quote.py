"""Quotes one service for a shipment: legs with days and emissions, charges from the rate sheet or the estimator, the range of the cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from landed.duty.model import Warning_
from landed.entry.terms import valuation_rules
from landed.errors import LandedError
from landed.freight.charges import ZERO, Quantities, charge, measure, totals
from landed.freight.emissions import by_scope, emission
from landed.freight.index_rates import main_rate
from landed.freight.load.model import LoadPlan, container
from landed.freight.load.plan import plan_load
from landed.freight.model import Charge, Emission, Leg, Place, Quote, QuoteKind, Service
from landed.freight.places import find_airport, find_port, nearest_airport
from landed.freight.rate_sheet import sheet_charges
from landed.freight.reference import decimal, figures
from landed.freight.request import Asked
from landed.freight.routes import Days, Distance, air_distance, in_a_row, scenario_on, sea_distance, stage_days

SEA = ("fcl", "lcl")


def quote(asked: Asked, service: Service, *, seconds: float = 0.6) -> Quote:
    """One way to ship, priced. An ESTIMATE rests on index and assumed figures, INDICATIVE on an uploaded sheet or a live range, BOOKABLE on an offer.

    Raises LandedError where the way is not open or cannot be priced: NO_INDEX_LANE, NO_INDEX_POINT, NEEDS_CARRIER_QUOTE (dangerous
    or temperature-controlled goods), TOO_HEAVY_FOR_EXPRESS, ITEM_TOO_LARGE, and what places and routes raise.
    """
    ship = asked.shipment
    special = [i.name for i in ship.items if i.un_number or i.temperature_c is not None]
    gross = sum((i.gross_kg * i.quantity for i in ship.items), Decimal(0))
    limit = decimal(figures("surcharges")["express_limit_kg"])
    if service == "express" and gross > limit:
        raise LandedError("TOO_HEAVY_FOR_EXPRESS", f"{gross:,.0f} kg is above {limit:,} kg", where="items", mend="Take air freight.")
    way, origin, destination = _way(asked, service)
    plan, equipment, teu = _equipment(asked, service, destination, seconds)
    counted = measure(ship.items, service, equipment, teu, ship.cargo_value)
    warnings = list(way.warnings)
    charges: Sequence[Charge] | None = sheet_charges(asked.sheet, service, origin.code, destination.code, equipment, ship.ready_date, counted, ship.incoterm, "rate sheet") if asked.sheet else None
    kind: QuoteKind = "INDICATIVE"
    provider = "rate sheet"
    assumptions: list[str] = []
    until: date | None = None
    if charges is None and asked.live is not None and not special and (live := _live(asked, service, origin, destination, equipment, counted)) is not None:
        charges, kind, provider, assumptions = live
    if charges is None:
        if special:
            raise LandedError("NEEDS_CARRIER_QUOTE", f"{special[0]} is dangerous or temperature-controlled; no estimate is made", where="items", mend="Ask a carrier, or upload a rate sheet.")
        charges, found, assumptions = _estimate(asked, service, origin, destination, way, equipment, counted)
        warnings += found
        kind, provider = "ESTIMATE", "estimator"
    else:
        until = min(c.valid_until for c in charges if c.valid_until)
        assumptions.append(f"Prices are those of {'the uploaded sheet' if provider == 'rate sheet' else provider}; what it does not list is not in the cost.")
    days = _stages(service, way)
    if valuation_rules().terms[ship.incoterm].mode == "sea" and service not in SEA:
        warnings.append(Warning_("INCOTERM_NOT_FOR_MODE", f"{ship.incoterm} is a rule for sea transport.", "Use FCA, CPT, CIP or another rule for any mode."))
    if ship.need_by and _day(ship.ready_date, days[2].p90) > ship.need_by:
        warnings.append(Warning_("MAY_BE_LATE", f"One shipment in ten or more arrives after {ship.need_by}: nine of ten by {_day(ship.ready_date, days[2].p90)}.", "Ship earlier, or take a faster way."))
    if plan is not None:
        warnings += plan.warnings
    legs = _legs(service, way, origin, destination, counted, asked.carrier_emissions.get(service))
    sums = totals(charges, asked.exchange_rates)
    return Quote(
        kind=kind,
        provider=provider,
        service=service,
        equipment=tuple(equipment.items()),
        legs=legs,
        charges=tuple(charges),
        low=sums["low"],
        mid=sums["amount"],
        high=sums["high"],
        valid_until=until,
        port_p50=_day(ship.ready_date, days[1].p50),
        port_p90=_day(ship.ready_date, days[1].p90),
        door_p50=_day(ship.ready_date, days[2].p50),
        door_p90=_day(ship.ready_date, days[2].p90),
        kg_co2e=by_scope(legs),
        load_plan=plan,
        assumptions=tuple(assumptions),
        exclusions=("demurrage and detention", "examination by customs", "emissions of roads whose length is not stated"),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _live(
    asked: Asked, service: Service, origin: Place, destination: Place, equipment: Mapping[str, int], counted: Quantities
) -> tuple[Sequence[Charge], QuoteKind, str, list[str]] | None:
    """Charges of a live source, None where none has a price. A BOOKABLE price has been offered, an INDICATIVE one is a range."""
    from landed.freight.carriers.rates import Asking

    assert asked.live is not None
    ship = asked.shipment
    offer = asked.live.offer(Asking(service, origin, destination, loading_day(ship.ready_date, service), equipment, counted))
    if offer is None:
        return None
    on = min(r.valid_from for r in offer.rows)
    charges = sheet_charges(offer.rows, service, origin.code, destination.code, equipment, on, counted, ship.incoterm, offer.provider)
    return None if charges is None else (charges, offer.kind, offer.provider, list(offer.words))


def loading_day(ready: date, service: Service) -> date:
    """The day on which goods are likely on board: ready and the middle of the days before the main leg."""
    return _day(ready, stage_days(service, "before").p50)


def _way(asked: Asked, service: Service) -> tuple[Distance, Place, Place]:
    ship = asked.shipment
    if service in SEA:
        origin, destination = find_port(ship.origin, "origin"), find_port(ship.destination, "destination")
        on = loading_day(ship.ready_date, service)
        found = sea_distance(origin, destination, ship.routing or scenario_on(on))
        return found, origin, destination
    return air_distance(origin := _airport(ship.origin, "origin"), destination := _airport(ship.destination, "destination")), origin, destination


def _airport(text: str, where: str) -> Place:
    """The airport of a place; a sea port stands for the airport that serves it."""
    try:
        return nearest_airport(find_port(text, where))
    except LandedError as no_port:
        try:
            return find_airport(text, where)
        except LandedError:
            raise no_port from None


def _equipment(asked: Asked, service: Service, destination: Place, seconds: float) -> tuple[LoadPlan | None, Mapping[str, int], Decimal]:
    if service != "fcl":
        return None, {}, Decimal(0)
    plan = plan_load(asked.shipment.items, country=destination.country, seconds=seconds)
    teu = sum((container(code).teu * count for code, count in plan.equipment), Decimal(0))
    return plan, dict(plan.equipment), teu


def _estimate(
    asked: Asked, service: Service, origin: Place, destination: Place, way: Distance, equipment: Mapping[str, int], counted: Quantities
) -> tuple[list[Charge], list[Warning_], list[str]]:
    ship, data = asked.shipment, figures("surcharges")
    found: list[Charge] = []
    warnings: list[Warning_] = []
    said = ["Charges beside the main carriage are assumed, no tariff was read."]
    if service != "express":
        rate = main_rate(service, origin, destination, asked.as_of, scenario=way.scenario, given=asked.index)
        warnings += rate.warnings
        said.append(f"Main carriage from {rate.source}, plus or minus {rate.plus_minus_pct} percent" + (f", times {rate.ratio} for the distance" if rate.ratio != 1 else "") + ".")
        about = {"incoterm": ship.incoterm, "kind": "INDEX", "source": rate.source, "as_of": rate.as_of.isoformat(), "plus_minus_pct": rate.plus_minus_pct}
        if service == "fcl":
            factors = figures("lanes")["size_factor"]
            for code, count in equipment.items():
                unit = (rate.usd * decimal(factors[code])).quantize(Decimal("0.01"))
                found.append(charge("BAS", "PER_CONTAINER", unit, Decimal(count), name=f"Ocean freight {container(code).name}", **about))  # type: ignore[arg-type]
        else:
            found.append(charge("BAS", "PER_WM" if service == "lcl" else "PER_KG_CHARGEABLE", rate.usd, counted.weight_or_measure if service == "lcl" else counted.chargeable_kg, **about))  # type: ignore[arg-type]
    else:
        warnings.append(Warning_("RATE_ASSUMED", "The express price a kilogram is assumed; no carrier's zone table was read.", "Ask the carrier, or upload a rate sheet."))
    for row in data["rows"][service]:
        quantity = counted.of(row["basis"], found[0].amount if found else ZERO)
        if row["basis"] == "PER_CONTAINER_DAY":
            quantity = Decimal(counted.containers * int(row["days"]))
        found.append(_assumed(row, quantity or ZERO, ship.incoterm, data))
    if asked.insure and ship.cargo_value is not None:
        found.append(_assumed(data["insurance"], ship.cargo_value, ship.incoterm, data))
    elif asked.insure:
        said.append("Insurance is not in the cost: the value of the goods is not stated.")
    return found, warnings, said


def _assumed(row: Mapping[str, str], quantity: Decimal, incoterm: str, data: Mapping[str, object]) -> Charge:
    return charge(
        row["code"], row["basis"], decimal(row["unit_price"]), quantity, incoterm=incoterm, kind="ASSUMED", source=str(data["source"]), as_of=str(data["as_of"]), plus_minus_pct=decimal(row["plus_minus_pct"]),  # type: ignore[arg-type]
    )  # fmt: skip


def _stages(service: Service, way: Distance) -> tuple[Days, Days, Days]:
    """Days to the ship, to the port or airport of arrival, to the door."""
    before, after = stage_days(service, "before"), stage_days(service, "after")
    main = way.days if service in SEA else stage_days(service, "main")
    assert main is not None
    return before, in_a_row(before, main), in_a_row(before, main, after)


def _legs(service: Service, way: Distance, origin: Place, destination: Place, counted: Quantities, said: Emission | None = None) -> tuple[Leg, ...]:
    """The legs of a way; what the carrier says of its emissions (`said`) takes the place of ours."""
    before, after = stage_days(service, "before"), stage_days(service, "after")
    main = way.days if service in SEA else stage_days(service, "main")
    assert main is not None
    mode = "ocean" if service in SEA else "air" if service == "air" else "parcel"
    tonnes = counted.gross_kg / 1000
    basis = "sea_network" if service in SEA else "great_circle"
    return (
        Leg(1, "road", "door", origin.code, None, "road_estimate", before.p50, before.p90, "to the port" if service in SEA else "to the airport"),
        Leg(2, mode, origin.code, destination.code, round(way.km, 1), basis, main.p50, main.p90, way.scenario_title, emission=said or emission(mode, tonnes, way.km, basis)),  # type: ignore[arg-type]
        Leg(3, "road", destination.code, "door", None, "road_estimate", after.p50, after.p90, "customs and delivery"),
    )


def _day(start: date, days: Decimal) -> date:
    return start + timedelta(days=int(days.to_integral_value(ROUND_CEILING)))


