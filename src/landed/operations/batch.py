"""A catalogue of lines from a file to a file: streamed in pieces, resumable, every row answered."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from landed.errors import LandedError
from landed.operations.batch_sinks import format_of, join_parts, write_part
from landed.operations.batch_sources import BROKEN, PIECE_BYTES, PIECE_ROWS, Source, open_source

if TYPE_CHECKING:
    import pyarrow as pa

    from landed.duty.batch import Answered, Batch
    from landed.duty.batch_columns import Sheet

PART = {"csv": "csv", "jsonl": "jsonl", "arrow": "arrow"}


@dataclass(frozen=True)
class BatchFile:
    """What to price and where to write it. `mapping` is {field: column}; `overlay` a what-if; `on` the day of lines that name none."""

    input: str
    output: str
    columns: Literal["totals", "programmes", "long"] = "totals"
    on: date | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    overlay: Any = None
    resume: bool = False
    engine: Literal["local", "ray"] = "local"
    workers: int = 0  # 0: one per processor, eight at most


@dataclass(frozen=True)
class BatchReport:
    """What a batch came to: rows by status and errors by code; `resumed` pieces were done by an earlier run."""

    output: str
    rows: int
    statuses: dict[str, int]
    errors: dict[str, int]
    pieces: int
    resumed: int
    law_version: str


class Job:
    """The pricing of one catalogue: opened and checked before anything is written."""

    def __init__(self, request: BatchFile) -> None:
        from landed.duty.batch import Batch
        from landed.duty.batch_columns import Sheet
        from landed.duty.batch_names import named
        from landed.duty.estimate import version_of
        from landed.operations.engine import engine

        self.request = request
        self.source: Source = open_source(Path(request.input))
        self.output = Path(request.output)
        self.form = format_of(self.output, request.output)
        if self.output.exists() and self.output.resolve() == self.source.path.resolve():
            raise LandedError("INVALID_REQUEST", "the output would take the place of the input", where="output", mend="Choose another name.")
        law = engine().with_overlay(request.overlay)
        self.law_version = version_of(law.law, law.schedule)
        renames = named(self.source.columns, law.law, request.mapping or None)
        self.inner = [renames.get(name, name) for name in self.source.columns]
        self.batch: Batch = Batch(law, self.inner, on=request.on, columns=request.columns)
        dated = "entry_date" in self.inner
        self.sheet: Sheet = Sheet(self.batch, None if dated or request.on is None else (request.on, request.on))
        from landed.duty.batch_columns import output_name

        self.names = [*self.source.columns, *(output_name(name, self.inner) for name in self.sheet.names)]
        self.parts = self.output.parent / f".{self.output.name}.parts"

    def identity(self) -> str:
        """A hash of all that decides the output: input, options, law, piece sizes."""
        from landed import __version__

        stat = self.source.path.stat()
        said = [__version__, self.law_version, str(self.source.path.resolve()), self.source.size, stat.st_mtime_ns, self.form, self.names, self.inner]
        said += [self.request.columns, str(self.request.on), PIECE_ROWS, PIECE_BYTES]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def part(self, number: int) -> Path:
        return self.parts / f"{number:06d}.{PART.get(self.form, 'parquet')}"

    def price(self, number: int, table: pa.Table) -> dict[str, Any]:
        """Answer one piece, write its part, and say what is in it."""
        import pyarrow as pa
        import pyarrow.compute as pc

        statuses: Counter[str] = Counter()
        errors: Counter[str] = Counter()
        batches = []
        for chunk in (table.combine_chunks().to_batches(max_chunksize=self.batch.chunk) or [pa.RecordBatch.from_pylist([], schema=table.schema)]):
            broken = chunk.column(BROKEN) if BROKEN in chunk.schema.names else None
            own = chunk.drop_columns([BROKEN]) if broken is not None else chunk
            renamed = own.rename_columns(self.inner)
            asked = renamed
            if broken is not None and broken.null_count < len(broken):
                place = self.inner.index("hts_code")
                column = asked.column(place)
                asked = asked.set_column(place, "hts_code", pc.if_else(pc.is_valid(broken), pa.scalar(None, column.type), column))
            found = self.batch.answer(asked)
            if broken is not None:
                _break(found, broken)
            counts = np_counts(found.status)
            statuses.update(counts)
            errors.update(fault[0] for fault in found.errors.values())
            answered = self.sheet.of(renamed, found)
            batches.append(answered.rename_columns(self.names))
        whole = pa.Table.from_batches(batches)
        self.parts.mkdir(parents=True, exist_ok=True)
        path = self.part(number)
        write_part(whole, path, PART.get(self.form, "parquet"))
        return {"piece": number, "rows": table.num_rows, "sha256": _hash(path), "statuses": dict(statuses), "errors": dict(errors)}

    def finished(self) -> dict[int, dict[str, Any]]:
        """The pieces that an earlier run of the same job left whole. Raises RESUME_MISMATCH for another job's."""
        manifest = self.parts / "manifest.jsonl"
        if not manifest.exists():
            return {}
        lines = manifest.read_bytes().split(b"\n")
        found: dict[int, dict[str, Any]] = {}
        for number, line in enumerate(lines):
            try:
                row = json.loads(line)
            except ValueError:
                continue  # the line being written when the run was killed
            if number == 0:
                if row.get("identity") != self.identity():
                    raise LandedError(
                        "RESUME_MISMATCH", "the unfinished run had another input, law or options", where="resume", mend="Run again without --resume to start over."
                    )
            elif self.part(row["piece"]).exists() and _hash(self.part(row["piece"])) == row["sha256"]:
                found[row["piece"]] = row
        return found

    def begin(self) -> dict[int, dict[str, Any]]:
        """The folder of parts made ready; what an earlier run finished, when resuming."""
        done = self.finished() if self.request.resume else {}
        if not done:
            shutil.rmtree(self.parts, ignore_errors=True)
        self.parts.mkdir(parents=True, exist_ok=True)
        manifest = self.parts / "manifest.jsonl"
        # Written anew: a line torn by a kill must not swallow the next one.
        _write(manifest, "".join(json.dumps(row) + "\n" for row in ({"identity": self.identity()}, *done.values())))
        return done

    def note(self, row: dict[str, Any]) -> None:
        """Remember a finished piece."""
        with (self.parts / "manifest.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def finish(self, rows: dict[int, dict[str, Any]], resumed: int) -> BatchReport:
        """Join the parts into the output and clear them away."""
        numbers = sorted(rows)
        join_parts([self.part(number) for number in numbers], self.output, self.form, self.names)
        shutil.rmtree(self.parts, ignore_errors=True)
        statuses: Counter[str] = Counter()
        errors: Counter[str] = Counter()
        for row in rows.values():
            statuses.update(row["statuses"])
            errors.update(row["errors"])
        return BatchReport(str(self.output), sum(r["rows"] for r in rows.values()), dict(statuses), dict(errors), len(rows), resumed, self.law_version)


def run_batch(request: BatchFile, progress: Callable[[int], None] | None = None) -> BatchReport:
    """Price a file into a file.

    `progress` is called with the rows of every piece as it is done. Raises LandedError: those of `open_source`, MISSING_COLUMN,
    BAD_MAPPING, BAD_OVERLAY, RESUME_MISMATCH, TOO_MANY_ROWS, RAY_MISSING. A row that cannot be priced is answered in its place.
    """
    job = Job(request)
    done = job.begin()
    resumed = len(done)
    if progress:
        for row in done.values():
            progress(row["rows"])
    try:
        if request.engine == "ray":
            from landed.operations.batch_ray import price_pieces

            answers = price_pieces(job, done)
        else:
            answers = _locally(job, done)
        for row in answers:
            job.note(row)
            done[row["piece"]] = row
            if progress:
                progress(row["rows"])
        return job.finish(done, resumed)
    except LandedError:
        shutil.rmtree(job.parts, ignore_errors=True)  # the file itself is at fault: nothing to resume
        raise


def _locally(job: Job, done: dict[int, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    from landed.duty.batch import in_order

    first = next(number for number in range(len(done) + 1) if number not in done)
    pending = ((number, table) for number, table in job.source.pieces(first) if number not in done)
    workers = job.request.workers or min(os.cpu_count() or 1, 8)
    return in_order(lambda piece: job.price(*piece), pending, workers)


def np_counts(statuses: Any) -> dict[str, int]:
    """Rows by status."""
    import numpy as np

    from landed.duty.batch import STATUSES

    counts = np.bincount(statuses.astype(np.int64), minlength=len(STATUSES))
    return {name: int(count) for name, count in zip(STATUSES, counts, strict=True) if count}


def _break(found: Answered, broken: pa.Array) -> None:
    """Rows that do not fit their file: the reason in place of an answer."""
    for row, reason in enumerate(broken.to_pylist()):
        if reason is not None:
            found.errors[row] = ("BROKEN_ROW", reason, "", "Mend the row in the file and run it again.")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    aside = path.with_name(path.name + ".writing")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def read_mapping(path: Path) -> dict[str, str]:
    """A mapping file: `[columns]` with field = "name of the column". Raises BAD_MAPPING."""
    import tomllib

    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as bad:
        raise LandedError("BAD_MAPPING", f"{path.name} cannot be read as TOML: {bad}", where="map", mend='Write [columns] and lines such as hts_code = "HTS No.".') from None
    columns = found.get("columns", found)
    if not isinstance(columns, dict) or not all(isinstance(v, str) for v in columns.values()):
        raise LandedError("BAD_MAPPING", f"{path.name}: expected field = \"column\" lines", where="map", mend="See docs/batch.md.")
    return dict(columns)
