"""Papers and dates: deadlines around weekends, holidays and leap days, the security filing, the bond, the calendar file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landed.compliance.bond import continuous, outlook, single
from landed.compliance.calendar_days import add_working_days, add_years, holidays, working_day
from landed.compliance.deadlines import calendar, deadlines, fold
from landed.compliance.isf import checklist
from landed.errors import LandedError
from landed.operations.registry import find


def due(event: str, day: str, id_: str, **options: Any) -> date:
    found = {d.id: d for d in deadlines({event: date.fromisoformat(day)}, today=date(2026, 1, 1), **options)}
    return found[id_].day


# -- days ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2026, "2026-01-19"), (2026, "2026-02-16"), (2026, "2026-05-25"), (2026, "2026-06-19"), (2026, "2026-07-03"), (2026, "2026-09-07"), (2026, "2026-10-12"),
        (2026, "2026-11-11"), (2026, "2026-11-26"), (2026, "2026-12-25"), (2021, "2021-12-31"), (2022, "2022-12-26"), (2023, "2023-01-02"), (2027, "2027-06-18"), (2028, "2028-02-21"),
    ],
)  # fmt: skip
def test_federal_holidays_fall_on_their_observed_days(year: int, day: str) -> None:
    assert date.fromisoformat(day) in holidays(year)


def test_juneteenth_is_no_holiday_before_2021_and_a_year_has_ten_or_eleven_holidays() -> None:
    assert date(2020, 6, 19) not in holidays(2020) and date(2021, 6, 18) in holidays(2021)
    assert all(10 <= len(holidays(year)) <= 12 for year in range(2018, 2032))


def test_years_over_leap_days_and_working_days_over_holidays() -> None:
    assert add_years(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert add_working_days(date(2026, 12, 23), 10) == date(2027, 1, 8)  # Christmas and New Year's Day out
    assert working_day(date(2026, 7, 4), -1) == date(2026, 7, 2)  # 3 July is the observed holiday


# -- deadlines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "day", "id_", "counted", "before", "following"),
    [
        ("liquidation_date", "2026-01-05", "protest", "2026-07-04", "2026-07-02", "2026-07-06"),  # a Saturday whose holiday is observed on Friday
        ("liquidation_date", "2026-05-29", "protest", "2026-11-25", "2026-11-25", "2026-11-25"),
        ("liquidation_date", "2026-05-30", "protest", "2026-11-26", "2026-11-25", "2026-11-27"),  # Thanksgiving
        ("liquidation_date", "2024-02-29", "protest", "2024-08-27", "2024-08-27", "2024-08-27"),
        ("liquidation_date", "2026-10-06", "cape", "2026-12-25", "2026-12-24", "2026-12-28"),  # Christmas on a Friday
        ("liquidation_date", "2026-09-02", "cape", "2026-11-21", "2026-11-20", "2026-11-23"),  # Saturday
        ("import_date", "2024-02-29", "fta_claim", "2025-02-28", "2025-02-28", "2025-02-28"),
        ("import_date", "2024-02-29", "drawback", "2029-02-28", "2029-02-28", "2029-02-28"),
        ("import_date", "2021-02-28", "fta_claim", "2022-02-28", "2022-02-28", "2022-02-28"),
        ("claim_accrual", "2025-02-04", "court", "2027-02-04", "2027-02-04", "2027-02-04"),
        ("claim_accrual", "2026-01-01", "court", "2028-01-01", "2027-12-30", "2028-01-03"),  # Saturday; observed on Friday 31 December
        ("arrival_date", "2026-12-10", "entry", "2026-12-25", "2026-12-24", "2026-12-28"),
        ("arrival_date", "2024-02-15", "entry", "2024-03-01", "2024-03-01", "2024-03-01"),  # over a leap day
        ("release_date", "2026-12-23", "entry_summary", "2027-01-08", "2027-01-08", "2027-01-08"),
        ("release_date", "2026-06-11", "entry_summary", "2026-06-26", "2026-06-26", "2026-06-26"),  # Juneteenth out
        ("detention_notice", "2026-01-31", "detention", "2026-03-02", "2026-03-02", "2026-03-02"),
        ("detention_notice", "2024-01-31", "detention", "2024-03-01", "2024-03-01", "2024-03-01"),
        ("cf28_notice", "2026-06-19", "cf28", "2026-07-19", "2026-07-17", "2026-07-20"),  # Sunday
        ("cf29_notice", "2026-12-05", "cf29", "2026-12-25", "2026-12-24", "2026-12-28"),
        ("bond_notice", "2026-10-28", "bond", "2026-11-12", "2026-11-12", "2026-11-12"),
        ("bond_notice", "2026-10-27", "bond", "2026-11-11", "2026-11-10", "2026-11-12"),  # Veterans Day
        ("entry_date", "2025-12-17", "psc", "2026-10-12", "2026-10-09", "2026-10-13"),  # Columbus Day
    ],
)  # fmt: skip
def test_a_deadline_is_counted_and_rolled_as_asked(event: str, day: str, id_: str, counted: str, before: str, following: str) -> None:
    assert due(event, day, id_, roll="none") == date.fromisoformat(counted)
    assert due(event, day, id_, roll="before") == date.fromisoformat(before)
    assert due(event, day, id_, roll="next") == date.fromisoformat(following)


@pytest.mark.parametrize(
    ("entry", "liquidation", "extended", "day"),
    [
        ("2026-03-02", "2027-02-26", False, "2026-12-27"),  # 300 days come first
        ("2026-03-02", "2026-12-04", False, "2026-11-19"),  # 15 days before liquidation come first
        ("2026-03-02", "2028-01-14", True, "2027-12-30"),  # extended: only the 15 days count
        ("2023-05-05", "2024-03-15", False, "2024-02-29"),  # on a leap day: 300 and 15 agree to the day
    ],
)
def test_a_post_summary_correction_ends_with_the_earlier_of_two_days(entry: str, liquidation: str, extended: bool, day: str) -> None:
    found = deadlines({"entry_date": date.fromisoformat(entry), "scheduled_liquidation": date.fromisoformat(liquidation)}, roll="none", extended=extended, today=date(2026, 1, 1))
    assert {d.id: d.day for d in found}["psc"] == date.fromisoformat(day)


def test_deemed_liquidation_and_records_are_events_and_never_roll() -> None:
    found = {d.id: d for d in deadlines({"entry_date": date(2024, 2, 29)}, today=date(2026, 1, 1))}
    assert found["deemed_liquidation"].day == date(2025, 2, 28) and found["records"].day == date(2029, 2, 28)
    assert found["records"].event and not found["psc"].event and found["psc"].citation == "84 FR 40430"
    assert found["reliquidation"].event if "reliquidation" in found else True


def test_unknown_events_and_none_at_all_are_refused() -> None:
    for events in ({}, {"party_day": date(2026, 1, 1)}):
        with pytest.raises(LandedError) as refused:
            deadlines(events)
        assert refused.value.code == "INVALID_REQUEST"


@given(day=st.dates(date(2016, 1, 1), date(2040, 1, 1)), later=st.integers(0, 400), roll=st.sampled_from(["before", "none", "next"]))
@settings(max_examples=80, deadline=None)
def test_a_later_event_never_has_an_earlier_deadline(day: date, later: int, roll: Any) -> None:
    for event in ("entry_date", "liquidation_date", "release_date", "import_date"):
        one, two = (deadlines({event: d}, roll=roll, today=day) for d in (day, day + timedelta(days=later)))
        first = {d.id: d.day for d in one}
        assert all(first[d.id] <= d.day for d in two)


# -- iCalendar -----------------------------------------------------------------------------------------------------------


def read_calendar(text: str) -> list[dict[str, str]]:
    """A strict reader of RFC 5545: line ends, line lengths, nesting, required properties, escapes; gives the events."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    lines = text.split("\r\n")[:-1]
    assert all(len(line.encode()) <= 75 for line in lines)
    whole: list[str] = []
    for line in lines:
        if line.startswith(" "):
            whole[-1] += line[1:]
        else:
            whole.append(line)
    assert whole[0] == "BEGIN:VCALENDAR" and whole[-1] == "END:VCALENDAR"
    open_: list[str] = []
    events: list[dict[str, str]] = []
    for line in whole:
        name, colon, value = line.partition(":")
        assert colon and re.fullmatch(r"[A-Z-]+(;[A-Z-]+=[A-Z-]+)*", name), line
        if name == "BEGIN":
            open_.append(value)
            if value == "VEVENT":
                events.append({})
        elif name == "END":
            assert open_.pop() == value
        elif open_[-1] == "VEVENT":
            assert name not in events[-1]
            events[-1][name] = value
        if name in ("SUMMARY", "DESCRIPTION"):
            assert not re.search(r"(?<!\\)[;,]", re.sub(r"\\\\", "", value)), value
    assert not open_
    assert "VERSION:2.0" in whole and any(line.startswith("PRODID:") for line in whole)
    return events


