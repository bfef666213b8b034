"""Customs user fees: reads the fee law, and charges one line entered alone (merchandise processing, harbor maintenance, mail)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from landed.duty.case import Case
from landed.duty.low_value import instead_of_duty
from landed.duty.model import Choice, Component, ComponentStatus, Legal, Question, Warning_
from landed.duty.shipment import HUNDRED, ZERO, Shipment, half_up
from landed.errors import LandedError
from landed.lawbook.model import Basis, LawBook
from landed.lawbook.programme import day_of, strings

PROGRAMME = "us.fees"
RELEASED_FREE = "released under section 321 without an entry that owes fees"
MODE_QUESTION = "How do the goods arrive: by ocean, air, truck, rail or mail?"


@dataclass(frozen=True, slots=True)
class ProcessingSpell:
    """The merchandise processing fee of one fiscal year, US dollars per entry; `doubtful` names figures that rest on inference."""

    from_: date
    to: date
    minimum: Decimal
    maximum: Decimal
    informal: Decimal
    manual: Decimal
    cbp_prepared: Decimal
    surcharge: Decimal
    doubtful: frozenset[str]
    cite: tuple[str, ...]

    def bounded(self, exact: Decimal) -> tuple[Decimal, str]:
        """(the fee of one formal entry in US dollars, which limit decided: minimum, maximum or none)."""
        fee = half_up(exact)
        if fee < self.minimum:
            return self.minimum, "minimum"
        if fee > self.maximum:
            return self.maximum, "maximum"
        return fee, "none"


@dataclass(frozen=True, slots=True)
class ExemptOrigin:
    """Origins whose products pay no merchandise processing fee, whether or not a preference is claimed."""

    title: str
    origins: tuple[str, ...]
    members_of: tuple[str, ...]
    cite: tuple[str, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class ClassFee:
    """A fee under its own class code that this pack names but does not price."""

    class_code: str
    title: str
    codes: tuple[str, ...]
    cite: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FeeLaw:
    """The fees of a law pack. Rates are percent of value; amounts US dollars."""

    processing_rate: Decimal
    processing_codes: Mapping[str, str]
    processing_cite: Mapping[str, tuple[str, ...]]
    processing_instrument: str
    processing: tuple[ProcessingSpell, ...]
    exempt_origins: tuple[ExemptOrigin, ...]
    dutiable_part: Mapping[str, Basis]
    chapter_98_cite: tuple[str, ...]
    harbor_rate: Decimal
    harbor_code: str
    harbor_modes: tuple[str, ...]
    harbor_instrument: str
    harbor_cite: tuple[str, ...]
    harbor_from: date
    mail_code: str
    mail_cite: tuple[str, ...]
    mail: tuple[tuple[date, date, Decimal, bool], ...]
    express_title: str
    express_cite: tuple[str, ...]
    express_limit: Decimal
    express: tuple[tuple[date, date, Decimal, bool], ...]
    informal_limit: Decimal
    informal_cite: tuple[str, ...]
    class_fees: tuple[ClassFee, ...]
    released_cite: tuple[str, ...]  # section 321 releases owe no fees
    released_verified: bool

    def processing_on(self, day: date) -> ProcessingSpell | None:
        """The limits in force on a day; None where no notice has set them."""
        return next((s for s in self.processing if s.from_ <= day <= s.to), None)

    def mail_on(self, day: date) -> tuple[Decimal, bool] | None:
        """(fee per item, verified) on a day, or None."""
        return next(((amount, ok) for since, until, amount, ok in self.mail if since <= day <= until), None)

    def express_on(self, day: date) -> tuple[Decimal, bool] | None:
        """(fee per individual waybill at an express consignment facility, verified) on a day, or None."""
        return next(((amount, ok) for since, until, amount, ok in self.express if since <= day <= until), None)

    def class_fees_of(self, code: str) -> tuple[ClassFee, ...]:
        return tuple(fee for fee in self.class_fees if code.startswith(fee.codes))


@dataclass(frozen=True, slots=True)
class Liability:
    """What one line owes of the merchandise processing fee before any limit: its base, or why it owes none.

    `base` None: a claimed chapter 98 provision leaves a part dutiable that nobody stated.
    """

    base: Decimal | None
    exempt: bool
    because: str
    cite: tuple[str, ...] = ()
    verified: bool = True


@lru_cache(maxsize=8)
def fee_law(law: LawBook) -> FeeLaw:
    """The fees of a law pack, read once per pack. Raises BAD_LAW_FILE when `fees.yaml` is missing or short of a key."""
    raw: Any = law.tables.get("fees")
    if not isinstance(raw, Mapping):
        raise LandedError("BAD_LAW_FILE", "fees.yaml is missing", where="fees.yaml")
    try:
        return _read(raw)
    except KeyError as absent:
        raise LandedError("BAD_LAW_FILE", f"fees.yaml lacks {absent}", where="fees.yaml") from None


def _read(raw: Mapping[str, Any]) -> FeeLaw:
    mpf, hmf, mail, express = raw["merchandise_processing"], raw["harbor_maintenance"], raw["dutiable_mail"], raw["express_consignment"]
    part = mpf["chapter_98"]
    return FeeLaw(
        processing_rate=_number(mpf["rate_pct"]),
        processing_codes={k: str(v) for k, v in mpf["class_code"].items()},
        processing_cite={k: strings(v) for k, v in mpf["cite"].items()},
        processing_instrument=str(mpf["instrument"]),
        processing=tuple(_processing_spell(since, until, row) for since, until, row in _spells(mpf)),
        exempt_origins=tuple(
            ExemptOrigin(str(r["title"]), strings(r.get("origins", ())), strings(r.get("members_of", ())), strings(r["cite"]), bool(r.get("verified", True)))
            for r in mpf["exempt_origins"]
        ),
        dutiable_part={str(k): v for k, v in part["dutiable_part"].items()},
        chapter_98_cite=strings(part["cite"]),
        harbor_rate=_number(hmf["rate_pct"]),
        harbor_code=str(hmf["class_code"]),
        harbor_modes=strings(hmf["modes"]),
        harbor_instrument=str(hmf["instrument"]),
        harbor_cite=strings(hmf["cite"]),
        harbor_from=day_of(hmf["from"], "fees.yaml harbor_maintenance"),
        mail_code=str(mail["class_code"]),
        mail_cite=strings(mail["cite"]),
        mail=tuple((since, until, _number(row["amount"]), bool(row.get("verified", True))) for since, until, row in _spells(mail)),
        express_title=str(express["title"]),
        express_cite=strings(express["cite"]),
        express_limit=_number(express["limit_usd"]),
        express=tuple((since, until, _number(row["amount"]), bool(row.get("verified", True))) for since, until, row in _spells(express)),
        informal_limit=_number(raw["informal_entry"]["limit_usd"]),
        informal_cite=strings(raw["informal_entry"]["cite"]),
        class_fees=tuple(ClassFee(str(r["class_code"]), str(r["title"]), strings(r["codes"]), strings(r["cite"])) for r in raw["class_fees"]),
        released_cite=strings(raw["section_321"]["cite"]),
        released_verified=bool(raw["section_321"].get("verified", True)),
    )


def _spells(table: Mapping[str, Any]) -> list[tuple[date, date, Mapping[str, Any]]]:
    from datetime import timedelta

    days = sorted((day_of(day, "fees.yaml"), row) for day, row in table["spells"].items())
    ends = [since - timedelta(days=1) for since, _ in days[1:]] + [day_of(table["through"], "fees.yaml through")]
    return [(since, until, row) for (since, row), until in zip(days, ends, strict=True)]


def _processing_spell(since: date, until: date, row: Mapping[str, Any]) -> ProcessingSpell:
    doubtful = set(strings(row.get("derived", ())))
    if not row.get("verified", True):
        doubtful |= {"minimum", "maximum", "informal"}
    amounts = {name: half_up(_number(row[name])) for name in ("minimum", "maximum", "informal", "manual", "cbp_prepared", "surcharge")}
    return ProcessingSpell(since, until, **amounts, doubtful=frozenset(doubtful), cite=strings(row.get("cite", ())))


def _number(raw: object) -> Decimal:
    return Decimal(str(raw))


def liability(case: Case) -> Liability:
    """What one line owes of the merchandise processing fee before the entry's minimum and maximum."""
    fees, shipment, request = fee_law(case.index.law), case.shipment, case.request
    claimed = request.claims.chapter_98
    if claimed:
        part = fees.dutiable_part.get(claimed)
        if part is None:
            return Liability(ZERO, True, f"articles of {claimed} are exempt from the fee", fees.chapter_98_cite)
    for row in fees.exempt_origins:
        if _is_product_of(case, row):
            return Liability(ZERO, True, f"exempt: {row.title}", row.cite, row.verified)
    spi = case.standing.spi
    if spi:
        for preference in case.index.law.preferences:  # the standing has already judged origin and day
            if preference.spi == spi and preference.mpf_exempt:
                return Liability(ZERO, True, f"exempt: originating goods under {preference.title} ({spi})", ("19 CFR 24.23(c)", *preference.cite), preference.verified)
    if claimed and fees.dutiable_part.get(claimed):
        amount = _stated_part(shipment, fees.dutiable_part[claimed], request.claims.repair_value, request.claims.us_content_value)
        because = f"{claimed} leaves only a part dutiable" + ("" if amount is not None else "; its value is not stated")
        return Liability(amount, False, because, fees.chapter_98_cite)
    return Liability(request.value, False, "entered value")


