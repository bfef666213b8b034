"""Finds every figure in a text, however it is written: amounts, percentages, days, codes, citations, numbers in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from landed.assistant.days import MONTHS

Kind = Literal["number", "money", "percent", "date", "month", "code", "cite", "mark", "nothing"]

_MONTH = r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_ORDINAL = r"(?:st|nd|rd|th)?"
_DATES = (
    (re.compile(r"(?<![\d.])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\d])"), "ymd"),
    (re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?"), "ymd"),
    (re.compile(rf"\b{_MONTH}\s+(\d{{1,2}}){_ORDINAL},?\s+(\d{{4}})\b", re.I), "mdy"),
    (re.compile(rf"\b(\d{{1,2}}){_ORDINAL}\s+(?:of\s+)?{_MONTH},?\s+(\d{{4}})\b", re.I), "dmy"),
    (re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])"), "us"),
    (re.compile(r"(\d{4})年(\d{1,2})月"), "ym"),
    (re.compile(rf"\b{_MONTH}\s+(\d{{4}})\b", re.I), "my"),
    (re.compile(rf"\b{_MONTH}\s+(\d{{1,2}}){_ORDINAL}\b(?!\s*[%,.]?\d)", re.I), "md"),
    (re.compile(rf"\b(\d{{1,2}}){_ORDINAL}\s+(?:of\s+)?{_MONTH}\b", re.I), "dm"),
    (re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})[日号]"), "zmd"),
)
_CITES = re.compile(
    r"\b(\d+\s+F\.?\s?R\.?\s+\d+|(?:E\.?O\.?|Executive Order)\s+(?:No\.?\s*)?\d{4,6}|Proc(?:lamation|\.)?\s+(?:No\.?\s*)?\d{3,6}|\d+\s+U\.?S\.?C\.?\s+(?:§+\s*)?\d+[a-z0-9]*(?:\([a-z0-9]+\))*|\d+\s+C\.?F\.?R\.?\s+(?:part\s+|§+\s*)?\d+(?:\.\d+)?(?:\([a-z0-9]+\))*"
    r"|(?:U\.?S\.?\s+)?notes?\s+\d+(?:\([a-z0-9]+\))*|General\s+Notes?\s+\d+(?:\([a-z0-9]+\))*|Pub(?:lic)?\.?\s*L(?:aw)?\.?\s*(?:No\.?\s*)?\d+-\d+|sections?\s+\d+[a-z]?(?:\([a-z0-9]+\))*|§+\s*\d+[a-z]?|FR\s+Doc\.?\s+\d{4}-\d+|C\.?I\.?T\.?\s+\d{2}-\d+|CSMS\s*#?\s*\d+|(?:HQ|NY)\s+[A-Z]?\d{5,6})",
    re.I,
)
_CODES = re.compile(r"(?<![\d.,$€£¥])(\d{4}\.\d{2}(?:\.\d{2}(?:\.?\d{2})?|\.\d{4})?|\d{10}|\d{8})(?![\d%]|\.\d|,\d)(?!\s*(?:%|percent|kg|usd|dollars?|美元|km\b))", re.I)
_N = r"(\d{1,3}(?:[,\u00a0\u202f '’]\d{3}){1,6}(?:\.\d+)?|\d{1,3}(?:\.\d{3}){1,5},\d+|\d+(?:[.,]\d+)?|\.\d+)"
_UP = r"(?:\s?(k|m|mm|mn|bn|grand|thousand|million|billion|hundred|百万|千万|万|亿|千|百)(?![a-z]))?"
_PERCENT = re.compile(rf"[-+]?{_N}\s?(?:%|percent(?:age points?)?|per\s?cent|pct|个百分点|p\.?p\.?\b)|百分之\s?{_N}|{_N}\s?(?:basis points|bps?)\b", re.I)
_MONEY = re.compile(rf"(?:us\$|\$|usd|€|£|¥|eur|gbp|cny|rmb)\s?[-+]?{_N}{_UP}|{_N}{_UP}\s?(?:usd|us dollars?|dollars?|bucks|cents?|¢|€|£|eur|gbp|美元|美金|元|块)", re.I)
_PLAIN = re.compile(rf"(?<![A-Za-z0-9_.]){_N}{_UP}")
_SPACED = re.compile(r"(?<!\d)\d(?: \d){2,}(?!\d)")
_MARK = re.compile(r"[A-Za-z]{0,12}\d[A-Za-z0-9_\-]*")
# Names that hold a number and say nothing of what is owed.
_NAMES = re.compile(
    r"\bcolumns? [12](?: (?:and|or) 2)?\b|\bchapters? (?:98|99)(?: (?:and|or) 99)?\b|\bGRI \d(?:\([a-c]\))?|\b(?:6|8|10|six|eight|ten)[- ]digits?\b|\bnine of ten\b|九成在|第[12]栏|第9[89]章|\btwelve months\b|十二个月|\bISO \d{4}\b|\bCO2e?\b|\b10\+2\b|\bForm (?:19|7501|5106)\b",
    re.I,
)
_UPS = {"": "1", "grand": "1e3", "k": "1e3", "m": "1e6", "mm": "1e6", "mn": "1e6", "bn": "1e9", "thousand": "1e3", "million": "1e6", "billion": "1e9", "hundred": "100", "百万": "1e6", "千万": "1e7", "万": "1e4", "亿": "1e8", "千": "1e3", "百": "100"}
_ONES = {w: n for n, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"])}
_TENS = {w: 10 * n for n, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)}
_BIG = {"hundred": 100, "thousand": 1_000, "grand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_FRACTIONS = ["half", "halved", "double", "doubled", "doubles", "twice", "triple", "tripled", "thrice", "quadruple", "twofold", "threefold", "tenfold", "dozen", "dozens", "score", "quarter", "thirds", "tenth", "hundreds", "thousands", "millions", "couple", "fortnight", "hexadecimal", "octal", "binary", "treble", "trebled", "quintuple", "halves"]
_WORDS = re.compile(rf"\b(?:{'|'.join([*_ONES, *_TENS, *_BIG])})(?:[\s-]+(?:and[\s-]+)?(?:{'|'.join([*_ONES, *_TENS, *_BIG, 'point'])}))*(?:\s+and\s+a\s+half)?\b", re.I)
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth", "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first"]
_OF_ONE = "half|third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twelfth|twentieth|hundredth|thousandth"
_ROMAN = r"(?=[MDCLXVI])M{0,4}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
# Shares, multiples and rough sizes in words, Roman numerals, days of the month in words: each stands only where a result says the same.
_PART = re.compile(
    rf"\b(?:{'|'.join(_FRACTIONS)})\b|\b(?:an?|one|two|three|four|five|six|seven|eight|nine|\d+)[\s-]+(?:{_OF_ONE})s?\b(?! (?:country|party|line|programme|heading|note))|\b(?:few|several|many|some|\w+)[\s-](?:hundreds?|thousands?|millions?|dozens?)\b(?<!\bone hundred)(?<=s)|\b(?:few|several)\s+(?:hundred|thousand|million|dozen)\b"
    rf"|\b[\w-]+[\s-]figures?\b(?= (?:sum|amount|duty|bill)|[.,;!]|$)(?<!the figures)(?<!these figures)(?<!your figures)|\b(?:{'|'.join(_ORDINALS)}) of (?:next|this|the|last) (?:month|year)\b",
    re.I,
)
_ROMANS = re.compile(rf"\b(?i:annex|section|chapter|subchapter|title|part|note|list|column|article|schedule|appendix)\s+{_ROMAN}\b|\b{_ROMAN}\b(?=\s*(?:percent|per cent|%|dollars|usd))|\b(?=[MDCLXVI]{{3,}}\b){_ROMAN}\b(?<!MIX)(?<!LLC)")
_SHARE = re.compile(r"(?<![\d/.\-])\d{1,4}\s?/\s?\d{1,4}(?![\d/])")
_ZH_PART = re.compile(r"(?!百分之)[一二两三四五六七八九十百千万\d]+分之[零〇一二两三四五六七八九十百千万\d]+|一半|半数|半价|[一二两三四五六七八九\d]成半|[一二三四五六七八九\d](?:点[一二三四五六七八九])?折|翻倍|加倍|翻了?[一二两三四五六七八九十]?番|翻了?[一二两三四五六七八九十]倍|数[十百千万]|几[十百千万]|上[百千万]美?元|若干")
_WORD_DAYS = re.compile(rf"\b(?:the\s+)?({'|'.join(sorted(_ORDINALS, key=len, reverse=True))})(?:\s+day)?\s+of\s+{_MONTH}(?:,?\s+(\d{{4}}))?|\b{_MONTH}\s+(?:the\s+)?({'|'.join(sorted(_ORDINALS, key=len, reverse=True))})\b(?:,?\s+(\d{{4}}))?", re.I)
_ZH_DAYS = re.compile(r"([一二三四五六七八九十]{1,2})月(?:([一二三四五六七八九十]{1,3})[日号])?")
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
_FORMAL_RUN = re.compile(r"[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]{2,}")  # the numerals of cheques
_ZH_NUMBER = re.compile(r"(百分之)?([零〇一二两三四五六七八九十百千万亿]{2,14}|[二两三四五六七八九十百千](?=\s?(?:美元|美金|元|块|成|倍|%|个百分点)))(?=(成|倍|%|个百分点)?)")
_NOTHING = re.compile(
    r"\b(?:duty[- ]free|tariff[- ]free|tax[- ]free|free of (?:any )?(?:duty|duties|tariffs?|charge)|no (?:[a-z]+ ){0,2}(?:dut(?:y|ies)|tariffs?|fees?|tax(?:es)?)|without (?:any )?(?:duty|duties|tariffs?)|(?:owes?|pays?|costs?) (?:you )?nothing|nothing (?:at all )?(?:is )?(?:due|owed|payable|to pay)|(?:dut(?:y|ies)|tariffs?|rates?|fees?|tax(?:es)?|bill) (?:is|are|was|will be|would be|comes? to|stands? at|at|of|=|:) ?(?:zero|nil|nought|naught|none|nothing)|(?:zero|nil) (?:duty|duties|tariffs?|rate|tax)|(?:come|comes|enter|enters|go|goes|imported|admitted|brought) (?:in )?free\b|not (?:dutiable|subject to (?:any )?dut)|zero[- ]rated|exempt(?:ed)?(?: from)?|waived)\b|免税|零关税|关税(?:为|是|：|:)?\s*零|税率(?:为|是)\s*零|无需(?:缴|交)|不(?:用|必|需要?)(?:再)?(?:缴|交|付)|无关税|免征|全免|不收(?:关)?税|不征",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is, its value in one form (a plain decimal, an ISO day, the digits of a code, a citation without spaces), and how it was written."""

    kind: Kind
    value: str
    written: str
    start: int


