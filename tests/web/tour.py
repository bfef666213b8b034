"""What the web tests share: a server of their own, a real Chromium, the eyes for console errors, overflow and axe, and pictures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "docs" / "screens"
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SERVE = """
import sys
from landed.doors.api.app import create_app
from landed.doors.api.run import serve
from landed.doors.api.settings import Settings
from landed.doors.web.mount import mount_web
def make(settings):
    app = create_app(settings)
    mount_web(app, settings)
    return app
serve(Settings(port=int(sys.argv[1])), make)
"""


def axe_source() -> str | None:
    """The axe-core script where npm has put it, else None."""
    for folder in (ROOT / "tests" / "web", ROOT):
        path = folder / "node_modules" / "axe-core" / "axe.min.js"
        if path.exists():
            return path.read_text(encoding="utf-8")
    return None


@contextmanager
def server(data: Path) -> Iterator[str]:
    """A server with an empty data folder on a free port; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (data / "server.log").open("wb")
    env = {**os.environ, "LANDED_DATA": str(data), "PYTHONPATH": str(ROOT / "src")}
    env.pop("PYTEST_CURRENT_TEST", None)
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=env, stdout=log, stderr=log)
    try:
        for _ in range(300):
            try:
                with urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    break
            except (URLError, OSError):
                if process.poll() is not None:
                    raise RuntimeError((data / "server.log").read_text(errors="replace")[-3000:]) from None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


class Visitor:
    """One browser window with its complaints kept."""

    def __init__(self, browser: Any, base: str, width: int, dark: bool = False) -> None:
        self.base = base
        self.context = browser.new_context(viewport={"width": width, "height": 900 if width > 500 else 844}, color_scheme="dark" if dark else "light", accept_downloads=True)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.complaints.append(f"script: {e}"))
        self.page.on("requestfailed", lambda r: None if r.failure == "net::ERR_ABORTED" else self.complaints.append(f"request: {r.url} {r.failure}"))

    def go(self, path: str) -> Any:
        """Open a page and wait until it lives."""
        self.page.goto(self.base + path)
        if path == "/" or path.startswith("/?"):
            self.alive()
        return self.page

    def alive(self) -> None:
        self.page.wait_for_selector("body[data-ready]")
        self.page.wait_for_selector("#p-origins .ranked, .problem")

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def serious(self, source: str) -> list[str]:
        """Serious and critical violations that axe finds."""
        self.page.evaluate(source)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + (n.failureSummary || '').split('\\n').pop()).join(' | ')))")
        return list(found)

    def picture(self, name: str, whole: bool = False) -> None:
        """A picture for the docs, only where LANDED_SCREENS asks for it."""
        if not os.environ.get("LANDED_SCREENS"):
            return
        SCREENS.mkdir(parents=True, exist_ok=True)
        path = SCREENS / f"{name}.png"
        self.page.screenshot(path=str(path), full_page=whole)
        try:
            from PIL import Image
        except ImportError:
            return
        Image.open(path).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


WIDTHS = [(1440, False), (1440, True), (390, False), (390, True)]


def unfit(browser: Any, base: str, width: int, dark: bool, paths: list[str], pictures: dict[str, str] | None = None) -> list[str]:
    """What is wrong with the pages at one width and tone: console complaints, sideways overflow, serious axe violations ("" of axe is absent: not looked at).

    `pictures` names, by path, the picture that LANDED_SCREENS makes: "NAME" is stored as NAME-desktop-dark.png and so on.
    """
    source = axe_source()
    found = Visitor(browser, base, width, dark)
    wrong: list[str] = []
    tone = f"{'desktop' if width > 500 else 'phone'}{'-dark' if dark else ''}"
    for path in paths:
        found.go(path)
        if found.overflow() > 0:
            wrong.append(f"{path} is {found.overflow()} px too wide at {width}")
        if source:
            wrong += [f"{path} at {width}{' dark' if dark else ''}: {violation}" for violation in found.serious(source)]
        if pictures and path in pictures:
            found.picture(f"{pictures[path]}-{tone}", whole=True)
    found.context.close()
    return [*wrong, *found.complaints]
