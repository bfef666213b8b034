"""Finds the law that matches a line, an origin and a day: goods lists by prefix, measures by origin, spells by day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any

from landed.errors import LandedError
from landed.lawbook.model import Condition, CoverageGap, Goods, LawBook, ListRow, Measure, Preference, Programme, Target

ALL_GOODS = Goods(all=True)
PREFIX_LENGTHS = (2, 4, 5, 6, 7, 8, 9, 10)


@dataclass(frozen=True)
class Docket:
    """The measures that match one kind of goods, origin and day, with who displaces and who frees whom.

    Indexes are positions in `measures`. `displaced_by[i]` and `freed_by[i]` list the positions that would
    displace or free measure i if they applied; `facts` are the facts that any condition asks for.
    """

    measures: tuple[Measure, ...]
    displaced_by: tuple[tuple[int, ...], ...]
    freed_by: tuple[tuple[int, ...], ...]
    subjects: tuple[tuple[int, ...], ...]  # per exemption: the measures its `subject_to` names
    order: tuple[int, ...]  # positions so that all that could displace or free a measure comes before it
    facts: tuple[str, ...]
    loading_days: tuple[date, ...]  # thresholds of loaded_before tests still open on the day
    export_days: tuple[date, ...]
    settled: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # kept by the duty room: what the docket comes to


@dataclass(frozen=True, slots=True)
class Force:
    """The measures in force for an origin on a day: on all goods, to be tested one by one, and reached through a list."""

    everywhere: tuple[tuple[int, Measure], ...]
    unlisted: tuple[tuple[int, Measure], ...]
    by_list: dict[str, tuple[tuple[int, Measure], ...]]


class LawIndex:
    """Matching over one `LawBook`. Build once, ask many times; all answers are cached and immutable."""

    def __init__(self, law: LawBook) -> None:
        self.law = law
        self._active = lru_cache(maxsize=4096)(self._find_active)
        self._dockets = lru_cache(maxsize=65536)(self._find_docket)
        self._force = lru_cache(maxsize=4096)(self._find_force)
        self._rows = lru_cache(maxsize=32768)(self._find_rows)
        self._preferences = lru_cache(maxsize=4096)(self._find_preferences)
        self._turns = lru_cache(maxsize=512)(self._find_turns)
        self._docket = lru_cache(maxsize=65536)(self._build_docket)
        self._members: dict[tuple[str, date], frozenset[str]] = {}

    # -- goods ---------------------------------------------------------------------------------------------------

    @cached_property
    def _rows_by_code(self) -> dict[str, tuple[tuple[str, ListRow], ...]]:
        rows: dict[str, list[tuple[str, ListRow]]] = {}
        for name, entries in self.law.lists.items():
            for row in entries:
                rows.setdefault(row.code, []).append((name, row))
        return {code: tuple(found) for code, found in rows.items()}

    def rows_of(self, code: str) -> tuple[tuple[str, ListRow], ...]:
        """Every list row whose code is the line or a prefix of it, shortest first, whatever its days."""
        return self._rows(code)

    def _find_rows(self, code: str) -> tuple[tuple[str, ListRow], ...]:
        by_code = self._rows_by_code
        return tuple(row for length in PREFIX_LENGTHS if length <= len(code) for row in by_code.get(code[:length], ()))

    def lists_of(self, code: str, day: date, known_on: date | None = None) -> dict[str, ListRow]:
        """The goods lists a code is on that day, with the row that decides (the longest code wins)."""
        found: dict[str, ListRow] = {}
        taken = False
        for name, row in self._rows(code):
            if row.from_ <= day and (row.to is None or day <= row.to) and (known_on is None or row.published is None or row.published <= known_on):
                found[name] = row
                taken = taken or row.excludes
        return {name: row for name, row in found.items() if not row.excludes} if taken else found

    @cached_property
    def listed_codes(self) -> frozenset[str]:
        """Every 10-digit number that some list of the pack names (statistical numbers newer than the schedule among them)."""
        return frozenset(code for code in self._rows_by_code if len(code) == 10)

    # -- origins -------------------------------------------------------------------------------------------------

    def expand(self, name: str, day: date) -> frozenset[str]:
        """A group's members on a day; a country stands for itself."""
        key = (name, day)
        if key not in self._members:
            group = self.law.groups.get(name)
            self._members[key] = (
                frozenset({name})
                if group is None
                else frozenset(m.country for m in group if (m.from_ is None or m.from_ <= day) and (m.to is None or day <= m.to))
            )
        return self._members[key]

    @cached_property
    def gaps(self) -> tuple[CoverageGap, ...]:
        return self.law.gaps

    @cached_property
    def announced(self) -> tuple[Measure, ...]:
        """Measures announced without legal text: never in a total."""
        return tuple(m for m in self.law.measures if m.status == "announced")

    def covers_origin(self, measure: Measure | CoverageGap, origin: str, day: date) -> bool:
        origins = measure.origins
        if origins.all:
            return not any(origin in self.expand(name, day) for name in origins.without)
        return any(origin in self.expand(name, day) for name in origins.members) and not any(
            origin in self.expand(name, day) for name in origins.without
        )

    def column_2(self, origin: str, day: date) -> str | None:
        """The citation that puts a country in column 2 that day, or None."""
        for country, since, until, cite in self.law.column_2:
            if country == origin and since <= day and (until is None or day <= until):
                return cite
        return None

    # -- measures ------------------------------------------------------------------------------------------------

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        return self.law.measures

    @cached_property
    def programmes(self) -> dict[str, Programme]:
        return {programme.id: programme for programme in self.law.programmes}

    @cached_property
    def place(self) -> dict[str, int]:
        """Each measure's place in the pack, for stable order."""
        return {measure.id: number for number, measure in enumerate(self.measures)}

    def in_force(self, measure: Measure, day: date, known_on: date | None) -> bool:
        """Whether a spell covers a day, as known now or as known on an earlier day."""
        if measure.status != "law" or measure.from_ > day:
            return False
        if known_on is None:
            return measure.known_until is None and (measure.to is None or day <= measure.to)
        if measure.published and measure.published > known_on:
            return False
        if measure.known_until:
            return known_on < measure.known_until and (measure.to is None or measure.to < measure.from_ or day <= measure.to)
        ended = measure.to is not None and day > measure.to
        return not ended or (measure.to_published is not None and known_on < measure.to_published)

    def active(self, origin: str, day: date, known_on: date | None = None) -> tuple[Measure, ...]:
        """Every measure in force for an origin on a day, in the order of the pack."""
        return self._active(origin, day, known_on)

    def _find_active(self, origin: str, day: date, known_on: date | None) -> tuple[Measure, ...]:
        return tuple(m for m in self._ordinary if self.in_force(m, day, known_on) and self.covers_origin(m, origin, day))

    @cached_property
    def _ordinary(self) -> tuple[Measure, ...]:
        """Every measure that is weighed without being claimed (chapter 98 is weighed only when claimed)."""
        return tuple(m for p in self.law.programmes if p.kind != "98" for m in p.measures)

    def chapter_98(self, heading: str, day: date) -> tuple[Measure, ...]:
        """What a claimed chapter 98 provision frees on a day; raises INVALID_CLAIM for one the pack does not know."""
        known = [m for p in self.law.programmes if p.kind == "98" for m in p.measures]
        found = tuple(m for m in known if m.heading == heading and self.in_force(m, day, None))
        if not found:
            raise LandedError(
                "INVALID_CLAIM",
                f"chapter 98 provision {heading!r} is not in the pack on {day}",
                where="claims.chapter_98",
                mend="One of " + ", ".join(sorted({m.heading for m in known})) + ".",
            )
        return found

    def matches(self, code: str, origin: str, day: date, known_on: date | None = None) -> tuple[Measure, ...]:
        """The measures in force whose goods hold the line and whose origins hold the country, in the order of the pack."""
        on = self.lists_of(code, day, known_on)
        force = self._force(origin, day, known_on)
        found = dict(force.everywhere)
        for place, measure in force.unlisted:
            if on_goods(measure, code, on):
                found[place] = measure
        for name in on:
            for place, measure in force.by_list.get(name, ()):
                if place not in found and on_goods(measure, code, on):
                    found[place] = measure
        return tuple(found[place] for place in sorted(found))

    def _find_force(self, origin: str, day: date, known_on: date | None) -> Force:
        everywhere: list[tuple[int, Measure]] = []
        unlisted: list[tuple[int, Measure]] = []
        by_list: dict[str, list[tuple[int, Measure]]] = {}
        for measure in self.active(origin, day, known_on):
            entry = (self.place[measure.id], measure)
            if measure.goods == ALL_GOODS:
                everywhere.append(entry)
            elif measure.goods.all or measure.goods.codes:
                unlisted.append(entry)
            for name in measure.goods.lists:
                by_list.setdefault(name, []).append(entry)
        return Force(tuple(everywhere), tuple(unlisted), {name: tuple(entries) for name, entries in by_list.items()})

    def docket(self, measures: tuple[Measure, ...], day: date) -> Docket:
        """Who displaces and frees whom among matching measures (cached: few combinations exist)."""
        return self._docket(tuple(self.place[m.id] for m in measures), day)

    def _build_docket(self, places: tuple[int, ...], day: date) -> Docket:
        measures = tuple(m for m in (self.measures[p] for p in places))
        measures = tuple(m for m in measures if m.effect != "exempt" or stands_alone(m) or any(frees(m, other) for other in measures))
        span = range(len(measures))
        displaced_by = tuple(
            tuple(j for j in span if j != i and any(displaces(t, measures[i], day) for t in measures[j].displaces)) for i in span
        )
        freed_by = tuple(tuple(j for j in span if measures[j].effect == "exempt" and frees(measures[j], measures[i])) for i in span)
        subjects = tuple(
            tuple(i for i in span if i != j and any(names(n, measures[i]) for n in measures[j].subject_to)) if measures[j].subject_to else ()
            for j in span
        )
        facts: dict[str, None] = {}
        loading: set[date] = set()
        exporting: set[date] = set()
        for measure in measures:
            if measure.when is not None:
                for leaf in leaves(measure.when):
                    if leaf.op == "fact":
                        facts.setdefault(leaf.fact)
                    elif leaf.day and (leaf.entered_before is None or day < leaf.entered_before):
                        (loading if leaf.op == "loaded_before" else exporting).add(leaf.day)
            for basis in (measure.base, measure.covers, measure.leaves):
                if basis in CONTENT_FACTS:
                    facts.setdefault(CONTENT_FACTS[basis])
        return Docket(measures, displaced_by, freed_by, subjects, _settling_order(displaced_by, freed_by, subjects), tuple(facts), tuple(sorted(loading)), tuple(sorted(exporting)))

    def turns(self, origin: str) -> tuple[tuple[date, Measure], ...]:
        """(day, measure) for every first day and every day after the last of measures that can cover an origin."""
        return self._turns(origin)

    def _find_turns(self, origin: str) -> tuple[tuple[date, Measure], ...]:
        found = []
        for measure in self._ordinary:
            if measure.status != "law" or measure.effect == "notice":
                continue
            if self.covers_origin(measure, origin, measure.from_):
                found.append((measure.from_, measure))
            if measure.to is not None and measure.to >= measure.from_ and self.covers_origin(measure, origin, measure.to):
                found.append((measure.to + timedelta(days=1), measure))
        return tuple(sorted(found, key=lambda row: row[0]))

    def list_turns(self, code: str) -> tuple[date, ...]:
        """The days on which a line joins or leaves a goods list."""
        days = set()
        for length in PREFIX_LENGTHS:
            for _, row in self._rows_by_code.get(code[:length], ()):
                days.add(row.from_)
                if row.to is not None:
                    days.add(row.to + timedelta(days=1))
        return tuple(sorted(days))

    def docket_of(self, code: str, origin: str, day: date, known_on: date | None = None) -> Docket:
        """The docket of a line, an origin and a day (cached: catalogues ask for the same lines again and again)."""
        return self._dockets(code, origin, day, known_on)

    def _find_docket(self, code: str, origin: str, day: date, known_on: date | None) -> Docket:
        return self.docket(self.matches(code, origin, day, known_on), day)

    # -- preferences ---------------------------------------------------------------------------------------------

    def preferences(self, origin: str, day: date) -> tuple[Preference, ...]:
        """The special-column programmes an origin belongs to on a day, lapsed ones included."""
        return self._preferences(origin, day)

    def _find_preferences(self, origin: str, day: date) -> tuple[Preference, ...]:
        return tuple(
            p
            for p in self.law.preferences
            if any(
                since <= day and (until is None or day <= until) and (name == "any" or origin in self.expand(name, day))
                for name, since, until in p.members
            )
        )


