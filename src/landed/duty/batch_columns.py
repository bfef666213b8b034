"""The columns of answered rows: totals, one column per programme, or one row per heading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landed.duty.batch import STATUSES, Answered, Batch, Fault
from landed.duty.batch_fast import Columns
from landed.duty.batch_price import REFUSED, Ints
from landed.schedule.codes import dotted

MONEY = pa.decimal128(18, 2)
PERCENT = pa.decimal128(18, 4)
ERRORS = ("error_code", "error_detail", "error_where", "error_mend")
TOTALS = ("status", "duty", "known_duty_subtotal", "effective_rate_pct", *ERRORS)
LONG = ("status", "seq", "heading", "programme", "kind", "rate_text", "amount", *ERRORS)
BASE = "base_duty"
INSTEAD = ("us.section_321", "us.postal")  # what low-value and mail entries pay in place of ordinary duties


class Sheet:
    """Turns answered chunks into output columns. `days` bounds the days of entry, to leave out programmes of other years."""

    def __init__(self, batch: Batch, days: tuple[date, date] | None = None) -> None:
        self.batch = batch
        self.law = batch.law
        self.index = batch.engine.index
        self._days = days
        self._headings: tuple[int, pa.Array] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The output columns, in order."""
        kind = self.batch.columns
        return LONG if kind == "long" else (*TOTALS[:4], BASE, *self.programmes, *TOTALS[4:]) if kind == "programmes" else TOTALS

    @cached_property
    def programmes(self) -> tuple[str, ...]:
        """The programmes that charge duty on some day of the bounds, in filing order."""
        first, last = self._days or (self.index.law.covers_from, self.index.law.covers_to)
        found = [
            p.id
            for p in self.index.law.programmes
            if any(m.effect in ("duty", "minimum_price") and m.status == "law" and m.from_ <= last and (m.to is None or m.to >= first) for m in p.measures)
        ]
        return (*found, *(INSTEAD if "entry_type" in self.batch.names else ()))

    def of(self, batch: pa.RecordBatch, found: Answered) -> pa.RecordBatch:
        """The input columns of a chunk with the output columns beside them (in long form, repeated for each heading)."""
        if self.batch.columns == "long":
            rows, columns = self._long(found)
            kept = [column.take(pa.array(rows)) for column in batch.columns]
        else:
            columns = total_columns(found)
            if self.batch.columns == "programmes":
                columns = [*columns[:4], *(self._by_programme(found) if found.fast is None else self._by_programme_fast(found, *found.fast)), *columns[4:]]
            kept = batch.columns
        names = [*batch.schema.names, *(output_name(name, batch.schema.names) for name in self.names)]
        return pa.RecordBatch.from_arrays([*kept, *columns], names=names)

    # -- one column per programme --------------------------------------------------------------------------------

    @cached_property
    def _column_of(self) -> Ints:
        """The column of each measure number, raised ones and -1 included; the last column is thrown away."""
        place = {name: n + 1 for n, name in enumerate(self.programmes)}
        columns = [place.get(m.programme, len(place) + 1) for m in self.index.measures]
        return np.array([*columns, *columns, len(place) + 1], np.int64)

    def _by_programme(self, found: Answered) -> list[pa.Array]:
        sums, valid = self._sums(found)
        return [decimals(cents, sure, MONEY) for cents, sure in zip(sums, valid, strict=True)]

    def _by_programme_fast(self, found: Answered, done: Columns, part: Answered | None) -> list[pa.Array]:
        """The same from what the compiled loops made, with the rows they left put in."""
        n, at = found.n, done.rows
        sums, valid = (np.zeros((len(self.programmes) + 1, 0), np.int64), []) if part is None else self._sums(part)
        arrays = []
        for k, name in enumerate((BASE, *self.programmes)):
            number = self.batch.programme_numbers.get(name, -1) if k else 0
            words, lost = done.sums.get(number), done.lost.get(number)
            sure = None if lost is None else lost == 0
            if part is not None and (words is not None or sums[k].any()):
                words = np.zeros((n, 2), np.int64) if words is None else words
                words[at, 0] = sums[k]
            if part is not None and not valid[k].all():
                sure = np.ones(n, bool) if sure is None else sure
                sure[at] = valid[k]
            arrays.append(pa.Array.from_buffers(MONEY, n, [bitmap(sure), _zeros(n) if words is None else pa.py_buffer(words)]))
        return arrays

    def _sums(self, found: Answered) -> tuple[Ints, list[NDArray[np.bool_]]]:
        """(cents by column and row, which are known) of the line's own duty and of each programme."""
        n, width = found.n, len(self.programmes) + 2
        sums = np.zeros((width, n), np.int64)
        sums[0] = np.maximum(found.priced.base, 0)
        unknown: dict[int, NDArray[np.bool_]] = {0: found.priced.base < 0}
        flat, across = sums.reshape(-1), np.arange(n)
        for measures, amounts in found.priced.charges:
            column = self._column_of.take(measures, mode="wrap")
            if int(amounts.min(initial=0)) < 0:
                for at in np.flatnonzero(amounts < 0).tolist():
                    unknown.setdefault(int(column[at]), np.zeros(n, bool))[at] = True
                amounts = np.maximum(amounts, 0)
            flat[column * n + across] += amounts
        silent = (found.status == REFUSED) | (found.known < 0)
        place = {name: k + 1 for k, name in enumerate(self.programmes)}
        for row, items in found.items.items():
            sums[:, row] = 0
            for lost in unknown.values():
                lost[row] = False
            for item in items:
                column_number = 0 if item.programme == "hts" else place.get(item.programme, width - 1)
                if item.amount is None:
                    unknown.setdefault(column_number, np.zeros(n, bool))[row] = True
                else:
                    sums[column_number, row] += item.amount
        valid = ~silent
        return sums[:-1], [valid & ~unknown[k] if k in unknown else valid for k in range(width - 1)]

    # -- one row per heading -------------------------------------------------------------------------------------

    def _long(self, found: Answered) -> tuple[Ints, list[pa.Array]]:
        """(row of the input of each output row, columns of LONG)."""
        places = 2 * self.law.reached
        sound = np.flatnonzero((found.status != REFUSED) & ~found.priced.slow)
        rows, numbers, amounts = [sound], [places + found.codes[sound]], [found.priced.base[sound]]
        rates = [found.priced.rate[sound]]
        for measures, amount in found.priced.charges:
            at = sound[measures[sound] >= 0]
            rows.append(at)
            numbers.append(measures[at])
            amounts.append(amount[at])
            rates.append(np.full(len(at), -1))
        row, number, amount, rate = map(np.concatenate, (rows, numbers, amounts, rates))
        measure = number % self.law.reached if self.law.reached else number
        order = np.lexsort((np.where(number >= places, places, measure), row))
        row, number, amount, rate = row[order], number[order], amount[order], rate[order]
        headings, programmes, kinds, texts = self._words(number, rate)
        extra: list[tuple[int, str | None, str | None, str | None, str | None, int]] = []
        for place in np.flatnonzero((found.status == REFUSED) | found.priced.slow).tolist():
            items = found.items.get(place, ()) if found.status[place] != REFUSED else ()
            extra += [(place, i.heading or None, i.programme, i.kind, i.rate_text, -1 if i.amount is None else i.amount) for i in items] or [(place, None, None, None, None, -1)]
        if extra:
            more = list(zip(*extra, strict=True))
            row = np.concatenate([row, np.array(more[0], np.int64)])
            amount = np.concatenate([amount, np.array(more[5], np.int64)])
            headings, programmes, kinds, texts = (
                pa.concat_arrays([one, pa.array(values, pa.string())]) for one, values in zip((headings, programmes, kinds, texts), more[1:5], strict=True)
            )
            order = np.argsort(row, kind="stable")
            at_order = pa.array(order)
            row, amount = row[order], amount[order]
            headings, programmes, kinds, texts = (one.take(at_order) for one in (headings, programmes, kinds, texts))
        starts = np.flatnonzero(np.diff(row, prepend=-1))
        seq = np.arange(len(row)) - np.repeat(starts, np.diff(np.append(starts, len(row)))) + 1
        status = pa.DictionaryArray.from_arrays(pa.array(found.status[row]), pa.array(STATUSES))
        errors = error_columns(found.errors, found.n)
        back = pa.array(row)
        return row, [status, pa.array(seq.astype(np.int32)), headings, programmes, kinds, texts, decimals(amount, amount >= 0, MONEY), *(column.take(back) for column in errors)]

    def _words(self, number: Ints, rate: Ints) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
        """(heading, programme, kind, rate text) of measure numbers; numbers past the raised ones are codes of lines."""
        digits, reached = self.law.digits, self.law.reached
        if self._headings is None or self._headings[0] != len(digits):
            measures = self.index.measures
            words = [m.heading for m in measures] + [m.heading_reached or m.heading for m in measures] + [dotted(d) for d in digits]
            self._headings = (len(digits), pa.array(words))
        measures = self.index.measures
        kind_of = {p.id: p.kind for p in self.index.law.programmes}
        own = len(measures)
        programmes = pa.array([*(m.programme for m in measures), "hts"])
        kinds = pa.array([*(kind_of[m.programme] for m in measures), "base"])
        known = self.law.rates.texts()
        texts = pa.array([*(m.rate.text if m.rate else "" for m in measures), *known])
        place = np.where(number >= 2 * reached, own, number % reached if reached else number)
        text = np.where(number >= 2 * reached, own + np.maximum(rate, 0), place)
        at = pa.array(place)
        return self._headings[1].take(pa.array(number)), programmes.take(at), kinds.take(at), texts.take(pa.array(text))


