"""Refuses law that contradicts itself: every finding names the file's programme, the heading and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from landed.lawbook.index import CONTENT_FACTS, leaves, names
from landed.lawbook.model import Condition, Goods, LawBook, ListRow, Measure

CodeTest = Callable[[str, date, date | None], bool]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One defect: a stable rule name, where it is, and what is wrong."""

    rule: str
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.detail}"


def lint(law: LawBook, code_exists: CodeTest | None = None, absent: frozenset[tuple[str, str]] = frozenset()) -> list[Finding]:
    """All findings over a law book, sorted; an empty list is clean.

    `code_exists(code, from, to)` answers whether the schedule knows a code or prefix on some day of the
    spell; `absent` holds the (code, list) pairs excused by `lists/absent.csv`.
    """
    checks: tuple[Callable[[LawBook], Iterable[Finding]], ...] = (
        _citations, _dates, _names, _lists_used, _origins, _facts, _twice, _cycles, _rates, _preferences, _list_rows,
    )  # fmt: skip
    found = [finding for check in checks for finding in check(law)]
    if code_exists is not None:
        found.extend(_codes(law, code_exists, absent))
    return sorted(set(found))


def _citations(law: LawBook) -> Iterable[Finding]:
    for measure in law.measures:
        if not any(text.strip() for text in measure.cite):
            yield Finding("no-citation", measure.id, "a measure must cite its instrument")


def _dates(law: LawBook) -> Iterable[Finding]:
    for programme in law.programmes:
        for measure in programme.measures:
            if measure.to is not None and measure.to < measure.from_ and measure.known_until is None:
                yield Finding("reversed-dates", measure.id, f"from {measure.from_} until {measure.to}")
            if measure.from_.year < 1950 or measure.to is not None and measure.to.year > 2100:
                yield Finding("odd-date", measure.id, f"{measure.from_} to {measure.to}")
            if measure.to_published is not None and measure.to is None:
                yield Finding("reversed-dates", measure.id, "until_published without until")
    for name, rows in law.lists.items():
        for row in rows:
            if row.to is not None and row.to < row.from_:
                yield Finding("reversed-dates", f"list {name}", f"{row.code}: from {row.from_} until {row.to}")
    if law.covers_to < law.covers_from:
        yield Finding("reversed-dates", "pack.yaml", f"covers {law.covers_from} to {law.covers_to}")


def _names(law: LawBook) -> Iterable[Finding]:
    measures = law.measures
    cache: dict[str, bool] = {}

    def known(name: str) -> bool:
        if name not in cache:
            cache[name] = any(names(name, m) for m in measures)
        return cache[name]

    for measure in measures:
        for key, targets in (("displaces", [t.name for t in measure.displaces]), ("subject_to", measure.subject_to), ("frees", measure.frees)):
            for name in targets:
                if name != "base" and not known(name):
                    yield Finding("unknown-name", measure.id, f"{key} names {name!r}, which no programme or heading has")
        for target in measure.displaces:
            if target.name in (measure.heading, "") or target.name == measure.programme:
                yield Finding("displaces-itself", measure.id, f"displaces {target.name!r}")
    ids: dict[str, int] = {}
    for programme in law.programmes:
        ids[programme.id] = ids.get(programme.id, 0) + 1
        if not programme.measures:
            yield Finding("empty-programme", programme.id, "has no measures")
    for name, count in ids.items():
        if count > 1:
            yield Finding("twice", name, "two files hold the same programme id")


def _lists_used(law: LawBook) -> Iterable[Finding]:
    used: set[str] = set()
    for where, goods in _all_goods(law):
        for name in (*goods.lists, *goods.without):
            used.add(name)
            if name not in law.lists:
                yield Finding("unknown-list", where, f"names the list {name!r}")
        for chapter in (*goods.chapters, *goods.not_chapters):
            if not chapter.isdigit() or not 1 <= int(chapter) <= 99:
                yield Finding("bad-code", where, f"chapter {chapter!r}")
        for code in (*goods.codes, *goods.not_codes):
            if not code.isdigit() or not 2 <= len(code) <= 10:
                yield Finding("bad-code", where, f"code {code!r}")
    for name in sorted(set(law.lists) - used):
        yield Finding("orphan-list", f"list {name}", "no measure names it")


