"""`landed entry` and `landed cost` on the command line: files in, tables, JSON and files out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landed.doors.cli.main import app

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(args))
    assert result.exit_code == code, result.output
    return result.output


def test_an_entry_is_shown_as_a_table_and_as_json() -> None:
    assert "9903.82.02" in run("entry", str(EXAMPLES / "entry.toml"))
    assert json.loads(run("entry", str(EXAMPLES / "entry.toml"), "--json"))["totals"]["total"]


@pytest.mark.parametrize("name", ["w.xlsx", "w.csv", "w.json", "w.html"])
def test_the_worksheet_is_written_in_the_form_of_its_ending(tmp_path: Path, name: str) -> None:
    run("entry", str(EXAMPLES / "entry.toml"), "-o", str(tmp_path / name))
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_an_ending_nobody_can_write_is_refused_before_the_work(tmp_path: Path) -> None:
    assert "UNKNOWN_FORMAT" in run("entry", str(EXAMPLES / "entry.toml"), "-o", str(tmp_path / "w.doc"), code=2)
    assert not list(tmp_path.iterdir())


def test_a_bad_line_ends_in_a_problem_and_code_2_and_writes_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"entry": {"entry_date": "2026-04-10"}, "lines": [{"hts_code": "1", "country_of_origin": "VN", "price": "5"}]}')
    out = run("entry", str(bad), "-o", str(tmp_path / "w.csv"), "--json", code=2)
    assert json.loads(out)["error"]["code"] == "ENTRY_LINES_INVALID"
    assert [p.name for p in tmp_path.iterdir()] == ["bad.json"]


def test_a_filed_entry_is_audited() -> None:
    out = run("entry", "audit", str(EXAMPLES / "filed_entry.csv"))
    assert "wrong period" in out and "Overpaid" in out
    assert json.loads(run("entry", "audit", str(EXAMPLES / "filed_entry.csv"), "--json"))["differences"]


def test_a_template_is_written(tmp_path: Path) -> None:
    run("entry", "template", str(tmp_path / "t.xlsx"))
    assert (tmp_path / "t.xlsx").stat().st_size > 5000


def test_a_rates_file_prices_a_foreign_invoice(tmp_path: Path) -> None:
    rates, order = tmp_path / "rates.csv", tmp_path / "order.toml"
    rates.write_text("date,currency,rate\n2026-03-02,EUR,1.10\n")
    order.write_text('[entry]\nentry_date = 2026-04-10\nexport_date = 2026-03-02\ntransport_mode = "air"\ncurrency = "EUR"\n[[lines]]\nhts_code = "9503.00.00.73"\ncountry_of_origin = "VN"\nprice = "1000"\n')
    assert "CURRENCY_RATE_REQUIRED" in run("entry", str(order), code=2)
    assert json.loads(run("entry", str(order), "--rates", str(rates), "--json"))["totals"]["entered_value"] == "1100.00"


def test_landed_cost_is_shown_charted_and_written(tmp_path: Path) -> None:
    out = run("cost", str(EXAMPLES / "cost.toml"), "--chart", str(tmp_path / "c.svg"), "-o", str(tmp_path / "c.xlsx"))
    assert "Break-even" in out and "Landed cost" in out
    assert {p.name for p in tmp_path.iterdir()} == {"c.svg", "c.xlsx"}
    assert json.loads(run("cost", str(EXAMPLES / "cost.toml"), "--json"))["totals"]["landed_cost"]
