"""Lets no figure through that no tool gave and the user did not say: every number, date, code and citation of an answer is looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from landed.assistant.figures import Figure, canonical, cite_key, clean, figures, plain
from landed.assistant.tools import Used

# Fields that hold other people's words, or say nothing: their figures ground nothing.
WORDS_OF_OTHERS = frozenset({"name", "title", "text_given", "description", "note", "address", "supplier", "titles", "email", "message_text", "comment", "words", "file", "filename", "remarks", "seller", "buyer", "goods"})
NOISE = frozenset({"seq", "rank", "index", "lat", "lon", "coordinates", "path", "calendar", "receipt_id", "sha256", "hash", "id", "law_version", "score", "page", "box"})
TITLES = frozenset({"title", "candidates.title", "hits.title", "children.title", "candidates.path.title"})
PERCENT_KEYS = re.compile(r"(_pct|rate_pct|percent|probability\w*|share|likeness)$")
MONEY_KEYS = re.compile(r"(amount|duty|fees?|usd|value|total|cost|price|saving|low|high|subtotal|tax|taxes|landed|minimum|maximum|change)", re.I)
GIVEN_KEYS = re.compile(r"(^|\.)(customs_value(\.amount)?|basis_amount|value_usd|price|entered_value|value)$")
_CLAUSE = re.compile(r"[.;!?。；！？\n]\s")
_DUTY_WORDS = re.compile(r"\b(?:dut(?:y|ies)|tariffs?|rates?|fees?|tax(?:es)?|owe[sd]?|pays?|landed|totals?|costs?|due|exempt|savings?|saves?)\b|关税|税|费用?|规费|合计|到岸|节省", re.I)
_IS_DUTY = re.compile(r"\b(?:dut(?:y|ies)|tariff)\b[^.;\n$%]{0,40}?\b(?:is|are|of|comes? to|totals?|will be|would be|=|:)\s*(?:(?:about|only|exactly|roughly|around|nearly|almost|approximately|just|some|an?) ){0,2}$|\b(?:you )?owes?\s*(?:(?:about|only|exactly|roughly|around|nearly|almost|just|some|an?) ){0,2}$|关税(?:为|是|：|:)\s*$", re.I)
_SPAN = re.compile(r"[\s-]*(?:days?|weeks?|months?|years?|hours?|quarters?)\b|\s*(?:个?(?:天|日|周|月|年|星期|小时|季度))", re.I)  # a length of time is no count of rows
_LENGTH_KEYS = re.compile(r"day|week|month|year|hour|p50|p90|transit|dwell|free", re.I)
_CHANGE_KEYS = re.compile(r"(^|\.)(change_usd|saving_usd|upcoming\.|options\.|questions\.)")
_URL = re.compile(r"(?:https?|ftp|data|javascript|file|mailto):[^\s)>\]]*|\bwww\.[^\s)>\]]+", re.I)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"<[^>]{0,2000}>")
_DONE = re.compile(r"\b(?:i(?:'ve| have)?|it(?:'s| is| has been)?|has been|have been|was|were|now)\s+(?:just |already |now |successfully )?(?:saved|booked|sent|emailed|submitted|filed|ordered|paid|deleted|removed|transferred|uploaded|shared|forwarded)\b|(?:已经?|成功)(?:保存|预订|发送|提交|删除|支付|下单|转账)", re.I)


@dataclass(slots=True)
class Grounds:
    """What figures may stand in an answer: by kind, with the fields of the results in which they stand, and what the user said."""

    dates: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    cites: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    numbers: dict[str, set[str]] = field(default_factory=dict)  # money and plain numbers: value to the fields
    percents: set[str] = field(default_factory=set)
    counts: set[str] = field(default_factory=set)
    said: set[tuple[str, str]] = field(default_factory=set)  # (kind, value) of the user's words
    spans: set[tuple[str, str]] = field(default_factory=set)  # lengths of time: number and unit
    zero: bool = False  # a duty or fee of nothing, or the word free, stands in a result
    totals: set[str] = field(default_factory=set)  # the duties that estimates come to: only these say whether nothing is due
    results: bool = False

    def holds(self, figure: Figure, before: str, clause: str, after: str = "") -> bool:
        """Whether a figure is grounded where it stands; `before` is the text that leads to it, `clause` the clause around it, `after` what follows."""
        kind, value = figure.kind, figure.value
        if value == "0" and kind in ("money", "number", "percent") and self.totals and _IS_DUTY.search(before):
            kind = "nothing"
        if kind == "nothing":
            return self.zero if not self.totals or "xempt" in figure.written else "0" in self.totals
        if kind in ("date", "month"):
            return self._dated(kind, value)
        if kind == "cite":
            return value in self.cites or ("cite", value) in self.said
        if kind == "mark":
            return value in self.marks or ("mark", value) in self.said
        if kind == "code" and self._coded(value):
            return True
        if kind == "code":
            value = canonical(figure.written)
        if self.results and _DUTY_WORDS.search(clause):
            return self._given(kind, value, before, after)
        return self._given(kind, value, before, after) or self._by_user(kind, value)

    def _given(self, kind: str, value: str, before: str, after: str) -> bool:
        if kind == "percent":
            return value in self.percents or plain(Decimal(value) / 100) in self.numbers and any(PERCENT_KEYS.search(k) for k in self.numbers[plain(Decimal(value) / 100)])
        fields = self.numbers.get(value)
        if kind == "number" and (span := _SPAN.match(after)):
            return (value, _unit(span[0])) in self.spans or any(_LENGTH_KEYS.search(f) for f in fields or ())
        if fields is None:
            return kind == "number" and (value in self.counts or value in self.percents or self._coded(value) or self._year(value))
        if kind == "money":
            fields = {f for f in fields if not PERCENT_KEYS.search(f) and f not in TITLES}
            if _IS_DUTY.search(before):  # the duty is never the value of the goods, nor what was asked
                fields = {f for f in fields if not GIVEN_KEYS.search(f) and not f.startswith("request") and not _CHANGE_KEYS.search(f)}
        return bool(fields)

    def _by_user(self, kind: str, value: str) -> bool:
        if kind == "percent":
            return ("percent", value) in self.said
        return any((k, value) in self.said for k in ("money", "number", "code"))

    def _coded(self, digits: str) -> bool:
        bare = digits.replace(".", "")
        known = self.codes | {v for k, v in self.said if k == "code"}
        return bare in known or len(bare) in (4, 6, 8) and any(code.startswith(bare) for code in known)

    def _year(self, value: str) -> bool:
        return len(value) == 4 and any(day.startswith(value) for day in self.dates | {v for k, v in self.said if k == "date"})

    def _dated(self, kind: str, value: str) -> bool:
        known = self.dates | {v for k, v in self.said if k == "date"}
        if kind == "date":
            return value in known
        if ("month", value) in self.said:
            return True
        return any(day.startswith(value) if value[0] != "-" else day.endswith(value) for day in known)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer may be shown, and what in it is not grounded."""

    ok: bool
    ungrounded: tuple[str, ...] = ()


