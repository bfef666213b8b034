"""The lists in force at this site: imported whole or not at all, with a way back; downloads from the publishers' addresses."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from landed.compliance.list_read import kind_of, read_list, refused, table
from landed.compliance.model import Entry, ListFile, Lists
from landed.errors import LandedError
from landed.schedule.site import data_folder


def import_list(paths: list[Path], kind: str = "", *, dated: date | None = None, accept_shrink: bool = False, folder: Path | None = None) -> ListFile:
    """Put a list in force from its files (several for the OFAC sets; a folder counts as its files).

    Nothing changes unless every check holds. Raises LandedError FILE_NOT_FOUND, BAD_LIST (see `read_list`; also reason shrunk, grown, too_few, unknown,
    future), DATA_FOLDER. `accept_shrink` waives shrunk, grown and too_few.
    """
    files: dict[str, bytes] = {}
    for path in paths:
        inside = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
        for each in inside:
            if not each.is_file():
                raise LandedError("FILE_NOT_FOUND", f"expected a list, found no file {each.name!r}", where="files", mend="Check the path.")
            if each.stat().st_size > int(table()["largest_bytes"]):
                raise refused("too_large", f"expected at most {int(table()['largest_bytes']):,} bytes, got {each.stat().st_size:,}", each.name)
            files[each.name] = each.read_bytes()
    if not files:
        raise LandedError("FILE_NOT_FOUND", "expected files of a list, found none", where="files", mend="Check the path.")
    return put_in_force(kind or kind_of(list(files), next(iter(files.values()))), files, dated=dated, accept_shrink=accept_shrink, folder=folder)


def put_in_force(kind: str, files: Mapping[str, bytes], *, dated: date | None = None, accept_shrink: bool = False, folder: Path | None = None) -> ListFile:
    """Read, check and put in force the files of a list as bytes; see `import_list`."""
    entries, stated = read_list(kind, files)
    home = (folder or data_folder()) / "lists"
    where = " ".join(files)
    known, size = table()["files"][kind], sum(map(len, files.values()))
    before = _pointers(home).get(kind)
    if not accept_shrink:
        if before and len(entries) < before["entries"] * float(table()["shrink_refused_below"]):
            raise refused("shrunk", f"expected about {before['entries']:,} entries, got {len(entries):,}", where)
        if before and size > before["bytes"] * int(table()["growth_refused_above"]):
            raise refused("grown", f"expected about {before['bytes']:,} bytes, got {size:,}", where)
        if not before and len(entries) < int(known["least"]):
            raise refused("too_few", f"expected at least {int(known['least']):,} entries, got {len(entries):,}", where)
    day = dated or (date.fromisoformat(stated) if stated else date.today())
    if day > date.today():
        raise refused("future", f"expected a list of today or before, got one dated {day}", where)
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(files[name])
    pointer = {
        "dated": day.isoformat(),
        "dated_by": "stated" if dated else "file" if stated else "import",
        "sha256": digest.hexdigest(),
        "entries": len(entries),
        "bytes": size,
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "previous": {k: v for k, v in before.items() if k != "previous"} if before else None,
    }
    _write(home, kind, entries, pointer)
    return _file(kind, _pointers(home)[kind])


def roll_back(kind: str, folder: Path | None = None) -> ListFile:
    """Put the list before the last import in force again; raises LandedError NOTHING_TO_ROLL_BACK."""
    home = (folder or data_folder()) / "lists"
    before = (_pointers(home).get(kind) or {}).get("previous")
    if not before:
        raise LandedError("NOTHING_TO_ROLL_BACK", f"no list {kind[:40]!r} stood before the one in force", where="file", mend="Import a list first.")
    _write_whole(home / f"{kind}.json", json.dumps(before).encode())
    return _file(kind, before)


def lists_in_force(folder: Path | None = None, today: date | None = None) -> Lists:
    """Every list in force, and which of the expected ones are missing or stale."""
    home = (folder or data_folder()) / "lists"
    files = tuple(_file(kind, pointer, today) for kind, pointer in sorted(_pointers(home).items()))
    covered: dict[str, list[bool]] = {}
    for each in files:
        for part in table()["files"][each.file]["covers"]:
            covered.setdefault(part, []).append(each.stale)
    missing = tuple(part for part in table()["expected"] if part not in covered)
    stale = tuple(each.file for each in files if each.stale)
    return Lists(files, missing, stale)


def entries_of(file: str, sha256: str, folder: Path | None = None) -> tuple[Entry, ...]:
    """The entries of a list in force; raises LandedError BAD_LIST where the stored copy is damaged."""
    home = (folder or data_folder()) / "lists"
    pointer = _pointers(home).get(file) or {}
    try:
        packed = (home / str(pointer["stored"])).read_bytes()
        if pointer["sha256"] != sha256 or hashlib.sha256(packed).hexdigest() != pointer["stored_sha256"]:
            raise ValueError("hash")
        rows = json.loads(gzip.decompress(packed))
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise refused("damaged", f"expected the stored list {file}, got a copy that is missing or altered ({type(error).__name__})", file) from None
    names = [f.name for f in fields(Entry)]
    made: list[dict[str, Any]] = [{name: tuple(value) if isinstance(value, list) else value for name, value in zip(names, row, strict=True)} for row in rows]
    return tuple(Entry(**each) for each in made)


def pull(kind: str, *, accept_shrink: bool = False, folder: Path | None = None, timeout: float = 60.0, addresses: Mapping[str, str] | None = None) -> ListFile:
    """Download a list from its publisher and put it in force; nothing changes when anything fails.

    Raises LandedError PULL_FAILED (reason address, refused, unavailable, timeout, connection, too_large), BAD_LIST, DATA_FOLDER.
    """
    known = table()["files"].get(kind) or {}
    wanted = addresses or known.get("addresses") or ({Path(known["address"]).name: known["address"]} if known.get("address") else {})
    if not wanted:
        raise LandedError("INVALID_REQUEST", f"no address is known for {kind[:40]!r}", where="file", mend=f"One of {', '.join(k for k, v in table()['files'].items() if v.get('address') or v.get('addresses'))}.")
    files = {name: _download(address, timeout) for name, address in wanted.items()}
    return put_in_force(kind, files, accept_shrink=accept_shrink, folder=folder)


def _download(address: str, timeout: float) -> bytes:
    import httpx

    def failed(reason: str, detail: str) -> LandedError:
        return LandedError("PULL_FAILED", detail, where=address, mend="Try again later, or download the list by hand and import the file.", reason=reason)

    most = int(table()["largest_bytes"])
    try:
        with httpx.Client(timeout=timeout, follow_redirects=False) as client, client.stream("GET", address) as answer:
            if answer.status_code != 200:
                raise failed("unavailable" if answer.status_code >= 500 or answer.status_code == 429 else "refused", f"expected status 200, got {answer.status_code}")
            found = bytearray()
            for piece in answer.iter_bytes():
                found += piece
                if len(found) > most:
                    raise failed("too_large", f"expected at most {most:,} bytes, got more")
            return bytes(found)
    except httpx.TimeoutException:
        raise failed("timeout", f"expected an answer within {timeout:.0f} s, got none") from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise failed("address", f"expected an http or https address, got {address[:80]!r}") from None
    except httpx.HTTPError as error:
        raise failed("connection", f"expected a whole answer, got {type(error).__name__}") from None


def _file(kind: str, pointer: Mapping[str, Any], today: date | None = None) -> ListFile:
    dated = date.fromisoformat(pointer["dated"])
    age = ((today or date.today()) - dated).days
    # A clock that stands before the day of the list proves nothing about its age: stale.
    stale = age > int(table()["stale_after_days"]) or age < 0
    if pointer["dated_by"] == "import" and kind == "own":
        stale = False
    return ListFile(kind, str(table()["files"][kind]["title"]), dated, pointer["dated_by"], pointer["sha256"], int(pointer["entries"]), pointer["imported_at"], age, stale, bool(pointer.get("previous")))


def _write(home: Path, kind: str, entries: tuple[Entry, ...], pointer: dict[str, Any]) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress(json.dumps([list(asdict(e).values()) for e in entries], ensure_ascii=False).encode(), compresslevel=3, mtime=0)
        stored = f"{kind}-{uuid4().hex[:12]}.json.gz"
        _write_whole(home / stored, packed)
        _write_whole(home / f"{kind}.json", json.dumps({**pointer, "stored": stored, "stored_sha256": hashlib.sha256(packed).hexdigest()}).encode())
        keep = {stored, str((pointer.get("previous") or {}).get("stored", ""))}
        for old in home.glob(f"{kind}-*.json.gz"):
            if old.name not in keep:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise LandedError("DATA_FOLDER", f"expected a writable data folder, got {error.strerror}", where=str(home), mend="Set LANDED_DATA.") from None


def _write_whole(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _pointers(home: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for kind in table()["files"]:
        try:
            found[kind] = json.loads((home / f"{kind}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
    return found


