"""Brands: which a description names, and what goods they sell; a hint that gives way to goods the text names itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from landed.classify.facts import DATA, facts_in, vocabulary
from landed.classify.goods import Found, names
from landed.classify.words import EMPTY, spellings, stem_of, stems

AND = "and"  # of "arm and hammer", which labels leave out
FALLING = (1.0, 0.6, 0.45, 0.35, 0.3)  # weight of the first, second ... goods of a brand
PRODUCE = "14"  # the last chapter of animals, plants and fresh food
ALONE, LINE, BESIDE = 0.8, 0.85, 0.45  # a brand where nothing names goods; a line of two words or more; beside named goods


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand or line as the file writes it, with its goods: rows of trade names, or a code where no name exists."""

    name: str
    common: bool  # also an everyday word
    house: bool  # its name is itself goods ("boots")
    goods: tuple[tuple[str, tuple[int, ...]], ...]  # (code, ()) or (name, its rows)


@dataclass(frozen=True)
class Brands:
    """Every brand by its stems."""

    by_stems: dict[tuple[str, ...], Brand]
    words: frozenset[str]  # as written, of brands that are not everyday words
    longest: int


@dataclass(frozen=True, slots=True)
class Sold:
    """Goods that a brand found in a text sells: the code or the rows, and how much it counts."""

    brand: str
    place: int
    length: int  # in words
    code: str  # the code, or empty where rows of a name decide
    called: tuple[str, ...]  # the stems of that name
    rows: tuple[int, ...]
    weight: float


@lru_cache(maxsize=1)
def brands() -> Brands:
    """The packaged brands. The first row that writes a brand holds."""
    by_stems: dict[tuple[str, ...], Brand] = {}
    written: set[str] = set()
    known = names().by_stems
    for text in (DATA / "brands.txt").read_text(encoding="utf-8").splitlines():
        if not text.strip() or text.startswith("#"):
            continue
        left, _, right = text.partition("=")
        goods: list[tuple[str, tuple[int, ...]]] = []
        for each in (g.strip() for g in right.split(";")):
            if each.replace(".", "").isdigit():
                goods.append((each.replace(".", ""), ()))
            elif rows := known.get(stems(each)):
                goods.append((each, rows))
        for called in (n.strip() for n in left.split(",")):
            common = called.startswith("~")
            name = called.lstrip("~^")
            key = tuple(w for w in stems(name) if w != AND)
            if key and goods:
                by_stems.setdefault(key, Brand(name, common, called.startswith("^"), tuple(goods)))
                if not common:
                    written.update(w for w in name.split() if len(w) > 3)
    return Brands(by_stems, frozenset(written), max(map(len, by_stems)))


def is_house(text: str, stemmed: tuple[str, ...], named: list[Found]) -> bool:
    """Whether the first word is a house whose name is itself goods: goods of another chapter follow, or words that state no fact of goods."""
    brand = brands().by_stems.get(stemmed[:1])
    if brand is None or not brand.house or len(stemmed) < 2 or not named or named[0].start > 0 or named[0].length > 1:
        return False
    rows = names().rows
    own = {case.code[:2] for row in named[0].rows for case in rows[row].cases}
    of_what = vocabulary().phrases
    others = {case.code[:2] for found in named[1:] if stems(found.name) not in of_what for row in found.rows for case in rows[row].cases}
    return not own & others if others else not facts_in(text)


def is_flavour(name: Found, codes: frozenset[str]) -> bool:
    """Whether a name beside a brand is a taste or scent: fresh produce (a chapter of sections I and II) where the brand sells none."""
    rows = names().rows
    chapters = {case.code[:2] for row in name.rows for case in rows[row].cases}
    return any(chapter <= PRODUCE for chapter in chapters) and all(code[:2] > PRODUCE for code in codes)


def is_inside(name: Found, stemmed: tuple[str, ...], sold: list[Sold]) -> bool:
    """Whether a name is only a word of a longer brand: the hammer of "arm and hammer"."""
    start = name.start - stemmed[: name.start].count(AND)
    return any(each.place <= start and start + name.length <= each.place + each.length and name.length < each.length for each in sold)


def find_brands(stemmed: tuple[str, ...], named: frozenset[int]) -> list[Sold]:
    """What the brands in a run of stems sell; `named` holds the places of words that are part of a trade name.

    A brand of one word that is itself part of a trade name is not heard ("apple corer"); everyday words only where no goods are named.
    """
    known = brands()
    sold: list[Sold] = []
    named = frozenset(place - stemmed[:place].count(AND) for place in named)
    stemmed = tuple(w for w in stemmed if w != AND)
    place = 0
    while place < len(stemmed):
        for length in range(min(known.longest, len(stemmed) - place), 0, -1):
            brand = known.by_stems.get(stemmed[place : place + length])
            span = frozenset(range(place, place + length))
            if brand is None or (brand.common and named) or (brand.house and place > 0) or (length == 1 and place in named):
                continue
            beside = named - span
            weight = BESIDE if beside else LINE if length > 1 else ALONE
            if brand.common:
                weight *= 0.6
            for (goods, rows), share in zip(brand.goods, FALLING, strict=False):
                sold.append(Sold(brand.name, place, length, "" if rows else goods, stems(goods) if rows else (), rows, weight * share / (1 + 0.02 * place)))
            place += length - 1
            break
        place += 1
    return sold


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """The stems of every word that names, facts, spellings and brands hold, and words that say nothing."""
    found = {stem for key in names().by_stems for stem in key} | {stem for key in vocabulary().phrases for stem in key}
    found |= {stem for key in brands().by_stems for stem in key}
    return frozenset(found | {stem_of(w) for w in (*spellings(), *EMPTY)})
