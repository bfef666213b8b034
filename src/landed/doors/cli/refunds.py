"""`landed refunds`: entries sorted by how their IEEPA duties may come back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from landed.doors.cli.quote import AsJson
from landed.doors.cli.terminal import answering, console, money, print_json, table
from landed.errors import LandedError

SHOWN = 40


def refunds(
    report: Annotated[str, typer.Argument(help="Entry-summary report, CSV.", show_default=False)],
    importer: Annotated[str, typer.Option("--importer", help="Importer of record number of who claims.", show_default=False)] = "",
    account: Annotated[str, typer.Option("--account", help="Whether there is a refund account: yes or no.", show_default=False)] = "",
    person: Annotated[bool, typer.Option("--person", help="The importer is no corporation: the other rate of interest.")] = False,
    rates: Annotated[str, typer.Option("--rates", help="CSV of interest: first day of quarter, percent.", show_default=False)] = "",
    today: Annotated[str, typer.Option("--today", help="Day from which days and interest are counted; default today.", show_default=False)] = "",
    claims: Annotated[str, typer.Option("--claims", help="Folder for the claim files.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Sort entries by how their IEEPA duties may come back, with interest; write the claim files.

    landed refunds entries.csv --importer 12-3456789 --claims claims
    """
    with answering(as_json):
        from landed.operations.registry import find
        from landed.operations.shape import plain

        path = Path(report)
        if not path.is_file():
            raise LandedError("FILE_NOT_FOUND", f"expected a report, found no file {path.name!r}", where="report", mend="Check the path.")
        if account not in ("", "yes", "no"):
            raise LandedError("INVALID_REQUEST", f"expected yes or no, got {account[:20]!r}", where="--account", mend="Leave it out where it is not known.")
        text = path.read_bytes().decode("utf-8-sig", "replace")
        request: dict[str, Any] = {"report": text, "importer": importer, "corporation": not person, "today": today or None}
        if account:
            request["refund_account"] = account == "yes"
        if rates:
            request["rates"] = dict(line.split(",")[:2] for line in Path(rates).read_text(encoding="utf-8-sig").splitlines() if line[:1].isdigit() and "," in line)
        found = find("refunds").run(request)
        if claims:
            from landed.entry.files import write_aside

            Path(claims).mkdir(parents=True, exist_ok=True)
            for number, content in enumerate(found.claim_files, 1):
                write_aside(Path(claims) / f"claim-{number:03}.csv", content.encode())
        if as_json:
            print_json(plain(found))
            return
        out = console()
        interest = "interest unknown past the known quarters (--rates)" if found.interest_usd is None else f"interest {money(found.interest_usd)}" + ("" if found.interest_verified else " [rates unverified]")
        out.print(f"IEEPA duty paid: {money(found.duty_usd)}; {interest}.", style="bold")
        for way, count, amount in found.by_way:
            out.print(f"  {way}: {count:,} entries, {money(amount)}")
        view = table()
        for head in ("Entry", "What to do", "By"):
            view.add_column(head)
        view.add_column("Duty", justify="right")
        view.add_column("Why, and what stands in the way", ratio=1)
        for row in found.entries[:SHOWN]:
            view.add_row(row.entry, row.way, str(row.by or ""), money(row.duty_usd), "; ".join([f"{row.because} ({row.citation})", *(found.cause_texts[c] for c in row.causes)]))
        out.print(view)
        if len(found.entries) > SHOWN:
            out.print(f"... and {len(found.entries) - SHOWN:,} more (--json gives all)", style="dim")
        out.print(f"{len(found.claim_files)} claim files. Notices read through {found.as_of} ({found.newest_notice}); earliest limit in court {found.court_by}: ask counsel.", style="dim")
