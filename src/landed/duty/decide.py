"""Decides, for one shipment, which measures apply, which are displaced, which are freed, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from landed.duty.shipment import Shipment
from landed.lawbook.index import Docket
from landed.lawbook.model import Basis

Outcome = Literal["applies", "displaced", "exempt", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one measure of a docket.

    `by` is the position of the measure that displaced or freed it (None otherwise). `less` names the parts
    of the value that exemptions take off a measure that still applies, `by_part` who took them.
    """

    outcome: Outcome
    by: int | None = None
    less: tuple[Basis, ...] = ()
    by_part: tuple[int, ...] = ()


APPLIES = Decision("applies")
NOT_APPLICABLE = Decision("not_applicable")


def decide(docket: Docket, shipment: Shipment) -> tuple[Decision, ...]:
    """One decision per measure of the docket, in its order.

    A displacer must itself apply. An exemption frees all of a measure, or the part of the value it
    covers (declared metal content, US content). Cycles are refused by lint; here they end as
    "does not apply".
    """
    measures = docket.measures
    settled: list[Decision | None] = [None] * len(measures)

    def settle(i: int) -> Decision:
        done = settled[i]
        if done is not None:
            return done
        settled[i] = NOT_APPLICABLE  # breaks cycles
        measure = measures[i]
        settled[i] = verdict = _settle(i) if measure.when is None or shipment.holds(measure.when) else NOT_APPLICABLE
        return verdict

    def _settle(i: int) -> Decision:
        measure = measures[i]
        for j in docket.displaced_by[i]:
            if settle(j).outcome == "applies":
                return Decision("displaced", j)
        if measure.effect == "exempt":
            return _relief(i)
        less: list[Basis] = []
        takers: list[int] = []
        for j in docket.freed_by[i]:
            relief = settle(j)
            if relief.outcome == "applies":
                if not relief.less:
                    return Decision("exempt", j)
                for basis in relief.less:
                    if basis not in less:
                        less.append(basis)
                        takers.append(j)
        return Decision("applies", None, tuple(less), tuple(takers)) if less else APPLIES

    def _relief(i: int) -> Decision:
        """An exemption's own verdict: `less` empty frees the whole value, else those parts."""
        measure = measures[i]
        if not measure.subject_to:
            return Decision("applies", None, (_complement(measure.leaves),)) if measure.leaves else APPLIES
        parts: list[Basis] = []
        subject: int | None = None
        for j in docket.subjects[i]:
            covers = measures[j].covers
            if measures[j].effect == "exempt" or covers == "none" or settle(j).outcome != "applies":
                continue
            subject = j if subject is None else subject
            if covers == "entered_value" or not shipment.declared(covers):
                return Decision("applies", j)
            if covers not in parts:
                parts.append(covers)
        return Decision("applies", subject, tuple(parts)) if subject is not None else NOT_APPLICABLE

    for i in range(len(measures)):
        settle(i)
    return tuple(decision or NOT_APPLICABLE for decision in settled)


def _complement(leaves: Basis) -> Basis:
    """The part of the value an exemption takes away when it leaves the other part dutiable."""
    return {"non_us_content": "us_content", "repair_value": "value_less_repair", "value_less_us_content_max_40": "us_content_max_40"}.get(leaves, leaves)  # type: ignore[return-value]
