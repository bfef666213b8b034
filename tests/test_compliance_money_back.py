"""Drawback by hand, and the one list of refunds, overpayments and drawback."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from landed.compliance.drawback import PaidDuty, drawback
from landed.errors import LandedError
from landed.operations.registry import find

TODAY = date(2026, 11, 23)
PAID = [
    PaidDuty("9903.88.03", "us.301.china", "301", Decimal("2500.00"), True),
    PaidDuty("9903.01.24", "us.ieepa.fentanyl", "ieepa", Decimal("2000.00"), False),
    PaidDuty("9903.76.01", "us.232.wood", "232", Decimal("1000.00"), None),
    PaidDuty("A-570-890", "us.ad", "ad", Decimal("900.00"), True),
    PaidDuty("9403.60.80.93", "hts", "base", Decimal("33.33"), True),
    PaidDuty("499", "us.fees", "mpf", Decimal("34.64"), None),
]


def test_ninety_nine_percent_of_what_gives_drawback_rounded_by_heading() -> None:
    found = drawback(PAID, date(2025, 4, 9), today=TODAY)
    by = {row.heading: row.refund for row in found.lines}
    assert by == {"9903.88.03": Decimal("2475.00"), "9903.01.24": 0, "9903.76.01": Decimal("990.00"), "A-570-890": 0, "9403.60.80.93": Decimal("33.00"), "499": Decimal("34.29")}
    assert found.sure == Decimal("2542.29") and found.possible == Decimal("3532.29")
    assert found.until == date(2030, 4, 9)


def test_fees_stay_with_made_goods_and_neighbours_leave_it_open() -> None:
    made = drawback(PAID, date(2025, 4, 9), way="manufacturing", today=TODAY)
    assert next(r for r in made.lines if r.heading == "499").eligible is False
    north = drawback(PAID, date(2025, 4, 9), destination="CA", today=TODAY)
    assert north.sure == 0 and north.possible > 0 and north.warnings


def test_an_unknown_duty_is_in_no_sum_and_said() -> None:
    found = drawback([PaidDuty("2204.21.50.40", "hts", "base", None, True)], date(2025, 4, 9), today=TODAY)
    assert found.sure == found.possible == 0 and found.warnings


@pytest.mark.parametrize("more", [{"way": "lost"}, {"exported_pct": Decimal(0)}, {"exported_pct": Decimal(101)}])
def test_bad_requests_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(LandedError):
        drawback(PAID, date(2025, 4, 9), today=TODAY, **more)


def test_an_audited_overpayment_and_a_drawback_stand_in_one_list() -> None:
    filed = {
        "entry": {"entry_date": "2026-04-10", "transport_mode": "air", "reference": "PO 7"},
        "lines": [{"country_of_origin": "VN", "entered_value": "6000", "filed": [{"heading": "9903.02.69", "rate": "20%", "duty": "1200.00"}, {"heading": "9503.00.00.73", "rate": "Free", "duty": "0"}]}],
        "fees": {"499": "33.58"},
    }
    export = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000", "entry_date": "2025-04-09"}
    found = find("money_back").run({"entries": [filed], "exports": [export], "today": TODAY})
    assert [(r.source, r.entry, r.what, r.until, r.amount_usd) for r in found.rows] == [
        ("overpayment", "PO 7", "post summary correction", date(2027, 2, 3), Decimal("1200.00")),  # 15 days before the liquidation expected after 314 days, nearer than 300 days
        ("drawback", "export 1", "claim drawback", date(2030, 4, 9), found.rows[1].amount_usd),
    ]
    assert found.underpaid_usd == Decimal("600.00")
    liquidated = {**filed, "entry": {**filed["entry"], "liquidation_date": "2026-10-30"}}  # type: ignore[dict-item]
    assert find("money_back").run({"entries": [liquidated], "today": TODAY}).rows[0].what == "protest"


def test_nothing_to_look_at_is_refused() -> None:
    with pytest.raises(LandedError, match="expected a report"):
        find("money_back").run({})
