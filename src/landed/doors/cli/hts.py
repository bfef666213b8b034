"""`landed hts`: look a code up, or find one by words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, console, print_json, table, today

if TYPE_CHECKING:
    from landed.operations.hts import Page

app = typer.Typer(help="The tariff schedule: a line or heading, a search by words.", no_args_is_help=True)


@app.command("show")
def show(
    code: Annotated[str, typer.Argument(help="2 to 10 digits, dots optional.", show_default=False)],
    on: Annotated[str, typer.Option("--on", help="Day to read the schedule on; default today.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """A line with its rates and units, or a heading with what stands under it."""
    with answering(as_json):
        page = _run("hts_show", {"code": code, "on": on or today()}, as_json)
        if page is not None:
            _show(page)


@app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(help="What the goods are called.", show_default=False)],
    limit: Annotated[int, typer.Option("--limit", help="Most hits to show.", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """Codes by the words of their titles, best first."""
    with answering(as_json):
        found = _run("hts_search", {"words": " ".join(words), "limit": limit}, as_json)
        if found is None:
            return
        out = console()
        if not found.hits:
            out.print("No title holds these words. Try the material, or what the goods are for.")
            return
        rows = table()
        rows.add_column("Code", no_wrap=True)
        rows.add_column("Title")
        for hit in found.hits:
            rows.add_row(hit.code, hit.title)
        out.print(rows)
        out.print(f"Next: landed hts show {found.hits[0].code}", style="dim")


def _run(name: str, request: dict[str, Any], as_json: bool) -> Any:
    """The typed answer of an operation, or None once it has been printed as JSON."""
    from landed.operations.registry import find

    operation = find(name)
    if as_json:
        print_json(operation.answer_json(request))
        return None
    return operation.run(request)


def _show(page: Page) -> None:
    out = console()
    out.print(page.code, style="bold cyan")
    if page.title:
        out.print(page.title + (f"  (title of {page.title_of})" if page.title_of != page.code else ""))
    if page.line:
        line = page.line
        rows = table()
        rows.add_column("", style="dim", no_wrap=True)
        rows.add_column("")
        rows.show_header = False
        rows.add_row("general", line.general)
        for symbols, rate in line.special:
            rows.add_row("special", f"{rate} ({', '.join(symbols)})")
        rows.add_row("column 2", line.column_2)
        rows.add_row("units", ", ".join(line.units) or "none")
        if line.quota:
            rows.add_row("quota", line.quota)
        if line.additional_duties:
            rows.add_row("additional duties", line.additional_duties)
        rows.add_row("rate stands on", line.rate_line)
        rows.add_row("unchanged since", f"{line.effective_from}" + (f" to {line.effective_to}" if line.effective_to else "") + ("" if line.covered else " (nearest export at hand)"))
        if line.inferred:
            rows.add_row("note", "newer than the exports at hand: rates are those of its 8-digit line")
        out.print(rows)
    if page.children:
        rows = table(title="Under it")
        titled = any(child.title for child in page.children)
        rows.add_column("Code", no_wrap=True)
        if titled:
            rows.add_column("Title")
        for child in page.children:
            rows.add_row(child.code, *([child.title] if titled else []))
        out.print(rows)
    out.print(f"{page.revision}, read on {page.on}", style="dim")
