"""Classify: words and facts in, ranked codes with the one question and the money between them; confirm or override; the review queue of a catalogue."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document, stands
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from landed.operations.catalogue import Catalogue, CatalogueRow

HERE = "/classify"
OWN = ("classify.css", "classify.js", "seen.js")
EXAMPLE = {"text": "earrings", "value": "10000"}
FIELDS = ("text", "facts", "origin", "value", "on")
LONGEST = {"text": 8_000, "facts": 4_000}
A_PAGE = 50  # rows of a queue
LISTED = 30  # catalogues
FILTERS = {"open": "To look at", "review": "Money at stake", "check": "No duty at stake", "error": "Not read", "settled": "Sure", "decided": "Decided", "all": "All"}
STATES = {"done": "classified", "running": "working", "waiting": "waiting", "stopped": "stopped", "failed": "failed", "cancelled": "stopped"}
SHOWN = 8


def routes(app: FastAPI) -> None:
    """Add the page, its downloads and the review queue."""
    from starlette.routing import Route

    app.router.routes.append(Route(HERE, page(classify, HERE), methods=["GET"]))
    app.router.routes.append(Route(f"{HERE}/rationale.html", page(rationale, HERE), methods=["GET"]))
    app.router.routes.append(Route(f"{HERE}/rationale.json", page(rationale, HERE), methods=["GET"]))
    app.router.routes.append(Route(f"{HERE}/queue", page(queue, HERE), methods=["GET"]))
    app.router.routes.append(Route(f"{HERE}/queue.csv", page(queue_file, HERE), methods=["GET"]))


def _given(request: Request) -> dict[str, str]:
    """The form's fields as sent; the example where nothing was said."""
    query = request.query_params
    given = {name: query.get(name, "").strip() for name in FIELDS}
    if not any(given[name] for name in ("text", "facts")):
        first = next(iter(sorted(_starters())), "")
        return {**given, **EXAMPLE, "origin": given["origin"] or first, "first": "1"}
    return given


def _starters() -> tuple[str, ...]:
    from landed.doors.web.state import starters

    return tuple(starters()["sourcing"])[:1]


def facts_of(text: str) -> dict[str, str]:
    """Facts from lines such as "material: cotton"."""
    found = {}
    for line in text.replace(";", "\n").splitlines():
        name, mark, value = line.partition(":") if ":" in line else line.partition("=")
        if mark and name.strip() and value.strip():
            found[name.strip()[:100]] = value.strip()
    return found


def request_of(given: dict[str, str]) -> dict[str, Any]:
    """The request of `classify`; raises LandedError TEXT_TOO_LONG."""
    for name, most in LONGEST.items():
        if len(given.get(name, "")) > most:
            raise LandedError("TEXT_TOO_LONG", f"expected at most {most:,} letters, got {len(given[name]):,}", where=name, mend="Describe one product.")
    found: dict[str, Any] = {"text": given["text"], "attributes": facts_of(given["facts"])}
    return {**found, **{name: given[name] for name in ("origin", "on", "value") if given[name]}}


def _address(given: dict[str, str], path: str = HERE, **more: str) -> str:
    said = {name: value for name, value in {**given, **more}.items() if value and name in FIELDS}
    return f"{path}?{urlencode(said)}"


def classify(request: Request) -> Response:
    """The form and the answer."""
    given = _given(request)
    found, problem = None, None
    try:
        found = ask("classify", request_of(given))
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    answers = []
    if found and found.question:
        for each in found.question.answers:
            line = f"{found.question.fact}: {each.value}"
            kept = "\n".join(row for row in given["facts"].splitlines() if row.partition(":")[0].strip() != found.question.fact)
            code = next((c for c in found.candidates if c.hts_code == each.hts_code), None)
            answers.append((each, None if each.value == "other" else _address(given, facts=f"{kept}\n{line}".strip()), code))
    top = max((c.probability_hs6 for c in found.candidates), default=1.0) if found else 1.0
    body = render.html(
        "classify.html", given=given, c=found, problem=problem, answers=answers, countries=render.countries(), top=top or 1.0, shown=SHOWN, html=_address(given, f"{HERE}/rationale.html"),
        json=_address(given, f"{HERE}/rationale.json"), facts=facts_of(given["facts"]), here=_address(given), today=date.today().isoformat(), calculator=stands("/"), documents=stands("/documents"),
    )  # fmt: skip
    return document("Classify", HERE, body, 422 if problem and not given.get("first") else 200, own=OWN)


def rationale(request: Request) -> Response:
    """The rationale as a file: a page that a broker can keep, or JSON."""
    from starlette.responses import JSONResponse
    from starlette.responses import Response as Answer

    from landed.classify.rationale import as_html

    found = ask("classify", request_of(_given(request)))
    name = f"landed-classification-{found.candidates[0].hts_code.replace('.', '')}"
    if request.url.path.endswith(".json"):
        return JSONResponse(found.to_dict(), headers={"Content-Disposition": f'attachment; filename="{name}.json"'})
    return Answer(as_html(found), media_type="text/html; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.html"'})


def queue(request: Request) -> Response:
    """The kept catalogues; or, with `id`, one of them: its progress, its queue a page at a time, a decision for each row."""
    query = request.query_params
    identifier, after = query.get("id", ""), query.get("after", "")
    show = query.get("show", "open") if query.get("show") in FILTERS else "open"
    if not identifier:
        found = ask("catalogue_list", {"limit": LISTED, "cursor": after})
        body = render.html("classify_queue.html", c=None, kept=found.catalogues, more=found.next, countries=render.countries(), STATES=STATES)
        return document("Review queue", HERE, body, own=OWN)
    head = ask("catalogue_show", {"id": identifier})
    page_of = ask("catalogue_queue", {"id": identifier, "show": show, "limit": A_PAGE, "cursor": after})
    body = render.html(
        "classify_queue.html", c=head, rows=[_shown(row, head) for row in page_of.rows], more=page_of.next, after=after, show=show, FILTERS=FILTERS, STATES=STATES,
    )  # fmt: skip
    return document(head.name, HERE, body, own=OWN)


def _shown(row: CatalogueRow, head: Catalogue) -> dict[str, Any]:
    """A row of the queue as the page shows it; `a` holds every cell of the answer, or is empty while the row waits."""
    from landed.classify.catalogue import HEADINGS

    answer = {**dict.fromkeys(HEADINGS), **row.answer} if row.answer else {}
    return {"r": row, "a": answer, "name": str(row.product.get("id") or row.number), "text": str(row.product.get("text") or ""), "origin": bool(row.product.get("origin") or head.defaults.get("origin"))}


def queue_file(request: Request) -> Response:
    """The whole queue as CSV."""
    from starlette.responses import Response as Answer

    found = ask("catalogue_export", {"id": request.query_params.get("id", "")})
    return Answer("\ufeff" + found.csv, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-review-queue.csv"'})
