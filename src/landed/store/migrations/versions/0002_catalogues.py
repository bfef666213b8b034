"""Catalogues of goods, their review queue, and the codes that people confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

APPEND_ONLY = "confirmed codes are append-only"


def upgrade() -> None:
    """Make the three tables, and what keeps confirmed codes append-only."""
    op.create_table(
        "catalogues",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("defaults", sa.JSON(), nullable=False),
        sa.Column("hts_revision", sa.String(length=120), nullable=False),
        sa.Column("law_version", sa.String(length=120), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_catalogues_job_id")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_catalogues_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogues")),
    )
    op.create_table(
        "catalogue_rows",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("catalogue_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("stake_cents", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=13), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogues.id"], name=op.f("fk_catalogue_rows_catalogue_id")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_catalogue_rows_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_rows")),
        sa.UniqueConstraint("catalogue_id", "number", name="uq_catalogue_rows_number"),
    )
    op.create_index("ix_catalogue_rows_queue", "catalogue_rows", ["catalogue_id", "place"], unique=False)
    op.create_table(
        "confirmed_codes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("row_id", sa.String(length=32), nullable=True),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=13), nullable=False),
        sa.Column("suggested", sa.String(length=13), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["row_id"], ["catalogue_rows.id"], name=op.f("fk_confirmed_codes_row_id")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_confirmed_codes_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmed_codes")),
    )
    op.create_index("ix_confirmed_codes_memory", "confirmed_codes", ["workspace_id", "id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(sa.text(f"CREATE TRIGGER confirmed_codes_no_{verb.lower()} BEFORE {verb} ON confirmed_codes BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"))
    else:
        op.execute(sa.text(f"CREATE FUNCTION confirmed_codes_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"))
        op.execute(sa.text("CREATE TRIGGER confirmed_codes_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON confirmed_codes FOR EACH STATEMENT EXECUTE FUNCTION confirmed_codes_refuse()"))