def grounds(used: Iterable[Used], said: Iterable[str], *, days: Iterable[str] = ()) -> Grounds:
    """The grounds of a turn: results of tools, the user's own words, and ISO days such as today."""
    found = Grounds(dates=set(days))
    for use in used:
        if use.ok:
            found.results = True
            _walk(use.result, "", use.outside, found, 0)
            _walk(use.request, "request", True, found, 0)  # what was asked was itself looked up before it was asked
        elif use.problem:
            _walk({k: use.problem.get(k) for k in ("detail", "mend", "children", "successors", "near")}, "", False, found, 0)
    for text in said:
        for figure in figures(text):
            found.said.add((figure.kind, figure.value))
            if figure.kind == "code":
                found.said.add(("number", canonical(figure.written)))
    return found


def check(answer: str, known: Grounds) -> Verdict:
    """Looks up every figure of an answer; also refuses claims that something was saved, sent or booked, which only a click can do."""
    text = clean(answer)
    wrong: list[str] = []
    for figure in figures(answer):
        before = text[: figure.start]
        starts = [m.end() for m in _CLAUSE.finditer(before)]
        start = starts[-1] if starts else 0
        end = _CLAUSE.search(text, figure.start + len(figure.written))
        clause = text[start : end.start() if end else len(text)]
        if not known.holds(figure, before[start:], clause, text[figure.start + len(figure.written) :]):
            wrong.append(figure.written.strip())
    if done := _DONE.search(text):
        wrong.append(done[0])
    return Verdict(not wrong, tuple(dict.fromkeys(wrong)))


def safe(answer: str) -> str:
    """An answer without images, links, tags and addresses: nothing in it is fetched or followed, so nothing can be carried out through it."""
    text = _IMAGE.sub("", answer)
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub("", text)
    text = _URL.sub("", text)
    return "".join(c for c in text if c in "\n\t" or c.isprintable() or c.isspace())


