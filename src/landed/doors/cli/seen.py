"""`landed classify --photo` and `--document`: what was read of a file, and the codes of its goods."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from landed.doors.cli.terminal import console, percent, print_json, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.operations.seen import SeenAnswer


def run_photo(file: str, request: dict[str, Any], output: str, as_json: bool) -> None:
    """One product of a photo: what was read, then the answer as for words."""
    from landed.operations.seen import seen

    found = seen(photo=Path(file), **request)
    _write(found, output)
    if as_json:
        print_json(found.to_dict())
        return
    _read(found)
    if found.products:
        _product(found)


def run_document(file: str, request: dict[str, Any], output: str, as_json: bool) -> None:
    """Each line of goods of a document; with --json one answer a line, in order."""
    from landed.operations.seen import seen

    found = seen(document=Path(file), **request)
    if as_json:
        for product in found.products:
            sys.stdout.write(json.dumps({"line": product.line, "text": product.text, **product.answer}, ensure_ascii=False, default=str, separators=(",", ":")) + "\n")
        for warning in found.warnings:
            typer.echo(f"Note: {warning}", err=True)
        return
    if found.how != "lines":
        _write(found, output)
        _read(found)
        if found.products:
            _product(found)
        return
    view = table()
    for head in ("Line", "Goods", "Code", "Sure", "Because or question"):
        view.add_column(head, justify="right" if head in ("Line", "Sure") else "left", ratio=1 if head == "Because or question" else None)
    for product in found.products:
        if "error" in product.answer:
            view.add_row(str(product.line), product.text[:50], "", "", f"{product.answer['error']['code']}: {product.answer['error']['mend']}")
            continue
        first = product.answer["candidates"][0]
        question = product.answer.get("question")
        view.add_row(str(product.line), product.text[:50], first["hts_code"], percent(None) if first["probability_hs6"] is None else f"{float(first['probability_hs6']):.0%}", question["text"] if question else "; ".join(first["because"][:2]))
    console().print(view)
    for warning in found.warnings:
        typer.echo(f"Note: {warning}")


def _read(found: SeenAnswer) -> None:
    screen = console()
    heads = {"vision": "Seen in the photo", "print": "Printed on it", "sheet": "Read from the sheet", "lines": "Read"}
    if found.read:
        screen.print(f"{heads[found.how]}:", style="bold")
        for fact in found.read[:30]:
            screen.print(f"  {fact.name.replace('_', ' ')}: {fact.value}  ({fact.confidence:.0%} sure{'' if found.how == 'vision' else f', page {fact.page}'})", markup=False)
    for warning in found.warnings:
        screen.print(f"Note: {warning}", markup=False)
    for name, question in found.questions:
        screen.print(f"  {question}   (-a {name}=...)" if name != "text" else f"  {question}   (landed classify WORDS --photo FILE)", markup=False)


def _product(found: SeenAnswer) -> None:
    """The answer of the one product, in short; --json and -o give it whole."""
    answer = found.products[0].answer
    if "error" in answer:
        error = answer["error"]
        raise LandedError(error["code"], error["detail"], where=error.get("where", ""), mend=error.get("mend", ""))
    screen = console()
    view = table()
    for head in ("Code", "Sure", "Title", "Because"):
        view.add_column(head, no_wrap=head in ("Code", "Sure"))
    for each in answer["candidates"][:8]:
        view.add_row(each["hts_code"], f"{float(each['probability']):.0%}", str(each["title"])[:60], "; ".join(each["because"][:2])[:70])
    screen.print(view)
    if answer.get("stake"):
        screen.print(answer["stake"]["text"])
    if answer.get("question"):
        screen.print(f"Question: {answer['question']['text']}", style="bold")
        for reply in answer["question"]["answers"]:
            screen.print(f"  {reply['label']}: {reply['hts_code']}" + ("" if reply["value"] == "other" else f"   (-a {answer['question']['fact']}={reply['value']!r})"), markup=False)
    for warning in answer.get("warnings", ()):
        screen.print(f"Note: {warning}", markup=False)


def _write(found: SeenAnswer, output: str) -> None:
    """The whole answer as JSON to a file, where one is named."""
    if not output:
        return
    if Path(output).suffix.lower() != ".json":
        raise LandedError("INVALID_REQUEST", "expected a .json file", where="--output", mend="Write -o answer.json; the rationale as HTML is made of words: landed classify TEXT -o rationale.html.")
    try:
        Path(output).write_text(json.dumps(found.to_dict(), indent=2, ensure_ascii=False, default=str), encoding="utf-8")
    except OSError as error:
        raise LandedError("FILE_NOT_WRITTEN", f"expected a file that can be written, got {error.strerror}", where=output, mend="Choose another place.") from None
