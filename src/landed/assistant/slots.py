"""Reads from a sentence, English or Chinese, what an operation asks for: codes, countries, amounts, days, quantities, places, parties, goods."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from landed.assistant import days
from landed.assistant.near import nearest

HERE = Path(__file__).parent
LONGEST = 1_000  # letters read for slots; what comes later is a pasted document

_CODE = re.compile(r"(?<![\d.$€£¥])(\d{4}\.\d{2}(?:\.\d{2}(?:\.?\d{2})?|\.\d{4})?|\d{10}|\d{8}|\d{6})(?![\d]|\.\d|,\d{3})")
_HEADING = re.compile(r"\b(?:(?:sub)?headings?|chapters?|chap\.?|ch\.?|hs|hts|under|in|of|品目|章|税目)\s*(?:of|under|in|number|no\.?)?\s*(\d{2}|\d{4})(?=\s*(?:please|pls|[?.,!，。？]|$)|\s+(?:chapter|heading|and|cover|include|mean|say|list))(?!\.\d)|(?:headings?|chapters?|under|品目|章)\s*(\d{2}|\d{4})(?![\d.])|第?(\d{2})章|\b(\d{4})\s*(?:品目|税目|heading|chapter|下面|下的|下有)|(?:查询|查|看)\s*(\d{4})(?!\d|\.)|^\s*(\d{4})(?=\s*(?:$|breakdown|subheading|lines|children|what|rates?\b))", re.I)
_TIMES = {"": 1, "k": 1_000, "thousand": 1_000, "grand": 1_000, "thou": 1_000, "m": 1_000_000, "mn": 1_000_000, "million": 1_000_000, "万": 10_000, "千": 1_000, "百万": 1_000_000, "亿": 100_000_000}
_UP = r"(?:\s*(k|m|mn|thousand|grand|thou|million|百万|万|千|亿)(?![a-z]))?"
_NUMBER = r"(\d{1,3}(?:[, ]\d{3}){1,5}(?:\.\d{1,9})?|\d{1,24}(?:\.\d{1,9})?)"
_CURRENCIES = {"$": "USD", "us$": "USD", "usd": "USD", "dollars": "USD", "dollar": "USD", "bucks": "USD", "美元": "USD", "美金": "USD", "刀": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "欧元": "EUR",
    "£": "GBP", "gbp": "GBP", "pounds sterling": "GBP", "英镑": "GBP", "¥": "CNY", "cny": "CNY", "rmb": "CNY", "yuan": "CNY", "元": "CNY", "人民币": "CNY", "日元": "JPY", "jpy": "JPY", "yen": "JPY"}  # fmt: skip
_SIGN = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=len, reverse=True))
_MONEY = re.compile(rf"(?<![\w.])({_SIGN})\s*{_NUMBER}{_UP}|{_NUMBER}{_UP}\s*({_SIGN})(?![a-z])", re.I)
_BARE = re.compile(rf"(?<![\d.,\-/x×]){_NUMBER}\s*(k|m|mn|thousand|grand|thou|million|百万|万|千)(?![a-z\d])", re.I)
_VALUED = re.compile(rf"\b(?:worth|value|valued at|value of|at|for|on|of|duties are|paying|货值|价值)\s*(?:is|of|about|around|:)?\s*{_NUMBER}(?!\d|\.\d|[%x×/-]|\s*(?:kg|days?|months?|weeks?|years?|cartons?|boxes|pcs|pieces|units|cm|pairs|percent))", re.I)
_LONE = re.compile(rf"(?<![\d.,\-/x×#]){_NUMBER}(?!\d|\.\d|[%x×/\-]|\s*(?:kg|kgs|cm|mm|days?|months?|weeks?|years?|cartons?|boxes|pcs|pieces|units|liters?|litres?|pairs|dozen|percent|年|月|日|号|天|箱|件|公斤|升|bond\b))", re.I)
_COST_FIRST = re.compile(rf"\b(freight|shipping|insurance|运费|保险费?)\s*(?:of|is|:|cost|at)?\s*(?:us\$|usd|\$)?\s*{_NUMBER}{_UP}|(运费|保险费?)\s*{_NUMBER}{_UP}", re.I)
_COST_LAST = re.compile(rf"(?:us\$|usd|\$)?\s*(?<![\d.,]){_NUMBER}{_UP}\s*(?:usd|dollars|美元)?\s*(?:for\s+|in\s+)?(freight|shipping|insurance|运费|保险)", re.I)
_CARGO = re.compile(r"(\d+)\s*(?:x\s*)?(cartons?|boxes|box|crates?|pallets?|pieces|箱|件|托)\D{0,12}?(\d+(?:\.\d+)?\s*[x×*]\s*\d+(?:\.\d+)?\s*[x×*]\s*\d+(?:\.\d+)?)\s*(cm|mm|in|inches|m)?\D{0,12}?(\d+(?:\.\d+)?)\s*(kg|kgs|公斤|千克|lbs?)", re.I)
_INCOTERM = re.compile(r"\b(EXW|FCA|FAS|FOB|CFR|CIF|CPT|CIP|DAP|DPU|DDP)\b", re.I)
_MODE = re.compile(r"\b(by\s+)?(ocean|sea|airfreight|airplane|air|plane|flown|truck|road|rail|train|vessel|boat|ship)\b|海运|空运|卡车|铁路", re.I)
_ISO2 = re.compile(r"(?<![A-Za-z.])([A-Z]{2})(?![A-Za-z.])")
_SLASHED = re.compile(r"(?:^|[/|,;]|\d)\s*([A-Z]{2})\s*(?=[/|,;]|$)")
_FROM_ISO2 = re.compile(r"\b(?:from|in|made in|origin|of)\s+([a-z]{2})\b", re.I)
_ROUTE = re.compile(r"(?:from\s+)?([a-z][a-z .'\-]{1,40}?)\s+to\s+([a-z][a-z .'\-]{1,40}?)(?=\s+(?:by|via|for|on|with|in|take|\d)|[?.,!;]|\s*$)", re.I)
_PARTIES = (
    re.compile(r"\b(?:screen|check on|sanctions? check on|run a (?:sanctions? )?check on|check denied party|denied party|restricted party|check)\s+(?:the\s+|for\s+|my\s+supplier\s+|supplier\s+|party\s+)?(.{1,200})", re.I),
    re.compile(r"\b(?:buy(?:ing)? from|deal(?:ing)? with|work(?:ing)? with|trade with|trading with|business with|vet)\s+(?:the\s+|my\s+)?(?:supplier\s+|vendor\s+|company\s+)?([^?.!,]{2,80}?)(?=\s+(?:or|and are|are they|is it|against|without)\b|[?.!,]|$)", re.I),
    re.compile(r"\b(?:is|are|was)\s+(?:my\s+)?(?:supplier\s+|vendor\s+|customer\s+|buyer\s+)?(.{1,120}?)\s+(?:on|under|in|listed|restricted|sanctioned|blacklisted|denied|a\s+denied)\b", re.I),
    re.compile(r"^\s*([A-Z][\w&.' -]{1,60}?)\s*[,:]?\s+(?:on |in )?(?:the |any )?(?:entity list|restricted lists?|ofac|sanctions?|denied part(?:y|ies)|restricted part(?:y|ies)|screening|sdn)\b"),
    re.compile(r"\b(?:run|put|check)\s+(.{2,80}?)\s+(?:through|against)\s+(?:the\s+)?(?:lists?|sanctions|ofac|denied)", re.I),
    re.compile(r"(.{2,40}?)(?:有没有|是否|是不是)?被?(?:列入|列在|上了?)(?:制裁|黑|实体|名单)"),
    re.compile(r"筛查\s*(.{1,60}?)(?:\s*是否|\s*在|$)"),
    re.compile(r"(.{1,60}?)\s*(?:是否|有没有)?(?:在|被)(?:制裁|黑名单|实体清单)"),
)
_PLEASE = re.compile(r"\b(?:pls|please|plz|thanks?|thank you|hi|hello|hey)\b|[?!？！。]+", re.I)


@dataclass(frozen=True, slots=True)
class Slots:
    """What was read. Amounts are plain decimals; `currency` is that of `value`; `mended` names misspellings as they were read."""

    code: str = ""
    heading: str = ""
    law: str = ""
    origins: tuple[str, ...] = ()
    value: str = ""
    currency: str = "USD"
    exchange_rate: str = ""
    day: date | None = None
    until: date | None = None
    loading: date | None = None  # of loading on the vessel, where a text says "loaded on"
    quantity: tuple[str, str] = ("", "")
    freight: str = ""
    insurance: str = ""
    incoterm: str = ""
    mode: str = ""
    place_from: str = ""
    place_to: str = ""
    party: str = ""
    goods: str = ""
    cargo: tuple[str, str, str] = ("", "", "")  # count, size with its unit, kilograms of one
    event: str = ""
    entry_type: str = ""
    mended: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """The first country named."""
        return self.origins[0] if self.origins else ""

    def named(self) -> set[str]:
        """The names of the slots that are filled, in the words of the data of intents."""
        found = {name for name in ("code", "heading", "law", "value", "day", "until", "loading", "freight", "party", "goods", "place_from", "place_to", "mode", "incoterm") if getattr(self, name)}
        found |= {"origin"} if self.origins else set()
        found |= {"two_origins"} if len(self.origins) > 1 else set()
        found |= {"cargo"} if self.cargo[0] else set()
        found |= {"places"} if self.place_from and self.place_to else set()
        found |= {"ch99"} if self.law[:2] in ("98", "99") else set()
        return found

    def over(self, older: Slots) -> Slots:
        """These slots, with those of an earlier turn where nothing new was said."""
        kept: dict[str, Any] = {}
        empty = Slots()
        for name in self.__slots__:
            if name != "mended" and getattr(self, name) == getattr(empty, name) != getattr(older, name):
                kept[name] = getattr(older, name)
        if self.code or self.goods:  # other goods: what was said of the old ones falls
            for name in ("code", "goods", "heading", "law", "quantity"):
                kept.pop(name, None)
        return replace(self, **kept)


@lru_cache(maxsize=1)
def names() -> dict[str, Any]:
    """The packaged names of countries, places, programmes and units."""
    import yaml

    found: dict[str, Any] = yaml.safe_load((HERE / "data" / "names.yaml").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Reader:
    """Reads slots with the countries of the law pack (`countries`: code to name) and today's day."""

    countries: Mapping[str, str]
    today: date
    _by_name: dict[str, str] = field(default_factory=dict, compare=False)

    def by_name(self) -> dict[str, str]:
        """Country codes by every name, in lower case."""
        if not self._by_name:
            self._by_name.update({name.lower(): code for code, name in self.countries.items()})
            for code, also in names()["countries"].items():
                if code in self.countries:
                    self._by_name.update({str(name).lower(): code for name in also})
        return self._by_name

    def read(self, text: str) -> Slots:
        """The slots of a sentence."""
        whole = plain(text)[:LONGEST]
        rest = whole
        found: dict[str, Any] = {}
        dated = days.find(rest, self.today)
        found["day"], found["until"], rest = dated.day, dated.until, dated.rest
        rest = _TAKEN_BACK.sub(" ", _SPANISH_POINTS.sub(lambda m: m[0].replace(".", ""), rest))
        if found["day"] and re.search(r"\b(?:loaded|laden|shipped)\b|装船", whole, re.I):
            found["loading"], found["day"] = found["day"], None
        found["event"] = _event(whole)
        cargo = _CARGO.search(rest)
        if cargo:
            unit = {"inches": "in"}.get((cargo[4] or "cm").lower(), (cargo[4] or "cm").lower())
            weight = cargo[5] if not cargo[6].lower().startswith("lb") else format((Decimal(cargo[5]) * Decimal("0.45359237")).quantize(Decimal("0.01")), "f")
            found["cargo"] = (cargo[1], re.sub(r"\s*[x×*]\s*", "x", cargo[3]) + f" {unit}", weight)
            rest = _cut(rest, cargo)
        for code in _CODE.finditer(rest):
            digits = code[1].replace(".", "")
            near = rest[code.end() : code.end() + 12].lower()
            ahead = rest[: code.start()]
            if "." not in code[1] and len(digits) == 6 and not _CODELIKE.search(ahead):
                continue  # six bare digits are an amount unless a word says that they are a code
            if "." not in code[1] and (re.match(r"\s*(usd|dollars?|美元|k\b)", near) or _MONEYLIKE.search(ahead)):
                continue
            if len(digits) == 6 and "." in code[1] and re.match(r"\s*(usd|dollars?|kg|美元)", near):
                continue
            if digits[:2] in ("98", "99"):
                found["law"] = found.get("law") or _dotted(digits)
            else:
                found["code"] = found.get("code") or _dotted(digits)
            rest = rest.replace(code[1], " ", 1)
        if (heading := _HEADING.search(rest)) and not found.get("code"):
            found["heading"] = next(group for group in heading.groups() if group)
            rest = _cut(rest, heading)
        for told in (_COST_FIRST, _COST_LAST):
            for cost in list(told.finditer(rest)):
                kind, number, up = (cost[3], cost[1], cost[2]) if told is _COST_LAST else (cost[1], cost[2], cost[3]) if cost[1] else (cost[4], cost[5], cost[6])
                name = "insurance" if kind.lower().startswith(("insur", "保险")) else "freight"
                if name not in found:
                    found[name] = _amount(number, up)
                    rest = rest.replace(cost[0], " ", 1)
        if low_value := _LOW_VALUE.search(rest):
            found["entry_type"] = "section_321"
            rest = _cut(rest, low_value)
        rest = self._quantity(rest, found)
        worked, rest = _each(rest, found)
        rest = _value(rest, found) if not worked else rest
        if not found.get("law"):
            found["law"], rest = _law(rest)
        if incoterm := _INCOTERM.search(rest):
            found["incoterm"] = incoterm[1].upper()
            rest = _cut(rest, incoterm)
        if mode := _MODE.search(rest):
            said = mode[0].lower()
            found["mode"] = "air" if re.search(r"air|plane|flown|空运", said) else "truck" if re.search(r"truck|road|卡车", said) else "rail" if re.search(r"rail|train|铁路", said) else "ocean"
        found["place_from"], found["place_to"] = _route(whole)
        found["party"] = _party(whole)
        found["origins"], rest, mended = self._origins(rest)
        found["mended"] = (*mended, *([worked] if worked else []))
        if not found.get("value") and (lone := [m for m in _LONE.finditer(rest) if not re.fullmatch(r"[12]\d{3}|\d{1,2}", m[1])]):
            found["value"] = _amount(lone[0][1], "")
            rest = _cut(rest, lone[0])
        for word, english in _chinese_goods():
            rest = rest.replace(word, f" {english} ")
        found["goods"] = goods_words(rest)
        return Slots(**{name: value for name, value in found.items() if value})

    def _quantity(self, rest: str, found: dict[str, Any]) -> str:
        for unit, spoken in names()["units"].items():
            for word in spoken:
                tail = rf"\s*{re.escape(str(word))}(?![a-z])" if str(word).isascii() else rf"\s*{word}"
                if match := re.search(rf"(?<![\d.x×-]){_NUMBER}{tail}", rest, re.I):
                    found["quantity"] = (match[1].replace(",", "").replace(" ", ""), unit)
                    return _cut(rest, match)
        return rest

    def _origins(self, rest: str) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        """Countries in the order in which they are named, the text without them, and misspelt ones as read."""
        known = self.by_name()
        places: list[tuple[int, str]] = []
        low = rest.lower()
        for name in sorted(known, key=len, reverse=True):
            if name in low:  # a quick look before the exact one
                spelt = rf"\b{re.escape(name)}\b" if name.isascii() else re.escape(name)
                for match in re.finditer(spelt, low):
                    places.append((match.start(), known[name]))
                    low = low[: match.start()] + "\0" * (match.end() - match.start()) + low[match.end() :]
        for pattern in (_SLASHED, _ISO2, _FROM_ISO2):
            for match in pattern.finditer(rest):
                code = match[1].upper()
                if code in self.countries and low[match.start(1)] != "\0" and (pattern is not _ISO2 or code not in names()["not_codes"]["upper"] or re.search(r"(?:from|in|origin|made in)\s*$", rest[: match.start()], re.I)):
                    if code in names()["not_codes"]["lower"] and pattern is _FROM_ISO2 and not match[1].isupper():
                        continue
                    places.append((match.start(1), code))
                    low = low[: match.start(1)] + "\0\0" + low[match.end(1) :]
        mended: list[str] = []
        if not places:
            for match in re.finditer(r"\b[a-z]{5,14}\b", low):
                close = nearest(match[0], _single_names(known), most=1 if len(match[0]) < 8 else 2)
                if close and (close[0] == match[0][0]) and match[0] not in names()["not_countries"]:
                    places.append((match.start(), known[close]))
                    mended.append(f"{match[0]} as {self.countries[known[close]]}")
                    low = low[: match.start()] + "\0" * len(match[0]) + low[match.end() :]
        kept = "".join(" " if low[n] == "\0" else c for n, c in enumerate(rest))
        return tuple(dict.fromkeys(code for _, code in sorted(places) if code != names()["home"])), kept, tuple(mended)


