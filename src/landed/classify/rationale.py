"""The rationale of a classification as a page that a broker can file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from landed.classify.model import Classification

_STYLE = "body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top}"


def as_html(found: Classification) -> str:
    """One self-contained HTML page; every text from outside is escaped."""
    first = found.candidates[0]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Classification {escape(first.hts_code)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(first.hts_code)}</h1><p>{escape(first.title)}</p>",
        f"<p><b>Goods:</b> {escape(found.text)}</p>",
        f"<p><b>Tariff:</b> {escape(found.revision)}, read for {found.on.isoformat()}; {'national text' if found.text_source == 'national' else 'six-digit titles only'}. ",
        f"<b>How sure:</b> {first.band} ({first.probability_hs6:.0%} for six digits, {first.probability:.0%} for the line). ",
        "<b>A broker should look at this before it is filed.</b></p>" if found.needs_broker else "</p>",
        "<h2>Facts read</h2>",
        _table(("Fact", "Said as"), [(fact, said) for fact, said in found.facts.items()]),
        "<h2>Path</h2>",
        _table(("Level", "Code", "Title"), [(p.level, p.code, p.title) for p in first.path]),
        "<h2>Steps</h2>",
        _table(("Rule", "Result", "Why"), [(s.rule, s.result, s.why) for s in found.gri]),
        "<h2>Neighbours left aside</h2>",
        _table(("Code", "Title", "Why"), [(r.code, r.title, r.why) for r in found.rejected]),
        "<h2>Candidates</h2>",
        _table(("Code", "Probability", "Title", "Because"), [(c.hts_code, f"{c.probability:.0%}", c.title, "; ".join(c.because)) for c in found.candidates]),
    ]
    if found.notes:
        parts += ["<h2>Legal notes to read</h2><ul>", *(f"<li>{escape(note)}</li>" for note in found.notes), "</ul>"]
    if found.question:
        rows = [(a.label, a.hts_code) for a in found.question.answers]
        parts += [f"<h2>Open question</h2><p>{escape(found.question.text)}</p>", _table(("Answer", "Code"), rows)]
    if found.stake:
        parts.append(f"<h2>At stake</h2><p>{escape(found.stake.text)}</p>")
    parts += [f"<p>{escape(warning)}</p>" for warning in found.warnings]
    return "\n".join(parts) + "</html>\n"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
