"""Distances and days: by sea over a dated routing scenario, by air on the great circle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from landed.duty.model import Warning_
from landed.errors import LandedError
from landed.freight.model import Place
from landed.freight.places import KM_PER_NM, find_airport, find_port, great_circle_km, has_terminal, haversine, not_a_sea_port
from landed.freight.reference import decimal, extra_required, figures

TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a stage: the middle, and what nine of ten shipments keep."""

    p50: Decimal
    p90: Decimal


@dataclass(frozen=True, slots=True)
class Distance:
    """How far it is and how long it takes. `path` holds (lon, lat) positions of the route."""

    mode: str
    origin: Place
    destination: Place
    km: float
    nautical_miles: float
    basis: str
    days: Days | None
    scenario: str = ""
    scenario_title: str = ""
    passages: tuple[str, ...] = ()
    path: tuple[tuple[float, float], ...] = ()
    source: str = ""
    warnings: tuple[Warning_, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; the path as a GeoJSON LineString."""
        from landed.freight.encode import to_json

        found: dict[str, Any] = to_json(self)
        found["km"], found["nautical_miles"] = round(self.km), round(self.nautical_miles)
        found["path"] = {"type": "LineString", "coordinates": [list(p) for p in self.path]}
        return found


def scenario_on(day: date) -> str:
    """The routing scenario that most container ships followed on a day of departure."""
    held = [row for row in figures("routing")["periods"] if row["from"] <= day]
    return str((held or figures("routing")["periods"])[-1 if held else 0]["scenario"])


def sea_distance(origin: Place, destination: Place, scenario: str) -> Distance:
    """The sea route between two ports under a routing scenario.

    Raises SAME_PLACE, UNKNOWN_SCENARIO, NOT_A_SEA_PORT (a position farther from the sea network than the snap limit),
    NO_SEA_ROUTE (the scenario closes every way), EXTRA_REQUIRED.
    """
    rules = figures("routing")
    if scenario not in rules["scenarios"]:
        raise LandedError("UNKNOWN_SCENARIO", f"expected one of {', '.join(rules['scenarios'])}, got {scenario!r}", where="routing", mend="Choose one, or leave it out for the day's own.")
    if origin.code == destination.code:
        raise LandedError("SAME_PLACE", f"origin and destination are both {origin.code}", where="destination", mend="Name two places.")
    km, path, passages = _path((origin.lon, origin.lat), (destination.lon, destination.lat), _barred(origin, destination, scenario))
    if not path:
        raise LandedError("NO_SEA_ROUTE", f"no sea route from {origin.code} to {destination.code} under {scenario}", where="routing", mend="Choose another scenario or port.")
    warnings = []
    for place, end, where in ((origin, path[0], "origin"), (destination, path[-1], "destination")):
        off = haversine(place.lat, place.lon, end[1], end[0])
        if off > float(rules["snap_limit_km"]) and has_terminal(place) and off <= float(rules["terminal_snap_limit_km"]):
            warnings.append(Warning_("FAR_FROM_SEA_NETWORK", f"{place.code} {place.name} lies {off:,.0f} km from the sea network; that part is a straight line.", "Take the distance as rough."))
        elif off > float(rules["snap_limit_km"]):
            raise not_a_sea_port(place, where, f"{place.code} {place.name} lies {off:,.0f} km from the sea network")
    north = max(point[1] for point in path)
    if north > float(rules["arctic_limit_lat"]) and max(origin.lat, destination.lat) < float(rules["arctic_limit_lat"]):
        raise LandedError("NO_SEA_ROUTE", f"the network leads north of {rules['arctic_limit_lat']} degrees, where liners do not sail", where="routing", mend="Choose another port.")
    return Distance(
        mode="ocean",
        origin=origin,
        destination=destination,
        km=km,
        nautical_miles=km / KM_PER_NM,
        basis="sea_network",
        days=sea_days(km / KM_PER_NM),
        scenario=scenario,
        scenario_title=str(rules["scenarios"][scenario]["title"]),
        passages=passages,
        path=path,
        source="searoute network; positions: " + origin.source,
        warnings=tuple(warnings),
    )


def air_distance(origin: Place, destination: Place) -> Distance:
    """The great circle between two airports; raises SAME_PLACE."""
    if origin.code == destination.code:
        raise LandedError("SAME_PLACE", f"origin and destination are both {origin.code}", where="destination", mend="Name two places.")
    km = great_circle_km(origin, destination)
    main = figures("transit")["stages"]["air"]["main"]
    return Distance(
        mode="air",
        origin=origin,
        destination=destination,
        km=km,
        nautical_miles=km / KM_PER_NM,
        basis="great_circle",
        days=Days(decimal(main["p50"]), decimal(main["p90"])),
        path=((origin.lon, origin.lat), (destination.lon, destination.lat)),
        source="great circle; positions: airportsdata",
    )


def distance(origin: str, destination: str, *, mode: str = "ocean", routing: str = "", on: date | None = None) -> Distance:
    """How far and how long from one code to another. `routing` names a scenario; without it the one of the day `on` (or today).

    Raises what `find_port`, `find_airport`, `sea_distance` and `air_distance` raise.
    """
    if mode == "air":
        return air_distance(find_airport(origin, "origin"), find_airport(destination, "destination"))
    day = on or date.today()
    found = sea_distance(find_port(origin, "origin"), find_port(destination, "destination"), routing or scenario_on(day))
    if routing or day <= figures("routing")["verified_through"]:
        return found
    from dataclasses import replace

    late = Warning_("ROUTING_NOT_VERIFIED", f"The routing of {day} is taken to be that of {figures('routing')['verified_through']}.", "Name the scenario with routing, or ask the carrier.")
    return replace(found, warnings=(*found.warnings, late))


def sea_days(nautical_miles: float) -> Days:
    """Days from port to port over a distance: sailing at liner speed, and days of ports and waiting."""
    rule = figures("transit")["sea"]
    p50 = decimal(nautical_miles) / (24 * decimal(rule["speed_knots"])) + decimal(rule["port_days"])
    return Days(_tenth(p50), _tenth(p50 * decimal(rule["p90_over_p50"])))


def in_a_row(*stages: Days) -> Days:
    """Stages one after another: middles add, spreads add as the root of the sum of squares."""
    p50 = sum((s.p50 for s in stages), Decimal(0))
    spread = sum(((s.p90 - s.p50) ** 2 for s in stages), Decimal(0)).sqrt()
    return Days(_tenth(p50), _tenth(p50 + spread))


def stage_days(service: str, stage: str) -> Days:
    """Days before, after or of the main leg of a service."""
    row = figures("transit")["stages"][service][stage]
    return Days(decimal(row["p50"]), decimal(row["p90"]))


def _tenth(days: Decimal) -> Decimal:
    return days.quantize(TENTH, ROUND_HALF_UP)


def _barred(origin: Place, destination: Place, scenario: str) -> tuple[str, ...]:
    rules = figures("routing")
    row = rules["scenarios"][scenario]
    barred = [*rules["always_barred"], *row["bars"]]
    for passage, region in (row.get("bars_beyond") or {}).items():
        west, east = rules["regions"][region]["lon"]
        if not any(west <= place.lon <= east for place in (origin, destination)):
            barred.append(passage)
    return tuple(barred)


@lru_cache(maxsize=4096)
def _path(start: tuple[float, float], end: tuple[float, float], barred: tuple[str, ...]) -> tuple[float, tuple[tuple[float, float], ...], tuple[str, ...]]:
    """Kilometres, positions and passages of the shortest way; an empty path where there is none."""
    import warnings

    try:
        from searoute import searoute
    except ImportError:
        raise extra_required("searoute") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns where no way is left; the empty path says the same
        found = searoute(list(start), list(end), units="km", restrictions=list(barred), return_passages=True)
    points = tuple((round(float(lon), 4), round(float(lat), 4)) for lon, lat, *_ in found.geometry.coordinates)
    # The ends are joined by straight lines: the network begins off the port.
    ends = 0.0 if not points else haversine(start[1], start[0], points[0][1], points[0][0]) + haversine(end[1], end[0], points[-1][1], points[-1][0])
    passages = tuple(sorted(found.properties.get("traversed_passages") or ()))
    return float(found.properties["length"]) + ends, points, passages
