"""Cells: what a kind of goods and an origin come to on a day under a class of facts, as rows of arrays."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from landed.duty.batch_facts import CONTENTS, FactsClass
from landed.duty.batch_kernel import BANNED, BY_RATE, CHARGES, IN_COLUMN_2, IS_GROUPED, IS_SLOW, MEASURES, SURE, TRY_SMALL, WORDS
from landed.duty.batch_rates import MILLION, RateBook
from landed.duty.compile_day import NOTHING, WHOLE, Bill, DayLaw
from landed.lawbook.index import CONTENT_FACTS
from landed.lawbook.model import Basis

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = 8  # plain charges a cell holds beside a floor; a bill with more is priced by its group
PLAIN, GROUPED, SLOW = 0, 1, 2
NEVER = 2**62  # more cents than any line has
UNSEEN = -(2**63)
RATES = 8192  # rates of the line's own that a row of the table by rate has room for
Alternative = tuple[Bill, str, Any]


class Cells:
    """Cells by number. `arrays()` gives them as columns; `bills` and `alternatives` as objects for what arrays do not hold.

    Cells that always come to the same amounts are one cell; with `by_heading` only where the headings are the same too. Few
    cells keep the columns in the cache of a core, which is most of the speed.
    """

    FIELDS = ("how", "floor", "floor_measure", "floor_claimed", "column_2", "column_2_rate", "prohibited", "least", "by_rate", "flags")

    def __init__(self, rates: RateBook, by_heading: bool) -> None:
        self.rates = rates
        self.by_heading = by_heading
        self.bills: list[Bill] = []
        self.alternatives: list[tuple[Alternative, ...]] = []
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._matching: dict[tuple[int, int, int, int, bool], int] = {}
        self._size = 0
        self._fields: dict[str, NDArray[np.int64]] = {name: np.zeros(1024, np.int64) for name in self.FIELDS}
        self._ppm = np.zeros((WIDTH, 1024), np.int64)
        self._measure = np.full((WIDTH, 1024), -1, np.int64)
        self._rows = np.zeros((1024, WORDS), np.int64)
        self.width = 0  # the most plain charges of any cell so far
        self.highest = 0  # the largest millionths of any cell so far
        self.floors = False
        self._by_rate = np.full(0, UNSEEN, np.int64)  # by row of a cell that hangs on the rate, and rate
        self._by_rate_rows = 0

    def arrays(self) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.int64], NDArray[np.int64]]:
        """(fields, millionths [WIDTH, cells], measure numbers [WIDTH, cells])."""
        return self._fields, self._ppm, self._measure

    def rows(self) -> tuple[NDArray[np.int64], int]:
        """(the same by cell, a row each as batch_kernel reads it; how many cells there are)."""
        size = self._size  # first: a cell counted is a cell written
        return self._rows, size

    @property
    def by_rate(self) -> NDArray[np.int64]:
        """The table that `least_by_rate` fills."""
        return self._by_rate

    def number(self, slot: int, law: DayLaw, full: int, doubtful: int, facts: FactsClass, facts_number: int, column_2: bool) -> int:
        """The cell of the measures that match goods and origin, before their conditions are asked."""
        matching = (slot, full, doubtful, facts_number, column_2)
        known = self._matching.get(matching)
        if known is None:
            known = self._matching[matching] = self._number(slot, law, law.weighed(full), doubtful, facts, facts_number, column_2)
        return known

    def _number(self, slot: int, law: DayLaw, full: int, doubtful: int, facts: FactsClass, facts_number: int, column_2: bool) -> int:
        gapped = bool(full & law.gap_bits)
        full &= ~law.gap_bits
        doubtful &= full
        live = full & law.holding(facts)
        orders = live & law.orders
        bill = law.bill(live & ~law.notices, facts, facts.declared)
        sure = gapped or bill.unverified or bool(orders) or bool(doubtful & (bill.applied | live & law.notices))
        others = law.alternatives(full, facts) if not sure and bill.prohibited is None else ()
        how = SLOW if bill.slow or orders & law.named_orders else PLAIN if bill.plain and len(bill.entries) <= WIDTH else GROUPED
        headings = tuple(e.measure.id for e in bill.entries) if self.by_heading else ()
        banned = bill.prohibited.id if bill.prohibited is not None else None
        key = (bill.terms, headings, banned, sure, bill.unverified, how, column_2, tuple((other.terms, fact, answer) for other, fact, answer in others))
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = self._add(law, bill, sure, others, how, column_2)
        return found

    def _add(self, law: DayLaw, bill: Bill, sure: bool, others: tuple[Alternative, ...], how: int, column_2: bool) -> int:
        number = self._size
        if number == len(self._fields["how"]):
            self._fields = {name: np.concatenate([column, np.zeros_like(column)]) for name, column in self._fields.items()}
            self._ppm = np.concatenate([self._ppm, np.zeros_like(self._ppm)], axis=1)
            self._measure = np.concatenate([self._measure, np.full_like(self._measure, -1)], axis=1)
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        row = dict.fromkeys(self.FIELDS, 0)
        row |= {"how": how, "floor": -1, "floor_measure": -1, "column_2": int(column_2), "column_2_rate": -1, "least": NEVER}
        flags = (IS_GROUPED if how == GROUPED else 0) | (IS_SLOW if how == SLOW else 0) | (IN_COLUMN_2 if column_2 else 0)
        flags |= (BANNED if bill.prohibited is not None else 0) | (SURE if sure else 0)
        place = law.index.place
        row["prohibited"] = -1 if bill.prohibited is None else place[bill.prohibited.id]
        if column_2 and bill.column_2 is not None:
            row["column_2_rate"] = self.rates.number(bill.column_2)
        if how == PLAIN:
            self._lay_out(number, bill, row, place)
        if others:
            found = least_value(bill, others, None)
            if found is None:
                self._by_rate_rows += 1
                row["by_rate"] = self._by_rate_rows
                flags |= BY_RATE
            else:
                row["least"] = found[0]
                flags |= TRY_SMALL if found[1] else 0
        row["flags"] = flags
        for name, value in row.items():
            self._fields[name][number] = value
        words = self._rows[number]
        count = int((self._measure[:, number] >= 0).sum())
        words[:CHARGES] = flags, row["floor"], row["least"], row["by_rate"], row["column_2_rate"], count, row["floor_measure"]
        words[CHARGES : CHARGES + WIDTH], words[MEASURES : MEASURES + WIDTH] = self._ppm[:, number], self._measure[:, number]
        self.bills.append(bill)
        self.alternatives.append(others)
        self._size += 1
        return number

    def _lay_out(self, number: int, bill: Bill, row: dict[str, int], place: dict[str, int]) -> None:
        k = 0
        for entry in bill.entries:
            assert entry.ppm is not None
            self.highest = max(self.highest, entry.ppm)
            if entry.floor:
                row["floor"], row["floor_measure"] = entry.ppm, place[entry.measure.id]
                row["floor_claimed"] = int(entry.measure.compares == "claimed")
                self.floors = True
                continue
            self._ppm[k, number], self._measure[k, number] = entry.ppm, place[entry.measure.id]
            k += 1
        self.width = max(self.width, k)

    def least_by_rate(self, cells: NDArray[np.int64], rates: NDArray[np.int64], ppm: NDArray[np.int64]) -> NDArray[np.int64]:
        """`least_value` of rows whose cell hangs on the line's own rate: the cents, negative (and less one) where smaller ones must be tried."""
        key = (self._fields["by_rate"].take(cells) - 1) * RATES + rates
        while True:
            table = self._by_rate
            if int(key.max(initial=-1)) < len(table):
                found = table.take(key)
                if int(found.min(initial=0)) > UNSEEN:
                    return found
                self._fill_by_rate(key, found, cells, ppm)
            else:
                bigger = np.full(max(2 * len(table), (self._by_rate_rows + 64) * RATES), UNSEEN, np.int64)
                bigger[: len(table)] = table
                self._by_rate = bigger

    def _fill_by_rate(self, key: NDArray[np.int64], found: NDArray[np.int64], cells: NDArray[np.int64], ppm: NDArray[np.int64]) -> None:
        unseen = np.flatnonzero(found == UNSEEN)
        for one, first in zip(*np.unique(key[unseen], return_index=True), strict=True):
            at = unseen[first]
            cell = int(cells[at])
            least, check = least_value(self.bills[cell], self.alternatives[cell], int(ppm[at])) or (NEVER, True)
            self._by_rate[one] = -1 - least if check else least


