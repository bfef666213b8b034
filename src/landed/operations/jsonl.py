"""Estimates over lines of JSON: one request a line in, one answer a line out, in order and in constant memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO, NoReturn

from landed.errors import LandedError
from landed.operations.estimate import answer_one, problem

LONGEST_LINE = 1_000_000  # bytes; a request is a few hundred
BOM = b"\xef\xbb\xbf"


def parse_request(text: bytes | str, where: str = "request") -> dict[str, Any]:
    """One JSON object with numbers as exact decimals; raises LandedError BAD_JSON or INVALID_REQUEST."""
    try:
        if isinstance(text, bytes):
            text = text.removeprefix(BOM).decode("utf-8")
        found = json.loads(text, parse_float=Decimal, parse_int=_whole, parse_constant=_no_number)
    except (ValueError, RecursionError) as broken:
        reason = "it nests too deeply" if isinstance(broken, RecursionError) else str(broken)[:160]
        raise LandedError("BAD_JSON", f"expected one JSON object, got text that is not JSON: {reason}", where=where, mend="Write one object a line, in UTF-8.") from None
    if not isinstance(found, dict):
        kind = {"list": "a list", "NoneType": "null"}.get(type(found).__name__, "a single value")
        raise LandedError("INVALID_REQUEST", f"expected an object, got {kind}", where=where, mend="Send an object with hts_code, country_of_origin, customs_value and entry_date.")
    return found


def answers(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """The answer to each line of a stream of bytes, in order.

    Blank lines are skipped. A line that cannot be answered gives {"error", "reference", "line"} in its place,
    `line` being its number from 1, blank lines counted; the rest goes on.
    """
    for number, line in lines(stream):
        where = f"line {number}"
        if line is None:
            too_long = LandedError("LINE_TOO_LONG", f"expected at most {LONGEST_LINE:,} bytes in a line", where=where, mend="Write one request a line.")
            yield {**problem(too_long), "line": number}
            continue
        if not line.strip().removeprefix(BOM).strip():
            continue
        try:
            raw = parse_request(line.strip(), where)
        except LandedError as error:
            yield {**problem(error), "line": number}
            continue
        found = answer_one(raw)
        yield found if "error" not in found or "status" in found else {**found, "line": number}


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """(number, line) with None for a line past the limit, of which no more than the limit is ever held."""
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
            yield number, line
            continue
        while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        yield number, None


def _whole(digits: str) -> int | Decimal:
    # int() refuses thousands of digits with a message about the interpreter; Decimal lets the request say what is wrong.
    return int(digits) if len(digits) < 100 else Decimal(digits)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
