"""The state of the calculator as it stands in the address bar, and the request that it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

DATA = Path(__file__).parent / "data"
LONGEST = 200  # characters of one field; more is no code, name or amount
MOST = 60  # answers in one address
PLAIN = ("code", "origin", "value", "currency", "rate", "on", "spi", "chapter_98", "known_on", "span", "overlay")


@lru_cache(maxsize=1)
def starters() -> dict[str, Any]:
    """Examples and short lists that the first screen offers."""
    found: dict[str, Any] = json.loads((DATA / "starters.json").read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def ready() -> dict[str, str]:
    """Names and titles of the ready what-ifs; no other text of an address is taken for one, for a path would be read as a file."""
    from landed.errors import LandedError
    from landed.operations.registry import find

    try:
        return {o.name: o.title for o in find("law_overlays").run({}).overlays}
    except LandedError:
        return {}


@dataclass(frozen=True, slots=True)
class State:
    """What the user has said so far; all of it text, as typed."""

    code: str = ""
    origin: str = ""
    value: str = ""
    currency: str = "USD"
    rate: str = ""
    on: str = ""
    spi: str = ""
    chapter_98: str = ""
    known_on: str = ""
    span: str = ""  # "near" looks two years around entry, else all years
    overlay: str = ""  # a ready what-if, with its parameters
    exclusions: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()  # "ad:A-570-967:86.01"
    answers: tuple[tuple[str, str], ...] = ()
    first: bool = field(default=False, compare=False)  # nothing was asked yet: the example stands

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> State:
        """The state in a query; an empty one is the example of the first visit."""
        given = {str(k): str(v)[:LONGEST].strip() for k, v in query.items() if str(v).strip()}
        if not any(given.get(name) for name in ("code", "origin", "value")):
            example: dict[str, Any] = {**starters()["first"], **({"on": given["on"]} if given.get("on") else {})}
            return cls(**example, first=True)
        found: dict[str, Any] = {name: given[name] for name in PLAIN if name in given}
        return cls(
            **{**found, "on": found.get("on") or date.today().isoformat(), "currency": found.get("currency", "USD").upper()},
            exclusions=tuple(filter(None, given.get("exclusions", "").split(","))),
            orders=tuple(filter(None, given.get("orders", "").split(","))),
            answers=tuple((k[2:], v) for k, v in sorted(given.items()) if k.startswith("a."))[:MOST],
        )

    @property
    def what_if(self) -> str:
        """The what-if that the address names, "" where it names none that is ready."""
        from landed.doors.web.what_ifs import parts

        return self.overlay if self.overlay and parts(self.overlay) else ""

    def query(self) -> str:
        """The state as an address: the parts that say something, in a fixed order."""
        parts = [(name, getattr(self, name)) for name in PLAIN if getattr(self, name) and not (name == "currency" and self.currency == "USD")]
        parts += [("exclusions", ",".join(self.exclusions))] if self.exclusions else []
        parts += [("orders", ",".join(self.orders))] if self.orders else []
        parts += [(f"a.{name}", value) for name, value in self.answers]
        return urlencode(parts)

    def request(self) -> dict[str, Any]:
        """The request of the estimate operation."""
        value: Any = self.value
        if self.currency != "USD":
            value = {"amount": self.value, "currency": self.currency, **({"exchange_rate": self.rate} if self.rate else {})}
        claims: dict[str, Any] = {}
        if self.spi:
            claims["spi"] = self.spi
        if self.chapter_98:
            claims["chapter_98"] = self.chapter_98
        if self.exclusions:
            claims["exclusions"] = list(self.exclusions)
        if self.orders:
            claims["ad_cvd"] = [_order(text) for text in self.orders]
        asked: dict[str, Any] = {"hts_code": self.code, "country_of_origin": self.origin, "customs_value": value, "entry_date": self.on}
        if claims:
            asked["claims"] = claims
        if self.answers:
            asked["answers"] = dict(self.answers)
        if self.what_if:
            asked["overlay"] = self.what_if
        if self.known_on:
            asked["known_on"] = self.known_on
        return asked

    def line_request(self, *without: str) -> dict[str, Any]:
        """The request without some of its fields, for history and comparison."""
        return {name: value for name, value in self.request().items() if name not in without}

    def answered(self, name: str, value: str | None) -> State:
        """The state with one answer given, or given back when None."""
        kept = dict(self.answers)
        kept.pop(name, None)
        if value is not None and value != "":
            kept[name] = value[:LONGEST]
        return replace(self, answers=tuple(sorted(kept.items())))

    def claimed(self, claim: str) -> State:
        """The state with a claim made ("spi:S", "exclusion:9903.88.69", "chapter_98:9802.00.50", "entry_type:section_321") or none ("none")."""
        kind, _, name = claim.partition(":")
        if kind == "spi":
            return replace(self, spi=name, chapter_98="")
        if kind == "chapter_98":
            return replace(self, chapter_98=name, spi="")
        if kind == "exclusion":
            return replace(self, exclusions=tuple(sorted({*self.exclusions, name})))
        if kind == "entry_type":
            return self.answered("entry_type", name)
        return replace(self, spi="", chapter_98="", exclusions=())


def _order(text: str) -> dict[str, Any]:
    kind, _, rest = text.partition(":")
    case, _, rate = rest.partition(":")
    return {"kind": kind, "case": case, **({"rate_pct": rate} if rate else {})}
