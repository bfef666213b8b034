"""Fifteen layouts of invoices and packing lists, drawn as PDF with the fonts that every PDF reader has."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.pdfgen.canvas import Canvas

from invoices.goods import Paper

NAMES = {"CN": "China", "VN": "Vietnam", "DE": "Germany", "PT": "Portugal", "TR": "Turkey"}
UNITS = {"pcs": "PCS", "set": "SET", "kg": "KG", "m": "M", "prs": "PRS", "doz": "DOZ"}


@dataclass(frozen=True)
class Column:
    """A column: part of a line, heading (rows by |), left edge, right edge, alignment."""

    part: str
    head: str
    x0: float
    x1: float
    side: str = "r"


@dataclass(frozen=True)
class Style:
    """How a layout looks."""

    columns: tuple[Column, ...]
    title: str = "COMMERCIAL INVOICE"
    font: str = "Helvetica"
    bold: str = "Helvetica-Bold"
    size: float = 9
    pitch: float = 16
    page: tuple[float, float] = A4
    grid: bool = False
    band: bool = False
    labels: tuple[str, ...] = ("Seller:", "Buyer:", "Invoice No.:", "Date:", "Incoterms:", "Currency:", "Country of Origin:")
    totals: tuple[tuple[str, str], ...] = (("subtotal", "Subtotal"), ("freight", "Freight"), ("insurance", "Insurance"), ("discount", "Discount"), ("total", "Total"))
    money: Callable[[Decimal], str] = lambda v: f"{v:,}"
    sign: str = ""
    below: bool = False
    side_by_side: bool = True
    letterhead: bool = False
    sums: tuple[str, ...] = ()
    code: Callable[[str], str] = lambda c: f"{c[:4]}.{c[4:6]}.{c[6:]}"
    day: str = "%d %B %Y"
    subtotal: bool = False
    tail: str = ""


def euro(value: Decimal) -> str:
    """1.234,56"""
    return f"{value:,}".replace(",", " ").replace(".", ",").replace(" ", ".")


def french(value: Decimal) -> str:
    """1 234,56"""
    return f"{value:,}".replace(",", " ").replace(".", ",")


C = Column
STYLES: dict[str, Style] = {
    "classic": Style((C("line", "No.", 40, 60), C("description", "Description of Goods", 66, 270, "l"), C("code", "HS Code", 274, 345, "l"), C("quantity", "Qty", 350, 395), C("unit", "Unit", 400, 430, "l"), C("price", "Unit Price", 435, 490), C("amount", "Amount", 495, 556)), grid=True),
    "typed": Style((C("reference", "ITEM NO", 40, 100, "l"), C("description", "DESCRIPTION", 106, 345, "l"), C("quantity", "QTY", 350, 400), C("price", "PRICE", 405, 470), C("amount", "AMOUNT", 475, 556)), font="Courier", bold="Courier-Bold", size=8.5, day="%Y-%m-%d"),
    "band": Style((C("description", "Product", 46, 240, "l"), C("code", "HTS Code", 244, 320, "l"), C("origin", "Origin", 324, 370, "l"), C("quantity", "Quantity", 374, 424), C("price", "Price (USD)", 428, 490), C("amount", "Total (USD)", 494, 556)), font="Times-Roman", bold="Times-Bold", size=10, band=True, subtotal=True),
    "price_first": Style((C("reference", "SKU", 40, 95, "l"), C("description", "Description", 100, 290, "l"), C("code", "Tariff No", 295, 365, "l"), C("price", "Unit Price", 370, 430), C("quantity", "Quantity", 435, 485), C("amount", "Line Total", 490, 556)), day="%m/%d/%Y", labels=("Exporter", "Importer", "Invoice Number", "Invoice Date", "Terms of Delivery", "Currency", "Country of Origin")),
    "unit_inside": Style((C("line", "Item", 40, 62), C("description", "Description", 70, 300, "l"), C("quantity_unit", "Quantity", 305, 375), C("price", "Unit Price", 380, 450), C("amount", "Amount", 455, 556)), sign="$", grid=True, day="%b %d, %Y", page=LETTER),
    "german": Style((C("line", "Pos", 40, 60), C("description", "Bezeichnung", 68, 262, "l"), C("code", "Zolltarifnr.", 266, 336, "l"), C("quantity", "Menge", 340, 390), C("unit", "Einheit", 395, 430, "l"), C("price", "Einzelpreis", 433, 492), C("amount", "Betrag EUR", 496, 558)), title="HANDELSRECHNUNG", money=euro, day="%d.%m.%Y", labels=("Lieferant:", "Kunde:", "Rechnungsnummer:", "Datum:", "Lieferbedingungen:", "Währung:", "Ursprungsland:"), totals=(("subtotal", "Zwischensumme"), ("freight", "Fracht"), ("insurance", "Versicherung"), ("discount", "Rabatt"), ("total", "Gesamtbetrag"))),
    "two_row_heads": Style((C("line", "Line|No.", 40, 62), C("reference", "Part|Number", 68, 125, "l"), C("description", "Description of|Merchandise", 130, 320, "l"), C("quantity", "Quantity|Shipped", 325, 385), C("unit", "Unit of|Measure", 390, 430, "l"), C("price", "Unit|Price", 434, 490), C("amount", "Extended|Amount", 494, 556)), grid=True),
    "code_below": Style((C("description", "Description", 40, 330, "l"), C("quantity", "Qty", 335, 385), C("price", "Price", 390, 460), C("amount", "Amount", 465, 556)), below=True, pitch=30, day="%d-%b-%Y"),
    "packing": Style((C("line", "No", 40, 56), C("description", "Description of Goods", 64, 260, "l"), C("quantity", "Qty (PCS)", 264, 315), C("packages", "Cartons", 320, 365), C("net_weight", "N.W. (KG)", 370, 425), C("gross_weight", "G.W. (KG)", 430, 490), C("volume", "CBM", 495, 550)), title="PACKING LIST", sums=("quantity", "packages", "net_weight", "gross_weight", "volume"), labels=("Shipper:", "Consignee:", "Packing List No.:", "Date:", "Incoterms:", "", "Country of Origin:")),
    "landscape": Style((C("line", "#", 40, 55), C("reference", "Article No", 62, 125, "l"), C("description", "Description", 130, 350, "l"), C("code", "HS Code", 355, 430, "l"), C("origin", "C/O", 435, 470, "l"), C("packages", "Cartons", 475, 520), C("net_weight", "Net Weight", 525, 585), C("quantity", "Quantity", 590, 645), C("price", "Unit Price", 650, 710), C("amount", "Amount", 715, 800)), page=landscape(A4), sums=("packages", "net_weight", "quantity")),
    "cif": Style((C("line", "S/No", 40, 62), C("description", "Particulars", 70, 300, "l"), C("quantity", "Qty", 305, 360), C("unit", "UOM", 366, 396, "l"), C("price", "Rate", 400, 470), C("amount", "Value", 475, 556)), title="PROFORMA INVOICE", subtotal=True),
    "letterhead": Style((C("description", "Details", 60, 320, "l"), C("quantity", "Quantity", 325, 385), C("price", "Price each", 390, 460), C("amount", "Total", 465, 540)), letterhead=True, font="Times-Roman", bold="Times-Bold", size=10.5, title="INVOICE", tail="Payment: 30 days after invoice date. Goods remain our property until paid in full."),
    "spanish": Style((C("reference", "Código", 40, 95, "l"), C("description", "Descripción", 100, 310, "l"), C("quantity", "Cantidad", 315, 370), C("unit", "Unidad", 376, 412, "l"), C("price", "Precio unitario", 416, 486), C("amount", "Importe", 490, 556)), title="FACTURA COMERCIAL", money=euro, labels=("Exportador:", "Importador:", "Factura No.:", "Fecha:", "Condiciones de entrega:", "Moneda:", "País de origen:"), totals=(("subtotal", "Suma parcial"), ("freight", "Flete"), ("insurance", "Seguro"), ("discount", "Descuento"), ("total", "Importe total")), day="%d.%m.%Y"),
    "two_currencies": Style((C("line", "No.", 40, 58), C("description", "Description", 64, 255, "l"), C("code", "HS Code", 260, 330, "l"), C("quantity", "Qty", 334, 380), C("price", "Unit Price EUR", 384, 448), C("amount", "Amount EUR", 452, 508), C("other_amount", "Equivalent USD", 510, 572)), size=8),
    "french": Style((C("reference", "Référence", 40, 100, "l"), C("description", "Désignation", 105, 320, "l"), C("quantity", "Quantité", 325, 380), C("price", "Prix unitaire", 385, 460), C("amount", "Montant", 465, 556)), title="FACTURE COMMERCIALE", money=french, labels=("Vendeur :", "Acheteur :", "Facture No :", "Date :", "Conditions de livraison :", "Devise :", "Pays d'origine :"), totals=(("subtotal", "Sous-total"), ("freight", "Fret"), ("insurance", "Assurance"), ("discount", "Remise"), ("total", "Montant total")), font="Times-Roman", bold="Times-Bold", size=10, day="%d/%m/%Y"),
}  # fmt: skip
CURRENCY = {"german": "EUR", "spanish": "EUR", "french": "EUR", "two_currencies": "EUR"}
CHARGED = {"cif": ("freight", "insurance"), "price_first": ("freight",), "band": ("freight", "discount"), "german": ("freight",)}
RATE = Decimal("1.0842")


def draw(paper: Paper, layout: str) -> tuple[bytes, Paper]:
    """The paper as PDF, and with what its layout shows of it."""
    style = STYLES[layout]
    parts = {c.part for c in style.columns} | ({"quantity", "unit"} if any(c.part == "quantity_unit" for c in style.columns) else set()) | ({"code", "origin"} if style.below else set())
    if style.subtotal or paper.charges:
        parts.add("subtotal")
    sums = {f"total_{name}": sum((getattr(line, name) for line in paper.lines), Decimal(0)) for name in style.sums}
    shown = replace(paper, shows=tuple(parts), sums=sums)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=style.page, invariant=1)
    _Drawing(canvas, style, shown).whole()
    canvas.save()
    return out.getvalue(), shown


class _Drawing:
    def __init__(self, canvas: Canvas, style: Style, paper: Paper) -> None:
        self.c, self.s, self.p = canvas, style, paper
        self.wide, self.high = style.page
        self.pages = 1

    def text(self, x: float, y: float, text: str, bold: bool = False, side: str = "l", size: float | None = None) -> None:
        self.c.setFont(self.s.bold if bold else self.s.font, size or self.s.size)
        {"l": self.c.drawString, "r": self.c.drawRightString, "c": self.c.drawCentredString}[side](x, y, text)

    def whole(self) -> None:
        y = self.head()
        y = self.heads(y)
        for n, line in enumerate(self.p.lines, 1):
            if y < 70 + self.s.pitch:
                self.text(self.wide / 2, 30, f"Page {self.pages}", side="c", size=7)
                self.c.showPage()
                self.pages += 1
                y = self.heads(self.high - 60)
            y = self.line(n, line, y)
        self.foot(y)

    def head(self) -> float:
        s, p, y = self.s, self.p, self.high - 50
        labels = s.labels
        day = date.fromisoformat(p.date).strftime(s.day)
        if s.letterhead:
            self.text(60, y, p.seller[0], True, size=14)
            for part in p.seller[1]:
                y -= 13
                self.text(60, y, part)
            self.text(540, self.high - 50, s.title, True, "r", 18)
            for n, (label, value) in enumerate((("Invoice No", p.number), ("Date", day), ("Terms", f"{p.incoterm} {p.place}"))):
                self.text(430, self.high - 80 - 14 * n, label)
                self.text(540, self.high - 80 - 14 * n, value, side="r")
            y -= 40
            self.text(60, y, "Bill to", True)
            for part in (p.buyer[0], *p.buyer[1]):
                y -= 13
                self.text(60, y, part)
            return y - 40
        self.text(self.wide / 2, y, s.title, True, "c", 15)
        y -= 30
        middle = self.wide * 0.55
        for x, label, who in ((40, labels[0], p.seller), (middle, labels[1], p.buyer)):
            self.text(x, y, label, True)
            for n, part in enumerate((who[0], *who[1]), 1):
                self.text(x, y - 13 * n, part)
        y -= 80
        rows = [(labels[2], p.number), (labels[3], day), (labels[4], f"{p.incoterm} {p.place}"), (labels[5], p.currency), (labels[6], NAMES[p.seller[2]])]
        for n, (label, value) in enumerate(row for row in rows if row[0]):
            x = 40 if n % 2 == 0 else middle
            self.text(x, y - 14 * (n // 2), label, True)
            self.text(x + 125, y - 14 * (n // 2), value)
        return y - 62

    def heads(self, y: float) -> float:
        s = self.s
        deep = max(c.head.count("|") + 1 for c in s.columns)
        if s.band:
            self.c.setFillColor(HexColor(0x20405F))
            self.c.rect(s.columns[0].x0 - 6, y - 5, s.columns[-1].x1 - s.columns[0].x0 + 12, s.size + 8, stroke=0, fill=1)
            self.c.setFillColor(white)
        for column in s.columns:
            for n, part in enumerate(column.head.split("|")):
                self.text(column.x0 if column.side == "l" else column.x1, y - n * (s.size + 2), part, True, column.side)
        self.c.setFillColor(black)
        y -= (deep - 1) * (s.size + 2)
        if s.grid:
            self.c.setLineWidth(0.5)
            self.c.line(36, y - 4, s.columns[-1].x1 + 3, y - 4)
        return y - s.pitch - 2

    def line(self, n: int, line: Any, y: float) -> float:
        s = self.s
        for column in s.columns:
            part = column.part
            if part == "line":
                value = str(n)
            elif part == "code":
                value = s.code(line.code)
            elif part == "unit":
                value = UNITS[line.unit]
            elif part == "quantity_unit":
                value = f"{s.money(line.quantity)} {UNITS[line.unit]}"
            elif part == "origin":
                value = line.origin
            elif part in ("description", "reference"):
                value = getattr(line, part)
            elif part == "other_amount":
                value = f"{(line.amount * RATE).quantize(Decimal('0.01')):,}"
            else:
                value = (s.sign if part in ("price", "amount") else "") + s.money(getattr(line, part))
            self.text(column.x0 if column.side == "l" else column.x1, y, value, side=column.side)
        if s.below:
            self.text(s.columns[0].x0, y - 12, f"HS Code: {s.code(line.code)}   Origin: {NAMES[line.origin]}", size=s.size - 1)
        if s.grid:
            self.c.line(36, y - 5, s.columns[-1].x1 + 3, y - 5)
        return y - s.pitch

    def foot(self, y: float) -> None:
        s, p = self.s, self.p
        if y < 150:
            self.c.showPage()
            self.pages += 1
            y = self.high - 60
        y -= 6
        by_part = {c.part: c for c in s.columns}
        amount = by_part.get("amount")
        labelled = dict(s.totals)
        if amount is not None:
            shown = [("subtotal", p.goods)] if "subtotal" in p.shows else []
            for name, value in (*shown, *p.charges.items()):
                self.text(amount.x0 - 40, y, labelled[name], side="r")
                self.text(amount.x1, y, ("-" if name == "discount" else "") + s.sign + s.money(value), side="r")
                y -= s.pitch if not s.below else 16
        self.text(s.columns[1].x0 if s.sums else (amount or s.columns[-1]).x0 - 40, y, labelled["total"] + (f" {p.currency}" if amount and not s.sums else ""), True, "l" if s.sums else "r")
        if amount is not None:
            self.text(amount.x1, y, s.sign + s.money(p.total), True, "r")
        if "other_amount" in by_part:
            self.text(by_part["other_amount"].x1, y, f"{(p.total * RATE).quantize(Decimal('0.01')):,}", True, "r")
        for name in s.sums:
            self.text(by_part[name].x1, y, s.money(p.sums[f"total_{name}"]), True, "r")
        if s.tail:
            self.text(60, y - 40, s.tail, size=8)
