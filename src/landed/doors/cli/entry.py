"""`landed entry` and `landed cost`: whole entries and orders from a file, as tables, JSON, workbooks, pages and charts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.terminal import answering, console, money, percent, plural, print_json, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.entry.audit import Audit
    from landed.entry.cost_model import LandedCost
    from landed.entry.model import EntryAnswer

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Out = Annotated[str, typer.Option("-o", "--output", help="Also write it to a file; its ending says the form.", show_default=False)]
RatesFile = Annotated[str, typer.Option("--rates", help="Official exchange rates, CSV with date,currency,rate (US dollars for one unit).", show_default=False)]


def entry(
    file: Annotated[str, typer.Argument(help="Entry as .toml, .json or .xlsx; or the word template or audit with a file after it.", show_default=False)],
    target: Annotated[str, typer.Argument(help="After template: the workbook to write. After audit: the filed entry (.csv, .json).", show_default=False)] = "",
    output: Out = "",
    rates: RatesFile = "",
    as_json: AsJson = False,
) -> None:
    """A whole customs entry: values, duty, fees once per entry, worksheet (.xlsx, .csv, .json, .html with -o).

    landed entry examples/entry.toml -o worksheet.xlsx

    landed entry template OUT.xlsx writes a workbook to fill in; landed entry audit FILED.csv names what a filed entry got wrong.
    """
    with answering(as_json):
        if file == "template":
            _template(_needed(target, "landed entry template OUT.xlsx"))
        elif file == "audit":
            _audit(Path(_needed(target, "landed entry audit FILED.csv")), output, as_json)
        elif target:
            raise LandedError("INVALID_REQUEST", f"one file is enough, got {file!r} and {target!r}", where="entry", mend="Give one entry, or the word template or audit first.")
        else:
            _entry(Path(file), output, rates, as_json)


def cost(
    file: Annotated[str, typer.Argument(help="Order as .toml, .json or .xlsx: an entry with a cost table.", show_default=False)],
    output: Out = "",
    chart: Annotated[str, typer.Option("--chart", help="Write the waterfall chart (.svg, or .png with matplotlib).", show_default=False)] = "",
    rates: RatesFile = "",
    as_json: AsJson = False,
) -> None:
    """What an order costs to land: by line, by unit, with margin and break-even price (.json, .xlsx with -o).

    landed cost examples/cost.toml --chart waterfall.svg
    """
    with answering(as_json):
        from landed.entry.cost_sheet import cost_xlsx
        from landed.entry.waterfall import waterfall_png, waterfall_svg
        from landed.operations.cost import landed_cost

        writers: dict[str, Callable[[LandedCost], bytes]] = {".json": lambda found: _json(found.to_dict()), ".xlsx": cost_xlsx}
        charts: dict[str, Callable[[LandedCost], bytes]] = {".svg": lambda found: waterfall_svg(found).encode(), ".png": waterfall_png}
        _form(output, writers)
        _form(chart, charts)
        found = landed_cost(_document(Path(file), rates))  # type: ignore[arg-type]
        _write(output, writers, found)
        _write(chart, charts, found)
        if as_json:
            print_json(found.to_dict())
        else:
            _show_cost(found)


def _entry(path: Path, output: str, rates: str, as_json: bool) -> None:
    from landed.entry.filing import worksheet_csv, worksheet_json
    from landed.entry.sheets import worksheet_html, worksheet_xlsx
    from landed.operations.entry import entry as run

    writers: dict[str, Callable[[EntryAnswer], bytes]] = {
        ".xlsx": worksheet_xlsx,
        ".csv": lambda a: worksheet_csv(a).encode(),
        ".json": lambda a: worksheet_json(a).encode(),
        ".html": lambda a: worksheet_html(a).encode(),
    }
    _form(output, writers)
    document = _document(path, rates)
    document.pop("cost", None)
    answer = run(document)  # type: ignore[arg-type]
    _write(output, writers, answer)
    if as_json:
        print_json(answer.to_dict())
    else:
        _show_entry(answer)


def _audit(path: Path, output: str, as_json: bool) -> None:
    from landed.entry.audit import audit_entry
    from landed.entry.filed import read_filed
    from landed.operations.engine import engine

    writers: dict[str, Callable[[Audit], bytes]] = {".json": lambda found: _json(found.to_dict())}
    _form(output, writers)
    found = audit_entry(read_filed(path), engine=engine())
    _write(output, writers, found)
    if as_json:
        print_json(found.to_dict())
        return
    out = console()
    if not found.differences:
        out.print(f"No difference: {money(found.filed_total)} filed, {money(found.expected_total)} due.")
        return
    rows = table(title=plural(len(found.differences), "difference"))
    for name in ("Line", "What", "Heading", "Filed", "Due"):
        rows.add_column(name, no_wrap=name in ("Line", "What", "Heading"))
    rows.add_column("Money", justify="right", no_wrap=True)
    rows.add_column("Why")
    for d in found.differences:
        change = "unknown" if d.change_usd is None else f"{d.change_usd:+,.2f}"
        rows.add_row("" if d.line is None else str(d.line), d.code.lower().replace("_", " "), d.heading, d.filed, d.expected, change, d.because)
    out.print(rows)
    out.print(f"Overpaid {money(found.overpaid)}, underpaid {money(found.underpaid)}; {money(found.filed_total)} filed, {money(found.expected_total)} due.", style="bold")


def _template(name: str) -> None:
    from landed.entry.files import write_aside
    from landed.entry.template import template_xlsx

    path = Path(name)
    if path.suffix.lower() != ".xlsx":
        raise LandedError("UNKNOWN_FORMAT", f"the template is a workbook, got {path.suffix or name!r}", where="template", mend="Name it with .xlsx.")
    write_aside(path, template_xlsx())
    typer.echo(f"Wrote {path.name}: fill the sheets Entry and Lines, then run landed entry {path.name}.")


def _document(path: Path, rates: str) -> dict[str, Any]:
    """The document of a file, with the text of a rates file laid into it."""
    from landed.entry.files import read_bytes, read_document

    document = read_document(path)
    if rates:
        document["exchange_rates"] = {**(document.get("exchange_rates") or {}), "file_text": read_bytes(Path(rates)).decode("utf-8-sig", "replace")}
    return document


def _needed(target: str, usage: str) -> str:
    if not target:
        raise LandedError("INVALID_REQUEST", "a file is missing", where="entry", mend=f"Usage: {usage}.")
    return target


def _form(name: str, writers: dict[str, Any]) -> None:
    """Refuse an ending nobody can write before any work is done."""
    if name and Path(name).suffix.lower() not in writers:
        raise LandedError("UNKNOWN_FORMAT", f"expected {', '.join(writers)}, got {Path(name).suffix or name!r}", where=Path(name).name, mend="Choose one of these endings.")


def _write(name: str, writers: dict[str, Callable[[Any], bytes]], answer: Any) -> None:
    if name:
        from landed.entry.files import write_aside

        write_aside(Path(name), writers[Path(name).suffix.lower()](answer))
        typer.echo(f"Wrote {Path(name).name}.", err=True)


def _json(data: dict[str, Any]) -> bytes:
    import json

    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def _show_entry(answer: EntryAnswer) -> None:
    from landed.entry.filing import worksheet

    sheet, out = worksheet(answer), console()
    rows = table(title=f"Entry of {answer.header.entry_date}, {answer.header.entry_type}")
    for name in ("Line", "Heading", "What"):
        rows.add_column(name, no_wrap=name != "What")
    rows.add_column("Rate", no_wrap=True)
    for name in ("Base", "Duty"):
        rows.add_column(name, justify="right", no_wrap=True)
    for item in sheet.items:
        rows.add_row(str(item.line), item.heading, item.label, item.rate, "" if item.base is None else f"{item.base:,.2f}", money(item.duty))
    for code, label, rate, amount in sheet.fees:
        rows.add_row("", code, label, rate.split(",")[0], "", money(amount))
    out.print(rows)
    totals = answer.totals
    out.print(f"Entered value {money(totals.entered_value)}; duty {money(totals.duty)}; fees {money(totals.fees)}; total {money(totals.total)}", style="bold")
    if totals.duty is None or totals.fees is None:
        out.print(f"Known so far: duty {money(totals.known_duty_subtotal)}, fees {money(totals.known_fees_subtotal)}.")
    elif totals.duty_low != totals.duty_high:
        out.print(f"Open questions: duty from {money(totals.duty_low)} to {money(totals.duty_high)}.")
    for question in answer.questions[:5]:
        out.print(f"  ? {question.text} ({'amount unknown until answered' if question.change_usd is None else 'worth up to ' + money(question.change_usd)})")
    _show_warnings(answer.warnings, out)


def _show_cost(found: LandedCost) -> None:
    out = console()
    rows = table(title="Landed cost of the order")
    rows.add_column("Cost")
    rows.add_column("Amount", justify="right", no_wrap=True)
    for item in found.items:
        rows.add_row(item.label, money(item.amount) + (" (seller)" if item.payer == "seller" else ""))
    rows.add_row("Landed cost", money(found.total), style="bold")
    out.print(rows)
    if found.total is None:
        out.print(f"Known so far {money(found.known)}.")
    elif found.low != found.high:
        out.print(f"Open questions: from {money(found.low)} to {money(found.high)}.")
    lines = table()
    for name in ("Line", "Reference", "Code", "From"):
        lines.add_column(name, no_wrap=True)
    for name in ("Landed", "Per unit"):
        lines.add_column(name, justify="right", no_wrap=True)
    sales = table()
    sales.add_column("Line", no_wrap=True)
    for name in ("Sells at", "Profit", "Margin", "Break-even"):
        sales.add_column(name, justify="right", no_wrap=True)
    for line in found.lines:
        lines.add_row(str(line.number), line.reference or "", line.hts_code, line.origin, money(line.total), "" if line.quantity is None else money(line.per_unit))
        if line.margin is not None:
            sale = line.margin
            sales.add_row(str(line.number), money(sale.selling_price), money(sale.profit), percent(sale.margin_pct), money(sale.break_even))
    out.print(lines)
    if sales.row_count:
        out.print(sales)
    _show_warnings(found.warnings, out)


def _show_warnings(warnings: Any, out: Any) -> None:
    for warning in warnings:
        out.print(f"  ! {warning.message} {warning.action}".rstrip(), style="yellow")
