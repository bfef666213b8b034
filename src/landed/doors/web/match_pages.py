"""Who gets whom: preferences dropped as a workbook, the result per person with its reason, who would envy whom, shares of roles, downloads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.asking import ask, may, page
from landed.doors.web.dropped import Kept, keep, kept, read, taking
from landed.doors.web.plan_pages import XLSX
from landed.doors.web.shell import document
from landed.doors.web.state import DATA
from landed.errors import LandedError
from landed.operations.match import TABLES
from landed.operations.tables import Document

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from landed.matching.model import Matching

HERE = "/match"
OWN = ("rows.css", "buy.css", "rows.js", "buy.js")
SIDES = ("candidates", "teams")
SHOWN = 400  # people on the page; the downloads hold all


def routes(app: FastAPI) -> None:
    """Add the page, its answer, its downloads and the drop of preferences."""
    from starlette.routing import Route

    for path, function in {HERE: match_page, "/match/answer": answer, "/match/match.json": as_json, "/match/match.csv": as_csv, "/match/match.xlsx": as_xlsx, "/match/workbook.xlsx": workbook_of}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))
    app.router.routes.append(Route("/match/file", taking("match", _take), methods=["POST"]))


@lru_cache(maxsize=1)
def example() -> dict[str, Any]:
    """The worked example: people, projects and teams."""
    found: dict[str, Any] = json.loads((DATA / "match_example.json").read_text(encoding="utf-8"))
    return found


def _said(request: Request) -> tuple[Kept, dict[str, str], bool]:
    """(the preferences, the fields, whether it is the worked example) of an address; raises FILE_NOT_FOUND."""
    query = request.query_params
    word = query.get("doc", "")[:40]
    best = query.get("best", "")
    seed = query.get("seed", "").strip()[:12]
    file = kept(word) if word else Kept("worked example", Document(example()))
    return file, {"doc": word, "best": best if best in SIDES else "candidates", "seed": seed, "tag": query.get("tag", "").strip()[:60], "least": query.get("least", "").strip()[:8]}, not word


def _request(file: Kept, f: Mapping[str, str]) -> dict[str, Any]:
    return {k: v for k, v in file.document.data.items() if k in TABLES} | {"optimal_for": f["best"], "seed": f["seed"] or 1}


def match_page(request: Request) -> Response:
    """The drop and the settings, with the result beside them."""
    may("match")
    file, f, first = _said(request)
    html = shown(file, f)
    counts = {name: len(rows) for name in TABLES if isinstance(rows := file.document.data.get(name), (list, tuple, dict))}
    query = urlencode([(k, v) for k, v in f.items() if v])
    body = render.html("match.html", file=file, f=f, first=first, counts=counts, answer=html, query=query, wrong={}, sides=[("candidates", "candidates (people, residents, buyers)"), ("teams", "teams (leads, hospitals, suppliers)")])
    return document("Match", HERE, body, own=OWN)


def answer(request: Request) -> Response:
    """The result of an address as JSON: the panel's HTML."""
    from starlette.responses import JSONResponse

    may("match")
    try:
        file, f, _ = _said(request)
        html = shown(file, f)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        html = render.html("buy_problem.html", problem=error, rows=[])
    return JSONResponse({"state": "done", "html": html, "wrong": {}})


def shown(file: Kept, f: Mapping[str, str]) -> str:
    """The panel of a result, or of what is wrong by cell."""
    from landed.matching.model import Matching

    try:
        found = ask("match", _request(file, f))
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        rows = [(file.document.place(str(e.get("where") or "")), f"{e.get('detail', '')}. {e.get('mend') or ''}".strip()) for e in error.extra.get("errors") or []]
        return render.html("buy_problem.html", problem=error, rows=rows)
    query = urlencode([(k, v) for k, v in f.items() if v])
    if not isinstance(found, Matching):
        return render.html("match_volumes.html", m=found, query=query)
    return render.html("match_answer.html", m=found, query=query, shown=SHOWN, report=_report(found, f), widest=max(found.profile, default=1) or 1)


def _report(found: Matching, f: Mapping[str, str]) -> dict[str, Any] | None:
    """Whether a share of the roles carries a tag, as asked."""
    if not f["tag"]:
        return None
    row = next((s for s in found.shares if s.tag.casefold() == f["tag"].casefold()), None)
    try:
        least = float(f["least"] or 0)
    except ValueError:
        least = 0.0
    places = sum(p.places for p in found.projects)
    share = row.share_of_places_pct if row else 0.0
    return {"tag": f["tag"], "row": row, "least": least, "holds": share >= least, "share": share, "places": places}


def _found(request: Request) -> Any:
    file, f, _ = _said(request)
    return ask("match", _request(file, f))


def as_json(request: Request) -> Response:
    """The whole answer as JSON."""
    from starlette.responses import JSONResponse

    from landed.operations.shape import plain

    return JSONResponse(plain(_found(request)), headers={"Content-Disposition": 'attachment; filename="landed-match.json"'})


def _sheets(found: Any) -> dict[str, list[list[Any]]]:
    from landed.matching.model import Matching
    from landed.operations.match import sheets_of

    if isinstance(found, Matching):
        return sheets_of(found)
    return {
        "Shares": [["buyer", "supplier", "units", "choice"], *[[s.buyer, s.supplier, s.units, s.choice] for s in found.shares]],
        "Unmet": [["buyer", "units"], *[list(row) for row in found.unmet]],
        "Spare": [["supplier", "units"], *[list(row) for row in found.spare]],
    }


def as_csv(request: Request) -> Response:
    """Who got whom, as CSV."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text

    first = next(iter(_sheets(_found(request)).values()))
    return Answer(csv_text(tuple(first[0]), [tuple(row) for row in first[1:]]), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-match.csv"'})


def as_xlsx(request: Request) -> Response:
    """The result as a workbook."""
    from starlette.responses import Response as Answer

    from landed.operations.tables import workbook

    return Answer(workbook(_sheets(_found(request))), media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="landed-match.xlsx"'})


def workbook_of(request: Request) -> Response:
    """The preferences of an address as a workbook to change and drop again."""
    from starlette.responses import Response as Answer

    from landed.operations.tables import workbook

    may("match")
    file, _, _ = _said(request)
    sheets: dict[str, list[list[Any]]] = {}
    for table in TABLES:
        rows = [row for row in file.document.data.get(table) or [] if isinstance(row, Mapping)]
        if rows:
            columns = list(dict.fromkeys(str(k) for row in rows for k in row))
            sheets[table.capitalize()] = [columns, *[["; ".join(map(str, v)) if isinstance(v := row.get(name), (list, tuple)) else v if v is None or isinstance(v, (int, float)) else str(v) for name in columns] for row in rows]]
    return Answer(workbook(sheets), media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="landed-preferences.xlsx"'})


def _take(data: bytes, name: str) -> Mapping[str, Any]:
    """Keep dropped preferences; what is wrong with them is told by cell at once."""
    from landed.operations.tables import at_cells

    found = read(data, name, TABLES, ("settings",))
    with at_cells(found.document):
        ask("match", {k: v for k, v in found.document.data.items() if k in TABLES})
    return {"doc": keep(found), "name": found.name}
