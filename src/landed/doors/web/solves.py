"""Solves outside the request's thread: one at a time, few waiting, each with what it has found so far, and dropped when nobody asks for it any more."""

from __future__ import annotations

import contextvars
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Event, Lock
from typing import Any

from landed.errors import LandedError

MOST_WAITING = 6
KEPT = 40  # finished solves that a copied address finds again
FORGOTTEN = 12.0  # seconds after which nobody is waiting any more


class Stopped(Exception):
    """The reader stopped the solve, or left."""


@dataclass
class Solve:
    """A piece of work: waiting, running, done, failed or stopped; `told` is what it says of itself, `answer` what it has so far."""

    key: str
    state: str = "waiting"
    began: float = field(default_factory=time.monotonic)
    seen: float = field(default_factory=time.monotonic)
    told: dict[str, Any] = field(default_factory=dict)
    answer: Any = None
    problem: LandedError | None = None
    stop: bool = False
    over: Event = field(default_factory=Event)

    @property
    def seconds(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self.began

    def alive(self) -> bool:
        """Whether somebody still waits for it; work asks this now and then and raises Stopped when not."""
        return not self.stop and time.monotonic() - self.seen < FORGOTTEN

    def check(self) -> None:
        """Raises Stopped where nobody waits."""
        if not self.alive():
            raise Stopped


_solves: OrderedDict[str, Solve] = OrderedDict()
_lock = Lock()


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="landed-solve")


def solve(key: str, work: Callable[[Solve], Any], wait: float = 0.0) -> Solve:
    """The solve under `key`, begun with `work` where it is not known, once it has an answer or after `wait` seconds; raises BUSY where too many wait."""
    with _lock:
        found = _solves.get(key)
        if found is None or found.state == "stopped":
            waiting = sum(1 for each in _solves.values() if each.state == "waiting" and each.alive())
            if waiting >= MOST_WAITING:
                raise LandedError("BUSY", f"{waiting} plans are waiting to be solved", mend="Try again in a few seconds.")
            found = _solves[key] = Solve(key)
            while len(_solves) > KEPT + MOST_WAITING:
                _solves.popitem(last=False)
            _pool().submit(contextvars.copy_context().run, _run, found, work)
        _solves.move_to_end(key)
        found.seen = time.monotonic()
    until = time.monotonic() + wait
    while found.answer is None and time.monotonic() < until and not found.over.wait(0.05):
        found.seen = time.monotonic()
    return found


def stop(key: str) -> bool:
    """Stop the solve under a key; whether there was one to stop."""
    found = _solves.get(key)
    if found is None or found.state not in ("waiting", "running"):
        return False
    found.stop = True
    return True


def _run(found: Solve, work: Callable[[Solve], Any]) -> None:
    try:
        found.check()
        found.state = "running"
        found.answer = work(found)
        found.state = "done"
    except Stopped:
        found.state = "done" if found.answer is not None else "stopped"
    except LandedError as error:
        found.problem, found.state = error, "failed"
    except Exception as error:  # a page never waits for ever
        found.problem, found.state = LandedError("SOLVER_FAILED", f"the solve broke off: {type(error).__name__}", mend="Report the document: this is a fault of the program."), "failed"
    finally:
        found.over.set()
