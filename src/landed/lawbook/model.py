"""The law as the engine reads it: programmes, measures, conditions, goods lists, origin groups and facts.

Every object here is immutable and comes from data under `landed/law/` (or an overlay of the same
shape). `docs/law-format.md` describes the files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from landed.lawbook.rate import Rate

Effect = Literal[
    "duty",  # adds the rate on its base
    "exempt",  # frees other measures (an exemption heading, filed at zero)
    "prohibit",  # the goods may not enter
    "column_2",  # replaces the printed column 2 rate
    "minimum_price",  # duty lifts the price to a minimum per unit
    "notice",  # changes no amount; a warning on the lines it touches
]

Basis = Literal[
    "entered_value",
    "steel_content",
    "aluminum_content",
    "copper_content",
    "us_content",
    "us_content_max_40",
    "non_us_content",
    "value_less_us_content_max_40",
    "repair_value",
    "value_less_repair",
    "quantity",
    "none",
]


@dataclass(frozen=True, slots=True)
class Condition:
    """A test on the facts of one shipment. `op` decides which fields are used.

    all/any/not: `of`. fact: `fact` with `test` in (is, below, at_least, in) and `value`.
    spi: `value` is a tuple of SPI symbols. claimed: the measure's own heading must be claimed.
    loaded_before / exported_before: the final-vessel loading (or export) date is before `day` and,
    when `entered_before` is given, the entry date is before that. entry_type: `value` is a tuple. chapter_98: the provision claimed is one of `value`.
    """

    op: Literal["all", "any", "not", "fact", "spi", "claimed", "loaded_before", "exported_before", "entry_type", "chapter_98"]
    of: tuple[Condition, ...] = ()
    fact: str = ""
    test: Literal["is", "below", "at_least", "in", ""] = ""
    value: object = None
    day: date | None = None
    entered_before: date | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """Which lines a measure covers: all, or on one of the lists; chapters narrow it; `without` takes lists out.

    A list name ending in a file of `lists/` without the suffix. `chapters` and `not_chapters` hold
    two-digit chapter numbers; `codes` and `not_codes` hold digit prefixes written in the file itself.
    """

    all: bool = False
    lists: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    not_codes: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    not_chapters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origins:
    """Which countries of origin a measure covers: `all` (minus `without`) or `members`; names may be groups."""

    all: bool = False
    members: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Something displaced: a heading, a programme, or a programme pattern ("us.s232.*"), within dates."""

    name: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One spell of one heading: a rate (or an exemption) for goods, origins, days and conditions.

    `from_` and `to` are inclusive days of entry; `to` None is open. `published` is the day the spell
    became known when that was later than `from_`; `to_published` the day its end became known.
    `known_until` marks a spell that later law wiped out from its first day: it is law only for a
    reader whose `known_on` is before that day.
    """

    id: str
    programme: str
    heading: str
    title: str
    effect: Effect
    rate: Rate | None
    goods: Goods
    origins: Origins
    from_: date
    to: date | None
    when: Condition | None = None
    base: Basis = "entered_value"
    covers: Basis = "entered_value"  # the part of the value that displaced programmes lose
    leaves: Basis | None = None  # an exemption that leaves part of the value dutiable
    heading_reached: str | None = None  # floors: heading filed when column 1 already reaches the total
    compares: Literal["general", "claimed"] = "general"  # floors: which column 1 rate counts
    displaces: tuple[Target, ...] = ()
    subject_to: tuple[str, ...] = ()  # exemption because of these programmes or headings
    frees: tuple[str, ...] = ()  # exemption: headings or programmes freed; empty = own programme
    published: date | None = None
    to_published: date | None = None
    known_until: date | None = None
    status: Literal["law", "announced"] = "law"
    cite: tuple[str, ...] = ()
    verified: bool = True
    note: str = ""
    evidence: str = ""
    offer: bool = True  # exemption: show it as an option or question to those who did not claim it


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme of law: what a broker calls "Section 122" or "List 4A", one file."""

    id: str
    title: str
    kind: str  # component kind: 301, 232, 201, 122, 338, ieepa, column2, ...
    authority: str
    drawback: bool | None
    verified_through: date
    rank: int  # place in the filing sequence
    measures: tuple[Measure, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactOption:
    """One answer of a fact: its value and the words a person reads."""

    value: object
    label: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the goods or the shipment that law asks for, with the law's own default.

    `kind` yes_no, percent, choice, date or money. `ask` is whether an unstated fact becomes a question
    when its answer can change the amount. For percents, `options` are the sample answers priced in the
    question and `extremes` bound the range.
    """

    id: str
    kind: Literal["yes_no", "percent", "choice", "date", "money"]
    question: str
    default: object
    options: tuple[FactOption, ...] = ()
    extremes: tuple[object, ...] = ()
    ask: bool = True
    evidence: str = ""


class ListRow(NamedTuple):
    """One row of a goods list: a code or prefix (4 to 10 digits), inclusive days, whether it takes out."""

    code: str
    from_: date
    to: date | None
    excludes: bool = False
    published: date | None = None
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Lapse:
    """Days on which a preference is not in force; `annulled` is the day later law wiped the lapse out."""

    from_: date
    to: date | None
    cite: str
    annulled: date | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """A special-column programme: its symbol, members over time, and whether it waives the MPF."""

    spi: str
    title: str
    general_note: str
    members: tuple[tuple[str, date, date | None], ...]  # (ISO2 or group or "any", from, to)
    lapses: tuple[Lapse, ...] = ()
    mpf_exempt: bool = False
    cite: tuple[str, ...] = ()
    verified: bool = True
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class CoverageGap:
    """Law known to exist but not encoded: a warning on every line it could touch."""

    id: str
    title: str
    goods: Goods
    origins: Origins
    from_: date
    to: date | None
    reason: str
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupMember:
    country: str
    from_: date | None = None
    to: date | None = None


@dataclass(frozen=True, eq=False)
class LawBook:
    """A whole jurisdiction's law as loaded, with indexes built on first use (see `lawbook.index`)."""

    version: str
    covers_from: date
    covers_to: date
    verified_through: date
    programmes: tuple[Programme, ...]
    lists: dict[str, tuple[ListRow, ...]]
    facts: dict[str, Fact]
    groups: dict[str, tuple[GroupMember, ...]]
    countries: dict[str, str]  # ISO 3166 alpha-2 -> English name
    preferences: tuple[Preference, ...]
    column_2: tuple[tuple[str, date, date | None, str], ...]  # (ISO2, from, to, cite)
    excise_chapters: tuple[str, ...] = ()  # chapters on which internal revenue tax may be due; never guessed
    gaps: tuple[CoverageGap, ...] = ()
    tables: dict[str, object] = field(default_factory=dict)  # fees, chapter 98, de minimis: plain dated data

    @property
    def measures(self) -> tuple[Measure, ...]:
        return tuple(m for p in self.programmes for m in p.measures)
