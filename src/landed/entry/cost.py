"""Landed cost: every cost of an order shared to lines and units to the cent, with margin and break-even price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import Any

from landed.duty.estimate import Engine
from landed.duty.model import Warning_
from landed.duty.request import read_amount
from landed.duty.shipment import HUNDRED, ZERO, half_up
from landed.entry.allocate import allocate
from landed.entry.assess import estimate_entry
from landed.entry.cost_model import CostItem, LandedCost, LineCost, Margin, OrderCost, Terms
from landed.entry.currency import Rates
from landed.entry.model import EntryAnswer, LineAnswer
from landed.entry.read import SHARING
from landed.entry.terms import valuation_rules
from landed.entry.valuation import share_by
from landed.errors import LandedError

NAMED = ("brokerage", "bond", "drayage")
RATES = ("annual_rate_pct", "days", "fx_margin_pct", "tax_pct", "selling_costs_pct")
DAYS_OF_A_YEAR = Decimal(365)


def landed_cost(raw: Mapping[str, Any], *, engine: Engine | None = None, rates: Rates | None = None) -> LandedCost:
    """What an order costs to land: an entry document with a `cost` table (docs/landed-cost.md). US dollars.

    Raises what `estimate_entry` raises, INVALID_COST for the cost table, CANNOT_ALLOCATE where lines do not state what
    a sharing needs.
    """
    costs, terms = read_costs(raw.get("cost") or {})
    answer = estimate_entry({k: v for k, v in raw.items() if k != "cost"}, engine=engine, rates=rates)
    shares = [allocate(c.amount, share_by(c.by, [a.valued.line for a in answer.lines], [a.valued.price for a in answer.lines])) for c in costs]
    lines = [_line(a, answer, [(c, shares[k][n]) for k, c in enumerate(costs)], terms) for n, a in enumerate(answer.lines)]
    warnings = list(answer.warnings)
    if any(a.valued.line.incoterm is None for a in answer.lines):
        warnings.append(Warning_("INCOTERM_NOT_STATED", "Without an Incoterm the price is taken to hold no duty, and freight counts only where it is stated.", "State the incoterm."))
    warnings.extend(_freight_missing(answer))
    return LandedCost(
        lines=tuple(lines),
        items=_order_items(lines),
        total=_whole([row.total for row in lines]),
        known=sum((row.known for row in lines), ZERO),
        low=_whole([row.low for row in lines]),
        high=_whole([row.high for row in lines]),
        entry=answer,
        warnings=tuple(warnings),
    )


def read_costs(raw: object) -> tuple[list[OrderCost], Terms]:
    """The `cost` table: brokerage, bond and drayage (an amount, or {amount, by}), `other` rows, and the terms."""
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_COST", "expected a table", where="cost", mend="See docs/landed-cost.md.")
    unknown = sorted(set(map(str, raw)) - {*NAMED, *RATES, "other"})
    if unknown:
        raise LandedError("INVALID_COST", f"unknown field cost.{unknown[0]}", where=f"cost.{unknown[0]}", mend=f"Known fields: {', '.join((*NAMED, 'other', *RATES))}.")
    costs = [_cost(name, name.capitalize(), raw[name], f"cost.{name}") for name in NAMED if raw.get(name) not in (None, "")]
    others = raw.get("other") or ()
    for number, row in enumerate(others if isinstance(others, (list, tuple)) else [others]):
        where = f"cost.other[{number}]"
        if not isinstance(row, Mapping) or not row.get("label"):
            raise LandedError("INVALID_COST", "expected {label, amount, by}", where=where, mend="Name the cost.")
        costs.append(_cost("other", str(row["label"]), {k: v for k, v in row.items() if k != "label"}, where))
    found = {name: read_amount(raw[name], f"cost.{name}") for name in RATES if raw.get(name) not in (None, "")}
    if found.get("selling_costs_pct", ZERO) >= HUNDRED:
        raise LandedError("INVALID_COST", "selling costs reach the whole price", where="cost.selling_costs_pct", mend="Give a percent below 100.")
    return costs, Terms(**found)


def _cost(kind: str, label: str, raw: object, where: str) -> OrderCost:
    by = "value"
    if isinstance(raw, Mapping):
        unknown = sorted(set(map(str, raw)) - {"amount", "by"})
        by = str(raw.get("by") or "value").lower()
        if unknown or by not in SHARING:
            raise LandedError("INVALID_COST", f"expected amount and by ({', '.join(SHARING)}), got {unknown[0] if unknown else by!r}", where=where, mend="Such as {amount = \"180\", by = \"weight\"}.")
        raw = raw.get("amount")
    return OrderCost(kind, label, half_up(read_amount(raw, where)), by)


def _line(answer: LineAnswer, entry: EntryAnswer, shared: list[tuple[OrderCost, Decimal]], terms: Terms) -> LineCost:
    line, valued = answer.valued.line, answer.valued
    rules = valuation_rules()
    seller_pays = rules.terms[line.incoterm].in_price if line.incoterm else ()
    delivered = "customs_duties" in seller_pays
    identified = sum((c.amount for c in valued.charges if c.inside and c.deducted), ZERO)
    items = [CostItem("goods", "Goods", valued.price - identified, because="invoice price" + (" less the charges shown beside it" if identified else ""))]
    if valued.additions:
        items.append(CostItem("additions", "Assists, royalties and other additions", valued.additions))
    for charge in valued.charges:
        # A charge inside the price that was not identified stays in the goods: counting it again would double it.
        if not charge.inside or charge.deducted:
            items.append(CostItem(charge.kind, rules.charges[charge.kind].title, charge.amount, because="in the price" if charge.inside else "beside the price"))
    items.extend(_duties(answer, delivered))
    items.extend(_fees(answer, entry, delivered))
    if answer.estimate.totals.taxes is None:
        items.append(CostItem("taxes", "Internal revenue tax", None, "seller" if delivered else "buyer", "may be due on goods of this chapter; not priced here"))
    items.extend(CostItem(cost.kind, cost.label, share) for cost, share in shared)
    if line.currency != "USD" and terms.fx_margin_pct:
        items.append(CostItem("fx", "Exchange margin", half_up(valued.price * terms.fx_margin_pct / HUNDRED), because=f"{terms.fx_margin_pct}% on {line.currency}"))
    if terms.annual_rate_pct and terms.days:
        amount = half_up(valued.price * terms.annual_rate_pct / HUNDRED * terms.days / DAYS_OF_A_YEAR)
        items.append(CostItem("financing", "Financing", amount, because=f"{terms.annual_rate_pct}% a year on the price for {terms.days} days"))
    known = sum((i.amount or ZERO for i in items if i.payer == "buyer"), ZERO)
    total = None if any(i.amount is None and i.payer == "buyer" for i in items) else known
    if terms.tax_pct:
        tax = None if total is None else half_up(total * terms.tax_pct / HUNDRED)
        items.append(CostItem("tax", "Domestic tax", tax, because=f"{terms.tax_pct}% of the landed cost"))
        known, total = known + (tax or ZERO), None if total is None or tax is None else total + tax
    sums = answer.estimate.totals
    low, high = _range(total, sums.duty, sums.duty_low, terms, delivered), _range(total, sums.duty, sums.duty_high, terms, delivered)
    quantity = line.quantity if line.quantity else None
    unit = None if total is None or quantity is None else (total / quantity).quantize(Decimal("0.0001"))
    return LineCost(
        number=answer.number,
        reference=line.reference,
        hts_code=answer.estimate.hts_code,
        origin=answer.estimate.country_of_origin,
        quantity=quantity,
        items=tuple(items),
        total=total,
        known=known,
        low=low,
        high=high,
        per_unit=unit,
        margin=None if line.selling_price is None else margin(line.selling_price, None if total is None or quantity is None else total / quantity, terms.selling_costs_pct),
    )


def _duties(answer: LineAnswer, delivered: bool) -> list[CostItem]:
    """Duty by programme: the tariff line's own, then each heading with an amount; unknown stays unknown."""
    payer = "seller" if delivered else "buyer"
    found = []
    for component in answer.duties:
        amount = component.amount
        if component.status == "applies" and amount:
            label = "duty of the tariff line" if component.kind == "base" else component.label
            found.append(CostItem("duty", f"{component.heading} {component.rate_text}: {label}", amount, payer, component.because))
    totals = answer.estimate.totals
    if totals.duty is None:
        found.append(CostItem("duty", "Duty not yet known", None, payer, "an amount cannot be computed: see the questions"))
    elif not found:
        found.append(CostItem("duty", "Duty", ZERO, payer, "free, and no added duties"))
    return found


