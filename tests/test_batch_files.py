"""Catalogues from file to file: every format, every row, killed and resumed, and files that cannot be read."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from landed.errors import LandedError
from landed.operations import batch as job_module
from landed.operations import batch_sources
from landed.operations.batch import BatchFile, run_batch

HEADER = "sku,hts_code,country_of_origin,customs_value,entry_date\n"
LINES = ["9503.00.00.73", "0707002050", "8703.23.01.20", "6109100012", "nonsense"]


def catalogue(path: Path, rows: int = 40) -> Path:
    """A small CSV catalogue; every fifth line is wrong."""
    path.write_text(HEADER + "".join(f"s{n},{LINES[n % 5]},{['CN', 'JP', 'DE'][n % 3]},{100 + n}.25,2025-0{n % 9 + 1}-10\n" for n in range(rows)))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    import csv

    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".arrow", ".xlsx"])
def test_every_format_that_is_written_can_be_read_again_with_every_row(tmp_path: Path, ending: str) -> None:
    source = catalogue(tmp_path / "in.csv")
    report = run_batch(BatchFile(str(source), str(tmp_path / f"out{ending}")))
    assert report.rows == 40 and report.errors == {"INVALID_CODE": 8}
    again = run_batch(BatchFile(str(tmp_path / f"out{ending}"), str(tmp_path / "again.csv")))
    assert again.rows == 40 and again.statuses == report.statuses
    assert [row["sku"] for row in rows_of(tmp_path / "again.csv")] == [f"s{n}" for n in range(40)]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted({"in.csv", f"out{ending}", "again.csv"}), "nothing is left beside the outputs"


@pytest.mark.parametrize("columns", ["totals", "programmes", "long"])
def test_each_shape_of_output_can_be_written(tmp_path: Path, columns: str) -> None:
    report = run_batch(BatchFile(str(catalogue(tmp_path / "in.csv")), str(tmp_path / "out.csv"), columns=columns))  # type: ignore[arg-type]
    assert report.rows == 40
    assert {row["sku"] for row in rows_of(tmp_path / "out.csv")} == {f"s{n}" for n in range(40)}


def test_a_folder_of_parquet_goes_to_a_folder_of_parts(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(3):
        pq.write_table(pa.table({"hts_code": ["9503000073"], "country_of_origin": ["CN"], "customs_value": [100.0 + n], "entry_date": ["2025-06-01"]}), tmp_path / "in" / f"{n}.parquet")
    report = run_batch(BatchFile(str(tmp_path / "in"), str(tmp_path / "out") + "/"))
    assert report.rows == 3 and pq.read_table(tmp_path / "out").num_rows == 3


def test_rows_with_too_many_or_too_few_cells_keep_their_place_and_say_so(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(HEADER + 'a,9503000073,CN,100,2025-06-01\nb,9503000073\nc,9503000073,CN,100,2025-06-01,more,cells\nd,"9503000073",CN,100,2025-06-01\n')
    run_batch(BatchFile(str(source), str(tmp_path / "out.csv")))
    assert [(r["sku"], r["error_code"]) for r in rows_of(tmp_path / "out.csv")] == [("a", ""), ("b", "BROKEN_ROW"), ("c", "BROKEN_ROW"), ("d", "")]


def test_garbage_becomes_errors_row_by_row(tmp_path: Path) -> None:
    rng = random.Random(5)
    source = tmp_path / "in.csv"
    source.write_bytes(HEADER.encode() + b"".join(bytes(rng.choices([c for c in range(256) if c not in (10, 13, 34)], k=30)) + b"\n" for _ in range(500)))
    report = run_batch(BatchFile(str(source), str(tmp_path / "out.csv")))
    assert report.rows == 500 and report.statuses == {"refused": 500}


def test_json_lines_hold_whole_requests_and_bad_lines_keep_their_place(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    good = {"hts_code": "0707002050", "country_of_origin": "JP", "customs_value": {"amount": "20", "currency": "USD"}, "entry_date": "2025-10-01", "quantities": [{"value": "12.5", "unit": "kg"}], "facts": {"civil_aircraft": "no"}, "claims": {}}
    source.write_text(json.dumps(good) + "\n{broken\n[1]\n")
    run_batch(BatchFile(str(source), str(tmp_path / "out.jsonl")))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row.get("error_code") for row in rows] == [None, "BROKEN_ROW", "BROKEN_ROW"]
    assert rows[0]["duty"] == "3.01"


def test_a_mapping_file_names_the_columns(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("a,b,c\n9503000073,CN,100\n")
    (tmp_path / "map.toml").write_text('[columns]\nhts_code = "a"\ncountry_of_origin = "b"\ncustoms_value = "c"\n')
    mapping = job_module.read_mapping(tmp_path / "map.toml")
    from datetime import date

    assert run_batch(BatchFile(str(source), str(tmp_path / "out.csv"), on=date(2025, 6, 1), mapping=mapping)).statuses.get("refused") is None


# -- files that cannot be read: one clear error, nothing half-written ---------------------------------------------------


def refused(source: Path, tmp_path: Path) -> str:
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(LandedError) as error:
        run_batch(BatchFile(str(source), str(tmp_path / "out.parquet")))
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    return error.value.code


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"hts_code": ["9503000073"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-40])
    assert refused(path, tmp_path) == "UNREADABLE_FILE"


def test_a_parquet_file_damaged_in_the_middle_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.parquet"
    n = 3000
    pq.write_table(pa.table({"hts_code": [f"95030000{k % 90 + 10}" for k in range(n)], "country_of_origin": ["CN"] * n, "customs_value": [str(k) for k in range(n)], "entry_date": ["2025-06-01"] * n}), path, row_group_size=1000, compression="zstd")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = b"\x00" * 400
    path.write_bytes(data)
    monkeypatch.setattr(batch_sources, "PIECE_ROWS", 1000)
    assert refused(path, tmp_path) == "UNREADABLE_FILE"


def test_protected_macro_and_bomb_workbooks_are_refused(tmp_path: Path) -> None:
    protected = tmp_path / "protected.xlsx"
    protected.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600)
    assert refused(protected, tmp_path) == "PROTECTED_WORKBOOK"
    macro = tmp_path / "macro.xlsm"
    with zipfile.ZipFile(macro, "w") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    assert refused(macro, tmp_path) == "MACRO_WORKBOOK"
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    assert refused(bomb, tmp_path) == "ZIP_BOMB"
    plain = tmp_path / "plain.xlsx"
    plain.write_bytes(b"PK\x03\x04 not really")
    assert refused(plain, tmp_path) == "UNREADABLE_FILE"


def test_missing_empty_and_strange_files_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.csv", tmp_path) == "FILE_NOT_FOUND"
    (tmp_path / "empty.csv").touch()
    assert refused(tmp_path / "empty.csv", tmp_path) == "EMPTY_FILE"
    (tmp_path / "x.docx").write_text("x")
    assert refused(tmp_path / "x.docx", tmp_path) == "UNKNOWN_FORMAT"
    (tmp_path / "bad.arrow").write_text("not arrow at all, not at all")
    assert refused(tmp_path / "bad.arrow", tmp_path) == "UNREADABLE_FILE"
    (tmp_path / "no_columns.csv").write_text("a,b\n1,2\n")
    assert refused(tmp_path / "no_columns.csv", tmp_path) == "MISSING_COLUMN"


def test_formulas_stand_for_their_saved_value_or_are_an_error_of_their_row(tmp_path: Path) -> None:
    xlsxwriter = pytest.importorskip("xlsxwriter", reason="xlsxwriter is not installed")
    path = tmp_path / "in.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for column, name in enumerate(["hts_code", "country_of_origin", "customs_value", "entry_date"]):
        sheet.write(0, column, name)
    for row in (1, 2):
        for column, value in enumerate(["9503000073", "CN", None, "2025-06-01"]):
            sheet.write(row, column, value)
    sheet.write_formula(1, 2, "=50+50", None, 100)
    sheet.write_formula(2, 2, "=A9*2", None, "")
    book.close()
    run_batch(BatchFile(str(path), str(tmp_path / "out.csv")))
    rows = rows_of(tmp_path / "out.csv")
    assert rows[0]["duty"] == "30.00" and rows[0]["error_code"] == ""
    assert rows[1]["error_code"] in ("BROKEN_ROW", "INVALID_REQUEST")


# -- killed and resumed -------------------------------------------------------------------------------------------------

RUN = """
import sys
from pathlib import Path
from landed.operations import batch_sources
from landed.operations.batch import BatchFile, run_batch
batch_sources.PIECE_BYTES = 4096
print("ready", flush=True)
print(run_batch(BatchFile(sys.argv[1], sys.argv[2], resume=True)).resumed)
"""


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_batch_killed_at_any_moment_resumes_to_the_same_bytes(tmp_path: Path, ending: str) -> None:
    source = catalogue(tmp_path / "in.csv", 3000)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    whole, broken = tmp_path / f"whole{ending}", tmp_path / f"broken{ending}"
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", RUN, str(source), str(whole)], check=True, env=environment, capture_output=True)
    takes = time.monotonic() - start
    rng = random.Random(11)
    for _ in range(4):
        running = subprocess.Popen([sys.executable, "-c", RUN, str(source), str(broken)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.3, 1.0) * takes)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert running.stdout is not None
        running.stdout.close()
    subprocess.run([sys.executable, "-c", RUN, str(source), str(broken)], check=True, env=environment, capture_output=True)
    assert broken.read_bytes() == whole.read_bytes()


def test_resuming_another_job_is_refused(tmp_path: Path) -> None:
    source = catalogue(tmp_path / "in.csv")
    job = job_module.Job(BatchFile(str(source), str(tmp_path / "out.csv")))
    job.begin()
    catalogue(source, 41)
    with pytest.raises(LandedError, match="unfinished run had another input"):
        run_batch(BatchFile(str(source), str(tmp_path / "out.csv"), resume=True))