def clean(text: str) -> str:
    """A text in which look-alike digits are digits: compatible forms, digits of other scripts, no invisible letters."""
    out = []
    for c in unicodedata.normalize("NFKC", text.replace("，", ", ").replace("¢", " cents ").replace("½", " half ").replace("¼", " quarter ").replace("¾", " 0.75 ")):
        if unicodedata.category(c) == "Nd":
            out.append(str(unicodedata.digit(c)))
        elif unicodedata.category(c) in ("Cf", "Mn") or c in "*_`":
            continue  # emphasis and invisible letters must not split a number
        else:
            out.append("-" if c in "‐‑‒–—−" else c)
    plainer = _FORMAL_RUN.sub(lambda m: m[0].translate(_FORMAL), "".join(out).replace("廿", "二十").replace("卅", "三十"))
    joined = re.sub(r"(?<![\d.,])\d(?: \d(?![\d.,]))+", lambda m: m[0].replace(" ", ""), plainer.replace("⁄", "/"))
    joined = re.sub(r"(?<![\d.,\-])\d(?:-\d(?!\d)){2,}(?![\d\-])", lambda m: m[0].replace("-", ""), joined)  # 5-7-6-0  # 1 2 0 is 120
    # A run of digits without end is one mark that stands nowhere; patterns would crawl over it.
    return re.sub(r"\d{31,}", "x0endless", joined)


