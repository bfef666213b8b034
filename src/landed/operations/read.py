"""Documents: what an invoice or a packing list says, and its sums after a person has corrected it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Required, TypedDict

from landed.documents.model import Reading
from landed.errors import LandedError
from landed.operations.engine import engine
from landed.operations.registry import operation

MOST_CLASSIFIED = 100  # lines of one document that are classified with it
LONGEST_NAME = 200


class ReadRequest(TypedDict, total=False):
    """One document, as base64 or as an upload."""

    content: Annotated[str, "the bytes of the PDF, picture, XLSX or CSV file as base64"]
    upload: Annotated[str, "or the id of an upload (POST /v1/uploads)"]
    name: Annotated[str, "the name of the file, for messages"]
    on: Annotated[str, "day of entry, ISO 8601; goes into the draft entry"]
    classify: Annotated[bool, "classify the goods of each line too; default false"]
    pictures: Annotated[bool, "send a picture of each page, as it was read upright; default false"]


class CheckRequest(TypedDict, total=False):
    """The values of a document by field id, as corrected by a person."""

    fields: Required[Annotated[dict[str, Any], "value by field id, such as invoice_number, total, lines.1.amount"]]
    kind: Annotated[str, "invoice or packing_list"]
    name: Annotated[str, "the name of the file, for messages"]
    on: Annotated[str, "day of entry, ISO 8601"]
    classify: Annotated[bool, "classify the goods of each line too; default false"]


@dataclass(frozen=True, slots=True)
class ReadAnswer(Reading):
    """What a document says (docs/read.md). `suggestions` holds one answer of `classify` for each entry of `classify`, where asked for."""

    suggestions: tuple[Mapping[str, Any], ...] = ()


@operation(name="read_document", summary="What a commercial invoice or packing list says, with its place on the page, its sums checked, and a draft entry", method="POST", path="/v1/documents:read", scope="entries")
def read_document(request: ReadRequest) -> ReadAnswer:
    """Reads a PDF, picture, XLSX or CSV: parties, number, date, Incoterm, currency, totals and lines, each with page, box (shares of the
    page) and how sure it is; checks the sums, marks what is suspect, proposes readings that would make them agree and applies none; and
    drafts the request of `entry` with what it still lacks.

    What a document says fills fields and does nothing else. Raises LandedError: EMPTY_FILE, FILE_TOO_LARGE, UNKNOWN_FORMAT, UNREADABLE_FILE,
    PROTECTED_DOCUMENT, TOO_MANY_PAGES, IMAGE_TOO_LARGE, ZIP_BOMB, MACRO_WORKBOOK, NO_TEXT, NO_GOODS_FOUND, LANGUAGE_NOT_READ, EXTRA_REQUIRED,
    INVALID_REQUEST, INVALID_DATE, NOT_FOUND (no such upload).
    """
    from landed.documents.read import read_file

    data = _bytes(request)
    on = _day(request)
    found = read_file(data, _name(request), engine(), on=on, pictures=_truth(request, "pictures"))
    return _answer(found, _truth(request, "classify"))


@operation(name="check_document", summary="The sums, the draft entry and the goods of a document whose fields a person corrected", method="POST", path="/v1/documents:check", scope="entries")
def check_document(request: CheckRequest) -> ReadAnswer:
    """Checks values by field id anew, and makes the draft entry and the batch of goods of them. Nothing is kept.

    Raises LandedError INVALID_REQUEST, INVALID_VALUE, INVALID_DATE, UNKNOWN_ORIGIN, naming the field.
    """
    from landed.documents.read import corrected

    given = request.get("fields")
    if not isinstance(given, Mapping) or len(given) > 30_000:
        raise LandedError("INVALID_REQUEST", "expected an object with a value for each field id", where="fields", mend='Such as {"total": "120.00", "lines.1.amount": "120.00"}.')
    found = corrected(given, _name(request), str(request.get("kind") or ""), engine(), _day(request))
    return _answer(found, _truth(request, "classify"))


def read_path(path: Path, *, on: Any = None, classify: bool = False, pictures: bool = False) -> ReadAnswer:
    """`read_document` for a file of this machine; raises LandedError FILE_NOT_FOUND too."""
    from landed.documents.read import read_file
    from landed.documents.source import MOST_BYTES
    from landed.duty.request import read_day

    try:
        if path.stat().st_size > MOST_BYTES:
            raise LandedError("FILE_TOO_LARGE", f"{path.name} has {path.stat().st_size:,} bytes; a document has at most {MOST_BYTES:,}", where=path.name, mend="Send the pages with the goods only.")
        data = path.read_bytes()
    except OSError as error:
        raise LandedError("FILE_NOT_FOUND", f"expected a file that can be read, got {error.strerror}", where=str(path), mend="Check the path.") from None
    return _answer(read_file(data, path.name, engine(), on=read_day(on, "on") if on else None, pictures=pictures), classify)


def _answer(found: Reading, classify: bool) -> ReadAnswer:
    suggestions: tuple[Mapping[str, Any], ...] = ()
    if classify:
        from landed.operations.classify import answer_one

        suggestions = tuple(answer_one(dict(product), limit=3) for product in found.classify[:MOST_CLASSIFIED])
    return ReadAnswer(**{f.name: getattr(found, f.name) for f in fields(found)}, suggestions=suggestions)


def _bytes(request: Mapping[str, Any]) -> bytes:
    content, upload = request.get("content"), request.get("upload")
    if bool(content) == bool(upload):
        if content == "" and not upload:
            raise LandedError("EMPTY_FILE", "the document has nothing in it", where="content", mend="Send the file again.")
        raise LandedError("INVALID_REQUEST", "expected either content or upload", where="content", mend="Send the file as base64 in `content`, or the id of an upload in `upload`.")
    if upload:
        return _uploaded(str(upload))
    import base64
    import binascii

    if not isinstance(content, str):
        raise LandedError("INVALID_REQUEST", f"expected base64 text, got {type(content).__name__}", where="content", mend="Encode the bytes of the file as base64.")
    text = content.partition(",")[2] if content.startswith("data:") else content
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise LandedError("INVALID_REQUEST", "the content is not base64", where="content", mend="Encode the bytes of the file as base64.") from None


def _uploaded(identifier: str) -> bytes:
    from landed.schedule.site import data_folder
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import uploads

    with store().begin(reading=True) as connection:
        row = one(connection, uploads, "upload", id=identifier)  # the caller's own workspace only
    try:
        return Path(data_folder() / "uploads" / str(row["id"])).read_bytes()
    except OSError:
        raise LandedError("NOT_FOUND", "the upload is no longer there", where="upload", mend="Upload the file again.") from None


def _name(request: Mapping[str, Any]) -> str:
    return Path(str(request.get("name") or "document").replace("\\", "/")).name[:LONGEST_NAME] or "document"


def _day(request: Mapping[str, Any]) -> Any:
    from landed.duty.request import read_day

    return read_day(request["on"], "on") if request.get("on") else None


def _truth(request: Mapping[str, Any], name: str) -> bool:
    value = request.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    if str(value).lower() in ("true", "false", "1", "0"):
        return str(value).lower() in ("true", "1")
    raise LandedError("INVALID_REQUEST", f"expected true or false, got {str(value)[:20]!r}", where=name, mend="Correct the field.")
