"""Stable matchings of candidates to projects of teams (student-project allocation, Abraham, Irving and Manlove 2007)."""

from __future__ import annotations

from heapq import heappop, heappush

from landed.matching.model import Market

FREE = -1


def candidate_optimal(market: Market) -> list[int]:
    """The stable matching in which every candidate does as well as in any: the project of each candidate, -1 for none.

    Candidates apply in their order; a project or team with too many lets its lowest-ranked candidate go. Worked with heaps
    whose entries go stale when a candidate leaves, so that each application costs a logarithm.
    """
    choices, ranks, offered_by, places, team_places = market.choices, market.ranks, market.offered_by, market.places, market.team_places
    at = [FREE] * len(choices)
    tried = [0] * len(choices)
    in_project, in_team = [0] * len(places), [0] * len(team_places)
    worst_of_project: list[list[tuple[int, int]]] = [[] for _ in places]
    worst_of_team: list[list[tuple[int, int]]] = [[] for _ in team_places]
    for first in range(len(choices)):
        candidate = first
        while candidate != FREE:
            mine = choices[candidate]
            place = tried[candidate]
            if place == len(mine):
                break
            project = mine[place]
            tried[candidate] = place + 1
            team = offered_by[project]
            rank = ranks[team].get(candidate)
            if rank is None:
                continue
            at[candidate] = project
            heappush(worst_of_project[project], (-rank, candidate))
            heappush(worst_of_team[team], (-rank, candidate))
            in_project[project] += 1
            in_team[team] += 1
            if in_project[project] > places[project]:
                heap = worst_of_project[project]
                while at[heap[0][1]] != project:
                    heappop(heap)
                loser = heappop(heap)[1]
            elif in_team[team] > team_places[team]:
                heap = worst_of_team[team]
                while at[heap[0][1]] == FREE or offered_by[at[heap[0][1]]] != team:
                    heappop(heap)
                loser = heappop(heap)[1]
            else:
                break
            left = at[loser]
            in_project[left] -= 1
            in_team[team] -= 1
            at[loser] = FREE
            candidate = loser
    return at


def team_optimal(market: Market) -> list[int]:
    """The stable matching in which every team does as well as in any: the project of each candidate, -1 for none.

    Teams offer to the first candidate on their list who can still be won, with the project that the candidate likes best among those
    with a free place; a candidate who takes an offer turns down everything behind it for good.
    """
    choices, ranks, offered_by, places, team_places = market.choices, market.ranks, market.offered_by, market.places, market.team_places
    liking = [{project: n for n, project in enumerate(mine)} for mine in choices]
    wanting: list[list[tuple[int, int]]] = [[] for _ in places]  # per project: (rank by the team, candidate)
    for candidate, mine in enumerate(choices):
        for project in mine:
            rank = ranks[offered_by[project]].get(candidate)
            if rank is not None:
                wanting[project].append((rank, candidate))
    for rows in wanting:
        rows.sort()
    at = [FREE] * len(choices)
    bar = [len(mine) for mine in choices]  # a candidate takes only projects before this place of the own list
    in_project, in_team = [0] * len(places), [0] * len(team_places)
    pointer = [0] * len(places)
    offers: list[list[tuple[int, int, int]]] = [[] for _ in team_places]

    def line_up(project: int) -> None:
        """Put the next candidate who could still come to the project among the team's offers."""
        rows, n = wanting[project], pointer[project]
        while n < len(rows) and liking[rows[n][1]][project] >= bar[rows[n][1]]:
            n += 1
        pointer[project] = n
        if n < len(rows) and in_project[project] < places[project]:
            heappush(offers[offered_by[project]], (rows[n][0], liking[rows[n][1]][project], project))

    for project in range(len(places)):
        line_up(project)
    active = list(range(len(team_places)))
    while active:
        team = active[-1]
        if in_team[team] >= team_places[team] or not offers[team]:
            active.pop()
            continue
        offered, _, project = heappop(offers[team])
        if in_project[project] >= places[project]:
            continue
        n = pointer[project]
        rows = wanting[project]
        if n >= len(rows):
            continue
        candidate = rows[n][1]
        if rows[n][0] != offered or liking[candidate][project] >= bar[candidate]:
            line_up(project)  # the offer went stale: who was lined up has taken something better
            continue
        left = at[candidate]
        at[candidate] = project
        bar[candidate] = liking[candidate][project]
        in_project[project] += 1
        in_team[team] += 1
        line_up(project)
        if left != FREE:
            in_project[left] -= 1
            in_team[offered_by[left]] -= 1
            line_up(left)
            active.append(offered_by[left])
    return at
