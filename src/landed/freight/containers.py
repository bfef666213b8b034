"""Container numbers by ISO 6346: owner, serial number and check digit."""

from __future__ import annotations

import re
from string import ascii_uppercase

from landed.errors import LandedError


def letter_values() -> dict[str, int]:
    """The value of each letter: from ten on, leaving out multiples of eleven."""
    values = [v for v in range(10, 40) if v % 11]
    return dict(zip(ascii_uppercase, values, strict=False))


def check_digit(prefix: str) -> int:
    """The check digit of four letters and six digits (a remainder of ten is written 0)."""
    letters = letter_values()
    total = sum((letters[c] if c in letters else int(c)) * (1 << place) for place, c in enumerate(prefix))
    return total % 11 % 10


def read_container_number(text: str, where: str = "container") -> str:
    """A container number in its plain form (four letters, seven digits).

    Raises BAD_CONTAINER_NUMBER for a wrong shape, an equipment category that is not U, J or Z, or a wrong check digit,
    with the digit that is expected.
    """
    code = re.sub(r"[\s./-]", "", text).upper()
    if not re.fullmatch(r"[A-Z]{4}\d{7}", code) or not code.isascii():
        raise LandedError("BAD_CONTAINER_NUMBER", f"expected four letters and seven digits such as CSQU3054383, got {text[:40]!r}", where=where, mend="Read it off the container's door.")
    if code[3] not in "UJZ":
        raise LandedError("BAD_CONTAINER_NUMBER", f"the fourth letter is U, J or Z, got {code[3]!r} in {code}", where=where, mend="Read it off the container's door.")
    expected = check_digit(code[:10])
    if int(code[10]) != expected:
        raise LandedError("BAD_CONTAINER_NUMBER", f"the check digit of {code[:10]} is {expected}, got {code[10]}", where=where, mend="A letter or digit is mistyped, or two are swapped.", expected=expected)
    return code
