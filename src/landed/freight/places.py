"""Sea ports by UN/LOCODE, airports by IATA code: looked up, refused with the nearest names, measured on the great circle."""

from __future__ import annotations

import difflib
import json
import re
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any

from landed.errors import LandedError
from landed.freight.model import Place
from landed.freight.reference import extra_required, rows

EARTH_KM = 6371.0088  # mean radius
KM_PER_NM = 1.852
_TERMINALS: set[str] = set()  # codes with a terminal of liner shipping, filled by ports()


@lru_cache(maxsize=1)
def ports() -> dict[str, Place]:
    """Every sea port with a position, by UN/LOCODE; raises EXTRA_REQUIRED."""
    try:
        import searoute
    except ImportError:
        raise extra_required("searoute") from None
    raw = json.loads((Path(searoute.__path__[0]) / "data" / "ports.geojson").read_text(encoding="utf-8"))
    found: dict[str, Place] = {}
    for feature in raw["features"]:
        said, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"]
        code = str(said.get("port") or "")
        if re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}", code) and code not in found:
            found[code] = Place(code, str(said["name"]), code[:2], "port", float(lat), float(lon), "searoute ports")
            if said.get("t"):
                _TERMINALS.add(code)
    for row in rows("port_positions"):
        found[row["unlocode"]] = Place(row["unlocode"], row["name"], row["unlocode"][:2], "port", float(row["lat"]), float(row["lon"]), row["source"])
    return found


def has_terminal(place: Place) -> bool:
    """Whether liner ships call at a port by the network's own port file."""
    ports()
    return place.code in _TERMINALS


@lru_cache(maxsize=1)
def airports() -> dict[str, Place]:
    """Every airport with an IATA code; raises EXTRA_REQUIRED."""
    try:
        import airportsdata
    except ImportError:
        raise extra_required("airportsdata") from None
    return {
        code: Place(code, f"{row['city']}, {row['name']}" if row["city"] else row["name"], row["country"], "airport", row["lat"], row["lon"], "airportsdata")
        for code, row in airportsdata.load("IATA").items()
    }


def great_circle_km(a: Place, b: Place) -> float:
    """Kilometres between two places over the sphere."""
    return haversine(a.lat, a.lon, b.lat, b.lon)


def haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres between two positions in degrees."""
    p1, p2 = radians(lat1), radians(lat2)
    h = sin((p2 - p1) / 2) ** 2 + cos(p1) * cos(p2) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(h)))


def find_port(text: str, where: str = "origin") -> Place:
    """A sea port by UN/LOCODE ("CNSHA") or by its name where only one port bears it.

    Raises UNKNOWN_PLACE with the three nearest names, NOT_A_SEA_PORT with the nearest ports and kilometres for an airport or
    inland code, AMBIGUOUS_PLACE where several ports bear the name, EXTRA_REQUIRED.
    """
    code = re.sub(r"[\s-]", "", text).upper()
    if code in ports():
        return ports()[code]
    named = [p for p in ports().values() if p.name.casefold() == text.strip().casefold()]
    if len(named) == 1:
        return named[0]
    if named:
        near = [_line(p) for p in named]
        raise LandedError("AMBIGUOUS_PLACE", f"{len(named)} ports are named {text.strip()!r}", where=where, mend=f"Give the code: {'; '.join(near)}.", near=near)
    inland = _inland(code)
    if inland is not None:
        raise not_a_sea_port(inland, where, f"{code} is {inland.name}, not a sea port")
    raise _unknown(text, code, ports(), where, "a UN/LOCODE of a sea port such as CNSHA")


def find_airport(text: str, where: str = "origin") -> Place:
    """An airport by IATA code ("PVG"), or by a UN/LOCODE whose last three letters are an airport of that country.

    Raises UNKNOWN_PLACE with the three nearest names, or with the nearest airports of a sea port; EXTRA_REQUIRED.
    """
    code = re.sub(r"[\s-]", "", text).upper()
    if code in airports():
        return airports()[code]
    inside = _inland(code)
    if inside is not None:
        return inside
    if code in ports():
        port = ports()[code]
        near = [f"{p.code} {p.name} ({km:,.0f} km)" for p, km in nearest(port, airports(), 3)]
        raise LandedError("NOT_AN_AIRPORT", f"{code} is the port of {port.name}, not an airport", where=where, mend=f"Nearest airports: {'; '.join(near)}.", near=near)
    raise _unknown(text, code, airports(), where, "an IATA airport code such as PVG")


def nearest_airport(port: Place) -> Place:
    """The large airport that serves a port: stated in the data where the nearest one is not it."""
    stated = {row["unlocode"]: row["iata"] for row in rows("air_gateways")}
    if port.code in stated:
        return airports()[stated[port.code]]
    own = airports().get(port.code[2:])
    if own is not None and own.country == port.country:
        return own
    international = {c: p for c, p in airports().items() if "International" in p.name}
    return nearest(port, international, 1)[0][0]


def nearest(place: Place, among: dict[str, Place], count: int) -> list[tuple[Place, float]]:
    """The nearest places with their kilometres, nearest first."""
    return sorted(((p, great_circle_km(place, p)) for p in among.values()), key=lambda pair: pair[1])[:count]


def not_a_sea_port(place: Place, where: str, detail: str) -> LandedError:
    """The error for a place that no sea ship reaches, with the nearest ports and their kilometres."""
    near = [f"{_line(p)} ({km:,.0f} km)" for p, km in nearest(place, {c: p for c, p in ports().items() if c != place.code and c in _TERMINALS}, 3)]
    return LandedError("NOT_A_SEA_PORT", detail, where=where, mend=f"Nearest ports: {'; '.join(near)}.", near=near)


def _inland(code: str) -> Place | None:
    """The airport that a code names, by itself or as country plus airport."""
    field = airports().get(code) if len(code) == 3 else airports().get(code[2:]) if len(code) == 5 else None
    return field if field is not None and (len(code) == 3 or field.country == code[:2]) else None


def _unknown(text: str, code: str, known: dict[str, Place], where: str, wanted: str) -> LandedError:
    country = {c: p for c, p in known.items() if p.country == code[:2]} if len(code) == 5 else {}
    by_code = difflib.get_close_matches(code, country or known, n=30, cutoff=0.5)
    by_code.sort(key=lambda c: (-difflib.SequenceMatcher(None, code, c).ratio(), c not in _TERMINALS))
    names: dict[str, str] = {}
    for c, p in known.items():
        names.setdefault(p.name.casefold(), c)
    by_name = [names[n] for n in difflib.get_close_matches(text.strip().casefold(), names, n=3, cutoff=0.75)]
    near = [_line(known[c]) for c in dict.fromkeys((*by_name, *by_code))][:3]
    if not near:
        near = [_line(p) for p in sorted((country or known).values(), key=lambda p: p.code)[:3]]
    return LandedError("UNKNOWN_PLACE", f"expected {wanted}, got {text[:40]!r}", where=where, mend=f"Nearest names: {'; '.join(near)}.", near=near)


def _line(place: Any) -> str:
    return f"{place.code} {place.name}"
