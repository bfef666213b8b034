"""Reads catalogues of lines in pieces: CSV, XLSX, Parquet, Arrow IPC and JSONL, in constant memory, no row ever left out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    import pyarrow as pa

PIECE_ROWS = 262_144
PIECE_BYTES = 16_000_000
BROKEN = "input.broken_row"  # the text of a row that does not fit its file, in place of its cells


@dataclass(frozen=True)
class Source:
    """A file to read in pieces. `columns` are its own names, in order; `pieces(skip)` gives its pieces from number `skip` on,
    each (number, table); `rows` is how many rows there are, None where only reading tells; `size` is in bytes."""

    path: Path
    columns: tuple[str, ...]
    rows: int | None
    size: int
    pieces: Callable[[int], Iterator[tuple[int, pa.Table]]]
    count: int | None = None  # pieces, where known without reading


def open_source(path: Path) -> Source:
    """A catalogue by the ending of its name.

    Raises LandedError FILE_NOT_FOUND, UNKNOWN_FORMAT, UNREADABLE_FILE, EMPTY_FILE, PROTECTED_WORKBOOK, MACRO_WORKBOOK, ZIP_BOMB.
    """
    if not path.exists():
        raise LandedError("FILE_NOT_FOUND", f"expected a file or folder, got {path.name}, which does not exist", where=path.name, mend="Check the path.")
    if path.is_dir():
        return _parquet_source(path, sorted(path.glob("**/*.parquet")))
    opener = {
        ".csv": _csv_source, ".tsv": _csv_source, ".txt": _csv_source, ".xlsx": _workbook_source, ".xlsm": _workbook_source, ".xls": _workbook_source,
        ".xlsb": _workbook_source, ".parquet": lambda p: _parquet_source(p, [p]), ".arrow": _arrow_source, ".feather": _arrow_source, ".ipc": _arrow_source,
        ".jsonl": _json_source, ".ndjson": _json_source,
    }.get(path.suffix.lower())  # fmt: skip
    if opener is None:
        raise LandedError("UNKNOWN_FORMAT", f"expected .csv, .xlsx, .parquet, .arrow or .jsonl, got {path.suffix or path.name!r}", where=path.name, mend="Save it as one of them.")
    if path.stat().st_size == 0:
        raise LandedError("EMPTY_FILE", f"{path.name} is empty", where=path.name, mend="Write a header and a row for each line of goods.")
    return opener(path)


def _unreadable(path: Path, reason: object) -> LandedError:
    return LandedError("UNREADABLE_FILE", f"{path.name} cannot be read: {' '.join(str(reason).split())[:200]}", where=path.name, mend="It may be cut short; export it again.")


# -- Parquet and Arrow ---------------------------------------------------------------------------------------------


def _parquet_source(path: Path, files: list[Path]) -> Source:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not files:
        raise LandedError("EMPTY_FILE", f"no .parquet file in {path.name}", where=path.name, mend="Name a folder of Parquet files.")
    groups: list[tuple[Path, int, int]] = []  # file, row group, rows
    names: tuple[str, ...] | None = None
    schema = None
    for file in files:
        try:
            with pq.ParquetFile(file) as opened:
                if names is not None and tuple(opened.schema_arrow.names) != names:
                    raise LandedError("UNREADABLE_FILE", f"{file.name} has other columns than {files[0].name}", where=file.name, mend="Keep files of one shape in one folder.")
                names, schema = tuple(opened.schema_arrow.names), opened.schema_arrow if schema is None else schema
                groups += [(file, n, opened.metadata.row_group(n).num_rows) for n in range(opened.metadata.num_row_groups)]
        except (pa.ArrowException, OSError) as bad:
            raise _unreadable(file, bad) from None

    def pieces(skip: int) -> Iterator[tuple[int, pa.Table]]:
        number = 0
        waiting: list[tuple[Path, int]] = []
        rows = 0
        for at, (file, group, count) in enumerate(groups):
            waiting.append((file, group))
            rows += count
            if at + 1 < len(groups) and rows + groups[at + 1][2] <= PIECE_ROWS:
                continue
            slices = max(1, -(-rows // PIECE_ROWS))
            if number + slices > skip:
                try:
                    for table in _groups_in_slices(waiting, rows, slices):
                        if number >= skip:
                            yield number, table
                        number += 1
                except (pa.ArrowException, OSError) as bad:
                    raise _unreadable(file, bad) from None
            else:
                number += slices
            waiting, rows = [], 0

    return Source(path, names or (), sum(count for _, _, count in groups), sum(f.stat().st_size for f in files), pieces, _count([n for _, _, n in groups]))


def _count(groups: list[int]) -> int:
    """How many pieces row groups of these lengths make."""
    found = rows = 0
    for at, count in enumerate(groups):
        rows += count
        if at + 1 == len(groups) or rows + groups[at + 1] > PIECE_ROWS:
            found += max(1, -(-rows // PIECE_ROWS))
            rows = 0
    return found


def _groups_in_slices(groups: list[tuple[Path, int]], rows: int, slices: int) -> Iterator[pa.Table]:
    """The row groups as `slices` tables of PIECE_ROWS rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if slices == 1:
        tables = []
        for file, group in groups:
            with pq.ParquetFile(file) as opened:
                tables.append(opened.read_row_group(group, use_threads=False))
        yield pa.concat_tables(tables)
        return
    (file, group) = groups[0]  # a group too large for one piece stands alone
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(PIECE_ROWS, row_groups=[group], use_threads=False):
            yield pa.Table.from_batches([batch])


