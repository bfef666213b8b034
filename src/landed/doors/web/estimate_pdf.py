"""An estimate as a PDF: the answer, its lines with citations, what is open and what to check; text stays text, so that it can be searched."""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from landed.doors.web import wording
from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.duty.model import Estimate

MARGIN = 42  # points; the page is US letter
WIDTHS = (64, 172, 62, 66, 66, 98)  # of the columns of lines, points
SHOWN = ("applies", "unknown", "exempt", "displaced")


def pdf(found: Estimate, origin: str, *, fees_open: bool, what_if: bool) -> bytes:
    """The bytes of the document. `origin` is the country's name. The same estimate gives the same bytes.

    Raises LandedError EXTRA_REQUIRED without the writer.
    """
    try:
        from reportlab.lib.pagesizes import letter
        from reportlab.platypus import SimpleDocTemplate
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "PDF needs the package reportlab", where="pdf", mend="Install landed[web], or use the print page.") from None
    out = io.BytesIO()
    title = f"Landed estimate {found.hts_code} from {origin}"
    made = SimpleDocTemplate(out, pagesize=letter, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 14, title=plain(title), author="Landed", subject=found.receipt_id, invariant=1)
    foot = plain(f"Law {found.law_version}, read through {wording.day(found.verified_through)}. Receipt {found.receipt_id}. An estimate from public law, not legal advice.")

    def below(canvas: Any, document: Any) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.setFillGray(0.35)
        canvas.drawString(MARGIN, MARGIN - 4, foot)
        canvas.drawRightString(letter[0] - MARGIN, MARGIN - 4, f"{document.page}")

    made.build(list(_story(found, origin, fees_open, what_if)), onFirstPage=below, onLaterPages=below)
    return out.getvalue()


def plain(text: str) -> str:
    """Text in the letters that the standard fonts hold; others lose their marks, or become a question mark."""
    kept = []
    for letter in text.replace(wording.MINUS, "-").replace("\u2192", "->"):
        try:
            letter.encode("cp1252")
            kept.append(letter)
        except UnicodeEncodeError:
            kept.append(unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?")
    return "".join(kept)


def _story(found: Estimate, origin: str, fees_open: bool, what_if: bool) -> Any:
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import ListFlowable, Paragraph, Spacer, Table

    body = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=12)
    small = ParagraphStyle("small", parent=body, fontSize=7.5, leading=9.5)
    right = ParagraphStyle("right", parent=small, alignment=2)
    large = ParagraphStyle("large", parent=body, fontName="Helvetica-Bold", fontSize=20, leading=25)
    head = ParagraphStyle("head", parent=body, fontName="Helvetica-Bold", fontSize=11, leading=14, spaceBefore=12, spaceAfter=4)

    def said(text: str, style: Any = body) -> Any:
        return Paragraph(escape(plain(text)), style)

    t = found.totals
    if found.status == "refused":
        yield said("May not enter", large)
    elif t.duty is None:
        yield said(f"Duty at least {wording.money(t.known_duty_subtotal)}", large)
    else:
        yield said(f"Duty {wording.money(t.duty)} ({wording.percent(t.effective_rate_pct)})", large)
    yield said(f"{found.hts_code} from {origin}, customs value {wording.money(found.customs_value)}, entered {wording.day(found.entry_date)}.")
    span = f" Range {wording.money(t.duty_low)} to {wording.money(t.duty_high)}." if t.duty_low is not None and t.duty_high is not None and t.duty_low != t.duty_high else ""
    yield said(f"{wording.ANSWER[found.status].capitalize()}: {wording.ANSWER_MEANS[found.status]}.{span}")
    if what_if:
        yield said("A what-if, not the law as it stands.")
    yield said(wording.sentence(found.explanation.partition(": ")[2] if found.explanation.startswith("Duty ") else found.explanation))
    yield Spacer(1, 8)
    sums = [("Customs value", found.customs_value), ("Duty", t.duty), ("Fees (one is open)" if fees_open else "Fees", t.fees), ("Landed, an open fee comes on top" if fees_open else "Landed", t.landed_cost)]
    if t.taxes is None or t.taxes:
        sums.insert(3, ("Excise tax", t.taxes))
    table = Table([[said(name), said(wording.money(amount), ParagraphStyle("sum", parent=body, alignment=2))] for name, amount in sums], colWidths=(170, 90), hAlign="LEFT")
    table.setStyle([("LINEABOVE", (0, len(sums) - 1), (-1, -1), 0.7, colors.black), ("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)])
    yield table
    if found.filing_sequence:
        yield Spacer(1, 6)
        yield said(f"File as {', '.join(found.filing_sequence)}.")
    yield said("Lines", head)
    rows = [[said(name, right if name in ("Rate", "Base", "Amount") else small) for name in ("Heading", "Rule and reason", "Rate", "Base", "Amount", "Source")]]
    for c in found.components:
        if c.status not in SHOWN:
            continue
        source = "; ".join(c.legal.citation) + ("" if c.legal.verified else " (unverified)") + f"; from {wording.day(c.legal.effective_from, short=True)}" + (f" to {wording.day(c.legal.effective_to, short=True)}" if c.legal.effective_to else "")
        rate = c.rate_text if len(c.rate_text) < 20 else wording.percent(c.rate_pct, 4)
        rows.append([
            said(c.heading or "", small), said(f"{c.label}: {wording.STATUS[c.status]}. {wording.sentence(c.because)}", small), said(rate, right),
            said("" if c.basis_amount is None else wording.money(c.basis_amount), right), said(wording.money(c.amount) if c.status in ("applies", "unknown") else "", right), said(source, small),
        ])  # fmt: skip
    lines = Table(rows, colWidths=WIDTHS, repeatRows=1)
    lines.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.lightgrey), ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black), ("LEFTPADDING", (0, 0), (-1, -1), 2), ("RIGHTPADDING", (0, 0), (-1, -1), 2)])
    yield lines
    lists = (
        ("Open questions", [f"{q.text} " + "; ".join(f"{o.label}: {wording.change(o.change_usd)}" for o in q.options) for q in found.questions]),
        ("Changes in the year after entry", [f"{wording.day(u.date)}: {u.heading} {u.change} ({wording.change(u.change_usd)})" for u in found.upcoming]),
        ("To check", [f"{wording.days_in(w.message)} {w.action}" for w in found.warnings]),
    )
    for name, texts in lists:
        if texts:
            yield said(name, head)
            yield ListFlowable([said(text, small) for text in texts], bulletType="bullet", start="\u2022", leftIndent=10, bulletFontSize=7)
