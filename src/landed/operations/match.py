"""Who gets whom: candidates to projects of teams, residents to hospitals, buyers to suppliers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

from landed.errors import LandedError
from landed.matching.model import Matching
from landed.matching.volumes import Allocation
from landed.operations.registry import operation

TABLES = ("candidates", "students", "residents", "buyers", "projects", "hospitals", "suppliers", "teams")


class MatchRequest(TypedDict, total=False):
    """Two sides with their preferences; name the sides candidates and projects, residents and hospitals, or buyers and suppliers."""

    candidates: Annotated[Any, "[{name, choices}]: choices best first, as a list or a text such as 'A; B = C' (= is a tie)"]
    projects: Annotated[Any, "[{name, team, capacity, minimum, tags, ranks}]: ranks only where there are no teams"]
    teams: Annotated[Any, "[{name, capacity, minimum, ranks}]: ranks candidates best first"]
    students: Annotated[Any, "as candidates"]
    residents: Annotated[Any, "[{name, choices}]"]
    hospitals: Annotated[Any, "[{name, capacity, minimum, ranks}]"]
    buyers: Annotated[Any, "[{name, choices, quantity}]: with quantities, volume is shared"]
    suppliers: Annotated[Any, "[{name, capacity, ranks}]"]
    optimal_for: Annotated[Literal["candidates", "teams"], "the side that does as well as in any stable matching; default candidates"]
    seed: Annotated[int, "seed of the lottery that draws ties; default 1"]


@operation(name="match", summary="A stable matching of people to projects, or of buyers to suppliers, with its proof", method="POST", path="/v1/matchings", scope="matchings")
def match(request: MatchRequest) -> Matching | Allocation:
    """A stable matching: no candidate and team would both rather have each other; an independent verifier checks every pair.

    Minimum quotas that no stable matching meets are met by a flow, and the answer lists who would then envy whom. Buyers with quantities share
    volume. Raises LandedError INVALID_MATCH (every problem by row and column in `errors`), QUOTAS_CANNOT_BE_MET, EXTRA_REQUIRED.
    """
    from landed.matching.answer import solve
    from landed.matching.read import kind_of, read_market
    from landed.matching.volumes import allocate, wants_volumes

    if not isinstance(request, Mapping):
        raise LandedError("INVALID_REQUEST", "expected an object with tables", mend="See docs/matching.md.")
    side = str(request.get("optimal_for") or "candidates")
    if side not in ("candidates", "teams"):
        raise LandedError("INVALID_REQUEST", f"optimal_for: expected candidates or teams, got {side[:40]!r}", where="optimal_for", mend="Name a side.")
    unknown = sorted(set(request) - {*TABLES, "optimal_for", "seed"})
    if unknown:
        raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0]!r}", where=unknown[0], mend=f"Known fields: {', '.join((*TABLES, 'optimal_for', 'seed'))}.")
    try:
        seed = int(request.get("seed") or 1)
    except (TypeError, ValueError):
        raise LandedError("INVALID_REQUEST", f"seed: expected a whole number, got {str(request.get('seed'))[:40]!r}", where="seed", mend="Leave it out for 1.") from None
    kind_of(request)
    if wants_volumes(request):
        return allocate(request, seed)
    return solve(read_market(request, seed), optimal_for=side)  # type: ignore[arg-type]


TEMPLATE: dict[str, list[list[Any]]] = {
    "Candidates": [["name", "choice 1", "choice 2", "choice 3"], ["Ana", "Search", "Pricing", "Routes"], ["Bo", "Search", "Routes", None], ["Chen", "Pricing", "Search", None]],
    "Projects": [["name", "team", "capacity", "minimum", "tags"], ["Search", "Data", 1, 0, "ai"], ["Pricing", "Data", 1, 0, "ai"], ["Routes", "Freight", 1, 0, "operations"]],
    "Teams": [["name", "capacity", "minimum", "ranks"], ["Data", 2, 0, "Chen; Ana; Bo"], ["Freight", 1, 0, "Ana; Bo"]],
}


def sheets_of(answer: Matching) -> dict[str, list[list[Any]]]:
    """A matching as sheets: who goes where and why, how full the projects and teams are, shares of roles, notes."""
    return {
        "Assignments": [["name", "project", "team", "choice", "because"], *[[a.candidate, a.project, a.team, a.choice, a.because] for a in answer.assignments]],
        "Projects": [["name", "places", "filled", "minimum", "candidates"], *[[p.name, p.places, p.filled, p.minimum, "; ".join(p.candidates)] for p in answer.projects]],
        "Teams": [["name", "places", "filled", "minimum", "candidates"], *[[p.name, p.places, p.filled, p.minimum, "; ".join(p.candidates)] for p in answer.teams]],
        "Roles": [["tag", "places", "share of places %", "filled", "share of filled %"], *[[s.tag, s.places, s.share_of_places_pct, s.filled, s.share_of_filled_pct] for s in answer.shares]],
        "Blocking pairs": [["candidate", "project", "team", "because", "instead of"], *[[b.candidate, b.project, b.team, b.because, b.instead_of] for b in answer.blocking_pairs]],
        "Notes": [["note"], *[[n] for n in answer.notes]],
    }
