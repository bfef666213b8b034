"""Tariff lines are found by code and day, and a code that is no line is answered with what to use instead."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landed.errors import LandedError
from landed.schedule.build import Facts, Revision, history, snapshots_of, write_table
from landed.schedule.codes import dotted, parse_code
from landed.schedule.lookup import Schedule
from landed.schedule.table import Table

DAY = date(2025, 4, 9)


@pytest.fixture(scope="module")
def schedule() -> Schedule:
    return Schedule.load()


def facts(general: str = "5%", special: str = "", column_2: str = "40%", units: str = "no", rate_line: str = "95030000") -> Facts:
    return Facts(general, special, column_2, units, "", "", rate_line)


@pytest.fixture
def small(tmp_path: Path) -> Schedule:
    """Three editions: a suffix split, a rate change, and a line that starts late."""
    first = {"9503": facts("", "", "", "", ""), "95030000": facts(units=""), "9503000010": facts(), "9504000000": facts(rate_line="9504000000")}
    second = {"9503": first["9503"], "95030000": facts(units=""), "9503000011": facts(), "9503000013": facts(units="doz"), "9504000000": facts("6%")}
    third = {**second, "9505000000": facts("7%", rate_line="9505000000")}
    days = [date(2025, 1, 1), date(2025, 7, 1), date(2026, 1, 1)]
    table = history((Revision(f"edition {i + 1}", day, str(i)), lines) for i, (day, lines) in enumerate(zip(days, (first, second, third), strict=True)))
    write_table(table, tmp_path / "small.parquet")
    return Schedule.load(tmp_path / "small.parquet")


@pytest.mark.parametrize("text", ["9503.00.00.73", "9503000073", " 9503.00.0073 ", "9503 00 00 73", "9503-00-00-73", "9503.00.00.73."])
def test_a_code_is_read_however_it_is_written(text: str) -> None:
    assert parse_code(text) == "9503000073"


@pytest.mark.parametrize("text", ["", "950", "95030", "95030000735", "9503.00.00.7x", "９５０３", "9503,00", "1" * 10_000, None, 9503])
def test_what_is_no_code_is_refused(text: object) -> None:
    with pytest.raises(LandedError) as error:
        parse_code(text)  # type: ignore[arg-type]
    assert error.value.code == "INVALID_CODE"


@given(st.from_regex(r"[0-9]{4}([0-9]{2}){0,3}", fullmatch=True))
def test_a_printed_code_reads_back(digits: str) -> None:
    assert parse_code(dotted(digits)) == digits


def test_a_statistical_line_takes_the_rates_of_its_rate_line(schedule: Schedule) -> None:
    line = schedule.line("0101.21.00.10", DAY)
    assert (line.code, line.rate_line, line.units, line.covered, line.settled) == ("0101210010", "0101.21.00", ("no",), True, True)
    assert line.general.free and line.column_2.free


def test_a_line_that_prints_its_own_rate_is_its_own_rate_line(schedule: Schedule) -> None:
    line = schedule.line("0101.30.00.00", DAY)
    assert (line.rate_line, line.general.ad_valorem, line.column_2.ad_valorem) == ("0101.30.00", D("6.8"), D("15"))
    assert line.special_rate("S").free and line.special_rate("KR").free  # type: ignore[union-attr]
    assert line.special_rate("JP") is None


def test_an_8_digit_line_is_answered_and_says_that_its_suffix_is_missing(schedule: Schedule) -> None:
    printed, implied = schedule.line("0101.21.00", DAY), schedule.line("0101.30.00", DAY)
    assert printed.suffix_missing and printed.code == "01012100"
    assert implied.suffix_missing and implied.general.ad_valorem == D("6.8")
    assert not schedule.line("0101.30.00.00", DAY).suffix_missing


def test_special_symbols_match_exactly_but_a_bare_letter_finds_its_starred_group(schedule: Schedule) -> None:
    line = schedule.line("0407.21.00.00", DAY) if schedule.find("0407.21.00.00", DAY) else schedule.line("0101.30.00.00", DAY)
    assert line.special_rate("Z") is None
    starred = schedule.line("0305.69.60.01", DAY)
    assert "A*" in starred.symbols
    assert starred.special_symbol("A") == "A*" and starred.special_symbol("A+") is None and starred.special_symbol("p") == "P"


def test_cheese_keeps_its_groups_of_special_rates(schedule: Schedule) -> None:
    line = schedule.line("0406.10.58.00", date(2024, 12, 1))
    assert line.special_rate("P").text == "21.4¢/kg"  # type: ignore[union-attr]
    assert line.special_rate("IL").kind == "see"  # type: ignore[union-attr]
    assert line.special_rate("P+").kind == "see"  # type: ignore[union-attr]


@pytest.mark.parametrize(("code", "child"), [("0101", "0101.21.00"), ("0101.90", "0101.90.30.00"), ("0101.21", "0101.21.00")])
def test_a_heading_is_no_rate_line_and_names_its_children(schedule: Schedule, code: str, child: str) -> None:
    with pytest.raises(LandedError) as error:
        schedule.line(code, DAY)
    assert error.value.code == "NOT_A_RATE_LINE" and child in error.value.extra["children"]


@pytest.mark.parametrize("code", ["9903.01.25", "9801.00.10", "9802.00.80.68", "9903.99.99"])
def test_numbers_of_chapters_98_and_99_are_no_rate_lines(schedule: Schedule, code: str) -> None:
    with pytest.raises(LandedError) as error:
        schedule.line(code, DAY)
    assert error.value.code == "NOT_A_RATE_LINE"


def test_an_unknown_code_names_the_codes_near_it(schedule: Schedule) -> None:
    with pytest.raises(LandedError) as error:
        schedule.line("9503.00.00.99", DAY)
    assert error.value.code == "UNKNOWN_HTS" and "9503.00.00.90" in error.value.extra["near"]
    with pytest.raises(LandedError) as error:
        schedule.line("0100.21.00.10", DAY)
    assert "0101.21.00.10" in error.value.extra["near"]


def test_an_ended_code_names_its_successors_and_how_sure_they_are(small: Schedule) -> None:
    with pytest.raises(LandedError) as error:
        small.line("9503.00.00.10", date(2025, 8, 1))
    assert error.value.code == "OBSOLETE_HTS" and error.value.extra["ended"] == "2025-06-30"
    found = error.value.extra["successors"]
    assert [(s["code"], s["certainty"]) for s in found] == [("9503.00.00.11", "likely"), ("9503.00.00.13", "possible")]


def test_every_ended_code_of_the_packaged_schedule_has_a_successor_or_says_none(schedule: Schedule) -> None:
    ended = [c for c in schedule.changes(date(2024, 11, 14), date(2026, 2, 25)) if c.kind == "ended"]
    assert len(ended) > 100
    named = 0
    for change in ended:
        with pytest.raises(LandedError) as error:
            schedule.line(change.code, date(2026, 2, 25))
        assert error.value.code in ("OBSOLETE_HTS", "NOT_A_RATE_LINE")
        named += bool(error.value.extra.get("successors"))
        for successor in error.value.extra.get("successors", ()):
            assert schedule.line(successor["code"], date(2026, 2, 25))
    assert named > 0.9 * len(ended)


def test_a_code_that_starts_later_says_since_when(small: Schedule) -> None:
    with pytest.raises(LandedError) as error:
        small.line("9505.00.00.00", date(2025, 8, 1))
    assert (error.value.code, error.value.extra["since"]) == ("UNKNOWN_HTS", "2026-01-01")


def test_days_outside_the_editions_get_the_nearest_spell_and_say_so(schedule: Schedule) -> None:
    early, late = schedule.line("9503.00.00.73", date(2018, 7, 6)), schedule.line("9503.00.00.73", date(2026, 11, 22))
    assert (early.covered, late.covered) == (False, False)
    assert (early.revision, late.revision) == ("2024 (November)", "2026 Revision 4")
    assert not schedule.covered(date(2024, 11, 13)) and schedule.covered(date(2024, 11, 14)) and not schedule.covered(date(2026, 2, 26))


def test_a_day_between_two_editions_that_differ_is_not_settled(small: Schedule) -> None:
    assert small.line("9504.00.00.00", date(2025, 1, 1)).settled
    between = small.line("9504.00.00.00", date(2025, 3, 1))
    assert (between.general.text, between.settled, between.to, between.last_seen) == ("5%", False, date(2025, 6, 30), "edition 1")
    assert small.line("9504.00.00.00", date(2025, 8, 1)).settled and small.line("9504.00.00.00", date(2025, 8, 1)).general.text == "6%"


def test_a_code_of_later_lists_takes_the_rate_of_its_8_digit_parent(schedule: Schedule) -> None:
    line = schedule.line("9503.00.00.99", DAY, extra=frozenset({"9503000099"}))
    assert (line.code, line.inferred, line.suffix_missing, line.general.text) == ("9503000099", True, False, "Free")
    with pytest.raises(LandedError):
        schedule.line("9503.00.77.99", DAY, extra=frozenset({"9503007799"}))


def test_the_lines_of_a_day_are_sorted_arrays_that_agree_with_the_single_lookup(schedule: Schedule) -> None:
    day = schedule.lines(DAY)
    assert 19_000 < len(day.codes) < 21_000 and (day.codes[1:] > day.codes[:-1]).all()
    indices, texts = schedule.texts("general")
    for position in range(0, len(day.codes), 997):
        code = f"{day.codes[position]:010d}"
        assert schedule.line(code, DAY).general.text == texts[indices[day.rows[position]]]
    every = schedule.lines(DAY, rate_lines=True)
    eight = every.codes[every.codes < 10**8]
    assert len(eight) > 11_000 and len(every.codes) == len(day.codes) + len(eight)
    for code in eight[::499]:
        assert schedule.line(f"{code:08d}", DAY).suffix_missing


def test_children_and_units_follow_the_printed_steps(schedule: Schedule) -> None:
    assert schedule.children("0101.21.00", DAY) == ("0101210010", "0101210020")
    assert schedule.units("6101.20.00.10", DAY) == ("doz", "kg")


def test_the_changes_between_two_days_name_both_sides(small: Schedule) -> None:
    changes = {c.code: c for c in small.changes(date(2025, 1, 1), date(2026, 1, 1))}
    assert {code: c.kind for code, c in changes.items()} == {
        "9503000010": "ended",
        "9503000011": "added",
        "9503000013": "added",
        "9504000000": "changed",
        "9505000000": "added",
    }
    assert ("general", "5%", "6%") in changes["9504000000"].fields
    assert (changes["9504000000"].not_before, changes["9504000000"].seen) == (date(2025, 1, 1), date(2025, 7, 1))
    assert small.changes(date(2026, 1, 1), date(2026, 1, 1)) == ()


def test_a_history_gives_back_the_snapshots_it_was_made_of(tmp_path: Path) -> None:
    lines = [{"9503000010": facts()}, {"9503000010": facts("6%"), "9504000000": facts()}, {"9504000000": facts(), "9503000010": facts()}]
    given_ = [(Revision(str(i), date(2025, i + 1, 1), ""), snapshot) for i, snapshot in enumerate(lines)]
    assert snapshots_of(history(reversed(given_))) == given_


def test_the_same_editions_have_the_same_version(schedule: Schedule, small: Schedule) -> None:
    assert schedule.version == Schedule.load().version != small.version


def test_a_file_that_is_no_schedule_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "a.parquet").write_bytes(b"not parquet")
    pq.write_table(pa.table({"code": ["0101"]}), tmp_path / "b.parquet")
    for name in ("a.parquet", "b.parquet", "missing.parquet"):
        with pytest.raises(LandedError) as error:
            Schedule.load(tmp_path / name)
        assert error.value.code == "BAD_SCHEDULE"


@given(st.text(max_size=14), st.dates())
@settings(max_examples=200, deadline=None)
def test_no_code_and_no_day_break_the_lookup(code: str, day: date) -> None:
    try:
        _shared().line(code, day)
    except LandedError as error:
        assert error.code in ("INVALID_CODE", "UNKNOWN_HTS", "OBSOLETE_HTS", "NOT_A_RATE_LINE")


@given(st.integers(min_value=0, max_value=10**10 - 1), st.dates())
@settings(max_examples=300, deadline=None)
def test_no_ten_digits_and_no_day_break_the_lookup(number: int, day: date) -> None:
    try:
        _shared().line(f"{number:010d}", day)
    except LandedError as error:
        assert error.code in ("UNKNOWN_HTS", "OBSOLETE_HTS", "NOT_A_RATE_LINE")


_LOADED: list[Schedule] = []


def _shared() -> Schedule:
    if not _LOADED:
        _LOADED.append(Schedule.load())
    return _LOADED[0]


def test_every_row_of_the_packaged_schedule_can_be_made_into_a_line(schedule: Schedule) -> None:
    table: Table = schedule._table
    for row, code in enumerate(table.codes):
        if len(code) >= 8 and code < "98" and table.text("general", row):
            line = schedule.line(code, date.fromordinal(min(table.first[row], table.last_day)))
            assert line.general.kind in ("duty", "unpriced") and line.column_2.kind in ("duty", "unpriced"), code
