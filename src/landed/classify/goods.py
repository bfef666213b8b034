"""Names that the trade gives goods, and the codes they may take: which names a description holds, and which case the facts choose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from landed.classify.facts import DATA, Facts, vocabulary
from landed.classify.words import stem_of, stems

SETTLED = 0.1  # share of the other cases once the question is answered
LEAST_WEIGHT = 0.55  # a fact said only aside does not choose a case
FILES = (
    "goods_wear.txt",
    "goods_home.txt",
    "goods_technical.txt",
    "goods_other.txt",
    "goods_trade.txt",
    "goods_play.txt",
    "goods_shop.txt",
    "goods_vehicles.txt",
    "goods_electronics.txt",
    "goods_machines.txt",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One code that goods of a name may take. `needs` lists the ways to it: one must hold, with every word or fact in it."""

    code: str
    needs: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Goods:
    """A row of trade names with its cases, in order; the last case without needs is what is left."""

    names: tuple[str, ...]
    cases: tuple[Case, ...]
    alone: bool = False  # its names are not looked for in rows that do not say so


@dataclass(frozen=True, slots=True)
class Fit:
    """How a case stands: `share` of the row's weight, the needs not met because the facts say otherwise, and the open ones."""

    case: Case
    share: float
    refused: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """Every row, and the places of its names: rows by the stems of a name."""

    rows: tuple[Goods, ...]
    by_stems: dict[tuple[str, ...], tuple[int, ...]]
    longest: int
    spelled: dict[tuple[str, ...], str]  # the name as the file writes it


@lru_cache(maxsize=1)
def names() -> Names:
    """The packaged names."""
    rows: list[Goods] = []
    by_stems: dict[tuple[str, ...], list[int]] = {}
    spelled: dict[tuple[str, ...], str] = {}
    for file in FILES:
        for text in (DATA / file).read_text(encoding="utf-8").splitlines():
            if not text.strip() or text.startswith("#"):
                continue
            alone = text.startswith("!")
            left, _, right = text.removeprefix("!").partition("=")
            called = tuple(n.strip() for n in left.split(",") if len(n.strip()) > 1)  # "2" and "4" of "2,4-D" are no names
            cases = []
            for part in right.split("/"):
                code, _, needs = part.strip().partition(" ")
                cases.append(Case(code.replace(".", ""), _needs(needs)))
            for name in called:
                by_stems.setdefault(stems(name), []).append(len(rows))
                spelled.setdefault(stems(name), name)
            rows.append(Goods(called, tuple(cases), alone))
    kept = {key: tuple(dict.fromkeys([row for row in found if rows[row].alone] or found)) for key, found in by_stems.items() if key}
    return Names(tuple(rows), kept, max(map(len, kept)), spelled)


def _needs(text: str) -> tuple[tuple[str, ...], ...]:
    """ "a,b+c" reads: a, or b together with c."""
    return tuple(tuple(word.strip() for word in way.split("+")) for way in text.strip().split(",") if way.strip())


@dataclass(frozen=True, slots=True)
class Found:
    """A name found in words: where it begins, how many words it has, and its rows."""

    start: int
    length: int
    name: str
    rows: tuple[int, ...]


def find_names(tokens: tuple[str, ...]) -> list[Found]:
    """The names in a run of stems; a name inside a longer one is left out."""
    known = names()
    found: list[Found] = []
    covered = 0
    for start in range(len(tokens)):
        for length in range(min(known.longest, len(tokens) - start), 0, -1):
            rows = known.by_stems.get(tokens[start : start + length])
            if rows:
                if start + length > covered:
                    found.append(Found(start, length, known.spelled[tokens[start : start + length]], rows))
                    covered = start + length
                break
    return found


def fits(goods: Goods, facts: Facts, tokens: frozenset[str]) -> list[Fit]:
    """Every case of a row held against the facts and words; the best has share 1, the others less."""
    judged = [_judge(case, facts, tokens) for case in goods.cases]
    full = [(weight > LEAST_WEIGHT, size, weight, -place) for place, (size, weight, refused, open_) in enumerate(judged) if size and not refused and not open_]
    best = -max(full)[3] if full else None
    any_open = any(open_ and not refused for _, _, refused, open_ in judged)
    if best is not None and any(word in facts.answered for way in goods.cases[best].needs for word in way):
        # The question was answered: the case it settles stands well ahead of the others.
        return [Fit(case, 1.0 if place == best else 0.08 if judged[place][2] else SETTLED, judged[place][2], judged[place][3]) for place, case in enumerate(goods.cases)]
    result = []
    for place, (size, weight, refused, open_) in enumerate(judged):
        if not size:
            share = 0.45 if best is not None else (0.75 if any_open else 1.0)
        elif refused:
            share = 0.08
        elif open_:
            share = 0.3 if best is not None else 0.45 * weight
        elif place == best:
            share = 1.0 if weight > LEAST_WEIGHT else 0.8
        else:
            share = 0.55 * weight
        result.append(Fit(goods.cases[place], share, refused, open_))
    return result


def _judge(case: Case, facts: Facts, tokens: frozenset[str]) -> tuple[int, float, tuple[str, ...], tuple[str, ...]]:
    """(words of the best way, its weight, what is refused, what is open) of a case; (0, 1, (), ()) for one without needs."""
    if not case.needs:
        return 0, 1.0, (), ()
    ways = [_way(way, facts, tokens) for way in case.needs]
    met = [w for w in ways if not w[2] and not w[3]]
    if met:
        return max(met)
    undecided = [w for w in ways if not w[2]]
    if undecided:
        size, weight = max((w[0], w[1]) for w in undecided)
        return size, weight, (), tuple(dict.fromkeys(word for w in undecided for word in w[3]))
    return ways[0][0], 0.0, tuple(dict.fromkeys(word for w in ways for word in w[2])), ()


def _way(way: tuple[str, ...], facts: Facts, tokens: frozenset[str]) -> tuple[int, float, tuple[str, ...], tuple[str, ...]]:
    known = vocabulary()
    weight, refused, open_ = 1.0, [], []
    for word in way:
        family = known.family.get(word)
        if family is None:
            if stem_of(word) not in tokens:
                refused.append(word)
        elif word in facts.weights:
            weight = min(weight, facts.weights[word])
        else:
            stated = facts.of(family)
            # A wider fact that is known ("textile") leaves the narrower one ("cotton") open.
            if not stated or all(word != f and f in known.wider.get(word, ()) for f in stated):
                open_.append(word)
            else:
                refused.append(word)
    return len(way), weight, tuple(refused), tuple(open_)


@lru_cache(maxsize=1)
def fields() -> tuple[tuple[frozenset[str], frozenset[str], tuple[str, ...]], ...]:
    """Fields of trade: (facts, stems) of which one is enough, and the six-digit codes met there."""
    known = vocabulary().family
    rows = []
    for text in (DATA / "fields.txt").read_text(encoding="utf-8").splitlines():
        if text.strip() and not text.startswith("#"):
            left, _, right = text.partition("=")
            words = [w.strip() for w in left.split(",")]
            facts = frozenset(w for w in words if w in known)
            rows.append((facts, frozenset(stem_of(w) for w in words), tuple(code.replace(".", "") for code in right.split())))
    return tuple(rows)
