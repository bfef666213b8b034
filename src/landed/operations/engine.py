"""The engine every operation asks: the packaged law and the schedule in force at this site, loaded once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landed.duty.estimate import Engine
    from landed.schedule.lookup import Schedule


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process; raises LandedError BAD_LAW_FILE or BAD_SCHEDULE."""
    from landed.duty.estimate import Engine
    from landed.lawbook.load import load_law

    return Engine(load_law(), schedule())


@lru_cache(maxsize=1)
def schedule() -> Schedule:
    """The schedule in force alone, for what needs no law; raises LandedError BAD_SCHEDULE."""
    from landed.schedule.lookup import Schedule

    return Schedule.in_force()


def forget() -> None:
    """Drop what is loaded, so that the next question sees a schedule just imported."""
    engine.cache_clear()
    schedule.cache_clear()
