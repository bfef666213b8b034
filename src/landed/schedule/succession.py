"""What became of tariff codes: successors of ended ones, codes near a mistyped one, changes between editions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from landed.schedule.build import Facts
from landed.schedule.codes import dotted
from landed.schedule.table import Table

MOST_SUCCESSORS = 8
MOST_NEAR = 8
_RATES = ("general", "special", "column_2")


@dataclass(frozen=True, slots=True)
class Successor:
    """A code that likely took an ended one's place.

    `certainty`: "likely" (the only new code beside it with the same rates and units), "possible" (one of
    several, or a match on part of the facts), "weak" (a neighbour). Editions do not print concordances, so
    nothing is certain here.
    """

    code: str
    certainty: Literal["likely", "possible", "weak"]
    because: str

    def to_dict(self) -> dict[str, str]:
        """The successor as JSON-ready text with a dotted code."""
        return {"code": dotted(self.code), "certainty": self.certainty, "because": self.because}


@dataclass(frozen=True, slots=True)
class Change:
    """One line that differs between two days: `added`, `ended` or `changed` fields as (field, before, after)."""

    code: str
    kind: Literal["added", "ended", "changed"]
    fields: tuple[tuple[str, str, str], ...]
    seen: date  # first day of the edition in which the change was first read
    not_before: date  # the edition before it: the change came after this day


def successors_of(table: Table, digits: str, clamped: int) -> tuple[Successor, ...]:
    """The likely successors on a day (an ordinal within the days covered) of a code that ended before it."""
    old = [r for r in table.under(digits) if table.last[r] < clamped and len(table.codes[r]) >= 8]
    if not old or table.row_on(digits, clamped) >= 0:
        return ()
    row = max((r for r in old if table.codes[r] == digits), default=max(old, key=lambda r: table.last[r]))
    ended = table.last[row]
    length = max(len(digits), 8)
    for depth in (8, 6, 4):
        if depth >= length and depth != 8:
            continue
        living = [
            r
            for r in table.under(digits[:depth])
            if table.first[r] <= clamped <= table.last[r] and len(table.codes[r]) == (10 if length == 10 else 8) and table.text("general", r)
        ]
        if length == 8 and not living:
            living = [
                r
                for r in table.under(digits[:depth])
                if table.first[r] <= clamped <= table.last[r] and len(table.codes[r]) == 10 and table.text("general", r)
            ]
        if not living:
            continue
        # A successor starts in the edition in which the old code is gone; older neighbours are second choice.
        fresh = [r for r in living if table.start[table.codes[r]] == r and table.first[r] > ended]
        found = _rank(table, row, fresh or living, depth, bool(fresh))
        if found:
            return found
    return ()


def near_codes(table: Table, digits: str, clamped: int) -> tuple[str, ...]:
    """Up to eight living codes near a code that no edition has: the deepest level that exists, closest digits first."""
    for depth in range(min(len(digits), 8), 3, -2):
        length = 10 if len(digits) > 8 else 8
        living = [r for r in table.under(digits[:depth]) if table.first[r] <= clamped <= table.last[r]]
        codes = {table.codes[r] for r in living if len(table.codes[r]) == length} or {
            table.codes[r] for r in living if len(table.codes[r]) >= 8
        }
        if codes:
            return tuple(sorted(codes, key=lambda c: (_distance(c, digits), c))[:MOST_NEAR])
    # No such heading: try the codes that differ in one place or by one swap.
    variants = {digits[:i] + d + digits[i + 1 :] for i in range(min(6, len(digits))) for d in "0123456789"}
    variants |= {digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(len(digits) - 1)}
    return tuple(sorted(v for v in variants if table.row_on(v, clamped) >= 0)[:MOST_NEAR])


def changes_between(table: Table, since: int, until: int) -> tuple[Change, ...]:
    """The changes of chapters 1 to 97 between two days (ordinals within the days covered), by code."""
    found: list[Change] = []
    codes = table.codes
    row = 0
    while row < len(codes):
        code = codes[row]
        end = row + 1
        while end < len(codes) and codes[end] == code:
            end += 1
        before = next((r for r in range(row, end) if table.first[r] <= since <= table.last[r]), -1)
        after = next((r for r in range(row, end) if table.first[r] <= until <= table.last[r]), -1)
        row = end
        if before == after or len(code) < 8 or code >= "98":
            continue
        if len(code) == 8 and (before < 0 or after < 0) and _reprinted(table, code, since, until, found):
            continue
        if before < 0:
            found.append(_change(table, code, "added", (), table.first_revision[after]))
        elif after < 0:
            found.append(_change(table, code, "ended", (), table.last_revision[before] + 1))
        else:
            fields = tuple((n, table.text(n, before), table.text(n, after)) for n in Facts._fields if table.text(n, before) != table.text(n, after))
            if fields:
                found.append(_change(table, code, "changed", fields, table.first_revision[after]))
    return tuple(found)


def _reprinted(table: Table, code: str, since: int, until: int, found: list[Change]) -> bool:
    """Whether an 8-digit line only moved to or from its 10-digit line; a rate that changed with the move is added to `found`."""
    sides = [next((r for r in table.under(code) if table.first[r] <= day <= table.last[r] and table.text("general", r)), -1) for day in (since, until)]
    if min(sides) < 0:
        return False
    fields = tuple((n, table.text(n, sides[0]), table.text(n, sides[1])) for n in _RATES if table.text(n, sides[0]) != table.text(n, sides[1]))
    if fields:
        found.append(_change(table, code, "changed", fields, max(table.first_revision[sides[1]], 1)))
    return True


def _change(
    table: Table, code: str, kind: Literal["added", "ended", "changed"], fields: tuple[tuple[str, str, str], ...], revision: int
) -> Change:
    previous = max(revision - 1, 0)
    return Change(code, kind, fields, table.revisions[revision].effective, table.revisions[previous].effective)


def _rank(table: Table, row: int, candidates: list[int], depth: int, fresh: bool) -> tuple[Successor, ...]:
    old_rates = tuple(table.text(n, row) for n in _RATES)
    old_units = table.text("units", row)
    old_code = table.codes[row]
    scored: list[tuple[int, int, str, str]] = []
    for r in candidates:
        rates = sum(table.text(n, r) == text for n, text in zip(_RATES, old_rates, strict=True))
        units = table.text("units", r) == old_units
        same = f"{'the same rates' if rates == 3 else 'some of its rates' if rates else 'other rates'} and {'the same' if units else 'other'} units"
        because = f"{'new' if fresh else 'standing'} under {dotted(old_code[:depth])}, {same}"
        scored.append((rates * 2 + units, -_distance(table.codes[r], old_code), table.codes[r], because))
    scored.sort(key=lambda s: (-s[0], -s[1], s[2]))
    best = scored[0][0]
    alone = sum(1 for s in scored if s[0] == best) == 1
    found: list[Successor] = []
    for score, _, code, because in scored[:MOST_SUCCESSORS]:
        certainty: Literal["likely", "possible", "weak"] = "weak"
        if fresh and score == best and score >= 6 and depth >= 6:
            certainty = "likely" if alone and score == 7 else "possible"
        elif fresh and score >= 4:
            certainty = "possible"
        found.append(Successor(code, certainty, because))
    return tuple(found)


def _distance(a: str, b: str) -> int:
    """How far two codes are apart: the place of the first difference counts most, then the numeric gap."""
    common = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return (10 - common) * 10**6 + min(abs(int(a[common : common + 4] or 0) - int(b[common : common + 4] or 0)), 10**6 - 1)
