"""The law pack as a reader meets it: programmes, one heading over time, the law of a day, two days compared, lint, coverage."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from landed.errors import LandedError
from landed.lawbook.diff import Change
from landed.lawbook.lint import Finding
from landed.operations.engine import engine, schedule
from landed.operations.registry import operation

if TYPE_CHECKING:
    from landed.lawbook.lint import CodeTest
    from landed.lawbook.model import Measure, Programme


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A day (default today)."""

    on: Annotated[date | None, "day to count measures in force on; default today"] = None


@dataclass(frozen=True, slots=True)
class LawShowRequest:
    """A programme or a heading, over all its days or on one."""

    name: Annotated[str, "programme id, pattern such as us.s232.*, or chapter 98 or 99 heading"]
    on: Annotated[date | None, "only what is in force that day"] = None


@dataclass(frozen=True, slots=True)
class AtRequest:
    """A day."""

    on: Annotated[date, "day of the law"]


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """Two days."""

    old: Annotated[date, "first day"]
    new: Annotated[date, "second day"]


@dataclass(frozen=True, slots=True)
class NoFields:
    """A request without fields."""


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """One programme in short: `in_force` counts the measures of the day asked for."""

    id: str
    title: str
    kind: str
    authority: str
    first_day: date | None
    last_day: date | None
    measures: int
    in_force: int
    verified_through: date
    unverified: int


@dataclass(frozen=True, slots=True)
class Programmes:
    """Every programme of the pack, in filing order."""

    law_version: str
    on: date
    programmes: tuple[ProgrammeRow, ...]


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One spell of one heading, in words a broker reads."""

    programme: str
    heading: str
    title: str
    effect: str
    rate_text: str
    base: str
    goods: str
    origins: str
    when: str
    effective_from: date
    effective_to: date | None
    published: date | None
    displaces: tuple[str, ...]
    subject_to: tuple[str, ...]
    frees: tuple[str, ...]
    cite: tuple[str, ...]
    status: str
    verified: bool
    note: str


@dataclass(frozen=True, slots=True)
class Law:
    """Measures of the pack, with the programmes they stand in."""

    law_version: str
    verified_through: date
    on: date | None
    programmes: tuple[ProgrammeRow, ...]
    measures: tuple[MeasureRow, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one day to another."""

    law_version: str
    old: date
    new: date
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class LintReport:
    """Defects of the pack; none is clean."""

    law_version: str
    programmes: int
    measures: int
    list_rows: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class OverlayRow:
    """A ready what-if of the pack."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Overlays:
    """The ready what-ifs of the pack."""

    overlays: tuple[OverlayRow, ...]


@dataclass(frozen=True, slots=True)
class GapRow:
    """Law known to exist but not encoded."""

    id: str
    title: str
    effective_from: date
    effective_to: date | None
    reason: str
    cite: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where the pack ends: days it answers, the day official text was last read through, what is unverified, and what is missing."""

    law_version: str
    covers_from: date
    covers_to: date
    verified_through: date
    schedule_first: date
    schedule_last: date
    programmes: int
    measures: int
    unverified_measures: int
    announced: tuple[str, ...]
    gaps: tuple[GapRow, ...]


@operation(name="law_list", summary="Every programme of the law pack", method="GET", path="/v1/law", scope="law")
def list_(request: ListRequest) -> Programmes:
    """Every programme with its kind, authority, days, number of measures, and the day it was last read through."""
    on = request.on or date.today()
    law = engine().law
    return Programmes(law.version, on, tuple(_programme(p, on) for p in law.programmes))


@operation(name="law_show", summary="One programme or heading over time, or on a day", method="GET", path="/v1/measures/{name}", scope="law")
def show(request: LawShowRequest) -> Law:
    """Every spell of a programme or of a heading, oldest first, with goods, origins, conditions and citations.

    Raises LandedError UNKNOWN_LAW (with near names).
    """
    from landed.lawbook.index import names

    asked = engine()
    name = request.name.strip()
    found = [m for m in asked.law.measures if names(name, m) or m.heading_reached == name]
    if not found:
        import difflib

        known = {p.id for p in asked.law.programmes} | {m.heading for m in asked.law.measures if m.heading}
        near = difflib.get_close_matches(name, sorted(known), n=5, cutoff=0.7)
        raise LandedError("UNKNOWN_LAW", f"no programme or heading is named {name[:60]!r}", where="name", mend=f"Near names: {', '.join(near)}." if near else "See `landed law list`.", near=near)
    if request.on:
        found = [m for m in found if asked.index.in_force(m, request.on, None)]
    found.sort(key=lambda m: (m.heading, m.from_))
    return _law(tuple(found), request.on, {m.programme for m in found} or {name})


@operation(name="law_at", summary="The whole chapter 99 law of a day", method="GET", path="/v1/law/at", scope="law")
def at(request: AtRequest) -> Law:
    """Every measure in force on a day, by programme. Raises LandedError DATE_OUT_OF_COVERAGE."""
    asked = engine()
    _covered(request.on, "on")
    found = tuple(m for m in asked.law.measures if asked.index.in_force(m, request.on, None))
    return _law(found, request.on, {m.programme for m in found})


@operation(name="law_diff", summary="What changed between two days", method="GET", path="/v1/changes", scope="law")
def diff(request: DiffRequest) -> Difference:
    """Measures begun, ended and changed, and list rows that joined or left, from one day to another. Raises LandedError DATE_OUT_OF_COVERAGE."""
    from landed.lawbook.diff import diff as run

    _covered(request.old, "old")
    _covered(request.new, "new")
    asked = engine()
    old, new = sorted((request.old, request.new))
    return Difference(asked.law.version, old, new, run(asked.index, old, new))


@operation(name="law_lint", summary="Defects of the law pack", method="GET", path="/v1/law/lint", scope="law")
def lint(request: NoFields) -> LintReport:
    """Every defect of the pack: missing citations, dates reversed or overlapping, unknown codes, lists, names and facts, cycles."""
    from landed.lawbook.lint import lint as run

    law = engine().law
    findings = run(law, code_exists(), absent_codes())
    return LintReport(law.version, len(law.programmes), len(law.measures), sum(map(len, law.lists.values())), tuple(findings))


@operation(name="law_coverage", summary="Where the law pack ends: days, unverified facts, gaps", method="GET", path="/v1/law/coverage", scope="law")
def coverage(request: NoFields) -> Coverage:
    """The days the pack answers for, the day official text was last read through, and the law that is known but not encoded."""
    law = engine().law
    revisions = schedule().revisions
    return Coverage(
        law_version=law.version,
        covers_from=law.covers_from,
        covers_to=law.covers_to,
        verified_through=law.verified_through,
        schedule_first=revisions[0][1],
        schedule_last=revisions[-1][1],
        programmes=len(law.programmes),
        measures=len(law.measures),
        unverified_measures=sum(not m.verified for m in law.measures),
        announced=tuple(f"{m.title} from {m.from_}" for m in law.measures if m.status == "announced"),
        gaps=tuple(GapRow(g.id, g.title, g.from_, g.to, g.reason, g.cite) for g in law.gaps),
    )


@operation(name="law_overlays", summary="Ready what-ifs of the pack", method="GET", path="/v1/law/overlays", scope="law")
def overlays(request: NoFields) -> Overlays:
    """The what-ifs that the pack brings, by the name that `overlay` takes in a request."""
    from landed.lawbook.load import LAW_ROOT
    from landed.lawbook.overlay import READY, read_overlay

    paths = sorted((LAW_ROOT / "us" / READY).glob("*.yaml"))
    return Overlays(tuple(OverlayRow(path.stem, str(read_overlay(path).get("title", path.stem))) for path in paths))


def code_exists() -> CodeTest:
    """A test of whether the schedule prints a code or prefix on some day of a spell (days outside its editions count as the nearest)."""
    arrays = schedule().arrays()
    rows = sorted(
        (f"{number:0{length}d}", first, last)
        for number, length, first, last in zip(arrays["number"].tolist(), arrays["length"].tolist(), arrays["first"].tolist(), arrays["last"].tolist(), strict=True)
    )
    codes = [code for code, _, _ in rows]
    revisions = schedule().revisions
    earliest, latest = revisions[0][1].toordinal(), revisions[-1][1].toordinal()

    @lru_cache(maxsize=65536)
    def exists(code: str, since: date, until: date | None) -> bool:
        low = min(max(since.toordinal(), earliest), latest)
        high = latest if until is None else min(max(until.toordinal(), earliest), latest)
        start, end = bisect_left(codes, code), bisect_left(codes, code + ":")
        return any(first <= high and last >= low for _, first, last in rows[start:end])

    return exists


def absent_codes() -> frozenset[tuple[str, str]]:
    """The (code, list) pairs that no official export at hand holds, as the pack itself states with a reason."""
    import csv

    from landed.lawbook.load import LAW_ROOT

    path = LAW_ROOT / "us" / "lists" / "absent.csv"
    if not path.exists():
        return frozenset()
    with path.open(encoding="utf-8", newline="") as handle:
        return frozenset((row["hts"], row["list"]) for row in csv.DictReader(handle))


def _covered(day: date, where: str) -> None:
    law = engine().law
    if not law.covers_from <= day <= law.covers_to:
        raise LandedError("DATE_OUT_OF_COVERAGE", f"the law pack covers {law.covers_from} to {law.covers_to}, got {day}", where=where, mend="Ask for a day inside the coverage.")


def _law(measures: tuple[Measure, ...], on: date | None, programmes: set[str]) -> Law:
    law = engine().law
    day = on or date.today()
    return Law(
        law_version=law.version,
        verified_through=law.verified_through,
        on=on,
        programmes=tuple(_programme(p, day) for p in law.programmes if p.id in programmes),
        measures=tuple(_measure(m) for m in measures),
    )


def _programme(programme: Programme, on: date) -> ProgrammeRow:
    measures = programme.measures
    in_force = engine().index.in_force
    return ProgrammeRow(
        id=programme.id,
        title=programme.title,
        kind=programme.kind,
        authority=programme.authority,
        first_day=min((m.from_ for m in measures), default=None),
        last_day=None if any(m.to is None for m in measures) else max((m.to for m in measures if m.to), default=None),
        measures=len(measures),
        in_force=sum(in_force(m, on, None) for m in measures),
        verified_through=programme.verified_through,
        unverified=sum(not m.verified for m in measures),
    )


def _measure(measure: Measure) -> MeasureRow:
    from landed.operations.wording import condition_words, goods_words, origin_words

    facts = engine().law.facts
    return MeasureRow(
        programme=measure.programme,
        heading=measure.heading,
        title=measure.title,
        effect=measure.effect,
        rate_text=measure.rate.text if measure.rate else {"exempt": "exempt", "prohibit": "prohibited"}.get(measure.effect, ""),
        base=measure.base,
        goods=goods_words(measure.goods),
        origins=origin_words(measure.origins),
        when=condition_words(measure.when, facts),
        effective_from=measure.from_,
        effective_to=measure.to,
        published=measure.published,
        displaces=tuple(t.name for t in measure.displaces),
        subject_to=measure.subject_to,
        frees=measure.frees,
        cite=measure.cite,
        status=measure.status if measure.known_until is None else f"annulled {measure.known_until}",
        verified=measure.verified,
        note=measure.note,
    )
