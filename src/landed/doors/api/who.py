"""Who sends a request: the local user, or the holder of an API key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
import time
from collections import OrderedDict

from landed.doors.api.settings import Settings
from landed.errors import LandedError
from landed.store.actor import LOCAL, Actor

REMEMBERED = 10.0  # seconds a key is known without asking the store; a key revoked elsewhere dies this late
MOST = 1_000
MEND = "Send it as `Authorization: Bearer KEY`; `landed keys create` makes one."


class Doorkeeper:
    """Tells the actor of a request from its headers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._known: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()
        self._lock = threading.Lock()

    def at_once(self, headers: dict[bytes, bytes]) -> Actor | str:
        """The actor where no look into the store is needed, else the key to look up.

        Raises LandedError KEY_REQUIRED or KEY_REFUSED.
        """
        key = key_in(headers)
        if not key:
            # What came through a proxy is not from this machine, whatever the address says.
            if self.settings.asks_for_keys or (self.settings.keys_required is None and (b"forwarded" in headers or b"x-forwarded-for" in headers)):
                raise LandedError("KEY_REQUIRED", "expected an API key, got none", where="Authorization", mend=MEND)
            return LOCAL
        known = self._known.get(hashlib.sha256(key.encode()).digest())
        return known[1] if known and known[0] > time.monotonic() else key

    def look_up(self, key: str) -> Actor:
        """The holder of a key, asked of the store; raises LandedError KEY_REFUSED."""
        from landed.operations.keys import holder

        found = holder(key)
        with self._lock:
            self._known[hashlib.sha256(key.encode()).digest()] = (time.monotonic() + REMEMBERED, found)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Ask the store again (a key was revoked here)."""
        with self._lock:
            self._known.clear()


def key_in(headers: dict[bytes, bytes]) -> str:
    """The API key of a request: Bearer, X-API-Key, or the password of Basic (which browsers ask for); "" without one."""
    said = headers.get(b"authorization", b"").decode("latin-1").strip()
    kind, _, rest = said.partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise LandedError("KEY_REFUSED", "expected Basic credentials, got text that is not", where="Authorization", mend=MEND) from None
    if said:
        raise LandedError("KEY_REFUSED", f"expected Bearer or Basic, got {kind[:20]!r}", where="Authorization", mend=MEND)
    return headers.get(b"x-api-key", b"").decode("latin-1").strip()


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())
