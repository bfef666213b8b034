"""`landed history`: the duty of one line over the years, as a table and a step chart."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.quote import Answer, AsJson, Claim, Code, Exclusion, Fact, KnownOn, Origin, Overlay, Quantity, Spi, details
from landed.doors.cli.terminal import NARROW, answering, console, money, percent, print_json, read_value, table

if TYPE_CHECKING:
    from landed.operations.history import History

BAR = 16  # cells of the longest bar


def history(
    code: Code,
    origin: Origin,
    value: Annotated[str, typer.Option("--value", help="Customs value in US dollars; default 10,000.", show_default=False)] = "",
    since: Annotated[str, typer.Option("--since", help="First day; default the first day of coverage.", show_default=False)] = "",
    until: Annotated[str, typer.Option("--until", help="Last day; default one year from today.", show_default=False)] = "",
    chart: Annotated[str, typer.Option("--chart", help="Write a step chart: out.svg, or out.png with landed[charts].", show_default=False)] = "",
    qty: Quantity = [],
    spi: Spi = "",
    fact: Fact = [],
    answer: Answer = [],
    claim: Claim = [],
    exclusion: Exclusion = [],
    known_on: KnownOn = "",
    overlay: Overlay = "",
    as_json: AsJson = False,
) -> None:
    """Every spell of the duty of one line, with the cause of each change.

    landed history 9503.00.00.73 --from CN --chart toys.svg
    """
    with answering(as_json):
        request: dict[str, Any] = details(qty=qty, spi=spi, fact=fact, answer=answer, claim=claim, exclusion=exclusion, known_on=known_on, overlay=overlay)
        request |= {"hts_code": code, "country_of_origin": origin}
        request |= {name: text for name, text in (("since", since), ("until", until)) if text}
        if value:
            request["customs_value"] = read_value(value)
        from landed.operations.history import history as run

        found = run(request)  # type: ignore[arg-type]
        if chart:
            from landed.operations.step_chart import write_chart

            write_chart(found, Path(chart))
        if as_json:
            print_json(found.to_dict())
            return
        show(found)
        if chart:
            typer.echo(f"Chart written to {chart}")


def show(found: History) -> None:
    """Print the spells, oldest first, with a bar for each rate."""
    out = console()
    out.print(f"{found.hts_code} from {found.origin_name}, duty on {money(found.customs_value)}, {found.since} to {found.until}", style="dim")
    highest = max((s.rate_pct for s in found.spells if s.rate_pct is not None), default=Decimal(0)) or Decimal(1)
    if out.width < NARROW:
        for spell in found.spells:
            out.print()
            out.print(f"{spell.from_}  {percent(spell.rate_pct)}  {money(spell.duty)}", style="bold" if spell.from_ <= found.today else "dim")
            for cause in spell.causes:
                out.print(f"  {cause}", style="dim")
    else:
        rows = table()
        rows.add_column("From", no_wrap=True)
        rows.add_column("To", no_wrap=True)
        rows.add_column("Rate", justify="right", no_wrap=True)
        rows.add_column("", no_wrap=True, width=BAR, style="cyan")
        rows.add_column("Duty", justify="right", no_wrap=True)
        rows.add_column("What began it")
        for spell in found.spells:
            bar = "?" if spell.rate_pct is None else "\u2588" * int(spell.rate_pct * BAR / highest)
            scheduled = "  (scheduled)" if spell.from_ > found.today else ""
            rows.add_row(str(spell.from_), str(spell.to), percent(spell.rate_pct), bar, money(spell.duty), "\n".join(spell.causes) + scheduled)
        out.print(rows)
    if any(spell.from_ < found.rate_known_from for spell in found.spells):
        out.print(f"Before {found.rate_known_from} the line's own rate is that of the first export at hand.", style="yellow")
    out.print(f"Law read through {found.verified_through}. Law {found.law_version}", style="dim")