def test_the_calendar_is_valid_icalendar_and_says_what_the_list_says() -> None:
    rows = deadlines({"entry_date": date(2026, 3, 2), "liquidation_date": date(2027, 1, 12)}, today=date(2026, 3, 2))
    stamp = datetime(2026, 3, 2, 12, tzinfo=UTC)
    text = calendar(rows, "Entry 1; toys, déjà vu \\ " + "long " * 30 + "\nnext line", stamp=stamp)
    events = read_calendar(text)
    assert [e["DTSTART;VALUE=DATE"] for e in events] == [f"{r.day:%Y%m%d}" for r in rows]
    assert all(re.fullmatch(r"\d{8}T\d{6}Z", e["DTSTAMP"]) for e in events)
    assert len({e["UID"] for e in events}) == len(events)
    assert text == calendar(rows, "Entry 1; toys, déjà vu \\ " + "long " * 30 + "\nnext line", stamp=stamp)


def test_an_independent_reader_of_icalendar_reads_the_same_days_and_words() -> None:
    icalendar = pytest.importorskip("icalendar", reason="the independent reader icalendar is not installed")
    rows = deadlines({"entry_date": date(2024, 2, 29), "liquidation_date": date(2025, 1, 8)}, today=date(2024, 2, 29))
    name = "Entry 1; toys, déjà vu \\ " + "long " * 30
    assert not re.search(r"[\x00-\x08\x7f]", calendar(rows, name + "\x01\x7f"))
    read = icalendar.Calendar.from_ical(calendar(rows, name, stamp=datetime(2024, 2, 29, 12, tzinfo=UTC)))
    events = read.walk("VEVENT")
    assert [(e["DTSTART"].dt, e["DTEND"].dt) for e in events] == [(r.day, r.day + timedelta(days=1)) for r in rows]
    assert all(not e.errors and name.strip() in str(e["SUMMARY"]) + str(e["DESCRIPTION"]) for e in events)


