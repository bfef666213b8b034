"""Lint over the whole pack is clean, and catches every kind of seeded defect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from landed.lawbook.lint import lint
from landed.lawbook.load import load_law
from landed.lawbook.model import Condition, Fact, FactOption, Goods, LawBook, ListRow, Measure, Origins, Target
from landed.lawbook.rate_text import parse_rate


@pytest.fixture(scope="module")
def law() -> LawBook:
    return load_law()


def pick(law: LawBook, heading: str) -> Measure:
    return next(m for m in law.measures if m.heading == heading)


def swap(law: LawBook, old: Measure, *new: Measure) -> LawBook:
    """The law with one measure replaced by others."""
    programmes = tuple(replace(p, measures=tuple(x for m in p.measures for x in (new if m is old else (m,)))) for p in law.programmes)
    return replace(law, programmes=programmes)


def test_the_pack_is_clean(law: LawBook) -> None:
    assert [str(f) for f in lint(law)] == []


def change(heading: str, **fields: object):
    def seed(law: LawBook) -> LawBook:
        measure = pick(law, heading)
        return swap(law, measure, replace(measure, **fields))

    return seed


def with_list(name: str, *rows: ListRow):
    return lambda law: replace(law, lists={**law.lists, name: rows})


DAY = date(2026, 3, 1)
SEEDED = {
    "a measure without citation": ("no-citation", change("9903.03.01", cite=())),
    "a blank citation": ("no-citation", change("9903.03.01", cite=(" ",))),
    "reversed dates": ("reversed-dates", change("9903.03.01", to=date(2026, 1, 1))),
    "an end known but no end": ("reversed-dates", change("9903.03.01", to=None, to_published=DAY)),
    "a year that slipped": ("odd-date", change("9903.03.01", from_=date(202, 2, 24))),
    "an unknown displaced heading": ("unknown-name", change("9903.03.01", displaces=(Target("9903.99.99"),))),
    "an unknown programme in subject_to": ("unknown-name", change("9903.03.06", subject_to=("us.s232.cheese",))),
    "an unknown programme in frees": ("unknown-name", change("9903.03.03", frees=("us.nothing",))),
    "a measure that displaces itself": ("displaces-itself", change("9903.03.01", displaces=(Target("9903.03.01"),))),
    "an unknown list": ("unknown-list", change("9903.03.03", goods=Goods(lists=("no_such_list",)))),
    "a chapter that does not exist": ("bad-code", change("9903.03.01", goods=Goods(all=True, chapters=("100",)))),
    "a code with letters": ("bad-code", change("9903.03.01", goods=Goods(codes=("87O3",)))),
    "an orphan list": ("orphan-list", with_list("nobody_names_me", ListRow("95030000", DAY, None))),
    "a list row with reversed dates": ("reversed-dates", with_list("s301_list1", ListRow("84145130", DAY, date(2025, 1, 1)))),
    "a list row that stands twice": ("overlapping-dates", with_list("s301_list1", ListRow("84145130", DAY, None), ListRow("84145130", DAY, None))),
    "a list code of letters": ("bad-code", with_list("s301_list1", ListRow("8414513X", DAY, None))),
    "an empty list": ("empty-list", with_list("s301_list1")),
    "an unknown origin": ("unknown-origin", change("9903.03.01", origins=Origins(members=("XX",)))),
    "no origin at all": ("unknown-origin", change("9903.03.01", origins=Origins())),
    "an unknown fact": ("unknown-fact", change("9903.03.01", when=Condition("fact", fact="colour", test="is", value=True))),
    "an answer no question offers": ("unknown-fact", change("9903.03.01", when=Condition("fact", fact="pharma_status", test="is", value="sugar pill"))),
    "an unknown SPI": ("unknown-name", change("9903.03.01", when=Condition("spi", value=("ZZ",)))),
    "an orphan fact": ("orphan-fact", lambda law: replace(law, facts={**law.facts, "moon": Fact("moon", "yes_no", "Full moon?", False)})),
    "a choice without options": ("bad-fact", lambda law: replace(law, facts={**law.facts, "moon": Fact("moon", "choice", "Which?", None)})),
    "a default that is no option": ("bad-fact", lambda law: replace(law, facts={**law.facts, "moon": Fact("moon", "choice", "Which?", "a", (FactOption("b", "b"),))})),
    "a rate that adds nothing computable": ("bad-rate", change("9903.03.01", rate=parse_rate("No change"))),
    "a rate past all reason": ("bad-rate", change("9903.03.01", rate=parse_rate("2500%"))),
    "a group with a stranger": ("unknown-origin", lambda law: replace(law, groups={**law.groups, "EU27": (*law.groups["EU27"], replace(law.groups["EU27"][0], country="QQ"))})),
    "a programme twice": ("twice", lambda law: replace(law, programmes=(*law.programmes, law.programmes[0]))),
    "an empty programme": ("empty-programme", lambda law: replace(law, programmes=(*law.programmes, replace(law.programmes[0], id="us.empty", measures=())))),
}  # fmt: skip


@pytest.mark.parametrize("defect", SEEDED)
def test_lint_catches_a_seeded_defect(law: LawBook, defect: str) -> None:
    rule, seed = SEEDED[defect]
    assert rule in {finding.rule for finding in lint(seed(law))}


def test_lint_catches_a_heading_that_stands_twice_on_a_day(law: LawBook) -> None:
    measure = pick(law, "9903.03.01")
    twin = replace(measure, id=measure.id + "#2", from_=measure.from_.replace(month=5))
    assert "heading-twice" in {f.rule for f in lint(swap(law, measure, measure, twin))}


def test_lint_catches_a_ring_of_displacement(law: LawBook) -> None:
    one, two = pick(law, "9903.88.01"), pick(law, "9903.88.02")
    ring = swap(law, one, replace(one, displaces=(Target("9903.88.02"),)))
    ring = swap(ring, two, replace(two, displaces=(Target("9903.88.01"),)))
    assert "cycle" in {f.rule for f in lint(ring)}


def test_lint_catches_a_list_code_that_no_schedule_knows(law: LawBook) -> None:
    seeded = replace(law, lists={**law.lists, "s301_list1": (ListRow("12345678", DAY, None),)})
    found = lint(seeded, lambda code, since, until: code != "12345678")
    assert [f.where for f in found if f.rule == "unknown-code"] == ["list s301_list1"]
    assert not [f for f in lint(seeded, lambda code, since, until: code != "12345678", frozenset({("12345678", "s301_list1")})) if f.rule == "unknown-code"]
