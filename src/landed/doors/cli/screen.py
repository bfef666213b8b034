"""`landed screen` and `landed lists`: parties against restricted-party lists, and the lists in force here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, console, plural, print_json, run_operation, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.compliance.model import ListFile, Screening

lists_app = typer.Typer(help="Restricted-party lists: import, pull, status, roll back.", no_args_is_help=True)

Kind = Annotated[str, typer.Argument(help="csl, sdn, cons, dpl, un, uflpa or own.", show_default=False)]
COMPLETE = ("csl", "un", "uflpa")  # together they cover every expected list
Shrink = Annotated[bool, typer.Option("--accept-shrink", help="Take a list far smaller or larger than expected.")]


def screen(
    name: Annotated[str, typer.Argument(help="Name of the party, vessel or bank.", show_default=False)] = "",
    country: Annotated[str, typer.Option("--country", help="Country, code or name.", show_default=False)] = "",
    address: Annotated[str, typer.Option("--address", help="Address with its number.", show_default=False)] = "",
    kind: Annotated[str, typer.Option("--kind", help="party, person, company, vessel or bank.")] = "party",
    identifier: Annotated[str, typer.Option("--number", help="IMO number, BIC, tax or registration number.", show_default=False)] = "",
    jsonl: Annotated[str, typer.Option("--jsonl", help="One party a line in, one answer a line out: a file, or -.", show_default=False)] = "",
    save: Annotated[bool, typer.Option("--save", help="Keep the party, to be screened again.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Screen the saved parties again; show only what changed.")] = False,
    not_same: Annotated[str, typer.Option("--not-same", help="LIST:ENTRY that is not this party; with --because.", show_default=False)] = "",
    because: Annotated[str, typer.Option("--because", help="What tells the two apart.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Screen a party against the lists in force here.

    landed screen "Hadi Shipping Co" --country IR
    """
    with answering(as_json):
        from landed.operations.registry import find
        from landed.operations.shape import plain

        if jsonl:
            _stream(jsonl)
            return
        if again:
            found = find("screen_again").run({})
            if as_json:
                print_json(plain(found))
                return
            typer.echo(f"{plural(found.screened, 'party').replace('partys', 'parties')} screened again, {plural(len(found.differences), 'change')}.")
            for each in found.differences:
                typer.echo(f"{each.party}: {each.before} -> {each.after}")
                for sign, rows in (("+", each.came), ("-", each.went)):
                    for row in rows:
                        typer.echo(f"  {sign} {row}")
            return
        if not name:
            raise LandedError("INVALID_REQUEST", "expected a name, or --jsonl", where="screen", mend='Write landed screen "NAME".')
        if not_same:
            list_, _, entry = not_same.partition(":")
            decision = find("screen_decide").run({"name": name, "country": country, "kind": kind, "list": list_, "entry": entry, "because": because})
            print_json(plain(decision)) if as_json else typer.echo(f"Stored: {list_} {entry} is not {name}. It lapses when the entry changes.")
            return
        answer = find("screen_save" if save else "screen").run({"name": name, "country": country, "address": address, "kind": kind, "identifier": identifier})
        print_json(plain(answer)) if as_json else _show(answer)


def _stream(source: str) -> None:
    import json
    from pathlib import Path

    from landed.operations.screen import answers

    if source != "-" and not Path(source).is_file():
        raise LandedError("FILE_NOT_FOUND", f"expected a file of parties, found none called {source!r}", where="--jsonl", mend="Check the path.")
    stream = sys.stdin.buffer if source == "-" else Path(source).open("rb")  # noqa: SIM115 - closed below
    try:
        for answer in answers(stream):
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    finally:
        stream.close()


