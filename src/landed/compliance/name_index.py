"""Finds listed names near a name: candidates from letter groups and consonant skeletons, then a score from the best pairing of words by rarity."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from landed.compliance.names import Name, clean, near_legal_form, skeleton, sound, vowel_poor, words
from landed.errors import LandedError

CANDIDATES = 40  # names taken from the index for a full score
PAIRED = 0.74  # least likeness of two words that count as the same word
_COMMA = re.compile(r"^([^,]+), (.+)$")


@dataclass(frozen=True, slots=True)
class Found:
    """One listed name near the one asked: its row, the score (0 to 1) and what it is made of."""

    row: int
    score: float
    parts: dict[str, float]
    exact: bool
    paired: int  # words of two letters or more that found a partner


class NameIndex:
    """Names with their index; rows are positions in the sequence given. Build once, ask often."""

    def __init__(self, names: Sequence[str]) -> None:
        """Index cleaned names; a name "LAST, First" is read in both orders."""
        try:
            import numpy as np
            import rapidfuzz  # noqa: F401 - said here, not at the first question
        except ImportError:
            raise LandedError("EXTRA_REQUIRED", "screening needs rapidfuzz", mend="pip install 'landed[compliance]'.") from None
        self.names = tuple(names)
        self.cleaned = [clean(name) for name in names]
        vocabulary: dict[str, int] = {}
        self._columns = [tuple(vocabulary.setdefault(t, len(vocabulary)) for t in name.tokens) for name in self.cleaned]
        self._vocabulary = list(vocabulary)
        self._sounds = [sound(t) for t in self._vocabulary]
        self._skeletons = [skeleton(t) for t in self._vocabulary]
        seen = np.zeros(max(len(vocabulary), 1))
        for columns in self._columns:
            for column in set(columns):
                seen[column] += 1
        self._count = max(len(names), 1)
        self._weights = np.array([self._weight(t, seen[n]) for n, t in enumerate(self._vocabulary)] or [1.0])
        self._known = vocabulary
        self._orders = [_orders(text, name) for text, name in zip(names, self.cleaned, strict=True)]
        self._exact: dict[str, list[int]] = defaultdict(list)
        for row, orders in enumerate(self._orders):
            for compact in {*orders, "".join(sorted(self.cleaned[row].tokens))}:
                self._exact[compact].append(row)
        self._features = _Features((_features(name) for name in self.cleaned), len(names))
        self._bones = _Features((_bone_features(name) for name in self.cleaned), len(names))

    def near(self, text: str, *, least: float = 0.6, candidates: int = CANDIDATES) -> list[Found]:
        """Listed names scored at `least` or more, best first; empty where nothing in the name can be read."""
        name = clean(text)
        if not name.compact or not self.names:
            return []
        return sorted((f for f in self.scored(name, self.candidates(name, candidates)) if f.score >= least), key=lambda f: (-f.score, f.row))

    def candidates(self, name: Name, count: int = CANDIDATES) -> list[int]:
        """Rows worth a full score."""
        exact = self._exact.get(name.compact, []) + self._exact.get("".join(sorted(name.tokens)), [])
        rows = dict.fromkeys(exact[:count])
        rows.update(dict.fromkeys(self._features.top(_features(name), count)))
        if any(vowel_poor(t) for t in name.tokens):
            rows.update(dict.fromkeys(self._bones.top(_bone_features(name), count)))
        return list(rows)

    def scored(self, name: Name, rows: Iterable[int]) -> list[Found]:
        """The full score of each row."""
        import numpy as np
        from rapidfuzz import fuzz
        from rapidfuzz.process import cdist

        rows = list(rows)
        if not rows or not name.tokens:
            return []
        columns = sorted({c for row in rows for c in self._columns[row]})
        place = {c: n for n, c in enumerate(columns)}
        listed = [self._vocabulary[c] for c in columns]
        like = cdist(name.tokens, listed, scorer=fuzz.ratio, dtype=np.float32) / 100
        like = np.maximum(like, 0.97 * cdist([sound(t) for t in name.tokens], [self._sounds[c] for c in columns], scorer=fuzz.ratio, dtype=np.float32) / 100)
        for n, token in enumerate(name.tokens):
            if len(token) == 1:
                like[n] = [1.0 if t == token else 0.9 if t[:1] == token else 0.0 for t in listed]
                continue
            if vowel_poor(token):
                bones = skeleton(token)
                like[n] = np.maximum(like[n], [0.95 if self._skeletons[c] == bones or (len(bones) > 3 and self._skeletons[c][:-1] == bones[:-1] and token[-1:] == self._vocabulary[c][-1:]) else 0.0 for c in columns])
        mine = np.array([self._weights[self._known[t]] if t in self._known else 0.1 if near_legal_form(t) else self._weight(t, 0) for t in name.tokens])
        return [self._score(name, mine, like, row, place) for row in rows]

    def _score(self, name: Name, mine: Any, like: Any, row: int, place: dict[int, int]) -> Found:
        from rapidfuzz import fuzz

        columns = self._columns[row]
        theirs = self._weights[list(columns)] if columns else self._weights[:0]
        pairs = sorted(((float(like[q, place[c]]), q, n) for q in range(len(name.tokens)) for n, c in enumerate(columns) if like[q, place[c]] >= PAIRED), reverse=True)
        taken_q: set[int] = set()
        taken_n: set[int] = set()
        q_sum = n_sum = 0.0
        q_all, n_all = float(mine.sum()), float(theirs.sum())
        whole = 0
        for likeness, q, n in pairs:
            if q in taken_q or n in taken_n:
                continue
            taken_q.add(q)
            taken_n.add(n)
            # A word that is only nearly the same proves less than its likeness says.
            worth = likeness if len(name.tokens[q]) == 1 else 1 - 1.6 * (1 - likeness)
            if len(name.tokens[q]) == 1:  # an initial weighs what the word behind it weighs
                q_all += 0.5 * (float(theirs[n]) - float(mine[q]))
                q_sum += 0.5 * (float(mine[q]) + float(theirs[n])) * worth
            else:
                whole += 1
                weight = float(mine[q])
                if name.tokens[q] not in self._known and weight > theirs[n]:  # a word misspelt is as rare as the word it was
                    q_all -= weight - float(theirs[n])
                    weight = float(theirs[n])
                q_sum += weight * worth
            n_sum += float(theirs[n]) * worth
        asked, listed = q_sum / q_all if q_all else 0.0, n_sum / n_all if n_all else 0.0
        score = max(asked, 0.0) ** 0.6 * max(listed, 0.0) ** 0.4
        exact = name.compact in self._orders[row] or sorted(name.tokens) == sorted(self.cleaned[row].tokens)
        text = 0.0
        for order in self._orders[row]:
            length = min(len(order), len(name.compact))
            if length >= 15 and len(order) > len(name.compact) and order.startswith(name.compact):
                text = max(text, 0.93)  # cut at the width of a field
            elif length >= 6:
                text = max(text, fuzz.ratio(name.compact, order) / 100 if abs(len(order) - len(name.compact)) <= 4 else 0.0)
        if text >= 0.88:
            score = max(score, 1 - 1.25 * (1 - text))
            whole = max(whole, 2 if length >= 10 else 1)
        if exact:
            score, whole = 1.0, max(whole, len(name.tokens))
        parts = {"words_asked": round(asked, 3), "words_listed": round(listed, 3), "letters": round(text, 3)}
        return Found(row, round(min(score, 1.0), 4), parts, exact, whole)

    def _weight(self, token: str, seen: float) -> float:
        import math

        table = words()
        base = math.log((self._count + 1) / (seen + 0.5)) / math.log(self._count + 2)
        if len(token) == 1:
            return 0.15
        return max(base, 0.2) * (0.2 if token in table.particles else 0.35 if token in table.generic else 1.0)

    def full_scan(self, text: str, least: float) -> list[int]:
        """Every row that scores `least` or more when all rows are scored: slow, the measure of the index."""
        name = clean(text)
        return [f.row for f in self.scored(name, range(len(self.names))) if f.score >= least]


class _Features:
    """Rows by feature, with the weight of each, as flat arrays."""

    def __init__(self, rows: Iterable[list[str]], count: int) -> None:
        import numpy as np

        number: dict[str, int] = {}
        keys: list[int] = []
        owners: list[int] = []
        for row, features in enumerate(rows):
            for feature in set(features):
                keys.append(number.setdefault(feature, len(number)))
                owners.append(row)
        found = np.array(keys, dtype=np.int32)
        order = np.argsort(found, kind="stable")
        self._rows = np.array(owners, dtype=np.int32)[order]
        counts = np.bincount(found, minlength=len(number)) if len(number) else np.zeros(0, dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._number, self._count = number, count
        self._weight = np.log((count + 1) / (counts + 0.5)).astype(np.float32)
        norms = np.zeros(max(count, 1), dtype=np.float32)
        if len(found):
            norms[:count] = np.bincount(self._rows, weights=np.repeat(self._weight**2, counts), minlength=count)[:count]
        self._norms = np.sqrt(np.maximum(norms, 1e-6)) ** 0.8  # a little kinder to long names, of which a part is asked for

    def top(self, features: list[str], count: int) -> list[int]:
        import numpy as np

        numbers = [self._number[f] for f in set(features) if f in self._number]
        if not numbers:
            return []
        rows = np.concatenate([self._rows[self._starts[n] : self._starts[n + 1]] for n in numbers])
        weights = np.repeat(self._weight[numbers] ** 2, [self._starts[n + 1] - self._starts[n] for n in numbers])
        scores = np.bincount(rows, weights=weights, minlength=self._count) / self._norms[: self._count]
        some = min(count, int((scores > 0).sum()))
        best = np.argpartition(-scores, some - 1)[:some]
        return [int(row) for row in best[np.argsort(-scores[best], kind="stable")]]


def _features(name: Name) -> list[str]:
    """Letter groups of each word as it sounds, its first letter, and pairs of initials."""
    found = []
    for token in name.tokens:
        found.append(f"i:{token[0]}")
        heard = f"^{sound(token)}$"
        found.extend(heard[n : n + 3] for n in range(max(len(heard) - 2, 1)))
        if len(token) > 3:
            found.append(f"w:{token}")
            raw = f"<{token}>"
            found.extend(raw[n : n + 3] + "'" for n in range(len(raw) - 2))
    return found


def _bone_features(name: Name) -> list[str]:
    return [f for token in name.tokens for f in (f"b:{skeleton(token)}", f"c:{skeleton(token)[:3]}")]


def _orders(text: str, name: Name) -> tuple[str, ...]:
    """The compact name as written and, where it is written "LAST, First", the other way round."""
    found = _COMMA.match(text)
    if not found:
        return (name.compact,)
    other = clean(f"{found[2]} {found[1]}").compact
    return (name.compact, other)
