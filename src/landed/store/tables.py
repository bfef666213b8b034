"""The tables of the store. Migrations in `migrations/` make the same ones; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

ID = String(32)
WHEN = DateTime(timezone=True)
SERIAL = BigInteger().with_variant(Integer, "sqlite")


def _workspace() -> Column[str]:
    return Column("workspace_id", ID, ForeignKey("workspaces.id"), nullable=False)


workspaces = Table(
    "workspaces",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_at", WHEN, nullable=False),
)

# A product is what an importer buys again and again: its code, origin and supplier, and the evidence for each of them.
products = Table(
    "products",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("sku", String(100), nullable=False),
    Column("title", String(300), nullable=False),
    Column("hts_code", String(13), nullable=False),
    Column("country_of_origin", String(2), nullable=False),
    Column("supplier", String(200), nullable=False),
    Column("unit_value_usd", Numeric(18, 4)),
    Column("units_per_year", Numeric(18, 2)),
    Column("details", JSON, nullable=False),  # quantities of one unit, facts, claims, answers, evidence, note
    Column("version", Integer, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("created_at", WHEN, nullable=False),
    Column("updated_at", WHEN, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("workspace_id", "sku", name="uq_products_sku"),
)

# An estimate as it was given. The answer is kept as text, byte for byte: later law never rewrites it.
saved_estimates = Table(
    "saved_estimates",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("title", String(300), nullable=False),
    Column("product_id", ID, ForeignKey("products.id")),
    Column("request", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("duty_usd", Numeric(18, 2)),
    Column("law_version", String(120), nullable=False),
    Column("hts_revision", String(120), nullable=False),
    Column("receipt_id", String(40), nullable=False),
    Column("created_at", WHEN, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Index("ix_saved_estimates_listing", "workspace_id", "created_at", "id"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("reference", String(120), nullable=False),
    Column("entry_date", String(10), nullable=False),
    Column("request", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("law_version", String(120), nullable=False),
    Column("created_at", WHEN, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Index("ix_entries_listing", "workspace_id", "created_at", "id"),
)

watches = Table(
    "watches",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("name", String(200), nullable=False),
    Column("what", JSON, nullable=False),  # {hts_codes, origins, programmes, products}
    Column("days_ahead", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("seen_law_version", String(120), nullable=False),
    Column("created_at", WHEN, nullable=False),
    UniqueConstraint("workspace_id", "name", name="uq_watches_name"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("name", String(255), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", WHEN, nullable=False),
    Column("created_by", String(200), nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("kind", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("request", Text, nullable=False),
    Column("upload_id", ID, ForeignKey("uploads.id")),
    Column("total", BigInteger),
    Column("done", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("problem", JSON),
    Column("result", JSON),
    Column("cancel_asked", Boolean, nullable=False),
    Column("runner", String(80), nullable=False),
    Column("heartbeat_at", WHEN),
    Column("created_at", WHEN, nullable=False),
    Column("started_at", WHEN),
    Column("finished_at", WHEN),
    Column("created_by", String(200), nullable=False),
    Index("ix_jobs_waiting", "status", "created_at"),
    Index("ix_jobs_listing", "workspace_id", "created_at", "id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("name", String(200), nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("rate_per_minute", Integer, nullable=False),
    Column("created_at", WHEN, nullable=False),
    Column("expires_at", WHEN),
    Column("revoked_at", WHEN),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("url", String(2000), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", WHEN, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", ID, primary_key=True),
    Column("webhook_id", ID, ForeignKey("webhooks.id"), nullable=False),
    Column("event", String(60), nullable=False),
    Column("body", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", WHEN, nullable=False),
    Column("last_result", String(300), nullable=False),
    Column("created_at", WHEN, nullable=False),
    Index("ix_deliveries_due", "status", "next_at"),
)

# The answer to a write that carried an Idempotency-Key, stored in the transaction of the write itself.
idempotency = Table(
    "idempotency",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("operation", String(80), nullable=False),
    Column("request_sha256", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_at", WHEN, nullable=False),
)

# Append-only: triggers refuse UPDATE and DELETE, and each row carries the hash of the one before it.
audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("workspace_id", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(80), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# One row: how long the log is and its last hash, sealed with the site's key, so that a cut tail or a log written anew shows.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
)

# A catalogue of goods classified at once. Its rows stand from the start as "waiting", so that a stopped run goes on where it was.
catalogues = Table(
    "catalogues",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("name", String(200), nullable=False),
    Column("defaults", JSON, nullable=False),  # {origin, on, value} where a row says none
    Column("hts_revision", String(120), nullable=False),
    Column("law_version", String(120), nullable=False),
    Column("total", Integer, nullable=False),
    Column("job_id", ID, ForeignKey("jobs.id")),
    Column("created_at", WHEN, nullable=False),
    Column("created_by", String(200), nullable=False),
)

catalogue_rows = Table(
    "catalogue_rows",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("catalogue_id", ID, ForeignKey("catalogues.id"), nullable=False),
    Column("number", Integer, nullable=False),  # from 1, in the order of the file
    Column("product", Text, nullable=False),
    Column("status", String(20), nullable=False),  # waiting, error, review, check, settled
    Column("place", String(40), nullable=False),  # sorts the queue: what is worth a look first
    Column("stake_cents", BigInteger),
    Column("answer", Text, nullable=False),
    Column("decision", String(20), nullable=False),  # "", confirmed, overridden
    Column("code", String(13), nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("decided_at", WHEN),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("catalogue_id", "number", name="uq_catalogue_rows_number"),
    Index("ix_catalogue_rows_queue", "catalogue_id", "place"),
)

# Codes that people settled for goods. Append-only by triggers: the last word on the same goods stands, the earlier ones stay.
confirmed_codes = Table(
    "confirmed_codes",
    metadata,
    Column("id", ID, primary_key=True),
    _workspace(),
    Column("row_id", ID, ForeignKey("catalogue_rows.id")),
    Column("product", Text, nullable=False),  # {text, id, attributes, category}
    Column("code", String(13), nullable=False),
    Column("suggested", String(13), nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Index("ix_confirmed_codes_memory", "workspace_id", "id"),
)

IN_ORDER = (
    workspaces, products, saved_estimates, entries, watches, uploads, jobs, api_keys, webhooks, deliveries, idempotency, audit_log, audit_head,
    catalogues, catalogue_rows, confirmed_codes,
)  # fmt: skip

# The fields of a row that its `sha256` covers.
SEALED = {
    "products": ("id", "workspace_id", "sku", "title", "hts_code", "country_of_origin", "supplier", "unit_value_usd", "units_per_year", "details", "version", "archived"),
    "saved_estimates": ("id", "workspace_id", "title", "request", "answer", "status", "law_version", "hts_revision", "receipt_id", "created_by"),
    "entries": ("id", "workspace_id", "reference", "entry_date", "request", "answer", "law_version", "created_by"),
    "catalogue_rows": ("id", "workspace_id", "catalogue_id", "number", "product", "status", "place", "stake_cents", "answer", "decision", "code", "who", "why", "version"),
    "confirmed_codes": ("id", "workspace_id", "row_id", "product", "code", "suggested", "who", "why", "at"),
}
