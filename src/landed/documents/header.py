"""Everything of a document outside its lines: number, date, Incoterm, currency, parties, origin, way of transport."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from landed.documents.layout import Row, cells_of, height_of, said
from landed.documents.model import Page, Word
from landed.documents.numbers import parse_day
from landed.documents.words import country_in, currency_in, match, words

PARTIES = ("seller", "buyer", "consignee")
MOST_PARTY_ROWS = 7


@dataclass(slots=True)
class Found:
    """Words that hold the value of a field, and what of their text is the value."""

    page: Page
    words: list[Word]
    text: str
    sure: float = 1.0


@dataclass(slots=True)
class Header:
    """Fields by name, parties as (name, lines of the address), and the title of the document."""

    fields: dict[str, Found] = field(default_factory=dict)
    parties: dict[str, list[Found]] = field(default_factory=dict)
    title: str = ""
    labels: int = 0


def read_header(rest: list[tuple[Page, list[Row]]], incoterms: tuple[str, ...]) -> Header:
    """Fields and parties from the rows that are no lines of goods."""
    found = Header()
    for page, rows in rest:
        cells = [cells_of(row.words, page) for row in rows]
        _title(cells, found)
        for r, row in enumerate(cells):
            for c, cell in enumerate(row):
                _labelled(page, cells, r, c, cell, found)
    for page, rows in rest:
        for line in rows:
            _incoterm(page, line, incoterms, found)
    _letterhead(rest, found)
    return found


def _title(cells: list[list[list[Word]]], found: Header) -> None:
    if found.title:
        return
    for row in cells[:14]:
        for cell in row:
            if (named := match("titles", said(cell))) and not said(cell).endswith(":"):
                found.title = named
                return


def _labelled(page: Page, cells: list[list[list[Word]]], r: int, c: int, cell: list[Word], found: Header) -> None:
    name, rest = split_label(cell)
    if name is None:
        return
    found.labels += 1
    if name == "aside":
        return
    if name in PARTIES:
        if name not in found.parties and (party := _party(page, cells, r, c, cell, rest)):
            found.parties[name] = party
        return
    value = rest
    beside = _beside(cells, r, c) if not value else None
    below = _below(cells, r, cell) if not value else None
    for candidate in (value, beside, below):
        if candidate and name not in found.fields and _fits(name, said(candidate)):
            if name == "incoterm" and not rest:
                # The place may stand in the next cell of the same row.
                found.fields[name] = Found(page, candidate, said(candidate))
            else:
                found.fields[name] = Found(page, candidate, said(candidate))
            return


def _fits(name: str, text: str) -> bool:
    if name == "date":
        return parse_day(text) is not None
    if name == "invoice_number":
        return any(ch.isdigit() for ch in text) and len(text) <= 40 and parse_day(text) is None and not re.search(r"(?i)\b(date|page)\b", text)
    if name == "currency":
        return currency_in(text) is not None or text.strip() in map(str, words()["ambiguous_signs"])
    if name == "origin":
        return country_in(text) is not None or (2 <= len(text) <= 40 and not any(ch.isdigit() for ch in text))
    if name == "incoterm":
        return bool(re.search(r"\b[A-Z]{3}\b", text.upper()))
    if name == "transport":
        return match("transport", text) is not None or any(match("transport", part) for part in text.split())
    return bool(text)


def split_label(cell: list[Word]) -> tuple[str | None, list[Word]]:
    """What a cell's first words name, and the words of its value: after a colon, or the rest where it reads as one."""
    text = said(cell)
    if ":" in text or "：" in text:
        for size, word in enumerate(cell, 1):
            if ":" in word.text or "：" in word.text:
                head, mark, tail = word.text.partition(":" if ":" in word.text else "：")
                label = " ".join([*(w.text for w in cell[: size - 1]), head])
                name = match("fields", label)
                if name is None and " / " in label:
                    name = next((n for part in label.split(" / ") if (n := match("fields", part))), None)
                if name is None and not all(ch.isascii() for ch in label):
                    name = match("fields", "".join(ch for ch in label if ch.isascii()))
                if name is None:
                    break
                rest = list(cell[size:])
                if tail.strip():
                    share = len(head + mark) / len(word.text)
                    rest.insert(0, Word(tail.strip(), word.x0 + share * (word.x1 - word.x0), word.y0, word.x1, word.y1, word.confidence, word.cell))
                return name, rest
        return None, []
    if name := match("fields", text):
        return name, []
    for size in range(min(5, len(cell) - 1), 0, -1):
        label = said(cell[:size])
        name = match("fields", label)
        if name in ("invoice_number", "date", "incoterm") and _fits(name, said(cell[size:])) and (size > 1 or cell[0].text.endswith((".", "#")) or name == "date" or len(label) > 7):
            return name, list(cell[size:])
    fused = re.fullmatch(r"((?:invoice|inv|packing\s?list|factura|facture|rechnungs?)\.?\s?(?:no|nr|number|nummer)[.:]?)\s?((?=\S*\d)\S{3,})", text, re.I)
    if fused:  # the reader dropped the blank after the label
        last = cell[-1]
        return "invoice_number", [Word(fused[2], last.x0, last.y0, last.x1, last.y1, last.confidence, last.cell)]
    if len(cell) == 1 and " " in cell[0].text:  # a cell of a sheet holds label and value
        parts = cell[0].text.split()
        for size in range(min(4, len(parts) - 1), 0, -1):
            name = match("fields", " ".join(parts[:size]))
            if name in ("invoice_number", "date", "incoterm") and _fits(name, " ".join(parts[size:])):
                only = cell[0]
                return name, [Word(" ".join(parts[size:]), only.x0, only.y0, only.x1, only.y1, only.confidence, only.cell)]
    return None, []