def canonical(number: str, up: str | None = "") -> str:
    """A number as a plain decimal without needless zeros: "1,200.00" and "1.2k" are "1200"."""
    text = re.sub(r"[ \u00a0\u202f'’]", "", number)
    if "," in text and "." in text and text.rindex(",") > text.rindex("."):
        text = text.replace(".", "").replace(",", ".")  # 1.200,00
    elif re.fullmatch(r"\d+,\d{1,2}|\d+,\d{4,}", text):
        text = text.replace(",", ".")  # 12,5
    try:
        value = Decimal(text.replace(",", "")) * Decimal(_UPS[(up or "").lower()])
    except InvalidOperation:
        return text
    return plain(value)


def plain(value: Decimal) -> str:
    """A decimal without exponent and needless zeros."""
    if not value.is_finite():
        return str(value)
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def cite_key(text: str) -> str:
    """A citation without spaces, points and case, with its long names made short."""
    key = re.sub(r"executive order", "eo", text, flags=re.I)
    key = re.sub(r"proclamation|proc\.?", "proc", key, flags=re.I)
    key = re.sub(r"sections?|§+|\bpart\b|\bno\.?\s", "", key, flags=re.I)
    return re.sub(r"[\s.#]", "", key).lower().replace("publiclaw", "publ").replace("notes", "note")


