"""How to ship it: distances, load plans, quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Required, TypedDict

from landed.errors import LandedError
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
    )


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
