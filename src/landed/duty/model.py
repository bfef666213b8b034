"""The estimate contract: what a request says and what an answer holds (design, section 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

Status = Literal["complete", "estimated", "partial", "refused"]
ComponentStatus = Literal["applies", "displaced", "exempt", "not_applicable", "unknown"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What the importer claims: a special programme indicator, a chapter 98 provision, exclusion headings, US content.

    `repair_value` and `us_content_value` are US dollars; they are the bases that chapter 98 and the US-content rules need.
    """

    spi: str | None = None
    chapter_98: str | None = None
    exclusions: frozenset[str] = frozenset()
    us_content_value: Decimal | None = None
    repair_value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AdCvd:
    """An antidumping (ad) or countervailing (cvd) order the importer says covers the goods; `rate_pct` None = undecided."""

    kind: Literal["ad", "cvd"]
    case: str
    rate_pct: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One line of goods as the importer knows it. Money is US dollars; quantities are by canonical unit."""

    code: str  # digits only
    origin: str
    value: Decimal
    entry_date: date
    reference: str | None = None
    country_of_export: str | None = None
    loading_date: date | None = None
    export_date: date | None = None
    transport_mode: str | None = None
    entry_type: str = "formal"
    entry_type_stated: bool = False
    quantities: tuple[tuple[str, Decimal], ...] = ()
    incoterm: str | None = None
    charges: tuple[tuple[str, Decimal], ...] = ()
    claims: Claims = Claims()
    facts: tuple[tuple[str, Any], ...] = ()  # stated facts, answers included
    parts: tuple[tuple[str, Decimal], ...] = ()  # values of parts of the article ("case_and_strap"), US dollars
    ad_cvd: tuple[AdCvd, ...] = ()
    known_on: date | None = None
    overlay: Any = None


@dataclass(frozen=True, slots=True)
class Legal:
    """Where a component stands in law: instrument, citations, inclusive days, last reading."""

    instrument: str
    citation: tuple[str, ...]
    effective_from: date | None
    effective_to: date | None
    published: date | None = None
    verified: bool = True
    verified_through: date | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One heading that was looked at: what it says, what it is taken on, what it costs, and why."""

    seq: int
    heading: str
    programme: str
    kind: str
    label: str
    rate_text: str
    rate_pct: Decimal | None
    basis: str
    basis_amount: Decimal | None
    amount: Decimal | None
    status: ComponentStatus
    because: str
    legal: Legal
    displaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a question and what it changes, in US dollars (None when the amount would be unknown)."""

    value: Any
    label: str
    change_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Question:
    """A fact nobody stated whose answer can change the amount; `change_usd` is its largest effect."""

    id: str
    text: str
    kind: str
    assumed: Any
    options: tuple[Choice, ...]
    change_usd: Decimal | None
    affects: Literal["duty", "fees"] = "duty"
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Another way to enter the goods: a claim with the duty under it, the saving and what to keep on file."""

    claim: str
    label: str
    duty: Decimal | None
    saving_usd: Decimal | None
    evidence_needed: str
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A dated change of law on this line within the next twelve months."""

    date: date
    heading: str
    change: str
    change_usd: Decimal | None
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Warning_:
    """Something the reader must know: a stable code, words, and what to do."""

    code: str
    message: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in US dollars. `duty` is None when a part of it cannot be computed; the known part stands beside it.

    `fees_complete` False: a fee hangs on an open answer, and is neither in `fees` nor in `landed_cost`.
    """

    duty: Decimal | None
    known_duty_subtotal: Decimal
    duty_low: Decimal | None
    duty_high: Decimal | None
    fees: Decimal | None
    taxes: Decimal | None
    landed_cost: Decimal | None
    effective_rate_pct: Decimal | None
    fees_complete: bool = True


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer to one request. `to_dict` gives the JSON form: money as decimal strings, days as ISO texts."""

    status: Status
    reference: str | None
    hts_code: str
    country_of_origin: str
    customs_value: Decimal
    entry_date: date
    law_version: str
    hts_revision: str
    verified_through: date
    totals: Totals
    components: tuple[Component, ...]
    filing_sequence: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    options: tuple[Option, ...] = ()
    upcoming: tuple[Upcoming, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    explanation: str = ""
    receipt_id: str = ""
    known_on: date | None = None
    error: dict[str, Any] | None = field(default=None)

    def to_dict(self) -> dict[str, Any]:
        from landed.duty.encode import estimate_to_dict

        return estimate_to_dict(self)