CONTENT_FACTS = {
    "steel_content": "steel_value_pct",
    "aluminum_content": "aluminum_value_pct",
    "copper_content": "copper_value_pct",
    "us_content": "us_content_pct",
    "us_content_max_40": "us_content_pct",
    "non_us_content": "us_content_pct",
    "value_less_us_content_max_40": "us_content_pct",
}


def lapsed(preference: Preference, day: date, known_on: date | None = None) -> str | None:
    """The citation of a lapse of a preference on a day, or None while it is in force."""
    for lapse in preference.lapses:
        seen = lapse.annulled is None or (known_on is not None and known_on < lapse.annulled)
        if seen and lapse.from_ <= day and (lapse.to is None or day <= lapse.to):
            return lapse.cite or "lapsed"
    return None


def on_goods(measure: Measure | CoverageGap, code: str, on: dict[str, ListRow]) -> bool:
    """Whether a measure's goods hold a line that stands on the lists `on`."""
    goods = measure.goods
    if not goods.all and not any(name in on for name in goods.lists) and not any(code.startswith(prefix) for prefix in goods.codes):
        return False
    if goods.chapters and code[:2] not in goods.chapters:
        return False
    if goods.not_chapters and code[:2] in goods.not_chapters:
        return False
    if goods.without and any(name in on for name in goods.without):
        return False
    return not any(code.startswith(prefix) for prefix in goods.not_codes)


