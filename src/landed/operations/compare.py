"""The same goods from every country of origin, the least duty first, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Required, TypedDict

from landed.duty.case import Case
from landed.duty.estimate import Engine
from landed.duty.model import Estimate, Option, Question, Request
from landed.duty.options import options
from landed.duty.questions import ask
from landed.duty.request import read_country
from landed.errors import LandedError
from landed.operations.engine import engine
from landed.operations.registry import operation


class CompareRequest(TypedDict, total=False):
    """An estimate request without its country of origin; origins given there are ranked, else all of them."""

    hts_code: Required[Annotated[str, "8 or 10 digits, dots optional"]]
    customs_value: Required[Annotated[Any, "US dollars as decimal text, or {amount, currency, exchange_rate}"]]
    entry_date: Required[Annotated[str, "day of entry for consumption, ISO 8601"]]
    origins: Annotated[list[str], "countries to rank (ISO 3166 alpha-2 or names); default every country"]
    top: Annotated[int, "how many rows to give; default all"]
    loading_date: Annotated[str, "day of loading, ISO 8601"]
    export_date: Annotated[str, "day of export, ISO 8601"]
    transport_mode: Annotated[str, "ocean, air, truck, rail or mail"]
    entry_type: Annotated[str, "formal, informal or postal"]
    quantities: Annotated[Any, "[{value, unit}]"]
    claims: Annotated[dict[str, Any], "claims; an SPI is kept only for the origins that may claim it"]
    facts: Annotated[dict[str, Any], "facts of the goods by name"]
    answers: Annotated[dict[str, Any], "answers to questions, by id"]
    parts: Annotated[dict[str, Any], "US dollars of parts of the article"]
    known_on: Annotated[str, "answer with the law as it was known that day"]
    overlay: Annotated[Any, "a what-if laid over the law"]


@dataclass(frozen=True, slots=True)
class OriginDuty:
    """The duty of the goods from one country of origin, in US dollars and percent of the customs value.

    `duty` is None when a part cannot be computed (`known_duty_subtotal` stands) or entry is prohibited. `duty_low` and `duty_high`
    span the open questions. `claim` names the claim that would lower the duty the most, `claim_duty` the duty under it.
    """

    rank: int
    country_of_origin: str
    name: str
    status: str
    duty: Decimal | None
    known_duty_subtotal: Decimal
    duty_low: Decimal | None
    duty_high: Decimal | None
    effective_rate_pct: Decimal | None
    because: str
    headings: tuple[str, ...]
    claim: str = ""
    claim_label: str = ""
    claim_duty: Decimal | None = None
    claim_rate_pct: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Origins by duty, least first; unknown amounts after known ones, prohibited goods last."""

    hts_code: str
    customs_value: Decimal
    entry_date: date
    law_version: str
    hts_revision: str
    verified_through: date
    compared: int
    rows: tuple[OriginDuty, ...]


@operation(name="compare", summary="The same goods from every country of origin, ranked by duty", method="POST", path="/v1/estimates:compare", scope="estimates")
def compare(request: CompareRequest) -> Comparison:
    """The duty of the same goods from each country of origin, the least first, each with one sentence that says why.

    Raises what `estimate` raises. The cheapest special programme that an origin could claim stands beside its duty.
    """
    given = dict(request)
    wanted, top = given.pop("origins", None), given.pop("top", None)
    asked = engine()
    codes = _origins(asked, wanted)
    first = asked.read({**given, "country_of_origin": codes[0]})
    if first.overlay:
        asked = asked.with_overlay(first.overlay)
        first = replace(first, overlay=None)
    rows, sample = _rows(asked, first, codes)
    rows.sort(key=lambda row: (row.status == "refused", row.duty is None, row.duty or row.known_duty_subtotal, row.name))
    ranked = tuple(replace(row, rank=number) for number, row in enumerate(rows, 1))
    return Comparison(
        hts_code=sample.hts_code,
        customs_value=sample.customs_value,
        entry_date=sample.entry_date,
        law_version=sample.law_version,
        hts_revision=sample.hts_revision,
        verified_through=sample.verified_through,
        compared=len(ranked),
        rows=ranked[: _count(top)] if top else ranked,
    )


