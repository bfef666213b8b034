"""`landed ship`: distances and days, load plans, quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from landed.doors.cli.terminal import answering, console, print_json

if TYPE_CHECKING:
    from landed.freight.routes import Distance

app = typer.Typer(help="How to ship it: distances, load plans, quotes.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


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