def output_name(name: str, taken: list[str]) -> str:
    """The name of an output column where the input already has one of that name."""
    return name if name not in taken else output_name(f"landed_{name}", taken)


def total_columns(found: Answered) -> list[pa.Array]:
    """The columns of TOTALS, in order."""
    valid = ~found.unknown
    status = pa.DictionaryArray.from_arrays(pa.array(found.status), pa.array(STATUSES))
    known_valid = found.known >= 0 if found.errors else None
    if found.fast is not None:
        done, bits = found.fast[0], bitmap(valid)
        return [
            status,
            pa.Array.from_buffers(MONEY, found.n, [bits, pa.py_buffer(done.duty)]),
            pa.Array.from_buffers(MONEY, found.n, [bitmap(known_valid), pa.py_buffer(done.known)]),
            pa.Array.from_buffers(PERCENT, found.n, [bits, pa.py_buffer(done.effective)]),
            *error_columns(found.errors, found.n),
        ]
    return [
        status,
        decimals(found.duty, valid, MONEY),
        decimals(found.known, known_valid, MONEY),
        decimals(effective_rate(found.duty, found.value), valid, PERCENT),
        *error_columns(found.errors, found.n),
    ]


def error_columns(errors: Mapping[int, Fault], n: int) -> list[pa.Array]:
    """The columns of ERRORS, null where there is none."""
    if not errors:
        return [_no_texts(n)] * len(ERRORS)
    rows = sorted(errors)
    present = np.zeros(n, bool)
    present[rows] = True
    bits = pa.py_buffer(np.packbits(present, bitorder="little"))
    return [_sparse_texts([errors[row][which].encode() for row in rows], np.array(rows), n, bits) for which in range(len(ERRORS))]


