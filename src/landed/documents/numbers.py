"""Numbers and days as papers write them: 1,234.50, 1.234,50, 1 234,50, 1'234.50; 3 March 2026, 03/03/2026."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation

NUMBER = re.compile(r"[-+(]?\d[\d.,'’\s]*\d\)?|[-+(]?\d\)?")
_LETTERS = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1", "S": "5", "B": "8", "Z": "2"})
_MIXED = re.compile(r"[\dOoIl|SBZ.,'’]+")
MONTHS = {name: number for number, names in enumerate(("jan", "feb", "mar mär mrz", "apr abr avr", "may mai", "jun", "jul", "aug ago aou aoû", "sep set", "oct okt out", "nov", "dec dez dic déc"), 1) for name in names.split()}


def number_text(text: str) -> str:
    """The number part of a text without signs of currency and units around it, letters that were taken for digits mended; "" when there is none."""
    bare = text.strip().strip("$€£¥₹₩₫฿").strip()
    bare = re.sub(r"^(?:[A-Z]{1,3}\$?|US\$|RMB|[a-z]{2,3})\s*(?=[-\d(])|^[^\w(+\-.]+", "", bare).lstrip("$€£¥ :")
    bare = re.sub(r"(?<=[\d)])\s*(?:[A-Za-z]{1,6}\.?|[$€£¥])$", "", bare) if not _MIXED.fullmatch(bare) else bare
    if re.search(r"\d", bare) and _MIXED.fullmatch(bare):
        bare = bare.translate(_LETTERS)
    found = NUMBER.fullmatch(bare.strip())
    return bare.strip() if found else ""


def is_number(text: str) -> bool:
    """Whether a text is a number as papers write them."""
    return bool(number_text(text))


def comma_decimal(texts: Iterable[str]) -> bool:
    """Whether the numbers of a document write the decimals after a comma."""
    comma = point = 0
    for text in texts:
        bare = number_text(text).strip("()-+ ")
        if re.fullmatch(r"\d{1,3}(?:[.\s'’]\d{3})+,\d+|\d+,\d{1,2}|\d+,\d{4,}|0,\d+", bare):
            comma += 1
        elif re.fullmatch(r"\d{1,3}(?:[,\s'’]\d{3})+\.\d+|\d+\.\d{1,2}|\d+\.\d{4,}|0\.\d+", bare):
            point += 1
    return comma > point


def parse_number(text: str, comma: bool) -> Decimal | None:
    """The number of a text, `comma` saying that decimals stand after a comma; None when it is none."""
    bare = number_text(text)
    if not bare:
        return None
    minus = bare.startswith(("-", "(")) or bare.endswith(")")
    bare = re.sub(r"[\s'’()+-]", "", bare)
    if comma and re.fullmatch(r"\d{1,3}(?:\.\d{3})+\.\d{1,2}", bare):  # a comma that was read as a point
        head, _, tail = bare.rpartition(".")
        bare = head.replace(".", "") + "." + tail
    elif comma and not re.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d+|\d+\.\d{1,2}", bare):
        bare = bare.replace(".", "").replace(",", ".", 1) if bare.count(",") <= 1 else bare.replace(",", "")
    else:
        if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", bare):
            bare = bare.replace(".", "").replace(",", ".")
        elif re.fullmatch(r"\d+,\d{1,2}", bare):
            bare = bare.replace(",", ".")
        elif bare.count(".") > 1:  # a comma that was read as a point
            head, _, tail = bare.rpartition(".")
            bare = head.replace(".", "").replace(",", "") + "." + tail
        else:
            bare = bare.replace(",", "")
    try:
        found = Decimal(bare)
    except InvalidOperation:
        return None
    return -found if minus else found


def plain(value: Decimal) -> str:
    """A number with a decimal point and nothing else, its written decimals kept."""
    return format(value, "f")


def parse_day(text: str, day_first: bool = False) -> str | None:
    """The day of a text as ISO, or None; 03/04/2026 reads as the American month first unless `day_first`."""
    low = text.strip().casefold()
    if found := re.search(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})", low):
        return _day(found[1], found[2], found[3])
    if found := re.search(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[\s.\-/,]*([a-zäûé]{3,9})\.?[\s.\-/,]*(\d{4}|\d{2})(?!\d)", low):
        month = MONTHS.get(found[2][:3])
        return _day(found[3], month, found[1]) if month else None
    if found := re.search(r"([a-zäûé]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?[\s,.]*(\d{4})", low):
        month = MONTHS.get(found[1][:3])
        return _day(found[3], month, found[2]) if month else None
    if found := re.search(r"(?<!\d)(\d{1,2})\s*([./-])\s*(\d{1,2})\s*[./-]\s*(\d{4}|\d{2})(?!\d)", low):
        first, second = int(found[1]), int(found[3])
        if found[2] == "." or first > 12 or (day_first and second <= 12):
            return _day(found[4], second, first)
        return _day(found[4], first, second)
    return None


def _day(year: object, month: object, day: object) -> str | None:
    whole = int(str(year))
    try:
        return date(whole + 2000 if whole < 100 else whole, int(str(month)), int(str(day))).isoformat()
    except ValueError:
        return None


def ambiguous_day(text: str) -> bool:
    """Whether a day in figures could be read month first or day first."""
    found = re.search(r"(?<!\d)(\d{1,2})\s*[/-]\s*(\d{1,2})\s*[/-]\s*\d{2,4}(?!\d)", text)
    return bool(found) and int(found[1]) <= 12 and int(found[2]) <= 12 and found[1] != found[2]  # type: ignore[index]
