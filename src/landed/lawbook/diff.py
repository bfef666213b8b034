"""What the law of one day has and the law of another has not: measures begun, ended and changed, and list rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from landed.lawbook.index import LawIndex
from landed.lawbook.model import Measure


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two days: a heading that began, ended or changed rate, or codes that joined or left a list."""

    what: str  # begun, ended, changed, listed, unlisted
    programme: str
    heading: str
    detail: str
    on: date
    cite: tuple[str, ...]


def diff(index: LawIndex, old: date, new: date) -> tuple[Change, ...]:
    """Changes from the law of `old` to the law of `new` (swapped when given in reverse), sorted by day and heading."""
    old, new = min(old, new), max(old, new)

    def at(day: date) -> dict[tuple[str, str, str], Measure]:
        return {(m.programme, m.heading, f"{m.origins}{m.goods}{m.when}"): m for m in index.measures if index.in_force(m, day, None)}

    before, after = at(old), at(new)
    found: list[Change] = []
    for key, measure in after.items():
        was = before.get(key)
        text = measure.rate.text if measure.rate else measure.effect
        if was is None:
            found.append(Change("begun", measure.programme, measure.heading, f"{measure.title or measure.programme}: {text}", measure.from_, measure.cite))
        elif was.rate != measure.rate:
            found.append(Change("changed", measure.programme, measure.heading, f"{was.rate.text if was.rate else was.effect} to {text}", measure.from_, measure.cite))
    for key, measure in before.items():
        if key not in after:
            found.append(Change("ended", measure.programme, measure.heading, f"{measure.title or measure.programme}: {measure.rate.text if measure.rate else measure.effect}", measure.to or new, measure.cite))
    for name, rows in index.law.lists.items():
        joined = sorted(r.code for r in rows if old < r.from_ <= new and (r.to is None or r.to >= new) and not r.excludes)
        left = sorted(r.code for r in rows if r.to is not None and r.from_ <= old <= r.to < new and not r.excludes)
        stays = {r.code for r in rows if r.from_ <= new and (r.to is None or r.to >= new)}
        for what, codes in (("listed", joined), ("unlisted", [c for c in left if c not in stays])):
            if codes:
                shown = ", ".join(codes[:6]) + (f" and {len(codes) - 6} more" if len(codes) > 6 else "")
                found.append(Change(what, f"list {name}", "", shown, new, ()))
    return tuple(sorted(found, key=lambda c: (c.on, c.programme, c.heading, c.what)))