def _sparse_texts(texts: list[bytes], rows: Ints, n: int, bits: pa.Buffer) -> pa.Array:
    ends = np.zeros(n + 1, np.int32)
    ends[rows + 1] = [len(text) for text in texts]
    np.cumsum(ends, out=ends)
    return pa.Array.from_buffers(pa.string(), n, [bits, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))])


@lru_cache(maxsize=16)
def _no_texts(n: int) -> pa.Array:
    return pa.nulls(n, pa.string())


def decimals(units: Ints, valid: NDArray[np.bool_] | None, kind: pa.DataType) -> pa.Array:
    """Whole units (cents, ten-thousandths of a percent) as an exact decimal column, null where not `valid`."""
    n = len(units)
    words = np.empty((n, 2), np.int64)
    words[:, 0] = units
    words[:, 1] = 0  # nothing here is negative but the mark of a null
    return pa.Array.from_buffers(kind, n, [bitmap(valid), pa.py_buffer(words)])


def bitmap(valid: NDArray[np.bool_] | None) -> pa.Buffer | None:
    """Arrow's bits of which rows are not null, None where all are."""
    return None if valid is None or valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))


@lru_cache(maxsize=16)
def _zeros(n: int) -> pa.Buffer:
    """`n` decimals of nothing, which many columns share."""
    return pa.py_buffer(np.zeros((n, 2), np.int64))


def effective_rate(duty: Ints, value: Ints) -> Ints:
    """Duty as ten-thousandths of a percent of the value, rounded half-even as the explained engine does."""
    if int(duty.max(initial=0)) < 9_000_000_000:
        exact = duty * 1e6
        exact /= value
        rate = np.rint(exact)
        near = np.abs(np.abs(exact - rate) - 0.5) < 1e-3
        found: Ints = rate.astype(np.int64)
        if near.any():
            at = np.flatnonzero(near)
            found[at] = _long_division(duty[at], value[at])
        return found
    return _long_division(duty, value)


def _long_division(duty: Ints, value: Ints) -> Ints:
    first, rest = np.divmod(duty * 100, value)
    second, rest = np.divmod(rest * 10_000, value)
    whole = first * 10_000 + second
    up = (2 * rest > value) | ((2 * rest == value) & (whole % 2 == 1))
    rounded: Ints = whole + up
    return rounded
