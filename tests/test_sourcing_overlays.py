"""Ready what-ifs: each says what its title says, takes parameters, and refuses what it cannot mean."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from landed.duty.estimate import default_engine
from landed.errors import LandedError

TOYS = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000.00", "entry_date": "2026-11-22"}


def duty(overlay: Any = None, **changes: str) -> Decimal:
    found = default_engine().estimate({**TOYS, **changes, "overlay": overlay}, depth="duty").totals.duty
    assert found is not None
    return found


def test_china_104_adds_104_points_on_china_and_nothing_elsewhere() -> None:
    assert duty("china_104") - duty() == Decimal("10400.00")
    assert duty("china_104", country_of_origin="VN") == duty(country_of_origin="VN")


def test_china_104_on_its_own_day_is_what_the_law_was() -> None:
    assert duty(entry_date="2025-04-09") == duty("china_104", entry_date="2025-04-09") == Decimal("10400.00")


def test_a_country_duty_takes_country_and_rate() -> None:
    assert duty("section_301_on_country country=CN rate_pct=30") - duty() == Decimal("3000.00")
    assert duty({"use": "section_301_on_country", "country": "CN", "rate_pct": "7.5"}) - duty() == Decimal("750.00")
    assert duty("section_301_on_country country=CN from=2026-11-23") == duty()


def test_a_chapter_duty_takes_the_place_of_the_sixty_economies_duty() -> None:
    assert duty("section_232_on_chapter chapter=95 rate_pct=25") == Decimal("2500.00")
    assert duty("section_232_on_chapter chapter=85") == duty()


def test_floors_rise_to_the_total_asked_for() -> None:
    assert duty(country_of_origin="DE") == Decimal("1000.00")
    assert duty("floors_at_rate", country_of_origin="DE") == Decimal("2000.00")
    assert duty("floors_at_rate rate_pct=20 from=2026-12-01", country_of_origin="DE") == Decimal("1000.00")
    assert duty("floors_at_rate") == duty()


def test_the_law_ends_on_the_day() -> None:
    assert duty("law_ends on=2026-11-22") == Decimal("0.00")
    assert duty("law_ends on=2026-11-23") == duty()


@pytest.mark.parametrize("overlay", ["china_105", "china_104 since=2026-01-01", "section_301_on_country rate_pct=lots", "section_301_on_country country=", "section_232_on_chapter chapter=99", "law_ends on=2026-13-01", "law_ends on", {"floors": {"to": "20%", "from": "2026-01-01"}}, {"floors": "20%"}, {"use": "nothing"}])
def test_a_what_if_that_cannot_be_meant_is_refused(overlay: Any) -> None:
    with pytest.raises(LandedError) as caught:
        duty(overlay)
    assert caught.value.code in ("BAD_OVERLAY", "BAD_LAW_FILE")
