"""Which measures hold which goods: every distinct description of goods in the pack, tested once per kind of line."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from landed.lawbook.index import LawIndex, on_goods
from landed.lawbook.model import CoverageGap, ListRow, Measure

if TYPE_CHECKING:
    import numpy as np


class GoodsBook:
    """The distinct descriptions of goods of a pack by number, and the lines they hold as bit sets over those numbers."""

    def __init__(self, index: LawIndex) -> None:
        self.index = index
        self._samples: list[Measure | CoverageGap] = []
        self._numbers: dict[int, int] = {}
        self._always: list[int] = []
        self._by_list: dict[str, list[int]] = {}
        self._by_prefix: dict[str, list[int]] = {}
        self._kinds: dict[tuple[frozenset[tuple[str, bool]], tuple[str, ...]], int] = {}
        self.held: list[int] = []  # per kind of line: the descriptions that hold it
        self.doubtful: list[int] = []  # those that do so on an unverified list entry
        self._prefixes: set[str] = set()
        seen: dict[object, int] = {}
        described: tuple[Measure | CoverageGap, ...] = (*index.measures, *index.gaps)
        for measure in described:
            goods = measure.goods
            number = seen.get(goods)
            if number is None:
                number = seen[goods] = len(self._samples)
                self._samples.append(measure)
                self._prefixes.update(goods.codes, goods.not_codes, goods.chapters, goods.not_chapters)
                if goods.all:
                    self._always.append(number)
                for name in goods.lists:
                    self._by_list.setdefault(name, []).append(number)
                for prefix in goods.codes:
                    self._by_prefix.setdefault(prefix, []).append(number)
            self._numbers[id(measure)] = number

    def number(self, measure: Measure | CoverageGap) -> int:
        """The number of the description of goods of a measure, or of a gap in the pack."""
        return self._numbers[id(measure)]

    def kind(self, digits: str, on: dict[str, ListRow]) -> int:
        """The kind of a line that stands on the lists `on`: lines of a kind are held by the same descriptions."""
        prefixes = tuple(digits[:n] for n in (2, 4, 5, 6, 7, 8, 9, 10) if n <= len(digits) and digits[:n] in self._prefixes)
        key = (frozenset((name, row.verified) for name, row in on.items()), prefixes)
        found = self._kinds.get(key)
        if found is None:
            held, doubtful = self._test(digits, on, prefixes)
            self.held.append(held)
            self.doubtful.append(doubtful)
            found = self._kinds[key] = len(self.held) - 1
        return found

    def kinds_of(self, digits: list[str], day: date, known_on: date | None) -> list[int]:
        """`kind` of many lines on a day: every list laid over the sorted lines as ranges, each distinct column tested once."""
        import numpy as np

        order = sorted(range(len(digits)), key=digits.__getitem__)
        codes = np.array([int(digits[n].ljust(10, "0")) for n in order], np.int64)
        lengths = np.array([len(digits[n]) for n in order], np.int64)
        lists = self.index.law.lists
        marks = np.zeros((len(lists) + len(self._prefixes), len(digits)), np.uint8)
        for number, rows in enumerate(lists.values()):
            live = [r for r in rows if r.from_ <= day and (r.to is None or day <= r.to) and (known_on is None or r.published is None or r.published <= known_on)]
            live.sort(key=lambda r: len(r.code))
            self._lay(marks[number], codes, lengths, [r.code for r in live], [0 if r.excludes else 1 if r.verified else 2 for r in live])
        for number, prefix in enumerate(sorted(self._prefixes), len(lists)):
            self._lay(marks[number], codes, lengths, [prefix], [1])
        _, first, inverse = np.unique(np.ascontiguousarray(marks.T).view(f"V{len(marks)}").reshape(-1), return_index=True, return_inverse=True)
        kinds = [self.kind(digits[order[n]], self.index.lists_of(digits[order[n]], day, known_on)) for n in first.tolist()]
        found = [0] * len(digits)
        for place, number in zip(order, inverse.reshape(-1).tolist(), strict=True):
            found[place] = kinds[number]
        return found

    @staticmethod
    def _lay(row: np.ndarray, codes: np.ndarray, lengths: np.ndarray, prefixes: list[str], marks: list[int]) -> None:
        """Mark the sorted lines that begin with each prefix, later prefixes over earlier ones."""
        import numpy as np

        if not prefixes:
            return
        low = np.array([int(p.ljust(10, "0")) for p in prefixes], np.int64)
        width = np.array([10 ** (10 - len(p)) for p in prefixes], np.int64)
        starts, ends = np.searchsorted(codes, low), np.searchsorted(codes, low + width)
        for prefix, start, end, mark in zip(prefixes, starts.tolist(), ends.tolist(), marks, strict=True):
            if end > start:
                if len(prefix) > 8:  # an 8-digit line padded with zeros begins with no longer number
                    part = row[start:end]
                    part[lengths[start:end] >= len(prefix)] = mark
                else:
                    row[start:end] = mark

    def _test(self, digits: str, on: dict[str, ListRow], prefixes: tuple[str, ...]) -> tuple[int, int]:
        candidates = dict.fromkeys(self._always)
        for name in on:
            candidates.update(dict.fromkeys(self._by_list.get(name, ())))
        for prefix in prefixes:
            candidates.update(dict.fromkeys(self._by_prefix.get(prefix, ())))
        held = doubtful = 0
        for number in candidates:
            sample = self._samples[number]
            if on_goods(sample, digits, on):
                held |= 1 << number
                if any(name in on and not on[name].verified for name in sample.goods.lists):
                    doubtful |= 1 << number
        return held, doubtful