def _arrow_source(path: Path) -> Source:
    import pyarrow as pa

    def batches() -> Iterator[pa.RecordBatch]:
        with pa.memory_map(str(path)) as mapped:
            try:
                try:
                    reader = pa.ipc.open_file(mapped)
                    found: Iterator[pa.RecordBatch] = (reader.get_batch(n) for n in range(reader.num_record_batches))
                except pa.ArrowInvalid:
                    mapped.seek(0)
                    found = iter(pa.ipc.open_stream(mapped))
                yield from found
            except (pa.ArrowException, OSError) as bad:
                raise _unreadable(path, bad) from None

    def pieces(skip: int) -> Iterator[tuple[int, pa.Table]]:
        number = 0
        for batch in batches():
            for start in range(0, max(batch.num_rows, 1), PIECE_ROWS):
                if number >= skip:
                    yield number, pa.Table.from_batches([batch.slice(start, PIECE_ROWS)])
                number += 1

    try:
        with pa.memory_map(str(path)) as mapped:
            try:
                schema = pa.ipc.open_file(mapped).schema
            except pa.ArrowInvalid:
                mapped.seek(0)
                schema = pa.ipc.open_stream(mapped).schema
    except (pa.ArrowException, OSError) as bad:
        raise _unreadable(path, bad) from None
    return Source(path, tuple(schema.names), None, path.stat().st_size, pieces)


# -- texts ---------------------------------------------------------------------------------------------------------


def _blocks(path: Path, start: int, quoted: bool) -> Iterator[bytes]:
    """Whole lines in blocks of about PIECE_BYTES, cut where no quoted cell is open."""
    rest = b""
    with path.open("rb") as file:
        file.seek(start)
        while data := file.read(PIECE_BYTES):
            block = rest + data
            cut = block.rfind(b"\n") + 1
            while quoted and cut and block.count(b'"', 0, cut) % 2 and len(block) < 4 * PIECE_BYTES:
                cut = block.rfind(b"\n", 0, cut - 1) + 1
            if not cut:
                rest = block
                if len(rest) < 4 * PIECE_BYTES:
                    continue
                cut = len(rest)
            rest = block[cut:]
            yield block[:cut]
    if rest:
        yield rest


def _csv_source(path: Path) -> Source:

    with path.open("rb") as file:
        head = file.readline(1_000_000)
        start = file.tell()
    text = _decoded(head.removeprefix(b"\xef\xbb\xbf"))
    if "\x00" in text:
        raise _unreadable(path, "it is not text")
    separator = max(",;\t|", key=text.count)
    names = _unique([cell.strip() for cell in next(csv.reader([text.rstrip("\r\n")], delimiter=separator), [])])
    if not names:
        raise LandedError("EMPTY_FILE", f"{path.name} has no header", where=path.name, mend="Write the names of the columns on the first line.")

    def pieces(skip: int) -> Iterator[tuple[int, pa.Table]]:
        for number, block in enumerate(_blocks(path, start, quoted=True)):
            if number >= skip:
                yield number, _csv_table(block, names, separator)

    return Source(path, names, None, path.stat().st_size, pieces)


