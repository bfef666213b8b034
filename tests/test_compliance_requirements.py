"""Requirements by code and origin: flags of the packaged report, rules by heading, sectors by day, and questions that decide."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from landed.compliance.requirements import flags_of, requirements
from landed.errors import LandedError
from landed.operations.registry import operations

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
DAY = date(2026, 9, 1)


def states(code: str, origin: str = "VN", day: date = DAY, **more: object) -> dict[str, str]:
    return {item.id: item.state for item in requirements(code, origin, day, **more).items}  # type: ignore[arg-type]


def test_food_must_have_prior_notice_and_toys_must_be_marked() -> None:
    assert states("0409000005")["fd4"] == "must"
    assert states("9503000073")["marking"] == "must"


def test_an_even_flag_is_a_duty_and_an_odd_one_a_question() -> None:
    found = states("8407210040")
    assert found["ep3"] == "may" and states("3917400010")["dt2"] == "must"


def test_a_shorter_code_carries_the_flags_of_every_line_under_it() -> None:
    assert {"FD4"} <= set(flags_of("0409"))


def test_sectors_of_forced_labour_begin_on_their_day_and_stay_pending_until_answered() -> None:
    before, after = (requirements("7604291010", "VN", day).items for day in (date(2024, 7, 8), date(2024, 7, 9)))
    assert "Aluminum" not in next(i for i in before if i.family == "forced_labour").because
    item = next(i for i in after if i.family == "forced_labour")
    assert "Aluminum" in item.because and item.state == "pending"
    done = requirements("7604291010", "VN", DAY, answers={q.id: "from Canada, papers on file" for q in item.questions})
    assert next(i for i in done.items if i.family == "forced_labour").state == "answered"


def test_electronic_certificates_are_asked_from_their_day() -> None:
    assert "cpsc" not in states("9503000073", day=date(2026, 7, 7))
    assert states("9503000073", day=date(2026, 7, 8))["cpsc"] == "may"


def test_possible_orders_come_as_questions_and_never_as_a_rate() -> None:
    operation = {o.name: o for o in operations()}["requirements"]
    found = operation.answer_json({"hts_code": "7317.00.55.03", "country_of_origin": "CN", "on": "2025-06-01"})
    order = next(item for item in found["items"] if item["id"] == "ad")
    assert order["state"] == "pending" and len(order["questions"]) == 4
    assert "rate" not in order and "%" not in str(order)


def test_an_answer_to_no_question_is_refused_with_the_questions_there_are() -> None:
    with pytest.raises(LandedError) as caught:
        requirements("9503000073", "CN", DAY, answers={"marking.9": "yes"})
    assert caught.value.code == "UNKNOWN_QUESTION" and "marking.1" in caught.value.mend


def test_the_folded_flags_equal_the_report_line_by_line() -> None:
    report = SHARED / "compliance/imports/ace_hts_pga_report_2026-02-21.csv"
    if not report.is_file():
        pytest.skip("the ACE report stands beside the repository and is not here")
    rows = list(csv.reader(io.StringIO(report.read_text(encoding="latin-1"))))[3:]
    lines = [(row[0].strip(), tuple(sorted({flag for flag in row[9:19] if flag}))) for row in rows if row and row[0].strip() and not row[0].startswith("00")]
    assert len(lines) > 20_000
    assert [code for code, flags in lines if tuple(sorted(flags_of(code))) != flags] == []
