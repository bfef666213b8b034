"""`landed catalogue`: kept catalogues of goods, their review queue, decisions, and going on with one that was stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.terminal import answering, console, money, plural, print_found, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from landed.operations.catalogue import Catalogue

app = typer.Typer(help="Catalogues of goods kept with their review queue: list, show, decide, resume, export.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]
Id = Annotated[str, typer.Argument(help="Id of the catalogue.", show_default=False)]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Catalogues of this site, newest first, with what is left to review."""
    from landed.operations.catalogue import CataloguePageRequest
    from landed.operations.catalogue import list_ as run

    with answering(as_json):
        found = run(CataloguePageRequest())
        if as_json:
            print_found(found)
            return
        if not found.catalogues:
            typer.echo("No catalogue is kept here. Start one: landed classify --catalogue FILE")
            return
        rows = table()
        rows.add_column("Catalogue", no_wrap=True)
        for name in ("Goods", "Waiting", "Open", "Decided", "At stake"):
            rows.add_column(name, justify="right", no_wrap=True)
        for c in found.catalogues:
            rows.add_row(f"{c.name[:30]}\n{c.id}", f"{c.total:,}", f"{c.waiting:,}", f"{c.error + c.review:,}", f"{c.decided:,}", money(Decimal(c.at_stake_usd)))
        console().print(rows)


