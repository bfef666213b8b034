"""PDF pages: the text layer where one stands, else the page drawn and read as a picture."""

from __future__ import annotations

import io
import warnings
from typing import Any

from landed.documents.model import Page, Word
from landed.documents.source import MOST_PAGES, MOST_PIXELS, MOST_SCANNED
from landed.errors import LandedError

DOTS = 200  # an inch, of a page that is read as a picture
LEAST_WORDS = 6  # fewer in the text layer: a stamp on a scan
SEEN_DOTS, MOST_SEEN = 100.0, 4_000_000  # an inch, and pixels in all, of a page that is drawn to see which words leave ink
LEAST_INK = 30  # of 255 shades between a letter and its paper
SMALLEST = 3.0  # points; smaller letters are there for machines, not for people


def pdf_pages(data: bytes, name: str) -> list[Page]:
    """The pages of a PDF with their words; raises LandedError PROTECTED_DOCUMENT, UNREADABLE_FILE, TOO_MANY_PAGES, IMAGE_TOO_LARGE, EXTRA_REQUIRED."""
    try:
        import pdfplumber
        from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
        from pdfplumber.utils.exceptions import PdfminerException
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "reading PDF files needs the package pdfplumber", where="content", mend="Install landed[docs].") from None
    protected = LandedError("PROTECTED_DOCUMENT", f"{name} is encrypted", where="content", mend="Open it with its password and print it to a new PDF.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = pdfplumber.open(io.BytesIO(data))
            count = len(document.pages)
    except (PDFPasswordIncorrect, PDFEncryptionError):
        raise protected from None
    except PdfminerException as broken:
        if broken.args and isinstance(broken.args[0], (PDFPasswordIncorrect, PDFEncryptionError)):
            raise protected from None
        raise _damaged(name) from None
    except Exception:
        raise _damaged(name) from None
    if count == 0:
        raise _damaged(name)
    if count > MOST_PAGES:
        raise LandedError("TOO_MANY_PAGES", f"{name} has {count:,} pages; a document has at most {MOST_PAGES}", where="content", mend="Send the pages with the goods only.")
    pages = []
    scanned = 0
    for number, page in enumerate(document.pages, 1):
        try:
            words, hidden = _seen(*_words(page), data, number, float(page.width), float(page.height))
        except LandedError:
            raise
        except Exception:
            words, hidden = [], []
        page.close()  # a page of letters holds megabytes
        if len(words) >= LEAST_WORDS:
            pages.append(Page(number, float(page.width), float(page.height), words, "text", hidden=hidden))
            continue
        scanned += 1
        if scanned > MOST_SCANNED:
            raise LandedError("TOO_MANY_PAGES", f"{name} has more than {MOST_SCANNED} scanned pages", where="content", mend="Send the pages with the goods only.")
        from landed.documents.scan import read_picture

        found = read_picture(draw(data, number, DOTS, name), number)
        found.hidden.extend(Word(w.text, w.x0 / float(page.width) * found.width, w.y0 / float(page.height) * found.height, w.x1 / float(page.width) * found.width, w.y1 / float(page.height) * found.height) for w in hidden)
        pages.append(found)
    return pages


def _words(page: Any) -> tuple[list[Word], list[Word]]:
    """The words of a page, and beside them those of tiny letters and of letters as white as the paper under them."""
    bands = [(r["x0"], r["top"], r["x1"], r["bottom"]) for r in page.rects if r.get("fill") and not _white(r.get("non_stroking_color"))]

    def visible(item: dict[str, Any]) -> bool:
        if item.get("object_type") != "char":
            return True
        if item.get("size", 10) < SMALLEST:
            return False
        if not _white(item.get("non_stroking_color")):
            return True
        x, y = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
        return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in bands)

    doubtful = any(_white(c.get("non_stroking_color")) or c.get("size", 10) < SMALLEST for c in page.chars)
    hidden = _extract(page.filter(lambda item: item.get("object_type") == "char" and not visible(item))) if doubtful else []
    return _extract(page.filter(visible) if doubtful else page), hidden


def _extract(page: Any) -> list[Word]:
    found = []
    for word in page.extract_words(x_tolerance_ratio=0.2, y_tolerance=2, keep_blank_chars=False, use_text_flow=False):
        text = word["text"].strip()
        if text:
            found.append(Word(text, float(word["x0"]), float(word["top"]), float(word["x1"]), float(word["bottom"])))
    return found


def _seen(words: list[Word], hidden: list[Word], data: bytes, number: int, wide: float, high: float) -> tuple[list[Word], list[Word]]:
    """The words that leave ink on the drawn page, and the hidden ones with all others: off the page, covered, on a layer that is off, faint or without ink."""
    import numpy as np

    if not words:
        return words, hidden
    dots = min(SEEN_DOTS, 72 * (MOST_SEEN / max(1.0, wide * high)) ** 0.5)
    image = np.asarray(draw(data, number, dots).convert("L"), np.int16)
    across, down = image.shape[1] / wide, image.shape[0] / high
    seen: list[Word] = []
    blank: list[Word] = []
    drawn = False
    for word in words:
        part = image[max(0, int(word.y0 * down)) : max(0, int(word.y1 * down) + 1), max(0, int(word.x0 * across)) : max(0, int(word.x1 * across) + 1)]
        ink = np.abs(part - np.median(part)) > LEAST_INK if part.size else np.zeros((1, 1), bool)
        flat = not any(c.isalnum() for c in word.text)  # a dash is as low as a rule
        there = ink.any() if flat else ink.any(1).mean() >= 0.25 and ink.any(0).mean() >= 0.2
        far = part.size and any(c > "\u02ff" and c.isalpha() for c in word.text)
        drawn = drawn or bool(far and there)
        (seen if there else blank if far else hidden).append(word)
    # Letters of a script of which the page shows none: a font that neither the file nor this machine has, which other machines draw.
    (hidden if drawn else seen).extend(blank)
    return seen, hidden


def _white(colour: Any) -> bool:
    """Whether a fill is as light as paper, in shades of grey, RGB or CMYK."""
    if isinstance(colour, (int, float)):
        colour = (colour,)
    if not isinstance(colour, (tuple, list)) or not all(isinstance(c, (int, float)) for c in colour):
        return False
    if len(colour) == 4:
        return all(c < 0.03 for c in colour)
    return len(colour) in (1, 3) and all(c > 0.97 for c in colour)


def draw(data: bytes, number: int, dots: float, name: str = "document") -> Any:
    """One page of a PDF as an RGB array; raises LandedError IMAGE_TOO_LARGE, EXTRA_REQUIRED."""
    try:
        import pypdfium2
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "drawing PDF pages needs the package pypdfium2", where="content", mend="Install landed[docs].") from None
    document = pypdfium2.PdfDocument(data)
    try:
        page = document[number - 1]
        width, height = page.get_size()
        scale = dots / 72
        if width * height * scale * scale > MOST_PIXELS:
            raise LandedError("IMAGE_TOO_LARGE", f"page {number} of {name} is {width / 72:.0f} by {height / 72:.0f} inches", where="content", mend="Print it to A4 or Letter.")
        return page.render(scale=scale).to_pil().convert("RGB")
    finally:
        document.close()


def _damaged(name: str) -> LandedError:
    return LandedError("UNREADABLE_FILE", f"{name} is a damaged or cut PDF", where="content", mend="Get the file again, or print it to a new PDF.")
