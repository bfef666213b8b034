"""Fees of a whole entry: once per entry, within the fiscal year's limits, and shared among the lines to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from landed.duty.case import Case
from landed.duty.fees import RELEASED_FREE, FeeLaw, Liability, ProcessingSpell, fee_law, liability
from landed.duty.model import Legal
from landed.duty.shipment import HUNDRED, ZERO, half_up
from landed.entry.allocate import allocate
from landed.entry.model import FeeItem, Header


def fees_of_entry(header: Header, cases: Sequence[Case], duties: Sequence[Decimal | None]) -> tuple[FeeItem, ...]:
    """The fees of an entry whose lines are `cases`, with `duties` their duty (US dollars; None unknown).

    Processing fee once per entry on the lines that owe it, harbor maintenance on vessel cargo line by line, mail per item, express
    consignment per waybill.
    """
    fees = fee_law(cases[0].index.law)
    express = _express(header, fees, cases)
    if header.entry_type == "section_321":
        return (*_released_free(fees, len(cases)), *express)
    items = [_mail(header, fees, cases, duties)] if header.entry_type == "postal" else _processing(header, fees, cases, instead=bool(express))
    return (*items, *express, _harbor(header, fees, cases))


def _express(header: Header, fees: FeeLaw, cases: Sequence[Case]) -> list[FeeItem]:
    """The fee per individual waybill of a shipment that passes an express consignment facility, up to the value it holds for."""
    value = sum((case.request.value for case in cases), ZERO)
    if not header.express_waybills or value > fees.express_limit:
        return []
    found = fees.express_on(header.entry_date)
    legal = Legal(fees.processing_instrument, fees.express_cite, None, None, verified=bool(found and found[1]))
    if found is None:
        because = f"no notice has set the fee for {header.entry_date}"
        return [FeeItem("", "express", fees.express_title, "", None, tuple(None for _ in cases), "unknown", because, legal)]
    amount = found[0] * header.express_waybills
    beside = "beside the processing fee of a formal entry" if header.entry_type == "formal" else "in place of the informal processing fee"
    because = f"{header.express_waybills} individual waybill(s), {beside}; the operator pays it each quarter, not on the entry summary"
    shares = allocate(amount, [case.request.value for case in cases])
    return [FeeItem("", "express", fees.express_title, f"{found[0]} USD per waybill", amount, shares, "applies", because, legal)]


def _released_free(fees: FeeLaw, lines: int) -> tuple[FeeItem, ...]:
    rows = ((fees.processing_codes["informal"], "mpf", "Merchandise processing fee", fees.processing_instrument), (fees.harbor_code, "hmf", "Harbor maintenance fee", fees.harbor_instrument))
    return tuple(
        FeeItem(code, kind, label, "", ZERO, (ZERO,) * lines, "not_applicable", RELEASED_FREE, Legal(instrument, fees.released_cite, None, None, verified=fees.released_verified))
        for code, kind, label, instrument in rows
    )


def _processing(header: Header, fees: FeeLaw, cases: Sequence[Case], *, instead: bool) -> list[FeeItem]:
    owed = [liability(case) for case in cases]
    spell = fees.processing_on(header.entry_date)
    due = [o for o in owed if not o.exempt]
    informal = header.entry_type == "informal"
    form = "informal" if informal else "formal"
    cite = tuple(dict.fromkeys((*fees.processing_cite[form], *(spell.cite if spell else ()), *(c for o in owed for c in o.cite))))
    figure = ("informal" if header.filing == "automated" else header.filing) if informal else "minimum"
    verified = all(o.verified for o in owed) and (not due or (spell is not None and figure not in spell.doubtful))
    legal = Legal(fees.processing_instrument, cite, spell.from_ if spell else None, spell.to if spell else None, verified=verified)
    code, label = fees.processing_codes[form], "Merchandise processing fee"
    if informal and instead:
        because = "the express consignment fee per waybill takes its place"
        note = Legal(fees.processing_instrument, fees.express_cite, None, None)
        return [FeeItem(code, "mpf", label, "", ZERO, tuple(ZERO for _ in cases), "not_applicable", because, note)]
    if not due:
        because = "; ".join(dict.fromkeys(o.because for o in owed))
        return [FeeItem(code, "mpf", label, f"{fees.processing_rate}%", ZERO, tuple(ZERO for _ in cases), "exempt", because, legal)]
    if spell is None or (not informal and any(o.base is None for o in due)):
        because = f"no notice has set the fee for {header.entry_date}" if spell is None else "; ".join(o.because for o in due if o.base is None)
        return [FeeItem(code, "mpf", label, f"{fees.processing_rate}%", None, tuple(ZERO if o.exempt else None for o in owed), "unknown", because, legal)]
    if informal:
        amount = {"automated": spell.informal, "manual": spell.manual, "cbp_prepared": spell.cbp_prepared}[header.filing]
        because = f"informal entry, {header.filing.replace('_', ' ')}"
        shares = allocate(amount, [ZERO if o.exempt else case.request.value for o, case in zip(owed, cases, strict=True)])
        return [FeeItem(code, "mpf", label, f"{amount} USD per entry", amount, shares, "applies", because, legal)]
    return _formal(header, fees, spell, owed, code, label, legal)


def _formal(header: Header, fees: FeeLaw, spell: ProcessingSpell, owed: list[Liability], code: str, label: str, legal: Legal) -> list[FeeItem]:
    bases = [ZERO if o.exempt else o.base or ZERO for o in owed]
    amount, limit = spell.bounded(sum(bases, ZERO) * fees.processing_rate / HUNDRED)
    # A formal entry that owes the fee on a dutiable part of nothing still owes the minimum: shared by line then.
    weights = bases if any(bases) else [ZERO if o.exempt else Decimal(1) for o in owed]
    text = f"{fees.processing_rate}%, at least {spell.minimum} and at most {spell.maximum} USD per entry"
    exempt = sum(o.exempt for o in owed)
    because = f"formal entry; {fees.processing_rate}% of {sum(bases, ZERO)} USD" + (f"; the {limit} of the fiscal year" if limit != "none" else "")
    because += f"; {exempt} of {len(owed)} lines exempt" if exempt else ""
    items = [FeeItem(code, "mpf", label, text, amount, allocate(amount, weights), "applies", because, legal)]
    if header.filing == "manual":
        note = Legal(fees.processing_instrument, fees.processing_cite["surcharge"], spell.from_, spell.to, verified="surcharge" not in spell.doubtful)
        surcharge = fees.processing_codes["surcharge"]
        items.append(FeeItem(surcharge, "mpf", "Surcharge for manual filing", f"{spell.surcharge} USD per entry", spell.surcharge, allocate(spell.surcharge, weights), "applies", "filed by hand", note))
    return items


def _harbor(header: Header, fees: FeeLaw, cases: Sequence[Case]) -> FeeItem:
    mode = "mail" if header.transport_mode is None and header.entry_type == "postal" else header.transport_mode
    code, rate, label = fees.harbor_code, f"{fees.harbor_rate}%", "Harbor maintenance fee"
    legal = Legal(fees.harbor_instrument, fees.harbor_cite, fees.harbor_from, None, verified=not any(c.request.claims.chapter_98 for c in cases))
    if mode is None:
        return FeeItem(code, "hmf", label, rate, None, tuple(None for _ in cases), "unknown", "due only on cargo that arrives by vessel; the mode of arrival is not stated", legal)
    if mode not in fees.harbor_modes:
        return FeeItem(code, "hmf", label, rate, ZERO, tuple(ZERO for _ in cases), "not_applicable", f"the goods arrive by {mode}", legal)
    shares = harbor_shares(fees, cases)
    return FeeItem(code, "hmf", label, rate, sum(shares, ZERO), shares, "applies", "vessel cargo, line by line", legal)


def harbor_shares(fees: FeeLaw, cases: Sequence[Case]) -> tuple[Decimal, ...]:
    """What each line would pay if the goods came by vessel, US dollars."""
    return tuple(half_up(case.request.value * fees.harbor_rate / HUNDRED) for case in cases)


def _mail(header: Header, fees: FeeLaw, cases: Sequence[Case], duties: Sequence[Decimal | None]) -> FeeItem:
    found = fees.mail_on(header.entry_date)
    legal = Legal(fees.processing_instrument, fees.mail_cite, None, None, verified=bool(found and found[1]))
    label = "Dutiable mail fee"
    if all(duty == 0 for duty in duties):
        return FeeItem(fees.mail_code, "mail", label, "", ZERO, tuple(ZERO for _ in cases), "not_applicable", "no duty is due on the mail", legal)
    if found is None or all(not duty for duty in duties):
        because = f"no notice has set the fee for {header.entry_date}" if found is None else "whether duty is due is not known"
        return FeeItem(fees.mail_code, "mail", label, "", None, tuple(None for _ in cases), "unknown", because, legal)
    amount = found[0] * header.mail_items
    shares = allocate(amount, [case.request.value for case in cases])
    return FeeItem(fees.mail_code, "mail", label, f"{found[0]} USD per item", amount, shares, "applies", f"{header.mail_items} dutiable item(s) of mail for which CBP prepares the entry", legal)
