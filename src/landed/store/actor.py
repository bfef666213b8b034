"""Who is asking: the workspace, name and scopes under which an operation reads and writes the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

DEFAULT_WORKSPACE = "default"
SCOPES = ("read", "quote", "write", "admin")  # each holds those before it


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks. `workspace` is the id of theirs; `scope` the widest scope they hold; `key` the id of their API key, or ""."""

    name: str
    workspace: str = DEFAULT_WORKSPACE
    scope: str = "admin"
    key: str = ""
    rate_per_minute: int = 0

    def may(self, scope: str) -> bool:
        """Whether the actor holds a scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


LOCAL = Actor("local")
_CURRENT: ContextVar[Actor] = ContextVar("landed_actor", default=LOCAL)


def actor() -> Actor:
    """The actor of this request; the local user where no door has said otherwise."""
    return _CURRENT.get()


@contextmanager
def acting(as_: Actor) -> Iterator[None]:
    """Run what is inside as an actor."""
    token = _CURRENT.set(as_)
    try:
        yield
    finally:
        _CURRENT.reset(token)