@app.command("show")
def show(
    identifier: Id,
    what: Annotated[str, typer.Option("--show", help="open, decided, all, waiting, error, review, check or settled.")] = "open",
    limit: Annotated[int, typer.Option("--limit", help="Most rows, 1 to 500.")] = 20,
    cursor: Annotated[str, typer.Option("--after", help="Where the next page begins, as the page before says.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """The review queue of a catalogue, the most money at stake first."""
    from landed.operations.catalogue import CatalogueId, QueueRequest, queue
    from landed.operations.catalogue import show as run

    with answering(as_json):
        request: Any = QueueRequest(identifier, what, limit, cursor)  # type: ignore[arg-type]
        found, page = run(CatalogueId(identifier)), queue(request)
        if as_json:
            print_found({"catalogue": found, "rows": page.rows, "next": page.next})
            return
        typer.echo(summary(found))
        rows = table()
        rows.add_column("Product and row", min_width=30)
        rows.add_column("Code and stake", no_wrap=True)
        rows.add_column("Open", ratio=1)
        for row in page.rows:
            answer = row.answer or {}
            known = answer.get("at_stake_usd")
            stake = "same duty" if answer.get("same_duty") else money(Decimal(known)) if known is not None else "unknown" if answer else ""
            said = f"{row.decision} by {row.who}: {row.why}" if row.decision else answer.get("error") or answer.get("question") or ("waits" if not answer else "")
            goods = f"{row.product.get('id') or row.number}: {str(row.product.get('text') or '')[:60]}"
            rows.add_row(f"{goods}\n{row.id}\nversion {row.version}", f"{row.code or answer.get('hts_code') or ''}\n{stake}", said)
        console().print(rows)
        if page.next:
            typer.echo(f"More: landed catalogue show {identifier} --show {what} --after {page.next}")


@app.command("decide")
def decide(
    row: Annotated[str, typer.Argument(help="Id of the row.", show_default=False)],
    code: Annotated[str, typer.Argument(help="The code settled on.", show_default=False)],
    version: Annotated[int, typer.Option("--version", help="Version of the row as shown: a row that somebody decided meanwhile is not overwritten.", show_default=False)],
    why: Annotated[str, typer.Option("--why", help="The reason.", show_default=False)] = "",
    who: Annotated[str, typer.Option("--who", help="Who decides (default your user name).", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Confirm or override the code of a row; later classifications of like goods follow it."""
    import getpass

    from landed.operations.catalogue import DecideRequest
    from landed.operations.catalogue import decide as run

    with answering(as_json):
        found = run(DecideRequest(row, code, version, why, who or getpass.getuser()))
        if as_json:
            print_found(found)
        else:
            typer.echo(f"{found.decision.capitalize()}: {found.code} for {str(found.product.get('text') or '')[:60]!r}, by {found.who}, {found.decided_at}.")


@app.command("resume")
def resume(identifier: Id, as_json: AsJson = False) -> None:
    """Classify the rows of a catalogue that still wait, here and now."""
    from landed.operations.catalogue import CatalogueId
    from landed.operations.catalogue import show as run

    with answering(as_json):
        run(CatalogueId(identifier))
        with working(as_json) as work:
            work(identifier)
        found = run(CatalogueId(identifier))
        if as_json:
            print_found(found)
        else:
            typer.echo(summary(found))


@app.command("export")
def export(identifier: Id, output: Annotated[str, typer.Option("--output", "-o", help="Where it goes (.csv or .xlsx).", show_default=False)], as_json: AsJson = False) -> None:
    """Write the whole queue with the decisions, the most money at stake first."""
    from landed.classify.catalogue import write_queue
    from landed.operations.catalogue import every

    with answering(as_json):
        rows = every(identifier)
        write_queue(rows, output)
        if as_json:
            print_found({"rows": len(rows), "written": output})
        else:
            typer.echo(f"{plural(len(rows), 'row')} written to {output}.")


def run_file(name: str, output: str, common: dict[str, Any], as_json: bool) -> None:
    """`landed classify --catalogue`: keep the file's goods, classify them with progress, write the queue; without a store only the last two."""
    from landed.classify.catalogue import read_catalogue, review_queue, write_queue
    from landed.operations.classify import answer_one
    from landed.operations.confirmed import usable

    products = read_catalogue(name)
    if not products:
        raise LandedError("EMPTY_FILE", "the catalogue has no product in it", where=Path(name).name, mend="Write one product a row, below a row of headings.")
    defaults = {k: v for k, v in common.items() if v}
    if not usable():
        write_queue(review_queue(products, lambda product: answer_one({**defaults, **product}, limit=3)), output)
        typer.echo(f"{plural(len(products), 'product')} written to {output}; nothing is kept, because this installation has no store (pip install 'landed[web]').")
        return
    from landed.operations.catalogue import CatalogueId, begin, every, show

    kept = begin(Path(name).name[:200], products, defaults)
    if not as_json:
        typer.echo(f"Kept as {kept.id}; if this is stopped: landed catalogue resume {kept.id}", err=True)
    with working(as_json) as work:
        work(kept.id)
    write_queue(every(kept.id), output)
    found = show(CatalogueId(kept.id))
    if as_json:
        print_found(found)
        return
    typer.echo(summary(found))
    typer.echo(f"Written to {output}, the most money at stake first. Kept: landed catalogue show {kept.id}")


def summary(c: Catalogue) -> str:
    """A catalogue in words."""
    parts = [f"{c.review:,} to review", f"{c.check:,} where no duty hangs on the choice", f"{c.settled:,} sure", f"{c.error:,} not read"]
    parts += [f"{c.decided:,} decided"] if c.decided else []
    parts += [f"{c.waiting:,} waiting"] if c.waiting else []
    lines = [f"{plural(c.total, 'product')}: {', '.join(parts)}."]
    if c.review:
        unknown = f" and {plural(c.unknown_stake, 'row')} whose stake is not known" if c.unknown_stake else ""
        lines.append(f"Money at stake in the queue: {_stake(c)}{unknown}.")
    return "\n".join(lines)


@contextmanager
def working(quiet: bool) -> Iterator[Callable[[str], object]]:
    """What classifies the waiting rows of a catalogue, with a bar on a terminal."""
    import sys

    from landed.operations.catalogue import work

    if quiet or not sys.stderr.isatty():
        yield work
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("Classifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda identifier: work(identifier, lambda done, whole: bar.update(task, completed=done, total=whole))


def _stake(c: Catalogue) -> str:
    return f"{Decimal(c.at_stake_usd):,.2f} USD"
