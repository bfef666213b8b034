"""What docs/security.md promises, each line of its table by a test of this file, test_api.py or test_store.py."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

from starlette.testclient import TestClient

from landed.doors.api import outward
from landed.doors.api.app import create_app
from landed.doors.api.files import check_content, safe_cell
from landed.doors.api.settings import Settings
from landed.errors import LandedError
from landed.store.database import forget_stores
from store_support import REQUEST  # type: ignore[import-not-found]

HERE = "http://127.0.0.1:8080"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)
    forget_stores()
    yield tmp_path
    forget_stores()


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(run_jobs=False, largest_upload=200_000)), base_url=HERE) as found:
        yield found


TRICKS = [
    "http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "//hooks.example.com/", "javascript:alert(1)",
    "https://localhost/", "https://LOCALHOST./", "https://db.internal/", "https://printer.local/", "https://intranet/", "https://a.localdomain/",
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0/", "https://0.0.0.0/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/",
    "https://10.0.0.1/", "https://172.16.5.4/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://198.18.0.1/", "https://224.0.0.1/", "https://255.255.255.255/",
    "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[::127.0.0.1]/", "https://[2001:0:7f00:1::]/",
    "https://user:pass@93.184.216.34/", "https://93.184.216.34@127.0.0.1/", "https://hooks.acme.org:22/", "https://hooks.acme.org:6379/", "https://hooks.acme.org\\@127.0.0.1/", "https://hooks.acme.org\n.evil.org/",
    "https://hooks.acme.org /", "https://１２７.0.0.1/", "https://ⓛocalhost/", "https://hooks..acme.org/", "https:///", "https://-bad.acme.org/", "https://metadata.google.internal/", "https://1.2.3.4.5/", "https://256.1.1.1/", "https://%31%32%37.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", TRICKS)
def test_a_tricky_url_is_refused_before_anything_is_looked_up(url: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("looked up")

    with pytest.raises(LandedError) as refused:
        outward.target(url, resolver=never)
    assert refused.value.code == "URL_REFUSED"


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["::ffff:169.254.169.254"], []])
def test_a_public_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    with pytest.raises(LandedError, match="URL_REFUSED"):
        outward.target("https://hooks.acme.org/x", resolver=lambda host, port: addresses)


def test_the_checked_address_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up once; a second answer (DNS rebinding) is never asked for."""
    to = outward.target("https://hooks.acme.org/x?y=1", resolver=lambda host, port: ["93.184.216.34"])
    called: list[object] = []

    def connect(address: object, timeout: float = 0) -> None:
        called.append(address)
        raise OSError("stop")

    monkeypatch.setattr(outward.socket, "create_connection", connect)
    with pytest.raises(OSError, match="stop"):
        outward.post(to, b"{}", {})
    assert called == [("93.184.216.34", 443)] and (to.host, to.path) == ("hooks.acme.org", "/x?y=1")


def test_a_webhook_to_a_private_address_is_never_sent(client: TestClient) -> None:
    from landed.doors.api.background import _send

    for url in ("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/"):
        assert client.post("/v1/webhooks", json={"url": url}).json()["code"] == "URL_REFUSED"
        said, good = _send({"url": url, "body": "{}", "webhook_id": "hook_1", "id": "dlv_1", "event": "e"}, Settings())
        assert not good and said.startswith("URL_REFUSED")


def test_a_pull_goes_to_public_https_only(client: TestClient) -> None:
    for url in ("http://127.0.0.1:1/", "https://169.254.169.254/", "file:///etc/passwd"):
        assert client.post("/v1/data/pull", json={"url": url}).json()["code"] == "URL_REFUSED"


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "inbox/../landed.db", "inbox/../../x", "site.key", "landed.db", "inbox/\x00x", "~/.ssh/id_rsa"])
def test_no_file_outside_the_inbox_is_named_from_outside(client: TestClient, site: Path, path: str) -> None:
    for route, body in (("/v1/data/import", {"file": path}), ("/v1/data/build", {"exports": path}), ("/v1/data/build", {"exports": "inbox/x", "out": path})):
        answer = client.post(route, json=body)
        assert answer.status_code in (400, 422) and answer.json()["code"] in ("FILE_REFUSED", "BAD_JSON"), answer.text


