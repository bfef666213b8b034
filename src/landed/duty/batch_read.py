"""Reads Arrow columns into numbers: codes, origins, days, cents, classes of facts; rows it cannot read are left to the explained engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landed.duty.batch_amounts import empty_as_blank, millionths_of, money
from landed.duty.batch_decode import BLANK, ODD, Decoder
from landed.duty.batch_names import is_field
from landed.duty.batch_price import Flags, Ints, Rows
from landed.duty.batch_rates import Quantities
from landed.duty.batch_request import request_of
from landed.duty.batch_statements import Statements
from landed.duty.compile import CompiledLaw
from landed.duty.request import read_value
from landed.errors import LandedError
from landed.schedule.units import convert

MOST_SLOTS = 1200  # runs of days, as known on various days, that are kept compiled at a time
TEXTS = ("transport_mode", "entry_type", "incoterm", "country_of_export")


@dataclass(slots=True)
class Read:
    """Rows as numbers, and which rows of the batch they are (`at` None: all). The others are odd."""

    rows: Rows
    day: Ints  # ordinals of the days of entry
    at: Ints | None
    odd: Ints


class Reader(Decoder):
    """Reads batches whose columns carry the names of a request: the four required ones, and any optional ones.

    Beside them: `quantity` with `unit`, `quantity_2` with `unit_2` and so on; `quantity_kg` (a unit in the name); `fact.NAME`
    or the bare name of a fact; `part.NAME` (US dollars of a part that a rate names).
    """

    def __init__(self, law: CompiledLaw, names: Sequence[str], on: date | None = None) -> None:
        super().__init__(law)
        self.on = on
        self.names = tuple(names)
        facts = law.index.law.facts
        self.fact_columns = {name: bare for name in names if (bare := name.removeprefix("fact.").removeprefix("facts.")) in facts or name.startswith("fact.")}
        self.quantity_columns = [name for name in names if name == "quantity" or name.startswith("quantity_")]
        self.part_columns = [name for name in names if name.startswith("part.")]
        self._days = law.index.law.covers_from.toordinal(), law.index.law.covers_to.toordinal()
        self._slot_of: dict[date | None, Ints] = {}
        self.statements = Statements(self, self.fact_columns)
        self.fields = tuple(name for name in self.names if is_field(name, law.index.law) or name in self.fact_columns)

    def request(self, row: dict[str, Any]) -> dict[str, Any]:
        """One row as a request, as the explained engine reads it."""
        return request_of(row, self.fact_columns, self.on)

    def read(self, batch: pa.RecordBatch) -> Read:
        """A batch as numbers."""
        n = batch.num_rows
        column = {name: empty_as_blank(batch.column(i)) for i, name in enumerate(batch.schema.names)}
        odd = np.zeros(n, bool)
        code = self.coded("hts_code", column["hts_code"], lambda raw: self.law.code(str(raw)), ODD)
        origin = self.coded("country_of_origin", column["country_of_origin"], self.origin, ODD)
        value, bad = money(column["customs_value"], positive=True)
        odd |= bad | (code < 0) | (origin < 0)
        if "currency" in column:
            self._exchange(column, value, odd)
        for name in TEXTS:
            if name in column:
                odd |= self.coded(name, column[name], self.choice(name), BLANK) < 0
        day = self._ordinals(column.get("entry_date"), odd)
        slot = self._slots(day, column.get("known_on"), odd)
        quantities = self.quantities(column, odd) if self.quantity_columns else None
        for name in self.part_columns:
            odd |= ~np.asarray(pc.is_null(column[name]))
        rows = Rows(slot, code, origin, value, None, None, quantities=quantities)
        self.statements.claims(column, rows, odd)
        rows.facts = self.statements.facts(column, rows, day, odd)
        if not odd.any():
            return Read(rows, day, None, np.empty(0, np.int64))
        at = np.flatnonzero(~odd)
        return Read(rows.take(at), day[at], at, np.flatnonzero(odd))

    # -- columns -------------------------------------------------------------------------------------------------

    def _exchange(self, column: dict[str, pa.Array], value: Ints, odd: Flags) -> None:
        foreign = np.flatnonzero(self.coded("currency", column["currency"], self.foreign, BLANK))
        rates = column.get("exchange_rate")
        for row in foreign.tolist():
            rate = None if rates is None else rates[row].as_py()
            try:
                found = read_value({"amount": column["customs_value"][row].as_py(), "currency": "XXX", "exchange_rate": rate}, "customs_value")
            except LandedError:
                odd[row] = True
            else:
                value[row], odd[row] = int(found * 100), odd[row] and found <= 0

    def _ordinals(self, column: pa.Array | None, odd: Flags) -> Ints:
        """Days as ordinals, 0 where blank or unreadable (`odd` is then set)."""
        n = len(odd)
        default = self.on.toordinal() if self.on else 0
        if column is None:
            day = np.full(n, default, np.int64)
        else:
            day = self.ordinals("entry_date", column, default)
        odd |= day <= 0
        return day

    def _slots(self, day: Ints, known_on: pa.Array | None, odd: Flags) -> Ints:
        first, last = self._days
        outside = (day < first) | (day > last)
        if outside.any():
            odd |= outside
            day = np.where(outside, first, day)
        if known_on is None:
            return self._slots_as_known(day, None)
        known = self.coded("known_on", known_on, self.known_on, BLANK)
        odd |= known < 0
        slot = np.zeros(len(day), np.int64)
        for number in np.unique(known[known >= 0]).tolist():
            at = np.flatnonzero(known == number)
            if len(self.law.days) > MOST_SLOTS:  # compiled law would outgrow memory: the explained engine takes these rows
                odd[at] = True
                continue
            slot[at] = self._slots_as_known(day[at], self.known[number])
        return slot

    def _slots_as_known(self, day: Ints, known_on: date | None) -> Ints:
        first, last = self._days
        table = self._slot_of.get(known_on)
        if table is None:
            table = self._slot_of[known_on] = np.full(last - first + 1, -2, np.int64)
        slot = table.take(day - first)
        if slot.min(initial=0) < 0:
            for ordinal in np.unique(day[slot < 0]).tolist():
                table[ordinal - first] = self.law.slot(date.fromordinal(ordinal), known_on)
            slot = table.take(day - first)
        return slot

    def slot_of(self, ordinal: int) -> int:
        """The slot of a day of entry inside the coverage."""
        return int(self._slots_as_known(np.array([ordinal], np.int64), None)[0])

    def quantities(self, column: dict[str, pa.Array], odd: Flags) -> Quantities:
        """The stated quantities of rows; `odd` is set where one cannot be read or two have one unit."""
        book = self.law.rates
        columns: list[tuple[Ints, Ints, Flags]] = []
        for name in self.quantity_columns:
            amount, bad = millionths_of(column[name])
            stated = ~np.asarray(pc.is_null(column[name])) & ~bad
            odd |= bad
            suffix = name.removeprefix("quantity").removeprefix("_")
            if not suffix or suffix.isdigit():
                units = column.get("unit" + (f"_{suffix}" if suffix else ""))
                unit = np.full(len(odd), ODD) if units is None else self.coded("unit", units, self.unit, ODD)
                odd |= stated & (unit < 0)
            else:
                unit = np.full(len(odd), self.unit(suffix), np.int64)
            for other, _, given in columns:
                odd |= given & stated & (other == unit)
            columns.append((unit, amount, stated & (unit >= 0)))
        return Quantities(columns, _Convertible(book.keys))


class _Convertible(dict[tuple[int, int], bool]):
    """Whether a stated unit converts to a wanted one, found out once per pair."""

    def __init__(self, keys: dict[str, int]) -> None:
        super().__init__()
        self._keys = keys

    def get(self, key: tuple[int, int], default: Any = None) -> bool:
        if key not in self:
            names = list(self._keys)
            try:
                convert(Decimal(1), names[key[0]], names[key[1]])
                self[key] = True
            except LandedError:
                self[key] = False
        return self[key]
