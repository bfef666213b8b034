"""Rows and cells of a page, and the table of goods: which row names the columns, and which word stands under which name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from landed.documents.model import Page, Word
from landed.documents.numbers import is_number
from landed.documents.words import country_in, currency_in, key, match, names, unit_of

JOINED = 0.75  # words nearer than this share of their height are one cell
CLOSE = (0.45, 0.2)  # the same in a row of headings, where columns stand closer
NUMERIC = frozenset({"quantity", "price", "amount", "other_amount", "net_weight", "gross_weight", "packages", "volume", "line"})
LEAST_COLUMNS = 3
LONGEST_LABEL = 5  # words
ASIDE = "aside"  # a column whose heading says nothing to us: what stands under it is no part of its neighbours


@dataclass(slots=True)
class Row:
    """Words that stand at one height, from left to right."""

    words: list[Word]

    @property
    def top(self) -> float:
        return min(w.y0 for w in self.words)

    @property
    def bottom(self) -> float:
        return max(w.y1 for w in self.words)

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)


@dataclass(slots=True)
class Column:
    """A column of the table: what it holds, its edges, and the words of its heading."""

    name: str
    x0: float
    x1: float
    label: str
    seen: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Heads:
    """The row of headings of a table on one page: its columns from left to right, and where the goods begin."""

    columns: list[Column]
    first: int  # the row after the headings
    start: int


def rows_of(page: Page) -> list[Row]:
    """The words of a page in rows, from top to bottom."""
    rows: list[Row] = []
    for word in sorted(page.words, key=lambda w: w.middle):
        for row in reversed(rows[-4:]):
            last = row.words[-1]
            shared = min(row_bottom(row), word.y1) - max(row_top(row), word.y0)
            if shared > 0.5 * min(word.y1 - word.y0, last.y1 - last.y0) and abs(word.middle - sum(w.middle for w in row.words) / len(row.words)) < 0.5 * (word.y1 - word.y0):
                row.words.append(word)
                break
        else:
            rows.append(Row([word]))
    for row in rows:
        row.words.sort(key=lambda w: w.x0)
    return sorted(rows, key=lambda r: r.top)


def row_top(row: Row) -> float:
    """The upper edge of the words of a row, without the highest letters."""
    return sum(w.y0 for w in row.words) / len(row.words)


def row_bottom(row: Row) -> float:
    """The lower edge of the words of a row."""
    return sum(w.y1 for w in row.words) / len(row.words)


def height_of(word: Word) -> float:
    """The height of a word, which for a sheet is that of its row."""
    return max(1.0, word.y1 - word.y0)


def cells_of(words: list[Word], page: Page, joined: float = JOINED) -> list[list[Word]]:
    """Words that stand close together (nearer than `joined` of their height), as cells from left to right; a cell of a sheet is a cell."""
    cells: list[list[Word]] = []
    for word in words:
        if cells and page.source != "sheet" and word.x0 - cells[-1][-1].x1 < joined * min(height_of(word), height_of(cells[-1][-1])):
            cells[-1].append(word)
        else:
            cells.append([word])
    return cells


def said(words: list[Word]) -> str:
    """The text of words side by side."""
    return " ".join(w.text for w in words)


def label_of(text: str) -> str | None:
    """What a heading of a column names, what stands in brackets and currencies and units after it left aside."""
    if found := match("columns", text):
        return found
    bracket = re.fullmatch(r"([^(\[]+?)[\s:/]*[(\[][^()\[\]]*[)\]]?", text)
    if bracket and (found := match("columns", bracket[1])):
        return found
    parts = text.split()
    while len(parts) > 1 and (_is_currency(parts[-1]) or (parts[-1][:1] in "([" and unit_of(parts[-1].strip("()[]"))) or parts[-1].strip("()[]") in ("$", "€", "£", "¥", "in")):
        parts = parts[:-1]
        if found := match("columns", " ".join(parts).rstrip(" (/")):
            return found
    fused = re.fullmatch(r"(.{3,}?)[\s.]*([A-Z]{3})", text)
    if fused and currency_in(fused[2]) and (found := match("columns", fused[1])):
        return found
    if " / " in text:
        for half in text.split(" / "):
            if found := match("columns", half):
                return found
    latin = "".join(c for c in text if c.isascii())
    return match("columns", latin) if latin.strip() and latin != text else None


def _is_currency(word: str) -> bool:
    """Whether a word is the name of a currency and nothing else."""
    return key(word) in names("currencies")


def find_heads(rows: list[Row], page: Page) -> Heads | None:
    """The headings of the table of goods: the row, or two or three rows one above the other, that name most columns."""
    best: tuple[float, Heads] | None = None
    for start in range(len(rows)):
        for deep in (1, 2, 3):
            if start + deep > len(rows) or (deep > 1 and rows[start + deep - 1].top - rows[start + deep - 2].bottom > 1.2 * height_of(rows[start].words[0])):
                break
            if deep > 1 and any(sum(c.isdigit() for c in w.text) > 1 for w in rows[start + deep - 1].words):
                break  # goods, not headings
            for close in CLOSE if deep > 1 else CLOSE[:1]:
                columns, other = _headings(rows[start : start + deep], page, close)
                found = {c.name for c in columns if not c.name.startswith(ASIDE)}
                if len(found) < LEAST_COLUMNS or not found & {"description", "reference"} or not found & NUMERIC - {"line"}:
                    continue
                score = len(found) - 0.6 * other - 0.05 * deep - 0.001 * start
                if score > 0 and (best is None or score > best[0] + 1e-9):
                    best = (score, Heads(columns, start + deep, start))
    return best[1] if best else None


def _headings(rows: list[Row], page: Page, close: float) -> tuple[list[Column], int]:
    """Columns named by rows one above the other, and how many cells name nothing."""
    if len(rows) == 1:
        return _along([part for w in rows[0].words for part in _parted(w)] if page.source == "scan" else rows[0].words, page)
    stacks: list[list[Word]] = []
    for cell in sorted((c for row in rows for c in cells_of(row.words, page, close)), key=lambda c: c[0].x0):
        x0, x1 = cell[0].x0, cell[-1].x1
        for stack in stacks:
            left, right = min(w.x0 for w in stack), max(w.x1 for w in stack)
            if min(x1, right) - max(x0, left) > 0.3 * min(x1 - x0, right - left):
                stack.extend(cell)
                break
        else:
            stacks.append(list(cell))
    found: list[Column] = []
    other = 0
    for stack in stacks:
        stack.sort(key=lambda w: (next(i for i, row in enumerate(rows) if any(w is other for other in row.words)), w.x0))
        text = said(stack)
        name = label_of(text) or next((n for row in rows if (part := [w for w in stack if w in row.words]) and (n := label_of(said(part)))), None)
        if name:
            found.append(Column(f"{ASIDE} {len(found)}x" if name == ASIDE else name, min(w.x0 for w in stack), max(w.x1 for w in stack), text))
        else:
            other += 1
            if page.source != "scan":  # on a scan it may be a heading misread, or half of one
                found.append(Column(f"{ASIDE} {other}", min(w.x0 for w in stack), max(w.x1 for w in stack), text))
    return _once(found), other


def _along(words: list[Word], page: Page) -> tuple[list[Column], int]:
    """Columns named along one row: at each word the longest run of words that is a label."""
    found: list[Column] = []
    other = place = 0
    while place < len(words):
        for size in range(min(LONGEST_LABEL, len(words) - place), 0, -1):
            run = words[place : place + size]
            if page.source == "sheet" and size > 1:
                continue
            if any(b.x0 - a.x1 > 1.4 * height_of(a) for a, b in itertools.pairwise(run)):
                continue
            text = said(run)
            if name := label_of(text):
                found.append(Column(f"{ASIDE} {place}x" if name == ASIDE else name, run[0].x0, run[-1].x1, text))
                place += size
                break
        else:
            if not (found and words[place].text.startswith(("(", "[", "/")) or _is_currency(words[place].text) or unit_of(words[place].text.strip("()"))):
                other += 1
                _beside(words, place, found, other, page)
            elif found:
                found[-1].label += " " + words[place].text
                found[-1].x1 = words[place].x1
            place += 1
    return _once(found), other


def _beside(words: list[Word], place: int, found: list[Column], other: int, page: Page) -> None:
    """A word of the headings that names nothing: a column of its own where it stands apart from the word before, else a part of what that began."""
    word = words[place]
    near = place > 0 and page.source != "sheet" and word.x0 - words[place - 1].x1 < JOINED * height_of(word)
    if page.source == "scan":
        return
    if not near and any(c.isalnum() for c in word.text):
        found.append(Column(f"{ASIDE} {other}", word.x0, word.x1, word.text))
    elif near and found and found[-1].name.startswith(ASIDE):
        found[-1].x1 = word.x1


def _parted(word: Word) -> list[Word]:
    """A heading that the reader ran into the next ("QtyUOM", "No.Description"), as two words where both halves are labels."""
    if label_of(word.text) or len(word.text) < 5:
        return [word]
    for cut in range(2, len(word.text) - 1):
        left, right = word.text[:cut], word.text[cut:]
        if len(key(left)) >= 2 and key(left) in _column_keys() and key(right) in _column_keys():
            middle = word.x0 + (word.x1 - word.x0) * cut / len(word.text)
            return [Word(left, word.x0, word.y0, middle, word.y1, word.confidence), Word(right, middle, word.y0, word.x1, word.y1, word.confidence)]
    return [word]


def _column_keys() -> Mapping[str, str]:
    return names("columns")


def _once(columns: list[Column]) -> list[Column]:
    """Each name once: a second "unit" is the price of one, a second "total" keeps the right-hand one, an "item" beside "no" is the reference."""
    columns.sort(key=lambda c: c.x0)
    names = [c.name for c in columns]
    if "quantity" not in names and "unit" in names and key(next(c.label for c in columns if c.name == "unit")) == "units":
        next(c for c in columns if c.name == "unit").name = "quantity"
    if "description" not in names:
        for column in columns:
            if column.name == "line" and key(column.label) in ("item", "position"):
                column.name = "description"
                break
    kept: dict[str, Column] = {}
    for column in columns:
        if column.name in kept:
            if column.name == "amount":
                column.name = "other_amount" if currency_in(column.label) != currency_in(kept["amount"].label) and currency_in(column.label) else "amount"
                kept[column.name] = column
            continue
        kept[column.name] = column
    return sorted(kept.values(), key=lambda c: c.x0)


def assign(words: list[Word], columns: list[Column], page: Page) -> dict[str, list[Word]]:
    """Which word of a row stands under which heading: the cheapest way from left to right that keeps the order of columns.

    A word far from a heading costs, as do a letter among numbers, a wide gap inside a column and a narrow one between two.
    """
    if not words:
        return {}
    unit = sum(height_of(w) for w in words) / len(words)
    many = len(columns)
    costs: list[list[float]] = []
    ways: list[list[int]] = []
    for place, word in enumerate(words):
        here = [_fit(word, column, columns[i + 1].x0 if i + 1 < many else page.width, columns[i - 1].x1 if i else 0.0, unit, page) for i, column in enumerate(columns)]
        if place == 0:
            costs.append(here)
            ways.append([0] * many)
            continue
        gap = (word.x0 - words[place - 1].x1) / unit
        row, way = [], []
        for column in range(many):
            options = []
            for before in range(column + 1):
                step = (0.8 * max(0.0, gap - 1.0) if page.source != "sheet" else 6.0) if before == column else max(0.0, 0.9 - gap) * 4.0
                options.append((costs[-1][before] + step, before))
            cheapest = min(options)
            row.append(cheapest[0] + here[column])
            way.append(cheapest[1])
        costs.append(row)
        ways.append(way)
    column = min(range(many), key=lambda i: costs[-1][i])
    found: dict[str, list[Word]] = {}
    for place in range(len(words) - 1, -1, -1):
        found.setdefault(columns[column].name, []).insert(0, words[place])
        column = ways[place][column]
    return found


def _fit(word: Word, column: Column, after: float, before: float, unit: float, page: Page) -> float:
    away = max(0.0, column.x0 - word.x1, word.x0 - column.x1) / unit
    if column.seen:
        learned = min(max(0.0, left - word.x1, word.x0 - right, 0.0) + 0.3 * min(abs(left - word.x0), abs(right - word.x1)) for left, right in column.seen[-6:]) / unit
        away = min(away, learned)
    text = word.text
    number = is_number(text)
    name = column.name
    if name in NUMERIC:
        cost = min(8.0, 0.7 * away)
        if not number:
            loose = text.strip("$€£¥.:()") == "" or currency_in(text) or unit_of(text) or text in ("x", "@", "/", "-")
            cost += 1.0 if loose else 7.0 if not any(c.isdigit() for c in text) else 2.5
        elif name == "line" and (len(text) > 4 or any(c in ".," for c in text.rstrip("."))):
            cost += 4.0
        return cost
    if name.startswith(ASIDE):
        return min(6.0, 0.6 * away) + 0.4
    if name == "code":
        digits = sum(c.isdigit() for c in text)
        return min(6.0, 0.5 * away) + (0.0 if digits >= 4 and digits >= 0.6 * len(text) else 4.0)
    if name == "unit":
        return min(6.0, 0.6 * away) + (0.0 if unit_of(text) else 3.5)
    if name == "currency":
        return min(6.0, 0.6 * away) + (0.0 if currency_in(text) else 5.0)
    if name == "origin":
        return min(6.0, 0.5 * away) + (3.0 if number else 0.0 if country_in(text) or len(text) > 2 else 1.0)
    if name == "reference":
        return min(6.0, 0.5 * away) + (0.0 if any(c.isdigit() for c in text) else 1.0)
    # Words of a description run on to the right of their heading as far as the next column.
    inside = column.x0 - unit <= word.x0 and word.x1 <= after + unit
    return (0.15 if inside else min(5.0, 0.6 * away) + 0.3) + (0.6 if number and any(c in ".," for c in text) else 0.25 if number else 0.0)
