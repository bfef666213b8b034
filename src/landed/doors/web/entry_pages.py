"""A whole entry: a grid of lines with paste, currencies, fees once, questions to answer, the worksheet to download."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from landed.doors.web import render, wording
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.state import starters
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from landed.duty.model import Question
    from landed.entry.model import EntryAnswer

HERE = "/entry"
OWN = ("entry.css", "entry.js")
COLUMNS = (
    ("hts_code", "Tariff code"), ("country_of_origin", "Made in"), ("price", "Price"), ("quantity", "Quantity"), ("unit", "Unit"), ("reference", "Reference"),
    ("currency", "Currency"), ("exchange_rate", "USD for one"),
)  # fmt: skip
ANSWERS = len(COLUMNS)  # the hidden cell after them: answers to the line's questions, as in an address
CHARGES = (("freight", "International freight"), ("insurance", "Insurance"))
MODES = ("ocean", "air", "truck", "rail", "mail")
SPOKEN = {"entry.entry_date": "on", "entry.transport_mode": "mode", "entry.incoterm": "incoterm", "entry.currency": "currency", "entry.export_date": "exported", "entry.entry_type": "type"}
MOST_LINES = 2000  # rows that the page keeps; how many an entry may have, the operation says
SHOWN_STEPS = 60  # lines whose valuation is shown in full
SHOWN_QUESTIONS = 20
LONGEST_ADDRESS = 6000  # characters; a longer entry is posted and stands in no address
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes(app: FastAPI) -> None:
    """Add the pages and the worksheet downloads."""
    from starlette.routing import Route

    from landed.doors.web import audit_pages

    for path, function in {"/entry": entry, "/entry/worksheet.xlsx": worksheet, "/entry/worksheet.csv": worksheet}.items():
        shown = page(_with(function, {}), HERE)
        app.router.routes.append(Route(path, _either(function, shown), methods=["GET", "POST"]))
    audit_pages.routes(app)


def _with(function: Any, given: Mapping[str, str]) -> Any:
    return lambda request: function(request, given or {str(k): str(v) for k, v in request.query_params.items()})


def _either(function: Any, shown: Any) -> Any:
    """A page that takes its fields from the address, or from a form where the address would grow too long."""
    from anyio import to_thread

    async def answer(request: Request) -> Response:
        if request.method != "POST":
            found: Response = await to_thread.run_sync(shown, request)
            return found
        fields = {str(k): str(v) for k, v in (await request.form()).items()}
        found = await to_thread.run_sync(page(_with(function, fields), HERE), request)
        return found

    return answer


def _given(said: Mapping[str, str]) -> dict[str, str]:
    """The form's fields; the example where nothing was said."""
    return dict(said) if said.get("lines", "").strip() else {**starters()["entry"], "first": "1"}


def rows_of(given: Mapping[str, str]) -> list[list[str]]:
    """The lines as cells, answers last; raises LandedError TOO_LARGE."""
    rows = [row for row in given.get("lines", "").splitlines() if row.strip()]
    if len(rows) > MOST_LINES:
        raise LandedError("TOO_LARGE", f"expected at most {MOST_LINES} lines on this page, got {len(rows)}", where="lines", mend="Send catalogues through Batch, or split the entry.")
    return [([cell.strip() for cell in row.split("\t")] + [""] * (ANSWERS + 1))[: ANSWERS + 1] for row in rows]


def request_of(given: Mapping[str, str]) -> dict[str, Any]:
    """The request of the entry operation; raises LandedError TOO_LARGE."""
    header = {
        "entry_date": given.get("on", ""), "transport_mode": given.get("mode", ""), "incoterm": given.get("incoterm", ""), "entry_type": given.get("type", ""),
        "currency": given.get("currency", ""), "export_date": given.get("exported", ""),
    }  # fmt: skip
    lines = []
    for cells in rows_of(given):
        line: dict[str, Any] = {name: value for (name, _), value in zip(COLUMNS, cells, strict=False) if value}
        quantity, unit = line.pop("quantity", ""), line.pop("unit", "")
        if quantity and unit:
            line["quantities"] = [{"value": quantity, "unit": unit}]
        elif quantity:
            line["quantity"] = quantity
        if answers := dict(parse_qsl(cells[ANSWERS])):
            line["answers"] = answers
        lines.append(line)
    charges = [{"kind": kind, "amount": given[kind], "currency": "USD", "status": "actual", "separate": True} for kind, _ in CHARGES if given.get(kind)]
    rates = {**({given["currency"]: given["rate"]} if given.get("rate") and given.get("currency", "USD") != "USD" else {}), **({"file_text": given["rates"]} if given.get("rates", "").strip() else {})}
    return {"entry": {k: v for k, v in header.items() if v}, "lines": lines, **({"charges": charges} if charges else {}), **({"exchange_rates": rates} if rates else {})}


