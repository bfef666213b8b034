"""Turns answers of operations into the HTML of the pages' panels; every text is escaped by the template engine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.doors.web import charts, what_ifs, wording
from landed.doors.web.state import State, ready, starters

if TYPE_CHECKING:
    from jinja2 import Environment

    from landed.duty.model import Component, Estimate
    from landed.errors import LandedError
    from landed.operations.compare import Comparison
    from landed.operations.history import History

HERE = Path(__file__).parent
FIELDS = {"hts_code": "code", "country_of_origin": "origin", "customs_value": "value", "customs_value.currency": "rate", "customs_value.exchange_rate": "rate", "entry_date": "on", "known_on": "known_on"}
WEAKNESSES = ("UNVERIFIED_FACT", "NOT_ENCODED", "LAW_NOT_VERIFIED_AFTER")


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The template engine, escaping on, with the wording as filters."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    # All are read at the start: a template that changes under a running server (an update, an edit) would meet the older program and fail.
    texts = {path.name: path.read_text(encoding="utf-8") for path in (HERE / "templates").iterdir() if path.suffix in (".html", ".svg")}
    found = Environment(loader=DictLoader(texts), autoescape=True, auto_reload=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    for name in ("money", "change", "percent", "day", "days_in", "sentence", "basis", "sign", "answer"):
        found.filters[name] = getattr(wording, name)
    found.globals.update(STATUS=wording.STATUS, ANSWER=wording.ANSWER, ANSWER_MEANS=wording.ANSWER_MEANS, EFFECT=wording.EFFECT, KIND=wording.KIND, MINUS=wording.MINUS, number=wording.number)
    return found


def html(template: str, **given: Any) -> str:
    """One template with what it is given."""
    return environment().get_template(template).render(**given)


def countries() -> dict[str, str]:
    """Country codes and names, by name."""
    from landed.operations.engine import engine

    return dict(sorted(engine().law.countries.items(), key=lambda row: row[1]))


def form(state: State, problem: LandedError | None = None) -> str:
    """The search form, with a problem beside its field."""
    field = FIELDS.get(problem.where, "") if problem else ""
    choose = problem is not None and (problem.code == "NOT_A_RATE_LINE" and bool(problem.extra.get("children")) or problem.code == "INVALID_CODE" and bool(_by_words(state.code)))
    return html("form.html", choose=choose, state=state, countries=countries(), currencies=starters()["currencies"], problem=problem, field=field)


def panels(state: State, found: Estimate) -> dict[str, str]:
    """The panels that the estimate alone fills, by the id of their place."""
    from landed.doors.web.shell import stands

    why = found.explanation.partition(": ")[2] if found.explanation.startswith("Duty ") else found.explanation
    due = [c for c in found.components if c.status in ("applies", "unknown")]
    aside = [c for c in found.components if c.status not in ("applies", "unknown")]
    shared: dict[str, Any] = {"products": stands("/products"), "fees_open": fees_open(found), "state": state, "e": found, "t": found.totals, "origin": countries().get(found.country_of_origin, found.country_of_origin)}
    return {
        "p-answer": html("answer.html", why=why[:1].upper() + why[1:], doubts=sum(w.code in WEAKNESSES for w in found.warnings), scale=range_scale(found), **shared),
        "p-questions": html("questions.html", given=_given(state, found), **shared),
        "p-warnings": html("warnings.html", **shared),
        "p-ways": html("ways.html", ready=ready(), what_if=(what_ifs.parts(state.what_if) or ("",))[0], knobs=what_ifs.fields(state.what_if), countries=countries(), measured=[o for o in found.options if o.saving_usd is not None], others=[o for o in found.options if o.saving_usd is None], **shared),
        "p-coming": html("coming.html", **shared),
        "p-lines": html("lines.html", due=due, aside=aside, **shared),
        "p-waterfall": html("waterfall.html", bars=charts.waterfall(found), **shared),
    }


def fees_open(found: Estimate) -> bool:
    """Whether a fee is missing in the sum of the fees that are known."""
    return found.totals.fees is not None and not found.totals.fees_complete


def range_scale(found: Estimate) -> tuple[float, float, float] | None:
    """(low, here, high) in percent of the range bar, or None when there is no range to show."""
    t = found.totals
    if t.duty_low is None or t.duty_high is None or t.duty is None or t.duty_low == t.duty_high:
        return None
    top = float(t.duty_high) or 1.0
    return float(t.duty_low) * 100 / top, float(t.duty) * 100 / top, 100.0


def _given(state: State, found: Estimate) -> list[tuple[str, str, str]]:
    """(name, words, value) of every answer and claim that stands, so that each can be given back."""
    from landed.operations.engine import engine

    facts = engine().law.facts
    rows = []
    for name, value in state.answers:
        fact = facts.get(name)
        words = fact.question if fact else name.replace("_", " ").capitalize()
        rows.append((f"a.{name}", words, wording.days_in(value)))
    rows += [("overlay", "What if", what_ifs.titled(state.what_if))] if state.what_if else []
    rows += [("spi", "Claim", f"special programme {state.spi}")] if state.spi else []
    rows += [("chapter_98", "Claim", state.chapter_98)] if state.chapter_98 else []
    rows += [(f"exclusion.{heading}", "Exclusion claimed", heading) for heading in state.exclusions]
    rows += [(f"order.{order}", "AD/CVD order", order.replace(":", " ")) for order in state.orders]
    return rows


def problem_panel(state: State, problem: LandedError) -> str:
    """What stands in place of a result when the request cannot be answered: what is wrong, the mend, and codes to go on with."""
    from landed.operations.registry import find

    offered = []
    if problem.where == "hts_code":
        show = find("hts_show")
        for code in [*problem.extra.get("children", ()), *problem.extra.get("successors", ()), *problem.extra.get("near", ())][:24]:
            offered.append(_offer(show, str(code), state.on))
        if problem.code == "INVALID_CODE" and len(state.code) > 1:
            offered = _by_words(state.code)
    near = [(code, countries().get(code, code)) for code in problem.extra.get("near", ())] if problem.where == "country_of_origin" else []
    choose = bool(offered) and problem.code in ("NOT_A_RATE_LINE", "INVALID_CODE")
    return html("problem.html", choose=choose, state=state, problem=problem, offered=offered, near=near)


def _by_words(words: str) -> list[dict[str, str]]:
    """Codes whose titles hold the words that stand where a code was expected."""
    from landed.errors import LandedError
    from landed.operations.registry import find

    try:
        return [{"code": hit.code, "title": hit.title, "rate": ""} for hit in find("hts_search").run({"words": words, "limit": 16}).hits]
    except LandedError:
        return []


def _offer(show: Any, code: str, on: str) -> dict[str, str]:
    from landed.errors import LandedError

    try:
        page = show.run({"code": code, "on": on})
    except LandedError:
        return {"code": code, "title": "", "rate": ""}
    return {"code": page.code, "title": page.title, "rate": page.line.general if page.line else ""}


def line(found: Estimate, component: Component) -> str:
    """What the drawer tells about one line."""
    others = [c for c in found.components if c.displaced_by and c.displaced_by in (component.heading or component.programme, component.programme)]
    return html("line.html", e=found, c=component, others=others, note=filing_note(found, component))


def filing_note(found: Estimate, component: Component) -> str:
    """One paragraph for the file: the line, the sum, the reason and the source."""
    legal = component.legal
    amount = "" if component.amount is None or component.basis_amount is None else f" on {wording.money(component.basis_amount)} ({wording.basis(component.basis)}) = {wording.money(component.amount)}"
    source = "; ".join((legal.instrument, *legal.citation))
    until = f" to {wording.day(legal.effective_to)}" if legal.effective_to else ""
    checked = f"read through {wording.day(legal.verified_through)}" if legal.verified_through else "not dated"
    return (
        f"{found.hts_code}, origin {found.country_of_origin}, entry {wording.day(found.entry_date)}: {component.heading} {component.label}, {component.rate_text or 'no rate'}{amount}; "
        f"{wording.STATUS[component.status]}: {wording.days_in(component.because)}. {source}. In force from {wording.day(legal.effective_from)}{until}; {checked}"
        f"{'' if legal.verified else ', source unverified'}. Law {found.law_version}, receipt {found.receipt_id}."
    )


def history(state: State, found: History, entry: Any) -> str:
    """The step chart and its table."""
    return html("history.html", state=state, h=found, chart=charts.steps(found, entry, near=state.span == "near"))


def origins(state: State, found: Comparison, chosen: str) -> str:
    """The ranking, the map and the table of origins."""
    return html("origins.html", state=state, c=found, bars=charts.ranking(found, starters()["sourcing"], chosen), chosen=chosen, view=charts.map_of(found), world=charts.world())
