"""Batch jobs: many estimates in the background with progress, cancel and a result to download; webhooks that tell of their end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from landed.errors import LandedError
from landed.operations.keys import moment
from landed.operations.registry import operation

MOST_INLINE = 10_000  # requests sent in the body; more come as a file
MOST_WAITING = 100  # jobs of one workspace
OPEN = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What to estimate: requests in the body, or an uploaded file."""

    requests: Annotated[list[dict[str, Any]] | None, "estimate requests, up to 10000"] = None
    upload_id: Annotated[str, "id of an uploaded file (POST /v1/uploads): JSON lines, CSV, XLSX or Parquet"] = ""
    columns: Annotated[dict[str, Any] | None, "field of the request by column of the file, where they are named otherwise"] = None
    defaults: Annotated[dict[str, Any] | None, "fields of every request that the rows leave out; with answers=table, entry_date and overlay"] = None
    answers: Annotated[Literal["explained", "table"] | None, "explained: a whole estimate a row (JSON lines); table: the file's columns with duty beside them (CSV, many times as fast). Default table for CSV, XLSX and Parquet files"] = None
    detail: Annotated[Literal["totals", "programmes", "long"], "columns of a table: totals, a column a programme, or a row a heading"] = "totals"


@dataclass(frozen=True, slots=True)
class BatchId:
    """A batch by its id."""

    id: Annotated[str, "id of the batch, such as job_..."]


@dataclass(frozen=True, slots=True)
class BatchPageRequest:
    """A page of batches."""

    limit: Annotated[int, "most rows, 1 to 500"] = 100
    cursor: Annotated[str, "`next` of the page before"] = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: waiting, running, done, failed or cancelled. `failed` counts rows that could not be answered; `result` is the address of the answers."""

    id: str
    status: str
    total: int | None
    done: int
    failed: int
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    result: str
    problem: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Batches:
    """Batches, newest first; `next` is the cursor of the next page, "" at the end."""

    batches: tuple[Batch, ...]
    next: str


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """Where to tell of finished batches."""

    url: Annotated[str, "https address of a public host"]


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook just made; `secret` is shown this once and signs what is sent (docs/rest.md)."""

    id: str
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One webhook, with how its last delivery went."""

    id: str
    url: str
    active: bool
    created_at: str | None
    last_delivery: str


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Webhooks of the workspace."""

    webhooks: tuple[WebhookRow, ...]


@dataclass(frozen=True, slots=True)
class WebhookId:
    """A webhook by its id."""

    id: Annotated[str, "id of the webhook, such as hook_..."]


@dataclass(frozen=True, slots=True)
class WebhooksRequest:
    """A request without fields."""