def least_value(bill: Bill, others: tuple[Alternative, ...], base: int | None) -> tuple[int, bool] | None:
    """(cents from which some alternative surely differs from the bill, whether smaller values must be tried one by one).

    `base` is the line's own rate in millionths where known; None is returned where the answer hangs on it. Each rounded
    amount is off by half a cent at most, so totals differ for sure once the unrounded difference is past the sum of those.
    """
    least, check = NEVER, False
    for other, fact, answer in others:
        if base is None and _hangs_on_rate(bill, other):
            return None
        if _felt(bill, base) == _felt(other, base):
            continue
        mine, theirs = slope(bill, base, None, None), slope(other, base, fact, answer)
        if mine is None or theirs is None:
            check = True
            continue
        difference = abs(mine - theirs)
        if difference > 1e-3:
            pieces = len(bill.entries) + len(other.entries) + 2 * (_contents(bill) + _contents(other)) + 2
            least = min(least, ceil(pieces * MILLION / difference))
        check = True
    return least, check


def _hangs_on_rate(bill: Bill, other: Bill) -> bool:
    def floors(one: Bill) -> list[tuple[Any, ...]]:
        return sorted((e.terms for e in one.entries if e.floor), key=repr)

    return floors(bill) != floors(other) or bill.dutiable != other.dutiable or bill.column_2 != other.column_2


