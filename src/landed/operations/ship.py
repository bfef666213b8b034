"""How to ship it: distances, load plans, quotes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

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
