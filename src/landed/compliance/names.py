"""Cleans names: hidden characters out, look-alike letters folded, scripts written in Latin, titles and legal forms set apart."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
LONGEST_NAME = 500  # characters; the longest listed name has about 200

# Letters of other scripts that look like Latin ones, lower case.
_LOOK = str.maketrans("асеорхуіѕјһԁԛԝкмнтвгзαβεηικμνορτυχω", "aceopxyisjhdqwkmhtbr3abenikmvoptuxw")
_LATIN = {
    **dict(zip("абвгдеёзийклмнопрстуфыэіїєґ", ("a", "b", "v", "g", "d", "e", "e", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "y", "e", "i", "i", "e", "g"), strict=True)),
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya", "ў": "u", "ђ": "dj", "ћ": "c", "љ": "lj", "њ": "nj", "џ": "dz", "ј": "j",
    **dict(zip("αβγδεζηικλμνξοπρσςτυφχψω", ("a", "v", "g", "d", "e", "z", "i", "i", "k", "l", "m", "n", "x", "o", "p", "r", "s", "s", "t", "y", "f", "ch", "ps", "o"), strict=True)), "θ": "th",
    "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n",
}  # fmt: skip
_TO_LATIN = str.maketrans(_LATIN)
_DIGITS = str.maketrans("015823|", "oisbze" + "l")
_SKIPPED = re.compile(r"['’`ʻʼ´ʿʾ]")
_DOTTED = re.compile(r"\b((?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?)")
_GAP = re.compile(r"[^\w]+|_+")
_TWICE = re.compile(r"(.)\1+")
_VOWELS = re.compile(r"[aeiouy]")
_FULL_VOWELS = re.compile(r"[aeiou]")
_FOLDS = (("rn", "m"), ("kh", "h"), ("gh", "g"), ("ph", "f"), ("ck", "k"), ("dj", "j"), ("ei", "i"), ("ie", "i"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ae", "e"), ("sch", "sh"), ("tz", "ts"), ("ff", "v"), ("x", "ks"))
_SOUND = str.maketrans("cqzywoe", "kksivui")


@dataclass(frozen=True, slots=True)
class Words:
    """The word table: legal forms, titles, particles, words that many firms share."""

    legal_forms: frozenset[str]
    titles: frozenset[str]
    particles: frozenset[str]
    generic: frozenset[str]
    spellings: dict[str, str]  # a spelling of a personal name -> the one it is compared as


@dataclass(frozen=True, slots=True)
class Name:
    """A name as compared: `tokens` without titles and legal forms, `forms` the legal forms, `compact` all letters of the tokens, in order.

    `unread` is the share of letters in a script that is kept as it stands (0 to 1).
    """

    tokens: tuple[str, ...]
    forms: tuple[str, ...]
    compact: str
    unread: float


@lru_cache(maxsize=1)
def words() -> Words:
    """The word table that ships with Landed."""
    from landed.lawbook.load import read_yaml

    found = read_yaml(DATA / "name_words.yaml")
    legal_forms, titles, particles, generic = (frozenset(map(str, found[name])) for name in ("legal_forms", "titles", "particles", "generic"))
    return Words(legal_forms, titles, particles, generic, {str(each): str(row[0]) for row in found["spellings"] for each in row})


def clean(text: str) -> Name:
    """A name as compared; empty tokens where nothing in it can be read."""
    table = words()
    plain = text.lower() if text.isascii() else _letters(text)
    plain = _DOTTED.sub(lambda m: m[0].replace(".", ""), _SKIPPED.sub("", plain))
    rough = [token for token in _GAP.split(plain) if token]
    tokens = [_digits_as_letters(token) for token in rough]
    core = [t for t in tokens if t not in table.legal_forms and t not in table.titles]
    if not core:
        core = [t for t in tokens if t not in table.titles] or tokens
    compact = "".join(core)
    unread = sum(ord(c) > 0x24F and c.isalpha() for c in compact)
    return Name(tuple(core), tuple(t for t in tokens if t in table.legal_forms), compact, unread / max(len(compact), 1))


def _letters(text: str) -> str:
    """Lower-case text without hidden characters and accents, in Latin letters where the script can be written so."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(" " if (kind := unicodedata.category(c)) == "Cc" else "" if kind == "Cf" else c for c in text).lower()
    tokens = text.split()
    latin = any(c.isascii() and c.isalpha() for c in text)
    found = " ".join(_one_script(token, latin) for token in tokens)
    found = "".join(c for c in unicodedata.normalize("NFD", found) if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", found.translate(_TO_LATIN))


def _one_script(token: str, latin_elsewhere: bool) -> str:
    """A token that mixes Latin with look-alikes, or is all look-alikes in a Latin name, as the Latin word it looks like."""
    foreign = [c for c in token if not c.isascii() and c.isalpha() and (c in _LATIN or c.translate(_LOOK) != c) and ord(c) > 0x24F]
    if not foreign:
        return token
    mixed = any(c.isascii() and c.isalpha() for c in token)
    alike = all(c.translate(_LOOK) != c for c in foreign)
    return token.translate(_LOOK) if mixed or (alike and latin_elsewhere) else token


def _digits_as_letters(token: str) -> str:
    """Digits inside a word of letters as the letters that they are misread for."""
    letters = sum(c.isalpha() for c in token)
    return token.translate(_DIGITS) if letters >= 2 and letters < len(token) and letters * 2 > len(token) else token


@lru_cache(maxsize=200_000)
def sound(token: str) -> str:
    """A token with spellings of one sound made alike: kh and h, q and k, z and s, doubled letters."""
    token = words().spellings.get(token, token)
    for old, new in _FOLDS:
        if old in token:
            token = token.replace(old, new)
    return _TWICE.sub(r"\1", token.translate(_SOUND))


@lru_cache(maxsize=200_000)
def skeleton(token: str) -> str:
    """The consonants of a token, doubled letters once; the first letter stays whatever it is."""
    return token[:1] + _TWICE.sub(r"\1", _VOWELS.sub("", token[1:]))


def vowel_poor(token: str) -> bool:
    """Whether a token looks as if its vowels had been taken out."""
    return len(token) >= 4 and not _FULL_VOWELS.search(token[1:-1]) or len(token) == 3 and not _FULL_VOWELS.search(token)


@lru_cache(maxsize=200_000)
def near_legal_form(token: str) -> bool:
    """Whether a word is a long legal form misspelt, cut or without its vowels (kompany, Lmtd, Incorporaetd)."""
    if len(token) < 3:
        return False
    from rapidfuzz import fuzz

    for form in words().legal_forms:
        if len(form) < 5:
            continue
        if (len(token) >= 5 and fuzz.ratio(token, form) >= 80) or sound(token) == sound(form) or (vowel_poor(token) and skeleton(token) == skeleton(form)):
            return True
        if len(token) >= 4 and form.startswith(token):
            return True
    return False
