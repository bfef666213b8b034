"""How the server is to run: where it listens, who may ask, how much at once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from landed.errors import LandedError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one server.

    `keys_required` None asks for a key exactly where the server listens beyond loopback. `in_flight` bounds the estimates waiting in one
    worker; `rate_per_minute` is the allowance of a key (or of an address without one) where the key states none, 0 being no limit.
    `hosts` are further names under which the server is reached (a reverse proxy); `private_webhooks` lets webhooks reach private
    addresses and is for tests alone. Sizes are bytes.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    keys_required: bool | None = None
    hosts: tuple[str, ...] = ()
    in_flight: int = 24
    rate_per_minute: int = 0
    largest_body: int = 1_000_000
    largest_upload: int = 100_000_000
    run_jobs: bool = True
    private_webhooks: bool = field(default=False, repr=False)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    @property
    def asks_for_keys(self) -> bool:
        """Whether a request must bring an API key."""
        return not self.loopback if self.keys_required is None else self.keys_required

    @classmethod
    def from_environment(cls, **given: object) -> Settings:
        """Settings from LANDED_HOST, LANDED_PORT, LANDED_WORKERS, LANDED_KEYS_REQUIRED, LANDED_HOSTS, LANDED_RATE_PER_MINUTE; `given` wins.

        Raises LandedError INVALID_SETTING.
        """
        env = os.environ
        found: dict[str, object] = {}
        if "LANDED_HOST" in env:
            found["host"] = env["LANDED_HOST"]
        for name in ("port", "workers", "rate_per_minute", "in_flight"):
            if text := env.get(f"LANDED_{name.upper()}"):
                if not text.isdecimal():
                    raise LandedError("INVALID_SETTING", f"expected a whole number, got {text[:20]!r}", where=f"LANDED_{name.upper()}", mend="Correct the variable.")
                found[name] = int(text)
        if text := env.get("LANDED_KEYS_REQUIRED"):
            found["keys_required"] = text.lower() in ("1", "true", "yes")
        if text := env.get("LANDED_HOSTS"):
            found["hosts"] = tuple(name.strip().lower() for name in text.split(",") if name.strip())
        return cls(**{**found, **given})  # type: ignore[arg-type]
