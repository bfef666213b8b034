"""Which measures hold which goods: every distinct description of goods in the pack, tested once per kind of line."""

from __future__ import annotations

from landed.lawbook.index import LawIndex, on_goods
from landed.lawbook.model import ListRow, Measure


class GoodsBook:
    """The distinct descriptions of goods of a pack by number, and the lines they hold as bit sets over those numbers."""

    def __init__(self, index: LawIndex) -> None:
        self.index = index
        self._samples: list[Measure] = []
        self._numbers: dict[int, int] = {}
        self._always: list[int] = []
        self._by_list: dict[str, list[int]] = {}
        self._by_prefix: dict[str, list[int]] = {}
        self._kinds: dict[tuple[frozenset[tuple[str, bool]], tuple[str, ...]], int] = {}
        self.held: list[int] = []  # per kind of line: the descriptions that hold it
        self.doubtful: list[int] = []  # those that do so on an unverified list entry
        self._prefixes: set[str] = set()
        seen: dict[object, int] = {}
        for measure in index.measures:
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

    def number(self, measure: Measure) -> int:
        """The number of a measure's description of goods."""
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
