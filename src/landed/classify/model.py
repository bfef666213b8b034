"""What the classifier is asked and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from landed.classify.tree import Place

Band = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Product:
    """Goods to classify: what they are called, what is known of them, and what their duty would be asked for."""

    text: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    category: tuple[str, ...] = ()
    origin: str = ""
    on: date | None = None
    value: Decimal | None = None  # customs value in US dollars
    id: Any = None


@dataclass(frozen=True, slots=True)
class Duty:
    """The duty of one candidate: US dollars on the value asked for (null: unknown), and its share of the value in percent."""

    amount: Decimal | None
    rate_pct: Decimal | None
    why: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One tariff line. `probability` is that of the line, `probability_hs6` that of its six-digit code; both are calibrated
    on products of on-line shops, not a promise. Candidates stand in the order of their six digits. `because` names what led here."""

    hts_code: str
    probability: float
    band: Band
    probability_hs6: float
    title: str
    path: tuple[Place, ...]
    because: tuple[str, ...]
    duty: Duty | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question and the candidate it points to."""

    label: str
    value: str
    hts_code: str


@dataclass(frozen=True, slots=True)
class Question:
    """The one missing fact that separates the leaders; answer it with `attributes={fact: value}`."""

    fact: str
    text: str
    answers: tuple[Answer, ...]
    at_stake_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step by the General Rules of Interpretation: the rule, what was decided, and why."""

    rule: str
    result: str
    why: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A neighbour looked at and left, with the reason."""

    code: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Stake:
    """What hangs on the choice between the leaders: whether all owe the same, and the dollars between least and most."""

    origin: str
    on: date
    value_usd: Decimal
    same_duty: bool | None
    at_stake_usd: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer: ranked lines, the way to them, one question or none, and what is at stake.

    `text_source` says whether national article text or only six-digit titles were at hand; `needs_broker` is set where the
    band of the first candidate is not high or a rule of GRI 3 is in play.
    """

    id: Any
    text: str
    candidates: tuple[Candidate, ...]
    question: Question | None
    gri: tuple[Step, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]
    facts: Mapping[str, str]
    stake: Stake | None
    on: date
    revision: str
    text_source: Literal["national", "hs6"]
    needs_broker: bool
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON data: decimals as texts, days as ISO texts; `question` is null when there is none."""
        from landed.duty.encode import to_json

        return dict(to_json(self))
