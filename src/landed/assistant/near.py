"""How far one word is from another: letters missing, added, changed or swapped."""

from __future__ import annotations

from collections.abc import Iterable


def distance(one: str, other: str, most: int) -> int:
    """The number of single-letter mistakes between two words (a swap of neighbours is one); `most` + 1 where it is more than that."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]


def nearest(word: str, known: Iterable[str], *, most: int) -> str:
    """The known word nearest to one, or "" where none is within `most` mistakes or two are as near."""
    best, tie, found = most + 1, False, ""
    for other in known:
        if other == word:
            return word
        if other[:1] != word[:1]:  # a typist's first letter is nearly always right
            continue
        far = distance(word, other, most)
        if far < best:
            best, tie, found = far, False, other
        elif far == best <= most:
            tie = True
    return "" if tie or best > most else found
