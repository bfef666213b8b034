"""How often somebody may ask: a bucket of tokens for each key or address, refilled evenly, and as few buckets as fit in memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 10_000  # buckets; the longest unused goes first
BURST_SECONDS = 10  # a full bucket holds the allowance of this long, and at least ten requests


class RateLimits:
    """Token buckets. `clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, moment

    def take(self, who: str, per_minute: int) -> float:
        """Take one token; 0.0 when there was one, else the seconds until the next. An allowance of 0 is no limit."""
        if per_minute <= 0:
            return 0.0
        now = self._clock()
        rate = per_minute / 60
        most = max(10.0, rate * BURST_SECONDS)
        tokens, before = self._buckets.pop(who, (most, now))
        tokens = min(most, tokens + (now - before) * rate)
        wait = 0.0
        if tokens >= 1:
            tokens -= 1
        else:
            wait = (1 - tokens) / rate
        self._buckets[who] = (tokens, now)
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        return wait
