"""The one question that separates the leaders, and the reasons why neighbours were left."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from landed.classify.decide import Subheading
from landed.classify.facts import DATA, facts_in, vocabulary
from landed.classify.goods import Fit, names
from landed.classify.model import Answer, Question, Rejected
from landed.classify.recall import Heard, Recall
from landed.classify.tree import Tree
from landed.schedule.codes import dotted

TEXTS = {
    "material": "What is it mostly made of?",
    "gender": "Who is it for?",
    "make": "Is the fabric knitted or woven?",
    "power": "How is it powered?",
    "vehicle": "What vehicle is it for?",
    "light": "Is the light source LED?",
    "part": "Is it a part, or the whole article?",
    "set": "Is it a set put up for retail sale?",
}
MOST_ANSWERS = 6
STRONG = 0.6  # of the leading name's weight, from which another name is worth asking about
LABELS = {
    "pu": "imitation leather", "humanhair": "human hair", "synthetichair": "synthetic fibers like hair", "manmade": "man-made fibers", "knit": "knitted",
    "carbon": "carbon fiber", "gem": "precious stone", "silver": "sterling silver", "part": "a part", "set": "a set", "baby": "babies",
}  # fmt: skip


def question(recalled: Recall, subs: tuple[Subheading, ...], tree: Tree) -> Question | None:
    """The question whose answer would move the first code, or None: first a fact that the trade name leaves open, then one that the lines differ by."""
    line_of = {sub.code: sub.lines[0][0] for sub in subs[:40]}
    if recalled.heard:
        top = recalled.heard[0]
        asked = _of_name(top, recalled, lambda code: _line(code, line_of, tree))
        if asked is not None:
            return asked
    return _of_lines(subs[0], recalled, tree) if subs else None


@lru_cache(maxsize=1024)
def spoken(fact: str) -> str:
    """Words that state a fact when they are given back as an attribute: its own name where that is enough, else the first phrase that says it."""
    phrases = (" ".join(words) for words, meaning in vocabulary().phrases.items() if meaning.fact == fact)
    return next((said for said in (fact, LABELS.get(fact, fact), *phrases) if (found := facts_in(said, True)) and found[0][0] == fact), fact)


def _line(code: str, line_of: dict[str, str], tree: Tree) -> str:
    lines = tree.under.get(code[:6], ())
    if len(code) > 6:
        return next((line for line in lines if line.startswith(code)), "")
    return line_of.get(code) or (lines[-1] if lines else "")


def _of_name(heard: Heard, recalled: Recall, line: Callable[[str], str]) -> Question | None:
    known = vocabulary()
    best = max(heard.fits, key=lambda f: f.share)
    waiting: dict[str, list[tuple[str, Fit]]] = {}
    for fit in heard.fits:
        if fit.refused or not fit.open:
            continue
        for word in fit.open:
            waiting.setdefault(known.family[word], []).append((word, fit))
    if not waiting:
        return None
    if best.share >= 1.0 and best.case.needs:
        # Settled, but for a narrower fact that what was said leaves open: "ceramic" may be porcelain.
        said = {word for way in best.case.needs for word in way if word in recalled.facts.weights}
        waiting = {f: kept for f, rows in waiting.items() if (kept := [row for row in rows if said & set(known.wider.get(row[0], ()))])}
        if not waiting:
            return None
    family = max(waiting, key=lambda f: sum(fit.share for _, fit in waiting[f]))
    answers: dict[str, Answer] = {}
    nearest: dict[str, Fit] = {}
    for word, fit in waiting[family]:  # the case that the answer alone settles goes before one that leaves more open
        if word not in nearest or len(fit.open) < len(nearest[word].open):
            nearest[word] = fit
    for word, fit in nearest.items():
        code = line(fit.case.code)
        if code:
            answers[word] = Answer(LABELS.get(word, word), spoken(word), dotted(code))
    other = line(best.case.code)
    if other and not best.open and all(a.hts_code != dotted(other) for a in answers.values()):
        answers["other"] = Answer("none of these", "other", dotted(other))
    if len({a.hts_code for a in answers.values()}) < 2:
        return None
    return Question(family, TEXTS.get(family, f"What is the {family}?"), _shown(answers))


def _of_lines(sub: Subheading, recalled: Recall, tree: Tree) -> Question | None:
    """Ask for a fact that the strongest lines of the first subheading differ by."""
    known = vocabulary()
    lines = [code for code, share in sub.lines[:4] if share >= 0.08]
    if len(lines) < 2:
        return None
    said = {code: {fact for part in tree.own_words(code) for fact, _ in facts_in(part, True)} for code in lines}
    for family in ("gender", "material", "make", "power", "light"):
        if recalled.facts.of(family):
            continue
        answers = {}
        for code in lines:
            for fact in sorted(said[code]):
                if known.family[fact] == family and fact not in answers and not all(fact in s for s in said.values()):
                    answers[fact] = Answer(LABELS.get(fact, fact), spoken(fact), dotted(code))
        if len({a.hts_code for a in answers.values()}) > 1 or (answers and family == "material"):
            rest = next((code for code in lines if not any(known.family[f] == family for f in said[code])), None)
            if rest and all(a.hts_code != dotted(rest) for a in answers.values()):
                answers["other"] = Answer("none of these", "other", dotted(rest))
            if len({a.hts_code for a in answers.values()}) > 1:
                return Question(family, TEXTS[family], _shown(answers))
    return None


def _shown(answers: dict[str, Answer]) -> tuple[Answer, ...]:
    """The first answers, with "none of these" kept at the end."""
    rest = answers.pop("other", None)
    return (*list(answers.values())[: MOST_ANSWERS - 1], rest) if rest else tuple(answers.values())[:MOST_ANSWERS]


def rejected(recalled: Recall, subs: tuple[Subheading, ...], tree: Tree) -> tuple[Rejected, ...]:
    """The neighbours that were looked at and left, each with its reason."""
    found: dict[str, Rejected] = {}
    first = subs[0].code
    for each in recalled.heard[:2]:
        for fit in each.fits:
            code = fit.case.code
            if code[:6] == first or dotted(code) in found or len(found) >= 6:
                continue
            if fit.refused:
                why = f'"{each.name}" goes here only when {_said(fit.refused)}; {_instead(recalled, fit.refused)}'
            elif fit.open:
                why = f'"{each.name}" goes here when {_said(fit.open)}, which is not stated'
            elif not fit.case.needs:
                why = f'what is left for "{each.name}" when nothing more special fits'
            else:
                why = "a case that fits less well than the first"
            found[dotted(code)] = Rejected(dotted(code), tree.title(code[:6]), why)
    for sub in subs[1:4]:
        if dotted(sub.code) not in found:
            found[dotted(sub.code)] = Rejected(dotted(sub.code), tree.title(sub.code), "its words fit the description less well")
    return tuple(found.values())[:8]


def _said(words: tuple[str, ...]) -> str:
    return " or ".join(LABELS.get(w, w) for w in words[:4])


def _instead(recalled: Recall, words: tuple[str, ...]) -> str:
    known = vocabulary()
    families = {known.family[w] for w in words if w in known.family}
    stated = [f'"{recalled.facts.said[f]}"' for family in families for f in recalled.facts.of(family)]
    return f"the description says {', '.join(dict.fromkeys(stated))}" if stated else "the description does not say so"


def notes(code: str) -> tuple[str, ...]:
    """The legal notes to read before a code is filed, the most special first."""
    rows = [row.partition("=") for row in (DATA / "notes.txt").read_text(encoding="utf-8").splitlines() if "=" in row and not row.startswith("#")]
    held = sorted(((prefix.strip(), text.strip()) for prefix, _, text in rows if code.startswith(prefix.strip())), key=lambda r: -len(r[0]))
    return tuple(text for _, text in held)


def names_of(recalled: Recall) -> tuple[str, ...]:
    """The trade names heard, strongest first."""
    return tuple(dict.fromkeys(h.name for h in recalled.heard if names().rows))