@given(st.text(max_size=400).filter(lambda t: "\n" not in t and "\r" not in t))
@settings(max_examples=60, deadline=None)
def test_folding_keeps_every_character_and_the_bound(text: str) -> None:
    pieces = fold(text)
    assert all(len(p.encode()) <= 75 for p in pieces)
    assert pieces[0] + "".join(p[1:] for p in pieces[1:]) == text


# -- the security filing -------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_hours_run_through_weekends_holidays_zones_and_leap_days() -> None:
    found = checklist(at("2024-03-01T06:00+08:00"), arrival=at("2024-03-20T08:00-08:00"), now=at("2024-02-28T22:00+00:00"))
    seller = found.elements[0]
    assert seller.due == "2024-02-29T06:00:00+08:00" and seller.hours_left == 0.0 and seller.state == "due"
    assert {e.id: e.due for e in found.elements}["stuffing_location"] == "2024-03-19T08:00:00-08:00"
    christmas = checklist(at("2026-12-26T00:00+00:00"), now=at("2026-12-25T12:00+00:00"))
    assert christmas.hours_left == -12.0 and len(christmas.late) == 8


def test_the_filing_counts_what_the_importer_has_given_and_knows_no_time_for_an_unknown_arrival() -> None:
    found = checklist(at("2026-12-05T00:00+00:00"), given={"seller": "A", "buyer": " ", "stow_plan": "x"}, now=at("2026-12-01T00:00+00:00"))
    assert found.complete_pct == 10 and "buyer" in found.missing and not found.late
    assert {e.id: e.state for e in found.elements}["consolidator"] == "no time known"
    assert len([e for e in found.elements if e.filer == "importer"]) == 10 and len(found.elements) == 12


