"""The dense index of recall: built on command, never in the way, never a crash, and never the network behind the user's back."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landed.assistant.models import Binding
from landed.assistant.models_client import Client
from landed.classify import dense as dense_module
from landed.classify.classify import classify, read_product
from landed.classify.dense import Dense, build, documents, opened
from landed.classify.dense_file import MANIFEST, Vectors, manifest_of, read
from landed.classify.tree import tree_of
from landed.errors import LandedError
from landed.operations import dense as site
from landed.operations.classify import answer_one, classify_many
from landed.operations.engine import engine

sys.path.insert(0, str(Path(__file__).parent / "assistant"))
from endpoint import endpoint, raw, silent

ON = date(2026, 6, 1)
WIDTH = 24


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    for name in list(os.environ):
        if name.startswith(("LANDED_AI", "LANDED_DENSE")):
            monkeypatch.delenv(name)
    return tmp_path


def pieces(text: str, width: int = WIDTH) -> list[float]:
    """A vector of the words of a text, alike for texts with words in common."""
    found = np.zeros(width)
    for word in text.lower().split():
        found[int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big") % width] += 1
    return (found + 0.01).tolist()


@dataclass
class Words:
    """An embedder of the tests; `asked` keeps how many texts each question held."""

    name: str = "words 1"
    paid: bool = False
    alone: float = 0.6
    width: int = WIDTH
    asked: list[int] = field(default_factory=list)
    answer: Callable[[list[str]], Any] | None = None

    def embed(self, texts):
        self.asked.append(len(texts))
        if self.answer is not None:
            return self.answer(list(texts))
        return np.asarray([pieces(text, self.width) for text in texts], np.float32)


def tree():
    return tree_of(engine().schedule, ON)


def ask(text: str, dense: Dense | None = None, **more: Any):
    return classify(read_product({"text": text, "on": ON, **more}), engine(), dense=dense)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """One index of the tests' embedder, in a folder of its own."""
    folder = tmp_path_factory.mktemp("dense")
    build(Words(), folder)
    return folder


