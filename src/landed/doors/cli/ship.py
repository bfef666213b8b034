"""`landed ship`: distances and days, load plans, quotes; what speaks with carriers stands in `freight`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.freight import add_to
from landed.doors.cli.terminal import answering, console, money, plural, print_json, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.freight.choose import Choice
    from landed.freight.load.model import LoadPlan
    from landed.freight.routes import Distance

app = typer.Typer(help="How to ship it: distances, load plans, quotes, schedules, bookings, tracking.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
add_to(app)


@app.command("distance")
def distance(
    origin: Annotated[str, typer.Argument(help="UN/LOCODE or name of a sea port; IATA code with --mode air.", show_default=False)],
    destination: Annotated[str, typer.Argument(help="As origin.", show_default=False)],
    mode: Annotated[str, typer.Option("--mode", help="ocean or air.")] = "ocean",
    routing: Annotated[str, typer.Option("--routing", help="suez_open, cape, panama_restricted, cape_panama_restricted; default what ships did on the day.", show_default=False)] = "",
    on: Annotated[str, typer.Option("--on", help="Day of departure, YYYY-MM-DD; default today.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """How far and how many days.

    landed ship distance CNSHA USLAX
    """
    with answering(as_json):
        from landed.operations.registry import find

        found = find("ship_distance").run({"origin": origin, "destination": destination, "mode": mode, "routing": routing, "on": on or None})
        if as_json:
            print_json(found.to_dict())
        else:
            show_distance(found)


def show_distance(found: Distance) -> None:
    """Print a distance: how far, how long, which way."""
    out = console()
    out.print(f"{found.origin.code} {found.origin.name} to {found.destination.code} {found.destination.name}, {found.mode}")
    far = f"{found.nautical_miles:,.0f} nautical miles ({found.km:,.0f} km)" if found.mode == "ocean" else f"{found.km:,.0f} km on the great circle"
    out.print(far, style="bold")
    if found.days is not None:
        out.print(f"{found.days.p50} days in the middle, {found.days.p90} days keep nine of ten" + (" (port to port)" if found.mode == "ocean" else " (airport to airport)"))
    if found.scenario:
        way = f", through {', '.join(p.replace('_', ' ') for p in found.passages)}" if found.passages else ""
        out.print(f"Routing: {found.scenario_title}{way}.")
    out.print(f"Source: {found.source}", style="dim")
    for warning in found.warnings:
        out.print(f"  ! {warning.message} {warning.action}", style="yellow")


@app.command("load")
def load(
    file: Annotated[str, typer.Argument(help="Cargo as .csv, .xlsx or .json: name, quantity, size (60x40x30 cm), gross_kg of one piece.", show_default=False)],
    container: Annotated[str, typer.Option("--container", help="ISO type (22G1, 42G1, 45G1, L5G1); default the cheapest mix.", show_default=False)] = "",
    containers: Annotated[int, typer.Option("--containers", help="Load this many and name what is left; default as many as it takes.", show_default=False)] = 0,
    to: Annotated[str, typer.Option("--to", help="Country of destination: brings its road limits.", show_default=False)] = "",
    seconds: Annotated[float, typer.Option("--seconds", help="Time to search.")] = 2.0,
    solver: Annotated[str, typer.Option("--solver", help="packingsolver: ask that solver too (extra packing).", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Which containers, what stands where, and the loading list.

    landed ship load cargo.csv --to US
    """
    with answering(as_json):
        from landed.operations.registry import find
        from landed.operations.tables import at_cells, read_tables

        document = read_tables(Path(file), ("items",))
        with at_cells(document):
            request: dict[str, Any] = {"items": document.data.get("items"), "container": container, "destination_country": to, "seconds": seconds, "solver": solver}
            plan: LoadPlan = find("ship_load").run(request | ({"containers": containers} if containers else {}))
        if as_json:
            print_json(plan.to_dict())
        else:
            show_load(plan)


def show_load(plan: LoadPlan) -> None:
    """Print a load plan: containers, then the loading list of each."""
    out = console()
    boxes = ", ".join(f"{count} x {code}" for code, count in plan.equipment) or "no container"
    out.print(f"{plural(plan.pieces, 'piece')}, {plan.volume_m3} m3, {plan.gross_kg:,.0f} kg: {boxes}", style="bold")
    for number, each in enumerate(plan.loads, 1):
        alike = f" ({each.count} alike)" if each.count > 1 else ""
        out.print(f"\nContainer {number}{alike}: {each.container.name}, {each.fill_pct}% full, {each.gross_kg:,.0f} of {each.container.limit_kg:,.0f} kg ({each.container.limit})")
        rows = table()
        rows.add_column("Step", justify="right")
        rows.add_column("Load", ratio=1)
        for step in each.steps:
            rows.add_row(str(step.number), step.words)
        out.print(rows)
    for name, count in plan.left:
        out.print(f"Left behind: {count} x {name}", style="yellow")
    for warning in plan.warnings:
        out.print(f"  ! {warning.message} {warning.action}", style="yellow")


