"""The optimiser: published optima, brute force, the tail as defined, and a proof with every answer."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("highspy")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from bench_sourcing import large, orlib_problem, published  # noqa: E402
from landed.sourcing.program import Problem, solve  # noqa: E402
from landed.sourcing.risk import costs, cvar, if_known, tail_weights, worst_mean  # noqa: E402


@pytest.mark.parametrize("name", ["cap41", "cap64", "cap71", "cap81", "cap101", "cap121", "cap131", "cap133"])
def test_published_optima_are_reached(shared: Path, name: str) -> None:
    folder = shared / "sourcing" / "orlib_cap"
    found = solve(orlib_problem(folder / f"{name}.txt"), gap=1e-7, seconds=60, kernel=False)
    assert found.objective == pytest.approx(published(folder)[name], rel=1e-7)
    assert found.status == "optimal" and found.bound <= found.objective * (1 + 1e-9)


def small(seed: int, scenarios: int = 1) -> Problem:
    """Up to five offers of one or two SKUs, with minimum orders, all-units breaks, onboarding cost and capacity."""
    draw = np.random.default_rng(seed)
    skus = int(draw.integers(1, 3))
    demand = draw.integers(20, 200, skus).astype(float)
    rows = []
    suppliers = int(draw.integers(1, 4))
    for offer in range(int(draw.integers(skus, 6))):
        sku = offer if offer < skus else int(draw.integers(0, skus))
        price, supplier = draw.uniform(5, 15), int(draw.integers(0, suppliers))
        moq = float(draw.integers(0, int(demand[sku] * 0.7)))
        mark = float(draw.integers(int(moq) + 1, int(demand[sku]) + 40))
        rows.append((sku, offer, supplier, price, moq, min(mark, max(demand[sku], moq))))
        if draw.random() < 0.6:
            rows.append((sku, offer, supplier, price * draw.uniform(0.7, 0.99), mark, max(demand[sku], mark)))
    sku, offer, supplier, price, least, most = map(np.array, zip(*rows, strict=True))
    chances = draw.random(scenarios) + 0.1
    return Problem(
        demand=demand, fill=np.ones(skus), shortage=np.zeros(skus), sku_share=np.ones(skus), column_sku=sku, column_offer=offer, column_supplier=supplier, column_origin=supplier,
        price=price, cost=price * 1.1, least=least, most=most, duty=price[:, None] * draw.uniform(0, 0.8, (len(rows), scenarios)), probability=chances / chances.sum(),
        onboarding=draw.uniform(0, 300, suppliers), supplier_value=np.full(suppliers, np.inf), supplier_units=np.full(suppliers, np.inf), origins=suppliers, origin_share=np.ones(suppliers),
    )  # fmt: skip


def brute_force(p: Problem) -> float:
    """The least cost over every choice of a step (or none) per offer; given the steps, units go to the cheapest first."""
    unit = p.cost + p.duty @ p.probability
    offers = [list(np.flatnonzero(p.column_offer == o)) for o in np.unique(p.column_offer)]
    best = np.inf
    for chosen in itertools.product(*[[None, *columns] for columns in offers]):
        taken = [c for c in chosen if c is not None]
        total = float(p.onboarding[list({int(p.column_supplier[c]) for c in taken})].sum())
        for sku in range(len(p.demand)):
            mine = sorted((c for c in taken if p.column_sku[c] == sku), key=lambda c: unit[c])
            left = p.demand[sku] - sum(p.least[c] for c in mine)
            total += sum(p.least[c] * unit[c] for c in mine)
            for c in mine:
                more = min(max(left, 0.0), p.most[c] - p.least[c])
                total += more * unit[c]
                left -= more
            if left > 1e-9:
                total = np.inf
        best = min(best, total)
    return best


def test_two_hundred_small_plans_equal_brute_force() -> None:
    feasible = 0
    for seed in range(200):
        problem = small(seed, scenarios=1 + seed % 3)
        expected = brute_force(problem)
        found = solve(problem, gap=1e-9, seconds=20)
        if np.isinf(expected):
            assert found.status == "infeasible", seed
            continue
        feasible += 1
        assert found.objective == pytest.approx(expected, rel=1e-6), seed
    assert feasible > 150


def test_the_tail_of_the_solution_is_the_tail_by_sorting() -> None:
    for seed in range(40):
        problem = replace(small(seed, scenarios=7), risk_weight=0.6, tail=0.75)
        found = solve(problem, gap=1e-9, seconds=20)
        if found.status == "infeasible":
            continue
        values = costs(problem, found)
        assert found.objective == pytest.approx(0.4 * problem.probability @ values + 0.6 * cvar(values, problem.probability, 0.75), rel=1e-6)
        assert tail_weights(values, problem.probability, 0.75) @ values == pytest.approx(cvar(values, problem.probability, 0.75))


def test_the_tail_splits_the_last_scenario() -> None:
    assert cvar([100, 200, 300], [0.5, 0.3, 0.2], 0.6) == pytest.approx((0.2 * 300 + 0.2 * 200) / 0.4)
    assert cvar([100, 200], [0.9, 0.1], 0.9) == pytest.approx(200)


def test_wrong_probabilities_are_the_worst_of_all_allowed_ones() -> None:
    draw = np.random.default_rng(1)
    for _ in range(50):
        chances, values = draw.dirichlet(np.ones(4)), draw.uniform(0, 100, 4)
        worst = worst_mean(values, chances, 0.5)
        for _ in range(200):
            other = chances * (1 + draw.uniform(-0.5, 0.5, 4))
            other /= other.sum()
            if np.all(np.abs(other / chances - 1) <= 0.5):
                assert other @ values <= worst + 1e-9


def test_knowing_the_law_never_costs_more() -> None:
    for seed in range(10):
        problem = small(seed, scenarios=3)
        found = solve(problem, gap=1e-9)
        if found.status == "infeasible":
            continue
        values = costs(problem, found)
        for k in range(3):
            assert if_known(problem, k, 1e-9, 20).objective <= values[k] + 1e-6


def test_a_kernel_start_and_a_plain_solve_agree_within_the_gap() -> None:
    problem = large(3, skus=25, suppliers=12, origins=5, scenarios=8)
    with_start, plain = solve(problem, gap=0.005, kernel=True), solve(problem, gap=0.005, kernel=False)
    assert with_start.kernel["columns"] > 0
    assert with_start.objective == pytest.approx(plain.objective, rel=0.011)
    for found in (with_start, plain):
        assert found.gap <= 0.005 and found.bound <= found.objective and found.seconds > 0


def test_a_billion_units_weigh_like_one() -> None:
    problem = small(4)
    scaled = replace(problem, demand=problem.demand * 1e7, least=problem.least * 1e7, most=problem.most * 1e7, onboarding=problem.onboarding * 1e7)
    assert solve(scaled, gap=1e-9).objective == pytest.approx(1e7 * solve(problem, gap=1e-9).objective, rel=1e-6)


def test_a_share_of_value_is_kept() -> None:
    problem = replace(large(5, skus=20, suppliers=10, origins=4, scenarios=3), origin_share=np.full(4, 0.45))
    found = solve(problem, gap=0.01)
    value = problem.price * found.quantity
    for origin in range(4):
        assert value[problem.column_origin == origin].sum() <= 0.4501 * value.sum()


def test_another_thread_count_in_the_same_process_does_not_silence_the_solver() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests'); import highspy\n"
        "other = highspy.Highs(); other.setOptionValue('output_flag', False); other.setOptionValue('threads', 1); other.addVariable(lb=0, ub=1, obj=1); other.run()\n"
        "from test_sourcing_program import small\nfrom landed.sourcing.program import solve\n"
        "found = solve(small(4), gap=1e-9); print(found.status, found.objective > 0)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ran.stdout.split() == ["optimal", "True"], ran.stderr


def test_a_watched_solve_tells_best_and_bound_and_ends_when_told_with_what_it_has() -> None:
    from landed.sourcing.program import Progress, watched

    problem = large(7, skus=60, suppliers=20, origins=6, scenarios=10)
    seen: list[Progress] = []

    def until_a_plan(progress: Progress) -> bool:
        seen.append(progress)
        return progress.best is None

    with watched(until_a_plan):
        found = solve(problem, gap=1e-9, seconds=60, kernel=False)
    assert found.status == "time_limit" and found.seconds < 30
    assert found.quantity.sum() > 0 and found.bound <= found.objective and found.gap > 0
    assert all(p.best >= p.bound * (1 - 1e-6) for p in seen if p.best is not None and p.bound is not None)


def test_a_time_limit_gives_the_best_plan_with_its_bound_and_gap() -> None:
    found = solve(large(7, skus=60, suppliers=20, origins=6, scenarios=10), gap=1e-9, seconds=5)
    assert found.status == "time_limit" and found.seconds < 20
    assert found.bound <= found.objective and found.gap == pytest.approx(abs(found.objective - found.bound) / found.objective)
