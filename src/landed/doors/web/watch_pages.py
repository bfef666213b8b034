"""What changed and what will change for the products of the catalogue, in dollars a year; the briefing of it; feeds for readers and calendars."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/watch"
OWN = ("rows.css", "comply.css")
FORMS = (("markdown", "Markdown", "md", "text/markdown"), ("html", "HTML", "html", "text/html"), ("mail", "e-mail text", "txt", "text/plain"))
BEHIND, AHEAD = timedelta(days=90), timedelta(days=365)


def routes(app: FastAPI) -> None:
    """Add the pages and the feeds."""
    from starlette.routing import Route

    table = {HERE: watch, "/watch/kept": kept, "/watch/brief": brief, "/watch/changes.atom": atom, "/watch/changes.ics": ics, **{f"/watch/brief.{ending}": brief_file for _, _, ending, _ in FORMS}}
    for path, function in table.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))


def catalogue() -> list[dict[str, Any]]:
    """The saved products as the operations of watch and of bonds take them."""
    from landed.operations.watch import _products

    may_list = ask("product_list", {"limit": 1})
    if not may_list.products:
        return []
    return [{"sku": sku, **{k: v for k, v in row.items() if k != "customs_value" and v}, "value_per_year": row["customs_value"]} for sku, row in _products(None)]


def _asked(request: Request) -> tuple[dict[str, Any], dict[str, str], bool]:
    """(request of the operation, what the form shows, whether the catalogue is empty)."""
    query = request.query_params
    saved = catalogue()
    today = date.today()
    start = str(first_visits()["watch"]["since"]) if not saved else (today - BEHIND).isoformat()
    shown = {"since": query.get("since", "")[:10] or start, "until": query.get("until", "")[:10] or (today + AHEAD).isoformat(), "overlay": _overlay(query.get("overlay", ""))}
    asked: dict[str, Any] = {"since": shown["since"], "until": shown["until"], "products": saved or first_visits()["watch"]["products"]}
    if shown["overlay"]:
        asked["overlay"] = shown["overlay"]
    return asked, shown, not saved


def _overlay(name: str) -> str:
    """The name of a ready what-if; any other text of an address would be read as a file."""
    from landed.doors.web.state import ready

    return name if name in ready() else ""


def watch(request: Request) -> Response:
    """Changes of the last and of the coming days, product by product."""
    from landed.doors.web.state import ready

    asked, shown, sample = _asked(request)
    found, problem = None, None
    try:
        found = ask("watch_changes", asked)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    past = [c for c in found.changes if not c.scheduled] if found else []
    ahead = [c for c in found.changes if c.scheduled] if found else []
    widest = max((abs(c.change_usd_year) for c in (*past, *ahead) if c.change_usd_year is not None), default=Decimal(1)) or Decimal(1)
    body = render.html(
        "watch.html", w=found, problem=problem, shown=shown, sample=sample, groups=[("Still to come", ahead, "scheduled in law that was read"), ("What changed", list(reversed(past)), "newest first")],
        widest=widest, overlays=ready(), query=urlencode({k: v for k, v in shown.items() if v}), countries=render.countries(), ahead_usd=_sum(ahead), past_usd=_sum(past), saved_names=_watches(), programmes=_programmes(),
        spans=_spans(shown), unread=[(sku, why.partition(": ")[2] or why, "value_per_year" in why) for sku, why in found.unread] if found else [],
    )  # fmt: skip
    return document("Watch", HERE, body, own=OWN)


def _spans(shown: dict[str, str]) -> list[tuple[str, str]]:
    """(words, query) of spans that are looked at often."""
    today = date.today()
    spans = [("last 90 days and a year ahead", today - BEHIND), ("a year back", today - timedelta(days=365)), ("two years back", today - timedelta(days=730))]
    return [(words, urlencode({k: v for k, v in {**shown, "since": start.isoformat(), "until": (today + AHEAD).isoformat()}.items() if v})) for words, start in spans]


def _sum(changes: list[Any]) -> Decimal | None:
    amounts = [c.change_usd_year for c in changes]
    return None if None in amounts else sum(amounts, Decimal(0))


def _watches() -> list[Any]:
    try:
        return list(ask("watch_list", {"limit": 50}).watches)
    except LandedError:
        return []


def _programmes() -> list[str]:
    from landed.operations.engine import engine

    return sorted({m.programme for m in engine().index.measures})


def kept(request: Request) -> Response:
    """What one kept watch notices, with what is new since it was last marked as seen."""
    name, since = request.query_params.get("name", "")[:200], request.query_params.get("since", "")[:10]
    found, problem = None, None
    try:
        found = ask("watch_look", {"name": name, **({"since": since} if since else {})})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    body = render.html("watch_kept.html", l=found, name=name, problem=problem, countries=render.countries())
    return document("Watch", HERE, body, 404 if problem and problem.code == "NOT_FOUND" else 422 if problem else 200, own=OWN)


def _feed(request: Request) -> Any:
    asked, _, _ = _asked(request)
    return ask("watch_changes", asked)


def atom(request: Request) -> Response:
    """The changes as an Atom feed."""
    from starlette.responses import Response as Answer

    from landed.operations.feeds import atom as written

    return Answer(written(_feed(request).changes), media_type="application/atom+xml; charset=utf-8")


def ics(request: Request) -> Response:
    """The changes as a calendar."""
    from starlette.responses import Response as Answer

    from landed.operations.feeds import icalendar

    return Answer(icalendar(_feed(request).changes), media_type="text/calendar; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-changes.ics"'})


def _brief_of(request: Request, form: str) -> tuple[Any, dict[str, str], bool]:
    query = request.query_params
    example = first_visits()["brief"]
    first = not (query.get("since") or query.get("until"))
    shown = {"since": query.get("since", "")[:10] or str(example["since"]), "until": query.get("until", "")[:10] or str(example["until"])}
    saved = [row for row in catalogue() if row.get("value_per_year")]
    asked: dict[str, Any] = {**shown, "form": form, **({"products": saved} if saved and not first else {})}
    return ask("brief", asked), shown, first


def brief(request: Request) -> Response:
    """The briefing, with buttons that copy it in three forms."""
    texts: dict[str, str] = {}
    found, problem, shown, first = None, None, {"since": request.query_params.get("since", "")[:10], "until": request.query_params.get("until", "")[:10]}, False
    try:
        for form, _, _, _ in FORMS:
            found, shown, first = _brief_of(request, form)
            texts[form] = found.text
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    marks = {source: n for n, source in enumerate(found.brief.sources, 1)} if found else {}
    body = render.html("brief.html", b=found.brief if found else None, texts=texts, forms=FORMS, shown=shown, first=first, problem=problem, marks=marks, query=urlencode(shown))
    return document("Briefing", HERE, body, own=OWN)


def brief_file(request: Request) -> Response:
    """The briefing as a file."""
    from starlette.responses import Response as Answer

    form, _, ending, kind = next(row for row in FORMS if request.url.path.endswith(f".{row[2]}"))
    found, _, _ = _brief_of(request, form)
    name = f"landed-brief-{found.brief.since}-{found.brief.until}.{ending}"
    return Answer(found.text, media_type=f"{kind}; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})
