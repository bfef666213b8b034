"""Law compiled into arrays: lines and origins of a day to cells, cells to millionths of the value, on demand and once each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from threading import RLock
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from landed.duty.batch_facts import FactsClass, FactTests
from landed.duty.batch_rates import PERCENT, RateBook
from landed.duty.batch_texts import Texts
from landed.duty.case import Case
from landed.duty.compile_cells import Cells
from landed.duty.compile_day import DayLaw, Shared
from landed.duty.compile_goods import GoodsBook
from landed.errors import LandedError
from landed.schedule.codes import parse_code

if TYPE_CHECKING:
    from landed.duty.estimate import Engine
    from landed.lawbook.model import ListRow
    from landed.schedule.lookup import Line

ONE_DAY = timedelta(days=1)
STRIDE = 256  # origins fit below it (ISO 3166 names 250); a block of that many cells belongs to one kind of goods on one day
UNSEEN, REFUSED = -2, -1
MANY = 1500  # lines met at once from which the lists of a day are laid out whole
PLAIN = FactsClass()


class CompiledLaw:
    """An engine's law in arrays. Safe to share among threads; grows as lines, days and facts are met.

    A *slot* is a run of days over which no law changes (or one such run as known on an earlier day). A *block* is one kind of
    goods in a slot: lines on the same lists. A *cell* is what a block and an origin come to under a class of facts.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.index = engine.index
        self.goods = GoodsBook(self.index)
        self.rates = RateBook()
        self.tests = FactTests(self.index)
        self.totals = CellTable(self, by_heading=False)
        self.headings = CellTable(self, by_heading=True)
        self.lock = RLock()
        self.reached = len(self.index.measures)  # measure numbers past it: floors that add nothing
        self.origins: tuple[str, ...] = tuple(sorted(self.index.law.countries))
        self.origin_number = {code: n for n, code in enumerate(self.origins)}
        self.turns = _turning_days(engine)
        self.days: list[DayLaw] = []
        self._shared = Shared()
        self.origin_kinds = np.zeros((4, STRIDE), np.int32)  # by slot and origin: origins that the same measures name are one kind
        self._origin_rows: list[list[tuple[int, bool]]] = []  # per slot, of each kind: the measures, whether column 2
        self._slots: dict[tuple[int, date | None], int] = {}
        self.digits: list[str] = []
        self._code_numbers: dict[str, int] = {}
        self._grid = np.full((4, 1024), UNSEEN << 32, np.int64)  # by slot and code: block << 32 | pair of rates
        self._block_rows: list[tuple[int, int, int]] = []  # slot, goods bits, doubtful bits
        self._block_numbers: dict[tuple[int, int, int], int] = {}
        self._pair_rows: list[Line] = []
        self._pair_numbers: dict[tuple[Any, ...], int] = {}
        self._pair_rates: list[tuple[int, int]] = []
        self._pair_arrays = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))
        self._pair_of_texts: dict[int, int] = {}
        self._lists: dict[tuple[str, int, date | None], dict[str, ListRow]] = {}
        self._bits: dict[tuple[int, int], tuple[int, int]] = {}
        self.facts: list[FactsClass] = [PLAIN]
        self._facts_numbers: dict[FactsClass, int] = {PLAIN: 0}
        self.refusals: dict[tuple[int, int], tuple[str, str, str, str]] = {}  # by code and day: why the line is refused
        self.texts: dict[str, Texts] = {}  # what short texts of a column come to
        self._standings: dict[tuple[int, int, int, str], tuple[str | None, int, bool] | None] = {}

    # -- days, codes, facts to numbers ---------------------------------------------------------------------------

    def slot(self, day: date, known_on: date | None = None) -> int:
        """The slot of a day of entry."""
        era = bisect_right(self.turns, day)
        key = (era, known_on)
        found = self._slots.get(key)
        if found is None:
            with self.lock:
                found = self._slots.get(key)
                if found is None:
                    first = self.turns[era - 1] if era else self.index.law.covers_from
                    law = DayLaw(self.index, self.goods, max(first, self.index.law.covers_from), known_on, self._shared)
                    if len(self.days) >= self._grid.shape[0]:
                        self._grow(slots=2 * self._grid.shape[0])
                    if len(self.days) >= len(self.origin_kinds):
                        self.origin_kinds = np.concatenate([self.origin_kinds, np.zeros_like(self.origin_kinds)])
                    kinds: dict[tuple[int, bool], int] = {}
                    for number, country in enumerate(self.origins):
                        self.origin_kinds[len(self.days), number] = kinds.setdefault((law.origin_bits(country), law.in_column_2(country)), len(kinds))
                    self._origin_rows.append(list(kinds))
                    self.days.append(law)
                    found = self._slots[key] = len(self.days) - 1
        return found

    def code(self, text: str) -> int:
        """The number of a tariff code in any spelling, REFUSED where it is no code."""
        found = self._code_numbers.get(text)
        if found is None:
            try:
                digits = parse_code(text)
            except LandedError:
                return REFUSED
            with self.lock:
                found = self._code_numbers.get(digits)
                if found is None:
                    found = len(self.digits)
                    if found >= self._grid.shape[1]:
                        self._grow(codes=2 * self._grid.shape[1])
                    self.digits.append(digits)
                    self._code_numbers[digits] = found
                if len(self._code_numbers) < 2_000_000:
                    self._code_numbers[text] = found
        return found

    def facts_number(self, facts: FactsClass) -> int:
        """The number of a class of facts (0: nothing stated)."""
        found = self._facts_numbers.get(facts)
        if found is None:
            with self.lock:
                found = self._facts_numbers.setdefault(facts, len(self.facts))
                if found == len(self.facts):
                    self.facts.append(facts)
        return found

    # -- lines ---------------------------------------------------------------------------------------------------

    def lines(self, slots: np.ndarray | int, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(block, pair of rates) of each row; block REFUSED where the code is no line of the day."""
        while True:
            grid = self._grid
            flat = codes + np.asarray(slots, np.int64) * grid.shape[1]
            both = grid.ravel().take(flat, mode="clip")
            block = both >> 32
            if block.min(initial=0) > UNSEEN:
                return block, both & 0xFFFFFFFF
            unseen = np.unique(flat[block == UNSEEN])
            with self.lock:
                width = grid.shape[1]
                if self._grid is grid:
                    for slot in np.unique(unseen // width).tolist():
                        self._fill_lines(slot, unseen[unseen // width == slot] % width)

    def _fill_lines(self, slot: int, codes: np.ndarray) -> None:
        """Block and rates of some codes on the days of a slot."""
        grid = self._grid
        law, schedule = self.days[slot], self.engine.schedule
        if len(codes) > MANY:  # a day that a catalogue asks for: all its lines at once
            codes = np.arange(len(self.digits))
        codes = codes[grid[slot, codes] >> 32 == UNSEEN]
        digits = [self.digits[code] for code in codes.tolist()]
        listed = schedule.lines(law.day, rate_lines=True)
        wanted = np.array([int(d) for d in digits], np.int64)
        at = np.minimum(np.searchsorted(listed.codes, wanted), len(listed.codes) - 1)
        rows = np.where((listed.codes[at] == wanted) & (np.array([len(d) for d in digits], np.int64) >= 8), listed.rows[at], -1)
        general, special, column_2 = (schedule.texts(name)[0].take(np.maximum(rows, 0)).astype(np.int64) for name in ("general", "special", "column_2"))
        texts = np.where(rows >= 0, (general << 42) + (special << 21) + column_2, -1)
        kinds, of_kind = np.unique(np.array(self._kinds_of(law, digits), np.int64), return_inverse=True)
        blocks = np.array([self._block(slot, kind) for kind in kinds.tolist()], np.int64)[of_kind.reshape(-1)]
        pairs = np.full(len(codes), -1, np.int64)
        for n, (text, key) in enumerate(zip(digits, texts.tolist(), strict=True)):
            pair = self._pair_of_texts.get(key)
            if pair is None:
                try:
                    pair = self._pair(schedule.line(text, law.day, extra=self.index.listed_codes))
                except LandedError:
                    continue
                if key >= 0:
                    self._pair_of_texts[key] = pair
            pairs[n] = pair
        grid[slot, codes] = np.where(pairs >= 0, blocks << 32 | pairs, REFUSED << 32)

    def _pair(self, line: Line) -> int:
        key = (line.general, line.special, line.column_2)
        pair = self._pair_numbers.get(key)
        if pair is None:
            pair = self._pair_numbers[key] = len(self._pair_rows)
            self._pair_rows.append(line)
            self._pair_rates.append((self.rates.number(line.general), self.rates.number(line.column_2)))
        return pair

    def _kinds_of(self, law: DayLaw, digits: list[str]) -> list[int]:
        """The kind of goods (see GoodsBook) of each of some lines on a day."""
        if len(digits) > MANY:
            return self.goods.kinds_of(digits, law.day, law.known_on)
        return [self.goods.kind(one, self._lists_of(one, law)) for one in digits]

    def _block(self, slot: int, kind: int) -> int:
        law = self.days[slot]
        bits = self._bits.get((slot, kind))
        if bits is None:
            bits = self._bits[slot, kind] = law.goods_bits(self.goods.held[kind], self.goods.doubtful[kind])
        key = (slot, *bits)
        block = self._block_numbers.get(key)
        if block is None:
            block = self._block_numbers[key] = len(self._block_rows)
            self._block_rows.append(key)
        return block

    def _lists_of(self, digits: str, law: DayLaw) -> dict[str, ListRow]:
        key = (digits, bisect_right(self.index.list_turns(digits), law.day), law.known_on)
        found = self._lists.get(key)
        if found is None:
            found = self._lists[key] = self.index.lists_of(digits, law.day, law.known_on)
        return found

    def pair_rates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each pair: the number of the general rate, of the column 2 rate, and the general rate in millionths (-1: no plain percent)."""
        kept: tuple[np.ndarray, np.ndarray, np.ndarray] = self._pair_arrays
        if len(kept[0]) != len(self._pair_rates):
            rows = np.array(self._pair_rates or [(0, 0)], np.int64)
            kind, ppm, _, _ = self.rates.arrays()
            general = rows[:, 0].copy()
            kept = self._pair_arrays = (general, rows[:, 1].copy(), np.where(kind.take(general) == PERCENT, ppm.take(general), -1))
        return kept

    def line_of(self, pair: int) -> Line:
        """A line with the rates of a pair."""
        return self._pair_rows[pair]

    def block_row(self, block: int) -> tuple[int, int, int]:
        """(slot, measures whose goods hold the lines of a block, those on an unverified list entry)."""
        return self._block_rows[block]

    def origin_row(self, slot: int, kind: int) -> tuple[int, bool]:
        """(measures that name the origins of a kind, whether they are in column 2)."""
        return self._origin_rows[slot][kind]

    def grid(self) -> np.ndarray:
        """block << 32 | pair of rates by slot and code; the block is UNSEEN where nobody has asked yet."""
        return self._grid

    @property
    def blocks(self) -> int:
        return len(self._block_rows)

    # -- claims --------------------------------------------------------------------------------------------------

    def standing(self, slot: int, pair: int, origin: int, spi: str) -> tuple[str | None, int, bool] | None:
        """(claim as rules see it, number of the special rate or -1, unverified) of a claimed symbol; None where it is refused."""
        key = (slot, pair, origin, spi)
        if key not in self._standings:
            law, line = self.days[slot], self._pair_rows[pair]
            case = SimpleNamespace(index=self.index, request=SimpleNamespace(origin=self.origins[origin], known_on=law.known_on), line=line)
            try:
                found = Case.stand(cast(Any, case), spi, law.day)
            except LandedError:
                self._standings[key] = None
            else:
                special = line.special_rate(found.column) if found.column and self.index.column_2(self.origins[origin], law.day) is None else None
                with self.lock:
                    number = self.rates.number(special) if special is not None else -1
                self._standings[key] = (found.spi, number, any(w.code == "UNVERIFIED_FACT" for w in found.warnings))
        return self._standings[key]

    # -- within --------------------------------------------------------------------------------------------------

    def _grow(self, slots: int = 0, codes: int = 0) -> None:
        old = self._grid
        height, width = old.shape
        grid = np.full((max(slots, height), max(codes, width)), UNSEEN << 32, np.int64)
        grid[:height, :width] = old
        self._grid = grid


class CellTable:
    """Which cell a block and an origin come to, filled as they are met."""

    def __init__(self, law: CompiledLaw, by_heading: bool) -> None:
        self.law = law
        self.cells = Cells(law.rates, by_heading)
        self._plain = np.full(STRIDE * 64, UNSEEN, np.int32)
        self._stated: dict[tuple[int, int], int] = {}

    def _keys(self, slots: np.ndarray, blocks: np.ndarray, origins: np.ndarray) -> np.ndarray:
        kinds = self.law.origin_kinds.ravel().take(slots * np.int64(STRIDE) + origins)
        keys: np.ndarray = blocks * np.int64(STRIDE) + kinds
        return keys

    def by_key(self) -> np.ndarray:
        """The cell of a block and a kind of origin at block * STRIDE + kind, UNSEEN where nobody has asked yet."""
        return self._plain

    def plain(self, slots: np.ndarray, blocks: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """The cell of each row that states no facts."""
        key = self._keys(slots, blocks, origins)
        if self.law.blocks * STRIDE > len(self._plain):
            with self.law.lock:
                short = self.law.blocks * STRIDE - len(self._plain)
                if short > 0:
                    self._plain = np.concatenate([self._plain, np.full(max(short, len(self._plain)), UNSEEN, np.int32)])
        while True:
            found = self._plain.take(key, mode="clip")
            if found.min(initial=0) > UNSEEN:
                cells: np.ndarray = found.astype(np.int64)
                return cells
            with self.law.lock:
                for one in np.unique(key[found == UNSEEN]).tolist():
                    if self._plain[one] == UNSEEN:
                        self._plain[one] = self._make(one // STRIDE, one % STRIDE, 0)

    def stated(self, slots: np.ndarray, blocks: np.ndarray, origins: np.ndarray, facts: np.ndarray) -> np.ndarray:
        """The cell of each row under its class of facts."""
        key = self._keys(slots, blocks, origins)
        keys, inverse = np.unique(facts.astype(np.int64) << 40 | key, return_inverse=True)
        found = np.empty(len(keys), np.int64)
        for n, one in enumerate(keys.tolist()):
            number, where = one >> 40, one & ((1 << 40) - 1)
            cell = self._stated.get((number, where))
            if cell is None:
                with self.law.lock:
                    cell = self._stated[(number, where)] = self._make(where // STRIDE, where % STRIDE, number)
            found[n] = cell
        return found[inverse]

    def _make(self, block: int, kind: int, facts_number: int) -> int:
        slot, goods, doubtful = self.law.block_row(block)
        origin, column_2 = self.law.origin_row(slot, kind)
        full = goods & origin
        return self.cells.number(slot, self.law.days[slot], full, doubtful & full, self.law.facts[facts_number], facts_number, column_2)


def _turning_days(engine: Engine) -> tuple[date, ...]:
    """Every day on which any law of the pack, or the schedule, can begin to read otherwise."""
    law = engine.law
    found: set[date] = set()

    def spell(since: date | None, until: date | None) -> None:
        if since is not None:
            found.add(since)
        if until is not None and until < date.max:
            found.add(until + ONE_DAY)

    for programme in law.programmes:
        for measure in programme.measures:
            spell(measure.from_, measure.to)
            for target in measure.displaces:
                spell(target.since, target.until)
            if measure.when is not None:
                _walk(measure.when, lambda leaf: found.add(leaf.entered_before) if leaf.entered_before else None)
    for gap in law.gaps:
        spell(gap.from_, gap.to)
    for rows in law.lists.values():
        for row in rows:
            spell(row.from_, row.to)
    for members in law.groups.values():
        for member in members:
            spell(member.from_, member.to)
    for preference in law.preferences:
        for _, since, until in preference.members:
            spell(since, until)
        for since, until in ((lapse.from_, lapse.to) for lapse in preference.lapses):
            spell(since, until)
    for _, since, until, _ in law.column_2:
        spell(since, until)
    arrays = engine.schedule.arrays()
    last = date.max.toordinal()
    for ordinal in {*np.unique(arrays["first"]).tolist(), *(1 + np.unique(arrays["last"])).tolist()}:
        if 0 < ordinal <= last:
            found.add(date.fromordinal(ordinal))
    for _, day in engine.schedule.revisions:
        spell(day, day)
    return tuple(sorted(day for day in found if law.covers_from < day <= law.covers_to))


def _walk(condition: Any, visit: Callable[[Any], object]) -> None:
    visit(condition)
    for part in condition.of:
        _walk(part, visit)


@lru_cache(maxsize=4)
def compiled(engine: Engine) -> CompiledLaw:
    """The law of an engine in arrays, one per engine."""
    return CompiledLaw(engine)
