"""Ten more layouts, drawn after the reader was written and first read without a change to it: what sellers do that the fifteen do not."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from invoices.goods import Paper
from invoices.layouts import NAMES, UNITS

Cell = Callable[[int, Any, Paper], str]
MONEY: Callable[[Decimal], str] = lambda v: f"{v:,}"  # noqa: E731
LINE: Cell = lambda n, line, paper: str(n)  # noqa: E731
DESCRIPTION: Cell = lambda n, line, paper: line.description  # noqa: E731
QUANTITY: Cell = lambda n, line, paper: MONEY(line.quantity)  # noqa: E731
PRICE: Cell = lambda n, line, paper: MONEY(line.price)  # noqa: E731
AMOUNT: Cell = lambda n, line, paper: MONEY(line.amount)  # noqa: E731
UNIT: Cell = lambda n, line, paper: UNITS[line.unit]  # noqa: E731
CODE: Cell = lambda n, line, paper: f"{line.code[:4]}.{line.code[4:6]}.{line.code[6:]}"  # noqa: E731
SWISS: Callable[[Decimal], str] = lambda v: f"{v:,}".replace(",", "'")  # noqa: E731

# Heading (rows by |), x, side, cell.
Columns = tuple[tuple[str, float, str, Cell], ...]
PLAIN: Columns = (("No.", 40, "l", LINE), ("Description", 66, "l", DESCRIPTION), ("Qty", 380, "r", QUANTITY), ("Unit Price", 460, "r", PRICE), ("Amount", 550, "r", AMOUNT))
LAYOUTS: dict[str, Columns] = {
    "three rows a line": PLAIN,
    "numbers in the middle of three rows": PLAIN,
    "units and currency glued": (("Item", 40, "l", LINE), ("Description", 80, "l", DESCRIPTION), ("Quantity", 380, "r", lambda n, x, p: f"{MONEY(x.quantity)}{UNITS[x.unit]}"), ("Unit Price", 460, "r", lambda n, x, p: f"USD{MONEY(x.price)}"), ("Total", 555, "r", lambda n, x, p: f"USD{MONEY(x.amount)}")),
    "two languages": (("序号 No.", 40, "l", LINE), ("品名 Description", 95, "l", DESCRIPTION), ("海关编码 HS Code", 285, "l", CODE), ("数量 Qty", 410, "r", QUANTITY), ("单价 Price", 475, "r", PRICE), ("金额 Amount", 555, "r", AMOUNT)),
    "a discount in each line": (("Item", 40, "l", LINE), ("Description", 66, "l", DESCRIPTION), ("Qty", 330, "r", QUANTITY), ("List Price", 390, "r", lambda n, x, p: MONEY((x.price * Decimal("1.25")).quantize(Decimal("0.01")))), ("Disc. %", 430, "r", lambda n, x, p: "20"), ("Net Price", 490, "r", PRICE), ("Amount", 555, "r", AMOUNT)),
    "a courier's form": (("No. of|Units", 70, "r", QUANTITY), ("Unit of|Measure", 80, "l", UNIT), ("Full Description|of Goods", 125, "l", DESCRIPTION), ("Harmonized|Code", 310, "l", CODE), ("Country of|Manufacture", 385, "l", lambda n, x, p: NAMES[x.origin]), ("Unit|Value", 490, "r", PRICE), ("Total|Value", 556, "r", AMOUNT)),
    "groups with sums of their own": PLAIN,
    "carried forward": PLAIN,
    "Swiss marks": (("Pos.", 40, "l", LINE), ("Description", 66, "l", DESCRIPTION), ("Quantity", 380, "r", lambda n, x, p: SWISS(x.quantity)), ("Price CHF", 460, "r", lambda n, x, p: SWISS(x.price)), ("Amount CHF", 550, "r", lambda n, x, p: SWISS(x.amount))),
    "columns of no use": (("Item No.", 40, "l", lambda n, x, p: x.reference), ("Photo", 100, "l", lambda n, x, p: ""), ("Description", 135, "l", DESCRIPTION), ("Carton size", 320, "l", lambda n, x, p: "45x30x25"), ("Pcs/ctn", 405, "r", lambda n, x, p: "24"), ("Qty", 445, "r", QUANTITY), ("FOB Price", 500, "r", PRICE), ("Total Amount", 562, "r", AMOUNT)),
}
CURRENCY = {"Swiss marks": "CHF"}
MANY = {"carried forward": 60}


def draw(paper: Paper, layout: str) -> tuple[bytes, Paper]:
    """The paper as PDF, and with what its layout shows of it."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    columns = LAYOUTS[layout]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    font = "Helvetica"
    if layout == "two languages":
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
        font = "STSong-Light"
    canvas.setFont(font, 9)
    write = lambda x, y, text, side="l": (canvas.drawString if side == "l" else canvas.drawRightString)(x, y, text)  # noqa: E731
    money = SWISS if layout == "Swiss marks" else MONEY
    y = 800.0
    # Parties side by side in boxes, the particulars in a third column.
    write(240, y, "商业发票 COMMERCIAL INVOICE" if layout == "two languages" else "COMMERCIAL INVOICE")
    y -= 30
    labels = ("卖方 Seller:", "买方 Buyer:") if layout == "two languages" else ("Seller:", "Buyer:")
    for x, label, who in ((40, labels[0], paper.seller), (225, labels[1], paper.buyer)):
        write(x, y, label)
        for n, part in enumerate((who[0], *who[1]), 1):
            write(x, y - 12 * n, part)
    for n, (label, value) in enumerate((("Invoice No.:", paper.number), ("Date:", paper.date), ("Incoterms:", f"{paper.incoterm} {paper.place}"), ("Currency:", paper.currency), ("Country of Origin:", NAMES[paper.seller[2]]))):
        write(400, y - 13 * n, label)
        write(490, y - 13 * n, value)
    y -= 100

    def heads(y: float) -> float:
        deep = max(head.count("|") for head, *_ in columns)
        for head, x, side, _ in columns:
            for n, part in enumerate(head.split("|")):
                write(x, y - 11 * n, part, side)
        canvas.line(36, y - 11 * deep - 4, 562, y - 11 * deep - 4)
        return y - 11 * deep - 18

    y = heads(y)
    price, amount = columns[-2][1], columns[-1][1]
    so_far = group = Decimal(0)
    for n, line in enumerate(paper.lines, 1):
        if y < 110:
            if layout == "carried forward":
                write(price, y, "Carried forward", "r")
                write(amount, y, money(so_far), "r")
            write(280, 30, f"- {canvas.getPageNumber()} -")
            canvas.showPage()
            canvas.setFont(font, 9)
            y = heads(790)
            if layout == "carried forward":
                write(price, y, "Brought forward", "r")
                write(amount, y, money(so_far), "r")
                y -= 16
        if layout == "groups with sums of their own" and n % 3 == 1:
            write(40, y, f"Purchase order 47{n:02d} - Household")
            y -= 16
        high = y - 11 if layout == "numbers in the middle of three rows" else y
        for head, x, side, cell in columns:
            write(x, y if head.startswith("Desc") else high, cell(n, line, paper), side)
        if "three rows" in layout:
            write(66, y - 11, f"Model {line.reference}, colour white")
            write(66, y - 22, f"packed 12 pcs a carton, HS Code {CODE(n, line, paper)}")
            y -= 22
        so_far += line.amount
        group += line.amount
        y -= 18
        if layout == "groups with sums of their own" and (n % 3 == 0 or n == len(paper.lines)):
            write(price, y, "Subtotal", "r")
            write(amount, y, money(group), "r")
            group = Decimal(0)
            y -= 22
    y -= 8
    shows: set[str] = {"quantity", "price", "amount"} | ({"code"} if any(cell is CODE for *_, cell in columns) or "three rows" in layout else set())
    for name, value in paper.charges.items():
        write(price, y, {"freight": "Ocean freight", "insurance": "Insurance", "discount": "Less discount"}[name], "r")
        write(amount, y, f"({money(value)})" if name == "discount" else money(value), "r")
        y -= 16
    write(price, y, f"TOTAL {paper.currency}", "r")
    write(amount, y, money(paper.total), "r")
    write(40, y - 40, "Bank: First Harbour Bank, account 4477 0012 8890, SWIFT FHBKCNBS. We certify that this invoice is true and correct.")
    canvas.save()
    return out.getvalue(), replace(paper, shows=tuple(sorted(shows)), sums={})