def entry(request: Request, said: Mapping[str, str]) -> Response:
    """The form, and what the entry owes."""
    from landed.duty.request import ENTRY_TYPES, INCOTERMS

    given = _given(said)
    found, problem = None, None
    rows: list[list[str]] = []
    try:
        rows = rows_of(given)
        found = ask("entry", request_of(given))
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    answered = [(number, name, value) for number, row in enumerate(rows, 1) for name, value in parse_qsl(row[ANSWERS])]
    rows += [[""] * (ANSWERS + 1)] * max(0, 4 - len(rows))
    wrong: dict[int, list[str]] = {}
    for each in problem.extra.get("errors", []) if problem else []:
        wrong.setdefault(int(each.get("line") or 0), []).append(f"{str(each['where']).partition(', ')[2] or each['where']}: {each['detail']}. {each['mend']}")
    field = _field(problem, given) if problem and not wrong else ""
    query = urlencode({k: v for k, v in given.items() if v and k != "first"})
    body = render.html(
        "entry.html", given=given, rows=rows, columns=COLUMNS, charges=CHARGES, modes=MODES, incoterms=INCOTERMS, types=ENTRY_TYPES, currencies=starters()["currencies"], found=found, problem=problem,
        wrong=wrong, field=field, query=query if len(query) <= LONGEST_ADDRESS else "", asked=grouped(found) if found else [], most=SHOWN_QUESTIONS, steps=SHOWN_STEPS, longest=LONGEST_ADDRESS,
        answered=_answered(answered), countries=render.countries(), zero=Decimal(0),
    )  # fmt: skip
    return document("Entry", HERE, body, own=OWN)


def _field(problem: LandedError, given: Mapping[str, str]) -> str:
    """The field of the form that a problem of the whole entry belongs to, or ""."""
    where = problem.where or ""
    if where.startswith("charges["):
        present = [kind for kind, _ in CHARGES if given.get(kind)]
        number = where[8:].partition("]")[0]
        return present[int(number)] if number.isdigit() and int(number) < len(present) else ""
    if where.startswith("exchange_rates"):
        return "rate"
    return "rates" if problem.code == "BAD_RATES_FILE" else SPOKEN.get(where, "")


def grouped(found: EntryAnswer) -> list[dict[str, Any]]:
    """The open questions, one group for the lines that ask the same: {id, text, kind, lines, options: [(label, value, change)], each}.

    The change of a group is the sum over its lines, None while one of them is not known. `each` holds the lines one by one.
    """
    groups: dict[tuple[Any, ...], list[tuple[int, Question]]] = {}
    for line in found.lines:
        for q in line.estimate.questions:
            if q.id != "transport_mode":
                groups.setdefault((q.id, q.text, q.kind, tuple(str(o.value) for o in q.options)), []).append((line.number, q))
    rows = []
    for (name, text, kind, _), asking in groups.items():
        first = asking[0][1]
        options = []
        for n, option in enumerate(first.options):
            changes = [q.options[n].change_usd for _, q in asking]
            options.append((option.label, wording.answer(option.value), None if None in changes else sum(c for c in changes if c is not None)))
        each = [(number, [(o.label, wording.answer(o.value), o.change_usd) for o in q.options]) for number, q in asking]
        rows.append({"id": name, "text": text, "kind": kind, "evidence": first.evidence, "affects": first.affects, "lines": [number for number, _ in asking], "options": options, "each": each})
    rows += [
        {"id": q.id, "text": q.text, "kind": q.kind, "evidence": q.evidence, "affects": q.affects, "lines": [], "options": [(o.label, wording.answer(o.value), o.change_usd) for o in q.options], "each": []}
        for q in found.questions
        if q.id == "transport_mode"
    ]
    return sorted(rows, key=lambda row: -max((abs(change) for _, _, change in row["options"] if change is not None), default=Decimal("Infinity")))


def _answered(given: list[tuple[int, str, str]]) -> list[dict[str, Any]]:
    """Answers that stand, one row for the lines that say the same, so that each can be taken back."""
    from landed.operations.engine import engine

    facts = engine().law.facts
    rows: dict[tuple[str, str], list[int]] = {}
    for number, name, value in given:
        rows.setdefault((name, value), []).append(number)
    return [{"id": name, "value": value, "lines": lines, "text": facts[name].question if name in facts else name.replace("_", " ").capitalize()} for (name, value), lines in rows.items()]


def worksheet(request: Request, said: Mapping[str, str]) -> Response:
    """The worksheet of the entry as XLSX or CSV."""
    from starlette.responses import Response as Answer

    from landed.entry.filing import worksheet_csv
    from landed.entry.sheets import worksheet_xlsx

    found = ask("entry", request_of(_given(said)))
    if request.url.path.endswith(".csv"):
        return Answer(worksheet_csv(found), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-worksheet.csv"'})
    return Answer(worksheet_xlsx(found), media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="landed-worksheet.xlsx"'})
