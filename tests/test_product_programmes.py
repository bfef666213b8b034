"""The product-scoped programmes as law: one 9903.82 heading per article, who goes before whom, and worked cases."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from landed.duty.decide import decide
from landed.duty.estimate import Engine, default_engine
from landed.duty.model import Claims
from landed.duty.shipment import Shipment
from landed.lawbook.index import index_of
from landed.lawbook.load import load_law

METAL_LISTS = tuple(f"s232_metals_n16c_{n}" for n in ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi"))
TOGETHER = {"9903.82.20", "9903.82.21"}  # one article on two lines: its value less US content, and the US content


@pytest.fixture(scope="module")
def engine() -> Engine:
    return default_engine()


def shipment(day: date, spi: str | None, facts: dict[str, Any]) -> Shipment:
    return Shipment(Decimal(10000), day, "formal", None, None, Claims(spi=spi), facts, load_law().facts, {}, {})


def applying(code: str, origin: str, day: date, spi: str | None, facts: dict[str, Any]) -> set[str]:
    """The headings of section 232 that charge or settle the line."""
    index = index_of(load_law())
    docket = index.docket(index.matches(code, origin, day), day)
    decisions = decide(docket, shipment(day, spi, facts))
    return {
        m.heading for m, d in zip(docket.measures, decisions, strict=True) if d.outcome == "applies" and m.programme.startswith("us.s232.") and m.effect == "duty"
    }


def samples() -> list[str]:
    """Codes of every list and of every overlap between two lists."""
    law = load_law()
    rows = {name: [r.code for r in law.lists[name]] for name in METAL_LISTS}
    picked = {code for codes in rows.values() for code in codes[:2] + codes[-1:]}
    for one, two in itertools.combinations(rows, 2):
        picked |= set(rows[one]) & set(rows[two])
    picked |= set(list(dict.fromkeys(r.code for r in law.lists["s232_metals_n16k_parts"]))[:25])
    return sorted(code.ljust(10, "0") for code in picked)


@pytest.mark.parametrize("day", [date(2026, 4, 10), date(2026, 5, 10), date(2026, 7, 1), date(2026, 11, 20)])
def test_an_article_is_under_one_metals_heading_whatever_its_facts(day: date) -> None:
    facts = ("us_metal", "uk_metal", "equipment_part", "motorcycle_manufacturing_part", "commerce_authorised_metal", "russian_aluminum")
    for code in samples():
        for origin, spi in (("VN", None), ("GB", None), ("RU", None), ("BY", None), ("KR", None), ("CA", "S"), ("CA", None)):
            for on in itertools.chain.from_iterable(itertools.combinations(facts, n) for n in range(3)):
                found = {h for h in applying(code, origin, day, spi, dict.fromkeys(on, True) | {"us_content_pct": 60}) if h.startswith(("9903.82", "9903.85.6"))}
                assert len(found) <= 1 or found == TOGETHER, (code, origin, day, on, found)


def duty(engine: Engine, code: str, origin: str, day: str, facts: dict[str, Any] | None = None, **claims: Any) -> tuple[str, set[str]]:
    answer = engine.estimate(
        {"hts_code": code, "country_of_origin": origin, "customs_value": {"amount": "10000", "currency": "USD"}, "entry_date": day, "facts": facts or {}, "claims": claims}
    ).to_dict()
    return answer["totals"]["duty"], {c["heading"] for c in answer["components"] if c["status"] == "applies"}


CASES: dict[str, tuple[tuple[Any, ...], dict[str, Any], str, set[str]]] = {
    "steel of 2018 pays 25 percent": (("7208.51.00.30", "IN", "2024-12-02"), {}, "2500.00", {"9903.80.01"}),
    "steel of the EU in quota pays nothing": (("7208.51.00.30", "DE", "2024-12-02"), {}, "0.00", set()),
    "steel of the EU over quota pays 25 percent": (("7208.51.00.30", "DE", "2024-12-02", {"quota_filled": True}), {}, "2500.00", {"9903.80.01"}),
    "steel of Mexico is free when North American": (("7208.51.00.30", "MX", "2024-12-02"), {}, "0.00", set()),
    "steel of Mexico melted elsewhere pays": (("7208.51.00.30", "MX", "2024-12-02", {"steel_melted_in_north_america": False}), {}, "2500.00", {"9903.81.85"}),
    "a UK car in quota pays 10 percent in all": (("8703.23.01.90", "GB", "2025-09-01"), {}, "1000.00", {"9903.94.31"}),
    "a UK car over quota pays 27.5": (("8703.23.01.90", "GB", "2025-09-01", {"quota_filled": True}), {}, "2750.00", {"9903.94.01"}),
    "a Korean car under KORUS pays 15 in all": (("8703.23.01.90", "KR", "2026-03-10"), {"spi": "KR"}, "1500.00", {"9903.94.61"}),
    "a USMCA car with approved content pays on the rest": (
        ("8703.23.01.90", "MX", "2026-03-10", {"us_content_approved": True, "us_content_pct": 40}), {"spi": "S"}, "1500.00", {"9903.94.03", "9903.94.02"}),
    "an old car is no section 232 article": (("8703.23.01.90", "JP", "2026-08-10", {"vehicle_over_25_years": True}), {}, "1250.00", {"9903.05.49"}),
    "a USMCA car part pays nothing and no metals": (("8708.29.51.60", "MX", "2026-05-10", {"auto_part": True}), {"spi": "S"}, "0.00", {"9903.94.06"}),
    "upholstered furniture pays 30 percent from 2027": (("9401.61.40.11", "VN", "2027-01-04"), {}, "3000.00", {"9903.76.02"}),
    "solar cells in quota pay nothing": (("8541.42.00.10", "MY", "2025-01-10"), {}, "0.00", {"9903.45.21"}),
    "solar modules pay the step of the year": (("8541.43.00.10", "MY", "2025-02-10"), {}, "1400.00", {"9903.45.25"}),
    "goods of Nicaragua pay 10 percent more from 2027": (("6109.10.00.12", "NI", "2027-02-01"), {}, "3900.00", {"9903.89.01"}),
    "CAFTA-DR goods of Nicaragua do not": (("6109.10.00.12", "NI", "2027-02-01"), {"spi": "P"}, "0.00", set()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_worked_case(engine: Engine, name: str) -> None:
    (code, origin, day, *facts), claims, expected, headings = CASES[name]
    amount, found = duty(engine, code, origin, day, *facts, **claims)
    found = {h for h in found if h.startswith("9903")}
    assert (amount, headings <= found) == (expected, True), (amount, found)
