"""A catalogue becomes a review queue, the most money at stake first; the rationale is a page that can be filed."""

from __future__ import annotations

import csv

import pytest
from typer.testing import CliRunner

import landed
from landed.classify.catalogue import read_catalogue, review_queue, write_queue
from landed.classify.rationale import as_html
from landed.doors.cli.main import app
from landed.errors import LandedError
from landed.operations.classify import answer_one


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))


def _catalogue(tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text(
        "SKU,Description,Material,Country of origin,Value\nA1,women's dress,,VN,50000\nA2,women's dress,,VN,500\nA3,,,VN,10\nA4,=cmd shirt,cotton,VN,100\n", encoding="utf-8"
    )
    return path


def test_columns_are_found_by_their_usual_names_and_others_become_attributes(tmp_path):
    products = read_catalogue(_catalogue(tmp_path))
    assert products[0]["id"] == "A1" and products[0]["origin"] == "VN" and products[3]["attributes"] == {"Material": "cotton"}


def test_the_queue_puts_errors_and_then_the_most_money_first(tmp_path):
    rows = review_queue(read_catalogue(_catalogue(tmp_path)), lambda p: answer_one({"on": "2026-06-01", **p}))
    assert rows[0]["status"] == "error"
    dresses = [row for row in rows if str(row["id"]) in ("A1", "A2")]
    assert [row["id"] for row in dresses] == ["A1", "A2"]
    assert float(dresses[0]["at_stake_usd"]) > float(dresses[1]["at_stake_usd"])


def test_a_cell_that_looks_like_a_formula_is_written_as_text(tmp_path):
    rows = review_queue(read_catalogue(_catalogue(tmp_path)), lambda p: answer_one(p))
    write_queue(rows, tmp_path / "queue.csv")
    with (tmp_path / "queue.csv").open(encoding="utf-8-sig") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert "'=cmd shirt" in texts


def test_a_workbook_is_read_and_written(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["title", "category"])
    book.active.append(["leather wallet", "Bags > Wallets"])
    book.save(tmp_path / "goods.xlsx")
    products = read_catalogue(tmp_path / "goods.xlsx")
    assert products[0]["text"] == "leather wallet" and products[0]["category"] == "Bags > Wallets"
    write_queue(review_queue(products, answer_one), tmp_path / "queue.xlsx")
    assert openpyxl.load_workbook(tmp_path / "queue.xlsx").active.max_row == 2


@pytest.mark.parametrize(("name", "content", "code"), [("a.csv", b"colour,size\nred,1\n", "MISSING_COLUMN"), ("b.csv", b"\xff\xfe\x00text", "UNREADABLE_FILE"), ("c.xlsx", b"no zip", "UNREADABLE_FILE")])
def test_a_file_that_is_no_catalogue_is_refused_with_a_mend(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LandedError) as refused:
        read_catalogue(tmp_path / name)
    assert refused.value.code == code and refused.value.mend


def test_the_rationale_escapes_what_came_from_outside():
    page = as_html(landed.classify("cotton shirt <script>alert(1)</script>", on="2026-06-01"))
    assert "<script>" not in page and "&lt;script&gt;" in page and "GRI 1" in page


def test_the_command_shows_code_question_and_money():
    shown = CliRunner().invoke(app, ["classify", "women's dress", "--from", "VN", "--on", "2026-06-01"])
    assert shown.exit_code == 0 and "Question" in shown.output and "USD" in shown.output
    assert CliRunner().invoke(app, ["classify"]).exit_code == 2


def test_the_command_confirms_and_works_through_a_catalogue(tmp_path):
    kept = CliRunner().invoke(app, ["classify", "blue widget shirt", "--confirm", "6205.20.20.51", "--who", "A. Broker", "--why", "sample seen"])
    assert kept.exit_code == 0 and "A. Broker" in kept.output
    done = CliRunner().invoke(app, ["classify", "--catalogue", str(_catalogue(tmp_path)), "-o", str(tmp_path / "out.csv")])
    assert done.exit_code == 0 and "4 products" in done.output and (tmp_path / "out.csv").exists()
