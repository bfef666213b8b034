"""One turn of a conversation as the answers see it: what was read, the tools, and how a missing slot is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from landed.assistant.answer import Choice, Language, Said
from landed.assistant.slots import Slots
from landed.assistant.tools import Toolbox, Used
from landed.assistant.wording import day, either, money

EXAMPLE = "10000"  # US dollars, where an answer needs a value and none was said; it is always named as an example


@lru_cache(maxsize=1)
def phrases() -> dict[str, Any]:
    """The packaged questions for slots and the examples of what can be asked."""
    import yaml

    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "data" / "phrases.yaml").read_text(encoding="utf-8"))
    return found


@dataclass(slots=True)
class Turn:
    """A turn: the slots, the tools, the language, today, and the names of countries. `assumed` gathers what was taken without being said."""

    slots: Slots
    tools: Toolbox
    lang: Language
    today: date
    countries: Mapping[str, str]
    assumed: list[str]

    def t(self, english: str, chinese: str) -> str:
        """The sentence in the language of the question."""
        return either(self.lang, english, chinese)

    def use(self, tool: str, request: Mapping[str, Any]) -> Used:
        """Use a tool with what is not empty."""
        return self.tools.use(tool, {name: value for name, value in request.items() if value not in (None, "", [], {}, ())})

    def country(self, code: str) -> str:
        """A country's name in the language of the question."""
        if self.lang == "zh":
            from landed.assistant.slots import names

            also = [str(name) for name in names()["countries"].get(code, ()) if not str(name).isascii() and any("\u4e00" <= c <= "\u9fff" for c in str(name))]
            if also:
                return also[0]
        return self.countries.get(code, code)

    def entry_day(self) -> str:
        """The day of entry: the one said, or today, which is then named as assumed."""
        if self.slots.day is None and self.slots.until and self.slots.until > self.today:
            self.assumed.append(self.t(f"entry on {day(self.slots.until, 'en')}, the end of the time you named", f"按{day(self.slots.until, 'zh')}入境"))
            return self.slots.until.isoformat()
        if self.slots.day is None:
            self.assumed.append(self.t(f"entry today, {day(self.today, 'en')}", f"按今天（{day(self.today, 'zh')}）入境"))
        return (self.slots.day or self.today).isoformat()

    def value(self) -> str:
        """The value said, or an example that is named as one."""
        if not self.slots.value or self.slots.currency != "USD":
            self.assumed.append(self.t(f"a value of {money(EXAMPLE, 'en')} as an example", f"以货值{money(EXAMPLE, 'zh')}为例"))
            return EXAMPLE
        return self.slots.value

    def customs_value(self) -> Any:
        """The value as an estimate takes it."""
        s = self.slots
        return s.value if s.currency == "USD" else {"amount": s.value, "currency": s.currency, **({"exchange_rate": s.exchange_rate} if s.exchange_rate else {})}

    def quantities(self) -> list[dict[str, str]]:
        """The quantity said."""
        return [{"value": self.slots.quantity[0], "unit": self.slots.quantity[1]}] if self.slots.quantity[0] else []


def ask_for(slot: str, turn: Turn, *, choices: tuple[Choice, ...] = (), before: str = "") -> Said:
    """A question for one slot."""
    text = str(phrases()["ask"][slot][turn.lang]).format(currency=turn.slots.currency)
    return Said(f"{before} {text}".strip(), choices=choices, missing=slot)


def problem(used: Used, turn: Turn, slot: str = "code") -> Said:
    """What a tool could not do, in its own words, with codes to choose from where there are some."""
    error = dict(used.problem or {})
    if isinstance(error.get("errors"), list) and error["errors"] and isinstance(error["errors"][0], Mapping):
        error = {**error, **{k: v for k, v in error["errors"][0].items() if k in ("successors", "children", "near")}}
    rows = list(error.get("successors") or error.get("children") or error.get("near") or ())
    names = [str(row["code"] if isinstance(row, Mapping) else row) for row in rows][:12]
    detail = str(error.get("detail", "")).rstrip(".")
    mend = str(error.get("mend", ""))
    if error.get("code") == "CURRENCY_RATE_REQUIRED":
        return ask_for("exchange_rate", turn)
    if error.get("code") == "INCOTERM_REQUIRED" or "INCOTERM_REQUIRED" in detail:
        return ask_for("incoterm", turn, choices=tuple(Choice(term, term) for term in ("EXW", "FOB", "CIF", "DDP")))
    if error.get("code") == "QUANTITY_REQUIRED":
        slot = "quantity"
    text = turn.t(f"That cannot be answered as it stands: {detail}. {mend}", f"现在还不能回答：{detail}。{mend}").strip()
    return Said(text, choices=tuple(Choice(name, name) for name in names), missing=slot if names or slot == "quantity" else "")


def with_code(turn: Turn) -> tuple[str, str, tuple[Choice, ...], Said | None]:
    """The tariff line the turn is about, a sentence on how it was found, other lines to choose from; or what to say where there is none."""
    s = turn.slots
    digits = s.code.replace(".", "")
    if len(digits) >= 8:
        return s.code, "", (), None
    if digits:
        found = turn.use("hts_show", {"code": s.code, "on": s.day.isoformat() if s.day else ""})
        if not found.ok:
            return "", "", (), problem(found, turn)
        rows = found.result.get("children") or []
        choices = tuple(Choice(f"{r['code']} {r.get('title') or ''}".strip()[:140], r["code"]) for r in rows[:20])
        said = turn.t(f"{found.result['code']} is a heading, not a line with a rate. Which line under it?", f"{found.result['code']} 不是有税率的税则行。请选择其下的一行。")
        return "", "", (), Said(said, choices=choices, missing="code")
    if not s.goods:
        return "", "", (), ask_for("code", turn)
    request: dict[str, Any] = {"text": s.goods, "limit": 6, "origin": s.origin}
    if s.day:
        request["on"] = s.day.isoformat()
    if s.value and s.currency == "USD":
        request["value"] = s.value
    found = turn.use("classify", request)
    if not found.ok:
        return "", "", (), problem(found, turn, "goods")
    rows = found.result["candidates"]
    first = rows[0]
    if first["band"] == "low" and first["because"] == ["words of its title"]:  # no name of goods was heard: a number would rest on nothing
        said = turn.t(f"I am not sure what “{s.goods}” is. Is it one of these, or can you say it in other words?", f"不确定“{s.goods}”是什么。是以下之一吗？也可以换个说法。")
        return "", "", (), Said(said, choices=tuple(Choice(f"{r['hts_code']} {r['title']}"[:140], r["hts_code"]) for r in rows[:5]), missing="code")
    others = tuple(Choice(f"{r['hts_code']} {r['title']}"[:140], r["hts_code"]) for r in rows[1:5])
    stake = found.result.get("stake") or {}
    same = turn.t(" The other likely codes owe the same.", "其他可能的税号税额相同。") if stake.get("same_duty") else ""
    band = {"high": ("sure", "较确定"), "medium": ("not sure", "不太确定"), "low": ("a guess", "仅为猜测")}[first["band"]]
    note = turn.t(
        f"I read “{s.goods}” as {first['hts_code']}, {first['title']} ({band[0]}).{same}",
        f"“{s.goods}”按 {first['hts_code']}（{first['title']}，{band[1]}）计算。{same}",
    )
    turn.slots = replace(s, code=first["hts_code"])
    return first["hts_code"], note, others, None
