"""Known answers: every case of tests/cases is answered as its law source says, to the cent."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from landed.duty.estimate import Engine, default_engine
from landed.duty.model import Component, Estimate
from landed.errors import LandedError

CASES = Path(__file__).resolve().parent / "cases"
KEYS = {
    "duty", "base", "added_pct", "headings", "exempt", "displaced", "absent", "fees", "landed_cost", "subtotal", "status", "error", "warnings",
    "no_warnings", "questions", "programmes",
}  # fmt: skip
OUTSIDE_ADDED = ("base", "mpf", "hmf", "ad", "cvd", "vat", "excise")


def load_cases() -> list[tuple[str, dict[str, Any]]]:
    """(file stem, case) of every case file, in order."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [(path.stem, case) for path in sorted(CASES.glob("*.yaml")) for case in yaml.load(path.read_text(encoding="utf-8"), loader)]


ALL = load_cases()


@lru_cache(maxsize=1)
def engine() -> Engine:
    return default_engine()


@pytest.mark.parametrize("case", [case for _, case in ALL], ids=[f"{stem}: {case['name']}" for stem, case in ALL])
def test_known_answer(case: dict[str, Any]) -> None:
    expect = case["ours"] if "disputed" in case else case["expect"]
    problems = differences(case["request"], expect)
    assert not problems, f"{case['name']} ({case['source']}): " + "; ".join(problems)


def test_at_least_four_hundred_cases_and_no_name_twice() -> None:
    names = [case["name"] for _, case in ALL]
    assert len(names) >= 400
    assert len(set(names)) == len(names)


def test_every_case_is_well_formed() -> None:
    for stem, case in ALL:
        where = f"{stem}: {case['name']}"
        assert case.get("source"), where
        assert set(case) <= {"name", "request", "expect", "source", "disputed", "ours"}, where
        assert case["expect"] and set(case["expect"]) <= KEYS, where
        assert ("disputed" in case) == ("ours" in case), where


def differences(request: dict[str, Any], expect: dict[str, Any]) -> list[str]:
    """What an answer has otherwise than expected, one sentence each (empty when the answer is right)."""
    try:
        answer = engine().estimate(request)
    except LandedError as error:
        return [] if error.code == expect.get("error") else [f"expected {expect.get('error') or 'an answer'}, got {error}"]
    problems: list[str] = []
    totals = answer.totals

    def compare(name: str, got: Any, wanted: Any) -> None:
        if got is None or Decimal(str(got)) != Decimal(str(wanted)):
            problems.append(f"{name}: expected {wanted}, got {got}")

    patterns = expect.get("programmes", ["*"])
    shown = [c for c in answer.components if c.kind == "base" or any(fnmatchcase(c.programme, p) for p in patterns)]
    for key, got in (
        ("duty", totals.duty),
        ("fees", totals.fees),
        ("landed_cost", totals.landed_cost),
        ("subtotal", totals.known_duty_subtotal),
    ):
        if key in expect:
            compare(key, got, expect[key])
    if "base" in expect:
        compare("base", next(c.amount for c in shown if c.kind == "base"), expect["base"])
    if "added_pct" in expect:
        compare("added_pct", _added_pct(answer, shown), expect["added_pct"])
    problems += _heading_problems(expect, shown)
    if "status" in expect and answer.status != expect["status"]:
        problems.append(f"status: expected {expect['status']}, got {answer.status}")
    code = (answer.error or {}).get("code")
    if code != expect.get("error"):
        problems.append(f"error: expected {expect.get('error')}, got {code}")
    warned = {w.code for w in answer.warnings}
    problems += [f"warning {w} is missing (got {sorted(warned)})" for w in expect.get("warnings", ()) if w not in warned]
    problems += [f"warning {w} is not wanted" for w in expect.get("no_warnings", ()) if w in warned]
    asked = {q.id for q in answer.questions}
    problems += [f"question {q} is missing (got {sorted(asked)})" for q in expect.get("questions", ()) if q not in asked]
    return problems


def _added_pct(answer: Estimate, shown: list[Component]) -> Decimal | None:
    """Added duties over the customs value in percent, to four places; None when one of them is unknown."""
    added = [c for c in shown if c.kind not in OUTSIDE_ADDED and c.status in ("applies", "unknown") and c.rate_text != "suspended"]
    if any(c.amount is None and c.rate_text for c in added):
        return None
    total = sum((c.amount or Decimal(0) for c in added), Decimal(0))
    return (total * 100 / answer.customs_value).quantize(Decimal("0.0001"))


def _heading_problems(expect: dict[str, Any], shown: list[Component]) -> list[str]:
    problems = []
    applying: dict[str, Decimal] = {}
    freeing = {c.heading for c in shown if c.status == "exempt" and c.rate_text == "exempt"}
    for c in shown:
        if c.status == "applies":
            applying[c.heading] = applying.get(c.heading, Decimal(0)) + (c.amount or Decimal(0))
    for heading, amount in (expect.get("headings") or {}).items():
        if heading in applying and (amount is None or applying[heading] == Decimal(amount)):
            continue
        if heading in freeing and (amount is None or Decimal(amount) == 0):  # a heading filed at zero
            continue
        problems.append(f"{heading}: expected {amount or 'to apply'}, got {applying.get(heading, 'nothing')}")
    for heading in expect.get("exempt", ()):
        if heading not in freeing:
            problems.append(f"{heading}: expected to free the goods, got {_status(heading, shown)}")
    for heading in expect.get("displaced", ()):
        if not any(c.heading == heading and c.status == "displaced" for c in shown):
            problems.append(f"{heading}: expected displaced, got {_status(heading, shown)}")
    problems += [f"{heading}: must not apply, got {applying[heading]}" for heading in expect.get("absent", ()) if heading in applying]
    return problems


def _status(heading: str, shown: list[Component]) -> str:
    return ", ".join(c.status for c in shown if c.heading == heading) or "no such component"
