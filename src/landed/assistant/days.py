"""Reads days in a sentence, English or Chinese, and Chinese numerals as digits."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_ISO = re.compile(r"(?<!\d)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_ZH = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]?")
_MDY = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(\d{{4}}))?(?!\d)", re.I)
_DMY = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+(\d{{4}}))?(?!\d)", re.I)
_US = re.compile(r"(?<![\d.])(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_MY = re.compile(rf"\b{_MONTH}\s+(\d{{4}})(?!\d)", re.I)
_SPAN = re.compile(r"\b(?:next|in|within|coming|over the next|following)\s+(\d{1,3})\s*(day|week|month|year)s?\b|(?:未来|接下来|今后)\s*(\d{1,3})\s*个?(天|日|周|月|年)", re.I)
_RELATIVE = {
    "day after tomorrow": 2, "today": 0, "right now": 0, "tomorrow": 1, "yesterday": -1, "今天": 0, "今日": 0, "明天": 1, "明日": 1, "昨天": -1, "后天": 2, "next week": 7, "下周": 7,
}  # fmt: skip
_TURN = (("next month", 1), ("下个月", 1), ("下月", 1), ("next quarter", 3), ("next year", 12), ("明年", 12))
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(r"\b(?:(this|next|last|coming|on|by)\s+)?(mon|tues?|wed(?:nes)?|thur?s?|fri|satur|sun)day\b|(这|本|下|上)?(?:周|星期|礼拜)([一二三四五六日天])", re.I)
_IN_MONTH = re.compile(r"\b(this|next|last|in|by|for|of|since|during|early|mid|late|until|till|before|after|from|come)[\s-]+(?:early |mid |late )?(january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b(?!\s+(?:i|we|you|the)\b)", re.I)
_ZH_MONTH = re.compile(r"(明年|今年|去年)?(\d{1,2})月(?:份|初|中|底|末)?(?!\d)")
_SMALL = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip
_LARGE = {"hundred": 100, "thousand": 1_000, "grand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SPOKEN = re.compile(rf"\b(?:(?:{'|'.join(_SMALL)}|an?|half an?)[\s-]+)(?:(?:and|{'|'.join([*_SMALL, *_LARGE])})[\s-]+)*(?:{'|'.join([*_SMALL, *_LARGE])})\b|\b(?:{'|'.join(w for w, n in _SMALL.items() if n >= 10)})\b(?=\s+(?:dollars|bucks|usd|euros?|percent|cartons|boxes|pallets|days|weeks|months|pieces|units))|\b(?:{'|'.join(w for w, n in _SMALL.items() if n < 10)})\b(?=\s+(?:days?|weeks?|months?|years?|cartons|boxes|pallets|crates)\b)", re.I)
_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_RUN = re.compile(r"[一二两三四五六七八九十百千][零〇一二两三四五六七八九十百千万亿]{0,11}(?=\s*(?:万|亿|美元|美金|元|块|刀|公斤|箱|件|个月|天|日|年|月|号|$|[,，]))")


@dataclass(frozen=True, slots=True)
class Dated:
    """A day or the end of a span, and the text without it."""

    day: date | None
    until: date | None
    rest: str


def find(text: str, today: date) -> Dated:
    """The first day that a text names; a day without its year is the nearest one. US order is read in 4/9/2025."""
    for pattern in (_ISO, _ZH, _MDY, _DMY, _US):
        for match in pattern.finditer(text):
            day = _day(pattern, match, today)
            if day:
                head = re.sub(r"\b(?:on|by|for|as of|dated|entry date|entered on|date)\s*(?:of|is|:)?\s*$", " ", text[: match.start()], flags=re.I)
                return Dated(day, None, head + " " + text[match.end() :])
    if named := _WEEKDAY.search(text):
        week = _WEEKDAYS.index(next(d for d in _WEEKDAYS if d.startswith(named[2].lower()[:3]))) if named[2] else "一二三四五六日".index(named[4].replace("天", "日"))
        ahead = (week - today.weekday()) % 7
        which = (named[1] or named[3] or "").lower()
        shift = ahead - 7 if which in ("last", "上") and ahead else -7 if which == "last" else week - today.weekday() + 7 if which in ("next", "下") else ahead
        return Dated(today + timedelta(days=shift), None, text[: named.start()] + " " + text[named.end() :])
    if span := _SPAN.search(text):
        count, unit = int(span[1] or span[3]), (span[2] or span[4]).lower()
        until = _later(today, count * {"month": 1, "月": 1, "year": 12, "年": 12}[unit]) if unit in ("month", "月", "year", "年") else today + timedelta(days=count * (7 if unit in ("week", "周") else 1))
        return Dated(None, until, text[: span.start()] + " " + text[span.end() :])
    if of_month := _MY.search(text):
        return Dated(date(int(of_month[2]), _month(of_month[1]), 1), None, text[: of_month.start()] + " " + text[of_month.end() :])
    if in_month := _IN_MONTH.search(text):
        number = _month(in_month[2])
        passed = in_month[1].lower() in ("last", "since")
        year = today.year - (number >= today.month) if passed else today.year + (number < today.month)
        return Dated(date(year, number, 1), None, text[: in_month.start()] + " " + text[in_month.end() :])
    if zh_month := _ZH_MONTH.search(text):
        number = int(zh_month[2])
        if 1 <= number <= 12:
            turn_of_year = {"明年": 1, "今年": 0, "去年": -1}.get(zh_month[1] or "", int(number < today.month))
            return Dated(date(today.year + turn_of_year, number, 1), None, text[: zh_month.start()] + " " + text[zh_month.end() :])
    low = text.lower()
    for words, months in _TURN:
        if words in low:
            return Dated(None, _later(today, months) if words not in ("next month", "下个月", "下月") else _later(today, 2).replace(day=1) - timedelta(days=1), text)
    for words, shift in _RELATIVE.items():
        if re.search(rf"\b{words}\b" if words.isascii() else words, low):
            return Dated(today + timedelta(days=shift), None, re.sub(words, " ", text, count=1, flags=re.I))
    if of_year := re.search(r"\b(?:in|for|during|by)\s+(20[1-3]\d)\b(?!-)", low):
        return Dated(None, date(int(of_year[1]), 12, 31) if int(of_year[1]) > today.year else None, text)
    return Dated(None, None, text)


def every(text: str, today: date) -> tuple[date, ...]:
    """Every full day named in a text, without those that hang on today."""
    found = []
    for pattern in (_ISO, _ZH, _MDY, _DMY, _US):
        found += [day for match in pattern.finditer(text) if (day := _day(pattern, match, today))]
    return tuple(found)


def chinese_numerals(text: str) -> str:
    """Runs of Chinese numerals before a unit, as digits: 三千 becomes 3000, 三万五千 becomes 35000; 万 after digits stays as a unit."""
    return _RUN.sub(lambda match: str(_number(match[0])), text)


def english_numerals(text: str) -> str:
    """Numbers in English words as digits: "thirty thousand" becomes 30000, "twenty five hundred" 2500; "one" and "two" alone stay words."""
    return _SPOKEN.sub(lambda match: _said(match[0]), text)


def _said(words: str) -> str:
    total, part = Decimal(0), Decimal(0)
    low = re.split(r"[\s-]+", words.lower())
    if not any(w in _SMALL or w in _LARGE for w in low) or low[0] in ("a", "an") and len(low) > 1 and low[1] not in _LARGE:
        return words
    for word in low:
        if word in _SMALL:
            part += _SMALL[word]
        elif word == "half":
            part = Decimal("0.5")
        elif word == "hundred":
            part = (part or Decimal(1)) * 100
        elif word in _LARGE:
            total += (part or Decimal(1)) * _LARGE[word]
            part = Decimal(0)
    return format((total + part).normalize(), "f")


def _number(run: str) -> int:
    if not any(c in "十百千万亿" for c in run):
        return int("".join(str(_DIGITS[c]) for c in run))
    total = section = digit = 0
    for c in run:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[c]
            digit = 0
        else:
            total = (total + section + digit or 1) * (10_000 if c == "万" else 100_000_000)
            section = digit = 0
    return total + section + digit


def _month(name: str) -> int:
    return MONTHS.index(name[:3].lower()) + 1


def _later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _day(pattern: re.Pattern[str], match: re.Match[str], today: date) -> date | None:
    year: int | None
    if pattern is _MDY:
        month, day, year = _month(match[1]), int(match[2]), int(match[3]) if match[3] else None
    elif pattern is _DMY:
        day, month, year = int(match[1]), _month(match[2]), int(match[3]) if match[3] else None
    elif pattern is _US:
        month, day, year = int(match[1]), int(match[2]), int(match[3])
    else:
        year, month, day = int(match[1]) if match[1] else None, int(match[2]), int(match[3])
    try:
        if year is not None:
            return date(year, month, day)
        return min((date(today.year + n, month, day) for n in (-1, 0, 1)), key=lambda d: abs((d - today).days))
    except ValueError:
        return None
