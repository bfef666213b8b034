"""Reads the books of a business, asks the duty engine for both laws, and puts the whole exposure together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from landed.duty.estimate import Engine
from landed.duty.request import read_country, read_day
from landed.errors import LandedError
from landed.problems import Problems
from landed.sourcing.exposure import (
    assess,
    at_risk,
    cash_in_duty,
    change,
    concentration,
    point_values,
    portfolio_break_even,
    revenue_stress,
    tornado,
)
from landed.sourcing.exposure_model import AtRisk, Exposure, Line, Reaction, ScenarioResult

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
LOT = Decimal(10_000)
COLUMNS = ("sku", "hts_code", "origin", "market", "price", "volume", "customs_value", "freight", "other", "elasticity", "duty_before_pct", "duty_after_pct", "weight_kg", "spi", "facts")
SETTINGS = (
    "on", "overlay", "before_on", "before_overlay", "border_pass_through", "price_form", "pass_through", "fixed_cost", "cash_days", "tail_pct", "stress_market",
    "border_low", "border_high", "pass_through_low", "pass_through_high", "elasticity_low", "elasticity_high",
)  # fmt: skip
# Ranges that studies of the 2018 and 2025 tariffs span: border (two federal reserve readings), retail (two store-price studies). Elasticity is a factor.
RANGES = {"border": ("0.86", "1"), "retail": ("0.14", "0.44"), "dollar": ("0", "1"), "elasticity": ("0.5", "1.5")}


@lru_cache(maxsize=24)
def _named(engine: Engine, overlay: str) -> Engine:
    """The engine under an overlay given as text, kept: a slider asks for the same laws again and again."""
    return engine.with_overlay(overlay)


def _under(engine: Engine, overlay: Any) -> Engine:
    return _named(engine, overlay) if isinstance(overlay, str) and overlay and _is_ready(overlay) else engine.with_overlay(overlay)


def _is_ready(overlay: str) -> bool:
    """Whether a text names a ready what-if; a file may change and is read each time."""
    from landed.lawbook.overlay import READY_NAME

    return bool(READY_NAME.fullmatch(overlay.strip().split(" ")[0]))


def exposure(document: Mapping[str, Any], engine: Engine) -> Exposure:
    """The exposure of a document (docs/exposure.md); raises LandedError INVALID_EXPOSURE with every problem in `errors`."""
    problems = Problems("INVALID_EXPOSURE")
    settings = _settings(document, problems)
    rows = _rows(document, "skus", problems)
    if not rows:
        problems.add("skus", "the table skus is empty", "Give at least one row.")
    base = [_line(row, f"skus[{n}]", engine, problems) for n, row in enumerate(rows, 1)]
    names = [line.sku for line in base]
    for n, name in enumerate(names, 1):
        if name and names.index(name) < n - 1:
            problems.add(f"skus[{n}].sku", f"{name!r} stands twice (also in row {names.index(name) + 1})", "Names are unique.")
    scenarios = _scenarios(document, problems)
    problems.raise_if_any()
    before_on, on = settings["before_on"] or settings["on"], settings["on"]
    lines = []
    laws = [(settings["before_overlay"], before_on), (settings["overlay"], on)]
    for n, (line, row) in enumerate(zip(base, rows, strict=True), 1):
        given = (line.duty_before_pct if row.get("duty_before_pct") not in (None, "") else None, line.duty_after_pct if row.get("duty_after_pct") not in (None, "") else None)
        rates = [known if known is not None else _rate(row, line, overlay, day, engine, f"skus[{n}]", problems) for known, (overlay, day) in zip(given, laws, strict=True)]
        lines.append(replace(line, duty_before_pct=rates[0], duty_after_pct=rates[1]))
    risky = []
    for k, (name, chance, overlay) in enumerate(scenarios, 1):
        under = [replace(line, duty_after_pct=_rate(row, line, overlay, on, engine, f"scenarios[{k}].overlay", problems)) for line, row in zip(lines, rows, strict=True)]
        risky.append((name, chance, under))
    problems.raise_if_any()
    return _answer(document, lines, settings, risky, engine, problems)


def _answer(document: Mapping[str, Any], lines: list[Line], settings: dict[str, Any], risky: list[Any], engine: Engine, problems: Problems) -> Exposure:
    reaction = Reaction(settings["border_pass_through"], settings["price_form"], settings["pass_through"])
    results = [assess(line, reaction) for line in lines]

    def total(name: str) -> Decimal:
        return sum((getattr(r, name) for r in results), ZERO)

    fixed = settings["fixed_cost"]
    before, after = total("contribution_before"), total("contribution_after")
    costs: dict[str, Decimal] = {}
    revenue: dict[str, Decimal] = {}
    duty_before = duty_after = ZERO
    for line, result in zip(lines, results, strict=True):
        costs[line.origin] = costs.get(line.origin, ZERO) + result.unit_cost_before * line.volume
        revenue[line.market] = revenue.get(line.market, ZERO) + line.price * line.volume
        duty_before += line.customs_value * line.duty_before_pct / HUNDRED * line.volume
        duty_after += (result.unit_cost_after - line.freight - line.other) * line.duty_after_pct / (HUNDRED + line.duty_after_pct) * result.volume_after
    falls = {}
    for n, row in enumerate(_rows(document, "markets", problems), 1):
        market = str(row.get("market") or "")
        if row.get("revenue") not in (None, ""):
            revenue[market] = problems.number(row["revenue"], f"markets[{n}].revenue") or ZERO
        if row.get("change_pct") not in (None, ""):
            falls[market] = problems.number(row["change_pct"], f"markets[{n}].change_pct", least=-HUNDRED) or ZERO
    problems.raise_if_any()
    outcome = None
    if risky:
        rows = [ScenarioResult(name, chance, before + change(under, reaction)) for name, chance, under in risky]
        quantile, mean = at_risk(before, [(r.probability, r.contribution) for r in rows], settings["tail_pct"] / HUNDRED)
        outcome = AtRisk(settings["tail_pct"], quantile, mean, tuple(rows))
    sold = sum((line.price * line.volume for line in lines), ZERO)
    market = settings["stress_market"] or (max(revenue, key=lambda m: revenue[m]) if revenue else "")
    stress = revenue_stress(revenue, falls, before / sold if sold else ZERO, before - fixed, market) if falls or settings["stress_market"] else None
    key = "retail" if reaction.form == "retail" else "dollar"
    ranges = {name: (settings[f"{name}_low"], settings[f"{name}_high"]) for name in ("border", "pass_through", "elasticity")}
    for name, (low, high) in list(ranges.items()):
        default = RANGES[key if name == "pass_through" else name]
        ranges[name] = (Decimal(default[0]) if low is None else low, Decimal(default[1]) if high is None else high)
    notes = ["before_reaction is duty alone; the other effects follow in the order supplier, price, volume and sum to the change to the cent."]
    if reaction.form == "retail":
        notes.append("Retail pass-through is a share of the tariff in the shelf price: what is full differs by product (retail_full_pass_through).")
    if all(line.elasticity == 0 for line in lines):
        notes.append("No elasticity is given: volume does not react. There is no universal value; give a range.")
    days = settings["cash_days"]
    return Exposure(
        lines=tuple(results), contribution_before=before, contribution_after=after, change=after - before, before_reaction=total("before_reaction"), duty_effect=total("duty_effect"),
        supplier_effect=total("supplier_effect"), price_effect=total("price_effect"), volume_effect=total("volume_effect"), result_before=before - fixed, result_after=after - fixed,
        duty_before=duty_before.quantize(Decimal("0.01")), duty_after=duty_after.quantize(Decimal("0.01")), break_even_tariff_pct=portfolio_break_even(lines, fixed), duty_point_value=point_values(lines),
        cash_in_duty_before=None if days is None else cash_in_duty(duty_before, days), cash_in_duty_after=None if days is None else cash_in_duty(duty_after, days),
        cost_by_origin=concentration(costs), revenue_by_market=concentration(revenue), tornado=tornado(lines, reaction, ranges), at_risk=outcome, stress=stress,
        law_version=engine.law.version, notes=tuple(notes),
    )  # fmt: skip


def _settings(document: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    raw = document.get("exposure") or {}
    if not isinstance(raw, Mapping):
        problems.add("exposure", "expected an object of settings", "See docs/exposure.md.")
        raw = {}
    for name in document:
        if name not in ("exposure", "skus", "markets", "scenarios"):
            problems.add(str(name), f"unknown table {str(name)!r}", "Known: exposure, skus, markets, scenarios.")
    for key in raw:
        if key not in SETTINGS:
            problems.add(f"exposure.{key}", f"unknown setting {str(key)!r}", f"Known: {', '.join(SETTINGS)}.")
    found: dict[str, Any] = {name: raw.get(name) or None for name in ("overlay", "before_overlay", "stress_market")}
    for name in ("on", "before_on"):
        try:
            found[name] = read_day(raw[name], f"exposure.{name}") if raw.get(name) else None
        except LandedError as bad:
            problems.add(bad.where, bad.detail, bad.mend)
            found[name] = None
    if found["on"] is None:
        found["on"] = date.today() if not raw.get("on") else None
    form = str(raw.get("price_form") or "dollar")
    if form not in ("retail", "dollar"):
        problems.add("exposure.price_form", f"expected retail or dollar, got {form[:40]!r}", "See docs/exposure.md for the two conventions.")
        form = "dollar"
    found["price_form"] = form
    limits: dict[str, tuple[str | None, str | None]] = {
        "border_pass_through": ("1", "2"), "pass_through": ("0.2" if form == "retail" else "0", "100"), "fixed_cost": ("0", None), "cash_days": (None, "3650"), "tail_pct": ("90", "99.99"),
        "border_low": (None, "2"), "border_high": (None, "2"), "pass_through_low": (None, "100"), "pass_through_high": (None, "100"), "elasticity_low": (None, "100"), "elasticity_high": (None, "100"),
    }  # fmt: skip
    for name, (default, most) in limits.items():
        value = problems.number(raw[name], f"exposure.{name}", most=None if most is None else Decimal(most)) if raw.get(name) not in (None, "") else None
        found[name] = value if value is not None else None if default is None else Decimal(default)
    return found


def _rows(document: Mapping[str, Any], name: str, problems: Problems) -> list[Mapping[str, Any]]:
    raw = document.get(name) or []
    if not isinstance(raw, (list, tuple)) or any(not isinstance(row, Mapping) for row in raw):
        problems.add(name, "expected a list of rows", "See docs/exposure.md.")
        return []
    return list(raw)


def _line(row: Mapping[str, Any], where: str, engine: Engine, problems: Problems) -> Line:
    for key in row:
        if key not in COLUMNS:
            problems.add(f"{where}.{key}", f"unknown column {str(key)!r}", f"Known: {', '.join(COLUMNS)}.")
    values = {}
    for name, above, needed in (("price", True, True), ("volume", True, True), ("customs_value", True, True), ("freight", False, False), ("other", False, False), ("elasticity", False, False), ("duty_before_pct", False, False), ("duty_after_pct", False, False)):
        if row.get(name) in (None, ""):
            if needed:
                problems.add(f"{where}.{name}", f"{name} is missing", "Fill the cell.")
            values[name] = ONE if needed else ZERO
        else:
            values[name] = problems.number(row[name], f"{where}.{name}", above=above, most=Decimal(10) ** 12) or (ONE if above else ZERO)
    if not str(row.get("sku") or "").strip():
        problems.add(f"{where}.sku", "the SKU is missing", "Fill the cell.")
    origin = ""
    try:
        origin = read_country(row.get("origin") or "", f"{where}.origin", engine.law)
    except LandedError as bad:
        problems.add(bad.where, bad.detail, bad.mend)
    needs_code = row.get("duty_before_pct") in (None, "") or row.get("duty_after_pct") in (None, "")
    if needs_code and not row.get("hts_code"):
        problems.add(f"{where}.hts_code", "the tariff code is missing", "Give it, or duty_before_pct and duty_after_pct.")
    return Line(str(row.get("sku") or "").strip(), origin, str(row.get("market") or "").strip() or "United States", **values)


def _rate(row: Mapping[str, Any], line: Line, overlay: Any, day: date | None, engine: Engine, where: str, problems: Problems) -> Decimal:
    """The duty of the product as a percent of its customs value under a law."""
    if not row.get("hts_code") or day is None:
        problems.add(where, "no tariff code to ask the law with", "Give hts_code.")
        return ZERO
    quantities = [{"value": str(LOT), "unit": "no"}]
    if row.get("weight_kg"):
        quantities.append({"value": str((problems.number(row["weight_kg"], f"{where}.weight_kg") or ZERO) * LOT), "unit": "kg"})
    value = (line.customs_value * LOT).quantize(Decimal("0.01"))
    try:
        answer = _under(engine, overlay).estimate(
            {"hts_code": str(row["hts_code"]), "country_of_origin": line.origin, "customs_value": str(value), "entry_date": day.isoformat(), "quantities": quantities, "claims": {"spi": row["spi"]} if row.get("spi") else {}, "facts": dict(row.get("facts") or {})},
            depth="duty",
        )
    except LandedError as bad:
        problems.add(where, f"{bad.code}: {bad.detail}", bad.mend)
        return ZERO
    if answer.totals.duty is None:
        problems.add(where, f"the duty of {line.sku} cannot be computed ({answer.status})", "Give weight_kg or facts, or the duty itself in duty_before_pct and duty_after_pct.")
        return ZERO
    return answer.totals.duty * HUNDRED / value


def _scenarios(document: Mapping[str, Any], problems: Problems) -> list[tuple[str, Decimal, Any]]:
    rows = _rows(document, "scenarios", problems)
    found = [(str(row.get("name") or f"scenario {n}"), problems.number(row.get("probability"), f"scenarios[{n}].probability", most=ONE) or ZERO, row.get("overlay") or None) for n, row in enumerate(rows, 1)]
    total = sum((chance for _, chance, _ in found), ZERO)
    if found and abs(total - ONE) > Decimal("0.000001"):
        problems.add("scenarios[1].probability", f"the probabilities sum to {total.normalize():f}, not 1", "Make them sum to 1.")
    return found
