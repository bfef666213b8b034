"""The law for readers: programmes on a timeline, one programme or heading on a day, two days compared, a tariff line, coverage and doubts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from landed.doors.web import render
from landed.doors.web.shell import document, failed
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/law"
WHAT = {"begun": "Began", "ended": "Ended", "changed": "Changed rate", "listed": "Joined a list", "unlisted": "Left a list"}
KEPT = "private, no-cache"


def routes(app: FastAPI) -> None:
    """Add the law pages."""
    from starlette.routing import Route

    table = {"/law": programmes, "/law/diff": difference, "/law/coverage": coverage, "/law/{name:path}": one, "/hts/{code}": tariff_line}
    for path, function in table.items():
        app.router.routes.append(Route(path, guarded(function), methods=["GET"]))


def guarded(function: Any) -> Any:
    """A page whose problems are pages too, and that a browser need not fetch twice while the law stays."""
    from starlette.responses import Response as Answer

    from landed.doors.web.shell import head
    from landed.operations.engine import engine

    def answer(request: Request) -> Response:
        import hashlib

        law = engine().law.version
        tag = '"' + hashlib.sha256(f"{law}|{date.today()}|{request.url.path}?{request.url.query}|{head()}".encode()).hexdigest()[:24] + '"'
        if request.headers.get("if-none-match") == tag:
            return Answer(status_code=304, headers={"ETag": tag, "Cache-Control": KEPT})
        try:
            found: Response = function(request)
        except LandedError as error:
            return failed(error, HERE)
        found.headers["ETag"], found.headers["Cache-Control"] = tag, KEPT
        return found

    return answer


def _ask(operation: str, /, **given: Any) -> Any:
    from landed.operations.registry import find

    return find(operation).run({key: value for key, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class Lane:
    """One programme of the timeline: its row, the spans in percent in which it charges or bars, and whether it is in force."""

    row: Any
    spans: tuple[tuple[float, float, str], ...]  # left, width, and "", "ahead" (scheduled) or "beyond" (in force, no change known)
    state: str


@lru_cache(maxsize=4)
def _lanes(law: str, today: date) -> tuple[tuple[Lane, ...], tuple[tuple[float, str], ...], float]:
    """Lanes, year ticks and the place of today; `law` is the version, which keys the cache."""
    covered = _ask("law_coverage")
    first, last = covered.covers_from, min(covered.covers_to, date(today.year + 2, 1, 1))
    days = (last - first).days or 1

    def at(day: date) -> float:
        return float(min(max((day - first).days * 100 / days, 0.0), 100.0))

    lanes = []
    for row in _ask("law_list", on=today.isoformat()).programmes:
        charged = [(m.effective_from, m.effective_to or last) for m in _ask("law_show", name=row.id).measures if m.status == "law" and m.effective_from <= last]
        spans = tuple((at(a), max(at(b + timedelta(days=1)) - at(a), 0.35), kind) for a, b, kind in _cut(_joined(charged), today))
        state = "scheduled" if row.first_day and row.first_day > today else "in force" if row.in_force else "ended"
        lanes.append(Lane(row, spans, state))
    order = {"in force": 0, "scheduled": 1, "ended": 2}
    lanes.sort(key=lambda lane: order[lane.state])
    ticks = tuple((at(date(y, 1, 1)), str(y)) for y in range(first.year, last.year))
    return tuple(lanes), ticks, at(today)


def _joined(spans: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """Spans as a union, in order."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _cut(spans: list[tuple[date, date]], today: date) -> list[tuple[date, date, str]]:
    """Spans cut at today: what stands, what goes on if nothing changes, what is scheduled."""
    found: list[tuple[date, date, str]] = []
    for first, last in spans:
        if first > today:
            found.append((first, last, "ahead"))
        elif last <= today:
            found.append((first, last, ""))
        else:
            found += [(first, today, ""), (today + timedelta(days=1), last, "beyond")]
    return found


def programmes(request: Request) -> Response:
    """Every programme on a timeline, with a search."""
    from landed.operations.engine import engine

    search = request.query_params.get("q", "")[:100].strip()
    if search and search.replace(".", "").isdigit() and len(search.replace(".", "")) >= 4:
        from starlette.responses import RedirectResponse

        return RedirectResponse(f"/law/{search}" if search[:2] in ("98", "99") else f"/hts/{search}")
    lanes, ticks, now = _lanes(engine().law.version, date.today())
    return document("Law", HERE, render.html("law.html", lanes=lanes, ticks=ticks, now=now, search=search, today=date.today(), overlays=_overlays()))


def _overlays() -> tuple[Any, ...]:
    try:
        return tuple(_ask("law_overlays").overlays)
    except LandedError:
        return ()


def one(request: Request) -> Response:
    """A programme or heading over all its days, or on one day."""
    name, on = request.path_params["name"], request.query_params.get("on", "")[:10]
    found = _ask("law_show", name=name, on=on)
    heading = name[:1].isdigit()
    whole = found if not on else _ask("law_show", name=name)
    title = (found.measures or whole.measures)[0].title if heading and whole.measures else whole.programmes[0].title if whole.programmes else name
    days = sorted({m.effective_from for m in whole.measures} | {m.effective_to + timedelta(days=1) for m in whole.measures if m.effective_to})
    groups = [(h, list(rows)) for h, rows in groupby(found.measures, key=lambda m: m.heading)]
    return document(name, HERE, render.html("law_one.html", name=name, title=title, heading=heading, on=on, law=found, whole=whole, groups=groups, days=days, lists=_lists(found.measures)))


def _lists(measures: Any) -> dict[str, int]:
    from landed.operations.engine import engine

    lists = engine().law.lists
    named = {word.strip(" ;") for m in measures for part in m.goods.split(";") if "list " in part for word in part.partition("list ")[2].split(",")}
    return {name: len(lists[name]) for name in sorted(named) if name in lists}


def difference(request: Request) -> Response:
    """What changed between two days."""
    from landed.operations.engine import engine

    law = engine().law
    today = min(date.today(), law.covers_to)
    new = request.query_params.get("new", "")[:10] or today.isoformat()
    old = request.query_params.get("old", "")[:10] or (today - timedelta(days=90)).isoformat()
    problem, found = None, None
    try:
        found = _ask("law_diff", old=old, new=new)
    except LandedError as error:
        problem = error
    groups: list[tuple[date, list[Any]]] = []
    if found:
        groups = [(day, list(rows)) for day, rows in groupby(found.changes, key=lambda c: c.on)]
    titles = {p.id: p.title for p in law.programmes}
    counts = {words: sum(c.what == what for c in found.changes) for what, words in WHAT.items()} if found else {}
    body = render.html("law_diff.html", old=old, new=new, found=found, groups=groups, what=WHAT, titles=titles, counts={k: v for k, v in counts.items() if v}, problem=problem, law=law)
    return document("Two days compared", HERE, body, 200 if found else 400)


def coverage(request: Request) -> Response:
    """What the pack answers for and what it does not, in plain words."""
    from landed.operations.engine import engine

    found = _ask("law_coverage")
    rows = _ask("law_list").programmes
    doubts = [m for m in engine().law.measures if not m.verified]
    return document("Coverage and doubts", HERE, render.html("law_coverage.html", c=found, rows=rows, doubts=doubts))


def tariff_line(request: Request) -> Response:
    """A tariff line or heading on a day: rates, units, what is under it."""
    on = request.query_params.get("on", "")[:10]
    page = _ask("hts_show", code=request.path_params["code"], on=on)
    return document(page.code, HERE, render.html("hts.html", p=page, on=on or date.today().isoformat()))
