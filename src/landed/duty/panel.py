"""The statutory rate of every line from every origin on a day, by programme, written as Parquet in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landed.duty.batch_facts import FactsClass
from landed.duty.batch_rates import PERCENT, RateBook
from landed.duty.compile_day import Bill, DayLaw
from landed.duty.compile_goods import GoodsBook
from landed.errors import LandedError
from landed.lawbook.rate_text import parse_rate

if TYPE_CHECKING:
    from landed.duty.estimate import Engine

PLAIN = FactsClass()
UNKNOWN = -1
RATE = pa.decimal32(9, 4)  # percent, exact; an INT32 in the file
ORIGINS_AT_ONCE = 16  # origins in a row group
KEYS = ["hts_code", "country_of_origin", "rate_text"]  # kept as dictionaries; rates are written plain, which is a third faster
Ints = NDArray[np.int64]


@dataclass(slots=True)
class Panel:
    """Rates of a day in millionths of the value, before they are laid out by origin.

    `bills` [kinds of goods, kinds of origins] numbers rows of `added` [bills, programmes]; `floor` is the total that a bill's
    floor brings column 1 up to (-1 none) and `floor_programme` its column. `general` and `column_2` number rates per line.
    """

    day: date
    codes: Ints
    origins: tuple[str, ...]
    programmes: tuple[str, ...]
    kind: Ints  # per line: row of `bills`
    origin_kind: Ints  # per origin: column of `bills`
    in_column_2: NDArray[np.bool_]  # per kind of origin
    bills: NDArray[np.int32]
    added: Ints
    floor: Ints
    floor_programme: Ints
    override: Ints  # per bill: number of the rate that takes the place of column 2, or -1
    prohibited: NDArray[np.bool_]
    general: Ints
    column_2: Ints
    ppm: Ints  # per rate; UNKNOWN where it is no plain percent
    texts: tuple[str, ...]

    @property
    def rows(self) -> int:
        return len(self.codes) * len(self.origins)


def compile_panel(engine: Engine, day: date, origins: tuple[str, ...] | None = None) -> Panel:
    """The panel of a day under the facts of an ordinary commercial shipment: no claim, no stated fact.

    Raises LandedError DATE_OUT_OF_COVERAGE, UNKNOWN_ORIGIN.
    """
    law = engine.law
    if not law.covers_from <= day <= law.covers_to:
        raise LandedError("DATE_OUT_OF_COVERAGE", f"the law pack covers {law.covers_from} to {law.covers_to}, got {day}", where="on", mend="Ask for a day inside the coverage.")
    countries = origins or tuple(sorted(law.countries))
    for country in countries:
        if country not in law.countries:
            raise LandedError("UNKNOWN_ORIGIN", f"expected an ISO 3166 two-letter country code, got {country!r}", where="origins", mend="Use codes such as CN or VN.")
    goods = GoodsBook(engine.index)
    today = DayLaw(engine.index, goods, day, None)
    listed = engine.schedule.lines(day)
    digits = [f"{code:010d}" for code in listed.codes.tolist()]
    kinds, kind = _distinct([today.goods_bits(goods.held[k], 0)[0] & ~today.notices for k in goods.kinds_of(digits, day, None)])
    origin_rows, origin_kind = _distinct([(today.origin_bits(c) & ~today.notices, engine.index.column_2(c, day) is not None) for c in countries])
    found, bills = _bills(today, kinds, [bits for bits, _ in origin_rows])
    programmes = tuple(p.id for p in law.programmes if any(e.measure.programme == p.id for b in found for e in b.entries))
    rates = RateBook()
    added, floor, floor_programme, override = _lay_out(found, programmes, rates)
    general, texts_general = engine.schedule.texts("general")
    column_2, texts_column_2 = engine.schedule.texts("column_2")
    general_number = _rate_numbers(rates, general[listed.rows], texts_general)
    column_2_number = _rate_numbers(rates, column_2[listed.rows], texts_column_2)
    how, ppm, _, _ = rates.arrays()
    return Panel(
        day, listed.codes, countries, programmes, kind, origin_kind, np.array([two for _, two in origin_rows]), bills, added, floor, floor_programme, override,
        np.array([b.prohibited is not None for b in found]), general_number, column_2_number, np.where(how == PERCENT, ppm, UNKNOWN), tuple(rates.texts()),
    )  # fmt: skip


def _bills(today: DayLaw, kinds: list[int], origins: list[int]) -> tuple[list[Bill], NDArray[np.int32]]:
    """Every distinct bill, and which one each kind of goods from each kind of origin has."""
    holding = today.holding(PLAIN)
    numbers: dict[int, int] = {}
    of_match: dict[int, int] = {}
    found: list[Bill] = []
    table = np.empty((len(kinds), len(origins)), np.int32)
    for row, goods in enumerate(kinds):
        for column, place in enumerate(origins):
            match = goods & place
            number = of_match.get(match)
            if number is None:
                live = today.weighed(match) & holding
                number = numbers.get(live)
                if number is None:
                    number = numbers[live] = len(found)
                    found.append(today.bill(live, PLAIN, PLAIN.declared))
                of_match[match] = number
            table[row, column] = number
    return found, table


def _lay_out(bills: list[Bill], programmes: tuple[str, ...], rates: RateBook) -> tuple[Ints, Ints, Ints, Ints]:
    place = {name: n for n, name in enumerate(programmes)}
    added = np.zeros((len(bills), len(programmes)), np.int64)
    floor = np.full(len(bills), -1, np.int64)
    floor_programme = np.zeros(len(bills), np.int64)
    override = np.full(len(bills), -1, np.int64)
    for n, bill in enumerate(bills):
        for entry in bill.entries:
            column = place[entry.measure.programme]
            if entry.ppm is None or not entry.plain or (entry.floor and floor[n] >= 0):
                added[n, column] = UNKNOWN * 10**12  # never a percent of the whole value
            elif entry.floor:
                floor[n], floor_programme[n] = entry.ppm, column
            else:
                added[n, column] += entry.ppm
        if bill.column_2 is not None:
            override[n] = rates.number(bill.column_2)
    return added, floor, floor_programme, override


def _rate_numbers(rates: RateBook, texts: NDArray[np.int32], values: tuple[str, ...]) -> Ints:
    used = np.unique(texts)
    numbers = np.zeros(len(values), np.int64)
    for text in used.tolist():
        numbers[text] = rates.number(parse_rate(values[text]))
    return numbers.take(texts)


def _distinct(rows: list) -> tuple[list, Ints]:  # type: ignore[type-arg]
    """(the distinct items, the number of each)."""
    numbers: dict[object, int] = {}
    found = np.array([numbers.setdefault(row, len(numbers)) for row in rows], np.int64)
    return list(numbers), found


@dataclass(slots=True)
class _Column:
    """What lines come to from one kind of origin, as arrays over the lines (millionths; negative unknown)."""

    rate: Ints
    base: NDArray[np.int32]
    added: list[NDArray[np.int32]]
    total: NDArray[np.int32]
    known: list[NDArray[np.bool_] | None]
    total_known: NDArray[np.bool_] | None
    prohibited: NDArray[np.bool_]


def _column(panel: Panel, number: int) -> _Column:
    bill = panel.bills[:, number].take(panel.kind).astype(np.int64)
    rate = panel.general
    if panel.in_column_2[number]:
        override = panel.override.take(bill)
        rate = np.where(override >= 0, override, panel.column_2)
    base = panel.ppm.take(rate)
    mine = np.unique(panel.bills[:, number])
    floored = set(panel.floor_programme[mine[panel.floor[mine] >= 0]].tolist())
    total = base.copy()
    total_known = base >= 0
    nothing = np.zeros(len(base), np.int32)
    added: list[NDArray[np.int32]] = []
    known: list[NDArray[np.bool_] | None] = []
    for n in range(len(panel.programmes)):
        if n not in floored and not panel.added[mine, n].any():
            added.append(nothing)
            known.append(None)
            continue
        one = panel.added[:, n].take(bill)
        if n in floored:
            target = np.where(panel.floor_programme == n, panel.floor, -1).take(bill)
            one += np.where(target >= 0, np.where(base < 0, UNKNOWN * 10**12, np.maximum(target - base, 0)), 0)
        sure = one >= 0
        total += one
        total_known &= sure
        known.append(None if sure.all() else sure)
        added.append(np.maximum(one, 0).astype(np.int32))
    return _Column(
        rate, np.maximum(base, 0).astype(np.int32), added, np.maximum(total, 0).astype(np.int32), [None if base.min(initial=0) >= 0 else base >= 0, *known],
        None if total_known.all() else total_known, panel.prohibited.take(bill),
    )  # fmt: skip


def schema_of(panel: Panel) -> pa.Schema:
    """hts_code, country_of_origin, column_2, rate_text, base_rate_pct, one rate per programme, total_rate_pct, import_prohibited."""
    text = pa.dictionary(pa.int32(), pa.string())
    unpriced = bool((panel.ppm.take(panel.general) < 0).any())
    open_ = {name for n, name in enumerate(panel.programmes) if (panel.added[:, n] < 0).any() or (unpriced and ((panel.floor >= 0) & (panel.floor_programme == n)).any())}
    rates = [pa.field(name, RATE, name not in panel.programmes or name in open_) for name in ("base_rate_pct", *panel.programmes, "total_rate_pct")]
    keys = [pa.field(name, kind, False) for name, kind in (("hts_code", text), ("country_of_origin", text), ("column_2", pa.bool_()), ("rate_text", text))]
    return pa.schema([*keys, *rates, pa.field("import_prohibited", pa.bool_(), False)], {b"landed.day": panel.day.isoformat().encode()})


def record_batches(panel: Panel) -> Iterator[pa.RecordBatch]:
    """The panel by origin, a few origins at a time, lines in order within each. Rates are percent; null is unknown, never zero."""
    schema = schema_of(panel)
    codes, countries, texts = _texts([f"{code:010d}" for code in panel.codes.tolist()]), _texts(panel.origins), _texts(panel.texts)
    lines = len(panel.codes)
    across = np.arange(lines, dtype=np.int32)
    kept: dict[int, _Column] = {}
    last_use = {int(kind): n for n, kind in enumerate(panel.origin_kind.tolist())}
    for start in range(0, len(panel.origins), ORIGINS_AT_ONCE):
        numbers = panel.origin_kind[start : start + ORIGINS_AT_ONCE].tolist()
        columns = [kept.get(n) or kept.setdefault(n, _column(panel, n)) for n in numbers]
        count = len(columns)
        arrays = [
            pa.DictionaryArray.from_arrays(_numbers(np.tile(across, count)), codes),
            pa.DictionaryArray.from_arrays(_numbers(np.repeat(np.arange(start, start + count, dtype=np.int32), lines)), countries),
            _flags(np.repeat(panel.in_column_2[numbers], lines)),
            pa.DictionaryArray.from_arrays(_numbers(np.concatenate([c.rate for c in columns]).astype(np.int32)), texts),
            _rates([c.base for c in columns], [c.known[0] for c in columns]),
            *(_rates([c.added[k] for c in columns], [c.known[k + 1] for c in columns]) for k in range(len(panel.programmes))),
            _rates([c.total for c in columns], [c.total_known for c in columns]),
            _flags(np.concatenate([c.prohibited for c in columns])),
        ]
        for number in set(numbers):
            if last_use[number] < start + count:
                kept.pop(number, None)
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


# Arrays are made from buffers: pa.array() would import pandas where it is installed, a quarter of the whole run.


def _texts(values: Sequence[str]) -> pa.Array:
    data = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, data)]).astype(np.int32)
    return pa.Array.from_buffers(pa.string(), len(data), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(data))])


def _numbers(values: NDArray[np.int32]) -> pa.Array:
    return pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(values)])


def _flags(values: NDArray[np.bool_]) -> pa.Array:
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))])


def _rates(parts: list[NDArray[np.int32]], known: list[NDArray[np.bool_] | None]) -> pa.Array:
    """Millionths (ten-thousandths of a percent) as decimals, null where not known."""
    units = np.concatenate(parts)
    bitmap = None
    if any(k is not None for k in known):
        sure = np.concatenate([np.ones(len(p), bool) if k is None else k for p, k in zip(parts, known, strict=True)])
        bitmap = pa.py_buffer(np.packbits(sure, bitorder="little"))
    return pa.Array.from_buffers(RATE, len(units), [bitmap, pa.py_buffer(units)])


def write_panel(panel: Panel, path: Path) -> None:
    """Write a panel as one Parquet file, aside first and renamed when whole."""
    import pyarrow.parquet as pq

    aside = path.with_name(f".{path.name}.part")
    try:
        with pq.ParquetWriter(aside, schema_of(panel), compression="snappy", use_dictionary=KEYS, store_decimal_as_integer=True, write_statistics=KEYS[:2]) as writer:
            for batch in _ahead(record_batches(panel)):
                writer.write_batch(batch, row_group_size=batch.num_rows)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, the next one made while this one is written."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch
