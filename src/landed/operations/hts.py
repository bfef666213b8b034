"""The tariff schedule as a reader meets it: a line or heading with what is under it, and a search by words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from landed.errors import LandedError
from landed.operations.engine import engine, schedule
from landed.operations.registry import operation

FEWEST_WORDS = 2  # letters a search needs


@dataclass(frozen=True, slots=True)
class ShowRequest:
    """A code and the day to read it on (default today)."""

    code: Annotated[str, "2 to 10 digits, dots optional"]
    on: Annotated[date | None, "day to read the schedule on; default today"] = None


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Words of the goods, or the first digits of a code."""

    words: Annotated[str, "what the goods are called, or the first digits of a code"]
    limit: Annotated[int, "most hits to give"] = 20


@dataclass(frozen=True, slots=True)
class Child:
    """A code one printed step below another."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the schedule prints on a tariff line: rates as texts, reporting units, and the days of the spell."""

    rate_line: str
    general: str
    special: tuple[tuple[tuple[str, ...], str], ...]
    column_2: str
    units: tuple[str, ...]
    quota: str
    additional_duties: str
    effective_from: date
    effective_to: date | None
    revision: str
    covered: bool
    inferred: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One code of the schedule on a day. `line` is None for a heading without rates of its own."""

    code: str
    title: str
    title_of: str
    title_source: str
    on: date
    revision: str
    line: Facts | None
    children: tuple[Child, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result, best first."""

    code: str
    title: str
    source: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Search results; `source` says whether titles are national text or six-digit titles."""

    words: str
    hits: tuple[Hit, ...]


@operation(name="hts_show", summary="A tariff line or heading on a day: rates, units, what is under it", method="GET", path="/v1/hts/{code}", scope="schedule")
def show(request: ShowRequest) -> Page:
    """A code of the schedule on a day: title, rates, units and special programmes of a line, or what stands under a heading.

    Raises LandedError: INVALID_CODE, UNKNOWN_HTS (near codes), OBSOLETE_HTS (successors), NOT_A_RATE_LINE for chapters 98 and 99.
    """
    from landed.schedule.codes import dotted, parse_code

    day = request.on or date.today()
    book = schedule()
    text = request.code.strip()
    digits = text if len(text) == 2 and text.isdigit() else parse_code(text)
    if len(digits) == 2:
        return _chapter(digits, day)
    facts: Facts | None = None
    try:
        line = book.line(digits, day, extra=engine().index.listed_codes if len(digits) == 10 else frozenset())
    except LandedError as error:
        if error.code != "NOT_A_RATE_LINE" or not error.extra.get("children") or digits[:2] >= "98":
            if digits[:2] >= "98":
                error.mend = f"See `landed law show {dotted(digits)}`."
            raise
    else:
        facts = Facts(
            rate_line=line.rate_line,
            general=line.general.text,
            special=tuple((symbols, rate.text) for symbols, rate in line.special),
            column_2=line.column_2.text,
            units=line.units,
            quota=line.quota,
            additional_duties=line.additional_duties,
            effective_from=line.from_,
            effective_to=line.to,
            revision=line.revision,
            covered=line.covered,
            inferred=line.inferred,
        )
    return _page(digits, day, facts, book.children(digits, day))


def _chapter(digits: str, day: date) -> Page:
    codes = schedule().lines(day).codes
    headings = sorted({f"{number:010d}"[:4] for number in codes[(codes // 10**8) == int(digits)]}) if len(codes) else []
    if not headings:
        raise LandedError("UNKNOWN_HTS", f"expected a chapter of the schedule, got {digits}", where="code", mend="Chapters 01 to 97 hold goods; 77 is empty.", near=[])
    return _page(digits, day, None, tuple(headings))


def _page(digits: str, day: date, facts: Facts | None, below: tuple[str, ...]) -> Page:
    from landed.schedule.codes import dotted
    from landed.schedule.site import national_text
    from landed.schedule.titles import title

    national = national_text()

    def words(code: str) -> tuple[str, str, str]:
        found = title(code, national=national)
        return (found.text, dotted(found.code), found.source) if found else ("", "", "")

    text, of, source = words(digits)
    children = []
    for code in below:
        own, own_of, _ = words(code)
        # A child whose only title is its parent's says nothing new.
        children.append(Child(dotted(code), own if own_of != of or code == digits else ""))
    return Page(dotted(digits), text, of, source, day, schedule().revision(day), facts, tuple(children))


@operation(name="hts_search", summary="Codes by the words of their titles", method="GET", path="/v1/hts", scope="schedule")
def search(request: SearchRequest) -> Hits:
    """The codes whose titles hold the words best: six-digit titles, or national text once an export was imported.

    Raises LandedError INVALID_REQUEST for words too short to search.
    """
    from landed.schedule.site import national_text
    from landed.schedule.titles import search as find

    words = request.words.strip()
    if len(words) < FEWEST_WORDS:
        raise LandedError("INVALID_REQUEST", f"expected at least {FEWEST_WORDS} letters, got {words!r}", where="words", mend="Say what the goods are.")
    found: Any = find(words, limit=max(1, min(request.limit, 500)), national=national_text())
    return Hits(words, tuple(Hit(hit.code, hit.title, hit.source) for hit in found))
