"""Customs user fees of one line entered alone: merchandise processing fee and harbor maintenance fee."""

from __future__ import annotations

from decimal import Decimal

from landed.duty.case import Case
from landed.duty.model import Component, Question


def entry_fees(case: Case, seq: int) -> tuple[Decimal | None, tuple[Component, ...], tuple[Question, ...]]:
    """(known fees in US dollars, their components, questions about them)."""
    return Decimal("0.00"), (), ()