def _felt(bill: Bill, base: int | None) -> tuple[Any, ...]:
    """What decides the total once charges that add nothing are left out: zero rates, and floors that the line's rate reaches."""
    entries = [e.terms for e in bill.entries if e.ppm != 0 and not (e.floor and base is not None and e.ppm is not None and e.ppm <= base)]
    return sorted(entries, key=repr), bill.dutiable, bill.column_2


def _contents(bill: Bill) -> int:
    return sum(1 + len(e.less) for e in bill.entries if not e.plain)


def slope(bill: Bill, base: int | None, fact: str | None, answer: Any) -> float | None:
    """Millionths of the value that a bill comes to before rounding; None where a figure of the row decides.

    With `base` None the line's own rate and the floors are left out (the same on both sides).
    """
    total = 0.0
    left = 1.0
    if base is not None:
        for part in bill.dutiable if bill.dutiable is not None else ():
            taken = fraction(part, fact, answer)
            if taken is None:
                return None
            left -= taken
        if bill.dutiable == ():
            left = 0.0
        total = base * left
    for entry in bill.entries:
        if entry.ppm is None:
            return None
        if entry.floor and base is None:
            continue
        on = fraction(entry.on, fact, answer)
        if on is None:
            return None
        for part in entry.less:
            taken = fraction(part, fact, answer)
            if taken is None:
                return None
            on -= taken
        on = max(on, 0.0)
        total += max(0.0, on * entry.ppm - (base or 0) * left * on) if entry.floor else on * entry.ppm
    return total


def fraction(basis: Basis, fact: str | None, answer: Any) -> float | None:
    """The share of the value that a basis is, where an alternative's answer settles it."""
    if basis == WHOLE:
        return 1.0
    if basis == NOTHING:
        return 0.0
    name = CONTENT_FACTS.get(basis)
    if name is None or name != fact or name not in CONTENTS or answer is None:
        return None
    stated = float(answer) / 100
    if basis.endswith("_max_40"):
        stated = min(stated, int(basis.rsplit("_", 1)[1]) / 100)
    return 1.0 - stated if basis in ("non_us_content", "value_less_us_content_max_40") else stated


