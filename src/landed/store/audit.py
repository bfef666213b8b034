"""The audit log: every change at the site, each record chained to the one before it, the end of the chain sealed with the site's key."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError
from landed.store.actor import actor
from landed.store.database import Store, now, store
from landed.store.tables import audit_head, audit_log

if TYPE_CHECKING:
    from sqlalchemy import Connection

START = "0" * 64
_PG_LOCK = 7_310_002
_BATCH = 5_000
MOST_NAMED = 20
FIELDS = ("seq", "at", "workspace_id", "actor", "action", "subject", "detail", "previous")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look through the whole log found. `sound` is whether every record and the seal hold; `broken` says where and how not."""

    sound: bool
    records: int
    broken: tuple[str, ...]


def site_key() -> bytes:
    """The secret of this site (32 bytes): LANDED_SITE_KEY in hex, or a file of the data folder that only its owner reads, made on first use."""
    from landed.schedule.site import data_folder

    if text := os.environ.get("LANDED_SITE_KEY"):
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) < 32:
            raise LandedError("INVALID_SETTING", "expected at least 64 hexadecimal digits", where="LANDED_SITE_KEY", mend="Make one with `openssl rand -hex 32`.")
        return key
    path = data_folder() / "site.key"
    try:
        return bytes.fromhex(path.read_text())
    except FileNotFoundError:
        pass
    except ValueError:
        raise LandedError("STORE_DAMAGED", "the site key cannot be read", where="site.key", mend="Put back the file from a backup.") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".site.key.{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        Path(path).hardlink_to(aside)  # the first of two processes wins, whole
    except FileExistsError:
        pass
    finally:
        aside.unlink(missing_ok=True)
    return bytes.fromhex(path.read_text())


def record(connection: Connection, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """Append one record in the transaction of the change it tells of."""
    from sqlalchemy import select, text

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_PG_LOCK})"))
    head = connection.execute(select(audit_head)).mappings().first()
    who = actor()
    row: dict[str, Any] = {
        "seq": (head["seq"] if head else 0) + 1,
        "at": now().isoformat(timespec="microseconds"),
        "workspace_id": who.workspace,
        "actor": who.name if not who.key else f"{who.name} ({who.key})",
        "action": action,
        "subject": subject,
        "detail": canonical(detail or {}),
        "previous": head["hash"] if head else START,
    }
    row["hash"] = _hash(row)
    connection.execute(audit_log.insert().values(**row))
    sealed = {"seq": row["seq"], "hash": row["hash"], "seal": _seal(row["seq"], row["hash"])}
    if head:
        connection.execute(audit_head.update().values(**sealed))
    else:
        connection.execute(audit_head.insert().values(id=1, **sealed))


def verify(at: Store | None = None) -> Verdict:
    """Walk the whole log: every hash, the chain, the numbering, and the seal on its end."""
    from sqlalchemy import select

    with (at or store()).begin(reading=True) as connection:
        rows = connection.execution_options(yield_per=_BATCH).execute(select(audit_log).order_by(audit_log.c.seq)).mappings()
        counted = _Counted(rows)
        heads = connection.execution_options(yield_per=1).execute(select(audit_head)).mappings().all()
        broken = judge(counted, heads)
    return Verdict(not broken, counted.count, tuple(broken))


class _Counted:
    """Rows, and how many of them were seen."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            yield row


def judge(rows: Iterable[Any], heads: Sequence[Any]) -> list[str]:
    """What does not hold in a log: its records in order, and the row that seals their end."""
    broken: list[str] = []
    previous, count = START, 0
    for row in rows:
        count += 1
        if row["seq"] != count:
            broken.append(f"record {row['seq']}: expected number {count}")
        if row["previous"] != previous:
            broken.append(f"record {row['seq']}: does not follow the record before it")
        if _hash(row) != row["hash"]:
            broken.append(f"record {row['seq']}: was altered")
        previous = row["hash"]
        if len(broken) >= MOST_NAMED:
            return broken
    if broken:
        return broken
    if count == 0:
        return ["the log was emptied"] if heads else []
    if len(heads) != 1:
        return ["the seal on the end of the log is missing"]
    head = heads[0]
    if (head["id"], head["seq"], head["hash"]) != (1, count, previous):
        return [f"the log ends at record {count}, its seal at {head['seq']}"]
    return [] if hmac.compare_digest(head["seal"], _seal(count, previous)) else ["the seal on the end of the log is not of this site's key"]


def canonical(data: Any) -> str:
    """JSON with sorted keys and no spaces: the same data gives the same text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def _hash(row: Any) -> str:
    return hashlib.sha256(canonical([row[name] for name in FIELDS]).encode()).hexdigest()


def _seal(seq: int, last: str) -> str:
    return hmac.new(site_key(), f"audit:{seq}:{last}".encode(), hashlib.sha256).hexdigest()
