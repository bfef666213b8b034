"""Reads Arrow columns into numbers: codes, origins, days, cents, classes of facts; rows it cannot read are left to the explained engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landed.duty.batch_amounts import CEILING_CENTS, cents_of, empty_as_blank, millionths_of
from landed.duty.batch_facts import CONTENTS, FactsClass
from landed.duty.batch_price import Flags, Ints, Rows
from landed.duty.batch_rates import MILLION, Quantities, parts_per_million
from landed.duty.batch_request import request_of
from landed.duty.compile import CompiledLaw
from landed.duty.request import INCOTERMS, MODES, read_country, read_day, read_fact_value, read_value
from landed.errors import LandedError
from landed.schedule.units import convert, unit_key

EPOCH = date(1970, 1, 1).toordinal()
ODD = -1
BLANK = 0
MOST_SLOTS = 1200  # runs of days, as known on various days, that are kept compiled at a time
TEXTS = ("transport_mode", "entry_type", "incoterm", "country_of_export")


@dataclass(slots=True)
class Read:
    """Rows as numbers, and which rows of the batch they are (`at` None: all). The others are odd."""

    rows: Rows
    day: Ints  # ordinals of the days of entry
    at: Ints | None
    odd: Ints


class Reader:
    """Reads batches whose columns carry the names of a request: the four required ones, and any optional ones.

    Beside them: `quantity` with `unit`, `quantity_2` with `unit_2` and so on; `quantity_kg` (a unit in the name); `fact.NAME`
    or the bare name of a fact; `part.NAME` (US dollars of a part that a rate names).
    """

    def __init__(self, law: CompiledLaw, names: Sequence[str], on: date | None = None) -> None:
        self.law = law
        self.on = on
        self.names = tuple(names)
        facts = law.index.law.facts
        self.fact_columns = {name: bare for name in names if (bare := name.removeprefix("fact.").removeprefix("facts.")) in facts or name.startswith("fact.")}
        self.quantity_columns = [name for name in names if name == "quantity" or name.startswith("quantity_")]
        self.part_columns = [name for name in names if name.startswith("part.")]
        self._memos: dict[str, dict[Any, int]] = {}
        self._maps: dict[tuple[str, int, int], tuple[Any, Ints]] = {}
        self._days = law.index.law.covers_from.toordinal(), law.index.law.covers_to.toordinal()
        self._slot_of: dict[date | None, Ints] = {}
        self._symbols: dict[str, int] = {"": 0}
        self._stand_ins: dict[str, list[tuple[Any, int]]] = {}
        self._chapters: list[str | None] = [None]
        self._exclusions: list[frozenset[str]] = [frozenset()]
        self._known: list[date | None] = [None]
        self._combinations: dict[tuple[int, ...], int] = {}

    def request(self, row: dict[str, Any]) -> dict[str, Any]:
        """One row as a request, as the explained engine reads it."""
        return request_of(row, self.fact_columns, self.on)

    def read(self, batch: pa.RecordBatch) -> Read:
        """A batch as numbers."""
        n = batch.num_rows
        column = {name: empty_as_blank(batch.column(i)) for i, name in enumerate(batch.schema.names)}
        odd = np.zeros(n, bool)
        code = self._coded("hts_code", column["hts_code"], lambda raw: self.law.code(str(raw)), ODD)
        origin = self._coded("country_of_origin", column["country_of_origin"], self._origin, ODD)
        value, bad = self._money(column["customs_value"], positive=True)
        odd |= bad | (code < 0) | (origin < 0)
        if "currency" in column:
            self._exchange(column, value, odd)
        for name in TEXTS:
            if name in column:
                odd |= self._coded(name, column[name], self._choice(name), BLANK) < 0
        day = self._ordinals(column.get("entry_date"), odd)
        slot = self._slots(day, column.get("known_on"), odd)
        quantities = self._quantities(column, odd) if self.quantity_columns else None
        for name in self.part_columns:
            odd |= ~np.asarray(pc.is_null(column[name]))
        rows = Rows(slot, code, origin, value, None, None, quantities=quantities)
        self._claims(column, rows, odd)
        rows.facts = self._facts(column, rows, day, odd)
        if not odd.any():
            return Read(rows, day, None, np.empty(0, np.int64))
        at = np.flatnonzero(~odd)
        return Read(rows.take(at), day[at], at, np.flatnonzero(odd))

    # -- columns -------------------------------------------------------------------------------------------------

    def _coded(self, name: str, column: pa.Array, decode: Callable[[Any], int], null: int) -> Ints:
        """A number per row by decoding each distinct value once."""
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if pa.types.is_null(column.type):
            return np.full(len(column), null, np.int64)
        if str(column.type) in ("string_view", "binary_view"):
            column = column.cast(pa.string())
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        dictionary, indices = column.dictionary, column.indices
        buffer = dictionary.buffers()[-1]
        key = (name, buffer.address if buffer is not None else 0, len(dictionary) << 32 | dictionary.offset)
        kept = self._maps.get(key)
        if kept is None:
            memo = self._memos.setdefault(name, {})
            mapped = np.empty(len(dictionary) + 1, np.int64)
            for n, raw in enumerate(dictionary.to_pylist()):
                found = memo.get(raw)
                if found is None:
                    found = null if raw is None or raw == "" else decode(raw)
                    if len(memo) < 2_000_000:
                        memo[raw] = found
                mapped[n] = found
            mapped[-1] = null
            if len(self._maps) > 64:
                self._maps.clear()
            kept = self._maps[key] = (dictionary, mapped)  # the dictionary is kept so that its address stays its own
        if indices.null_count:
            indices = indices.cast(pa.int64()).fill_null(len(dictionary))
        # numpy takes by its own index type several times faster than by a narrower one
        numbers: Ints = kept[1].take(indices.to_numpy(zero_copy_only=False).astype(np.int64, copy=False))
        return numbers

    def _origin(self, raw: Any) -> int:
        text = str(raw).strip()
        number = self.law.origin_number.get(text.upper())
        if number is not None:
            return number
        names = self._memos.setdefault("country names", {})
        if not names:
            names.update({name.casefold(): self.law.origin_number[code] for code, name in self.law.index.law.countries.items()})
        return names.get(text.casefold(), ODD)

    def _choice(self, name: str) -> Callable[[Any], int]:
        def decode(raw: Any) -> int:
            if name == "country_of_export":
                try:
                    return 1 if read_country(raw, name, self.law.index.law) else ODD
                except LandedError:
                    return ODD
            if name == "incoterm":
                return 1 if str(raw).upper() in INCOTERMS else ODD
            if name == "transport_mode":
                return 1 if raw in MODES else ODD
            return {"formal": 1, "informal": 2}.get(str(raw), ODD)  # mail and low-value entries have rules of their own

        return decode

    def _money(self, column: pa.Array, *, positive: bool) -> tuple[Ints, Flags]:
        """(cents, rows that hold no amount the engine takes; blank is one only where `positive`)."""
        blank = np.asarray(pc.is_null(column)) if column.null_count else np.zeros(len(column), bool)
        cents, bad = cents_of(column)
        if positive:
            bad |= blank | (cents <= 0) | (cents >= CEILING_CENTS)
        return np.where(bad | blank, 1, cents) if bad.any() or blank.any() else cents, bad

    def _exchange(self, column: dict[str, pa.Array], value: Ints, odd: Flags) -> None:
        foreign = np.flatnonzero(self._coded("currency", column["currency"], lambda raw: 0 if str(raw).upper() == "USD" else 1, BLANK))
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
            day = ordinals_of(self, "entry_date", column, default)
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
        known = self._coded("known_on", known_on, self._known_on, BLANK)
        odd |= known < 0
        slot = np.zeros(len(day), np.int64)
        for number in np.unique(known[known >= 0]).tolist():
            at = np.flatnonzero(known == number)
            if len(self.law.days) > MOST_SLOTS:  # compiled law would outgrow memory: the explained engine takes these rows
                odd[at] = True
                continue
            slot[at] = self._slots_as_known(day[at], self._known[number])
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

    def _known_on(self, raw: Any) -> int:
        try:
            day = read_day(raw, "known_on")
        except LandedError:
            return ODD
        if day not in self._known:
            self._known.append(day)
        return self._known.index(day)

    def _quantities(self, column: dict[str, pa.Array], odd: Flags) -> Quantities:
        book = self.law.rates
        columns: list[tuple[Ints, Ints, Flags]] = []
        for name in self.quantity_columns:
            amount, bad = millionths_of(column[name])
            stated = ~np.asarray(pc.is_null(column[name])) & ~bad
            odd |= bad
            suffix = name.removeprefix("quantity").removeprefix("_")
            if not suffix or suffix.isdigit():
                units = column.get("unit" + (f"_{suffix}" if suffix else ""))
                unit = np.full(len(odd), ODD) if units is None else self._coded("unit", units, self._unit, ODD)
                odd |= stated & (unit < 0)
            else:
                unit = np.full(len(odd), self._unit(suffix), np.int64)
            for other, _, given in columns:
                odd |= given & stated & (other == unit)
            columns.append((unit, amount, stated & (unit >= 0)))
        return Quantities(columns, _Convertible(book.keys))

    def _unit(self, raw: Any) -> int:
        try:
            return self.law.rates.key(unit_key(str(raw)))
        except LandedError:
            return ODD

    # -- claims and facts ----------------------------------------------------------------------------------------

    def _claims(self, column: dict[str, pa.Array], rows: Rows, odd: Flags) -> None:
        if "spi" in column:
            spi = self._coded("spi", column["spi"], lambda raw: self._symbols.setdefault(str(raw).strip().upper(), len(self._symbols)), BLANK)
            if spi.any():
                rows.spi, rows.symbols = spi, tuple(self._symbols)
        for name in ("us_content_value", "repair_value"):
            if name not in column:
                continue
            cents, bad = self._money(column[name], positive=False)
            stated = ~np.asarray(pc.is_null(column[name]))
            if not stated.any():
                continue
            odd |= bad
            cents = np.where(stated, cents, 0)
            if name == "repair_value":
                rows.repair = (cents, stated)
            else:
                odd |= cents > rows.value
                rows.us_amount = (cents, stated)

    def _facts(self, column: dict[str, pa.Array], rows: Rows, day: Ints, odd: Flags) -> Ints | None:
        """The class of facts of each row; None where no row states any."""
        parts: list[Ints] = []
        kinds: list[str] = []

        def add(kind: str, numbers: Ints) -> None:
            odd[:] |= numbers < 0
            if numbers.any():
                parts.append(np.maximum(numbers, 0))
                kinds.append(kind)

        if "entry_type" in column:
            kind = self._coded("entry_type", column["entry_type"], self._choice("entry_type"), BLANK)
            add("entry_type", np.where(kind == 2, 1, np.where(kind < 0, 0, 0)))
        if "chapter_98" in column:
            add("chapter_98", self._chapter_98(column["chapter_98"], rows, odd))
        if "exclusion" in column:
            add("exclusion", self._coded("exclusion", column["exclusion"], self._exclusion, BLANK))
        for name, days in (("loading_date", self.law.tests.loading), ("export_date", self.law.tests.export)):
            if name in column:
                stated = ordinals_of(self, name, column[name], 0)
                given = ~np.asarray(pc.is_null(column[name]))
                odd |= given & (stated == -1)
                if name == "loading_date":
                    odd |= stated > day
                limits = np.array([d.toordinal() for d in days], np.int64)
                add(name, np.where(stated > 0, np.searchsorted(limits, stated, side="right") + 1, 0))
        for name, fact in self.fact_columns.items():
            if fact not in self.law.index.law.facts or fact == "polarity_degrees":
                odd |= ~np.asarray(pc.is_null(column[name]))
                continue
            numbers, ppm = self._fact(name, fact, column[name])
            if fact in CONTENTS and numbers.any():
                rows.contents[fact] = (np.maximum(ppm, 0), numbers > 0)
                odd |= ppm < 0
            add("fact:" + fact, numbers)
        self._contradictions(rows, odd)
        for name, pair in (("repair_value", rows.repair), ("us_content_value", rows.us_amount)):
            if pair is not None:
                add(name, pair[1].astype(np.int64) if name == "repair_value" else self._us_content(rows, odd))
        if not parts:
            return None
        table = np.stack(parts)
        radix = table.max(axis=1) + 1
        key = np.zeros(table.shape[1], np.int64)
        for numbers, size in zip(table, radix.tolist(), strict=True):
            key = key * size + numbers
            if key.max(initial=0) > 2**40:
                key = np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64)
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        numbers = np.array([self._class(kinds, table[:, i].tolist()) for i in first.tolist()], np.int64)
        return numbers[inverse.reshape(-1)]

    def _contradictions(self, rows: Rows, odd: Flags) -> None:
        """Rows whose stated contents may contradict each other: the explained engine says how."""
        metals = [ppm for name, (ppm, _) in rows.contents.items() if not name.startswith("us_")]
        if len(metals) > 1:
            odd |= np.sum(metals, axis=0) > MILLION
        if rows.us_amount is not None and "us_content_pct" in rows.contents:
            odd |= rows.us_amount[1] & rows.contents["us_content_pct"][1]

    def _class(self, kinds: list[str], numbers: list[int]) -> int:
        values: dict[str, Any] = {}
        stated: dict[str, Any] = {}
        declared: set[str] = set()
        for kind, number in zip(kinds, numbers, strict=True):
            if not number:
                continue
            if kind.startswith("fact:"):
                fact = kind[5:]
                stated[fact] = self._stand_ins[fact][number - 1][0]
                if fact in CONTENTS:
                    declared.add(fact)
            elif kind == "entry_type":
                values["entry_type"] = "informal"
            elif kind == "chapter_98":
                values["chapter_98"] = self._chapters[number]
            elif kind == "exclusion":
                values["exclusions"] = self._exclusions[number]
            elif kind in ("loading_date", "export_date"):
                days = self.law.tests.loading if kind == "loading_date" else self.law.tests.export
                which = "loading" if kind == "loading_date" else "export"
                values[which] = date.fromordinal(days[number - 1].toordinal() - 1) if number <= len(days) else date.max
            elif kind == "repair_value":
                declared.add("repair_value")
            elif kind == "us_content_value":
                stated.setdefault("us_content_pct", self._stand_ins["us_content_pct"][number - 1][0])
                declared.add("us_content_pct")
        return self.law.facts_number(FactsClass(**values, stated=tuple(sorted(stated.items())), declared=frozenset(declared)))

    def _fact(self, name: str, fact: str, column: pa.Array) -> tuple[Ints, Ints]:
        """(class of the answer of each row, 0 where unstated; the answer in millionths where it is a percent)."""
        stand_ins = self._stand_ins.setdefault(fact, [])
        answers = self._memos.setdefault("answers", {})

        def decode(raw: Any) -> int:
            try:
                answer = read_fact_value(self.law.index.law, fact, raw)
            except LandedError:
                return ODD
            ppm = parts_per_million(answer) if isinstance(answer, Decimal) else 0
            if ppm is None:
                return ODD
            one = self.law.tests.stand_in(fact, answer)
            number = next((n for n, (known, _) in enumerate(stand_ins) if known is one), len(stand_ins))
            if number == len(stand_ins):
                stand_ins.append((one, 0))
            return answers.setdefault((number + 1) << 32 | ppm, (number + 1) << 32 | ppm)

        both = self._coded(name, column, decode, BLANK)
        return np.where(both < 0, ODD, both >> 32), np.where(both < 0, 0, both & 0xFFFFFFFF)

    def _us_content(self, rows: Rows, odd: Flags) -> Ints:
        """The class of the share that a stated amount of US content is."""
        assert rows.us_amount is not None
        cents, stated = rows.us_amount
        stand_ins = self._stand_ins.setdefault("us_content_pct", [])
        numbers = np.zeros(len(cents), np.int64)
        if "us_content_pct" not in self.law.index.law.facts:
            return numbers
        for row in np.flatnonzero(stated & ~odd).tolist():
            one = self.law.tests.stand_in("us_content_pct", Decimal(int(cents[row])) * 100 / Decimal(int(rows.value[row])))
            number = next((n for n, (known, _) in enumerate(stand_ins) if known is one), len(stand_ins))
            if number == len(stand_ins):
                stand_ins.append((one, 0))
            numbers[row] = number + 1
        return numbers

    def _chapter_98(self, column: pa.Array, rows: Rows, odd: Flags) -> Ints:
        def decode(raw: Any) -> int:
            text = str(raw).strip()
            if text not in self._chapters:
                self._chapters.append(text)
            return self._chapters.index(text)

        numbers = self._coded("chapter_98", column, decode, BLANK)
        at = np.flatnonzero(numbers)
        if len(at):
            keys, inverse = np.unique(rows.slot[at] << 32 | numbers[at], return_inverse=True)
            ok = []
            for key in keys.tolist():
                law = self.law.days[key >> 32]
                ok.append(any(m.heading == self._chapters[key & 0xFFFFFFFF] for m in law.measures[law.ordinary :]))
            odd[at] |= ~np.array(ok)[inverse.reshape(-1)]
        return numbers

    def _exclusion(self, raw: Any) -> int:
        claimed = frozenset(str(h).strip() for h in (raw if isinstance(raw, (list, tuple)) else [raw]))
        if claimed not in self._exclusions:
            self._exclusions.append(claimed)
        return self._exclusions.index(claimed)


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


def ordinals_of(reader: Reader, name: str, column: pa.Array, blank: int) -> Ints:
    """Days as ordinals; `blank` where empty, -1 where unreadable."""
    if pa.types.is_date32(column.type):
        days = column.view(pa.int32()) if not column.null_count else column.cast(pa.int32()).fill_null(blank - EPOCH)
        ordinals: Ints = days.to_numpy(zero_copy_only=False).astype(np.int64) + EPOCH
        return ordinals
    if pa.types.is_timestamp(column.type) or pa.types.is_date64(column.type):
        return ordinals_of(reader, name, column.cast(pa.date32(), safe=False), blank)

    def decode(raw: Any) -> int:
        try:
            return read_day(raw, name).toordinal()
        except LandedError:
            return ODD

    days = reader._coded(name, column, decode, -2)
    return np.where(days == -2, blank, days) if (days == -2).any() else days
