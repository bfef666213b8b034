"""The reasonable-care record of a product or an entry: questions by head, answers with evidence, who and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landed.doors.web import render
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/calendar"
OWN = ("rows.css", "comply.css", "care.js")
PILLS = {"yes": "complete", "no": "refused", "expert": "estimated", "not applicable": ""}


def routes(app: FastAPI) -> None:
    """Add the page and its download."""
    from starlette.routing import Route

    app.router.routes.append(Route("/calendar/care", page(care, HERE), methods=["GET"]))
    app.router.routes.append(Route("/calendar/care.csv", page(care_csv, HERE), methods=["GET"]))


def care(request: Request) -> Response:
    """The record as it stands; answers are stored by the API, one by one, and nothing earlier is overwritten."""
    from landed.doors.web.calendar_pages import tabs

    subject = request.query_params.get("subject", "").strip()[:300]
    first = not subject
    found, problem = None, None
    try:
        found = ask("care_record", {"subject": subject or first_visits()["care"]["subject"]})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    heads: dict[str, list[Any]] = {}
    given = first_visits()["care"]["answers"] if first else {}
    for question in found.questions if found else ():
        heads.setdefault(question.head, []).append((question, *given.get(question.id, (question.state, question.words, question.evidence))))
    answered = sum(bool(state) and state != "expert" for rows in heads.values() for _, state, _, _ in rows)
    body = render.html("care.html", tabs=tabs(), tab="/calendar/care", first=first, subject=subject, c=found, heads=heads, problem=problem, states=_states(), pills=PILLS, answered=answered)
    return document("Reasonable care", HERE, body, own=OWN)


def _states() -> tuple[str, ...]:
    from landed.compliance.care import STATES

    return STATES


def care_csv(request: Request) -> Response:
    """The record as CSV for the file."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text

    found = ask("care_record", {"subject": request.query_params.get("subject", "")})
    rows: list[tuple[Any, ...]] = [(q.head, q.text, q.state, q.words, q.evidence, q.who, q.at) for q in found.questions]
    return Answer(csv_text(("head", "question", "state", "words", "evidence", "who", "at"), rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-reasonable-care.csv"'})
