"""Writes answered pieces aside, one file each, and joins them into CSV, XLSX, Parquet, Arrow IPC or JSONL when all are there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".jsonl": "jsonl", ".ndjson": "jsonl"}
SHEET_ROWS = 1_048_575


def format_of(path: Path, text: str) -> str:
    """The form of an output by its ending; a name ending in a slash is a folder of Parquet parts. Raises UNKNOWN_FORMAT."""
    if text.endswith(("/", os.sep)) or path.is_dir():
        return "folder"
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise LandedError("UNKNOWN_FORMAT", f"expected .csv, .xlsx, .parquet, .arrow, .jsonl or a folder/, got {path.name!r}", where="output", mend="End the name of the output with one of them.")
    return found


def write_part(table: pa.Table, path: Path, form: str) -> None:
    """One piece as its own file, aside first: a file of this name is always whole."""
    aside = path.with_name(path.name + ".writing")
    if form == "csv":
        from pyarrow import csv

        with aside.open("wb") as file:
            csv.write_csv(_plain(table), file, csv.WriteOptions(include_header=False))
    elif form == "jsonl":
        with aside.open("w", encoding="utf-8") as text:
            for row in table.to_pylist():
                text.write(json.dumps({k: _json(v) for k, v in row.items() if v is not None}, ensure_ascii=False) + "\n")
    elif form == "arrow":
        import pyarrow as pa

        with pa.OSFile(str(aside), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    else:
        import pyarrow.parquet as pq

        pq.write_table(table, aside, row_group_size=1 << 20, **_parquet_options(table.schema))
    with aside.open("rb") as whole:
        os.fsync(whole.fileno())
    aside.replace(path)


def join_parts(parts: Sequence[Path], output: Path, form: str, names: Sequence[str]) -> None:
    """The parts, in order, as one file: written aside and renamed when whole. Raises TOO_MANY_ROWS for a sheet that cannot hold them."""
    if form == "folder":
        _join_folder(parts, output)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    aside = output.with_name(f".{output.name}.writing")
    try:
        if form in ("csv", "jsonl"):
            with aside.open("wb") as file:
                if form == "csv":
                    file.write((",".join(json.dumps(name, ensure_ascii=False).replace('\\"', '""') for name in names) + "\n").encode())
                for part in parts:
                    with part.open("rb") as one:
                        shutil.copyfileobj(one, file, 1 << 20)
        elif form == "parquet":
            _join_parquet(parts, aside)
        elif form == "arrow":
            _join_arrow(parts, aside)
        else:
            _join_workbook(parts, aside, output)
        with aside.open("rb") as done:
            os.fsync(done.fileno())
        aside.replace(output)
    finally:
        aside.unlink(missing_ok=True)


def _join_folder(parts: Sequence[Path], output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts):
        part.replace(output / f"part-{number:06d}.parquet")


def _join_parquet(parts: Sequence[Path], aside: Path) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(parts[0]) as first:
        schema = first.schema_arrow
    with pq.ParquetWriter(aside, schema, **_parquet_options(schema)) as writer:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for group in range(file.metadata.num_row_groups):
                    writer.write_table(file.read_row_group(group, use_threads=False).cast(schema), row_group_size=1 << 20)


def _parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """How Parquet is written. Amounts hardly repeat: trying a dictionary of them costs half the time, and space too."""
    import pyarrow as pa

    amounts = (pa.types.is_decimal, pa.types.is_floating, pa.types.is_integer)
    words = [field.name for field in schema if not any(test(field.type) for test in amounts)]
    return {"compression": "snappy", "write_statistics": False, "store_decimal_as_integer": True, "use_dictionary": words or False}


def _join_arrow(parts: Sequence[Path], aside: Path) -> None:
    import pyarrow as pa

    with pa.memory_map(str(parts[0])) as mapped:
        schema = pa.ipc.open_stream(mapped).schema
    with pa.OSFile(str(aside), "wb") as file, pa.ipc.new_file(file, schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True, unify_dictionaries=True)) as writer:
        for part in parts:
            with pa.memory_map(str(part)) as mapped:
                for batch in pa.ipc.open_stream(mapped):
                    writer.write_batch(batch)


def _join_workbook(parts: Sequence[Path], aside: Path, output: Path) -> None:
    import pyarrow.parquet as pq
    import xlsxwriter

    rows = 0
    for part in parts:
        with pq.ParquetFile(part) as file:
            rows += file.metadata.num_rows
    if rows > SHEET_ROWS:
        raise LandedError("TOO_MANY_ROWS", f"a sheet holds {SHEET_ROWS:,} rows, got {rows:,}", where=output.name, mend="Write .parquet or .csv.")
    book = xlsxwriter.Workbook(str(aside), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    # The day a workbook was made would make two equal runs differ.
    book.set_properties({"created": datetime.fromtimestamp(0, UTC).replace(tzinfo=None)})
    sheet = book.add_worksheet("landed")
    bold, money, percent = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "0.0000"})
    line = 1
    for part in parts:
        table = pq.read_table(part)
        if line == 1:
            for column, name in enumerate(table.column_names):
                sheet.write_string(0, column, name, bold)
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            for column, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, Decimal):
                    sheet.write_number(line, column, float(value), percent if -value.as_tuple().exponent > 2 else money)  # type: ignore[operator]
                elif isinstance(value, (int, float)) and not isinstance(value, bool):
                    sheet.write_number(line, column, value)
                else:
                    sheet.write_string(line, column, value.isoformat() if isinstance(value, date) else str(value)[:32_000])
            line += 1
    book.close()


def _plain(table: pa.Table) -> pa.Table:
    """Dictionaries and nested columns as texts, which is what CSV can hold."""
    import pyarrow as pa

    for number, field in enumerate(table.schema):
        column = table.column(number)
        if pa.types.is_dictionary(field.type):
            table = table.set_column(number, field.name, column.cast(field.type.value_type))
        elif pa.types.is_nested(field.type):
            texts = [None if v is None else json.dumps(_json(v), default=str) for v in column.to_pylist()]
            table = table.set_column(number, field.name, pa.array(texts, pa.string()))
    return table


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value
