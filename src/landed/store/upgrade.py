"""Brings a database to the schema of this version, one migration after another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.store.database import Store

FOLDER = Path(__file__).parent / "migrations"
_PG_LOCK = 7_310_001  # advisory lock: two servers that start at once do not migrate side by side


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def head() -> str:
    """The newest schema this version knows."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision(store: Store) -> str:
    """The schema of the database, "" when it is empty."""
    from alembic.migration import MigrationContext

    with store.engine.connect().execution_options(reading=True) as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def upgrade(store: Store) -> str:
    """Run what is missing and give the revision; raises LandedError STORE_OUTDATED for a database of a later version."""
    from alembic import command
    from alembic.script import ScriptDirectory
    from sqlalchemy import text

    now, newest = revision(store), head()
    if now == newest:
        return newest
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if now and now not in known:
        raise LandedError("STORE_OUTDATED", f"the database is of a later version ({now}) than this program knows ({newest})", mend="Install the newer version of landed.")
    config = _config()
    with store.engine.begin() as connection:
        if not store.sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_PG_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest
