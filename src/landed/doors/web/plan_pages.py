"""Where to buy: a workbook of offers planned under laws that may come; scenarios, frontier, allocation, map, reasons, what-ifs, and a clash with its repair."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import charts, plan_charts, render
from landed.doors.web.address_rows import Column, pairs_of, rows_of
from landed.doors.web.asking import ask, may, page
from landed.doors.web.dropped import Kept, keep, kept, read, taking
from landed.doors.web.shell import document
from landed.doors.web.solves import Solve, solve, stop
from landed.doors.web.state import DATA, ready
from landed.errors import LandedError
from landed.operations.tables import Document

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.datastructures import QueryParams
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/plan"
OWN = ("rows.css", "buy.css", "rows.js", "buy.js")
SETTINGS = {"on": "arrival", "risk": "risk_weight", "tail": "tail_pct", "share": "max_origin_share_pct", "each": "max_supplier_share_pct", "count": "max_suppliers", "shift": "probability_shift_pct", "money": "holding_rate_pct", "gap": "gap_pct", "limit": "time_limit"}
WHAT_IF = ("offer", "cheaper", "law", "chance")
TABLES = ("skus", "suppliers", "offers", "lanes", "scenarios")
MOST_SECONDS = 30  # of one solve on this page
STUDIES_SECONDS = 45.0  # frontier, regret and wrong probabilities are worked out by themselves where they should take no longer
PATIENCE = 1.5  # seconds that the page waits for a quick plan before it shows the progress
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes(app: FastAPI) -> None:
    """Add the page, its answer, its downloads and the drop of a workbook."""
    from starlette.routing import Route

    for path, function in {HERE: plan_page, "/plan/answer": answer, "/plan/stop": stopped, "/plan/plan.json": plan_json, "/plan/plan.xlsx": plan_xlsx, "/plan/workbook.xlsx": workbook_of}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))
    app.router.routes.append(Route("/plan/file", taking("plan", _take), methods=["POST"]))


@lru_cache(maxsize=1)
def example() -> dict[str, Any]:
    """The worked example: a planning document, and the days on which the plan is priced again on the law that came."""
    found: dict[str, Any] = json.loads((DATA / "plan_example.json").read_text(encoding="utf-8"))
    return found


def scenario_columns() -> tuple[Column, ...]:
    """The columns of the scenario editor; the what-ifs are those that the law ships."""
    return (
        Column("sn", "What may come", "the law stays", share="1.5fr"), Column("so", "What-if laid over the law", kind="choice", options=(("", "none: the law of the day"), *ready().items()), share="1.7fr"),
        Column("sp", "With", "country=VN rate_pct=25", share="1.5fr"), Column("sc", "Chance, %", "40", "num", share=".8fr"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """The form as said in the address, over the document it speaks of."""

    fields: dict[str, str]
    scenarios: list[dict[str, str]]
    file: Kept
    first: bool

    @staticmethod
    def of(query: QueryParams) -> Said:
        """The form of an address; the worked example where no file is named. Raises FILE_NOT_FOUND."""
        word = query.get("doc", "")[:40]
        file = kept(word) if word else Kept("worked example", Document(example()["plan"]))
        names = (*SETTINGS, *WHAT_IF, "doc", "back", "studies")
        fields = {name: query.get(name, "").strip()[:200] for name in names}
        rows = rows_of(query, scenario_columns())
        given = dict(file.document.data.get("plan") or {}) if isinstance(file.document.data.get("plan"), Mapping) else {}
        for name, setting in SETTINGS.items():
            if not fields[name] and given.get(setting) not in (None, ""):
                fields[name] = str(given[setting])[:40]
        if not rows:
            rows = [_spoken(row) for row in file.document.data.get("scenarios") or [] if isinstance(row, Mapping)]
        if not word and "back" not in query:
            fields["back"] = ", ".join(example()["arrivals"])
        return Said(fields, rows, file, not word)

    def query(self, **changed: str) -> str:
        """The address of this plan with some fields changed."""
        fields = {**self.fields, **changed}
        return urlencode([(k, v) for k, v in fields.items() if v or (k == "back" and not self.fields["doc"])] + pairs_of(self.scenarios))

    def document(self) -> dict[str, Any]:
        """The planning document with what the form says laid over it."""
        base = dict(self.file.document.data)
        given = base.get("plan")
        settings = dict(given) if isinstance(given, Mapping) else {}
        for name, setting in SETTINGS.items():
            if self.fields[name]:
                settings[setting] = self.fields[name]
        base["plan"] = settings | {"time_limit": _capped(settings.get("time_limit"))}
        rows = [row for row in base.get("scenarios") or [] if isinstance(row, Mapping)]
        if self.scenarios != [_spoken(row) for row in rows]:
            base["scenarios"] = [_written(row, next((old for old in rows if _spoken(old) == row), {})) for row in self.scenarios]
        base.pop("studies", None)
        return base

    def supposed(self) -> dict[str, Any] | None:
        """The document under the what-if of the sliders, or None where they rest."""
        f = self.fields
        cheaper, chance = _number(f["cheaper"]), _number(f["chance"])
        found = self.document()
        moved = False
        if f["offer"] and cheaper:
            rows = [dict(row) for row in found.get("offers") or []]
            for n, row in enumerate(rows):
                if offer_name(row) == f["offer"]:
                    rows[n] = repriced(row, 1 + cheaper / 100)
                    moved = True
            found["offers"] = rows
        if f["law"] and chance is not None and found.get("scenarios"):
            rows = [dict(row) for row in found["scenarios"]]
            here = next((n for n, row in enumerate(rows) if str(row.get("name") or "") == f["law"]), None)
            if here is not None and Decimal(0) <= chance <= Decimal(100):
                rows = rechanced(rows, here, chance / 100)
                moved = moved or rows != [dict(row) for row in found["scenarios"]]
            found["scenarios"] = rows
        return found if moved else None


def _capped(seconds: Any) -> str:
    asked = _number(str(seconds)) if seconds not in (None, "") else None
    return str(seconds) if asked is None and seconds not in (None, "") else str(min(asked if asked is not None else Decimal(MOST_SECONDS), Decimal(MOST_SECONDS)))


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _spoken(row: Mapping[str, Any]) -> dict[str, str]:
    """A scenario as the form says it: the ready what-if apart from its parameters, the chance in percent."""
    overlay = row.get("overlay")
    if isinstance(overlay, Mapping):
        words = [str(overlay.get("use", "")), *(f"{k}={v}" for k, v in overlay.items() if k != "use")]
    else:
        words = str(overlay or "").split(" ")
    chance = _number(str(row.get("probability") if row.get("probability") is not None else ""))
    shown = f"{(chance * 100).normalize():f}" if chance is not None else str(row.get("probability") or "")
    return {"sn": str(row.get("name") or ""), "so": words[0], "sp": " ".join(words[1:]), "sc": shown}


def _written(row: Mapping[str, str], old: Mapping[str, Any]) -> dict[str, Any]:
    """A scenario of the form as the document holds it; an overlay that is no ready what-if never reaches the law."""
    chance = _number(row["sc"])
    found: dict[str, Any] = {k: v for k, v in old.items() if k in ("arrival", "known_on")}
    found |= {"name": row["sn"] or (ready().get(row["so"]) or "the law stays"), "probability": str(chance / 100) if chance is not None else row["sc"] or "missing"}
    if row["so"] in ready():
        found["overlay"] = f"{row['so']} {row['sp']}".strip()
    elif old.get("overlay"):
        found["overlay"] = old["overlay"]
    return found


def offer_name(row: Mapping[str, Any]) -> str:
    """The name of an offer, as the plan names it."""
    return str(row.get("offer") or f"{row.get('sku')} / {row.get('supplier')} / {row.get('origin')}").strip()


def repriced(row: Mapping[str, Any], factor: Decimal) -> dict[str, Any]:
    """An offer with all its prices times a factor."""
    found = dict(row)
    for key, value in row.items():
        if key == "price" or str(key).startswith("price"):
            amount = _number(str(value))
            found[key] = str(amount * factor) if amount is not None else value
    if row.get("breaks"):
        steps = []
        for part in str(row["breaks"]).split(";"):
            mark, _, price = part.partition(":")
            amount = _number(price)
            steps.append(f"{mark.strip()}: {(amount * factor).quantize(Decimal('0.000001'))}" if amount is not None else part)
        found["breaks"] = "; ".join(steps)
    return found


def rechanced(rows: list[dict[str, Any]], here: int, chance: Decimal) -> list[dict[str, Any]]:
    """Scenarios with one chance set; the others keep their proportions, and all sum to 1."""
    chances = [_number(str(row.get("probability"))) or Decimal(0) for row in rows]
    rest = sum(chances) - chances[here]
    left = 1 - chance
    for n, row in enumerate(rows):
        row["probability"] = str(chance if n == here else left * chances[n] / rest if rest else left / max(len(rows) - 1, 1))
    return rows


def plan_page(request: Request) -> Response:
    """The form with the plan, or with the progress where it takes longer."""
    may("plan")
    said = Said.of(request.query_params)
    found, wrong, base = shown(said, PATIENCE)
    data = said.document()
    offers = [offer_name(row) for row in data.get("offers") or [] if isinstance(row, Mapping)]
    counts = {name: len(data[name]) for name in TABLES if isinstance(data.get(name), (list, tuple))}
    body = render.html(
        "plan.html", said=said, f=said.fields, columns=scenario_columns(), wrong=wrong, rest=_others(wrong, said.file), answer=found["html"], state=found["state"], counts=counts, offers=offers,
        laws=[str(row.get("name") or "") for row in data.get("scenarios") or [] if isinstance(row, Mapping)], countries=render.countries(), query=said.query(), base=base, total=_total(said.scenarios),
    )  # fmt: skip
    return document("Plan", HERE, body, own=OWN)


def _total(rows: list[dict[str, str]]) -> str:
    """The sum of the chances in percent, as words."""
    return f"{sum((_number(row['sc']) or Decimal(0) for row in rows), Decimal(0)).normalize():f}"


def _others(wrong: Mapping[str, list[str]], file: Kept) -> list[tuple[str, str]]:
    """(cell, words) of the problems that stand beside no field of the form."""
    return [(file.document.place(place), words) for place, said in wrong.items() if place not in SETTINGS and not place.startswith("scenarios ") for words in said]


def answer(request: Request) -> Response:
    """The plan of an address as far as it is, as JSON: state, the panel's HTML, problems by place."""
    from starlette.responses import JSONResponse

    may("plan")
    try:
        said = Said.of(request.query_params)
        found, wrong, _ = shown(said, 0.25)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        return JSONResponse({"state": "failed", "html": render.html("buy_problem.html", problem=error, rows=[]), "wrong": {}, "total": ""})
    return JSONResponse({"state": found["state"], "html": found["html"], "wrong": wrong, "total": _total(said.scenarios)})


def key_of(parts: Any) -> str:
    """One word for a piece of work: the same document and settings are solved once."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def shown(said: Said, wait: float) -> tuple[dict[str, str], dict[str, list[str]], bool]:
    """({state, html}, problems by place, whether a what-if is laid over) of an address."""
    from landed.doors.web.address_rows import blamed

    supposed = said.supposed()
    base = said.document()
    back = [] if supposed else _days(said.fields["back"])
    forced = said.fields["studies"] == "yes"
    found = begin(base, back, forced, wait)
    other = begin(supposed, [], False, wait, quick=True) if supposed and found.state == "done" else None
    wrong: dict[str, list[str]] = {}
    each = next((one for one in (found, other) if one is not None and one.state == "failed"), None)
    if each is not None and each.problem is not None:
        if each.problem.code == "SCOPE_MISSING":
            raise each.problem
        for place, words in blamed(each.problem, {"scenarios": "scenarios"}).items():
            field = next((name for name, setting in SETTINGS.items() if place in (f"plan.{setting}", f"settings.{setting}")), place)
            if place.startswith("scenarios "):
                field = f"scenarios {int(place.split()[1]) - 1}"
            wrong[field] = words
        rows = [(said.file.document.place(str(e.get("where") or "")), f"{e.get('detail', '')}. {e.get('mend') or ''}".strip()) for e in each.problem.extra.get("errors") or []]
        return {"state": "failed", "html": render.html("buy_problem.html", problem=each.problem, rows=rows)}, wrong, False
    state = "running" if found.state in ("waiting", "running") or (other is not None and other.state in ("waiting", "running")) else found.state
    return {"state": state, "html": panel(said, found, other)}, wrong, supposed is not None


def _days(text: str) -> list[date]:
    found = []
    for part in text.replace(";", ",").split(","):
        try:
            found.append(date.fromisoformat(part.strip()))
        except ValueError:
            continue
    return found[:24]


def begin(data: Mapping[str, Any], back: list[date], forced: bool, wait: float, quick: bool = False) -> Solve:
    """The solve of a document: the plan first, then its studies and its test on the law that came, each shown as soon as it stands."""
    from landed.sourcing.program import Progress, watched

    def work(job: Solve) -> dict[str, Any]:
        def look(progress: Progress) -> bool:
            if progress.seconds == 0.0 and progress.best is None:
                job.check()
            job.told.update(best=progress.best, bound=progress.bound, gap=progress.gap, seconds=job.seconds, nodes=progress.nodes)
            return job.alive()

        with watched(look):
            job.told["doing"] = "asking the duty engine, then solving"
            answer: dict[str, Any] = {"plan": ask("plan", {**data, "studies": False}), "back": None, "studied": False}
            job.answer = answer
            took = job.seconds
            several = len(answer["plan"].outcomes) > 1
            if quick or answer["plan"].status == "infeasible":
                return answer
            if several and (forced or took * (8 + len(answer["plan"].outcomes)) < STUDIES_SECONDS):
                job.told["doing"] = "the frontier, regret and wrong probabilities"
                job.answer = answer = {**answer, "plan": ask("plan", {**data, "studies": True}), "studied": True}
            if back:
                job.told["doing"] = "pricing the plan on the law that came"
                job.answer = answer = {**answer, "back": tested(data, answer["plan"], back)}
            return answer

    return solve(key_of([data, [d.isoformat() for d in back], forced, quick]), work, wait)


def tested(data: Mapping[str, Any], found: Any, days: list[date]) -> dict[str, Any] | None:
    """The plan, and the plan of one who took the law as it stood, in equal shipments on the days, by the dated law; the problem in words where it cannot be."""
    from landed.operations.engine import engine
    from landed.sourcing.backtest import backtest

    try:
        naive = ask("plan", {**{k: v for k, v in data.items() if k != "scenarios"}, "studies": False})
        if naive.status == "infeasible":
            return {"problem": "No plan stands under the law of the day alone."}
        rows = [backtest(data, each.allocations, days, engine()) for each in (found, naive)]
    except LandedError as error:
        return {"problem": error.detail}
    onboarding = [each.outcomes[0].onboarding if each.outcomes else Decimal(0) for each in (found, naive)]
    totals = [sum((row.cost for row in mine), Decimal(0)) + extra for mine, extra in zip(rows, onboarding, strict=True)]
    rest = [total - mine[0].cost for total, mine in zip(totals, rows, strict=True)]
    return {"problem": "", "rows": list(zip(*rows, strict=True)), "duty": [sum((row.duty for row in mine), Decimal(0)) for mine in rows], "totals": totals, "saved": totals[1] - totals[0], "saved_later": rest[1] - rest[0] if len(days) > 1 else None}


def panel(said: Said, found: Solve, other: Solve | None) -> str:
    """What stands beside the form: the plan, the progress, or both."""
    answer = found.answer
    if answer is None:
        return render.html("plan_waiting.html", told=found.told, state=found.state, seconds=found.seconds, query=said.query())
    p = answer["plan"]
    changed = None
    if other is not None and other.answer is not None:
        changed = plan_charts.difference(p, other.answer["plan"])
    names = render.countries()
    return render.html(
        "plan_answer.html", p=p, said=said, query=said.query(), running=found.state == "running", told=found.told, studied=answer["studied"], back=answer["back"], changed=changed, waiting=other is not None and other.answer is None and other.state != "failed",
        frontier=plan_charts.frontier(p), bars=plan_charts.outcomes(p), map=plan_charts.origins(p, names), world=charts.world(), names=names, skus=plan_charts.by_sku(p), worth=100 - p.tail_pct,
    )  # fmt: skip


def stopped(request: Request) -> Response:
    """Stop the solve of an address."""
    from starlette.responses import JSONResponse

    may("plan")
    said = Said.of(request.query_params)
    base, back = said.document(), [] if said.supposed() else _days(said.fields["back"])
    return JSONResponse({"stopped": stop(key_of([base, [d.isoformat() for d in back], said.fields["studies"] == "yes", False]))})


def _whole(request: Request) -> Any:
    """The plan of an address, waited for as long as a download may take."""
    may("plan")
    said = Said.of(request.query_params)
    found = begin(said.document(), [] if said.supposed() else _days(said.fields["back"]), said.fields["studies"] == "yes", 60.0)
    found.over.wait(60.0 if found.answer is None else 20.0)
    if found.problem is not None:
        raise found.problem
    if found.answer is None:
        raise LandedError("BUSY", "the plan is still being solved", mend="Take the download when the page shows it.")
    return found.answer["plan"]


def plan_json(request: Request) -> Response:
    """The whole answer as JSON."""
    from starlette.responses import JSONResponse

    from landed.operations.shape import plain

    return JSONResponse(plain(_whole(request)), headers={"Content-Disposition": 'attachment; filename="landed-plan.json"'})


def plan_xlsx(request: Request) -> Response:
    """The plan as a workbook."""
    from starlette.responses import Response as Answer

    from landed.operations.plan import sheets_of
    from landed.operations.tables import workbook

    return Answer(workbook(sheets_of(_whole(request))), media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="landed-plan.xlsx"'})


def workbook_of(request: Request) -> Response:
    """The planning document of an address as a workbook to change and drop again."""
    from starlette.responses import Response as Answer

    from landed.operations.tables import workbook
    from landed.sourcing.read import TABLES as COLUMNS

    may("plan")
    data = Said.of(request.query_params).document()
    sheets: dict[str, list[list[Any]]] = {}
    for table, columns in COLUMNS.items():
        rows = [row for row in data.get(table) or [] if isinstance(row, Mapping)]
        extra = list(dict.fromkeys(str(k) for row in rows for k in row if k not in columns))
        sheets[table.capitalize()] = [[*columns, *extra], *[[_cell(row.get(name)) for name in (*columns, *extra)] for row in rows]]
    sheets["Plan"] = [["setting", "value"], *[[k, _cell(v)] for k, v in data["plan"].items()]]
    return Answer(workbook(sheets), media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="landed-sourcing.xlsx"'})


def _cell(value: Any) -> Any:
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value)
    return value if value is None or isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else str(value)


def _take(data: bytes, name: str) -> Mapping[str, Any]:
    """Keep a dropped workbook; a document that cannot be planned at all is told by cell at once."""
    from landed.operations.engine import engine
    from landed.operations.tables import at_cells
    from landed.sourcing.read import read_plan

    found = read(data, name, TABLES, ("plan",))
    with at_cells(found.document):
        read_plan({k: v for k, v in found.document.data.items() if k != "studies"}, engine().law)
    return {"doc": keep(found), "name": found.name}


