"""Mean and tail of what a plan costs, the frontier between them, wrong probabilities, regret, and the worth of knowing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from landed.sourcing.program import Problem, Solved, solve

WEIGHTS = (0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0)  # risk weights of the frontier


def costs(problem: Problem, found: Solved) -> np.ndarray:
    """US dollars per scenario of a plan, shortage and onboarding included."""
    certain = float(problem.cost @ found.quantity + problem.onboarding @ found.used + problem.shortage @ found.short)
    return np.asarray(certain + found.quantity @ problem.duty)


def cvar(values: Sequence[float] | np.ndarray, chances: Sequence[float] | np.ndarray, tail: float) -> float:
    """The mean of the worst 1 - tail of probability: sort, take the dearest until the mass is reached, split the last."""
    mass = 1 - tail
    taken = total = 0.0
    for value, chance in sorted(zip(map(float, values), map(float, chances), strict=True), reverse=True):
        part = min(chance, mass - taken)
        if part <= 0:
            break
        total += part * value
        taken += part
    return total / taken if taken else float(max(values))


def tail_weights(values: np.ndarray, chances: np.ndarray, tail: float) -> np.ndarray:
    """The share of the tail that each scenario is: the weights under which the mean is the CVaR."""
    weights: np.ndarray = np.zeros(len(values))
    left = 1 - tail
    for k in np.argsort(-values, kind="stable"):
        weights[k] = min(chances[k], left)
        left -= weights[k]
    return np.asarray(weights / max(weights.sum(), 1e-12))


def worst_mean(values: np.ndarray, chances: np.ndarray, shift: float) -> float:
    """The highest mean when each probability may be off by `shift` of itself, up or down, and all still sum to 1.

    What is freed at the cheap end goes to the dear end: (1 - shift) of the mean, and shift of the mean of the dearer half.
    """
    return float((1 - shift) * (values @ chances) + shift * cvar(values, chances, 0.5))


def frontier(problem: Problem, gap: float, seconds: float) -> list[tuple[float, Solved]]:
    """The best plan at each weight of the tail."""
    return [(weight, solve(replace(problem, risk_weight=weight), gap=gap, seconds=seconds)) for weight in WEIGHTS]


def if_known(problem: Problem, scenario: int, gap: float, seconds: float) -> Solved:
    """The best plan had one known the scenario before ordering."""
    return solve(replace(problem, duty=problem.duty[:, [scenario]], probability=np.ones(1), risk_weight=0.0), gap=gap, seconds=seconds)
