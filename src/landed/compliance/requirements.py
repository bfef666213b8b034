"""What other agencies and laws may ask of goods, by code and origin: flags, marking, forced labour, possible orders, each with its questions."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from landed.compliance.calendar_days import facts
from landed.errors import LandedError

DATA = Path(__file__).parent / "data"
State = Literal["must", "may", "pending", "answered"]
LENGTHS = (10, 8, 6, 4, 2)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a requirement, and the answer at hand ("" while nobody gave one)."""

    id: str
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that may be asked of the goods.

    `state`: must (asked of all goods of the code), may (only if a question says so), pending (nobody can say before the questions are
    answered), answered (every question has an answer). None of them says that nothing is due.
    """

    id: str
    family: str  # agency, law, forced_labour, ad_cvd
    agency: str
    title: str
    state: State
    because: str
    documents: tuple[str, ...]
    questions: tuple[Asked, ...]
    citation: tuple[str, ...]
    verified: bool
    as_of: date


@dataclass(frozen=True, slots=True)
class Requirements:
    """All that was found for one code, origin and day; `open_questions` counts what nobody answered."""

    hts_code: str
    country_of_origin: str
    on: date
    items: tuple[Requirement, ...]
    open_questions: int
    warnings: tuple[str, ...]


@lru_cache(maxsize=4)
def flags_of_report(path: Path | None = None) -> Mapping[str, tuple[str, ...]]:
    """The agency flags by leading digits: the packaged file, or another one of its shape (code,flags)."""
    with (path or DATA / "agency_flags.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: tuple(row["flags"].split()) for row in csv.DictReader(lines)}


def flags_of(code: str, path: Path | None = None) -> tuple[str, ...]:
    """The flags of a code; of a shorter code, those of every line under it."""
    table = flags_of_report(path)
    for length in LENGTHS:
        if length <= len(code) and code[:length] in table:
            return table[code[:length]]
    under = {flag for listed, flags in table.items() if listed.startswith(code) for flag in flags}
    return tuple(sorted(under))


def requirements(code: str, origin: str, on: date, *, orders: Iterable[tuple[str, bool]] = (), answers: Mapping[str, Any] | None = None, flags: Path | None = None) -> Requirements:
    """What may be asked of goods of `code` (digits) from `origin` on a day.

    `orders` are (kind, verified) of antidumping ("ad") and countervailing ("cvd") flags that the law pack holds on the line. `answers` are
    {question id: text}; `flags` is another report than the packaged one. Raises LandedError UNKNOWN_QUESTION.
    """
    book, given = facts("requirements"), {str(k): str(v).strip() for k, v in (answers or {}).items()}
    items = [*_agencies(book, code, given, flags), *_rules(book, code, on, given), *_forced_labour(book, code, origin, on, given), *_orders(book, tuple(orders), given)]
    known = {question.id for item in items for question in item.questions}
    if strangers := sorted(set(given) - known):
        raise LandedError("UNKNOWN_QUESTION", f"no question here is called {strangers[0]!r}", where="answers", mend=f"Questions of these goods: {', '.join(sorted(known))[:600]}.")
    report = book["flags"]
    warnings = [f"Flags by code are of {report['as_of']}: {report['predates']}", "A code without a flag may still fall under a law; the goods decide, not the number."]
    if on > date.fromisoformat(str(report["as_of"])):
        warnings.append("The day lies after the flag report: take a newer one where you can.")
    return Requirements(code, origin, on, tuple(items), sum(not q.answer for item in items for q in item.questions), tuple(warnings))


def _asked(name: str, questions: Iterable[Any], given: Mapping[str, str]) -> tuple[Asked, ...]:
    return tuple(Asked(f"{name}.{n}", str(text), given.get(f"{name}.{n}", "")) for n, text in enumerate(questions, 1))


def _state(bare: State, questions: tuple[Asked, ...]) -> State:
    return "answered" if bare != "must" and questions and all(q.answer for q in questions) else bare


def _agencies(book: Mapping[str, Any], code: str, given: Mapping[str, str], path: Path | None) -> list[Requirement]:
    report, found = book["flags"], []
    for flag in flags_of(code, path):
        row = book["agencies"].get(flag)
        if row is None:
            found.append(Requirement(flag.lower(), "agency", flag, f"Flag {flag}, unknown here", "pending", f"the report flags the code {flag}", (), (), (), False, report["as_of"]))
            continue
        questions = _asked(flag.lower(), row.get("ask", ()), given)
        found.append(
            Requirement(
                flag.lower(), "agency", str(row["agency"]), str(row["title"]), _state(row["state"], questions), f"the ACE report of {report['as_of']} flags the code {flag}",
                tuple(row["documents"]), questions, tuple(row["cite"]), bool(report["meaning_verified"]), report["as_of"],
            )
        )  # fmt: skip
    return found


def _rules(book: Mapping[str, Any], code: str, on: date, given: Mapping[str, str]) -> list[Requirement]:
    found = []
    for row in book["rules"]:
        codes = tuple(row["codes"])
        if (codes and not code.startswith(codes)) or ("from" in row and on < row["from"]):
            continue
        questions = _asked(str(row["id"]), row["ask"], given)
        why = f"goods of {_numbers(code, codes)}" if codes else "every import"
        found.append(
            Requirement(str(row["id"]), "law", "", str(row["title"]), _state(row["state"], questions), why, tuple(row["documents"]), questions, tuple(row["cite"]), bool(row["verified"]), book["as_of"])
        )
    return found


def _numbers(code: str, codes: tuple[str, ...]) -> str:
    hit = next(c for c in codes if code.startswith(c))
    return f"chapter {hit}" if len(hit) == 2 else f"heading {hit}" if len(hit) == 4 else f"subheading {hit[:4]}.{hit[4:]}"


def _forced_labour(book: Mapping[str, Any], code: str, origin: str, on: date, given: Mapping[str, str]) -> list[Requirement]:
    row = book["forced_labour"]
    sector = next((s for s in row["sectors"] if code.startswith(tuple(s["codes"])) and s["since"] <= on), None)
    questions = list(row["ask"])
    because = "any import may be stopped for forced labour"
    if sector is not None:
        questions.append(f"Where did each of these come from: {', '.join(sector['inputs'])}?")
        doubt = " (the codes of the sector are our own reading)" if sector["mapping"] == "guess" else ""
        because = f"{sector['title']}: a sector of high priority since {sector['since']}{doubt}"
    if origin in row["presumed"]:
        because += "; origin in the country to which the presumption points"
    asked = _asked("forced_labour", questions, given)
    return [Requirement("forced_labour", "forced_labour", "CBP", "Forced labour and the Uyghur Forced Labor Prevention Act", _state("pending", asked), because, tuple(row["documents"]), asked, tuple(row["cite"]), bool(row["verified"]), book["as_of"])]


def _orders(book: Mapping[str, Any], orders: tuple[tuple[str, bool], ...], given: Mapping[str, str]) -> list[Requirement]:
    row, found = book["ad_cvd"], []
    for kind, verified in dict(orders).items():
        name = {"ad": "Antidumping", "cvd": "Countervailing"}[kind]
        asked = _asked(kind, row["ask"], given)
        found.append(
            Requirement(
                kind, "ad_cvd", "Commerce", f"{name} order possible", _state("pending", asked),
                "CBP flags the code for possible orders; no rate is added before somebody names the order", tuple(row["documents"]), asked, tuple(row["cite"]), verified, book["as_of"],
            )
        )  # fmt: skip
    return found
