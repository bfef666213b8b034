"""A core installation, without what the store needs, says so in plain words and answers what needs no store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from landed.doors.cli.main import app
from landed.errors import LandedError
from landed.operations.registry import find


@pytest.fixture(autouse=True)
def core(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)
    for name in [n for n in sys.modules if n.partition(".")[0] in ("sqlalchemy", "alembic") or n in ("landed.store.tables", "landed.store.rows", "landed.store.audit", "landed.store.database")]:
        monkeypatch.delitem(sys.modules, name)

    class Absent:
        def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
            if name.partition(".")[0] in ("sqlalchemy", "alembic"):
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])


@pytest.mark.parametrize("args", [["watched", "list"], ["catalogue", "list"]])
def test_a_command_that_keeps_names_the_extra(args: list[str]) -> None:
    found = CliRunner().invoke(app, args)
    assert found.exit_code == 2 and "EXTRA_REQUIRED" in found.output and "landed[web]" in found.output


def test_an_operation_that_keeps_names_the_extra() -> None:
    with pytest.raises(LandedError) as refused:
        find("watch_list").run({})
    assert refused.value.code == "EXTRA_REQUIRED"
