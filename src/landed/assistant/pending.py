"""Changes that wait for the user's click: kept in the data folder under a token for a quarter of an hour, and run at most once."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from landed.errors import LandedError

LIFE = 900  # seconds
MOST = 500  # waiting at once


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that waits: what it does, for whom, and until when (seconds since 1970)."""

    operation: str
    request: Mapping[str, Any]
    says: str
    workspace: str
    until: float


def keep(folder: Path, operation: str, request: Mapping[str, Any], says: str, workspace: str) -> tuple[str, str]:
    """Keep a change; its token, and the instant at which it falls (ISO 8601). Raises LandedError DATA_FOLDER."""
    here = folder / "pending"
    token = secrets.token_urlsafe(24)
    until = time.time() + LIFE
    try:
        here.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(here)
        text = json.dumps({"operation": operation, "request": request, "says": says, "workspace": workspace, "until": until}, default=str)
        handle = os.open(here / f"{token}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as broken:
        raise LandedError("DATA_FOLDER", f"the data folder cannot be written: {broken.strerror}", where=str(folder), mend="Set LANDED_DATA to a folder you may write.") from None
    return token, datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds")


def take(folder: Path, token: str, workspace: str) -> Waiting:
    """The change of a token, which is then spent; raises LandedError NOT_FOUND where it is unknown, spent, too old or another workspace's."""
    gone = LandedError("NOT_FOUND", "no change waits under this token: it was run already, or it is older than a quarter of an hour", where="token", mend="Ask again and confirm the new one.")
    if not 20 <= len(token) <= 60 or not all(c.isascii() and (c.isalnum() or c in "-_") for c in token):
        raise gone
    path = folder / "pending" / f"{token}.json"
    spent = path.with_suffix(".spent")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["workspace"] != workspace:
            raise gone
        path.rename(spent)  # whoever renames it runs it: twice is not possible
        spent.unlink()
    except (OSError, ValueError, KeyError):
        raise gone from None
    if found["until"] < time.time():
        raise gone
    return Waiting(found["operation"], found["request"], found["says"], found["workspace"], found["until"])


def _sweep(here: Path) -> None:
    """Old changes fall; so do the oldest where too many wait."""
    rows = sorted(here.glob("*.json"), key=lambda p: p.stat().st_mtime)
    limit = time.time() - LIFE
    for number, path in enumerate(rows):
        if path.stat().st_mtime < limit or number < len(rows) - MOST:
            path.unlink(missing_ok=True)
