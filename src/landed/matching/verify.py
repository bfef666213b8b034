"""Checks a matching from the definitions alone: capacities, acceptability, and every pair that would block it."""

from __future__ import annotations

from collections import defaultdict

from landed.matching.model import Market

FREE = -1


def broken_rules(market: Market, at: list[int]) -> list[str]:
    """What makes an assignment no matching at all: a place twice over, a project nobody asked for, a candidate nobody ranks."""
    found = []
    filled: dict[int, int] = defaultdict(int)
    for candidate, project in enumerate(at):
        if project == FREE:
            continue
        filled[project] += 1
        if project not in market.choices[candidate]:
            found.append(f"{market.candidates[candidate]} did not ask for {market.projects[project]}")
        if candidate not in market.ranks[market.offered_by[project]]:
            found.append(f"{market.teams[market.offered_by[project]]} does not rank {market.candidates[candidate]}")
    by_team: dict[int, int] = defaultdict(int)
    for project, count in filled.items():
        by_team[market.offered_by[project]] += count
        if count > market.places[project]:
            found.append(f"{market.projects[project]} has {count} in {market.places[project]} places")
    found.extend(f"{market.teams[t]} has {count} in {market.team_places[t]} places" for t, count in by_team.items() if count > market.team_places[t])
    return found


def blocking(market: Market, at: list[int]) -> list[tuple[int, int, str, int | None]]:
    """Every (candidate, project, why, who would lose the place) where candidate and team would both rather be matched so.

    The three cases of the definition: both have room; the project has room and the team would swap its lowest candidate; the project is full
    and the team prefers the candidate to the lowest in it. Justified envy is the last two.
    """
    in_project: dict[int, list[int]] = defaultdict(list)
    in_team: dict[int, list[int]] = defaultdict(list)
    for candidate, project in enumerate(at):
        if project != FREE:
            in_project[project].append(candidate)
            in_team[market.offered_by[project]].append(candidate)
    last_of_project = {p: max(people, key=market.ranks[market.offered_by[p]].__getitem__) for p, people in in_project.items()}
    last_of_team = {t: max(people, key=market.ranks[t].__getitem__) for t, people in in_team.items()}
    found: list[tuple[int, int, str, int | None]] = []
    for candidate, mine in enumerate(market.choices):
        for project in mine:
            if project == at[candidate]:
                break  # everything behind it is liked less
            team = market.offered_by[project]
            rank = market.ranks[team].get(candidate)
            if rank is None:
                continue
            room = len(in_project[project]) < market.places[project]
            team_room = len(in_team[team]) < market.team_places[team]
            if room and team_room:
                found.append((candidate, project, "both have room", None))
            elif room:
                mine_already = at[candidate] != FREE and market.offered_by[at[candidate]] == team
                if mine_already:
                    found.append((candidate, project, "the team has the candidate elsewhere and the project has room", None))
                elif team in last_of_team and rank < market.ranks[team][last_of_team[team]]:
                    found.append((candidate, project, "the team ranks the candidate above one it has", last_of_team[team]))
            elif project in last_of_project and rank < market.ranks[team][last_of_project[project]]:
                found.append((candidate, project, "the team ranks the candidate above one in the project", last_of_project[project]))
    return found
