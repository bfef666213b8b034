"""Sorts entries by how their IEEPA duties may come back, with interest, sums, and the claim files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from landed.compliance.calendar_days import add_years, facts
from landed.compliance.refund_read import PaidEntry, sound_number

Way = Literal["claim now", "claim closes", "protest", "reconciliation first", "hold", "finally liquidated", "not eligible"]
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Refund:
    """One entry. `duty_usd` is the IEEPA duty paid; `interest_usd` runs to `interest_to`, None where a quarter's rate is not known.

    `way` says what to do and `by` until when (None where no day is set); `causes` are the published causes for which a claim would be turned down.
    """

    entry: str
    way: Way
    by: date | None
    days_left: int | None
    duty_usd: Decimal
    headings: tuple[tuple[str, Decimal], ...]
    interest_usd: Decimal | None
    interest_to: date
    causes: tuple[str, ...]
    because: str
    citation: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refunds:
    """All entries sorted; sums by way and by heading; claim files of at most 9,999 entry numbers; what the facts rest on."""

    today: date
    as_of: date
    newest_notice: str
    verified: bool
    entries: tuple[Refund, ...]
    by_way: tuple[tuple[str, int, Decimal], ...]
    by_heading: tuple[tuple[str, Decimal], ...]
    duty_usd: Decimal
    interest_usd: Decimal | None
    interest_verified: bool
    claim_files: tuple[str, ...]
    cause_texts: dict[str, str]
    court_by: date


def sort_refunds(entries: Sequence[PaidEntry], ieepa: Iterable[str], *, today: date, importer: str = "", account: bool | None = None, corporation: bool = True, rates: Mapping[date, Decimal] | None = None) -> Refunds:
    """Sort entries. `ieepa` are the digits of the headings that were IEEPA duties; `importer` is who claims; `account` whether there is a refund account;
    `rates` (percent a year by first day of quarter) stand in for the packaged table."""
    rule = facts("refunds")
    mine, table = frozenset(ieepa), dict(rates or packaged_rates(corporation))
    found = [_refund(entry, mine, today, importer, account, table, rule) for entry in entries]
    claimable = [r.entry for r in found if r.way in ("claim now", "claim closes") and not r.causes]
    sums: dict[str, Decimal] = {}
    for each in found:
        for heading, amount in each.headings:
            sums[heading] = sums.get(heading, Decimal(0)) + amount
    ways = Counter(r.way for r in found)
    interest = [r.interest_usd for r in found if r.duty_usd]
    return Refunds(
        today=today,
        as_of=rule["as_of"],
        newest_notice=str(rule["newest_notice"]),
        verified=bool(rule["verified"]),
        entries=tuple(found),
        by_way=tuple((way, count, sum((r.duty_usd for r in found if r.way == way), Decimal(0))) for way, count in ways.most_common()),
        by_heading=tuple(sorted(sums.items())),
        duty_usd=sum(sums.values(), Decimal(0)),
        interest_usd=None if None in interest else sum((i for i in interest if i is not None), Decimal(0)),
        interest_verified=bool(rates) or bool(rule["interest"]["verified"]),
        claim_files=claim_files(claimable),
        cause_texts={str(k): str(v) for k, v in rule["causes"].items()},
        court_by=add_years(rule["first_day"], int(rule["court_years"])),
    )


def _refund(entry: PaidEntry, ieepa: frozenset[str], today: date, importer: str, account: bool | None, rates: Mapping[date, Decimal], rule: Mapping[str, Any]) -> Refund:
    headings = tuple((h, amount) for h, amount in entry.paid if h[:8] in ieepa and amount)
    duty = sum((amount for _, amount in headings), Decimal(0))
    causes = []
    if not sound_number(entry.number):
        causes.append("bad_entry_number")
    if importer and entry.importer and _plain(importer) != _plain(entry.importer):
        causes.append("importer_mismatch")
    if not duty:
        causes.append("no_ieepa_duty")
    if entry.entry_type and entry.entry_type not in rule["entry_types"]:
        causes.append("entry_type")
    if account is False:
        causes.append("no_refund_account")
    if entry.reconciliation_filed:
        causes.append("reconciliation_filed")
    way, by, because, cite = _way(entry, duty, today, rule)
    if way in ("protest", "finally liquidated"):
        causes.append("too_late")
    interest = None if not duty else compound(duty, entry.deposit_date, today, rates)
    left = None if by is None else (by - today).days
    return Refund(entry.number, way, by, left, duty, headings, interest if duty else Decimal(0), today, tuple(causes), because, cite, entry.rows)


def _way(entry: PaidEntry, duty: Decimal, today: date, rule: Mapping[str, Any]) -> tuple[Way, date | None, str, str]:
    cites = rule["citations"]
    if not duty:
        return "not eligible", None, "no duty under an IEEPA heading was paid", str(cites["claim"])
    if entry.drawback or entry.ad_cvd or entry.protest:
        what = " and ".join(name for name, is_ in (("drawback", entry.drawback), ("an AD/CVD suspension", entry.ad_cvd), ("a protest", entry.protest)) if is_)
        return "hold", None, f"{what} on the entry comes first: ask the broker", str(cites["claim"])
    liquidated = entry.liquidation_date
    if liquidated is None or liquidated > today:
        if entry.reconciliation and (today < rule["phase_2"] or entry.reconciliation_filed):
            return "reconciliation first", None, "the entry is flagged for reconciliation" + (", which was filed" if entry.reconciliation_filed else ""), str(cites["reconciliation"])
        if entry.reconciliation:
            return "claim now", None, "claim before the reconciliation entry is filed", str(cites["reconciliation"])
        return "claim now", None, "not liquidated", str(cites["claim"])
    age = (today - liquidated).days
    if age <= int(rule["claim_days"]):
        last = liquidated + timedelta(days=int(rule["claim_days"]))
        return "claim closes", last, f"liquidated {age} days ago: the claim closes in {(last - today).days} days", str(cites["claim"])
    last = liquidated + timedelta(days=int(rule["protest_days"]))
    if today <= last:
        return "protest", last, f"liquidated {age} days ago: too late for a claim, a protest may be filed for {(last - today).days} days more", str(cites["protest"])
    return "finally liquidated", None, "the time for a protest is over: ask counsel about the court", str(cites["court"])


def packaged_rates(corporation: bool) -> dict[date, Decimal]:
    """Percent a year on refunds by the first day of each quarter."""
    who = "corporation" if corporation else "other"
    return {day: Decimal(str(row[who])) for day, row in facts("refunds")["interest"]["quarters"].items()}


def compound(principal: Decimal, start: date, end: date, rates: Mapping[date, Decimal]) -> Decimal | None:
    """Interest to the cent from the day after `start` to `end`, compounded daily at each quarter's rate; None where the rate of a quarter is not known."""
    amount, day = principal, start
    while day < end:
        quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        following = date(quarter.year + (quarter.month == 10), quarter.month % 12 + 3 if quarter.month != 10 else 1, 1)
        if quarter not in rates:
            return None
        stop = min(end, following)
        year = 366 if date(day.year, 12, 31).timetuple().tm_yday == 366 else 365
        amount *= (1 + rates[quarter] / 100 / year) ** (stop - day).days
        day = stop
    return (amount - principal).quantize(CENT, ROUND_HALF_UP)


