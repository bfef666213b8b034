"""Meets minimum quotas by a flow: the most people matched, then the least sum of choices, minimums filled first."""

from __future__ import annotations

from landed.errors import LandedError
from landed.matching.model import Market

FREE = -1


def quota_flow(market: Market) -> list[int]:
    """The project of each candidate (-1 for none) in a matching that fills every minimum.

    A flow from candidates through projects and teams with lower bounds, as in Kwanashie, Irving, Manlove and Sng: its linear programme has
    whole-number corners, so that a simplex solve is exact. Stability may have to give way; the verifier then says to whom.
    Raises LandedError QUOTAS_CANNOT_BE_MET naming what is short, EXTRA_REQUIRED.
    """
    try:
        import highspy
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "minimum quotas need highspy, which is not installed", mend="pip install 'landed[sourcing]'.") from None
    import numpy as np

    pairs = [(c, p, n) for c, mine in enumerate(market.choices) for n, p in enumerate(mine) if c in market.ranks[market.offered_by[p]]]
    candidates, projects, teams = len(market.candidates), len(market.projects), len(market.teams)
    longest = max((len(mine) for mine in market.choices), default=1)
    short_of = [(candidates + p, m) for p, m in enumerate(market.minimum) if m] + [(candidates + projects + t, m) for t, m in enumerate(market.team_minimum) if m]
    # A shortfall costs more than every person together, an unmatched person more than every choice together.
    unmatched = float(longest + 1) * 2
    cost = [n - unmatched for _, _, n in pairs] + [unmatched * (candidates + 1)] * len(short_of)
    lower = [-np.inf] * candidates + [-np.inf] * (projects + teams)
    upper = [1.0] * candidates + [float(n) for n in (*market.places, *market.team_places)]
    for _, least in short_of:
        # minimum rows stand apart from the capacity rows, so that a shortfall never adds room
        lower.append(float(least))
        upper.append(np.inf)
    extra = {row: candidates + projects + teams + n for n, (row, _) in enumerate(short_of)}
    starts, index, value = [0], [], []
    for c, p, _ in pairs:
        rows = [c, candidates + p, candidates + projects + market.offered_by[p]]
        rows += [extra[row] for row in rows[1:] if row in extra]
        index += rows
        value += [1.0] * len(rows)
        starts.append(len(index))
    for n in range(len(short_of)):
        index.append(candidates + projects + teams + n)
        value.append(1.0)
        starts.append(len(index))
    columns = len(cost)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, len(lower)
    lp.col_cost_ = np.array(cost)
    lp.col_lower_, lp.col_upper_ = np.zeros(columns), np.array([1.0] * len(pairs) + [np.inf] * len(short_of))
    lp.row_lower_, lp.row_upper_ = np.array(lower), np.array(upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = np.array(starts), np.array(index), np.array(value)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("solver", "simplex")
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise LandedError("SOLVER_FAILED", "the flow was not solved", mend="Report the instance.")
    solution = solver.getSolution().col_value
    names = (*market.candidates, *market.projects, *market.teams)
    short = [f"{names[row]} by {round(solution[len(pairs) + n])}" for n, (row, _) in enumerate(short_of) if solution[len(pairs) + n] > 0.5]
    if short:
        raise LandedError(
            "QUOTAS_CANNOT_BE_MET",
            f"too few candidates who ask and are ranked: short at {', '.join(short[:6])}",
            where="minimum",
            mend="Lower the minimum, or have more candidates rank these projects and the teams rank them.",
            short=short,
        )
    at = [FREE] * candidates
    for n, (c, p, _) in enumerate(pairs):
        if solution[n] > 0.5:
            at[c] = p
    return at
