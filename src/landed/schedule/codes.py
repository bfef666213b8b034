"""Tariff codes as people write them, read into digits and printed with dots."""

from __future__ import annotations

import re

from landed.errors import LandedError

_PLAIN = re.compile(r"[0-9]{4}(?:[0-9]{2}){0,3}")
_SEPARATED = re.compile(r"[0-9]{4}(?:[.\-\s]*[0-9]{2}){0,3}[.\s]*")
_SEPARATORS = re.compile(r"[.\-\s]+")


def parse_code(text: str) -> str:
    """The digits (4, 6, 8 or 10) of a tariff code written with or without dots, dashes and spaces.

    Raises LandedError INVALID_CODE.
    """
    if isinstance(text, str):
        if len(text) <= 10 and text.isascii() and _PLAIN.fullmatch(text):
            return text
        stripped = text.strip()
        if len(stripped) <= 40 and stripped.isascii() and (digits := _loose(stripped)):
            return digits
    raise LandedError(
        "INVALID_CODE",
        f"expected a tariff code of 4, 6, 8 or 10 digits such as 9503.00.00.73, got {str(text)[:40]!r}",
        where="hts_code",
        mend="Write the code as the tariff prints it, with its leading zero.",
    )


def dotted(digits: str) -> str:
    """The digits of a code with the tariff's dots ("0101210010" -> "0101.21.00.10")."""
    return ".".join((digits[:4], *(digits[i : i + 2] for i in range(4, len(digits), 2))))


def _loose(text: str) -> str:
    if _SEPARATED.fullmatch(text):
        return _SEPARATORS.sub("", text)
    # "9503.00.0073" and "9503 0000 73" are common too; letters and odd lengths are not.
    digits = _SEPARATORS.sub("", text)
    return digits if _PLAIN.fullmatch(digits) else ""
