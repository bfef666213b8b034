"""Where goods originate: regional value content, the guide by questions, and signs of transshipment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from landed.compliance.origin_guide import OriginAnswer, Transshipment
from landed.compliance.regional_value import RegionalValue
from landed.errors import LandedError
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class RegionalValueRequest:
    """One unit of an article by its bill of materials, and the rule of the product as you read it in the agreement."""

    materials: Annotated[Any, "[{description, hts_code, country, value, originating}]: US dollars a unit; originating yes, no or nothing"]
    transaction_value: Annotated[str | None, "price of one unit less international shipping, US dollars"] = None
    net_cost: Annotated[str | None, "total cost of one unit less promotion, royalties, shipping, packing, US dollars"] = None
    required_tv: Annotated[str | None, "percent that the rule asks by transaction value"] = None
    required_nc: Annotated[str | None, "percent that the rule asks by net cost"] = None
    rule: Annotated[str, "change of classification: CC, CTH, CTSH or nothing"] = ""
    code: Annotated[str, "tariff code of the article; needed with rule"] = ""


@dataclass(frozen=True, slots=True)
class OriginGuideRequest:
    """Answers so far; unanswered questions come back."""

    answers: Annotated[dict[str, Any] | None, "{question id: true or false}"] = None


@dataclass(frozen=True, slots=True)
class TransshipmentRequest:
    """What is declared, and what is known about maker, seller and way."""

    hts_code: Annotated[str, "tariff code"]
    country_of_origin: Annotated[str, "declared origin"]
    maker_country: Annotated[str, "country of the factory"] = ""
    supplier_country: Annotated[str, "country of the seller"] = ""
    export_country: Annotated[str, "country the goods are shipped from"] = ""
    materials_country: Annotated[str, "country most materials come from"] = ""
    capacity_per_year: Annotated[str | None, "what the factory can make in a year"] = None
    shipped_per_year: Annotated[str | None, "what it ships in a year, same unit"] = None
    factory_since: Annotated[date | None, "day the factory began"] = None
    on: Annotated[date | None, "day of entry; default today"] = None


@operation(name="regional_value", summary="Regional value content by both methods from a bill of materials", method="POST", path="/v1/origin/regional-value", scope="quote")
def regional_value(request: RegionalValueRequest) -> RegionalValue:
    """Transaction value and net cost methods with the range that unknown materials leave, and the change of classification of each material.

    The product's rule is entered by you: no open machine-readable table of it exists. Raises LandedError INVALID_MATERIAL, INVALID_REQUEST, INVALID_CODE.
    """
    from landed.compliance import regional_value as room

    if not isinstance(request.materials, list):
        raise LandedError("INVALID_REQUEST", "expected a list of materials", where="materials", mend="Give [{description, value, originating}, ...].")
    return room.regional_value(
        request.materials, transaction_value=request.transaction_value, net_cost=request.net_cost, required_tv=request.required_tv, required_nc=request.required_nc, rule=request.rule, code=request.code
    )


@operation(name="origin_guide", summary="The country of origin by questions", method="POST", path="/v1/origin/guide", scope="quote")
def origin_guide(request: OriginGuideRequest) -> OriginAnswer:
    """The next questions, and the answer as far as the given ones carry it, with its strength and what to keep on file. Raises LandedError UNKNOWN_QUESTION, INVALID_REQUEST."""
    from landed.compliance import origin_guide as room

    return room.guide(request.answers or {})


@operation(name="transshipment", summary="Signs that goods were only passed through their declared origin", method="POST", path="/v1/origin/transshipment", scope="quote")
def transshipment(request: TransshipmentRequest) -> Transshipment:
    """Signs seen, signs nobody could check, and the duty in question: what the goods would pay as products of the maker's or the materials' country.

    Raises LandedError UNKNOWN_ORIGIN, INVALID_CODE, UNKNOWN_HTS.
    """
    from landed.compliance import origin_guide as room
    from landed.duty.request import read_amount, read_country
    from landed.operations.engine import engine

    book, day = engine(), request.on or date.today()
    declared = read_country(request.country_of_origin, "country_of_origin", book.law)
    named = {
        name: read_country(raw, name, book.law) if raw else ""
        for name, raw in (("maker_country", request.maker_country), ("supplier_country", request.supplier_country), ("export_country", request.export_country), ("materials_country", request.materials_country))
    }
    duties: dict[str, Any] = {}
    for country in dict.fromkeys([declared, named["maker_country"], named["materials_country"]]):
        if country:
            answer = book.estimate({"hts_code": request.hts_code, "country_of_origin": country, "customs_value": "10000", "entry_date": day}, depth="duty")
            duties[country] = answer.totals.effective_rate_pct
    capacity = None if request.capacity_per_year is None else read_amount(request.capacity_per_year, "capacity_per_year")
    shipped = None if request.shipped_per_year is None else read_amount(request.shipped_per_year, "shipped_per_year")
    return room.transshipment(declared, named, duties, capacity=capacity, shipped=shipped, since=request.factory_since, began=_began(book, request.hts_code, named, day))


def _began(book: Any, code: str, named: dict[str, str], day: date) -> date | None:
    """The first day of the newest added duty that the maker's (or materials') country pays on the line."""
    country = named["materials_country"] or named["maker_country"]
    if not country:
        return None
    case = book.case(book.read({"hts_code": code, "country_of_origin": country, "customs_value": "10000", "entry_date": day}))
    days = [charge.measure.from_ for charge in case.assess().charges if charge.decision.outcome == "applies" and charge.amount]
    return max(days, default=None)
