"""The process of one batch: reads its rows, answers them in order, tells of its progress, stops when asked."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from landed.errors import LandedError

TELL_EVERY = 0.5  # seconds


def main(identifier: str) -> int:
    """Run a batch that this server has taken; 0 once its end is in the store."""
    import contextlib

    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)  # requests come first
    try:
        run(identifier)
    except LandedError as error:
        end(identifier, "failed", problem=error.to_dict())
    return 0


def run(identifier: str) -> str:
    """Answer every row of a batch and give its last status; the result appears whole or not at all."""
    from sqlalchemy import select

    from landed.doors.api.encode import dumps, estimate_bytes
    from landed.doors.api.files import result_path
    from landed.doors.api.outside import overlays_in
    from landed.operations.engine import engine
    from landed.operations.estimate import problem
    from landed.store.database import now, store
    from landed.store.tables import jobs, uploads

    with store().begin(reading=True) as connection:
        job = dict(connection.execute(select(jobs).where(jobs.c.id == identifier)).mappings().one())
        upload = connection.execute(select(uploads).where(uploads.c.id == job["upload_id"])).mappings().first()
    if job["kind"] == "catalogue":
        return _catalogue_of(job)
    if job["kind"] == "table":
        return _table_of(job, dict(upload) if upload else {})
    asked, parent = engine(), os.getppid()
    path = result_path(identifier)
    aside = path.with_name(f".{path.name}")
    done = failed = 0
    told = time.monotonic()
    try:
        with aside.open("wb") as out:
            for raw in rows(json.loads(job["request"]), dict(upload) if upload else None):
                try:
                    if isinstance(raw, LandedError):
                        raise raw
                    if isinstance(raw, dict):
                        if isinstance(raw.get("overlay"), str):
                            raise LandedError("BAD_OVERLAY", "expected the content of the overlay", where="overlay", mend="Give the overlay as an object.")
                        overlays_in(raw)
                    out.write(estimate_bytes(asked.estimate(raw)) + b"\n")
                except LandedError as error:
                    failed += 1
                    out.write(dumps({**problem(error, raw), "row": done + 1}) + b"\n")
                done += 1
                if time.monotonic() - told > TELL_EVERY:
                    told = time.monotonic()
                    with store().begin() as connection:
                        connection.execute(jobs.update().where(jobs.c.id == identifier).values(done=done, failed=failed, heartbeat_at=now()))
                        stop = connection.execute(select(jobs.c.cancel_asked).where(jobs.c.id == identifier)).scalar()
                    if stop:
                        end(identifier, "cancelled", done=done, failed=failed)
                        return "cancelled"
                    if os.getppid() != parent:
                        return "orphaned"  # the server died; another takes the batch up again
            out.flush()
            os.fsync(out.fileno())
        aside.replace(path)
    except OSError as error:
        raise LandedError("STORE_FULL", f"the result cannot be written: {error.strerror}", mend="Make room, then start the batch again.") from None
    finally:
        aside.unlink(missing_ok=True)
    end(identifier, "done", total=done, done=done, failed=failed)
    return "done"


class _Stopped(Exception):
    """The batch was asked to stop, or its server died."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def _table_of(job: dict[str, Any], upload: dict[str, Any]) -> str:
    """Price a file into a table with the vectorised engine; pieces that an earlier run finished are kept."""
    import shutil

    from sqlalchemy import select

    from landed.doors.api.files import folder, table_path, upload_path
    from landed.doors.api.outside import overlays_in
    from landed.duty.request import read_day
    from landed.operations.batch import BatchFile, run_batch
    from landed.store.database import now, store
    from landed.store.tables import jobs

    said, identifier, parent = json.loads(job["request"]), job["id"], os.getppid()
    defaults = said.get("defaults") or {}
    overlays_in(defaults)
    source = upload_path(upload["id"])
    if not source.exists():
        raise LandedError("NOT_FOUND", "the uploaded file is no longer there", where="upload_id", mend="Upload it again.")
    named = folder("results") / f".{identifier}.{upload['kind']}"  # the engine tells the form by the ending
    if not named.exists():
        named.symlink_to(source)
    output = table_path(identifier)
    done = 0

    def progress(rows: int) -> None:
        nonlocal done
        done += rows
        with store().begin() as connection:
            connection.execute(jobs.update().where(jobs.c.id == identifier).values(done=done, heartbeat_at=now()))
            if connection.execute(select(jobs.c.cancel_asked).where(jobs.c.id == identifier)).scalar():
                raise _Stopped("cancelled")
        if os.getppid() != parent:
            raise _Stopped("orphaned")

    on = read_day(defaults["entry_date"], "defaults.entry_date") if defaults.get("entry_date") else None
    mapping = {str(field): str(column) for column, field in (said.get("columns") or {}).items()}
    try:
        report = run_batch(BatchFile(str(named), str(output), said.get("detail") or "totals", on, mapping, defaults.get("overlay"), resume=True, workers=1), progress)
    except _Stopped as stopped:
        if stopped.status == "cancelled":
            shutil.rmtree(output.parent / f".{output.name}.parts", ignore_errors=True)
            end(identifier, "cancelled", done=done)
        return stopped.status
    except LandedError as error:
        shutil.rmtree(output.parent / f".{output.name}.parts", ignore_errors=True)
        if error.code == "RESUME_MISMATCH":  # the law changed between the two runs: from the start, then
            return _table_of(job, upload)
        raise
    finally:
        named.unlink(missing_ok=True)
    end(identifier, "done", total=report.rows, done=report.rows, failed=sum(report.errors.values()))
    return "done"


