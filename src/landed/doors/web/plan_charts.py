"""What the page of plans draws: frontier, cost under each law, origins on the map, and what a what-if changes. Places are percents of their box."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from landed.doors.web import wording


def frontier(plan: Any) -> dict[str, Any] | None:
    """Plans by mean (across) and tail (up), one dot for the weights that give the same plan; None without a frontier."""
    points = plan.frontier
    if not points:
        return None
    means, tails = [float(p.mean) for p in points], [float(p.cvar) for p in points]
    wide, tall = (max(means) - min(means)) or 1.0, (max(tails) - min(tails)) or 1.0
    dots: dict[tuple[float, float], dict[str, Any]] = {}
    for point, mean, tail in zip(points, means, tails, strict=True):
        spot = (round(6 + 82 * (mean - min(means)) / wide, 2), round(8 + 76 * (tail - min(tails)) / tall, 2))
        dot = dots.setdefault(spot, {"x": spot[0], "y": spot[1], "weights": [], "point": point, "here": False})
        dot["weights"].append(f"{point.risk_weight.normalize():f}")
        dot["here"] = dot["here"] or (plan.mean_cost is not None and abs(point.mean - plan.mean_cost) < 1 and abs(point.cvar - plan.cvar) < 1)
    rows = sorted(dots.values(), key=lambda dot: dot["x"])
    for dot in rows:
        w = dot["weights"]
        dot["label"] = w[0] if len(w) == 1 else f"{w[0]} to {w[-1]}"
        shares = ", ".join(f"{name} {share:.0f}%" for name, share in dot["point"].shares)
        dot["told"] = f"Weight {dot['label']}: mean {wording.money(dot['point'].mean, cents=False)}, worst part {wording.money(dot['point'].cvar, cents=False)}; {shares}"
    line = " ".join(f"{dot['x']},{100 - dot['y']}" for dot in rows)
    return {"dots": rows, "line": line, "low_mean": min(points, key=lambda p: p.mean).mean, "high_mean": max(points, key=lambda p: p.mean).mean, "low_tail": min(points, key=lambda p: p.cvar).cvar, "high_tail": max(points, key=lambda p: p.cvar).cvar}


def outcomes(plan: Any) -> list[dict[str, Any]]:
    """Each law with the width of its parts in percent of the dearest."""
    top = max((float(o.total) for o in plan.outcomes), default=1.0) or 1.0
    rows = []
    for o in plan.outcomes:
        parts = [("goods", "goods", o.goods), ("freight", "freight", o.freight), ("duty", "duty", o.duty), ("fees", "entry fees", o.fees), ("money", "carrying, onboarding, shortage", o.carrying + o.onboarding + o.shortage)]
        rows.append({"o": o, "parts": [(kind, label, value, round(float(value or 0) * 100 / top, 2)) for kind, label, value in parts]})
    return rows


def origins(plan: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """Countries of origin shaded by their share of value."""
    shade = {}
    for code, share in plan.origin_shares:
        kind = str(min(5, 1 + int(share // 20)))
        shade[code] = (kind, f"{names.get(code, code)}: {share:.1f}% of value")
    return {"shade": shade, "legend": [(str(n + 1), f"{n * 20} to {n * 20 + 20}%") for n in range(5) if any(kind == str(n + 1) for kind, _ in shade.values())]}


def by_sku(plan: Any) -> list[dict[str, Any]]:
    """Allocations by product with the reason of each."""
    why = {w.sku: w for w in plan.why}
    found: dict[str, dict[str, Any]] = {}
    for a in plan.allocations:
        found.setdefault(a.sku, {"sku": a.sku, "rows": [], "why": why.get(a.sku)})["rows"].append(a)
    for name, reason in why.items():
        found.setdefault(name, {"sku": name, "rows": [], "why": reason})
    return list(found.values())


def difference(before: Any, after: Any) -> dict[str, Any]:
    """What a what-if changes: mean, tail, and who makes more or less of what."""
    if after.status == "infeasible":
        return {"infeasible": True, "clash": after.clash, "repairs": after.repairs}
    old = {(a.sku, a.supplier, a.origin): a.units for a in before.allocations}
    new = {(a.sku, a.supplier, a.origin): a.units for a in after.allocations}
    moved = []
    for key in {**old, **new}:
        change = new.get(key, Decimal(0)) - old.get(key, Decimal(0))
        if abs(change) >= 1:
            moved.append((*key, change))
    shares = dict(after.origin_shares)
    was = dict(before.origin_shares)
    return {
        "infeasible": False, "mean": (after.mean_cost or Decimal(0)) - (before.mean_cost or Decimal(0)), "mean_now": after.mean_cost, "tail": (after.cvar or Decimal(0)) - (before.cvar or Decimal(0)), "tail_now": after.cvar,
        "moved": sorted(moved), "proof": after.proof, "shares": [(code, was.get(code, Decimal(0)), shares.get(code, Decimal(0))) for code in dict.fromkeys([*was, *shares])],
    }  # fmt: skip
