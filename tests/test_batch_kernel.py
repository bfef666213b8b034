"""The compiled loops of the batch give what the ordinary way gives, to the last bit, whatever the columns look like."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_points import BUSY, differences, points, table_of
from landed.duty import batch_kernel, batch_rates
from landed.duty.batch import Batch, Shape, batches_of
from landed.duty.batch_columns import Sheet
from landed.duty.batch_frame import estimate_table
from landed.duty.estimate import Engine, default_engine

needs_numba = pytest.mark.skipif(not batch_kernel.installed(), reason="numba is not installed (pip install landed[fast])")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return default_engine()


def answered(engine: Engine, table: pa.Table, columns: Shape, loops: bool, rows: int = 7_000) -> pa.Table:
    batch = Batch(engine, table.column_names, columns=columns, compiled_loops=loops)
    sheet = Sheet(batch, (date(2024, 1, 1), date(2026, 12, 31)))
    return pa.Table.from_batches([sheet.of(chunk, batch.answer(chunk)) for chunk in batches_of(table, rows)]).select(range(table.num_columns, table.num_columns + len(sheet.names)))


def catalogue(engine: Engine, lines: int, seed: int) -> pa.Table:
    """Lines of the last days of coverage, every line and country alike, from a cent to a hundred billion dollars."""
    rng = np.random.default_rng(seed)
    codes = [f"{code:010d}" for code in engine.schedule.lines(date(2026, 9, 30)).codes.tolist()] + ["9999999999", "9503", ""]
    origins = [*sorted(engine.law.countries), "XX", ""]
    words = np.zeros((lines, 2), np.int64)
    words[:, 0] = 10 ** rng.uniform(-0.5, 13, lines)
    days = np.array([(date(2026, 9, 30) - timedelta(days=60 * n) - date(1970, 1, 1)).days for n in range(5)], np.int32)
    return pa.table(
        {
            "hts_code": pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, len(codes), lines, dtype=np.int32)), pa.array(codes)),
            "country_of_origin": pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, len(origins), lines, dtype=np.int16)), pa.array(origins)),
            "customs_value": pa.Array.from_buffers(pa.decimal128(18, 2), lines, [None, pa.py_buffer(words)]),
            "entry_date": pa.array(days[rng.integers(0, 5, lines)]).cast(pa.date32()),
        }
    )


@needs_numba
@pytest.mark.parametrize("columns", ["totals", "programmes"])
def test_the_compiled_loops_and_numpy_give_the_same_columns_for_every_line_and_country(engine: Engine, columns: Shape) -> None:
    table = catalogue(engine, 60_000, 3)
    fast, plain = answered(engine, table, columns, True), answered(engine, table, columns, False)
    assert fast.equals(plain)
    by_loops = Batch(engine, table.column_names, columns=columns, compiled_loops=True).answer(table.to_batches()[0]).fast
    assert by_loops is not None and len(by_loops[0].rows) < 0.2 * table.num_rows, "the loops did most of it"
    assert {*fast["status"].to_pylist()} >= {"complete", "estimated", "partial", "refused"}
    for mine, theirs in zip(fast.to_batches(), plain.to_batches(), strict=True):
        same = [pa.ipc.RecordBatchStreamReader(stream(batch)).read_all().equals(pa.Table.from_batches([batch])) for batch in (mine, theirs)]
        assert all(same)
        assert stream(mine) == stream(theirs), "files are byte for byte the same, what lies under a null included"


def stream(batch: pa.RecordBatch) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


@needs_numba
def test_random_points_come_to_the_cents_of_the_explained_estimate_by_the_compiled_loops(engine: Engine) -> None:
    assert differences(engine, points(engine, 505, 400, with_facts=False), compiled_loops=True) == []


@needs_numba
def test_rows_with_claims_facts_and_quantities_among_others_come_to_the_same(engine: Engine) -> None:
    rows = points(engine, 606, 60, with_facts=True) + points(engine, 607, 300, with_facts=False)
    table = table_of(rows)
    for columns in ("totals", "programmes"):
        assert answered(engine, table, columns, True).equals(answered(engine, table, columns, False))


@needs_numba
def test_every_way_to_write_the_columns_is_read_alike(engine: Engine) -> None:
    table = catalogue(engine, 4_000, 5)
    texts = [pa.string(), pa.large_string()]
    wanted = answered(engine, table, "totals", False)
    for kind in texts:
        other = table
        for place, name in ((0, "hts_code"), (1, "country_of_origin"), (3, "entry_date")):
            other = other.set_column(place, name, table.column(name).cast(pa.string()).cast(kind))
        assert answered(engine, other, "totals", True).drop_columns(["error_detail"]).equals(wanted.drop_columns(["error_detail"]))
    stamped = table.set_column(3, "entry_date", table.column(3).cast(pa.timestamp("us")))
    assert answered(engine, stamped, "totals", True).equals(answered(engine, stamped, "totals", False))
    floats = table.set_column(2, "customs_value", table.column(2).cast(pa.float64()))
    assert answered(engine, floats, "totals", True).equals(answered(engine, floats, "totals", False))
    assert answered(engine, table.slice(1_234), "totals", True, rows=501).equals(answered(engine, table.slice(1_234), "totals", False, rows=501))


@needs_numba
def test_blank_cells_long_texts_and_other_words_are_refused_alike(engine: Engine) -> None:
    odd = {
        "hts_code": ["9503.00.00.73", "9503000073", None, "", "9503.00.00.73.and more", "95030000", "é" * 9, "0000000000", "9503-00-00-73", " 9503000073 "] * 3,
        "country_of_origin": ["CN", "China", "cn", None, "", "The Country of Far Away", "ZZ", "VN", " VN ", "Viet Nam"] * 3,
        "customs_value": [Decimal("1000.00"), None, Decimal("0.00"), Decimal("-5.00"), Decimal("1.00"), Decimal("0.01"), Decimal("99999999999.00"), Decimal("12.34"), Decimal("7.00"), Decimal("8.00")] * 3,
        "entry_date": [date(2026, 1, 5)] * 28 + [None, date(1999, 1, 1)],
        "transport_mode": ["ocean", "", None, "balloon", "air"] * 6,
        "currency": ["USD", "EUR", None, "", "usd"] * 6,
    }
    table = pa.table({name: pa.array(values, pa.decimal128(20, 2) if name == "customs_value" else None) for name, values in odd.items()})
    assert answered(engine, table, "totals", True).equals(answered(engine, table, "totals", False))
    core = table.select(["hts_code", "country_of_origin", "customs_value", "entry_date"])
    many = pa.concat_tables([core, *[core.slice(0, 1)] * 100]).combine_chunks()
    assert answered(engine, many, "totals", True).equals(answered(engine, many, "totals", False))


@needs_numba
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    origin=st.sampled_from(BUSY),
    cents=st.lists(st.one_of(st.integers(1, 10**4), st.integers(1, 10**9), st.integers(10**13, 10**14 - 1)), min_size=1, max_size=40),
    days=st.integers(0, 3300),
    kilos=st.none() | st.integers(0, 10**12),
)
def test_no_value_that_a_search_finds_comes_out_otherwise(engine: Engine, origin: str, cents: list[int], days: int, kilos: int | None) -> None:
    codes = ["9503000073", "0707002050", "7208101500", "8703230120", "6109100012", "2204215040", "9102112520", "0201305085", "2402908000", "7606123096"]
    n = len(codes) * len(cents)
    columns = {
        "hts_code": pa.array(codes * len(cents)),
        "country_of_origin": pa.array([origin] * n),
        "customs_value": pa.array([Decimal(one) / 100 for one in cents for _ in codes], pa.decimal128(20, 2)),
        "entry_date": pa.array([date(2018, 1, 1) + timedelta(days=days)] * n),
    }
    if kilos is not None:
        columns["quantity_kg"] = pa.array([Decimal(kilos) / 10**6] * n)
    table = pa.table(columns)
    assert answered(engine, table, "programmes", True).equals(answered(engine, table, "programmes", False))


def test_without_numba_frames_of_any_size_are_priced_by_numpy(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landed.duty.batch.installed", lambda: False)
    monkeypatch.setattr("landed.duty.batch.FAST_FROM", 10)
    monkeypatch.setattr("landed.duty.batch.FastReader", None)
    table = catalogue(engine, 500, 9)
    assert estimate_table(table, engine, threads=1).num_rows == 500


def test_a_numba_that_cannot_be_loaded_leaves_the_work_to_numpy(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> None:
        raise ImportError("numba wants another numpy")

    table = catalogue(engine, 500, 9)
    plain = answered(engine, table, "totals", False)
    monkeypatch.setattr("landed.duty.batch_fast.kernels", refuses)
    assert answered(engine, table, "totals", True).equals(plain)


@needs_numba
def test_large_frames_take_the_compiled_loops_by_themselves(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    table = catalogue(engine, 5_000, 9)
    small = estimate_table(table, engine, threads=2)
    monkeypatch.setattr("landed.duty.batch.FAST_FROM", 10)
    assert estimate_table(table, engine, threads=2).equals(small)


def test_the_loops_and_numpy_name_kinds_of_rates_alike() -> None:
    assert (batch_kernel.PERCENT, batch_kernel.UNPRICED) == (batch_rates.PERCENT, batch_rates.UNPRICED)
    assert batch_kernel.SLOW == batch_rates.SLOW < batch_rates.FRACTION and max(batch_rates.TERMED, batch_rates.UNPRICED, batch_rates.EXOTIC) < batch_rates.SLOW
