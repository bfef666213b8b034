"""The assistant by rules: what a sentence is about, what it names, what is asked for, and how a conversation goes on."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landed.assistant.answer import State, read_state
from landed.assistant.dialogue import ANSWERS, answer
from landed.assistant.guard import check, grounds
from landed.assistant.router import intents, route
from landed.assistant.slots import Reader
from landed.assistant.tools import Toolbox
from landed.errors import LandedError
from landed.operations.ask import ask, ask_confirm, toolbox
from landed.operations.engine import engine
from landed.operations.registry import find

TODAY = date(2026, 11, 23)
READER = Reader(dict(engine().law.countries), TODAY)
LINES = (Path(__file__).parent / "assistant" / "utterances.csv").read_text(encoding="utf-8").splitlines()[1:]
UTTERANCES = [tuple(line.split(",", 2)) for line in LINES]


def routed(part: str) -> float:
    rows = [(intent, text) for group, intent, text in UTTERANCES if group == part]
    return sum(route(text, READER.read(text)).name == intent for intent, text in rows) / len(rows)


def talk(*texts: str) -> list[Any]:
    """A conversation by rules: the answer to each text."""
    found: list[Any] = []
    for text in texts:
        found.append(ask({"text": text, "state": found[-1].state if found else None, "offline": True}))
    return found


def test_the_corpus_is_as_large_and_mixed_as_promised() -> None:
    own = [(intent, text) for part, intent, text in UTTERANCES if part in ("dev", "held")]
    assert len(own) >= 200
    assert len({intent for intent, _ in own}) >= 10
    assert sum(bool(re.search(r"[\u4e00-\u9fff]", text)) for _, text in own) >= 40


@pytest.mark.parametrize("part", ["dev", "held", "later"])
def test_at_least_95_of_100_sentences_are_routed(part: str) -> None:
    assert routed(part) >= 0.95


@pytest.mark.parametrize("part", ["dev", "held", "later"])
def test_every_sentence_has_an_answer_whose_figures_are_all_grounded(part: str) -> None:
    wrong = {}
    for group, _, text in UTTERANCES:
        if group == part:
            box = Toolbox(toolbox())
            said, *_ = answer(text, State(), box, READER, TODAY)
            verdict = check(said.text, grounds(box.used, [text], days=(TODAY.isoformat(),)))
            if not verdict.ok or not said.text.strip():
                wrong[text] = verdict.ungrounded
    assert wrong == {}


def test_every_intent_has_an_answer_and_a_title_in_both_languages() -> None:
    assert set(intents()) == set(ANSWERS)
    assert all(intent.title["en"] and intent.title["zh"] for intent in intents().values())


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("9503.00.0073 from china worth $10,000", {"code": "9503.00.00.73", "origins": ("CN",), "value": "10000"}),
        ("9503000073 CN 1.5m", {"code": "9503.00.00.73", "origins": ("CN",), "value": "1500000"}),
        ("toys made in viet nam, USD 8,500.50 on April 9th, 2025", {"origins": ("VN",), "value": "8500.5", "day": date(2025, 4, 9)}),
        ("从越南进口货值三万五千美元", {"origins": ("VN",), "value": "35000"}),
        ("1.2万美元 印度 2026年3月1日", {"origins": ("IN",), "value": "12000", "day": date(2026, 3, 1)}),
        ("worth €4000 from the netherlands", {"currency": "EUR", "value": "4000", "origins": ("NL",)}),
        ("９５０３．００．００７３ from China", {"code": "9503.00.00.73", "origins": ("CN",)}),
        ("250 kg of bolts from taiwan", {"quantity": ("250", "kg"), "origins": ("TW",)}),
        ("niger and nigeria", {"origins": ("NE", "NG")}),
        ("from chian", {"origins": ("CN",), "mended": ("chian as China",)}),
        ("heading 9903.88.15", {"law": "9903.88.15"}),
        ("chapter 64", {"heading": "64"}),
        ("freight 1200 insurance 60 fob", {"freight": "1200", "insurance": "60", "incoterm": "FOB"}),
        ("from Shanghai to Los Angeles", {"place_from": "Shanghai", "place_to": "Los Angeles"}),
        ("100 cartons 60x40x30 cm 12 kg", {"cargo": ("100", "60x40x30 cm", "12")}),
        ("duties are 600000 a year", {"value": "600000", "code": ""}),
        ("by 2/30/2026", {"day": None}),
        ("100 bicycles from taiwan at $150 each", {"value": "15000", "goods": "bicycles"}),
        ("5,000 units of phone cases at 1.20 each", {"value": "6000"}),
        ("mugs at $3 each from portugal", {"value": ""}),
        ("de minimis on a $500 package of toys from china", {"entry_type": "section_321", "value": "500", "goods": "toys"}),
    ],
)
def test_slots_are_read(text: str, slots: dict[str, Any]) -> None:
    found = READER.read(text)
    assert {name: getattr(found, name) for name in slots} == slots


def test_an_answer_has_figures_sources_a_receipt_and_says_what_it_assumed() -> None:
    found = talk("duty on 9503.00.0073 from China worth $10,000")[0]
    assert found.by == "rules"
    assert found.assumed and "today" in found.assumed[0]
    assert dict(found.facts)["Rate"].endswith("%")
    assert found.sources
    assert found.receipts[0]["id"] == find("estimate").answer_json(found.receipts[0]["request"])["receipt_id"]


def test_a_missing_slot_is_asked_for_and_then_filled() -> None:
    first, second, third = talk("duty on 9503.00.0073 on 2025-04-09", "China", "10000")
    assert (first.missing, second.missing, third.missing) == ("origin", "value", "")
    assert dict(third.facts)["Duty"] == "$10,400.00"


def test_a_conversation_changes_one_thing_at_a_time() -> None:
    answers = talk("duty on 9503.00.0073 from China worth $10,000 on 2025-04-09", "and from Vietnam?", "what about 20k", "when did it change", "start over")
    assert dict(answers[0].facts)["Duty"] == "$10,400.00"
    assert answers[1].understood == "9503.00.00.73, made in Vietnam, value $10,000.00, 9 April 2025"
    assert answers[2].understood.startswith("9503.00.00.73, made in Vietnam, value $20,000.00")
    assert answers[3].intent == "history"
    assert answers[4].state["slots"] == {}


def test_the_day_of_loading_answers_the_question_on_it() -> None:
    answers = talk("duty on 9503.00.0073 from Vietnam worth $10,000 on 2025-04-09", "loaded on 2025-04-01")
    assert answers[0].facts[0] == ("Duty", "$4,600.00")
    assert answers[1].understood.endswith("9 April 2025, loaded 1 April 2025")
    assert answers[1].facts[0] == ("Duty", "$0.00")


def test_a_low_value_entry_that_the_law_does_not_give_is_refused_with_its_citation() -> None:
    found = talk("is there a de minimis exemption for a $500 package of toys from China")[0]
    assert "no section 321 entry" in found.text and "FR" in found.text


def test_words_that_name_no_goods_price_nothing() -> None:
    found = talk("duty on my nice things from China worth $500")[0]
    assert not found.facts


def test_goods_in_words_get_a_code_that_is_named_as_a_reading_with_others_to_choose() -> None:
    found = talk("duty on cotton t-shirts from Vietnam worth $8000")[0]
    assert "I read “cotton t-shirts” as 6109.10" in found.text
    assert any(choice["text"].startswith("6109.90") for choice in found.choices)
    chosen = ask({"text": found.choices[2]["label"], "state": found.state, "offline": True})
    assert chosen.understood.startswith(found.choices[2]["text"])


def test_another_currency_asks_for_its_rate() -> None:
    asked, told = talk("duty on 9503.00.0073 from China worth €10,000 on 2025-04-09", "1.10")
    assert asked.missing == "exchange_rate"
    assert dict(told.facts)["Duty"] == "$11,440.00"


def test_chinese_is_answered_in_chinese() -> None:
    found = talk("9503.00.00.73 从中国进口 1万美元 2025年4月9日 关税多少")[0]
    assert found.language == "zh"
    assert "关税：$10,400.00" in found.text


def test_a_change_is_only_proposed_and_runs_once_with_its_token() -> None:
    found = talk("watch 9617.00.1000 from japan")[0]
    name = "9617.00.10.00 JP"
    assert name not in str(find("watch_list").answer_json({}))
    token = found.proposal["token"]
    assert token not in str(found.state) + found.text
    assert ask_confirm({"token": token}).operation == "watch_save"
    assert name in str(find("watch_list").answer_json({}))
    with pytest.raises(LandedError) as spent:
        ask_confirm({"token": token})
    assert spent.value.code == "NOT_FOUND"


@pytest.mark.parametrize("token", ["", "x" * 32, "../../etc/passwd", "a" * 1_000, None, 5])
def test_a_token_nobody_gave_runs_nothing(token: Any) -> None:
    with pytest.raises(LandedError):
        ask_confirm({"token": token})


def test_a_change_of_another_workspace_cannot_be_confirmed_and_a_reader_is_offered_none() -> None:
    from landed.store.actor import Actor, acting

    token = talk("watch 9617.00.1000 from japan")[0].proposal["token"]
    with acting(Actor("other", workspace="other", scope="write")), pytest.raises(LandedError):
        ask_confirm({"token": token})
    with acting(Actor("reader", scope="quote")):
        assert not any(tool.writes for tool in toolbox().values())


@pytest.mark.parametrize("bad", ["", "   ", "?!", "\u200b\u200b"])
def test_an_empty_question_is_refused_in_a_clear_word(bad: str) -> None:
    with pytest.raises(LandedError) as refused:
        ask({"text": bad})
    assert refused.value.code == "EMPTY_TEXT"


def test_a_megabyte_of_text_is_refused() -> None:
    with pytest.raises(LandedError) as refused:
        ask({"text": "duty " * 200_000})
    assert refused.value.code == "TEXT_TOO_LONG"


@pytest.mark.parametrize("text", ["asdf qwer zxcv", "🚢🚢🚢 x", "SELECT * FROM products; --", "9" * 3_000, "из Китая пошлина", "$$$$ 1", "9999.99.99.99 from ZZ worth -5", "duty on 0000.00.0000 from china $5", "from from from worth worth 1e999"])
def test_nonsense_ends_in_help_or_a_question(text: str) -> None:
    assert ask({"text": text, "offline": True}).text


@pytest.mark.parametrize("state", [5, "x", [], {"slots": 5}, {"slots": {"day": "x", "origins": [1], "code": {}}}, {"turns": [[1]], "choices": [1, {"label": 5}]}, {"intent": "../", "missing": "x" * 5_000}])
def test_a_state_that_is_none_is_an_empty_one(state: Any) -> None:
    assert isinstance(read_state(state), State)
    assert ask({"text": "duty on 9503.00.0073 from China worth $10,000", "state": state, "offline": True}).facts


def test_the_command_line_asks_and_changes_nothing_by_itself(landed: Any) -> None:
    ran = landed("ask", "duty", "on", "9503.00.0073", "from", "China", "worth", "$10,000", "on", "2025-04-09")
    assert ran.code == 0
    assert "$10,400.00 (104%)" in ran.out and "EO 14259" in ran.out
    assert "Nothing was changed." in landed("ask", "watch 9617.00.1000").out
    assert landed("ask", "duty on 9503.00.0073 from China worth $10,000", "--json").json["intent"] == "quote"
    assert landed("ask", "").code == 2
    assert "10,400.00" in landed("chat", "--offline", input="duty on 9503.00.0073 from China worth $10,000 on 2025-04-09\nbye\n").out


def test_sentences_of_the_last_unseen_set_keep_their_intents_and_slots() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    from assistant_unseen import routed, sentences, told, wrong_slots

    wrong, slots, of, rows = [], 0, 0, [s for s in sentences() if s.group == "10"]
    for sentence in rows:
        said, meant = told(sentence)
        wrong += [] if routed(sentence, meant) else [sentence.turns]
        slots += len(wrong_slots(sentence, said, meant))
        of += len(sentence.slots)
    assert len(wrong) <= len(rows) * 0.03, wrong
    assert slots <= of * 0.03


@pytest.mark.parametrize("text", ["what's the weather in la tomorrow", "do you like pizza", "今天天气怎么样", "what's the duty from china to germany on shoes", "how do i export my goods to germany"])
def test_what_is_not_answered_here_is_said_so_and_the_talk_goes_on(text: str) -> None:
    _, aside, last = talk("duty on 9503.00.0073 from China worth $10,000", text, "and from Vietnam?")
    assert aside.intent == "unknown"
    assert aside.receipts == ()
    assert last.receipts[0]["request"]["country_of_origin"] == "VN"


@pytest.mark.parametrize(("text", "value"), [("no, 5000 not 500", "5000"), ("sorry I meant thirty thousand", "30000"), ("double it to 36k", "36000"), ("不对，是五万", "50000")])
def test_a_correction_changes_only_what_it_names(text: str, value: str) -> None:
    found = talk("duty on 9503.00.0073 from China worth 500", text)[-1]
    request = found.receipts[0]["request"]
    assert (request["hts_code"], request["country_of_origin"], request["customs_value"]) == ("9503.00.00.73", "CN", value)


def test_the_reasons_name_their_citations_and_no_answer_shows_the_names_of_programs() -> None:
    why = talk("duty on 9503.00.0073 from China worth $10,000 on 2025-04-09", "show the sources")[-1]
    assert "EO 14259" in why.text
    ships = talk("ship 40 cartons 60x40x40cm 15kg each from shenzhen to oakland")[-1]
    assert "_" not in ships.text


def test_the_bond_of_one_entry_is_not_the_bond_of_a_year() -> None:
    found = talk("single entry bond for goods of 15000")[-1]
    assert "15,000.00" in found.text
    assert "twelve months" not in found.text


def test_goods_said_first_are_priced_once_country_and_value_follow_in_chinese_too() -> None:
    asks, then, priced, changed = talk("我想进口雨伞", "中国", "两万美元", "不对，是三万")
    assert (asks.missing, then.missing) == ("origin", "value")
    assert "中国制造" in priced.text
    assert changed.receipts[0]["request"]["customs_value"] == "30000"
