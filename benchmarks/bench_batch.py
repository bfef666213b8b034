"""Lines per second of the batch: totals and one column per programme, with a numpy copy of the same columns beside them.

Usage: python benchmarks/bench_batch.py [--lines 20000000] [--days 12] [--repeat 3] [--threads 2] [--numpy]

Columns are Arrow in memory: hts_code and country_of_origin dictionary-encoded (plain texts in the line that says so),
customs_value decimal128(14, 2), entry_date date32. Two shapes: *everything*, the hardest, draws every line by itself from
every 10-digit line, every country and every day, so that nothing repeats, one in nine has a rate per unit (its quantity
unstated), and every measure of the days is met; *catalogue* draws from 100,000 products of eight countries over four days.
`--numpy` leaves the compiled loops out (as where the extra `fast` is not installed).
"""

from __future__ import annotations

import argparse
import os
import time
from datetime import date, timedelta
from statistics import median

import numpy as np
import pyarrow as pa

from landed.duty.batch_frame import estimate_table
from landed.duty.estimate import Engine, default_engine

LAST = date(2026, 9, 30)
PRODUCTS = 100_000
MAKERS = ("CN", "VN", "MX", "DE", "JP", "IN", "TW", "KR")


def catalogue(engine: Engine, lines: int, days: int, seed: int = 7) -> pa.Table:
    """Random lines of trade over `days` days of entry, a month apart."""
    rng = np.random.default_rng(seed)
    dates = [LAST - timedelta(days=30 * n) for n in range(days)]
    codes = [f"{code:010d}" for code in engine.schedule.lines(LAST).codes.tolist()]
    origins = sorted(engine.law.countries)
    cents = rng.integers(100, 100_000_00, lines)
    words = np.zeros((lines, 2), np.int64)
    words[:, 0] = cents
    return pa.table(
        {
            "hts_code": pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, len(codes), lines, dtype=np.int32)), pa.array(codes)),
            "country_of_origin": pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, len(origins), lines, dtype=np.int16)), pa.array(origins)),
            "customs_value": pa.Array.from_buffers(pa.decimal128(14, 2), lines, [None, pa.py_buffer(words)]),
            "entry_date": pa.array(np.array([(d - date(1970, 1, 1)).days for d in dates], np.int32)[rng.integers(0, days, lines)]).cast(pa.date32()),
        }
    )


def products(engine: Engine, lines: int, seed: int = 8) -> pa.Table:
    """Lines of a catalogue: 100,000 products (a code and an origin each), any value, four days."""
    rng = np.random.default_rng(seed)
    table = catalogue(engine, lines, 4, seed)
    origins = table.column(1).chunk(0).dictionary
    few = np.array([origins.index(country).as_py() for country in MAKERS], np.int16)
    product = rng.integers(0, PRODUCTS, lines, dtype=np.int32)
    code = rng.integers(0, len(table.column(0).chunk(0).dictionary), PRODUCTS, dtype=np.int32)[product]
    origin = few[rng.integers(0, len(few), PRODUCTS)][product]
    table = table.set_column(0, "hts_code", pa.DictionaryArray.from_arrays(pa.array(code), table.column(0).chunk(0).dictionary))
    return table.set_column(1, "country_of_origin", pa.DictionaryArray.from_arrays(pa.array(origin), origins))


def seconds(work, repeat: int) -> tuple[float, float]:
    """(median seconds, median processor seconds) of a few runs; the second holds on a machine that others use too."""
    times, counts = [], []
    for _ in range(repeat):
        start, before = time.perf_counter(), time.process_time()
        work()
        times.append(time.perf_counter() - start)
        counts.append(time.process_time() - before)
    return median(times), median(counts)


def tell(name: str, lines: int, took: tuple[float, float], moved: float | None = None) -> None:
    """One figure: by the clock, and what two processors would do if nobody else used them."""
    ratio = f"{took[0] / lines * 1e6 / moved:6.1f} x the copy" if moved else ""
    print(f"{name:<52} {lines / took[0] / 1e6:7.1f} M lines/s by the clock, {2 * lines / took[1] / 1e6:7.1f} by processor time (x2) {ratio}", flush=True)


def copy(table: pa.Table, names: list[str]) -> None:
    """A numpy copy of the buffers of some columns: the least that any batch must move."""
    for name in names:
        for chunk in table.column(name).chunks:
            for buffer in (chunk.indices if pa.types.is_dictionary(chunk.type) else chunk).buffers():
                if buffer is not None:
                    np.frombuffer(buffer, np.uint8).copy()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=20_000_000)
    parser.add_argument("--days", type=int, default=12)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--numpy", action="store_true")
    given = parser.parse_args()
    if given.numpy:
        from landed.duty import batch

        batch.installed = lambda: False
    engine = default_engine()
    table = catalogue(engine, given.lines, given.days)
    start = time.perf_counter()
    estimate_table(table.slice(0, min(2_000_000, given.lines)), engine, threads=given.threads)
    first = time.perf_counter() - start
    start = time.perf_counter()
    answered = estimate_table(table, engine, threads=given.threads)
    print(f"law compiled for {given.days} days while the first 2 million lines were priced: {first:.1f} s; first pass over all: {time.perf_counter() - start:.1f} s")
    added = answered.column_names[table.num_columns :]
    moved = seconds(lambda done=answered: (copy(table, table.column_names), copy(done, added)), given.repeat)
    per_line = moved[0] / given.lines * 1e6
    tell("numpy copy of the same input and output columns", given.lines, moved)
    del answered
    tell("totals, everything", given.lines, seconds(lambda: estimate_table(table, engine, threads=given.threads), given.repeat), per_line)
    tell("totals, everything, one thread", given.lines, seconds(lambda: estimate_table(table, engine, threads=1), given.repeat), per_line)
    part = table.slice(0, min(given.lines, 4_000_000))
    tell("one column per programme, everything", len(part), seconds(lambda: estimate_table(part, engine, columns="programmes", threads=given.threads), given.repeat), per_line)
    part = part.set_column(0, "hts_code", part.column(0).cast(pa.string())).set_column(1, "country_of_origin", part.column(1).cast(pa.string()))
    tell("totals, everything, codes and countries as texts", len(part), seconds(lambda: estimate_table(part, engine, threads=given.threads), given.repeat), per_line)
    table = products(engine, given.lines)
    estimate_table(table.slice(0, min(2_000_000, given.lines)), engine, threads=given.threads)
    tell("totals, catalogue", given.lines, seconds(lambda: estimate_table(table, engine, threads=given.threads), given.repeat), per_line)
    part = table.slice(0, min(given.lines, 4_000_000))
    tell("one column per programme, catalogue", len(part), seconds(lambda: estimate_table(part, engine, columns="programmes", threads=given.threads), given.repeat), per_line)
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
