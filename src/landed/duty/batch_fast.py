"""Record batches by the compiled loops: every row they can finish, the others by the ordinary way, the same answers from both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from landed.duty.batch_amounts import CEILING_CENTS, empty_as_blank, money
from landed.duty.batch_decode import BLANK, EPOCH, ODD
from landed.duty.batch_kernel import FLOOR_MEASURE, MEASURES, UNSEEN, WORDS, Kernels, kernels
from landed.duty.batch_rates import MILLION
from landed.duty.batch_read import TEXTS, Reader
from landed.duty.batch_texts import Texts
from landed.duty.compile import CompiledLaw
from landed.duty.compile_cells import RATES

if TYPE_CHECKING:
    from landed.duty.batch import Answered

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Marks = NDArray[np.uint8]
CORE = ("hts_code", "country_of_origin", "customs_value", "entry_date")


@dataclass(slots=True)
class Columns:
    """What the loops made of a batch. Money is cents and rates are ten-thousandths of a percent, each as the two words of a decimal;
    `sums` and `lost` hold the duty and the unknown of each programme that any row has (0: the line's own). `rows` are left to do."""

    status: NDArray[np.int8]
    duty: Ints
    known: Ints
    effective: Ints
    unknown: Marks
    value: Ints
    rows: Ints
    sums: dict[int, Ints]
    lost: dict[int, Marks]


class FastReader:
    """Reads and prices batches with the columns of a Reader. Safe to share among threads."""

    def __init__(self, law: CompiledLaw, reader: Reader, itemised: bool) -> None:
        self.law = law
        self.reader = reader
        self.itemised = itemised
        self.loops: Kernels = kernels()
        self.table = law.headings if itemised else law.totals
        self._small: dict[int, tuple[Any, Small]] = {}
        first, last = law.index.law.covers_from.toordinal(), law.index.law.covers_to.toordinal()
        self._first = first - EPOCH
        self._slots = np.full(last - first + 1, UNSEEN, np.int32)
        place = {programme.id: n + 1 for n, programme in enumerate(law.index.law.programmes)}
        self.programmes = place
        self._column_of = np.array([*(place[m.programme] for m in law.index.measures), 0], np.int64)

    def price(self, batch: pa.RecordBatch) -> Columns:
        """Every row that the loops can finish."""
        n = batch.num_rows
        left = np.zeros(n, np.uint8)
        column = {name: batch.column(i) for i, name in enumerate(batch.schema.names)}
        law = self.law
        code = self._numbers("hts_code", column["hts_code"], lambda raw: law.code(str(raw)), left)
        origin = self._numbers("country_of_origin", column["country_of_origin"], self.reader.origin, left)
        value = self._cents(column["customs_value"])
        slot = self._slots_of(column.get("entry_date"), n, left)
        quantities = self._others(column, left)
        cell, pair = self._locate(code, origin, slot, value, left)
        return self._price(cell, pair, value, left, quantities)

    # -- reading -------------------------------------------------------------------------------------------------

    def _numbers(self, name: str, column: pa.Array, decode: Callable[[Any], int], left: Marks) -> Small:
        """A number per row, negative where there is none."""
        kind = column.type
        if pa.types.is_dictionary(kind):
            indices = column.indices.fill_null(-1) if column.indices.null_count and pa.types.is_signed_integer(kind.index_type) else column.indices
            if indices.null_count:
                indices = indices.cast(pa.int64()).fill_null(-1)
            table = self._map(name, column.dictionary, decode)
            found = np.empty(len(column), np.int32)
            self.loops.by_map(indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False), table, found)
            return found
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return self._texts_of(name, column, decode, left)
        return self.reader.coded(name, column, decode, ODD).astype(np.int32)

    def _map(self, name: str, dictionary: pa.Array, decode: Callable[[Any], int]) -> Small:
        wide = self.reader.mapped(name, dictionary, decode, ODD)
        kept = self._small.get(id(wide))
        if kept is None:
            if len(self._small) > 64:
                self._small.clear()
            kept = self._small[id(wide)] = (wide, wide[:-1].astype(np.int32))  # the wide one is kept so that its id stays its own
        return kept[1]

    def _texts_of(self, name: str, column: pa.Array, decode: Callable[[Any], int], left: Marks) -> Small:
        n = len(column)
        found = np.empty(n, np.int32)
        buffers = column.buffers()
        wide = pa.types.is_large_string(column.type)
        ends = np.frombuffer(buffers[1], np.int64 if wide else np.int32)[column.offset : column.offset + n + 1].astype(np.int64, copy=False)
        data = np.frombuffer(buffers[2], np.uint8) if buffers[2] is not None and buffers[2].size else np.zeros(1, np.uint8)
        texts = self.law.texts.setdefault(name, Texts())
        while True:
            keys, values = texts.arrays
            if not self.loops.by_text(ends, data, keys, values, found):
                break
            unseen = np.flatnonzero(found == UNSEEN)
            new = pc.unique(column.take(pa.array(unseen)))
            if not texts.learn([raw for raw in new.to_pylist() if raw is not None], lambda raw: ODD if raw == "" else decode(raw)):
                return self.reader.coded(name, empty_as_blank(column), decode, ODD).astype(np.int32)  # texts too long for the table
        if column.null_count:
            found[np.asarray(pc.is_null(column))] = ODD
        return found

    def _cents(self, column: pa.Array) -> Ints:
        """Cents of each row, 0 where the ordinary way must look."""
        kind = column.type
        if pa.types.is_decimal128(kind) and kind.scale == 2:
            words = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)[column.offset : column.offset + len(column)]
            cents = np.empty(len(column), np.int64)
            self.loops.words_to_cents(words, CEILING_CENTS, cents)
            if column.null_count:
                cents[np.asarray(pc.is_null(column))] = 0
            return cents
        found, bad = money(empty_as_blank(column), positive=True)
        return np.where(bad, 0, found) if bad.any() else np.ascontiguousarray(found)

    def _slots_of(self, column: pa.Array | None, n: int, left: Marks) -> Small:
        on = self.reader.on.toordinal() - EPOCH if self.reader.on else -(2**31)
        if column is None:
            day = np.full(n, on, np.int32)
        elif pa.types.is_date32(column.type):
            days = column.cast(pa.int32()).fill_null(on) if column.null_count else column.view(pa.int32())
            day = days.to_numpy(zero_copy_only=False)
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            day = self._texts_of("entry_date", column, self._day, left)
            if column.null_count or self.reader.on:
                left |= day < 0
        else:
            ordinals = self.reader.ordinals("entry_date", empty_as_blank(column), on + EPOCH if self.reader.on else 0)
            day = np.where(ordinals > 0, ordinals - EPOCH, -(2**31)).astype(np.int32)
        slot = np.empty(n, np.int32)
        while self.loops.by_day(day, self._first, self._slots, slot):
            for one in np.unique(day[slot == UNSEEN]).tolist():
                self._slots[one - self._first] = self.reader.slot_of(one + EPOCH)
        return slot

    def _day(self, raw: Any) -> int:
        ordinal = self.reader.day("entry_date", raw)
        return ordinal - EPOCH if ordinal > 0 else -(2**31)

    def _others(self, column: dict[str, pa.Array], left: Marks) -> bool:
        """Rows that say more than the loops understand are left; whether any column holds quantities."""
        reader = self.reader
        for name in reader.fields:
            if name in CORE or name == "reference" or column[name].null_count == len(left):
                continue
            if name in TEXTS:
                numbers = reader.coded(name, empty_as_blank(column[name]), reader.choice(name), BLANK)
                left |= (numbers < 0) | (numbers > 1)
            elif name == "currency":
                left |= reader.coded(name, empty_as_blank(column[name]), reader.foreign, BLANK) > 0
            elif name not in reader.quantity_columns and not name.startswith("unit"):
                left |= ~np.asarray(pc.is_null(empty_as_blank(column[name])))
        if reader.quantity_columns:
            odd = np.zeros(len(left), bool)
            reader.quantities({name: empty_as_blank(column[name]) for name in reader.fields if name.startswith(("quantity", "unit"))}, odd)
            left |= odd
        return bool(reader.quantity_columns)

    # -- pricing -------------------------------------------------------------------------------------------------

    def _locate(self, code: Small, origin: Small, slot: Small, value: Ints, left: Marks) -> tuple[Small, Small]:
        law, n = self.law, len(code)
        cell, pair = np.empty(n, np.int32), np.zeros(n, np.int32)
        while True:
            grid = law.grid()
            slots, width = grid.shape
            known_pairs = len(law.pair_rates()[0])
            _, known_cells = self.table.cells.rows()
            if not self.loops.locate(code, origin, slot, value, grid.ravel(), width, min(slots, len(law.origin_kinds)), law.origin_kinds.ravel(), self.table.by_key(), known_cells, known_pairs, cell, pair, left):
                return cell, pair
            at = np.flatnonzero(cell == UNSEEN)
            slots = slot[at].astype(np.int64)
            block, _ = law.lines(slots, code[at].astype(np.int64))
            sound = block >= 0
            if sound.any():
                self.table.plain(slots[sound], block[sound], origin[at][sound].astype(np.int64))

    def _price(self, cell: Small, pair: Small, value: Ints, left: Marks, quantities: bool) -> Columns:
        law, cells, n = self.law, self.table.cells, len(value)
        rows, size = cells.rows()
        general, column_2, _ = law.pair_rates()
        kind, known, _, _ = law.rates.arrays()
        most = (2**62 - MILLION) // max(cells.highest, law.rates.highest, MILLION)
        width = cells.width
        duty, known_duty, effective = np.empty((n, 2), np.int64), np.empty((n, 2), np.int64), np.empty((n, 2), np.int64)
        unknown, status = np.empty(n, np.uint8), np.empty(n, np.int8)
        count = self.loops.price(
            cell, pair, value, rows, width, general, column_2, kind, known, cells.by_rate, RATES, most, quantities, duty, known_duty, effective, unknown, status, left
        )
        at = np.flatnonzero(left) if count else np.empty(0, np.int64)
        done = Columns(status, duty, known_duty, effective, unknown, value, at, {}, {})
        if self.itemised:
            seen = np.zeros(size + 1, bool)
            seen[cell] = True  # -1, a row left, is the last
            column_of, used = self._compact(rows[:size][seen[:-1]][:, [FLOOR_MEASURE, *range(MEASURES, WORDS)]].ravel())
            sums, lost = np.zeros((len(used), n, 2), np.int64), np.zeros((len(used), n), np.uint8)
            self.loops.itemise(cell, pair, value, rows, width, general, column_2, kind, known, column_of, sums, lost, left)
            done.sums = {column: sums[k] for k, column in enumerate(used.tolist())}
            done.lost = {column: lost[k] for k, column in enumerate(used.tolist()) if lost[k].any()}
        return done

    def _compact(self, measures: Ints) -> tuple[Ints, Ints]:
        """(place of each measure's programme among those used, the programmes used: 0 the line's own, first)."""
        used = np.unique(np.concatenate([[0], self._column_of[measures[measures >= 0]]]))
        return np.maximum(np.searchsorted(used, self._column_of), 0).clip(max=len(used) - 1), used


def completed(columns: Columns, part: Answered) -> None:
    """Put the rows that were left, answered the ordinary way, in their places."""
    from landed.duty.batch_columns import effective_rate

    at = columns.rows
    columns.status[at], columns.unknown[at], columns.value[at] = part.status, part.unknown, part.value
    for words, cents in ((columns.duty, part.duty), (columns.known, part.known), (columns.effective, effective_rate(part.duty, part.value))):
        words[at, 0] = cents
        words[at, 1] = 0
