"""The sourcing plan as numbers, and its mixed-integer programme solved with HiGHS from a kernel start."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from landed.errors import LandedError

THREADS = 2  # HiGHS has one scheduler per process: every solve must ask for the same number
KERNEL_SECONDS = 60.0
SMALL = 400  # columns; below it the full programme is solved at once


@dataclass
class Problem:
    """One sourcing problem in arrays. Columns are price steps of offers; money is US dollars, quantities are units.

    `column_*` have one entry per column: its SKU, offer, supplier, origin, price per unit, all certain cost per unit (price, freight, carrying), least and
    most units. `duty[column, scenario]` is US dollars per unit. `fill` is the least share of demand served, `shortage` dollars per unit short.
    `sku_share` caps one supplier's share of a SKU's demand (1 is no cap). Shares of value are caps per origin and per supplier.
    """

    demand: np.ndarray
    fill: np.ndarray
    shortage: np.ndarray
    sku_share: np.ndarray
    column_sku: np.ndarray
    column_offer: np.ndarray
    column_supplier: np.ndarray
    column_origin: np.ndarray
    price: np.ndarray
    cost: np.ndarray
    least: np.ndarray
    most: np.ndarray
    duty: np.ndarray
    probability: np.ndarray
    onboarding: np.ndarray
    supplier_value: np.ndarray  # most US dollars bought from a supplier; inf is no limit
    supplier_units: np.ndarray
    origins: int
    origin_share: np.ndarray  # per origin; 1 is no cap
    supplier_share: float = 1.0
    supplier_count: int | None = None
    risk_weight: float = 0.0  # lambda: 0 is the mean alone, 1 the tail alone
    tail: float = 0.9  # beta: the tail is the worst 1 - beta of probability


@dataclass
class Solved:
    """What came back: the best plan found with its proof. `status` optimal (within the gap asked), time_limit, infeasible."""

    status: str
    quantity: np.ndarray  # units per column
    used: np.ndarray  # suppliers, 0 or 1
    short: np.ndarray  # units short per SKU
    objective: float
    bound: float
    gap: float
    seconds: float
    nodes: int = 0
    columns: int = 0
    rows: int = 0
    kernel: dict[str, Any] = field(default_factory=dict)


def highs(*, seconds: float, gap: float, threads: int = THREADS) -> Any:
    """A quiet solver. Raises EXTRA_REQUIRED where highspy is not installed."""
    try:
        import highspy
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "the sourcing plan needs highspy, which is not installed", mend="pip install 'landed[sourcing]'.") from None
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (("output_flag", False), ("threads", threads), ("time_limit", max(seconds, 0.1)), ("mip_rel_gap", gap)):
        solver.setOptionValue(name, value)
    return solver


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a solve is: best plan and bound in US dollars (None while there is none), gap as a share, seconds and nodes."""

    best: float | None
    bound: float | None
    gap: float | None
    seconds: float
    nodes: int


Watch = Callable[[Progress], bool]
_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)
NOW_AND_THEN = 0.1  # seconds between two looks at a solve


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Solves within tell `watch` how far they are, before each and now and then during it; where it answers False they end with what they have."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


def _looked_at(solver: Any, watch: Watch, scale: float) -> None:
    last = [-1.0]

    def look(event: Any) -> None:
        now = time.perf_counter()
        if now - last[0] < NOW_AND_THEN:
            return
        last[0] = now
        d = event.data_out
        best, bound = (value * scale if math.isfinite(value) else None for value in (float(d.mip_primal_bound), float(d.mip_dual_bound)))
        gap = None if best is None or bound is None else abs(best - bound) / max(abs(best), 1e-9)
        if not watch(Progress(best, bound, gap, float(d.running_time), int(d.mip_node_count))):
            event.interrupt()

    solver.cbMipInterrupt.subscribe(look)


def run(solver: Any, scale: float = 1.0) -> None:
    """Solve, and never take silence for an answer: a clash of thread counts in this process is mended once, then told.

    `scale` turns the solver's objective into dollars for whoever watches.
    """
    import highspy

    watch = _watch.get()
    if watch is not None:
        watch(Progress(None, None, None, 0.0, 0))
        _looked_at(solver, watch, scale)
    if solver.run() == highspy.HighsStatus.kError and solver.getModelStatus() == highspy.HighsModelStatus.kNotset:
        highspy.Highs.resetGlobalScheduler(True)
        if solver.run() == highspy.HighsStatus.kError:
            raise LandedError("SOLVER_FAILED", "the solver did not start", mend="Restart the process: something else in it uses HiGHS with another number of threads.")


