"""Turns foreign money into US dollars with a dated rate that somebody stated: a file of official rates or the user's own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO

from landed.duty.request import read_amount, read_day
from landed.errors import LandedError

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rate:
    """US dollars for one unit of a currency, and where it comes from."""

    value: Decimal
    source: str


@dataclass(frozen=True, eq=False)
class Rates:
    """Dated rates: (currency -> days in order with their rate), and rates a user set for the whole entry."""

    dated: dict[str, tuple[tuple[date, Decimal], ...]]
    stated: dict[str, Decimal]
    origin: str = "rates file"

    def find(self, currency: str, day: date | None, own: Decimal | None, where: str) -> Rate:
        """The rate for one amount: the line's own, else the entry's, else the file's rate of the day of export.

        A day missing from the file takes the last earlier day of the same quarter (the official quarterly rate), and says so.
        Raises CURRENCY_RATE_REQUIRED, EXPORT_DATE_REQUIRED.
        """
        if currency == "USD":
            return Rate(Decimal(1), "US dollars")
        if own is not None:
            return Rate(own, "rate stated for this amount")
        if currency in self.stated:
            return Rate(self.stated[currency], "rate stated for the entry")
        rows = self.dated.get(currency)
        if not rows:
            raise LandedError(
                "CURRENCY_RATE_REQUIRED",
                f"no rate for {currency} was given",
                where=where,
                mend="Give exchange_rate (US dollars for one unit on the day of export), an [exchange_rates] entry, or a rates file (date,currency,rate).",
            )
        if day is None:
            raise LandedError("EXPORT_DATE_REQUIRED", f"the rate for {currency} is that of the day of export, which is not stated", where=where, mend="Give export_date (19 CFR 159.32).")
        earlier = [row for row in rows if row[0] <= day and row[0].year == day.year and (row[0].month - 1) // 3 == (day.month - 1) // 3]
        if not earlier:
            raise LandedError(
                "CURRENCY_RATE_REQUIRED",
                f"the {self.origin} has no rate for {currency} on {day} or earlier in its quarter",
                where=where,
                mend="Add the official rate of that day to the file, or give exchange_rate.",
            )
        found, value = earlier[-1]
        return Rate(value, f"{self.origin}, {found}" if found == day else f"{self.origin}, {found} (last earlier day of the quarter)")


NO_RATES = Rates({}, {})


def to_dollars(amount: Decimal, rate: Rate) -> Decimal:
    """An amount in US dollars, half-up to the cent."""
    return (amount * rate.value).quantize(CENT, ROUND_HALF_UP)


def read_rates(text: str, name: str = "rates file") -> Rates:
    """Official rates from CSV text with the header date,currency,rate (US dollars for one unit).

    Raises BAD_RATES_FILE naming the row; two rates for one currency and day that differ are refused.
    """
    reader = csv.DictReader(StringIO(text.lstrip("\ufeff")))
    header = [h.strip().lower() for h in reader.fieldnames or []]
    if not {"date", "currency", "rate"} <= set(header):
        raise LandedError("BAD_RATES_FILE", f"expected the columns date,currency,rate, got {','.join(header) or 'nothing'}", where=name, mend="The rate is US dollars for one unit of the currency.")
    found: dict[str, dict[date, Decimal]] = {}
    for number, raw in enumerate(reader, 2):
        row = {str(k).strip().lower(): (v or "").strip() for k, v in raw.items() if k is not None and not isinstance(v, list)}
        where = f"{name}, row {number}"
        try:
            day, rate = read_day(row["date"], where), read_amount(row["rate"], where)
        except LandedError as bad:
            raise LandedError("BAD_RATES_FILE", bad.detail, where=where, mend=bad.mend) from None
        currency = row["currency"].upper()
        if len(currency) != 3 or not currency.isalpha() or rate <= 0:
            raise LandedError("BAD_RATES_FILE", f"expected a currency code and a rate above zero, got {currency!r} and {rate}", where=where, mend="Such as 2026-04-01,EUR,1.0842.")
        if found.setdefault(currency, {}).setdefault(day, rate) != rate:
            raise LandedError("BAD_RATES_FILE", f"two different rates for {currency} on {day}", where=where, mend="Keep the official one.")
    return Rates({c: tuple(sorted(days.items())) for c, days in found.items()}, {}, name)
