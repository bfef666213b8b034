"""A BM25 index over short documents, kept as plain arrays: built in a second or two, asked in a millisecond."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class Index:
    """Scores documents (numbered from 0) for weighted stems. Immutable once made."""

    def __init__(self, documents: Iterable[Iterable[str]], *, k1: float = 1.2, b: float = 0.6) -> None:
        import numpy as np

        vocabulary: dict[str, int] = {}
        terms = array("i")
        sizes = array("i")
        for document in documents:
            before = len(terms)
            for token in document:
                number = vocabulary.get(token)
                if number is None:
                    number = vocabulary[token] = len(vocabulary)
                terms.append(number)
            sizes.append(len(terms) - before)
        count = len(sizes)
        self.count = count
        self._vocabulary = vocabulary
        lengths = np.asarray(sizes, np.float32)
        mean = float(lengths.mean()) if count else 1.0
        pairs = np.asarray(terms, np.int64)
        del terms
        pairs *= max(count, 1)
        pairs += np.repeat(np.arange(count, dtype=np.int32), sizes)
        pairs.sort()
        first = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])) if len(pairs) else np.zeros(0, np.int64)
        frequency = np.diff(np.append(first, len(pairs))).astype(np.float32)
        pairs = pairs[first]
        term, document_of = pairs // max(count, 1), pairs % max(count, 1)
        held = np.bincount(term, minlength=len(vocabulary))
        idf = np.log(1 + (count - held + 0.5) / (held + 0.5))
        norm = k1 * (1 - b + b * lengths[document_of] / max(mean, 1e-9))
        self._weights = (idf[term] * frequency * (k1 + 1) / (frequency + norm)).astype(np.float32)
        self._documents = document_of.astype(np.int32)
        self._starts = [0, *np.cumsum(held).tolist()]
        self._idf = idf

    def scores(self, words: Mapping[str, float]) -> np.ndarray:
        """The score of every document for stems with weights."""
        import numpy as np

        total = np.zeros(self.count, np.float32)
        for word, weight in words.items():
            number = self._vocabulary.get(word)
            if number is not None:
                part = slice(self._starts[number], self._starts[number + 1])
                total[self._documents[part]] += weight * self._weights[part]
        return total

    def knows(self, word: str) -> bool:
        """Whether any document holds the stem."""
        return word in self._vocabulary

    def rarity(self, word: str) -> float:
        """How telling a stem is; that of a stem in no document is as if one document held it."""
        number = self._vocabulary.get(word)
        return float(self._idf[number]) if number is not None else math.log(1 + self.count / 1.5)

    def near(self, word: str) -> str | None:
        """A known stem one letter off an unknown one (for short typed searches)."""
        if len(word) < 5:
            return None
        import difflib

        close = difflib.get_close_matches(word, [w for w in self._vocabulary if w[0] == word[0] and abs(len(w) - len(word)) <= 1], n=1, cutoff=0.8)
        return close[0] if close else None
