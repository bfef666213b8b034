"""The profit and loss of products under another law: who absorbs, what customers pay, how many they still buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from landed.sourcing.exposure_model import BreakEven, Concentration, Line, LineResult, Origin, Reaction, Share, Stress, Swing

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
CENT, FINE = Decimal("0.01"), Decimal("0.0001")
DAYS = Decimal(365)
STEPS = 80  # halvings of the break-even search: a range of a billion to a thousandth of a millionth


def cents(amount: Decimal) -> Decimal:
    """To the cent, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def unit_cost(line: Line, rate_pct: Decimal, value: Decimal | None = None) -> Decimal:
    """Customs value, duty on it, freight and other cost of one unit."""
    worth = line.customs_value if value is None else value
    return worth * (ONE + rate_pct / HUNDRED) + line.freight + line.other


def absorbed_value(line: Line, border: Decimal) -> Decimal:
    """Customs value after the exporter has given way on the part of the tariff that does not pass the border."""
    points = (line.duty_after_pct - line.duty_before_pct) / HUNDRED
    return line.customs_value * (ONE - (ONE - border) * points)


def new_price(line: Line, reaction: Reaction, extra: Decimal) -> Decimal:
    """The price that customers see, by one of two conventions that are never mixed."""
    if reaction.form == "retail":
        return line.price * (ONE + reaction.pass_through * (line.duty_after_pct - line.duty_before_pct) / HUNDRED)
    return line.price + reaction.pass_through * extra


def new_volume(line: Line, price: Decimal) -> Decimal:
    """Units sold at another price, with constant elasticity."""
    if not line.elasticity or price == line.price:
        return line.volume
    return line.volume * (price / line.price) ** (-line.elasticity)


def assess(line: Line, reaction: Reaction) -> LineResult:
    """One product before and after; the four effects (duty, supplier, price, volume, in that order) sum exactly."""
    before = unit_cost(line, line.duty_before_pct)
    duty_only = unit_cost(line, line.duty_after_pct)
    after = unit_cost(line, line.duty_after_pct, absorbed_value(line, reaction.border))
    price = new_price(line, reaction, after - before)
    volume = new_volume(line, price)
    start, end = cents((line.price - before) * line.volume), cents((price - after) * volume)
    duty_effect = cents((before - duty_only) * line.volume)
    supplier_effect = cents((duty_only - after) * line.volume)
    price_effect = cents((price - line.price) * line.volume)
    note = ""
    if reaction.form == "retail":
        note = f"A retail pass-through of {(line.customs_value / line.price).quantize(CENT)} would be full: that is the share of the customs value in the price."
    return LineResult(
        line.sku, line.origin, line.market, line.duty_before_pct, line.duty_after_pct, before.quantize(FINE), after.quantize(FINE), line.price, price.quantize(FINE),
        line.volume, volume.quantize(FINE), start, end, duty_effect, supplier_effect, price_effect, end - start - duty_effect - supplier_effect - price_effect, end - start, duty_effect,
        (line.customs_value / line.price).quantize(FINE), break_even(line, reaction.border), note,
    )  # fmt: skip


def break_even(line: Line, border: Decimal) -> BreakEven:
    """The tariff at which the unit contribution is nothing, and the share of the extra cost that customers must bear to keep the contribution.

    The contribution rises with the price only up to p = c e / (e - 1): where even that price does not bring back what was earned, none exists.
    """
    tariff = None
    if line.customs_value:
        tariff = ((line.price - line.freight - line.other - line.customs_value) / line.customs_value * HUNDRED).quantize(CENT)
    before = unit_cost(line, line.duty_before_pct)
    after = unit_cost(line, line.duty_after_pct, absorbed_value(line, border))
    extra, aim = after - before, line.price - before
    if extra <= 0:
        return BreakEven(tariff, ZERO, "The cost does not rise: nothing to pass on.")

    def earned(share: Decimal) -> Decimal:
        price = line.price + share * extra
        return (price - after) * (price / line.price) ** (-line.elasticity)

    if line.elasticity == 0:
        return BreakEven(tariff, ONE, "With volume that does not react, all of the extra cost must be passed on.")
    if aim <= 0:
        return BreakEven(tariff, None, "None: the product earns nothing before the tariff.")
    if line.elasticity > 1:
        best_price = max(after * line.elasticity / (line.elasticity - ONE), line.price)
        top = (best_price - line.price) / extra
        if earned(top) < aim:
            loss = cents((earned(top) - aim) * line.volume)
            return BreakEven(tariff, None, f"None exists: customers leave faster than the price rises. The best that can be had is {cents(best_price)} a unit, which still loses {-loss}.", cents(best_price), loss)
    else:
        top = ONE
        while earned(top) < aim and top < Decimal(10) ** 9:
            top *= 2
        if earned(top) < aim:
            return BreakEven(tariff, None, "None exists within a price a billion times the extra cost.")
    low, high = ZERO, top
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if earned(middle) < aim else (low, middle)
    return BreakEven(tariff, high.quantize(FINE), f"Passing on {(high * HUNDRED).quantize(CENT)}% of the extra cost keeps the contribution.", cents(line.price + high * extra), ZERO)


