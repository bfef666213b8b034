"""`landed batch` and `landed panel`: catalogues from file to file, and every rate of a day."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landed.doors.cli.terminal import answering, print_json

if TYPE_CHECKING:
    from landed.operations.batch import BatchReport

AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Overlay = Annotated[str, typer.Option("--overlay", help="What-if: a file, or the name of a ready one.", show_default=False)]


def batch(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="Lines of goods: .csv, .xlsx, .parquet (or a folder of them), .arrow, .jsonl.", show_default=False)],
    output: Annotated[str, typer.Option("-o", "--output", help="Where to: the same endings, or a folder/ of Parquet parts.", show_default=False)],
    columns: Annotated[str, typer.Option("--columns", help="totals, programmes (one column each) or long (a row per heading).")] = "totals",
    on: Annotated[str, typer.Option("--on", help="Day of entry of lines that name none (today, or a date).", show_default=False)] = "",
    mapping: Annotated[str, typer.Option("--map", help="TOML file that names the columns; without it they are found by their names.", show_default=False)] = "",
    overlay: Overlay = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run that was stopped left off.")] = False,
    engine: Annotated[str, typer.Option("--engine", help="local, or ray (a cluster, over Parquet).")] = "local",
    workers: Annotated[int, typer.Option("--workers", help="Pieces priced at a time; 0 is one per processor.")] = 0,
    as_json: AsJson = False,
) -> None:
    """The duty of every line of a file: no row is dropped, a row that cannot be priced says why.

    landed batch catalogue.xlsx -o priced.xlsx --on 2026-10-01
    """
    with answering(as_json):
        from landed.duty.request import read_day
        from landed.errors import LandedError
        from landed.operations.batch import BatchFile, read_mapping, run_batch

        for name, value, known in (("columns", columns, ("totals", "programmes", "long")), ("engine", engine, ("local", "ray"))):
            if value not in known:
                raise LandedError("INVALID_REQUEST", f"{name}: expected one of {', '.join(known)}, got {value!r}", where=name, mend="Choose one of them.")
        day = None
        if on:
            import datetime

            day = datetime.date.today() if on == "today" else read_day(on, "on")
        request = BatchFile(source, output, columns, day, read_mapping(Path(mapping)) if mapping else {}, overlay or None, resume, engine, workers)  # type: ignore[arg-type]
        start = time.perf_counter()
        with _bar(source) as progress:
            report = run_batch(request, progress)
        _tell(report, time.perf_counter() - start, as_json)


def panel(
    output: Annotated[str, typer.Option("-o", "--output", help="The Parquet file to write.", show_default=False)],
    on: Annotated[str, typer.Option("--on", help="Day of entry.", show_default=False)],
    origins: Annotated[str, typer.Option("--origins", help="Countries of origin, comma between; all without it.", show_default=False)] = "",
    overlay: Overlay = "",
    as_json: AsJson = False,
) -> None:
    """The statutory rate of every 10-digit line from every origin on a day, by programme, as Parquet."""
    with answering(as_json):
        from landed.duty.request import read_day
        from landed.operations.panel import PanelFile, write_panel_file

        start = time.perf_counter()
        countries = tuple(o.strip().upper() for o in origins.split(",") if o.strip())
        report = write_panel_file(PanelFile(read_day(on, "on"), output, countries, overlay))
        if as_json:
            print_json({"output": report.output, "on": report.on.isoformat(), "lines": report.lines, "origins": report.origins, "rows": report.rows, "programmes": list(report.programmes), "law_version": report.law_version})
            return
        took = time.perf_counter() - start
        typer.echo(f"{report.rows:,} rates ({report.lines:,} lines x {report.origins} origins, {len(report.programmes)} programmes beside the base rate) on {report.on} to {report.output} in {took:.1f} s")


@contextmanager
def _bar(source: str) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on a terminal; nothing where output is piped."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from landed.errors import LandedError
    from landed.operations.batch_sources import open_source

    rows = None
    try:
        if Path(source).is_dir() or source.endswith(".parquet"):
            rows = open_source(Path(source)).rows
    except LandedError:
        pass  # the run itself says what is wrong
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("lines"), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task(Path(source).name, total=rows)
        yield lambda count: bar.advance(task, count)


def _tell(report: BatchReport, took: float, as_json: bool) -> None:
    if as_json:
        print_json({"output": report.output, "rows": report.rows, "statuses": report.statuses, "errors": report.errors, "pieces": report.pieces, "resumed": report.resumed, "law_version": report.law_version})
        return
    statuses = ", ".join(f"{count:,} {name}" for name, count in report.statuses.items()) or "no lines"
    typer.echo(f"{report.rows:,} lines to {report.output} in {took:.1f} s: {statuses}")
    if report.resumed:
        typer.echo(f"  {report.resumed} of {report.pieces} pieces were done by the earlier run")
    for code, count in sorted(report.errors.items(), key=lambda row: -row[1])[:8]:
        typer.echo(f"  {count:,} x {code} (see error_detail)")
