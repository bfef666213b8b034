"""The law of one day, compiled: who displaces and frees whom, and the bill of charges of every combination of measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from landed.duty.batch_facts import CONTENTS, FactsClass
from landed.duty.batch_rates import parts_per_million
from landed.duty.compile_goods import GoodsBook
from landed.duty.decide import Decision, decide
from landed.duty.questions import open_facts
from landed.duty.shipment import Shipment
from landed.lawbook.index import CONTENT_FACTS, Docket, LawIndex, displaces, frees, leaves, names, stands_alone
from landed.lawbook.index import _settling_order as settling_order
from landed.lawbook.model import Basis, CoverageGap, Measure, Origins
from landed.lawbook.rate import Rate

WHOLE: Basis = "entered_value"
NOTHING: Basis = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """One charge of a bill: millionths (of a floor: the total to reach) of `on`, less the parts that exemptions take.

    `ppm` None: `rate` is per unit (priced from quantities) or, with `rate` None too, a minimum price.
    """

    measure: Measure
    ppm: int | None
    floor: bool
    on: Basis
    less: tuple[Basis, ...]
    rate: Rate | None = None

    @property
    def plain(self) -> bool:
        return self.ppm is not None and self.on == WHOLE and not self.less

    @property
    def terms(self) -> tuple[Any, ...]:
        """What decides the amount."""
        return (self.ppm if self.ppm is not None else self.measure.id, self.floor, self.floor and self.measure.compares, self.on, self.less)


@dataclass(frozen=True, slots=True)
class Bill:
    """What decide() leaves of a docket: the charges in order, what the line's own rate is taken on, import bans.

    `dutiable`: None the whole value, () nothing, else the parts that a chapter 98 provision takes off.
    """

    entries: tuple[Entry, ...]
    column_2: Rate | None
    dutiable: tuple[Basis, ...] | None
    prohibited: Measure | None
    applied: int  # bits of the measures that apply
    unverified: bool
    slow: bool
    terms: int  # two bills with the same number come to the same total on any value

    @property
    def plain(self) -> bool:
        """Whether every charge is a percent of the whole value, at most one of them a floor."""
        return not self.slow and self.dutiable is None and all(e.plain for e in self.entries) and sum(e.floor for e in self.entries) <= 1


@dataclass(slots=True)
class Shared:
    """What days have in common: the number of whatever decides a bill's total, and bills (with the places of the measures that
    apply) by which of the dated displacements are in force, the measures, and what was declared."""

    terms: dict[Any, int] = field(default_factory=dict)
    bills: dict[tuple[Any, ...], tuple[Bill, tuple[int, ...]]] = field(default_factory=dict)


class DayLaw:
    """The measures in force on one day as bit sets over their numbers, with every answer about them remembered."""

    def __init__(self, index: LawIndex, goods: GoodsBook, day: date, known_on: date | None, shared: Shared | None = None) -> None:
        self.index = index
        self.goods = goods
        self.day = day
        self.known_on = known_on
        self._shared = shared or Shared()
        programmes = index.law.programmes
        ordinary = [m for p in programmes if p.kind != "98" for m in p.measures if index.in_force(m, day, known_on)]
        claimed = [m for p in programmes if p.kind == "98" for m in p.measures if index.in_force(m, day, None)]
        self.measures: tuple[Measure, ...] = (*ordinary, *claimed)
        self.ordinary = len(ordinary)
        kinds = {p.id: p.kind for p in programmes}
        self.kinds = tuple(kinds[m.programme] for m in self.measures)
        self._places = tuple(index.place[m.id] for m in self.measures)
        self._displacements = frozenset(
            (place, n) for place, m in zip(self._places, self.measures, strict=True) for n, target in enumerate(m.displaces)
            if (target.since or target.until) and (target.since is None or target.since <= day) and (target.until is None or day <= target.until)
        )  # fmt: skip
        self.notices = _bits(i for i, m in enumerate(self.measures) if m.effect == "notice" and not m.displaces)
        self.orders = _bits(i for i, m in enumerate(self.measures) if m.effect == "notice" and self.kinds[i] in ("ad", "cvd"))
        self.named_orders = _bits(i for i in range(len(self.measures)) if self.orders >> i & 1 and self.measures[i].heading)
        self._relate()
        self._facts = tuple(_facts_of(m, day) for m in self.measures)
        self.gaps = tuple(g for g in index.gaps if g.from_ <= day and (g.to is None or day <= g.to))
        self.gap_bits = _bits(range(len(self.measures), len(self.measures) + len(self.gaps)))
        self.notices |= self.gap_bits  # law known but not encoded: no charge, and never sure
        self._claimed = _bits(range(self.ordinary, len(self.measures)))
        self._place_goods()
        self._place_origins()
        self._asking: dict[str, int] = {}
        for i, (names_, loading, export) in enumerate(self._facts):
            for name in (*names_, *(["loading_date"] if loading else []), *(["export_date"] if export else [])):
                self._asking[name] = self._asking.get(name, 0) | 1 << i
        self._column_2: dict[str, bool] = {}
        self._holding: dict[FactsClass, int] = {}
        self._bills: dict[tuple[int, frozenset[str]], Bill] = {}
        self._alternatives: dict[tuple[int, FactsClass], tuple[tuple[Bill, str, Any], ...]] = {}
        self._open: dict[tuple[FactsClass, str, tuple[date, ...]], tuple[tuple[Any, int], ...]] = {}
        self._dated = {"loading_date": self._days_asked("loading_date"), "export_date": self._days_asked("export_date")}

    # -- which measures ------------------------------------------------------------------------------------------

    def goods_bits(self, held: int, doubtful: int) -> tuple[int, int]:
        """(measures whose goods hold a line, those among them that rest on an unverified list entry), from what GoodsBook says of it."""
        found = self._claimed
        doubt = 0
        for number in numbers_of(held & self._described):
            found |= self._by_goods[number]
        for number in numbers_of(doubtful & self._described):
            doubt |= self._by_goods[number]
        return found, doubt

    def origin_bits(self, origin: str) -> int:
        """The measures whose origins hold a country."""
        return self._by_origin.get(origin, self._anywhere) | self._claimed

    def in_column_2(self, origin: str) -> bool:
        """Whether a country is in column 2 that day."""
        found = self._column_2.get(origin)
        if found is None:
            found = self._column_2[origin] = self.index.column_2(origin, self.day) is not None
        return found

    def weighed(self, matching: int) -> int:
        """Matching measures without the exemptions that leave nothing to free, as LawIndex.docket weighs them."""
        kept = matching
        for j in numbers_of(matching & self._droppable):
            if not self._may_drop[j] & matching:
                kept &= ~(1 << j)
        return kept

    def holding(self, facts: FactsClass) -> int:
        """The measures whose own condition holds for a class of facts; chapter 98 only when it is claimed."""
        found = self._holding.get(facts)
        if found is None:
            found = self._holds(range(len(self.measures)), facts.shipment(self.index, self.day), facts.chapter_98)
            self._holding[facts] = found
        return found

    def _holds(self, numbers: Iterable[int], shipment: Shipment, chapter_98: str | None) -> int:
        found = 0
        for i in numbers:
            measure = self.measures[i]
            if i >= self.ordinary and measure.heading != chapter_98:
                continue
            if measure.when is None or shipment.holds(measure.when):
                found |= 1 << i
        return found

    # -- what they come to ---------------------------------------------------------------------------------------

    def bill(self, live: int, facts: FactsClass, declared: frozenset[str]) -> Bill:
        """The bill of the measures `live` (matching goods and origin, their conditions holding), the rest set aside."""
        key = (live, declared)
        found = self._bills.get(key)
        if found is None:
            found = self._bills[key] = self._make_bill(live, declared)
        return found

    def _make_bill(self, live: int, declared: frozenset[str]) -> Bill:
        numbers = tuple(numbers_of(live))
        key = (self._displacements, tuple(self._places[i] for i in numbers), declared)
        found = self._shared.bills.get(key)
        if found is None:
            found = self._shared.bills[key] = self._settle(numbers, declared)
        bill, places = found
        return replace(bill, applied=_bits(numbers[n] for n in places))

    def _settle(self, numbers: tuple[int, ...], declared: frozenset[str]) -> tuple[Bill, tuple[int, ...]]:
        """(the bill of some measures, the places among them of those that apply)."""
        measures = tuple(self.measures[i] for i in numbers)
        decisions = decide(self._docket(numbers, measures), cast(Shipment, _Declared(declared)))
        entries: list[Entry] = []
        column_2: Rate | None = None
        dutiable: tuple[Basis, ...] | None = None
        prohibited: Measure | None = None
        applied: list[int] = []
        unverified = slow = False
        for n, (i, measure, decision) in enumerate(zip(numbers, measures, decisions, strict=True)):
            if decision.outcome != "applies":
                continue
            applied.append(n)
            if measure.effect == "column_2" and measure.rate:
                column_2 = measure.rate
            elif measure.effect == "exempt":
                if "base" in measure.frees:
                    dutiable = _resolved(decision.less, declared) if decision.less else ()
                    slow |= _wants_claimed_value(decision, declared)
                    if decision.less and not dutiable:
                        dutiable = None
            elif measure.effect == "prohibit":
                prohibited = prohibited or measure
            elif measure.effect in ("duty", "minimum_price"):
                entry = _entry(measure, decision, declared)
                slow |= entry.ppm is None and entry.rate is None
                entries.append(entry)
            if not measure.verified and self.kinds[i] not in ("base", "ad", "cvd") and (measure.effect != "exempt" or decision.by is None):
                unverified = True
        terms = (tuple(sorted((e.terms for e in entries), key=repr)), column_2, dutiable)
        known = self._shared.terms
        return Bill(tuple(entries), column_2, dutiable, prohibited, 0, unverified, slow, known.setdefault(terms, len(known))), tuple(applied)

    def alternatives(self, full: int, facts: FactsClass) -> tuple[tuple[Bill, str, Any], ...]:
        """(bill, fact, answer) under every other answer to an open fact of a docket, the ones that cannot differ left out."""
        key = (full, facts)
        found = self._alternatives.get(key)
        if found is None:
            found = self._alternatives[key] = tuple(self._try_answers(full, facts))
        return found

    def _try_answers(self, full: int, facts: FactsClass) -> Iterator[tuple[Bill, str, Any]]:
        heard = full if facts.chapter_98 else full & ~self._claimed
        if heard != full & ~self._claimed:  # a claimed heading's facts count, other headings' of chapter 98 do not
            heard &= ~_bits(i for i in numbers_of(full & self._claimed) if self.measures[i].heading != facts.chapter_98)
        live = full & self.holding(facts) & ~self.notices
        own: Bill | None = None
        for name, asked in self._asking.items():
            if not asked & heard:
                continue
            days = tuple(day for day, who in self._dated[name] if who & heard) if name in self._dated else ()
            for value, holding in self._answers_to(facts, name, days):
                then = full & holding & ~self.notices
                if name not in CONTENTS and then == live:
                    continue
                own = own or self.bill(live, facts, facts.declared)
                other = self.bill(then, facts, facts.declared | {name} if name in CONTENTS else facts.declared)
                if other.terms != own.terms:
                    yield other, name, value

    def _answers_to(self, facts: FactsClass, name: str, days: tuple[date, ...]) -> tuple[tuple[Any, int], ...]:
        """(answer, the measures whose condition holds under it) for every answer to try of a fact that is open."""
        key = (facts, name, days)
        found = self._open.get(key)
        if found is None:
            docket = SimpleNamespace(facts=() if days else (name,), loading_days=days if name == "loading_date" else (), export_days=days if name == "export_date" else ())
            case = SimpleNamespace(shipment=facts.shipment(self.index, self.day), index=self.index, docket=docket, day=self.day)
            answers = open_facts(cast(Any, case)).get(name, ())
            found = self._open[key] = tuple((value, self._answered(facts, name, value)) for value, _ in answers)
        return found

    def _days_asked(self, which: str) -> tuple[tuple[date, int], ...]:
        """(day, measures that ask about it) for the days of loading or export that conditions name."""
        found: dict[date, int] = {}
        for i, (_, loading, export) in enumerate(self._facts):
            for day in loading if which == "loading_date" else export:
                found[day] = found.get(day, 0) | 1 << i
        return tuple(sorted(found.items()))

    def _answered(self, facts: FactsClass, name: str, value: Any) -> int:
        """`holding` with one more answer."""
        asked = self._asking[name]
        shipment = facts.shipment(self.index, self.day).with_answer(name, value)
        return self.holding(facts) & ~asked | self._holds(numbers_of(asked), shipment, facts.chapter_98)

    # -- within --------------------------------------------------------------------------------------------------

    def _matched(self) -> Iterator[tuple[int, Measure | CoverageGap]]:
        """(bit, measure or gap) of all that goods and origin decide."""
        yield from enumerate(self.measures[: self.ordinary])
        yield from enumerate(self.gaps, len(self.measures))

    def _place_goods(self) -> None:
        self._by_goods: dict[int, int] = {}
        for i, measure in self._matched():
            number = self.goods.number(measure)
            self._by_goods[number] = self._by_goods.get(number, 0) | 1 << i
        self._described = _bits(self._by_goods)

    def _place_origins(self) -> None:
        """Countries to measures, as LawIndex.covers_origin has it."""
        grouped: dict[Origins, int] = {}
        for i, measure in self._matched():
            grouped[measure.origins] = grouped.get(measure.origins, 0) | 1 << i
        self._anywhere = 0
        self._by_origin: dict[str, int] = dict.fromkeys(self.index.law.countries, 0)
        for origins, bits in grouped.items():
            out = frozenset[str]().union(*(self.index.expand(name, self.day) for name in origins.without))
            if origins.all:
                self._anywhere |= bits
                inside: frozenset[str] | set[str] = self._by_origin.keys() - out
            else:
                inside = frozenset[str]().union(*(self.index.expand(name, self.day) for name in origins.members)) - out
            for country in inside:
                if country in self._by_origin:
                    self._by_origin[country] |= bits

    def _relate(self) -> None:
        """Who displaces, frees and is the subject of whom, as in LawIndex.docket, over all measures of the day at once."""
        measures, day = self.measures, self.day
        exactly: dict[str, list[int]] = {}
        for i, measure in enumerate(measures):
            for name in {measure.heading, measure.programme}:
                exactly.setdefault(name, []).append(i)
        named: dict[str, tuple[int, ...]] = {}

        def meant(name: str) -> tuple[int, ...]:
            if name not in named:
                family = [i for i, m in enumerate(measures) if names(name, m)] if name.endswith(".*") else exactly.get(name, ())
                named[name] = tuple(family)
            return named[name]

        displaced: list[list[int]] = [[] for _ in measures]
        freed: list[list[int]] = [[] for _ in measures]
        subjects: list[tuple[int, ...]] = []
        may_drop: list[tuple[int, int]] = []
        for j, measure in enumerate(measures):
            hit: dict[int, None] = {}
            for target in measure.displaces:
                for i in meant(target.name):
                    if i != j and displaces(target, measures[i], day):
                        hit[i] = None
            for i in hit:
                displaced[i].append(j)
            if measure.effect == "exempt":
                candidates = dict.fromkeys(i for name in measure.frees or (measure.programme,) for i in meant(name))
                whom = [i for i in candidates if frees(measure, measures[i])]
                for i in whom:
                    freed[i].append(j)
                if not stands_alone(measure):
                    may_drop.append((j, _bits(whom)))
            subjects.append(tuple(sorted({i for name in measure.subject_to for i in meant(name)} - {j})))
        self._may_drop = dict(may_drop)
        self._droppable = _bits(self._may_drop)
        relations = tuple(map(tuple, displaced)), tuple(map(tuple, freed)), tuple(subjects)
        self._relations = tuple([_bits(of) for of in relation] for relation in relations)
        self._rank = {i: n for n, i in enumerate(settling_order(*relations))}

    def _docket(self, numbers: tuple[int, ...], measures: tuple[Measure, ...]) -> Docket:
        place = {i: n for n, i in enumerate(numbers)}
        live = _bits(numbers)
        displaced, freed, subjects = (tuple(tuple(place[j] for j in numbers_of(relation[i] & live)) for i in numbers) for relation in self._relations)
        rank = self._rank
        order = tuple(sorted(range(len(numbers)), key=lambda n: rank[numbers[n]]))
        return Docket(measures, displaced, freed, subjects, order, (), (), ())


class _Declared:
    """The shipment as decide() asks it: conditions hold already; only what was declared matters."""

    def __init__(self, declared: frozenset[str]) -> None:
        self._declared = declared

    def holds(self, test: object) -> bool:
        return True

    def declared(self, basis: Basis) -> bool:
        return basis in CONTENT_FACTS and CONTENT_FACTS[basis] in self._declared


def _entry(measure: Measure, decision: Decision, declared: frozenset[str]) -> Entry:
    rate = measure.rate
    floor = rate is not None and rate.kind == "total"
    percent = None if rate is None else rate.terms[0].amount if floor else rate.ad_valorem
    if rate is None and measure.effect == "duty":
        ppm: int | None = 0
    else:
        ppm = parts_per_million(percent) if percent is not None and measure.effect == "duty" else None
    on = WHOLE if measure.base == "quantity" else _basis(measure.base, declared)
    by_unit = rate if ppm is None and measure.effect == "duty" and rate is not None and rate.kind == "duty" else None
    return Entry(measure, ppm, floor, on, _resolved(decision.less, declared), by_unit)


def _basis(basis: Basis, declared: frozenset[str]) -> Basis:
    """A basis as it comes out where its content is not declared: the whole value, or none of it."""
    if basis in ("repair_value", "value_less_repair"):
        return basis if "repair_value" in declared else NOTHING if basis == "repair_value" else WHOLE
    if basis in CONTENT_FACTS and CONTENT_FACTS[basis] not in declared:
        return NOTHING if basis in ("us_content", "us_content_max_40") else WHOLE
    return basis


def _resolved(parts: Iterable[Basis], declared: frozenset[str]) -> tuple[Basis, ...]:
    return tuple(b for b in (_basis(part, declared) for part in parts) if b != NOTHING)


def _wants_claimed_value(decision: Decision, declared: frozenset[str]) -> bool:
    """Whether a claimed provision divides the value by a figure that the importer did not state."""
    return any((part == "us_content" and "us_content_pct" not in declared) or (part in ("repair_value", "value_less_repair") and "repair_value" not in declared) for part in decision.less)


def _facts_of(measure: Measure, day: date) -> tuple[tuple[str, ...], tuple[date, ...], tuple[date, ...]]:
    """The facts, loading days and export days that a measure asks for, as in LawIndex.docket."""
    facts: dict[str, None] = {}
    loading: list[date] = []
    export: list[date] = []
    if measure.when is not None:
        for leaf in leaves(measure.when):
            if leaf.op == "fact":
                facts.setdefault(leaf.fact)
            elif leaf.day and (leaf.entered_before is None or day < leaf.entered_before):
                (loading if leaf.op == "loaded_before" else export).append(leaf.day)
    for basis in (measure.base, measure.covers, measure.leaves):
        if basis in CONTENT_FACTS:
            facts.setdefault(CONTENT_FACTS[basis])
    return tuple(facts), tuple(loading), tuple(export)


def _bits(numbers: Iterable[int]) -> int:
    found = 0
    for i in numbers:
        found |= 1 << i
    return found


def numbers_of(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, smallest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
