"""Classify: words and facts in, ranked codes with the one question and the money between them; confirm or override; the review queue of a catalogue."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.asking import ask, may, page
from landed.doors.web.shell import document, stands
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/classify"
OWN = ("classify.css", "classify.js")
EXAMPLE = {"text": "earrings", "value": "10000"}
FIELDS = ("text", "facts", "origin", "value", "on")
LONGEST = {"text": 8_000, "facts": 4_000}
MOST_ROWS = 400  # of a catalogue on the page; longer ones go through the command line
SHOWN = 8


def routes(app: FastAPI) -> None:
    """Add the page, its downloads and the review queue."""
    from starlette.routing import Route

    app.router.routes.append(Route(HERE, page(classify, HERE), methods=["GET"]))
    app.router.routes.append(Route(f"{HERE}/rationale.html", page(rationale, HERE), methods=["GET"]))
    app.router.routes.append(Route(f"{HERE}/rationale.json", page(rationale, HERE), methods=["GET"]))
    app.router.routes.append(Route(f"{HERE}/queue", queue, methods=["GET", "POST"]))


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


async def queue(request: Request) -> Response:
    """The review queue of a catalogue: a file posted, its rows answered and ranked by the money at stake."""
    from anyio import to_thread

    content, name, origin = b"", "", ""
    if request.method == "POST":
        form = await request.form(max_files=1, max_fields=10)
        file = form.get("file")
        origin = str(form.get("origin") or "")[:60]
        if hasattr(file, "read"):
            content, name = await file.read(), str(file.filename or "")  # type: ignore[union-attr]
    return await to_thread.run_sync(lambda: page(lambda _: _queue(content, name, origin, request.method == "POST"), HERE)(request))


def _queue(content: bytes, name: str, origin: str, posted: bool) -> Response:
    rows: list[dict[str, Any]] = []
    problem = None
    may("classify")
    try:
        if posted:
            rows = _answered(content, name, origin)
    except LandedError as error:
        problem = error
    counts = {status: sum(row["status"] == status for row in rows) for status in ("review", "check", "settled", "error")}
    from decimal import Decimal

    stake = sum((Decimal(str(row["at_stake_usd"])) for row in rows if row["status"] == "review" and row["at_stake_usd"] not in (None, "")), Decimal(0))
    body = render.html("classify_queue.html", rows=rows, counts=counts, stake=stake, problem=problem, name=name, origin=origin, countries=render.countries(), most=MOST_ROWS, posted=posted)
    return document("Review queue", HERE, body, 422 if problem else 200, own=OWN)


def _answered(content: bytes, name: str, origin: str) -> list[dict[str, Any]]:
    import tempfile
    from pathlib import Path

    from landed.classify.catalogue import read_catalogue, review_queue
    from landed.operations.classify import answer_one

    if not content:
        raise LandedError("EMPTY_FILE", "the catalogue has nothing in it", where="file", mend="Choose a CSV or XLSX with a column for the goods.")
    suffix = Path(name).suffix.lower()
    if suffix not in (".csv", ".tsv", ".txt", ".xlsx"):
        raise LandedError("UNKNOWN_FORMAT", f"expected a CSV or XLSX file, got {suffix[:10] or 'no ending'}", where="file", mend="Save the catalogue as one of them.")
    if suffix == ".xlsx":
        from landed.doors.api.files import check_content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"catalogue{suffix}"
        path.write_bytes(content)
        if suffix == ".xlsx":
            check_content(path, "xlsx")
        products = read_catalogue(path)
    if len(products) > MOST_ROWS:
        raise LandedError("TOO_MANY_ROWS", f"expected at most {MOST_ROWS} products on this page, got {len(products):,}", where="file", mend="Run `landed classify --catalogue FILE` for thousands.")
    common = {"origin": origin} if origin else {}
    return review_queue(products, lambda product: answer_one({**common, **product}, limit=3))
