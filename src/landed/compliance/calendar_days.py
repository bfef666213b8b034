"""Days as the law counts them: federal holidays, working days, years over leap days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from landed.compliance.names import DATA

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=8)
def facts(name: str) -> Mapping[str, Any]:
    """A file of facts that ships with this room."""
    from landed.lawbook.load import read_yaml

    return read_yaml(DATA / f"{name}.yaml")


@lru_cache(maxsize=128)
def holidays(year: int) -> dict[date, str]:
    """The federal holidays observed in a year, by day; one of 1 January of the next year may fall on 31 December."""
    found: dict[date, str] = {}
    for rule in facts("deadlines")["holidays"]:
        for each in (year, year + 1):
            if each < int(rule.get("since", 0)):
                continue
            day = _day_of(rule, each)
            if day.year == year:
                found[day] = str(rule["title"])
    return found


def _day_of(rule: Mapping[str, Any], year: int) -> date:
    month = int(rule["month"])
    if "day" in rule:
        day = date(year, month, int(rule["day"]))
        return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))
    wanted, nth = _WEEK.index(str(rule["weekday"])), int(rule["nth"])
    if nth < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - wanted) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(wanted - first.weekday()) % 7 + 7 * (nth - 1))


def why_closed(day: date) -> str:
    """Why a day is no working day: the weekday or the holiday; "" for a working day."""
    if day.weekday() >= 5:
        return ("Saturday", "Sunday")[day.weekday() - 5]
    return holidays(day.year).get(day, "")


def working_day(day: date, step: int) -> date:
    """The day itself or the nearest working day after (`step` 1) or before it (-1)."""
    while why_closed(day):
        day += timedelta(days=step)
    return day


def add_working_days(day: date, count: int) -> date:
    """The day `count` working days after a day, that day not counted."""
    while count:
        day += timedelta(days=1)
        count -= not why_closed(day)
    return day


def add_years(day: date, years: int) -> date:
    """The same day of a later year; 29 February becomes the 28th where that year has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
