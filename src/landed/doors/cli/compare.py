"""`landed compare`: the same goods from every country of origin, the least duty first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.quote import Answer, AsJson, Claim, Code, Day, Exclusion, Fact, KnownOn, Overlay, Quantity, Spi, Value, details
from landed.doors.cli.terminal import NARROW, answering, console, money, percent, print_json, read_value, table, today

if TYPE_CHECKING:
    from landed.operations.compare import Comparison, OriginDuty

NAMED = 4  # countries of one rate that are named before "and n more"


def compare(
    code: Code,
    value: Value,
    on: Day = "",
    origins: Annotated[str, typer.Option("--from", help="Countries to rank, comma-separated; default every country.", show_default=False)] = "",
    top: Annotated[int, typer.Option("--top", help="Rows to show; default all.", show_default=False, min=0)] = 0,
    every: Annotated[bool, typer.Option("--all", help="One row a country, even where many owe the same.")] = False,
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
    """Rank countries of origin by the duty of the same goods, each with its reason.

    landed compare 9503.00.00.73 --value 10000 --on 2025-04-09
    """
    with answering(as_json):
        request: dict[str, Any] = details(qty=qty, spi=spi, fact=fact, answer=answer, claim=claim, exclusion=exclusion, known_on=known_on, overlay=overlay)
        request |= {"hts_code": code, "customs_value": read_value(value), "entry_date": on or today()}
        if origins:
            request["origins"] = [name for name in origins.split(",") if name.strip()]
        single = every or bool(origins)
        if top and (as_json or single):
            request["top"] = top
        from landed.operations.compare import compare as run

        found = run(request)  # type: ignore[arg-type]
        if as_json:
            from landed.operations.shape import plain

            print_json(plain(found))
            return
        show(found, single=single, top=top)


def show(found: Comparison, *, single: bool, top: int = 0) -> None:
    """Print a ranking; countries that owe the same for the same reason share a row unless `single`."""
    out = console()
    out.print(f"{found.hts_code}, {money(found.customs_value)}, entered {found.entry_date}, {found.compared} origins", style="dim")
    groups = [[row] for row in found.rows] if single else [list(rows) for _, rows in groupby(found.rows, key=_same)]
    shown = groups[:top] if top else groups
    if out.width < NARROW:
        for rows in shown:
            out.print()
            out.print(f"{_duty(rows[0])}  {percent(rows[0].effective_rate_pct)}  {_names(rows)}")
            out.print(f"  {rows[0].because}", style="dim")
    else:
        view = table()
        view.add_column("Rank", justify="right", no_wrap=True)
        view.add_column("From", ratio=3)
        view.add_column("Duty", justify="right", no_wrap=True)
        view.add_column("Rate", justify="right", no_wrap=True)
        view.add_column("With a claim", justify="right")
        view.add_column("Why", ratio=5, style="dim")
        for rows in shown:
            first = rows[0]
            view.add_row(str(first.rank), _names(rows), _duty(first), _rate(first), _claim(first), first.because)
        out.print(view)
    if len(shown) < len(groups):
        out.print(f"... and {len(groups) - len(shown)} more rows", style="dim")
    out.print(f"Law read through {found.verified_through}; {found.hts_revision}. Law {found.law_version}", style="dim")


def _same(row: OriginDuty) -> tuple[Any, ...]:
    return row.status, row.duty, row.known_duty_subtotal, row.duty_low, row.duty_high, row.because, row.claim, row.claim_duty


def _names(rows: list[OriginDuty]) -> str:
    """Every name of a small group; of a large one the first few and a count."""
    names: Iterator[str] = (row.name for row in rows)
    if len(rows) <= NAMED + 1:
        return ", ".join(names)
    return ", ".join(name for name, _ in zip(names, range(NAMED), strict=False)) + f" and {len(rows) - NAMED} more"


def _duty(row: OriginDuty) -> str:
    if row.status == "refused":
        return "banned"
    return money(row.duty) if row.duty is not None else f"{money(row.known_duty_subtotal)} +"


def _rate(row: OriginDuty) -> str:
    if row.duty is None:
        return ""
    return percent(row.effective_rate_pct)


def _claim(row: OriginDuty) -> str:
    return f"{percent(row.claim_rate_pct)} {row.claim.removeprefix('spi:')}" if row.claim_duty is not None else ""
