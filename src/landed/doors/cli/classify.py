"""`landed classify`: words in, ranked tariff lines out; a stream of them, a catalogue, and the codes people confirm."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from landed.doors.cli.terminal import answering, console, money, plural, print_json, read_pairs, read_value, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.classify.model import Classification


def classify(
    text: Annotated[str, typer.Argument(help="What the goods are, in English words.", show_default=False)] = "",
    attribute: Annotated[list[str], typer.Option("--attribute", "-a", help="What else is known, as name=value, such as material=cotton; repeatable.", show_default=False)] = [],
    origin: Annotated[str, typer.Option("--from", help="Country of origin: compares the duty of the leaders.", show_default=False)] = "",
    on: Annotated[str, typer.Option("--on", help="Day whose tariff is read (default today).", show_default=False)] = "",
    value: Annotated[str, typer.Option("--value", help="Customs value in US dollars for the money at stake (default 10,000).", show_default=False)] = "",
    limit: Annotated[int, typer.Option("--limit", help="Most candidates.")] = 12,
    jsonl: Annotated[str, typer.Option("--jsonl", help="One product a line in, one answer a line out: a file, or - for standard input.", show_default=False)] = "",
    catalogue: Annotated[str, typer.Option("--catalogue", help="A CSV or XLSX of products: keeps them with their review queue and writes it, most money at stake first.", show_default=False)] = "",
    photo: Annotated[str, typer.Option("--photo", help="A photo of the goods or their label; TEXT and -a stand before what it shows.", show_default=False)] = "",
    document: Annotated[str, typer.Option("--document", help="An invoice, packing list or specification sheet: an answer for each line of goods.", show_default=False)] = "",
    output: Annotated[str, typer.Option("--output", "-o", help="Where the review queue goes (.csv or .xlsx), or the rationale (.html or .json).", show_default=False)] = "",
    confirm: Annotated[str, typer.Option("--confirm", help="Keep this code for the goods: later answers weigh it in.", show_default=False)] = "",
    who: Annotated[str, typer.Option("--who", help="Who confirms.", show_default=False)] = "",
    why: Annotated[str, typer.Option("--why", help="Why.", show_default=False)] = "",
    dense: Annotated[str, typer.Option("--dense", help="Which index of nearness weighs in: off, offline or endpoint (default the one that is built).", show_default=False)] = "",
    build_dense: Annotated[str, typer.Option("--build-dense", help="Build the index of nearness: offline (extra dense), or endpoint (sends the trade names to the role embed, which may cost).", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Build through an endpoint without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Find the tariff line of a product: ranked codes, how sure, one question, and the money between them.

    With --jsonl each line holds {"id", "text", "attributes", "origin", "on"}; a line that cannot be answered gives its error in place.
    """
    with answering(as_json or bool(jsonl)):
        from landed.operations.dense import choose

        choose(dense)
        if build_dense:
            _build_dense(build_dense, yes, as_json)
            return
        if bool(photo) + bool(document) == 1 and not (jsonl or catalogue or confirm):
            from landed.doors.cli.seen import run_document, run_photo

            run = run_photo if photo else run_document
            said = {"text": text, "attributes": read_pairs(attribute, "--attribute"), "origin": origin, "on": on, "value": read_value(value) if value else "", "limit": limit}
            run(photo or document, {k: v for k, v in said.items() if v}, output, as_json)
            return
        if sum(map(bool, (text, jsonl, catalogue))) != 1 or photo or document:
            raise LandedError("INVALID_REQUEST", "expected one of TEXT, --photo, --document, --jsonl and --catalogue", where="classify", mend='Say what the goods are: landed classify "cotton knit t-shirt for men".')
        if jsonl:
            _stream(jsonl, limit)
            return
        common: dict[str, Any] = {"origin": origin, "on": on or None, "value": read_value(value) if value else None}
        if catalogue:
            from landed.doors.cli.catalogue import run_file

            run_file(catalogue, output or f"{Path(catalogue).stem}-review.csv", common, as_json)
            return
        from landed.operations.classify import classify as answer

        request: dict[str, Any] = {**common, "text": text, "attributes": read_pairs(attribute, "--attribute"), "limit": limit}
        if confirm:
            _confirm(request, confirm, who, why, as_json)
            return
        found = answer(request)  # type: ignore[arg-type]
        if output:
            _rationale(found, Path(output))
        if as_json:
            print_json(found.to_dict())
        else:
            _show(found)


