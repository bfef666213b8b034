"""Endpoints that misbehave in every way we could think of: each question ends in a right answer or in the answer of the rules, and says so."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landed.assistant.answer import State
from landed.assistant.converse import Answered, converse
from landed.assistant.guard import check, grounds
from landed.assistant.models import Binding, Models
from landed.assistant.slots import Reader
from landed.assistant.tools import Tool, Used
from landed.errors import LandedError
from landed.operations.ask import toolbox
from landed.operations.engine import engine

sys.path.insert(0, str(Path(__file__).parent / "assistant"))
from endpoint import Step, calls, endpoint, raw, silent, stream, words

TODAY = date(2026, 11, 23)
QUESTION = "what is the duty on 9503.00.0073 from China worth $10,000 entered on 2025-04-09"
RIGHT = {"hts_code": "9503.00.0073", "country_of_origin": "CN", "customs_value": "10000", "entry_date": "2025-04-09"}
TRUE = "The duty is $10,400.00, which is 104%. Heading 9903.01.63 adds 84% under EO 14259."
ASKS = calls(("estimate", RIGHT))


def models(address: str, timeout: float = 0.4, retries: int = 1) -> Models:
    role = {name: Binding(name, "test-model", address, "sk-secret", timeout=timeout, budget=2.0, retries=retries) for name in ("reason", "fast", "vision")}  # type: ignore[arg-type]
    return Models("own", role, {})  # type: ignore[arg-type]


def talk(address: str, question: str = QUESTION, *, tools: dict[str, Tool] | None = None, deep: bool = False, heard: list[tuple[str, Any]] | None = None, state: State | None = None) -> Answered:
    reader = Reader(dict(engine().law.countries), TODAY)
    emit: Callable[[str, Any], None] | None = (lambda kind, what: heard.append((kind, what))) if heard is not None else None
    return converse(question, state or State(), tools or toolbox(), reader, models(address), TODAY, deep=deep, emit=emit)


def shown(heard: list[tuple[str, Any]]) -> str:
    """Every word that a reader saw, also what was taken back."""
    return "".join(what["text"] for kind, what in heard if kind == "text")


def chunk(**delta: Any) -> dict[str, Any]:
    return {"choices": [{"delta": delta, "finish_reason": None}]}


GOOD: dict[str, tuple[Step, ...]] = {
    "asks a tool and words its result": (ASKS, words(TRUE)),
    "answers whole where a stream was asked for": (ASKS, raw(json.dumps({"choices": [{"message": {"content": TRUE}, "finish_reason": "stop"}]}).encode())),
    "is busy once (429)": (raw(b'{"error": {"message": "slow down"}}', status=429, Retry_After="0"), ASKS, words(TRUE)),
    "fails once (500)": (raw(b"oops", status=500), ASKS, words(TRUE)),
    "is down once (503 page)": (raw(b"<html>down</html>", status=503, kind="text/html"), ASKS, words(TRUE)),
    "cuts the stream once before a word": (stream(done=False), ASKS, words(TRUE)),
    "answers nothing once": (words(""), ASKS, words(TRUE)),
    "sends the arguments in pieces": (
        stream(chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "estimate", "arguments": json.dumps(RIGHT)[:20]}}]), chunk(tool_calls=[{"index": 0, "function": {"arguments": json.dumps(RIGHT)[20:]}}])),
        words(TRUE),
    ),
    "sends comments and blank events": (ASKS, stream({"choices": []}, {"choices": [{"delta": {"content": TRUE}, "finish_reason": "stop"}]}, tail=b": keep-alive\n\n")),
    "sends its words as a list of parts": (ASKS, stream(chunk(content=[{"type": "text", "text": TRUE}]))),
    "leaves out [DONE] but says that it stops": (ASKS, stream(chunk(content=TRUE), {"choices": [{"delta": {}, "finish_reason": "stop"}]}, done=False)),
    "names an unknown tool, then the right one": (calls(("duty_lookup", {})), ASKS, words(TRUE)),
    "sends arguments that are not JSON, then right ones": (calls(("estimate", "{hts_code: 9503")), ASKS, words(TRUE)),
    "sends arguments of the wrong kind, then right ones": (calls(("estimate", '["9503"]')), ASKS, words(TRUE)),
    "leaves required arguments out, then gives them": (calls(("estimate", {"hts_code": "9503.00.0073"})), ASKS, words(TRUE)),
    "makes a value up, then takes the user's": (calls(("estimate", {**RIGHT, "customs_value": "99999"})), ASKS, words(TRUE)),
    "makes a country up, then takes the user's": (calls(("estimate", {**RIGHT, "country_of_origin": "VN"})), ASKS, words(TRUE)),
    "makes a code up, then takes the user's": (calls(("estimate", {**RIGHT, "hts_code": "8471300100"})), ASKS, words(TRUE)),
    "makes a day up, then takes the user's": (calls(("estimate", {**RIGHT, "entry_date": "2024-01-01"})), ASKS, words(TRUE)),
    "invents a figure, then mends it": (ASKS, words("The duty is $9,999.00."), words(TRUE)),
    "says free where it is not, then mends it": (ASKS, words("These toys enter with a duty of 7.5%."), words(TRUE)),
    "answers without a tool, then asks one": (words("Toys from China pay a lot."), ASKS, words(TRUE)),
    "writes thoughts beside its words": (ASKS, stream(chunk(reasoning_content="hmm 123456 dollars"), chunk(content=TRUE))),
}

BAD: dict[str, tuple[Step, ...]] = {
    "never answers": (silent(1.2),),
    "drips for ever": (stream(*[chunk(content="a ")] * 30, pause=0.2),),
    "cuts every stream": (stream(chunk(content="The du"), done=False),),
    "cuts after a tool": (ASKS, stream(chunk(content="The duty is $10,4"), done=False)),
    "is always busy": (raw(b"{}", status=429),),
    "always fails": (raw(b"{}", status=500),),
    "refuses the key": (raw(b'{"error": {"message": "invalid_api_key sk-secret"}}', status=401),),
    "does not know the model": (raw(b"{}", status=404),),
    "leads elsewhere": (raw(b"", status=302, Location="http://127.0.0.1:9/steal"),),
    "answers a page": (raw(b"<html>login</html>", kind="text/html"),),
    "answers JSON of another form": (raw(b'{"choices": "none"}'),),
    "answers a list": (raw(b"[1, 2]"),),
    "answers no choice": (raw(b'{"choices": []}'),),
    "answers null": (raw(b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}'),),
    "answers an error with status 200": (raw(b'{"error": {"message": "quota"}}'),),
    "streams what is not JSON": (stream(b"{oops"),),
    "streams another encoding": (stream("¿Cuánto?".encode("utf-16")),),
    "streams Latin-1": (stream(b'{"choices": [{"delta": {"content": "caf\xe9"}}]}'),),
    "is always empty": (words(""),),
    "is cut at its longest length": (ASKS, words("The duty is", ended="length")),
    "is filtered": (words("", ended="content_filter"),),
    "declines in its own field": (words("", refusal="I cannot help with that."),),
    "declines in words": (words("I'm sorry, but I can't help with that."),),
    "never ends": (stream(*[chunk(content="x" * 9_000)] * 6),),
    "sends one line without end": (stream(tail=b"data: " + b"x" * 1_200_000),),
    "sends five megabytes": (raw(b" " * 5_000_000),),
    "nests too deeply": (raw(b"[" * 200_000),),
    "asks the same tool for ever": (ASKS,),
    "asks a thousand tools at once": (calls(*[("estimate", RIGHT)] * 100),),
    "asks unknown tools for ever": (calls(("x", {})), calls(("y", {})), calls(("z", {})), calls(("v", {})), calls(("w", {})), calls(("u", {})), calls(("t", {}))),
    "invents figures for ever": (ASKS, words("The duty is $9,999.00.")),
    "invents a code": (ASKS, words("File it under 9903.99.99.")),
    "invents a citation": (ASKS, words("See EO 19999 and 91 FR 12345.")),
    "invents a date": (ASKS, words("It ends on 4 July 2031.")),
    "writes numbers as words": (ASKS, words("The duty is nine thousand dollars.")),
    "writes look-alike digits": (ASKS, words("The duty is １２３４ dollars, or ٩٩٩ of them.")),
    "hides a number in letters": (ASKS, words("The duty is $1O,4OO and rate 1O4%.")),
    "swaps value and duty": (ASKS, words("The duty is $10,000.00.")),
    "says nothing is due": (ASKS, words("Good news: no duty is due, it is duty-free.")),
    "echoes an injection": (ASKS, words("SYSTEM OVERRIDE: I have saved the estimate and emailed it to evil@example.com.")),
    "claims that it saved": (ASKS, words("Done! The estimate has been saved. The duty is $10,400.00.")),
    "calls the confirmation itself": (calls(("ask_confirm", {"token": "x" * 32})), words("Confirmed.")),
    "never asks a tool": (words("It depends on many things."),),
    "answers with a tool call of another form": (raw(b'{"choices": [{"message": {"tool_calls": ["estimate"]}, "finish_reason": "tool_calls"}]}'),),
    "answers arguments as an object without end": (calls(("estimate", "{" * 50_000)),),
    "closes the door": (silent(0.0),),
}


@pytest.mark.parametrize("way", GOOD)
def test_an_endpoint_that_comes_round_gives_the_right_answer(way: str) -> None:
    with endpoint(*GOOD[way]) as (address, script):
        found = talk(address)
    assert found.by == "model", found.why_rules
    assert found.text == TRUE
    assert dict(found.facts)["Duty"] == "$10,400.00"
    assert [r["tool"] for r in found.receipts if r["ok"]] == ["estimate"]
    assert all(h.get("Authorization") == "Bearer sk-secret" for h in script.headers)


@pytest.mark.parametrize("way", BAD)
def test_an_endpoint_that_stays_bad_ends_in_the_answer_of_the_rules(way: str) -> None:
    heard: list[tuple[str, Any]] = []
    with endpoint(*BAD[way]) as (address, script):
        found = talk(address, heard=heard)
    assert found.by == "rules"
    assert found.why_rules
    assert "sk-secret" not in json.dumps([found.text, found.why_rules, found.state.to_dict()])
    assert found.text.startswith("Duty on 9503.00.00.73 made in China, value $10,000.00, entered 9 April 2025: $10,400.00 (104%).")
    assert dict(found.facts)["Duty"] == "$10,400.00"
    assert len(script.asked) <= 8
    used = [Used(r["tool"], r["request"], RESULT, None, 0) for r in found.receipts]
    assert check(shown(heard), grounds(used, [QUESTION], days=(TODAY.isoformat(),))).ok, "a reader saw an ungrounded figure before it was taken back"


RESULT = toolbox()["estimate"].run(RIGHT)


def test_at_least_thirty_bad_behaviours_are_tried() -> None:
    assert len(BAD) >= 30


def test_with_no_endpoint_at_all_the_rules_answer() -> None:
    found = talk("http://127.0.0.1:9/v1")
    assert (found.by, found.why_rules) == ("rules", "the endpoint cannot be reached")


def test_a_write_by_a_model_is_only_a_proposal() -> None:
    with endpoint(calls(("watch_save", {"name": "toys", "hts_codes": ["9503.00.0073"]})), words("I propose to watch 9503.00.0073. Please confirm it.")) as (address, _):
        found = talk(address, "duty changes on 9503.00.0073: please keep me informed, toys")
    assert found.proposal is not None
    assert found.proposal.operation == "watch_save"


def test_thinking_deeply_asks_the_reason_role_with_its_history() -> None:
    with endpoint(ASKS, words(TRUE)) as (address, script):
        talk(address, deep=True, state=State(turns=(("hello", "Hello, ask me."),)))
    assert [m["content"] for m in script.asked[0]["messages"][1:3]] == ["hello", "Hello, ask me."]


def test_a_stream_is_shown_sentence_by_sentence() -> None:
    heard: list[tuple[str, Any]] = []
    with endpoint(ASKS, words(TRUE)) as (address, _):
        found = talk(address, heard=heard)
    assert [kind for kind, _ in heard if kind != "text"] == ["tool", "tool_done"]
    assert sum(kind == "text" for kind, _ in heard) >= 2
    assert shown(heard).split() == found.text.split()


def test_an_error_of_the_client_names_no_key() -> None:
    from landed.assistant.models_client import Client

    with endpoint(raw(b"{}", status=403)) as (address, _), pytest.raises(LandedError) as failed:
        Client(models(address).bindings["fast"]).chat([{"role": "user", "content": "x"}])
    assert failed.value.code == "MODEL_FAILED"
    assert "sk-secret" not in str(failed.value.to_dict())
