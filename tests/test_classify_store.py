"""Catalogues, their review queue and confirmed codes in the store, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from sqlalchemy import func, select, text
from typer.testing import CliRunner

from landed.doors.cli.main import app
from landed.errors import LandedError
from landed.operations import catalogue as kept
from landed.operations import keys
from landed.operations.classify import classify, confirm
from landed.operations.confirmed import memory
from landed.store.actor import Actor, acting
from landed.store.backup import backup, restore
from landed.store.check import check
from landed.store.database import Store, forget_stores, store
from landed.store.tables import catalogue_rows, confirmed_codes, workspaces
from store_support import postgres_url  # type: ignore[import-not-found]

GOODS: list[dict[str, Any]] = [
    {"id": "A1", "text": "women's dress", "origin": "VN", "value": "500"},
    {"id": "A2", "text": "women's dress", "origin": "VN", "value": "50000"},
    {"id": "A3", "text": ""},
    {"id": "A4", "text": "glimmerwidget 77 of the store test", "origin": "VN"},
]
CODE = "9503.00.00.73"


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store of its own."""
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)
    if request.param == "postgresql":
        monkeypatch.setenv("LANDED_DATABASE_URL", postgres_url())
        _emptied(postgres_url())
    forget_stores()
    yield store()
    forget_stores()


@pytest.fixture
def lite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)
    forget_stores()
    yield tmp_path
    forget_stores()


def _emptied(url: str) -> None:
    clean = Store(url, upgrade=False)
    with clean.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    clean.close()


def _answered(products: list[dict[str, Any]] = GOODS) -> kept.Catalogue:
    made = kept.begin("spring", products)
    kept.work(made.id)
    return kept.show(kept.CatalogueId(made.id))


def _rows(identifier: str, show: Any = "all", **more: Any) -> kept.Queue:
    return kept.queue(kept.QueueRequest(identifier, show, **more))


def test_a_catalogue_is_answered_ranked_by_money_and_paged(site: Store) -> None:
    told: list[tuple[int, int]] = []
    made = kept.begin("spring", GOODS)
    assert (made.status, made.waiting) == ("stopped", 4)
    assert kept.work(made.id, lambda done, total: told.append((done, total))) == 4 and told == [(4, 4)]
    found = kept.show(kept.CatalogueId(made.id))
    assert (found.status, found.waiting, found.error) == ("done", 0, 2 if _rows(made.id).rows[1].status == "error" else 1)
    order = [row.product["id"] for row in _rows(made.id).rows]
    assert order.index("A3") < order.index("A2") < order.index("A1")
    paged, cursor = [], ""
    while True:
        page = _rows(made.id, limit=1, cursor=cursor)
        paged += [row.product["id"] for row in page.rows]
        if not (cursor := page.next):
            break
    assert paged == order
    assert [c.id for c in kept.list_(kept.CataloguePageRequest()).catalogues] == [made.id]
    assert kept.work(made.id) == 0
    assert check().sound


def test_a_decision_keeps_row_memory_and_audit_and_the_classifier_follows(site: Store) -> None:
    made = _answered([GOODS[1], {"id": "W", "text": "glimmer gadget of the test"}])
    row = next(r for r in _rows(made.id).rows if r.product["id"] == "W")
    first = classify({"text": row.product["text"], "limit": 1}).candidates[0].hts_code
    other = "9503.00.00.71" if first != "9503.00.00.71" else CODE
    done = kept.decide(kept.DecideRequest(row.id, other.replace(".", ""), row.version, "sample seen", "Ann"))
    assert (done.decision, done.code, done.who, done.why, done.version) == ("overridden", other, "Ann", "sample seen", row.version + 1)
    assert done.decided_at
    found = classify({"text": row.product["text"]})
    assert found.candidates[0].hts_code == other and any("confirmed" in words for words in found.candidates[0].because)
    assert [r.action for r in keys.audit(keys.AuditRequest()).records][-2:] == ["classify.confirm", "catalogue.decide"]
    assert row.id not in [r.id for r in _rows(made.id, "open").rows] and [r.id for r in _rows(made.id, "decided").rows] == [row.id]
    assert "sample seen" in kept.export(kept.CatalogueId(made.id)).csv
    assert check().sound


