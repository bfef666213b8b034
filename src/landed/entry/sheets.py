"""The worksheet of an entry as a workbook (typed cells), and as a printable page."""

from __future__ import annotations

import html
from decimal import Decimal
from io import BytesIO
from typing import Any

from landed.entry.filing import Worksheet, money, worksheet
from landed.entry.model import EntryAnswer
from landed.errors import LandedError

ITEM_COLUMNS = ("Line", "Heading", "What", "Origin", "Entered value", "Base", "Rate", "Duty", "Quantity", "Charges", "Related", "Why")


def writer() -> Any:
    """The workbook writer; raises EXTRA_REQUIRED where it is not installed."""
    try:
        import xlsxwriter  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "workbooks need XlsxWriter, which is not installed", mend="pip install 'landed[frames]'.") from None
    return xlsxwriter


def open_book() -> tuple[Any, BytesIO]:
    """A workbook in memory that writes texts as texts (never as formulas or links), and where its bytes will be."""
    out = BytesIO()
    return writer().Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}), out


def worksheet_xlsx(answer: EntryAnswer) -> bytes:
    """The worksheet with sheets Summary, Lines, Fees and Notes; amounts are numbers, unknown amounts say "not known"."""
    sheet = worksheet(answer)
    book, out = open_book()
    bold = book.add_format({"bold": True, "bottom": 1})
    usd = book.add_format({"num_format": "#,##0.00"})
    strong = book.add_format({"num_format": "#,##0.00", "bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})

    def amount(page: Any, row: int, column: int, value: Decimal | None, style: Any = usd, blank: bool = False) -> None:
        if value is not None:
            page.write_number(row, column, float(value), style)
        elif not blank:
            page.write_string(row, column, "not known")

    summary = book.add_worksheet("Summary")
    summary.set_column(0, 0, 7)
    summary.set_column(1, 1, 34)
    summary.set_column(2, 2, 24)
    summary.write_row(0, 0, ("Block", "Title", "Content"), bold)
    row = 1
    for block in sheet.header:
        summary.write_string(row, 0, block.number)
        summary.write_string(row, 1, block.title)
        summary.write_string(row, 2, block.value)
        row += 1
    for block, total in sheet.totals:
        summary.write_string(row, 0, block.number)
        summary.write_string(row, 1, block.title)
        amount(summary, row, 2, total, strong)
        row += 1
    lines = book.add_worksheet("Lines")
    lines.write_row(0, 0, ITEM_COLUMNS, bold)
    lines.freeze_panes(1, 2)
    for column, width in enumerate((6, 16, 44, 8, 14, 14, 12, 14, 18, 12, 8, 60)):
        lines.set_column(column, column, width)
    for row, item in enumerate(sheet.items, 1):
        lines.write_number(row, 0, item.line)
        for column, text in ((1, item.heading), (2, item.label), (3, item.origin), (6, item.rate), (8, item.quantity), (10, "yes" if item.related else ""), (11, item.because)):
            lines.write_string(row, column, text)
        amount(lines, row, 4, item.entered_value, blank=True)
        amount(lines, row, 5, item.base, blank=True)
        amount(lines, row, 7, item.duty)
        amount(lines, row, 9, item.charges, blank=True)
    fees = book.add_worksheet("Fees")
    fees.write_row(0, 0, ("Class code", "Fee", "Rate", "Line", "Amount"), bold)
    fees.set_column(1, 2, 44)
    row = 1
    for code, label, rate, total in sheet.fees:
        fees.write_row(row, 0, (code, label, rate, "entry"))
        amount(fees, row, 4, total, strong)
        row += 1
        for owner, line, share in sheet.fee_shares:
            if owner == code:
                fees.write_row(row, 0, (code, label, ""))
                fees.write_number(row, 3, line)
                amount(fees, row, 4, share)
                row += 1
    notes = book.add_worksheet("Notes")
    notes.set_column(0, 0, 120, wrap)
    for row, text in enumerate((*sheet.warnings, f"Law {sheet.law_version}; receipt {sheet.receipt_id}. An estimate, not a filing.")):
        notes.write_string(row, 0, text)
    book.close()
    return out.getvalue()


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#111}} table{{border-collapse:collapse;width:100%;margin:0 0 1.5rem}}
th,td{{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;vertical-align:top}} th{{background:#f3f3f3;font-weight:600}}
.n{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}} .blocks{{display:grid;grid-template-columns:repeat(4,1fr);gap:0;border:1px solid #bbb;margin-bottom:1.5rem}}
.blocks div{{border:1px solid #ddd;padding:.25rem .5rem;min-height:2.6rem}} small{{color:#555;display:block}} .tariff td{{border-bottom:2px solid #555}}
@media print{{body{{margin:0;font-size:11px}} thead{{display:table-header-group}} tr{{break-inside:avoid}}}}
</style></head><body><h1>{title}</h1>
<div class="blocks">{blocks}</div>
<table><thead><tr>{heads}</tr></thead><tbody>{items}</tbody></table>
<table><thead><tr><th>Class</th><th>Fee</th><th>Rate</th><th class="n">Amount</th></tr></thead><tbody>{fees}</tbody></table>
<table><tbody>{totals}</tbody></table>
{notes}<p><small>{foot}</small></p></body></html>
"""


def worksheet_html(answer: EntryAnswer) -> str:
    """The worksheet as one printable page without scripts or outside files."""
    sheet, text = worksheet(answer), html.escape
    return PAGE.format(
        title=text(f"Entry worksheet {answer.header.reference or answer.header.entry_date}"),
        blocks="".join(f"<div><small>{text(b.number)} {text(b.title)}</small>{text(b.value) or '&nbsp;'}</div>" for b in sheet.header),
        heads="".join(f'<th{" class=" + chr(34) + "n" + chr(34) if h in ("Entered value", "Base", "Duty") else ""}>{h}</th>' for h in ("Line", "Heading", "What", "Origin", "Entered value", "Base", "Rate", "Duty")),
        items=_item_rows(sheet),
        fees="".join(f'<tr><td>{text(c)}</td><td>{text(label)}</td><td>{text(rate)}</td><td class="n">{money(total)}</td></tr>' for c, label, rate, total in sheet.fees),
        totals="".join(f'<tr><th>{text(b.number)} {text(b.title)}</th><td class="n">{money(total)}</td></tr>' for b, total in sheet.totals),
        notes="<h2>Notes</h2><ul>" + "".join(f"<li>{text(w)}</li>" for w in sheet.warnings) + "</ul>" if sheet.warnings else "",
        foot=text(f"Law {sheet.law_version}; receipt {sheet.receipt_id}. An estimate, not a filing."),
    )


def _item_rows(sheet: Worksheet) -> str:
    rows = []
    for item in sheet.items:
        value = "" if item.entered_value is None else money(item.entered_value)
        base = "" if item.base is None else money(item.base)
        cells = [str(item.line), html.escape(item.heading), html.escape(item.label), item.origin]
        numbers = f'<td class="n">{value}</td><td class="n">{base}</td><td>{html.escape(item.rate)}</td><td class="n">{money(item.duty)}</td>'
        rows.append(f"<tr{' class=tariff' if item.entered_value is not None else ''}>" + "".join(f"<td>{c}</td>" for c in cells) + numbers + "</tr>")
    return "".join(rows)
