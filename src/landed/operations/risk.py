"""Risk bands of what you buy from whom, with dollars, and how stable the ranking is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from landed.compliance.risk import Part, Ranking
from landed.errors import LandedError
from landed.operations.registry import operation

WINDOW = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class RiskRequest:
    """What you buy: one row for a product from a supplier."""

    products: Annotated[
        Any,
        "[{name, hts_code, country_of_origin, value_per_year, supplier?, share_of_spend_pct?, days_of_cover?, lead_time_days?, country_index?}]; what is left out is unknown, never low",
    ]
    weights: Annotated[dict[str, Any] | None, "{part: weight}; default those of the table"] = None
    on: Annotated[date | None, "day of the reckoning; default today"] = None
    seed: Annotated[int, "seed of the draws"] = 1


@operation(name="risk", summary="Risk bands of products by supplier and origin, with dollars and the stability of their order", method="POST", path="/v1/risk", scope="quote")
def risk(request: RiskRequest) -> Ranking:
    """At most eight parts: volatility and changes of the line's duty over 24 months by the law itself, your concentration, party screening, forced labour,
    possible orders, cover, an index you loaded. Unknown parts are named and never count as low; each part shows its dollars a year where they can be told.

    Raises LandedError INVALID_REQUEST and what reading codes and origins raises.
    """
    from landed.compliance import risk as room

    if not isinstance(request.products, list) or not 0 < len(request.products) <= 200:
        raise LandedError("INVALID_REQUEST", "expected 1 to 200 products", where="products", mend="Give [{name, hts_code, country_of_origin, value_per_year}, ...].")
    weights = room.weights_of(request.weights)
    day = request.on or date.today()
    return room.rank([_one(n, row, weights, day) for n, row in enumerate(request.products, 1)], seed=request.seed)


def _one(number: int, row: Any, weights: dict[str, Decimal], day: date) -> Any:
    from landed.compliance import risk as room
    from landed.duty.request import read_amount

    where = f"products[{number}]"
    if not isinstance(row, dict) or not row.get("hts_code") or not row.get("country_of_origin"):
        raise LandedError("INVALID_REQUEST", "expected hts_code and country_of_origin", where=where, mend="Give both.")
    value = read_amount(row["value_per_year"], f"{where}.value_per_year") if row.get("value_per_year") not in (None, "") else None
    parts: list[Part] = []

    def add(name: str, found: Any, dollars: Decimal | None = None) -> None:
        parts.append(room.part(name, found, weight=weights.get(name), dollars=None if dollars is None else dollars.quantize(Decimal("0.01"))))

    points, changes, rise, flagged = _law(row, day, where)
    add("tariff_volatility", points, None if rise is None or value is None else value * rise / 100)
    add("tariff_changes", changes)
    share = read_amount(str(row["share_of_spend_pct"]).rstrip("%"), f"{where}.share_of_spend_pct") if row.get("share_of_spend_pct") not in (None, "") else None
    add("concentration", share, value if share is not None else None)
    outcome = _screened(row.get("supplier"))
    add("screening", outcome, value if outcome in ("hit", "review") else None)
    add("forced_labour", _forced(row, day), value)
    add("orders", None if flagged is None else "flagged" if flagged else "none flagged")
    cover, lead = (read_amount(row[name], f"{where}.{name}") if row.get(name) not in (None, "") else None for name in ("days_of_cover", "lead_time_days"))
    add("days_of_cover", None if cover is None or not lead else (cover * 100 / lead).quantize(Decimal("0.1")))
    add("index", read_amount(row["country_index"], f"{where}.country_index") if row.get("country_index") not in (None, "") else None)
    return room.risk(str(row.get("name") or f"{row['hts_code']} from {row['country_of_origin']}")[:200], parts)


def _law(row: dict[str, Any], day: date, where: str) -> tuple[Decimal | None, int | None, Decimal | None, bool | None]:
    """(points between lowest and highest duty, changes, points from now to the highest, flagged for possible orders) over the window; None where unknown."""
    from landed.duty.outlook import history
    from landed.operations.engine import engine

    book = engine()
    last, first = min(day, book.law.covers_to), max(day - WINDOW, book.law.covers_from)
    if first >= last:
        return None, None, None, None
    try:
        case = book.case(book.read({"hts_code": row["hts_code"], "country_of_origin": row["country_of_origin"], "customs_value": "10000", "entry_date": last}))
    except LandedError as error:
        error.where = f"{where}.{error.where}" if error.where else where
        raise
    spells = history(case, first, last)
    rates = [s.duty * 100 / case.request.value if s.duty is not None else None for s in spells]
    flagged = any(book.index.programmes[m.programme].kind in ("ad", "cvd") for m in case.docket.measures)
    known = [r for r in rates if r is not None]
    if not known or len(known) < len(rates) or rates[-1] is None:
        return None, len(spells) - 1, None, flagged
    return (max(known) - min(known)).quantize(Decimal("0.1")), len(spells) - 1, max(known) - rates[-1], flagged


def _screened(supplier: Any) -> str | None:
    """hit, review or no match; None where there is no name or no complete set of lists."""
    if not supplier:
        return None
    from landed.operations.registry import find

    found = find("screen").run({"name": str(supplier)[:500]})
    return {"hit": "hit", "review": "review"}.get(found.outcome, "no match" if found.outcome.startswith("no match") else None)


def _forced(row: dict[str, Any], day: date) -> str:
    from landed.compliance.calendar_days import facts
    from landed.duty.request import read_country
    from landed.operations.engine import engine
    from landed.schedule.codes import parse_code

    book = facts("requirements")["forced_labour"]
    code = parse_code(str(row["hts_code"]))
    if not any(code.startswith(tuple(s["codes"])) and s["since"] <= day for s in book["sectors"]):
        return "other goods"
    origin = read_country(row["country_of_origin"], "country_of_origin", engine().law)
    return "sector and presumed origin" if origin in book["presumed"] else "sector"