def test_of_two_people_who_decide_one_row_the_second_is_told(site: Store) -> None:
    made = _answered([GOODS[0]])
    row = _rows(made.id).rows[0]
    seen: list[str] = []
    start = threading.Barrier(2)

    def one(who: str) -> None:
        start.wait()
        try:
            seen.append(kept.decide(kept.DecideRequest(row.id, CODE, row.version, "", who)).decision)
        except LandedError as error:
            seen.append(error.code)

    people = [threading.Thread(target=one, args=(name,)) for name in ("Ann", "Bob")]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert sorted(seen) == ["CONFLICT", "overridden"]
    with site.begin(reading=True) as connection:
        assert connection.execute(select(func.count()).select_from(confirmed_codes)).scalar_one() == 1


def test_bad_decisions_change_nothing(site: Store) -> None:
    made = kept.begin("waits", [GOODS[0]])
    row = _rows(made.id).rows[0]
    for request, code in (
        (kept.DecideRequest(row.id, CODE, row.version), "NOT_ANSWERED"),
        (kept.DecideRequest(row.id, "12", row.version), "INVALID_CODE"),
        (kept.DecideRequest("row_none", CODE, 1), "NOT_FOUND"),
        (kept.DecideRequest(row.id, CODE, 9), "CONFLICT"),
    ):
        with pytest.raises(LandedError) as refused:
            kept.decide(request)
        assert refused.value.code == code and refused.value.mend
    with site.begin(reading=True) as connection:
        assert connection.execute(select(func.count()).select_from(confirmed_codes)).scalar_one() == 0


def test_confirmed_codes_are_never_changed_and_stay_in_their_workspace(site: Store) -> None:
    confirm({"text": "glimmer gadget of the test", "code": CODE, "who": "Ann"})
    assert memory()[0] is not None
    with pytest.raises(LandedError), site.begin() as connection:
        connection.execute(confirmed_codes.update().values(code="0101.21.00.10"))
    with site.begin() as connection:
        connection.execute(workspaces.insert().values(id="other", name="other", created_at=func.current_timestamp()))
    with acting(Actor("Eve", "other")):
        assert memory() == (None, "") and kept.list_(kept.CataloguePageRequest()).catalogues == ()
    assert check().sound


def test_a_changed_row_is_found_by_the_check(site: Store) -> None:
    _answered([GOODS[0]])
    with site.begin() as connection:
        connection.execute(catalogue_rows.update().values(code=CODE, decision="confirmed"))
    assert any("catalogue_rows" in words for words in check().broken)


def test_the_lines_of_the_file_are_taken_once_and_the_file_stays(site: Store, tmp_path: Path) -> None:
    path = tmp_path / "classify" / "confirmed.jsonl"
    path.parent.mkdir()
    line = json.dumps({"text": "glimmer gadget of the test", "code": CODE, "who": "Ann", "why": "old", "at": "2026-01-01T00:00:00+00:00"})
    path.write_text(f"{line}\nbroken\n{line}\n", encoding="utf-8")
    assert classify({"text": "glimmer gadget of the test"}).candidates[0].hts_code == CODE
    confirm({"text": "glimmer gadget of the test", "code": "9503.00.00.71", "who": "Bob"})
    forget_stores()
    assert classify({"text": "glimmer gadget of the test"}).candidates[0].hts_code == "9503.00.00.71"  # the last word stands
    with store().begin(reading=True) as connection:
        assert connection.execute(select(func.count()).select_from(confirmed_codes)).scalar_one() == 3
    assert path.read_text(encoding="utf-8").count("\n") == 3
    assert check().sound


