"""A chart of routes over coasts: Mercator, cut to the routes, whole across the date line."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from landed.doors.web import charts

A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796  # Equal Earth, in which the outlines are kept
HALF, TOP = 2.7066, 1.3173  # half of the projected width and height of the globe
NORTH, SOUTH = 76.0, -60.0  # degrees shown at most
WIDE = 1000.0  # units of the drawing
FLATTEST, TALLEST = 0.42, 0.72  # height as a share of the width
_TOKEN = re.compile(r"[Mlz]|-?\d+")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A route on the chart: its path, its kind (sea or air), and what is told about it."""

    kind: str
    path: str
    told: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A named place on the chart."""

    x: float
    y: float
    name: str
    end: bool  # written to the left of its dot


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, in units of a box `width` by `height`."""

    width: float
    height: float
    land: str
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]


def _geographic(x: float, y: float, width: float) -> Point:
    """Longitude and latitude of a point of the kept outlines."""
    scale = 2 * HALF / width
    up = TOP - y * scale
    t = up / A1
    for _ in range(8):
        f = A4 * t**9 + A3 * t**7 + A2 * t**3 + A1 * t - up
        t -= f / (9 * A4 * t**8 + 7 * A3 * t**6 + 3 * A2 * t**2 + A1)
    slope = 9 * A4 * t**8 + 7 * A3 * t**6 + 3 * A2 * t**2 + A1
    lon = math.degrees((x * scale - HALF) * 3 * slope / (2 * math.sqrt(3) * math.cos(t)))
    lat = math.degrees(math.asin(max(-1.0, min(1.0, 2 * math.sin(t) / math.sqrt(3)))))
    return lon, lat


def _north(lat: float) -> float:
    """Mercator's height of a latitude, in degrees."""
    bounded = math.radians(max(SOUTH - 12, min(NORTH + 4, lat)))
    return math.degrees(math.log(math.tan(math.pi / 4 + bounded / 2)))


@lru_cache(maxsize=1)
def coasts() -> tuple[tuple[Point, ...], ...]:
    """Rings of land as (longitude, Mercator height) in degrees."""
    world = charts.world()
    width = float(world["width"])
    rings: list[tuple[Point, ...]] = []
    for path in world["shapes"].values():
        ring: list[Point] = []
        x = y = 0
        tokens = _TOKEN.findall(path)
        n = 0
        while n < len(tokens):
            token = tokens[n]
            if token in "Mlz":
                n += 1
                if token == "M":
                    ring = []
                    x, y = int(tokens[n]), int(tokens[n + 1])
                    ring.append((x, y))
                    n += 2
                elif token == "z":
                    rings.append(tuple((lon, _north(lat)) for lon, lat in (_geographic(a, b, width) for a, b in ring)))
                continue
            x, y = x + int(tokens[n]), y + int(tokens[n + 1])
            ring.append((x, y))
            n += 2
    return tuple(rings)


def unwound(path: Sequence[Point]) -> list[Point]:
    """Longitudes without a jump at the date line."""
    found: list[Point] = []
    for lon, lat in path:
        while found and lon - found[-1][0] > 180:
            lon -= 360
        while found and lon - found[-1][0] < -180:
            lon += 360
        found.append((lon, lat))
    return found


def great_circle(a: Point, b: Point, pieces: int = 64) -> list[Point]:
    """Points of the shortest way between two places."""

    def vector(lon: float, lat: float) -> tuple[float, float, float]:
        p, q = math.radians(lat), math.radians(lon)
        return math.cos(p) * math.cos(q), math.cos(p) * math.sin(q), math.sin(p)

    v, w = vector(*a), vector(*b)
    angle = math.acos(max(-1.0, min(1.0, sum(i * j for i, j in zip(v, w, strict=True)))))
    if angle < 1e-6:
        return [a, b]
    found: list[Point] = []
    for n in range(pieces + 1):
        f, g = (math.sin((1 - n / pieces) * angle) / math.sin(angle), math.sin(n / pieces * angle) / math.sin(angle))
        x, y, z = (f * i + g * j for i, j in zip(v, w, strict=True))
        found.append((math.degrees(math.atan2(y, x)), math.degrees(math.asin(max(-1.0, min(1.0, z))))))
    return unwound(found)


def chart(routes: Sequence[tuple[str, Sequence[Point], str]], places: Sequence[tuple[float, float, str]]) -> Chart:
    """The chart of routes (kind, points as longitude and latitude, what is told) and of named places (longitude, latitude, name)."""
    drawn = [(kind, unwound(path), told) for kind, path, told in routes if len(path) > 1]
    if drawn:  # every route is laid beside the first one
        middle = drawn[0][1][len(drawn[0][1]) // 2][0]
        drawn = [(kind, _beside(path, middle), told) for kind, path, told in drawn]
    points = [(lon, _north(lat)) for _, path, _ in drawn for lon, lat in path]
    if not points:
        points = [(lon, _north(lat)) for lon, lat, _ in places] or [(0.0, 0.0)]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    span = max(max(east - west, 24.0) * 1.16, (high - low) * 1.2 / TALLEST)
    west = (west + east) / 2 - span / 2
    tall = max((high - low) * 1.2, span * FLATTEST)
    top = (low + high) / 2 + tall / 2
    scale, height = WIDE / span, tall * WIDE / span

    def at(lon: float, up: float) -> Point:
        return round((lon - west) * scale, 1), round((top - up) * scale, 1)

    land = []
    for ring in coasts():
        for shift in (-360, 0, 360):
            xs = [lon + shift for lon, _ in ring]
            if max(xs) < west or min(xs) > west + span or max(u for _, u in ring) < top - tall or min(u for _, u in ring) > top:
                continue
            land.append(_path([at(x, up) for x, (_, up) in zip(xs, ring, strict=True)]) + "z")
    lines = tuple(Line(kind, _path([at(lon, _north(lat)) for lon, lat in path]), told) for kind, path, told in drawn)
    centre = west + span / 2
    marks = []
    for lon, lat, name in places:
        near = min((lon + shift for shift in (-360, 0, 360)), key=lambda each: abs(each - centre))
        x, y = at(near, _north(lat))
        marks.append(Mark(x, y, name, x > WIDE * 0.7))
    return Chart(WIDE, round(height, 1), "".join(land), lines, tuple(marks))


def _beside(path: list[Point], middle: float) -> list[Point]:
    own = path[len(path) // 2][0]
    shift = 360 * round((middle - own) / 360)
    return [(lon + shift, lat) for lon, lat in path]


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