@pytest.fixture
def copied(built, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in built.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


# What it does.


def test_every_six_digit_code_of_the_tariff_stands_in_the_documents_with_its_title_and_its_trade_names():
    found = documents()
    here = {found.codes[c] for c in found.owner.tolist()}
    assert len([code for code in tree().subheadings if code[:2] < "98" and code not in here]) == 0
    assert len(found.texts) == len(set(found.texts)) > 10_000
    assert (np.diff(found.owner) >= 0).all()


def test_a_code_near_in_meaning_rises_and_says_so(built):
    plain = ask("frobnicated watering implement, umbrella-ish")
    near = ask("frobnicated watering implement, umbrella-ish", opened(Words(), built))
    assert {c.hts_code for c in near.candidates} != {c.hts_code for c in plain.candidates}
    assert any(reason.startswith("near in meaning to") for c in near.candidates for reason in c.because)


def test_without_an_index_the_answer_is_the_same_as_ever_and_nothing_is_made():
    found = answer_one({"text": "cotton t-shirt", "on": "2026-06-01"})
    assert "error" not in found and not any("earness" in w for w in found["warnings"])
    assert not site.folder("offline").exists()


def test_nearness_never_makes_a_code_surer_than_its_words_do(built):
    near = opened(Words(), built)
    for text in ("earrings", "cotton knit t-shirt for men", "plush toy bear", "steel water bottle", "usb cable"):
        plain, more = ask(text), ask(text, near)
        if plain.candidates[0].hts_code[:7] == more.candidates[0].hts_code[:7]:
            assert more.candidates[0].probability_hs6 == pytest.approx(plain.candidates[0].probability_hs6)
        else:
            assert more.candidates[0].probability_hs6 <= plain.candidates[0].probability_hs6 + 1e-9


def test_where_no_word_is_known_only_a_near_text_answers_and_with_a_plain_warning(built):
    close = opened(Words(alone=0.0), built)
    found = ask("qwzzk blorpt", close)
    assert found.candidates[0].band == "low"
    assert any("nearness of meaning" in w for w in found.warnings)
    with pytest.raises(LandedError) as caught:
        ask("qwzzk blorpt", opened(Words(alone=2.0), built))
    assert caught.value.code == "NO_KNOWN_WORD"


# Confirmed goods.


def test_goods_that_a_person_confirmed_still_decide(built):
    from landed.classify.memory import Confirmation, Confirmed

    memory = Confirmed([Confirmation("blue widget of type zx", "9503.00.00", "Ann")])
    found = classify(read_product({"text": "blue widget of type zx", "on": ON}), engine(), memory=memory, dense=opened(Words(), built))
    assert found.candidates[0].hts_code.startswith("9503.00")


# The files.


def test_building_again_embeds_nothing_and_new_texts_only(copied, monkeypatch):
    words = Words()
    build(words, copied)
    assert words.asked == [1], "one text, to see that the embedder is the same"
    full = documents()
    more = dense_module.Documents((*full.texts, "a name made up just now"), full.codes, full.place, full.owner, full.titles)
    monkeypatch.setattr(dense_module, "documents", lambda: more)
    assert opened(Words(paid=True), copied).missing == 1, "of a paid index what is there is used"
    build(words, copied)
    assert words.asked == [1, 1, 1]


def test_an_embedder_that_gives_other_vectors_under_the_same_name_is_built_anew(copied):
    for other in (Words(width=WIDTH + 1), Words(answer=lambda texts: np.asarray([pieces(t[::-1]) for t in texts]))):
        build(other, copied)
        assert sum(other.asked) == len(documents().texts) + 1
    assert read(copied, "words 1").dimension == WIDTH


def test_a_paid_building_that_broke_off_goes_on_where_it_was(tmp_path):
    words = Words(paid=True)

    def tire(texts):
        if len(words.asked) > 3:
            raise LandedError("MODEL_FAILED", "tired")
        return [pieces(t) for t in texts]

    words.answer = tire
    with pytest.raises(LandedError):
        build(words, tmp_path, batch=1_000)
    with pytest.raises(LandedError):
        opened(words, tmp_path)  # what is half there is not used
    words.asked.clear()
    words.answer = None
    build(words, tmp_path, batch=1_000)
    assert sum(words.asked) == len(documents().texts) - 2_000 + 1
    assert sorted(f.name for f in tmp_path.iterdir())[0] == MANIFEST and len(list(tmp_path.iterdir())) == 2


def _cut(folder: Path) -> None:
    path = next(folder.glob("vectors-*.bin"))
    path.write_bytes(path.read_bytes()[:-1000])


def _flip(folder: Path) -> None:
    path = next(folder.glob("vectors-*.bin"))
    data = bytearray(path.read_bytes())
    data[5000] ^= 255
    path.write_bytes(bytes(data))


def _gone(folder: Path) -> None:
    next(folder.glob("vectors-*.bin")).unlink()


def _other(folder: Path) -> None:
    manifest = manifest_of(folder)
    assert manifest is not None
    (folder / MANIFEST).write_text(json.dumps({**manifest, "embedder": "words 0"}))


def _outside(folder: Path) -> None:
    manifest = manifest_of(folder)
    assert manifest is not None
    (folder / MANIFEST).write_text(json.dumps({**manifest, "file": "../../../etc/hosts"}))


DAMAGE = {
    "cut short": _cut,
    "one figure changed": _flip,
    "vectors gone": _gone,
    "made by another embedder": _other,
    "a path that leads out": _outside,
    "manifest empty": lambda f: (f / MANIFEST).write_text(""),
    "manifest a list": lambda f: (f / MANIFEST).write_text("[]"),
    "manifest nests": lambda f: (f / MANIFEST).write_text("[" * 100_000),
    "manifest of noise": lambda f: (f / MANIFEST).write_bytes(bytes(range(256))),
    "manifest without a size": lambda f: (f / MANIFEST).write_text('{"embedder": "words 1"}'),
    "manifest with a monstrous size": lambda f: (f / MANIFEST).write_text('{"embedder": "words 1", "dimension": 10000000, "rows": 100000000, "file": "vectors-x.bin"}'),
}


@pytest.mark.parametrize("way", DAMAGE)
def test_a_damaged_or_foreign_index_is_never_used_and_is_told_in_words(copied, way):
    DAMAGE[way](copied)
    with pytest.raises(LandedError) as caught:
        read(copied, "words 1")
    assert caught.value.code == "DENSE_FAILED"
    with pytest.raises(LandedError):
        opened(Words(paid=True), copied)  # never made again where that may cost


def test_a_damaged_index_that_costs_nothing_is_made_again(copied):
    _flip(copied)
    words = Words()
    found = opened(words, copied)
    assert sum(words.asked) == len(documents().texts) + 1 and found.near("umbrella", tree()) is not None
    assert len(list(copied.iterdir())) == 2, "no left-overs"


def test_a_building_that_breaks_off_leaves_the_index_before_it(copied):
    def fail(texts):
        raise LandedError("MODEL_FAILED", "gone")

    before = {file.name: file.read_bytes() for file in copied.iterdir()}
    with pytest.raises(LandedError):
        build(Words(name="words 2", answer=fail), copied)
    assert {file.name: file.read_bytes() for file in copied.iterdir()} == before


def test_eight_bits_keep_the_likeness():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scale = np.abs(rows).max(axis=1) / 127
    table = np.zeros(300, [("key", "<u8"), ("scale", "<f4"), ("figures", "i1", (64,))])
    table["key"], table["scale"], table["figures"] = np.arange(300), scale, np.rint(rows / scale[:, None])
    assert np.abs(Vectors(table).likeness(rows[0]) - rows @ rows[0]).max() < 0.02


# An embedder that fails.

WRONG: dict[str, Callable[[list[str]], Any]] = {
    "too few": lambda texts: np.ones((max(len(texts) - 1, 0), WIDTH)),
    "another length": lambda texts: np.ones((len(texts), WIDTH + 1)),
    "not a number": lambda texts: np.full((len(texts), WIDTH), np.nan),
    "no end": lambda texts: np.full((len(texts), WIDTH), np.inf),
    "no vectors": lambda texts: [],
    "words": lambda texts: ["x"] * len(texts),
    "ragged": lambda texts: [[1.0], [1.0, 2.0]],
    "flat": lambda texts: np.ones(WIDTH),
}


@pytest.mark.parametrize("way", WRONG)
def test_an_embedder_that_answers_wrongly_leaves_the_answer_of_the_words_with_a_warning(built, way):
    near = opened(Words(), built)
    near.embedder = Words(answer=WRONG[way])
    found, plain = ask("cotton t-shirt for men", near), ask("cotton t-shirt for men")
    assert [c.hts_code for c in found.candidates] == [c.hts_code for c in plain.candidates]
    assert any("did not weigh in" in w for w in found.warnings)


def test_after_a_failure_it_rests_then_tries_again(built):
    now = [0.0]
    words = Words()
    near = Dense(words, read(built, words.name), clock=lambda: now[0])
    words.answer = lambda texts: []
    assert near.near("umbrella", tree()) is None
    words.answer = None
    assert near.near("umbrella", tree()) is None and len(words.asked) == 1, "not asked while it rests"
    now[0] += dense_module.REST + 1
    assert near.near("umbrella", tree()) is not None and near.warning == ""


def test_the_same_text_is_embedded_once(built):
    words = Words()
    near = opened(words, built)
    ask("cotton t-shirt", near, category=["Clothing", "T-shirts"])
    ask("cotton  t-shirt ", near)
    assert words.asked == [1]


# The endpoint.


def vectors_of(texts: list[str], **more: Any) -> bytes:
    return json.dumps({"object": "list", "data": [{"object": "embedding", "index": i, "embedding": pieces(t)} for i, t in enumerate(texts)], **more}).encode()


def good(handler, body):
    assert handler.path == "/v1/embeddings"
    handler.whole(vectors_of(body["input"]))


def bound_to(address: str, **more: Any) -> Client:
    return Client(Binding("embed", "test-embed", address, "sk-secret", timeout=0.4, budget=2.0, retries=1, **more), sleep=lambda _: None)


def rows(*vectors: Any, **more: Any) -> bytes:
    return json.dumps({"data": [{"index": i, "embedding": v} for i, v in enumerate(vectors)], **more}).encode()


def drip(handler, body):
    import time

    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


BAD_ENDPOINTS = {
    "is silent": (silent(0.7),),
    "drips": (drip,),
    "closes the door": (silent(0.0),),
    "is always busy": (raw(b"{}", status=429),),
    "always fails": (raw(b"{}", status=500),),
    "refuses the key": (raw(b'{"error": "sk-secret"}', status=401),),
    "has no such model": (raw(b"{}", status=404),),
    "refuses even one text": (raw(b"{}", status=400),),
    "leads elsewhere": (raw(b"", status=302, Location="http://127.0.0.1:9/x"),),
    "is empty": (raw(b""),),
    "answers a page": (raw(b"<html>", kind="text/html"),),
    "answers a list": (raw(b"[]"),),
    "answers no vectors": (raw(b'{"data": []}'),),
    "answers null": (raw(b'{"data": null}'),),
    "answers one too many": (raw(rows([1.0], [2.0], [3.0])),),
    "answers different lengths": (raw(rows([1.0, 2.0], [1.0])),),
    "answers NaN": (raw(b'{"data": [{"index": 0, "embedding": [NaN, 1]}, {"index": 1, "embedding": [1, 2]}]}'),),
    "answers endless figures": (raw(rows([1e400, 1.0], [1.0, 1.0])),),
    "answers words": (raw(rows(["a", "b"], ["c", "d"])),),
    "answers truth values": (raw(rows([True, False], [True, True])),),
    "answers coded text": (raw(rows("AACAPw==", "AACAPw==")),),
    "answers zeros": (raw(rows([0, 0], [1, 1])),),
    "answers empty vectors": (raw(rows([], [])),),
    "numbers them twice": (raw(json.dumps({"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [2.0]}]}).encode()),),
    "answers an error with status 200": (raw(b'{"error": {"message": "quota"}}'),),
    "sends five megabytes": (raw(b" " * 5_000_000),),
    "nests too deeply": (raw(b"[" * 200_000),),
    "answers another encoding": (raw("¿".encode("utf-16")),),
    "answers vectors beyond measure": (raw(rows([0.5] * 20_000, [0.5] * 20_000)),),
}


@pytest.mark.parametrize("way", BAD_ENDPOINTS)
def test_an_endpoint_that_embeds_badly_ends_in_one_plain_error_without_the_key(way):
    with endpoint(*BAD_ENDPOINTS[way], path="/v1/embeddings") as (address, _), pytest.raises(LandedError) as caught:
        bound_to(address).embed(["a", "b"])
    assert caught.value.code == "MODEL_FAILED" and "sk-secret" not in str(caught.value)


def test_an_endpoint_that_comes_round_and_one_that_takes_few_at_once_give_every_vector_in_order():
    texts = [f"text {n}" for n in range(70)]

    def few(handler, body):
        if len(body["input"]) > 10:
            handler.whole(b'{"error": "batch"}', status=400)
        else:
            handler.whole(vectors_of(body["input"]))

    def backwards(handler, body):
        found = json.loads(vectors_of(body["input"]))
        handler.whole(json.dumps({"data": found["data"][::-1]}).encode())

    for steps in ((good,), (raw(b"{}", status=429, Retry_After="0"), good), (raw(b"{}", status=500), good), (few,), (backwards,)):
        with endpoint(*steps, path="/v1/embeddings") as (address, script):
            assert bound_to(address).embed(texts) == [pieces(t) for t in texts]
        assert all(h.get("Authorization") == "Bearer sk-secret" for h in script.headers)


def configure(monkeypatch, address: str) -> None:
    for name, value in (("BASE_URL", address), ("EMBED", "test-embed"), ("KEY", "sk-secret"), ("TIMEOUT", "0.5"), ("BUDGET", "5")):
        monkeypatch.setenv(f"LANDED_AI_{name}", value)


def test_an_endpoint_is_asked_only_after_its_index_was_built_on_command_then_weighs_in(monkeypatch):
    with endpoint(good, path="/v1/embeddings") as (address, script):
        configure(monkeypatch, address)
        answer_one({"text": "cotton t-shirt", "on": "2026-06-01"})
        assert script.asked == [], "bound is not built: nothing is sent"
        done: list[int] = []
        site.build_dense("endpoint", lambda n, whole: done.append(n))
        assert done[-1] == len(documents().texts) and site.state("endpoint").verdict == "good"
        built_with = len(script.asked)
        answer_one({"text": "cotton t-shirt", "on": "2026-06-01"})
        assert len(script.asked) == built_with + 1
        classify_many({"products": [{"text": f"Umbrella blk  lrg {n}", "on": "2026-06-01"} for n in range(20)]})
        assert len(script.asked) == built_with + 2, "many products in one question"
        monkeypatch.setenv("LANDED_DENSE", "off")
        answer_one({"text": "wool socks", "on": "2026-06-01"})
        assert len(script.asked) == built_with + 2
        monkeypatch.delenv("LANDED_DENSE")

        # The model behind the name changes: another length.
        script.steps = [raw(rows([1.0, 2.0, 3.0]))]
        script.asked.clear()
        found = answer_one({"text": "steel kettle", "on": "2026-06-01"})
        assert found["candidates"] and any("did not weigh in" in w and "build the index again" in w for w in found["warnings"])

    # Another model is bound: the index is not its own, and nothing is built in silence.
    monkeypatch.setenv("LANDED_AI_EMBED", "other-embed")
    found = answer_one({"text": "steel kettle", "on": "2026-06-01"})
    assert found["candidates"] and any("does not weigh in" in w for w in found["warnings"])
    assert site.state("endpoint").verdict == "look"


# The word vectors that need no network.


def test_the_offline_index_opens_no_connection_and_answers_names_it_never_read(tmp_path):
    pytest.importorskip("wordllama", reason="the extra dense is not installed")
    script = """
import socket, sys
def no(*a, **k): raise AssertionError("network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = no
from landed.operations.dense import build_dense
from landed.operations.classify import answer_one
print(build_dense("offline").verdict)
found = answer_one({"text": "barstools", "on": "2026-06-01"})
print(found["candidates"][0]["hts_code"][:4], "wordllama" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "LANDED_DATA": str(tmp_path)}, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["good", "9401", "False"], done.stderr[-800:]
    assert socket.socket is not None


def test_bad_choices_are_told(monkeypatch):
    monkeypatch.setenv("LANDED_DENSE", "sideways")
    assert answer_one({"text": "cotton t-shirt"})["error"]["code"] == "INVALID_REQUEST"
    with pytest.raises(LandedError):
        site.kind_of("x")
    monkeypatch.setenv("LANDED_DENSE", "offline")
    assert any("no offline index" in w for w in answer_one({"text": "cotton t-shirt"})["warnings"])
    monkeypatch.delenv("LANDED_DENSE")
    with pytest.raises(LandedError) as caught:
        site.build_dense("endpoint")
    assert caught.value.code == "MODEL_FAILED"