def test_every_field_that_names_a_file_or_address_is_guarded() -> None:
    from landed.doors.api.outside import FILE_FIELDS, URL_FIELDS
    from landed.operations.registry import operations

    words = re.compile(r"^(folder|file to|file with|official export|paths?\b|where to (write|read)|https? address|address of the)", re.IGNORECASE)
    for operation in operations():
        for name, shape in operation.request_schema()["properties"].items():
            if words.match(shape.get("description", "")):
                assert name in FILE_FIELDS | URL_FIELDS, f"{operation.name}.{name} names a file or an address and is not guarded"


def test_a_file_of_the_inbox_is_read_from_the_data_folder(site: Path) -> None:
    from landed.doors.api.outside import check
    from landed.operations.registry import find

    inbox = site / "data" / "inbox"
    assert check(find("data_import"), {"file": "inbox/x.csv"})["file"] == str(inbox / "x.csv")
    inbox.mkdir(parents=True)
    (inbox / "link.csv").symlink_to("/etc/passwd")
    with pytest.raises(LandedError, match="FILE_REFUSED"):
        check(find("data_import"), {"file": "inbox/link.csv"})


def test_an_overlay_is_content_or_a_ready_name_never_a_path(client: TestClient, site: Path) -> None:
    (site / "x.yaml").write_text("overlay: x\n")
    for overlay in (str(site / "x.yaml"), "../x", "x.yaml", "/etc/passwd"):
        for route, body in (("/v1/estimates", {**REQUEST, "overlay": overlay}), ("/v1/saved-estimates", {"request": {**REQUEST, "overlay": overlay}}), ("/v1/batches", {"requests": [{**REQUEST, "overlay": overlay}]}), ("/v1/batches", {"requests": [REQUEST], "defaults": {"overlay": overlay}})):
            assert client.post(route, json=body).json()["code"] == "BAD_OVERLAY"


def test_no_operation_reads_an_overlay_file_named_from_outside(client: TestClient, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from landed.lawbook import overlay as reader
    from landed.operations.registry import operations

    canary = site / "canary.yaml"
    canary.write_text("overlay: canary\ntitle: CANARY\n")
    read: list[str] = []
    asked: set[str] = set()
    monkeypatch.setattr(reader, "parse_yaml", lambda text, name: read.append(name) or {})
    line = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "price": "100", "value_per_year": "100", "sku": "A", "unit_value": "1"}
    for named in (str(canary), {"use": str(canary)}, {"use": "../../../../../../../../.." + str(canary.with_suffix(""))}, str(canary) + " country=IN"):
        for operation in operations():
            known = (operation.request_schema().get("properties") or {}).keys()
            bodies = [{"overlay": named}, {"overlays": [named]}, {"scenarios": [{"name": "a", "probability": "1", "overlay": named}]}, {"exposure": {"on": "2025-04-09", "before_overlay": named, "overlay": named}}]
            bodies += [{"request": {**REQUEST, "overlay": named}}, {"requests": [{**REQUEST, "overlay": named}]}, {"requests": [REQUEST], "defaults": {"overlay": named}}]
            for body in bodies:
                if not body.keys() <= known:
                    continue
                whole = {**{name: value for name, value in {**REQUEST, "entry": {"entry_date": "2025-04-09"}, "lines": [line], "products": [line], "skus": [line]}.items() if name in known}, **body}
                if operation.method != "POST":
                    whole = {name: value if isinstance(value, str) else json.dumps(value) for name, value in whole.items()}
                path = re.sub(r"\{\w+\}", "x", operation.path)
                answer = client.post(path, json=whole) if operation.method == "POST" else client.request(operation.method, path, params=whole)
                assert 400 <= answer.status_code < 500, (operation.name, body, answer.text[:200])
                assert "CANARY" not in answer.text
                asked.add(operation.name)
    assert canary.name not in read
    assert {"estimate", "entry", "compare", "history", "plan", "exposure", "suppliers_rfq", "watch_changes", "product_duties", "bond_check", "batch_start", "estimate_save"} <= asked


def test_a_ready_what_if_with_parameters_may_be_named_from_outside(client: TestClient) -> None:
    assert len(client.get("/v1/law/overlays").json()["overlays"]) >= 5
    plain = client.post("/v1/estimates", json={**REQUEST, "entry_date": "2026-05-04"}).json()
    for named in ("section_301_on_country country=CN rate_pct=25", {"use": "section_301_on_country", "country": "CN", "rate_pct": "25"}):
        answer = client.post("/v1/estimates", json={**REQUEST, "entry_date": "2026-05-04", "overlay": named})
        assert answer.status_code == 200, answer.text
        assert float(answer.json()["totals"]["duty"]) > float(plain["totals"]["duty"])


