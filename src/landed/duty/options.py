"""Other ways to enter the same goods: the general rate, each special programme, exclusions and chapter 98, with what each saves."""

from __future__ import annotations

from dataclasses import replace

from landed.duty.assess import Assessment
from landed.duty.case import Case
from landed.duty.low_value import section_321_option
from landed.duty.model import Option
from landed.errors import LandedError
from landed.lawbook.index import lapsed
from landed.lawbook.model import Condition


def options(case: Case, now: Assessment) -> tuple[Option, ...]:
    """Claims the importer could make, cheapest first; a saving is given only where it can be computed."""
    found = [*_without_claims(case, now), *_preferences(case, now), *_exclusions(case, now), *_chapter_98(case)]
    small = section_321_option(case, now)
    found.extend([small] if small is not None else [])
    found.sort(key=lambda o: (o.saving_usd is None, -(o.saving_usd or 0)))
    return tuple(found)


def _option(claim: str, label: str, then: Assessment, now: Assessment, evidence: str, cite: tuple[str, ...]) -> Option:
    saving = None if then.total is None or now.total is None else now.total - then.total
    return Option(claim, label, then.total, saving, evidence, cite)


def _without_claims(case: Case, now: Assessment) -> list[Option]:
    claims = case.request.claims
    if not claims.spi and not claims.chapter_98 and not claims.exclusions:
        return []
    then = case.assess_claim(replace(claims, spi=None, chapter_98=None, exclusions=frozenset()))
    return [_option("none", "Column 1 general rate, no claims", then, now, "none", ("General Note 3",))]


def _preferences(case: Case, now: Assessment) -> list[Option]:
    request, index = case.request, case.index
    if index.column_2(request.origin, case.day) is not None:
        return []
    found = []
    for preference in index.preferences(request.origin, case.day):
        if preference.spi == request.claims.spi or lapsed(preference, case.day, request.known_on) or any(name == "any" for name, _, _ in preference.members):
            continue
        if case.line.special_rate(preference.spi) is None and not (case.line.general.free and _relieves(case, preference.spi)):
            continue
        try:
            then = case.assess_claim(replace(request.claims, spi=preference.spi))
        except LandedError:
            continue
        if then.total == now.total:
            continue
        evidence = preference.evidence or f"certification of origin under General Note {preference.general_note}"
        found.append(_option(f"spi:{preference.spi}", preference.title, then, now, evidence, preference.cite))
    return found


def _relieves(case: Case, spi: str) -> bool:
    """Whether some measure of the docket asks for this symbol."""
    return any(measure.when is not None and _asks_spi(measure.when, spi) for measure in case.docket.measures)


def _asks_spi(condition: Condition, spi: str) -> bool:
    return condition.op == "spi" and spi in condition.value or any(_asks_spi(part, spi) for part in condition.of)  # type: ignore[operator]


def _exclusions(case: Case, now: Assessment) -> list[Option]:
    found = []
    for measure in case.docket.measures:
        if measure.effect == "exempt" and measure.offer and measure.when is not None and _claimable(measure.when) and measure.heading not in case.request.claims.exclusions:
            then = case.assess_claim(replace(case.request.claims, exclusions=case.request.claims.exclusions | {measure.heading}))
            if then.total != now.total:
                found.append(_option(f"exclusion:{measure.heading}", measure.title, then, now, measure.evidence or "the article must match the description of the exclusion", measure.cite))
    return found


def _claimable(condition: Condition) -> bool:
    return condition.op == "claimed" or any(_claimable(part) for part in condition.of)


def _chapter_98(case: Case) -> list[Option]:
    """Chapter 98 provisions: what they save depends on values only the importer knows, so no saving is invented."""
    if case.request.claims.chapter_98:
        return []
    return [
        Option(f"chapter_98:{measure.heading}", measure.title, None, None, measure.evidence, measure.cite)
        for programme in case.index.law.programmes
        if programme.kind == "98"
        for measure in programme.measures
        if measure.offer and case.index.in_force(measure, case.day, None)
    ]
