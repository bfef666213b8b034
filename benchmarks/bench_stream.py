"""Files: 100 million lines from Parquet to Parquet, a workbook with errors, a million rows of garbage, and kill -9 at random moments.

Usage: python benchmarks/bench_stream.py parquet [--lines 100000000] | workbook | garbage | kill [--times 50]

Every run is a whole process (`landed batch`); seconds and peak resident memory are those of the process.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from bench_batch import catalogue
from bench_panel import process
from landed.duty.estimate import default_engine

COMMAND = [sys.executable, "-m", "landed.doors.cli.main", "batch"]
STEP = 4_000_000


def parquet(folder: Path, lines: int) -> None:
    source, out = folder / "in.parquet", folder / "out.parquet"
    part = catalogue(default_engine(), min(STEP, lines), 4)
    with pq.ParquetWriter(source, part.schema) as writer:
        for _ in range(max(1, lines // STEP)):
            writer.write_table(part, row_group_size=1 << 18)
    start = time.perf_counter()
    for batch in pq.ParquetFile(source).iter_batches(1 << 18):
        assert batch.num_rows
    read = time.perf_counter() - start
    seconds, memory, cpu = process([*COMMAND, str(source), "-o", str(out)])
    rows = pq.ParquetFile(out).metadata.num_rows
    assert rows == pq.ParquetFile(source).metadata.num_rows
    print(f"{rows:,} lines Parquet to Parquet: {seconds:.0f} s, {rows / seconds / 1e6:.2f} M lines/s, {cpu:.0f} s of processor, peak {memory:.0f} MB; in {source.stat().st_size / 1e6:.0f} MB, out {out.stat().st_size / 1e6:.0f} MB")
    print(f"  reading the input alone {read:.0f} s: ratio {seconds / read:.1f}")


def workbook(folder: Path) -> None:
    import xlsxwriter

    table = catalogue(default_engine(), 10_000, 4).to_pylist()
    source, out = folder / "in.xlsx", folder / "out.xlsx"
    book = xlsxwriter.Workbook(str(source))
    sheet = book.add_worksheet()
    for column, name in enumerate(["Line", "HTS code", "Origin", "Value", "Entry date"]):
        sheet.write(0, column, name)
    for row, line in enumerate(table, 1):
        wrong = row % 100 == 0
        for column, value in enumerate([row, "nonsense" if wrong else line["hts_code"], line["country_of_origin"], float(line["customs_value"]), line["entry_date"].isoformat()]):
            sheet.write(row, column, value)
    book.close()
    runs = sorted(process([*COMMAND, str(source), "-o", str(out)]) for _ in range(3))
    print(f"10,000-row workbook, 1% wrong, to a workbook: {runs[1][0]:.1f} s (median of 3), {runs[1][2]:.1f} s of processor, peak {runs[1][1]:.0f} MB")


def garbage(folder: Path) -> None:
    rng = random.Random(1)
    source, out = folder / "in.csv", folder / "out.csv"
    alphabet = [c for c in range(256) if c not in (10, 13)]
    lines = [bytes(rng.choices(alphabet, k=40)) for _ in range(10_000)]
    with source.open("wb") as file:
        file.write(b"hts_code,country_of_origin,customs_value,entry_date\n")
        for _ in range(50):
            file.write(b"\n".join(lines) + b"\n")
            file.write(b"".join(b"%d,%s,%d,2025-06-0%d\n" % (rng.randrange(10**10), bytes(rng.choices(range(65, 91), k=2)), rng.randrange(-9, 10**6), rng.randrange(10)) for _ in range(10_000)))
    seconds, memory, cpu = process([*COMMAND, str(source), "-o", str(out)])
    print(f"1,000,000 rows of garbage (half noise, half random codes): {seconds:.0f} s, {cpu:.0f} s of processor, peak {memory:.0f} MB")


RUN = "import sys; from landed.operations import batch_sources as s; s.PIECE_ROWS = 32768; from landed.operations.batch import BatchFile, run_batch; print(run_batch(BatchFile(sys.argv[1], sys.argv[2], resume=True)).resumed)"


def kill(folder: Path, times: int) -> None:
    """Pieces of 32,768 rows, so that a run has some thirty of them. Law that changes meanwhile makes resuming refuse, as it should."""
    source = folder / "in.parquet"
    pq.write_table(catalogue(default_engine(), 1_000_000, 2), source, row_group_size=1 << 15)
    whole, broken = folder / "whole.parquet", folder / "broken.parquet"
    command = [sys.executable, "-c", RUN, str(source)]
    takes, _, _ = process([*command, str(whole)])
    want = whole.read_bytes()
    rng = random.Random(3)
    killed = through = 0
    while killed < times:
        running = subprocess.Popen([*command, str(broken)], stdout=subprocess.DEVNULL)
        try:
            if running.wait(rng.uniform(0.2, 0.9) * takes):
                raise SystemExit("a resumed run failed")
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
            killed += 1
        if broken.exists():  # a run got through (or was killed after the rename): check it, begin anew
            assert broken.read_bytes() == want, "a resumed output differs"
            broken.unlink()
            through += 1
    process([*command, str(broken)])
    assert broken.read_bytes() == want, "the resumed output differs"
    print(f"killed {killed} times at random moments of a run of {takes:.1f} s: {through + 1} resumed outputs, each identical to the undisturbed one")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["parquet", "workbook", "garbage", "kill"])
    parser.add_argument("--lines", type=int, default=100_000_000)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--folder", default="")
    given = parser.parse_args()
    os.environ.setdefault("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
    with tempfile.TemporaryDirectory(dir=given.folder or None) as name:
        folder = Path(name)
        if given.what == "parquet":
            parquet(folder, given.lines)
        elif given.what == "kill":
            kill(folder, given.times)
        else:
            {"workbook": workbook, "garbage": garbage}[given.what](folder)


if __name__ == "__main__":
    main()
