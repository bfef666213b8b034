"""`landed match`: who gets whom, with the proof that no pair would rather have each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landed.doors.cli.terminal import answering, console, plural, print_json, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.matching.model import Matching
    from landed.matching.volumes import Allocation

SHOWN = 60


def match(
    file: Annotated[str, typer.Argument(help="Workbook, JSON, TOML or YAML file, or a folder of CSV files.", show_default=False)] = "",
    best_for: Annotated[str, typer.Option("--best-for", help="candidates or teams: the side that does as well as in any stable matching.")] = "candidates",
    seed: Annotated[int, typer.Option("--seed", help="Seed of the lottery that draws ties.")] = 1,
    out: Annotated[str, typer.Option("--out", help="Write the matching as .xlsx or .csv.", show_default=False)] = "",
    template: Annotated[str, typer.Option("--template", help="Write a workbook to fill in, and stop.", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Match people to projects, residents to hospitals, or buyers to suppliers.

    landed match people.xlsx --best-for teams --out result.xlsx
    """
    with answering(as_json):
        from landed.entry.files import write_aside
        from landed.operations.match import TABLES, TEMPLATE, sheets_of
        from landed.operations.match import match as run
        from landed.operations.tables import at_cells, read_tables, workbook

        if template:
            write_aside(Path(template), workbook(TEMPLATE))
            typer.echo(f"Wrote {template}")
            return
        if not file:
            raise LandedError("INVALID_REQUEST", "expected a file", where="match", mend="Start from `landed match --template people.xlsx`.")
        document = read_tables(Path(file), TABLES, ("settings",))
        with at_cells(document):
            request = {k: v for k, v in document.data.items() if k != "settings"} | {"optimal_for": best_for, "seed": seed}
            found = run(request)  # type: ignore[arg-type]
        from landed.matching.model import Matching

        if out and isinstance(found, Matching):
            _write(Path(out), sheets_of(found), workbook, write_aside)
        if as_json:
            from landed.operations.shape import plain

            print_json(plain(found))
            return
        show(found) if isinstance(found, Matching) else show_volumes(found)


def _write(path: Path, sheets: dict, workbook, write_aside) -> None:  # type: ignore[no-untyped-def, type-arg]
    if path.suffix.lower() == ".xlsx":
        write_aside(path, workbook(sheets))
    elif path.suffix.lower() == ".csv":
        import csv
        from io import StringIO

        text = StringIO()
        csv.writer(text).writerows([_safe(cell) for cell in row] for row in sheets["Assignments"])
        write_aside(path, text.getvalue().encode())
    else:
        raise LandedError("UNKNOWN_FORMAT", f"expected .xlsx or .csv, got {path.suffix!r}", where="--out", mend="Name the file .xlsx or .csv.")


def _safe(cell: object) -> object:
    """A cell that a spreadsheet would run as a formula is written as a text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


def show(found: Matching) -> None:
    """Print a matching: who, where, why; fill; shares; what the verifier found."""
    out = console()
    view = table()
    for name in ("Who", "Project", "Team"):
        view.add_column(name)
    view.add_column("Why", ratio=1, style="dim")
    for row in found.assignments[:SHOWN]:
        view.add_row(row.candidate, row.project or "none", row.team or "", row.because)
    out.print(view)
    if len(found.assignments) > SHOWN:
        out.print(f"... and {len(found.assignments) - SHOWN} more (--out FILE.xlsx or --json gives all)", style="dim")
    out.print(f"{plural(found.matched, 'person')} matched, {found.unmatched} without a place.".replace("persons", "people"))
    for share in found.shares:
        filled = f", {share.share_of_filled_pct:g}% of filled places" if share.share_of_filled_pct is not None else ""
        out.print(f"{share.tag}: {share.share_of_places_pct:g}% of roles{filled}")
    if found.blocking_pairs_counted:
        out.print(f"{plural(found.blocking_pairs_counted, 'pair')} would rather have each other:")
        for pair in found.blocking_pairs[:10]:
            out.print(f"  {pair.candidate} and {pair.project}: {pair.because}" + (f" ({pair.instead_of})" if pair.instead_of else ""))
    else:
        out.print("Verified: nobody envies anybody with reason; no pair would rather have each other.")
    for note in found.notes:
        out.print(note, style="dim")


def show_volumes(found: Allocation) -> None:
    """Print shared volume."""
    out = console()
    view = table()
    for name in ("Buyer", "Supplier"):
        view.add_column(name)
    view.add_column("Units", justify="right")
    view.add_column("Choice", justify="right")
    for row in found.shares:
        view.add_row(row.buyer, row.supplier, f"{row.units:,}", str(row.choice))
    out.print(view)
    for buyer, units in found.unmet:
        out.print(f"{buyer}: {units:,} units find no supplier")
    out.print("Verified: no buyer and supplier would rather trade more with each other." if found.stable else f"{len(found.blocking_pairs)} pairs block.")
