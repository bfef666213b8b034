"""The `landed` command: puts the commands together. Heavy modules load only inside the command that needs them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from landed.doors.cli import (
    ask,
    batch,
    catalogue,
    check,
    classify,
    compare,
    data,
    doctor,
    entry,
    estimate,
    exposure,
    freight,
    history,
    hts,
    law,
    match,
    origin,
    plan,
    quote,
    read,
    refunds,
    screen,
    serve,
    ship,
    suppliers,
    watch,
)

app = typer.Typer(
    name="landed",
    help="What goods really cost to land in the United States: base duty, chapter 99 and fees on any day, with the law cited.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("quote")(quote.quote)
app.command("estimate")(estimate.estimate)
app.command("compare")(compare.compare)
app.command("history")(history.history)
app.command("classify")(classify.classify)
app.add_typer(catalogue.app, name="catalogue")
app.command("read")(read.read)
app.command("entry")(entry.entry)
app.command("cost")(entry.cost)
app.command("batch")(batch.batch)
app.command("panel")(batch.panel)
app.command("match")(match.match)
app.command("plan")(plan.plan)
app.add_typer(ship.app, name="ship")
app.add_typer(freight.app, name="freight")
app.command("screen")(screen.screen)
app.add_typer(screen.lists_app, name="lists")
app.command("exposure")(exposure.exposure)
app.command("market")(exposure.market)
app.add_typer(suppliers.app, name="suppliers")
app.add_typer(hts.app, name="hts")
app.add_typer(law.app, name="law")
app.add_typer(data.app, name="data")
app.add_typer(check.app, name="check")
app.add_typer(origin.app, name="origin")
app.command("watch")(watch.watch)
app.add_typer(watch.kept_app, name="watched")
app.command("alert")(watch.alert)
app.command("brief")(watch.brief)
app.command("diff")(watch.diff)
app.command("refunds")(refunds.refunds)
app.command("drawback")(refunds.drawback)
app.command("money-back")(refunds.money_back)
app.command("ask")(ask.ask)
app.command("chat")(ask.chat)
app.command("doctor")(doctor.doctor)
serve.add_to(app)


@app.command("demo")
def demo() -> None:
    """Toys from China on the day of the 104 percent, today, and from elsewhere."""
    from landed.doors.cli.demo import run

    run()


@app.callback(invoke_without_command=True)
def start(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False) -> None:
    """What goods really cost to land in the United States."""
    if version:
        from landed import __version__

        typer.echo(f"landed {__version__}")
        raise typer.Exit


def main() -> None:
    """The console script. A reader that stops early (`| head`) ends it quietly."""
    import os

    # The columnar reader's own allocator takes 30 MB that one command never uses.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None


if __name__ == "__main__":
    main()