_TAKEN_BACK = re.compile(rf"\b(?:not|instead of|rather than)\s+(?:us\$|\$|usd)?\s*{_NUMBER}{_UP}(?=\s*(?:[,.;!?]|usd|dollars?|$|but\b))|不是\s*{_NUMBER}{_UP}(?:美元|美金)?", re.I)  # "5000, not 500"
_SPANISH_POINTS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{3})+(?![\d.])(?=\s*(?:eur|euros?|€|usd|dollars?|gbp)\b)|(?<=[€$£])\s*\d{1,3}(?:\.\d{3})+(?![\d.])", re.I)  # 5.000 EUR is five thousand
_MONEYLIKE = re.compile(r"(?:worth|value|valued at|\$|usd)\s*(?:of|is)?\s*$", re.I)
_LOW_VALUE = re.compile(r"\bde[ -]?minimis\b|\bsection 321\b|\blow[- ]value (?:entry|shipment|parcel|package)s?\b|小额免税", re.I)
_EACH = re.compile(rf"(?:at|@|for|单价)?\s*({_SIGN})?\s*(?<![\d.]){_NUMBER}\s*({_SIGN})?\s*(?:each\b|apiece\b|(?:per|a|/)\s*(?:unit|piece|item|pc|pcs|pair)\b|一(?:个|件|台|双)|每(?:个|件|台|双))", re.I)
_COUNTED = re.compile(r"(?<![\d.$€£¥])(\d{1,3}(?:,\d{3})+|\d{1,7})\s+(?=[a-z])(?!(?:usd|dollars?|eur|k|m|kg|cm|days?|months?)\b)", re.I)
_CODELIKE = re.compile(r"(?:hts|hs|code|heading|subheading|line|number|look up|tariff|税号|编码|税则号?)\s*(?:of|for|is|:)?\s*$", re.I)


