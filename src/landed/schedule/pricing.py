"""Prices a parsed rate of duty: exact, unrounded US dollars, or a typed list of what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from landed.errors import LandedError
from landed.lawbook.rate import Rate, Term
from landed.schedule.units import convert, unit_key

_ZERO = Decimal(0)
_NO_DEGREES: Decimal | None = None
_NO_PARTS: Mapping[str, Decimal] = {}

# A composite part is the sum of its parts when those are stated instead.
_COMPOSITE = {"case_and_strap": ("case", "strap"), "movement_and_case": ("movement", "case")}
# Parts that an article may lack: unstated, they are still asked for, but zero is a fair answer.
MAY_BE_ABSENT = frozenset({"telescopic_sight"})
FREE_JEWELS = 7  # "25 cents per jewel over 7"


@dataclass(frozen=True, slots=True)
class PricedTerm:
    """One term with the US dollars it comes to; `amount` is None when what it is taken on is not known."""

    term: Term
    amount: Decimal | None


class Missing(LandedError):
    """A rate that cannot be priced yet: which quantities, part values and degrees are wanted.

    `quantities` holds unit keys ("kg", "kg:lead_content"), `parts` the keys of parts whose value in US
    dollars is wanted, `degrees` whether the polarity of sugar is; `terms` the terms with the amounts that
    are already known (a subtotal before any limit), `known` their sum.
    """

    def __init__(self, rate: Rate, quantities: tuple[str, ...], parts: tuple[str, ...], degrees: bool, terms: tuple[PricedTerm, ...]) -> None:
        wanted = [f"the quantity in {q.replace(':', ' of ').replace('_', ' ')}" for q in quantities]
        wanted += [f"the value of the {p.replace('_', ' ')}" for p in parts]
        wanted += ["the degrees of polarity"] if degrees else []
        super().__init__(
            "QUANTITY_REQUIRED",
            f"the rate {rate.text!r} needs {', '.join(wanted)}",
            where="quantities",
            mend="State what is missing; until then the amount of this duty is unknown.",
            quantities=list(quantities),
            parts=list(parts),
            degrees=degrees,
        )
        self.rate = rate
        self.quantities = quantities
        self.parts = parts
        self.degrees = degrees
        self.terms = terms
        self.known = sum((t.amount for t in terms if t.amount is not None), _ZERO)

    def __reduce__(self) -> tuple[object, ...]:
        return (Missing, (self.rate, self.quantities, self.parts, self.degrees, self.terms))


def quantity_key(unit: str, on: str | None) -> str:
    """The key under which a quantity is stated: "kg", or "kg:lead_content" for a part of the article."""
    return f"{unit}:{on}" if on else unit


def quantity_needed(rate: Rate) -> tuple[tuple[str, str | None], ...]:
    """The (unit, on) pairs of quantities that the rate's terms and limits are taken on, in order, each once."""
    found = [(t.unit, t.on) for t in (*rate.terms, *rate.minimum, *rate.maximum) if t.unit is not None]
    if rate.degrees is not None:
        found.append((rate.degrees.unit, None))
    return tuple(dict.fromkeys(found))


def parts_needed(rate: Rate) -> tuple[str, ...]:
    """The keys of parts whose value in US dollars the rate is taken on, in order, each once."""
    return tuple(dict.fromkeys(t.on for t in (*rate.terms, *rate.minimum, *rate.maximum) if t.unit is None and t.on is not None))


def price(
    rate: Rate,
    value: Decimal,
    quantities: Mapping[str, Decimal] | None = None,
    parts: Mapping[str, Decimal] | None = None,
    degrees: Decimal | None = _NO_DEGREES,
) -> Decimal | None:
    """The duty in exact, unrounded US dollars, or None for a kind of rate that has no price of its own.

    `value` is the entered value in US dollars; `quantities` maps a unit (any spelling, with ":part" for a
    part) to how many; `parts` maps a part key to its value in US dollars; `degrees` is the polarity of
    sugar. Quantities are converted within their kind. Only kinds `duty` and `applicable_plus` (what it
    adds) are priced. Raises Missing (QUANTITY_REQUIRED), and UNKNOWN_UNIT for an unreadable quantity.
    """
    if rate.kind not in ("duty", "applicable_plus"):
        return None
    with localcontext() as context:
        context.prec = 50
        stated = {unit_key(unit): number for unit, number in (quantities or {}).items()}
        values = parts or _NO_PARTS
        wanted_quantities: dict[str, None] = {}
        wanted_parts: dict[str, None] = {}
        priced = tuple(_price_term(t, value, stated, values, wanted_quantities, wanted_parts) for t in rate.terms)
        least = tuple(_price_term(t, value, stated, values, wanted_quantities, wanted_parts) for t in rate.minimum)
        most = tuple(_price_term(t, value, stated, values, wanted_quantities, wanted_parts) for t in rate.maximum)
        less = _degrees_less(rate, stated, degrees, wanted_quantities)
        if wanted_quantities or wanted_parts or less is None:
            raise Missing(rate, tuple(wanted_quantities), tuple(wanted_parts), rate.degrees is not None and degrees is None, priced)
        amount = _sum(priced) - less
        if rate.minimum:
            amount = max(amount, _sum(least))
        if rate.maximum:
            amount = min(amount, _sum(most))
    return amount


def _sum(terms: tuple[PricedTerm, ...]) -> Decimal:
    return sum((t.amount for t in terms if t.amount is not None), _ZERO)


def _price_term(
    term: Term,
    value: Decimal,
    stated: Mapping[str, Decimal],
    values: Mapping[str, Decimal],
    wanted_quantities: dict[str, None],
    wanted_parts: dict[str, None],
) -> PricedTerm:
    if term.unit is None:
        taken_on = value if term.on is None else _part_value(term.on, values)
        if taken_on is None:
            wanted_parts[term.on or ""] = None
            return PricedTerm(term, None)
        return PricedTerm(term, term.amount * taken_on / 100)
    quantity = _quantity(term.unit, term.on, stated)
    if quantity is None:
        wanted_quantities[quantity_key(term.unit, term.on)] = None
        return PricedTerm(term, None)
    return PricedTerm(term, term.amount * quantity)


def _part_value(part: str, values: Mapping[str, Decimal]) -> Decimal | None:
    if part in values:
        return values[part]
    pieces = _COMPOSITE.get(part, ())
    if pieces and all(piece in values for piece in pieces):
        return sum((values[piece] for piece in pieces), _ZERO)
    return None


def _quantity(unit: str, on: str | None, stated: Mapping[str, Decimal]) -> Decimal | None:
    key = quantity_key(unit, on)
    if key in stated:
        return stated[key]
    for other, number in stated.items():
        if other.partition(":")[2] == (on or ""):
            try:
                return convert(number, other, key)
            except LandedError:
                continue
    if on == "jewels_over_7" and "jewel" in stated:
        return max(stated["jewel"] - FREE_JEWELS * stated.get("no", Decimal(1)), _ZERO)
    return None


def _degrees_less(rate: Rate, stated: Mapping[str, Decimal], degrees: Decimal | None, wanted: dict[str, None]) -> Decimal | None:
    """What the degrees under the base take off in US dollars; None when the polarity is not known."""
    if rate.degrees is None:
        return _ZERO
    quantity = _quantity(rate.degrees.unit, None, stated)
    if quantity is None:
        wanted[rate.degrees.unit] = None
    if quantity is None or degrees is None:
        return None
    return max(rate.degrees.base - degrees, _ZERO) * rate.degrees.less * quantity
