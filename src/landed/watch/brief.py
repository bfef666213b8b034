"""A one-page briefing of what the law did between two days and what it costs: every sentence rests on a heading or a citation."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from landed.watch.changes import Cause, LawChange, ProductChange

MOST_LAW = 14
MOST_PRODUCTS = 12
MOST_TAKEAWAYS = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with what it rests on: headings and citations, never empty."""

    text: str
    rests_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """A briefing: takeaways first, then the days in order, then the products; `sources` are all citations, numbered as the texts number them."""

    title: str
    since: date
    until: date
    law_version: str
    verified_through: date
    sample: bool
    takeaways: tuple[Sentence, ...]
    days: tuple[Sentence, ...]
    products: tuple[Sentence, ...]
    sources: tuple[str, ...]


def write(changes: tuple[ProductChange, ...], law: tuple[LawChange, ...], *, since: date, until: date, law_version: str, verified_through: date, sample: bool, names: dict[str, str]) -> Brief:
    """The briefing; `names` are country names by code."""
    def who(row: ProductChange) -> str:
        return f"{row.hts_code} from {names.get(row.country_of_origin, row.country_of_origin)} ({row.sku})"

    # The largest moves make the takeaways, told in the order of their days.
    largest = sorted(sorted(changes, key=lambda r: -abs(r.change_usd_year or Decimal(0)))[:MOST_TAKEAWAYS], key=lambda r: (r.on, r.sku))
    takeaways = [Sentence(_peak(who(row), row), _rests(row.made_of)) for row in largest]
    products = [Sentence(_moved(who(row), row), _rests(row.causes) or _rests(row.made_of)) for row in changes[:MOST_PRODUCTS]]
    if len(changes) > MOST_PRODUCTS:
        products.append(Sentence(f"{len(changes) - MOST_PRODUCTS} more changes touch these products.", tuple(dict.fromkeys(row.causes[0].heading if row.causes else row.hts_code for row in changes[MOST_PRODUCTS:]))))
    if not takeaways:
        takeaways.append(Sentence(f"No change of law between {since} and {until} moves the duty of these products.", (f"law pack {law_version}", f"read through {verified_through}")))
    days = [Sentence(_law(row), (*row.headings[:8], *row.cite) or (row.programme,)) for row in law[:MOST_LAW]]
    if len(law) > MOST_LAW:
        days.append(Sentence(f"{len(law) - MOST_LAW} more changes of law fall into these days.", tuple(dict.fromkeys(row.programme for row in law[MOST_LAW:]))))
    if until > verified_through:
        days.append(Sentence(f"The law was last read on {verified_through}; later days rest on what was known then.", (f"law pack {law_version}",)))
    said = [*takeaways, *days, *products]
    sources = tuple(dict.fromkeys(source for sentence in said for source in sentence.rests_on))
    title = f"What changed from {since} to {until}" + (" (for a sample line)" if sample else "")
    return Brief(title, since, until, law_version, verified_through, sample, tuple(takeaways), tuple(days), tuple(products), sources)


def _rests(causes: tuple[Cause, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for cause in causes for text in (cause.heading, *cause.cite[:2])))


def _peak(who: str, row: ProductChange) -> str:
    parts = " + ".join(f"{c.heading} {c.what}" + ("" if c.verified else " (unverified)") for c in row.made_of)
    days = f"On {row.on}" if row.on == row.until else f"From {row.on}"
    verb = "will owe" if row.scheduled else "owed"
    return f"{days} {who} {verb} {_pct(row.after_pct)} ({parts}), {_usd(row.after_usd_year)} a year."


def _moved(who: str, row: ProductChange) -> str:
    why = "; ".join(f"{c.heading} {c.what}" + ("" if c.verified else " (unverified)") for c in row.causes) or "its headings changed"
    change = "an unknown amount" if row.change_usd_year is None else ("+" if row.change_usd_year > 0 else "-") + _usd(abs(row.change_usd_year))
    return f"{row.on}: {who}: {_pct(row.before_pct)} to {_pct(row.after_pct)}, {change} a year, because {why}."


def _law(row: LawChange) -> str:
    many = len(row.headings) > 3
    headings = f"{len(row.headings)} headings ({row.headings[0]} to {row.headings[-1]})" if many else ", ".join(row.headings)
    verb = {"begin": "begin" if many or len(row.headings) > 1 else "begins", "end": "end" if many or len(row.headings) > 1 else "ends", "change": "change" if len(row.headings) > 1 else "changes"}[row.what]
    rates = ", ".join(row.rates[:4]) + (f" and {len(row.rates) - 4} more" if len(row.rates) > 4 else "")
    return f"{row.on}: {row.programme}: {headings} {verb}: {rates}" + ("" if row.verified else " (unverified)") + "."


def _pct(rate: Decimal | None) -> str:
    return "an unknown rate" if rate is None else f"{format(rate.normalize(), 'f')}%"


def _usd(amount: Decimal | None) -> str:
    return "an unknown amount" if amount is None else f"${amount:,.0f}"


def _parts(brief: Brief) -> list[tuple[str, tuple[Sentence, ...]]]:
    return [(head, rows) for head, rows in (("Key takeaways", brief.takeaways), ("Day by day", brief.days), ("Your products", brief.products)) if rows]


def _marks(brief: Brief, sentence: Sentence) -> str:
    return "".join(f"[{brief.sources.index(source) + 1}]" for source in sentence.rests_on)


def foot(brief: Brief) -> str:
    """Where the law stands: its version and the day through which it was read."""
    return f"Law {brief.law_version}, read through {brief.verified_through}. No legal advice."


def markdown(brief: Brief) -> str:
    """The briefing as Markdown."""
    lines = [f"# {brief.title}", ""]
    for head, rows in _parts(brief):
        lines += [f"## {head}", "", *(f"- {s.text} {_marks(brief, s)}" for s in rows), ""]
    lines += ["## Sources", "", *(f"{n}. {source}" for n, source in enumerate(brief.sources, 1)), "", foot(brief), ""]
    return "\n".join(lines)


def page(brief: Brief) -> str:
    """The briefing as an HTML page of its own, without scripts."""
    safe = html.escape
    body = [f"<h1>{safe(brief.title)}</h1>"]
    for head, rows in _parts(brief):
        body.append(f"<h2>{safe(head)}</h2><ul>" + "".join(f"<li>{safe(s.text)} <small>{safe(_marks(brief, s))}</small></li>" for s in rows) + "</ul>")
    body.append("<h2>Sources</h2><ol>" + "".join(f"<li>{safe(source)}</li>" for source in brief.sources) + f"</ol><p>{safe(foot(brief))}</p>")
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{safe(brief.title)}</title><body>' + "".join(body) + "</body></html>\n"


def mail(brief: Brief) -> str:
    """The briefing as the plain text of an e-mail, its subject on the first line."""
    lines = [f"Subject: {brief.title}", ""]
    for head, rows in _parts(brief):
        lines += [head.upper(), *(f"* {s.text} {_marks(brief, s)}" for s in rows), ""]
    lines += ["SOURCES", *(f"[{n}] {source}" for n, source in enumerate(brief.sources, 1)), "", foot(brief), ""]
    return "\n".join(lines)
