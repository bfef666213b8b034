"""Landed cost as a workbook: the order, its lines and its units, amounts as numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from landed.entry.cost_model import LandedCost
from landed.entry.sheets import open_book


def cost_xlsx(cost: LandedCost) -> bytes:
    """Sheets Order, Lines and Notes; what is not known says so in words and never stands as zero."""
    book, out = open_book()
    bold = book.add_format({"bold": True, "bottom": 1})
    usd = book.add_format({"num_format": "#,##0.00"})
    unit = book.add_format({"num_format": "#,##0.0000"})

    def amount(page: Any, row: int, column: int, value: Decimal | None, style: Any = usd) -> None:
        if value is None:
            page.write_string(row, column, "not known")
        else:
            page.write_number(row, column, float(value), style)

    order = book.add_worksheet("Order")
    order.set_column(0, 0, 12)
    order.set_column(1, 1, 70)
    order.set_column(2, 3, 14)
    order.write_row(0, 0, ("Kind", "Cost", "Amount", "Payer"), bold)
    row = 1
    for item in cost.items:
        order.write_row(row, 0, (item.kind, item.label))
        amount(order, row, 2, item.amount)
        order.write_string(row, 3, item.payer)
        row += 1
    for label, value in (("Landed cost", cost.total), ("Known so far", cost.known), ("At least", cost.low), ("At most", cost.high)):
        order.write_string(row, 1, label, bold)
        amount(order, row, 2, value)
        row += 1
    lines = book.add_worksheet("Lines")
    heads = ("Line", "Reference", "Code", "Origin", "Cost", "Amount", "Payer", "Why", "Per unit", "Selling price", "Profit per unit", "Margin %", "Break-even price")
    lines.write_row(0, 0, heads, bold)
    lines.freeze_panes(1, 0)
    for column, width in enumerate((6, 14, 16, 8, 60, 14, 8, 50, 12, 12, 14, 10, 14)):
        lines.set_column(column, column, width)
    row = 1
    for line in cost.lines:
        for item in line.items:
            lines.write_number(row, 0, line.number)
            for column, text in ((1, line.reference or ""), (2, line.hts_code), (3, line.origin), (4, item.label), (6, item.payer), (7, item.because)):
                lines.write_string(row, column, text)
            amount(lines, row, 5, item.amount)
            row += 1
        lines.write_number(row, 0, line.number)
        lines.write_string(row, 4, "Landed cost", bold)
        amount(lines, row, 5, line.total)
        if line.quantity:
            amount(lines, row, 8, line.per_unit, unit)
        if line.margin:
            for column, value in enumerate((line.margin.selling_price, line.margin.profit, line.margin.margin_pct, line.margin.break_even), 9):
                amount(lines, row, column, value)
        row += 1
    notes = book.add_worksheet("Notes")
    notes.set_column(0, 0, 120)
    for row, warning in enumerate(cost.warnings):
        notes.write_string(row, 0, f"{warning.message} {warning.action}".strip())
    book.close()
    return out.getvalue()