def _fees(answer: LineAnswer, entry: EntryAnswer, delivered: bool) -> list[CostItem]:
    place = next(n for n, line in enumerate(entry.lines) if line.number == answer.number)
    payer = "seller" if delivered else "buyer"
    return [CostItem("fees", f"{item.label} ({item.class_code})", item.shares[place], payer, item.because) for item in entry.fees if item.amount is None or item.shares[place]]


def _range(total: Decimal | None, duty: Decimal | None, bound: Decimal | None, terms: Terms, delivered: bool) -> Decimal | None:
    if total is None or duty is None or bound is None:
        return None
    change = ZERO if delivered else bound - duty
    return total + change + half_up(change * terms.tax_pct / HUNDRED)


def margin(selling_price: Decimal, unit_cost: Decimal | None, selling_costs_pct: Decimal = ZERO) -> Margin:
    """Profit and margin of one unit at a selling price, and the price (to the cent, rounded up) that just covers its cost."""
    if unit_cost is None:
        return Margin(selling_price, None, None, None)
    kept = (HUNDRED - selling_costs_pct) / HUNDRED
    profit = selling_price * kept - unit_cost
    percent = None if not selling_price else (profit * HUNDRED / selling_price).quantize(Decimal("0.01"))
    return Margin(selling_price, profit.quantize(Decimal("0.0001")), percent, (unit_cost / kept).quantize(Decimal("0.01"), ROUND_CEILING))


