"""Reads what rows claim and state beside the four columns: preference claims, chapter 98, facts, dates, parts of the value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landed.duty.batch_amounts import money
from landed.duty.batch_decode import BLANK, ODD, Decoder
from landed.duty.batch_facts import CONTENTS, FactsClass
from landed.duty.batch_price import Flags, Ints, Rows
from landed.duty.batch_rates import MILLION, parts_per_million
from landed.duty.request import read_fact_value
from landed.errors import LandedError


class Statements:
    """Claims and facts of rows as numbers of classes. `fact_columns` is {column: fact}."""

    def __init__(self, decoder: Decoder, fact_columns: dict[str, str]) -> None:
        self.decoder = decoder
        self.law = decoder.law
        self.fact_columns = fact_columns
        self._symbols: dict[str, int] = {"": 0}
        self._stand_ins: dict[str, list[tuple[Any, int]]] = {}
        self._chapters: list[str | None] = [None]
        self._exclusions: list[frozenset[str]] = [frozenset()]

    def claims(self, column: dict[str, pa.Array], rows: Rows, odd: Flags) -> None:
        """Set the claims of the rows and the parts of the value they state."""
        if "spi" in column:
            spi = self.decoder.coded("spi", column["spi"], lambda raw: self._symbols.setdefault(str(raw).strip().upper(), len(self._symbols)), BLANK)
            if spi.any():
                rows.spi, rows.symbols = spi, tuple(self._symbols)
        for name in ("us_content_value", "repair_value"):
            if name not in column:
                continue
            cents, bad = money(column[name], positive=False)
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

    def facts(self, column: dict[str, pa.Array], rows: Rows, day: Ints, odd: Flags) -> Ints | None:
        """The class of facts of each row; None where no row states any."""
        parts: list[Ints] = []
        kinds: list[str] = []

        def add(kind: str, numbers: Ints) -> None:
            odd[:] |= numbers < 0
            if numbers.any():
                parts.append(np.maximum(numbers, 0))
                kinds.append(kind)

        if "entry_type" in column:
            kind = self.decoder.coded("entry_type", column["entry_type"], self.decoder.choice("entry_type"), BLANK)
            add("entry_type", np.where(kind == 2, 1, np.where(kind < 0, 0, 0)))
        if "chapter_98" in column:
            add("chapter_98", self._chapter_98(column["chapter_98"], rows, odd))
        if "exclusion" in column:
            add("exclusion", self.decoder.coded("exclusion", column["exclusion"], self._exclusion, BLANK))
        for name, days in (("loading_date", self.law.tests.loading), ("export_date", self.law.tests.export)):
            if name in column:
                stated = self.decoder.ordinals(name, column[name], 0)
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
        answers = self.decoder.memos.setdefault("answers", {})

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

        both = self.decoder.coded(name, column, decode, BLANK)
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

        numbers = self.decoder.coded("chapter_98", column, decode, BLANK)
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
