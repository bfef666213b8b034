"""How often somebody may ask: a bucket of tokens for each key or address, refilled evenly, and as few buckets as fit in memory."""

from __future__ import annotations

import mmap
import struct
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

MOST = 10_000  # buckets; the longest unused goes first
BURST_SECONDS = 10  # a full bucket holds the allowance of this long, and at least ten requests


def _taken(tokens: float, before: float, now: float, per_minute: int) -> tuple[float, float]:
    """(tokens left, seconds to wait) after taking one of a bucket that held `tokens` at `before`."""
    rate = per_minute / 60
    tokens = min(_most(per_minute), tokens + max(0.0, now - before) * rate)
    return (tokens - 1, 0.0) if tokens >= 1 else (tokens, (1 - tokens) / rate)


def _most(per_minute: int) -> float:
    return max(10.0, per_minute / 60 * BURST_SECONDS)


class RateLimits:
    """Token buckets of one process. `clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, moment

    def take(self, who: str, per_minute: int) -> float:
        """Take one token; 0.0 when there was one, else the seconds until the next. An allowance of 0 is no limit."""
        if per_minute <= 0:
            return 0.0
        now = self._clock()
        tokens, before = self._buckets.pop(who, (_most(per_minute), now))
        tokens, wait = _taken(tokens, before, now, per_minute)
        self._buckets[who] = (tokens, now)
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        return wait


class SharedRateLimits(RateLimits):
    """Token buckets that the workers of one server share: a table in memory made before they fork.

    A bucket's place follows from its name; a record lock of the place is held while it changes, and goes with a worker that dies.
    """

    ROW = struct.Struct("<Qdd")  # name, tokens, moment; a name of 0 is free
    PLACES = 16_384
    NEAR = 8  # places looked at for a name; the longest unused of them is given up

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the server)
        self._file.truncate(self.ROW.size * (self.PLACES + self.NEAR))
        self._table = mmap.mmap(self._file.fileno(), 0)

    def take(self, who: str, per_minute: int) -> float:
        import fcntl

        if per_minute <= 0:
            return 0.0
        name = int.from_bytes(blake2b(who.encode(), digest_size=8).digest(), "big") or 1
        start, length = name % self.PLACES * self.ROW.size, self.NEAR * self.ROW.size
        fcntl.lockf(self._file, fcntl.LOCK_EX, length, start)
        try:
            now, oldest, place = self._clock(), float("inf"), start
            tokens, before = _most(per_minute), now
            for at in range(start, start + length, self.ROW.size):
                found, held, moment = self.ROW.unpack_from(self._table, at)
                if found == name:
                    place, tokens, before = at, held, moment
                    break
                if (last := moment if found else -1.0) < oldest:
                    place, oldest = at, last
            tokens, wait = _taken(tokens, before, now, per_minute)
            self.ROW.pack_into(self._table, place, name, tokens, now)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, length, start)
        return wait


_SHARED: SharedRateLimits | None = None


def share() -> None:
    """Make the table that workers forked from now on share."""
    global _SHARED
    _SHARED = SharedRateLimits()


def limits() -> RateLimits:
    """The buckets of this process's app: shared where its server forked workers, else its own."""
    return _SHARED or RateLimits()
