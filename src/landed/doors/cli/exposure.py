"""`landed exposure` and `landed market`: what tariffs do to the books, and what they did to a price."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.terminal import answering, change, console, money, percent, print_json, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.sourcing.exposure_model import Exposure
    from landed.sourcing.market import MarketAnswer

AsJson = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]


def exposure(
    file: Annotated[str, typer.Argument(help="Workbook, YAML, JSON or TOML file, CSV of products, or a folder of CSV files.")],
    on: Annotated[str, typer.Option("--on", help="Day of entry, in place of the file's.", show_default=False)] = "",
    overlay: Annotated[str, typer.Option("--overlay", help="The law after: a file or a ready what-if, parameters apart by blanks.", show_default=False)] = "",
    chart: Annotated[str, typer.Option("--chart", help="Write tornado and before/after as SVG: NAME.svg gives NAME-tornado.svg and NAME-effects.svg.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Profit and loss of products before and after a law.

    landed exposure books.xlsx --overlay china_104
    """
    with answering(as_json):
        from landed.operations.exposure import TABLES
        from landed.operations.exposure import exposure as run
        from landed.operations.tables import at_cells, read_tables

        document = read_tables(Path(file), TABLES, ("exposure",))
        request: dict[str, Any] = dict(document.data)
        request["exposure"] = dict(request.get("exposure") or {}) | {k: v for k, v in (("on", on), ("overlay", overlay)) if v}
        with at_cells(document):
            found = run(request)  # type: ignore[arg-type]
        if chart:
            from landed.entry.files import write_aside
            from landed.sourcing.charts import tornado_svg, waterfall_svg

            stem = Path(chart).with_suffix("")
            write_aside(stem.with_name(stem.name + "-tornado.svg"), tornado_svg(found).encode())
            write_aside(stem.with_name(stem.name + "-effects.svg"), waterfall_svg(found).encode())
        if as_json:
            from landed.operations.shape import plain

            print_json(plain(found))
            return
        show(found)


def show(found: Exposure) -> None:
    """Print an exposure."""
    out = console()
    view = table()
    view.add_column("SKU")
    for name in ("Duty before", "after", "Contribution", "after", "Change", "Break-even duty", "Pass on"):
        view.add_column(name, justify="right")
    for r in found.lines:
        view.add_row(r.sku, percent(r.duty_before_pct), percent(r.duty_after_pct), money(r.contribution_before), money(r.contribution_after), change(r.change), percent(r.break_even.tariff_pct) if r.break_even.tariff_pct is not None else "", percent(r.break_even.pass_through * 100) if r.break_even.pass_through is not None else "none exists")
    out.print(view)
    out.print(f"Contribution {money(found.contribution_before)} to {money(found.contribution_after)}: {change(found.change)}. Duty alone, nobody reacting: {change(found.before_reaction)}.")
    out.print(f"  duty {change(found.duty_effect)}, supplier {change(found.supplier_effect)}, price {change(found.price_effect)}, volume {change(found.volume_effect)}")
    out.print(f"Result after fixed cost {money(found.result_before)} to {money(found.result_after)}" + (f"; one tariff of {percent(found.break_even_tariff_pct)} on everything takes it to zero." if found.break_even_tariff_pct is not None else "."))
    out.print("A point more duty: " + ", ".join(f"{o.origin} {change(o.per_point)}" for o in found.duty_point_value))
    for name, c in (("Cost by origin", found.cost_by_origin), ("Revenue by market", found.revenue_by_market)):
        out.print(f"{name}: " + ", ".join(f"{s.name} {percent(s.share_pct)}" for s in c.shares) + f"; HHI {c.hhi} ({c.hhi_points} points), as if {c.effective}.")
    if found.cash_in_duty_after is not None:
        out.print(f"Cash tied up in duty: {money(found.cash_in_duty_before)} to {money(found.cash_in_duty_after)}.")
    for s in found.tornado:
        out.print(f"If {s.assumption.replace('_', ' ')} is {s.low_value.normalize():f} to {s.high_value.normalize():f}: {change(s.at_low)} to {change(s.at_high)}")
    if found.at_risk:
        out.print(f"Margin at risk at {found.at_risk.tail_pct.normalize():f}%: {money(found.at_risk.margin_at_risk)}; on average in the tail {money(found.at_risk.mean_margin_at_risk)}.")
    if found.stress:
        out.print(f"Revenue stress: {change(found.stress.revenue_change)}. {found.stress.text}")
    for r in found.lines:
        if r.break_even.pass_through is None:
            out.print(f"{r.sku}: {r.break_even.text}", style="dim")
    for note in found.notes:
        out.print(note, style="dim")


def market(
    file: Annotated[str, typer.Argument(help="CSV with the columns date, close and, where there is one, market.")],
    event: Annotated[list[str], typer.Option("--event", help="A day around which to study returns; repeatable.", show_default=False)] = [],
    window: Annotated[str, typer.Option("--window", help="Sessions from,to around the event.")] = "0,1",
    as_json: AsJson = False,
) -> None:
    """52-week-high ratio, drawdown, and what happened around tariff days.

    landed market prices.csv --event 2025-04-02 --event 2025-04-09 --window 0,2
    """
    with answering(as_json):
        from landed.operations.market import market as run
        from landed.operations.tables import at_cells, read_tables

        document = read_tables(Path(file), ("prices",))
        if not isinstance(document.data, dict):
            raise LandedError("MARKET_SERIES", "expected rows of date and close", where=file, mend="A CSV file.")
        with at_cells(document):
            found = run({"prices": document.data.get("prices"), "events": list(event), "window": window})
        if as_json:
            from landed.operations.shape import plain

            print_json(plain(found))
            return
        show_market(found)


def show_market(found: MarketAnswer) -> None:
    """Print the reading of a series."""
    out = console()
    h = found.high
    out.print(f"{h.day}: {h.close:g} is {h.ratio:.4f} of the 52-week high {h.high:g} ({h.high_day}, closes of {h.sessions} sessions): {h.drawdown_pct:g}% below; +{h.rise_to_recover_pct:.1f}% would regain it.")
    out.print(f"Largest drawdown of the series: {h.largest_drawdown_pct:g}%, {h.largest_drawdown_from} to {h.largest_drawdown_to}.")
    for e in found.events:
        fit = f"beta {e.beta:.2f}, " if e.beta is not None else ""
        out.print(f"{e.day} (session {e.session}, window {e.window[0]} to {e.window[1]}): abnormal {e.car_pct:+.2f}% ± {e.standard_error_pct:.2f}, t {e.t:.2f}, p {e.p_value:.3f}; {e.days_negative} of {e.days} days negative (sign p {e.sign_p_value:.3f}); {fit}fitted on {e.fitted_on} sessions.")
    for note in found.notes:
        out.print(note, style="dim")
