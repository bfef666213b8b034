"""Origin by questions (name, character and use), and signs that goods were only passed through their declared origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from landed.compliance.calendar_days import facts
from landed.errors import LandedError


@dataclass(frozen=True, slots=True)
class GuideQuestion:
    """One question; `answer` is None while nobody answered."""

    id: str
    text: str
    answer: bool | None


@dataclass(frozen=True, slots=True)
class OriginAnswer:
    """Where the guide stands: the answer as far as it goes ("" while open), how strong it is (strong, fair, look), what to ask next and what to keep on file."""

    answer: str
    strength: str
    rests_on: tuple[str, ...]
    next: tuple[str, ...]
    questions: tuple[GuideQuestion, ...]
    file: tuple[str, ...]
    citation: tuple[str, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of transshipment: seen (True), not seen (False) or not to be checked with what is known (None)."""

    id: str
    text: str
    seen: bool | None


@dataclass(frozen=True, slots=True)
class Transshipment:
    """Signs and their band. `rates_pct` are effective duty rates by country on a value of 10,000 dollars; unknown signs never count as absent."""

    band: str
    seen: int
    unknown: int
    signs: tuple[Sign, ...]
    rates_pct: dict[str, Decimal | None]
    citation: tuple[str, ...]
    verified: bool


def guide(answers: Mapping[str, Any]) -> OriginAnswer:
    """The outcome of the answers so far. Raises LandedError UNKNOWN_QUESTION, INVALID_REQUEST."""
    book = facts("origin")["guide"]
    known = [str(q["id"]) for q in book["questions"]]
    given: dict[str, bool] = {}
    for name, raw in answers.items():
        if name not in known:
            raise LandedError("UNKNOWN_QUESTION", f"the guide has no question {str(name)[:40]!r}", where="answers", mend=f"One of {', '.join(known)}.")
        truth = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(str(raw).strip().lower())
        if truth is None:
            raise LandedError("INVALID_REQUEST", f"expected yes or no, got {str(raw)[:40]!r}", where=f"answers.{name}", mend="Answer true or false.")
        given[name] = truth
    questions = tuple(GuideQuestion(str(q["id"]), str(q["text"]), given.get(str(q["id"]))) for q in book["questions"])
    for outcome in book["outcomes"]:
        needs: dict[str, bool] = outcome["needs"]
        if any(name in given and given[name] != wanted for name, wanted in needs.items()):
            continue
        open_ = tuple(name for name in needs if name not in given)
        if open_:
            return OriginAnswer("", "", (), open_, questions, tuple(book["file"]), tuple(book["cite"]), bool(book["verified"]))
        rest = () if "papers" in given else ("papers",)
        strength = "look" if given.get("papers") is False else str(outcome["strength"])
        return OriginAnswer(str(outcome["answer"]), strength, tuple(needs), rest, questions, tuple(book["file"]), tuple(book["cite"]), bool(book["verified"]))
    return OriginAnswer("", "look", (), tuple(n for n in known if n not in given), questions, tuple(book["file"]), tuple(book["cite"]), bool(book["verified"]))


def transshipment(
    declared: str, named: Mapping[str, str], rates: Mapping[str, Decimal | None], *, capacity: Decimal | None, shipped: Decimal | None, since: date | None, began: date | None
) -> Transshipment:
    """Signs of transshipment. `named` holds maker_country, supplier_country, export_country, materials_country ("" where unknown); `rates` effective percents by country."""
    book = facts("origin")["transshipment"]

    def elsewhere(name: str) -> bool | None:
        return named[name] != declared if named[name] else None

    others = [c for c in (named["maker_country"], named["materials_country"]) if c and c != declared]
    mine = rates.get(declared)
    higher: bool | None = None
    if others and mine is not None and all(rates.get(c) is not None for c in others):
        higher = any((rates[c] or Decimal(0)) > mine for c in others)
    elif not others and named["maker_country"] and named["materials_country"]:
        higher = False
    source = named["materials_country"]
    of_higher: bool | None = None
    if source:
        theirs = rates.get(source)
        of_higher = False if source == declared else None if theirs is None or mine is None else theirs > mine
    seen: dict[str, bool | None] = {
        "maker_elsewhere": elsewhere("maker_country"),
        "supplier_elsewhere": elsewhere("supplier_country"),
        "shipped_elsewhere": elsewhere("export_country"),
        "saving": higher,
        "no_capacity": None if capacity is None or shipped is None else capacity < shipped,
        "new_factory": None if since is None or began is None else since >= began,
        "materials_elsewhere": of_higher,
    }
    signs = tuple(Sign(str(s["id"]), str(s["text"]), seen[str(s["id"])]) for s in book["signs"])
    weight = sum(int(s["weight"]) for s in book["signs"] if seen[str(s["id"])])
    unknown = sum(s.seen is None for s in signs)
    band = next(str(b["name"]) for b in book["bands"] if weight <= int(b["to"]))
    if weight <= int(book["bands"][0]["to"]) and unknown > len(signs) // 2:
        band = "not known: too little is stated"
    return Transshipment(band, sum(bool(s.seen) for s in signs), unknown, signs, dict(rates), tuple(book["cite"]), bool(book["verified"]))
