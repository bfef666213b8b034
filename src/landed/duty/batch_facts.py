"""Classes of facts: shipments that every rule of the pack answers alike, so that law is weighed once for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from landed.duty.model import Claims
from landed.duty.shipment import Shipment
from landed.lawbook.index import CONTENT_FACTS, LawIndex, leaves
from landed.lawbook.model import Condition

CONTENTS = frozenset(CONTENT_FACTS.values())


@dataclass(frozen=True, slots=True)
class FactsClass:
    """What a class of rows states, as rules can tell it apart.

    `stated` holds one answer that stands for the class; `declared` names the parts of the value that rows of the class
    state in figures of their own (content facts, "us_content_value", "repair_value").
    """

    entry_type: str = "formal"
    spi: str | None = None
    chapter_98: str | None = None
    exclusions: frozenset[str] = frozenset()
    loading: date | None = None
    export: date | None = None
    stated: tuple[tuple[str, Any], ...] = ()
    declared: frozenset[str] = frozenset()

    def shipment(self, index: LawIndex, day: date) -> Shipment:
        """A shipment that stands for the class on a day."""
        repair = Decimal(50) if "repair_value" in self.declared else None
        claims = Claims(spi=self.spi, chapter_98=self.chapter_98, exclusions=self.exclusions, repair_value=repair)
        return Shipment(Decimal(100), day, self.entry_type, self.loading, self.export, claims, dict(self.stated), index.law.facts, {}, {})


class FactTests:
    """The tests that conditions make of each fact and of the dates, and the class an answer falls in."""

    def __init__(self, index: LawIndex) -> None:
        self.index = index
        self.tests: dict[str, tuple[Condition, ...]] = {}
        loading: set[date] = set()
        export: set[date] = set()
        found: dict[str, dict[Condition, None]] = {}
        for measure in index.measures:
            if measure.when is None:
                continue
            for leaf in leaves(measure.when):
                if leaf.op == "fact":
                    found.setdefault(leaf.fact, {}).setdefault(_hashable(leaf))
                elif leaf.op in ("loaded_before", "exported_before") and leaf.day:
                    (loading if leaf.op == "loaded_before" else export).add(leaf.day)
        self.tests = {name: tuple(tests) for name, tests in found.items()}
        self.loading = tuple(sorted(loading))
        self.export = tuple(sorted(export))
        self._blank = FactsClass().shipment(index, date(2000, 1, 1))
        self._classes: dict[tuple[str, tuple[bool, ...]], Any] = {}

    def stand_in(self, name: str, answer: Any) -> Any:
        """One answer that every rule treats as it treats this one (content facts keep to themselves only that they are stated)."""
        shipment = replace(self._blank, stated={name: answer})
        signature = tuple(shipment.holds(test) for test in self.tests.get(name, ()))
        return self._classes.setdefault((name, signature), answer)

    def day_class(self, which: str, day: date | None) -> date | None:
        """The last day of the class of loading (or export) days that a day falls in."""
        if day is None:
            return None
        days = self.loading if which == "loading" else self.export
        return next((d - timedelta(days=1) for d in days if day < d), date.max)


def _hashable(leaf: Condition) -> Condition:
    return leaf if not isinstance(leaf.value, list) else replace(leaf, value=tuple(leaf.value))