def _csv_table(block: bytes, names: tuple[str, ...], separator: str) -> pa.Table:
    """A block of rows as texts; rows with too many or too few cells keep their text in BROKEN."""
    import pyarrow as pa
    from pyarrow import csv as fast

    if b"\x00" not in block:
        try:
            return fast.read_csv(
                io.BytesIO(block),
                read_options=fast.ReadOptions(column_names=list(names), block_size=max(len(block), 1), use_threads=False),
                parse_options=fast.ParseOptions(delimiter=separator, newlines_in_values=True),
                convert_options=fast.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=True),
            )
        except pa.ArrowException:
            pass
    rows: list[dict[str, str | None]] = []
    csv.field_size_limit(2**31 - 1)
    for line in csv.reader(io.StringIO(_decoded(block).replace("\x00", "\ufffd")), delimiter=separator):
        if not line:
            continue
        if len(line) == len(names):
            rows.append({name: cell or None for name, cell in zip(names, line, strict=True)})
        else:
            rows.append({**{name: cell or None for name, cell in zip(names, line, strict=False)}, BROKEN: f"expected {len(names)} cells, got {len(line)}"})
    schema = pa.schema([*((name, pa.string()) for name in names), (BROKEN, pa.string())])
    return pa.Table.from_pylist(rows, schema=schema)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _unique(names: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for number, name in enumerate(names, 1):
        name = name or f"column_{number}"
        while name in found:
            name += "_again"
        found.append(name)
    return tuple(found)


# -- JSON lines ----------------------------------------------------------------------------------------------------


def _json_source(path: Path) -> Source:
    import pyarrow as pa

    names: dict[str, None] = {}
    for block in _blocks(path, 0, quoted=False):
        for line in block.splitlines():
            if line.strip():
                names.update(dict.fromkeys(_flat(line)))
    columns = tuple(name for name in names if name != BROKEN)

    def pieces(skip: int) -> Iterator[tuple[int, pa.Table]]:
        schema = pa.schema([(name, pa.string()) for name in (*columns, BROKEN)])
        for number, block in enumerate(_blocks(path, 0, quoted=False)):
            if number >= skip:
                yield number, pa.Table.from_pylist([_flat(line) for line in block.splitlines() if line.strip()], schema=schema)

    return Source(path, columns, None, path.stat().st_size, pieces)


def _flat(line: bytes) -> dict[str, str | None]:
    """A request in one line of JSON as flat columns of text: claims by their names, facts as fact.NAME, quantities numbered."""
    try:
        found = json.loads(line.removeprefix(b"\xef\xbb\xbf"), parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as bad:
        return {BROKEN: f"expected one JSON object a line: {str(bad)[:120]}"}
    if not isinstance(found, dict):
        return {BROKEN: "expected one JSON object a line"}
    row: dict[str, Any] = {}
    for name, value in found.items():
        if name == "customs_value" and isinstance(value, dict):
            row |= {"customs_value": value.get("amount"), "currency": value.get("currency"), "exchange_rate": value.get("exchange_rate")}
        elif name == "claims" and isinstance(value, dict):
            row |= value
        elif name in ("facts", "parts") and isinstance(value, dict):
            row |= {f"{name[:-1]}.{key}": one for key, one in value.items()}
        elif name == "quantities" and isinstance(value, list):
            for number, one in enumerate(value, 1):
                suffix = "" if number == 1 else f"_{number}"
                if isinstance(one, dict):
                    row |= {f"quantity{suffix}": one.get("value"), f"unit{suffix}": one.get("unit")}
        else:
            row[name] = value
    return {str(name): None if value is None else value if isinstance(value, str) else _text(value) for name, value in row.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=str)
    return format(value, "f") if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 40 else str(value)


# -- workbooks -----------------------------------------------------------------------------------------------------


def _workbook_source(path: Path) -> Source:
    """The first sheet of a workbook with a header; formulas stand for the value saved with them, or are an error of their row."""

    from landed.entry.files import check_workbook

    check_workbook(path)
    table = _workbook_table(path)

    def pieces(skip: int) -> Iterator[tuple[int, pa.Table]]:
        for number, start in enumerate(range(0, max(table.num_rows, 1), PIECE_ROWS)):
            if number >= skip:
                yield number, table.slice(start, PIECE_ROWS)

    return Source(path, tuple(n for n in table.column_names if n != BROKEN), table.num_rows, path.stat().st_size, pieces)


def _workbook_table(path: Path) -> pa.Table:
    import openpyxl
    import pyarrow as pa

    try:
        written = openpyxl.load_workbook(path, read_only=True, data_only=False).worksheets[0].iter_rows(values_only=True)
        saved: Iterator[Any] | None = None
        if _formulas(path):
            saved = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True)
            next(saved, None)
        header = next(written, None)
        if not header:
            raise LandedError("EMPTY_FILE", f"{path.name} has no header", where=path.name, mend="Write the names of the columns in the first row.")
        while header and header[-1] is None:
            header = header[:-1]
        names = _unique(["" if cell is None else str(cell).strip() for cell in header])
        rows: list[dict[str, str | None]] = []
        for cells in written:
            kept = cells if saved is None else next(saved, ())
            row: dict[str, str | None] = {}
            for name, cell, value in zip(names, cells, kept, strict=False):
                if saved is not None and isinstance(cell, str) and cell.startswith("="):
                    if value is None:
                        row[BROKEN] = f"the cell {name!r} holds a formula without a saved value"
                    cell = value
                row[name] = _cell(cell)
            rows.append(row)
        while rows and not any(rows[-1].values()):
            rows.pop()
    except LandedError:
        raise
    except Exception as bad:  # openpyxl raises whatever its parsers meet in a broken file
        raise _unreadable(path, bad) from None
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in (*names, BROKEN)]))


def _formulas(path: Path) -> bool:
    """Whether any sheet of a workbook holds a formula."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if part.startswith("xl/worksheets/"):
                with archive.open(part) as sheet:
                    tail = b""
                    while data := sheet.read(1 << 20):
                        if b"<f>" in tail + data or b"<f " in tail + data:
                            return True
                        tail = data[-4:]
    return False


def _cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
