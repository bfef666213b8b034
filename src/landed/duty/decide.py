"""Decides, for one shipment, which measures apply, which are displaced, which are freed, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from landed.duty.shipment import Shipment, test_of
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


@lru_cache(maxsize=1024)
def _by(outcome: Outcome, position: int) -> Decision:
    return Decision(outcome, position)


def docket_key(docket: Docket, shipment: Shipment) -> tuple[bool, ...]:
    """All that `decide` looks at in a shipment: which conditions hold, which contents are declared."""
    tests = docket.settled.get("tests")
    if tests is None:
        conditions = tuple(dict.fromkeys(test_of(m.when) for m in docket.measures if m.when is not None))
        subjects = {j for of in docket.subjects for j in of}
        tests = docket.settled["tests"] = conditions, tuple(sorted({docket.measures[j].covers for j in subjects} - {"none", "entered_value"}))
    conditions, covers = tests
    return (*[test(shipment) for test in conditions], *[shipment.declared(basis) for basis in covers])


def decide(docket: Docket, shipment: Shipment) -> tuple[Decision, ...]:
    """One decision per measure of the docket, in its order.

    A displacer must itself apply. An exemption frees all of a measure, or the part of the value it
    covers (declared metal content, US content). Measures are settled after all that could displace or free
    them (`docket.order`); lint refuses cycles, and here one ends as "does not apply".
    """
    measures = docket.measures
    settled: list[Decision] = [NOT_APPLICABLE] * len(measures)
    for i in docket.order:
        measure = measures[i]
        if measure.when is not None and not shipment.holds(measure.when):
            continue
        for j in docket.displaced_by[i]:
            if settled[j].outcome == "applies":
                settled[i] = _by("displaced", j)
                break
        else:
            settled[i] = _relief(docket, settled, shipment, i) if measure.effect == "exempt" else _owed(docket, settled, i)
    return tuple(settled)


def _owed(docket: Docket, settled: list[Decision], i: int) -> Decision:
    """A measure that nothing displaces: freed, freed in part, or owed."""
    less: list[Basis] = []
    takers: list[int] = []
    for j in docket.freed_by[i]:
        relief = settled[j]
        if relief.outcome == "applies":
            if not relief.less:
                return _by("exempt", j)
            for basis in relief.less:
                if basis not in less:
                    less.append(basis)
                    takers.append(j)
    return Decision("applies", None, tuple(less), tuple(takers)) if less else APPLIES


def _relief(docket: Docket, settled: list[Decision], shipment: Shipment, i: int) -> Decision:
    """An exemption's own verdict: `less` empty frees the whole value, else those parts."""
    measure = docket.measures[i]
    if not measure.subject_to:
        return Decision("applies", None, (_complement(measure.leaves),)) if measure.leaves else APPLIES
    parts: list[Basis] = []
    subject: int | None = None
    for j in docket.subjects[i]:
        covers = docket.measures[j].covers
        if docket.measures[j].effect == "exempt" or covers == "none" or settled[j].outcome != "applies":
            continue
        subject = j if subject is None else subject
        if covers == "entered_value" or not shipment.declared(covers):
            return _by("applies", j)
        if covers not in parts:
            parts.append(covers)
    return Decision("applies", subject, tuple(parts)) if subject is not None else NOT_APPLICABLE


def _complement(leaves: Basis) -> Basis:
    """The part of the value an exemption takes away when it leaves the other part dutiable."""
    return {"non_us_content": "us_content", "repair_value": "value_less_repair", "value_less_us_content_max_40": "us_content_max_40"}.get(leaves, leaves)  # type: ignore[return-value]
