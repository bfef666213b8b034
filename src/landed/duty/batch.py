"""Duty of whole frames of lines: Arrow in, Arrow out, the same law and the same cents as the explained estimate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landed.duty.batch_fast import Columns, FastReader, completed
from landed.duty.batch_kernel import installed
from landed.duty.batch_price import REFUSED, Ints, Priced, nothing, price_rows
from landed.duty.batch_read import Read, Reader
from landed.duty.compile import CompiledLaw, compiled
from landed.duty.model import Component, Estimate
from landed.errors import LandedError
from landed.schedule.codes import dotted

if TYPE_CHECKING:
    from landed.duty.estimate import Engine

CHUNK, FAST_CHUNK = 32_768, 262_144  # rows priced at a time: columns that stay in the cache of one core; what spreads the cost of a call
MEND_BAN = "Check whether an exception in the instrument covers the goods."
FAST_FROM = 1_000_000  # rows from which loading the compiled loops pays
STATUSES = ("complete", "estimated", "partial", "refused")
In = TypeVar("In")
Out = TypeVar("Out")
Fault = tuple[str, str, str, str]  # code, what is wrong, in which field, how to mend it
Shape = Literal["totals", "programmes", "long"]


@dataclass(frozen=True, slots=True)
class Item:
    """One heading of one row as the explained engine gave it (cents; None unknown)."""

    heading: str
    programme: str
    kind: str
    rate_text: str
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
    errors: dict[int, Fault]
    priced: Priced
    items: dict[int, tuple[Item, ...]]
    codes: Ints
    fast: tuple[Columns, Answered | None] | None = None  # what the compiled loops made, and the rows they left as answered the ordinary way


class Batch:
    """Prices record batches with the columns of `names` (see Reader). Safe to share among threads once built.

    `compiled_loops`: True and False say whether the loops of batch_kernel are used, None lets the number of rows decide: what they
    take to load pays from FAST_FROM rows on.
    """

    def __init__(self, engine: Engine, names: Iterable[str], *, on: date | None = None, columns: Shape = "totals", compiled_loops: bool | None = None) -> None:
        if columns not in ("totals", "programmes", "long"):
            raise LandedError("INVALID_REQUEST", f"columns: expected totals, programmes or long, got {columns!r}", where="columns", mend="Choose one of the three.")
        self.engine = engine
        self.law: CompiledLaw = compiled(engine)
        self.names = tuple(names)
        _require(self.names, on)
        self.reader = Reader(self.law, self.names, on)
        self.columns = columns
        self._refusals = self.law.refusals
        self._loops = installed() if compiled_loops is None else compiled_loops
        self._fast: FastReader | None = None
        self._rows = 0 if compiled_loops is None else FAST_FROM
        self._bans: dict[tuple[int, int, int, int], str] = {}

    def answer(self, batch: pa.RecordBatch) -> Answered:
        """A record batch of any length, each row answered: a status, or an error in its place."""
        self._rows += batch.num_rows
        if self._loops and self._rows > FAST_FROM and self.columns != "long" and batch.num_rows:
            return self._answer_fast(batch)
        return self._answer(batch)

    @property
    def programme_numbers(self) -> dict[str, int]:
        """The column of each programme in what the compiled loops sum (0: the line's own duty)."""
        return {} if self._fast is None else self._fast.programmes

    @property
    def chunk(self) -> int:
        """How many rows to give at a time."""
        return FAST_CHUNK if self._loops and self.columns != "long" else CHUNK

    def will_price(self, rows: int) -> None:
        """Say how many rows will come, where that is known."""
        self._rows = max(self._rows, rows)

    def _answer_fast(self, batch: pa.RecordBatch) -> Answered:
        if self._fast is None:
            try:
                self._fast = FastReader(self.law, self.reader, self.columns == "programmes")
            except ImportError:  # numba is there but refuses this numpy or Python
                self._loops = False
                return self._answer(batch)
        done = self._fast.price(batch)
        at = done.rows
        part: Answered | None = None
        if len(at):
            if 2 * len(at) > batch.num_rows:
                return self._answer(batch)
            part = self._answer(batch.select(list(self.reader.fields)).take(pa.array(at)))
            completed(done, part)
        errors = {} if part is None else {int(at[row]): error for row, error in part.errors.items()}
        return Answered(
            batch.num_rows, done.status, done.duty[:, 0], done.known[:, 0], done.unknown.view(bool), done.value, errors, nothing(0), {}, np.empty(0, np.int64), (done, part)
        )

    def _answer(self, batch: pa.RecordBatch) -> Answered:
        read = self.reader.read(batch)
        n = batch.num_rows
        itemised = self.columns != "totals"
        priced = price_rows(self.law, read.rows, itemised=itemised) if len(read.rows.value) else nothing(0)
        value, code = read.rows.value, read.rows.code
        if read.at is not None:
            priced = priced.scattered(n, read.at)
            value, code = _spread(value, n, read.at, 1), _spread(code, n, read.at, -1)
        found = Answered(n, priced.status, priced.total, priced.known, priced.unknown, value, {}, priced, {}, code)
        if priced.prohibited.max(initial=-1) >= 0:
            self._ban(read, found)
        if priced.slow.any():
            at = np.flatnonzero(priced.slow)
            self._explain(batch, at, found, self._line_keys(read, at, code))
        return found

    def _ban(self, read: Read, found: Answered) -> None:
        measures, origins = self.engine.index.measures, self.law.origins
        for at in np.flatnonzero(found.priced.prohibited >= 0).tolist():
            row = at if read.at is None else int(np.searchsorted(read.at, at))
            key = (int(found.codes[at]), int(read.rows.origin[row]), int(read.day[row]), int(found.priced.prohibited[at]))
            detail = self._bans.get(key)
            if detail is None:
                code, origin, day, number = key
                detail = f"{dotted(self.law.digits[code])} of {origins[origin]} may not be entered on {date.fromordinal(day)}: {measures[number].title}"
                if len(self._bans) < 1_000_000:
                    self._bans[key] = detail
            found.errors[at] = ("IMPORT_PROHIBITED", detail, "hts_code", measures[int(found.priced.prohibited[at])].note or MEND_BAN)

    def _line_keys(self, read: Read, at: Ints, code: Ints) -> list[tuple[int, int] | None]:
        """(code, day) of the rows that were readable: where a line is refused, all rows of the line and day are, in the same words."""
        if read.at is None:
            days = read.day[at]
        else:
            place = np.minimum(np.searchsorted(read.at, at), max(len(read.at) - 1, 0))
            days = np.where(read.at[place] == at, read.day[place], -1) if len(read.at) else np.full(len(at), -1)
        return [(c, d) if d > 0 else None for c, d in zip(code[at].tolist(), days.tolist(), strict=True)]

    def _explain(self, batch: pa.RecordBatch, at: Ints, found: Answered, keys: list[tuple[int, int] | None]) -> None:
        """Rows out of the ordinary, each by the explained engine; what it refuses becomes the row's error."""
        for name in ("status", "duty", "known", "unknown", "value"):
            column = getattr(found, name)
            if not column.flags.writeable or column is found.priced.total or name == "status":
                setattr(found, name, column.copy())
        if found.known is found.duty:
            found.known = found.known.copy()
        found.duty[at] = 0
        found.known[at] = -1
        found.unknown[at], found.status[at] = True, REFUSED
        left: list[int] = []
        for row, key in zip(at.tolist(), keys, strict=True):
            found.errors.pop(row, None)
            known = self._refusals.get(key) if key is not None else None
            if known is None:
                left.append(row)
            else:
                found.errors[row] = known
        if not left:
            return
        key_of = dict(zip(at.tolist(), keys, strict=True))
        for row, raw in zip(left, batch.take(pa.array(left)).to_pylist(), strict=True):
            key = key_of[row]
            if key is not None and key in self._refusals:
                found.errors[row] = self._refusals[key]
                continue
            try:
                self._copy_estimate(self._estimate(self.reader.request(raw)), row, found)
            except LandedError as error:
                found.errors[row] = fault_of(error)
                if key is not None and error.where == "hts_code" and len(self._refusals) < 1_000_000:
                    self._refusals[key] = found.errors[row]

    def _copy_estimate(self, estimate: Estimate, row: int, found: Answered) -> None:
        found.status[row] = STATUSES.index(estimate.status)
        found.value[row] = _cents(estimate.customs_value)
        found.known[row] = _cents(estimate.totals.known_duty_subtotal)
        if estimate.totals.duty is not None:
            found.duty[row], found.unknown[row] = _cents(estimate.totals.duty), False
        if estimate.error is not None:
            found.errors[row] = (estimate.error["code"], estimate.error["detail"], estimate.error["where"], estimate.error["mend"])
        if self.columns != "totals":
            found.items[row] = tuple(_item(c) for c in estimate.components if owed(c))

    def _estimate(self, request: dict[str, Any]) -> Estimate:
        try:
            return self.engine.estimate(request)
        except ArithmeticError:
            raise LandedError("INVALID_VALUE", "expected a customs value of at least one cent", where="customs_value", mend="Check the amount.") from None


def fault_of(error: LandedError) -> Fault:
    """An error as the four columns that tell it."""
    return (error.code, error.detail, error.where, error.mend)


def owed(component: Component) -> bool:
    """Whether a component of an estimate is a duty that is owed, or would be if it could be computed (a heading that only sets the column is not)."""
    return component.status in ("applies", "unknown") and component.kind not in ("mpf", "hmf", "mail", "column2") and not (component.status == "unknown" and component.kind in ("ad", "cvd") and not component.heading)


def _item(component: Component) -> Item:
    return Item(component.heading, component.programme, component.kind, component.rate_text, None if component.amount is None else _cents(component.amount))


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


def batches_of(table: pa.Table | Iterable[pa.RecordBatch], rows: int = CHUNK) -> Iterator[pa.RecordBatch]:
    """Record batches of at most `rows` rows, without copying."""
    for batch in table.to_batches() if isinstance(table, pa.Table) else table:
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)


def in_order(work: Callable[[In], Out], items: Iterable[In], threads: int) -> Iterator[Out]:
    """`work(item)` for each item, in order, a few at a time (numpy and Arrow let go of the interpreter while they count)."""
    if threads <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        pending: list[Future[Out]] = []
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
