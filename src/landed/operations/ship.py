"""How to ship it: distances, load plans, quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal, Required, TypedDict

from landed.errors import LandedError
from landed.freight.choose import Choice
from landed.freight.load.model import LoadPlan
from landed.freight.routes import Distance
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class DistanceRequest:
    """Two places, how to travel between them, and the routing of ships."""

    origin: Annotated[str, "UN/LOCODE or name of a sea port (CNSHA), or an IATA code with mode air (PVG)"]
    destination: Annotated[str, "as origin"]
    mode: Annotated[Literal["ocean", "air"], "default ocean"] = "ocean"
    routing: Annotated[str, "suez_open, cape, panama_restricted or cape_panama_restricted; default what ships did on the day"] = ""
    on: Annotated[date | None, "day of departure; default today"] = None


@operation(name="ship_distance", summary="How far and how many days from port to port or airport to airport", method="GET", path="/v1/freight/distances", scope="freight")
def ship_distance(request: DistanceRequest) -> Distance:
    """Kilometres, nautical miles, days (middle and nine of ten), passages and the path of a sea route under a dated routing scenario, or the
    great circle between airports.

    Raises LandedError: UNKNOWN_PLACE (three nearest names), NOT_A_SEA_PORT and NOT_AN_AIRPORT (nearest ports with kilometres), AMBIGUOUS_PLACE,
    SAME_PLACE, UNKNOWN_SCENARIO, NO_SEA_ROUTE, EXTRA_REQUIRED.
    """
    from landed.freight.routes import distance

    return distance(request.origin, request.destination, mode=request.mode, routing=request.routing, on=request.on)


MOST_SECONDS = 60.0


class LoadRequest(TypedDict, total=False):
    """Pieces to be loaded (docs/freight.md); `items` is required."""

    items: Required[Annotated[list[dict[str, Any]], "name, quantity, size ('60x40x30 cm'), gross_kg of one piece; this_way_up, upright, stackable, max_load_on_top_kg"]]
    container: Annotated[str, "ISO type: 22G1, 42G1, 45G1, L5G1; default the cheapest mix"]
    containers: Annotated[int, "load this many and name what is left; default as many as it takes"]
    destination_country: Annotated[str, "ISO 3166 alpha-2: brings its road limits"]
    seconds: Annotated[float, "time to search; default 2, at most 60"]
    solver: Annotated[str, "packingsolver: ask that solver too (extra packing); default none"]


@operation(name="ship_load", summary="Which containers, what stands where, and the loading list", method="POST", path="/v1/freight/load-plans", scope="freight")
def ship_load(request: LoadRequest) -> LoadPlan:
    """A load plan: every piece fully supported, standing as it may, within payload and road limit, checked by an independent validator.

    Millimetres and kilograms. Raises LandedError: INVALID_CARGO (every bad item in `errors`: INVALID_VALUE, SUSPECT_UNITS), ITEM_TOO_LARGE,
    ITEM_TOO_HEAVY, UNKNOWN_CONTAINER, TOO_MANY_CONTAINERS.
    """
    from landed.freight.cargo import read_items
    from landed.freight.load.plan import plan_load

    known(request, LoadRequest)
    containers = whole(request.get("containers"), "containers")
    try:
        seconds = float(request.get("seconds") or 2.0)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 < seconds <= MOST_SECONDS:
        raise LandedError("INVALID_REQUEST", f"expected seconds above 0 and up to {MOST_SECONDS:.0f}, got {str(request.get('seconds'))[:20]!r}", where="seconds", mend="Leave it out for 2.")
    return plan_load(
        read_items(request.get("items")),
        container_code=str(request.get("container") or "").upper(),
        country=str(request.get("destination_country") or "").upper(),
        seconds=seconds,
        containers=containers,
        solver=str(request.get("solver") or ""),
    )


class ShipQuoteRequest(TypedDict, total=False):
    """A shipment to be priced by every way (docs/freight.md); origin, destination and items are required."""

    origin: Required[Annotated[str, "UN/LOCODE or name of the port of loading; an IATA code does for air alone"]]
    destination: Required[Annotated[str, "as origin"]]
    items: Required[Annotated[list[dict[str, Any]], "name, quantity, size ('60x40x30 cm'), gross_kg of one piece, ..."]]
    goods: Annotated[list[dict[str, Any]], "[{hts_code, country_of_origin, price, quantities, claims, facts}]: what duty is asked of"]
    incoterm: Annotated[str, "Incoterms 2020 rule of the sale; default FOB"]
    ready_date: Annotated[str, "day on which the goods are ready, ISO 8601; default as_of"]
    need_by: Annotated[str, "day on which they are needed at the door"]
    as_of: Annotated[str, "day of asking; default today"]
    modes: Annotated[Any, "among fcl, lcl, air, express; default all"]
    routing: Annotated[str, "suez_open, cape, panama_restricted or cape_panama_restricted"]
    cargo_value: Annotated[Any, "US dollars; default the sum of the goods"]
    index: Annotated[dict[str, Any], "US dollars by index lane, which take the place of the shipped points"]
    rates: Annotated[list[dict[str, Any]], "rows of a rate sheet, which take the place of the estimate"]
    exchange_rates: Annotated[dict[str, Any], "US dollars for one unit, by currency of the sheet"]
    annual_rate_pct: Annotated[Any, "yearly cost of the money tied up; default 10"]
    insure: Annotated[bool, "whether cargo insurance is in the cost; default true"]
    carrier_emissions: Annotated[dict[str, Any], "the carrier's own figure of the main leg by service: {fcl: {kg_co2e, scope: WTW or TTW, carrier}}; takes the place of ours"]
    live: Annotated[bool, "ask the live price sources of carriers.toml; default false"]


@operation(name="ship_quote", summary="Every way to ship compared: landed cost, arrival, emissions, and the law a late ship would meet", method="POST", path="/v1/freight/quotes", scope="freight")
def ship_quote(request: ShipQuoteRequest) -> Choice:
    """Full container, less than a container, air and express side by side: charges with their payer, days (middle and nine of ten), emissions, money
    tied up, duty on the middle and on the late day of entry; the Pareto set, and a recommendation with its reason.

    Money is US dollars. An estimate never changes the customs value. Raises LandedError: INVALID_REQUEST, INVALID_DATE, INVALID_INCOTERM, INVALID_CARGO,
    INVALID_RATE_SHEET, UNKNOWN_PLACE, NO_WAY_OPEN (each reason in `ways`), ENTRY_LINES_INVALID (goods), EXTRA_REQUIRED.
    """
    from landed.freight.choose import choose
    from landed.freight.request import read_request
    from landed.operations.engine import engine

    if str(request.get("live", "")).lower() not in ("true", "1", "yes"):
        return choose(read_request({k: v for k, v in request.items() if k != "live"} if isinstance(request, Mapping) else request), engine())
    from landed.duty.model import Warning_
    from landed.freight.carriers.rates import live_rates

    live = live_rates()
    found = choose(replace(read_request({k: v for k, v in request.items() if k != "live"}), live=live), engine())
    notes = live.notes or ([] if live.sources else ["carriers.toml names no source of live prices."])
    return replace(found, warnings=(*found.warnings, *(Warning_("NO_LIVE_PRICE", f"No live price: {note}", "See docs/carriers.md.") for note in notes)))


QUOTE_TEMPLATE: dict[str, list[list[Any]]] = {
    "Shipment": [["name", "value"], ["origin", "CNSHA"], ["destination", "USLAX"], ["incoterm", "FOB"], ["ready_date", ""], ["need_by", ""]],
    "Items": [["name", "quantity", "size", "gross_kg", "this_way_up", "stackable", "max_load_on_top_kg"], ["carton", 400, "60x40x40 cm", 9, "true", "true", None]],
    "Goods": [["hts_code", "country_of_origin", "price"]],
}


def rate_sheet_template() -> dict[str, list[list[Any]]]:
    """The rate sheet to fill in: its columns with an example of three rows."""
    from landed.freight.rate_sheet import COLUMNS, example

    return {"Rates": [list(COLUMNS), *[[row[c] for c in COLUMNS] for row in example()]]}


def known(request: object, shape: type) -> None:
    """Refuse what is no object, and fields that the shape does not know."""
    if not isinstance(request, Mapping):
        raise LandedError("INVALID_REQUEST", f"expected an object, got {type(request).__name__}", mend="Send an object with named fields.")
    fields = shape.__annotations__
    unknown = sorted(set(map(str, request)) - set(fields))
    if unknown:
        raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0]!r}", where=unknown[0], mend=f"Known fields: {', '.join(fields)}.")


def whole(raw: object, where: str) -> int | None:
    """A whole number above zero, or None where nothing is given."""
    if raw in (None, ""):
        return None
    if isinstance(raw, bool) or not str(raw).isdigit() or not 0 < int(str(raw)) <= 1000:
        raise LandedError("INVALID_REQUEST", f"expected a whole number from 1 to 1000, got {str(raw)[:20]!r}", where=where, mend="Leave it out, or count.")
    return int(str(raw))
