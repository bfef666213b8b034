"""What the assistant answers, and what it keeps between turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any, Literal

from landed.assistant.slots import Slots

Language = Literal["en", "zh"]
MOST_TURNS = 8  # turns whose words are kept


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that the user can give with a click: what it shows, and the words that are sent."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of the site that waits for the user's click: the operation, its request, and what it does in words."""

    operation: str
    request: Mapping[str, Any]
    says: str
    token: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer in words, before it is dressed with receipts. `facts` are label and value; `missing` is the slot asked for."""

    text: str
    facts: tuple[tuple[str, str], ...] = ()
    choices: tuple[Choice, ...] = ()
    missing: str = ""
    proposal: Proposal | None = None
    link: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What is kept between turns; the caller sends it back. It holds only what the user said."""

    intent: str = ""
    slots: Slots = field(default_factory=Slots)
    missing: str = ""
    choices: tuple[Choice, ...] = ()
    turns: tuple[tuple[str, str], ...] = ()  # the user's words and the answer's, oldest first

    def then(self, user: str, answer: str) -> State:
        """The state with one more turn."""
        return replace(self, turns=(*self.turns, (user[:2_000], answer[:2_000]))[-MOST_TURNS:])

    def to_dict(self) -> dict[str, Any]:
        """JSON data; empty parts are left out."""
        slots = {name: (value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value) for name, value in asdict(self.slots).items() if value != getattr(Slots(), name)}
        return {"intent": self.intent, "slots": slots, "missing": self.missing, "choices": [asdict(c) for c in self.choices], "turns": [list(t) for t in self.turns]}


def read_state(raw: Any) -> State:
    """A state as it was sent back; what does not fit is left out, so that a bad one is only an empty one."""
    if not isinstance(raw, Mapping):
        return State()
    empty = Slots()
    given: dict[str, Any] = {}
    stated = raw.get("slots")
    for each in fields(Slots):
        value = stated.get(each.name) if isinstance(stated, Mapping) else None
        default = getattr(empty, each.name)
        if each.name in ("day", "until", "loading"):
            try:
                given[each.name] = date.fromisoformat(value) if isinstance(value, str) else None
            except ValueError:
                given[each.name] = None
        elif isinstance(default, tuple):
            if isinstance(value, list) and all(isinstance(v, str) for v in value) and (not default or len(value) == len(default)):
                given[each.name] = tuple(v[:100] for v in value[:12])
        elif isinstance(value, str):
            given[each.name] = value[:500]
    choices = raw.get("choices")
    turns = raw.get("turns")
    return State(
        intent=_word(raw.get("intent")),
        slots=Slots(**{k: v for k, v in given.items() if v}),
        missing=_word(raw.get("missing")),
        choices=tuple(Choice(str(c.get("label", ""))[:300], str(c.get("text", ""))[:300]) for c in choices[:40] if isinstance(c, Mapping)) if isinstance(choices, list) else (),
        turns=tuple((str(t[0])[:2_000], str(t[1])[:2_000]) for t in turns[-MOST_TURNS:] if isinstance(t, list) and len(t) == 2) if isinstance(turns, list) else (),
    )


def _word(value: Any) -> str:
    return value[:40] if isinstance(value, str) else ""


def language_of(text: str) -> Language:
    """Chinese where a text holds Chinese letters, else English."""
    return "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en"
