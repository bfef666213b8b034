"""Estimates the main carriage from dated index points: which lane, which point, how far it may be off. Old figures are never called current."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from landed.duty.model import Warning_
from landed.errors import LandedError
from landed.freight.model import Place
from landed.freight.places import find_port
from landed.freight.reference import decimal, figures, rows
from landed.freight.routes import sea_distance

DAYS_OF_A_MONTH = Decimal("30.4")


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """One published value: US dollars for a 40' container, a kilogram or a cubic metre on a lane and day."""

    index: str
    on: date
    lane: str
    usd: Decimal
    unit: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class MainRate:
    """The main carriage of one unit (40' container, kg or m3): US dollars, range in percent, and where it comes from."""

    usd: Decimal
    unit: str
    lane: str
    plus_minus_pct: Decimal
    source: str
    as_of: date
    ratio: Decimal
    warnings: tuple[Warning_, ...]


@lru_cache(maxsize=1)
def index_points() -> tuple[IndexPoint, ...]:
    """The shipped index points, oldest first."""
    found = (IndexPoint(r["index"], date.fromisoformat(r["date"]), r["lane"], Decimal(r["usd"]), r["unit"], r["source"], r["confidence"]) for r in rows("index_points"))
    return tuple(sorted(found, key=lambda p: (p.on, p.index)))


def lane_of(service: str, origin: Place, destination: Place) -> str:
    """The index lane of a service between two places; raises NO_INDEX_LANE."""
    rules = figures("lanes")
    for name in rules["by_service"].get(service, ()):
        lane = rules["lanes"][name]
        if origin.country in rules["regions"][lane["from"]] and _to(destination, lane["to"]):
            return str(name)
    raise LandedError(
        "NO_INDEX_LANE", f"no index at hand prices {service} from {origin.name} ({origin.country}) to {destination.name} ({destination.country})", where="origin", mend="Upload a rate sheet, or name a lane and its price with index.",
    )


def main_rate(service: str, origin: Place, destination: Place, on: date, *, scenario: str, given: Mapping[str, Decimal] | None = None) -> MainRate:
    """What one unit of main carriage costs on a day, from the nearest earlier index point (or the one that the caller gives).

    Raises NO_INDEX_LANE, and NO_INDEX_POINT where the lane has no value up to that day.
    """
    rules = figures("lanes")
    given = given or {}
    unknown = sorted(set(given) - set(rules["lanes"]))
    if unknown:
        raise LandedError("NO_INDEX_LANE", f"no lane is named {unknown[0]!r}", where="index", mend=f"Lanes: {', '.join(rules['lanes'])}.")
    lane = lane_of(service, origin, destination)
    unit = str(rules["lanes"][lane]["unit"])
    ratio = _ratio(lane, origin, destination, scenario) if unit != "kg" else Decimal(1)
    fresh = decimal(rules["range_pct"]["fresh"])
    if lane in given:
        return MainRate(_cents(given[lane] * ratio), unit, lane, fresh, f"{lane} as you gave it", on, ratio, ())
    earlier = [p for p in index_points() if p.lane == lane and p.on <= on]
    if not earlier:
        raise LandedError("NO_INDEX_POINT", f"no value of {lane} is at hand for {on} or before", where="index", mend=f"Give one: {lane} in US dollars a {unit}.")
    day = earlier[-1].on
    same = [p for p in earlier if p.on == day]
    value = sum((p.usd for p in same), Decimal(0)) / len(same)
    age = (on - day).days
    warnings = []
    if age > int(rules["old_after_days"]):
        warnings.append(Warning_("INDEX_OLD", f"The last value of {lane} at hand is of {day}, {age} days before {on}: it is not the current price.", f"Give a current one with index {lane}=USD, or upload a rate sheet."))
    if same[0].confidence == "low":
        warnings.append(Warning_("INDEX_WEAK", f"The value of {lane} comes from one undated page.", "Ask a forwarder."))
    weak = Decimal(10) if same[0].confidence == "low" else Decimal(0)
    source = f"{', '.join(sorted({p.index for p in same}))} {lane} of {day} ({same[0].source})"
    return MainRate(_cents(value * ratio), unit, lane, range_pct(age) + weak, source, day, ratio, tuple(warnings))


def range_pct(age_days: int) -> Decimal:
    """Plus and minus, in percent, that an index value of this age deserves."""
    rule = figures("lanes")["range_pct"]
    return min(decimal(rule["most"]), decimal(rule["fresh"]) + decimal(rule["a_month"]) * Decimal(age_days) / DAYS_OF_A_MONTH).quantize(Decimal("0.1"))


def backtest() -> list[tuple[int, Decimal, bool]]:
    """Each later point of an index foretold from each earlier one of it: (age in days, error in percent, inside the range)."""
    found = []
    for late in index_points():
        for early in index_points():
            if early.index == late.index and early.lane == late.lane and early.on < late.on:
                age = (late.on - early.on).days
                error = (late.usd / early.usd - 1) * 100
                found.append((age, error, abs(error) <= range_pct(age)))
    return found


def _ratio(lane: str, origin: Place, destination: Place, scenario: str) -> Decimal:
    rules = figures("lanes")
    first, last = (find_port(code) for code in rules["lanes"][lane]["reference"])
    if (first.code, last.code) == (origin.code, destination.code):
        return Decimal(1)
    whole = sea_distance(first, last, scenario).km
    ratio = Decimal(str(sea_distance(origin, destination, scenario).km)) / Decimal(str(whole))
    return max(decimal(rules["ratio"]["least"]), min(decimal(rules["ratio"]["most"]), ratio)).quantize(Decimal("0.001"))


def _to(place: Place, region: str) -> bool:
    coast = figures("lanes")["coast"]
    if place.country != coast["country"]:
        return False
    west = place.lon < float(coast["west_of"])
    return region == "us" or (region == "us_west") == west


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
