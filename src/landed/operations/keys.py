"""API keys and the audit log: who may ask for what, and what was changed by whom."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from landed.errors import LandedError
from landed.operations.registry import operation
from landed.store.actor import DEFAULT_WORKSPACE, Actor, actor

FORM = re.compile(r"landed_(key_[0-9a-f]{26})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A new API key."""

    name: Annotated[str, "who will use it, 1 to 200 characters"]
    scope: Annotated[Literal["read", "quote", "write", "admin"], "the widest thing it may do; each holds those before it"] = "quote"
    workspace: Annotated[str, "name of the workspace; made where there is none"] = DEFAULT_WORKSPACE
    rate_per_minute: Annotated[int, "requests a minute; 0 is the server's own limit"] = 0
    expires: Annotated[date | None, "last day on which it is good (UTC); default it does not expire"] = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `secret` is shown this once; the store keeps only its hash."""

    id: str
    name: str
    scope: str
    workspace: str
    secret: str


@dataclass(frozen=True, slots=True)
class KeysRequest:
    """A request without fields."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key, without its secret."""

    id: str
    name: str
    scope: str
    workspace: str
    rate_per_minute: int
    created_at: str
    expires_at: str | None
    revoked_at: str | None


@dataclass(frozen=True, slots=True)
class Keys:
    """Every key of the site, newest first."""

    keys: tuple[KeyRow, ...]