@lru_cache(maxsize=8_192)
def figures(text: str) -> tuple[Figure, ...]:
    """Every figure of a text, each place of it taken once, in the order of the text."""
    return tuple(sorted(_figures(clean(text)), key=lambda f: f.start))


def _figures(text: str) -> Iterator[Figure]:
    taken = list(text)

    def take(match: re.Match[str]) -> None:
        taken[match.start() : match.end()] = "\0" * (match.end() - match.start())

    for match in _NOTHING.finditer(text):  # no digits: the place stays for the others
        yield Figure("nothing", "0", match[0], match.start())
    for match in _NAMES.finditer(text):
        take(match)
    for match in _CITES.finditer("".join(taken)):
        yield Figure("cite", cite_key(match[0]), match[0], match.start())
        take(match)
    for match in _WORD_DAYS.finditer("".join(taken)):
        name, spoken, year = (match[2], match[1], match[3]) if match[1] else (match[4], match[5], match[6])
        day = f"{MONTHS.index(name[:3].lower()) + 1:02}-{_ORDINALS.index(spoken.lower()) + 1:02}"
        yield Figure("date" if year else "month", f"{year}-{day}" if year else f"-{day}", match[0], match.start())
        take(match)
    for match in _ROMANS.finditer("".join(taken)):
        yield Figure("mark", " ".join(match[0].lower().split()), match[0], match.start())
        take(match)
    for pattern, order in _DATES:
        for match in pattern.finditer("".join(taken)):
            yield Figure(*_date(match, order), match[0], match.start())
            take(match)
    for match in _SHARE.finditer("".join(taken)):
        yield Figure("mark", match[0].replace(" ", ""), match[0], match.start())
        take(match)
    for match in _ZH_DAYS.finditer("".join(taken)):
        yield Figure("month", f"-{int(_chinese(match[1])):02}" + (f"-{int(_chinese(match[2])):02}" if match[2] else ""), match[0], match.start())
        take(match)
    for match in _ZH_PART.finditer("".join(taken)):
        yield Figure("mark", match[0], match[0], match.start())
        take(match)
    for match in _PERCENT.finditer("".join(taken)):
        number = match[1] or match[2] or match[3]
        value = canonical(number) if not match[3] else plain(Decimal(canonical(number)) / 100)
        yield Figure("percent", value, match[0], match.start())
        take(match)
    for match in _MONEY.finditer("".join(taken)):
        number, up = (match[1], match[2]) if match[1] else (match[3], match[4])
        value = canonical(number, up)
        if re.search(r"cents?$", match[0], re.I):
            value = plain(Decimal(value) / 100)
        yield Figure("money", value, match[0], match.start())
        take(match)
    for match in _CODES.finditer("".join(taken)):
        yield Figure("code", match[1].replace(".", ""), match[0], match.start())
        take(match)
    for match in _SPACED.finditer("".join(taken)):
        yield Figure("number", match[0].replace(" ", ""), match[0], match.start())
        take(match)
    for match in _PLAIN.finditer("".join(taken)):
        tail = "".join(taken)[match.end() : match.end() + 1]
        if tail.isalnum() and tail.isascii():
            continue
        yield Figure("number", canonical(match[1], match[2]), match[0], match.start())
        take(match)
    for match in _MARK.finditer("".join(taken)):
        yield Figure("mark", match[0].lower(), match[0], match.start())
        take(match)
    yield from _in_words("".join(taken), take)


