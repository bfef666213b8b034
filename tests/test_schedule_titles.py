"""Codes have titles, and words find codes."""

from __future__ import annotations

import pytest

from landed.errors import LandedError
from landed.schedule.titles import search, stem, title


def test_a_long_code_has_the_title_of_its_hs6_parent() -> None:
    found = title("9503.00.00.73")
    assert found is not None and (found.code, found.source) == ("950300", "hs6") and "toys" in found.text


def test_a_chapter_and_a_heading_have_titles_too() -> None:
    assert title("01") is not None and title("0101") is not None


def test_national_text_comes_first() -> None:
    found = title("9503.00.00.73", national={"9503000073": "Toys > Small"})
    assert found is not None and (found.text, found.source) == ("Toys > Small", "national")


def test_a_code_of_no_chapter_has_no_title_and_nonsense_is_refused() -> None:
    assert title("7777.77") is None
    with pytest.raises(LandedError, match="INVALID_CODE"):
        title("toys")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("bicycles", "8712.00"),
        ("bicycle", "8712.00"),
        ("cotton t-shirts", "6109.10"),
        ("roasted coffee", "0901.21"),
        ("LED lamps", "8539.52"),
        ("steel bolts", "7318.15"),
        ("lithium primary batteries", "8506.50"),
        ("umbrela", "6601.91"),
        ("0101", "0101.21"),
        ("8712.00", "8712.00"),
    ],
)
def test_words_find_the_code_among_the_first_ten(words: str, code: str) -> None:
    assert code in [hit.code for hit in search(words, limit=10)]


def test_words_that_no_title_holds_find_nothing() -> None:
    assert search("") == () == search("the of and") == search("qzxwv")


def test_endings_do_not_matter() -> None:
    for pair in (("shoes", "shoe"), ("batteries", "battery"), ("knitted", "knit"), ("boxes", "box"), ("roasting", "roasted")):
        assert stem(pair[0]) == stem(pair[1])


def test_national_text_is_searched_with_the_words_of_the_lines_above() -> None:
    national = {"9503000073": "Toys > For children under 3", "9503000090": "Toys > Other", "0101210010": "Horses > Males"}
    assert search("horses males", national=national)[0].code == "0101.21.00.10"
    assert search("toys", national=national)[0].source == "national"