def names(name: str, measure: Measure) -> bool:
    """Whether a name in the law (heading, programme, or "us.s232.*") means this measure."""
    if name == measure.heading or name == measure.programme:
        return True
    return name.endswith(".*") and measure.programme.startswith(name[:-1])


def displaces(target: Target, measure: Measure, day: date) -> bool:
    """Whether a displacement target, on a day within its dates, means this measure."""
    if target.since and day < target.since or target.until and day > target.until:
        return False
    return names(target.name, measure) and measure.effect != "notice"


def frees(exemption: Measure, measure: Measure) -> bool:
    """Whether an exemption, if it held, would free a measure: what it names, else every duty of its own programme."""
    if measure.effect in ("exempt", "notice"):
        return False
    if exemption.frees:
        return any(names(name, measure) for name in exemption.frees)
    return measure.programme == exemption.programme


def _settling_order(*needs: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """Positions ordered so that what each one needs comes first; where needs go in a ring, the later one goes without."""
    done: dict[int, None] = {}
    begun: set[int] = set()

    def settle(i: int) -> None:
        if i in begun:
            return
        begun.add(i)
        for need in needs:
            for j in need[i]:
                settle(j)
        done[i] = None

    for i in range(len(needs[0])):
        settle(i)
    return tuple(done)


def stands_alone(exemption: Measure) -> bool:
    """Whether an exemption is filed even where nothing is left to free: chapter 98 on the base duty, countries outside a programme."""
    return "base" in exemption.frees or (not exemption.offer and exemption.when is None)


def leaves(condition: Condition) -> tuple[Condition, ...]:
    """The tests at the bottom of a condition."""
    if condition.of:
        return tuple(leaf for part in condition.of for leaf in leaves(part))
    return (condition,)


@lru_cache(maxsize=8)
def index_of(law: LawBook) -> LawIndex:
    """The index of a law book, built once per book."""
    return LawIndex(law)