def test_a_form_of_the_pages_is_cut_off_past_the_limit(client: TestClient) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"filed=" + b"x" * 65_536  # no length is stated

    answer = client.post("/nowhere", content=parts(), headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code in (404, 405, 413)
    assert client.post("/entry/audit", content=b"x" * 2_000_000).status_code == 413


def test_another_host_name_is_refused_on_loopback(client: TestClient) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", ""):
        assert client.get("/v1/law", headers={"Host": host}).json()["code"] == "HOST_REFUSED"
    assert client.get("/health", headers={"Host": "localhost:9999"}).status_code == 200


def test_a_page_of_another_site_cannot_change_or_ask(client: TestClient) -> None:
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost.evil.example"):
        answer = client.post("/v1/products", json={}, headers={"Origin": origin})
        assert answer.status_code == 403 and answer.json()["code"] == "ORIGIN_REFUSED" and "access-control-allow-origin" not in answer.headers
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):  # what a form can send without asking first
        assert client.post("/v1/products", content=b"{}", headers={"Content-Type": kind}).status_code == 415


def test_a_websocket_of_another_site_is_closed(client: TestClient) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_nicegui_ws/socket.io", headers={"Origin": "http://evil.example"}):
        pass


def test_what_came_through_a_proxy_is_not_taken_for_local(client: TestClient) -> None:
    assert client.get("/v1/law", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401


def test_beyond_loopback_a_key_is_asked_for() -> None:
    assert Settings(host="0.0.0.0").asks_for_keys and not Settings().asks_for_keys
    with TestClient(create_app(Settings(host="0.0.0.0", run_jobs=False)), base_url="http://example.org") as client:
        for path in ("/v1/law", "/metrics", "/docs", "/"):
            assert client.get(path).status_code == 401
        assert client.get("/docs").headers["www-authenticate"].startswith("Basic")


def test_answers_carry_headers_that_keep_browsers_from_guessing(client: TestClient) -> None:
    for path in ("/v1/law/coverage", "/v1/nothing", "/health", "/metrics", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff" and "default-src 'none'" in headers["content-security-policy"] and "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers and "cache-control" in headers
    assert "default-src 'none'" in client.get("/docs").headers["content-security-policy"]


def test_a_failure_shows_a_reference_and_nothing_of_the_inside(client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from landed.doors.api import routes

    def broken(raw: object) -> bytes:
        raise RuntimeError("secret inside /home/somebody")

    monkeypatch.setattr(routes, "_estimate", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.post("/v1/estimates", json={**REQUEST, "reference": "order-of-acme"})
    assert answer.status_code == 500 and "secret" not in answer.text and "somebody" not in answer.text
    assert answer.json()["where"] in caplog.text and "order-of-acme" not in caplog.text


def test_no_log_line_holds_a_key_or_a_body(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    from landed.operations.keys import KeyRequest, create

    secret = create(KeyRequest("x")).secret
    with caplog.at_level(logging.DEBUG):
        client.get("/v1/law/coverage", headers={"Authorization": f"Bearer {secret}"})
        client.get("/v1/law/coverage", headers={"Authorization": f"Bearer {secret[:-2]}zz"})
        client.post("/v1/estimates", json={**REQUEST, "reference": "order-of-acme"})
    assert secret.rpartition("_")[2] not in caplog.text and "order-of-acme" not in caplog.text


def test_the_site_key_is_for_its_owner_only(site: Path) -> None:
    from landed.store.audit import site_key

    key = site_key()
    assert len(key) == 32 and site_key() == key
    if os.name == "posix":
        assert stat.S_IMODE((site / "data" / "site.key").stat().st_mode) == 0o600


def workbook(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


GOOD = {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ"),
        ("a.csv", b"MZ\x90\x00"),
        ("a.csv", b"a,b\x00c"),
        ("a.csv", b"\xff\xfe\xfa"),
        ("a.csv", b"%PDF-1.7"),
        ("a.csv", workbook(GOOD)),
        ("a.csv", b""),
        ("a.jsonl", b"PAR1"),
        ("a.parquet", b"PAR1 no end"),
        ("a.xlsx", b"a,b"),
        ("a.xlsx", workbook({"evil.txt": b"x"})),
        ("a.xlsx", workbook({**GOOD, "xl/vbaProject.bin": b"x"})),
        ("a.xlsx", workbook({**GOOD, "xl/worksheets/sheet1.xml": b"0" * 30_000_000})),
        ("a.xlsx", workbook({**GOOD, **{f"xl/{n}.xml": b"" for n in range(10_001)}})[:190_000]),
        ("", b"a,b"),
        ("a" * 300 + ".csv", b"a,b"),
        ("a\n.csv", b"a,b"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused_and_leaves_nothing(client: TestClient, site: Path, name: str, content: bytes) -> None:
    answer = client.post("/v1/uploads", params={"name": name}, content=content)
    assert answer.status_code in (400, 422), answer.text
    folder = site / "data" / "uploads"
    assert not folder.exists() or not list(folder.iterdir())


def test_an_upload_past_the_limit_is_cut_off(client: TestClient, site: Path) -> None:
    assert client.post("/v1/uploads?name=a.csv", content=b"a" * 200_001).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"a" * 10_000

    assert client.post("/v1/uploads?name=a.csv", content=endless()).status_code == 413
    assert not list((site / "data" / "uploads").iterdir())


def test_the_name_of_an_upload_is_never_a_path(client: TestClient, site: Path) -> None:
    kept = client.post("/v1/uploads", params={"name": "../../../x.csv"}, content=b"a,b\n1,2\n").json()
    assert [p.name for p in (site / "data" / "uploads").iterdir()] == [kept["id"]] and re.fullmatch(r"upl_[0-9a-f]{26}", kept["id"])


def test_a_good_file_of_each_kind_is_taken(client: TestClient, tmp_path: Path) -> None:
    assert client.post("/v1/uploads?name=a.csv", content="hts_code\n9503.00.00.73\nsœur\n".encode()).status_code == 200
    assert client.post("/v1/uploads?name=a.xlsx", content=workbook(GOOD)).status_code == 200
    (tmp_path / "p").write_bytes(b"PAR1....PAR1")
    check_content(tmp_path / "p", "parquet")


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1", "=HYPERLINK(\"http://x\")", "-2+3", "=cmd|' /C calc'!A0"])
def test_an_export_holds_no_formula(cell: str) -> None:
    assert safe_cell(cell).startswith("'")


@pytest.mark.parametrize("cell", ["-12.50", "10000.00", "toys", "", None, "9503.00.00.73"])
def test_an_export_leaves_numbers_and_words_alone(cell: object) -> None:
    assert safe_cell(cell) == ("" if cell is None else cell)


def test_names_from_outside_cannot_change_a_query(client: TestClient) -> None:
    for text in ("' OR 1=1 --", "x'; DROP TABLE products; --", "%", "_"):
        assert client.get(f"/v1/products/{text.replace('%', '%25').replace(';', '%3B')}").status_code == 404
    assert client.get("/v1/products").status_code == 200


def test_deep_and_odd_json_is_refused_calmly(client: TestClient) -> None:
    for body in (b"[" * 100_000, b'{"a":' * 50_000, b'{"customs_value": 1e999999}', b'{"a": NaN}', b"\xff\xfe", b"null", b'{"a": ' + b"9" * 100_000 + b"}"):
        answer = client.post("/v1/estimates", content=body, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500, body[:20]
    deep: object = {}
    for _ in range(200):
        deep = {"all": [deep]}
    assert 400 <= client.post("/v1/estimates", json={**REQUEST, "overlay": {"programmes": [{"programme": "x", "measures": [{"when": deep}]}]}}).status_code < 500


def test_the_security_page_names_a_test_for_every_line() -> None:
    page = (Path(__file__).parents[1] / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    here = "".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("test_security.py", "test_api.py", "test_store.py", "test_mcp.py", "test_api_schema.py"))
    assert len(named) > 25 and all(f"def {name}(" in here for name in named), [n for n in named if f"def {n}(" not in here]
    rows = [line for line in page.splitlines() if line.startswith("| V")]
    assert rows and all("`test_" in line for line in rows)


def test_the_openapi_document_states_the_scope_of_every_operation(client: TestClient) -> None:
    for item in client.get("/openapi.json").json()["paths"].values():
        for operation in item.values():
            assert operation["operationId"] in ("health", "metrics") or operation["x-scope"] in ("read", "quote", "write", "admin")
    assert json.dumps(client.get("/openapi.json").json())
