"""The registry of operations and the operations behind the doors: shapes, requests, ranking, history, law, charts."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal
from xml.etree import ElementTree

import pytest

import landed
from landed.duty.request import CLAIMS, FIELDS
from landed.errors import LandedError
from landed.operations.compare import CompareRequest
from landed.operations.engine import engine
from landed.operations.estimate import EstimateRequest
from landed.operations.registry import find, operations
from landed.operations.shape import plain, read, schema

TOYS = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000", "entry_date": "2025-04-09"}


# -- the registry ------------------------------------------------------------------------------------------------------


def test_every_operation_has_a_name_a_summary_a_docstring_and_a_place_of_its_own() -> None:
    found = operations()
    assert len(found) >= 16
    assert len({o.name for o in found}) == len(found)
    assert len({(o.method, o.path) for o in found}) == len(found)
    for each in found:
        assert each.summary and each.description and each.scope
        assert each.path.startswith("/v1/")


@pytest.mark.parametrize("name", [o.name for o in operations()])
def test_every_operation_states_its_request_as_json_schema(name: str) -> None:
    found = find(name).request_schema()
    json.dumps(found)
    assert found["type"] == "object"
    assert set(found.get("required", ())) <= set(found["properties"])


def test_operations_that_change_the_site_say_so() -> None:
    changing = {o.name for o in operations() if not o.read_only}
    assert {"data_build", "data_import", "data_pull", "data_roll_back"} <= changing
    assert not {"estimate", "compare", "history", "law_list", "hts_show"} & changing


def test_an_unknown_operation_names_the_known_ones() -> None:
    with pytest.raises(LandedError) as raised:
        find("estimat")
    assert raised.value.code == "UNKNOWN_OPERATION"
    assert "estimate" in raised.value.mend


def test_the_estimate_request_lists_exactly_the_fields_that_the_engine_reads() -> None:
    assert set(EstimateRequest.__annotations__) == FIELDS
    assert set(CompareRequest.__annotations__) - {"origins", "top"} < FIELDS
    assert find("estimate").request_schema()["required"] == ["hts_code", "country_of_origin", "customs_value", "entry_date"]
    described = find("estimate").request_schema()["properties"]["claims"]["description"]
    for claim in CLAIMS - {"exclusion"}:
        assert claim in described


@dataclass(frozen=True)
class Order:
    """A made-up request."""

    code: Annotated[str, "a code"]
    on: date | None = None
    count: int = 3
    mode: Literal["a", "b"] = "a"
    names: tuple[str, ...] = ()
    quick: bool = False


def test_a_request_is_read_into_its_types() -> None:
    assert read(Order, {"code": "x", "on": "2026-01-02", "count": "4", "mode": "b", "names": "one, two", "quick": "true"}) == Order("x", date(2026, 1, 2), 4, "b", ("one", "two"), True)


@pytest.mark.parametrize(
    ("raw", "code", "where"),
    [
        ({}, "INVALID_REQUEST", "code"),
        ({"code": "x", "cuont": 1}, "INVALID_REQUEST", "cuont"),
        ({"code": "x", "count": "many"}, "INVALID_REQUEST", "count"),
        ({"code": "x", "mode": "c"}, "INVALID_REQUEST", "mode"),
        ({"code": "x", "names": 4}, "INVALID_REQUEST", "names"),
        ({"code": "x", "quick": "perhaps"}, "INVALID_REQUEST", "quick"),
        ({"code": ["x"]}, "INVALID_REQUEST", "code"),
        ({"code": "x", "on": "2026-02-30"}, "INVALID_DATE", "on"),
    ],
)
def test_a_bad_field_of_a_request_is_named(raw: dict[str, object], code: str, where: str) -> None:
    with pytest.raises(LandedError) as raised:
        read(Order, raw)
    assert (raised.value.code, raised.value.where) == (code, where)


def test_a_schema_carries_kinds_choices_and_descriptions() -> None:
    found = schema(Order)
    assert found["required"] == ["code"]
    assert found["properties"]["code"] == {"type": "string", "description": "a code"}
    assert found["properties"]["mode"] == {"enum": ["a", "b"]}
    assert found["properties"]["names"] == {"type": "array", "items": {"type": "string"}}


# -- the Python door ---------------------------------------------------------------------------------------------------


def test_importing_landed_loads_nothing_heavy() -> None:
    code = "import sys, landed; print(sorted({'numpy', 'pyarrow', 'yaml', 'rich', 'typer'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_toys_from_china_owe_104_percent_on_9_april_2025() -> None:
    found = landed.estimate(TOYS)
    owed = {c.heading: c.rate_text for c in found.components if c.status == "applies" and c.kind == "ieepa"}
    assert owed == {"9903.01.24": "20%", "9903.01.63": "84%"}
    assert found.totals.duty == Decimal("10400.00")


def test_quote_and_estimate_give_the_same_answer() -> None:
    assert landed.quote("9503.00.00.73", "China", "10000", "2025-04-09").to_dict() == landed.estimate(**TOYS).to_dict()


def test_many_requests_are_answered_in_order_and_a_bad_one_keeps_its_place() -> None:
    found = list(landed.estimate_many([{**TOYS, "reference": "a"}, {"reference": "b"}, [], {**TOYS, "reference": "c"}]))
    assert [row.get("reference") for row in found] == ["a", "b", None, "c"]
    assert [row.get("error", {}).get("code") for row in found] == [None, "INVALID_REQUEST", "INVALID_REQUEST", None]


# -- compare -----------------------------------------------------------------------------------------------------------


def test_every_country_is_compared_once_and_the_least_duty_comes_first() -> None:
    found = landed.compare("9503.00.00.73", "10000", "2025-04-09")
    assert {r.country_of_origin for r in found.rows} == set(engine().law.countries)
    assert [r.rank for r in found.rows] == list(range(1, len(found.rows) + 1))
    duties = [r.duty for r in found.rows if r.duty is not None]
    assert duties == sorted(duties)


@pytest.mark.parametrize("code", ["9503.00.00.73", "7326.90.86.88", "6109.10.00.12", "0406.10.44", "8708.29.51.60"])
@pytest.mark.parametrize("day", ["2025-04-09", "2025-09-15", "2026-08-15"])
def test_a_compared_origin_owes_what_its_own_estimate_says(code: str, day: str) -> None:
    rows = landed.compare(code, "12345.67", day).rows
    for row in rows[:: max(1, len(rows) // 14)]:
        own = landed.quote(code, row.country_of_origin, "12345.67", day)
        assert (row.duty, row.duty_low, row.duty_high) == (own.totals.duty, own.totals.duty_low, own.totals.duty_high), row
        assert row.headings == own.filing_sequence


def test_a_claim_is_offered_where_an_origin_could_make_it() -> None:
    row = landed.compare("6109.10.00.12", "10000", "2026-08-15", origins=["MX"]).rows[0]
    assert row.claim.startswith("spi:")
    assert row.claim_duty is not None and row.duty is not None and row.claim_duty < row.duty


def test_an_spi_is_kept_only_for_origins_that_may_claim_it() -> None:
    found = landed.compare("6109.10.00.12", "10000", "2026-08-15", origins=["KR", "CN"], claims={"spi": "KR"})
    without = landed.compare("6109.10.00.12", "10000", "2026-08-15", origins=["KR", "CN"])
    claimed, plain_ = ({r.country_of_origin: r.duty for r in each.rows} for each in (found, without))
    assert claimed["CN"] == plain_["CN"]
    assert claimed["KR"] is not None and plain_["KR"] is not None and claimed["KR"] < plain_["KR"]


def test_a_group_of_countries_can_be_compared_by_its_name() -> None:
    assert len(landed.compare("9503.00.00.73", "10000", "2026-08-15", origins=["EU27"]).rows) == 27


def test_an_unknown_country_in_a_comparison_is_named_by_its_place() -> None:
    with pytest.raises(LandedError) as raised:
        landed.compare("9503.00.00.73", "10000", "2026-08-15", origins=["CN", "Atlantis"])
    assert (raised.value.code, raised.value.where) == ("UNKNOWN_ORIGIN", "origins[1]")


# -- history -----------------------------------------------------------------------------------------------------------


def test_the_spells_of_a_history_meet_without_gaps_and_each_has_a_cause() -> None:
    found = landed.history("9503.00.00.73", "CN", until="2026-10-01")
    assert found.spells[0].from_ == found.since and found.spells[-1].to == found.until
    for before, after in pairwise(found.spells):
        assert (after.from_ - before.to).days == 1
        assert after.causes
    assert any(s.from_ == date(2025, 4, 9) and s.to == date(2025, 4, 9) and s.rate_pct == 104 for s in found.spells)


def test_a_spell_of_a_history_is_the_estimate_of_its_days() -> None:
    for spell in landed.history("7326.90.86.88", "CN", "14172", until="2026-10-01").spells:
        for day in (spell.from_, spell.to):
            assert landed.quote("7326.90.86.88", "CN", "14172", day).totals.duty == spell.duty, day


def test_a_history_outside_the_coverage_is_cut_to_it() -> None:
    found = landed.history("9503.00.00.73", "CN", since="1990-01-01", until="2099-12-31")
    assert (found.since, found.until) == (engine().law.covers_from, engine().law.covers_to)


def test_the_step_chart_is_well_formed_the_same_each_time_and_names_its_causes(tmp_path: Path) -> None:
    from landed.operations.step_chart import svg, write_chart

    found = landed.history("9503.00.00.73", "CN", until="2027-06-01")
    text = svg(found)
    assert text == svg(found)
    words = " ".join(ElementTree.fromstring(text).itertext())
    assert "9903.01.63 begins: 84%" in words and "law not read after here" in words
    write_chart(found, tmp_path / "toys.svg")
    assert (tmp_path / "toys.svg").read_text(encoding="utf-8") == text
    with pytest.raises(LandedError, match="CHART_FORMAT"):
        write_chart(found, tmp_path / "toys.gif")


def test_the_step_chart_can_be_a_png(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from landed.operations.step_chart import write_chart

    write_chart(landed.history("9503.00.00.73", "CN"), tmp_path / "toys.png")
    assert (tmp_path / "toys.png").read_bytes().startswith(b"\x89PNG")


# -- law and schedule --------------------------------------------------------------------------------------------------


def test_the_law_of_a_day_holds_every_heading_of_an_answer_of_that_day() -> None:
    at = {m.heading for m in find("law_at").run({"on": "2025-04-09"}).measures}
    assert {"9903.01.24", "9903.01.63"} <= at


def test_a_heading_is_shown_with_each_of_its_spells() -> None:
    found = find("law_show").run({"name": "9903.01.63"})
    assert [(m.rate_text, m.effective_from) for m in found.measures][:2] == [("84%", date(2025, 4, 9)), ("125%", date(2025, 4, 10))]
    assert all(m.cite for m in found.measures)


def test_every_measure_of_the_pack_can_be_put_into_words() -> None:
    for programme in engine().law.programmes:
        for row in find("law_show").run({"name": programme.id}).measures:
            assert row.goods and row.origins
    assert plain(find("law_list").run({}))["programmes"]


def test_an_unknown_heading_of_law_names_near_ones() -> None:
    with pytest.raises(LandedError) as raised:
        find("law_show").run({"name": "9903.01.99"})
    assert raised.value.code == "UNKNOWN_LAW" and raised.value.extra["near"]


def test_the_law_pack_has_no_defects() -> None:
    assert find("law_lint").run({}).findings == ()


def test_a_heading_of_the_schedule_shows_what_is_under_it() -> None:
    page = find("hts_show").run({"code": "9503"})
    assert page.line is None and [c.code for c in page.children] == ["9503.00.00"]
    assert find("hts_show").run({"code": "95"}).children
    line = find("hts_show").run({"code": "9503.00.00.73"}).line
    assert line.general == "Free" and line.column_2 == "70%"


def test_a_chapter_99_number_is_sent_to_the_law() -> None:
    with pytest.raises(LandedError) as raised:
        find("hts_show").run({"code": "9903.01.25"})
    assert raised.value.code == "NOT_A_RATE_LINE" and "landed law show" in raised.value.mend


def test_an_imported_schedule_is_used_at_once(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from landed.operations.engine import forget

    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    forget()
    try:
        before = engine().schedule.version
        found = find("data_import").run({"file": str(shared / "hts" / "hts_2026_rev_04.csv"), "effective": "2026-03-01", "name": "again"})
        assert (found.source, found.revision) == ("imported", "again")
        assert engine().schedule.version != before
        assert find("data_roll_back").run({}).source == "packaged"
        assert engine().schedule.version == before
    finally:
        forget()
