"""Reads a price series: how far below its high it stands, and what happened around tariff dates, with honest standard errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from landed.errors import LandedError

YEAR = 252  # sessions
ESTIMATION = (-250, -30)  # sessions before the event on which the market model is fitted
LEAST = 60  # sessions the fit needs


@dataclass(frozen=True, slots=True)
class HighRatio:
    """The last close against the highest close of the last 252 sessions. 0.78 is a drawdown of 22%, and takes a rise of 28.2% to make good."""

    day: date
    close: float
    high: float
    high_day: date
    sessions: int
    ratio: float
    drawdown_pct: float
    rise_to_recover_pct: float
    largest_drawdown_pct: float
    largest_drawdown_from: date
    largest_drawdown_to: date


@dataclass(frozen=True, slots=True)
class Event:
    """Abnormal returns around a day. `car_pct` sums them over the window; the error holds the error of the fit and its covariance over days.

    `p_value` is two-sided from Student's t with L - 2 degrees; `days_negative` of `days` is the sign test's count with its own `sign_p_value`.
    """

    day: date
    session: date
    window: tuple[int, int]
    model: str
    fitted_on: int
    alpha_pct: float | None
    beta: float | None
    abnormal_pct: tuple[float, ...]
    car_pct: float
    standard_error_pct: float
    t: float
    p_value: float
    days: int
    days_negative: int
    sign_p_value: float


@dataclass(frozen=True, slots=True)
class MarketAnswer:
    """The answer of `landed market`."""

    high: HighRatio
    events: tuple[Event, ...]
    notes: tuple[str, ...]


def high_ratio(days: Sequence[date], closes: Sequence[float]) -> HighRatio:
    """The 52-week-high ratio by closing prices, and the largest drawdown of the whole series."""
    last = closes[-YEAR:]
    high = max(last)
    at = len(closes) - len(last) + last.index(high)
    ratio = closes[-1] / high
    peak = 0
    deepest, where = 0.0, (0, 0)
    for n, close in enumerate(closes):
        if close > closes[peak]:
            peak = n
        fall = close / closes[peak] - 1
        if fall < deepest:
            deepest, where = fall, (peak, n)
    return HighRatio(days[-1], closes[-1], high, days[at], len(last), round(ratio, 6), drawdown(ratio), to_recover(ratio), round(-100 * deepest, 4), days[where[0]], days[where[1]])


def drawdown(ratio: float) -> float:
    """Percent below the high."""
    return round(100 * (1 - ratio), 4)


def to_recover(ratio: float) -> float:
    """The rise in percent that brings the price back to the high."""
    return round(100 * (1 / ratio - 1), 4)


def event_study(days: Sequence[date], closes: Sequence[float], market: Sequence[float] | None, event: date, window: tuple[int, int]) -> Event:
    """Abnormal returns from the market model (or from the mean where no market is given); the first session on or after the day is day 0.

    Raises LandedError MARKET_SERIES where the series is too short on either side.
    """
    start = next((n for n, day in enumerate(days) if day >= event), None)
    if start is None or start + window[1] >= len(days) or start + window[0] < 1:
        raise LandedError("MARKET_SERIES", f"the series has no {window} window around {event}", where="event", mend="Give more sessions, or a narrower window.")
    first, last = max(1, start + ESTIMATION[0]), start + ESTIMATION[1]
    fit = list(range(first, last + 1))
    if len(fit) < LEAST:
        raise LandedError("MARKET_SERIES", f"expected {LEAST} sessions to fit on before {event}, got {max(len(fit), 0)}", where="event", mend="Give a longer series.")
    own = [math.nan] + [closes[n] / closes[n - 1] - 1 for n in range(1, len(closes))]
    other = [math.nan] + [market[n] / market[n - 1] - 1 for n in range(1, len(market))] if market else None
    mean_own = sum(own[n] for n in fit) / len(fit)
    count = window[1] - window[0] + 1
    inside = range(start + window[0], start + window[1] + 1)
    if other:
        mean_other = sum(other[n] for n in fit) / len(fit)
        spread = sum((other[n] - mean_other) ** 2 for n in fit)
        if spread == 0:
            raise LandedError("MARKET_SERIES", "the market does not move", where="market", mend="Check the column market.")
        beta = sum((other[n] - mean_other) * (own[n] - mean_own) for n in fit) / spread
        alpha = mean_own - beta * mean_other
        residuals = [own[n] - alpha - beta * other[n] for n in fit]
        abnormal = [own[n] - alpha - beta * other[n] for n in inside]
        freedom = len(fit) - 2
        away = sum(other[n] - mean_other for n in inside)
        extra = count**2 / len(fit) + away**2 / spread
    else:
        alpha, beta = mean_own, None
        residuals = [own[n] - mean_own for n in fit]
        abnormal = [own[n] - mean_own for n in inside]
        freedom = len(fit) - 1
        extra = count**2 / len(fit)
    variance = sum(r * r for r in residuals) / freedom
    error = math.sqrt(variance * (count + extra))
    car = sum(abnormal)
    t = car / error if error else 0.0
    negative = sum(a < 0 for a in abnormal)
    share = sum(r < 0 for r in residuals) / len(residuals)
    return Event(
        event, days[start], window, "market" if other else "mean", len(fit), round(100 * alpha, 6), None if beta is None else round(beta, 6), tuple(round(100 * a, 6) for a in abnormal),
        round(100 * car, 6), round(100 * error, 6), round(t, 4), round(student_p(t, freedom), 6), count, negative, round(_sign_p(negative, count, share), 6),
    )  # fmt: skip


def student_p(t: float, freedom: int) -> float:
    """The two-sided p-value of Student's t."""
    x = freedom / (freedom + t * t)
    return min(1.0, _beta(x, freedom / 2, 0.5))


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function by its continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(1 - x)) / a
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    total = d
    for m in range(1, 500):
        for top in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / ((1 + top * d) or tiny)
            c = (1 + top / c) or tiny
            total *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return front * total


def _sign_p(negative: int, count: int, share: float) -> float:
    """Two-sided exact binomial: how odd so many negative days are when a share of the fitted days was negative."""
    chances = [math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(count + 1)]
    return min(1.0, sum(c for c in chances if c <= chances[negative] * (1 + 1e-9)))