def _order_items(lines: list[LineCost]) -> tuple[CostItem, ...]:
    """The order's items: the lines' items of one kind and label summed; unknown when any line's is."""
    found: dict[tuple[str, str, str], CostItem] = {}
    for row in lines:
        for item in row.items:
            key = (item.kind, item.label, item.payer)
            before = found.get(key)
            amount = item.amount if before is None else None if before.amount is None or item.amount is None else before.amount + item.amount
            found[key] = replace(item, amount=amount)
    kinds = list(dict.fromkeys(item.kind for item in found.values()))
    return tuple(sorted(found.values(), key=lambda item: kinds.index(item.kind)))


def _whole(parts: list[Decimal | None]) -> Decimal | None:
    return None if any(p is None for p in parts) else sum((p for p in parts if p is not None), ZERO)


def _freight_missing(answer: EntryAnswer) -> list[Warning_]:
    """Freight that the buyer pays under the Incoterm but nobody stated: the landed cost lacks it."""
    rules = valuation_rules()
    silent = [
        str(a.number)
        for a in answer.lines
        if not any(c.kind == "freight" for c in a.valued.charges) and not (a.valued.line.incoterm and "freight" in rules.terms[a.valued.line.incoterm].in_price)
    ]
    if not silent:
        return []
    return [Warning_("FREIGHT_NOT_STATED", f"International freight of line {', '.join(silent)} is not stated and not in the landed cost.", "Add a freight charge (an estimate will do: it never lowers the customs value).")]
