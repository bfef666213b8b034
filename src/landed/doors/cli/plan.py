"""`landed plan`: where to buy what, under laws that may come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.terminal import answering, console, money, percent, print_json, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.sourcing.model import Plan


def plan(
    file: Annotated[str, typer.Argument(help="Workbook, YAML, JSON or TOML file, or a folder of CSV files.", show_default=False)] = "",
    arrival: Annotated[str, typer.Option("--on", help="Day of entry, in place of the file's.", show_default=False)] = "",
    risk: Annotated[str, typer.Option("--risk", help="Weight of the tail, 0 to 1, in place of the file's.", show_default=False)] = "",
    studies: Annotated[str, typer.Option("--studies", help="yes or no: frontier, regret, wrong probabilities; default where the plan is not large.", show_default=False)] = "",
    out: Annotated[str, typer.Option("--out", help="Write the plan as a workbook.", show_default=False)] = "",
    template: Annotated[str, typer.Option("--template", help="Write a workbook to fill in, and stop.", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Plan which supplier and origin makes how much of which product.

    landed plan sourcing.xlsx --risk 0.3 --out plan.xlsx
    """
    with answering(as_json):
        from landed.entry.files import write_aside
        from landed.operations.plan import TABLES, sheets_of
        from landed.operations.plan import plan as run
        from landed.operations.plan import template as sheets
        from landed.operations.tables import at_cells, read_tables, workbook

        if template:
            write_aside(Path(template), workbook(sheets()))
            typer.echo(f"Wrote {template}")
            return
        if not file:
            raise LandedError("INVALID_REQUEST", "expected a file", where="plan", mend="Start from `landed plan --template sourcing.xlsx`.")
        document = read_tables(Path(file), TABLES, ("plan",))
        request: dict[str, Any] = dict(document.data)
        settings = dict(request.get("plan") or {})
        settings |= {k: v for k, v in (("arrival", arrival), ("risk_weight", risk)) if v}
        if settings:
            request["plan"] = settings
        if studies:
            request["studies"] = studies.lower() in ("yes", "true", "1")
        with at_cells(document):
            found = run(request)  # type: ignore[arg-type]
        if out:
            write_aside(Path(out), workbook(sheets_of(found)))
        if as_json:
            from landed.operations.shape import plain

            print_json(plain(found))
            return
        show(found)


def show(found: Plan) -> None:
    """Print a plan: allocation, scenarios, frontier, why, limits, proof."""
    out = console()
    if found.status == "infeasible":
        out.print("No plan meets every limit.", style="bold")
        if found.clash:
            out.print("These clash: " + "; ".join(found.clash) + ".")
        for repair in found.repairs:
            out.print(f"Cheapest repair: {repair.text} ({repair.where}).")
        return
    view = table()
    for name in ("SKU", "From", "Origin"):
        view.add_column(name)
    for name in ("Units", "Share", "Price", "Duty", "Landed/unit"):
        view.add_column(name, justify="right")
    for a in found.allocations:
        view.add_row(a.sku, a.supplier, a.origin, f"{a.units.normalize():,f}", percent(a.share_pct), f"{a.unit_price:,.2f}", percent(a.duty_rate_pct), f"{a.landed_per_unit:,.4f}")
    out.print(view)
    view = table(title="Cost under each law")
    view.add_column("Scenario")
    for name in ("Chance", "Duty", "Total", "Best if known", "Regret"):
        view.add_column(name, justify="right")
    for o in found.outcomes:
        view.add_row(o.scenario, percent(o.probability * 100), money(o.duty), money(o.total), money(o.best_if_known) if o.best_if_known is not None else "", money(o.regret) if o.regret is not None else "")
    out.print(view)
    out.print(f"Mean {money(found.mean_cost)}; mean of the worst {100 - found.tail_pct.normalize():f}%: {money(found.cvar)}.")
    if found.worst_mean_if_probabilities_wrong is not None and len(found.outcomes) > 1:
        out.print(f"Mean if the probabilities are as wrong as allowed: {money(found.worst_mean_if_probabilities_wrong)}" + (f" (the plan made for that: {money(found.robust_plan_mean)})." if found.robust_plan_mean is not None else "."))
    if found.value_of_waiting is not None:
        out.print(f"Waiting to know the law is worth at most {money(found.value_of_waiting)}.")
    if found.frontier:
        view = table(title="Frontier")
        for name in ("Weight of tail", "Mean", "Tail", "Suppliers"):
            view.add_column(name, justify="right")
        for f in found.frontier:
            view.add_row(str(f.risk_weight), money(f.mean), money(f.cvar), str(f.suppliers))
        out.print(view)
    for why in found.why[:40]:
        out.print(f"{why.sku}: {why.text}", style="dim")
    for limit in found.binding[:20]:
        out.print(f"Held back by the {limit.limit}: {limit.used.normalize():,f} of {limit.allowed.normalize():,f}.")
    out.print("Shares of value: " + ", ".join(f"{name} {percent(share)}" for name, share in found.origin_shares) + f"; HHI {found.hhi_origin}, as if {found.effective_origins} equal origins.")
    for note in found.notes[:20]:
        out.print(note, style="dim")
    if found.proof:
        p = found.proof
        out.print(f"{p.status}: best {money(p.objective)}, bound {money(p.bound)}, gap {percent(p.gap_pct)}, {p.seconds:.1f} s; {p.duty_questions} duty questions in {p.duty_seconds:.1f} s. Law {found.law_version}", style="dim")
