"""From the invoice to the entered value: currency, additions, and the deductions that law allows (19 U.S.C. 1401a)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from landed.duty.model import Warning_
from landed.duty.request import read_amount
from landed.entry.allocate import allocate
from landed.entry.currency import Rate, Rates, to_dollars
from landed.entry.model import Charge, Entry, EntryLine, LandedCharge, ValuedLine, ValueStep
from landed.entry.read import at_line, lines_invalid
from landed.entry.terms import ChargeRule, Term, ValuationRules, valuation_rules
from landed.errors import LandedError

ZERO = Decimal("0.00")
SHARING = {"weight": "weight_kg", "volume": "volume_m3", "quantity": "quantity"}


def value_entry(entry: Entry, rates: Rates) -> tuple[ValuedLine, ...]:
    """Every line's transaction value in US dollars, with the steps that lead to it.

    Charges and additions of the whole shipment are shared among the lines first, to the cent. Raises
    ENTRY_LINES_INVALID naming each line whose value cannot be had (no rate, freight above value, ...).
    """
    rules = valuation_rules()
    prices: list[tuple[Decimal, Rate]] = []
    errors = []
    for line in entry.lines:
        try:
            rate = rates.find(line.currency, line.export_date, line.exchange_rate, "currency")
            prices.append((to_dollars(line.price, rate), rate))
        except LandedError as bad:
            errors.append(at_line(bad, line.number).to_dict())
    if errors:
        raise lines_invalid(errors)
    shared = _shared_charges(entry, rates, [price for price, _ in prices])
    added = _shared_additions(entry, rates, [price for price, _ in prices], rules)
    found = []
    for n, line in enumerate(entry.lines):
        try:
            found.append(_value(line, entry, rates, rules, *prices[n], shared[n], added[n]))
        except LandedError as bad:
            errors.append(at_line(bad, line.number).to_dict())
    if errors:
        raise lines_invalid(errors)
    return tuple(found)


def share_by(by: str, lines: Sequence[EntryLine], prices: Sequence[Decimal]) -> list[Decimal]:
    """The weights that share an amount among lines by value, weight, volume or quantity.

    Raises CANNOT_ALLOCATE naming the line that does not state what the sharing needs.
    """
    if by == "value":
        return list(prices)
    name = SHARING[by]
    for line in lines:
        if getattr(line, name) is None:
            raise LandedError("CANNOT_ALLOCATE", f"line {line.number} states no {name}", where=f"line {line.number}, {name}", mend=f"State {name} on every line, or share by value.")
    return [getattr(line, name) for line in lines]


def _shared_charges(entry: Entry, rates: Rates, prices: list[Decimal]) -> list[list[tuple[Charge, Decimal]]]:
    shares: list[list[tuple[Charge, Decimal]]] = [[] for _ in entry.lines]
    for number, charge in enumerate(entry.charges):
        where = f"charges[{number}]"
        amount = to_dollars(charge.amount, rates.find(charge.currency, entry.header.export_date, charge.exchange_rate, f"{where}.currency"))
        for n, share in enumerate(allocate(amount, share_by(charge.by, entry.lines, prices))):
            shares[n].append((charge, share))
    return shares


def _shared_additions(entry: Entry, rates: Rates, prices: list[Decimal], rules: ValuationRules) -> list[list[tuple[str, Decimal]]]:
    shares: list[list[tuple[str, Decimal]]] = [[] for _ in entry.lines]
    for number, addition in enumerate(entry.additions):
        amount = to_dollars(addition.amount, rates.find(addition.currency, entry.header.export_date, addition.exchange_rate, f"additions[{number}].currency"))
        for n, share in enumerate(allocate(amount, prices)):
            shares[n].append((addition.kind, share))
    return shares


def _value(
    line: EntryLine, entry: Entry, rates: Rates, rules: ValuationRules, price: Decimal, rate: Rate, shared: list[tuple[Charge, Decimal]], added: list[tuple[str, Decimal]]
) -> ValuedLine:
    term = rules.terms[line.incoterm] if line.incoterm else None
    own = [(c, to_dollars(c.amount, rates.find(c.currency, line.export_date, c.exchange_rate, f"charges.{c.kind}"))) for c in line.charges]
    extra = [(a.kind, to_dollars(a.amount, rates.find(a.currency, line.export_date, a.exchange_rate, f"additions.{a.kind}"))) for a in line.additions]
    warnings: list[Warning_] = []
    sale, missing = _first_sale(line, rates, rules)
    basis = price
    foreign = f"{line.price} {line.currency} at {rate.value} ({rate.source})" if line.currency != "USD" else "invoice price"
    steps = [ValueStep("price", "Price paid or payable", price, True, foreign, rules.price_cite + (rules.currency_cite if line.currency != "USD" else ()))]
    if sale is not None and line.first_sale and line.first_sale.use and not missing:
        steps.append(ValueStep("first_sale", "First sale price in its place", sale - price, True, "every precondition of the first sale is stated", rules.first_sale_cite))
        basis = sale
    landed = _weigh_charges(own + shared, term, rules, steps, warnings, price)
    additions = ZERO
    for kind, amount in extra + added:
        title, cite = rules.additions[kind]
        steps.append(ValueStep(kind, title, amount, True, "not part of the price, added by law", cite))
        additions += amount
    deducted = sum((c.amount for c in landed if c.deducted), ZERO)
    value = basis + additions - deducted
    if value <= 0:
        raise LandedError(
            "FREIGHT_ABOVE_VALUE", f"the charges to deduct ({deducted} USD) reach the price ({basis} USD)", where="charges", mend="Check the amounts and whether they are in the price.",
        )
    if entry.header.whole_dollars:
        whole = value.quantize(Decimal(1), ROUND_HALF_UP).quantize(ZERO)
        if whole != value:
            steps.append(ValueStep("rounding", "Rounded to whole dollars", whole - value, True, "entered values are filed in whole dollars", ()))
        value = max(whole, Decimal("1.00"))
    _warn(line, entry, term, rules, landed, warnings, missing)
    _check_chapter_98(line, value, rules)
    return ValuedLine(
        line=line,
        price=price,
        entered_value=value,
        steps=tuple(steps),
        charges=tuple(landed),
        additions=additions,
        exchange_rate=rate.value,
        rate_source=rate.source,
        warnings=tuple(warnings),
        first_sale_value=None if sale is None else value - basis + sale,
        first_sale_missing=missing,
    )


def _weigh_charges(
    charges: list[tuple[Charge, Decimal]], term: Term | None, rules: ValuationRules, steps: list[ValueStep], warnings: list[Warning_], price: Decimal
) -> list[LandedCharge]:
    """Each charge against the price and the law: in it and deducted, in it and left, or beside it."""
    found = []
    for charge, amount in charges:
        rule = rules.charges[charge.kind]
        inside = charge.in_price
        if inside is None:
            if term is None:
                raise LandedError("INCOTERM_REQUIRED", f"whether the price holds the {rule.title.lower()} is not known", where=f"charges.{charge.kind}", mend="State the incoterm, or in_price on the charge.")
            inside = charge.kind in term.in_price
        if inside and amount >= price:
            raise LandedError("FREIGHT_ABOVE_VALUE", f"{rule.title} in the price ({amount} USD) reaches the price itself ({price} USD)", where=f"charges.{charge.kind}", mend="Check the amount, the currency and the Incoterm.")
        if not inside:
            steps.append(ValueStep(charge.kind, rule.title, amount, False, "beside the price: not part of the value", rule.cite))
            if amount > price:
                warnings.append(Warning_("CHARGE_ABOVE_VALUE", f"{rule.title} ({amount} USD) is above the price of the goods ({price} USD).", "Check the amount."))
            found.append(LandedCharge(charge.kind, amount, False, False))
            continue
        why = _why_not(charge, rule)
        steps.append(ValueStep(charge.kind, rule.title, amount if why else -amount, not why, why or "in the price, actual and separately identified", rule.cite))
        if why:
            warnings.append(Warning_("NOT_DEDUCTED", f"{rule.title} of {amount} USD stays in the value: {why}.", "Get the carrier's bill or a separate line on the invoice."))
        found.append(LandedCharge(charge.kind, amount, True, not why))
    return found


def _why_not(charge: Charge, rule: ChargeRule) -> str:
    """Why a charge inside the price may not leave the value; empty when it may."""
    if not rule.deductible:
        return rule.note or "not deductible"
    if not charge.actual:
        return "an estimate never lowers the value; only the actual cost does"
    if not charge.separate:
        return "not separately identified"
    if rule.needs and rule.needs not in charge.stated:
        return f"needs a {rule.needs.replace('_', ' ')}"
    return ""


def _first_sale(line: EntryLine, rates: Rates, rules: ValuationRules) -> tuple[Decimal | None, tuple[str, ...]]:
    sale = line.first_sale
    if sale is None:
        return None, ()
    amount = to_dollars(sale.price, rates.find(sale.currency, line.export_date, sale.exchange_rate or (line.exchange_rate if sale.currency == line.currency else None), "first_sale.currency"))
    return amount, tuple(name for name in rules.first_sale if name not in sale.met)


def _warn(line: EntryLine, entry: Entry, term: Term | None, rules: ValuationRules, landed: list[LandedCharge], warnings: list[Warning_], missing: tuple[str, ...]) -> None:
    if line.related and line.related_basis not in ("circumstances_of_sale", "test_values"):
        warnings.append(
            Warning_("RELATED_PARTIES", "Buyer and seller are related; the price is the value only if the relationship did not influence it.", "Show circumstances of sale or test values (19 CFR 152.103(l)).")
        )
    if line.first_sale and line.first_sale.use and missing:
        words = " ".join(rules.first_sale[name] for name in missing)
        warnings.append(Warning_("FIRST_SALE_NOT_USED", f"The first sale price is not used; not shown: {words}", "Gather the proof, or enter at the last sale price."))
    if term is None:
        return
    stated = {c.kind for c in landed if c.inside}
    silent = [rules.charges[k].title.lower() for k in term.in_price if k in ("freight", "insurance", "us_inland", "customs_duties") and k not in stated]
    if silent:
        warnings.append(
            Warning_("CHARGES_IN_VALUE", f"A {term.code} price holds {' and '.join(silent)}; no amount is stated, so duty is taken on it too.", "State the actual, separately identified amounts to take them out.")
        )
    mode = entry.header.transport_mode
    if term.mode == "sea" and mode not in (None, "ocean"):
        warnings.append(Warning_("INCOTERM_NOT_FOR_MODE", f"{term.code} is a rule for sea transport; the goods arrive by {mode}.", "Use FCA, CPT, CIP or another rule for any mode."))


def _check_chapter_98(line: EntryLine, value: Decimal, rules: ValuationRules) -> None:
    """A chapter 98 line must say what its dutiable part hangs on; a part can never exceed the whole."""
    claims = line.request.get("claims") or {}
    if not isinstance(claims, Mapping):
        return  # the duty engine refuses it with its own words
    provision = str(claims.get("chapter_98") or "")
    if provision not in rules.chapter_98:
        return
    for name in rules.chapter_98[provision][1]:
        if claims.get(name) in (None, ""):
            answers, facts = line.request.get("answers"), line.request.get("facts")
            if (isinstance(answers, Mapping) and answers.get(name) not in (None, "")) or (name == "us_content_value" and isinstance(facts, Mapping) and "us_content_pct" in facts):
                continue
            raise LandedError("CHAPTER_98_VALUE_REQUIRED", f"{provision} needs {name.replace('_', ' ')}", where=f"claims.{name}", mend="State it in US dollars; duty hangs on it.")
        if read_amount(claims[name], f"claims.{name}") > value:
            raise LandedError("INVALID_CLAIM", f"{name.replace('_', ' ')} ({claims[name]}) is above the entered value ({value})", where=f"claims.{name}", mend="It is a part of the entered value.")
