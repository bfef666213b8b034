"""Brands say what goods they sell, goods named in the text come first, and clipped words of labels are written out."""

from __future__ import annotations

import re
from datetime import date

import pytest

from landed.classify.brands import brands, find_brands, is_house
from landed.classify.classify import classify, read_product
from landed.classify.clipped import bones, written_out
from landed.classify.facts import DATA
from landed.classify.goods import find_names, names
from landed.classify.tree import tree_of
from landed.classify.words import stems
from landed.operations.engine import engine

DAY = date(2026, 6, 1)


def codes_of(text: str) -> list[str]:
    found = classify(read_product({"text": text, "on": DAY}), engine(), limit=40)
    return list(dict.fromkeys(c.hts_code.replace(".", "")[:6] for c in found.candidates))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("calpol 6 years", "300490"),
        ("listerine total care", "330690"),
        ("sensodyne rapid relief", "330610"),
        ("haribo goldbears", "170490"),
        ("royal canin mini puppy", "230910"),
        ("smirnoff red", "220860"),
        ("pampers size 4", "961900"),
        ("lego city", "950300"),
        ("winsor newton cotman", "321310"),
        ("castrol magnatec", "271019"),
    ],
)
def test_a_brand_alone_leads_to_what_it_sells(text: str, code: str) -> None:
    assert codes_of(text)[0] == code


@pytest.mark.parametrize(("text", "code"), [("nike sports water bottle stainless steel vacuum", "961700"), ("apple corer", "82"), ("adidas backpack polyester", "420292")])
def test_goods_named_in_the_text_come_before_the_brand(text: str, code: str) -> None:
    assert codes_of(text)[0].startswith(code)


def test_an_everyday_word_is_a_brand_only_where_no_goods_are_named() -> None:
    assert find_brands(stems("dove"), frozenset())
    words = stems("dove figurine")
    named = frozenset(f.start for f in find_names(words))
    assert not find_brands(words, named)


def test_boots_that_lead_other_goods_are_the_chemist_and_boots_alone_are_footwear() -> None:
    for text, house in (("boots baby shampoo", True), ("boots", False), ("boots women leather ankle", False), ("hiking boots", False)):
        words = stems(text)
        assert is_house(text, words, find_names(words)) is house, text
    assert codes_of("boots mouthwash mint")[0] == "330690"
    assert codes_of("leather boots")[0].startswith("64")


def test_a_fruit_beside_a_brand_is_its_taste_or_scent() -> None:
    assert codes_of("palmolive cherry")[0] == "340130"
    assert codes_of("cherry")[0].startswith("08")


@pytest.mark.parametrize(
    ("clipped", "whole"),
    [("cndtnr", "conditioner"), ("shmp", "shampoo"), ("blshr", "blush"), ("hndwsh", "hand wash"), ("bdywsh", "body wash"), ("crm", "cream"), ("grnr", "garnier"), ("mscr", "mascara")],
)
def test_words_without_their_vowels_are_written_out(clipped: str, whole: str) -> None:
    assert whole in written_out(f"{clipped} 250ml").replace("blusher", "blush")


def test_a_last_word_cut_off_at_thirty_letters_is_finished_and_else_left_alone() -> None:
    label = "linen blend wide collar trouse"
    assert len(label) == 30
    assert written_out(label).endswith("trousers")
    assert written_out("a qwertyu") == "a qwertyu"


def test_known_words_and_long_descriptions_stay_as_they_are() -> None:
    assert written_out("steel kitchen knife") == "steel kitchen knife"
    long = "Crm and shmp " * 20
    assert written_out(long) == long


def test_counts_and_sizes_of_a_label_say_nothing() -> None:
    assert written_out("pack of 6 shampoo 250ml").split() == ["shampoo"]


def test_the_bones_of_a_word_keep_its_first_letter() -> None:
    assert bones("conditioner") == "cndtnr"
    assert bones("eyeliner") == "elnr"


def test_every_brand_has_goods_that_exist() -> None:
    known = names().by_stems
    six = set(tree_of(engine().schedule, DAY).subheadings)
    for row in (DATA / "brands.txt").read_text(encoding="utf-8").splitlines():
        if not row or row.startswith("#"):
            continue
        assert row.count("=") == 1, row[:80]
        for goods in row.partition("=")[2].split(";"):
            goods = goods.strip()
            if re.fullmatch(r"[\d.]+", goods):
                assert goods.replace(".", "")[:6] in six, (goods, row[:60])
            else:
                assert stems(goods) in known, (goods, row[:60])
    assert len(brands().by_stems) > 2_000


def test_every_code_of_the_shop_names_is_in_the_tariff() -> None:
    six = set(tree_of(engine().schedule, DAY).subheadings)
    for row in (DATA / "goods_shop.txt").read_text(encoding="utf-8").splitlines():
        if row and not row.startswith("#"):
            for case in row.partition("=")[2].split("/"):
                assert case.split()[0].replace(".", "")[:6] in six, (case, row[:60])
