"""Vectors on disk: eight-bit figures with one scale a row, a key for each text, and a manifest that tells damage and age."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from landed.classify.dense import failed
from landed.errors import LandedError

MANIFEST = "manifest.json"
BLOCK = 512  # rows brought to floats at a time: they stay in the cache of a core
LONGEST_VECTOR = 16_384


class Vectors:
    """The vectors of texts, memory-mapped; rows are found by the key of a text."""

    def __init__(self, table: Any) -> None:
        import numpy as np

        self._figures, self._scales = table["figures"], np.ascontiguousarray(table["scale"])
        self.dimension = int(self._figures.shape[1])
        self._row = {key: i for i, key in enumerate(np.asarray(table["key"]).tolist())}

    def rows_of(self, texts: Sequence[str]) -> Any:
        """The row of each text, -1 for one that has none."""
        import numpy as np

        return np.asarray([self._row.get(key, -1) for key in keys_of(texts).tolist()], np.int64)

    def of_rows(self, rows: Any) -> Any:
        """The vectors of rows as float32."""
        import numpy as np

        return self._figures[rows].astype(np.float32) * self._scales[rows][:, None]

    def likeness(self, vector: Any) -> Any:
        """The cosine of every row with a vector of length 1."""
        import numpy as np

        found = np.empty(len(self._scales), np.float32)
        for begins in range(0, len(found), BLOCK):
            part = slice(begins, begins + BLOCK)
            # einsum, not a product by BLAS: that wakes every core for two milliseconds of work, and waits for them on a busy machine.
            found[part] = np.einsum("ij,j->i", self._figures[part].astype(np.float32), vector)
        return found * self._scales


def keys_of(texts: Sequence[str]) -> Any:
    """A key of 64 bits for each text."""
    import numpy as np

    return np.asarray([int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "little") for text in texts], np.uint64)


def write(folder: Path, embedder: str, keys: Any, vectors: Any) -> None:
    """Keeps vectors (rows of length 1), swapped in whole. Raises LandedError DATA_FOLDER."""
    import numpy as np

    scale = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127
    table = np.empty(len(keys), [("key", "<u8"), ("scale", "<f4"), ("figures", "i1", (vectors.shape[1],))])
    table["key"], table["scale"] = keys, scale
    table["figures"] = np.rint(vectors / scale[:, None])
    content = table.tobytes()
    name = f"vectors-{hashlib.sha256(content).hexdigest()[:16]}.bin"
    manifest = {"embedder": embedder, "dimension": int(vectors.shape[1]), "rows": len(keys), "file": name, "sha256": hashlib.sha256(content).hexdigest()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _put(folder / name, content)
        _put(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
        for old in folder.glob("vectors-*.bin"):
            if old.name != name:
                with suppress(OSError):  # another process may still read it
                    old.unlink()
    except OSError as error:
        raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(folder), mend="Set LANDED_DATA.") from None


def _put(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """What the manifest of a folder says; None where there is none that can be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read(folder: Path, embedder: str) -> Vectors:
    """The vectors kept for an embedder, memory-mapped. Raises LandedError DENSE_FAILED where there are none, they are another's, or damaged."""
    import numpy as np

    found = manifest_of(folder)
    if found is None:
        raise failed("there is no index" if not (folder / MANIFEST).exists() else "its manifest is damaged")
    if found.get("embedder") != embedder:
        raise failed(f"the index was made by {str(found.get('embedder'))[:80]}, not by {embedder}")
    dimension, rows, name = found.get("dimension"), found.get("rows"), found.get("file")
    if not (isinstance(dimension, int) and 0 < dimension <= LONGEST_VECTOR and isinstance(rows, int) and rows > 0 and isinstance(name, str) and Path(name).name == name):
        raise failed("its manifest is damaged")
    path = folder / name
    try:
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == found.get("sha256")
        table: Any = np.memmap(path, [("key", "<u8"), ("scale", "<f4"), ("figures", "i1", (dimension,))], "r", shape=(rows,)) if same else None
    except (OSError, ValueError):
        raise failed("its vectors cannot be read") from None
    if table is None or not np.isfinite(table["scale"]).all():
        raise failed("its vectors are damaged")
    return Vectors(table)
