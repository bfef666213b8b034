"""The list of operations: each is declared once, where its function stands, and every door is made from the list."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from typing import Any, Literal, TypeVar, get_type_hints

from landed.errors import LandedError, without_store

ROOMS = ("estimate", "compare", "history", "hts", "classify", "seen", "catalogue", "read", "law", "data", "entry", "cost", "products", "saved", "saved_entries", "watches", "jobs", "keys", "match", "ship", "carriers", "bookings", "detention", "plan", "screen", "exposure", "market", "suppliers", "check", "watch", "refunds", "ask", "doctor", "requirements", "origin", "money_back", "risk", "care")  # the modules of this package that declare operations

Method = Literal["GET", "POST"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """One use case as the doors see it.

    `name` is snake_case and stable (the tool name, the operationId); `path` is the REST path with `{field}` where a
    field of the request stands in it; `scope` is what an API key must hold; `read_only` is False where something
    at the site changes. `function` takes one request (a mapping for a TypedDict, else the dataclass) and gives one answer.
    """

    name: str
    summary: str
    method: Method
    path: str
    scope: str
    read_only: bool
    function: Callable[[Any], Any]
    request: type
    answer: Any

    @property
    def description(self) -> str:
        """The docstring of the function: meaning, units, errors."""
        return inspect.getdoc(self.function) or self.summary

    def run(self, raw: Mapping[str, Any]) -> Any:
        """The typed answer to a request as sent; raises LandedError."""
        try:
            return self._run(raw)
        except ModuleNotFoundError as error:
            if (plainly := without_store(error)) is None:
                raise
            raise plainly from None

    def _run(self, raw: Mapping[str, Any]) -> Any:
        if is_dataclass(self.request):
            from landed.operations.shape import read

            return self.function(read(self.request, raw))
        if not isinstance(raw, Mapping):
            raise LandedError("INVALID_REQUEST", f"expected an object, got {type(raw).__name__}", mend="Send an object with named fields.")
        return self.function(raw)

    def answer_json(self, raw: Mapping[str, Any]) -> Any:
        """The answer as JSON data: money as decimal strings, days as ISO texts, unknown as null; raises LandedError."""
        from landed.operations.shape import plain

        return plain(self.run(raw))

    def request_schema(self) -> dict[str, Any]:
        """The JSON Schema of the request."""
        from landed.operations.shape import schema

        return schema(self.request)


_DECLARED: dict[str, Operation] = {}


def operation(*, name: str, summary: str, method: Method, path: str, scope: str, read_only: bool = True) -> Callable[[F], F]:
    """Declare a function of one request as an operation; the function itself stays as it is."""

    def declare(function: F) -> F:
        if name in _DECLARED and _DECLARED[name].function.__module__ != function.__module__:
            raise ValueError(f"two operations are named {name!r}")
        hints = get_type_hints(function)
        parameter = next(iter(inspect.signature(function).parameters))
        _DECLARED[name] = Operation(name, summary, method, path, scope, read_only, function, hints[parameter], hints["return"])
        return function

    return declare


def operations() -> tuple[Operation, ...]:
    """Every operation, in the order of the rooms and of their declaration."""
    for room in ROOMS:
        import_module(f"landed.operations.{room}")
    return tuple(sorted(_DECLARED.values(), key=lambda each: ROOMS.index(each.function.__module__.rpartition(".")[2])))


def find(name: str) -> Operation:
    """One operation by name; raises LandedError UNKNOWN_OPERATION."""
    for each in operations():
        if each.name == name:
            return each
    raise LandedError("UNKNOWN_OPERATION", f"no operation is named {name!r}", where="operation", mend=f"One of {', '.join(sorted(_DECLARED))}.")
