"""Shows the sourcing optimiser right and fast: published optima of OR-Library, and a large plan under uncertain law.

    python benchmarks/bench_sourcing.py            # the 36 published optima, then the large plan
    python benchmarks/bench_sourcing.py orlib      # only the optima
    python benchmarks/bench_sourcing.py large      # only the large plan; linopy is timed too where it is installed
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from landed.sourcing.program import Model, Problem, highs, run, solve

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "sourcing" / "orlib_cap"


def orlib_problem(path: Path) -> Problem:
    """A capacitated warehouse location problem: a warehouse is a supplier, a customer a SKU, and each pair an offer."""
    words = path.read_text().split()
    m, n = int(words[0]), int(words[1])
    numbers = np.array([float(w) for w in words[2:]])
    sites = numbers[: 2 * m].reshape(m, 2)
    rest = numbers[2 * m :].reshape(n, m + 1)
    demand, costs = rest[:, 0], rest[:, 1:]
    column_sku, column_supplier = np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    return Problem(
        demand=demand,
        fill=np.ones(n),
        shortage=np.zeros(n),
        sku_share=np.ones(n),
        column_sku=column_sku,
        column_offer=np.arange(n * m),
        column_supplier=column_supplier,
        column_origin=np.zeros(n * m, dtype=int),
        price=np.ones(n * m),
        cost=(costs / demand[:, None]).ravel(),
        least=np.zeros(n * m),
        most=np.minimum(demand[column_sku], sites[column_supplier, 0]),
        duty=np.zeros((n * m, 1)),
        probability=np.ones(1),
        onboarding=sites[:, 1],
        supplier_value=np.full(m, np.inf),
        supplier_units=sites[:, 0],
        origins=1,
        origin_share=np.ones(1),
    )


def published(folder: Path = SHARED) -> dict[str, float]:
    """The published optimum of each instance."""
    return {line.split()[0]: float(line.split()[1]) for line in (folder / "capopt.txt").read_text().splitlines() if line.strip()}


def orlib(folder: Path = SHARED) -> tuple[int, int]:
    """How many instances are solved to the published optimum, of how many."""
    right, began = 0, time.perf_counter()
    optima = published(folder)
    for name, optimum in optima.items():
        found = solve(orlib_problem(folder / f"{name}.txt"), gap=1e-7, seconds=120, kernel=False)
        ok = abs(found.objective - optimum) <= 1e-6 * optimum
        right += ok
        print(f"{name:>7} {found.objective:>16,.3f} published {optimum:>16,.3f} {found.seconds:6.2f} s {'' if ok else 'DIFFERS'}")
    print(f"{right}/{len(optima)} at the published optimum in {time.perf_counter() - began:.1f} s")
    return right, len(optima)


def large(seed: int, skus: int = 200, suppliers: int = 60, origins: int = 15, scenarios: int = 50) -> Problem:
    """A random plan of the size of a small importer with many suppliers: price steps, MOQ, onboarding, correlated tariffs per origin."""
    draw = np.random.default_rng(seed)
    home = draw.integers(0, origins, suppliers)
    cheap = draw.uniform(0.8, 1.2, suppliers) * (0.85 + 0.3 * draw.random(origins))[home]
    demand = np.round(np.exp(draw.normal(8, 1, skus)))
    base = np.exp(draw.normal(2, 0.8, skus))
    sku, offer, supplier, origin, price, least, most = [], [], [], [], [], [], []
    number = 0
    for p in range(skus):
        for s in draw.choice(suppliers, draw.integers(4, 9), replace=False):
            unit = base[p] * cheap[s] * draw.uniform(0.92, 1.08)
            steps = draw.integers(1, 5)
            marks = np.concatenate([[demand[p] * draw.choice([0.05, 0.1, 0.2])], np.sort(demand[p] * draw.uniform(0.25, 1.1, steps - 1))]).round()
            for t in range(steps):
                top = marks[t + 1] if t + 1 < steps else demand[p] * 1.2
                sku.append(p), offer.append(number), supplier.append(s), origin.append(home[s])
                price.append(unit * (1 - 0.03 * t)), least.append(marks[t]), most.append(max(min(top, demand[p] * 1.2), marks[t]))
            number += 1
    columns_sku, columns_origin, prices = np.array(sku), np.array(origin), np.array(price)
    level = np.clip(draw.normal(0.12, 0.05, origins)[:, None] + draw.normal(0, 0.12, (origins, scenarios)) + draw.normal(0, 0.06, scenarios), 0, 1.5)
    burden = draw.uniform(0.6, 1.4, skus)
    duty = prices[:, None] * np.clip(level[columns_origin] * burden[columns_sku][:, None], 0, 2)
    weight = draw.random(scenarios) + 0.2
    spend = float((demand * base).sum())
    return Problem(
        demand=demand,
        fill=np.ones(skus),
        shortage=base * 5,
        sku_share=np.where(draw.random(skus) < 0.2, 0.7, 1.0),
        column_sku=columns_sku,
        column_offer=np.array(offer),
        column_supplier=np.array(supplier),
        column_origin=columns_origin,
        price=prices,
        cost=prices * (1 + draw.uniform(0.04, 0.15, origins)[columns_origin] + 0.1 * draw.integers(20, 90, suppliers)[np.array(supplier)] / 365),
        least=np.array(least),
        most=np.array(most),
        duty=duty,
        probability=weight / weight.sum(),
        onboarding=draw.uniform(0.0005, 0.003, suppliers) * spend,
        supplier_value=np.full(suppliers, spend * 0.12),
        supplier_units=np.full(suppliers, np.inf),
        origins=origins,
        origin_share=np.full(origins, 0.35),
        risk_weight=0.3,
        tail=0.9,
    )


def one(seed: int, how: str) -> None:
    """Solve one large plan one way and print what it took (run in a process of its own, so that memory is its own)."""
    problem = large(seed)
    began = time.perf_counter()
    if how == "plain":
        model = Model(problem)
        solver = highs(seconds=60, gap=0.01)
        solver.passModel(model.lp())
        run(solver)
        info = solver.getInfo()
        gap, objective = info.mip_gap, info.objective_function_value * model.scale
    elif how == "linopy":
        gap, objective = by_linopy(problem)
    else:
        found = solve(problem, gap=0.01, seconds=60)
        gap, objective = found.gap, found.objective
    spent = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{spent:.2f} {gap:.5f} {peak:.0f} {objective:.0f} {len(problem.price)}")


def by_linopy(problem: Problem) -> tuple[float, float]:
    """The same matrices through linopy: rows go in as arrays of terms, bucketed by length, not one by one."""
    import linopy
    import xarray

    model = Model(problem)
    starts, index, value = model.rows.csr()
    lower, upper = np.array(model.rows.lower), np.array(model.rows.upper)
    frame = linopy.Model()
    labels = np.zeros(model.columns, dtype=int)
    cost = model.objective / model.scale
    total = 0
    for whole in (False, True):
        columns = np.flatnonzero(model.whole.astype(bool) == whole)
        if whole:
            made = frame.add_variables(binary=True, coords=[columns], name="whole")
            frame.add_constraints(made <= xarray.DataArray(model.upper[columns], coords=made.coords), name="upper")
        else:
            made = frame.add_variables(lower=xarray.DataArray(model.lower[columns], coords=[("dim_0", columns)]), upper=xarray.DataArray(model.upper[columns], coords=[("dim_0", columns)]), name="share")
        labels[columns] = made.labels.values
        total = total + (made * xarray.DataArray(cost[columns], coords=made.coords)).sum()
    lengths = np.diff(starts)
    for sign, limits in (("<=", upper), (">=", lower)):
        for low, high in ((0, 2), (2, 8), (8, 64), (64, 10**6)):
            rows = np.flatnonzero(np.isfinite(limits) & (lengths > low) & (lengths <= high))
            if not len(rows):
                continue
            width = int(lengths[rows].max())
            terms, weights = np.full((len(rows), width), -1), np.full((len(rows), width), np.nan)
            for n, row in enumerate(rows):
                part = slice(starts[row], starts[row + 1])
                terms[n, : lengths[row]], weights[n, : lengths[row]] = labels[index[part]], value[part]
            data = xarray.Dataset({"coeffs": (("row", "_term"), weights), "vars": (("row", "_term"), terms)}, coords={"row": rows})
            frame.add_constraints(linopy.LinearExpression(data, frame), sign, xarray.DataArray(limits[rows], coords=[("row", rows)]), name=f"rows {sign} {high}")
    frame.add_objective(total)
    frame.solve("highs", mip_rel_gap=0.01, time_limit=60, threads=2, output_flag=False)
    return float(frame.solver_model.getInfo().mip_gap), float(frame.objective.value) * model.scale


def compare(seeds: tuple[int, ...]) -> None:
    """Print the large plan solved each way, a process per solve, and the medians."""
    import importlib.util

    ways = ["kernel start", "plain", *(["linopy"] if importlib.util.find_spec("linopy") else [])]
    print("200 SKUs, 60 suppliers, 15 origins, 50 scenarios, gap 1%, 2 threads")
    print(f"{'how':>14} {'seed':>5} {'seconds':>8} {'gap':>8} {'MB':>6} {'objective':>14}")
    for how in ways:
        times, sizes = [], []
        for seed in seeds:
            done = subprocess.run([sys.executable, __file__, "one", "--seed", str(seed), "--how", how], capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{how:>14} {seed:>5} failed: {done.stderr.strip().splitlines()[-1]}")
                continue
            spent, gap, peak, objective, _ = done.stdout.strip().splitlines()[-1].split()
            times.append(float(spent))
            sizes.append(float(peak))
            print(f"{how:>14} {seed:>5} {float(spent):>8.2f} {float(gap):>8.2%} {float(peak):>6.0f} {float(objective):>14,.0f}")
        if times:
            print(f"{how:>14} median {statistics.median(times):.2f} s, {max(sizes):.0f} MB at most")


def main() -> None:
    """Run what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", nargs="?", default="all", choices=["all", "orlib", "large", "one"])
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--how", default="kernel start")
    given = asked.parse_args()
    if given.what == "one":
        one(given.seed, given.how)
        return
    if given.what in ("all", "orlib"):
        if SHARED.is_dir():
            right, of = orlib()
            if right < of:
                raise SystemExit(1)
        else:
            print("the OR-Library instances (../shared/sourcing/orlib_cap) are absent: skipped")
    if given.what in ("all", "large"):
        compare((7, 11, 12, 13))


if __name__ == "__main__":
    main()
