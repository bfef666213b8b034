"""`landed doctor`: whether versions, law, data and models of this site are in order."""

from __future__ import annotations

from typing import Annotated

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import FAILED, answering, console, print_json

SIGNS = {"good": ("good", "green"), "off": ("off", "dim"), "look": ("look", "yellow"), "bad": ("BAD", "red")}


def doctor(
    endpoints: Annotated[bool, typer.Option("--endpoints", help="Ask the endpoints of the models which models they have.")] = False,
    as_json: AsJson = False,
) -> None:
    """Looks at versions, law, schedule, extras and models; exit code 2 when something is bad."""
    with answering(as_json):
        from landed.operations.registry import find

        operation = find("doctor")
        found = operation.run({"endpoints": endpoints})
        if as_json:
            print_json(operation.answer_json({"endpoints": endpoints}))
        else:
            out = console()
            from rich.text import Text

            for row in found.findings:
                word, colour = SIGNS[row.verdict]
                out.print(Text.assemble((f"{word:<5}", colour), (f"{row.part}: ", "bold"), row.found, (f"  {row.mend}" if row.mend else "", "dim")))
            out.print("In order." if found.sound else "Something is bad.")
        if not found.sound:
            raise typer.Exit(FAILED)
