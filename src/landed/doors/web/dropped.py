"""Documents dropped on a page: read once, kept in memory under a name nobody can guess, and forgotten when many others came."""

from __future__ import annotations

import secrets
import tempfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError
from landed.operations.tables import Document, read_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

LARGEST = 1_000_000  # bytes of a file; the guard lets no more through
MOST = 48  # documents kept at once
_shelf: OrderedDict[str, Kept] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as dropped: the file's name and its tables."""

    name: str
    document: Document


def keep(found: Kept) -> str:
    """Put a document on the shelf; gives the word under which it stands."""
    word = secrets.token_urlsafe(12)
    with _lock:
        _shelf[word] = found
        while len(_shelf) > MOST:
            _shelf.popitem(last=False)
    return word


def kept(word: str) -> Kept:
    """The document under a word; raises FILE_NOT_FOUND once it is forgotten (a restart, or many others since)."""
    with _lock:
        found = _shelf.get(word)
        if found is not None:
            _shelf.move_to_end(word)
    if found is None:
        raise LandedError("FILE_NOT_FOUND", "the file of this address is no longer kept: files are held in memory until the server restarts or many others came", where="doc", mend="Drop the file again.")
    return found


def read(data: bytes, name: str, tables: Sequence[str], settings: Sequence[str]) -> Kept:
    """The document of a file's bytes; raises what `read_tables` raises."""
    plain = Path(name.replace("\\", "/")).name[:120] or "file"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"dropped{Path(plain).suffix.lower()[:8]}"
        path.write_bytes(data)
        try:
            found = read_tables(path, tables, settings)
        except LandedError as error:
            error.detail = error.detail.replace(path.name, plain)
            error.where = error.where.replace(path.name, plain)
            raise
    if not isinstance(found.data, dict):
        raise LandedError("UNREADABLE_FILE", f"{plain}: expected named tables", where=plain, mend=f"Name the tables: {', '.join(tables)}.")
    for table, (title, header, rows, kind) in list(found.sheets.items()):
        found.sheets[table] = (plain if title == path.name else title, header, rows, kind)
    return Kept(plain, found)


async def body(request: Request) -> bytes:
    """The bytes of a posted file; raises TOO_LARGE."""
    parts = bytearray()
    async for chunk in request.stream():
        parts += chunk
        if len(parts) > LARGEST:
            raise LandedError("TOO_LARGE", f"expected at most {LARGEST:,} bytes", where="file", mend="Keep only the rows and columns in use; the command line takes larger files.")
    if not parts:
        raise LandedError("UNREADABLE_FILE", "the file is empty", where="file", mend="Choose a file with rows in it.")
    return bytes(parts)


def taking(operation: str, look: Callable[[bytes, str], Mapping[str, Any]]) -> Callable[[Request], Any]:
    """A route that takes a file as its body (`?name=`), for readers who may use `operation`; problems come back as RFC 9457 JSON with `errors` by cell."""

    async def answer(request: Request) -> Response:
        from anyio import to_thread
        from starlette.responses import JSONResponse

        from landed.doors.web.asking import may

        try:
            may(operation)
            data = await body(request)
            found = await to_thread.run_sync(look, data, request.query_params.get("name", "file")[:200])
        except LandedError as error:
            status = 403 if error.code == "SCOPE_MISSING" else 413 if error.code == "TOO_LARGE" else 422
            return JSONResponse(error.to_dict(), status_code=status, media_type="application/problem+json")
        return JSONResponse(dict(found), headers={"Cache-Control": "no-store"})

    return answer
