"""The store on SQLite and on a real PostgreSQL: migrations, transactions, replay, backup, the audit log."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from sqlalchemy import select, text

from landed.errors import LandedError
from landed.operations import keys, products, saved, saved_entries, watches
from landed.store import audit
from landed.store.actor import Actor, acting
from landed.store.backup import backup, restore
from landed.store.check import check
from landed.store.database import Store, forget_stores, store
from landed.store.replies import once
from landed.store.tables import audit_log, metadata
from landed.store.tables import products as products_table
from store_support import REQUEST, postgres_url  # type: ignore[import-not-found]

TOY = products.ProductRequest(sku="T-1", title="Toy bear", hts_code="9503000073", country_of_origin="China", unit_value="3.50", units_per_year="1000", evidence={"ruling": "NY N123456"})


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store of its own."""
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)
    if request.param == "postgresql":
        url = postgres_url()
        monkeypatch.setenv("LANDED_DATABASE_URL", url)
        clean = Store(url, upgrade=False)
        with clean.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        clean.close()
    forget_stores()
    yield store()
    forget_stores()


@pytest.fixture
def lite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)
    forget_stores()
    yield store()
    forget_stores()


def test_the_migrations_make_the_tables_the_program_knows(site: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with site.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert check().sound


def test_a_product_is_kept_replaced_archived_and_audited(site: Store) -> None:
    first = products.save(TOY)
    assert (first.hts_code, first.country_of_origin, first.unit_value, first.version) == ("9503.00.00.73", "CN", "3.50", 1)
    again = products.save(products.ProductRequest(sku="T-1", title="Toy bear, brown", hts_code="9503.00.00.73", country_of_origin="CN", version=1))
    assert again.id == first.id and again.version == 2
    with pytest.raises(LandedError) as clash:
        products.save(products.ProductRequest(sku="T-1", title="Late", hts_code="9503.00.00.73", country_of_origin="CN", version=1))
    assert clash.value.code == "CONFLICT" and products.show(products.SkuRequest("T-1")).title == "Toy bear, brown"
    assert products.archive(products.SkuRequest("T-1")).archived
    assert products.list_(products.ProductsRequest()).products == ()
    assert [r.action for r in keys.audit(keys.AuditRequest()).records] == ["product.save", "product.save", "product.archive"]
    assert check().sound


def test_pages_hold_every_row_once(site: Store) -> None:
    for number in range(25):
        products.save(products.ProductRequest(sku=f"S-{number}", title="x", hts_code="9503.00.00.73", country_of_origin="CN"))
    seen, cursor = [], ""
    while True:
        page = products.list_(products.ProductsRequest(limit=10, cursor=cursor))
        seen += [p.sku for p in page.products]
        cursor = page.next
        if not cursor:
            break
    assert sorted(seen) == sorted(f"S-{n}" for n in range(25))


def test_the_catalogue_is_priced_and_unknown_is_never_zero(site: Store) -> None:
    products.save(TOY)
    products.save(products.ProductRequest(sku="T-2", title="No price", hts_code="9503.00.00.73", country_of_origin="CN"))
    found = products.duties(products.DutiesRequest(days=("2025-04-09",)))  # type: ignore[arg-type]
    by_sku = {p.sku: p.duties[0] for p in found.products}
    assert by_sku["T-1"].duty_per_year == "3640.00" and by_sku["T-1"].duty_per_unit == "3.64"
    assert by_sku["T-2"].duty_per_year is None and by_sku["T-2"].problem
    assert (found.totals[0].duty_per_year, found.totals[0].unknown) == ("3640.00", 1)


def test_a_saved_estimate_is_replayed_to_the_same_answer_and_later_law_does_not_rewrite_it(site: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = saved.save(saved.SaveRequest(REQUEST, title="spring order"))
    assert kept.law_version and kept.receipt_id
    found = saved.replay(saved.SavedId(kept.id))
    assert found.same and found.same_law and found.duty_change == "0.00"
    from landed.operations import engine as rooms

    later = rooms.engine().with_overlay({"end": [{"name": "us.ieepa.*", "from": "2025-01-01"}]}) if any(p.id.startswith("us.ieepa") for p in rooms.engine().law.programmes) else None
    if later is None:
        pytest.skip("the pack names no programme us.ieepa.*")
    monkeypatch.setattr(rooms, "engine", lambda: later)
    changed = saved.replay(saved.SavedId(kept.id))
    assert not changed.same and not changed.same_law and changed.duty_then == kept.duty != changed.duty_now
    assert saved.show(saved.SavedId(kept.id)).answer == kept.answer


def test_an_entry_is_kept_as_it_was_given(site: Store) -> None:
    lines = [{"hts_code": "9503.00.00.73", "country_of_origin": "CN", "price": "10000.00"}]
    kept = saved_entries.save(saved_entries.SaveEntryRequest({"entry": {"entry_date": "2025-04-09", "transport_mode": "ocean"}, "lines": lines}, "E-1"))
    assert saved_entries.show(saved_entries.SavedEntryId(kept.id)) == kept and kept.law_version and kept.entry_date == "2025-04-09"
    assert [row.reference for row in saved_entries.list_(saved_entries.SavedEntriesRequest()).entries] == ["E-1"]
    assert check().sound


def test_workspaces_do_not_see_each_other(site: Store) -> None:
    key = keys.create(keys.KeyRequest("other", "write", workspace="other"))
    products.save(TOY)
    with acting(keys.holder(key.secret)):
        assert products.list_(products.ProductsRequest()).products == ()
        with pytest.raises(LandedError, match="there is no product"):
            products.show(products.SkuRequest("T-1"))


def test_a_key_is_kept_as_a_hash_and_ends_when_revoked(site: Store) -> None:
    made = keys.create(keys.KeyRequest("erp", "quote"))
    assert keys.holder(made.secret).scope == "quote"
    with site.begin() as connection:
        stored = json.dumps([list(map(str, row)) for row in connection.execute(text("SELECT * FROM api_keys"))])
    assert made.secret.rpartition("_")[2] not in stored
    keys.revoke(keys.RevokeRequest(made.id))
    for bad in (made.secret, made.secret[:-1] + "A", "landed_key_00", ""):
        with pytest.raises(LandedError, match="unknown or has ended"):
            keys.holder(bad)


def test_a_watch_is_kept_and_removed(site: Store) -> None:
    made = watches.save(watches.WatchRequest("steel", programmes=("us.s232.*",), origins=("CN",)))
    assert watches.list_(watches.WatchesRequest()).watches == (made,)
    watches.remove(watches.WatchName("steel"))
    assert watches.list_(watches.WatchesRequest()).watches == ()


def test_an_idempotency_key_does_the_work_once_even_at_the_same_moment(site: Store) -> None:
    answers: list[tuple[bytes, bool]] = []

    def ask() -> None:
        answers.append(once("product_save", {"sku": "T-1"}, "k-1", lambda: products.save(TOY).id.encode()))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6 and len({body for body, _ in answers}) == 1 and sum(not again for _, again in answers) == 1
    assert products.show(products.SkuRequest("T-1")).version == 1
    with pytest.raises(LandedError) as other:
        once("product_save", {"sku": "T-2"}, "k-1", lambda: b"")
    assert other.value.code == "IDEMPOTENCY_MISMATCH"


def test_a_failed_write_leaves_neither_row_nor_record_nor_key(site: Store) -> None:
    def work() -> bytes:
        products.save(TOY)
        raise LandedError("INVALID_REQUEST", "stop here")

    with pytest.raises(LandedError, match="stop here"):
        once("product_save", {}, "k-2", work)
    assert products.list_(products.ProductsRequest()).products == () and audit.verify().records == 0
    assert once("product_save", {}, "k-2", lambda: b"ok") == (b"ok", False)


def test_a_backup_restores_into_either_database(site: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    products.save(TOY)
    kept = saved.save(saved.SaveRequest(REQUEST, sku="T-1"))
    said = backup(tmp_path / "all.zip")
    new = Store(f"sqlite:///{tmp_path / 'new.db'}")
    assert restore(tmp_path / "all.zip", new) == {"rows": said["rows"], "uploads": 0, "audit_log_sound": True}
    assert check(new).sound
    with new.begin() as connection:
        assert connection.execute(text("SELECT receipt_id FROM saved_estimates")).scalar() == kept.receipt_id
    with pytest.raises(LandedError) as full:
        restore(tmp_path / "all.zip", new)
    assert full.value.code == "STORE_NOT_EMPTY"
    new.close()
    if not site.sqlite:
        return
    whole = (tmp_path / "all.zip").read_bytes()
    for cut in (0, 10, len(whole) // 2):
        (tmp_path / "bad.zip").write_bytes(whole[:cut])
        with pytest.raises(LandedError, match="BAD_BACKUP"):
            restore(tmp_path / "bad.zip", Store(f"sqlite:///{tmp_path / f'bad{cut}.db'}"))


def test_a_backup_brings_the_files_of_uploads_along(lite: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.testclient import TestClient

    from landed.doors.api.app import create_app
    from landed.doors.api.settings import Settings

    with TestClient(create_app(Settings(run_jobs=False)), base_url="http://127.0.0.1:8080") as client:
        sent = client.post("/v1/uploads?name=goods.csv", content=b"code\n9503.00.00.73\n", headers={"Content-Type": "application/octet-stream"}).json()["id"]
    said = backup(tmp_path / "all.zip")
    assert said["uploads"] == 1 and said["left_out"] == ["results of batches"]
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "elsewhere"))
    new = Store(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert restore(tmp_path / "all.zip", new)["uploads"] == 1
    assert (tmp_path / "elsewhere" / "uploads" / sent).read_bytes() == b"code\n9503.00.00.73\n" and check(new).sound
    new.close()


def test_the_audit_log_refuses_changes(site: Store) -> None:
    products.save(TOY)
    for statement in ("UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"):
        with pytest.raises(LandedError), site.begin() as connection:
            connection.execute(text(statement))
    assert audit.verify().sound and audit.verify().records == 1


def test_writers_at_the_same_time_keep_one_chain(site: Store) -> None:
    def write(number: int) -> None:
        for step in range(10):
            with acting(Actor(f"w{number}")):
                products.save(products.ProductRequest(sku=f"{number}-{step}", title="x", hts_code="9503.00.00.73", country_of_origin="CN"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = audit.verify()
    assert found.sound and found.records == 40


def test_ten_thousand_tamperings_of_the_audit_log_are_all_found(lite: Store, tmp_path: Path) -> None:
    """Each tampering changes a copy of the rows in memory: a field, a byte, an order, a missing, doubled or forged row, a cut tail, a new chain."""
    for number in range(40):
        with lite.begin() as connection:
            audit.record(connection, "test", f"s{number}", {"n": number})
    with lite.begin() as connection:
        rows = [dict(row) for row in connection.execute(select(audit_log).order_by(audit_log.c.seq)).mappings()]
        head = dict(connection.execute(text("SELECT * FROM audit_head")).mappings().one())
    assert audit.judge(rows, [head]) == []
    chance = random.Random(99)
    for trial in range(10_000):
        copy, top = [dict(row) for row in rows], dict(head)
        tamper(copy, top, chance)
        assert audit.judge(copy, [top]), f"tampering {trial} was not found"


def tamper(rows: list[dict[str, object]], head: dict[str, object], chance: random.Random) -> None:
    at = chance.randrange(len(rows))
    kind = chance.randrange(7)
    if kind == 0:
        name = chance.choice(["at", "workspace_id", "actor", "action", "subject", "detail", "previous", "hash"])
        old = str(rows[at][name])
        place = chance.randrange(len(old) + 1)
        rows[at][name] = old[:place] + chance.choice("0123456789abcdefxyz {}") + old[place + chance.randrange(2) :]
        if rows[at][name] == old:
            rows[at][name] = old + "!"
    elif kind == 1:
        del rows[at]
    elif kind == 2:
        other = (at + 1 + chance.randrange(len(rows) - 1)) % len(rows)
        rows[at], rows[other] = rows[other], rows[at]
    elif kind == 3:
        rows.insert(at, dict(rows[chance.randrange(len(rows))]))
    elif kind == 4:
        del rows[at:]
        if rows and chance.random() < 0.5:  # and the head made to fit, without the key
            head["seq"], head["hash"] = len(rows), rows[-1]["hash"]
    elif kind == 5:  # every row from here written anew, chain and head made to fit: only the site's key tells
        rows[at]["actor"] = f"{rows[at]['actor']}'"
        previous = rows[at - 1]["hash"] if at else audit.START
        for row in rows[at:]:
            row["previous"] = previous
            row["hash"] = previous = audit._hash(row)
        head["hash"] = previous
    else:
        head[chance.choice(["hash", "seal"])] = f"{chance.getrandbits(256):064x}"


def test_a_page_flipped_in_the_file_is_found(lite: Store, tmp_path: Path) -> None:
    for number in range(60):
        saved.save(saved.SaveRequest(REQUEST, title=f"t{number}"))
    forget_stores()
    path = tmp_path / "landed.db"
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    chance, missed = random.Random(5), 0
    for _ in range(20):
        damaged = bytearray(whole)
        at = chance.randrange(len(damaged) // 4096) * 4096
        damaged[at : at + 4096] = chance.randbytes(4096)
        path.write_bytes(damaged)
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        try:
            missed += check().sound
        except LandedError as error:
            assert error.code in ("STORE_DAMAGED", "STORE_OUTDATED", "STORE_UNAVAILABLE")
        finally:
            forget_stores()
    # A page that holds nothing (freed, or the unused end of the file) may be anything.
    assert missed <= 1


def test_a_changed_amount_in_a_row_is_found_though_the_file_is_sound(lite: Store) -> None:
    products.save(TOY)
    saved.save(saved.SaveRequest(REQUEST))
    with lite.begin() as connection:
        connection.execute(products_table.update().values(country_of_origin="VN"))
        connection.execute(text("UPDATE saved_estimates SET answer = replace(answer, '10400.00', '1040.00')"))
    found = check()
    assert not found.sound and len(found.broken) == 2


def test_a_full_disk_is_said_and_nothing_is_half_written(lite: Store) -> None:
    products.save(TOY)
    with lite.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    from sqlalchemy import event

    @event.listens_for(lite.engine, "checkout")
    def limit(connection: object, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")  # type: ignore[attr-defined]

    with pytest.raises(LandedError) as full:
        for number in range(500):
            saved.save(saved.SaveRequest(REQUEST, title=f"t{number}"))
    assert full.value.code == "STORE_FULL" and "full" in full.value.detail
    event.remove(lite.engine, "checkout", limit)
    lite.engine.dispose()
    assert check().sound


def test_a_disk_that_fills_up_under_postgresql_is_said_and_nothing_is_half_written(site: Store) -> None:
    if site.sqlite:
        pytest.skip("SQLite has its own test above")
    from starlette.testclient import TestClient

    from landed.doors.api.app import create_app
    from landed.doors.api.settings import Settings

    with site.begin() as connection:  # what the server says when a file of a table cannot grow, in a language of its own
        connection.execute(text("CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'kein Platz' USING ERRCODE = '53100'; END $$"))
        connection.execute(text("CREATE TRIGGER filled AFTER INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION fill()"))
    with TestClient(create_app(Settings(run_jobs=False)), base_url="http://127.0.0.1:8080") as client:
        for path, body in (("/v1/saved-estimates", {"request": REQUEST}), ("/v1/products", {"sku": "A", "title": "x", "hts_code": "9503.00.00.73", "country_of_origin": "CN"})):
            answer = client.post(path, json=body, headers={"Idempotency-Key": f"k{len(path)}"})
            assert answer.status_code == 507 and answer.json()["code"] == "STORE_FULL"
        with site.begin() as connection:
            for table in ("saved_estimates", "products", "audit_log", "idempotency"):
                assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
            connection.execute(text("DROP TRIGGER filled ON audit_log"))
        assert client.post("/v1/saved-estimates", json={"request": REQUEST}, headers={"Idempotency-Key": "k19"}).status_code < 300
    assert check().sound


@pytest.mark.parametrize("days", [-3650, -1, 1, 3650])
def test_a_clock_that_jumps_breaks_neither_chain_nor_keys_nor_pages(lite: Store, days: int) -> None:
    time_machine = pytest.importorskip("time_machine")
    from datetime import UTC, datetime, timedelta

    products.save(TOY)
    key = keys.create(keys.KeyRequest("k"))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True):
        products.save(products.ProductRequest(sku="T-2", title="x", hts_code="9503.00.00.73", country_of_origin="CN"))
        assert keys.holder(key.secret).name == "k"
        assert {p.sku for p in products.list_(products.ProductsRequest()).products} == {"T-1", "T-2"}
        assert once("x", {}, "k", lambda: b"1") == (b"1", False)
    assert audit.verify().sound and check().sound


def test_postgresql_restarted_and_damaged_is_said_and_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from postgres import Postgres, why_not  # type: ignore[import-not-found]

    if reason := why_not():
        pytest.skip(reason)
    server = Postgres()
    try:
        monkeypatch.setenv("LANDED_DATA", str(tmp_path))
        monkeypatch.setenv("LANDED_DATABASE_URL", server.url)
        forget_stores()
        products.save(TOY)
        with store().begin(reading=True) as connection:
            page = server.data / str(connection.execute(text("SELECT pg_relation_filepath('products')")).scalar())
        server.stop()
        with pytest.raises(LandedError) as away:
            products.show(products.SkuRequest("T-1"))
        assert away.value.code == "STORE_UNAVAILABLE"
        server.start()
        assert products.show(products.SkuRequest("T-1")).version == 1
        assert check().sound
        server.stop()
        damaged = bytearray(page.read_bytes())
        damaged[8100:8110] = bytes(b ^ 255 for b in damaged[8100:8110])
        page.write_bytes(damaged)
        server.start()
        found = check()
        assert not found.sound and "STORE_DAMAGED" in found.broken[0]
    finally:
        forget_stores()
        server.close()