@app.command("quote")
def quote(
    file: Annotated[str, typer.Argument(help="Shipment as .json, .toml, .yaml or workbook (sheets Shipment, Items, Goods, Rates).", show_default=False)] = "",
    rates: Annotated[str, typer.Option("--rates", help="Rate sheet of a forwarder, .xlsx or .csv.", show_default=False)] = "",
    index: Annotated[list[str], typer.Option("--index", help="A current index value, lane=USD (asia_us_west=2400); repeatable.", show_default=False)] = [],
    routing: Annotated[str, typer.Option("--routing", help="suez_open, cape, panama_restricted, cape_panama_restricted.", show_default=False)] = "",
    live: Annotated[bool, typer.Option("--live", help="Ask the live price sources of carriers.toml.")] = False,
    template: Annotated[str, typer.Option("--template", help="Write a workbook to fill in, and stop.", show_default=False)] = "",
    rates_template: Annotated[str, typer.Option("--rates-template", help="Write a rate sheet to fill in, and stop.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Every way to ship compared on landed cost, arrival, emissions and duty.

    landed ship quote shipment.json --index asia_us_west=2400
    """
    with answering(as_json):
        from landed.entry.files import write_aside
        from landed.operations.registry import find
        from landed.operations.ship import QUOTE_TEMPLATE, rate_sheet_template
        from landed.operations.tables import at_cells, read_tables, workbook

        for name, sheets in ((template, QUOTE_TEMPLATE), (rates_template, rate_sheet_template())):
            if name:
                write_aside(Path(name), workbook(sheets))
                typer.echo(f"Wrote {Path(name).name}.")
        if template or rates_template:
            return
        if not file:
            raise LandedError("INVALID_REQUEST", "expected a file", where="quote", mend="Start from `landed ship quote --template shipment.xlsx`.")
        document = read_tables(Path(file), ("items", "goods", "rates"), ("shipment",))
        request: dict[str, Any] = {k: v for k, v in document.data.items() if k != "shipment"} | {k: str(v)[:10] if "date" in k or k in ("need_by", "as_of") else v for k, v in (document.data.get("shipment") or {}).items() if k != "name"}
        if index:
            request["index"] = {**(request.get("index") or {}), **dict(_pair(text) for text in index)}
        if routing:
            request["routing"] = routing
        if live:
            request["live"] = True
        if rates:
            sheet = read_tables(Path(rates), ("rates",))
            with at_cells(sheet):
                from landed.freight.rate_sheet import read_sheet

                read_sheet(sheet.data.get("rates"))
            request["rates"] = sheet.data.get("rates")
        with at_cells(document):
            found: Choice = find("ship_quote").run(request)
        if as_json:
            print_json(found.to_dict())
        else:
            show_quote(found)


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark:
        raise LandedError("INVALID_REQUEST", f"expected lane=USD, got {text[:40]!r}", where="--index", mend="Such as asia_us_west=2400.")
    return name.strip(), value.strip()


def show_quote(found: Choice) -> None:
    """Print a choice: the recommendation, the ways side by side, what each rests on."""
    out = console()
    out.print(found.because, style="bold")
    rows = table(title=f"{found.origin} to {found.destination}, ready {found.ready_date}, {found.incoterm}")
    rows.add_column("Way")
    for name in ("Freight (range)", "Landed cost", "Arrives by", "CO2e kg", "Duty", "If late"):
        rows.add_column(name, justify="right")
    for way in found.ways:
        duty = "unknown" if way.on_time is None else money(way.on_time.duty)
        late = "" if way.duty_change is None else "same" if not way.duty_change else f"{way.duty_change:+,.2f}"
        mark = "* " if way.service == found.recommended else "" if way.pareto else "- "
        freight = f"{way.quote.mid:,.0f} ({way.quote.low:,.0f}-{way.quote.high:,.0f})"
        rows.add_row(mark + way.title, freight, money(way.landed_cost), f"{way.quote.door_p90}", "unknown" if way.kg_co2e is None else f"{way.kg_co2e:,.0f}", duty, late)
    out.print(rows)
    out.print("* recommended; - another way is at least as good in cost, arrival and emissions. Arrives by: nine of ten. If late: change of duty on the late day of entry.", style="dim")
    for way in found.ways:
        out.print(f"{way.title}: {way.quote.kind.lower()}. {' '.join(way.quote.assumptions)}", style="dim")
    for service, _, why in found.not_open:
        out.print(f"Not open: {service}. {why}")
    said = dict.fromkeys((w.message, w.action) for each in (found.warnings, *(way.quote.warnings for way in found.ways)) for w in each)
    for message, action in said:
        out.print(f"  ! {message} {action}", style="yellow")
