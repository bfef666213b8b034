"""From a product to ranked tariff lines: recall, decision, reasons, one question, and what is at stake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from landed.classify.ask import notes, question, rejected
from landed.classify.calibrate import MEDIUM, own_words_settle, sureness
from landed.classify.decide import Subheading, subheadings
from landed.classify.model import Band, Candidate, Classification, Product, Step
from landed.classify.recall import Memory, Recall, recall
from landed.classify.tree import Tree, tree_of
from landed.errors import LandedError
from landed.schedule.codes import dotted

if TYPE_CHECKING:
    from landed.classify.dense import Dense
    from landed.duty.estimate import Engine

LONGEST_TEXT = 8_000  # letters of a description; longer ones are documents
MOST_ATTRIBUTES, LONGEST_VALUE = 200, 1_000
LIMIT = 12
NEAR_ENOUGH = 0.6  # nearness from which it is named as a reason
_LATIN = re.compile(r"[A-Za-z]")
_LETTER = re.compile(r"[^\W\d_]")


def read_product(raw: Mapping[str, Any]) -> Product:
    """A product from a request: `text`, and optionally `attributes` (an object), `category` (a list), `origin`, `on`, `value`, `id`.

    Fields not known are left aside. Raises LandedError EMPTY_TEXT, TEXT_TOO_LONG, LANGUAGE_NOT_READ, INVALID_REQUEST, INVALID_DATE, INVALID_VALUE.
    """
    text = raw.get("text")
    attributes = raw.get("attributes") or {}
    if not isinstance(attributes, Mapping):
        raise LandedError("INVALID_REQUEST", f"expected attributes as an object, got {type(attributes).__name__}", where="attributes", mend='Send {"material": "cotton"}.')
    if text is not None and not isinstance(text, str):
        raise LandedError("INVALID_REQUEST", f"expected text, got {type(text).__name__}", where="text", mend="Say in words what the goods are.")
    given = {str(k)[:100]: _flat(v)[:LONGEST_VALUE] for k, v in list(attributes.items())[:MOST_ATTRIBUTES] if v is not None}
    category = raw.get("category") or ()
    if isinstance(category, str):
        category = re.split(r"\s*[>/]\s*", category)
    words = " ".join((text or "").split())
    if not words and given:
        words = " ".join(v for k, v in given.items() if re.search(r"name|title|type|item|description", k, re.I))
    if not words:
        raise LandedError("EMPTY_TEXT", "expected words that say what the goods are, got none", where="text", mend="Say what it is, of what material, and for what use.")
    if len(words) > LONGEST_TEXT:
        raise LandedError(
            "TEXT_TOO_LONG", f"expected at most {LONGEST_TEXT:,} letters, got {len(words):,}", where="text", mend="Describe one product; read a document with `landed read`."
        )
    letters, latin = len(_LETTER.findall(words)), len(_LATIN.findall(words))
    if letters and latin < 0.3 * letters:
        raise LandedError("LANGUAGE_NOT_READ", "expected English words, got text mostly in another script", where="text", mend="Translate the description into English.")
    if not latin:
        raise LandedError("EMPTY_TEXT", "expected words that say what the goods are, got only digits or signs", where="text", mend="Say what it is in words; `landed hts show` reads codes.")
    value = raw.get("value")
    amount: Decimal | None = None
    if value is not None:
        try:
            amount = Decimal(str(value.get("amount") if isinstance(value, Mapping) else value))
        except (InvalidOperation, ValueError):
            amount = None
        if amount is None or not amount.is_finite() or amount <= 0:
            raise LandedError("INVALID_VALUE", f"expected a positive amount of US dollars, got {str(value)[:40]!r}", where="value", mend='Write a number such as "12500.00".')
    on = raw.get("on")
    if on is not None and not isinstance(on, date):
        from landed.duty.request import read_day

        on = read_day(on, "on")
    origin = str(raw.get("origin") or "").strip()
    return Product(words, given, tuple(str(c)[:200] for c in list(category)[:10]), origin, on, amount, raw.get("id"))


def _flat(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_flat, value[:50]))
    return " ".join(str(value).split())


def classify(product: Product, engine: Engine, *, memory: Memory | None = None, dense: Dense | None = None, limit: int = LIMIT) -> Classification:
    """Ranked lines of the tariff of the product's day (default today) with the way to them.

    Works on six-digit titles and sharpens with imported national text. `memory` holds confirmed goods; `dense` lets
    codes near in meaning rise. With an origin the duty of
    the leaders is compared. Raises LandedError NO_KNOWN_WORD, UNKNOWN_ORIGIN, DATE_OUT_OF_COVERAGE.
    """
    on = product.on or date.today()
    tree = tree_of(engine.schedule, on)
    recalled = recall(product, tree, memory, dense)
    unknown = not recalled.known_words and not recalled.memory
    if unknown and not (dense is not None and recalled.nearness is not None and recalled.nearness.nearest >= dense.embedder.alone):
        raise LandedError(
            "NO_KNOWN_WORD", "expected a word that the tariff or the trade uses, got none", where="text", mend="Write in English what the goods are, for example 'steel water bottle'."
        )
    subs = subheadings(recalled, tree)
    sure, settled = _sureness(product, recalled, subs[0].code, tree, memory, dense)
    candidates = _candidates(subs, sure, settled, recalled, tree, limit)
    asked = question(recalled, subs, tree) if candidates[0].band != "high" or candidates[0].probability < 0.5 else None
    stake = None
    if product.origin:
        from landed.classify.worth import at_stake
        from landed.duty.request import read_country

        origin = read_country(product.origin, "origin", engine.law)
        candidates, asked, stake = at_stake(engine, candidates, asked, origin, on, product.value)
    steps, composite = _steps(subs[0], recalled, tree)
    warnings = []
    if unknown:
        warnings.append("No word of it is known to the tariff or the trade: the codes stand only by nearness of meaning. Say in other words what the goods are.")
    if dense is not None and dense.warning:
        warnings.append(dense.warning)
    if not tree.national:
        warnings.append("Only six-digit titles are at hand: digits 7 to 10 are a guess. Import an official export (`landed data import`) for the national text.")
    if not engine.schedule.covered(on):
        warnings.append(f"The schedule of {on} is not at hand; the nearest edition ({tree.revision}) was read.")
    return Classification(
        id=product.id,
        text=product.text,
        candidates=candidates,
        question=asked,
        gri=steps,
        rejected=rejected(recalled, subs, tree),
        notes=notes(subs[0].code),
        facts={fact: recalled.facts.said[fact] for fact in sorted(recalled.facts.weights)},
        stake=stake,
        on=on,
        revision=tree.revision,
        text_source="national" if tree.national else "hs6",
        needs_broker=candidates[0].band != "high" or composite,
        warnings=tuple(warnings),
    )


def _sureness(product: Product, recalled: Recall, first: str, tree: Tree, memory: Memory | None, dense: Dense | None) -> tuple[float, bool]:
    """How sure the first code is, and whether the goods' own words settle it without the shop's category."""
    import numpy as np

    sure = sureness(recalled, tree)
    if not product.category:
        return sure, own_words_settle(recalled, tree, sure)
    own = recall(replace(product, category=()), tree, memory, dense)
    alone = sureness(own, tree)
    same = tree.subheadings[int(np.argmax(own.scores))] == first
    # A shop's category is often loose: where the words alone read otherwise, it must not make the answer look sure.
    return ((sure + alone) / 2 if same else min(sure, 1 - alone)), same and own_words_settle(own, tree, alone)


def _candidates(subs: tuple[Subheading, ...], sure: float, settled: bool, recalled: Recall, tree: Tree, limit: int) -> tuple[Candidate, ...]:
    """The first subheading's best line, then the best line of every other subheading in the order of the six digits, `limit` in all.

    The next two lines of the first subheading stand among them where their own probability puts them. No line is more probable than the first.
    """
    first = subs[0].code
    rest = sum(s.probability for s in subs[1:]) or 1.0
    rows: list[tuple[str, float, float, float]] = []
    for place, sub in enumerate(subs[:limit]):
        # Only the first is calibrated; the others share what is left, and none is above the first.
        chance = sure if place == 0 else min((1 - sure) * sub.probability / rest, sure)
        for code, share in sub.lines[: 3 if place == 0 else 1]:
            rows.append((code, chance * share, chance, chance if place else chance * share))
    head = rows[0]
    tail = sorted(rows[1:], key=lambda r: -r[3])
    found = []
    for code, probability, six, _ in [head, *tail][:limit]:
        because = _because(code, recalled)
        probability = min(probability, head[1])
        band: Band = "high" if settled and code.startswith(first) else "medium" if six >= MEDIUM else "low"
        found.append(Candidate(dotted(code), round(probability, 4), band, round(six, 4), tree.title(code), tree.path(code), because))
    return tuple(found)


def _because(code: str, recalled: Recall) -> tuple[str, ...]:
    reasons = []
    for kept, likeness, text in recalled.memory[:3]:
        if kept[:6] == code[:6]:
            reasons.append(f"{dotted(kept)} was confirmed for goods {likeness:.0%} alike: {text[:80]}")
    for each in recalled.heard[:6]:
        for fit in each.fits:
            if code.startswith(fit.case.code) and not fit.refused:
                facts = [w for way in fit.case.needs for w in way if w in recalled.facts.said]
                said = f" of {', '.join(dict.fromkeys(recalled.facts.said[f] for f in facts))}" if facts else ""
                reasons.append(f'called "{each.name}"{said}' + (f"; open: {', '.join(fit.open)}" if fit.open else ""))
                break
    if recalled.nearness is not None and recalled.nearness.of(code[:6]) >= NEAR_ENOUGH and (near := recalled.nearness.why(code[:6])) and near not in [h.name for h in recalled.heard]:
        reasons.append(f'near in meaning to "{near[:80]}"')
    return tuple(dict.fromkeys(reasons))[:4] or ("words of its title",)


def _steps(first: Subheading, recalled: Recall, tree: Tree) -> tuple[tuple[Step, ...], bool]:
    """The steps by the General Rules, and whether a rule of GRI 3 is in play."""
    six, line = first.code, first.lines[0][0]
    reasons = _because(line, recalled)
    steps = [Step("GRI 1", dotted(six[:4]), f"terms of the heading: {tree.titles.get(six[:4], '')[:160]} ({reasons[0]})")]
    composite = False
    materials = [f for f, w in recalled.facts.of("material").items() if w >= 0.8 and f not in ("metal", "textile", "manmade", "ceramic", "precious")]
    if "part" in recalled.facts.weights and six[:2] in ("84", "85", "87", "90"):
        steps.append(Step("GRI 1", dotted(six[:4]), "a part or accessory is mentioned: the notes on parts of the section or chapter decide before the heading of the whole"))
    if "set" in recalled.facts.weights:
        composite = True
        steps.append(Step("GRI 3(b)", "to be checked", "a set is mentioned: a set put up for retail sale follows the component that gives its essential character"))
    elif len(materials) > 1 and six[:2] not in ("61", "62", "64"):
        composite = True
        steps.append(Step("GRI 3(b)", "to be checked", f"several materials are named ({', '.join(materials[:4])}): the one that gives the essential character decides; failing that, GRI 3(c)"))
    steps.append(Step("GRI 6", dotted(six), f"terms of the subheading: {tree.titles.get(six, '')[:160]}"))
    if len(first.lines) == 1:
        steps.append(Step("Additional U.S. Rule of Interpretation 1", dotted(line), "the only line under the subheading"))
    elif tree.national:
        steps.append(Step("Additional U.S. Rule of Interpretation 1", dotted(line), " > ".join(tree.own_words(line))[:300] or "the only line under the subheading"))
    else:
        steps.append(Step("Additional U.S. Rule of Interpretation 1", "not decided", f"{dotted(line)} is the residual line; the national text is not at hand"))
    return tuple(steps), composite


def tree_for(engine: Engine, on: date) -> Tree:
    """The tree that answers for a day (built once and kept)."""
    return tree_of(engine.schedule, on)
