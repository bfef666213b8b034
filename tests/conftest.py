"""What every test shares: no network, a data folder of its own, the command line, the reference folder or a skip."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# Before any test module loads law or schedule: a schedule that someone imported on this machine is not ours to test.
os.environ["LANDED_DATA"] = tempfile.mkdtemp(prefix="landed-tests-")


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the repository; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference folder ../shared is absent")
    return SHARED


@pytest.fixture
def landed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs the command line in this process: `landed("quote", "9503.00.00.73", ..., input=b"")`."""
    from typer.testing import CliRunner

    from landed.doors.cli.main import app

    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str, input: bytes | str | None = None) -> Ran:
        found = CliRunner().invoke(app, list(arguments), input=input)
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return Ran(found.exit_code, found.stdout, found.stderr)

    return run


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with every page and an empty data folder, one for all tests of this process: what a test stores there must bear its own name."""
    sys.path.insert(0, str(ROOT / "tests" / "web"))
    from tour import server

    with server(tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium for one test file: Playwright keeps an event loop, which the other files must not find running."""
    sys.path.insert(0, str(ROOT / "tests" / "web"))
    from tour import CHROMIUM, FLAGS

    if CHROMIUM is None:
        pytest.skip("the walk needs Debian's chromium")
    playwright_api = pytest.importorskip("playwright.sync_api", reason="the walk needs the Python package playwright")
    with playwright_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def visitor(browser: Any, base: str) -> Iterator[Any]:
    """A window of 1440 pixels; the test fails when its console complained."""
    from tour import Visitor

    found = Visitor(browser, base, 1440)
    yield found
    found.context.close()
    assert found.complaints == []