def test_a_backup_carries_catalogues_and_memory(site: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _answered([GOODS[0]])
    row = _rows(made.id).rows[0]
    kept.decide(kept.DecideRequest(row.id, CODE, row.version, "", "Ann"))
    backup(tmp_path / "b.zip")
    monkeypatch.setenv("LANDED_DATABASE_URL", f"sqlite:///{tmp_path / 'second.db'}")
    forget_stores()
    assert restore(tmp_path / "b.zip")["audit_log_sound"]
    assert _rows(made.id, "decided").rows[0].code == CODE and memory()[0] is not None and check().sound


def test_a_backup_of_the_schema_before_catalogues_restores(lite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup(lite / "new.zip")
    later = {"catalogues", "catalogue_rows", "confirmed_codes"}
    with zipfile.ZipFile(lite / "new.zip") as new, zipfile.ZipFile(lite / "old.zip", "w") as old:
        manifest = json.loads(new.read("manifest.json"))
        manifest |= {"revision": "0001", "tables": {name: part for name, part in manifest["tables"].items() if name not in later}}
        for name in manifest["tables"]:
            old.writestr(f"{name}.jsonl", new.read(f"{name}.jsonl"))
        old.writestr("manifest.json", json.dumps(manifest))
    monkeypatch.setenv("LANDED_DATABASE_URL", f"sqlite:///{lite / 'second.db'}")
    forget_stores()
    assert restore(lite / "old.zip")["audit_log_sound"] and check().sound


def test_a_site_with_the_file_alone_is_answered_without_a_database(lite: Path) -> None:
    (lite / "classify").mkdir()
    (lite / "classify" / "confirmed.jsonl").write_text(json.dumps({"text": "zorbly bear", "code": CODE, "who": "Ann"}) + "\n", encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-c", "import sys; from landed.operations.classify import classify as c; print(c({'text': 'zorbly bear'}).candidates[0].hts_code, 'sqlalchemy' in sys.modules)"],
        capture_output=True, text=True, check=True, env=os.environ | {"LANDED_DATA": str(lite)},
    )  # fmt: skip
    assert said.stdout.split() == [CODE, "False"] and not (lite / "landed.db").exists()


def test_a_killed_run_leaves_whole_rows_and_goes_on(lite: Path) -> None:
    (lite / "goods.csv").write_text("sku,title,origin\n" + "".join(f"S{n},women's dress {n},VN\n" for n in range(600)), encoding="utf-8")
    command = [sys.executable, "-c", "from landed.doors.cli.main import main; main()", "classify", "--catalogue", str(lite / "goods.csv"), "-o", str(lite / "out.csv")]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = kept.list_(kept.CataloguePageRequest()).catalogues if (lite / "landed.db").exists() else ()
            if found and found[0].waiting < 600:
                break
            time.sleep(0.05)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    left = kept.list_(kept.CataloguePageRequest()).catalogues[0]
    assert 0 < left.waiting < 600 and left.status == "stopped" and not (lite / "out.csv").exists() and check().sound
    done = CliRunner().invoke(app, ["catalogue", "resume", left.id])
    assert done.exit_code == 0 and "600 products" in done.output and kept.show(kept.CatalogueId(left.id)).waiting == 0
    assert check().sound


def test_the_commands_list_show_decide_and_export(lite: Path) -> None:
    made = _answered()
    run = CliRunner().invoke
    assert "spring" in run(app, ["catalogue", "list"]).output
    shown = json.loads(run(app, ["catalogue", "show", made.id, "--json"]).output)
    row = next(r for r in shown["rows"] if r["product"]["id"] == "A2")
    assert "A2" in run(app, ["catalogue", "show", made.id]).output
    decided = run(app, ["catalogue", "decide", row["id"], row["answer"]["hts_code"], "--version", str(row["version"]), "--who", "Ann", "--why", "label"])
    assert decided.exit_code == 0 and "Confirmed" in decided.output
    assert run(app, ["catalogue", "decide", row["id"], CODE, "--version", str(row["version"])]).exit_code == 2
    assert run(app, ["catalogue", "export", made.id, "-o", str(lite / "q.csv")]).exit_code == 0
    assert "label" in (lite / "q.csv").read_text(encoding="utf-8-sig")


def test_a_confirmed_line_goes_before_the_line_that_a_trade_name_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    before = classify({"text": "plush toy bear"}).candidates[0].hts_code
    other = "9503.00.00.73" if before != "9503.00.00.73" else "9503.00.00.71"
    confirm({"text": "plush toy bear", "code": other, "who": "Ana", "why": "for ages 3 to 12"})
    assert classify({"text": "plush toy bear"}).candidates[0].hts_code == other
