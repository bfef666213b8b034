"""`landed quote` and `landed demo`: what a person sees, what --json gives, how errors read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from landed.doors.cli.terminal import change, percent, read_quantity, read_value
from landed.errors import LandedError

Run = Callable[..., "object"]
TOYS = ("quote", "9503.00.00.73", "--from", "CN", "--value", "10,000", "--on", "2025-04-09")


def test_the_number_comes_first_with_one_sentence_that_says_why(landed: Run) -> None:
    found = landed(*TOYS)
    assert found.code == 0
    text = found.out
    assert text.index("$10,400.00") < text.index("9903.01.24") < text.index("Heading")
    assert "104%" in text
    for word in ("84%", "9903.01.63", "8,400.00", "20%", "2,000.00", "Free"):
        assert word in text


def test_a_question_shows_its_worth_and_how_to_answer_it(landed: Run) -> None:
    found = landed(*TOYS)
    assert "worth $8,400.00" in found.out
    hint = re.search(r"--answer loading_date=(\S+)", found.out)
    assert hint
    answered = landed(*TOYS, "--answer", f"loading_date={hint[1]}")
    assert "$2,000.00" in answered.out.splitlines()[4]
    assert landed(*TOYS, "--loaded", hint[1], "--json").json["totals"] == landed(*TOYS, "--answer", f"loading_date={hint[1]}", "--json").json["totals"]


def test_json_holds_the_whole_contract_with_money_as_text(landed: Run) -> None:
    found = landed(*TOYS, "--json").json
    assert found["totals"]["duty"] == "10400.00"
    assert found["customs_value"] == {"amount": "10000.00", "currency": "USD"}
    assert {"status", "components", "filing_sequence", "questions", "options", "upcoming", "warnings", "law_version", "verified_through", "receipt_id"} <= set(found)


def test_explain_lists_headings_that_do_not_apply_with_reason_and_citation(landed: Run) -> None:
    arguments = ("quote", "7326.90.86.88", "--from", "CN", "--value", "14172", "--on", "2026-06-01")
    brief, full = landed(*arguments), landed(*arguments, "--explain")
    assert "Looked at and not applied" not in brief.out
    assert "Looked at and not applied" in full.out
    assert "freed by" in full.out and "Proclamation" in full.out


def test_the_day_defaults_to_today(landed: Run) -> None:
    from datetime import date

    assert landed(*TOYS[:-2], "--json").json["entry_date"] == date.today().isoformat()


def test_every_option_reaches_the_request(landed: Run) -> None:
    found = landed(
        *("quote", "9102.11.10", "--from", "CN", "--value", "1k", "--on", "2026-08-15", "--mode", "ocean", "--qty", "12 No.", "--part", "battery=10"),
        *("--charge", "freight=120", "--export-from", "VN", "--exported", "2026-07-01", "--loaded", "2026-07-02", "--entry-type", "formal", "--json"),
    )
    assert found.code == 0, found.err
    assert Decimal(found.json["totals"]["landed_cost"] or "0") >= 0


def test_claims_exclusions_and_known_on_reach_the_request(landed: Run) -> None:
    canadian = ("quote", "6109.10.00.12", "--from", "CA", "--value", "1000", "--on", "2025-09-15", "--json")
    assert landed(*canadian, "--spi", "S").json["totals"]["duty"] == "0.00"
    steel = ("quote", "7326.90.86.88", "--from", "CN", "--value", "14172", "--on", "2026-06-01", "--json")
    assert Decimal(landed(*steel, "--exclusion", "9903.88.69").json["totals"]["duty"]) < Decimal(landed(*steel).json["totals"]["duty"])
    assert landed(*steel, "--known-on", "2026-05-01").json["known_on"] == "2026-05-01"
    repaired = landed(*steel, "--claim", "chapter_98=9802.00.50", "--claim", "repair_value=1000").json
    assert "9802.00.50" in repaired["filing_sequence"]
    deposit = landed(*steel, "--claim", "ad=A-570-967:86.01").json
    assert any(c["kind"] == "ad" and c["amount"] == "12189.34" for c in deposit["components"])


def test_a_what_if_changes_the_answer_and_the_law_version(landed: Run, tmp_path: Path) -> None:
    overlay = tmp_path / "what-if.yaml"
    overlay.write_text("end: [{name: us.ieepa.reciprocal, from: 2025-04-09}]\n", encoding="utf-8")
    before, after = landed(*TOYS, "--json").json, landed(*TOYS, "--overlay", str(overlay), "--json").json
    assert (before["totals"]["duty"], after["totals"]["duty"]) == ("10400.00", "2000.00")
    assert before["law_version"] != after["law_version"]


def test_a_value_in_another_currency_needs_its_rate(landed: Run) -> None:
    assert landed(*TOYS, "--currency", "EUR", "--rate", "1.10", "--json").json["customs_value"]["amount"] == "11000.00"
    refused = landed(*TOYS, "--currency", "EUR")
    assert refused.code == 2 and refused.err.startswith("CURRENCY_RATE_REQUIRED")


def test_a_narrow_terminal_gets_cards_instead_of_a_table(landed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    found = landed(*TOYS)
    assert "Heading" not in found.out
    assert "9903.01.63  84%  8,400.00" in found.out
    assert max(map(len, found.out.splitlines())) <= 44


def test_there_is_no_colour_in_a_pipe(landed: Run) -> None:
    assert "\x1b" not in landed(*TOYS).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("9503.00.00.7", "--from", "CN", "--value", "1"), "INVALID_CODE"),
        (("9999999", "--from", "CN", "--value", "1"), "INVALID_CODE"),
        (("9503.00.00.99", "--from", "CN", "--value", "1"), "UNKNOWN_HTS"),
        (("9503", "--from", "CN", "--value", "1"), "NOT_A_RATE_LINE"),
        (("9903.01.25", "--from", "CN", "--value", "1"), "NOT_A_RATE_LINE"),
        (("9503.00.00.73", "--from", "Atlantis", "--value", "1"), "UNKNOWN_ORIGIN"),
        (("9503.00.00.73", "--from", "CN", "--value", "0"), "INVALID_VALUE"),
        (("9503.00.00.73", "--from", "CN", "--value", "-5"), "INVALID_VALUE"),
        (("9503.00.00.73", "--from", "CN", "--value", "1.000,00"), "INVALID_VALUE"),
        (("9503.00.00.73", "--from", "CN", "--value", "10,00"), "INVALID_VALUE"),
        (("9503.00.00.73", "--from", "CN", "--value", "nan"), "INVALID_VALUE"),
        (("9503.00.00.73", "--from", "CN", "--value", "1000000000000000"), "INVALID_VALUE"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--on", "2025-02-29"), "INVALID_DATE"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--on", "tomorrow"), "INVALID_DATE"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--on", "1999-01-01"), "DATE_OUT_OF_COVERAGE"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--qty", "heavy"), "INVALID_VALUE"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--qty", "3 smoots"), "UNKNOWN_UNIT"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--fact", "toys"), "INVALID_REQUEST"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--fact", "no_such=1"), "UNKNOWN_FACT"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--spi", "KR"), "INVALID_CLAIM"),
        (("9503.00.00.73", "--from", "CN", "--value", "1", "--overlay", "nowhere.yaml"), "BAD_OVERLAY"),
    ],
)
def test_an_error_is_one_clear_line_with_code_place_and_mend(landed: Run, arguments: tuple[str, ...], code: str) -> None:
    dated = arguments if "--on" in arguments else (*arguments, "--on", "2026-08-15")
    found = landed("quote", *dated)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"{code}: ")
    as_json = landed("quote", *dated, "--json")
    problem = json.loads(as_json.err)["error"]
    assert (as_json.code, problem["code"]) == (2, code)
    assert problem["detail"] and problem["where"] and problem["mend"]
    assert problem["detail"].rstrip(".") in found.err


def test_an_obsolete_code_names_its_successors(landed: Run) -> None:
    from landed.operations.engine import schedule

    book = schedule()
    first, last = book.revisions[0][1], book.revisions[-1][1]
    gone = next(c for c in book.changes(first, last) if c.kind == "ended" and len(c.code) == 10)
    found = landed("quote", gone.code, "--from", "CN", "--value", "1", "--on", last.isoformat())
    assert found.code == 2 and found.err.startswith("OBSOLETE_HTS")


def test_the_demo_shows_past_and_present_other_origins_a_question_and_where_the_law_ends(landed: Run) -> None:
    from datetime import date

    found = landed("demo")
    assert found.code == 0
    for word in ("$10,400.00", "104%", "9903.01.63", "84%", "9903.01.24", "20%", str(date.today()), "Vietnam", "Mexico", "worth $", "verified_through"):
        assert word in found.out, word


def test_the_command_runs_as_a_process_of_its_own() -> None:
    environment = {**os.environ, "COLUMNS": "100"}
    ran = subprocess.run([sys.executable, "-m", "landed.doors.cli.main", *TOYS], capture_output=True, text=True, env=environment, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "$10,400.00" in ran.stdout and ran.stderr == ""


def test_help_loads_no_law() -> None:
    code = (
        "import sys\nfrom landed.doors.cli.main import app\ntry: app(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'pyarrow', 'yaml', 'landed.duty', 'landed.lawbook'} & set(sys.modules)), file=sys.stderr)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stderr.strip() == "[]"


@pytest.mark.parametrize(("typed", "value"), [("10000", "10000"), ("10,000", "10000"), ("$1,234,567.89", "1234567.89"), ("10k", "10000"), ("1.5m", "1500000.0"), (" 2.50 ", "2.50")])
def test_a_value_is_read_as_people_type_it(typed: str, value: str) -> None:
    assert Decimal(read_value(typed)) == Decimal(value)


@pytest.mark.parametrize("typed", ["", "ten", "1,00", "1.000,00", "1,0000", "10kk", "--5", "1e5", "10 %"])
def test_a_value_that_could_mean_two_things_is_refused(typed: str) -> None:
    with pytest.raises(LandedError, match="INVALID_VALUE"):
        read_value(typed)


def test_quantities_amounts_and_percents_read_well() -> None:
    assert read_quantity("1,250.5kg") == {"value": "1250.5", "unit": "kg"}
    assert read_quantity("12 doz. prs") == {"value": "12", "unit": "doz. prs"}
    assert [percent(Decimal(text)) for text in ("104.0000", "12.5", "0", "3.4640", "0.3464")] == ["104%", "12.5%", "0%", "3.464%", "0.3464%"]
    assert [change(Decimal(text)) for text in ("12.5", "-3", "0")] == ["+$12.50", "-$3.00", "no change"]
    assert (percent(None), change(None)) == ("unknown", "unknown")