def _stated_part(shipment: Shipment, part: Basis, repair: Decimal | None, us_content: Decimal | None) -> Decimal | None:
    """The dutiable part of a chapter 98 article, None where the importer has not stated what it hangs on."""
    if part == "repair_value" and repair is None:
        return None
    if part == "non_us_content" and us_content is None and not shipment.declared("us_content"):
        return None
    return shipment.amount_of(part)


def _is_product_of(case: Case, row: ExemptOrigin) -> bool:
    origin, day = case.request.origin, case.day
    if any(origin in case.index.expand(name, day) for name in row.origins):
        return True
    for preference in case.index.law.preferences:
        if preference.spi in row.members_of:
            for name, since, until in preference.members:
                if since <= day and (until is None or day <= until) and origin in case.index.expand(name, day):
                    return True
    return False


def entry_fees(case: Case, seq: int) -> tuple[Decimal | None, tuple[Component, ...], tuple[Question, ...]]:
    """(known fees in US dollars, their components, questions about them) of a line that is an entry by itself.

    Components are numbered from `seq` + 1. The harbor maintenance fee of an unstated mode of arrival is unknown: it is
    left out of the known fees and asked. None: the merchandise processing fee itself cannot be computed.
    """
    fees = fee_law(case.index.law)
    if case.request.entry_type == "section_321":
        found = [_numbered(component, seq + n) for n, component in enumerate(_released_free(case, fees), 1)]
        return ZERO, tuple(found), ()
    first = _mail(case, fees) if case.request.entry_type == "postal" else _processing(case, fees)
    harbor, questions = _harbor(case, fees)
    found = [_numbered(component, seq + n) for n, component in enumerate((*first, harbor), 1)]
    unknown = any(c.status == "unknown" for c in first)
    return None if unknown else sum((c.amount or ZERO for c in found), ZERO), tuple(found), questions


