"""`landed law`: the law pack itself, by programme, by heading, by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.hts import _run
from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import FAILED, answering, console, plural, print_json, table, today

if TYPE_CHECKING:
    from landed.operations.law import Law, MeasureRow, ProgrammeRow

app = typer.Typer(help="The law pack: programmes, headings, the law of a day, what changed, lint, coverage.", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every programme of the pack, in filing order."""
    with answering(as_json):
        found = _run("law_list", {"on": today()}, as_json)
        if found is None:
            return
        rows = table()
        for name, justify in (("Programme", "left"), ("Title", "left"), ("Days", "left"), ("Measures", "right"), ("Today", "right"), ("Read through", "left")):
            rows.add_column(name, justify=justify, no_wrap=name not in ("Title",))  # type: ignore[arg-type]
        for row in found.programmes:
            rows.add_row(row.id, row.title, _days(row.first_day, row.last_day), str(row.measures), str(row.in_force), str(row.verified_through))
        out = console()
        out.print(rows)
        out.print(f"{plural(len(found.programmes), 'programme')}. Law {found.law_version}", style="dim")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Programme id, pattern such as us.s232.*, or heading.", show_default=False)],
    on: Annotated[str, typer.Option("--on", help="Only what is in force that day.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """One programme or heading: every spell with goods, origins, conditions and citations."""
    with answering(as_json):
        found = _run("law_show", {"name": name, "on": on or None}, as_json)
        if found is None:
            return
        out = console()
        _programmes(found.programmes, out.print)
        if not found.measures:
            out.print(f"Nothing of {name} is in force on {on}.")
        for measure in found.measures:
            _measure(measure, out)


@app.command("at")
def at(on: Annotated[str, typer.Argument(help="Day, YYYY-MM-DD.", show_default=False)], as_json: AsJson = False) -> None:
    """Every measure in force on a day."""
    with answering(as_json):
        found: Law | None = _run("law_at", {"on": on}, as_json)
        if found is None:
            return
        out = console()
        rows = table()
        rows.add_column("Heading", no_wrap=True)
        rows.add_column("Rate", no_wrap=True)
        rows.add_column("Rule")
        rows.add_column("Origins")
        rows.add_column("Days", no_wrap=True)
        titles = {p.id: p.title for p in found.programmes}
        programme = ""
        for measure in found.measures:
            if measure.programme != programme:
                programme = measure.programme
                rows.add_row("", "", f"{programme}: {titles.get(programme, '')}", "", "", style="bold")
            rows.add_row(measure.heading, measure.rate_text or measure.effect, measure.title, measure.origins, _days(measure.effective_from, measure.effective_to))
        out.print(rows)
        out.print(f"{plural(len(found.measures), 'measure')} in force on {found.on}; law read through {found.verified_through}.", style="dim")


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="First day.", show_default=False)],
    new: Annotated[str, typer.Argument(help="Second day.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """What began, ended or changed between two days."""
    with answering(as_json):
        found = _run("law_diff", {"old": old, "new": new}, as_json)
        if found is None:
            return
        out = console()
        rows = table()
        rows.add_column("Day", no_wrap=True)
        rows.add_column("What", no_wrap=True)
        rows.add_column("Heading", no_wrap=True)
        rows.add_column("Change")
        rows.add_column("Cited", style="dim")
        for change in found.changes:
            rows.add_row(str(change.on), change.what, change.heading or change.programme, change.detail, "; ".join(change.cite[:2]))
        out.print(rows)
        out.print(f"{plural(len(found.changes), 'change')} from {found.old} to {found.new}.", style="dim")


@app.command("lint")
def lint(as_json: AsJson = False) -> None:
    """Check the pack against itself and the schedule; exit code 2 when anything is wrong."""
    with answering(as_json):
        from landed.operations.registry import find
        from landed.operations.shape import plain

        found = find("law_lint").run({})
        if as_json:
            print_json(plain(found))
        else:
            for finding in found.findings:
                typer.echo(f"{finding.rule}: {finding.where}: {finding.detail}")
            size = f"{plural(found.programmes, 'programme')}, {plural(found.measures, 'measure')}, {plural(found.list_rows, 'list row')}"
            typer.echo(f"{plural(len(found.findings), 'finding')} in {size}." if found.findings else f"Clean: {size}.")
        if found.findings:
            raise typer.Exit(FAILED)


@app.command("coverage")
def coverage(as_json: AsJson = False) -> None:
    """Where the pack ends: days, what is unverified, what is known but not encoded."""
    with answering(as_json):
        found = _run("law_coverage", {}, as_json)
        if found is None:
            return
        out = console()
        out.print(f"Answers for entries from {found.covers_from} to {found.covers_to}.")
        out.print(f"Official law text read through {found.verified_through}; tariff schedule exports of {found.schedule_first} to {found.schedule_last}.", style="bold")
        out.print(f"{plural(found.programmes, 'programme')}, {plural(found.measures, 'measure')}, of which {found.unverified_measures} rest on unverified facts and say so.")
        for text in found.announced:
            out.print(f"  announced, in no total: {text}")
        if found.gaps:
            out.print()
            out.print("Known but not encoded (a warning on every line it could touch):", style="bold")
            for gap in found.gaps:
                out.print(f"  {gap.id}  {_days(gap.effective_from, gap.effective_to)}  {gap.title}: {gap.reason}")


@app.command("overlays")
def overlays(as_json: AsJson = False) -> None:
    """Ready what-ifs of the pack, by the name that --overlay takes."""
    with answering(as_json):
        found = _run("law_overlays", {}, as_json)
        if found is None:
            return
        out = console()
        for row in found.overlays:
            out.print(f"{row.name}  {row.title}")
        if not found.overlays:
            out.print("The pack brings none; write your own as docs/law-format.md shows.")


def _programmes(programmes: Iterable[ProgrammeRow], say: Callable[..., Any]) -> None:
    for row in programmes:
        say(f"{row.id}  {row.title}", style="bold cyan")
        say(f"{row.authority}. {plural(row.measures, 'measure')}, {_days(row.first_day, row.last_day)}; read through {row.verified_through}.", style="dim")


def _measure(measure: MeasureRow, out: Any) -> None:
    out.print()
    out.print(f"{measure.heading or '(no heading)'}  {measure.rate_text or measure.effect}  {_days(measure.effective_from, measure.effective_to)}", style="bold")
    facts = (
        ("", measure.title),
        ("goods", measure.goods),
        ("origins", measure.origins),
        ("when", measure.when),
        ("base", measure.base.replace("_", " ") if measure.base != "entered_value" else ""),
        ("displaces", ", ".join(measure.displaces)),
        ("because of", ", ".join(measure.subject_to)),
        ("frees", ", ".join(measure.frees)),
        ("published", str(measure.published) if measure.published else ""),
        ("cited", "; ".join(measure.cite)),
        ("note", measure.note),
        ("", "" if measure.verified else "rests on an unverified fact"),
        ("", measure.status if measure.status != "law" else ""),
    )
    for name, text in facts:
        if text:
            out.print(f"  {name}: {text}" if name else f"  {text}")


def _days(since: date | None, until: date | None) -> str:
    return f"{since or '...'} to {until or 'open'}"
