"""Checks JSON that a model wrote against the part of JSON Schema that the assistant asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

KINDS: dict[str, tuple[type, ...]] = {"object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),)}
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.S)


def problem(value: Any, schema: Mapping[str, Any], where: str = "answer") -> str:
    """What is wrong with a value, in words, or "" where it fits."""
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and (not isinstance(value, tuple(t for k in kinds for t in KINDS[k])) or (isinstance(value, bool) and "boolean" not in kinds)):
        return f"{where}: expected {' or '.join(kinds)}, got {type(value).__name__}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{where}: expected one of {', '.join(map(str, schema['enum']))}"
    if isinstance(value, str) and len(value) > schema.get("maxLength", 10_000):
        return f"{where}: longer than {schema.get('maxLength', 10_000)} letters"
    if isinstance(value, list):
        if len(value) > schema.get("maxItems", 100):
            return f"{where}: more than {schema.get('maxItems', 100)} items"
        return next((p for n, each in enumerate(value) if (p := problem(each, schema.get("items", {}), f"{where}[{n}]"))), "")
    if isinstance(value, dict):
        stated = schema.get("properties", {})
        if missing := [name for name in schema.get("required", ()) if name not in value]:
            return f"{where}: {', '.join(missing)} missing"
        if schema.get("additionalProperties") is False and (extra := [str(n)[:40] for n in value if n not in stated]):
            return f"{where}: {', '.join(extra)} not asked for"
        return next((p for name, part in stated.items() if name in value and (p := problem(value[name], part, f"{where}.{name}"))), "")
    return ""


def first_object(text: str) -> Any:
    """The JSON object in a model's text, with or without a fence around it; raises ValueError where there is none."""
    fenced = _FENCE.search(text)
    inside = fenced.group(1) if fenced else text
    start = inside.find("{")
    if start < 0:
        raise ValueError("no JSON object")
    try:
        found, _ = json.JSONDecoder().raw_decode(inside[start:])
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    return found
