"""Says why: one component for every heading that was looked at, with its reason and its place in law."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from landed.duty.assess import Assessment, Charge
from landed.duty.case import Case
from landed.duty.model import Component, ComponentStatus, Legal
from landed.duty.shipment import ZERO, Shipment
from landed.lawbook.model import Condition, Measure

BASE_KIND = "base"


def components(case: Case, assessment: Assessment) -> tuple[Component, ...]:
    """Every heading looked at, the ones that are filed first and in filing order, then the rest."""
    filed: list[tuple[tuple[int, int], Component]] = []
    rest: list[Component] = []
    charges = assessment.charges
    for number, charge in enumerate(charges):
        component = _component(case, charge, charges)
        if component is None:
            continue
        rank = case.index.programmes[charge.measure.programme].rank
        if component.status in ("applies", "unknown") or charge.measure.effect == "exempt" and component.status == "exempt":
            filed.append(((rank, number), component))
        else:
            rest.append(component)
    filed.append(((99, 0), _base_component(case, assessment)))
    filed.extend(((98, n), c) for n, c in enumerate(_orders(case)))
    ordered = [component for _, component in sorted(filed, key=lambda row: row[0])] + rest
    for number, component in enumerate(ordered, 1):
        object.__setattr__(component, "seq", number)  # made here, and nobody has seen them yet
    return tuple(ordered)


def filing_sequence(found: tuple[Component, ...]) -> tuple[str, ...]:
    """The headings in the order of an entry summary: chapter 98, chapter 99, then the tariff line."""
    return tuple(dict.fromkeys(c.heading for c in found if c.heading and c.kind not in ("ad", "cvd", "mpf", "hmf") and (c.status in ("applies", "unknown") or _filed_exemption(c))))


def _filed_exemption(component: Component) -> bool:
    return component.status == "exempt" and component.rate_text == "exempt"


def _component(case: Case, charge: Charge, charges: tuple[Charge, ...]) -> Component | None:
    measure, decision = charge.measure, charge.decision
    programme = case.index.programmes[measure.programme]
    status: ComponentStatus = decision.outcome
    by = charges[decision.by].measure if decision.by is not None else None
    heading = measure.heading
    basis = measure.base
    rate_text = measure.rate.text if measure.rate else {"exempt": "exempt", "prohibit": "prohibited"}.get(measure.effect, "")
    amount: Decimal | None = charge.amount
    if measure.effect == "exempt":
        if not heading and decision.outcome != "applies":
            return None
        status = "exempt" if decision.outcome == "applies" else decision.outcome
        basis = measure.leaves or "entered_value"
        amount = ZERO
    elif measure.effect == "notice":
        status, amount = ("unknown", None) if decision.outcome == "applies" and programme.kind in ("ad", "cvd") else ("not_applicable", ZERO)
    elif decision.outcome == "applies" and measure.effect == "duty":
        if charge.amount is None:
            status = "unknown"
        if charge.reached and measure.heading_reached:
            heading = measure.heading_reached
    return Component(
        seq=0,
        heading=heading,
        programme=measure.programme,
        kind=programme.kind,
        label=measure.title or programme.title,
        rate_text=rate_text,
        rate_pct=charge.rate_pct,
        basis=basis if not decision.less else f"{basis} less {' and '.join(decision.less)}",
        basis_amount=charge.basis_amount if status in ("applies", "unknown") else None,
        amount=amount,
        status=status,
        because=_because(case, charge, charges, by),
        legal=legal(case, measure),
        displaced_by=by.heading or by.programme if by is not None and status in ("displaced", "exempt") else None,
    )


def _because(case: Case, charge: Charge, charges: tuple[Charge, ...], by: Measure | None) -> str:
    measure, decision = charge.measure, charge.decision
    origin = case.index.law.countries.get(case.request.origin, case.request.origin)
    late = f"; published {measure.published}, with effect from {measure.from_}" if measure.published and measure.published > case.day else ""
    if decision.outcome == "not_applicable":
        if measure.effect == "exempt" and measure.subject_to and (measure.when is None or case.shipment.holds(measure.when)):
            return "the goods are not subject to " + " or ".join(_short(case, name) for name in measure.subject_to[:4]) + (" and others" if len(measure.subject_to) > 4 else "")
        return describe(measure.when, case.shipment, False) if measure.when else "its conditions do not hold"
    if measure.effect == "notice" and case.index.programmes[measure.programme].kind not in ("ad", "cvd"):
        return measure.note or measure.title
    if decision.outcome == "displaced" and by is not None:
        return f"{by.heading or by.title} takes its place" + late
    if measure.effect == "exempt":
        held = describe(measure.when, case.shipment, True) if measure.when else ""
        goods = _goods(case, measure)
        subject = f"the goods are subject to {by.heading}" if by is not None else ""
        why = "; ".join(part for part in (subject, held, goods) if part) or f"product of {origin}"
        freed = [c.measure.heading for c in charges if c.decision.by is not None and charges[c.decision.by].measure is measure and c.decision.outcome == "exempt" and c.measure.heading]
        return why + (f": frees {', '.join(freed)}" if freed else "") + late
    if decision.outcome == "exempt" and by is not None:
        return f"freed by {by.heading or by.title}" + late
    parts = [_goods(case, measure) or f"product of {origin}"]
    if measure.when:
        parts.append(describe(measure.when, case.shipment, True))
    if measure.rate and measure.rate.kind == "total":
        parts.append("column 1 already reaches the total" if charge.reached else f"brings column 1 up to {measure.rate.terms[0].amount}%")
    if decision.less:
        takers = ", ".join(charges[j].measure.heading or charges[j].measure.title for j in decision.by_part)
        parts.append(f"on the value left after {takers}")
    if charge.missing:
        parts.append("cannot be computed yet: " + ", ".join(m.replace("_", " ") for m in charge.missing))
    return "; ".join(part for part in parts if part) + late


def _goods(case: Case, measure: Measure) -> str:
    goods = measure.goods
    if goods.all and not goods.chapters:
        return ""
    if goods.lists:
        on = case.index.lists_of(case.line.code, case.day, case.request.known_on)
        for name in goods.lists:
            if name in on:
                row = on[name]
                late = f", a row published {row.published} with effect from {row.from_}" if row.published and row.published > case.day else ""
                return f"{dotted(row.code)} is on list {name}{late}"
    if goods.codes:
        return f"{case.line.dotted} is covered by its number"
    return f"chapter {case.line.code[:2]}"


def dotted(code: str) -> str:
    """Digits as the tariff prints them: 9503.00.00.73, 7326.90, 7216."""
    cuts = [code[:4], code[4:6], code[6:8], code[8:]]
    return ".".join(part for part in cuts if part)


def _short(case: Case, name: str) -> str:
    programme = case.index.programmes.get(name)
    return programme.title if programme else name


def describe(condition: Condition | None, shipment: Shipment, held: bool) -> str:
    """The tests that made a condition hold (or fail), in words, each with where its answer came from."""
    if condition is None:
        return ""
    if condition.op in ("all", "any"):
        parts = [p for p in condition.of if shipment.holds(p) is held]
        return "; ".join(dict.fromkeys(text for text in (describe(p, shipment, held) for p in parts) if text))
    if condition.op == "not":
        return describe(condition.of[0], shipment, not held)
    if condition.op == "fact":
        definition = shipment.definitions.get(condition.fact)
        answer = shipment.answer(condition.fact)
        shown = {True: "yes", False: "no", None: "not declared"}.get(answer, str(answer)) if isinstance(answer, (bool, type(None))) else str(answer)
        source = "stated" if condition.fact in shipment.stated else "assumed"
        words = definition.question.rstrip("?") if definition else condition.fact
        return f"{words}: {shown} ({source})"
    if condition.op == "spi":
        symbols = " or ".join(condition.value)  # type: ignore[arg-type]
        return f"SPI {shipment.claims.spi} is claimed" if held else f"SPI {symbols} is not claimed"
    if condition.op in ("loaded_before", "exported_before"):
        verb = "loaded" if condition.op == "loaded_before" else "exported"
        day = shipment.loading_date if verb == "loaded" else shipment.export_date
        if held:
            return f"{verb} on {day}, before {condition.day}"
        if condition.entered_before and shipment.entry_date >= condition.entered_before:
            return f"entered on or after {condition.entered_before}"
        return f"{verb} on {day}, not before {condition.day}" if day else f"not known to be {verb} before {condition.day}"
    if condition.op == "claimed":
        return "claimed by the importer" if held else "not claimed by the importer"
    if condition.op == "chapter_98":
        return f"{shipment.claims.chapter_98} is claimed" if held else "no chapter 98 claim"
    return f"entry type {shipment.entry_type}"


def legal(case: Case, measure: Measure) -> Legal:
    """Instrument, citations and days of a measure."""
    programme = case.index.programmes[measure.programme]
    return Legal(
        instrument=programme.authority,
        citation=measure.cite,
        effective_from=measure.from_,
        effective_to=measure.to,
        published=measure.published,
        verified=measure.verified,
        verified_through=programme.verified_through,
    )


def _base_component(case: Case, assessment: Assessment) -> Component:
    line, base = case.line, assessment.base
    status: ComponentStatus = "applies" if base.exact is not None else "unknown"
    inherited = f"rate of {line.rate_line}; " if line.rate_line.replace(".", "") != line.code else ""
    missing = "; cannot be computed yet: " + ", ".join(m.replace("_", " ") for m in base.missing) if base.missing else ""
    return Component(
        seq=0,
        heading=line.dotted,
        programme="hts",
        kind=BASE_KIND,
        label={"general": "Column 1 general rate", "special": "Column 1 special rate", "column_2": "Column 2 rate"}[base.column.name],
        rate_text=base.column.rate.text,
        rate_pct=base.column.rate.ad_valorem,
        basis="entered_value" if base.value == case.request.value else "chapter_98_value",
        basis_amount=base.value,
        amount=base.amount,
        status=status,
        because=inherited + base.column.why + missing,
        legal=Legal(
            "Harmonized Tariff Schedule of the United States (19 U.S.C. 1202)",
            (f"HTS {line.rate_line}, {line.revision}",),
            line.from_,
            line.to,
            verified=line.covered,
            verified_through=case.schedule.revisions[-1][1],
        ),
    )


def _orders(case: Case) -> list[Component]:
    """Antidumping and countervailing orders the importer named: deposit on entered value, unknown without a rate."""
    from landed.duty.shipment import HUNDRED, half_up

    found = []
    for order in case.request.ad_cvd:
        amount = half_up(case.request.value * order.rate_pct / HUNDRED) if order.rate_pct is not None else None
        name = "Antidumping" if order.kind == "ad" else "Countervailing"
        found.append(
            Component(
                seq=0,
                heading=order.case,
                programme=f"us.{order.kind}",
                kind=order.kind,
                label=f"{name} duty deposit, case {order.case or 'not named'}",
                rate_text=f"{order.rate_pct}%" if order.rate_pct is not None else "deposit rate not stated",
                rate_pct=order.rate_pct,
                basis="entered_value",
                basis_amount=case.request.value,
                amount=amount,
                status="applies" if amount is not None else "unknown",
                because="order named by the importer; the deposit rate is the importer's, not checked here",
                legal=Legal("Tariff Act of 1930, title VII (19 U.S.C. 1671, 1673)", (order.case,) if order.case else (), None, None, verified=False),
            )
        )
    return found


def in_force_text(since: date | None, until: date | None) -> str:
    return f"{since or ''} to {until or 'open'}"
