"""Answers one request: status, totals, components, questions, options, what is coming, warnings and a receipt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from landed.duty.assess import Assessment
from landed.duty.case import Case
from landed.duty.explain import components, dotted, filing_sequence
from landed.duty.fees import entry_fees, fee_warnings
from landed.duty.low_value import instead_of_duty, low_value_warning
from landed.duty.model import Component, Estimate, Question, Request, Status, Totals, Warning_
from landed.duty.options import options
from landed.duty.outlook import upcoming
from landed.duty.questions import ask
from landed.duty.request import read_request
from landed.duty.shipment import HUNDRED, ZERO
from landed.errors import LandedError
from landed.lawbook.index import LawIndex, index_of, on_goods
from landed.lawbook.load import load_law
from landed.lawbook.model import LawBook
from landed.schedule.lookup import Schedule

UNSURE = ("UNVERIFIED_FACT", "POSSIBLE_AD_CVD", "NOT_ENCODED")  # warnings that keep an answer from being complete
METALS = ("steel_content", "aluminum_content", "copper_content")


class Engine:
    """Law and schedule ready to answer. One per process is enough; it holds no state of requests."""

    def __init__(self, law: LawBook, schedule: Schedule) -> None:
        self.law = law
        self.schedule = schedule
        self.index: LawIndex = index_of(law)

    def with_overlay(self, overlay: Any) -> Engine:
        """An engine whose law has an overlay laid over it (cached per overlay); raises BAD_OVERLAY."""
        if not overlay:
            return self
        from landed.lawbook.overlay import overlaid

        law = overlaid(self.law, overlay)
        return self if law is self.law else Engine(law, self.schedule)

    def read(self, raw: Mapping[str, Any]) -> Request:
        """A request as sent, validated; raises LandedError."""
        return read_request(raw, self.law)

    def case(self, request: Request) -> Case:
        """The request held against the law; raises LandedError for codes and claims that cannot stand."""
        engine = self.with_overlay(request.overlay)
        return Case(engine.index, engine.schedule, request)

    def estimate(self, raw: Mapping[str, Any] | Request, *, depth: str = "full") -> Estimate:
        """The estimate of one line.

        `depth` "full" gives everything; "duty" leaves out questions, options and upcoming changes (comparisons
        of many origins). Raises LandedError when the request cannot be read; an import ban is an answer
        (status refused, error IMPORT_PROHIBITED), not an exception.
        """
        request = raw if isinstance(raw, Request) else self.read(raw)
        case = self.case(request)
        return _answer(case, depth)


@lru_cache(maxsize=2)
def default_engine(jurisdiction: str = "us") -> Engine:
    """The engine on the packaged law and the schedule in force, built once per process."""
    return Engine(load_law(jurisdiction), Schedule.load())


def _answer(case: Case, depth: str) -> Estimate:
    request, law = case.request, case.index.law
    now = case.assess()
    found = components(case, now)
    full = depth == "full"
    prohibited = now.prohibited
    instead = instead_of_duty(case, now) if prohibited is None else None
    if instead is not None:
        found = (replace(instead, seq=1), *(replace(c, seq=c.seq + 1, **_set_aside(c, instead)) for c in found))
    orders_unknown = any(c.kind in ("ad", "cvd") and c.status == "unknown" and c.heading for c in found)
    ad_cvd = sum((c.amount or ZERO for c in found if c.programme in ("us.ad", "us.cvd")), ZERO)
    questions: tuple[Question, ...] = ()
    low = high = now.total
    if full and prohibited is None:
        questions, low, high = ask(case, now)
    elif full:
        questions = ask(case, now)[0]
    fees, fee_components, fee_questions = entry_fees(case, len(found))
    total, known = (now.total, now.known) if instead is None else (instead.amount, instead.amount or ZERO)
    if instead is not None:
        questions, low, high = (), total, total
    duty = None if total is None or orders_unknown or prohibited else total + ad_cvd
    known += ad_cvd
    warnings = _warnings(case, now, found)
    charges = sum((amount for _, amount in request.charges), ZERO)
    taxes = None if case.line.code[:2] in law.excise_chapters else ZERO
    landed = None if duty is None or fees is None or taxes is None else request.value + duty + fees + taxes + charges
    status: Status = "complete"
    if prohibited is not None:
        status = "refused"
    elif duty is None:
        status = "partial"
    elif any(q.affects == "duty" for q in questions) or any(w.code in UNSURE for w in warnings):
        status = "estimated"
    if orders_unknown or prohibited:
        low = high = None
    totals = Totals(
        duty=duty,
        known_duty_subtotal=ZERO if prohibited else known,
        duty_low=None if low is None else low + ad_cvd,
        duty_high=None if high is None else high + ad_cvd,
        fees=None if prohibited else fees,
        taxes=taxes,
        landed_cost=landed,
        effective_rate_pct=None if duty is None else (duty * HUNDRED / request.value).quantize(Decimal("0.0001")),
        fees_complete=fees is not None and not any(c.status == "unknown" and c.amount is None for c in fee_components),
    )
    every = found + fee_components
    error = None
    if prohibited is not None:
        error = LandedError(
            "IMPORT_PROHIBITED",
            f"{case.line.dotted} of {request.origin} may not be entered on {case.day}: {prohibited.title}",
            where="hts_code",
            mend=prohibited.note or "Check whether an exception in the instrument covers the goods.",
            heading=prohibited.heading,
            citation=list(prohibited.cite),
        ).to_dict()
    return Estimate(
        status=status,
        reference=request.reference,
        hts_code=case.line.dotted,
        country_of_origin=request.origin,
        customs_value=request.value,
        entry_date=case.day,
        law_version=version_of(law, case.schedule),
        hts_revision=case.line.revision,
        verified_through=law.verified_through,
        totals=totals,
        components=every,
        filing_sequence=() if prohibited else filing_sequence(found),
        questions=questions + fee_questions if full else (),
        options=options(case, now) if full and prohibited is None else (),
        upcoming=upcoming(case, now) if full else (),
        warnings=warnings,
        explanation=_sentence(case, now, found, duty),
        receipt_id=receipt(request, version_of(law, case.schedule)),
        known_on=request.known_on,
        error=error,
    )


def _set_aside(component: Component, instead: Component) -> dict[str, Any]:
    """What becomes of an ordinary duty where low-value or postal rules take its place."""
    if component.status not in ("applies", "unknown") or component.kind in ("ad", "cvd"):
        return {}
    return {"status": "displaced", "amount": ZERO, "because": f"{instead.label} takes its place", "displaced_by": instead.programme}


@lru_cache(maxsize=32)
def version_of(law: LawBook, schedule: Schedule) -> str:
    """The version an answer rests on: the law pack (and overlay) and the editions of the schedule in force."""
    return f"{law.version}.{schedule.version[:6]}"


def receipt(request: Request, law_version: str) -> str:
    """A hash of the request and the law version: the same two give the same receipt for ever."""
    claims = request.claims
    said: list[Any] = [law_version, request.code, request.origin, request.value, request.entry_date, request.reference, request.country_of_export]
    said += [request.loading_date, request.export_date, request.transport_mode, request.entry_type, request.quantities, request.incoterm, request.charges]
    said += [claims.spi, claims.chapter_98, sorted(claims.exclusions), claims.us_content_value, claims.repair_value, request.facts, request.parts]
    said += [[(o.kind, o.case, o.rate_pct) for o in request.ad_cvd], request.known_on]
    return "r" + hashlib.sha256(json.dumps(said, default=str, separators=(",", ":")).encode()).hexdigest()[:31]


def _sentence(case: Case, now: Assessment, found: tuple[Component, ...], duty: Decimal | None) -> str:
    """One plain sentence: what makes the total."""
    if now.prohibited is not None:
        return f"These goods may not be entered: {now.prohibited.title} ({', '.join(now.prohibited.cite[:2])})."
    titles = case.index.programmes
    added = [c for c in found if c.status == "applies" and c.kind != "base" and (c.amount or ZERO) > 0]
    base = next(c for c in found if c.kind == "base")
    own = "duty free otherwise" if base.rate_text == "Free" else f"{base.rate_text} of the line itself"
    parts = [f"{c.rate_text} {titles[c.programme].title if c.programme in titles else c.label}" + (f" ({c.heading})" if c.heading else "") for c in added]
    head = f"Duty {duty:,.2f} USD: " if duty is not None else f"Duty not yet known (at least {now.known:,.2f} USD): "
    if not parts:
        return head + (f"{base.rate_text} ({base.heading}), no added duties." if base.rate_text != "Free" else "free, no added duties.")
    return head + " + ".join(parts) + f"; {own}."


def _warnings(case: Case, now: Assessment, found: tuple[Component, ...]) -> tuple[Warning_, ...]:
    law, day, line = case.index.law, case.day, case.line
    out: list[Warning_] = list(case.standing.warnings)
    if now.prohibited is not None:
        out.append(Warning_("IMPORT_PROHIBITED", now.prohibited.title, now.prohibited.note or "Do not ship before this is resolved."))
    for gap in now.missing:
        if gap.startswith("rate:"):
            out.append(Warning_("RATE_NOT_PRICED", f"The rate of {line.rate_line} is not priced: {gap[5:]}.", "Read the rate in the tariff and compute this part by hand."))
        else:
            out.append(Warning_("QUANTITY_REQUIRED", f"A rate needs {gap.replace('_', ' ', 1)}.", "Answer the question; until then the total is unknown and the subtotal stands."))
    late = {case.index.programmes[c.programme].verified_through for c in found if c.programme in case.index.programmes and c.status in ("applies", "unknown")}
    through = min([law.verified_through, *(d for d in late if d < law.verified_through)]) if late else law.verified_through
    if day > law.verified_through:
        out.append(Warning_("LAW_NOT_VERIFIED_AFTER", f"Official text was last read through {law.verified_through}; {day} is later.", "Check for newer instruments before filing."))
    elif day > through and any(c.status == "applies" and c.programme in case.index.programmes and day > case.index.programmes[c.programme].verified_through for c in found):
        out.append(Warning_("LAW_NOT_VERIFIED_AFTER", f"A programme of this answer was last read through {through}; {day} is later.", "Check for newer instruments before filing."))
    if not line.covered:
        edge = f"the first export at hand is of {case.schedule.revisions[0][1]}" if day < case.schedule.revisions[0][1] else f"the last export at hand is of {case.schedule.revisions[-1][1]}"
        out.append(Warning_("BASE_RATE_NOT_COVERED", f"The line's own rate on {day} is taken from the nearest official export ({edge}).", "Check the rate in the revision of the day."))
    if line.suffix_missing:
        out.append(Warning_("STATISTICAL_SUFFIX_MISSING", f"{line.dotted} is an 8-digit line; an entry needs ten digits and some lists name ten.", "Choose a 10-digit number under it."))
    for component in found:
        if not component.legal.verified and component.kind not in ("base", "ad", "cvd") and component.status in ("applies", "unknown", "exempt") and component.displaced_by is None:
            out.append(Warning_("UNVERIFIED_FACT", f"{component.heading or component.label}: this rule rests on an unverified source.", "Check the cited instrument before you rely on it."))
        elif component.kind in ("ad", "cvd") and component.status == "unknown" and not component.heading:
            kind = "antidumping" if component.kind == "ad" else "countervailing"
            out.append(Warning_("POSSIBLE_AD_CVD", f"CBP flags {line.dotted} for possible {kind} duty orders; none is included here.", "Check scope by country, maker and exporter; state claims.ad_cvd or the fact ad_cvd_cleared."))
    for charge in now.charges:
        if charge.decision.outcome == "applies" and charge.measure.goods.lists:
            on = case.index.lists_of(line.code, day, case.request.known_on)
            if any(name in on and not on[name].verified for name in charge.measure.goods.lists):
                out.append(Warning_("UNVERIFIED_FACT", f"{charge.measure.heading}: the list entry of {dotted(line.code)} rests on an unverified source.", "Check the list in the cited instrument."))
    whole = sorted({c.measure.base.split("_")[0] for c in now.charges if c.decision.outcome == "applies" and c.measure.base in METALS and not case.shipment.declared(c.measure.base)})
    if len(whole) > 1:
        out.append(
            Warning_("CONTENT_COUNTED_TWICE", f"No content of {' and '.join(whole)} is declared, so each duty takes the whole value.", "Declare the value of each metal content; together they are at most the whole.")
        )
    if line.code[:2] in law.excise_chapters:
        out.append(Warning_("EXCISE_NOT_INCLUDED", "Internal revenue tax may be due on goods of this chapter and is not included.", "Add the tax from 26 U.S.C. chapters 51 and 52."))
    if case.request.transport_mode is None:
        out.append(Warning_("TRANSPORT_MODE_NOT_STATED", "The harbor maintenance fee is due on cargo that arrives by vessel; it is not in the fees or the landed cost.", "Say how the goods arrive (transport_mode)."))
    out.extend(fee_warnings(case))
    small = low_value_warning(case)
    if small is not None:
        out.append(small)
    out.extend(_gaps(case))
    return tuple(dict.fromkeys(out))


def _gaps(case: Case) -> list[Warning_]:
    """Law known to exist but not encoded, or announced without legal text, on lines it could touch."""
    index, day, origin = case.index, case.day, case.request.origin
    on = index.lists_of(case.line.code, day)
    found = []
    for gap in index.gaps:
        if gap.from_ <= day and (gap.to is None or day <= gap.to) and index.covers_origin(gap, origin, day) and on_goods(gap, case.line.code, on):
            found.append(Warning_("NOT_ENCODED", f"{gap.title}: {gap.reason}.", "This law could touch the line and is not in the total."))
    for measure in index.announced:
        if measure.from_ <= date(day.year + 1, day.month, min(day.day, 28)) and index.covers_origin(measure, origin, measure.from_) and on_goods(measure, case.line.code, on):
            found.append(Warning_("ANNOUNCED", f"{measure.title} from {measure.from_}: announced, no legal text yet; not in any total.", "Watch for the instrument."))
    return found
