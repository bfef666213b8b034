"""The choice among ways to ship: landed cost, arrival, emissions, money tied up, and the law that a late ship would meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from landed.duty.estimate import Engine
from landed.duty.model import Warning_
from landed.entry.assess import estimate_entry
from landed.entry.model import EntryAnswer
from landed.errors import LandedError
from landed.freight.charges import totals
from landed.freight.model import Quote, Service
from landed.freight.quote import loading_day, quote
from landed.freight.reference import figures
from landed.freight.request import Asked

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Exposure:
    """The entry of a way on one day: entered value, duty and fees in US dollars; None is not known."""

    entry_date: date
    entered_value: Decimal
    duty: Decimal | None
    fees: Decimal | None
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ship with everything it costs the buyer.

    `buyer_pays` is freight that the Incoterm leaves to the buyer; `landed_cost` adds goods, duty and fees at the middle arrival and
    the carrying cost of the money. `duty_change` is what the duty becomes more (or less) if the ship is as late as one in ten.
    None is not known, never zero.
    """

    service: Service
    title: str
    quote: Quote
    buyer_pays: Decimal
    seller_pays: Decimal
    carrying_cost: Decimal | None
    on_time: Exposure | None
    late: Exposure | None
    duty_change: Decimal | None
    landed_cost: Decimal | None
    kg_co2e: Decimal | None
    best_of: tuple[str, ...]
    on_time_pct: str
    pareto: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Every way that is open, those that are not with the reason, and the one recommended with its reason."""

    origin: str
    destination: str
    ready_date: date
    need_by: date | None
    incoterm: str
    cargo_value: Decimal | None
    ways: tuple[Way, ...]
    not_open: tuple[tuple[str, str, str], ...]  # service, code, why
    recommended: str
    because: str
    assumptions: tuple[str, ...]
    warnings: tuple[Warning_, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        from landed.freight.encode import to_json

        found = cast("dict[str, Any]", to_json(self))
        found["not_open"] = [{"service": s, "code": c, "because": w} for s, c, w in self.not_open]
        return found


def choose(asked: Asked, engine: Engine) -> Choice:
    """Every way to ship compared.

    Raises the error of the request's own mistakes (places, cargo); NO_WAY_OPEN where no mode can be priced, with each reason in `ways`.
    """
    ways: list[Way] = []
    closed: list[tuple[str, str, str]] = []
    errors: list[LandedError] = []
    for service in asked.shipment.modes:
        try:
            ways.append(_way(asked, quote(asked, service), engine))
        except LandedError as shut:
            if shut.code in ("UNKNOWN_PLACE", "AMBIGUOUS_PLACE", "SAME_PLACE", "UNKNOWN_SCENARIO", "EXTRA_REQUIRED", "CURRENCY_RATE_REQUIRED") or shut.where.startswith(("goods", "line")) or shut.code == "ENTRY_LINES_INVALID":
                raise
            closed.append((service, shut.code, f"{shut.detail}. {shut.mend}".strip()))
            errors.append(shut)
    if not ways:
        if len(errors) == 1:
            raise errors[0]
        raise LandedError("NO_WAY_OPEN", f"no way to ship can be priced: {closed[0][2]}", where="modes", mend="Mend one of the reasons in ways.", ways=[{"service": s, "code": c, "because": w} for s, c, w in closed])
    ways = _marked(ways)
    best, because = _recommend(ways, asked)
    warnings: list[Warning_] = []
    if not asked.goods:
        warnings.append(Warning_("GOODS_NOT_STATED", "Without goods (hts_code, country_of_origin, price) duty is unknown and no landed cost is given.", "State goods."))
    ship = asked.shipment
    return Choice(
        origin=ship.origin,
        destination=ship.destination,
        ready_date=ship.ready_date,
        need_by=ship.need_by,
        incoterm=ship.incoterm,
        cargo_value=ship.cargo_value,
        ways=tuple(ways),
        not_open=tuple(closed),
        recommended=best.service,
        because=because,
        assumptions=(
            f"Money tied up costs {asked.annual_rate_pct} percent a year.",
            "The day of entry is the day of arrival at the first port; the loading day is the middle of the days before.",
            "An estimated freight figure never changes the customs value.",
        ),
        warnings=tuple(warnings),
    )


def exposure(asked: Asked, service: Service, day: date, engine: Engine) -> tuple[Exposure, EntryAnswer] | None:
    """What the goods owe when they are entered on a day; None where no goods are stated. No freight figure enters the customs value."""
    if not asked.goods:
        return None
    mode = figures("choice")["services"][service]["transport_mode"]
    ship = asked.shipment
    entry = {"entry_date": day.isoformat(), "transport_mode": mode, "incoterm": ship.incoterm, "loading_date": loading_day(ship.ready_date, service).isoformat()}
    answer = estimate_entry({"entry": entry, "lines": [dict(row) for row in asked.goods]}, engine=engine)
    headings = tuple(dict.fromkeys(c.heading for line in answer.lines for c in line.duties if c.status == "applies" and c.heading and c.kind != "base"))
    sums = answer.totals
    return Exposure(day, sums.entered_value, sums.duty, sums.fees, headings), answer


def _way(asked: Asked, found: Quote, engine: Engine) -> Way:
    ship = asked.shipment
    on_time, late = (pair[0] if (pair := exposure(asked, found.service, day, engine)) else None for day in (found.port_p50, found.port_p90))
    sums = totals(found.charges, asked.exchange_rates)
    days = Decimal((found.door_p50 - ship.ready_date).days)
    carrying = None if ship.cargo_value is None else (ship.cargo_value * asked.annual_rate_pct / 100 * days / 365).quantize(CENT, ROUND_HALF_UP)
    landed = None
    if on_time is not None and on_time.duty is not None and on_time.fees is not None and carrying is not None:
        delivered = ship.incoterm == "DDP"
        goods = sum((Decimal(str(row["price"])) for row in asked.goods), Decimal(0))
        landed = goods + sums["buyer_pays"] + carrying + (Decimal(0) if delivered else on_time.duty + on_time.fees)
    change = None if on_time is None or late is None or on_time.duty is None or late.duty is None else late.duty - on_time.duty
    return Way(
        service=found.service,
        title=str(figures("choice")["services"][found.service]["title"]),
        quote=found,
        buyer_pays=sums["buyer_pays"],
        seller_pays=sums["seller_pays"],
        carrying_cost=carrying,
        on_time=on_time,
        late=late,
        duty_change=change,
        landed_cost=landed,
        kg_co2e=found.kg_co2e.get("TTW") if set(found.kg_co2e) == {"TTW"} else None,
        best_of=(),
        on_time_pct=_on_time(found, ship.need_by),
        pareto=False,
    )


def _on_time(found: Quote, need_by: date | None) -> str:
    if need_by is None:
        return ""
    if found.door_p90 <= need_by:
        return "nine of ten or more"
    return "half or more" if found.door_p50 <= need_by else "less than half"


def _cost(way: Way) -> Decimal:
    """What ways are ranked by: the landed cost, or freight and carrying cost where it is not known for any."""
    return way.landed_cost if way.landed_cost is not None else way.quote.mid + (way.carrying_cost or Decimal(0))


def _marked(ways: list[Way]) -> list[Way]:
    known = all(w.landed_cost is not None for w in ways)

    def axes(way: Way) -> tuple[Any, ...]:
        return (_cost(way) if known else way.quote.mid, way.quote.door_p90, way.kg_co2e if way.kg_co2e is not None else Decimal(0))

    out = []
    for way in ways:
        mine = axes(way)
        beaten = any(all(a <= b for a, b in zip(axes(other), mine, strict=True)) and axes(other) != mine for other in ways)
        best = tuple(name for n, name in enumerate(("cost", "arrival", "emissions")) if mine[n] == min(axes(o)[n] for o in ways))
        out.append(replace(way, pareto=not beaten, best_of=best))
    return sorted(out, key=lambda w: axes(w)[0])


def _recommend(ways: list[Way], asked: Asked) -> tuple[Way, str]:
    """The cheapest way that nine times of ten arrives when it is needed; the fastest where none does."""
    need = asked.shipment.need_by
    keeps = [w for w in ways if need is None or w.quote.door_p90 <= need]
    known = all(w.landed_cost is not None for w in ways)
    what = "landed cost" if known else "freight"
    if not keeps:
        best = min(ways, key=lambda w: (w.quote.door_p90, _cost(w)))
        return best, f"No way arrives by {need} nine times of ten; {best.title.lower()} comes nearest, by {best.quote.door_p90}."

    def feared(way: Way) -> Decimal:
        return _cost(way) + max(Decimal(0), way.duty_change or Decimal(0)) / 10

    best = min(keeps, key=feared if known else lambda w: w.quote.mid)
    amount = _cost(best) if known else best.quote.mid
    words = f"{best.title} has the least {what} ({amount:,.2f} USD)" + (f" of those that arrive by {need} nine times of ten" if need else "") + f"; nine of ten arrive by {best.quote.door_p90}."
    cheapest = min(keeps, key=_cost)
    if known and cheapest.service != best.service:
        words += f" {cheapest.title} would be cheaper on time, but a late one may meet {cheapest.duty_change:,.2f} USD more duty."
    elif best.duty_change:
        late = best.late.entry_date if best.late else ""
        words += f" Entered as late as {late} the duty would be {abs(best.duty_change):,.2f} USD {'more' if best.duty_change > 0 else 'less'}."
    return best, words
