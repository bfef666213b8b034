"""A market of candidates, projects and teams, and what a matching of it looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["candidates", "teams"]
Method = Literal["stable", "minimum_quotas"]


@dataclass(frozen=True, slots=True)
class Market:
    """Strict preferences over numbers: candidate c, project p, team t are places in the lists of names.

    `choices[c]` ranks projects, best first; `ranks[t]` gives the place (0 is best) of each candidate that team t accepts; `offered_by[p]` is the
    team of project p; `places` and `team_places` are capacities, `minimum` and `team_minimum` what must at least be filled. `tags[p]` describe a project.
    """

    candidates: tuple[str, ...]
    projects: tuple[str, ...]
    teams: tuple[str, ...]
    choices: tuple[tuple[int, ...], ...]
    ranks: tuple[dict[int, int], ...]
    offered_by: tuple[int, ...]
    places: tuple[int, ...]
    team_places: tuple[int, ...]
    minimum: tuple[int, ...]
    team_minimum: tuple[int, ...]
    tags: tuple[tuple[str, ...], ...]
    lottery: tuple[str, ...] = ()  # ties that were drawn, in words

    @property
    def wants_minimums(self) -> bool:
        return any(self.minimum) or any(self.team_minimum)


@dataclass(frozen=True, slots=True)
class Assigned:
    """One candidate's outcome: project and team (None where unmatched), which choice it was (1 is first), and why."""

    candidate: str
    project: str | None
    team: str | None
    choice: int | None
    because: str


@dataclass(frozen=True, slots=True)
class Filled:
    """How full a project or team is: places, filled, and the minimum asked for."""

    name: str
    places: int
    filled: int
    minimum: int
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlockingPair:
    """A candidate and a project that would both rather have each other; `instead_of` is who would lose the place."""

    candidate: str
    project: str
    team: str
    because: str
    instead_of: str | None


@dataclass(frozen=True, slots=True)
class TagShare:
    """What share of roles (places) and of filled places carries a tag, in percent."""

    tag: str
    places: int
    share_of_places_pct: float
    filled: int
    share_of_filled_pct: float | None


@dataclass(frozen=True, slots=True)
class Other:
    """A candidate whose outcome differs in the matching that is best for the other side."""

    candidate: str
    here: str | None
    there: str | None


@dataclass(frozen=True, slots=True)
class Matching:
    """A matching with the proof that goes with it.

    `blocking_pairs` is what an independent verifier found (empty for a stable matching); `profile[k]` counts candidates at
    their choice k+1. `optimal_for` names the side that does as well as in any stable matching. `differs` lists who fares
    otherwise in the matching best for the other side.
    """

    method: Method
    optimal_for: Side | None
    stable: bool
    matched: int
    unmatched: int
    profile: tuple[int, ...]
    assignments: tuple[Assigned, ...]
    projects: tuple[Filled, ...]
    teams: tuple[Filled, ...]
    blocking_pairs: tuple[BlockingPair, ...]
    blocking_pairs_counted: int
    shares: tuple[TagShare, ...]
    differs: tuple[Other, ...]
    notes: tuple[str, ...]
    seconds: float
