"""Faults of the simulated carrier: what goes wrong with the next requests, and what becomes of bookings."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

# What may happen to one request. "before" and "after" say whether the carrier has taken the message.
REQUEST_FAULTS = ("rate_limit", "error_before", "error_after", "silence_before", "silence_after", "broken_schema", "not_json")
# What may become of a booking after its acceptance.
BOOKING_FAULTS = ("reject", "roll", "late")


@dataclass(slots=True)
class Faults:
    """Faults laid up for requests by method and part of the path, and for the bookings to come."""

    requests: list[tuple[str, str, str]] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
    chance: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))

    def lay_up(self, kind: str, *, count: int = 1, method: str = "", path: str = "") -> None:
        """Let the next `count` requests of a method and path (or bookings) go wrong; raises ValueError for an unknown kind."""
        if kind in BOOKING_FAULTS:
            self.bookings += [kind] * count
        elif kind in REQUEST_FAULTS:
            self.requests += [(kind, method.upper(), path)] * count
        else:
            raise ValueError(f"expected one of {', '.join((*REQUEST_FAULTS, *BOOKING_FAULTS))}, got {kind[:30]!r}")

    def of_request(self, method: str, path: str) -> str:
        """The fault that befalls a request, or ""."""
        for number, (kind, wanted, part) in enumerate(self.requests):
            if wanted in ("", method) and part in path:
                del self.requests[number]
                return kind
        if self.chance and self.random.random() < self.chance:
            return self.random.choice(REQUEST_FAULTS)
        return ""

    def of_booking(self) -> str:
        """The fault that befalls a booking, or ""."""
        if self.bookings:
            return self.bookings.pop(0)
        if self.chance and self.random.random() < self.chance:
            return self.random.choice(BOOKING_FAULTS)
        return ""
