"""Kept watches: what they notice of lines, countries, programmes and saved products, and what stays new until it is marked as seen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from landed.errors import LandedError
from landed.operations.registry import find

pytest.importorskip("sqlalchemy", reason="kept watches need the store")


@pytest.fixture(autouse=True)
def site(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    monkeypatch.delenv("LANDED_DATABASE_URL", raising=False)


def keep(name: str, **what: Any) -> Any:
    return find("watch_save").run({"name": name, **what})


def look(name: str, since: str = "2025-01-01") -> Any:
    return find("watch_look").run({"name": name, "since": since})


def test_a_watched_line_tells_each_change_with_its_heading_and_citation() -> None:
    keep("toys", hts_codes=["9503.00.00.73"], origins=["CN"])
    found = look("toys")
    april = next(n for n in found.noticed if str(n.on) == "2025-04-09")
    assert (april.before_pct, april.after_pct) == (Decimal("30.00"), Decimal("104.00"))
    assert any(c.heading == "9903.01.63" and c.cite for c in april.causes)
    assert found.new == len(found.noticed) > 5 and all(n.change_usd_year is None for n in found.noticed)


def test_countries_that_change_alike_stand_together() -> None:
    keep("toys", hts_codes=["9503.00.00.73"], origins=["VN", "TH", "ID", "CN"])
    baseline = [n for n in look("toys", "2025-04-01").noticed if str(n.on) == "2025-04-05"]
    assert {"VN", "TH", "ID"} in [set(n.origins) for n in baseline]
    assert any(set(n.origins) == {"CN"} for n in baseline)  # its rate before was another


def test_what_was_marked_as_seen_is_not_new_again_and_the_rest_stays() -> None:
    keep("toys", hts_codes=["9503.00.00.73"], origins=["CN"])
    find("watch_seen").run({"name": "toys", "since": "2026-01-01"})
    found = look("toys")
    assert all(n.new == (str(n.on) < "2026-01-02") for n in found.noticed)
    assert found.watch.seen_law_version == found.law_version and not found.law_changed


def test_a_watched_programme_is_told_by_heading() -> None:
    keep("steel", programmes=["us.s232.*"])
    found = look("steel")
    assert found.noticed and all(n.kind == "law" and n.about.startswith("us.s232.") and n.lines for n in found.noticed)


def test_saved_products_are_told_in_dollars_and_one_without_volume_is_named() -> None:
    row = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "title": "puzzle"}
    find("product_save").run({"sku": "PUZZLE", **row, "unit_value": "5", "units_per_year": "20000"})
    find("product_save").run({"sku": "SAMPLE", **row})
    find("product_save").run({"sku": "MUG", "hts_code": "6912.00.39.00", "country_of_origin": "CN", "title": "mug", "unit_value": "5", "units_per_year": "100"})
    keep("mine", catalogue=True, hts_codes=["95"])
    found = look("mine")
    assert {n.about for n in found.noticed} == {"PUZZLE"} and any(n.change_usd_year for n in found.noticed)
    assert [what for what, _ in found.unread] == ["SAMPLE"]


def test_more_lines_and_countries_than_a_look_follows_are_named() -> None:
    keep("all toys", hts_codes=["9503"])
    assert "at most" in look("all toys", "2026-10-01").unread[-1][1]


def test_an_unknown_watch_and_a_day_too_late_are_refused() -> None:
    with pytest.raises(LandedError, match="no watch"):
        look("none")
    keep("toys", hts_codes=["9503.00.00.73"], origins=["CN"])
    with pytest.raises(LandedError, match="first day"):
        look("toys", "2039-01-01")
