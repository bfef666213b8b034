"""Frames of Polars, pandas and Arrow: the same kind comes back, every row answered, columns kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

import landed
from landed.duty.batch_columns import TOTALS
from landed.duty.batch_frame import estimate_table
from landed.duty.compile import compiled
from landed.duty.estimate import default_engine
from landed.errors import LandedError

ROWS = {
    "hts_code": ["9503.00.00.73", "0707002050", "zzz", None, "8703.23.01.20"],
    "country_of_origin": ["CN", "Japan", "CN", "DE", "JP"],
    "customs_value": ["1000.50", "20", "3", "4", "50000"],
    "entry_date": ["2025-06-01", "2025-10-01", "2025-10-01", "2026-07-01", "2026-07-01"],
    "sku": ["a", "b", "c", "d", "e"],
}


def test_an_arrow_table_keeps_its_columns_and_gains_the_totals() -> None:
    answered = landed.estimate_frame(pa.table(ROWS))
    assert answered.column_names == [*ROWS, *TOTALS]
    assert answered.column("sku").to_pylist() == ROWS["sku"]
    assert answered.column("duty").to_pylist() == [Decimal("300.15"), None, None, None, Decimal("7500.00")]
    assert answered.column("status").to_pylist()[1:4] == ["partial", "refused", "refused"]
    assert answered.column("error_code").to_pylist() == [None, None, "INVALID_CODE", "INVALID_REQUEST", None]
    assert answered.schema.field("duty").type == pa.decimal128(18, 2)


def test_a_record_batch_comes_back_as_a_record_batch() -> None:
    answered = landed.estimate_frame(pa.RecordBatch.from_pydict(ROWS))
    assert isinstance(answered, pa.RecordBatch) and answered.num_rows == 5


def test_polars_comes_back_as_polars_with_exact_decimals() -> None:
    polars = pytest.importorskip("polars", reason="Polars is not installed")
    answered = landed.estimate_frame(polars.DataFrame(ROWS))
    assert isinstance(answered, polars.DataFrame) and answered.columns == [*ROWS, *TOTALS]
    assert answered["duty"].to_list()[0] == Decimal("300.15")


def test_pandas_comes_back_as_pandas_with_its_index() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    answered = landed.estimate_frame(pandas.DataFrame(ROWS, index=list("vwxyz")))
    assert isinstance(answered, pandas.DataFrame) and list(answered.index) == list("vwxyz")
    assert answered.loc["v", "duty"] == Decimal("300.15") and pandas.isna(answered.loc["x", "duty"])


def test_an_empty_frame_comes_back_empty_with_the_output_columns() -> None:
    answered = landed.estimate_frame(pa.table(ROWS).slice(0, 0))
    assert answered.num_rows == 0 and answered.column_names == [*ROWS, *TOTALS]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1000.5, 20.0, 3.0, 4.0, 50000.0]),
        pa.array([Decimal("1000.50"), Decimal(20), Decimal(3), Decimal(4), Decimal(50000)], pa.decimal128(20, 2)),
        pa.array([Decimal("1000.500000"), Decimal(20), Decimal(3), Decimal(4), Decimal(50000)], pa.decimal128(38, 6)),
        pa.array(["$1,000.50", "20", "3", "4", "50,000"]),
    ],
)
def test_a_value_means_the_same_in_every_column_type(values: pa.Array) -> None:
    answered = landed.estimate_frame(pa.table({**ROWS, "customs_value": values}))
    assert answered.column("duty").to_pylist()[0::4] == [Decimal("300.15"), Decimal("7500.00")]


def test_days_codes_and_countries_may_be_dictionaries_dates_or_timestamps() -> None:
    table = pa.table(ROWS)
    typed = pa.table(
        {
            "hts_code": table.column("hts_code").dictionary_encode(),
            "country_of_origin": table.column("country_of_origin").dictionary_encode(),
            "customs_value": table.column("customs_value"),
            "entry_date": pa.array([date.fromisoformat(d) for d in ROWS["entry_date"]], pa.date32()).cast(pa.timestamp("ms")),
        }
    )
    assert landed.estimate_frame(typed).column("duty") == landed.estimate_frame(table).column("duty")


def test_columns_are_found_by_the_words_of_the_trade() -> None:
    named = pa.table({"HTSUS No.": ROWS["hts_code"], "COO": ROWS["country_of_origin"], "Entered Value": ROWS["customs_value"], "Date of entry": ROWS["entry_date"]})
    assert landed.estimate_frame(named).column("duty").to_pylist()[0] == Decimal("300.15")


def test_a_mapping_decides_over_names() -> None:
    table = pa.table({**ROWS, "invoice": ["1", "1", "1", "1", "1"]})
    assert landed.estimate_frame(table, mapping={"customs_value": "invoice"}).column("duty").to_pylist()[0] == Decimal("0.30")
    with pytest.raises(LandedError, match="no field of a request is named 'price'"):
        landed.estimate_frame(table, mapping={"price": "invoice"})


def test_a_missing_column_is_named_and_a_day_may_stand_for_all_lines() -> None:
    table = pa.table(ROWS).drop_columns(["entry_date"])
    with pytest.raises(LandedError) as missing:
        landed.estimate_frame(table)
    assert missing.value.code == "MISSING_COLUMN" and missing.value.where == "entry_date"
    assert landed.estimate_frame(table, on="2025-06-01").column("duty").to_pylist()[0] == Decimal("300.15")


def test_an_output_name_that_the_input_has_already_is_set_apart() -> None:
    answered = landed.estimate_frame(pa.table({**ROWS, "duty": ["own"] * 5}))
    assert answered.column("duty").to_pylist() == ["own"] * 5 and answered.column("landed_duty").to_pylist()[0] == Decimal("300.15")


def test_one_column_per_programme_adds_up_to_the_duty() -> None:
    answered = landed.estimate_frame(pa.table(ROWS), columns="programmes").to_pylist()[0]
    assert answered["us.ieepa.fentanyl"] == Decimal("200.10") and answered["us.ieepa.reciprocal"] == Decimal("100.05")
    assert answered["base_duty"] + sum(v for k, v in answered.items() if k.startswith("us.")) == answered["duty"]


def test_the_long_form_has_a_row_per_heading_and_one_for_each_refused_row() -> None:
    answered = landed.estimate_frame(pa.table(ROWS), columns="long")
    assert set(answered.column("sku").to_pylist()) == set(ROWS["sku"])
    first = [row for row in answered.to_pylist() if row["sku"] == "a"]
    assert [(r["seq"], r["heading"], r["amount"]) for r in first] == [(1, "9903.01.24", Decimal("200.10")), (2, "9903.01.25", Decimal("100.05")), (3, "9503.00.00.73", Decimal("0.00"))]
    assert [r["error_code"] for r in answered.to_pylist() if r["sku"] == "c"] == ["INVALID_CODE"]


def test_an_overlay_is_law_for_the_whole_frame() -> None:
    overlay = {"programmes": [{"programme": "what.if", "measures": [{"heading": "9999.99.99", "title": "t", "rate": {"2025-01-01": "10%"}, "cite": ["what-if"]}]}]}
    answered = landed.estimate_frame(pa.table(ROWS), overlay=overlay)
    assert answered.column("duty").to_pylist()[0] == Decimal("400.20")


def test_a_foreign_currency_needs_its_rate() -> None:
    table = pa.table({**{name: values[:1] * 3 for name, values in ROWS.items()}, "currency": ["USD", "EUR", "EUR"], "exchange_rate": [None, "1.10", None]})
    answered = landed.estimate_frame(table)
    assert answered.column("duty").to_pylist() == [Decimal("300.15"), Decimal("330.17"), None]
    assert answered.column("error_code").to_pylist()[2] == "CURRENCY_RATE_REQUIRED"


def test_something_that_is_no_frame_is_refused() -> None:
    with pytest.raises(LandedError, match="expected a Polars, pandas or Arrow frame"):
        landed.estimate_frame([1, 2, 3])


def test_a_code_that_is_no_line_is_refused_whatever_days_were_priced_before_it() -> None:
    compiled.cache_clear()
    engine = default_engine()
    early, late = date(2018, 1, 1), date(2026, 9, 1)
    origins = sorted(engine.law.countries)
    first = pa.table({"hts_code": ["9503000073"] * len(origins), "country_of_origin": origins, "customs_value": [Decimal("10.00")] * len(origins), "entry_date": [early] * len(origins)})
    then = first.set_column(0, "hts_code", pa.array(["9503000073", *["0000000000"] * (len(origins) - 1)])).set_column(3, "entry_date", pa.array([late] * len(origins)))
    statuses = estimate_table(pa.concat_tables([first, then]), engine, threads=1)["status"].to_pylist()
    assert statuses[len(origins) + 1 :] == ["refused"] * (len(origins) - 1)