@operation(name="batch_start", summary="Estimate many lines in the background", method="POST", path="/v1/batches", scope="write", read_only=False)
def start(request: BatchRequest) -> Batch:
    """Start a batch of the requests in the body or of an uploaded file; its rows are answered in order, a bad row in its place.

    Raises LandedError INVALID_REQUEST, TOO_LARGE, NOT_FOUND (no such upload), BUSY (too many batches wait).
    """
    from sqlalchemy import func, select

    from landed.store.actor import actor
    from landed.store.audit import canonical, record
    from landed.store.database import new_id, now, store
    from landed.store.rows import one
    from landed.store.tables import jobs, uploads

    if (request.requests is None) == (not request.upload_id):
        raise LandedError("INVALID_REQUEST", "expected one of requests and upload_id", where="requests", mend="Send a list of requests, or upload a file first.")
    if request.requests is not None and (not isinstance(request.requests, list) or not request.requests):
        raise LandedError("INVALID_REQUEST", "expected a list of requests", where="requests", mend="Send at least one.")
    if len(request.requests or ()) > MOST_INLINE:
        raise LandedError("TOO_LARGE", f"expected at most {MOST_INLINE:,} requests in the body", where="requests", mend="Upload a file instead.")
    for name in ("columns", "defaults"):
        if not isinstance(getattr(request, name) or {}, dict):
            raise LandedError("INVALID_REQUEST", "expected an object", where=name, mend="Give names and values.")
    for number, each in enumerate([*(request.requests or ()), request.defaults or {}]):
        if isinstance(each, dict) and isinstance(each.get("overlay"), str):
            raise LandedError("BAD_OVERLAY", "expected the content of the overlay", where=f"requests[{number}].overlay", mend="Give the overlay as an object.")
    if request.answers == "table" and not request.upload_id:
        raise LandedError("INVALID_REQUEST", "expected a file for a table", where="answers", mend="Upload a file, or ask for explained answers.")
    said = {"requests": request.requests, "columns": request.columns, "defaults": request.defaults, "detail": request.detail}
    row: dict[str, Any] = {
        "id": new_id("job"),
        "workspace_id": actor().workspace,
        "kind": "estimates",
        "status": "waiting",
        "request": canonical(said),
        "upload_id": request.upload_id or None,
        "total": len(request.requests) if request.requests is not None else None,
        "done": 0,
        "failed": 0,
        "problem": None,
        "cancel_asked": False,
        "runner": "",
        "created_at": now(),
        "started_at": None,
        "finished_at": None,
        "created_by": actor().name,
    }
    with store().begin() as connection:
        if request.upload_id:
            kind = one(connection, uploads, "upload", id=request.upload_id)["kind"]
            if kind == "document":
                raise LandedError("BAD_UPLOAD", "expected a table, got a PDF or a picture", where="upload_id", mend="Read it with read_document; a batch takes CSV, JSON lines, XLSX or Parquet.")
            if (request.answers or ("explained" if kind == "jsonl" else "table")) == "table":
                row["kind"] = "table"
        waiting = connection.execute(select(func.count()).select_from(jobs).where(jobs.c.workspace_id == row["workspace_id"], jobs.c.status.in_(OPEN))).scalar_one()
        if waiting >= MOST_WAITING:
            raise LandedError("BUSY", f"{waiting} batches are waiting", mend="Wait until one has ended.", retry_after=30)
        connection.execute(jobs.insert().values(**row))
        record(connection, "batch.start", row["id"], {"upload_id": request.upload_id, "rows": row["total"]})
    return _batch(row)


@operation(name="batch_list", summary="Batches, a page at a time", method="GET", path="/v1/batches", scope="read")
def list_(request: BatchPageRequest) -> Batches:
    """Batches of the workspace with their progress, newest first. Raises LandedError INVALID_REQUEST for a bad limit or cursor."""
    from landed.store.database import store
    from landed.store.rows import page
    from landed.store.tables import jobs

    with store().begin(reading=True) as connection:
        rows, following = page(connection, jobs, request.limit, request.cursor, jobs.c.kind != "catalogue")
    return Batches(tuple(map(_batch, rows)), following)


@operation(name="batch_show", summary="A batch and how far it is", method="GET", path="/v1/batches/{id}", scope="read")
def show(request: BatchId) -> Batch:
    """One batch: status, rows done and failed, times, and where its result is. Raises LandedError NOT_FOUND."""
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import jobs

    with store().begin(reading=True) as connection:
        return _batch(one(connection, jobs, "batch", id=request.id))


@operation(name="batch_cancel", summary="Stop a batch", method="POST", path="/v1/batches/{id}:cancel", scope="write", read_only=False)
def cancel(request: BatchId) -> Batch:
    """Ask a batch to stop; one that waits ends at once, one that runs within a second or two, one that has ended stays. Raises LandedError NOT_FOUND."""
    from landed.store.audit import record
    from landed.store.database import now, store
    from landed.store.rows import one
    from landed.store.tables import jobs

    with store().begin() as connection:
        row = one(connection, jobs, "batch", id=request.id)
        if row["status"] in OPEN:
            change: dict[str, Any] = {"cancel_asked": True}
            if row["status"] == "waiting":
                change |= {"status": "cancelled", "finished_at": now()}
            connection.execute(jobs.update().where(jobs.c.id == row["id"]).values(**change))
            record(connection, "batch.cancel", row["id"])
            row |= change
    return _batch(row)


