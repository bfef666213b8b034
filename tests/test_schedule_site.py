"""An export is imported or pulled in whole or not at all, and the schedule before it can be put back."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from landed.errors import LandedError
from landed.schedule.lookup import Schedule
from landed.schedule.pull import pull
from landed.schedule.site import data_folder, import_export, in_force_path, national_text, open_schedule, roll_back, status
from landed.schedule.table import PACKAGED
from landed.schedule.titles import search, title

Answer = Callable[[BaseHTTPRequestHandler], None]
DAY = date(2026, 8, 3)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole export in JSON form, made from the packaged schedule with one rate changed and a new suffix."""
    schedule = Schedule.load()
    table = schedule._table
    entries = []
    for row, code in enumerate(table.codes):
        if table.last[row] >= table.last_day and code < "98" and len(code) >= 8:
            rated = len(code) == 8 or table.text("rate_line", row) == code
            general, special, column_2 = (table.text(c, row) if rated else "" for c in ("general", "special", "column_2"))
            entries.append(
                {
                    "htsno": ".".join([code[:4], *(code[i : i + 2] for i in range(4, len(code), 2))]),
                    "indent": str(len(code) // 2),
                    "description": f"Article {code}",
                    "superior": None,
                    "units": table.text("units", row).split(),
                    "general": general if code != "01013000" and code != "0101300000" else "7.7%",
                    "special": special,
                    "other": column_2,
                    "footnotes": [],
                    "quotaQuantity": None,
                    "additionalDuties": None,
                }
            )
    path = tmp_path_factory.mktemp("export") / "export.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def untouched(folder: Path) -> bool:
    left = [p for p in folder.rglob("*") if p.is_file()] if folder.exists() else []
    return in_force_path()[0] == PACKAGED and not left


def test_the_data_folder_follows_the_platform_and_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("LANDED_DATA")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "x"))
    assert data_folder() == tmp_path / "x" / "landed"
    monkeypatch.setattr("sys.platform", "darwin")
    assert data_folder().parts[-3:] == ("Library", "Application Support", "landed")
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "l"))
    assert data_folder() == tmp_path / "l" / "landed"


def test_without_an_import_the_packaged_schedule_is_in_force(folder: Path) -> None:
    now = status(today=date(2026, 3, 7))
    assert (now.source, now.revision, now.age_days, now.can_roll_back, now.problem) == ("packaged", "2026 Revision 4", 10, False, "")
    assert now.lines > 19_000
    with pytest.raises(LandedError, match="NOTHING_TO_ROLL_BACK"):
        roll_back()


def test_an_imported_export_is_in_force_from_its_day_and_can_be_rolled_back(folder: Path, export: Path) -> None:
    now = import_export(export, effective=DAY, name="2026 Revision 15")
    assert (now.source, now.revision, now.effective, now.has_text, now.can_roll_back) == ("imported", "2026 Revision 15", DAY, True, True)
    schedule = open_schedule()
    assert schedule.line("0101.30.00.00", DAY).general.text == "7.7%"
    assert schedule.line("0101.30.00.00", date(2026, 3, 1)).general.text == "6.8%"
    assert schedule.covered(DAY) and not Schedule.load().covered(DAY)
    assert Schedule.in_force().version == schedule.version
    assert roll_back().source == "packaged"
    assert open_schedule().line("0101.30.00.00", DAY).general.text == "6.8%"


def test_importing_the_same_file_for_the_same_day_changes_nothing(folder: Path, export: Path) -> None:
    first = import_export(export, effective=DAY, name="a")
    assert import_export(export, effective=DAY, name="b") == first


def test_a_second_import_keeps_the_first_for_roll_back_and_a_past_edition_takes_its_place_in_time(folder: Path, export: Path) -> None:
    import_export(export, effective=DAY, name="later")
    import_export(export, effective=date(2025, 7, 1), name="earlier")
    schedule = open_schedule()
    assert [name for name, _ in schedule.revisions][4] == "earlier"
    assert schedule.line("0101.30.00.00", date(2025, 8, 1)).general.text == "7.7%"
    assert national_text()["0101300000"]
    assert roll_back().revision == "later" and "earlier" not in [name for name, _ in open_schedule().revisions]


def test_imported_text_gives_national_titles_and_is_searched(folder: Path, export: Path) -> None:
    import_export(export, effective=DAY)
    national = national_text()
    found = title("0101.21.00.10", national=national)
    assert found is not None and found.source == "national" and found.text.endswith("Article 0101210010")
    assert search("article 0101210010", national=national)
    assert national_text() is national


def refused(error: pytest.ExceptionInfo[LandedError], reason: str) -> bool:
    return error.value.code == "BAD_EXPORT" and error.value.extra["reason"] == reason


def test_a_partial_export_is_refused_and_leaves_nothing_behind(folder: Path, export: Path, tmp_path: Path) -> None:
    entries = json.loads(export.read_text())
    part = tmp_path / "part.json"
    part.write_text(json.dumps([e for e in entries if e["htsno"] < "30"]))
    with pytest.raises(LandedError) as error:
        import_export(part, effective=DAY)
    assert refused(error, "partial") and untouched(folder)


