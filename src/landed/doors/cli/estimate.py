"""`landed estimate`: requests as JSON in, answers as JSON out, one or a stream of them."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from landed.doors.cli.terminal import answering, print_json
from landed.errors import LandedError


def estimate(
    file: Annotated[str, typer.Argument(help="Request as a JSON file, or - for standard input.", show_default=False)] = "",
    jsonl: Annotated[str, typer.Option("--jsonl", help="One request a line in, one answer a line out: a file, or - for standard input.", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON is the only form; accepted for evenness.")] = False,
) -> None:
    """Answer requests in JSON (docs/cli.md shows the fields).

    With --jsonl the answers come in the order of the requests; a line that cannot be answered gives an
    {"error": ...} object in its place, the rest goes on, and the exit code is 0 once every line is answered.
    """
    with answering(True):
        if bool(file) == bool(jsonl):
            raise LandedError("INVALID_REQUEST", "expected one of FILE and --jsonl", where="estimate", mend="Give a JSON file, or --jsonl with a file of lines; - is standard input.")
        from landed.operations.jsonl import answers, parse_request

        with _opened(jsonl or file) as stream:
            if file:
                from landed.operations.estimate import estimate as run

                print_json(run(parse_request(stream.read())).to_dict())  # type: ignore[arg-type]
                return
            for answer in answers(stream):
                sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=str, separators=(",", ":")) + "\n")
            sys.stdout.flush()


def _opened(name: str) -> nullcontext[BinaryIO] | BinaryIO:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise LandedError("FILE_NOT_FOUND", f"expected a readable file, got {Path(name).name!r}: {error.strerror}", where="estimate", mend="Check the path.") from None
