"""`landed compare`, `history`, `hts`, `law` and `data`: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
TOYS = ("9503.00.00.73", "--value", "10000", "--on", "2025-04-09")


def test_compare_ranks_countries_and_puts_those_that_owe_the_same_on_one_row(landed: Run) -> None:
    found = landed("compare", *TOYS)
    assert found.code == 0
    assert "China" in found.out and "104%" in found.out and "more" in found.out
    assert found.out.index("10%") < found.out.index("104%")
    assert len(landed("compare", *TOYS, "--all").out.splitlines()) > len(found.out.splitlines())


def test_compare_takes_named_countries_a_count_and_json(landed: Run) -> None:
    found = landed("compare", *TOYS, "--from", "CN,VN,Mexico", "--json").json
    assert [row["country_of_origin"] for row in found["rows"]] == ["MX", "VN", "CN"]
    assert found["rows"][2]["duty"] == "10400.00" and found["rows"][2]["because"]
    assert len(landed("compare", *TOYS, "--top", "5", "--json").json["rows"]) == 5
    assert "more rows" in landed("compare", *TOYS, "--top", "2").out


def test_compare_fits_a_phone(landed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    assert max(map(len, landed("compare", *TOYS, "--top", "3").out.splitlines())) <= 44


def test_history_names_the_cause_of_every_change_and_writes_a_chart(landed: Run, tmp_path: Path) -> None:
    chart = tmp_path / "toys.svg"
    found = landed("history", "9503.00.00.73", "--from", "CN", "--since", "2025-01-01", "--until", "2026-10-01", "--chart", str(chart))
    assert found.code == 0
    for word in ("2025-04-09", "104%", "9903.01.63 begins: 84%", "145%"):
        assert word in found.out
    assert chart.read_text(encoding="utf-8").startswith("<svg")


def test_history_as_json_holds_spells_with_causes(landed: Run) -> None:
    found = landed("history", "9503.00.00.73", "--from", "CN", "--value", "10k", "--until", "2026-10-01", "--json").json
    spell = next(s for s in found["spells"] if s["from"] == "2025-04-09")
    assert (spell["to"], spell["duty"], spell["effective_rate_pct"]) == ("2025-04-09", "10400.00", "104")
    assert spell["causes"] and {"heading": "9903.01.63", "amount": "8400.00"} in spell["headings"]


def test_hts_show_gives_rates_units_and_children(landed: Run) -> None:
    line = landed("hts", "show", "9503.00.00.73", "--on", "2026-02-01")
    assert "Free" in line.out and "70%" in line.out and "2026" in line.out
    assert "9503.00.00" in landed("hts", "show", "95.03").out or landed("hts", "show", "95.03").code == 2
    assert landed("hts", "show", "9503", "--json").json["children"][0]["code"] == "9503.00.00"
    assert landed("hts", "show", "9503.00.00.99").code == 2


def test_hts_search_finds_goods_by_words(landed: Run) -> None:
    assert "9503.00" in landed("hts", "search", "toys", "puzzles").out
    assert landed("hts", "search", "toys puzzles", "--json").json["hits"][0]["code"]
    assert "No title" in landed("hts", "search", "zzzzqqqq").out


def test_law_list_show_at_and_diff_speak_of_programmes_and_headings(landed: Run) -> None:
    assert "us.s122" in landed("law", "list").out
    shown = landed("law", "show", "9903.01.63")
    assert "84%" in shown.out and "EO 14259" in shown.out
    assert "125%" not in landed("law", "show", "9903.01.63", "--on", "2025-04-09").out
    assert "9903.01.63" in landed("law", "at", "2025-04-09").out
    changed = landed("law", "diff", "2025-04-08", "2025-04-09", "--json").json
    assert any(c["heading"] == "9903.01.63" and c["what"] == "begun" for c in changed["changes"])
    assert "9903.01.63" in landed("law", "diff", "2025-04-08", "2025-04-09").out


def test_law_errors_have_codes(landed: Run) -> None:
    assert landed("law", "show", "9903.99.99").err.startswith("UNKNOWN_LAW")
    assert landed("law", "at", "1990-01-01").err.startswith("DATE_OUT_OF_COVERAGE")
    assert landed("law", "diff", "2025-04-08", "soon").err.startswith("INVALID_DATE")


def test_law_lint_is_clean_and_coverage_says_where_the_pack_ends(landed: Run) -> None:
    lint = landed("law", "lint")
    assert lint.code == 0 and lint.out.startswith("Clean:")
    from landed.operations.engine import engine

    assert str(engine().law.verified_through) in landed("law", "coverage").out
    assert landed("law", "coverage", "--json").json["gaps"]


def test_law_lint_fails_when_the_pack_has_a_defect(landed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from landed.lawbook import lint
    from landed.lawbook.lint import Finding

    monkeypatch.setattr(lint, "lint", lambda *_: [Finding("no-citation", "us.made.up", "a measure must cite its instrument")])
    found = landed("law", "lint")
    assert found.code == 2 and "no-citation: us.made.up" in found.out


def test_data_status_says_what_is_in_force(landed: Run) -> None:
    assert "packaged" in landed("data", "status").out
    assert landed("data", "status", "--json").json["source"] == "packaged"
    assert landed("data", "rollback").err.startswith("NOTHING_TO_ROLL_BACK")


def test_data_import_and_pull_refuse_what_is_no_export(landed: Run, tmp_path: Path) -> None:
    junk = tmp_path / "junk.csv"
    junk.write_text("a,b\n1,2\n", encoding="utf-8")
    assert landed("data", "import", str(junk)).err.startswith("BAD_EXPORT")
    assert landed("data", "import", "nowhere.csv").err.startswith("FILE_NOT_FOUND")
    assert landed("data", "pull", "--url", "ftp://example.invalid/").err.startswith("PULL_FAILED")


def test_data_build_gives_the_packaged_schedule_again(landed: Run, shared: Path, tmp_path: Path) -> None:
    from landed.schedule.table import PACKAGED

    out = tmp_path / "schedule.parquet"
    assert landed("data", "build", str(tmp_path)).err.startswith("FILE_NOT_FOUND")
    found = landed("data", "build", str(shared / "hts"), "--out", str(out))
    assert found.code == 0, found.err
    assert out.read_bytes() == PACKAGED.read_bytes()


def test_version_and_help_answer(landed: Run) -> None:
    import landed as package

    assert package.__version__ in landed("--version").out
    for arguments in ((), ("hts",), ("law",), ("data",)):
        assert "Usage" in landed(*arguments, "--help").out
