"""Reads a planning document (skus, suppliers, offers, lanes, scenarios, plan) and names everything wrong in it by row and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from landed.duty.request import read_country, read_day
from landed.errors import LandedError
from landed.lawbook.model import LawBook
from landed.problems import Problems
from landed.sourcing.model import Lane, Offer, PlanInput, Scenario, Settings, Sku, Supplier

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
MOST_UNITS = Decimal(10) ** 12
TABLES: dict[str, tuple[str, ...]] = {
    "skus": ("sku", "hts_code", "demand", "service_pct", "shortage_cost", "weight_kg", "volume_cbm", "max_supplier_share_pct", "facts", "quantities"),
    "suppliers": ("supplier", "country", "onboarding_cost", "max_value", "max_units"),
    "offers": ("offer", "sku", "supplier", "origin", "price", "breaks", "moq", "capacity", "lead_days", "freight_per_unit", "spi", "claims", "facts"),
    "lanes": ("origin", "per_cbm", "per_kg", "container_cbm", "container_cost"),
    "scenarios": ("name", "probability", "overlay", "arrival", "known_on"),
}
SETTINGS = (
    "arrival", "order_date", "holding_rate_pct", "risk_weight", "tail_pct", "gap_pct", "time_limit", "max_suppliers", "max_supplier_share_pct",
    "max_origin_share_pct", "origin_shares", "probability_shift_pct", "shipments", "whole_units", "transport_mode", "known_on",
)  # fmt: skip


def read_plan(document: Mapping[str, Any], law: LawBook) -> PlanInput:
    """A planning document as a `PlanInput`; raises LandedError INVALID_PLAN with all problems in `errors`."""
    return _Reader(document, law).read()


class _Reader:
    def __init__(self, document: Mapping[str, Any], law: LawBook) -> None:
        self.document, self.law = document, law
        self.problems = Problems("INVALID_PLAN")
        self.rows = {name: self._rows(name) for name in TABLES}

    def read(self) -> PlanInput:
        add = self.problems.add
        for name in self.document:
            if name not in TABLES and name != "plan":
                add(str(name), f"unknown table {str(name)!r}", f"Known: plan, {', '.join(TABLES)}.")
        for name in ("skus", "offers"):
            if not self.rows[name]:
                add(name, f"the table {name} is empty", "Give at least one row.")
        settings = self._settings()
        skus = tuple(self._sku(row, f"skus[{n}]") for n, row in enumerate(self.rows["skus"], 1))
        self._unique("skus", "sku")
        offers_named = [str(row.get("supplier") or "").strip() for row in self.rows["offers"]]
        suppliers = [self._supplier(row, f"suppliers[{n}]") for n, row in enumerate(self.rows["suppliers"], 1)]
        self._unique("suppliers", "supplier")
        named = {s.name for s in suppliers}
        if not self.rows["suppliers"]:  # without the table every name on an offer is a supplier without limits
            suppliers = [Supplier(name, None, ZERO, None, None) for name in dict.fromkeys(offers_named) if name]
            named = {s.name for s in suppliers}
        known = {s.name for s in skus} | {str(r.get("sku")).strip() for r in self.rows["skus"]}
        offers = tuple(self._offer(row, f"offers[{n}]", known, named) for n, row in enumerate(self.rows["offers"], 1))
        self._unique_offers(offers)
        for n, sku in enumerate(skus, 1):
            if not any(o.sku == sku.name for o in offers) and not self.problems.found:
                add(f"skus[{n}].sku", f"nobody offers {sku.name!r}", "Add an offer, or take the SKU out.")
        lanes = tuple(self._lane(row, f"lanes[{n}]") for n, row in enumerate(self.rows["lanes"], 1))
        scenarios = self._scenarios()
        self.problems.raise_if_any()
        return PlanInput(skus, tuple(suppliers), offers, lanes, scenarios, settings)

    def _rows(self, name: str) -> list[Mapping[str, Any]]:
        raw = self.document.get(name) or []
        if not isinstance(raw, (list, tuple)):
            self.problems.add(name, f"expected a list of rows, got a {type(raw).__name__}", "See docs/sourcing.md.")
            return []
        rows: list[Mapping[str, Any]] = []
        for n, row in enumerate(raw, 1):
            if not isinstance(row, Mapping):
                self.problems.add(f"{name}[{n}]", f"expected an object, got {str(row)[:40]!r}", "Give the fields by name.")
                continue
            for key in row:
                if key not in TABLES[name] and not re.fullmatch(r"(price|from)[ _]?\d+", str(key)):
                    self.problems.add(f"{name}[{n}].{key}", f"unknown column {str(key)!r}", f"Known: {', '.join(TABLES[name])}.")
            rows.append(row)
        return rows

    def _unique(self, table: str, key: str) -> None:
        seen: dict[str, int] = {}
        for n, row in enumerate(self.rows[table], 1):
            name = str(row.get(key) or "").strip()
            if name and name in seen:
                self.problems.add(f"{table}[{n}].{key}", f"{name!r} stands twice (also in row {seen[name]})", "Names are unique.")
            seen.setdefault(name, n)

    def _unique_offers(self, offers: tuple[Offer, ...]) -> None:
        seen: set[str] = set()
        for n, offer in enumerate(offers, 1):
            if offer.name in seen:
                self.problems.add(f"offers[{n}].offer", f"the offer {offer.name!r} stands twice", "Give each offer a name of its own in the column offer.")
            seen.add(offer.name)

    def _text(self, row: Mapping[str, Any], key: str, where: str) -> str:
        text = str(row.get(key) if row.get(key) is not None else "").strip()
        if not text:
            self.problems.add(f"{where}.{key}", f"{key} is missing", "Fill the cell.")
        return text

    def _amount(self, row: Mapping[str, Any], key: str, where: str, default: Decimal | None = None, *, most: Decimal | None = None, above: bool = False) -> Decimal | None:
        if row.get(key) in (None, ""):
            return default
        found = self.problems.number(row[key], f"{where}.{key}", most=most, above=above)
        return default if found is None else found

    def _country(self, raw: Any, where: str) -> str:
        try:
            return read_country(raw, where, self.law)
        except LandedError as bad:
            self.problems.add(where, bad.detail, bad.mend)
            return ""

    def _day(self, raw: Any, where: str) -> date | None:
        if raw in (None, ""):
            return None
        try:
            return read_day(raw, where)
        except LandedError as bad:
            self.problems.add(where, bad.detail, bad.mend)
            return None

    def _pairs(self, raw: Any, where: str) -> tuple[tuple[str, Any], ...]:
        """Facts or claims as an object, or as a text "name=value; name=value"."""
        if raw in (None, ""):
            return ()
        if isinstance(raw, Mapping):
            return tuple((str(k), v) for k, v in raw.items())
        found = []
        for part in re.split(r"[;,]", str(raw)):
            name, mark, value = part.partition("=")
            if part.strip() and not mark:
                self.problems.add(where, f"expected name=value, got {part.strip()[:40]!r}", "Such as metal_weight_pct=10; donation=no.")
            elif part.strip():
                found.append((name.strip(), value.strip()))
        return tuple(found)

    def _sku(self, row: Mapping[str, Any], where: str) -> Sku:
        name, code = self._text(row, "sku", where), self._text(row, "hts_code", where)
        demand = self.problems.number(row.get("demand"), f"{where}.demand", most=MOST_UNITS, above=True) if row.get("demand") not in (None, "") else None
        if row.get("demand") in (None, ""):
            self.problems.add(f"{where}.demand", "demand is missing", "Units needed; take the row out where nothing is needed.")
        if code and not re.fullmatch(r"[\d. ]{8,14}", code):
            self.problems.add(f"{where}.hts_code", f"expected a tariff code of 8 or 10 digits, got {code[:40]!r}", "Write it as the tariff prints it, leading zero included.")
        quantities = {unit: self.problems.number(value, f"{where}.quantities") for unit, value in self._pairs(row.get("quantities"), f"{where}.quantities")}
        return Sku(
            name,
            code,
            demand or ONE,
            self._amount(row, "service_pct", where, HUNDRED, most=HUNDRED) or ZERO,
            self._amount(row, "shortage_cost", where),
            self._amount(row, "weight_kg", where),
            self._amount(row, "volume_cbm", where),
            self._amount(row, "max_supplier_share_pct", where, HUNDRED, most=HUNDRED, above=True) or HUNDRED,
            self._pairs(row.get("facts"), f"{where}.facts"),
            tuple((unit, value) for unit, value in quantities.items() if value is not None),
        )

    def _supplier(self, row: Mapping[str, Any], where: str) -> Supplier:
        country = self._country(row["country"], f"{where}.country") if row.get("country") else None
        return Supplier(self._text(row, "supplier", where), country, self._amount(row, "onboarding_cost", where, ZERO) or ZERO, self._amount(row, "max_value", where), self._amount(row, "max_units", where))

    def _offer(self, row: Mapping[str, Any], where: str, skus: set[str], suppliers: set[str]) -> Offer:
        sku, supplier = self._text(row, "sku", where), self._text(row, "supplier", where)
        if sku and sku not in skus:
            self.problems.stranger(sku, skus, f"{where}.sku", "SKU of the table skus")
        if supplier and supplier not in suppliers:
            self.problems.stranger(supplier, suppliers, f"{where}.supplier", "supplier of the table suppliers")
        origin = self._country(row.get("origin") or "", f"{where}.origin")
        moq = self._amount(row, "moq", where, ZERO, most=MOST_UNITS) or ZERO
        capacity = self._amount(row, "capacity", where, most=MOST_UNITS)
        if capacity is not None and capacity < moq:
            self.problems.add(f"{where}.capacity", f"the capacity {capacity} is below the minimum order {moq}", "Correct one of the two.")
        lead = self.problems.whole(row["lead_days"], f"{where}.lead_days", most=1000) if row.get("lead_days") not in (None, "") else 0
        claims = self._pairs(row.get("claims"), f"{where}.claims")
        if row.get("spi"):
            claims += (("spi", str(row["spi"])),)
        name = str(row.get("offer") or "").strip() or f"{sku} / {supplier} / {origin}"
        return Offer(name, sku, supplier, origin, self._breaks(row, where, moq), moq, capacity, lead or 0, self._amount(row, "freight_per_unit", where), claims, self._pairs(row.get("facts"), f"{where}.facts"))

    def _breaks(self, row: Mapping[str, Any], where: str, moq: Decimal) -> tuple[tuple[Decimal, Decimal], ...]:
        """Price steps from `price`, from `breaks` ("1: 5.20; 500: 4.90", or [{from, price}]) or from columns `from 1`, `price 1`, ..."""
        raw = row.get("breaks")
        pairs: list[tuple[Any, Any]] = []
        if row.get("price") not in (None, ""):
            pairs.append((moq, row["price"]))
        if isinstance(raw, str):
            for part in raw.split(";"):
                mark, colon, price = part.partition(":")
                if part.strip():
                    pairs.append((mark, price) if colon else (None, part))
        elif isinstance(raw, (list, tuple)):
            pairs += [(r.get("from"), r.get("price")) if isinstance(r, Mapping) else tuple(r)[:2] if isinstance(r, (list, tuple)) and len(r) >= 2 else (None, r) for r in raw]
        numbers = sorted(int(m[1]) for key in row if (m := re.fullmatch(r"price[ _]?(\d+)", str(key))))
        for n in numbers:
            price = next(row[k] for k in (f"price {n}", f"price_{n}", f"price{n}") if k in row)
            pairs.append((next((row[k] for k in (f"from {n}", f"from_{n}", f"from{n}") if k in row), moq), price))
        column = "breaks" if raw is not None else "price 1" if numbers else "price"
        if not pairs:
            self.problems.add(f"{where}.price", "the price is missing", "Give price, or breaks such as 1: 5.20; 500: 4.90.")
            return ((ZERO, ONE),)
        found = []
        for mark, price in pairs:
            units = self.problems.number(mark if mark not in (None, "") else "no quantity", f"{where}.{column}", most=MOST_UNITS)
            amount = self.problems.number(price, f"{where}.{column}", above=True, most=MOST_UNITS)
            if units is not None and amount is not None:
                found.append((units, amount))
        found.sort()
        for (low, dear), (high, cheap) in pairwise(found):
            if low == high:
                self.problems.add(f"{where}.{column}", f"two prices from {low} units", "One price per quantity.")
            elif cheap > dear:
                self.problems.add(f"{where}.{column}", f"the price rises from {dear} to {cheap} at {high} units", "Prices fall or stay with quantity; swap the two.")
        return tuple(found) or ((ZERO, ONE),)

    def _lane(self, row: Mapping[str, Any], where: str) -> Lane:
        return Lane(self._country(row.get("origin") or "", f"{where}.origin"), self._amount(row, "per_cbm", where), self._amount(row, "per_kg", where), self._amount(row, "container_cbm", where, above=True), self._amount(row, "container_cost", where))

    def _scenarios(self) -> tuple[Scenario, ...]:
        rows = self.rows["scenarios"]
        if not rows:
            return (Scenario("the law as it stands", ONE),)
        found = []
        for n, row in enumerate(rows, 1):
            where = f"scenarios[{n}]"
            chance = self.problems.number(row.get("probability"), f"{where}.probability", most=ONE) if row.get("probability") not in (None, "") else None
            if row.get("probability") in (None, ""):
                self.problems.add(f"{where}.probability", "the probability is missing", "A number from 0 to 1; all of them sum to 1.")
            found.append(Scenario(self._text(row, "name", where), chance or ZERO, row.get("overlay") or None, self._day(row.get("arrival"), f"{where}.arrival"), self._day(row.get("known_on"), f"{where}.known_on")))
        total = sum((s.probability for s in found), ZERO)
        if abs(total - ONE) > Decimal("0.000001") and all(row.get("probability") not in (None, "") for row in rows):
            self.problems.add("scenarios[1].probability", f"the probabilities sum to {total.normalize():f}, not 1", "Make them sum to 1.")
        self._unique("scenarios", "name")
        return tuple(found)

    def _settings(self) -> Settings:
        raw = self.document.get("plan") or {}
        if not isinstance(raw, Mapping):
            self.problems.add("plan", "expected an object of settings", "See docs/sourcing.md.")
            raw = {}
        for key in raw:
            if key not in SETTINGS:
                self.problems.add(f"plan.{key}", f"unknown setting {str(key)!r}", f"Known: {', '.join(SETTINGS)}.")
        arrival, order = self._day(raw.get("arrival"), "plan.arrival"), self._day(raw.get("order_date"), "plan.order_date")
        if arrival is None and order is None and not all(row.get("arrival") for row in self.rows["scenarios"] or [{}]):
            self.problems.add("plan.arrival", "neither arrival nor order_date is given", "The day of entry decides the law: give arrival, or order_date to which lead times are added.")
        count = self.problems.whole(raw["max_suppliers"], "plan.max_suppliers", least=1, most=10_000) if raw.get("max_suppliers") not in (None, "") else None
        shipments = self.problems.whole(raw["shipments"], "plan.shipments", least=1, most=10_000) if raw.get("shipments") not in (None, "") else 1
        shares = tuple((self._country(c, "plan.origin_shares"), self.problems.number(v, "plan.origin_shares", most=HUNDRED) or ZERO) for c, v in self._pairs(raw.get("origin_shares"), "plan.origin_shares"))

        def amount(key: str, default: str, most: Decimal | None = HUNDRED) -> Decimal:
            found = self._amount(raw, key, "plan", Decimal(default), most=most)
            return Decimal(default) if found is None else found

        tail = amount("tail_pct", "90")
        if tail >= HUNDRED:
            self.problems.add("plan.tail_pct", "a tail of 100 percent holds nothing", "Give a percent below 100, such as 90.")
            tail = Decimal(90)
        return Settings(
            arrival, order, amount("holding_rate_pct", "0"), amount("risk_weight", "0", ONE), tail, amount("gap_pct", "0.1"), amount("time_limit", "60", Decimal(3600)), count,
            amount("max_supplier_share_pct", "100"), amount("max_origin_share_pct", "100"), shares, amount("probability_shift_pct", "50"), shipments or 1,
            str(raw.get("whole_units", True)).lower() not in ("false", "no", "0"), str(raw["transport_mode"]) if raw.get("transport_mode") else None, self._day(raw.get("known_on"), "plan.known_on"),
        )  # fmt: skip
