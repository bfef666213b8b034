"""Matches a market and says why: outcomes per person, fill, profile, shares of roles, and what the verifier found."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

from landed.errors import LandedError
from landed.matching.model import Assigned, BlockingPair, Filled, Market, Matching, Method, Other, Side, TagShare
from landed.matching.quotas import quota_flow
from landed.matching.stable import FREE, candidate_optimal, team_optimal
from landed.matching.verify import blocking, broken_rules

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
LISTED = 200  # blocking pairs shown; all are counted


def solve(market: Market, *, optimal_for: Side = "candidates", compare: bool = True) -> Matching:
    """The matching best for one side, or, where minimums cannot be met by a stable one, the flow that meets them.

    `compare` also works out the matching best for the other side and lists who fares otherwise.
    Raises LandedError QUOTAS_CANNOT_BE_MET, EXTRA_REQUIRED (minimum quotas without the solver), MATCHING_BROKEN (never seen: the verifier failed us).
    """
    began = time.perf_counter()
    at = candidate_optimal(market) if optimal_for == "candidates" else team_optimal(market)
    method: Method = "stable"
    notes: list[str] = []
    if market.wants_minimums:
        short = _short(market, at)
        if short:
            method = "minimum_quotas"
            notes.append(f"Every stable matching leaves a team as full as any other does; here the stable one falls short of the minimum at {', '.join(short[:6])}, so that stability gives way to the minimums.")
            at = quota_flow(market)
        else:
            notes.append("The stable matching meets every minimum.")
    rules = broken_rules(market, at)
    pairs = blocking(market, at)
    if rules or (method == "stable" and pairs):
        raise LandedError("MATCHING_BROKEN", (rules or ["a blocking pair was found in a stable matching"])[0], mend="Report the instance: this is a fault of the program.")
    differs: list[Other] = []
    if method == "stable" and compare:
        other = team_optimal(market) if optimal_for == "candidates" else candidate_optimal(market)
        differs = [Other(market.candidates[c], _project(market, a), _project(market, b)) for c, (a, b) in enumerate(zip(at, other, strict=True)) if a != b]
        notes.append(
            "Candidates and teams have one stable matching: both sides do as well as they can." if not differs else f"{len(differs)} would fare otherwise in the matching best for the other side; who is matched at all is the same in every stable matching."
        )
    if market.lottery:
        notes.append(f"{len(market.lottery)} ties were drawn by lottery: {market.lottery[0]}" + (" and more." if len(market.lottery) > 1 else "."))
    taken = _profile(market, at)
    return Matching(
        method=method,
        optimal_for=optimal_for if method == "stable" else None,
        stable=not pairs,
        matched=sum(1 for p in at if p != FREE),
        unmatched=sum(1 for p in at if p == FREE),
        profile=taken,
        assignments=_assignments(market, at, method),
        projects=_filled(market, at),
        teams=_teams(market, at),
        blocking_pairs=tuple(_pair(market, *pair) for pair in pairs[:LISTED]),
        blocking_pairs_counted=len(pairs),
        shares=_shares(market, at),
        differs=tuple(differs[:LISTED]),
        notes=tuple(notes),
        seconds=round(time.perf_counter() - began, 4),
    )


def _short(market: Market, at: list[int]) -> list[str]:
    filled = Counter(p for p in at if p != FREE)
    by_team = Counter(market.offered_by[p] for p in at if p != FREE)
    short = [market.projects[p] for p, least in enumerate(market.minimum) if filled[p] < least]
    return short + [market.teams[t] for t, least in enumerate(market.team_minimum) if by_team[t] < least]


def _assignments(market: Market, at: list[int], method: Method) -> tuple[Assigned, ...]:
    """Why each candidate has the place: what happened at every choice liked better."""
    filled, by_team = Counter(p for p in at if p != FREE), Counter(market.offered_by[p] for p in at if p != FREE)
    found = []
    for candidate, project in enumerate(at):
        mine = market.choices[candidate]
        place = mine.index(project) if project != FREE else len(mine)
        unranked = sum(1 for p in mine[:place] if candidate not in market.ranks[market.offered_by[p]])
        full = sum(1 for p in mine[:place] if candidate in market.ranks[market.offered_by[p]] and filled[p] >= market.places[p])
        team_full = place - unranked - full
        if not mine:
            why = "ranked nothing"
        elif place == 0:
            why = "your first choice"
        else:
            parts = []
            above = "people ranked above you" if method == "stable" else "others, so that minimums are met"
            if full:
                parts.append(f"{_counted(full, place, project)} filled with {above}")
            if team_full:
                teams_full = all(by_team[market.offered_by[p]] >= market.team_places[market.offered_by[p]] for p in mine[:place] if filled[p] < market.places[p] and candidate in market.ranks[market.offered_by[p]])
                parts.append(f"the {'team' if team_full == 1 else 'teams'} of {_counted(team_full, place, project)} filled with {above}" if teams_full else f"{_counted(team_full, place, project)} gave way to minimum quotas")
            if unranked:
                parts.append(f"{_counted(unranked, place, project)} did not rank you")
            lead = f"your {_ordinal(place)} choice" if project != FREE else "no place"
            why = f"{lead}; {', '.join(parts)}"
        team = market.teams[market.offered_by[project]] if project != FREE else None
        found.append(Assigned(market.candidates[candidate], _project(market, project), team, place + 1 if project != FREE else None, why))
    return tuple(found)


def _counted(count: int, place: int, project: int) -> str:
    """So many of the choices before this one, in words."""
    if count == place:
        if project == FREE:
            return "your only choice" if place == 1 else f"all {place} choices"
        return "the first" if place == 1 else f"the first {_cardinal(place)}"
    return "one" if count == 1 else _cardinal(count)


def _ordinal(place: int) -> str:
    return ORDINALS[place] if place < len(ORDINALS) else f"{place + 1}th"


def _cardinal(count: int) -> str:
    return ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")[count] if count <= 10 else str(count)


def _project(market: Market, project: int) -> str | None:
    return None if project == FREE else market.projects[project]


def _profile(market: Market, at: list[int]) -> tuple[int, ...]:
    counts = Counter(market.choices[c].index(p) for c, p in enumerate(at) if p != FREE)
    return tuple(counts[n] for n in range(max(counts, default=-1) + 1))


def _filled(market: Market, at: list[int]) -> tuple[Filled, ...]:
    people: dict[int, list[int]] = defaultdict(list)
    for c, p in enumerate(at):
        if p != FREE:
            people[p].append(c)
    return tuple(Filled(name, market.places[p], len(people[p]), market.minimum[p], _by_rank(market, market.offered_by[p], people[p])) for p, name in enumerate(market.projects))


def _teams(market: Market, at: list[int]) -> tuple[Filled, ...]:
    people: dict[int, list[int]] = defaultdict(list)
    for c, p in enumerate(at):
        if p != FREE:
            people[market.offered_by[p]].append(c)
    return tuple(Filled(name, market.team_places[t], len(people[t]), market.team_minimum[t], _by_rank(market, t, people[t])) for t, name in enumerate(market.teams))


def _by_rank(market: Market, team: int, people: list[int]) -> tuple[str, ...]:
    return tuple(market.candidates[c] for c in sorted(people, key=market.ranks[team].__getitem__))


def _pair(market: Market, candidate: int, project: int, why: str, loser: int | None) -> BlockingPair:
    return BlockingPair(market.candidates[candidate], market.projects[project], market.teams[market.offered_by[project]], why, None if loser is None else market.candidates[loser])


def _shares(market: Market, at: list[int]) -> tuple[TagShare, ...]:
    filled = Counter(p for p in at if p != FREE)
    roles, taken = sum(market.places), sum(filled.values())
    tags: dict[str, list[int]] = defaultdict(list)
    for p, mine in enumerate(market.tags):
        for tag in mine:
            tags[tag].append(p)
    found = []
    for tag, projects in tags.items():
        places, people = sum(market.places[p] for p in projects), sum(filled[p] for p in projects)
        found.append(TagShare(tag, places, round(100 * places / roles, 2) if roles else 0.0, people, round(100 * people / taken, 2) if taken else None))
    return tuple(sorted(found, key=lambda s: (-s.places, s.tag)))