def _beside(cells: list[list[list[Word]]], r: int, c: int) -> list[Word] | None:
    if c + 1 < len(cells[r]):
        follower = cells[r][c + 1]
        if split_label(follower)[0] is None:
            text = said(follower).lstrip(": ")
            return follower if text else None
    return None


def _below(cells: list[list[list[Word]]], r: int, cell: list[Word]) -> list[Word] | None:
    for row in cells[r + 1 : r + 3]:
        for other in row:
            shared = min(other[-1].x1, cell[-1].x1 + 2 * height_of(cell[0])) - max(other[0].x0, cell[0].x0 - height_of(cell[0]))
            if shared > 0 and abs(other[0].x0 - cell[0].x0) < 6 * height_of(cell[0]) and other[0].y0 - cell[0].y1 < 2.5 * height_of(cell[0]):
                return other if split_label(other)[0] is None else None
    return None


def _party(page: Page, cells: list[list[list[Word]]], r: int, c: int, cell: list[Word], rest: list[Word]) -> list[Found]:
    """The lines under (or after) the label of a party: name first, then the address, as far as they stand in one block."""
    block: list[Found] = []
    if rest:
        block.append(Found(page, rest, said(rest)))
    high = height_of(cell[0])
    left = rest[0].x0 if rest else cell[0].x0
    lefts = {cell[0].x0, left}
    if not rest and c + 1 < len(cells[r]) and page.source == "sheet" and split_label(cells[r][c + 1])[0] is None:
        beside = cells[r][c + 1]
        block.append(Found(page, beside, said(beside)))
        lefts = {beside[0].x0}
    bottom = cell[0].y1
    for row in cells[r + 1 : r + 1 + MOST_PARTY_ROWS + 3]:
        mine = [other for other in row if any(abs(other[0].x0 - edge) < 1.2 * high for edge in lefts)]
        if not mine:
            if row and row[0][0].y0 - bottom > 2.2 * high:
                break
            continue
        other = mine[0]
        if other[0].y0 - bottom > 2.0 * high or split_label(other)[0] is not None or match("titles", said(other)):
            break
        block.append(Found(page, other, said(other)))
        bottom = other[0].y1
        if len(block) > MOST_PARTY_ROWS:
            break
    return [part for part in block if part.text.strip(" -:")]


def _incoterm(page: Page, row: Row, incoterms: tuple[str, ...], found: Header) -> None:
    """An Incoterm rule with the place named after it, wherever it stands, best under its own label."""
    current = found.fields.get("incoterm")
    if current and any(re.search(rf"\b{rule}\b", current.text.upper()) for rule in incoterms):
        return
    for cell in cells_of(row.words, page):
        place = re.search(rf"\b({'|'.join(incoterms)})(?=\b|[A-Z][a-z])", said(cell))
        if place:
            found.fields["incoterm"] = Found(page, cell, said(cell)[place.start() :], 0.9)
            return


def _letterhead(rest: list[tuple[Page, list[Row]]], found: Header) -> None:
    """The seller of a paper without a label for one: what stands at its head."""
    if "seller" in found.parties or not rest:
        return
    page, rows = rest[0]
    block: list[Found] = []
    edge: float | None = None
    bottom = 0.0
    for row in rows[:10]:
        for cell in cells_of(row.words, page)[:1]:
            text = said(cell)
            if match("titles", text) or split_label(cell)[0] is not None:
                if block:
                    found.parties["seller"] = block
                    return
                continue
            if edge is None:
                edge = cell[0].x0
            elif row.top - bottom > 2.0 * height_of(cell[0]):
                if block:
                    found.parties["seller"] = block
                return
            block.append(Found(page, cell, text, 0.7))
            bottom = row.bottom
    if block:
        found.parties["seller"] = block[:MOST_PARTY_ROWS]
