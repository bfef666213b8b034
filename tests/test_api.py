"""The REST API: every operation a route, answers as the engine gives them, keys, limits, idempotency, ETags, jobs, webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from starlette.testclient import TestClient

import landed
from landed.doors.api.app import create_app
from landed.doors.api.encode import estimate_bytes
from landed.doors.api.limits import RateLimits, SharedRateLimits
from landed.doors.api.openapi import document
from landed.doors.api.routes import FIELD, needed_scope
from landed.doors.api.settings import Settings
from landed.operations.registry import operations
from landed.store.actor import SCOPES
from landed.store.database import forget_stores
from store_support import REQUEST  # type: ignore[import-not-found]

HERE = "http://127.0.0.1:8080"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)
    forget_stores()
    yield tmp_path
    forget_stores()


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(run_jobs=False)), base_url=HERE) as found:
        yield found


def client_with(**settings: Any) -> TestClient:
    return TestClient(create_app(Settings(**{"run_jobs": False, **settings})), base_url=HERE)


def test_every_operation_is_a_route_in_the_document_with_words_for_it() -> None:
    paths = document(operations(), "1")["paths"]
    for operation in operations():
        item = paths[operation.path][operation.method.lower()]
        assert item["operationId"] == operation.name and len(item["description"]) > 60, operation.name
        assert item["x-scope"] in SCOPES and (operation.read_only or item["x-scope"] in ("write", "admin")), operation.name
        fields = operation.request_schema()["properties"]
        assert set(FIELD.findall(operation.path)) <= set(fields), operation.name
        missing = [name for name, shape in fields.items() if not shape.get("description")]
        assert not missing, f"{operation.name}: no words for {missing}"
    assert len({(o.method, o.path) for o in operations()}) == len(operations())


def test_every_operation_answers_at_its_route(client: TestClient) -> None:
    for operation in operations():
        path = FIELD.sub("nothing", operation.path)
        answer = client.request(operation.method, path, json=None if operation.method == "GET" else {"no_such_field": 1})
        if answer.status_code == 404:
            assert answer.json()["code"] != "NOT_FOUND" or "nothing is at" not in answer.json()["detail"], operation.name
        assert answer.status_code < 500, (operation.name, answer.text)


def test_the_estimate_is_that_of_the_engine(client: TestClient) -> None:
    answer = client.post("/v1/estimates", json=REQUEST)
    assert answer.status_code == 200 and answer.json() == json.loads(json.dumps(landed.estimate(REQUEST).to_dict()))


@pytest.mark.parametrize("change", [{}, {"customs_value": 10_000.10}, {"hts_code": "2204.21.50.40", "country_of_origin": "FR"}, {"known_on": "2025-04-01"}, {"hts_code": "7304.31.30.00", "country_of_origin": "RU"}])
def test_the_quick_encoder_writes_what_the_contract_says(change: dict[str, Any]) -> None:
    found = landed.estimate({**REQUEST, **change})
    assert json.loads(estimate_bytes(found)) == json.loads(json.dumps(found.to_dict(), default=str))


def test_errors_are_problems_with_a_code_and_a_mend(client: TestClient) -> None:
    for answer, status, code in (
        (client.post("/v1/estimates", json={**REQUEST, "hts_code": "9503.00.00.99"}), 422, "UNKNOWN_HTS"),
        (client.get("/v1/hts/9503.00.00.99"), 404, "UNKNOWN_HTS"),
        (client.post("/v1/estimates", content=b"{", headers={"content-type": "application/json"}), 400, "BAD_JSON"),
        (client.post("/v1/estimates", content=b'{"reference":"\\ud800"}', headers={"content-type": "application/json"}), 400, "BAD_JSON"),
        (client.post("/v1/estimates", content=b"a=1", headers={"content-type": "text/plain"}), 415, "WRONG_MEDIA_TYPE"),
        (client.post("/v1/estimates", content=b" " * 1_000_001, headers={"content-type": "application/json"}), 413, "TOO_LARGE"),
        (client.get("/v1/hts/0101?on=2025-01-01&on=2025-01-02"), 400, "INVALID_REQUEST"),
        (client.get("/v1/nothing"), 404, "NOT_FOUND"),
        (client.put("/v1/estimates", json={}), 405, "METHOD_NOT_ALLOWED"),
    ):
        assert (answer.status_code, answer.json()["code"], answer.headers["content-type"]) == (status, code, "application/problem+json")
        assert {"type", "title", "detail", "where", "mend", "status"} <= answer.json().keys()
    assert client.put("/v1/estimates", json={}).headers["allow"] == "POST"


def test_law_and_schedule_have_etags_that_hold_while_the_data_does(client: TestClient) -> None:
    first = client.get("/v1/law/coverage")
    again = client.get("/v1/law/coverage", headers={"If-None-Match": first.headers["etag"]})
    assert first.status_code == 200 and again.status_code == 304 and not again.content
    assert client.get("/v1/hts/0101").headers["etag"] != client.get("/v1/hts/0102").headers["etag"]


def test_an_idempotency_key_gives_the_first_answer_again(client: TestClient) -> None:
    body = {"sku": "T-1", "title": "Toy", "hts_code": "9503.00.00.73", "country_of_origin": "CN"}
    first, again = (client.post("/v1/products", json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.content == again.content and "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    assert client.post("/v1/products", json={**body, "title": "Other"}, headers={"Idempotency-Key": "k1"}).status_code == 409
    assert client.post("/v1/keys", json={"name": "x"}, headers={"Idempotency-Key": "k2"}).status_code == 400


def test_a_product_is_written_read_and_listed(client: TestClient) -> None:
    body = {"sku": "T 1/ü", "title": "Toy", "hts_code": "9503.00.00.73", "country_of_origin": "CN", "unit_value": "2.00"}
    assert client.post("/v1/products", json=body).status_code == 200
    assert [p["sku"] for p in client.get("/v1/products").json()["products"]] == ["T 1/ü"]
    found = client.post("/v1/products:duties", json={"days": ["2025-04-09"]}).json()
    assert found["products"][0]["duties"][0]["duty_per_unit"] == "2.08"


def test_health_metrics_and_the_page_answer(client: TestClient) -> None:
    client.post("/v1/estimates", json=REQUEST)
    assert client.get("/health").json()["status"] == "ok"
    assert 'landed_requests_total{operation="estimate",status="200"' in client.get("/metrics").text
    page = client.get("/docs").text
    assert all(f"id={operation.name}" in page for operation in operations()) and "<script" not in page and "http://" not in page


def test_health_fails_when_the_store_is_damaged(site: Path, client: TestClient) -> None:
    (site / "landed.db").write_bytes(b"this is no database" * 1000)
    answer = client.get("/health")
    assert answer.status_code == 503 and answer.json()["store"] == "STORE_DAMAGED" and answer.headers["retry-after"]
    assert client.post("/v1/estimates", json=REQUEST).status_code == 200  # estimates need no store


def test_past_its_bound_the_server_refuses_at_once_and_says_when_to_come_back() -> None:
    from landed.doors.api.routes import Turnstile
    from landed.errors import LandedError

    gate = Turnstile(2)
    gate.enter()
    gate.enter()
    with pytest.raises(LandedError) as busy:
        gate.enter()
    assert busy.value.code == "BUSY"
    gate.leave()
    gate.enter()
    with client_with(in_flight=0) as full:
        answer = full.post("/v1/estimates", json=REQUEST)
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1


def test_a_key_has_an_allowance_a_minute() -> None:
    now = [0.0]
    limits = RateLimits(lambda: now[0])
    assert [limits.take("a", 60) for _ in range(10)] == [0.0] * 10 and limits.take("a", 60) > 0 and limits.take("b", 60) == 0.0
    now[0] = 1.01
    assert limits.take("a", 60) == 0.0 and limits.take("a", 60) > 0
    with client_with(rate_per_minute=60) as client:
        statuses = [client.get("/v1/law/coverage").status_code for _ in range(12)]
        refused = client.get("/v1/law/coverage")
        assert client.get("/web/static/theme.css").status_code != 429  # a page's parts count with their page
    assert statuses[:10] == [200] * 10 and refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")
def test_workers_share_one_allowance_and_a_dead_one_holds_nothing_up() -> None:
    limits = SharedRateLimits(lambda: 100.0)
    children = []
    for _ in range(4):
        if (child := os.fork()) == 0:
            os._exit(sum(limits.take("key", 60) == 0 for _ in range(10)))  # how many were let through
        children.append(child)
    assert sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children) == 10
    assert limits.take("key", 60) == 1.0 and limits.take("another", 60) == 0.0
    for number in range(SharedRateLimits.PLACES * 2):  # a full table gives up the longest unused
        limits.take(f"k{number}", 60)
    assert limits.take("key", 60) in (0.0, 1.0)


def test_a_scope_reaches_as_far_as_it_says() -> None:
    from landed.operations.keys import KeyRequest, create

    made = {scope: create(KeyRequest(scope, scope)).secret for scope in ("read", "quote", "write", "admin")}  # type: ignore[arg-type]
    order = list(made)
    with client_with(keys_required=True) as client:
        assert client.get("/v1/law").status_code == 401 and client.get("/v1/law").headers["www-authenticate"].startswith("Bearer")
        assert client.get("/v1/law", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert client.get("/health").status_code == 200
        for operation in operations():
            needed = order.index(needed_scope(operation))
            for scope, secret in made.items():
                path = FIELD.sub("nothing", operation.path)
                answer = client.request(operation.method, path, json=None if operation.method == "GET" else {"no_such_field": 1}, headers={"X-API-Key": secret})
                assert (answer.status_code == 403) == (order.index(scope) < needed), (operation.name, scope, answer.status_code)
        assert client.get("/metrics").status_code == 401


class Receiver:
    """A webhook receiver on loopback that answers what it is told to."""

    def __init__(self, statuses: list[int]) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.got.append(({k.lower(): v for k, v in self.headers.items()}, self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


def until(test: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := test():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def test_a_batch_runs_tells_its_end_to_a_signed_webhook_and_is_downloaded() -> None:
    from landed.operations.jobs import WebhookRequest, webhook_add

    receiver = Receiver([])
    hook = webhook_add(WebhookRequest(receiver.url))
    with client_with(run_jobs=True, private_webhooks=True) as client:
        started = client.post("/v1/batches", json={"requests": [{**REQUEST, "reference": "=1+1"}, {"hts_code": "1"}], "defaults": {"entry_date": "2025-04-09"}}).json()
        assert started["status"] == "waiting" and client.get(f"/v1/batches/{started['id']}/result").status_code == 409
        done = until(lambda: (b := client.get(f"/v1/batches/{started['id']}").json())["status"] == "done" and b)
        assert (done["total"], done["done"], done["failed"]) == (2, 2, 1)
        lines = [json.loads(line) for line in client.get(done["result"]).text.splitlines()]
        assert lines[0]["totals"]["duty"] == "10400.00" and lines[1]["error"]["code"] == "INVALID_REQUEST" and lines[1]["row"] == 2
        table = client.get(done["result"] + "?form=csv").text.splitlines()
        assert table[1].startswith("'=1+1,estimated,")
        headers, body = until(lambda: receiver.got and receiver.got[0])
    stamp, made = (part.partition("=")[2] for part in headers["landed-signature"].split(","))
    assert made == hmac.new(hook.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert json.loads(body)["batch"]["id"] == started["id"] and abs(time.time() - int(stamp)) < 60


def test_a_batch_of_a_file_maps_columns_and_can_be_cancelled() -> None:
    table = "code,origin,customs_value,entry_date,reference\n9503.00.00.73,CN,10000,2025-04-09,=1+1\nbad,CN,1,2025-04-09,\n"
    with client_with(run_jobs=True) as client:
        kept = client.post("/v1/uploads?name=goods.csv", content=table.encode()).json()
        job = client.post("/v1/batches", json={"upload_id": kept["id"], "columns": {"code": "hts_code", "origin": "country_of_origin"}}).json()
        done = until(lambda: (b := client.get(f"/v1/batches/{job['id']}").json())["status"] in ("done", "failed") and b)
        assert (done["status"], done["total"], done["failed"]) == ("done", 2, 1), done
        sheet = client.get(done["result"])
        assert sheet.headers["content-type"].startswith("text/csv") and "10400" in sheet.text.splitlines()[1] and "'=1+1" in sheet.text and ",=1+1" not in sheet.text
        job = client.post("/v1/batches", json={"upload_id": kept["id"], "columns": {"code": "hts_code", "origin": "country_of_origin"}, "answers": "explained"}).json()
        done = until(lambda: (b := client.get(f"/v1/batches/{job['id']}").json())["status"] == "done" and b)
        assert (done["total"], done["failed"]) == (2, 1) and '"receipt_id"' in client.get(done["result"]).text
        many = [{**REQUEST, "customs_value": str(n)} for n in range(1, 8001)]
        job = client.post("/v1/batches", json={"requests": many[:5000]}).json()
        until(lambda: client.get(f"/v1/batches/{job['id']}").json()["done"] > 0)
        client.post(f"/v1/batches/{job['id']}:cancel", json={})
        ended = until(lambda: (b := client.get(f"/v1/batches/{job['id']}").json())["status"] == "cancelled" and b)
        assert 0 < ended["done"] < 5000 and client.get(f"/v1/batches/{job['id']}/result").status_code == 409


def test_a_webhook_that_fails_is_tried_again_and_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from landed.doors.api import background
    from landed.operations import jobs
    from landed.store.actor import LOCAL

    monkeypatch.setattr(background, "TRIES", (0, 0, 0, 0))
    receiver = Receiver([500, 301, 204, 500, 500, 500, 500])
    jobs.webhook_add(jobs.WebhookRequest(receiver.url))
    settings = Settings(private_webhooks=True)
    row = {"id": "job_1", "workspace_id": LOCAL.workspace, "status": "done", "total": 1, "done": 1, "failed": 0}
    jobs.finished(row)
    for _ in range(6):
        background.deliver_due(settings)
    assert len(receiver.got) == 3 and jobs.webhook_list(jobs.WebhooksRequest()).webhooks[0].last_delivery == "status 204"
    assert len({headers["landed-delivery"] for headers, _ in receiver.got}) == 1
    jobs.finished(row)
    for _ in range(8):
        background.deliver_due(settings)
    assert len(receiver.got) == 3 + 4
