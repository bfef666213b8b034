"""Models by role: what is bound and what is off, names that are gone, the doctor, photos, and classification by reasoning."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from landed.assistant.models import ROLES, bound, known, successor
from landed.assistant.models_client import Client
from landed.assistant.models_schema import first_object, problem
from landed.assistant.photo import read_photo
from landed.errors import LandedError
from landed.operations.ask import ask, classify_reasoned
from landed.operations.doctor import doctor

sys.path.insert(0, str(Path(__file__).parent / "assistant"))
from endpoint import Handler, calls, endpoint, raw, words

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (64).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00" + b"\0" * 20
MUG = {"text": "ceramic coffee mug"}


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRESET", "BASE_URL", "KEY", *(r.upper() for r in ROLES)):
        monkeypatch.delenv(f"LANDED_AI_{name}", raising=False)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Points every role at an address."""

    def at(address: str) -> None:
        monkeypatch.setenv("LANDED_AI_BASE_URL", address)
        monkeypatch.setenv("LANDED_AI_KEY", "sk-secret")
        monkeypatch.setenv("LANDED_AI_TIMEOUT", "2")
        for role in ROLES:
            monkeypatch.setenv(f"LANDED_AI_{role.upper()}", "test-model")

    return at


def test_nothing_is_on_until_it_is_chosen_even_with_keys_in_the_environment() -> None:
    found = bound(environ={"OPENAI_API_KEY": "sk-x", "DASHSCOPE_API_KEY": "sk-y"})
    assert not found.bindings
    assert set(found.off) == set(ROLES)


def test_a_preset_binds_every_role_with_the_key_of_its_own_variable() -> None:
    found = bound(environ={"LANDED_AI_PRESET": "model_studio", "DASHSCOPE_API_KEY": "sk-y", "LANDED_AI_WORKSPACE": "ws-1"})
    assert set(found.bindings) == set(ROLES)
    reason = found.bindings["reason"]
    assert (reason.base_url, reason.key) == ("https://ws-1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1", "sk-y")
    assert "sk-y" not in repr(found)


def test_without_its_key_a_role_is_off_and_says_why() -> None:
    found = bound(environ={"LANDED_AI_PRESET": "openai"})
    assert found.off["fast"] == "no key: set OPENAI_API_KEY"


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text('preset = "model_studio"\nkey_env = "MY_KEY"\n[roles]\nreason = "one"\nvision = {model = "two", base_url = "https://example.com/v1/"}\n')
    found = bound(tmp_path, {"MY_KEY": "k", "LANDED_AI_REASON": "three"})
    assert found.bindings["reason"].model == "three"
    assert (found.bindings["vision"].model, found.bindings["vision"].base_url) == ("two", "https://example.com/v1")


@pytest.mark.parametrize("text", ["preset = ", 'key = "sk"', "roles = 5", "[roles]\nfast = 5", "\udcff"])
def test_a_bad_file_is_refused_in_a_clear_word(tmp_path: Path, text: str) -> None:
    (tmp_path / "models.toml").write_bytes(text.encode("utf-8", "surrogateescape") if "\udcff" in text else text.encode())
    with pytest.raises(LandedError) as refused:
        bound(tmp_path, {"LANDED_AI_PRESET": "local"})
    assert refused.value.code == "BAD_MODELS_FILE"


@pytest.mark.parametrize("address", ["http://example.com/v1", "ftp://example.com", "https://user:pw@example.com/v1", "file:///etc/passwd", "example.com", "https://example.com/v1?key=x"])
def test_an_address_that_would_leak_is_refused(address: str) -> None:
    with pytest.raises(LandedError) as refused:
        bound(environ={"LANDED_AI_BASE_URL": address, "LANDED_AI_KEY": "k", "LANDED_AI_FAST": "m"})
    assert refused.value.code == "URL_REFUSED"


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(LandedError) as refused:
        bound(environ={"LANDED_AI_PRESET": "nope"})
    assert (refused.value.code, "model_studio" in refused.value.mend) == ("UNKNOWN_PRESET", True)


@pytest.mark.parametrize("name", ["qwen-max", "qwq-plus", "qvq-max", "qwen-vl-max"])
def test_names_of_2025_lead_to_their_successors_with_a_plain_warning(name: str) -> None:
    model, thinks, warning = successor(name)
    assert model != name and model not in {row["name"] for row in known()["aliases"]}
    assert thinks == (name in ("qwq-plus", "qvq-max"))
    assert name in warning and model in warning


def test_a_gone_name_is_warned_of_by_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_AI_PRESET", "model_studio")
    monkeypatch.setenv("LANDED_AI_KEY", "k")
    monkeypatch.setenv("LANDED_AI_REASON", "qwen-max")
    assert any("qwen-max was to end" in row.found for row in doctor({}).findings)


def test_the_doctor_without_a_model_is_sound_and_says_what_is_off() -> None:
    found = doctor({})
    assert found.sound
    assert {row.part for row in found.findings if row.verdict == "off"} >= {f"model for {role}" for role in ROLES}
    assert any(row.part == "law" and "read through" in row.found for row in found.findings)


def test_the_doctor_asks_endpoints_only_when_told_to(use: Any) -> None:
    with endpoint() as (address, script):
        use(address)
        assert doctor({}).sound
        assert doctor({"endpoints": True}).sound
        script.models = b'{"data": [{"id": "other"}]}'
        lacks = doctor({"endpoints": True})
        script.models = b"<html>"
        broken = doctor({"endpoints": True})
    assert not lacks.sound and any("does not list it" in row.found for row in lacks.findings)
    assert not broken.sound
    assert "sk-secret" not in str(broken)


