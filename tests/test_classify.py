"""Classify: ranked lines for words, honest about what is not known, one question, and the money between the leaders."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest

import landed
from landed.classify.facts import read_facts
from landed.classify.goods import find_names, names
from landed.classify.words import stems
from landed.errors import LandedError
from landed.operations.classify import answer_one, answers, confirm
from landed.operations.engine import schedule

ON = "2026-06-01"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))


@pytest.mark.parametrize(
    ("text", "attributes", "six"),
    [
        ("cotton knit t-shirt for men", {}, "6109.10"),
        ("women's polyester dress, woven", {}, "6204.43"),
        ("necklace", {"Material": "zinc alloy"}, "7117.19"),
        ("sterling silver ring", {}, "7113.11"),
        ("lace front wig", {"Hair type": "human hair"}, "6704.20"),
        ("stainless steel vacuum flask", {}, "9617.00"),
        ("plush toy bear for children", {}, "9503.00"),
        ("men's genuine leather wallet", {}, "4202.31"),
        ("lithium polymer battery 3.7V", {}, "8507.60"),
        ("aluminium bicycle frame", {}, "8714.91"),
        ("wireless bluetooth earphones", {}, "8518.30"),
        ("folding umbrella", {}, "6601.91"),
        ("ballpoint pen", {}, "9608.10"),
        ("phone case", {"Material": "TPU"}, "3926.90"),
    ],
)
def test_common_goods_find_their_subheading(text, attributes, six):
    assert landed.classify(text, attributes=attributes, on=ON).candidates[0].hts_code[:7] == six


def test_every_code_given_is_a_line_of_the_day():
    found = landed.classify("wooden kitchen spoon", on=ON, limit=50)
    for candidate in found.candidates:
        assert schedule().find(candidate.hts_code, found.on) is not None
    assert len(found.candidates) == 50


def test_the_first_line_is_the_most_probable_and_subheadings_fall():
    for text in ("necklace", "steel screw", "something made of plastic for the garden"):
        found = landed.classify(text, on=ON).candidates
        chances = [c.probability for c in found]
        assert chances[0] == max(chances) and 0 < chances[0] < 1 and sum(chances) <= 1.001
        first = found[0].hts_code[:7]
        six = [c.probability_hs6 for c in found if c.hts_code[:7] != first]
        assert six == sorted(six, reverse=True) and found[0].probability_hs6 >= six[0]


def test_the_path_goes_from_section_to_line():
    path = landed.classify("cotton knit t-shirt for men", on=ON).candidates[0].path
    assert [place.level for place in path] == ["section", "chapter", "heading", "subheading", "rate line", "line"]
    assert path[0].code == "XI" and path[1].code == "61" and path[2].code == "6109"


def test_a_missing_material_is_asked_for_and_its_answer_settles_the_code():
    open_ = landed.classify("earrings", on=ON)
    assert open_.question is not None and open_.question.fact == "material"
    silver = next(a for a in open_.question.answers if a.label == "sterling silver")
    told = landed.classify("earrings", attributes={"material": "sterling silver"}, on=ON)
    assert told.candidates[0].hts_code[:7] == silver.hts_code[:7] == "7113.11"


def test_every_answer_to_a_question_reads_back_as_the_fact_it_states():
    from landed.classify.ask import spoken
    from landed.classify.facts import facts_in, vocabulary

    for fact in vocabulary().family:
        if any(meaning.fact == fact for meaning in vocabulary().phrases.values()):
            assert facts_in(spoken(fact), True)[0][0] == fact
    asked = landed.classify("curtain", on=ON).question
    assert asked is not None
    plastic = next(a for a in asked.answers if a.label == "plastic")
    assert landed.classify("curtain", attributes={asked.fact: plastic.value}, on=ON).candidates[0].hts_code == plastic.hts_code


def test_the_money_at_stake_stands_beside_the_question():
    found = landed.classify("women's dress", origin="VN", on=ON, value="20000")
    assert found.stake is not None and found.stake.same_duty is False
    assert found.stake.at_stake_usd > 0 and found.stake.value_usd == Decimal(20000)
    assert found.question is not None and found.question.at_stake_usd is not None


def test_when_every_leader_owes_the_same_nothing_more_is_asked():
    for text in ("laptop computer", "smartphone", "printed book", "wooden toy", "baby stroller"):
        found = landed.classify(text, origin="CA", on="2024-12-01")
        if found.stake is not None and found.stake.same_duty:
            assert found.question is None and "same duty" in found.stake.text and found.stake.at_stake_usd == 0
            return
    raise AssertionError("no product with leaders of the same duty")


def test_a_neighbour_is_left_with_the_fact_that_speaks_against_it():
    found = landed.classify("cotton t-shirt", on=ON)
    against = next(r for r in found.rejected if r.code == "6109.90")
    assert "cotton" in against.why


def test_a_set_is_flagged_and_never_settled_in_silence():
    found = landed.classify("kitchen knife and cutting board set", on=ON)
    assert any(step.rule == "GRI 3(b)" for step in found.gri) and found.needs_broker


def test_titles_alone_are_said_to_be_titles_alone():
    found = landed.classify("cotton t-shirt", on=ON)
    assert found.text_source == "hs6" and any("six-digit titles" in w for w in found.warnings)


def test_words_after_for_name_the_use_and_not_the_goods():
    assert landed.classify("screen protector for laptop", on=ON).candidates[0].hts_code[:4] in ("7007", "3919")
    assert landed.classify("leather strap for watch", on=ON).candidates[0].hts_code[:4] != "9102"


def test_a_longer_name_hides_the_shorter_one_in_it():
    assert [f.name for f in find_names(stems("leather jacket"))] == ["leather jacket"]


def test_facts_stated_outweigh_facts_said():
    facts = read_facts("gold color necklace", {"Material": "zinc alloy"})
    assert facts.weights["zinc"] == 1.0 and "gold" not in facts.weights


def test_every_trade_name_leads_to_codes_of_the_tariff():
    book = schedule()
    day = landed.classify("shirt", on=ON).on
    live = {f"{code:010d}"[:6] if code >= 10**8 else f"{code:08d}"[:6] for code in book.lines(day, rate_lines=True).codes.tolist()}
    codes = {case.code for row in names().rows for case in row.cases}
    assert not {code for code in codes if code[:6] not in live}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"text": ""}, "EMPTY_TEXT"),
        ({"text": "   \n"}, "EMPTY_TEXT"),
        ({}, "EMPTY_TEXT"),
        ({"text": "12345 67 !!"}, "EMPTY_TEXT"),
        ({"text": "x" * 1_000_000}, "TEXT_TOO_LONG"),
        ({"text": "棉制针织男式T恤衫"}, "LANGUAGE_NOT_READ"),
        ({"text": "хлопковая футболка"}, "LANGUAGE_NOT_READ"),
        ({"text": "qzxv wvqk"}, "NO_KNOWN_WORD"),
        ({"text": 7}, "INVALID_REQUEST"),
        ({"text": "shirt", "attributes": "cotton"}, "INVALID_REQUEST"),
        ({"text": "shirt", "origin": "Atlantis"}, "UNKNOWN_ORIGIN"),
        ({"text": "shirt", "on": "soon"}, "INVALID_DATE"),
        ({"text": "shirt", "origin": "CN", "value": "-5"}, "INVALID_VALUE"),
        ({"text": "shirt", "limit": 0}, "INVALID_REQUEST"),
        ("shirt", "INVALID_REQUEST"),
        (None, "INVALID_REQUEST"),
    ],
)
def test_bad_input_is_refused_with_a_word_and_a_mend(raw, code):
    found = answer_one(raw)
    assert found["error"]["code"] == code and found["error"]["detail"] and found["error"]["mend"]


def test_a_stream_is_answered_line_by_line_in_order():
    lines = ['{"id": 1, "text": "cotton shirt"}', "not json", "", '{"id": 3, "text": ""}', '{"id": "d", "text": "wooden chair", "origin": "VN", "on": "2026-06-01"}', "[1]"]
    found = list(answers(io.BytesIO("\n".join(lines).encode())))
    assert [f.get("id") for f in found] == [1, None, 3, "d", None]
    assert found[1]["error"]["code"] == "BAD_JSON" and found[1]["line"] == 2
    assert found[2]["error"]["code"] == "EMPTY_TEXT" and found[3]["candidates"][0]["hts_code"].startswith("9401")
    assert json.loads(json.dumps(found[3]))["stake"]["origin"] == "VN"


def test_a_confirmed_code_is_remembered_with_who_when_and_why():
    text = "zorbit frobnicator wand, resin"
    before = landed.classify(text, on=ON).candidates[0].hts_code
    kept = confirm({"text": text, "code": "9505.90.60.00", "who": "A. Broker", "why": "festive article", "suggested": before})
    assert kept.overrides and kept.at and kept.who == "A. Broker"
    after = landed.classify("zorbit frobnicator wand in resin", on=ON)
    assert after.candidates[0].hts_code == "9505.90.60.00" and any("confirmed" in reason for reason in after.candidates[0].because)


def test_a_code_that_is_no_line_cannot_be_confirmed():
    with pytest.raises(LandedError) as refused:
        confirm({"text": "shirt", "code": "9999.99.99.99", "who": "A. Broker"})
    assert refused.value.code in ("UNKNOWN_HTS", "NOT_A_RATE_LINE")
    with pytest.raises(LandedError):
        confirm({"text": "shirt", "code": "6109.10.00.12", "who": " "})


def test_the_same_words_give_the_same_answer():
    assert landed.classify("garden hose", on=ON, origin="CN").to_dict() == landed.classify("garden hose", on=ON, origin="CN").to_dict()
