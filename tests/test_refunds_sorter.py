"""The refund sorter: every way an entry may go, every published cause of rejection, interest to the cent, claim files."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landed.compliance.calendar_days import facts
from landed.compliance.refund_read import check_digit, read_entries, sound_number
from landed.compliance.refunds import check_claim, claim_files, compound, packaged_rates
from landed.errors import LandedError
from landed.operations.registry import find

TODAY = date(2026, 7, 1)
HEAD = "Entry Number,Entry Date,Entry Type,Importer Number,HTS Number,Duty,Deposit Date,Liquidation Date,Reconciliation,Reconciliation Filed,Drawback,Protest,AD CVD\n"


def number(serial: int, filer: str = "ABC") -> str:
    first = f"{filer}{serial:07}"
    return f"{first}{check_digit(first)}"


def line(entry: str, *, type_: str = "01", importer: str = "12-3456789", hts: str = "9903.01.24", duty: str = "1000.00", deposit: str = "2025-04-10", liquidated: str = "", flags: str = ",,,,") -> str:
    return f"{entry},04/10/2025,{type_},{importer},{hts},{duty},{deposit},{liquidated},{flags}\n"


def run(*lines: str, today: date = TODAY, **options: Any) -> Any:
    return find("refunds").run({"report": HEAD + "".join(lines), "today": today.isoformat(), **options})


def test_the_lines_of_an_entry_are_one_entry_and_only_ieepa_headings_count() -> None:
    entry = number(1)
    found = run(line(entry), line(entry, hts="9903.01.25", duty="500.00"), line(entry, hts="9903.88.15", duty="75.00"), line(entry, hts="9503.00.00.73", duty="0"))
    (row,) = found.entries
    assert row.duty_usd == Decimal("1500.00") and row.way == "claim now" and not row.causes and row.rows == (2, 3, 4, 5)
    assert found.by_heading == (("99030124", Decimal("1000.00")), ("99030125", Decimal("500.00")))


@pytest.mark.parametrize(
    ("liquidated_days_ago", "flags", "way", "left"),
    [
        (None, ",,,,", "claim now", None),
        (-5, ",,,,", "claim now", None),
        (0, ",,,,", "claim closes", 80),
        (80, ",,,,", "claim closes", 0),
        (81, ",,,,", "protest", 99),
        (180, ",,,,", "protest", 0),
        (181, ",,,,", "finally liquidated", None),
        (None, "Y,,,,", "claim now", None),
        (None, "Y,Y,,,", "reconciliation first", None),
        (None, ",,Y,,", "hold", None),
        (None, ",,,Y,", "hold", None),
        (10, ",,,,Y", "hold", None),
    ],
)
def test_each_entry_goes_one_way_with_the_day_it_closes(liquidated_days_ago: int | None, flags: str, way: str, left: int | None) -> None:
    day = "" if liquidated_days_ago is None else (TODAY - timedelta(days=liquidated_days_ago)).isoformat()
    (row,) = run(line(number(2), liquidated=day, flags=flags)).entries
    assert (row.way, row.days_left) == (way, left) and row.citation and row.because


def test_before_the_second_phase_a_flagged_entry_waits_for_its_reconciliation() -> None:
    (row,) = run(line(number(2), flags="Y,,,,"), today=date(2026, 6, 28)).entries
    assert row.way == "reconciliation first"


# One fixture for every published cause.
CAUSES: dict[str, tuple[str, dict[str, Any]]] = {
    "bad_entry_number": (line("ABC00000019" if not number(1).endswith("9") else "ABC00000018"), {}),
    "importer_mismatch": (line(number(3)), {"importer": "98-7654321"}),
    "no_ieepa_duty": (line(number(4), hts="9903.88.15"), {}),
    "entry_type": (line(number(5), type_="11"), {}),
    "no_refund_account": (line(number(6)), {"refund_account": False}),
    "too_late": (line(number(7), liquidated="2026-01-01"), {}),
    "reconciliation_filed": (line(number(8), flags="Y,Y,,,"), {}),
}
IN_FILE: dict[str, str] = {
    "duplicate": f"Entry Number\n{number(1)}\n{number(1)}\n",
    "wrong_template": f"Entry Number,Duty\n{number(1)},5\n",
    "too_many": "Entry Number\n" + "".join(f"{number(n)}\n" for n in range(10_000)),
}


@pytest.mark.parametrize("cause", sorted(facts("refunds")["causes"]))
def test_every_published_cause_of_rejection_is_found_before_the_claim_is_sent(cause: str) -> None:
    if cause in CAUSES:
        row, options = CAUSES[cause]
        found = run(row, **options)
        assert found.entries[0].causes == (cause,) and not found.claim_files
        claim = f"Entry Number\n{found.entries[0].entry}\n"
        report = options | {"report": HEAD + row, "today": TODAY.isoformat()}
        assert cause in {f.cause for f in find("refund_claim_check").run({"claim": claim, **report}).faults}
    else:
        faults = find("refund_claim_check").run({"claim": IN_FILE[cause]}).faults
        assert {f.cause for f in faults} == {cause} and all(f.because for f in faults)


def test_a_sound_claim_has_no_fault_and_a_mended_importer_number_matches_without_its_dash() -> None:
    found = run(line(number(9)), importer="12 3456789")
    assert not found.entries[0].causes and check_claim(found.claim_files[0]) == ()


def test_claims_are_split_at_9999_without_doubles() -> None:
    numbers = [number(n) for n in range(20_000)]
    files = claim_files([*numbers, *numbers[:50]])
    assert [len(f.split("\r\n")) - 2 for f in files] == [9999, 9999, 2]
    assert all(check_claim(f) == () for f in files)


@pytest.mark.parametrize(("first_ten", "digit"), [("ABC1234567", 6), ("9999999999", 0)])
def test_the_check_digit_of_an_entry_number_is_that_of_worked_examples(first_ten: str, digit: int) -> None:
    assert check_digit(first_ten) == digit


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=3, max_size=3), st.integers(0, 9_999_999), st.integers(3, 9), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_one_wrong_digit_of_an_entry_number_is_always_found(filer: str, serial: int, place: int, more: int) -> None:
    right = number(serial, filer)
    wrong = right[:place] + str((int(right[place]) + more) % 10) + right[place + 1 :]
    assert sound_number(right) and not sound_number(wrong)


# -- interest ------------------------------------------------------------------------------------------------------------

RATES = {date(2025, 1, 1): Decimal(7), date(2025, 4, 1): Decimal(6), date(2025, 7, 1): Decimal(8), date(2024, 1, 1): Decimal(8), date(2023, 10, 1): Decimal(8)}


@pytest.mark.parametrize(
    ("principal", "start", "end", "interest"),
    [
        ("10000", "2025-01-01", "2025-01-01", "0.00"),
        ("10000", "2025-01-01", "2025-01-02", "1.92"),  # 10,000 x 7% / 365
        ("10000", "2024-01-01", "2024-01-02", "2.19"),  # a leap year has 366 days
        ("365000", "2025-01-01", "2025-01-03", "140.01"),  # 70 and 70.0134
        ("365000", "2025-03-31", "2025-04-02", "130.01"),  # a day at 7%: 70.00; a day at 6% on 365,070: 60.0115
        ("365000", "2025-06-30", "2025-07-01", "60.00"),
        ("366000", "2023-12-31", "2024-01-02", "160.24"),  # 366,000 x 8% / 365, then / 366 on the sum
    ],
)
def test_interest_is_compounded_daily_at_the_rate_of_each_quarter(principal: str, start: str, end: str, interest: str) -> None:
    assert compound(Decimal(principal), date.fromisoformat(start), date.fromisoformat(end), RATES) == Decimal(interest)


def test_interest_agrees_with_a_day_by_day_sum_over_the_packaged_table() -> None:
    for corporation in (True, False):
        rates = packaged_rates(corporation)
        start, end, amount = date(2025, 2, 20), date(2026, 3, 15), Decimal("123456.78")
        slow, day = amount, start
        while day < end:
            slow += slow * rates[date(day.year, (day.month + 2) // 3 * 3 - 2, 1)] / 100 / 365
            day += timedelta(days=1)
        assert compound(amount, start, end, rates) == (slow - amount).quantize(Decimal("0.01"))


def test_interest_past_the_known_quarters_is_unknown_and_never_zero_and_a_table_can_be_given() -> None:
    assert run(line(number(1))).entries[0].interest_usd is None and run(line(number(1))).interest_usd is None
    given_ = run(line(number(1)), rates={"2025-04-01": "6", "2025-07-01": "6", "2025-10-01": "6", "2026-01-01": "6", "2026-04-01": "6", "2026-07-01": "6"})
    assert given_.interest_usd and given_.interest_usd > 70 and given_.interest_verified


# -- bad files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (HEAD.encode(), "empty"),
        (b"<!doctype html><html></html>", "html"),
        (HEAD.encode("utf-16"), "encoding"),
        (b"Entry Number,Entry Date\nx,y\n", "columns"),
        ((HEAD + line(number(1), duty="many")).encode(), "row"),
        ((HEAD + line(number(1), duty="-5")).encode(), "row"),
        ((HEAD + line(number(1), deposit="2025-02-30")).encode(), "row"),
        (HEAD.encode() + b"\xff\xfe\xff", "encoding"),
    ],
)
def test_a_report_that_cannot_be_read_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(LandedError) as refused:
        read_entries(content)
    assert refused.value.code == "BAD_ENTRY_REPORT" and refused.value.extra["reason"] == reason


def test_the_command_sorts_a_report_and_writes_the_claim_files(landed: Any, tmp_path: Any) -> None:
    path = tmp_path / "entries.csv"
    path.write_text(HEAD + line(number(1)) + line(number(2), liquidated="2026-01-01"), encoding="utf-8")
    ran = landed("refunds", str(path), "--today", "2026-07-01", "--claims", str(tmp_path / "claims"), "--json")
    assert ran.code == 0 and [e["way"] for e in ran.json["entries"]] == ["claim now", "finally liquidated"]
    assert (tmp_path / "claims" / "claim-001.csv").read_bytes().decode() == f"Entry Number\r\n{number(1)}\r\n"
    assert "2,000.00" in landed("refunds", str(path), "--today", "2026-07-01").out