@operation(name="webhook_add", summary="Be told when a batch ends", method="POST", path="/v1/webhooks", scope="admin", read_only=False)
def webhook_add(request: WebhookRequest) -> NewWebhook:
    """Add an address that is sent a signed POST when a batch of this workspace ends; failures are tried again for about a day.

    Only https addresses of public hosts are called, never with a redirect. Raises LandedError INVALID_REQUEST.
    """
    from landed.store.actor import actor
    from landed.store.audit import record
    from landed.store.database import new_id, now, store
    from landed.store.rows import text
    from landed.store.tables import webhooks

    url = text(request.url, "url", 2000, least=8)
    if not url.startswith(("https://", "http://")):
        raise LandedError("INVALID_REQUEST", "expected an https address", where="url", mend="Such as https://hooks.your-company.com/landed.")
    identifier = new_id("hook")
    with store().begin() as connection:
        connection.execute(webhooks.insert().values(id=identifier, workspace_id=actor().workspace, url=url, active=True, created_at=now()))
        record(connection, "webhook.add", identifier, {"url": url.partition("?")[0]})
    return NewWebhook(identifier, url, webhook_secret(identifier))


@operation(name="webhook_list", summary="Webhooks of the workspace", method="GET", path="/v1/webhooks", scope="admin")
def webhook_list(request: WebhooksRequest) -> Webhooks:
    """Every webhook of the workspace and how its last delivery went."""
    from sqlalchemy import select

    from landed.store.database import store
    from landed.store.rows import MOST, page
    from landed.store.tables import deliveries, webhooks

    found = []
    with store().begin(reading=True) as connection:
        for row in page(connection, webhooks, MOST, "")[0]:
            last = connection.execute(select(deliveries.c.last_result).where(deliveries.c.webhook_id == row["id"]).order_by(deliveries.c.id.desc()).limit(1)).scalar()
            found.append(WebhookRow(row["id"], row["url"], bool(row["active"]), moment(row["created_at"]), last or ""))
    return Webhooks(tuple(found))


@operation(name="webhook_remove", summary="Stop telling an address", method="POST", path="/v1/webhooks/{id}:remove", scope="admin", read_only=False)
def webhook_remove(request: WebhookId) -> WebhookRow:
    """Stop a webhook; what has not been delivered is not sent any more. Raises LandedError NOT_FOUND."""
    from landed.store.audit import record
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import deliveries, webhooks

    with store().begin() as connection:
        row = one(connection, webhooks, "webhook", id=request.id)
        connection.execute(webhooks.update().where(webhooks.c.id == row["id"]).values(active=False))
        connection.execute(deliveries.update().where(deliveries.c.webhook_id == row["id"], deliveries.c.status == "due").values(status="dropped"))
        record(connection, "webhook.remove", row["id"])
    return WebhookRow(row["id"], row["url"], False, moment(row["created_at"]), "")


def webhook_secret(identifier: str) -> str:
    """The secret that signs what a webhook is sent; derived from the site's key, so that the database alone does not give it away."""
    import hashlib
    import hmac

    from landed.store.audit import site_key

    return "whsec_" + hmac.new(site_key(), f"webhook:{identifier}".encode(), hashlib.sha256).hexdigest()


def finished(job: dict[str, Any]) -> None:
    """Queue what the webhooks of a job's workspace are to be told about its end."""
    from sqlalchemy import select

    from landed.store.database import new_id, now, store
    from landed.store.tables import deliveries, webhooks

    body = json.dumps({"event": "batch.finished", "batch": {"id": job["id"], "status": job["status"], "total": job["total"], "done": job["done"], "failed": job["failed"]}})
    with store().begin() as connection:
        for hook in connection.execute(select(webhooks.c.id).where(webhooks.c.workspace_id == job["workspace_id"], webhooks.c.active)).scalars().all():
            connection.execute(
                deliveries.insert().values(id=new_id("dlv"), webhook_id=hook, event="batch.finished", body=body, status="due", attempts=0, next_at=now(), last_result="", created_at=now())
            )


def _batch(row: dict[str, Any]) -> Batch:
    return Batch(
        id=row["id"],
        status=row["status"],
        total=row["total"],
        done=row["done"],
        failed=row["failed"],
        created_at=moment(row["created_at"]),
        started_at=moment(row["started_at"]),
        finished_at=moment(row["finished_at"]),
        result=f"/v1/batches/{row['id']}/result" if row["status"] == "done" and row["kind"] != "catalogue" else "",
        problem=row["problem"],
    )
