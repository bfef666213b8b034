"""What is printed on goods, their package or a specification sheet: facts such as material, power and origin mark, and the words that may name the goods."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from landed.documents.layout import rows_of, said
from landed.documents.model import Box, Page, Source
from landed.documents.words import country_in

MOST_LINES, LONGEST_LINE = 200, 200
MOST_WORDS = 400  # letters of printed lines that are taken as words of the goods
SMALL = 0.55  # of the height of the largest line, under which a line does not name the goods
LEAST_SURE = 0.6

_FIBRE = re.compile(r"(\d{1,3}(?:[.,]\d)?)\s*%\s*([A-Za-z][A-Za-z -]{2,24})")
_PAIR = re.compile(r"^\s*([A-Za-z][A-Za-z /()-]{1,38}?)\s*[:\uff1a]\s*(\S.{0,180})$")
_MADE = re.compile(r"(?:made|manufactured|produced|assembled|product)\s*(?:in|of)\s*[:.]?\s*(?:the\s+)?([A-Za-z][A-Za-z .'-]{1,40})", re.I)
_POWER = re.compile(r"\b\d[\d.,]*\s*(?:-\s*\d[\d.,]*\s*)?(?:k?W|k?V~?|mAh|Ah|Hz|kHz|V(?:AC|DC))\b")
_CODE = re.compile(r"\b\d{4}[.\s]?\d{2}(?:[.\s]?\d{2}){0,2}\b|https?://\S+|www\.\S+|\S+@\S+")
# Labels whose values say what goods are; the rest (barcode, net weight, address) is left aside.
_TELLING = re.compile(r"material|fabric|compos|content|shell|lining|upper|sole|filling|type|item|product|name|description|function|use|usage|purpose|application|power|voltage|model|style|form|shape|size|gender|age|sex|set|pack|colou?r|weave|knit|finish|surface|feature|category", re.I)
_NAMES = re.compile(r"^(product|item|goods|description|product name|item name|name|article|product description|description of goods|title)$", re.I)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing read: its name (words, material, power, origin_mark, or the label it stood under), value, text as printed, page, box as shares of the page, and how sure (0 to 1)."""

    name: str
    value: str
    text: str
    page: int
    box: Box | None
    confidence: float
    source: Source
    height: float = 0.0  # of the line as a share of the page; 1 where a label such as "Product name" says that it names the goods


def printed(pages: Iterable[Page], countries: tuple[tuple[str, str], ...]) -> tuple[Fact, ...]:
    """The facts of pages in reading order, each name but words once. `countries` are (ISO code, name); a mark of origin of no known country is left aside.

    Codes, links and addresses fall away: a text on goods may say what they are, never what to do or which code to take.
    """
    found: list[Fact] = []
    known: set[str] = set()
    for page in pages:
        for row in rows_of(page)[:MOST_LINES]:
            words = [w for w in row.words if w.confidence >= LEAST_SURE]
            text = said(words)[:LONGEST_LINE].strip() if words else ""
            if len(re.findall(r"[A-Za-z]", text)) < 2:
                continue
            box, sure = cast(Box, tuple(map(float, page.box(words)))), round(float(min(w.confidence for w in words)), 3)
            for name, value, labelled in _of_line(text, countries):
                if name != "words" and name in known:
                    continue
                known.add(name)
                found.append(Fact(name, value, text, page.number, box, sure, page.source, 1.0 if labelled else round(box[3] - box[1], 4)))
    return tuple(found)


@lru_cache(maxsize=1)
def _lists() -> tuple[Any, dict[str, str]]:
    """(what a line beside the matter says, fibres by their letters)."""
    from landed.lawbook.load import parse_yaml

    file = Path(__file__).resolve().parent / "data" / "printed.yaml"
    raw = parse_yaml(file.read_bytes(), file.name)
    return re.compile(r"\b(?:" + "|".join(re.escape(word) for word in raw["aside"]) + r")\b", re.I), {name.replace(" ", ""): name for name in raw["fibres"]}


def _of_line(text: str, countries: tuple[tuple[str, str], ...]) -> list[tuple[str, str, bool]]:
    """(name, value, whether a label says that it names the goods) of a printed line; nothing for one beside the matter."""
    made = _MADE.search(text)
    if made:
        mark = _country(made[1].strip(" ."), countries)
        return [("origin_mark", mark, False)] if mark else []
    clean = " ".join(_CODE.sub(" ", text).split())
    aside, fibres = _lists()
    shares = _FIBRE.findall(clean)
    if shares:
        return [("material", ", ".join(f"{share}% {fibres.get(name.replace(' ', '').lower(), name.strip().lower())}" for share, name in shares), False)]
    if aside.search(text):
        return []
    pair = _PAIR.match(clean)
    if pair:
        label, value = " ".join(pair[1].lower().split()), pair[2].strip()
        if _NAMES.match(label):
            return [("words", value, True)]
        if "origin" in label and (code := country_in(value, countries)):
            return [("origin_mark", code, False)]
        return [(label, value, False)] if _TELLING.search(label) else []
    power = _POWER.findall(clean)
    if power:
        return [("power", " ".join(power), False)]
    letters = sum(c.isalpha() for c in clean)
    return [("words", clean, False)] if letters >= 3 and letters >= 0.5 * len(clean.replace(" ", "")) else []


def _country(text: str, countries: tuple[tuple[str, str], ...]) -> str:
    """The country of a mark, with one letter in eight misread or a blank too many at most; "" for none."""
    found = country_in(text, countries) or country_in(text.replace(" ", ""), countries)
    if found:
        return found
    names = {name.replace(" ", "").casefold(): code for code, name in countries if len(name) >= 5}
    near = difflib.get_close_matches(text.replace(" ", "").casefold(), names, n=1, cutoff=0.87)
    return names[near[0]] if near else ""


def words_of(facts: Iterable[Fact]) -> str:
    """The words that may name the goods, up to MOST_WORDS letters: those under a label of their name, else the large lines."""
    lines = [f for f in facts if f.name == "words"]
    largest = max((f.height for f in lines), default=0.0)
    text = ""
    for fact in lines:
        if fact.height >= SMALL * largest and len(text) + len(fact.value) < MOST_WORDS and fact.value.lower() not in text.lower():
            text = f"{text}, {fact.value}" if text else fact.value
    return text