def _numbered(component: Component, number: int) -> Component:
    from dataclasses import replace

    return replace(component, seq=number)


def _processing(case: Case, fees: FeeLaw) -> list[Component]:
    owed, spell = liability(case), fees.processing_on(case.day)
    form = case.request.entry_type
    legal = Legal(
        fees.processing_instrument,
        (*fees.processing_cite[form], *(spell.cite if spell else ()), *owed.cite),
        spell.from_ if spell else None,
        spell.to if spell else None,
        verified=owed.verified and (owed.exempt or (spell is not None and not spell.doubtful & ({"informal"} if form == "informal" else {"minimum", "maximum"}))),
    )
    rate = f"{fees.processing_rate}%"
    status: ComponentStatus = "applies"
    amount: Decimal | None
    if owed.exempt:
        status, amount, because = "exempt", ZERO, owed.because
    elif spell is None:
        status, amount, because = "unknown", None, f"no notice has set the limits of the fee for {case.day}"
    elif form == "informal":
        rate, amount, because = f"{spell.informal} USD per entry", spell.informal, "informal entry, automated, not prepared by CBP"
    elif owed.base is None:
        status, amount, because = "unknown", None, owed.because
    else:
        amount, limit = spell.bounded(owed.base * fees.processing_rate / HUNDRED)
        rate = f"{fees.processing_rate}%, at least {spell.minimum} and at most {spell.maximum} USD per entry"
        because = f"formal entry of one line; {owed.because}" + (f"; the {limit} of the fiscal year" if limit != "none" else "")
    informal = form == "informal"
    return [
        Component(
            seq=0,
            heading=fees.processing_codes[form],
            programme=PROGRAMME,
            kind="mpf",
            label="Merchandise processing fee",
            rate_text=rate,
            rate_pct=None if informal else fees.processing_rate,
            basis="entry" if informal else "entered_value" if owed.base == case.request.value else "dutiable_part",
            basis_amount=None if informal or owed.exempt else owed.base,
            amount=amount,
            status=status,
            because=because,
            legal=legal,
        )
    ]


