"""A what-if is law too: an overlay adds, ends and replaces programmes, and refuses what it cannot mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from landed.duty.estimate import default_engine
from landed.errors import LandedError

TOYS = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000.00", "entry_date": "2026-11-22"}
TEN_MORE = {
    "programmes": [
        {
            "programme": "whatif.ten",
            "title": "Ten percent on everything",
            "measures": [{"heading": "9999.00.01", "goods": "all", "origins": ["CN"], "rate": {"2026-01-01": "10%"}, "cite": ["what-if"]}],
        }
    ]
}


def duty(overlay: object = None, **changes: str) -> Decimal | None:
    return default_engine().estimate({**TOYS, **changes, "overlay": overlay}).totals.duty


def test_an_empty_overlay_changes_nothing() -> None:
    engine = default_engine()
    plain, laid = engine.estimate(TOYS), engine.estimate({**TOYS, "overlay": {}})
    assert plain.totals == laid.totals and plain.components == laid.components and plain.law_version == laid.law_version


def test_an_added_programme_adds_its_duty_and_marks_the_law_version() -> None:
    estimate = default_engine().estimate({**TOYS, "overlay": TEN_MORE})
    assert estimate.totals.duty == duty() + 1000  # type: ignore[operator]
    assert "~" in estimate.law_version


def test_an_ended_programme_stops_on_its_day() -> None:
    end = {"end": [{"name": "us.s301.forced_labor", "from": "2026-11-01"}]}
    assert duty(end) == Decimal("0.00")
    assert duty(end, entry_date="2026-10-31") == duty(entry_date="2026-10-31")


def test_an_overlay_reads_from_a_file(tmp_path) -> None:
    path = tmp_path / "end.yaml"
    path.write_text("end:\n  - {name: us.s301.forced_labor, from: 2026-11-01}\n")
    assert duty(str(path)) == Decimal("0.00")


@pytest.mark.parametrize(
    "overlay",
    [
        {"surprise": 1},
        {"end": [{"name": "us.never.was", "from": "2026-01-01"}]},
        {"end": [{"name": "us.s122"}]},
        {"end": "us.s122"},
        {"replace": [{"programme": "us.never.was", "measures": []}]},
        {"programmes": [{"programme": "us.s122", "measures": []}]},
        {"programmes": ["text"]},
        {"programmes": [{"programme": "x", "measures": [{"heading": "1", "goods": {"lists": ["nope"]}, "rate": {"2026-01-01": "1%"}, "cite": ["x"]}]}]},
        "no/such/file.yaml",
    ],
)  # fmt: skip
def test_a_bad_overlay_is_refused_with_its_reason(overlay: object) -> None:
    with pytest.raises(LandedError) as caught:
        duty(overlay)
    assert caught.value.code in ("BAD_OVERLAY", "BAD_LAW_FILE") and caught.value.detail


def test_the_difference_of_two_days_names_what_began_and_ended() -> None:
    from landed.lawbook.diff import diff

    changes = diff(default_engine().index, date(2026, 7, 23), date(2026, 7, 24))
    assert ("ended", "9903.03.01") in {(c.what, c.heading) for c in changes}
    assert ("begun", "9903.05.31") in {(c.what, c.heading) for c in changes}
    assert diff(default_engine().index, date(2026, 7, 24), date(2026, 7, 24)) == ()