def _show(answer: Screening) -> None:
    out = console()
    out.print(f"{answer.outcome}: {answer.why}.", style="bold red" if answer.outcome == "hit" else "bold")
    if answer.matches:
        view = table()
        for head in ("", "List", "Entry", "Listed name", "Score"):
            view.add_column(head)
        view.add_column("Why, and what it means", ratio=1)
        for m in answer.matches:
            doubt = "" if m.verified else " [unverified]"
            view.add_row(m.strength, f"{m.list} {m.list_dated}", m.entry, m.matched_name, f"{m.score:.2f}", f"{m.because}. {m.effect} ({m.citation}){doubt}")
        out.print(view)
    for m in answer.set_aside:
        out.print(f"Set aside: {m.list} {m.entry} {m.matched_name}: {m.decided}", style="dim")
    if answer.missing:
        out.print(f"No list covers: {', '.join(answer.missing)}.", style="dim")
    if answer.stale:
        out.print(f"Past their age: {', '.join(answer.stale)}.", style="dim")


@lists_app.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(help="Files of one list, or the folder that holds them.", show_default=False)],
    kind: Annotated[str, typer.Option("--kind", help="csl, sdn, cons, dpl, un, uflpa or own; default by name and content.", show_default=False)] = "",
    dated: Annotated[str, typer.Option("--dated", help="Day of the list; default the day it states, else today.", show_default=False)] = "",
    accept_shrink: Shrink = False,
    as_json: AsJson = False,
) -> None:
    """Put a list in force here, whole or not at all."""
    with answering(as_json):
        _tell(run_operation("lists_import", {"files": files, "kind": kind, "dated": dated or None, "accept_shrink": accept_shrink}), as_json)


@lists_app.command("pull")
def pull(kind: Kind, accept_shrink: Shrink = False, timeout: Annotated[int, typer.Option("--timeout", help="Seconds to wait for an answer.", min=1)] = 60, as_json: AsJson = False) -> None:
    """Download a list from its publisher and put it in force."""
    with answering(as_json):
        _tell(run_operation("lists_pull", {"kind": kind, "accept_shrink": accept_shrink, "timeout": timeout}), as_json)


def pull_all(accept_shrink: bool, timeout: int, as_json: bool) -> None:
    """Pull every list that a complete screening needs; one that fails leaves the others and its own last good copy standing."""
    rows: list[dict[str, Any]] = []
    failed: LandedError | None = None
    for kind in COMPLETE:
        try:
            found = run_operation("lists_pull", {"kind": kind, "accept_shrink": accept_shrink, "timeout": timeout})
            rows.append({"kind": kind, "entries": found.entries, "error": None})
        except LandedError as error:
            failed = failed or error
            rows.append({"kind": kind, "entries": None, "error": error.to_dict()})
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            typer.echo(f"{row['kind']}: {row['entries']:,} entries in force" if row["error"] is None else f"{row['kind']}: not taken, {row['error']['code']}: {row['error']['detail']}")
    if failed is not None:
        raise typer.Exit(1)


@lists_app.command("rollback")
def rollback(kind: Kind, as_json: AsJson = False) -> None:
    """Put the list before the last import in force again."""
    with answering(as_json):
        _tell(run_operation("lists_roll_back", {"kind": kind}), as_json)


@lists_app.command("status")
def status(as_json: AsJson = False) -> None:
    """Which lists are in force here, how old they are, and which are missing."""
    with answering(as_json):
        found = run_operation("lists_status", {})
        if as_json:
            from landed.operations.shape import plain

            print_json(plain(found))
            return
        for each in found.files:
            typer.echo(_line(each))
        typer.echo(f"Missing: {', '.join(found.missing)}." if found.missing else "Every expected list is in force.")


def _line(each: ListFile) -> str:
    return f"{each.file}: {each.title} of {each.dated} ({each.dated_by}), {each.entries:,} entries, {each.age_days} days old{', past its age' if each.stale else ''}. sha256 {each.sha256[:16]}..."


def _tell(found: ListFile, as_json: bool) -> None:
    if as_json:
        from landed.operations.shape import plain

        print_json(plain(found))
    else:
        typer.echo(_line(found))
