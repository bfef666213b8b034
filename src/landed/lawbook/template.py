"""Fills the parameters of a ready what-if ("section 301 on {country} at {rate_pct}%"): the text is data, so are the defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from landed.errors import LandedError

KINDS = ("country", "percent", "day", "chapter")


def filled(content: Mapping[str, Any], given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An overlay whose `{parameter}` marks hold what was given, else the defaults; raises BAD_OVERLAY."""
    parameters = content.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        raise LandedError("BAD_OVERLAY", f"{name}: parameters: expected a mapping", where="overlay.parameters", mend="Name, kind and default of each.")
    unknown = sorted(set(map(str, given)) - set(parameters))
    if unknown:
        raise LandedError("BAD_OVERLAY", f"{name} has no parameter {unknown[0]!r}", where=f"overlay.{unknown[0]}", mend=f"It takes {', '.join(parameters) or 'none'}.")
    values = {key: _checked(str(given.get(key, row.get("default"))), row.get("kind"), f"{name}: {key}") for key, row in parameters.items()}
    body = {key: value for key, value in content.items() if key != "parameters"}
    return {key: _fill(value, values) for key, value in body.items()}


def split_name(text: str) -> tuple[str, dict[str, str]]:
    """A name with parameters, "section_301_on_country country=IN rate_pct=25", as name and values."""
    name, *rest = text.split()
    pairs = [part.partition("=") for part in rest]
    if any(not mark or not key for key, mark, _ in pairs):
        raise LandedError("BAD_OVERLAY", f"cannot read {text[:60]!r}", where="overlay", mend="Write NAME parameter=value, apart by blanks.")
    return name, {key: value for key, _, value in pairs}


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        found = re.sub(r"\{(\w+)\}", lambda mark: values.get(mark[1], mark[0]), value)
        return found
    if isinstance(value, Mapping):
        return {_fill(key, values): _fill(inner, values) for key, inner in value.items()}
    return [_fill(item, values) for item in value] if isinstance(value, list) else value


def _checked(text: str, kind: object, place: str) -> str:
    text = text.strip()
    good = True
    if kind == "country":
        good = bool(re.fullmatch(r"[A-Za-z]{2}|[A-Z][A-Za-z0-9_]+", text))
        text = text.upper() if len(text) == 2 else text
    elif kind == "percent":
        text = text.rstrip("%")
        try:
            good = 0 <= Decimal(text) <= 1000
        except InvalidOperation:
            good = False
    elif kind == "day":
        try:
            date.fromisoformat(text)
        except ValueError:
            good = False
    elif kind == "chapter":
        good = text.isdigit() and 1 <= int(text) <= 97
        text = text.zfill(2)
    if not good:
        raise LandedError("BAD_OVERLAY", f"{place}: expected a {kind}, got {text[:40]!r}", where="overlay", mend="Such as country=VN, rate_pct=25, from=2027-01-01, chapter=85.")
    return text
