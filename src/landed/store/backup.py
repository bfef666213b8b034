"""The whole store in one file: a zip of JSON lines, one part a table, with a manifest of hashes. It goes from SQLite to PostgreSQL and back."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from landed.errors import LandedError
from landed.schedule.site import data_folder
from landed.store.audit import site_key, verify
from landed.store.database import Store, now, store, utc
from landed.store.tables import IN_ORDER, uploads
from landed.store.upgrade import revision

FORM = 1
ADDED = {"0001": {"catalogues", "catalogue_rows", "confirmed_codes"}}  # tables that later schemas only added, so that a backup of an earlier one still fits
_BATCH = 1_000
UPLOAD_ID = re.compile(r"[a-z]{1,10}_[0-9a-f]{20,40}")  # never a path


def backup(file: str | Path, at: Store | None = None, *, with_key: bool = True) -> dict[str, Any]:
    """Write every row as of one moment and the files of uploads; the file appears whole or not at all.

    Results of batches are left out: a batch can be run again. An upload whose file is gone is counted in `uploads_missing`.

    `with_key` puts the site's key in, without which the audit log's seal and webhook secrets cannot be carried on: keep the file as safe as the site.
    Raises LandedError FILE_EXISTS, DISK_FULL.
    """
    from sqlalchemy import select, text

    path = Path(file)
    if path.exists():
        raise LandedError("FILE_EXISTS", f"{path.name} is there already", where="file", mend="Name a new file.")
    opened = at or store()
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    manifest: dict[str, Any] = {"form": FORM, "revision": revision(opened), "made_at": now().isoformat(timespec="seconds"), "tables": {}}
    try:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with opened.engine.connect().execution_options(reading=True) as connection, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as packed:
            if not opened.sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            for table in IN_ORDER:
                digest, count = hashlib.sha256(), 0
                with packed.open(f"{table.name}.jsonl", "w", force_zip64=True) as part:
                    for row in connection.execution_options(yield_per=_BATCH).execute(select(table).order_by(*table.primary_key)).mappings():
                        line = json.dumps({name: _out(value) for name, value in row.items()}, separators=(",", ":")).encode() + b"\n"
                        digest.update(line)
                        part.write(line)
                        count += 1
                manifest["tables"][table.name] = {"rows": count, "sha256": digest.hexdigest()}
            sent = [row.id for row in connection.execute(select(uploads.c.id).order_by(uploads.c.id))]
            manifest["uploads"] = _pack_uploads(packed, sent)
            if with_key:
                manifest["site_key"] = base64.b64encode(site_key()).decode()
            packed.writestr("manifest.json", json.dumps(manifest, indent=1, sort_keys=True))
        with aside.open("rb") as done:
            os.fsync(done.fileno())
        aside.rename(path)
    except OSError as error:
        raise LandedError("DISK_FULL", f"the backup cannot be written: {error.strerror}", where=path.name, mend="Make room, then run it again.") from None
    finally:
        aside.unlink(missing_ok=True)
    return {
        "file": path.name,
        "revision": manifest["revision"],
        "rows": sum(part["rows"] for part in manifest["tables"].values()),
        "uploads": len(manifest["uploads"]),
        "uploads_missing": len(sent) - len(manifest["uploads"]),
        "left_out": ["results of batches"],
    }


def _pack_uploads(packed: zipfile.ZipFile, identifiers: list[str]) -> dict[str, str]:
    """Put the files of uploads in; their SHA-256 by id."""
    found = {}
    for identifier in identifiers:
        source = data_folder() / "uploads" / identifier
        if not source.is_file():
            continue
        digest = hashlib.sha256()
        with source.open("rb") as reading, packed.open(f"uploads/{identifier}", "w", force_zip64=True) as part:
            while piece := reading.read(1 << 20):
                digest.update(piece)
                part.write(piece)
        found[identifier] = digest.hexdigest()
    return found


def _unpack_uploads(packed: zipfile.ZipFile, said: dict[str, str]) -> int:
    """Write the files of uploads that are not there yet, each whole or not at all; how many."""
    folder = data_folder() / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for identifier in said:
        if (folder / identifier).exists():
            continue
        aside = folder / f".{identifier}.{uuid4().hex[:8]}"
        try:
            with packed.open(f"uploads/{identifier}") as part, aside.open("xb") as out:
                shutil.copyfileobj(part, out, 1 << 20)
            aside.rename(folder / identifier)
        finally:
            aside.unlink(missing_ok=True)
        written += 1
    return written


def restore(file: str | Path, at: Store | None = None) -> dict[str, Any]:
    """Read a backup into an empty store in one transaction, after every hash held.

    Raises LandedError BAD_BACKUP (not one, damaged, of another schema), STORE_NOT_EMPTY.
    """
    from sqlalchemy import func, select

    path = Path(file)

    def refuse(why: str) -> LandedError:
        return LandedError("BAD_BACKUP", why, where=path.name, mend="Use a file that `landed db backup` wrote with this version.")

    opened = at or store()
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = json.loads(packed.read("manifest.json"))
            added = ADDED.get(str(manifest.get("revision")), set())
            if manifest.get("form") != FORM or set(manifest.get("tables", {})) != {table.name for table in IN_ORDER} - added:
                raise refuse("expected a backup of this form")
            if manifest["revision"] != revision(opened) and not added:
                raise refuse(f"expected a backup of schema {revision(opened)}, got {manifest['revision']}")
            for name, said in manifest["tables"].items():
                with packed.open(f"{name}.jsonl") as part:
                    if hashlib.file_digest(part, "sha256").hexdigest() != said["sha256"]:  # type: ignore[arg-type]
                        raise refuse(f"the part {name} is damaged")
            sent = manifest.get("uploads") or {}
            for identifier, digest in sent.items():
                if not UPLOAD_ID.fullmatch(identifier):
                    raise refuse("an upload has no id of a store")
                with packed.open(f"uploads/{identifier}") as part:
                    if hashlib.file_digest(part, "sha256").hexdigest() != digest:  # type: ignore[arg-type]
                        raise refuse(f"the file of {identifier} is damaged")
            with opened.begin() as connection:
                for table in IN_ORDER:
                    standing = connection.execute(select(func.count()).select_from(table)).scalar_one()
                    if standing > (1 if table.name == "workspaces" else 0):
                        raise LandedError("STORE_NOT_EMPTY", f"{table.name} holds {standing:,} rows", where=table.name, mend="Restore into a new database.")
                connection.execute(IN_ORDER[0].delete())
                for table in (each for each in IN_ORDER if each.name not in added):
                    with packed.open(f"{table.name}.jsonl") as part:
                        batch = []
                        for line in part:
                            batch.append({name: _in(table.c[name], value) for name, value in json.loads(line).items()})
                            if len(batch) == _BATCH:
                                connection.execute(table.insert(), batch)
                                batch = []
                        if batch:
                            connection.execute(table.insert(), batch)
                files = _unpack_uploads(packed, sent)  # before the commit: a disk too small for them leaves no row
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise refuse("expected a backup, got no file") from None
        raise LandedError("DISK_FULL", f"the uploads cannot be written: {error.strerror}", where=path.name, mend="Make room, then run it again.") from None
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise refuse(f"expected a backup, got something else ({type(error).__name__})") from None
    _carry_key(manifest.get("site_key"))
    verdict = verify(opened)
    return {"rows": sum(said["rows"] for said in manifest["tables"].values()), "uploads": files, "audit_log_sound": verdict.sound}


def _carry_key(text: str | None) -> None:
    """Take the backup's site key where this site has none of its own yet."""
    path = data_folder() / "site.key"
    if text and not os.environ.get("LANDED_SITE_KEY") and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(base64.b64decode(text).hex())


def _out(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = utc(value)
        return {"when": moment.isoformat(timespec="microseconds")} if moment else None
    if isinstance(value, Decimal):
        return {"amount": str(value)}
    return {"json": value} if isinstance(value, (dict, list)) else value


def _in(column: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    (kind, inner), *_ = value.items()
    return datetime.fromisoformat(inner) if kind == "when" else Decimal(inner) if kind == "amount" else inner