def _all_goods(law: LawBook) -> Iterable[tuple[str, Goods]]:
    for measure in law.measures:
        yield measure.id, measure.goods
    for gap in law.gaps:
        yield gap.id, gap.goods


def _list_rows(law: LawBook) -> Iterable[Finding]:
    for name, rows in law.lists.items():
        if not rows:
            yield Finding("empty-list", f"list {name}", "has no rows")
        spells: dict[str, list[ListRow]] = {}
        for row in rows:
            if not row.code.isdigit() or not 4 <= len(row.code) <= 10:
                yield Finding("bad-code", f"list {name}", f"{row.code!r} is not 4 to 10 digits")
            spells.setdefault(row.code, []).append(row)
        for code, found in spells.items():
            ordered = sorted(found, key=lambda r: r.from_)
            for one, two in pairwise(ordered):
                if one.to is None or two.from_ <= one.to:
                    yield Finding("overlapping-dates", f"list {name}", f"{code} stands twice from {two.from_}")


def _origins(law: LawBook) -> Iterable[Finding]:
    known = set(law.countries) | set(law.groups)
    for measure in law.measures:
        for name in (*measure.origins.members, *measure.origins.without):
            if name not in known:
                yield Finding("unknown-origin", measure.id, f"{name!r} is neither a country nor a group")
        if not measure.origins.all and not measure.origins.members:
            yield Finding("unknown-origin", measure.id, "covers no origin")
    for group, members in law.groups.items():
        for member in members:
            if member.country not in law.countries:
                yield Finding("unknown-origin", f"group {group}", f"{member.country!r} is no country")


def _facts(law: LawBook) -> Iterable[Finding]:
    used = {"polarity_degrees"}
    for measure in law.measures:
        for leaf in _leaves(measure.when):
            if leaf.op != "fact":
                continue
            used.add(leaf.fact)
            fact = law.facts.get(leaf.fact)
            if fact is None:
                yield Finding("unknown-fact", measure.id, f"asks for {leaf.fact!r}")
            elif fact.kind == "choice" and leaf.test in ("is", "in"):
                values = {option.value for option in fact.options}
                for value in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
                    if value not in values:
                        yield Finding("unknown-fact", measure.id, f"{leaf.fact} has no answer {value!r}")
        for basis in (measure.base, measure.covers, measure.leaves):
            if basis in CONTENT_FACTS:
                used.add(CONTENT_FACTS[basis])
                if CONTENT_FACTS[basis] not in law.facts:
                    yield Finding("unknown-fact", measure.id, f"base {basis} needs the fact {CONTENT_FACTS[basis]!r}")
    for name in sorted(set(law.facts) - used):
        yield Finding("orphan-fact", f"fact {name}", "no condition asks for it")
    for name, fact in law.facts.items():
        if fact.kind in ("choice", "percent") and fact.ask and not fact.options:
            yield Finding("bad-fact", f"fact {name}", "is asked but has no options")
        if fact.kind == "choice" and fact.default is not None and fact.default not in {o.value for o in fact.options}:
            yield Finding("bad-fact", f"fact {name}", f"default {fact.default!r} is not among its options")


def _leaves(condition: Condition | None) -> tuple[Condition, ...]:
    return leaves(condition) if condition is not None else ()


def _overlap(one: Measure, two: Measure) -> bool:
    return (one.to is None or two.from_ <= one.to) and (two.to is None or one.from_ <= two.to)


def _twice(law: LawBook) -> Iterable[Finding]:
    """One heading that covers the same goods, origin and day twice under the same conditions."""
    by_heading: dict[str, list[Measure]] = {}
    for measure in law.measures:
        if measure.heading and measure.status == "law" and measure.known_until is None:
            by_heading.setdefault(measure.heading, []).append(measure)
    for heading, found in by_heading.items():
        for number, one in enumerate(found):
            for two in found[number + 1 :]:
                if one.effect == two.effect and one.when == two.when and _overlap(one, two) and _share_origin(law, one, two) and _share_goods(one.goods, two.goods) and one.frees == two.frees and one.subject_to == two.subject_to:
                    yield Finding("heading-twice", one.id, f"{heading} covers the same goods, origin and day as {two.id}")


