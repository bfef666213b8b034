"""The schedule data at this site: build the packaged file, import or pull a newer export, see what is in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from landed.errors import LandedError
from landed.operations.engine import forget
from landed.operations.registry import operation
from landed.schedule.site import Status


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """Where the official exports stand and where the schedule file goes."""

    exports: Annotated[str, "folder with the exports that the manifest names"]
    out: Annotated[str | None, "file to write; default the packaged schedule"] = None
    manifest: Annotated[str | None, "manifest of editions; default the packaged one"] = None


@dataclass(frozen=True, slots=True)
class Built:
    """A schedule file as built: where it is, its size in bytes, its hash, and its editions as (name, day)."""

    path: str
    bytes: int
    sha256: str
    editions: tuple[tuple[str, date], ...]


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """An official export on this machine and the day from which it holds."""

    file: Annotated[str, "official export, CSV or JSON"]
    effective: Annotated[date | None, "day from which the edition holds; default today"] = None
    name: Annotated[str | None, "name of the edition, such as 2026 Revision 22"] = None
    accept_shrink: Annotated[bool, "take an export with far fewer lines than the one in force"] = False


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Where the official export service is; all of it has defaults."""

    url: Annotated[str | None, "address of the export; default that of the packaged manifest"] = None
    effective: Annotated[date | None, "day from which the edition holds; default today"] = None
    name: Annotated[str | None, "name of the edition"] = None
    accept_shrink: Annotated[bool, "take an export with far fewer lines than the one in force"] = False
    timeout: Annotated[int, "seconds to wait for an answer"] = 30


@dataclass(frozen=True, slots=True)
class Nothing:
    """A request without fields."""


@operation(name="data_build", summary="Build the schedule file from official exports", method="POST", path="/v1/data/build", scope="admin", read_only=False)
def build(request: BuildRequest) -> Built:
    """Build the schedule file (facts and figures, no descriptions) from the exports that the manifest names; the same exports give the same bytes.

    Raises LandedError BAD_EXPORT, SCHEDULE_TOO_LARGE, FILE_NOT_FOUND.
    """
    import hashlib

    from landed.schedule.build import build as run
    from landed.schedule.build import exports_of, manifest
    from landed.schedule.table import PACKAGED

    listed = manifest(Path(request.manifest) if request.manifest else None)
    exports = exports_of(listed, Path(request.exports))
    for path, _, name in exports:
        if not path.exists():
            raise LandedError("FILE_NOT_FOUND", f"expected the export of {name} as {path.name}, found none", where=request.exports, mend="Put the exports that the manifest names into one folder.")
    out = Path(request.out) if request.out else PACKAGED
    revisions = run(exports, out)
    forget()
    written = out.read_bytes()
    return Built(str(out), len(written), hashlib.sha256(written).hexdigest(), tuple((r.name, r.effective) for r in revisions))


@operation(name="data_import", summary="Put an official export in force at this site", method="POST", path="/v1/data/import", scope="admin", read_only=False)
def import_(request: ImportRequest) -> Status:
    """Add an official export to the schedule in force; nothing changes unless every check holds.

    Raises LandedError FILE_NOT_FOUND, BAD_EXPORT, DATA_FOLDER.
    """
    from landed.schedule.site import import_export

    if not Path(request.file).is_file():
        raise LandedError("FILE_NOT_FOUND", f"expected an export, found no file {Path(request.file).name!r}", where="file", mend="Download the whole schedule from the official service as CSV or JSON.")
    try:
        return import_export(request.file, effective=request.effective, name=request.name, accept_shrink=request.accept_shrink)
    finally:
        forget()


@operation(name="data_pull", summary="Download the current export from the official service and put it in force", method="POST", path="/v1/data/pull", scope="admin", read_only=False)
def pull(request: PullRequest) -> Status:
    """Download the whole schedule from the official export service and import it; nothing changes when anything fails.

    Raises LandedError PULL_FAILED, BAD_EXPORT, DATA_FOLDER.
    """
    return pull_with(request, None)


def pull_with(request: PullRequest, progress: Callable[[int, int | None], None] | None) -> Status:
    """`pull`, telling `progress` the bytes so far and the bytes expected (or None)."""
    from landed.schedule.pull import pull as run

    options: dict[str, Any] = {"timeout": float(request.timeout), "progress": progress}
    try:
        return run(request.url, effective=request.effective, name=request.name, accept_shrink=request.accept_shrink, **options)
    finally:
        forget()


@operation(name="data_status", summary="What schedule is in force at this site, and how old it is", method="GET", path="/v1/data", scope="schedule")
def status(request: Nothing) -> Status:
    """The schedule in force: packaged or imported, newest edition, age in days, hash, and whether there is a way back."""
    from landed.schedule.site import status as run

    return run()


@operation(name="data_roll_back", summary="Put the schedule before the last import in force again", method="POST", path="/v1/data/roll-back", scope="admin", read_only=False)
def roll_back(request: Nothing) -> Status:
    """Put the schedule before the last import in force again; raises LandedError NOTHING_TO_ROLL_BACK."""
    from landed.schedule.site import roll_back as run

    try:
        return run()
    finally:
        forget()
