"""Retroactive law: the answer as known now, the answer as a broker knew it on a day, and the word that tells them apart."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from landed.duty.estimate import Engine, default_engine
from landed.duty.model import Estimate

PHONE = {"hts_code": "8517.13.00.00", "country_of_origin": "CN", "customs_value": "10000.00", "entry_date": "2025-04-08"}
JAPAN = {"hts_code": "8509.80.50.95", "country_of_origin": "JP", "customs_value": "10000.00", "entry_date": "2025-08-20"}
AUTOS = {"hts_code": "8703.23.01.90", "country_of_origin": "DE", "customs_value": "10000.00", "entry_date": "2025-08-10"}
KOREA = {"hts_code": "8509.80.50.95", "country_of_origin": "KR", "customs_value": "10000.00", "entry_date": "2025-11-20"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return default_engine()


def duty(engine: Engine, raw: dict[str, Any], known_on: str | None = None) -> Decimal | None:
    return engine.estimate({**raw, "known_on": known_on} if known_on else raw).totals.duty


@pytest.mark.parametrize(
    ("raw", "published", "then", "now"),
    [
        (PHONE, "2025-04-11", "3000.00", "2000.00"),
        (JAPAN, "2025-09-16", "1920.00", "1500.00"),
        (AUTOS, "2025-09-25", "2750.00", "1500.00"),
        (KOREA, "2025-12-04", "1920.00", "1500.00"),
    ],
    ids=["smartphones of China", "Japan as filed", "autos of the EU", "Korea"],
)
def test_the_day_of_publication_is_the_day_the_answer_turns(
    engine: Engine, raw: dict[str, Any], published: str, then: str, now: str
) -> None:
    day = date.fromisoformat(published)
    assert duty(engine, raw, (day - timedelta(days=1)).isoformat()) == Decimal(then)
    assert duty(engine, raw, published) == Decimal(now)
    assert duty(engine, raw) == Decimal(now)


def test_an_answer_without_known_on_is_the_law_as_known_now(engine: Engine) -> None:
    for raw in (PHONE, JAPAN, AUTOS, KOREA):
        later = engine.estimate({**raw, "known_on": "2027-12-31"})
        plain = engine.estimate(raw)
        assert later.totals == plain.totals
        assert [(c.heading, c.status, c.amount) for c in later.components] == [(c.heading, c.status, c.amount) for c in plain.components]


def test_the_line_says_that_its_law_came_later(engine: Engine) -> None:
    assert _says_published(engine.estimate(KOREA), "9903.02.80", "2025-12-04")
    assert _says_published(engine.estimate(JAPAN), "9903.02.73", "2025-09-16")
    assert _says_published(engine.estimate(AUTOS), "9903.94.51", "2025-09-25")


def test_a_heading_that_later_law_wiped_out_is_shown_only_to_its_time(engine: Engine) -> None:
    then = engine.estimate({**JAPAN, "known_on": "2025-09-01"})
    assert {"9903.02.30"} <= {c.heading for c in then.components if c.status == "applies"}
    assert "9903.02.30" not in {c.heading for c in engine.estimate(JAPAN).components}


def test_known_on_is_part_of_the_answer_and_its_receipt(engine: Engine) -> None:
    then = engine.estimate({**PHONE, "known_on": "2025-04-10"})
    assert then.known_on == date(2025, 4, 10)
    assert then.to_dict()["known_on"] == "2025-04-10"
    assert "known_on" not in engine.estimate(PHONE).to_dict()
    assert then.receipt_id != engine.estimate(PHONE).receipt_id


def test_law_that_was_not_retroactive_is_the_same_on_both_readings(engine: Engine) -> None:
    toys = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000.00", "entry_date": "2025-04-09"}
    assert duty(engine, toys, "2025-04-09") == duty(engine, toys) == Decimal("10400.00")


def _says_published(answer: Estimate, heading: str, day: str) -> bool:
    return any(c.heading == heading and c.status == "applies" and day in c.because for c in answer.components)


def test_a_list_row_published_after_the_day_is_said_on_the_line() -> None:
    from landed.duty.estimate import default_engine

    found = default_engine().estimate({"hts_code": "8517.13.00.00", "country_of_origin": "VN", "customs_value": "10000.00", "entry_date": "2025-04-08"})
    line = next(c for c in found.components if c.heading == "9903.01.32")
    assert "published 2025-04-11" in line.because and "2025-04-05" in line.because
