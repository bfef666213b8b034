"""One question answered: by the router alone, or by a model whose figures are checked, with the router's answer to fall back on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from landed.assistant.agent import run
from landed.assistant.answer import Choice, Language, Proposal, Said, State
from landed.assistant.answers_duty import figures_of, link_of
from landed.assistant.dialogue import Understanding, answer, understand
from landed.assistant.models import Models
from landed.assistant.models_client import Client
from landed.assistant.slots import Reader, Slots
from landed.assistant.tools import Tool, Toolbox, Used, citations
from landed.assistant.wording import day, in_words, money

LONGEST = 4_000  # letters of a question
Emit = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as every door shows it. `by` is "rules" or "model"; `why_rules` says why a model did not answer, where one was asked."""

    text: str
    intent: str
    understood: str
    language: str
    by: Literal["rules", "model"]
    model: str
    why_rules: str
    facts: tuple[tuple[str, str], ...]
    choices: tuple[Choice, ...]
    missing: str
    assumed: tuple[str, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    receipts: tuple[dict[str, Any], ...]
    proposal: Proposal | None
    link: str
    state: State


def converse(question: str, state: State, tools: Mapping[str, Tool], reader: Reader, models: Models, today: date, *, deep: bool = False, offline: bool = False, emit: Emit | None = None, before: tuple[str, ...] = ()) -> Answered:
    """Answer a question. `emit` is told of tool calls and words as they come: ("tool", ...), ("tool_done", ...), ("text", ...), ("take_back", {})."""
    tell = emit or (lambda kind, what: None)

    def on_use(name: str, request: Mapping[str, Any], used: Used | None) -> None:
        if used is None:
            tell("tool", {"tool": name, "request": dict(request)})
        else:
            tell("tool_done", {"tool": name, "ok": used.ok, "milliseconds": used.milliseconds, "problem": (used.problem or {}).get("code")})

    binding = None if offline else models.get("reason" if deep else "fast")
    meant = understand(question, state, reader)
    text, by, model, why = "", "rules", "", ""
    box = Toolbox(tools, on_use=on_use)
    proposal: Proposal | None = None
    said: Said | None = None
    kept = state
    assumed: list[str] = []
    if binding is not None and meant.intent not in ("help", "watch", "save"):
        found = run(Client(binding), question, state.turns, box, reader, today, think=deep, show=lambda words: tell("text", {"text": words}), take_back=lambda: tell("take_back", {}))
        if found.text:
            text, by, model = found.text, "model", binding.model
            before = (*before, *models.warnings)
            proposal = found.proposals[-1] if found.proposals else None
            kept = State(meant.intent, meant.slots, "", (), state.turns)
            said = Said(text, proposal=proposal, **beside(box.used, meant.lang))
        else:
            why = found.why_not
    elif not offline and binding is None:
        why = models.off.get("reason" if deep else "fast", "no model is configured") if deep else ""
    if said is None:
        box = Toolbox(tools, on_use=on_use)
        said, kept, meant, assumed = answer(question, state, box, reader, today)
        text = said.text
        tell("text", {"text": text})
    return _answered(question, meant, said, kept.then(question, text), box, reader, by="model" if by == "model" else "rules", model=model, why=why, assumed=assumed, before=before)


def of_paper(request: Mapping[str, Any], state: State, tools: Mapping[str, Tool], reader: Reader, today: date, *, emit: Emit | None = None, lang: Language = "en") -> Answered:
    """The answer to a document that was given; no model sees it, and nothing it says is taken for a question."""
    from landed.assistant.papers import document
    from landed.assistant.router import Routed
    from landed.assistant.turn import Turn

    tell = emit or (lambda kind, what: None)
    shown = {name: value for name, value in request.items() if name != "content"}

    def on_use(name: str, asked: Mapping[str, Any], used: Used | None) -> None:
        if used is None:
            tell("tool", {"tool": name, "request": shown if "content" in asked else dict(asked)})
        else:
            tell("tool_done", {"tool": name, "ok": used.ok, "milliseconds": used.milliseconds, "problem": (used.problem or {}).get("code")})

    box = Toolbox(tools, on_use=on_use)
    turn = Turn(Slots(), box, lang, today, reader.countries, [])
    said = document(turn, request)
    tell("text", {"text": said.text})
    box.used = [replace(use, request=shown) if "content" in use.request else use for use in box.used]
    meant = Understanding("document", Slots(), lang, Routed("document", 9, {}), False)
    return _answered(str(request.get("name") or ""), meant, said, replace(state, missing="", choices=()), box, reader, assumed=turn.assumed)


def _answered(question: str, meant: Understanding, said: Said, kept: State, box: Toolbox, reader: Reader, *, by: Literal["rules", "model"] = "rules", model: str = "", why: str = "", assumed: Sequence[str] = (), before: tuple[str, ...] = ()) -> Answered:
    return Answered(
        text=in_words(said.text),
        intent=meant.intent if meant.intent not in ("", "none") else "unknown",
        understood=question[:120] if meant.intent == "document" else describe(meant, reader),
        language=meant.lang,
        by=by,
        model=model,
        why_rules=why,
        facts=said.facts,
        choices=said.choices,
        missing=said.missing,
        assumed=tuple(dict.fromkeys(assumed)),
        notes=tuple(map(in_words, (*before, *said.notes))),
        sources=tuple(dict.fromkeys(c for use in box.used for c in citations(use.result)))[:24],
        receipts=tuple(use.receipt() for use in box.used),
        proposal=said.proposal,
        link=said.link,
        state=kept,
    )


def describe(meant: Understanding, reader: Reader) -> str:
    """What was read from the question, for the user to check."""
    s, zh = meant.slots, meant.lang == "zh"
    parts = [s.code or s.law or s.heading or (f"“{s.goods}”" if s.goods and meant.intent in ("quote", "compare", "history", "lower", "upcoming", "classify", "landed_cost", "suppliers", "why", "save", "watch") else "")]
    if s.origins and meant.intent not in ("law", "screen"):
        parts.append(("原产 " if zh else "made in ") + ", ".join(reader.countries.get(o, o) for o in s.origins))
    if s.value:
        parts.append(("货值 " if zh else "value ") + (money(s.value, meant.lang) if s.currency == "USD" else f"{s.value} {s.currency}"))
    if s.day:
        parts.append(day(s.day, meant.lang))
    if s.loading:
        parts.append(("装船 " if zh else "loaded ") + day(s.loading, meant.lang))
    if s.place_from and s.place_to and meant.intent in ("distance", "ship"):
        parts.append(f"{s.place_from} → {s.place_to}")
    if s.party and meant.intent == "screen":
        parts.append(s.party)
    parts += [f"{'读作' if zh else 'read'} {word}" for word in s.mended]
    return ", ".join(part for part in parts if part)


def beside(used: list[Used], lang: Language) -> dict[str, Any]:
    """What stands beside a model's words, by the calculation itself: the figures of the last estimate, its warnings, and where it is shown."""
    last = next((use.result for use in reversed(used) if use.ok and use.tool == "estimate"), None)
    if not last:
        return {}
    return {"facts": figures_of(last, lang), "notes": tuple(w["message"] for w in (last.get("warnings") or [])[:3]), "link": link_of(last)}
