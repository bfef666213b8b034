"""Documentation that fails the build when it lags: every command and option in docs/cli.md, every code in docs/errors.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from landed.doors.cli.main import app
from landed.errors import LandedError

ROOT = Path(__file__).resolve().parents[1]
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "landed"
TYPES = ("LandedError", "Warning_", "Problems")  # what carries a documented code as its first argument


def commands(command: Any, path: tuple[str, ...] = ("landed",)) -> Iterator[tuple[str, Any]]:
    """(full name, command) of every command that does something."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path), command
        return
    for name, each in inner.items():
        yield from commands(each, (*path, name))


COMMANDS = dict(commands(get_command(app)))


def section(name: str) -> str:
    """The part of docs/cli.md under the heading of a command."""
    found = re.search(rf"^### `{re.escape(name)}[ `].*?(?=^##|\Z)", CLI, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_heading_and_every_option_stands_under_it(name: str) -> None:
    text = section(name)
    assert text, f"docs/cli.md lacks the heading ### `{name} ...`"
    for parameter in COMMANDS[name].params:
        for option in parameter.opts if parameter.param_type_name == "option" else ():
            if option not in ("--help", "-h", "--json"):
                assert f"`{option}" in text, f"docs/cli.md: {name} lacks {option}"


def test_no_heading_of_the_command_page_names_a_command_that_is_gone() -> None:
    for name in re.findall(r"^### `(landed[a-z ]*[a-z])[ `]", CLI, re.MULTILINE):
        assert name in COMMANDS, f"docs/cli.md describes {name}, which does not exist"


def codes() -> dict[str, str]:
    """Every code that the source raises or warns with, and one place of it."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in TYPES:
                    found.setdefault(str(node.args[0].value), f"{path.relative_to(SOURCE).as_posix()}:{node.lineno}")
    return found


def test_every_error_and_warning_code_of_the_source_is_documented() -> None:
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", ERRORS))
    missing = {code: place for code, place in codes().items() if code not in documented}
    assert not missing, f"docs/errors.md lacks {missing}"


ROOM_OF = {"## Errors: the service": "doors/api", "## Errors: matching": "matching", "## Errors: entries": "entry"}


def test_every_documented_code_is_still_in_the_source() -> None:
    known = set(codes())
    for part in re.split(r"^(?=## )", ERRORS, flags=re.MULTILINE):
        room = next((room for heading, room in ROOM_OF.items() if part.startswith(heading)), "")
        if room and not (SOURCE / room / "__init__.py").exists():
            continue
        for row in re.findall(r"^\| (`[A-Z].*?) \|", part, re.MULTILINE):
            for code in re.findall(r"`([A-Z][A-Z0-9_]+)`", row):
                assert code in known, f"docs/errors.md documents {code}, which nothing raises"


def test_an_error_carries_what_where_and_mend_and_survives_pickling() -> None:
    import pickle

    error = LandedError("UNKNOWN_HTS", "expected a code, got x", where="hts_code", mend="Look it up.", near=["1"])
    again = pickle.loads(pickle.dumps(error))
    assert again.to_dict() == error.to_dict()
    assert str(error) == "UNKNOWN_HTS: expected a code, got x (at hts_code). Look it up."


def test_the_operations_page_is_that_of_the_registry() -> None:
    from landed.operations.operations_page import operations_page

    assert (ROOT / "docs" / "operations.md").read_text(encoding="utf-8") == operations_page(), "run `make pages`"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name)
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
