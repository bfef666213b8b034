"""The assistant without a model: reads a sentence, keeps what was said before, asks for what is missing, and answers from the operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from landed.assistant import answers_duty, answers_law, answers_trade
from landed.assistant.answer import Choice, Language, Said, State, language_of
from landed.assistant.heard import calls_goods, is_goods, names_goods
from landed.assistant.router import Routed, follows, intents, mend, request_for, route, starts_afresh
from landed.assistant.slots import Reader, Slots, names
from landed.assistant.tools import Toolbox
from landed.assistant.turn import Turn

ANSWERS: Mapping[str, Callable[[Turn], Said]] = {
    "quote": answers_duty.quote, "why": answers_duty.why, "save": answers_duty.save, "compare": answers_duty.compare, "history": answers_duty.history, "upcoming": answers_duty.upcoming,
    "lower": answers_duty.lower, "fees": answers_duty.fees, "landed_cost": answers_duty.landed_cost, "classify": answers_law.classify, "hts": answers_law.hts, "law": answers_law.law,
    "coverage": answers_law.coverage, "help": answers_law.help_, "products": answers_law.products, "distance": answers_trade.distance, "ship": answers_trade.ship, "screen": answers_trade.screen,
    "deadlines": answers_trade.deadlines, "isf": answers_trade.isf, "bond": answers_trade.bond, "suppliers": answers_trade.suppliers, "plan": answers_trade.plan, "refunds": answers_trade.refunds,
    "watch": answers_trade.watch, "watches": answers_trade.watches, "none": answers_law.outside,
}  # fmt: skip
_SENTENCE = frozenset(["i", "you", "he", "she", "we", "they", "me", "my", "your", "who", "will", "should", "does", "do", "did", "can", "could", "would", "is", "are", "was", "what", "whats", "what's", "why", "how", "write", "tell", "ignore", "print", "book", "fix", "let", "if"])
_INTO = re.compile(r"\b(?:into|import(?:ing|ed)? to|sell(?:ing)? (?:it |them )?in|from [a-z ]{2,24}? to|customs (?:in|of))\s+(?:the\s+)?([a-z][a-z ]{1,24})", re.I)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ALONE = ("law", "help", "coverage", "screen", "plan", "refunds", "suppliers", "watches", "products")  # questions that take nothing of the turn before


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a sentence means in its conversation: the intent, every slot that stands, and whether it goes on from before."""

    intent: str
    slots: Slots
    lang: Language
    routed: Routed
    goes_on: bool


def understand(text: str, state: State, reader: Reader) -> Understanding:
    """The intent and the slots of a sentence, with what was said before where it goes on."""
    lang: Language = language_of(text)
    if not any(c.isalpha() for c in text) and state.turns:
        lang = language_of(state.turns[-1][0])
    if starts_afresh(text):
        return Understanding("help", Slots(), lang, Routed("help", 9, {}), False)
    said = _chosen(text, state)
    found = reader.read(said)
    routed = route(said, found)
    if state.missing:
        filled = _fill(said, found, state, routed, reader)
        if filled is not None:
            return Understanding(state.intent, replace(filled.over(state.slots), mended=found.mended), lang, routed, True)
    name = routed.name
    if name == "none" or _elsewhere(said, "law" if name == "compare" and routed.weight > 3.5 else name, reader):
        return Understanding("none", Slots(), lang, routed, False)
    found = replace(found, goods=_goods(found.goods, name))
    if state.intent and found.goods and not calls_goods(found.goods) and (follows(said) and found.goods.isascii() or routed.weight >= 4 or bool(found.named() - {"goods"})):
        found = replace(found, goods="")  # "sorry, I meant 30k" speaks of no other goods
    if state.intent and name == "compare" and len(found.origins) == 1 and not found.code and not found.goods and state.slots.origins:
        found = replace(found, origins=tuple(dict.fromkeys((*state.slots.origins, *found.origins))))  # "is India cheaper?"
    goes_on = bool(state.intent) and (not name or follows(said) and routed.weight < (4 if found.named() else 2.5) or _only_slots(routed, found))
    if goes_on and state.intent in ("quote", "why") and (found.freight or found.insurance):
        return Understanding("landed_cost", found.over(state.slots), lang, routed, True)
    if goes_on and state.intent in ("classify", "hts") and (found.origin or found.value) and (state.slots.code or state.slots.goods):
        return Understanding("quote", found.over(state.slots), lang, routed, True)  # a country or a value after a code asks what it owes
    if goes_on and state.intent:
        return Understanding(state.intent, found.over(state.slots), lang, routed, True)
    if name and state.intent and name not in _ALONE and not found.code and not found.goods and not found.law:
        # Another question about the same goods: "and when did it change?"
        kept = replace(state.slots, law="", heading="", party="", event="")
        return Understanding(name, found.over(kept), lang, routed, True)
    if not name and (found.code or found.goods):
        name = "quote" if found.origin or found.value else "hts" if found.code else "classify" if _is_name(said, found.goods) else ""
    return Understanding(name, found, lang, routed, False)


