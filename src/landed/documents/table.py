"""The lines of goods of a document and its totals, across pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from landed.documents.layout import NUMERIC, Heads, Row, assign, cells_of, find_heads, height_of, rows_of, said
from landed.documents.model import Page, Word
from landed.documents.numbers import is_number
from landed.documents.words import currency_in, key, match, unit_of

MOST_LINES = 2_000
INLINE_CODE = re.compile(r"\(?\b(?:H\.?\s?T?\.?\s?S\.?(?:\s?US)?|HS|HTS|HSN|Tariff|Commodity|NCM|Zolltarif(?:nummer)?|customs)\s*\.?\s*(?:code|no|number|nr)?\s*\.?\s*[:#.]?\s*(\d{4}[\d. ]{2,10}\d)\)?", re.I)
INLINE_ORIGIN = re.compile(r"\(?\b(?:country\s*of\s*origin|origin|made\s*in|c/o|coo|ursprung(?:sland)?|origine|origen)\s*[:.]?\s*([A-Za-z][A-Za-z .']{1,30}?)\)?(?=$|[,;|/()]|\s{2}|\s+(?:HS|HTS|H\.S|Tariff)\b)", re.I)


@dataclass(slots=True)
class Cells:
    """One line of goods: the words under each heading, with the page they stand on."""

    page: Page
    found: dict[str, list[Word]]
    top: float
    bottom: float
    more: list[Word] = field(default_factory=list)


@dataclass(slots=True)
class Total:
    """One sum below the lines: what it is, its words for the number, and those of its label."""

    kind: str
    page: Page
    label: list[Word]
    number: list[Word]


@dataclass(slots=True)
class Table:
    """The goods of a document: lines, sums, the labels of the columns, and the rows of each page that are no part of it."""

    lines: list[Cells]
    totals: list[Total]
    columns: dict[str, str]
    rest: list[tuple[Page, list[Row]]]
    grouped: bool = False  # groups of goods have sums of their own


def read_table(pages: list[Page]) -> Table:
    """Lines and totals of all pages; a page without headings goes on under those of the page before."""
    table = Table([], [], {}, [])
    heads: Heads | None = None
    open_table = False
    for page in pages:
        rows = rows_of(page)
        own = find_heads(rows, page)
        if own is not None and (heads is None or {c.name for c in own.columns} & {"amount", "quantity", "packages", "net_weight"}):
            heads, rest, begin = own, rows[: own.start], own.first
            open_table = True
            for column in own.columns:
                table.columns.setdefault(column.name, column.label)
        elif heads is not None and open_table:
            rest, begin = [], 0
        else:
            table.rest.append((page, rows))
            continue
        outside, open_table = _lines(rows[begin:], heads, page, table)
        table.rest.append((page, rest + outside))
    if table.grouped:  # the sum of a group is not that of the goods
        table.totals[:] = [each for each in table.totals if each.kind != "subtotal"]
    return table


def _lines(rows: list[Row], heads: Heads, page: Page, table: Table) -> tuple[list[Row], bool]:
    """Reads rows under headings into the table; gives the rows that are no part of it, and whether the table may go on overleaf."""
    outside: list[Row] = []
    ended = carried = False
    loose: list[tuple[Row, dict[str, list[Word]]]] = []
    last: Cells | None = None
    first_on_page, first_sum = len(table.lines), len(table.totals)
    for row in rows:
        words = row.words
        sums = table.totals[first_sum:]
        if ended:
            total = _total(row, heads, page)
            if total and total.kind != "carried":
                table.totals.append(total)
            elif not total and sums and all(each.kind == "subtotal" for each in sums) and _goods(assign(words, heads.columns, page)):
                ended = False  # the sum of a group, and the next group
                table.grouped = True
            elif not total:
                outside.append(row)
            if ended:
                continue
        total = _total(row, heads, page)
        if total is not None:
            if total.kind == "carried":
                carried = True
            else:
                table.totals.append(total)
                ended = True
                for name in ("quantity", "packages", "net_weight", "gross_weight", "volume"):
                    _column_total(name, row, heads, page, table, total)
            continue
        if re.match(r"(?i)\s*(page|seite|página|p\.)\s*\d+(\s*(of|/|von|de)\s*\d+)?\s*$", row.text):
            continue
        if page.source == "scan" and any(c.name == "line" for c in heads.columns):
            words = _apart(words, len(table.lines) + 1)
        found = assign(words, heads.columns, page)
        if page.source == "scan" and any(c.name == "line" for c in heads.columns):
            _own_number(found, len(table.lines) + 1)
        numbers = [name for name in NUMERIC - {"line"} if name in found and any(is_number(w.text) for w in found[name])]
        if "amount" in numbers or len(numbers) >= 2 or (len(numbers) == 1 and not {c.name for c in heads.columns} & {"amount", "price"} and numbers[0] != "volume"):
            table.lines.append(Cells(page, found, row.top, row.bottom))
            last = table.lines[-1]
            _learn(found, heads)
            if len(table.lines) > MOST_LINES:
                break
        elif {"description", "reference", "code", "origin"} & found.keys():
            loose.append((row, found))
        else:
            outside.append(row)
    _attach(loose, table.lines[first_on_page:], outside)
    del last
    return outside, not ended or carried


def _goods(found: dict[str, list[Word]]) -> bool:
    """Whether a row is a line of goods beyond doubt."""
    numbers = {name for name in ("amount", "quantity", "price") if any(is_number(w.text) for w in found.get(name, ()))}
    return len(numbers) >= 2 and "amount" in numbers and bool({"description", "reference"} & found.keys())


def _apart(words: list[Word], number: int) -> list[Word]:
    """The number of a line that the reader ran into the word after it ("3Copper"), taken off."""
    first = words[0]
    mark = str(number)
    if not re.match(rf"{mark}[A-Za-z]", first.text):
        return words
    middle = first.x0 + (first.x1 - first.x0) * len(mark) / len(first.text)
    return [Word(mark, first.x0, first.y0, middle, first.y1, first.confidence), Word(first.text[len(mark) :], middle, first.y0, first.x1, first.y1, first.confidence), *words[1:]]


def _own_number(found: dict[str, list[Word]], number: int) -> None:
    """The number of a line that stands so near the next column that it was taken for a part of it, put back."""
    if "line" in found:
        return
    for name in ("reference", "description"):
        words = found.get(name) or []
        if len(words) > 1 and words[0].text.rstrip(".") == str(number):
            found["line"] = [words.pop(0)]
            return


def _learn(found: dict[str, list[Word]], heads: Heads) -> None:
    for column in heads.columns:
        if words := found.get(column.name):
            column.seen.append((words[0].x0, words[-1].x1))


def _attach(loose: list[tuple[Row, dict[str, list[Word]]]], lines: list[Cells], outside: list[Row]) -> None:
    """Rows without sums belong to the line they stand nearest to; where the gap is wide they are no part of the table."""
    if not lines:
        outside.extend(row for row, _ in loose)
        return
    edges = {id(line): [line.top, line.bottom] for line in lines}
    waiting = list(loose)
    moved = True
    while waiting and moved:
        moved = False
        for row, found in list(waiting):
            high = height_of(row.words[0])
            above = min(((row.top - edges[id(line)][1], place) for place, line in enumerate(lines) if edges[id(line)][1] <= row.top + 0.3 * high), default=None)
            below = min(((edges[id(line)][0] - row.bottom, place) for place, line in enumerate(lines) if edges[id(line)][0] >= row.bottom - 0.3 * high), default=None)
            choice = None
            if above and above[0] < 1.3 * high:
                choice = above
            if below and below[0] < 1.3 * high and (choice is None or below[0] < choice[0] - 0.25 * high):
                choice = below
            if choice is None:
                continue
            line = lines[choice[1]]
            for name, words in found.items():
                if name in ("code", "origin", "reference", "unit") and name not in line.found:
                    line.found[name] = words
                elif name in NUMERIC and name in line.found:
                    line.more.extend(words)
                else:
                    here = line.found.setdefault("description" if name not in ("description",) else name, [])
                    here[:] = [*here, *words] if choice is above else [*words, *here]
            edges[id(line)] = [min(edges[id(line)][0], row.top), max(edges[id(line)][1], row.bottom)]
            waiting.remove((row, found))
            moved = True
    outside.extend(row for row, _ in waiting)


def _total(row: Row, heads: Heads | None, page: Page) -> Total | None:
    """A row whose first words name a sum and that holds a number, or None."""
    cells = cells_of(row.words, page)
    for place, cell in enumerate(cells[:3]):
        for size in range(min(6, len(cell)), 0, -1):
            kind = total_kind(said(cell[:size]))
            if kind is None:
                continue
            rest = list(cell[size:]) + [w for c in cells[place + 1 :] for w in c]
            if kind == "carried":
                return Total(kind, page, cell[:size], [])
            if any(w.text.casefold() in ("pcs", "cartons", "ctns", "qty", "quantity", "weight", "cbm", "packages") for w in cell[size : size + 1]) and size == 1:
                return None
            number = _number(rest, heads, page)
            if number is None or (place and not _plain_before(cells[:place])):
                continue
            return Total(kind, page, [w for w in row.words if w not in number], number)
    return None


def _plain_before(cells: list[list[Word]]) -> bool:
    return all(len(said(c)) <= 3 for c in cells)


def total_kind(text: str) -> str | None:
    """Which sum a label names; a longer label is judged by what it begins with ("Total FOB Shenzhen", "Freight to Los Angeles")."""
    bare = re.sub(r"\([^)]*\)|[:.]", " ", text).strip()
    if not bare:
        return None
    if found := match("totals", bare):
        return found
    parts = bare.split()
    while len(parts) > 1 and (currency_in(parts[-1]) or parts[-1] in ("$", "€", "£", "¥") or re.fullmatch(r"[A-Z]{3}", parts[-1])):
        parts = parts[:-1]
        if found := match("totals", " ".join(parts)):
            return found
    return None


def _number(words: list[Word], heads: Heads | None, page: Page) -> list[Word] | None:
    """The words of the sum at the right-hand end of a row: the number under the amount, or the last one."""
    numbers = [w for w in words if is_number(w.text)]
    if not numbers:
        return None
    column = next((c for c in heads.columns if c.name == "amount"), None) if heads else None
    if column is not None and len(numbers) > 1:
        edges = column.seen[-4:] or [(column.x0, column.x1)]
        near = [w for w in numbers if any(w.x1 > left - 0.5 * height_of(w) and w.x0 < right + 0.5 * height_of(w) for left, right in edges)]
        numbers = near or numbers
    last = numbers[-1]
    run = [last]
    for word in reversed(words[: words.index(last)]):  # "1 234,50" in two words
        if re.fullmatch(r"\d{1,3}", word.text) and re.fullmatch(r"\d{3}(?:[ .,]\d{3})*[.,]\d{2}|\d{3}", run[0].text) and run[0].x0 - word.x1 < 0.5 * height_of(word):
            run.insert(0, word)
        else:
            break
    return run


def _column_total(name: str, row: Row, heads: Heads, page: Page, table: Table, total: Total) -> None:
    column = next((c for c in heads.columns if c.name == name), None)
    if column is None or not column.seen or total.kind not in ("total", "subtotal"):
        return
    taken = {id(w) for w in total.number} if any(c.name == "amount" for c in heads.columns) else set()
    for word in row.words:
        if id(word) in taken or not is_number(word.text):
            continue
        if any(word.x1 > left - 0.3 * height_of(word) and word.x0 < right + 0.3 * height_of(word) for left, right in column.seen[-6:]):
            if not any(t.kind == f"total_{name}" for t in table.totals):
                table.totals.append(Total(f"total_{name}", page, total.label, [word]))
            return


def quantity_and_unit(words: list[Word]) -> tuple[list[Word], str | None]:
    """The words of a number of pieces, and the unit beside it ("1,200 PCS", "1200PCS")."""
    unit = None
    numbers = []
    for word in words:
        found = re.fullmatch(r"([\d.,'’]+)\s*([A-Za-z]{1,7})\.?", word.text)
        if found and (unit_of(found[2])):
            unit = unit or unit_of(found[2])
            numbers.append(word)
        elif is_number(word.text):
            numbers.append(word)
        elif (named := unit_of(word.text)) is not None:
            unit = unit or named
        elif len(word.text.split()) == 2 and unit_of(word.text.split()[1]):
            unit = unit or unit_of(word.text.split()[1])
            numbers.append(word)
    return numbers, unit


def label_key(text: str) -> str:
    """The key of a label, for comparison."""
    return key(text)
