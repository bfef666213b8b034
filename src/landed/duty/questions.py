"""Open facts: which unstated answers can change the amount, what each is worth, and how far the total can go."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from landed.duty.assess import Assessment
from landed.duty.case import Case
from landed.duty.model import Choice, Question
from landed.duty.shipment import Shipment

DATES = {"loading_date": "When were the goods loaded on the vessel (or other carrier) that brought them to the United States?", "export_date": "When were the goods exported?"}
PRODUCT_LIMIT = 48  # combinations of answers tried outright; beyond that, improvement answer by answer


def open_facts(case: Case) -> dict[str, tuple[tuple[Any, str], ...]]:
    """The unstated facts that conditions of this docket ask for, with the (value, label) answers to try."""
    shipment, law = case.shipment, case.index.law
    found: dict[str, tuple[tuple[Any, str], ...]] = {}
    for name in case.docket.facts:
        fact = law.facts.get(name)
        if fact is None or not fact.ask or name in shipment.stated:
            continue
        answers = [(option.value if fact.kind in ("choice", "yes_no") else Decimal(str(option.value)), option.label) for option in fact.options]
        answers += [(Decimal(str(extreme)), f"{extreme}%") for extreme in fact.extremes if all(extreme != a for a, _ in answers)]
        found[name] = tuple(answers)
    for name, days, stated in (("loading_date", case.docket.loading_days, shipment.loading_date), ("export_date", case.docket.export_days, shipment.export_date)):
        if days and stated is None:
            found[name] = tuple(_date_answers(days, case.day, "loaded" if name == "loading_date" else "exported"))
    return found


def _date_answers(days: tuple[date, ...], entry: date, verb: str) -> list[tuple[date, str]]:
    answers = []
    for number, day in enumerate(days):
        label = f"{verb} before {day:%-d %B %Y}" if number == 0 else f"{verb} from {days[number - 1]:%-d %B %Y} to {day - timedelta(days=1):%-d %B %Y}"
        answers.append((day - timedelta(days=1), label))
    answers.append((max(days[-1], min(entry, days[-1])), f"{verb} on or after {days[-1]:%-d %B %Y}"))
    return answers


def ask(case: Case, now: Assessment) -> tuple[tuple[Question, ...], Decimal | None, Decimal | None]:
    """(questions by dollars, duty_low, duty_high).

    A fact becomes a question when some answer changes the total. The range spans the open questions: all
    combinations when they are few, else the best and worst found by improving one answer at a time.
    """
    questions = [question for question in (_missing(name) for name in now.missing) if question]
    facts = open_facts(case)
    tried_as = {name: [(value, label, case.assess_as(case.shipment.with_answer(name, value))) for value, label in answers] for name, answers in facts.items()}
    if now.prohibited is not None:
        return tuple(_lifts_the_ban(case, tried_as)), None, None
    trials = {name: [(value, label, then.total) for value, label, then in tried] for name, tried in tried_as.items()}
    low = high = now.total
    for name, tried in trials.items():
        if all(total == now.total for _, _, total in tried):
            continue
        changes = [None if total is None or now.total is None else total - now.total for _, _, total in tried]
        known = [abs(change) for change in changes if change is not None]
        fact = case.index.law.facts.get(name)
        choices = tuple(
            Choice(value.isoformat() if isinstance(value, date) else value, label, change) for (value, label, _), change in zip(tried, changes, strict=True)
        )
        questions.append(
            Question(
                id=name,
                text=fact.question if fact else DATES[name],
                kind=fact.kind if fact else "date",
                assumed=case.shipment.answer(name) if fact else None,
                options=choices,
                change_usd=max(known) if known else None,
                evidence=fact.evidence if fact else "bill of lading",
            )
        )
        for total in (t for _, _, t in tried):
            low, high = _stretch(low, high, total)
    if low is not None and high is not None and facts:
        low, high = _span(case, facts, trials, low, high)
    questions.sort(key=lambda q: (q.change_usd is not None, -(q.change_usd or Decimal(0)), q.id))
    return tuple(questions), low, high


def _lifts_the_ban(case: Case, tried_as: dict[str, list[tuple[Any, str, Assessment]]]) -> list[Question]:
    """The questions of goods that may not enter: those with an answer under which they may. No dollars, for there is no duty to compare."""
    found = []
    for name, tried in tried_as.items():
        if any(then.prohibited is None for _, _, then in tried):
            fact = case.index.law.facts[name]
            choices = tuple(Choice(value, label + ("" if then.prohibited else " (the goods may enter)"), None) for value, label, then in tried)
            found.append(Question(name, fact.question, fact.kind, case.shipment.answer(name), choices, None, evidence=fact.evidence))
    return found


def _stretch(low: Decimal | None, high: Decimal | None, total: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    if total is None or low is None or high is None:
        return None, None
    return min(low, total), max(high, total)


def _span(case: Case, facts: dict[str, tuple[tuple[Any, str], ...]], trials: dict[str, list[Any]], low: Decimal, high: Decimal) -> tuple[Decimal | None, Decimal | None]:
    if len(facts) == 1:
        return low, high
    combinations = 1
    for answers in facts.values():
        combinations *= len(answers)
    if combinations <= PRODUCT_LIMIT:
        from itertools import product

        bottom: Decimal | None = low
        top: Decimal | None = high
        for values in product(*(tuple(v for v, _ in answers) for answers in facts.values())):
            shipment = case.shipment
            for name, value in zip(facts, values, strict=True):
                shipment = shipment.with_answer(name, value)
            bottom, top = _stretch(bottom, top, case.assess_as(shipment).total)
        return bottom, top
    return min(low, _improve(case, facts, trials, -1)), max(high, _improve(case, facts, trials, 1))


def _improve(case: Case, facts: dict[str, tuple[tuple[Any, str], ...]], trials: dict[str, list[Any]], sign: int) -> Decimal:
    """The furthest total reached by changing one answer at a time, the most telling facts first."""
    shipment: Shipment = case.shipment
    best = case.assess_as(shipment).total or Decimal(0)
    order = sorted(facts, key=lambda n: -max((sign * (t - best) for _, _, t in trials[n] if t is not None), default=Decimal(0)))
    for _ in range(2):
        moved = False
        for name in order:
            for value, _label in facts[name]:
                candidate = shipment.with_answer(name, value)
                total = case.assess_as(candidate).total
                if total is not None and sign * (total - best) > 0:
                    shipment, best, moved = candidate, total, True
        if not moved:
            break
    return best


def _missing(need: str) -> Question | None:
    """A question for a quantity, the value of a part or the polarity that a rate needs."""
    if need.startswith("quantity_"):
        unit = need.removeprefix("quantity_")
        return Question(need, f"How much is imported, in {unit.replace(':', ' of ').replace('_', ' ')}?", "quantity", None, (), None, evidence="packing list")
    if need.startswith("part_"):
        part = need.removeprefix("part_")
        return Question(need, f"What is the value of the {part.replace('_', ' ')}, in US dollars?", "money", None, (), None, evidence="invoice by part")
    if need == "repair_value":
        return Question(need, "What is the value of the repair, alteration or processing abroad, in US dollars?", "money", None, (), None, evidence="repair invoice")
    if need == "us_content_value":
        return Question(need, "What is the value of the US components, in US dollars?", "money", None, (), None, evidence="assembler's declaration")
    if need == "polarity_degrees":
        return Question(need, "What is the polarity of the sugar, in degrees?", "number", None, (), None, evidence="laboratory report")
    return None
