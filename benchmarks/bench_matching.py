"""Times matching on large random markets: reading, both optimal sides, verifying with explanations."""

from __future__ import annotations

import itertools
import random
import time

from landed.matching.answer import solve
from landed.matching.read import read_market
from landed.matching.stable import candidate_optimal, team_optimal


def market(candidates: int, projects: int, teams: int, seed: int) -> dict[str, list[dict[str, object]]]:
    """A random market: ten choices each, teams rank all who ask, places for about as many as there are."""
    draw = random.Random(seed)
    choices = [draw.sample(range(projects), 10) for _ in range(candidates)]
    wanted: list[set[int]] = [set() for _ in range(teams)]
    for candidate, mine in enumerate(choices):
        for project in mine:
            wanted[project % teams].add(candidate)
    ranks = [draw.sample(sorted(people), len(people)) for people in wanted]
    return {
        "candidates": [{"name": f"c{n}", "choices": [f"p{p}" for p in mine]} for n, mine in enumerate(choices)],
        "projects": [{"name": f"p{n}", "team": f"t{n % teams}", "capacity": draw.randint(1, max(1, 3 * candidates // (2 * projects)))} for n in range(projects)],
        "teams": [{"name": f"t{n}", "capacity": max(1, candidates // teams), "ranks": [f"c{c}" for c in mine]} for n, mine in enumerate(ranks)],
    }


def main() -> None:
    """Print a row per size, seconds."""
    print(f"{'candidates':>10} {'projects':>9} {'teams':>6} {'read':>7} {'for candidates':>15} {'for teams':>10} {'all, verified':>14}")
    for candidates, projects, teams in ((1_000, 250, 80), (5_000, 1_000, 300), (50_000, 8_000, 2_000)):
        document = market(candidates, projects, teams, 1)
        marks = [time.perf_counter()]
        read = read_market(document)
        for step in (candidate_optimal, team_optimal, solve):
            marks.append(time.perf_counter())
            step(read)
        marks.append(time.perf_counter())
        spent = [b - a for a, b in itertools.pairwise(marks)]
        print(f"{candidates:>10,} {projects:>9,} {teams:>6,} {spent[0]:>7.3f} {spent[1]:>15.3f} {spent[2]:>10.3f} {spent[3]:>14.3f}")


if __name__ == "__main__":
    main()
