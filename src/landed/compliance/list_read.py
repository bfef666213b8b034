"""Reads restricted-party list files as their publishers write them; a file that is not what it should be is refused."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from landed.compliance.model import Entry
from landed.compliance.names import DATA
from landed.errors import LandedError

NULL = "-0-"  # how OFAC writes an empty field
_IDS = re.compile(r"(?:IMO|SWIFT/BIC|MMSI|Tax ID No\.|Registration (?:Number|ID)|Passport|Identification Number|Legal Entity Number)\s*:?\s*([A-Z0-9][A-Z0-9 -]{4,24}[A-Z0-9])")
_AKA = re.compile(r"[afn]\.k\.a\. '([^']+)'")
_ALIASES = re.compile(r"\((?:including|also known as|and)\b[^:)]*(?:alias(?:es)?)?:?\s*([^)]*)\)", re.IGNORECASE)
_TAIL = re.compile(r",?\s*(?:;\s*)?and (?:its |any |all )?(?:successor|subsidiar|sub-unit)[^;()]*$", re.IGNORECASE)


@lru_cache(maxsize=1)
def table() -> Mapping[str, Any]:
    """What Landed knows of the lists: titles, effects, guards, addresses."""
    from landed.lawbook.load import read_yaml

    return read_yaml(DATA / "lists.yaml")


def refused(reason: str, detail: str, where: str) -> LandedError:
    """BAD_LIST with a reason: the list in force stays as it was."""
    return LandedError("BAD_LIST", detail, where=where, mend="The list in force stays as it is. Download the whole file again from its publisher.", reason=reason)


def read_list(kind: str, files: Mapping[str, bytes]) -> tuple[tuple[Entry, ...], str]:
    """The entries of a list and the day it states ("" where it states none).

    `kind` is one of `lists.yaml` (csl, sdn, cons, dpl, un, uflpa, own); `files` are its files by name. Raises LandedError BAD_LIST with `reason`:
    empty, too_large, html, encoding, columns, row, not_json, not_xml, too_few, and names the file and the row.
    """
    if kind not in _READERS:
        raise LandedError("INVALID_REQUEST", f"no list file is called {kind[:40]!r}", where="file", mend=f"One of {', '.join(_READERS)}.")
    for name, content in files.items():
        if not content.strip():
            raise refused("empty", "expected a list, got an empty file", name)
        if len(content) > int(table()["largest_bytes"]):
            raise refused("too_large", f"expected at most {int(table()['largest_bytes']):,} bytes, got {len(content):,}", name)
        if kind != "uflpa" and re.match(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body)", content[:300], re.IGNORECASE):
            raise refused("html", "expected a list, got a web page", name)
        if b"\x00" in content[:100_000]:
            raise refused("encoding", "expected text, got binary data or UTF-16", name)
    entries, day = _READERS[kind](files)
    if not entries:
        raise refused("empty", "expected entries, got none", next(iter(files)))
    return entries, day


def _text(content: bytes, name: str, *, latin: bool = False) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if latin:
            return content.decode("latin-1")
        raise refused("encoding", f"expected UTF-8, got a byte that is none at {error.start:,}", name) from None


def _rows(text: str, name: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    try:
        for row in reader:
            if len(row) == 1 and row[0].strip() in ("\x1a", ""):  # the end mark of old OFAC files
                continue
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise refused("row", f"expected rows of values, got {error}", f"{name}, line {reader.line_num}") from None


def _made_id(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _ids(text: str) -> tuple[str, ...]:
    found = [re.sub(r"[^A-Z0-9]", "", each.upper()) for each in _IDS.findall(text)]
    return tuple(dict.fromkeys(each for each in found if any(c.isdigit() for c in each) or len(each) in (8, 11)))


def _kind(text: str) -> str:
    text = text.strip().lower()
    return {"individual": "person", "entity": "company"}.get(text, text) if text in ("individual", "entity", "vessel", "aircraft") else "party"


# -- OFAC ----------------------------------------------------------------------------------------------------------------


def _ofac(names: tuple[str, str, str, str], list_name: str) -> Callable[[Mapping[str, bytes]], tuple[tuple[Entry, ...], str]]:
    main, add, alt, comments = names

    def part(files: Mapping[str, bytes], name: str, columns: int) -> Iterator[tuple[str, list[str]]]:
        content = next((v for k, v in files.items() if k.lower() == name), None)
        if content is None:
            return
        for line, row in _rows(_text(content, name, latin=True), name):
            if len(row) != columns or not row[0].strip().isdigit():
                raise refused("columns", f"expected {columns} values that begin with a number, got {len(row)}: {','.join(row)[:60]!r}", f"{name}, line {line}")
            yield row[0].strip(), ["" if (value := cell.strip()) == NULL else value for cell in row]

    def read(files: Mapping[str, bytes]) -> tuple[tuple[Entry, ...], str]:
        lower = {k.lower() for k in files}
        for needed in (main, alt):
            if needed not in lower:
                raise refused("columns", f"expected the files {main}, {add} and {alt}, got {', '.join(sorted(files))}", needed)
        remarks: dict[str, str] = {}
        for number, row in part(files, comments, 2):
            remarks[number] = row[1]
        aliases: dict[str, list[str]] = {}
        places: dict[str, list[list[str]]] = {}
        for number, row in part(files, alt, 5):
            aliases.setdefault(number, []).append(row[3])
        for number, row in part(files, add, 6):
            places.setdefault(number, []).append(row[2:5])
        found = {}
        for number, row in part(files, main, 12):
            note = row[11] + remarks.get(number, "")
            if number in found or not row[1]:
                raise refused("row", f"expected one named entry of number {number}, got {'a second one' if row[1] else 'no name'}", main)
            mine = places.get(number, [])
            found[number] = Entry(
                list=list_name or next(short for mark, short in table()["cons_programmes"] if mark in row[3]),
                id=number,
                kind=_kind(row[2]),
                names=tuple(dict.fromkeys(filter(None, (row[1], *aliases.get(number, ()), *_AKA.findall(note))))),
                addresses=tuple(filter(None, (", ".join(filter(None, place)) for place in mine))),
                countries=tuple(dict.fromkeys(filter(None, (*(place[2] for place in mine), row[8])))),
                ids=_ids("IMO " + note if row[2] == "vessel" and "IMO" not in note else note),
                programmes=tuple(re.split(r"\]\s*\[", row[3].strip("[] "))) if row[3] else (),
            )
        for number in {*aliases, *places} - set(found):
            raise refused("row", f"expected an entry of number {number} in {main}, got none: the files are of different days", main)
        return tuple(found.values()), ""

    return read


# -- Consolidated Screening List ------------------------------------------------------------------------------------------

_CSL = ("source", "name", "alt_names", "addresses", "programs", "type", "ids")


def _csl(files: Mapping[str, bytes]) -> tuple[tuple[Entry, ...], str]:
    name, content = next(iter(files.items()))
    text = _text(content, name)
    return (_csl_json(text, name) if text.lstrip()[:1] in "{[" else _csl_csv(text, name)), ""


def _csl_csv(text: str, name: str) -> tuple[Entry, ...]:
    rows = _rows(text, name)
    _, head = next(rows)
    columns = [cell.strip() for cell in head]
    if missing := [each for each in _CSL if each not in columns]:
        raise refused("columns", f"expected the columns of the Consolidated Screening List, got none called {missing[0]!r}", name)
    found = []
    for line, row in rows:
        if len(row) != len(columns):
            raise refused("columns", f"expected {len(columns)} values, got {len(row)}", f"{name}, line {line}")
        cells = {k: v.strip() for k, v in zip(columns, row, strict=True)}
        split = {k: [each.strip() for each in cells.get(k, "").split(";") if each.strip()] for k in ("alt_names", "addresses", "programs", "ids")}
        countries = [each.rsplit(",", 1)[-1].strip() for each in split["addresses"]]
        found.append(_csl_entry(cells, split["alt_names"], split["addresses"], countries, split["programs"], _csl_ids(split["ids"]), f"{name}, line {line}"))
    return tuple(found)


def _csl_ids(rows: list[str]) -> list[str]:
    parts = [part for row in rows for part in row.split(",")]
    return [each for part in parts if len(each := re.sub(r"[^A-Z0-9]", "", part.upper())) >= 6 and any(c.isdigit() for c in each)]


def _csl_json(text: str, name: str) -> tuple[Entry, ...]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refused("not_json", f"expected JSON, got text that is cut or is none: {str(error)[:80]}", name) from None
    rows = data.get("results") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise refused("columns", "expected an object with results", name)
    found = []
    for number, row in enumerate(rows):
        where = f"{name}, entry {number + 1}"
        if not isinstance(row, dict):
            raise refused("row", "expected an object", where)
        addresses = [a for a in row.get("addresses") or [] if isinstance(a, dict)]
        ids = [re.sub(r"[^A-Z0-9]", "", str(i.get("number") or "").upper()) for i in row.get("ids") or [] if isinstance(i, dict)]
        found.append(
            _csl_entry(
                {k: str(v or "") for k, v in row.items() if not isinstance(v, (list, dict))},
                [str(each) for each in row.get("alt_names") or []],
                [", ".join(str(a[k]) for k in ("address", "city", "state", "postal_code", "country") if a.get(k)) for a in addresses],
                [str(a.get("country") or "") for a in addresses],
                [str(each) for each in row.get("programs") or []],
                [i for i in ids if len(i) >= 6],
                where,
            )
        )
    return tuple(found)


def _csl_entry(cells: Mapping[str, str], aliases: list[str], addresses: list[str], countries: list[str], programmes: list[str], ids: list[str], where: str) -> Entry:
    source, primary = cells.get("source", ""), cells.get("name", "").strip()
    short = next((name for mark, name in table()["csl_sources"] if mark in source), None)
    if short is None or not primary:
        raise refused("row", f"expected a named entry of a known source, got source {source[:60]!r} and name {primary[:40]!r}", where)
    number = cells.get("id") or cells.get("_id") or cells.get("entity_number") or _made_id(short, primary, *addresses)
    names = (_TAIL.sub("", primary), primary, *aliases)
    return Entry(
        short,
        str(number),
        _kind(cells.get("type", "")),
        tuple(dict.fromkeys(filter(None, (n.strip() for n in names)))),
        tuple(dict.fromkeys(filter(None, addresses))),
        tuple(dict.fromkeys(filter(None, countries))),
        tuple(dict.fromkeys((*ids, *_ids(cells.get("remarks", ""))))),
        tuple(programmes),
        cells.get("federal_register_notice", ""),
        cells.get("end_date", ""),
    )


# -- BIS, UN, UFLPA, own --------------------------------------------------------------------------------------------------


def _dpl(files: Mapping[str, bytes]) -> tuple[tuple[Entry, ...], str]:
    name, content = next(iter(files.items()))
    rows = _rows(_text(content, name, latin=True), name, "\t")
    _, head = next(rows)
    if [each.strip() for each in head[:5]] != ["Name", "Street_Address", "City", "State", "Country"]:
        raise refused("columns", f"expected the columns of the Denied Persons List, got {', '.join(head)[:80]!r}", name)
    found = []
    for line, row in rows:
        if len(row) != len(head):
            raise refused("columns", f"expected {len(head)} values, got {len(row)}", f"{name}, line {line}")
        cells = dict(zip(head, (cell.strip() for cell in row), strict=True))
        address = ", ".join(filter(None, (cells[k] for k in ("Street_Address", "City", "State", "Postal_Code", "Country"))))
        key = _made_id("DPL", cells["Name"], address)
        found.append(Entry("DPL", key, "party", (cells["Name"],), (address,) if address else (), (cells["Country"],) if cells["Country"] else (), cite=cells.get("FR_Citation", ""), ends=cells.get("Expiration_Date", "")))
    return tuple(found), ""


def _un(files: Mapping[str, bytes]) -> tuple[tuple[Entry, ...], str]:
    name, content = next(iter(files.items()))
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise refused("not_xml", "expected plain XML, got a document with definitions of its own", name)
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise refused("not_xml", f"expected XML, got text that is cut or is none: {error}", name) from None
    if root.tag != "CONSOLIDATED_LIST":
        raise refused("columns", f"expected CONSOLIDATED_LIST, got {root.tag[:40]}", name)
    found = []
    for group, one, kind in (("INDIVIDUALS", "INDIVIDUAL", "person"), ("ENTITIES", "ENTITY", "company")):
        for node in root.iterfind(f"{group}/{one}"):
            number = node.findtext("DATAID") or ""
            parts = [node.findtext(f"{ordinal}_NAME") or "" for ordinal in ("FIRST", "SECOND", "THIRD", "FOURTH")]
            names = [" ".join(filter(None, (p.strip() for p in parts))), node.findtext("NAME_ORIGINAL_SCRIPT") or ""]
            names += [alias for each in node.iterfind(f"{one}_ALIAS") for alias in (each.findtext("ALIAS_NAME") or "").split(";")]
            names = [n.strip() for n in names if n.strip()]
            if not number or not names:
                raise refused("row", "expected a named entry with its number", f"{name}, {one} {number}")
            places = [[each.findtext(tag) or "" for tag in ("STREET", "CITY", "STATE_PROVINCE", "COUNTRY")] for each in node.iterfind(f"{one}_ADDRESS")]
            found.append(
                Entry(
                    "UN",
                    node.findtext("REFERENCE_NUMBER") or number,
                    kind,
                    tuple(dict.fromkeys(names)),
                    tuple(filter(None, (", ".join(filter(None, place)) for place in places))),
                    tuple(dict.fromkeys(filter(None, [place[3] for place in places] + [v.text or "" for v in node.iterfind("NATIONALITY/VALUE")]))),
                    tuple(re.sub(r"[^A-Z0-9]", "", (n.text or "").upper()) for n in node.iterfind("INDIVIDUAL_DOCUMENT/NUMBER") if n.text),
                    (node.findtext("UN_LIST_TYPE") or "",),
                )
            )
    return tuple(found), (root.get("dateGenerated") or "")[:10]


class _Cells(HTMLParser):
    """The text of the table cells of a page, a list a row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def _uflpa(files: Mapping[str, bytes]) -> tuple[tuple[Entry, ...], str]:
    name, content = next(iter(files.items()))
    page = _Cells()
    page.feed(_text(content, name))
    found, reading = {}, False
    for row in page.rows:
        cells = [re.sub(r"\s+", " ", cell).strip() for cell in row]
        if cells and re.search(r"\b(?:name of )?entit(?:y|ies)\b", cells[0], re.IGNORECASE) and len(cells[0]) < 60:
            reading = True
        elif reading and cells and cells[0]:
            names = uflpa_names(cells[0])
            key = _made_id("UFLPA", cells[0])
            found[key] = Entry("UFLPA", key, "company", names, cite=cells[1] if len(cells) > 1 else "")
    if not reading:
        raise refused("columns", "expected a page with a table of entities, got none", name)
    return tuple(found.values()), ""


