"""The schedule at a user's site: imports official exports beside the packaged data, swapped in whole or not at all, with a way back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from landed.errors import LandedError
from landed.lawbook.rate_text import UNREAD, parse_rate
from landed.schedule.build import Facts, Revision, Snapshot, history, snapshot, snapshots_of, write_table
from landed.schedule.lookup import Schedule
from landed.schedule.read import Export, read_export
from landed.schedule.table import PACKAGED

# Guards against cut, partial and false exports. They bound plausibility, not law.
LEAST_CHAPTERS = 90  # of 97; chapter 77 is empty
LEAST_RATE_LINES = 8_000  # the tariff has about 11,400
LEAST_KEPT = 0.9  # of the lines of the edition in force
LEAST_READ = 0.99  # of the rate texts
LEAST_SAME = 0.8  # of the general rates of lines in both editions

_NO_TEXT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Status:
    """What schedule is in force at this site.

    `source` is "packaged" or "imported"; `revision` and `effective` name the newest edition in it; `sha256`
    is that of the schedule file; `age_days` counts from `effective` to today; `problem` says why an
    imported schedule is not used (damaged, unreadable), or is "".
    """

    source: str
    revision: str
    effective: date
    sha256: str
    lines: int
    age_days: int
    path: Path
    imported_at: str = ""
    has_text: bool = False
    can_roll_back: bool = False
    problem: str = ""


def data_folder() -> Path:
    """The user's data folder: LANDED_DATA when set, else the platform's own place for application data."""
    if stated := os.environ.get("LANDED_DATA"):
        return Path(stated)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "landed"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "landed"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "landed"


def import_export(
    path: Path | str,
    *,
    effective: date | None = None,
    name: str | None = None,
    accept_shrink: bool = False,
    folder: Path | None = None,
) -> Status:
    """Add an official export to the schedule in force as the edition of a day (default today) and put it in force.

    The whole history stays; an edition of the same day is replaced. Nothing changes unless every check holds.
    Raises LandedError BAD_EXPORT (see `read_export`; also reason partial, shrunk, unreadable_rates,
    implausible_rates); `accept_shrink` waives the shrunk check only.
    """
    export = read_export(path)
    folder = folder or data_folder()
    effective = effective or date.today()
    fresh = snapshot(export)
    base = in_force_path(folder)[0]
    import pyarrow.parquet as pq

    with pq.ParquetFile(base) as file:
        editions = snapshots_of(file.read(use_threads=False))
    if any(r.sha256 == export.sha256 and r.effective == effective for r, _ in editions) and base != PACKAGED:
        return status(folder)
    before = max((e for e in editions if e[0].effective <= effective), key=lambda e: e[0].effective, default=editions[0])
    _check(fresh, before[1], accept_shrink, Path(path).name)
    kept = [e for e in editions if e[0].effective != effective]
    revision = Revision(name or f"export of {effective.isoformat()}", effective, export.sha256)
    newest = not kept or effective >= max(e[0].effective for e in kept)
    _put_in_force(history([*kept, (revision, fresh)]), _texts(export) if newest else None, revision, folder)
    return status(folder)


def in_force_path(folder: Path | None = None) -> tuple[Path, str]:
    """The schedule file in force and, when an imported one had to be passed over, why ("" otherwise)."""
    folder = folder or data_folder()
    pointer = _pointer(folder)
    if not pointer:
        return PACKAGED, "" if not (folder / "schedule" / "current.json").exists() else "the record of the imported schedule cannot be read"
    path = folder / "schedule" / str(pointer["generation"]) / "schedule.parquet"
    try:
        if hashlib.sha256(path.read_bytes()).hexdigest() == pointer["sha256"]:
            return path, ""
        return PACKAGED, "the imported schedule was altered after its import"
    except OSError:
        return PACKAGED, "the imported schedule is missing"


def open_schedule(folder: Path | None = None) -> Schedule:
    """The schedule in force at this site: the imported one when there is a sound one, else the packaged one."""
    return Schedule.load(in_force_path(folder)[0])


def status(folder: Path | None = None, *, today: date | None = None) -> Status:
    """What schedule is in force, how old its newest edition is, and whether there is a way back."""
    folder = folder or data_folder()
    path, problem = in_force_path(folder)
    pointer = _pointer(folder) if path != PACKAGED else {}
    schedule = Schedule.load(path)
    revision, effective = schedule.revisions[-1]
    return Status(
        source="imported" if pointer else "packaged",
        revision=revision,
        effective=effective,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        lines=len(schedule.lines(effective).codes),
        age_days=((today or date.today()) - effective).days,
        path=path,
        imported_at=str(pointer.get("imported_at", "")),
        has_text=bool(pointer) and (path.parent / "text.json").exists(),
        can_roll_back=bool(pointer),
        problem=problem,
    )


def roll_back(folder: Path | None = None) -> Status:
    """Put the schedule before the last import in force again (the packaged one when there was none).

    Raises LandedError NOTHING_TO_ROLL_BACK.
    """
    folder = folder or data_folder()
    pointer = _pointer(folder)
    current = folder / "schedule" / "current.json"
    if not pointer:
        raise LandedError("NOTHING_TO_ROLL_BACK", "expected an imported schedule, got only the packaged one", mend="Import an export first.")
    previous = pointer.get("previous")
    if previous:
        _write_json(current, {**previous, "previous": None})
    else:
        current.unlink()
    return status(folder)


def national_text(folder: Path | None = None) -> Mapping[str, str]:
    """The national article text by digits, as "heading > ... > line", of the last imported export; empty without one."""
    path, _ = in_force_path(folder)
    try:
        text = path.parent / "text.json"
        return _NO_TEXT if path == PACKAGED else _read_text(text, text.stat().st_mtime_ns)
    except (OSError, ValueError):
        return _NO_TEXT


@lru_cache(maxsize=2)
def _read_text(path: Path, changed: int) -> Mapping[str, str]:
    """The text file, read once while it stays as it is, so that a search index over it is made once too."""
    loaded = json.loads(path.read_text(encoding="utf-8"))
    return {str(k): str(v) for k, v in loaded.items()} if isinstance(loaded, dict) else _NO_TEXT


def _check(fresh: Snapshot, before: Snapshot, accept_shrink: bool, where: str) -> None:
    def refuse(reason: str, detail: str, mend: str) -> LandedError:
        return LandedError("BAD_EXPORT", detail, where=where, mend=mend, reason=reason)

    rated = _rated(fresh)
    chapters = {code[:2] for code in rated}
    whole = "Export the whole schedule (0101 to 9999)."
    if len(chapters) < LEAST_CHAPTERS or len(rated) < LEAST_RATE_LINES:
        raise refuse("partial", f"expected a whole schedule, got {len(rated):,} rated lines of {len(chapters)} chapters", whole)
    standing = _rated(before)
    if not accept_shrink and len(rated) < LEAST_KEPT * len(standing):
        raise refuse("shrunk", f"expected at least {LEAST_KEPT:.0%} of {len(standing):,} rated lines, got {len(rated):,}", whole)
    unread = [facts.general for facts in rated.values() if parse_rate(facts.general).reason == UNREAD]
    unread += [facts.column_2 for facts in rated.values() if parse_rate(facts.column_2).reason == UNREAD]
    if len(unread) > (1 - LEAST_READ) * 2 * len(rated):
        raise refuse("unreadable_rates", f"expected readable rates, got {len(unread):,} unreadable, such as {unread[0][:60]!r}", whole)
    shared = [code for code in rated if code in standing]
    same = sum(rated[code].general == standing[code].general for code in shared)
    if not shared or same < LEAST_SAME * len(shared):
        raise refuse("implausible_rates", f"expected most general rates unchanged, got {same:,} of {len(shared):,}", "Check where the file comes from.")


def _rated(lines: Snapshot) -> dict[str, Facts]:
    return {code: facts for code, facts in lines.items() if facts.general and code < "98"}


def _texts(export: Export) -> dict[str, str]:
    """The article text of every numbered line, with that of the lines above it."""
    stack: list[tuple[int, str]] = []
    found: dict[str, str] = {}
    for row in export.rows:
        while stack and stack[-1][0] >= row.indent:
            stack.pop()
        stack.append((row.indent, row.description.strip().rstrip(":")))
        if row.number:
            found[row.number] = " > ".join(text for _, text in stack)
    return found


def _put_in_force(table: Any, texts: dict[str, str] | None, revision: Revision, folder: Path) -> None:
    """Write a generation aside, read it back, and only then point to it."""
    home = folder / "schedule"
    generation = f"{revision.effective.isoformat()}-{uuid4().hex[:8]}"
    aside = home / f".{generation}"
    try:
        aside.mkdir(parents=True)
        write_table(table, aside / "schedule.parquet")
        if texts is None and (old := in_force_path(folder)[0]) != PACKAGED and (old.parent / "text.json").exists():
            shutil.copyfile(old.parent / "text.json", aside / "text.json")
        elif texts is not None:
            (aside / "text.json").write_text(json.dumps(texts, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        digest = hashlib.sha256((aside / "schedule.parquet").read_bytes()).hexdigest()
        if (revision.name, revision.effective) not in Schedule.load(aside / "schedule.parquet").revisions:
            raise LandedError("BAD_SCHEDULE", "expected the imported edition in the written schedule, got none", mend="Import again.")
        aside.rename(home / generation)
    except OSError as error:
        raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(home), mend="Set LANDED_DATA.") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    before = _pointer(folder)
    pointer = {
        "generation": generation,
        "sha256": digest,
        "revision": revision.name,
        "export_sha256": revision.sha256,
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "previous": {k: v for k, v in before.items() if k != "previous"} or None,
    }
    _write_json(home / "current.json", pointer)
    keep = {generation, str(before.get("generation", ""))}
    for old_generation in home.iterdir():
        if old_generation.is_dir() and not old_generation.name.startswith(".") and old_generation.name not in keep:
            shutil.rmtree(old_generation, ignore_errors=True)


def _pointer(folder: Path) -> dict[str, Any]:
    try:
        loaded = json.loads((folder / "schedule" / "current.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) and {"generation", "sha256"} <= loaded.keys() else {}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    with aside.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
