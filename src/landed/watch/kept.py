"""What a kept watch notices between two days: changes of its products in dollars, of rates of its lines and origins, and of its programmes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Literal

from landed.watch.changes import Cause, LawChange, ProductChange

MOST_NAMED = 6  # lines or countries named in a sentence


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing a watch noticed. `kind` product: the duty of a product of the catalogue, with dollars a year at its volume;
    rate: the duty of watched lines and origins in percent, alike ones together; law: headings of a watched programme.

    `mark` names it from one look to the next; `new` where it had not been marked as seen.
    """

    kind: Literal["product", "rate", "law"]
    on: date
    about: str
    lines: tuple[str, ...]
    origins: tuple[str, ...]
    before_pct: Decimal | None
    after_pct: Decimal | None
    change_usd_year: Decimal | None
    causes: tuple[Cause, ...]
    scheduled: bool
    mark: str
    new: bool = True


def of_products(found: Iterable[ProductChange]) -> tuple[Noticed, ...]:
    """A notice for each change of a product."""
    return tuple(
        Noticed("product", c.on, c.sku, (c.hts_code,), (c.country_of_origin,), c.before_pct, c.after_pct, c.change_usd_year, c.causes, c.scheduled, _mark("product", c.on, c.sku, c.hts_code, c.country_of_origin, c.after_pct))
        for c in found
    )


def of_rates(found: Iterable[ProductChange]) -> tuple[Noticed, ...]:
    """A notice for each day and kind of change: lines and countries that change alike stand together."""
    groups: dict[tuple[object, ...], list[ProductChange]] = {}
    for c in found:
        added = [k for k in c.causes if k.heading[:2] == "99"]
        alike = tuple((k.heading if added else "", k.what) for k in added or c.causes)
        groups.setdefault((c.on, c.before_pct, c.after_pct, alike), []).append(c)
    made = []
    for rows in groups.values():
        first = rows[0]
        lines, origins = (tuple(dict.fromkeys(each)) for each in zip(*((c.hts_code, c.country_of_origin) for c in rows), strict=True))
        causes = tuple(dict.fromkeys(k for c in rows for k in c.causes))[:12]
        mark = _mark("rate", first.on, *sorted(lines), *sorted(origins), first.before_pct, first.after_pct, *(k.heading for k in causes))
        made.append(Noticed("rate", first.on, _named(lines, "line", "lines"), lines, origins, first.before_pct, first.after_pct, None, causes, first.scheduled, mark))
    return tuple(made)


def of_law(found: Iterable[LawChange], patterns: Sequence[str], today: date) -> tuple[Noticed, ...]:
    """A notice for each change of a programme that a pattern such as us.s232.* names."""
    made = []
    for c in found:
        if not any(fnmatchcase(c.programme, pattern) for pattern in patterns):
            continue
        headings, one = c.headings, len(c.headings) == 1
        word = {"begin": "begins at" if one else "begin at", "end": "ends, was" if one else "end, were", "change": "changes" if one else "change"}[c.what]
        causes = tuple(Cause(heading, {"begin": "begins", "end": "no longer applies", "change": "changes"}[c.what], c.cite, c.verified) for heading in headings[:12])
        about = f"{c.programme}: {headings[0] if one else f'{len(headings)} headings'} {word} {', '.join(c.rates[:4])}{' and more' if len(c.rates) > 4 else ''}"
        made.append(Noticed("law", c.on, about, headings, (), None, None, None, causes, c.on > today, _mark("law", c.on, c.programme, c.what, *headings, *c.rates)))
    return tuple(made)


def _named(names: Sequence[str], one: str, many: str) -> str:
    if len(names) == 1:
        return names[0]
    return f"{len(names):,} {many}: {', '.join(names[:MOST_NAMED])}{' and more' if len(names) > MOST_NAMED else ''}" if names else one


def _mark(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:24]