def _in_words(text: str, take: object) -> Iterator[Figure]:
    low = text.lower()
    spoken: list[tuple[int, int]] = []
    for match in _WORDS.finditer(low):
        spoken.append(match.span())
        after = low[match.end() : match.end() + 24]
        percent = re.match(r"[\s-]*(?:percent|per cent|%|percentage)", after)
        money = re.match(r"[\s-]*(?:us |u\.s\. )?(?:dollars?|cents?|bucks)", after)
        if match[0] == "one" and not percent and not money:
            continue  # the pronoun
        value = _spoken(match[0])
        yield Figure("percent" if percent else "money" if money else "number", value, match[0], match.start())
    for match in _PART.finditer(low):
        if match[0] in ("half", "a half") and any(start < match.start() < end for start, end in spoken):
            continue  # "seven and a half" was read whole
        yield Figure("mark", match[0], match[0], match.start())  # stands only where a result says the same word
    for match in _ZH_NUMBER.finditer(text):
        value = _chinese(match[2])
        kind: Kind = "percent" if match[1] or (match[3] or "") in ("%", "个百分点", "成") else "number"
        yield Figure(kind, plain(Decimal(value) * (10 if match[3] == "成" else 1)), match[0], match.start())


def _spoken(words: str) -> str:
    total, part, point = 0, 0, ""
    seen_point = False
    whole = re.sub(r"\s+and\s+a\s+half$", "", words.lower())
    if whole != words.lower():
        point, words = "5", whole
    said = [word for word in re.split(r"[\s-]+", words.lower()) if word != "and"]
    if any(one in _ONES and two in (*_ONES, *_TENS) or one in _TENS and (two in _TENS or _ONES.get(two, 0) > 9) for one, two in pairwise(said)):
        return _one_by_one(said)
    for word in said:
        if word == "point":
            seen_point = True
        elif seen_point and word in _ONES:
            point += str(_ONES[word])
        elif word in _ONES:
            part += _ONES[word]
        elif word in _TENS:
            part += _TENS[word]
        elif word == "hundred":
            part = (part or 1) * 100
        else:
            total += (part or 1) * _BIG[word]
            part = 0
    return plain(Decimal(f"{total + part}.{point or 0}"))


def _one_by_one(said: list[str]) -> str:
    """Digits and pairs read out in a row: "six four five" is 645, "twenty twenty-nine" 2029."""
    parts: list[int] = []
    for place, word in enumerate(said):
        if word in _ONES and _ONES[word] < 10 and place and said[place - 1] in _TENS:
            parts[-1] += _ONES[word]
        else:
            parts.append(_ONES.get(word, _TENS.get(word, _BIG.get(word, 0))))
    return str(int("".join(map(str, parts))))


def _chinese(run: str) -> str:
    digits = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
    units = {"十": 10, "百": 100, "千": 1000}
    if not any(c in units or c in "万亿" for c in run):
        return str(int("".join(str(digits[c]) for c in run)))
    total = section = digit = 0
    for c in run:
        if c in digits:
            digit = digits[c]
        elif c in units:
            section += (digit or 1) * units[c]
            digit = 0
        else:
            total = (total + section + digit or 1) * (10_000 if c == "万" else 100_000_000)
            section = digit = 0
    return str(total + section + digit)


def _date(match: re.Match[str], order: str) -> tuple[Kind, str]:
    def month(name: str) -> int:
        return MONTHS.index(name[:3].lower()) + 1

    if order == "ymd":
        return "date", f"{int(match[1]):04}-{int(match[2]):02}-{int(match[3]):02}"
    if order == "mdy":
        return "date", f"{int(match[3]):04}-{month(match[1]):02}-{int(match[2]):02}"
    if order == "dmy":
        return "date", f"{int(match[3]):04}-{month(match[2]):02}-{int(match[1]):02}"
    if order == "us":
        return "date", f"{int(match[3]):04}-{int(match[1]):02}-{int(match[2]):02}"
    if order == "ym":
        return "month", f"{int(match[1]):04}-{int(match[2]):02}"
    if order == "my":
        return "month", f"{int(match[2]):04}-{month(match[1]):02}"
    if order == "md":
        return "month", f"-{month(match[1]):02}-{int(match[2]):02}"
    if order == "dm":
        return "month", f"-{month(match[2]):02}-{int(match[1]):02}"
    return "month", f"-{int(match[1]):02}-{int(match[2]):02}"