def _share_goods(one: Goods, two: Goods) -> bool:
    if one == two:
        return True
    if one.all and two.all:
        return not (set(one.chapters) and set(two.chapters) and not set(one.chapters) & set(two.chapters)) and not set(one.chapters) & set(two.not_chapters) and not set(two.chapters) & set(one.not_chapters)
    return bool(set(one.lists) & set(two.lists) or set(one.codes) & set(two.codes))


def _share_origin(law: LawBook, one: Measure, two: Measure) -> bool:
    def members(measure: Measure) -> set[str]:
        def expand(group: Iterable[str]) -> set[str]:
            return {m.country for name in group for m in law.groups.get(name, ())} | {n for n in group if n in law.countries}

        return (set(law.countries) if measure.origins.all else expand(measure.origins.members)) - expand(measure.origins.without)

    return bool(members(one) & members(two))


def _cycles(law: LawBook) -> Iterable[Finding]:
    """Measures in force together that displace each other in a ring (by heading or programme)."""
    edges: dict[str, set[str]] = {}
    for measure in law.measures:
        for target in measure.displaces:
            for other in law.measures:
                if other is measure or other.programme != measure.programme or not names(target.name, other) or not _overlap(measure, other):
                    continue
                ended = target.until is not None and target.until < max(measure.from_, other.from_)
                later = target.since is not None and min(measure.to or date.max, other.to or date.max) < target.since
                if not ended and not later:
                    edges.setdefault(measure.heading, set()).add(other.heading)
    state: dict[str, int] = {}

    def walk(node: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        state[node] = 1
        for other in sorted(edges.get(node, ())):
            if state.get(other) == 1:
                return (*path, node, other)
            if other not in state:
                ring = walk(other, (*path, node))
                if ring:
                    return ring
        state[node] = 2
        return None

    for node in sorted(edges):
        if node not in state:
            ring = walk(node, ())
            if ring:
                yield Finding("cycle", ring[-1], "displaces in a ring: " + " > ".join(ring))


def _rates(law: LawBook) -> Iterable[Finding]:
    for measure in law.measures:
        if measure.effect in ("duty", "column_2", "minimum_price"):
            if measure.rate is None or measure.rate.kind not in ("duty", "total"):
                yield Finding("bad-rate", measure.id, f"the rate {measure.rate.text if measure.rate else None!r} adds nothing that can be computed")
            elif any(term.unit is None and term.amount > 1000 for term in measure.rate.terms):
                yield Finding("bad-rate", measure.id, f"{measure.rate.text} is past 1,000 percent")
            if measure.heading_reached and measure.rate and measure.rate.kind != "total":
                yield Finding("bad-rate", measure.id, "heading_reached without a total rate")


def _preferences(law: LawBook) -> Iterable[Finding]:
    for preference in law.preferences:
        for name, since, until in preference.members:
            if name != "any" and name not in law.countries and name not in law.groups:
                yield Finding("unknown-origin", f"preference {preference.spi}", f"{name!r} is neither a country nor a group")
            if until is not None and until < since:
                yield Finding("reversed-dates", f"preference {preference.spi}", f"{name}: {since} to {until}")
    symbols = {p.spi for p in law.preferences}
    for measure in law.measures:
        for leaf in _leaves(measure.when):
            if leaf.op == "spi":
                for symbol in leaf.value:  # type: ignore[attr-defined]
                    if symbol not in symbols:
                        yield Finding("unknown-name", measure.id, f"SPI {symbol!r} is in no preference")


def _codes(law: LawBook, exists: CodeTest, absent: frozenset[tuple[str, str]]) -> Iterable[Finding]:
    for name, rows in law.lists.items():
        for row in rows:
            if (row.code, name) not in absent and not exists(row.code, row.from_, row.to):
                yield Finding("unknown-code", f"list {name}", f"{row.code} is in no schedule between {row.from_} and {row.to or 'now'}")
