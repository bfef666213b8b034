"""Files in and out: uploads checked by their content, results of batches as JSON lines or CSV."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from landed.doors.api.problems import problem
from landed.errors import LandedError
from landed.store.actor import actor

if TYPE_CHECKING:
    from landed.doors.api.settings import Settings

KINDS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx", ".parquet": "parquet", **dict.fromkeys((".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"), "document")}
MOST_UNPACKED = 2_000_000_000  # bytes of a workbook once unpacked
MOST_RATIO = 200  # unpacked to packed: more is a bomb
MOST_PARTS = 10_000
DOCUMENTS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def folder(name: str) -> Path:
    """A folder of the data folder, made when it is missing."""
    from landed.schedule.site import data_folder

    found = data_folder() / name
    found.mkdir(parents=True, exist_ok=True)
    return found


def upload_path(identifier: str) -> Path:
    """Where an upload stands: by its id, never by the name its sender gave it."""
    return folder("uploads") / identifier


def result_path(identifier: str) -> Path:
    """Where the result of a batch stands."""
    return folder("results") / f"{identifier}.jsonl"


def table_path(identifier: str) -> Path:
    """Where the result of a batch that gives a table stands."""
    return folder("results") / f"{identifier}.csv"


def kind_of(name: str) -> str:
    """csv, jsonl, xlsx or parquet by the ending of a name; raises LandedError BAD_UPLOAD."""
    kind = KINDS.get(Path(name).suffix.lower())
    if kind is None:
        raise LandedError("BAD_UPLOAD", f"expected a name that ends in {', '.join(KINDS)}", where="name", mend="Save the file in one of these forms.")
    return kind


def check_content(path: Path, kind: str) -> None:
    """Refuse a file whose content is not what its name says, or that unpacks without measure; raises LandedError BAD_UPLOAD."""

    def refuse(why: str) -> LandedError:
        return LandedError("BAD_UPLOAD", why, where="body", mend="Open the file and save it again in the form its name says.")

    with path.open("rb") as file:
        start = file.read(65_536)
        if kind == "document":  # what is in it is judged when it is read
            if not start.lstrip().startswith(DOCUMENTS) and start[8:12] != b"WEBP":
                raise refuse("expected a PDF or a picture, got something else")
            return
        if kind == "parquet":
            file.seek(max(0, path.stat().st_size - 4))
            if start[:4] != b"PAR1" or file.read() != b"PAR1":
                raise refuse("expected a Parquet file, got something else")
            return
    if kind == "xlsx":
        try:
            with zipfile.ZipFile(path) as packed:
                parts = packed.infolist()
        except (zipfile.BadZipFile, OSError, ValueError):
            raise refuse("expected an XLSX workbook, got something else") from None
        names = {part.filename for part in parts}
        if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
            raise refuse("expected an XLSX workbook, got another kind of archive")
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(path.stat().st_size, 10_000):
            raise refuse("the workbook unpacks to far more than it holds")
        if any("vbaProject" in name for name in names):
            raise refuse("expected a workbook without macros")
        return
    if b"\x00" in start or start[:4] in (b"PK\x03\x04", b"PAR1", b"%PDF") or start[:2] == b"MZ":
        raise refuse("expected text, got a binary file")
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as broken:
        if broken.start < len(start) - 4 or len(start) < 65_536:
            raise refuse("expected UTF-8 text") from None


def file_routes(settings: Settings) -> list[Route]:
    """The routes that carry files instead of JSON."""

    async def upload(request: Request) -> Response:
        request.scope["landed.operation"] = "upload"
        try:
            _may("write")
            return await _upload(request, settings)
        except LandedError as error:
            return problem(error)

    async def result(request: Request) -> Response:
        request.scope["landed.operation"] = "batch_result"
        try:
            _may("read")
            return await _result(request)
        except LandedError as error:
            return problem(error, "GET")

    return [Route("/v1/uploads", upload, methods=["POST"], name="upload"), Route("/v1/batches/{id}/result", result, methods=["GET"], name="batch_result")]


def _may(scope: str) -> None:
    if not actor().may(scope):
        raise LandedError("SCOPE_MISSING", f"expected a key with the scope {scope}, got {actor().scope}", where="Authorization", mend="Ask the administrator for a wider key.")


async def _upload(request: Request, settings: Settings) -> Response:
    from anyio import to_thread

    from landed.doors.api.encode import dumps
    from landed.store.database import new_id
    from landed.store.rows import text

    unknown = sorted(set(request.query_params) - {"name"})
    if unknown:
        raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0][:60]!r}", where=unknown[0][:60], mend="Give `name` only.")
    name = text(request.query_params.get("name", ""), "name", 255, least=1)
    kind = kind_of(name)
    identifier = new_id("upl")
    aside = folder("uploads") / f".{identifier}"
    digest, size = hashlib.sha256(), 0
    try:
        try:
            with aside.open("xb") as file:
                async for part in request.stream():
                    size += len(part)
                    if size > settings.largest_upload:
                        raise LandedError("TOO_LARGE", f"expected at most {settings.largest_upload:,} bytes", where="body", mend="Split the file.")
                    digest.update(part)
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise LandedError("STORE_FULL", f"the file cannot be stored: {error.strerror}", mend="Make room, then send it again.") from None
        if not size:
            raise LandedError("BAD_UPLOAD", "expected a file, got nothing", where="body", mend="Send the file as the body.")
        await to_thread.run_sync(check_content, aside, kind)
        row = {"id": identifier, "workspace_id": actor().workspace, "name": name, "kind": kind, "bytes": size, "sha256": digest.hexdigest(), "created_by": actor().name}
        await to_thread.run_sync(_keep, aside, row)
    finally:
        aside.unlink(missing_ok=True)
    return Response(dumps({key: row[key] for key in ("id", "name", "kind", "bytes", "sha256")}), media_type="application/json")


def _keep(aside: Path, row: dict[str, Any]) -> None:
    from landed.store.audit import record
    from landed.store.database import now, store
    from landed.store.tables import uploads

    aside.rename(upload_path(row["id"]))  # first the file, then the row: a row without a file is never seen
    try:
        with store().begin() as connection:
            connection.execute(uploads.insert().values(**row, created_at=now()))
            record(connection, "upload", row["id"], {"sha256": row["sha256"], "bytes": row["bytes"]})
    except BaseException:
        upload_path(row["id"]).unlink(missing_ok=True)
        raise


async def _result(request: Request) -> Response:
    from anyio import to_thread

    from landed.operations.jobs import BatchId, show

    unknown = sorted(set(request.query_params) - {"form"})
    form = request.query_params.get("form", "")
    if unknown or form not in ("", "jsonl", "csv"):
        raise LandedError("INVALID_REQUEST", "expected form=jsonl or form=csv", where="form", mend="Leave it out for JSON lines.")
    identifier = request.path_params["id"]
    found = await to_thread.run_sync(show, BatchId(identifier))
    if found.status != "done":
        raise LandedError("NOT_READY", f"the batch is {found.status}", where="id", mend="Ask for it once it is done.")
    path, table = result_path(found.id), table_path(found.id)
    if table.exists() and form != "jsonl":
        return StreamingResponse(_lines(safe_rows(table)), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{found.id}.csv"'})
    if not path.exists():
        raise LandedError("NOT_FOUND", "the result of this batch is no longer there", where="id", mend="Start the batch again.")
    if form == "csv":
        return StreamingResponse(_lines(csv_rows(path)), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{found.id}.csv"'})
    return FileResponse(path, media_type="application/x-ndjson", filename=f"{found.id}.jsonl")


async def _lines(rows: Iterator[str]) -> AsyncIterator[bytes]:
    from anyio import to_thread

    while chunk := await to_thread.run_sync(lambda: [line for _, line in zip(range(500), rows, strict=False)]):
        yield "".join(chunk).encode()


COLUMNS = ("reference", "status", "hts_code", "country_of_origin", "customs_value", "entry_date", "duty", "duty_low", "duty_high", "fees", "landed_cost", "effective_rate_pct", "headings", "explanation", "error", "receipt_id")


def csv_rows(path: Path) -> Iterator[str]:
    """The answers of a result file as CSV lines, a header first; cells that a spreadsheet would take for a formula are quoted."""
    import csv
    import io

    def line(cells: Any) -> str:
        out = io.StringIO()
        csv.writer(out).writerow([safe_cell(cell) for cell in cells])
        return out.getvalue()

    yield line(COLUMNS)
    with path.open("rb") as file:
        for raw in file:
            answer = json.loads(raw)
            totals = answer.get("totals") or {}
            error = answer.get("error") or {}
            flat = {**totals, **answer, "customs_value": (answer.get("customs_value") or {}).get("amount"), "headings": " ".join(answer.get("filing_sequence") or ())}
            flat["error"] = f"{error['code']}: {error['detail']}" if error else ""
            yield line(flat.get(name) for name in COLUMNS)


def safe_rows(path: Path) -> Iterator[str]:
    """The lines of a table that holds cells of the sender, without what a spreadsheet would take for a formula."""
    import csv
    import io

    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            out = io.StringIO()
            csv.writer(out).writerow([safe_cell(cell) for cell in row])
            yield out.getvalue()


def safe_cell(cell: Any) -> str:
    """A cell that no spreadsheet runs as a formula: text that starts with = + - @, a tab or a line end gets an apostrophe in front; numbers stay."""
    found = "" if cell is None else str(cell)
    stripped = found.lstrip(" \u00a0\ufeff\u3000")
    if stripped and stripped[0] in "=+-@\t\r\n＝＋－＠" and not NUMBER.fullmatch(stripped):
        return f"'{found}"
    return found


def file_paths() -> dict[str, Any]:
    """The OpenAPI paths of these routes."""
    from landed.doors.api.openapi import TEXT, refusal

    kept = {"type": "object", "properties": {"id": TEXT, "name": TEXT, "kind": TEXT, "bytes": {"type": "integer"}, "sha256": TEXT}, "required": ["id", "name", "kind", "bytes", "sha256"]}
    words = {"400": "The request cannot be read.", "401": "A key is needed.", "403": "The key does not reach this far.", "404": "Nothing is there.", "409": "Not ready.", "413": "It is too large.", "422": "The file is not what its name says.", "429": "Too many requests.", "503": "Busy, or the store does not answer.", "507": "The disk is full."}
    refusals = {code: refusal(said) for code, said in words.items()}
    return {
        "/v1/uploads": {
            "post": {
                "operationId": "upload",
                "tags": ["batches"],
                "summary": "Upload a file for a batch: CSV, JSON lines, XLSX or Parquet as the body",
                "x-scope": "write",
                "parameters": [{"name": "name", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 255}, "description": "the file's name; its ending says the form"}],
                "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
                "responses": {"200": {"description": "The file as stored.", "content": {"application/json": {"schema": kept}}}, **refusals},
            }
        },
        "/v1/batches/{id}/result": {
            "get": {
                "operationId": "batch_result",
                "tags": ["batches"],
                "summary": "The answers of a finished batch, in the order of its rows",
                "x-scope": "read",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "pattern": r"^[^/\u0000]+$"}},
                    {"name": "form", "in": "query", "required": False, "schema": {"enum": ["jsonl", "csv"]}},
                ],
                "responses": {"200": {"description": "The file.", "content": {"application/x-ndjson": {"schema": TEXT}, "text/csv": {"schema": TEXT}}}, **refusals},
            }
        },
    }
