"""Answers as bytes of JSON. Estimates take a path compiled from their fields; it gives what `Estimate.to_dict` gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson

from landed.duty.encode import MONEY, to_json
from landed.duty.model import Estimate

CENT = Decimal("0.01")
_AS_IS = (str, int, bool, date)  # orjson writes these as the contract does, tuples of them as well


def dumps(data: Any) -> bytes:
    """JSON data as bytes; a text with half a surrogate pair is escaped, never an error."""
    try:
        return orjson.dumps(data, default=str)
    except TypeError:
        return json.dumps(data, default=str, separators=(",", ":")).encode()


def estimate_bytes(found: Estimate) -> bytes:
    """An estimate in the JSON form of the contract."""
    data = _form(Estimate)(found)
    data["customs_value"] = {"amount": data["customs_value"], "currency": "USD"}
    for name in ("error", "known_on"):
        if data[name] is None:
            del data[name]
    return dumps(data)


def _money(value: Decimal) -> str:
    # str() of a Decimal with two places is already plain notation and five times as fast as format(quantize()).
    return str(value) if value.as_tuple().exponent == -2 else format(value.quantize(CENT), "f")


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


@lru_cache(maxsize=64)
def _form(shape: type) -> Callable[[Any], dict[str, Any]]:
    """A function from one dataclass to a dict, compiled from its annotations."""
    hints = get_type_hints(shape)
    scope: dict[str, Any] = {"money": _money, "number": _number, "to_json": to_json}
    parts = [f"{f.name!r}: {_expression(f.name, hints[f.name], scope)}" for f in fields(shape)]
    exec(compile(f"def form(v):\n return {{{', '.join(parts)}}}", f"<form of {shape.__name__}>", "exec"), scope)
    made: Callable[[Any], dict[str, Any]] = scope["form"]
    return made


def _expression(name: str, hint: Any, scope: dict[str, Any]) -> str:
    """The source of the JSON value of one field; the general encoder where the type says too little."""
    origin, args = get_origin(hint), get_args(hint)
    kinds = [a for a in args if a is not type(None)] if origin is Union or str(origin) == "<class 'types.UnionType'>" else [hint]
    optional = len(kinds) < len(args)
    kind = kinds[0] if len(kinds) == 1 else None
    inner = get_args(kind)
    if kind in _AS_IS or get_origin(kind) is not None and str(get_origin(kind)) == "typing.Literal":
        return f"v.{name}"
    if kind is Decimal:
        call = f"{'money' if name in MONEY else 'number'}(v.{name})"
    elif is_dataclass(kind) and isinstance(kind, type):
        scope[f"form_{name}"] = _form(kind)
        call = f"form_{name}(v.{name})"
    elif get_origin(kind) is tuple and len(inner) == 2 and inner[1] is Ellipsis and inner[0] in _AS_IS:
        return f"v.{name}"
    elif get_origin(kind) is tuple and len(inner) == 2 and inner[1] is Ellipsis and is_dataclass(inner[0]):
        scope[f"form_{name}"] = _form(inner[0])  # type: ignore[arg-type]
        call = f"[form_{name}(i) for i in v.{name}]"
    else:
        call = f"to_json(v.{name}, {name!r})"
    return f"None if v.{name} is None else {call}" if optional else call
