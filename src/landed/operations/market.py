"""A price series read for what tariffs did to it: 52-week-high ratio, drawdown, event study."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Required, TypedDict

from landed.duty.request import read_day
from landed.errors import LandedError
from landed.operations.registry import operation
from landed.problems import Problems
from landed.sourcing.market import MarketAnswer

MAX_ROWS = 100_000


class MarketRequest(TypedDict, total=False):
    """Daily prices and the days to look at."""

    prices: Required[Annotated[Any, "[{date, close, market}]: closes, and the closes of a market index where there is one"]]
    events: Annotated[list[str], "days around which to study returns, ISO 8601"]
    window: Annotated[Any, "sessions from and to around the event, such as [0, 2]; default [0, 1]"]


@operation(name="market", summary="52-week-high ratio, drawdown and event study of a price series", method="POST", path="/v1/market", scope="exposures")
def market(request: MarketRequest) -> MarketAnswer:
    """The 52-week-high ratio by closes, the drawdown and the rise that makes it good, and abnormal returns around tariff days.

    The standard error of a cumulative return holds the error of the fitted market model and its covariance over days. Percent. Raises LandedError MARKET_SERIES
    (rows in `errors`), INVALID_DATE.
    """
    from landed.sourcing.market import event_study, high_ratio

    if not isinstance(request, Mapping):
        raise LandedError("INVALID_REQUEST", "expected an object with prices", mend="See docs/exposure.md.")
    days, closes, others = _series(request.get("prices"))
    window = _window(request.get("window"))
    events = [read_day(day, "events") for day in request.get("events") or ()]
    found = tuple(event_study(days, closes, others, day, window) for day in events)
    notes = []
    if found:
        notes.append("Errors are for one series and days that have nothing else in common. Several firms on the same day move together: their events are not independent, and a joint test needs a portfolio or a correction for it.")
        if others is None:
            notes.append("No market column: abnormal means against the mean return, so that what moved everything counts as the event.")
        if any(abs((a.session - b.session).days) < 5 for a in found for b in found if a is not b):
            notes.append("Some windows overlap or nearly do: their returns are counted in both.")
    return MarketAnswer(high_ratio(days, closes), found, tuple(notes))


def _series(raw: Any) -> tuple[list[date], list[float], list[float] | None]:
    problems = Problems("MARKET_SERIES")
    rows = raw if isinstance(raw, (list, tuple)) else []
    if len(rows) < 2 or len(rows) > MAX_ROWS:
        problems.add("prices", f"expected from 2 to {MAX_ROWS:,} rows of date and close, got {len(rows)}", "A CSV file with the columns date, close and market.")
        problems.raise_if_any()
    days: list[date] = []
    closes: list[float] = []
    others: list[float | None] = []
    for n, row in enumerate(rows, 1):
        where = f"prices[{n}]"
        if not isinstance(row, Mapping):
            problems.add(where, "expected an object with date and close", "")
            continue
        try:
            day = read_day(row.get("date"), f"{where}.date")
        except LandedError as bad:
            problems.add(bad.where, bad.detail, bad.mend)
            continue
        if days and day <= days[-1]:
            problems.add(f"{where}.date", f"{day} does not come after {days[-1]}", "Sort by date, one row a day.")
        close = problems.number(row.get("close"), f"{where}.close", above=True)
        other = problems.number(row["market"], f"{where}.market", above=True) if row.get("market") not in (None, "") else None
        days.append(day)
        closes.append(float(close or 1))
        others.append(None if other is None else float(other))
    if any(o is not None for o in others) and any(o is None for o in others):
        problems.add(f"prices[{others.index(None) + 1}].market", "the market is missing on this day only", "Give it on every row, or drop the column.")
    problems.raise_if_any()
    return days, closes, [o for o in others if o is not None] if others[0] is not None else None


def _window(raw: Any) -> tuple[int, int]:
    if raw in (None, ""):
        return 0, 1
    parts = str(raw).split(",") if isinstance(raw, str) else list(raw)
    try:
        first, last = (int(str(p)) for p in parts)
    except ValueError:
        first, last = 1, 0
    if first > last or last - first > 60 or first < -20:
        raise LandedError("INVALID_REQUEST", f"window: expected two session counts such as 0,2, got {str(raw)[:40]!r}", where="window", mend="From -20 on, at most 60 sessions.")
    return first, last
