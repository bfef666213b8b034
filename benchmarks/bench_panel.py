"""The panel of a day as a whole process: seconds and peak memory, median of a few runs.

Usage: python benchmarks/bench_panel.py [--on 2026-09-30] [--repeat 5]

Beside it stands the same interpreter importing numpy and pyarrow and nothing else.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

BARE = "import numpy, pyarrow, pyarrow.parquet"


def process(command: list[str]) -> tuple[float, float, float]:
    """(seconds, peak resident MB, processor seconds) of a whole process. Processor seconds hold on a machine that others use too."""
    start = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(running.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    running.returncode = 0
    return time.perf_counter() - start, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--on", default="2026-09-30")
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "panel.parquet"
        command = [sys.executable, "-m", "landed.doors.cli.main", "panel", "--on", given.on, "-o", str(out)]
        process(command)  # compiled modules and the file cache
        runs = [process(command) for _ in range(given.repeat)]
        bare = [process([sys.executable, "-c", BARE]) for _ in range(given.repeat)]
        import pyarrow.parquet as pq

        rows = pq.ParquetFile(out).metadata
        seconds = median(r[0] for r in runs)
        idle = median(r[0] for r in bare)
        print(f"panel of {given.on}: {rows.num_rows:,} rows x {rows.num_columns} columns, {out.stat().st_size / 1e6:.0f} MB of Parquet")
        cpu, load = median(r[2] for r in runs), os.getloadavg()[0]
        print(f"  whole process {seconds:.2f} s (best {min(r[0] for r in runs):.2f}), {cpu:.2f} s of processor, peak {max(r[1] for r in runs):.0f} MB; load of the machine {load:.1f}")
        print(f"  interpreter with numpy and pyarrow {idle:.2f} s, {median(r[2] for r in bare):.2f} s of processor: ratio {seconds / idle:.1f}")


if __name__ == "__main__":
    main()