def claim_files(numbers: Iterable[str]) -> tuple[str, ...]:
    """Claim files: one column of entry numbers, without doubles, at most 9,999 a file."""
    rows, most = list(dict.fromkeys(numbers)), int(facts("refunds")["file_entries"])
    return tuple("Entry Number\r\n" + "".join(f"{number}\r\n" for number in rows[n : n + most]) for n in range(0, len(rows), most))


def check_claim(content: str, known: Mapping[str, Refund] | None = None) -> tuple[tuple[int, str], ...]:
    """What is wrong with a claim file, as (line, cause); line 0 is the file as a whole."""
    lines = content.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].strip().strip('"').lower() not in ("entry number",) or any("," in line.strip().strip(",") for line in lines):
        return ((0, "wrong_template"),)
    found: list[tuple[int, str]] = []
    if len(lines) - 1 > int(facts("refunds")["file_entries"]):
        found.append((0, "too_many"))
    seen: set[str] = set()
    for line, text in enumerate(lines[1:], 2):
        number = "".join(c for c in text.upper() if c.isalnum())
        if not sound_number(number):
            found.append((line, "bad_entry_number"))
        if number in seen:
            found.append((line, "duplicate"))
        seen.add(number)
        if known and number in known:
            found += [(line, cause) for cause in known[number].causes if cause != "bad_entry_number"]
    return tuple(found)


def _plain(text: str) -> str:
    return "".join(c for c in text.upper() if c.isalnum())