def _released_free(case: Case, fees: FeeLaw) -> list[Component]:
    """The fees that a shipment released under section 321 does not owe."""
    rows = ((fees.processing_codes["informal"], "mpf", "Merchandise processing fee", fees.processing_instrument), (fees.harbor_code, "hmf", "Harbor maintenance fee", fees.harbor_instrument))
    return [
        Component(0, code, PROGRAMME, kind, label, "", None, "none", None, ZERO, "not_applicable", RELEASED_FREE, Legal(instrument, fees.released_cite, None, None, verified=fees.released_verified))
        for code, kind, label, instrument in rows
    ]


def _mail(case: Case, fees: FeeLaw) -> list[Component]:
    """Dutiable mail pays its own fee per item in place of the merchandise processing fee."""
    found = fees.mail_on(case.day)
    now = case.assess()
    instead = instead_of_duty(case, now)
    duty = now.total if instead is None else instead.amount
    status: ComponentStatus = "applies"
    amount: Decimal | None
    if duty == 0:
        status, amount, because = "not_applicable", ZERO, "no duty is due on the item"
    elif found is None:
        status, amount, because = "unknown", None, f"no notice has set the fee for {case.day}"
    elif duty is None:
        status, amount, because = "unknown", None, "whether duty is due is not known"
    else:
        amount, because = found[0], "dutiable item of mail; one item is assumed; due where CBP prepares the entry"
    legal = Legal(fees.processing_instrument, fees.mail_cite, None, None, verified=bool(found and found[1]))
    text = f"{found[0]} USD per item" if found else "not set"
    return [Component(0, fees.mail_code, PROGRAMME, "mail", "Dutiable mail fee", text, None, "item", None, amount, status, because, legal)]


def _harbor(case: Case, fees: FeeLaw) -> tuple[Component, tuple[Question, ...]]:
    request = case.request
    mode = "mail" if request.transport_mode is None and request.entry_type == "postal" else request.transport_mode
    due = half_up(request.value * fees.harbor_rate / HUNDRED)
    status: ComponentStatus = "applies"
    amount: Decimal | None = due
    because = "cargo unloaded from a vessel at a port with a channel maintained by the United States"
    questions: tuple[Question, ...] = ()
    if mode is None:
        status, amount, because = "unknown", None, "due only on cargo that arrives by vessel; the mode of arrival is not stated"
        questions = (_ask_mode(due, fees),)
    elif mode not in fees.harbor_modes:
        status, amount, because = "not_applicable", ZERO, f"the goods arrive by {mode}"
    legal = Legal(fees.harbor_instrument, fees.harbor_cite, fees.harbor_from, None, verified=not request.claims.chapter_98)
    label = "Harbor maintenance fee"
    return Component(0, fees.harbor_code, PROGRAMME, "hmf", label, f"{fees.harbor_rate}%", fees.harbor_rate, "entered_value", request.value, amount, status, because, legal), questions


def _ask_mode(due: Decimal, fees: FeeLaw) -> Question:
    from landed.duty.request import MODES

    choices = tuple(Choice(mode, mode, due if mode in fees.harbor_modes else ZERO) for mode in MODES)
    return Question("transport_mode", MODE_QUESTION, "choice", None, choices, due, affects="fees", evidence="bill of lading or air waybill")


def fee_warnings(case: Case) -> tuple[Warning_, ...]:
    """Fees this pack names but does not price, and an informal entry above its limit."""
    fees = fee_law(case.index.law)
    found = [
        Warning_("CLASS_FEE_NOT_INCLUDED", f"{fee.title} (class {fee.class_code}) may be due on {case.line.dotted} and is not included.", f"Look the rate up in {', '.join(fee.cite)}.")
        for fee in fees.class_fees_of(case.line.code)
    ]
    if case.request.entry_type == "informal" and case.request.value > fees.informal_limit:
        found.append(
            Warning_("INFORMAL_ABOVE_LIMIT", f"An informal entry may not exceed {fees.informal_limit} USD; the value is {case.request.value}.", "Make a formal entry (19 CFR 143.21).")
        )
    return tuple(found)
