"""Duty of whole frames of lines: Arrow in, Arrow out, the same law and the same cents as the explained estimate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landed.duty.batch_price import REFUSED, Ints, Priced, nothing, price_rows
from landed.duty.batch_read import Reader
from landed.duty.compile import CompiledLaw, compiled
from landed.duty.model import Component, Estimate
from landed.errors import LandedError
from landed.schedule.codes import dotted

if TYPE_CHECKING:
    from landed.duty.estimate import Engine

CHUNK = 32_768  # rows priced at a time: their columns stay in the cache of one core
STATUSES = ("complete", "estimated", "partial", "refused")
MONEY = pa.decimal128(18, 2)
PERCENT = pa.decimal128(18, 4)
TOTALS = ("status", "duty", "known_duty_subtotal", "effective_rate_pct", "error_code", "error_detail")
Columns = Literal["totals", "programmes", "long"]


@dataclass(frozen=True, slots=True)
class Item:
    """One heading of one row as the explained engine gave it (cents; None unknown)."""

    heading: str
    programme: str
    amount: int | None


@dataclass(slots=True)
class Answered:
    """A chunk of rows answered. `items` holds the headings of rows that the explained engine priced, `priced` the others'."""

    n: int
    status: NDArray[np.int8]
    duty: Ints
    known: Ints
    unknown: NDArray[np.bool_]
    value: Ints
    errors: dict[int, tuple[str, str]]
    priced: Priced
    items: dict[int, tuple[Item, ...]]
    codes: Ints


class Batch:
    """Prices record batches with the columns of `names` (see Reader). Safe to share among threads once built."""

    def __init__(self, engine: Engine, names: Iterable[str], *, on: date | None = None, columns: Columns = "totals") -> None:
        if columns not in ("totals", "programmes", "long"):
            raise LandedError("INVALID_REQUEST", f"columns: expected totals, programmes or long, got {columns!r}", where="columns", mend="Choose one of the three.")
        self.engine = engine
        self.law: CompiledLaw = compiled(engine)
        self.names = tuple(names)
        _require(self.names, on)
        self.reader = Reader(self.law, self.names, on)
        self.columns = columns

    def answer(self, batch: pa.RecordBatch) -> Answered:
        """A record batch of any length, each row answered: a status, or an error in its place."""
        read = self.reader.read(batch)
        n = batch.num_rows
        itemised = self.columns != "totals"
        priced = price_rows(self.law, read.rows, itemised=itemised) if len(read.rows.value) else nothing(0)
        value, code = read.rows.value, read.rows.code
        if read.at is not None:
            priced = priced.scattered(n, read.at)
            value, code = _spread(value, n, read.at, 1), _spread(code, n, read.at, -1)
        found = Answered(n, priced.status, priced.total, priced.known, priced.unknown, value, {}, priced, {}, code)
        if (priced.prohibited >= 0).any():
            self._ban(batch, found)
        if priced.slow.any():
            self._explain(batch, np.flatnonzero(priced.slow), found)
        return found

    def _ban(self, batch: pa.RecordBatch, found: Answered) -> None:
        at = np.flatnonzero((found.priced.prohibited >= 0) & ~found.priced.slow)
        for row, raw in zip(at.tolist(), batch.take(pa.array(at)).to_pylist(), strict=True):
            request = self.engine.read(self.reader.request(raw))
            measure = self.engine.index.measures[int(found.priced.prohibited[row])]
            digits = self.law.digits[int(found.codes[row])]
            found.errors[row] = ("IMPORT_PROHIBITED", f"{dotted(digits)} of {request.origin} may not be entered on {request.entry_date}: {measure.title}")

    def _explain(self, batch: pa.RecordBatch, at: Ints, found: Answered) -> None:
        """Rows out of the ordinary, each by the explained engine; what it refuses becomes the row's error."""
        for name in ("status", "duty", "known", "unknown", "value"):
            column = getattr(found, name)
            if not column.flags.writeable or column is found.priced.total or name == "status":
                setattr(found, name, column.copy())
        if found.known is found.duty:
            found.known = found.known.copy()
        for row, raw in zip(at.tolist(), batch.take(pa.array(at)).to_pylist(), strict=True):
            found.duty[row] = found.known[row] = 0
            found.unknown[row], found.status[row] = True, REFUSED
            found.errors.pop(row, None)
            try:
                estimate = self._estimate(self.reader.request(raw))
            except LandedError as error:
                found.errors[row] = (error.code, error.detail)
                found.known[row] = -1
                continue
            found.status[row] = STATUSES.index(estimate.status)
            found.value[row] = _cents(estimate.customs_value)
            found.known[row] = _cents(estimate.totals.known_duty_subtotal)
            if estimate.totals.duty is not None:
                found.duty[row], found.unknown[row] = _cents(estimate.totals.duty), False
            if estimate.error is not None:
                found.errors[row] = (estimate.error["code"], estimate.error["detail"])
            if self.columns != "totals":
                found.items[row] = tuple(_item(c) for c in estimate.components if owed(c))

    def _estimate(self, request: dict[str, Any]) -> Estimate:
        try:
            return self.engine.estimate(request)
        except ArithmeticError:
            raise LandedError("INVALID_VALUE", "expected a customs value of at least one cent", where="customs_value", mend="Check the amount.") from None