def _build_dense(kind: str, yes: bool, as_json: bool) -> None:
    from landed.operations.dense import build_dense, kind_of, to_embed

    wanted = kind_of(kind)
    count = to_embed(wanted)
    if wanted == "endpoint" and count and not yes:
        if not sys.stdin.isatty():
            raise LandedError("INVALID_REQUEST", f"expected --yes: {plural(count, 'text')} would be sent to the endpoint, which may cost", where="--build-dense", mend="Add --yes, or build the offline index.")
        typer.confirm(f"Send {plural(count, 'text')} (titles and trade names, nothing of yours) to the endpoint? It may cost.", abort=True)
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        with Progress(TextColumn("Embedding titles and trade names"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            found = build_dense(wanted, lambda done, whole: bar.update(task, completed=done, total=whole))
    else:
        found = build_dense(wanted)
    if as_json:
        print_json({"kind": wanted, "verdict": found.verdict, "found": found.found, "embedded": count})
    else:
        typer.echo(f"Built: {found.found}, {count:,} embedded now. It weighs in from the next classification on; `--dense off` or LANDED_DENSE=off leaves it out.")


def _stream(name: str, limit: int) -> None:
    from landed.operations.classify import answers

    with _opened(name) as stream:
        for answer in answers(stream, limit=limit):
            sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=str, separators=(",", ":")) + "\n")
        sys.stdout.flush()


def _opened(name: str) -> Any:
    if name == "-":
        stream: BinaryIO = sys.stdin.buffer
        return nullcontext(stream)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise LandedError("FILE_NOT_FOUND", f"expected a file that can be read, got {error.strerror}", where=name, mend="Check the path.") from None


def _confirm(request: dict[str, Any], code: str, who: str, why: str, as_json: bool) -> None:
    import getpass

    from landed.operations.classify import classify as run
    from landed.operations.classify import confirm

    suggested = run({**request, "limit": 1, "origin": ""}).candidates[0].hts_code  # type: ignore[typeddict-item]
    kept = confirm({"text": request["text"], "attributes": request["attributes"], "code": code, "who": who or getpass.getuser(), "why": why, "suggested": suggested})
    if as_json:
        from landed.operations.shape import plain

        print_json(plain(kept))
    else:
        instead = f" instead of {suggested}" if kept.overrides else ""
        typer.echo(f"Kept {kept.code}{instead} for {kept.text[:60]!r}, by {kept.who}, {kept.at}.")


def _rationale(found: Classification, path: Path) -> None:
    from landed.classify.rationale import as_html

    content = json.dumps(found.to_dict(), indent=2, ensure_ascii=False) if path.suffix.lower() == ".json" else as_html(found)
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise LandedError("FILE_NOT_WRITTEN", f"expected a file that can be written, got {error.strerror}", where=str(path), mend="Choose another place.") from None


def _show(found: Classification) -> None:
    screen = console()
    first = found.candidates[0]
    screen.print(f"{first.hts_code}  {first.title}", style="bold")
    screen.print(f"How sure: {first.band} ({first.probability_hs6:.0%} for the six digits, {first.probability:.0%} for the line); tariff {found.revision}, {found.on}")
    rows = table()
    rows.add_column("Code", no_wrap=True)
    rows.add_column("Sure", justify="right", no_wrap=True)
    if found.stake:
        rows.add_column("Duty", justify="right", no_wrap=True)
    rows.add_column("Title")
    for each in found.candidates[:8]:
        duty = [money(each.duty.amount) if each.duty else ""] if found.stake else []
        rows.add_row(each.hts_code, f"{each.probability:.0%}", *duty, each.title[:90])
    screen.print(rows)
    if found.stake:
        screen.print(found.stake.text)
    if found.question:
        worth = f" (worth {money(found.question.at_stake_usd)})" if found.question.at_stake_usd else ""
        screen.print(f"Question{worth}: {found.question.text}", style="bold")
        for answer in found.question.answers:
            screen.print(f"  {answer.label}: {answer.hts_code}   (-a {found.question.fact}={answer.value!r})" if answer.value != "other" else f"  {answer.label}: {answer.hts_code}")
    screen.print("Way:")
    for place in first.path:
        screen.print(f"  {place.level:<11} {place.code:<14} {place.title[:100]}")
    for step in found.gri:
        screen.print(f"  {step.rule}: {step.result}: {step.why}")
    if found.rejected:
        screen.print("Left aside:")
        for other in found.rejected[:5]:
            screen.print(f"  {other.code}: {other.why}")
    for note in found.notes[:3]:
        screen.print(f"Read before filing: {note}")
    for warning in found.warnings:
        screen.print(f"Note: {warning}")
