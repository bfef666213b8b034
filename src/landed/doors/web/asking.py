"""Asks an operation on behalf of the page's reader, who needs the same scope as a caller of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def ask(name: str, given: Mapping[str, Any]) -> Any:
    """The answer of an operation; raises LandedError, SCOPE_MISSING where the reader's key does not reach."""
    from landed.operations.registry import find

    operation = find(name)
    may(name)
    return operation.run(given)


def may(name: str) -> None:
    """Raises LandedError SCOPE_MISSING where the reader may not use an operation."""
    from landed.doors.api.routes import needed_scope
    from landed.operations.registry import find
    from landed.store.actor import actor

    needed = needed_scope(find(name))
    if not actor().may(needed):
        raise LandedError("SCOPE_MISSING", f"expected a key with the scope {needed}, got {actor().scope}", where="Authorization", mend="Ask the administrator for a wider key.")


def page(function: Callable[[Request], Response], here: str) -> Callable[[Request], Response]:
    """A page whose problems are pages too and that no cache keeps."""
    from landed.doors.web.shell import failed

    def answer(request: Request) -> Response:
        try:
            found = function(request)
        except LandedError as error:
            return failed(error, here)
        found.headers["Cache-Control"] = "no-store"
        return found

    return answer
