"""What every command shares: the console, amounts as people read them, errors on one line, JSON on request."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

from landed.errors import LandedError, without_store

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPED_WIDTH = 110  # columns when nobody's terminal says otherwise
NARROW = 72  # below this, tables become cards
FAILED = 2  # exit code for a request that cannot be answered

_VALUE = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*([kKmM])?")
_QUANTITY = re.compile(r"\s*([\d.,]+)\s*(\S.*?)\s*")


def console() -> Console:
    """A console on standard output; colour only on a terminal that wants it."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPED_WIDTH
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width, soft_wrap=False)


@contextmanager
def answering(as_json: bool) -> Iterator[None]:
    """Turns a LandedError into one clear report on standard error (the problem object with --json) and exit code 2."""
    try:
        try:
            yield
        except ModuleNotFoundError as missing:
            if (plainly := without_store(missing)) is None:
                raise
            raise plainly from None
    except LandedError as error:
        if as_json:
            print_json({"error": error.to_dict()}, err=True)
        else:
            for line in error_lines(error):
                typer.echo(line, err=True)
        raise typer.Exit(FAILED) from None


def error_lines(error: LandedError) -> list[str]:
    """An error for people: code, what, where and mend on the first line; codes to choose from below it."""
    place = f" (at {error.where})" if error.where else ""
    lines = [" ".join(part for part in (f"{error.code}: {error.detail.rstrip('.')}{place}.", error.mend) if part)]
    for name in ("successors", "children", "near"):
        rows = error.extra.get(name) or ()
        shown = [f"{r['code']} ({r['certainty']}: {r['because']})" if isinstance(r, dict) else str(r) for r in rows]
        if shown and not all(text in error.mend for text in shown):
            joint = "\n    " if name == "successors" else ", "
            more = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
            lines.append(f"  {name}: " + ("\n    " if name == "successors" else "") + joint.join(shown[:12]) + more)
    return lines


def print_json(data: Any, *, err: bool = False) -> None:
    """JSON on standard output, as it is: no wrapping, no colour."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str), err=err)


def run_operation(name: str, request: dict[str, Any]) -> Any:
    """The typed answer of an operation by its name; raises LandedError for a request that cannot be answered."""
    from landed.operations.registry import find

    return find(name).run(request)


def print_found(found: Any) -> None:
    """The answer of an operation as JSON on standard output."""
    from landed.operations.shape import plain

    print_json(plain(found))


def money(amount: Decimal | None) -> str:
    """US dollars with thousands marks, or "unknown"."""
    return "unknown" if amount is None else f"${amount:,.2f}"


def change(amount: Decimal | None) -> str:
    """A difference in US dollars with its sign, or "unknown"."""
    if amount is None:
        return "unknown"
    return "no change" if not amount else f"{'+' if amount > 0 else '-'}${abs(amount):,.2f}"


def percent(rate: Decimal | None) -> str:
    """A percent without needless zeros, or "unknown"."""
    if rate is None:
        return "unknown"
    shown = rate.quantize(Decimal("0.01")) if rate == rate.quantize(Decimal("0.01")) else rate.quantize(Decimal("0.0001"))
    text = format(shown, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def read_value(text: str) -> str:
    """A value as people type it ("10,000", "10k", "$1.5m") as plain digits; raises INVALID_VALUE for what could mean two things."""
    found = _VALUE.fullmatch(text.strip())
    if not found:
        raise LandedError("INVALID_VALUE", f"expected an amount such as 10000, 10,000.50 or 10k, got {text[:40]!r}", where="--value", mend="Write US dollars with a point for cents.")
    amount = Decimal(found[1].replace(",", "") + (found[2] or ""))
    return format(amount * {"": 1, "k": 1_000, "m": 1_000_000}[(found[3] or "").lower()], "f")


def read_quantity(text: str) -> dict[str, str]:
    """A quantity with its unit ("250kg", "12 doz"); raises INVALID_VALUE."""
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise LandedError("INVALID_VALUE", f"expected a quantity with its unit such as 250kg, got {text[:40]!r}", where="--qty", mend="Write the number and the unit.")
    return {"value": found[1].replace(",", ""), "unit": found[2]}


def read_pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """Texts of the form name=value as a mapping; raises INVALID_REQUEST."""
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise LandedError("INVALID_REQUEST", f"expected name=value, got {text[:60]!r}", where=option, mend=f"Write {option} name=value.")
        found[name.strip()] = value.strip()
    return found


def today() -> str:
    """The machine's day, the default of every day asked for."""
    return date.today().isoformat()


def table(*, title: str = "", footer: bool = False) -> Table:
    """A quiet table: no box, a rule under its heads, numbers left to each column."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False, show_footer=footer, header_style="bold", padding=(0, 1))


def plural(count: int, word: str) -> str:
    """A count with its word: "1 question", "3 questions"."""
    return f"{count:,} {word}" + ("" if count == 1 else "s")
