"""From the bytes of a file to pages of words: told apart by content, never by name; bounded in size, pages and pixels."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from landed.documents.model import Page, Word
from landed.errors import LandedError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_BYTES = 50_000_000
MOST_PAGES = 60  # an invoice of a container has a dozen
MOST_SCANNED = 25  # a scanned page takes seconds
MOST_PIXELS = 60_000_000  # A3 at 400 dots an inch has 31 million
MOST_UNPACKED, MOST_RATIO = 200_000_000, 200
MOST_ROWS, MOST_COLUMNS = 5_000, 60
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM", b"GIF8")
PITCH, HIGH = 200.0, 20.0  # a cell of a sheet in page units


def pages_of(data: bytes, name: str = "document") -> list[Page]:
    """The pages of a PDF, picture, XLSX or CSV file with their words.

    Raises LandedError EMPTY_FILE, FILE_TOO_LARGE, UNKNOWN_FORMAT, PROTECTED_DOCUMENT, UNREADABLE_FILE, TOO_MANY_PAGES, IMAGE_TOO_LARGE, ZIP_BOMB,
    MACRO_WORKBOOK, NO_TEXT, EXTRA_REQUIRED.
    """
    if not data.strip(b"\x00 \r\n\t"):
        raise LandedError("EMPTY_FILE", f"{name} has nothing in it", where="content", mend="Send the file again.")
    if len(data) > MOST_BYTES:
        raise LandedError("FILE_TOO_LARGE", f"{name} has {len(data):,} bytes; a document has at most {MOST_BYTES:,}", where="content", mend="Send the pages with the goods only.")
    if data[:1024].lstrip().startswith(b"%PDF-"):
        from landed.documents.pdf import pdf_pages

        pages = pdf_pages(data, name)
    elif data.startswith(PICTURES) or data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        from landed.documents.scan import picture_pages

        pages = picture_pages(data, name)
    elif data.startswith(b"PK\x03\x04"):
        pages = _workbook(data, name)
    elif data.startswith(OLE):
        raise LandedError("PROTECTED_DOCUMENT", f"{name} is an encrypted workbook or one of the old binary form", where="content", mend="Remove the password, or save it as .xlsx or PDF.")
    elif data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        raise LandedError("UNKNOWN_FORMAT", f"{name} is a HEIC photo", where="content", mend="Save the photo as JPEG or PNG.")
    else:
        pages = [_text(data, name)]
    if not any(page.words for page in pages):
        raise LandedError("NO_TEXT", f"no word could be read in {name}", where="content", mend="Scan the page again at 200 dots an inch or more, in even light; or type the lines into an entry.")
    return pages


def grid_page(rows: Iterable[Iterable[Any]], number: int, name: str) -> Page:
    """The cells of a sheet as words in a grid, so that one reader serves papers and sheets."""
    words: list[Word] = []
    height = width = 1
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            text = cell_text(cell)
            if text:
                words.append(cell_word(text, x, y))
                height, width = max(height, y + 1), max(width, x + 1)
    return Page(number, width * PITCH, height * HIGH, words, "sheet", name=name)


def cell_word(text: str, x: int, y: int) -> Word:
    """A cell of a sheet as a word; column and row from 0."""
    return Word(text, x * PITCH, y * HIGH + 3, x * PITCH + PITCH - 30, y * HIGH + HIGH - 3, 1.0, f"{_letters(x)}{y + 1}")


def cell_text(cell: Any) -> str:
    """What a cell of a sheet says."""
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, float):
        return format(Decimal(repr(round(cell, 6))).normalize(), "f") if abs(cell) < 1e15 else ""
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat())[:10]
    return " ".join(str(cell).split())[:2000]


def _letters(column: int) -> str:
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def _workbook(data: bytes, name: str) -> list[Page]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise LandedError("UNREADABLE_FILE", f"{name} is a damaged archive", where="content", mend="Save the workbook again.") from None
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise LandedError("UNKNOWN_FORMAT", f"{name} is an archive, not a workbook", where="content", mend="Send the document itself: PDF, picture, XLSX or CSV.")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(len(data), 10_000):
        raise LandedError("ZIP_BOMB", f"{name} unpacks to {unpacked:,} bytes", where="content", mend="Save the workbook again without empty rows and pictures.")
    if any("vbaProject" in part for part in names):
        raise LandedError("MACRO_WORKBOOK", f"{name} holds macros", where="content", mend="Save it as .xlsx without macros.")
    from landed.documents.workbook import workbook_pages

    return workbook_pages(data, name)


def _text(data: bytes, name: str) -> Page:
    if b"\x00" in data[:65_536]:
        raise LandedError("UNKNOWN_FORMAT", f"{name} is neither PDF, picture, XLSX nor CSV", where="content", mend="Save it as one of them.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise LandedError("UNREADABLE_FILE", f"{name} is not text in UTF-8", where="content", mend="Save the table as UTF-8.")
    if text.lstrip()[:1] in ("{", "<"):
        raise LandedError("UNKNOWN_FORMAT", f"{name} is JSON, XML or a web page, not a document", where="content", mend="Entries as JSON go to `landed entry`; print a web page to PDF.")
    sample = text[:20_000]
    mark = max((",", ";", "\t", "|"), key=lambda each: min((line.count(each) for line in sample.splitlines()[:30] if each in line), default=0) * sum(each in line for line in sample.splitlines()[:30]))
    try:
        rows = [row[:MOST_COLUMNS] for _, row in zip(range(MOST_ROWS), csv.reader(io.StringIO(text), delimiter=mark), strict=False)]
    except csv.Error as broken:
        if "field larger" in str(broken):
            raise LandedError("UNREADABLE_FILE", f"{name} is {len(text):,} letters of running text, not a table", where="content", mend="Words that describe goods go to `landed classify`; a document is read as PDF, picture, XLSX or CSV.") from None
        raise LandedError("UNREADABLE_FILE", f"{name} does not read as a table: {broken}", where="content", mend="Save it as CSV again.") from None
    return grid_page(rows, 1, "")