def _catalogue_of(job: dict[str, Any]) -> str:
    """Classify the rows of a catalogue that wait, as the workspace that asked; rows that an earlier run answered are kept."""
    from sqlalchemy import select

    from landed.operations.catalogue import work
    from landed.store.actor import Actor, acting
    from landed.store.database import now, store
    from landed.store.tables import jobs

    identifier, parent = job["id"], os.getppid()
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        told = done
        with store().begin() as connection:
            connection.execute(jobs.update().where(jobs.c.id == identifier).values(done=done, total=total, heartbeat_at=now()))
            if connection.execute(select(jobs.c.cancel_asked).where(jobs.c.id == identifier)).scalar():
                raise _Stopped("cancelled")
        if os.getppid() != parent:
            raise _Stopped("orphaned")

    try:
        with acting(Actor(job["created_by"], job["workspace_id"], "write")):
            work(json.loads(job["request"])["catalogue_id"], tell)
    except _Stopped as stopped:
        if stopped.status == "cancelled":
            end(identifier, "cancelled", done=told)
        return stopped.status
    end(identifier, "done", done=job["total"])
    return "done"


def end(identifier: str, status: str, **values: Any) -> None:
    """Write the end of a batch and queue what webhooks are to be told, in one transaction."""
    from sqlalchemy import select

    from landed.operations.jobs import finished
    from landed.store.database import now, store
    from landed.store.tables import jobs

    with store().begin() as connection:
        ended = connection.execute(jobs.update().where(jobs.c.id == identifier, jobs.c.status == "running").values(status=status, finished_at=now(), runner="", **values))
        if ended.rowcount:
            finished(dict(connection.execute(select(jobs).where(jobs.c.id == identifier)).mappings().one()))


def rows(said: dict[str, Any], upload: dict[str, Any] | None) -> Iterator[Any]:
    """Each request of a batch, or the error in its place."""
    defaults = said.get("defaults") or {}
    if upload is None:
        yield from ({**defaults, **row} if isinstance(row, dict) else row for row in said["requests"])
        return
    from landed.doors.api.files import upload_path

    path, names = upload_path(upload["id"]), said.get("columns") or {}
    if not path.exists():
        raise LandedError("NOT_FOUND", "the uploaded file is no longer there", where="upload_id", mend="Upload it again.")
    source = _json_lines(path) if upload["kind"] == "jsonl" else _table(path, upload["kind"])
    for row in source:
        if isinstance(row, LandedError):
            yield row
        else:
            yield {**defaults, **shaped({str(names.get(k, k)): v for k, v in row.items() if v not in (None, "")})}


def shaped(row: dict[str, Any]) -> dict[str, Any]:
    """A flat row as a request: `facts.x`, `claims.x`, `charges.x`, `answers.x` and `quantity.UNIT` columns become objects."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        head, dot, rest = name.partition(".")
        if dot and head in ("facts", "claims", "charges", "answers", "parts"):
            found.setdefault(head, {})[rest] = value
        elif dot and head == "quantity":
            found.setdefault("quantities", {})[rest] = value
        else:
            found[name] = value
    return found


def _json_lines(path: Any) -> Iterator[Any]:
    from landed.operations.jsonl import BOM, LONGEST_LINE, parse_request

    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield LandedError("LINE_TOO_LONG", f"expected at most {LONGEST_LINE:,} bytes in a line", where=f"line {number}", mend="Write one request a line.")
            elif line.strip().removeprefix(BOM).strip():
                try:
                    yield parse_request(line.strip(), f"line {number}")
                except LandedError as error:
                    yield error


def _table(path: Any, kind: str) -> Iterator[Any]:
    if kind == "csv":
        import csv

        with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
            try:
                for row in csv.DictReader(file, strict=True):
                    if None in row or None in row.values():
                        yield LandedError("BAD_ROW", "expected as many cells as the header has", where="row", mend="Check quotes and commas.")
                    else:
                        yield row
            except csv.Error as error:
                raise LandedError("BAD_UPLOAD", f"expected CSV: {error}", where="file", mend="Save it again as CSV.") from None
        return
    try:
        import polars
    except ImportError:
        raise LandedError("BAD_UPLOAD", f"this server cannot read {kind}", where="file", mend="Install landed[frames] on the server, or send CSV.") from None
    try:
        frame = polars.read_excel(path, infer_schema_length=0) if kind == "xlsx" else polars.read_parquet(path)
    except Exception as error:
        raise LandedError("BAD_UPLOAD", f"the {kind} file cannot be read: {type(error).__name__}", where="file", mend="Save it again.") from None
    for row in frame.iter_rows(named=True):
        yield {name: value if value is None or isinstance(value, (str, int, bool)) else str(value) for name, value in row.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