@pytest.mark.parametrize("request_", [{"loading": "2026-12-01"}, {"loading": "tomorrow"}, {"loading": ""}, {"loading": "2026-12-01T00:00+00:00", "given": {"hull": "x"}}, {"loading": "2026-12-01T00:00+00:00", "arrival": "2026-11-01T00:00+00:00"}])
def test_moments_without_a_zone_unknown_elements_and_impossible_orders_are_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(LandedError) as refused:
        find("isf_check").run(request_)
    assert refused.value.code == "INVALID_REQUEST"


# -- the bond ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duties", "bond"),
    [("0", "50000"), ("400000", "50000"), ("500000", "50000"), ("500000.01", "60000"), ("550000", "60000"), ("600000", "60000"), ("1000000", "100000"), ("1000000.01", "200000"), ("1500000", "200000"), ("4500000", "500000")],
)
def test_the_continuous_bond_is_a_tenth_rounded_up_in_steps(duties: str, bond: str) -> None:
    assert continuous(Decimal(duties)) == Decimal(bond)


def test_a_single_bond_is_value_with_duties_or_three_times_the_value() -> None:
    assert single(Decimal(10_000), Decimal(2_500), restricted=False) == Decimal(12_500)
    assert single(Decimal(10_000), Decimal(2_500), restricted=True) == Decimal(30_000)


def test_a_single_entry_of_goods_free_of_duty_does_not_borrow_the_duties_of_the_year() -> None:
    free = {"hts_code": "4901.99.00.93", "country_of_origin": "GB", "value_per_year": "10000"}
    asked = {"single_value": "10000", "duties": "300000", "products": [free], "on": "2024-07-01"}
    assert find("bond_check").run(asked).single_usd == Decimal(10_000)
    assert find("bond_check").run({"single_value": "10000", "bond": "50000", "products": [{**free, "hts_code": "9503.00.00.73", "country_of_origin": "CN"}], "on": "2026-07-01"}).single_usd > Decimal(10_000)


@pytest.mark.parametrize(
    ("paid", "yearly", "bond", "start", "month"),
    [
        ("500000", "500000", "50000", "2026-11-22", None),
        ("300000", "1300000", "50000", "2026-11-22", date(2027, 1, 1)),  # past 500,000 after three months
        ("600000", "600000", "50000", "2026-11-22", date(2026, 11, 1)),  # short already
        ("0", "520000", "50000", "2024-02-29", date(2025, 1, 1)),
        ("0", "6100000", "50000", "2026-12-31", date(2026, 12, 1)),
    ],
)
def test_the_month_in_which_a_bond_no_longer_suffices(paid: str, yearly: str, bond: str, start: str, month: date | None) -> None:
    assert outlook("law", Decimal(bond), Decimal(paid), Decimal(yearly), date.fromisoformat(start)).month == month


def test_the_bond_is_priced_under_the_law_and_under_a_what_if() -> None:
    product = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "value_per_year": "1000000"}
    found = find("bond_check").run({"bond": "50000", "duties": "300000", "products": [product], "overlays": ["china_104"], "on": "2026-07-01"})
    law, what_if = found.outlooks
    assert what_if.duties_usd > law.duties_usd and what_if.month is not None and what_if.needed_usd >= law.needed_usd


@pytest.mark.parametrize("request_", [{}, {"duties": "-5"}, {"duties": "many"}, {"products": "x"}, {"products": [{"hts_code": "1"}]}])
def test_a_bond_without_figures_is_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(LandedError):
        find("bond_check").run(request_)


def test_the_commands_answer_in_json_and_write_the_calendar(landed: Any, tmp_path: Any) -> None:
    path = tmp_path / "entry.ics"
    ran = landed("check", "deadlines", "entry_date=2026-03-02", "--ics", str(path), "--json", "--today", "2026-03-02")
    assert ran.code == 0 and read_calendar(path.read_bytes().decode()) and ran.json["deadlines"][0]["id"]
    assert landed("check", "isf", "--loading", "2026-12-05T00:00+00:00", "--given", "seller=A", "--json").json["complete_pct"] == 10
    assert landed("check", "bond", "--duties", "550,000", "--bond", "50000", "--json").json["needed_usd"] == "60000"