def _single_names(known: Mapping[str, str]) -> frozenset[str]:
    """Names of one word that people write often: only these are read through a misspelling."""
    often = {str(name).lower() for also in names()["countries"].values() for name in also}
    return frozenset(name for name in known if name in often and name.isascii() and name.isalpha() and len(name) >= 5)


@lru_cache(maxsize=1)
def _chinese_goods() -> tuple[tuple[str, str], ...]:
    """Chinese names of goods with the English ones, the longest first."""
    return tuple(sorted(((str(word), str(english)) for english, spoken in names()["goods"].items() for word in spoken), key=lambda row: -len(row[0])))


def plain(text: str) -> str:
    """A text in compatible characters: full-width digits and signs become plain, invisible ones go."""
    folded = unicodedata.normalize("NFKC", text)
    shown = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc") or c in "\n\t")
    shown = re.sub(r"\d{25,}", " ", shown)  # no amount has so many digits, and patterns would crawl over them
    return " ".join(days.english_numerals(days.chinese_numerals(shown)).replace("，", ", ").split())


def _cut(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " " + text[match.end() :]


def _dotted(digits: str) -> str:
    return ".".join(part for part in (digits[:4], digits[4:6], digits[6:8], digits[8:10]) if part)


def _amount(number: str, up: str | None) -> str:
    return format((Decimal(number.replace(",", "").replace(" ", "")) * _TIMES[(up or "").lower()]).normalize(), "f")


def _value(rest: str, found: dict[str, Any]) -> str:
    for pattern in (_MONEY, _BARE, _VALUED):
        for match in pattern.finditer(rest):
            if pattern is _MONEY:
                sign, number, up = (match[1], match[2], match[3]) if match[1] else (match[6], match[4], match[5])
                found["currency"] = _CURRENCIES[sign.lower()]
            else:
                number, up = match[1], match[2] if pattern is _BARE else ""
                if pattern is _VALUED and re.fullmatch(r"(19|20)\d\d|\d{1,2}", number):
                    continue
            found["value"] = _amount(number, up)
            return _cut(rest, match)
    return rest


def _each(rest: str, found: dict[str, Any]) -> tuple[str, str]:
    """A price of one with a count ("100 bicycles at $150 each") as the value of all, how it was worked out, and the text without the price."""
    match = _EACH.search(rest)
    if not match:
        return "", rest
    rest = _cut(rest, match)
    count = found.get("quantity", ("", ""))
    number = count[0] if count[1] in ("no", "prs", "") else ""
    if not number and (counted := _COUNTED.search(rest)):
        number = counted[1].replace(",", "")
        rest = rest[: counted.start(1)] + " " + rest[counted.end(1) :]
    if number and match[2]:
        found["value"] = format((Decimal(number) * Decimal(match[2].replace(",", ""))).normalize(), "f")
        found["currency"] = _CURRENCIES[(match[1] or match[3] or "$").lower()]
        return f"{number} x {match[2]} as {found['value']}", rest
    return "a price of one, without a count" if match[2] else "", rest


def _law(rest: str) -> tuple[str, str]:
    low = rest.lower()
    for pattern, spoken in names()["laws"].items():
        for word in sorted(map(str, spoken), key=len, reverse=True):
            where = rf"(?<![\w.]){re.escape(word)}(?![\w.%]|,\d)" if word.isascii() else re.escape(word)
            if word.isdigit():
                where = rf"\b(?:section|sec|s|about|the)\s*{word}\b(?!\s*(?:usd|dollars|%))"
            if match := re.search(where, low):
                return pattern, rest[: match.start()] + " " + rest[match.end() :]
    return "", rest


def _route(text: str) -> tuple[str, str]:
    """Places named as from and to: "shanghai to los angeles", "from A to B", "how far is A from B", and in Chinese "A到B"."""
    known = names()["places"]
    low = text.lower()
    hits = sorted((low.find(str(word).lower()), place) for place, spoken in known.items() for word in (*spoken, place) if re.search(rf"\b{re.escape(str(word).lower())}\b" if str(word).isascii() else re.escape(str(word)), low))
    hits = [hit for n, hit in enumerate(hits) if not n or hit[0] != hits[n - 1][0]]
    if len(hits) >= 2:
        between = low[hits[0][0] : hits[1][0]]
        turned = re.search(r"\b(?:from|ex)\s*$", between) and not re.search(r"\b(?:from|ex|far (?:is|are))\s*$", low[: hits[0][0]])  # "los angeles from ningbo"
        return (hits[1][1], hits[0][1]) if turned else (hits[0][1], hits[1][1])
    if hits and (dashed := re.search(r"\b([a-z][a-z ]{2,24}?)\s+(?:-|->|→|>)\s+([a-z][a-z ]{2,24})", low)):
        return dashed[1].split("miles ")[-1].strip(), dashed[2].strip()
    if match := re.search(r"\bhow far (?:is|are)\s+([a-z][a-z .'-]+?)\s+from\s+([a-z][a-z .'-]+?)(?=\s+(?:by|via|in)|[?.,]|$)", text, re.I):
        return match[1].strip(), match[2].strip()
    for match in _ROUTE.finditer(text):
        first, second = match[1].strip(), match[2].strip()
        first = re.split(r"\b(?:from|kg|each|cm|time|quote|distance|between|ship|sea|air|ocean|freight|vs|or)\b", first, flags=re.I)[-1].strip()
        words = second.split()
        if first and words and len(first.split()) <= 4 and len(words) <= 4 and first.split()[0].lower() not in _VERBS and words[0].lower() not in _VERBS:
            return first, second
    return "", ""


_VERBS = frozenset(
    ["how", "i", "need", "want", "cheaper", "cost", "going", "much", "way", "ways", "import", "ship", "pay", "claim", "do", "have", "what", "you", "able", "due", "said", "lower", "reduce", "land", "find", "able", "have", "file", "make", "use", "bring", "classify", "get", "save", "keep", "ask", "see", "know", "go", "start", "buy", "source", "moving"]
)


def _party(text: str) -> str:
    for pattern in _PARTIES:
        if match := pattern.search(" ".join(text.split())):
            name = re.split(r"\b(?:against|in\s+china|on\s+(?:any|the|a)|under|under\s+ofac|for\s+sanctions|restricted|sanctioned)\b", match[1], flags=re.I)[0]
            name = name.strip(" ?!.,;:？。").removeprefix("if ").strip()
            if 1 < len(name) <= 200 and not re.fullmatch(r"(?:(?:a|an|the|my|this|that|our|new|one)\s+)*(?:it|this|that|they|them|he|she|the|supplier|vendor|factory|company|buyer|customer|party|someone|anyone)", name, re.I):
                return name
    return ""


def _event(text: str) -> str:
    low = text.lower()
    if re.search(r"single[- ](?:entry|transaction)|单次", low):
        return "single_entry"
    return "liquidation_date" if re.search(r"liquidat|清算", low) else "import_date" if "import date" in low else "arrival_date" if re.search(r"arriv|到港", low) else "release_date" if "release" in low else "entry_date"


@lru_cache(maxsize=1)
def chaff() -> frozenset[str]:
    """Words that name no goods."""
    lines = (HERE / "data" / "chaff.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


_ZH_CHAFF = re.compile(
    r"我们|我想|打算|我|想要|想|从|进口|交|要|多少|关税|税率|税|货值|价值|美元|美金|的|是|什么|哪个|国家|最低|比较|和|历史|怎么|怎样|才能|少|编码|归类|请|帮我|查一下|税则号?|吗|呢|应该|到|哪|归|入境|产|海运|空运|付|算|一下|有|没有|可以|申请|优惠|HS|明天|今天|货物|商品|降低|办法|变化|变动|过去|一年|会|涨|明年|未来|关注|提醒|为什么|那|如果|换成|呢|供应商|工厂|厂家"
)


def goods_words(rest: str) -> str:
    """What is left of a sentence once everything else is read: the words for the goods, or ""."""
    text = _ZH_CHAFF.sub(" ", _PLEASE.sub(" ", rest))
    text = re.sub(r"\d+(?:[.,]\d+)*%?|[$€£¥#+]", " ", text)
    words = list(re.findall(r"[A-Za-z][A-Za-z'\-]*|[\u4e00-\u9fff]+", text))
    empty = chaff()
    kept = [w for w in words if w.lower().strip("'-") not in empty and len(w) > 1]
    return " ".join(kept) if any(len(w) > 2 or not w.isascii() for w in kept) else ""
