"""A table from short texts to numbers that the compiled loops read (batch_kernel.by_text) while it grows."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np

LONGEST = 15  # bytes
MOST = 500_000  # texts kept; past that, rows go the ordinary way
FIRST = 1024


class Texts:
    """Texts by number, in `arrays`: (their bytes as two words, the second 0 where a place is free; their numbers)."""

    def __init__(self) -> None:
        self.arrays = (np.zeros((FIRST, 2), np.int64), np.zeros(FIRST, np.int32))
        self._known: dict[str, int] = {}
        self._lock = Lock()

    def learn(self, texts: list[str], decode: Callable[[str], int]) -> bool:
        """Add texts; False where none of them fits."""
        short = [text for text in texts if len(text.encode()) <= LONGEST]
        with self._lock:
            if len(self._known) + len(short) > MOST:
                short = [text for text in short if text in self._known]
            new = {text: decode(text) for text in short if text not in self._known}
            self._known |= new
            if 2 * len(self._known) > len(self.arrays[1]):
                size = len(self.arrays[1])
                while size < 2 * len(self._known):
                    size *= 2
                keys, values = np.zeros((size, 2), np.int64), np.zeros(size, np.int32)
                _put(keys, values, self._known)
                self.arrays = (keys, values)
            else:
                _put(*self.arrays, new)
        return bool(short)


def _put(keys: np.ndarray, values: np.ndarray, texts: dict[str, int]) -> None:
    mask = len(values) - 1
    second = keys[:, 1].tolist()
    for text, number in texts.items():
        low, high = packed(text.encode())
        at = ((low * 0x1E3779B97F4A7C15) ^ (high * 0x3F58476D1CE4E5B9)) >> 20 & mask
        while second[at]:
            at = at + 1 & mask
        second[at] = high + 1
        values[at], keys[at, 0] = number, low
        keys[at, 1] = high + 1  # last: a loop that reads meanwhile takes the place for free until then


def packed(text: bytes) -> tuple[int, int]:
    """A text of up to 15 bytes as two words: its first eight bytes; its length and the others."""
    low, high = int.from_bytes(text[:8], "big"), int.from_bytes(bytes([len(text)]) + text[8:], "big")
    return low - (1 << 64) if low >= 1 << 63 else low, high