def test_a_shrunk_export_is_refused_unless_accepted(folder: Path, export: Path, tmp_path: Path) -> None:
    entries = json.loads(export.read_text())
    shrunk = tmp_path / "shrunk.json"
    shrunk.write_text(json.dumps([e for i, e in enumerate(entries) if i % 7 or len(e["htsno"]) == 10]))
    with pytest.raises(LandedError) as error:
        import_export(shrunk, effective=DAY)
    assert refused(error, "shrunk") and untouched(folder)
    assert import_export(shrunk, effective=DAY, accept_shrink=True).source == "imported"


@pytest.mark.parametrize(("text", "why"), [("a lot", "unreadable_rates"), ("1.1%", "implausible_rates")])
def test_false_rates_are_refused(folder: Path, export: Path, tmp_path: Path, text: str, why: str) -> None:
    entries = json.loads(export.read_text())
    for entry in entries:
        entry["general"] = text if entry["general"] else ""
    lying = tmp_path / "lying.json"
    lying.write_text(json.dumps(entries))
    with pytest.raises(LandedError) as error:
        import_export(lying, effective=DAY)
    assert refused(error, why) and untouched(folder)


def test_a_damaged_import_is_passed_over_and_named(folder: Path, export: Path) -> None:
    path = import_export(export, effective=DAY).path
    path.write_bytes(path.read_bytes()[:-10])
    now = status()
    assert now.source == "packaged" and "altered" in now.problem
    path.unlink()
    assert "missing" in status().problem
    (folder / "schedule" / "current.json").write_text("{")
    assert "cannot be read" in status().problem
    assert open_schedule().revisions[-1][0] == "2026 Revision 4"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, export: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LandedError, match="DATA_FOLDER"):
        import_export(export, effective=DAY, folder=tmp_path / "file" / "data")
    with pytest.raises(LandedError, match="DATA_FOLDER"):
        pull("http://127.0.0.1:1/x", folder=tmp_path / "file" / "data")


# ---- pulling, from a server on this machine ----


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    running: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    answer(self)

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        running.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/exportList"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def whole(body: bytes, status_code: int = 200, stated: int | None = None) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status_code)
        handler.send_header("Content-Length", str(len(body) if stated is None else stated))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_a_pulled_export_is_put_in_force(folder: Path, export: Path, serve: Callable[[Answer], str]) -> None:
    seen: list[int] = []
    now = pull(serve(whole(export.read_bytes())), effective=DAY, name="pulled", progress=lambda size, expected: seen.append(size))
    assert (now.source, now.revision) == ("imported", "pulled") and seen[-1] == export.stat().st_size
    assert not list(folder.glob(".pull-*"))


def test_a_failing_service_is_asked_again_and_no_more_than_that(folder: Path, export: Path, serve: Callable[[Answer], str]) -> None:
    body, asked = export.read_bytes(), []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(1)
        (whole(b"", 503) if len(asked) < 3 else whole(body))(handler)

    assert pull(serve(answer), effective=DAY, pause=0).source == "imported" and len(asked) == 3
    asked.clear()
    with pytest.raises(LandedError) as error:
        pull(serve(lambda h: (asked.append(1), whole(b"", 500)(h))[0]), attempts=2, pause=0)
    assert (error.value.code, error.value.extra["reason"], len(asked)) == ("PULL_FAILED", "unavailable", 2)


def stall(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"[")
        handler.wfile.flush()
        time.sleep(0.05)


def cut(handler: BaseHTTPRequestHandler) -> None:
    whole(b"[{}", stated=100_000)(handler)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        (stall, "PULL_FAILED", "timeout"),
        (drip, "PULL_FAILED", "timeout"),
        (cut, "PULL_FAILED", "connection"),
        (endless, "PULL_FAILED", "too_large"),
        (whole(b"x", stated=10**12), "PULL_FAILED", "too_large"),
        (whole(b"gone", 404), "PULL_FAILED", "refused"),
        (whole(b"moved", 302), "PULL_FAILED", "refused"),
        (whole(b""), "BAD_EXPORT", "empty"),
        (whole(b"<html>Maintenance</html>"), "BAD_EXPORT", "html"),
        (whole(b"[]"), "BAD_EXPORT", "not_an_export"),
        (whole(b'[{"htsno": "0101"'), "BAD_EXPORT", "truncated"),
    ],
)
def test_a_slow_broken_or_lying_service_changes_nothing(
    folder: Path, serve: Callable[[Answer], str], answer: Answer, code: str, reason: str
) -> None:
    with pytest.raises(LandedError) as error:
        # Only the slow answers are timed short: a busy machine must not turn the others into slow ones.
        pull(serve(answer), timeout=0.4 if reason == "timeout" else 10, deadline=0.6 if reason == "timeout" else 20, attempts=1, pause=0, max_bytes=2_000_000)
    assert (error.value.code, error.value.extra["reason"]) == (code, reason) and untouched(folder)


def test_a_cut_export_with_an_honest_length_is_refused(folder: Path, export: Path, serve: Callable[[Answer], str]) -> None:
    body = export.read_bytes()
    with pytest.raises(LandedError) as error:
        pull(serve(whole(body[: len(body) // 2])), effective=DAY)
    assert error.value.code == "BAD_EXPORT" and untouched(folder)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "nonsense", "http://127.0.0.1:1/x"])
def test_an_address_without_a_service_is_named(folder: Path, url: str) -> None:
    with pytest.raises(LandedError) as error:
        pull(url, attempts=1, timeout=0.5)
    assert error.value.code == "PULL_FAILED" and untouched(folder)
