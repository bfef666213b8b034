"""Decodes the values of Arrow columns into numbers, each distinct value once: codes, origins, days, units, words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from landed.duty.batch_price import Ints
from landed.duty.compile import CompiledLaw
from landed.duty.request import INCOTERMS, MODES, read_country, read_day
from landed.errors import LandedError
from landed.schedule.units import unit_key

EPOCH = date(1970, 1, 1).toordinal()
ODD = -1
BLANK = 0
MOST_KEPT = 2_000_000  # distinct values of a column that are remembered


class Decoder:
    """What values of columns mean, remembered. A number below zero is a value that only the explained engine can judge."""

    def __init__(self, law: CompiledLaw) -> None:
        self.law = law
        self.memos: dict[str, dict[Any, int]] = {}
        self._maps: dict[tuple[str, int, int], tuple[Any, Ints]] = {}
        self.known: list[date | None] = [None]

    def coded(self, name: str, column: pa.Array, decode: Callable[[Any], int], null: int) -> Ints:
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
        table = self.mapped(name, dictionary, decode, null)
        if indices.null_count:
            indices = indices.cast(pa.int64()).fill_null(len(dictionary))
        # numpy takes by its own index type several times faster than by a narrower one
        numbers: Ints = table.take(indices.to_numpy(zero_copy_only=False).astype(np.int64, copy=False))
        return numbers

    def mapped(self, name: str, dictionary: pa.Array, decode: Callable[[Any], int], null: int) -> Ints:
        """The number of each value of a dictionary, and that of a null after them."""
        buffer = dictionary.buffers()[-1]
        key = (name, buffer.address if buffer is not None else 0, len(dictionary) << 32 | dictionary.offset)
        kept = self._maps.get(key)
        if kept is None:
            memo = self.memos.setdefault(name, {})
            mapped = np.empty(len(dictionary) + 1, np.int64)
            for n, raw in enumerate(dictionary.to_pylist()):
                found = memo.get(raw)
                if found is None:
                    found = null if raw is None or raw == "" else decode(raw)
                    if len(memo) < MOST_KEPT:
                        memo[raw] = found
                mapped[n] = found
            mapped[-1] = null
            if len(self._maps) > 64:
                self._maps.clear()
            kept = self._maps[key] = (dictionary, mapped)  # the dictionary is kept so that its address stays its own
        return kept[1]

    def origin(self, raw: Any) -> int:
        """The number of a country by code or name."""
        text = str(raw).strip()
        number = self.law.origin_number.get(text.upper())
        if number is not None:
            return number
        names = self.memos.setdefault("country names", {})
        if not names:
            names.update({name.casefold(): self.law.origin_number[code] for code, name in self.law.index.law.countries.items()})
        return names.get(text.casefold(), ODD)

    def choice(self, name: str) -> Callable[[Any], int]:
        """What a word of a column of choices comes to: 1 in order, 2 informal entry."""

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

    def known_on(self, raw: Any) -> int:
        """The number of a day on which law is asked for as it was known."""
        try:
            day = read_day(raw, "known_on")
        except LandedError:
            return ODD
        if day not in self.known:
            self.known.append(day)
        return self.known.index(day)

    def unit(self, raw: Any) -> int:
        """The number of a unit of quantity."""
        try:
            return self.law.rates.key(unit_key(str(raw)))
        except LandedError:
            return ODD

    def foreign(self, raw: Any) -> int:
        """0 for US dollars."""
        return 0 if str(raw).upper() == "USD" else 1

    def day(self, name: str, raw: Any) -> int:
        """A day as an ordinal."""
        try:
            return read_day(raw, name).toordinal()
        except LandedError:
            return ODD

    def ordinals(self, name: str, column: pa.Array, blank: int) -> Ints:
        """Days as ordinals; `blank` where empty, -1 where unreadable."""
        if pa.types.is_date32(column.type):
            days = column.view(pa.int32()) if not column.null_count else column.cast(pa.int32()).fill_null(blank - EPOCH)
            ordinals: Ints = days.to_numpy(zero_copy_only=False).astype(np.int64) + EPOCH
            return ordinals
        if pa.types.is_timestamp(column.type) or pa.types.is_date64(column.type):
            return self.ordinals(name, column.cast(pa.date32(), safe=False), blank)

        days = self.coded(name, column, lambda raw: self.day(name, raw), -2)
        return np.where(days == -2, blank, days) if (days == -2).any() else days