def portfolio_break_even(lines: Sequence[Line], fixed_cost: Decimal) -> Decimal | None:
    """The one tariff on everything (percent) at which contribution covers fixed cost and no more, nobody reacting; None without customs value."""
    worth = sum((line.customs_value * line.volume for line in lines), ZERO)
    if not worth:
        return None
    room = sum(((line.price - line.freight - line.other - line.customs_value) * line.volume for line in lines), ZERO) - fixed_cost
    return (room / worth * HUNDRED).quantize(CENT)


def point_values(lines: Sequence[Line]) -> tuple[Origin, ...]:
    """US dollars of profit per added point of duty on each origin: a hundredth of the customs value bought there."""
    worth: dict[str, Decimal] = {}
    for line in lines:
        worth[line.origin] = worth.get(line.origin, ZERO) + line.customs_value * line.volume
    return tuple(Origin(origin, cents(-amount / HUNDRED)) for origin, amount in sorted(worth.items(), key=lambda row: -row[1]))


def concentration(amounts: Mapping[str, Decimal]) -> Concentration:
    """Shares of a whole, largest first, with their Herfindahl index."""
    total = sum(amounts.values(), ZERO)
    if total <= 0:
        return Concentration((), ZERO, ZERO, ZERO)
    rows = sorted(amounts.items(), key=lambda row: -row[1])
    hhi = sum(((amount / total) ** 2 for _, amount in rows), ZERO)
    return Concentration(tuple(Share(name, cents(amount), (amount / total * HUNDRED).quantize(CENT)) for name, amount in rows), hhi.quantize(FINE), (hhi * 10_000).quantize(ONE), (ONE / hhi).quantize(CENT))


def change(lines: Sequence[Line], reaction: Reaction) -> Decimal:
    """The change of contribution of all products, as `assess` has it."""
    total = ZERO
    for line in lines:
        before, after = unit_cost(line, line.duty_before_pct), unit_cost(line, line.duty_after_pct, absorbed_value(line, reaction.border))
        price = new_price(line, reaction, after - before)
        total += cents((price - after) * new_volume(line, price)) - cents((line.price - before) * line.volume)
    return total


def tornado(lines: Sequence[Line], reaction: Reaction, ranges: Mapping[str, tuple[Decimal, Decimal]]) -> tuple[Swing, ...]:
    """Each assumption at both ends of its range, the others as given; the widest first. Keys: border, pass_through, elasticity (a factor on each)."""
    found = []
    for name, (low, high) in ranges.items():
        ends = []
        for value in (low, high):
            if name == "elasticity":
                ends.append(change([replace(line, elasticity=line.elasticity * value) for line in lines], reaction))
            else:
                ends.append(change(lines, replace(reaction, border=value) if name == "border" else replace(reaction, pass_through=value)))
        found.append(Swing(name, low, high, ends[0], ends[1]))
    return tuple(sorted(found, key=lambda swing: -abs(swing.at_high - swing.at_low)))


def at_risk(base: Decimal, outcomes: Sequence[tuple[Decimal, Decimal]], tail: Decimal) -> tuple[Decimal, Decimal]:
    """(margin at risk, mean margin at risk) from (probability, contribution) pairs: base less the quantile, base less the mean of the worst 1 - tail."""
    left, total, quantile = ONE - tail, ZERO, None
    for probability, value in sorted(outcomes, key=lambda row: row[1]):
        part = min(probability, left)
        total += part * value
        left -= part
        quantile = value
        if left <= 0:
            break
    assert quantile is not None
    return cents(base - quantile), cents(base - total / (ONE - tail - left))


def revenue_stress(revenue: Mapping[str, Decimal], falls: Mapping[str, Decimal], margin_rate: Decimal, result: Decimal, market: str) -> Stress:
    """Revenue lost by market (falls in percent, negative is a fall), and the fall of one market that alone takes the result to zero."""
    rows = tuple((name, cents(revenue.get(name, ZERO) * fall / HUNDRED)) for name, fall in falls.items())
    lost = sum((amount for _, amount in rows), ZERO)
    earned = revenue.get(market, ZERO) * margin_rate
    if result <= 0:
        return Stress(lost, rows, market, None, "The result is not above zero to begin with.")
    if earned <= 0 or result > earned:
        return Stress(lost, rows, market, None, f"None exists: losing all of {market} would still leave a result above zero.")
    fall = (-result / earned * HUNDRED).quantize(CENT)
    return Stress(lost, rows, market, fall, f"A fall of {-fall}% in {market} alone takes the result to zero.")


def cash_in_duty(annual_duty: Decimal, days: Decimal) -> Decimal:
    """US dollars of duty paid and not yet earned back: duty of a day times the days from entry to payment by the customer."""
    return cents(annual_duty / DAYS * days)
