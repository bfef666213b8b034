"""Shapes of requests and answers: mappings into dataclasses, dataclasses into JSON data, types into JSON Schema."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, Required, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

from landed.errors import LandedError

T = TypeVar("T")


@lru_cache(maxsize=256)
def _hints(shape: Any) -> dict[str, Any]:
    return get_type_hints(shape, include_extras=True)


def read(shape: type[T], raw: Mapping[str, Any]) -> T:
    """A request dataclass from a mapping; raises LandedError INVALID_REQUEST naming the field and both sides."""
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_REQUEST", f"expected an object, got {type(raw).__name__}", mend="Send an object with named fields.")
    known = {f.name: f for f in fields(shape)}  # type: ignore[arg-type]
    unknown = sorted(set(map(str, raw)) - set(known))
    if unknown:
        import difflib

        near = difflib.get_close_matches(unknown[0], known, n=1)
        mend = f"Did you mean {near[0]!r}?" if near else f"Known fields: {', '.join(known) or 'none'}."
        raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0]!r}", where=unknown[0], mend=mend)
    hints: dict[str, Any] = _hints(shape)  # type: ignore[arg-type]
    given = {}
    for name, field in known.items():
        if raw.get(name) is not None:
            given[name] = _value(hints[name], raw[name], name)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise LandedError("INVALID_REQUEST", f"the field {name!r} is missing", where=name, mend=_words(hints[name]) or "Give it.")
    return shape(**given)


def _value(hint: Any, raw: Any, where: str) -> Any:
    kind = _bare(hint)
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(arg for arg in get_args(kind) if arg is not type(None))
    if kind is date:
        from landed.duty.request import read_day

        return read_day(raw, where)
    if kind is bool:
        truth = {"true": True, "false": False, "1": True, "0": False}.get(str(raw).lower())
        if truth is None:
            raise _wrong(where, "true or false", raw)
        return truth
    if kind is int:
        try:
            number = int(str(raw))
        except ValueError:
            raise _wrong(where, "a whole number", raw) from None
        if abs(number) >= 2**63:
            raise _wrong(where, "a whole number of at most 18 digits", raw)
        return number
    if kind is str:
        if isinstance(raw, (Mapping, list, tuple, bool)):
            raise _wrong(where, "a text", raw)
        return str(raw)
    if get_origin(kind) is Literal:
        if raw not in get_args(kind):
            raise _wrong(where, "one of " + ", ".join(map(str, get_args(kind))), raw)
        return raw
    if get_origin(kind) is tuple:
        rows = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(rows, (list, tuple)):
            raise _wrong(where, "a list", raw)
        return tuple(_value(get_args(kind)[0], row.strip() if isinstance(row, str) else row, where) for row in rows)
    return raw


def _wrong(where: str, expected: str, raw: Any) -> LandedError:
    return LandedError("INVALID_REQUEST", f"expected {expected}, got {str(raw)[:40]!r}", where=where, mend="Correct the field.")


def plain(answer: Any) -> Any:
    """An answer as JSON data; answers with a `to_dict` of their own speak for themselves."""
    if hasattr(answer, "to_dict"):
        return answer.to_dict()
    from landed.duty.encode import to_json

    return to_json(answer)


def schema(shape: Any) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a dataclass or TypedDict; `Annotated` texts become descriptions."""
    hints = _hints(shape)
    if is_typeddict(shape):
        # The class's own __required_keys__ is blind to annotations kept as text, so the resolved ones are asked.
        required = [name for name, hint in hints.items() if get_origin(hint) is Required or (shape.__total__ and get_origin(hint) is not NotRequired)]
    else:
        required = [f.name for f in fields(shape) if f.default is MISSING and f.default_factory is MISSING]
    found: dict[str, Any] = {"type": "object", "properties": {name: _schema(hint) for name, hint in hints.items()}, "additionalProperties": False}
    if required:
        found["required"] = required
    return found


_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": "string", "format": "decimal"},
    date: {"type": "string", "format": "date"},
    Path: {"type": "string"},
    Any: {},
    type(None): {"type": "null"},
}


def _schema(hint: Any) -> dict[str, Any]:
    words = _words(hint)
    kind = _bare(hint)
    origin = get_origin(kind)
    if kind in _SIMPLE:
        found = dict(_SIMPLE[kind])
    elif origin in (Union, types.UnionType):
        options = [_schema(arg) for arg in get_args(kind)]
        found = {} if {} in options else {"anyOf": options}
    elif origin is Literal:
        found = {"enum": list(get_args(kind))}
    elif origin in (list, tuple):
        found = {"type": "array", "items": _schema(get_args(kind)[0]) if get_args(kind) else {}}
    elif is_dataclass(kind) or is_typeddict(kind):
        found = schema(kind)
    else:
        found = {"type": "object"}
    return {**found, "description": words} if words else found


def _bare(hint: Any) -> Any:
    """A type without Annotated, Required and NotRequired around it."""
    while get_origin(hint) in (Annotated, Required, NotRequired):
        hint = get_args(hint)[0]
    return hint


def _words(hint: Any) -> str:
    """The text that annotates a type, or ""."""
    while get_origin(hint) in (Required, NotRequired):
        hint = get_args(hint)[0]
    if get_origin(hint) is Annotated:
        return next((arg for arg in get_args(hint)[1:] if isinstance(arg, str)), "")
    return ""