@dataclass(frozen=True, slots=True)
class RevokeRequest:
    """A key by its id."""

    id: Annotated[str, "id of the key, such as key_..."]


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """A stretch of the audit log."""

    after: Annotated[int, "number of the record before the first wanted"] = 0
    limit: Annotated[int, "most records, 1 to 500"] = 100


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One change: when, who, what, to which thing; `hash` covers the record and the hash before it."""

    seq: int
    at: str
    workspace_id: str
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Records in order; `next` is the number to go on after, None at the end."""

    records: tuple[AuditRecord, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether every record, the chain and the seal on its end hold; `broken` says where they do not."""

    sound: bool
    records: int
    broken: tuple[str, ...]


@operation(name="key_create", summary="Make an API key", method="POST", path="/v1/keys", scope="admin", read_only=False)
def create(request: KeyRequest) -> NewKey:
    """Make an API key with a scope: read (law, schedule, stored things), quote (and estimates), write (and products, jobs), admin (and keys, data).

    The secret is in this answer and nowhere else. Raises LandedError INVALID_REQUEST.
    """
    from sqlalchemy import select

    from landed.store.audit import record
    from landed.store.database import new_id, now, store
    from landed.store.rows import text
    from landed.store.tables import api_keys, workspaces

    name, workspace = text(request.name, "name", 200, least=1), text(request.workspace, "workspace", 200, least=1)
    if not 0 <= request.rate_per_minute <= 1_000_000:
        raise LandedError("INVALID_REQUEST", "expected 0 to 1000000", where="rate_per_minute", mend="0 is the server's own limit.")
    identifier, secret = new_id("key"), secrets.token_urlsafe(32)
    whole = f"landed_{identifier}_{secret}"
    expires = datetime.combine(request.expires, time.max, UTC) if request.expires else None
    with store().begin() as connection:
        found = connection.execute(select(workspaces.c.id).where(workspaces.c.name == workspace)).scalar()
        if found is None:
            found = new_id("ws")
            connection.execute(workspaces.insert().values(id=found, name=workspace, created_at=now()))
        connection.execute(
            api_keys.insert().values(
                id=identifier,
                workspace_id=found,
                name=name,
                secret_sha256=hashlib.sha256(whole.encode()).hexdigest(),
                scopes=[request.scope],
                rate_per_minute=request.rate_per_minute,
                created_at=now(),
                expires_at=expires,
            )
        )
        record(connection, "key.create", identifier, {"name": name, "scope": request.scope, "workspace": workspace})
    return NewKey(identifier, name, request.scope, workspace, whole)


@operation(name="key_list", summary="Every API key, without secrets", method="GET", path="/v1/keys", scope="admin")
def list_(request: KeysRequest) -> Keys:
    """Every API key of the site, newest first: name, scope, workspace, when made, when it ends or ended."""
    from sqlalchemy import select

    from landed.store.database import store
    from landed.store.tables import api_keys, workspaces

    with store().begin(reading=True) as connection:
        rows = connection.execute(select(api_keys, workspaces.c.name.label("workspace")).join(workspaces).order_by(api_keys.c.id.desc())).mappings().all()
    return Keys(tuple(KeyRow(r["id"], r["name"], _widest(r["scopes"]), r["workspace"], r["rate_per_minute"], *(moment(r[n]) for n in ("created_at", "expires_at", "revoked_at"))) for r in rows))  # type: ignore[arg-type]


@operation(name="key_revoke", summary="End an API key", method="POST", path="/v1/keys/{id}:revoke", scope="admin", read_only=False)
def revoke(request: RevokeRequest) -> KeyRow:
    """End an API key for good; workers that know it stop taking it within ten seconds. Raises LandedError NOT_FOUND."""
    from landed.store.audit import record
    from landed.store.database import now, store
    from landed.store.tables import api_keys

    with store().begin() as connection:
        if not any(row.id == request.id for row in list_(KeysRequest()).keys):
            raise LandedError("NOT_FOUND", f"there is no key {request.id[:60]!r}", where="id", mend="See the list.")
        ended = connection.execute(api_keys.update().where(api_keys.c.id == request.id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now()))
        if ended.rowcount:
            record(connection, "key.revoke", request.id)
        return next(row for row in list_(KeysRequest()).keys if row.id == request.id)


@operation(name="audit_list", summary="The audit log", method="GET", path="/v1/audit", scope="admin")
def audit(request: AuditRequest) -> AuditPage:
    """Records of the audit log in order, a page at a time."""
    from sqlalchemy import select

    from landed.store.database import store
    from landed.store.rows import MOST
    from landed.store.tables import audit_log

    if not 1 <= request.limit <= MOST or not 0 <= request.after < 2**62:
        raise LandedError("INVALID_REQUEST", f"expected a limit of 1 to {MOST} and a number to go on after", where="limit", mend="Ask for the next page with `after`.")
    with store().begin(reading=True) as connection:
        rows = connection.execute(select(audit_log).where(audit_log.c.seq > request.after).order_by(audit_log.c.seq).limit(request.limit)).mappings().all()
    return AuditPage(tuple(AuditRecord(**row) for row in rows), rows[-1]["seq"] if len(rows) == request.limit else None)


@operation(name="audit_verify", summary="Whether the audit log was tampered with", method="GET", path="/v1/audit:verify", scope="admin")
def verify(request: KeysRequest) -> AuditVerdict:
    """Walk the whole audit log: every hash, the chain, the numbering, and the seal on its end with the site's key."""
    from landed.store.audit import verify as run

    found = run()
    return AuditVerdict(found.sound, found.records, found.broken)


def holder(key: str) -> Actor:
    """The actor an API key stands for; raises LandedError KEY_REFUSED for one that is unknown, ended or not a key."""
    from sqlalchemy import select

    from landed.store.database import now, store, utc
    from landed.store.tables import api_keys

    refused = LandedError("KEY_REFUSED", "the API key is unknown or has ended", where="Authorization", mend="Ask the administrator for a new one.")
    parts = FORM.fullmatch(key)
    if not parts:
        raise refused
    with store().begin(reading=True) as connection:
        row = connection.execute(select(api_keys).where(api_keys.c.id == parts[1])).mappings().first()
    said = hashlib.sha256(key.encode()).hexdigest()
    if row is None or not hmac.compare_digest(row["secret_sha256"], said) or row["revoked_at"]:
        raise refused
    if (ends := utc(row["expires_at"])) is not None and ends < now():
        raise refused
    return Actor(row["name"], row["workspace_id"], _widest(row["scopes"]), row["id"], row["rate_per_minute"])


def _widest(scopes: list[str]) -> str:
    from landed.store.actor import SCOPES

    return max(scopes, key=SCOPES.index)


def moment(value: Any) -> str | None:
    """A moment as ISO text with its zone, None for none."""
    from landed.store.database import utc

    found = utc(value)
    return found.isoformat(timespec="seconds") if found else None


__all__ = ["actor", "audit", "create", "holder", "list_", "moment", "revoke", "verify"]