def test_the_doctor_on_the_command_line(landed: Any) -> None:
    ran = landed("doctor")
    assert ran.code == 0 and "model for reason" in ran.out
    assert landed("doctor", "--json").json["sound"] is True


def test_json_answers_are_checked_and_sent_back_once(use: Any) -> None:
    schema = {"type": "object", "required": ["what"], "properties": {"what": {"type": "string"}}}
    with endpoint(words("sure! {\"what\": 5}"), words("```json\n{\"what\": \"mug\"}\n```")) as (address, script):
        use(address)
        assert Client(bound().bindings["vision"]).ask_json([{"role": "user", "content": "x"}], schema) == {"what": "mug"}
        assert "expected string" in script.asked[1]["messages"][-1]["content"]


@pytest.mark.parametrize(("value", "schema"), [(True, {"type": "integer"}), ("x" * 20, {"type": "string", "maxLength": 9}), ([1] * 9, {"type": "array", "maxItems": 3}), ({"a": 1}, {"type": "object", "additionalProperties": False}), (2, {"enum": [1]})])
def test_what_does_not_fit_a_schema_is_named(value: Any, schema: Any) -> None:
    assert problem(value, schema)


def test_text_without_an_object_is_no_json() -> None:
    with pytest.raises(ValueError):
        first_object("I would rather not.")


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.7", b"\xff\xd8\xff" + b"\0" * 50, PNG[:16] + (100_000).to_bytes(4, "big") * 2 + PNG[24:], PNG[:16] + bytes(8) + PNG[24:], b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_photo_or_a_bomb_is_refused(data: bytes) -> None:
    with pytest.raises(LandedError) as refused:
        read_photo(data)
    assert refused.value.code == "BAD_PHOTO"


def test_a_photo_without_a_model_says_what_to_do() -> None:
    with pytest.raises(LandedError) as refused:
        ask({"text": "", "photo": base64.b64encode(PNG).decode()})
    assert (refused.value.code, "in words" in refused.value.mend) == ("MODEL_REQUIRED", True)
    with pytest.raises(LandedError) as bad:
        ask({"text": "", "photo": "not base64!"})
    assert bad.value.code == "BAD_PHOTO"


def test_a_photo_becomes_facts_and_the_facts_a_code_by_the_same_rules(use: Any) -> None:
    with endpoint(words(json.dumps({"what": "coffee mug", "material": "ceramic"}))) as (address, script):
        use(address)
        found = ask({"text": "what is this", "photo": base64.b64encode(PNG).decode(), "offline": True})
    assert found.intent == "classify" and "6912.00" in found.text
    assert found.notes[0] == "The photo shows: what: coffee mug; material: ceramic."
    assert script.asked[0]["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")


def test_reasoning_returns_codes_of_the_revision_with_its_steps(use: Any) -> None:
    steps = (
        calls(("search", {"about": "ceramic mug"}), ("notes", {"about": "6912"})), calls(("headings", {"about": "69"}), ("children", {"about": "6912.00"})), calls(("validate", {"about": "6912.00.44.00"})),
        words(json.dumps({"candidates": [{"hts_code": "6912.00.4400", "why": "mugs"}, {"hts_code": "6999.99.9999", "why": "made up"}], "question": "Is it porcelain?"})),
    )  # fmt: skip
    with endpoint(*steps) as (address, script):
        use(address)
        found = classify_reasoned(MUG)
    assert (found.by, [row["hts_code"] for row in found.candidates], found.dropped) == ("model", ["6912.00.44.00"], ("6999.99.9999",))
    assert [step["tool"] for step in found.steps] == ["search", "notes", "headings", "children", "validate"]
    assert "6912" in script.asked[1]["messages"][3]["content"] or "6912" in json.dumps(script.asked[1]["messages"])


@pytest.mark.parametrize(
    "steps",
    [
        (words(json.dumps({"candidates": [{"hts_code": "9999.99.9999", "why": "x"}]})),), (words("It is a mug."),), (words(json.dumps({"candidates": []})),), (words(json.dumps({"codes": ["6912"]})),),
        (calls(("search", {"about": "mug"})),), (calls(("run_shell", {"about": "rm"})), words("no")), (calls(("search", "{oops")), words("no")), (words("", refusal="no"),), (raw(b"{}", status=500),), (calls(*[("search", {"about": "x"})] * 12),),
        (words(json.dumps({"candidates": [{"hts_code": "6912.00", "why": "a heading is no line"}]})),),
    ],
)  # fmt: skip
def test_reasoning_that_fails_ends_in_the_answer_of_the_rules(use: Any, steps: Any) -> None:
    with endpoint(*steps) as (address, _):
        use(address)
        found = classify_reasoned(MUG)
    assert found.by == "rules" and found.why_rules
    assert found.candidates[0]["hts_code"].startswith("6912.00")


def test_reasoning_without_a_model_says_so() -> None:
    found = classify_reasoned(MUG)
    assert found.by == "rules" and "LANDED_AI_PRESET" in found.why_rules


def test_a_question_deeply_asked_goes_to_the_reason_role(use: Any) -> None:
    asked: list[str] = []

    def step(handler: Handler, body: dict[str, Any]) -> None:
        asked.append(body["model"])
        words("Which goods do you mean?")(handler, body)

    with endpoint(step) as (address, _):
        use(address)
        found = ask({"text": "how much duty do I owe", "deep": True})
    assert (found.by, found.text, asked) == ("model", "Which goods do you mean?", ["test-model"])
