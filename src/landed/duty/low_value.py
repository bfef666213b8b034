"""Low-value shipments: the section 321 exemption and what the international post pays, by day and origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from landed.duty.assess import Assessment
from landed.duty.case import Case
from landed.duty.model import Component, Legal, Option, Warning_
from landed.duty.shipment import HUNDRED, ZERO, half_up
from landed.errors import LandedError
from landed.lawbook.model import LawBook, Origins
from landed.lawbook.programme import day_of, read_origins, strings
from landed.lawbook.rate_text import parse_law_rate

INSTRUMENT = "Tariff Act of 1930, section 321 (19 U.S.C. 1321)"


@dataclass(frozen=True, slots=True)
class LowValueSpell:
    """The rule for some origins over some days: a free limit in US dollars, and what post pays instead of ordinary duties."""

    from_: date
    to: date | None
    origins: Origins
    free_up_to: Decimal | None
    ad_valorem: str | None  # a rate text, or the programme family whose rate the post pays ("ieepa", "section_122")
    flat: Decimal | Mapping[str, Any] | None
    verified: bool
    cite: tuple[str, ...]
    note: str


@lru_cache(maxsize=8)
def low_value_law(law: LawBook) -> tuple[LowValueSpell, ...]:
    """The spells of `de_minimis.yaml`, in the order of the file."""
    table = law.tables.get("de_minimis") or {}
    assert isinstance(table, Mapping)
    spells = []
    for row in table.get("spells", ()):
        postal = row.get("postal")
        choice = postal if isinstance(postal, Mapping) else {}
        flat = choice.get("or_flat")
        spells.append(
            LowValueSpell(
                from_=day_of(row["from"], "de_minimis.yaml"),
                to=day_of(row["until"], "de_minimis.yaml") if row.get("until") else None,
                origins=read_origins(row["origins"], "de_minimis.yaml"),
                free_up_to=Decimal(str(row["free_up_to"])) if row.get("free_up_to") else None,
                ad_valorem=str(choice["ad_valorem"]) if choice.get("ad_valorem") else None,
                flat=flat if isinstance(flat, Mapping) else Decimal(str(flat)) if flat else None,
                verified=bool(row.get("verified", True)),
                cite=strings(row.get("cite", ())),
                note=str(row.get("note", "")),
            )
        )
    return tuple(spells)


def limit_of(law: LawBook) -> Decimal:
    """The highest value that the section 321 exemption ever reached: beyond it a shipment is no low-value shipment."""
    return max((s.free_up_to for s in low_value_law(law) if s.free_up_to is not None), default=ZERO)


def spell_of(case: Case) -> LowValueSpell | None:
    """The rule of the case's day and origin, first match from the top."""
    for spell in low_value_law(case.index.law):
        if spell.from_ <= case.day and (spell.to is None or case.day <= spell.to) and _covers(case, spell):
            return spell
    return None


def _covers(case: Case, spell: LowValueSpell) -> bool:
    origin, day, index = case.request.origin, case.day, case.index
    if any(origin in index.expand(name, day) for name in spell.origins.without):
        return False
    return spell.origins.all or any(origin in index.expand(name, day) for name in spell.origins.members)


def section_321_option(case: Case, now: Assessment) -> Option | None:
    """Entry free of duty as a low-value shipment, where the law of the day allows it."""
    spell = spell_of(case)
    if spell is None or spell.free_up_to is None or case.request.value > spell.free_up_to or not now.total or case.request.entry_type == "section_321":
        return None
    label = f"Low-value shipment, free up to {spell.free_up_to} USD for one person on one day"
    return Option("entry_type:section_321", label, ZERO, now.total, "one shipment to one person on one day; no quota, antidumping or countervailing goods", spell.cite)


def instead_of_duty(case: Case, now: Assessment) -> Component | None:
    """The one component that takes the place of ordinary duties on a section 321 or postal shipment, or None.

    Raises INVALID_CLAIM where the day's law does not allow a section 321 entry of the value.
    """
    kind = case.request.entry_type
    if kind not in ("section_321", "postal"):
        return None
    spell = spell_of(case)
    free = spell is not None and spell.free_up_to is not None and case.request.value <= spell.free_up_to
    if kind == "section_321" and not free:
        raise LandedError(
            "INVALID_CLAIM",
            f"no section 321 entry for goods of {case.request.origin} worth {case.request.value} USD on {case.day}",
            where="entry_type",
            mend="Enter them informally, formally or by post." + (f" ({'; '.join(spell.cite[:2])})" if spell else ""),
        )
    if spell is None:
        return None
    if free:
        return _component(case, spell, "section_321", "Low-value shipment free of duty", "Free", ZERO, f"value not above {spell.free_up_to} USD")
    if spell.ad_valorem is None or case.request.value > limit_of(case.index.law):
        return None
    percent = _percent(spell.ad_valorem, now)
    amount = half_up(case.request.value * percent / HUNDRED)
    flat = _flat(spell.flat, percent)
    because = f"the post pays {percent}% of the value in place of ordinary duties" + (f"; the carrier could choose {flat} USD per item instead" if flat is not None else "")
    return _component(case, spell, "postal", "Duty on international mail", f"{percent}%", amount, because)


def _percent(text: str, now: Assessment) -> Decimal:
    """The post's rate: its own, or the sum of the day's ad valorem rates of a programme family on these goods."""
    if text.endswith("%"):
        return parse_law_rate(text).terms[0].amount
    family = {"ieepa": "us.ieepa.", "section_122": "us.s122"}.get(text, text)
    owed = [c for c in now.charges if c.measure.effect == "duty" and c.decision.outcome == "applies" and c.measure.programme.startswith(family)]
    return sum((c.rate_pct or ZERO for c in owed), Decimal(0))


def _flat(flat: Decimal | Mapping[str, Any] | None, percent: Decimal) -> Decimal | None:
    """The flat amount per item; a table names its bands "below_16", "from_16_to_25", "above_25"."""
    if not isinstance(flat, Mapping):
        return flat
    for band, amount in flat.items():
        bounds = [Decimal(part) for part in str(band).split("_") if part.isdigit()]
        inside = percent < bounds[0] if str(band).startswith("below") else percent > bounds[0] if str(band).startswith("above") else bounds[0] <= percent <= bounds[-1]
        if inside:
            return Decimal(str(amount))
    return None


def _component(case: Case, spell: LowValueSpell, kind: str, label: str, rate: str, amount: Decimal, because: str) -> Component:
    legal = Legal(INSTRUMENT, spell.cite, spell.from_, spell.to, None, spell.verified, case.index.law.verified_through)
    return Component(0, "", f"us.{kind}", kind, label, rate, None, "entered_value", case.request.value, amount, "applies", because, legal)


def low_value_warning(case: Case) -> Warning_ | None:
    """A word on the exemption's end for shipments small enough to have used it."""
    spell = spell_of(case)
    if spell is None or spell.free_up_to is not None or case.request.value > limit_of(case.index.law):
        return None
    return Warning_("NO_DE_MINIMIS", f"Goods of {case.request.origin} under {limit_of(case.index.law)} USD are no longer free of duty on {case.day}.", f"See {'; '.join(spell.cite[:2])}.")
