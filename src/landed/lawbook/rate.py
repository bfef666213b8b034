"""What a rate of duty says: sums of ad valorem and specific terms, with limits, as exact decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

RateKind = Literal[
    "duty",  # a sum of terms (Free is the empty sum)
    "applicable_plus",  # "The duty provided in the applicable subheading + 25%": terms are what is added
    "total",  # floor: bring the total ad valorem rate up to `terms[0]`, never below column 1
    "no_change",  # a chapter 99 cell that leaves the column as it stands
    "see",  # points to another heading ("See 9903.52.01"): `see` holds it
    "unpriced",  # a text that is never priced; `reason` says why
]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a rate.

    `amount` is percent when `unit` is None ("4.2" for 4.2%), else US dollars per `unit` ("0.068" for
    6.8 cents per kg). `on` is None for the whole article, else the part of the article the term is
    taken on, as a snake_case key ("case_and_strap", "lead_content", "battery").
    """

    amount: Decimal
    unit: str | None = None
    on: str | None = None


@dataclass(frozen=True, slots=True)
class Degrees:
    """A sugar rate: `less` dollars per unit for each degree under `base` degrees of polarity."""

    less: Decimal
    base: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of duty as printed (`text`) and as parsed.

    The duty is sum(terms), lowered by `degrees` when present, then not less than `minimum` and not
    more than `maximum` (each again a sum of terms, or empty when there is no such limit).
    """

    kind: RateKind
    text: str
    terms: tuple[Term, ...] = ()
    minimum: tuple[Term, ...] = ()
    maximum: tuple[Term, ...] = ()
    degrees: Degrees | None = None
    see: str | None = None
    reason: str | None = None

    @property
    def free(self) -> bool:
        return self.kind == "duty" and not self.terms

    @property
    def ad_valorem(self) -> Decimal | None:
        """The percent of a rate that is one plain percent on the whole article (0 for Free), else None."""
        if self.kind != "duty" or self.minimum or self.maximum or self.degrees:
            return None
        if not self.terms:
            return Decimal(0)
        if len(self.terms) == 1 and self.terms[0].unit is None and self.terms[0].on is None:
            return self.terms[0].amount
        return None


FREE = Rate("duty", "Free")
