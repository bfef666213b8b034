"""The OpenAPI 3.1 document, made from the registry."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from landed.doors.api.problems import PROBLEM
from landed.doors.api.routes import DATED, FIELD, needed_scope
from landed.operations.shape import schema

if TYPE_CHECKING:
    from landed.operations.registry import Operation

MONEY = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "description": "decimal text, US dollars"}
TEXT = {"type": "string"}
_DESCRIBED = re.compile(r"\s+")


def document(operations: tuple[Operation, ...], version: str, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The whole document; `extra` are paths that no operation makes (health, uploads, downloads)."""
    schemas: dict[str, Any] = {"Problem": _problem()}
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    for path, item in (extra or {}).items():
        paths.setdefault(path, {}).update(item)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Landed",
            "version": version,
            "summary": "What goods cost to land in the United States under the law of any day, with the law cited.",
            "description": "Money is a decimal text in US dollars, days are ISO 8601, unknown is null and never zero. Errors are RFC 9457 problems with a stable `code`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key; not needed on loopback unless the server says so."},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "security": [{}, {"key": []}, {"header": []}],
    }


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    request = operation.request_schema()
    in_path = FIELD.findall(operation.path)
    parameters = [{"name": name, "in": "path", "required": True, **_parameter(request["properties"].get(name, TEXT), in_path=True)} for name in in_path]
    reads_body = operation.method in ("POST", "PUT")
    found: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.path.split("/")[2].partition(":")[0]],
        "summary": operation.summary,
        "description": f"{operation.description}\n\nNeeds a key with the scope `{needed_scope(operation)}`.",
        "x-scope": needed_scope(operation),
        "x-read-only": operation.read_only,
    }
    rest = {name: shape for name, shape in request["properties"].items() if name not in in_path}
    required = [name for name in request.get("required", ()) if name not in in_path]
    if reads_body:
        if rest:
            name = operation.request.__name__ if not in_path else f"{operation.request.__name__}Body"
            body = {"type": "object", "properties": {k: _input(k, v) for k, v in rest.items()}, "additionalProperties": False}
            if required:
                body["required"] = required
            # Two operations may call their requests alike; the schema takes the operation's name then.
            if schemas.get(name, body) != body:
                name = "".join(part.capitalize() for part in operation.name.split("_")) + "Request"
            schemas[name] = body
            found["requestBody"] = {"required": bool(required), "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
        if not operation.read_only:
            parameters.append(
                {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"}, "description": "The same key and request give the answer of the first time."}
            )
    else:
        parameters += [{"name": name, "in": "query", "required": name in required, **_parameter(shape)} for name, shape in rest.items()]
    if parameters:
        found["parameters"] = parameters
    answer = {"description": "The answer.", "content": {"application/json": {"schema": _answer(operation, schemas)}}}
    found["responses"] = {"200": answer, **_refusals(operation)}
    if operation.method == "GET" and operation.scope in DATED:
        found["responses"]["200"]["headers"] = {"ETag": {"schema": TEXT, "description": "Send it back in If-None-Match."}}
        found["responses"]["304"] = {"description": "Unchanged."}
    return found


def _refusals(operation: Operation) -> dict[str, Any]:
    said = {
        "400": "The request cannot be read.",
        "401": "A key is needed, or the key is not good.",
        "403": "The key does not reach this far.",
        "404": "Nothing is there.",
        "409": "It clashes with what is there.",
        "413": "It is too large.",
        "415": "It is not JSON.",
        "422": "It was read and cannot be answered; `code`, `where` and `mend` say why.",
        "429": "Too many requests; wait as Retry-After says.",
        "503": "Busy, or the store or the law pack does not answer; wait as Retry-After says.",
        "507": "The disk of the store is full.",
    }
    if operation.method == "GET":
        del said["413"], said["415"]
    return {code: refusal(words) for code, words in said.items()}


def refusal(words: str) -> dict[str, Any]:
    """A response that is a problem."""
    return {"description": words, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _parameter(shape: dict[str, Any], *, in_path: bool = False) -> dict[str, Any]:
    words = shape.get("description", "")
    kept = {k: v for k, v in shape.items() if k != "description"}
    if "anyOf" in kept:  # a parameter that is not given is how a query says null
        kinds = [kind for kind in kept["anyOf"] if kind != {"type": "null"}]
        kept = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if in_path:
        kept = {"type": "string", "minLength": 1, "pattern": r"^[^/\u0000]+$"} if kept.get("type") == "string" else kept
    return {"schema": kept, **({"description": words} if words else {})}


def _input(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    """Texts of money and days are told apart so that a reader knows the form."""
    if shape == {} or set(shape) == {"description"}:
        return {**shape, **_FREE.get(name, {})}
    return shape


_FREE: dict[str, dict[str, Any]] = {
    "customs_value": {
        "anyOf": [
            {"type": "string", "examples": ["10000.00"]},
            {"type": "number"},
            {"type": "object", "properties": {"amount": {"type": ["string", "number"]}, "currency": TEXT, "exchange_rate": {"type": ["string", "number"]}}, "required": ["amount"], "additionalProperties": False},
        ]
    },
    "quantities": {
        "anyOf": [
            {"type": "array", "items": {"type": "object", "properties": {"value": {"type": ["string", "number"]}, "unit": TEXT}, "required": ["value", "unit"]}},
            {"type": "object"},
            {"type": "null"},
        ]
    },
    "overlay": {"anyOf": [{"type": "object"}, {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"}, {"type": "null"}]},
}


def _answer(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of an answer; dataclasses stand under their names."""
    shape = operation.answer
    if not is_dataclass(shape) or not isinstance(shape, type):
        return {"type": "object"}
    return _named(shape, schemas)


def answer_schema(operation: Operation) -> dict[str, Any]:
    """The schema of an answer by itself, its parts under `$defs`."""
    schemas: dict[str, Any] = {}
    top = _answer(operation, schemas)
    name = top.get("$ref", "").rpartition("/")[2]
    parts = json.loads(json.dumps(schemas).replace("#/components/schemas/", "#/$defs/"))
    return {**parts.pop(name), "type": "object", **({"$defs": parts} if parts else {})} if name else top


def _named(shape: type, schemas: dict[str, Any]) -> dict[str, Any]:
    name = shape.__name__.rstrip("_")
    if name not in schemas or schemas[name].get("x-module") not in (None, shape.__module__):
        if name in schemas:
            name = shape.__module__.rpartition(".")[2].capitalize() + name
        if name not in schemas:
            schemas[name] = {}
            found = schema(shape)
            found["x-module"] = shape.__module__
            words = _DESCRIBED.sub(" ", (shape.__doc__ or "").strip())
            schemas[name] = _changed(shape.__name__, {**found, **({"description": words} if words else {}), "required": sorted(f.name for f in fields(shape))})
    return {"$ref": f"#/components/schemas/{name}"}


def _changed(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Where the JSON form of an answer is not that of its fields."""
    found = {**found, "properties": dict(found["properties"])}
    if name == "Estimate":
        found["properties"]["customs_value"] = {"type": "object", "properties": {"amount": MONEY, "currency": {"const": "USD"}}, "required": ["amount", "currency"]}
        found["required"] = [n for n in found["required"] if n not in ("error", "known_on")]  # left out where there is none
    if name == "History":
        found["properties"]["spells"] = {"type": "array", "items": {"type": "object"}}
    return found


def _problem() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "An RFC 9457 problem. `code` is stable; `where` names the field or place; `mend` says what to do.",
        "properties": {"type": TEXT, "code": TEXT, "title": TEXT, "detail": TEXT, "where": TEXT, "mend": TEXT, "status": {"type": "integer"}},
        "required": ["type", "code", "title", "detail", "where", "mend", "status"],
        "additionalProperties": True,
    }
