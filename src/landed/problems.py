"""Gathers everything wrong with a document before it is refused, so that one reading names every cell to mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from landed.errors import LandedError

SHOWN = 200  # problems kept; a sheet with more has one cause


class Problems:
    """What is wrong with a document, place by place; `raise_if_any` refuses it with all of it.

    Places are written as in JSON ("projects[3].capacity", counted from 1); doors that read sheets turn them into cells.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.found: list[dict[str, str]] = []

    def add(self, where: str, detail: str, mend: str = "") -> None:
        """Note one problem."""
        if len(self.found) < SHOWN:
            self.found.append({"where": where, "detail": detail, "mend": mend})

    def raise_if_any(self) -> None:
        """Raise LandedError with the first problem in words and all of them in `errors`."""
        if not self.found:
            return
        first, more = self.found[0], len(self.found) - 1
        detail = first["detail"] + (f"; {more} more problem{'s' if more > 1 else ''} in the document" if more else "")
        raise LandedError(self.code, detail, where=first["where"], mend=first["mend"], errors=self.found)

    def number(self, raw: Any, where: str, *, least: Decimal | None = Decimal(0), most: Decimal | None = None, above: bool = False) -> Decimal | None:
        """A finite decimal within bounds, or None with the problem noted. `above`: strictly above `least`."""
        amount = None
        if not isinstance(raw, bool) and isinstance(raw, (int, float, str, Decimal)):
            try:
                amount = Decimal(str(raw).strip().replace(",", "").removeprefix("$"))
            except InvalidOperation:
                amount = None
        if amount is None or not amount.is_finite() or abs(amount.adjusted()) > 18:
            self.add(where, f"expected a number, got {str(raw)[:40]!r}", "Write digits with a point for decimals.")
            return None
        if least is not None and (amount < least or (above and amount == least)):
            self.add(where, f"expected a number {'above' if above else 'of at least'} {least}, got {amount}", "Correct the cell.")
            return None
        if most is not None and amount > most:
            self.add(where, f"expected a number of at most {most}, got {amount}", "Correct the cell.")
            return None
        return amount

    def whole(self, raw: Any, where: str, *, least: int = 0, most: int = 10**9) -> int | None:
        """A whole number within bounds, or None with the problem noted."""
        amount = self.number(raw, where, least=Decimal(least), most=Decimal(most))
        if amount is None:
            return None
        if amount != int(amount):
            self.add(where, f"expected a whole number, got {amount}", "Correct the cell.")
            return None
        return int(amount)

    def stranger(self, name: str, known: Iterable[str], where: str, what: str) -> None:
        """Note a name that nothing carries, with the nearest ones."""
        near = difflib.get_close_matches(name, list(known)[:2000], n=2)
        self.add(where, f"{name[:60]!r} is no {what}", f"Did you mean {' or '.join(map(repr, near))}?" if near else f"Add the {what}, or take the name out.")