class Rows:
    """Constraint rows gathered as triplets, each with a name that people read when plans clash."""

    def __init__(self) -> None:
        self.row: list[np.ndarray] = []
        self.column: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.names: list[tuple[Any, ...]] = []

    def add(self, columns: Any, values: Any, lower: float, upper: float, name: tuple[Any, ...]) -> None:
        columns = np.asarray(columns, dtype=np.int64)
        self.row.append(np.full(len(columns), len(self.lower), dtype=np.int64))
        self.column.append(columns)
        self.value.append(np.broadcast_to(np.asarray(values, dtype=float), columns.shape))
        self.lower.append(lower)
        self.upper.append(upper)
        self.names.append(name)

    def csr(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        lengths = [len(c) for c in self.column]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return starts, np.concatenate(self.column).astype(np.int32), np.concatenate(self.value)


class Model:
    """The programme in matrix form. Quantities are shares of the SKU's demand, so that a billion units weigh like one.

    Layout of columns: share x (one per price step), taken z (0/1 per price step), used y (0/1 per supplier), short h (share per SKU), eta, u (one per
    scenario). Certain cost stands outside the tail: CVaR(B + D) = B + CVaR(D), so that rows hold only what law makes uncertain.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = p = problem
        self.n, self.suppliers, self.skus, self.scenarios = len(p.price), len(p.onboarding), len(p.demand), len(p.probability)
        self.x, self.z = 0, self.n
        self.y = 2 * self.n
        self.h = self.y + self.suppliers
        self.eta = self.h + self.skus
        self.u = self.eta + 1
        self.columns = self.u + self.scenarios
        self.size = p.demand[p.column_sku]
        offers = int(p.column_offer.max()) + 1 if self.n else 0
        steps = np.bincount(p.column_offer, minlength=offers) if self.n else np.zeros(0, dtype=int)
        self.stepped = (p.least > 0) | (steps[p.column_offer] > 1) if self.n else np.zeros(0, dtype=bool)
        tail_weight = 0.0 if self.scenarios < 2 else p.risk_weight
        self.certain_duty = p.duty.min(axis=1) if self.n else np.zeros(0)
        self.risky_duty = p.duty - self.certain_duty[:, None]
        mean = p.cost + self.certain_duty + (1 - tail_weight) * (self.risky_duty @ p.probability)
        self.objective = np.zeros(self.columns)
        self.objective[self.x : self.z] = mean * self.size
        self.objective[self.y : self.h] = p.onboarding
        self.objective[self.h : self.eta] = p.shortage * p.demand
        money = float(np.median(self.objective[self.x : self.z])) if self.n else 1.0
        self.scale = max(money, 1e-9) / 1000.0
        self.money = max(float((self.risky_duty * self.size[:, None]).max(initial=0.0)), 1e-9)  # eta and u count in it
        if tail_weight:
            self.objective[self.eta] = tail_weight * self.money
            self.objective[self.u :] = tail_weight * self.money * p.probability / (1 - p.tail)
        self.tail_weight = tail_weight
        self.lower, self.upper, self.whole = self._bounds()
        self.rows = self._rows()

    def _bounds(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        p = self.problem
        lower, upper = np.zeros(self.columns), np.ones(self.columns)
        upper[self.x : self.z] = np.maximum(p.most, 0) / self.size
        upper[self.z : self.y] = self.stepped.astype(float)
        upper[self.h : self.eta] = np.clip(1 - p.fill, 0, 1)
        lower[self.eta], upper[self.eta] = -np.inf, np.inf
        upper[self.u :] = np.inf
        if not self.tail_weight:
            lower[self.eta] = upper[self.eta] = 0.0
            upper[self.u :] = 0.0
        whole = np.zeros(self.columns, dtype=np.int32)
        whole[self.z : self.h] = 1
        return lower, upper, whole

    def _rows(self) -> Rows:
        p, rows = self.problem, Rows()
        of_sku = _groups(p.column_sku, self.skus)
        of_supplier = _groups(p.column_supplier, self.suppliers)
        for sku in range(self.skus):
            rows.add([*(self.x + of_sku[sku]), self.h + sku], 1.0, 1.0, np.inf, ("demand", sku))
            if p.sku_share[sku] < 1:
                mine = of_sku[sku]
                for supplier in np.unique(p.column_supplier[mine]):
                    rows.add(self.x + mine[p.column_supplier[mine] == supplier], 1.0, -np.inf, float(p.sku_share[sku]), ("sku_share", sku, int(supplier)))
        for column in range(self.n):
            most = self.upper[self.x + column]
            if self.stepped[column]:
                rows.add([self.x + column, self.z + column], [1.0, -most], -np.inf, 0.0, ("most", column))
                if p.least[column] > 0:
                    rows.add([self.x + column, self.z + column], [1.0, -p.least[column] / self.size[column]], 0.0, np.inf, ("least", column))
            else:
                rows.add([self.x + column, self.y + p.column_supplier[column]], [1.0, -most], -np.inf, 0.0, ("most", column))
        for offer, mine in enumerate(_groups(p.column_offer, int(p.column_offer.max()) + 1 if self.n else 0)):
            if len(mine) and self.stepped[mine[0]]:
                rows.add([*(self.z + mine), self.y + p.column_supplier[mine[0]]], [1.0] * len(mine) + [-1.0], -np.inf, 0.0, ("one_step", offer))
        for supplier, mine in enumerate(of_supplier):
            for limit, weight, name in ((p.supplier_value[supplier], p.price[mine], "supplier_value"), (p.supplier_units[supplier], np.ones(len(mine)), "supplier_units")):
                if np.isfinite(limit) and len(mine):
                    weights = weight * self.size[mine] / max(limit, 1e-9)
                    rows.add([*(self.x + mine), self.y + supplier], [*weights, -1.0], -np.inf, 0.0, (name, supplier))
        self._shares(rows, of_supplier)
        if p.supplier_count is not None:
            rows.add(self.y + np.arange(self.suppliers), 1.0, -np.inf, float(p.supplier_count), ("supplier_count",))
        if self.tail_weight:
            for k in range(self.scenarios):
                risky = np.flatnonzero(self.risky_duty[:, k])
                rows.add([*(self.x + risky), self.eta, self.u + k], [*(self.risky_duty[risky, k] * self.size[risky] / self.money), -1.0, -1.0], -np.inf, 0.0, ("tail", k))
        return rows

    def _shares(self, rows: Rows, of_supplier: list[np.ndarray]) -> None:
        """Shares of the value decided: value of the part less share times value of the whole is at most nothing."""
        p = self.problem
        value = p.price * self.size
        total = max(float(value.max(initial=1.0)), 1e-9)
        for origin in range(p.origins):
            if p.origin_share[origin] < 1:
                rows.add(self.x + np.arange(self.n), (value * (p.column_origin == origin) - p.origin_share[origin] * value) / total, -np.inf, 0.0, ("origin_share", origin))
        if p.supplier_share < 1:
            for supplier in range(self.suppliers):
                if len(of_supplier[supplier]):
                    rows.add(self.x + np.arange(self.n), (value * (p.column_supplier == supplier) - p.supplier_share * value) / total, -np.inf, 0.0, ("supplier_share", supplier))

    def lp(self, upper: np.ndarray | None = None, *, relaxed: bool = False) -> Any:
        """The programme as HiGHS takes it, with other upper bounds or without whole numbers where asked."""
        import highspy

        lp = highspy.HighsLp()
        starts, index, value = self.rows.csr()
        lp.num_col_, lp.num_row_ = self.columns, len(self.rows.lower)
        lp.col_cost_ = self.objective / self.scale
        lp.col_lower_, lp.col_upper_ = self.lower, self.upper if upper is None else upper
        lp.row_lower_, lp.row_upper_ = np.array(self.rows.lower), np.array(self.rows.upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, index, value
        if not relaxed:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[w] for w in self.whole]
        return lp

    def solved(self, status: str, values: np.ndarray, bound: float, began: float, nodes: int = 0, kernel: dict[str, Any] | None = None) -> Solved:
        p = self.problem
        quantity = np.where(values[self.x : self.z] < 1e-9, 0.0, values[self.x : self.z]) * self.size
        objective = float(self.objective @ values)
        gap = abs(objective - bound) / max(abs(objective), 1e-9)
        used = (np.bincount(p.column_supplier, weights=quantity, minlength=self.suppliers) > 0).astype(float)
        return Solved(status, quantity, used, values[self.h : self.eta] * p.demand, objective, bound, gap, time.perf_counter() - began, nodes, self.columns, len(self.rows.lower), kernel or {})


def _groups(index: np.ndarray, count: int) -> list[np.ndarray]:
    order = np.argsort(index, kind="stable")
    edges = np.searchsorted(index[order], np.arange(count + 1))
    return [order[edges[n] : edges[n + 1]] for n in range(count)]


def solve(problem: Problem, *, gap: float = 0.01, seconds: float = 60.0, kernel: bool | None = None, threads: int = THREADS) -> Solved:
    """The best plan found in the time, with its bound and gap; status infeasible where no plan meets every limit.

    A kernel start first solves the relaxation, keeps the columns it uses and the next cheapest per SKU, and solves that smaller
    programme to most of the gap: a good first plan from which the full one proves its bound. Raises LandedError EXTRA_REQUIRED, SOLVER_FAILED.
    """
    import highspy

    began = time.perf_counter()
    model = Model(problem)
    start: np.ndarray | None = None
    told: dict[str, Any] = {}
    if kernel if kernel is not None else model.n > SMALL:
        start, told = _kernel(model, gap, min(KERNEL_SECONDS, seconds / 2), threads)
        if told.get("status") == "infeasible":
            return Solved("infeasible", np.zeros(model.n), np.zeros(model.suppliers), np.zeros(model.skus), float("inf"), float("inf"), float("inf"), time.perf_counter() - began)
    solver = highs(seconds=seconds - (time.perf_counter() - began), gap=gap, threads=threads)
    solver.passModel(model.lp())
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solver.setSolution(solution)
    run(solver, model.scale)
    status, info = solver.getModelStatus(), solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        name = "infeasible"
    elif not found:
        if start is None:
            raise LandedError("SOLVER_FAILED", f"no plan was found in {seconds:g} seconds ({solver.modelStatusToString(status)})", where="settings.time_limit", mend="Allow more time, or loosen limits.")
        name = "time_limit"
    else:
        name = "optimal" if status == highspy.HighsModelStatus.kOptimal else "time_limit"
    if name == "infeasible":
        return Solved("infeasible", np.zeros(model.n), np.zeros(model.suppliers), np.zeros(model.skus), float("inf"), float("inf"), float("inf"), time.perf_counter() - began)
    values = np.array(solver.getSolution().col_value) if found else start
    assert values is not None
    bound = info.mip_dual_bound * model.scale
    return model.solved(name, values, bound, began, int(info.mip_node_count), told)


def _kernel(model: Model, gap: float, seconds: float, threads: int) -> tuple[np.ndarray | None, dict[str, Any]]:
    """A first plan from the columns that the relaxation likes, or None."""
    import highspy

    began = time.perf_counter()
    solver = highs(seconds=seconds, gap=gap, threads=threads)
    solver.passModel(model.lp(relaxed=True))
    run(solver)
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None, {"status": "infeasible"}
    if status != highspy.HighsModelStatus.kOptimal:
        return None, {"status": "none"}
    solution = solver.getSolution()
    share, reduced = np.array(solution.col_value)[model.x : model.z], np.array(solution.col_dual)[model.x : model.z]
    p = model.problem
    keep_offer = np.zeros(int(p.column_offer.max()) + 1, dtype=bool)
    keep_offer[p.column_offer[share > 1e-9]] = True
    order = np.lexsort((reduced, p.column_sku))
    for mine in np.split(order, np.flatnonzero(np.diff(p.column_sku[order])) + 1):
        others = mine[~keep_offer[p.column_offer[mine]]]
        if len(others):
            keep_offer[p.column_offer[others[0]]] = True
    keep = keep_offer[p.column_offer]
    upper = model.upper.copy()
    upper[model.x : model.z][~keep] = 0.0
    upper[model.z : model.y][~keep] = 0.0
    relaxed = time.perf_counter() - began
    solver = highs(seconds=seconds - relaxed, gap=gap * 0.8, threads=threads)
    solver.setOptionValue("mip_heuristic_effort", 0.2)  # measured: a good plan early is worth more here than a bound
    solver.passModel(model.lp(upper))
    run(solver, model.scale)
    told = {"columns": int(keep.sum()), "relaxation_seconds": round(relaxed, 3), "seconds": round(time.perf_counter() - began, 3)}
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None, told
    return np.array(solver.getSolution().col_value), told
