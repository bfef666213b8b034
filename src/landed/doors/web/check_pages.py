"""May I import it: parties and vessels screened against the lists in force, with what each match means and who decided what."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.address_rows import Column, blamed, pairs_of, rows_of, unplaced
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/check"
OWN = ("rows.css", "comply.css", "rows.js", "check.js")
KINDS = (("party", "any party"), ("company", "company"), ("person", "person"), ("vessel", "vessel"), ("bank", "bank"))
PARTIES = (
    Column("who", "Name", "maker, seller, vessel, bank", share="1.8fr"), Column("land", "Country", kind="country", share=".7fr"), Column("kind", "Is", kind="choice", options=KINDS, share=".9fr"),
    Column("at", "Address", "with its number", share="1.5fr"), Column("number", "Number", "IMO, BIC", share=".9fr"),
)  # fmt: skip
MOST_PARTIES = 100
PARTS = (("/check/goods", "Goods", "requirements"), ("/check/origin", "Origin", "origin_guide"), ("/check/usmca", "USMCA value", "regional_value"), ("/check/risk", "Risk", "risk"))
FAMILIES = {"agency": "Other agencies, by the flags of the code", "law": "Laws that ask of all such goods", "forced_labour": "Forced labour", "ad_cvd": "Antidumping and countervailing orders, possible"}
STATES = {"must": "complete", "may": "estimated", "pending": "estimated", "answered": ""}
PULLED = (("csl", "Consolidated Screening List (OFAC, BIS, State)"), ("un", "UN Security Council list"), ("uflpa", "UFLPA Entity List"))


def routes(app: FastAPI) -> None:
    """Add the pages."""
    from starlette.routing import Route

    from landed.doors.web import origin_pages, risk_pages

    table = {HERE: parties, "/check/screened.csv": screened_csv, "/check/goods": goods, "/check/goods.csv": goods_csv}
    for path, function in table.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))
    origin_pages.routes(app)
    risk_pages.routes(app)


def tabs() -> list[tuple[str, str]]:
    """The parts of this page whose operations stand here."""
    from landed.operations.registry import operations

    declared = {operation.name for operation in operations()}
    return [(HERE, "Parties"), *((href, label) for href, label, needed in PARTS if needed in declared)]


def _asked(row: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in {"name": row["who"], "country": row["land"], "kind": row["kind"] or "party", "address": row["at"], "identifier": row["number"]}.items() if v}


def _screened(rows: list[dict[str, str]]) -> tuple[list[tuple[dict[str, str], Any]], dict[str, list[str]]]:
    """(row, answer) of each party, and what is wrong by row."""
    found: list[tuple[dict[str, str], Any]] = []
    wrong: dict[str, list[str]] = {}
    for number, row in enumerate(rows[:MOST_PARTIES]):
        try:
            found.append((row, ask("screen", _asked(row))))
        except LandedError as error:
            if error.code in ("SCOPE_MISSING", "EXTRA_REQUIRED", "DATA_FOLDER", "BAD_LIST"):
                raise
            wrong.setdefault(f"parties {number}", []).append(f"{error.detail}. {error.mend}")
    return found, wrong


def parties(request: Request) -> Response:
    """The form, the answer for each party, and the lists it rests on."""
    rows = rows_of(request.query_params, PARTIES)
    first = not rows
    found: list[tuple[dict[str, str], Any]] = []
    wrong: dict[str, list[str]] = {}
    problem = None
    try:
        if first:
            rows = [dict(row) for row in first_visits()["parties"]["asked"]]
            found = invented(rows)
        else:
            found, wrong = _screened(rows)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    lists = ask("lists_status", {})
    outcomes = [answer.outcome for _, answer in found]
    body = render.html(
        "check.html", tabs=tabs(), tab=HERE, rows=rows, columns=PARTIES, first=first, found=found, wrong=wrong, problem=problem, lists=lists, pulled=PULLED, countries=render.countries(),
        hits=sum(o == "hit" for o in outcomes), reviews=sum(o == "review" for o in outcomes), unsure=sum(o in ("stale", "incomplete") for o in outcomes), query=urlencode(pairs_of(rows)), kind=_pill, again=f"{HERE}?{urlencode(pairs_of(rows))}",
        asked=_asked, most=MOST_PARTIES,
    )  # fmt: skip
    return document("Check", HERE, body, own=OWN)


def _pill(outcome: str) -> str:
    """The class that colours an outcome."""
    return outcome if outcome in ("hit", "review", "stale", "incomplete") else "none"


def invented(rows: list[dict[str, str]]) -> list[tuple[dict[str, str], Any]]:
    """The worked example: invented parties against invented entries, compared as real ones are."""
    from landed.compliance.model import NO_MATCH, Entry, ListFile, Party, Screening
    from landed.compliance.screening import Screener

    today = date.today()
    made = ListFile("example", "Invented list", today, "stated", "0" * 64, 3, today.isoformat(), 0, False)
    listed: list[dict[str, Any]] = first_visits()["parties"]["listed"]
    entries = tuple(Entry(e["list"], e["id"], e["kind"], tuple(e["names"]), countries=tuple(e.get("countries", ())), ids=tuple(e.get("ids", ())), programmes=tuple(e.get("programmes", ()))) for e in listed)
    screener = Screener([(made, entries)])
    found = []
    for row in rows:
        asked = _asked(row)
        matches = screener.matches(Party(asked["name"], asked.get("country", ""), asked.get("address", ""), row["kind"] or "party", asked.get("identifier", "")))  # type: ignore[arg-type]
        outcome = "hit" if any(m.strength == "hit" for m in matches) else "review" if matches else f"{NO_MATCH} {today}"
        why = "compared with three invented entries" if matches else "no invented entry has such a party"
        found.append((row, Screening(row["who"], outcome, why, matches, (("example", today, "0" * 64),))))
    return found


def _goods(request: Request) -> tuple[dict[str, str], dict[str, str], bool]:
    """(goods as said, answers, whether they are the worked example)."""
    query = request.query_params
    shown = {name: query.get(name, "").strip()[:100] for name in ("code", "made", "on")}
    if not (shown["code"] or shown["made"]):
        example = first_visits()["goods"]
        return {name: example[name] for name in shown}, dict(example["answers"]), True
    return shown, {k[2:]: v.strip()[:300] for k, v in query.items() if k.startswith("a.") and v.strip()}, False


def _requirements(shown: dict[str, str], answers: dict[str, str]) -> Any:
    asked = {"hts_code": shown["code"], "country_of_origin": shown["made"], **({"on": shown["on"]} if shown["on"] else {})}
    try:
        return ask("requirements", {**asked, "answers": answers})
    except LandedError as error:
        if error.code != "UNKNOWN_QUESTION":
            raise
        # Answers of other goods, left in the address: those that fit these goods are kept.
        known = {q.id for item in ask("requirements", asked).items for q in item.questions}
        return ask("requirements", {**asked, "answers": {k: v for k, v in answers.items() if k in known}})


def goods(request: Request) -> Response:
    """What agencies and laws may ask of goods by code and origin, with documents and the questions that decide."""
    shown, answers, first = _goods(request)
    found, problem = None, None
    try:
        found = _requirements(shown, answers)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    wrong = {{"hts_code": "code", "country_of_origin": "made"}.get(place, place): said for place, said in blamed(problem, {}).items()}
    from landed.schedule.codes import dotted

    families: dict[str, list[Any]] = {}
    for item in found.items if found else ():
        families.setdefault(item.family, []).append(item)
    asked_in_all = sum(len(item.questions) for item in found.items) if found else 0
    body = render.html(
        "check_goods.html", tabs=tabs(), tab="/check/goods", shown=shown, first=first, r=found, families=[(FAMILIES.get(name, name), items) for name, items in families.items()], wrong=wrong,
        rest=unplaced(wrong, ("code", "made", "on"), ()), countries=render.countries(), questions=asked_in_all, dotted=dotted, must=[i for i in found.items if i.state == "must"] if found else [], pills=STATES,
        query=urlencode([*((k, v) for k, v in shown.items() if v), *((f"a.{k}", v) for k, v in answers.items())]),
    )  # fmt: skip
    return document("Goods", HERE, body, own=OWN)


def goods_csv(request: Request) -> Response:
    """The requirements as a checklist in CSV."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text

    shown, answers, _ = _goods(request)
    found = _requirements(shown, answers)
    columns = ("family", "agency", "requirement", "state", "because", "documents", "questions", "answers", "citation", "verified", "as_of")
    rows: list[tuple[Any, ...]] = [
        (i.family, i.agency, i.title, i.state, i.because, "; ".join(i.documents), " | ".join(q.text for q in i.questions), " | ".join(q.answer for q in i.questions), "; ".join(i.citation), "yes" if i.verified else "no", i.as_of)
        for i in found.items
    ]
    return Answer(csv_text(columns, rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="landed-requirements-{found.hts_code}-{found.country_of_origin}.csv"'})


def screened_csv(request: Request) -> Response:
    """Every party with outcome, matches and what they mean as CSV."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text

    rows = rows_of(request.query_params, PARTIES)
    found, _ = _screened(rows) if rows else (invented([dict(row) for row in first_visits()["parties"]["asked"]]), {})
    columns = ("party", "country", "outcome", "why", "list", "entry", "listed_name", "score", "because", "effect", "citation", "list_dated", "list_sha256", "decided")
    table: list[tuple[Any, ...]] = []
    for row, answer in found:
        matches = (*answer.matches, *answer.set_aside)
        table += [(row["who"], row["land"], answer.outcome, answer.why, m.list, m.entry, m.name, m.score, m.because, m.effect, m.citation, m.list_dated, m.list_sha256, m.decided) for m in matches]
        if not matches:
            table.append((row["who"], row["land"], answer.outcome, answer.why, *("",) * 10))
    return Answer(csv_text(columns, table), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-screening.csv"'})
