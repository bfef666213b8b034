"""The loops of the batch that a compiler makes fast: plain Python functions, compiled by numba where the extra `fast` is installed.

A row that no loop can finish is marked in `left` and goes the ordinary way (Batch.answer), so both ways give the same answers.
Numba keeps what it compiled by the text of this file alone: nothing here may come from another file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from numpy import uint64 as U64

# Flags of a cell.
IS_GROUPED, IS_SLOW, IN_COLUMN_2, BANNED, TRY_SMALL, BY_RATE, SURE = 1, 2, 4, 8, 16, 32, 64
NOT_HERE = IS_GROUPED | IS_SLOW | BANNED
# Words of a cell's row: what a loop asks lies side by side in memory. Charges begin at CHARGES: millionths of the value.
FLAGS, FLOOR, LEAST, BY_RATE_ROW, COLUMN_2_RATE, COUNT, FLOOR_MEASURE, CHARGES = 0, 1, 2, 3, 4, 5, 6, 7
MEASURES = 16  # where the numbers of the charges' measures begin
WORDS = 24
PERCENT, UNPRICED, SLOW = 0, 2, 4  # kinds of rates, as in batch_rates
COMPLETE, ESTIMATED, PARTIAL = 0, 1, 2
UNSEEN, REFUSED = -2, -1
NOT_TRIED = -(2**62)
MOST_DUTY = 9_000_000_000_000  # cents whose effective rate is counted in 63 bits


def by_map(index: Any, table: Any, out: Any) -> None:
    """`out` = table[index], -1 where an index is none of the table."""
    size = len(table)
    for i in range(len(index)):
        k = index[i]
        out[i] = table[k] if 0 <= k < size else -1


def by_day(day: Any, first: int, table: Any, out: Any) -> int:
    """The slot of each day (days since 1970), -1 outside the table; how many have no slot yet (UNSEEN)."""
    unseen = 0
    size = len(table)
    for i in range(len(day)):
        k = day[i] - first
        slot = table[k] if 0 <= k < size else -1
        unseen += slot == UNSEEN
        out[i] = slot
    return unseen


def by_text(ends: Any, data: Any, keys: Any, values: Any, out: Any) -> int:
    """The number of each text in an open table of texts of up to 15 bytes; UNSEEN where it is not in it. How many are not."""
    mask = len(values) - 1
    unseen = 0
    start = ends[0]
    for i in range(len(out)):
        end = ends[i + 1]
        length = end - start
        if length > 15:
            out[i] = UNSEEN
            unseen += 1
            start = end
            continue
        low = 0
        high = length
        for k in range(start, min(end, start + 8)):
            low = low << 8 | data[k]
        for k in range(start + 8, end):
            high = high << 8 | data[k]
        at = ((low * 0x1E3779B97F4A7C15) ^ (high * 0x3F58476D1CE4E5B9)) >> 20 & mask
        while True:
            if keys[at, 1] == 0:
                out[i] = UNSEEN
                unseen += 1
                break
            if keys[at, 0] == low and keys[at, 1] == high + 1:
                out[i] = values[at]
                break
            at = at + 1 & mask
        start = end
    return unseen


def words_to_cents(words: Any, ceiling: int, out: Any) -> None:
    """Cents of decimals of two places, 0 where one is not above zero and below the ceiling."""
    for i in range(len(out)):
        cents = words[i, 0]
        out[i] = cents if words[i, 1] == 0 and 0 < cents < ceiling else 0


def locate(code: Any, origin: Any, slot: Any, value: Any, grid: Any, width: int, slots: int, kinds: Any, cells: Any, known_cells: int, known_pairs: int, cell_of: Any, pair_of: Any, left: Any) -> int:
    """The cell and the pair of rates of each row; how many ask for a line or a cell that is not compiled yet (UNSEEN).

    All lines are looked up first and all cells after: one row's memory is fetched while the next row is read.
    """
    count = len(code)
    for i in range(count):
        c, o, s = code[i], origin[i], slot[i]
        bad = left[i] != 0 or (c | o | s) < 0 or value[i] <= 0
        new = c >= width or s >= slots
        both = grid[U64(0 if bad or new else s * width + c)]
        pair_of[i] = both & 0xFFFFFFFF
        block = both >> 32
        cell_of[i] = REFUSED if bad else UNSEEN if new else block if block < 0 else (block << 8) + kinds[U64((s << 8) + o)]
    unseen = 0
    size = len(cells)
    for i in range(count):
        key = cell_of[i]
        if key == REFUSED:
            left[i] = 1
        elif key == UNSEEN:
            unseen += 1
        else:
            cell = cells[U64(key)] if key < size and pair_of[i] < known_pairs else UNSEEN
            if cell < 0 or cell >= known_cells:
                cell = UNSEEN
                unseen += 1
            cell_of[i] = cell
    return unseen


def price(
    cell_of: Any, pair_of: Any, value: Any, table: Any, width: int, general: Any, column_2: Any, kind: Any, known: Any, by_rate: Any, rates: int, most: int, quantities: bool,
    duty: Any, known_duty: Any, effective: Any, unknown: Any, status: Any, left: Any,
) -> int:  # fmt: skip
    """Duty, known subtotal (cents), effective rate (ten-thousandths of a percent) and status of each row, as price_rows has them.

    Whole numbers without a sign, and few branches: which way a row goes is anybody's guess, and wrong guesses are most of the time.
    Returns how many rows are left to the ordinary way.
    """
    count = 0
    million, half = U64(1_000_000), U64(500_000)
    for i in range(len(value)):
        cell, v = cell_of[i], value[i]
        flags = table[max(cell, 0), FLAGS]
        if left[i] or flags & NOT_HERE or v > most:
            left[i] = 1
            count += 1
            continue
        pair = pair_of[i]
        rate = general[pair]
        if flags & IN_COLUMN_2:
            rate = table[cell, COLUMN_2_RATE] if table[cell, COLUMN_2_RATE] >= 0 else column_2[pair]
        sort = kind[rate]
        hard = sort != PERCENT  # per unit, and no unit stated: what is known of it is `known`
        if hard and (quantities or sort >= SLOW):
            left[i] = 1
            count += 1
            continue
        cents = U64(v)
        ppm = known[rate]
        short = table[cell, FLOOR] - ppm
        short = 0 if hard or short < 0 else short
        total = (cents * U64(ppm) + half) // million + (cents * U64(short) + half) // million
        for k in range(CHARGES, CHARGES + width):
            total += (cents * U64(table[cell, k]) + half) // million
        least = table[cell, LEAST]
        trial = (flags & TRY_SMALL) != 0
        if flags & BY_RATE and not hard:
            at = (table[cell, BY_RATE_ROW] - 1) * rates + rate
            least = by_rate[at] if at < len(by_rate) else NOT_TRIED - 1
            if least < NOT_TRIED:
                left[i] = 1
                count += 1
                continue
            trial = least < 0
            least = -1 - least if trial else least
        sure = v >= least or (flags & SURE) != 0
        if (trial and not sure and not hard) or total > U64(MOST_DUTY):
            left[i] = 1
            count += 1
            continue
        scaled = total * million
        share = scaled // cents
        twice = (scaled - share * cents) * U64(2)
        share += U64(twice > cents or (twice == cents and (share & U64(1)) != U64(0)))  # half to even
        duty[i, 0] = total
        duty[i, 1] = 0
        known_duty[i, 0] = total
        known_duty[i, 1] = 0
        effective[i, 0] = share
        effective[i, 1] = 0
        unknown[i] = hard
        status[i] = PARTIAL if hard else ESTIMATED if sure else COMPLETE
    return count


def itemise(cell_of: Any, pair_of: Any, value: Any, table: Any, width: int, general: Any, column_2: Any, kind: Any, known: Any, column_of: Any, sums: Any, lost: Any, left: Any) -> None:
    """The charges of the rows that `price` finished: sums[column_of[measure]], sums[0] the line's own duty; lost marks what is unknown."""
    million, half = U64(1_000_000), U64(500_000)
    for i in range(len(value)):
        if left[i]:
            continue
        cell = cell_of[i]
        pair = pair_of[i]
        rate = general[pair]
        if table[cell, FLAGS] & IN_COLUMN_2:
            rate = table[cell, COLUMN_2_RATE] if table[cell, COLUMN_2_RATE] >= 0 else column_2[pair]
        hard = kind[rate] != PERCENT
        cents = U64(value[i])
        ppm = known[rate]
        floor = table[cell, FLOOR]
        if hard:
            lost[0, i] = 1
            if floor >= 0:
                lost[column_of[table[cell, FLOOR_MEASURE]], i] = 1
        else:
            sums[0, i, 0] = (cents * U64(ppm) + half) // million
            if floor > ppm:
                sums[column_of[table[cell, FLOOR_MEASURE]], i, 0] += (cents * U64(floor - ppm) + half) // million
        for k in range(table[cell, COUNT]):
            sums[column_of[table[cell, MEASURES + k]], i, 0] += (cents * U64(table[cell, CHARGES + k]) + half) // million


@dataclass(frozen=True)
class Kernels:
    """The loops, compiled."""

    by_map: Callable[..., None]
    by_day: Callable[..., int]
    by_text: Callable[..., int]
    words_to_cents: Callable[..., None]
    locate: Callable[..., int]
    price: Callable[..., int]
    itemise: Callable[..., None]


def installed() -> bool:
    """Whether numba is there to compile the loops."""
    from importlib.util import find_spec

    return find_spec("numba") is not None


@lru_cache(maxsize=1)
def kernels() -> Kernels:
    """The loops, compiled at their first call and kept on disk for the next process. Raises ImportError where numba is not installed."""
    import numba

    def loop(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
        except RuntimeError:  # nowhere to keep what is compiled (a read-only disk): compiled in each process
            return numba.njit(nogil=True, error_model="numpy")(function)

    return Kernels(loop(by_map), loop(by_day), loop(by_text), loop(words_to_cents), loop(locate), loop(price), loop(itemise))
