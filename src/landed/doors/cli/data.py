"""`landed data`: the schedule data at this site."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, print_found, run_operation
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.schedule.site import Status

app = typer.Typer(help="The schedule data: build, import, pull, status, roll back.", no_args_is_help=True)

Effective = Annotated[str, typer.Option("--effective", help="Day from which the edition holds; default today.", show_default=False)]
Name = Annotated[str, typer.Option("--name", help="Name of the edition, such as '2026 Revision 22'.", show_default=False)]
Shrink = Annotated[bool, typer.Option("--accept-shrink", help="Take an export with far fewer lines than the one in force.")]


@app.command("build")
def build(
    exports: Annotated[str, typer.Argument(help="Folder with the official exports that the manifest names.", show_default=False)],
    out: Annotated[str, typer.Option("--out", help="File to write; default the packaged schedule.", show_default=False)] = "",
    manifest: Annotated[str, typer.Option("--manifest", help="Manifest of editions; default the packaged one.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Build the schedule file from official exports; the same exports give the same bytes."""
    with answering(as_json):
        found = run_operation("data_build", {"exports": exports, "out": out or None, "manifest": manifest or None})
        if as_json:
            print_found(found)
        else:
            typer.echo(f"Wrote {found.path}: {found.bytes:,} bytes, {len(found.editions)} editions, sha256 {found.sha256[:16]}...")


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="Official export, CSV or JSON.", show_default=False)],
    effective: Effective = "",
    name: Name = "",
    accept_shrink: Shrink = False,
    as_json: AsJson = False,
) -> None:
    """Put an official export in force at this site, whole or not at all."""
    with answering(as_json):
        _tell(run_operation("data_import", {"file": file, "effective": effective or None, "name": name or None, "accept_shrink": accept_shrink}), as_json)


@app.command("pull")
def pull(
    what: Annotated[str, typer.Argument(help="schedule, or lists: every restricted-party list that a complete screening needs.")] = "schedule",
    url: Annotated[str, typer.Option("--url", help="Address of the export; default the official service.", show_default=False)] = "",
    effective: Effective = "",
    name: Name = "",
    accept_shrink: Shrink = False,
    timeout: Annotated[int, typer.Option("--timeout", help="Seconds to wait for an answer.", min=1)] = 30,
    as_json: AsJson = False,
) -> None:
    """Download the current export from the official service (or the party lists) and put it in force."""
    with answering(as_json):
        if what == "lists":
            from landed.doors.cli.screen import pull_all

            pull_all(accept_shrink, timeout, as_json)
            return
        if what != "schedule":
            raise LandedError("INVALID_REQUEST", f"expected schedule or lists, got {what[:30]!r}", where="what", mend="Choose one.")
        from landed.operations.data import PullRequest, pull_with
        from landed.operations.shape import read

        request = read(PullRequest, {"url": url or None, "effective": effective or None, "name": name or None, "accept_shrink": accept_shrink, "timeout": timeout})
        if not sys.stderr.isatty():
            _tell(pull_with(request, None), as_json)
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        with Progress(TextColumn("Downloading the schedule"), BarColumn(), DownloadColumn(), console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            found = pull_with(request, lambda done, whole: bar.update(task, completed=done, total=whole))
        _tell(found, as_json)


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """What schedule is in force here, and how old it is."""
    with answering(as_json):
        _tell(run_operation("data_status", {}), as_json)


@app.command("rollback")
def rollback(as_json: AsJson = False) -> None:
    """Put the schedule before the last import in force again."""
    with answering(as_json):
        _tell(run_operation("data_roll_back", {}), as_json)


def _tell(found: Status, as_json: bool) -> None:
    if as_json:
        print_found(found)
        return
    typer.echo(f"Schedule: {found.source}, {found.revision}, of {found.effective} ({found.age_days} days old), {found.lines:,} lines.")
    typer.echo(f"National article text: {'yes' if found.has_text else 'no, six-digit titles only (import or pull an export for it)'}.")
    if found.imported_at:
        typer.echo(f"Imported {found.imported_at}; `landed data rollback` goes back.")
    if found.problem:
        typer.echo(f"Imported schedule not used: {found.problem}.")
    typer.echo(f"sha256 {found.sha256[:16]}...")