def _rows(asked: Engine, first: Request, codes: tuple[str, ...]) -> tuple[list[OriginDuty], Estimate]:
    """One row per origin. Origins under the same law (docket and column) are assessed once."""
    names = asked.law.countries
    answers: dict[Any, tuple[Estimate, Decimal | None, Decimal | None]] = {}
    ranges: dict[Any, tuple[tuple[Question, ...], Decimal | None, Decimal | None]] = {}
    claims: dict[Any, Option | None] = {}
    rows = []
    sample: Estimate | None = None
    for code in codes:
        case = _case(asked, replace(first, origin=code))
        law = (id(case.docket), case.index.column_2(code, case.day), case.standing.spi, case.standing.column)
        if law not in answers:
            found = asked.estimate(case.request, depth="duty")
            low = high = None
            status = found.status
            if status not in ("refused", "partial"):
                shape = _shape(case)
                if shape not in ranges:
                    ranges[shape] = ask(case, case.assess())
                questions, low, high = ranges[shape]
                status = "estimated" if questions else status
            answers[law] = (replace(found, status=status), low, high)
        found, low, high = answers[law]
        sample = sample or found
        offered = (law, tuple(p.spi for p in case.index.preferences(code, case.day)))
        if offered not in claims:
            claims[offered] = _best_claim(case, found)
        claim = claims[offered]
        totals = found.totals
        rows.append(
            OriginDuty(
                rank=0,
                country_of_origin=code,
                name=names[code],
                status=found.status,
                duty=totals.duty,
                known_duty_subtotal=totals.known_duty_subtotal,
                duty_low=low,
                duty_high=high,
                effective_rate_pct=totals.effective_rate_pct,
                because=_because(found),
                headings=found.filing_sequence,
                claim=claim.claim if claim else "",
                claim_label=claim.label if claim else "",
                claim_duty=claim.duty if claim else None,
                claim_rate_pct=_percent(claim.duty, first.value) if claim else None,
            )
        )
    assert sample is not None
    return rows, sample


def _shape(case: Case) -> Any:
    """What the amounts of a case hang on: its column, and its docket but for the names of the headings (each country has its own)."""
    docket = case.docket
    rules = tuple((m.effect, m.rate, m.when, m.base, m.covers, m.leaves, m.compares, m.frees, bool(m.subject_to)) for m in docket.measures)
    column = case.column_on(case.line, case.request.origin, case.day, case.standing)
    return column.rate, column.name, case.standing.spi, rules, docket.displaced_by, docket.freed_by, docket.subjects, docket.facts, docket.loading_days, docket.export_days


def _case(asked: Engine, request: Request) -> Case:
    """The case of one origin; an SPI that this origin cannot claim is left out."""
    try:
        return asked.case(request)
    except LandedError as error:
        if error.code != "INVALID_CLAIM" or not request.claims.spi:
            raise
        return asked.case(replace(request, claims=replace(request.claims, spi=None)))


def _best_claim(case: Case, found: Estimate) -> Option | None:
    if found.status == "refused" or not case.index.preferences(case.request.origin, case.day):
        return None
    offered = [o for o in options(case, case.assess()) if o.claim.startswith("spi:") and o.duty is not None and (o.saving_usd or 0) > 0]
    return min(offered, key=lambda o: o.duty or Decimal(0), default=None)


def _because(found: Estimate) -> str:
    """The explanation without its amount, which has a column of its own."""
    _, colon, why = found.explanation.partition(": ")
    return why if colon and found.explanation.startswith("Duty ") else found.explanation


def _percent(duty: Decimal | None, value: Decimal) -> Decimal | None:
    return None if duty is None else (duty * 100 / value).quantize(Decimal("0.0001"))


def _origins(asked: Engine, wanted: Any) -> tuple[str, ...]:
    law = asked.law
    if not wanted:
        return tuple(law.countries)
    rows = wanted.split(",") if isinstance(wanted, str) else wanted
    if isinstance(rows, Mapping) or not hasattr(rows, "__iter__"):
        raise LandedError("INVALID_REQUEST", "expected a list of countries", where="origins", mend="Give ISO 3166 alpha-2 codes or names.")
    found: dict[str, None] = {}
    for number, row in enumerate(rows):
        name = str(row).strip()
        if name in law.groups:
            found.update(dict.fromkeys(sorted(m.country for m in law.groups[name])))
        else:
            found[read_country(row, f"origins[{number}]", law)] = None
    return tuple(found)


def _count(top: Any) -> int:
    try:
        count = int(str(top))
    except ValueError:
        count = 0
    if count < 1:
        raise LandedError("INVALID_REQUEST", f"expected a count of one or more, got {str(top)[:40]!r}", where="top", mend="Leave it out for all origins.")
    return count
