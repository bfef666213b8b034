"""Ways in which a listed name is written otherwise: benign, evasive and degraded variants, made from a seed."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator

LOOK_ALIKE = str.maketrans("aceopxyisABEKMHOPCTX", "асеорхуіѕАВЕКМНОРСТХ")
HIDDEN = ("\u200b", "\u200c", "\u200d", "\u00a0", "\u2060")
NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", ("wa", "qe", "wr", "et", "ry", "tu", "yi", "uo", "ip", "ol", "qsz", "awd", "sef", "drg", "fth", "gyj", "huk", "jil", "kop", "asx", "zsc", "xdv", "cfb", "vgn", "bhm", "njk"), strict=True))
SOUNDS = (("ph", "f"), ("ck", "k"), ("c", "k"), ("s", "z"), ("ei", "ie"), ("y", "i"), ("kh", "h"), ("gh", "g"))
MISREAD = (("rn", "m"), ("m", "rn"), ("cl", "d"), ("l", "1"), ("O", "0"), ("S", "5"), ("B", "8"))
TITLES = ("Dr.", "Mr.", "Sheikh", "Hajji", "Col.", "Gen.", "Eng.", "Prof.")
PARTICLE = re.compile(r"\b(al|el|bin|ibn|abu|abd|van|von|de|del|la|le)[\s-]+", re.IGNORECASE)


def natural(name: str) -> str:
    """A name "LAST, First" as it is spoken, in capitals of a title."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}".title() if comma else name.title()


def _order(words: list[str], draw: random.Random) -> list[str]:
    return [" ".join(reversed(words)), " ".join([words[-1], *words[:-1]])] if len(words) > 1 else []


def _drop(words: list[str], draw: random.Random) -> list[str]:
    middle = range(1, len(words) - 1)
    return [" ".join(words[:n] + words[n + 1 :]) for n in draw.sample(middle, min(2, len(middle)))]


def _vowels(words: list[str], draw: random.Random) -> list[str]:
    return [" ".join(w if len(w) < 4 else w[0] + re.sub("[aeiouAEIOU]", "", w[1:-1]) + w[-1] for w in words)]


def _typo(words: list[str], draw: random.Random) -> list[str]:
    text = list(" ".join(words))
    places = [n for n, c in enumerate(text) if c.lower() in NEIGHBOURS]
    place = draw.choice(places)
    text[place] = draw.choice(NEIGHBOURS[text[place].lower()])
    return ["".join(text)]


def _swap(words: list[str], draw: random.Random) -> list[str]:
    text = list(" ".join(words))
    places = [n for n in range(len(text) - 1) if text[n] != " " and text[n + 1] != " "]
    place = draw.choice(places) if places else 0
    text[place : place + 2] = reversed(text[place : place + 2])
    return ["".join(text)]


def _hidden(words: list[str], draw: random.Random) -> list[str]:
    text = " ".join(words)
    place = draw.randrange(1, len(text) - 1) if len(text) > 2 else 1
    return [text[:place] + draw.choice(HIDDEN) + text[place:]]


def _look(words: list[str], draw: random.Random) -> list[str]:
    text = " ".join(words)
    places = [n for n, c in enumerate(text) if c.translate(LOOK_ALIKE) != c]
    place = draw.choice(places) if places else 0
    return [text[:place] + text[place : place + 1].translate(LOOK_ALIKE) + text[place + 1 :], text.translate(LOOK_ALIKE)]


def _each(pairs: tuple[tuple[str, str], ...]) -> Callable[[list[str], random.Random], list[str]]:
    def made(words: list[str], draw: random.Random) -> list[str]:
        text = " ".join(words)
        fitting = [(old, new) for old, new in pairs if old in text]
        return [text.replace(old, new, 1) for old, new in draw.sample(fitting, min(2, len(fitting)))]

    return made


FAMILIES: dict[str, dict[str, Callable[[list[str], random.Random], list[str]]]] = {
    "benign": {
        "order": _order,
        "word dropped": _drop,
        "initials": lambda words, draw: [" ".join([words[0][0] + ".", *words[1:]])] if len(words) > 1 else [],
        "title": lambda words, draw: [" ".join([draw.choice(TITLES), *words]), " ".join([*words, "Jr."])],
        "punctuation": lambda words, draw: [" ".join(words).replace(mark, by) for mark, by in (("'", ""), ("-", " "), ("-", ""), (".", "")) if mark in " ".join(words)],
        "particle": lambda words, draw: [PARTICLE.sub(r"\1-", " ".join(words)), PARTICLE.sub(r"\1", " ".join(words)), PARTICLE.sub("", " ".join(words))] if PARTICLE.search(" ".join(words)) else [],
        "accents": lambda words, draw: ["".join(c for c in unicodedata.normalize("NFD", " ".join(words)) if unicodedata.category(c) != "Mn")],
    },
    "evasive": {
        "look-alike letters": _look,
        "hidden characters": _hidden,
        "vowels dropped": _vowels,
        "letters doubled": lambda words, draw: [re.sub(r"([bdlmnprst])", r"\1\1", " ".join(words), count=1), re.sub(r"(.)\1", r"\1", " ".join(words))],
        "sound": _each(SOUNDS),
    },
    "degraded": {
        "misread": _each(MISREAD),
        "typing error": _typo,
        "letters swapped": _swap,
        "cut": lambda words, draw: [" ".join(words)[:width].rstrip() for width in (20, 35) if len(" ".join(words)) > width],
    },
}


def variants(name: str, seed: int) -> Iterator[tuple[str, str, str]]:
    """(family, way, variant) of a name; the name itself is never among them."""
    words = name.split()
    for family, ways in FAMILIES.items():
        for way, make in ways.items():
            draw = random.Random(f"{seed} {way} {name}")
            for made in dict.fromkeys(make(words, draw)) if words and len(name) > 2 else ():
                made = " ".join(made.split(" ")).strip()
                if made and made.casefold() != name.casefold():
                    yield family, way, made
