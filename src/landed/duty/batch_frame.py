"""`estimate_frame`: Polars, pandas or Arrow in, the same kind out."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from landed.duty.batch import Batch, Shape, batches_of, in_order
from landed.duty.batch_columns import Sheet
from landed.duty.batch_names import named
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.duty.estimate import Engine


def estimate_frame(frame: Any, engine: Engine, *, columns: Shape = "totals", on: date | None = None, mapping: dict[str, str] | None = None, threads: int | None = None) -> Any:
    """The duty of every row of a frame.

    `frame` is a Polars DataFrame, a pandas DataFrame, an Arrow table or record batch; the same kind comes back with its columns
    kept and the output columns after them. `columns` is "totals", "programmes" (one more column per programme) or "long" (a row
    per heading). `on` is the day of entry where the frame names none. `mapping` is {request column: column of the frame};
    without it columns are found by their names and common synonyms. A row that cannot be priced has status "refused", an
    error_code and an error_detail; no row is dropped. Raises LandedError MISSING_COLUMN, INVALID_REQUEST.
    """
    kind = type(frame).__module__.partition(".")[0]
    if isinstance(frame, pa.RecordBatch):
        answered = estimate_table(pa.Table.from_batches([frame]), engine, columns=columns, on=on, mapping=mapping, threads=threads)
        whole = answered.combine_chunks().to_batches()
        return whole[0] if whole else pa.RecordBatch.from_pylist([], schema=answered.schema)
    if isinstance(frame, pa.Table):
        return estimate_table(frame, engine, columns=columns, on=on, mapping=mapping, threads=threads)
    if kind == "polars":
        return _of_polars(frame, engine, columns, on, mapping, threads)
    if kind == "pandas":
        return _of_pandas(frame, engine, columns, on, mapping, threads)
    raise LandedError("INVALID_REQUEST", f"expected a Polars, pandas or Arrow frame, got {type(frame).__name__}", where="frame", mend="Convert it to one of the three.")


def estimate_table(table: pa.Table, engine: Engine, *, columns: Shape = "totals", on: date | None = None, mapping: dict[str, str] | None = None, threads: int | None = None) -> pa.Table:
    """`estimate_frame` for an Arrow table."""
    renames = named(table.column_names, engine.law, mapping)
    inner = table.rename_columns([renames.get(name, name) for name in table.column_names])
    batch = Batch(engine, inner.column_names, on=on, columns=columns)
    batch.will_price(table.num_rows)
    sheet = Sheet(batch, days_of(inner, on))

    def work(chunk: pa.RecordBatch) -> pa.RecordBatch:
        return sheet.of(chunk, batch.answer(chunk))

    parts = list(in_order(work, batches_of(inner, batch.chunk), threads or min(os.cpu_count() or 1, 8)))
    if not parts:
        parts = [work(pa.RecordBatch.from_pylist([], schema=inner.schema))]
    answered = pa.Table.from_batches(parts)
    return answered.rename_columns([*table.column_names, *answered.column_names[len(table.column_names) :]])


def days_of(table: pa.Table, on: date | None) -> tuple[date, date] | None:
    """The first and last day of entry of a table whose days are days; None where they are texts."""
    if "entry_date" not in table.column_names:
        return None if on is None else (on, on)
    column = table.column("entry_date")
    if not pa.types.is_date32(column.type) or not len(column):
        return None
    bounds = pc.min_max(column).as_py()
    found = [day for day in (bounds["min"], bounds["max"], on) if day is not None]
    return (min(found), max(found)) if found else None


def _of_polars(frame: Any, engine: Engine, columns: Shape, on: date | None, mapping: dict[str, str] | None, threads: int | None) -> Any:
    import polars as pl

    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    if columns == "long":
        return pl.from_arrow(estimate_table(table, engine, columns=columns, on=on, mapping=mapping, threads=threads))
    answered = estimate_table(table, engine, columns=columns, on=on, mapping=mapping, threads=threads)
    return frame.hstack(pl.from_arrow(answered.select(range(len(frame.columns), answered.num_columns))))


def _of_pandas(frame: Any, engine: Engine, columns: Shape, on: date | None, mapping: dict[str, str] | None, threads: int | None) -> Any:
    import pandas as pd  # type: ignore[import-untyped,unused-ignore]

    table = pa.Table.from_pandas(frame, preserve_index=False)
    answered = estimate_table(table, engine, columns=columns, on=on, mapping=mapping, threads=threads)
    if columns == "long":
        return answered.to_pandas(types_mapper=pd.ArrowDtype)
    added = answered.select(range(table.num_columns, answered.num_columns)).to_pandas(types_mapper=pd.ArrowDtype)
    added.index = frame.index
    return pd.concat([frame, added], axis=1)
