"""`landed read`: an invoice or packing list in, its fields with how sure each is, its sums, and a draft entry out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landed.doors.cli.terminal import answering, console, plural, print_json, table
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.operations.read import ReadAnswer

HEAD = ("invoice_number", "date", "seller.name", "buyer.name", "consignee.name", "incoterm", "incoterm_place", "currency", "origin", "transport")
SUMS = ("subtotal", "freight", "insurance", "packing", "discount", "tax", "other", "total", "total_quantity", "total_packages", "total_net_weight", "total_gross_weight")
MARK = {"holds": "ok", "fails": "FAILS", "cannot_tell": "open"}


def read(
    file: Annotated[Path, typer.Argument(help="PDF, picture (PNG, JPEG, TIFF, WebP), XLSX or CSV of an invoice or packing list.", show_default=False)],
    on: Annotated[str, typer.Option("--on", help="Day of entry, for the draft.", show_default=False)] = "",
    classify: Annotated[bool, typer.Option("--classify", help="Classify the goods of each line too.")] = False,
    entry: Annotated[str, typer.Option("--entry", help="Write the draft entry as JSON, for `landed entry`.", show_default=False)] = "",
    goods: Annotated[str, typer.Option("--goods", help="Write the goods as JSON lines, for `landed classify --jsonl`.", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Read a commercial invoice or packing list: fields with their place, sums checked, a draft entry with what it lacks.

    Nothing is guessed and nothing corrected in silence: what a failed sum makes suspect is marked, a reading that would mend it is proposed.
    """
    with answering(as_json):
        from landed.operations.read import read_path

        found = read_path(file, on=on or None, classify=classify)
        if entry:
            _write(Path(entry), json.dumps(found.to_dict()["entry"], indent=2, ensure_ascii=False))
        if goods:
            _write(Path(goods), "".join(json.dumps(dict(product), ensure_ascii=False) + "\n" for product in found.classify))
        if as_json:
            print_json(found.to_dict())
        else:
            _show(found)
            for name, path in (("Draft entry", entry), ("Goods", goods)):
                if path:
                    typer.echo(f"{name} written to {path}.")


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise LandedError("FILE_NOT_WRITTEN", f"expected a file that can be written, got {error.strerror}", where=str(path), mend="Choose another place.") from None


def _show(found: ReadAnswer) -> None:
    screen = console()
    values = {f.id: f for f in found.fields}
    how = {"text": "from its text", "scan": "by recognising the picture", "sheet": "from its cells"}
    sources = sorted({how[p.source] for p in found.pages if p.source in how})
    screen.print(f"{'Packing list' if found.kind == 'packing_list' else 'Invoice'} {found.name}: {plural(len(found.pages), 'page')}, read {' and '.join(sources)}, {plural(found.lines, 'line')} of goods", style="bold", markup=False)
    for name in (*HEAD, *SUMS):
        if field := values.get(name):
            doubt = " (suspect)" if name in found.suspects else f" ({field.confidence:.0%} sure)" if field.confidence < 0.6 else ""
            screen.print(f"  {name.replace('.', ' ').replace('_', ' '):<16} {field.value}{doubt}", markup=False)
    parts = [p for p in ("reference", "description", "code", "origin", "quantity", "unit", "price", "amount", "packages", "net_weight", "gross_weight") if any(f"lines.{n}.{p}" in values for n in range(1, found.lines + 1))]
    rows = table()
    rows.add_column("Line", justify="right", no_wrap=True)
    for part in parts:
        rows.add_column(part.replace("_", " ").capitalize(), justify="right" if part in ("quantity", "price", "amount", "packages", "net_weight", "gross_weight") else "left", no_wrap=part not in ("description", "reference"))
    for n in range(1, found.lines + 1):
        rows.add_row(str(n), *(_cell(values.get(f"lines.{n}.{part}"), found) for part in parts))
    screen.print(rows)
    for check in found.checks:
        if check.status != "holds":
            screen.print(f"{MARK[check.status]}: {check.text}", markup=False)
    holds = sum(c.status == "holds" for c in found.checks)
    screen.print(f"{holds} of {plural(len(found.checks), 'check')} hold.")
    for proposal in found.proposals:
        screen.print(f"Proposed, not applied: {proposal.field} {proposal.value} instead of {proposal.instead_of}. {proposal.why}", markup=False)
    for warning in found.warnings:
        screen.print(f"Note: {warning}", markup=False)
    for product, answer in zip(found.classify, found.suggestions, strict=False):
        first = (answer.get("candidates") or [None])[0]
        said = f"{first['hts_code']}, {first['band']}: {first['title'][:70]}" if first else answer.get("error", {}).get("detail", "")
        screen.print(f"  {product['id']}: {said}", markup=False)
    if found.missing:
        screen.print("For an entry it still lacks:")
        for lack in found.missing[:12]:
            screen.print(f"  {lack.where}: {lack.why} {lack.mend}", markup=False)
        if len(found.missing) > 12:
            screen.print(f"  and {len(found.missing) - 12} more (--json).")


def _cell(field: Any, found: ReadAnswer) -> Any:
    from rich.text import Text

    if field is None:
        return Text("")
    return Text(field.value + (" ?" if field.id in found.suspects or field.confidence < 0.6 else ""), style="bold" if field.id in found.suspects else "")
