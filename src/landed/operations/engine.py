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
    import gc

    from landed.duty.estimate import Engine
    from landed.lawbook.load import load_law

    # Nothing of what is loaded is ever garbage; looking through it while it grows takes a tenth of a second.
    collecting = gc.isenabled()
    gc.disable()
    try:
        found = Engine(load_law(), schedule())
        found.index.listed_codes  # noqa: B018 - builds the index of list rows, which lives as long as the engine
        gc.freeze()
    finally:
        if collecting:
            gc.enable()
    return found


@lru_cache(maxsize=1)
def schedule() -> Schedule:
    """The schedule in force alone, for what needs no law; raises LandedError BAD_SCHEDULE."""
    from landed.schedule.lookup import Schedule

    return Schedule.in_force()


def forget() -> None:
    """Drop what is loaded, so that the next question sees a schedule just imported."""
    engine.cache_clear()
    schedule.cache_clear()