def ungrounded_request(request: Mapping[str, Any], known: Grounds, allowed: Sequence[str] = ()) -> tuple[str, ...]:
    """Figures of a tool call that nobody gave: a model may not make up what goods are worth, where they come from or when they enter."""
    wrong: list[str] = []

    def look(value: Any, name: str, depth: int) -> None:
        if depth > 8:
            return
        if isinstance(value, Mapping):
            for key, item in value.items():
                look(item, str(key), depth + 1)
        elif isinstance(value, list):
            for item in value[:200]:
                look(item, name, depth + 1)
        elif isinstance(value, bool) or value is None or name in ("limit", "top", "seconds", "days_ahead"):
            return
        else:
            text = str(value)
            if text in allowed:
                return
            for figure in figures(text):
                if not known.holds(figure, "", ""):
                    wrong.append(f"{name} {figure.written}".strip())

    look(request, "", 0)
    return tuple(dict.fromkeys(wrong))


def _walk(value: Any, path: str, outside: bool, found: Grounds, depth: int) -> None:
    if depth > 14:
        return
    name = path.rpartition(".")[2]
    if isinstance(value, Mapping):
        totals = value.get("totals")
        if isinstance(totals, Mapping) and "duty" in totals:
            found.totals.add("unknown" if totals["duty"] is None else canonical(str(totals["duty"])))
        for key, item in value.items():
            if key not in NOISE:
                _walk(item, f"{path}.{key}" if path else str(key), outside, found, depth + 1)
    elif isinstance(value, list):
        found.counts.add(str(len(value)))
        for item in value:
            _walk(item, path, outside, found, depth + 1)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, (int, float)):
        _number(plain(Decimal(str(value))), path, name, found)
    elif isinstance(value, str) and value:
        if name in ("cite", "citation"):
            found.cites.add(cite_key(value))
        if re.fullmatch(r"-?\d+(?:\.\d+)?", value) and (not outside or name not in WORDS_OF_OTHERS):
            _number(canonical(value.lstrip("-")), path, name, found)
            if re.fullmatch(r"\d{4}\.\d\d|\d{6}|\d{8}|\d{10}", value):
                found.codes.add(value.replace(".", ""))
            return
        _sentence(value, path, name, outside, found)


def _unit(span: str) -> str:
    """The unit of a length of time in one form."""
    bare = span.strip(" -个").lower()
    return {"天": "day", "日": "day", "周": "wee", "星": "wee", "月": "mon", "年": "yea", "小": "hou", "季": "qua"}.get(bare[:1], bare[:3])


def _number(value: str, path: str, name: str, found: Grounds) -> None:
    value = value.lstrip("-")
    if PERCENT_KEYS.search(name):
        found.percents.add(value)
        if name.startswith("probability") or name in ("likeness", "share"):
            found.percents.add(plain(Decimal(value) * 100))
    else:
        found.numbers.setdefault(value, set()).add(path)
    if value == "0" and (PERCENT_KEYS.search(name) or MONEY_KEYS.search(name)):
        found.zero = True


def _sentence(value: str, path: str, name: str, outside: bool, found: Grounds) -> None:
    words = name in WORDS_OF_OTHERS and (outside or name != "title")  # titles of law and tariff are ours
    for figure in figures(value):
        whole = figure.written.strip() == value.strip()
        if figure.kind == "mark":
            found.marks.add(figure.value)
        elif (outside or words) and not (whole and not words):
            continue  # a figure in other people's words grounds nothing
        elif figure.kind == "date":
            found.dates.add(figure.value)
        elif figure.kind == "code":
            found.codes.add(figure.value)
            found.numbers.setdefault(canonical(figure.written), set()).add(path)
        elif figure.kind == "cite":
            found.cites.add(figure.value)
        elif figure.kind == "percent":
            found.percents.add(figure.value)
            found.zero = found.zero or figure.value == "0"
        elif figure.kind in ("money", "number"):
            if figure.kind == "number" and (span := _SPAN.match(clean(value)[figure.start + len(figure.written) :])):
                found.spans.add((figure.value, _unit(span[0])))
            found.numbers.setdefault(figure.value, set()).add(path)
        elif figure.kind == "nothing":
            found.zero = True
    if not outside and not words and re.search(r"\bfree\b|\bexempt\b", value, re.I) and ("rate" in name or "because" in name or "general" in name or "explanation" in name):
        found.zero = True
