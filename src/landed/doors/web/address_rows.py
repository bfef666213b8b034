"""Tables of a form that stand in the address: repeated fields of a query become rows, and problems find their row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from landed.errors import LandedError

LONGEST = 200  # characters of one field
MOST_ROWS = 200
_PLACE = re.compile(r"^(\w+)\[(\d+)\](?:\.(\w+))?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table in a form: field name, label, example, and how it is filled in (text, num, date, code and country with examples of their own, or a choice of `options`)."""

    name: str
    label: str
    example: str = ""
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    share: str = "1fr"


def rows_of(query: QueryParams, columns: Sequence[Column]) -> list[dict[str, str]]:
    """The rows that repeated fields of an address make, without empty ones; at most MOST_ROWS."""
    lists = {c.name: [str(v).strip()[:LONGEST] for v in query.getlist(c.name)] for c in columns}
    longest = min(max(map(len, lists.values()), default=0), MOST_ROWS)
    found = []
    for n in range(longest):
        row = {name: values[n] if n < len(values) else "" for name, values in lists.items()}
        chosen = {c.name for c in columns if c.options}
        if any(value for name, value in row.items() if name not in chosen):
            found.append(row)
    return found


def pairs_of(rows: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """The rows as fields of an address."""
    return [(name, value) for row in rows for name, value in row.items()]


def blamed(problem: LandedError | None, tables: Mapping[str, str], counted_from: int = 0) -> dict[str, list[str]]:
    """What is wrong, by place: a field ("origin"), or a table and row ("items 0"); "" holds what has no place.

    `tables` names the tables of the page by the word a problem uses: {"items": "items", "line": "goods"}; `counted_from` is the number of their first row.
    """
    found: dict[str, list[str]] = {}
    if problem is None:
        return found
    for each in problem.extra.get("errors") or [problem.to_dict()]:
        where, words = str(each.get("where") or ""), f"{each.get('detail', '')}. {each.get('mend') or ''}".strip()
        match = _PLACE.match(where)
        if match and match[1] in tables:
            place, words = f"{tables[match[1]]} {int(match[2]) - counted_from}", f"{match[3].replace('_', ' ') + ': ' if match[3] else ''}{words}"
        elif each.get("line") and "line" in tables:
            place, words = f"{tables['line']} {int(each['line']) - 1}", f"{where.partition(', ')[2] or where}: {words}"
        elif where.startswith("line ") and "line" in tables and where.split()[1].rstrip(",").isdigit():
            place, words = f"{tables['line']} {int(where.split()[1].rstrip(',')) - 1}", f"{where.partition(', ')[2] or where}: {words}"
        else:
            place = where
        found.setdefault(place, []).append(words)
    return found


def unplaced(wrong: Mapping[str, list[str]], fields: Iterable[str], tables: Iterable[str]) -> list[str]:
    """The problems that stand beside no field and no row of the page."""
    known, kept = set(fields), tuple(tables)
    return [f"{place}: {words}" if place else words for place, said in wrong.items() for words in said if place not in known and not (" " in place and place.split(" ")[0] in kept)]


def plain(value: Any) -> str:
    """A value as it stands in a field, "" for none."""
    return "" if value is None else str(value)
