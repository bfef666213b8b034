"""Reads a matching document (candidates, projects, teams; residents, hospitals; buyers, suppliers) into a market."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from landed.matching.model import Market
from landed.problems import Problems

# The words each kind of market uses for its two sides; a side without teams of its own is its own team.
SIDES = {"candidates": "projects", "students": "projects", "residents": "hospitals", "buyers": "suppliers"}
MEMBERS = {"name", "choices"}
OFFERS = {"name", "team", "capacity", "minimum", "tags", "ranks"}
TEAMS = {"name", "capacity", "minimum", "ranks"}
LEAVES = 2_000_000  # preferences in all


def kind_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """The names of the two sides in a document; raises INVALID_MATCH."""
    for one, other in SIDES.items():
        if document.get(one):
            return one, other
    problems = Problems("INVALID_MATCH")
    problems.add("", f"expected one of the tables {', '.join(SIDES)}", "See docs/matching.md for the tables.")
    problems.raise_if_any()
    raise AssertionError


def read_market(document: Mapping[str, Any], seed: int = 1) -> Market:
    """A market from its tables; ties are drawn by a lottery of `seed` that the market records.

    Raises LandedError INVALID_MATCH with every problem by row and column: strangers, repeats, negative capacities, minimums that cannot fit.
    """
    problems = Problems("INVALID_MATCH")
    one, other = kind_of(document)
    members, offers = _rows(document, one, problems), _rows(document, other, problems)
    teams = _rows(document, "teams", problems) if document.get("teams") else []
    _columns(members, one, MEMBERS, problems)
    _columns(offers, other, OFFERS, problems)
    _columns(teams, "teams", TEAMS, problems)
    if not offers:
        problems.add(other, f"the table {other} is empty", f"Add at least one row to {other}.")
    names = {side: _names(rows, side, problems) for side, rows in ((one, members), (other, offers), ("teams", teams))}
    lottery = _Lottery(seed)
    if not teams:  # every project ranks for itself
        team_rows, team_names = offers, names[other]
        offered_by = list(range(len(offers)))
        where_ranks = other
    else:
        team_rows, team_names, where_ranks = teams, names["teams"], "teams"
        offered_by = []
        for n, row in enumerate(offers, 1):
            team = str(row.get("team") or "").strip()
            if team not in team_names:
                problems.stranger(team, team_names, f"{other}[{n}].team", "team")
            offered_by.append(team_names.get(team, 0))
            if row.get("ranks"):
                problems.add(f"{other}[{n}].ranks", "the teams rank here, so a project has no ranks of its own", "Move the ranking to the team.")
    places = [_capacity(row, f"{other}[{n}]", problems) for n, row in enumerate(offers, 1)]
    minimum = [_minimum(row, f"{other}[{n}]", places[n - 1], problems) for n, row in enumerate(offers, 1)]
    if teams:
        of_team = [0] * len(teams)
        for p, t in enumerate(offered_by):
            of_team[t] += places[p]
        team_places = [_capacity(row, f"teams[{n}]", problems, of_team[n - 1]) for n, row in enumerate(teams, 1)]
        team_minimum = [_minimum(row, f"teams[{n}]", team_places[n - 1], problems) for n, row in enumerate(teams, 1)]
    else:
        team_places, team_minimum = list(places), [0] * len(places)
    choices = [_preferences(row.get("choices"), names[other], f"{one}[{n}].choices", other.removesuffix("s"), lottery, problems) for n, row in enumerate(members, 1)]
    order = [_preferences(row.get("ranks"), names[one], f"{where_ranks}[{n}].ranks", one.removesuffix("s"), lottery, problems) for n, row in enumerate(team_rows, 1)]
    if sum(map(len, choices)) + sum(map(len, order)) > LEAVES:
        problems.add("", f"more than {LEAVES:,} preferences", "Shorten the lists.")
    problems.raise_if_any()
    return Market(
        candidates=tuple(names[one]),
        projects=tuple(names[other]),
        teams=tuple(team_names),
        choices=tuple(map(tuple, choices)),
        ranks=tuple({c: n for n, c in enumerate(ranked)} for ranked in order),
        offered_by=tuple(offered_by),
        places=tuple(places),
        team_places=tuple(team_places),
        minimum=tuple(minimum),
        team_minimum=tuple(team_minimum),
        tags=tuple(_tags(row.get("tags")) for row in offers),
        lottery=tuple(lottery.drawn),
    )


class _Lottery:
    """Draws the order of tied names and keeps the record."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.drawn: list[str] = []

    def order(self, tied: list[str], where: str) -> list[str]:
        drawn = sorted(tied)
        self.random.shuffle(drawn)
        if len(self.drawn) < 1000:
            self.drawn.append(f"{where}: tie drawn as {', '.join(drawn)} (seed {self.seed})")
        return drawn


