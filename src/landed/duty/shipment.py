"""The facts of one shipment as rules ask for them: stated answers, the law's defaults, and amounts of content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from landed.duty.model import Claims, Request
from landed.lawbook.index import CONTENT_FACTS
from landed.lawbook.model import Basis, Condition, Fact

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
ZERO = Decimal("0.00")


def half_up(amount: Decimal) -> Decimal:
    """To the cent, halves up: the rounding of every heading's amount."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(slots=True)
class Shipment:
    """What rules test. Mutable only while it is built; clones carry one more answer."""

    value: Decimal  # dutiable value in US dollars
    entry_date: date
    entry_type: str
    loading_date: date | None
    export_date: date | None
    claims: Claims
    stated: dict[str, Any]
    definitions: Mapping[str, Fact]
    quantities: dict[str, Decimal]
    parts: dict[str, Decimal]

    def answer(self, fact: str) -> Any:
        """A fact as stated, else the law's own default."""
        if fact in self.stated:
            return self.stated[fact]
        definition = self.definitions.get(fact)
        return definition.default if definition else None

    def holds(self, test: Condition) -> bool:
        """Whether a condition holds on the stated facts and defaults."""
        return test_of(test)(self)

    def amount_of(self, basis: Basis) -> Decimal:
        """US dollars of a basis: the whole value, or a part of it that the importer declared."""
        if basis == "entered_value":
            return self.value
        if basis == "none":
            return ZERO
        if basis in ("repair_value", "value_less_repair"):
            repair = self.claims.repair_value or ZERO
            return repair if basis == "repair_value" else max(ZERO, self.value - repair)
        content = self._content(CONTENT_FACTS[basis], whole_if_silent=not CONTENT_FACTS[basis].startswith("us_"))
        if basis in ("us_content_max_40", "value_less_us_content_max_40"):
            content = min(content, half_up(self.value * int(basis.rsplit("_", 1)[1]) / HUNDRED))
        return self.value - content if basis in ("non_us_content", "value_less_us_content_max_40") else content

    def declared(self, basis: Basis) -> bool:
        """Whether the content a basis needs was stated (an unstated metal content is the whole value)."""
        return basis in CONTENT_FACTS and self._content_stated(CONTENT_FACTS[basis])

    def _content_stated(self, fact: str) -> bool:
        return self.stated.get(fact) is not None

    def _content(self, fact: str, whole_if_silent: bool) -> Decimal:
        share = self.stated.get(fact)
        if share is None:
            return self.value if whole_if_silent else ZERO
        return half_up(self.value * share / HUNDRED)

    def with_answer(self, fact: str, value: Any) -> Shipment:
        """A copy in which one more fact (or date) is stated."""
        copy = self._copy()
        if fact == "loading_date":
            copy.loading_date = value
        elif fact == "export_date":
            copy.export_date = value
        else:
            copy.stated = {**self.stated, fact: value}
        return copy

    def entered_on(self, day: date, claims: Claims) -> Shipment:
        """The same goods entered on another day, with that day's claims and no dates of shipment."""
        copy = self._copy()
        if day != self.entry_date:
            copy.entry_date = day
            copy.loading_date = copy.export_date = None
        copy.claims = claims
        return copy

    def _copy(self) -> Shipment:
        return Shipment(
            self.value, self.entry_date, self.entry_type, self.loading_date, self.export_date, self.claims,
            self.stated, self.definitions, self.quantities, self.parts,
        )  # fmt: skip


Test = Callable[[Shipment], bool]
_TESTS: dict[int, tuple[Condition, Test]] = {}  # by id of the condition, which is held so that its id stays its own
MOST_TESTS = 20_000


def test_of(condition: Condition) -> Test:
    """A condition as a function of a shipment, made once: rules are tested many times for one answer."""
    kept = _TESTS.get(id(condition))
    if kept is None:
        if len(_TESTS) >= MOST_TESTS:
            _TESTS.clear()
        kept = _TESTS[id(condition)] = (condition, _test(condition))
    return kept[1]


def _test(condition: Condition) -> Test:
    op, value, parts = condition.op, cast(Any, condition.value), tuple(test_of(part) for part in condition.of)
    if op == "fact":
        return _fact_test(condition)
    if op == "all":
        return lambda s: all(part(s) for part in parts)
    if op == "any":
        return lambda s: any(part(s) for part in parts)
    if op == "not":
        return lambda s: not parts[0](s)
    if op == "spi":
        return lambda s: s.claims.spi is not None and s.claims.spi in value
    if op in ("loaded_before", "exported_before"):
        loaded, limit, until = op == "loaded_before", condition.day, condition.entered_before

        def before(s: Shipment) -> bool:
            day = s.loading_date if loaded else s.export_date
            return day is not None and limit is not None and day < limit and (until is None or s.entry_date < until)

        return before
    if op == "entry_type":
        return lambda s: s.entry_type in value
    if op == "chapter_98":
        return lambda s: s.claims.chapter_98 is not None and s.claims.chapter_98 in value
    return lambda s: value in s.claims.exclusions


def _fact_test(condition: Condition) -> Test:
    fact, test, value = condition.fact, condition.test, cast(Any, condition.value)
    if test == "is":
        return lambda s: bool(s.answer(fact) == value)
    if test in ("below", "at_least"):
        limit, below = Decimal(str(value)), test == "below"

        def measured(s: Shipment) -> bool:
            answer = s.answer(fact)
            return answer is not None and (Decimal(str(answer)) < limit) is below

        return measured

    def among(s: Shipment) -> bool:
        answer = s.answer(fact)
        return answer is not None and answer in value

    return among


def shipment_of(request: Request, definitions: Mapping[str, Fact]) -> Shipment:
    """The shipment a request describes; US content given as an amount also answers the percent rules ask for."""
    stated = dict(request.facts)
    content = request.claims.us_content_value
    if content is not None and "us_content_pct" not in stated and "us_content_pct" in definitions:
        stated["us_content_pct"] = content * HUNDRED / request.value
    return Shipment(
        value=request.value,
        entry_date=request.entry_date,
        entry_type=request.entry_type,
        loading_date=request.loading_date,
        export_date=request.export_date,
        claims=request.claims,
        stated=stated,
        definitions=definitions,
        quantities=dict(request.quantities),
        parts=dict(request.parts),
    )
