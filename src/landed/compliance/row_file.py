"""Files of rows that only grow: a JSON object a line, written through to disk."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from landed.errors import LandedError


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file, oldest first; none where there is no file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:  # a line cut by a crash: the rest stands
            continue
    return found


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Add a row and wait until it is on disk. Raises LandedError DATA_FOLDER."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(path.parent), mend="Set LANDED_DATA.") from None