def _rows(document: Mapping[str, Any], side: str, problems: Problems) -> list[Mapping[str, Any]]:
    rows = document.get(side) or []
    if isinstance(rows, Mapping):
        rows = [{"name": name, **row} if isinstance(row, Mapping) else {"name": name, "choices": row} for name, row in rows.items()]
    if not isinstance(rows, (list, tuple)):
        problems.add(side, f"expected a list of rows, got a {type(rows).__name__}", "See docs/matching.md.")
        return []
    good: list[Mapping[str, Any]] = []
    for n, row in enumerate(rows, 1):
        if isinstance(row, Mapping):
            good.append(_gathered(row))
        else:
            problems.add(f"{side}[{n}]", f"expected an object, got {str(row)[:40]!r}", "Give name and the other fields.")
    return good


def _gathered(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns "choice 1", "choice 2", ... as one list, in the order of their numbers."""
    if all(key in OFFERS or key == "choices" for key in row):
        return dict(row)
    found: dict[str, Any] = {}
    numbered: dict[str, list[tuple[int, Any]]] = {}
    for key, value in row.items():
        split = re.fullmatch(r"(choice|rank)s?[ _-]?(\d+)", str(key).strip().lower())
        if split:
            if value not in (None, ""):
                numbered.setdefault(split[1] + "s", []).append((int(split[2]), value))
        else:
            found[str(key).strip().lower()] = value
    for name, cells in numbered.items():
        found[name] = [value for _, value in sorted(cells, key=lambda cell: cell[0])]
    return found


def _columns(rows: Sequence[Mapping[str, Any]], side: str, known: set[str], problems: Problems) -> None:
    for n, row in enumerate(rows, 1):
        for key in row:
            if key not in known:
                problems.add(f"{side}[{n}].{key}", f"unknown column {key!r}", f"Known: {', '.join(sorted(known))}.")


def _names(rows: Sequence[Mapping[str, Any]], side: str, problems: Problems) -> dict[str, int]:
    found: dict[str, int] = {}
    for n, row in enumerate(rows, 1):
        name = str(row.get("name") or "").strip()
        if not name:
            problems.add(f"{side}[{n}].name", "the name is missing", "Every row has a name of its own.")
            name = f"(row {n})"
        elif name in found:
            problems.add(f"{side}[{n}].name", f"{name!r} stands twice (also in row {found[name] + 1})", "Names are unique.")
            name = f"{name} (row {n})"
        found[name] = len(found)
    return found


def _capacity(row: Mapping[str, Any], where: str, problems: Problems, default: int = 1) -> int:
    if row.get("capacity") in (None, ""):
        return default
    count = problems.whole(row["capacity"], f"{where}.capacity", most=10**6)
    return 0 if count is None else count


def _minimum(row: Mapping[str, Any], where: str, places: int, problems: Problems) -> int:
    if row.get("minimum") in (None, ""):
        return 0
    count = problems.whole(row["minimum"], f"{where}.minimum", most=10**6) or 0
    if count > places:
        problems.add(f"{where}.minimum", f"the minimum {count} is above the {places} places", "Lower the minimum or raise the capacity.")
    return count


def _preferences(raw: Any, known: Mapping[str, int], where: str, what: str, lottery: _Lottery, problems: Problems) -> list[int]:
    """Names best first as numbers. A text is split at semicolons, commas or > ("A; B = C; D": B and C tie); a list may hold lists of ties."""
    if raw in (None, "", (), []):
        return []
    groups: Any = re.split(r"\s*[;>\n]\s*" if re.search(r"[;>\n]", raw) else r"\s*,\s*", raw) if isinstance(raw, str) else raw
    if not isinstance(groups, (list, tuple)):
        groups = [groups]
    found: list[int] = []
    seen: set[int] = set()
    for group in groups:
        tied = [str(name).strip() for name in group] if isinstance(group, (list, tuple)) else [part.strip() for part in str(group).split(" = ")]
        tied = [name for name in tied if name]
        for name in lottery.order(tied, where) if len(tied) > 1 else tied:
            number = known.get(name)
            if number is None:
                problems.stranger(name, known, where, what)
            elif number in seen:
                problems.add(where, f"{name!r} is ranked twice", "A name stands once in a list.")
            else:
                seen.add(number)
                found.append(number)
    return found


def _tags(raw: Any) -> tuple[str, ...]:
    if raw in (None, ""):
        return ()
    parts = re.split(r"[;,]", raw) if isinstance(raw, str) else raw
    return tuple(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
