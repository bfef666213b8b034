"""Where goods originate: the guide by questions, signs of transshipment, and regional value content from a bill of materials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.address_rows import Column, blamed, rows_of, unplaced
from landed.doors.web.asking import ask, page
from landed.doors.web.check_pages import HERE, OWN, tabs
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

ORIGINATING = (("", "not known"), ("yes", "yes"), ("no", "no"))
MATERIALS = (
    Column("what", "Material", "copper wire", share="1.6fr"), Column("mcode", "Code", kind="code", share="1.2fr"), Column("from", "From", kind="country", share=".7fr"),
    Column("value", "USD a unit", "9.20", "num", share=".8fr"), Column("ours", "Originates", kind="choice", options=ORIGINATING, share="1fr"),
)  # fmt: skip
VALUE = ("price", "cost", "ask_tv", "ask_nc", "rule", "article")
SAID = {"transaction_value": "price", "net_cost": "cost", "required_tv": "ask_tv", "required_nc": "ask_nc", "code": "article"}
WAY = ("code", "made", "maker_country", "supplier_country", "export_country", "materials_country", "capacity_per_year", "shipped_per_year", "factory_since")
METHODS = {"transaction_value": "Transaction value", "net_cost": "Net cost"}
PILLS = {"meets": "complete", "fails": "refused", "not known": "estimated"}


def routes(app: FastAPI) -> None:
    """Add the pages."""
    from starlette.routing import Route

    for path, function in {"/check/origin": origin, "/check/usmca": regional}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))


def origin(request: Request) -> Response:
    """The country of origin by questions, and signs that goods were only passed through it."""
    query = request.query_params
    answers = {k[2:]: v for k, v in query.items() if k.startswith("a.") and v in ("yes", "no")}
    shown = {name: query.get(name, "").strip()[:60] for name in WAY}
    first = not answers and not any(shown.values())
    if first:
        example = first_visits()["origin"]
        answers, shown = dict(example["answers"]), {name: example[name] for name in WAY}
    wrong: dict[str, list[str]] = {}
    guide, signs = None, None
    try:
        guide = ask("origin_guide", {"answers": answers})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        guide, answers = ask("origin_guide", {"answers": {}}), {}  # a question that was renamed: begin again
    if shown["code"] or shown["made"]:
        try:
            asked = {"hts_code": shown["code"], "country_of_origin": shown["made"], **{k: v for k, v in shown.items() if k not in ("code", "made")}}
            signs = ask("transshipment", {k: v for k, v in asked.items() if v})
        except LandedError as error:
            if error.code == "SCOPE_MISSING":
                raise
            wrong = {{"hts_code": "code", "country_of_origin": "made"}.get(place, place): said for place, said in blamed(error, {}).items()}
    base = [(k, v) for k, v in shown.items() if v]
    links = {q.id: {said: urlencode([*base, *((f"a.{k}", v) for k, v in {**answers, q.id: said}.items() if v)]) for said in ("yes", "no", "")} for q in guide.questions}
    body = render.html(
        "origin.html", tabs=tabs(), tab="/check/origin", first=first, g=guide, links=links, answers=answers, shown=shown, t=signs, wrong=wrong, rest=unplaced(wrong, WAY, ()), countries=render.countries(),
        next=[q for q in guide.questions if q.id in guide.next],
    )  # fmt: skip
    return document("Origin", HERE, body, own=OWN)


def regional(request: Request) -> Response:
    """Regional value content by both methods, with the range that unknown materials leave."""
    from landed.schedule.codes import dotted

    query = request.query_params
    rows = rows_of(query, MATERIALS)
    shown = {name: query.get(name, "").strip()[:40] for name in VALUE}
    first = not rows and not any(shown.values())
    if first:
        example = first_visits()["usmca"]
        shown, rows = {name: example[name] for name in VALUE}, [dict(row) for row in example["materials"]]
    asked: dict[str, Any] = {"transaction_value": shown["price"], "net_cost": shown["cost"], "required_tv": shown["ask_tv"], "required_nc": shown["ask_nc"], "rule": shown["rule"], "code": shown["article"]}
    materials = [{k: v for k, v in {"description": r["what"], "hts_code": r["mcode"], "country": r["from"], "value": r["value"], "originating": r["ours"]}.items() if v} for r in rows]
    found, problem = None, None
    try:
        found = ask("regional_value", {"materials": materials, **{k: v for k, v in asked.items() if v}})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    wrong = {SAID.get(place, place): said for place, said in blamed(problem, {"materials": "materials"}, counted_from=1).items()}
    body = render.html(
        "usmca.html", tabs=tabs(), tab="/check/usmca", first=first, shown=shown, rows=rows, columns=MATERIALS, rules=_rules(), v=found, wrong=wrong, rest=unplaced(wrong, VALUE, ("materials",)),
        countries=render.countries(), dotted=dotted, methods=METHODS, pills=PILLS,
    )  # fmt: skip
    return document("USMCA value", HERE, body, own=OWN)


def _rules() -> list[tuple[str, str]]:
    """The changes of classification that a rule may ask, by the digits that must differ."""
    from landed.compliance.calendar_days import facts

    shifts = facts("origin")["regional_value"]["shifts"]
    return [("", "no change asked"), *((str(name), f"{name}: the first {digits} digits differ") for name, digits in shifts.items())]
