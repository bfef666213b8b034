"""Builds src/landed/doors/web/data/world.json (country outlines, Equal Earth projection) from the npm packages world-atlas and i18n-iso-countries.

Natural Earth's data are in the public domain. Run: python tests/web/make_world.py NODE_MODULES OUT
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

WIDTH = 1000.0
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
ROOT3 = math.sqrt(3)
HALF = 2.7066  # half of the projected width of the globe
TOP = 1.3173  # half of its height


def project(lon: float, lat: float) -> tuple[float, float]:
    """Equal Earth coordinates scaled to a map `WIDTH` wide."""
    t = math.asin(ROOT3 / 2 * math.sin(math.radians(lat)))
    t2, t6 = t * t, t**6
    x = 2 * ROOT3 * math.radians(lon) * math.cos(t) / (3 * (9 * A4 * t6 * t2 + 7 * A3 * t6 + 3 * A2 * t2 + A1))
    y = A4 * t**9 + A3 * t**7 + A2 * t**3 + A1 * t
    return (x + HALF) * WIDTH / (2 * HALF), (TOP - y) * WIDTH / (2 * HALF)


def arcs_of(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        found.append(points)
    return found


def rings(geometry: dict[str, Any], arcs: list[list[tuple[float, float]]]) -> list[list[tuple[float, float]]]:
    polygons = {"Polygon": [geometry.get("arcs", [])], "MultiPolygon": geometry.get("arcs", [])}.get(geometry["type"], [])
    found = []
    for polygon in polygons:
        for ring in polygon:
            points: list[tuple[float, float]] = []
            for number in ring:
                part = arcs[number] if number >= 0 else arcs[~number][::-1]
                points.extend(part if not points else part[1:])
            found.append(points)
    return found


def pieces(ring: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """A ring of longitudes and latitudes, cut in two where it crosses the antimeridian."""
    whole = [ring[0]]
    for lon, lat in ring[1:]:
        while lon - whole[-1][0] > 180:
            lon -= 360
        while lon - whole[-1][0] < -180:
            lon += 360
        whole.append((lon, lat))
    found = []
    for shift in (-360.0, 0.0, 360.0):
        if any(-180 < lon + shift < 180 for lon, _ in whole):
            found.append([(min(max(lon + shift, -180.0), 180.0), lat) for lon, lat in whole])
    return found


def area(points: list[tuple[float, float]]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True))) / 2


def path(points: list[tuple[float, float]]) -> str:
    shown = [(round(x * 2), round(y * 2)) for x, y in points]  # half units keep coasts apart
    kept = [p for n, p in enumerate(shown) if n == 0 or p != shown[n - 1]]
    if len(kept) < 4:
        return ""
    x, y = kept[0]
    text = f"M{x} {y}l"
    for nx, ny in kept[1:]:
        dx, dy = nx - x, ny - y
        text += f"{'' if text.endswith('l') or dx < 0 else ' '}{dx}{'' if dy < 0 else ' '}{dy}"
        x, y = nx, ny
    return text + "z"


def main(modules: Path, out: Path) -> None:
    codes = {row[2]: row[0] for row in json.loads((modules / "i18n-iso-countries/codes.json").read_text())}
    shapes: dict[str, str] = {}
    dots: dict[str, list[int]] = {}
    for name, tiny in (("countries-110m.json", False), ("countries-50m.json", True)):
        topology = json.loads((modules / "world-atlas" / name).read_text())
        arcs = arcs_of(topology)
        for geometry in topology["objects"]["countries"]["geometries"]:
            code = codes.get(str(geometry.get("id", "")).zfill(3))
            if geometry.get("properties", {}).get("name") == "Kosovo":
                code = "XK"
            if not code or code == "AQ" or code in shapes:
                continue
            projected = [[project(*p) for p in piece] for ring in rings(geometry, arcs) for piece in pieces(ring)]
            if not projected:
                continue
            if tiny:
                largest = max(projected, key=area)
                dots[code] = [round(sum(p[0] for p in largest) / len(largest) * 2), round(sum(p[1] for p in largest) / len(largest) * 2)]
            else:
                shapes[code] = "".join(path(ring) for ring in projected)
    body = {"source": "Natural Earth 1:110m and 1:50m, public domain; Equal Earth projection", "width": 2000, "height": 973, "shapes": dict(sorted(shapes.items())), "dots": dict(sorted(dots.items()))}
    out.write_text(json.dumps(body, separators=(",", ":")) + "\n")
    print(len(shapes), "shapes", len(dots), "dots", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