def owed(component: Component) -> bool:
    """Whether a component of an estimate is a duty that is owed, or would be if it could be computed."""
    return component.status in ("applies", "unknown") and component.kind not in ("mpf", "hmf", "mail") and not (component.status == "unknown" and component.kind in ("ad", "cvd") and not component.heading)


def _item(component: Component) -> Item:
    return Item(component.heading, component.programme, None if component.amount is None else _cents(component.amount))


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2).to_integral_value())


def _spread(column: Ints, n: int, at: Ints, fill: int) -> Ints:
    out = np.full(n, fill, np.int64)
    out[at] = column
    return out


def _require(names: tuple[str, ...], on: date | None) -> None:
    wanted = ["hts_code", "country_of_origin", "customs_value", *([] if on else ["entry_date"])]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise LandedError(
            "MISSING_COLUMN",
            f"expected a column {missing[0]!r}, got {', '.join(map(repr, names[:20])) or 'no columns'}",
            where=missing[0],
            mend="Name the columns as in docs/batch.md, give a mapping" + (", or a day for every line (on)." if missing == ["entry_date"] else "."),
        )


# -- columns of an answer --------------------------------------------------------------------------------------------


def total_columns(found: Answered) -> list[pa.Array]:
    """The columns of TOTALS, in order."""
    valid = ~found.unknown
    status = pa.DictionaryArray.from_arrays(pa.array(found.status), pa.array(STATUSES))
    known_valid = found.known >= 0 if found.errors else None
    return [
        status,
        decimals(found.duty, valid, MONEY),
        decimals(found.known, known_valid, MONEY),
        decimals(effective_rate(found.duty, found.value), valid, PERCENT),
        *error_columns(found.errors, found.n),
    ]


def error_columns(errors: Mapping[int, tuple[str, str]], n: int) -> tuple[pa.Array, pa.Array]:
    """(error_code, error_detail), null where there is none."""
    if not errors:
        return pa.nulls(n, pa.string()), pa.nulls(n, pa.string())
    codes: list[str | None] = [None] * n
    details: list[str | None] = [None] * n
    for row, (code, detail) in errors.items():
        codes[row], details[row] = code, detail
    return pa.array(codes, pa.string()), pa.array(details, pa.string())


def decimals(units: Ints, valid: NDArray[np.bool_] | None, kind: pa.DataType) -> pa.Array:
    """Whole units (cents, ten-thousandths of a percent) as an exact decimal column, null where not `valid`."""
    n = len(units)
    words = np.empty((n, 2), np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    bitmap = None
    if valid is not None and not valid.all():
        bitmap = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, n, [bitmap, pa.py_buffer(words)])


def effective_rate(duty: Ints, value: Ints) -> Ints:
    """Duty as ten-thousandths of a percent of the value, rounded half-even as the explained engine does."""
    if int(duty.max(initial=0)) < 9_000_000_000:
        exact = duty * 1e6
        exact /= value
        rate = np.rint(exact)
        near = np.abs(np.abs(exact - rate) - 0.5) < 1e-3
        found = rate.astype(np.int64)
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
    return whole + up


def batches_of(table: pa.Table | Iterable[pa.RecordBatch], rows: int = CHUNK) -> Iterator[pa.RecordBatch]:
    """Record batches of at most `rows` rows, without copying."""
    for batch in table.to_batches() if isinstance(table, pa.Table) else table:
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)


def in_order(work: Any, items: Iterable[Any], threads: int) -> Iterator[Any]:
    """`work(item)` for each item, in order, a few at a time (numpy and Arrow let go of the interpreter while they count)."""
    if threads <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        pending: list[Any] = []
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) > 2 * threads:
                    yield pending.pop(0).result()
            for one in pending:
                yield one.result()
        finally:
            for one in pending:
                one.cancel()