def uflpa_names(text: str) -> tuple[str, ...]:
    """The names in a cell of the UFLPA page: the name with its place in brackets, the same without, and every alias named."""
    aliases = [part for group in _ALIASES.findall(text) for part in re.split(r";| and (?=[A-Z])|,(?! (?:Ltd|Inc|Co|LLC|Limited)\b)", group)]
    primary = _TAIL.sub("", _ALIASES.sub(" ", text)).strip(" ,;")
    bare = re.sub(r"\([^)]*\)", " ", primary)
    names = (primary, bare, *aliases)
    return tuple(dict.fromkeys(n for n in (re.sub(r"\s+", " ", re.sub(r"^and ", "", each.strip())).strip(" ,;") for each in names) if len(n) > 1))


def _own(files: Mapping[str, bytes]) -> tuple[tuple[Entry, ...], str]:
    name, content = next(iter(files.items()))
    rows = _rows(_text(content, name), name)
    _, head = next(rows)
    columns = [cell.strip().lower() for cell in head]
    if "name" not in columns:
        raise refused("columns", "expected a column called name", name)
    found = []
    for line, row in rows:
        if len(row) != len(columns):
            raise refused("columns", f"expected {len(columns)} values, got {len(row)}", f"{name}, line {line}")
        cells = dict(zip(columns, (cell.strip() for cell in row), strict=True))
        if not cells["name"]:
            raise refused("row", "expected a name", f"{name}, line {line}")
        aliases = [each.strip() for each in cells.get("aliases", "").split(";")]
        key = cells.get("id") or _made_id("OWN", cells["name"])
        found.append(
            Entry("OWN", key, _kind(cells.get("type", "")), tuple(filter(None, (cells["name"], *aliases))), tuple(filter(None, [cells.get("address", "")])), tuple(filter(None, [cells.get("country", "")])), cite=cells.get("note", ""))
        )
    return tuple(found), ""


_READERS: dict[str, Callable[[Mapping[str, bytes]], tuple[tuple[Entry, ...], str]]] = {
    "csl": _csl,
    "sdn": _ofac(("sdn.csv", "add.csv", "alt.csv", "sdn_comments.csv"), "SDN"),
    "cons": _ofac(("cons_prim.csv", "cons_add.csv", "cons_alt.csv", "cons_comments.csv"), ""),
    "dpl": _dpl,
    "un": _un,
    "uflpa": _uflpa,
    "own": _own,
}


def kind_of(names: list[str], content: bytes) -> str:
    """Which list a file is, by its name and its first bytes; raises LandedError BAD_LIST (reason unknown)."""
    lower = {n.lower() for n in names}
    start = content[:4000]
    if "sdn.csv" in lower:
        return "sdn"
    if "cons_prim.csv" in lower:
        return "cons"
    if b"CONSOLIDATED_LIST" in start:
        return "un"
    if b"Street_Address" in start and b"FR_Citation" in start:
        return "dpl"
    if b"source" in start and (b"entity_number" in start or b"source_list_url" in start):
        return "csl"
    raise refused("unknown", "expected a list that Landed knows, got a file of no known shape", names[0] if names else "")
