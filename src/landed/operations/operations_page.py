"""The reference page of operations, made from the registry (`docs/operations.md` is this text; a test holds the two together)."""

from __future__ import annotations

from typing import Any

from landed.operations.registry import Operation, operations


def operations_page() -> str:
    """Markdown: every operation with its path, scope, fields and docstring."""
    found = operations()
    rows = ["# Operations", "", "Made from `landed.operations.registry` by `make pages`. Every door is made from these; `Operation.run(mapping)` answers a request as sent.", ""]
    rows += ["| operation | what it does | REST | scope |", "|---|---|---|---|"]
    rows += [f"| [`{o.name}`](#{o.name}) | {o.summary} | `{o.method} {o.path}` | `{o.scope}`{'' if o.read_only else ', changes the site'} |" for o in found]
    for each in found:
        rows += ["", *_section(each)]
    return "\n".join(rows) + "\n"


def _section(operation: Operation) -> list[str]:
    schema = operation.request_schema()
    required = set(schema.get("required", ()))
    answer = getattr(operation.answer, "__name__", str(operation.answer))
    rows = [f"## {operation.name}", "", " ".join(operation.description.split()), "", f"Answer: `{answer}`."]
    if schema["properties"]:
        rows += ["", "| field | kind | meaning |", "|---|---|---|"]
        rows += [f"| `{name}`{' (required)' if name in required else ''} | {_kind(field)} | {field.get('description', '')} |" for name, field in schema["properties"].items()]
    return rows


def _kind(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(_kind(each) for each in field["anyOf"] if each.get("type") != "null")
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}" if field["items"] else "list"
    return str(field.get("format") or field.get("type") or "any")