def answer(text: str, state: State, tools: Toolbox, reader: Reader, today: date) -> tuple[Said, State, Understanding, list[str]]:
    """What is said to a sentence, the state after it, how it was understood, and what was assumed."""
    meant = understand(text, state, reader)
    turn = Turn(meant.slots, tools, meant.lang, today, reader.countries, [])
    speak = ANSWERS.get(meant.intent, answers_law.unknown)
    said = speak(turn)
    if (other := _other(meant)) is not None and not said.missing and said.proposal is None:
        said = replace(said, choices=(*said.choices[:11], other))
    goes_with = {"save": "quote", "why": "quote", "help": ""}.get(meant.intent, meant.intent if meant.intent in ANSWERS else "")
    if meant.intent == "none" or not meant.intent and state.intent:
        return said, replace(state, choices=(), missing=""), meant, turn.assumed  # an aside: what was talked of stands
    kept = State(goes_with, turn.slots if meant.intent else state.slots, said.missing, said.choices, state.turns)
    return said, kept, meant, turn.assumed


def _chosen(text: str, state: State) -> str:
    """A choice given by its number or its label, as the words it stands for."""
    bare = text.strip().strip(".)#").lower()
    for number, choice in enumerate(state.choices, 1):
        if bare in (choice.label.lower(), choice.text.lower()) or bare == str(number) and state.missing not in ("value", "quantity", "exchange_rate", "heading"):
            return choice.text
    return text


def _fill(text: str, found: Slots, state: State, routed: Routed, reader: Reader) -> Slots | None:
    """The slots with the one that was asked for, or None where the sentence asks something else."""
    missing = state.missing
    if routed.name and routed.weight >= 4 and routed.name != state.intent:
        return None
    if missing == "exchange_rate":
        number = _NUMBER.search(text)
        return Slots(exchange_rate=number[0].replace(",", "")) if number else None
    if missing == "value":
        number = _NUMBER.search(text)
        return found if found.value else Slots(value=number[0].replace(",", "")) if number and not found.code else None
    if missing == "quantity":
        number = _NUMBER.search(text)
        return found if found.quantity[0] else Slots(quantity=(number[0].replace(",", ""), "no")) if number else None
    if missing == "party":
        return Slots(party=text.strip()[:200])
    if missing in ("place_from", "place_to"):
        if found.place_from and found.place_to:
            return found
        place = text.strip(" .?!").removeprefix("from ").removeprefix("to ")[:60]
        return Slots(place_from=place) if missing == "place_from" else Slots(place_to=place)
    if missing == "goods":
        return Slots(goods=text.strip()[:500])
    if missing == "code":
        return found if found.code else replace(found, goods=found.goods or text.strip()[:500]) if found.goods else None
    if missing in ("law", "heading"):
        digits = re.sub(r"\D", "", text)
        return found if found.law or found.code or found.heading else Slots(heading=digits) if len(digits) in (2, 4, 6) and missing == "heading" else None
    if missing == "origin":
        return found if found.origin else None
    return found if missing in found.named() else None


def _goods(goods: str, intent: str) -> str:
    """The words for the goods without the words that showed the intent."""
    if not goods or intent not in intents():
        return goods
    cues = {word for cue in intents()[intent].cues for word in cue.split()}
    kept = [word for word in goods.split() if is_goods(word) or word.lower() not in cues and mend(word.lower()) not in cues]
    return " ".join(kept)


def _only_slots(routed: Routed, found: Slots) -> bool:
    """Whether a sentence names only a country, an amount or a day: then it changes the question before it."""
    return routed.weight < 2 and not found.code and not found.goods and bool(found.named())


def _other(meant: Understanding) -> Choice | None:
    """The question that may have been meant instead, as a choice to click, where two were about as likely."""
    second = meant.routed.second
    if meant.goes_on or not second or second == meant.intent or not (word := request_for(second)):
        return None
    title = intents()[second].title[meant.lang]
    return Choice(f"或者：{title}" if meant.lang == "zh" else f"Or rather: {title}", word)


def _elsewhere(text: str, intent: str, reader: Reader) -> bool:
    """Whether goods go into another country than the United States: its duty is not known here."""
    if intent in ("ship", "distance", "law", "screen"):
        return False
    match = _INTO.search(text)
    if not match or re.search(r"\b(?:switch|mov|shift|relocat|chang)\w*", text, re.I):
        return False
    place = match[1].lower().strip(" .?!,")
    return any(place.startswith(name) for name in ("eu", "european union", "europe")) or any(place == name or place.startswith(name + " ") for name, code in reader.by_name().items() if code in reader.countries and code != names()["home"])


def _is_name(text: str, goods: str) -> bool:
    """Whether a text that shows no intent is only what goods are called, and no sentence about something else."""
    words = re.findall(r"[a-z']+", text.lower())
    return len(goods.split()) <= 8 and names_goods(goods) and not (_SENTENCE & set(words)) and (goods.isascii() or len(goods) <= 12)
