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


def drawback(
    code: Annotated[str, typer.Argument(help="Tariff code of the import.", show_default=False)],
    origin: Annotated[str, typer.Option("--from", help="Country of origin.", show_default=False)],
    value: Annotated[str, typer.Option("--value", help="Entered value, US dollars.", show_default=False)],
    on: Annotated[str, typer.Option("--on", help="Day of entry.", show_default=False)],
    exported: Annotated[str, typer.Option("--exported", help="Share that leaves again, percent.")] = "100",
    way: Annotated[str, typer.Option("--way", help="unused, manufacturing or rejected.")] = "unused",
    to: Annotated[str, typer.Option("--to", help="Country it leaves for.", show_default=False)] = "",
    today: Annotated[str, typer.Option("--today", help="Day from which days left are counted; default today.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Estimate the drawback of goods that leave again, by heading.

    landed drawback 9503.00.00.73 --from CN --value 10000 --on 2025-04-09 --exported 40
    """
    with answering(as_json):
        from landed.operations.registry import find
        from landed.operations.shape import plain

        request = {
            "hts_code": code, "country_of_origin": origin, "customs_value": value, "entry_date": on, "exported_pct": exported, "way": way, "destination": to, "today": today or None,
        }  # fmt: skip
        found = find("drawback").run(request)
        if as_json:
            print_json(plain(found))
            return
        view = table()
        view.add_column("Heading")
        view.add_column("Paid", justify="right")
        view.add_column("Comes back", justify="right")
        view.add_column("Why", ratio=1)
        for row in found.lines:
            view.add_row(row.heading, money(row.paid), "not known" if row.refund is None else money(row.refund), row.because)
        out = console()
        out.print(view)
        more = "" if found.possible == found.sure else f", {money(found.possible)} if the open ones give it too"
        out.print(f"{money(found.sure)}{more}; claim by {found.until} ({found.days_left} days).", style="bold")
        for each in found.warnings:
            out.print(f"! {each}", markup=False)
        out.print("; ".join(found.citation) + ("" if found.verified else " [unverified]"), style="dim", markup=False)


def money_back(
    file: Annotated[str, typer.Argument(help="JSON with any of report_file, entries, exports (docs/refunds.md).", show_default=False)],
    importer: Annotated[str, typer.Option("--importer", help="Importer of record number of who claims.", show_default=False)] = "",
    today: Annotated[str, typer.Option("--today", help="Day from which days left are counted; default today.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """One list of what may come back: IEEPA refunds, overpayments of filed entries, drawback; the nearest last day first.

    landed money-back chances.json
    """
    with answering(as_json):
        from landed.entry.files import read_bytes, read_json
        from landed.operations.registry import find
        from landed.operations.shape import plain

        path = Path(file)
        request = dict(read_json(read_bytes(path), path))
        report = request.pop("report_file", None)
        if report:
            request["report"] = read_bytes(path.parent / str(report)).decode("utf-8-sig", "replace")
        found = find("money_back").run({**request, "importer": importer or request.get("importer", ""), "today": today or request.get("today")})
        if as_json:
            print_json(plain(found))
            return
        view = table()
        for head in ("Until", "What", "Entry"):
            view.add_column(head)
        view.add_column("Dollars", justify="right")
        view.add_column("Why", ratio=1)
        for row in found.rows:
            left = "" if row.days_left is None else f" ({row.days_left} d)" if row.days_left >= 0 else " (past)"
            view.add_row(f"{row.until or 'no day'}{left}", row.what, row.entry, "not known" if row.amount_usd is None else money(row.amount_usd), f"{row.because} ({row.citation})")
        out = console()
        out.print(view)
        out.print("; ".join(f"{source.replace('_', ' ')} {money(amount)}" for source, amount in found.by_source.items()) or "Nothing found.", style="bold")
        if found.underpaid_usd:
            out.print(f"The audited entries also underpaid {money(found.underpaid_usd)}: correct that with them.")
