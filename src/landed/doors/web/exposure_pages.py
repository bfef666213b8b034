"""What a law does to the business: profit and loss by product, sliders for who reacts and how, what drives it, break-evens, concentration; and a price series around tariff days."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render
from landed.doors.web.address_rows import Column, blamed, pairs_of, rows_of
from landed.doors.web.asking import ask, may, page
from landed.doors.web.dropped import Kept, keep, kept, read, taking
from landed.doors.web.plan_pages import XLSX
from landed.doors.web.shell import document
from landed.doors.web.state import DATA, ready
from landed.errors import LandedError
from landed.operations.tables import Document

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.datastructures import QueryParams
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/exposure"
OWN = ("rows.css", "buy.css", "rows.js", "buy.js")
TABLES = ("skus", "markets", "scenarios")
SETTINGS = {"on": "on", "before": "before_on", "rho": "border_pass_through", "form": "price_form", "pass": "pass_through", "fixed": "fixed_cost", "cash": "cash_days", "tail": "tail_pct", "market": "stress_market"}
LAW = ("overlay", "with")
FACTOR = "react"  # every elasticity times this
MOST_EDITED = 24  # products that stand in the form and the address; more stay in the file
ROWS = (
    Column("p_sku", "Product", "Toy truck", share="1.4fr"), Column("p_code", "Tariff code", kind="code", share="1.3fr"), Column("p_made", "Made in", kind="country", share=".7fr"), Column("p_price", "Price", "19.90", "num", share=".8fr"),
    Column("p_volume", "Units a year", "24000", "num", share=".9fr"), Column("p_value", "Customs value", "4.20", "num", share=".9fr"), Column("p_freight", "Freight", "0.30", "num", share=".7fr"), Column("p_other", "Other cost", "6.00", "num", share=".8fr"), Column("p_e", "Elasticity", "1.5", "num", share=".8fr"),
)  # fmt: skip
NAMES = {"p_sku": "sku", "p_code": "hts_code", "p_made": "origin", "p_price": "price", "p_volume": "volume", "p_value": "customs_value", "p_freight": "freight", "p_other": "other", "p_e": "elasticity"}
WORDS = {"border": "border pass-through", "pass_through": "pass-through to the price", "elasticity": "volume response, times what is given"}


def routes(app: FastAPI) -> None:
    """Add the page, its answer, its downloads and the drops of books and of prices."""
    from starlette.routing import Route

    for path, function in {HERE: exposure_page, "/exposure/answer": answer, "/exposure/exposure.json": as_json, "/exposure/exposure.csv": as_csv, "/exposure/workbook.xlsx": workbook_of, "/exposure/prices.csv": example_prices}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))
    app.router.routes.append(Route("/exposure/file", taking("exposure", _take), methods=["POST"]))
    app.router.routes.append(Route("/exposure/prices", taking("market", _take_prices), methods=["POST"]))


@lru_cache(maxsize=1)
def example() -> dict[str, Any]:
    """The worked example: books, and a made-up price series with its days."""
    found: dict[str, Any] = json.loads((DATA / "exposure_example.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """The form as said in the address, over the books it speaks of."""

    fields: dict[str, str]
    rows: list[dict[str, str]]
    file: Kept
    prices: Kept | None
    first: bool

    @staticmethod
    def of(query: QueryParams) -> Said:
        """The form of an address; the worked example where no file is named. Raises FILE_NOT_FOUND."""
        word, series = query.get("doc", "")[:40], query.get("prices", "")[:40]
        file = kept(word) if word else Kept("worked example", Document(example()["books"]))
        prices = kept(series) if series else None
        fields = {name: query.get(name, "").strip()[:200] for name in (*SETTINGS, *LAW, FACTOR, "doc", "prices", "events", "window")}
        data = file.document.data
        stated = data.get("exposure")
        given: Mapping[str, Any] = stated if isinstance(stated, Mapping) else {}
        for name, setting in SETTINGS.items():
            if not fields[name] and given.get(setting) not in (None, ""):
                fields[name] = str(given[setting])[:40]
        if "overlay" not in query and isinstance(given.get("overlay"), str):
            head, _, rest = given["overlay"].partition(" ")
            fields["overlay"], fields["with"] = head, fields["with"] or rest
        if prices is None and "events" not in query:
            fields["events"] = ", ".join(example()["events"])
        products = [row for row in data.get("skus") or [] if isinstance(row, Mapping)]
        rows = rows_of(query, ROWS) or ([_spoken(row) for row in products] if len(products) <= MOST_EDITED else [])
        return Said(fields, rows, file, prices, not word)

    def query(self, **changed: str) -> str:
        """The address with some fields changed."""
        return urlencode([(k, v) for k, v in {**self.fields, **changed}.items() if v] + pairs_of(self.rows))

    def document(self) -> dict[str, Any]:
        """The books with what the form says laid over them."""
        f, base = self.fields, dict(self.file.document.data)
        given = base.get("exposure")
        settings = dict(given) if isinstance(given, Mapping) else {}
        settings |= {setting: f[name] for name, setting in SETTINGS.items() if f[name]}
        known = str(settings.get("overlay") or "").partition(" ")[0]
        if f["overlay"] in ready():
            settings["overlay"] = f"{f['overlay']} {f['with']}".strip()
        elif f["overlay"] != known:
            settings.pop("overlay", None)
        base["exposure"] = settings
        products = [row for row in base.get("skus") or [] if isinstance(row, Mapping)]
        if self.rows:
            before = {str(row.get("sku")): row for row in products}
            base["skus"] = [{**before.get(row["p_sku"], {}), **{NAMES[k]: v for k, v in row.items() if v or NAMES[k] in before.get(row["p_sku"], {})}} for row in self.rows]
        factor = _number(f[FACTOR])
        if factor is not None and factor >= 0:
            base["skus"] = [_factored(row, factor) for row in base.get("skus") or []]
        return base


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _spoken(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(row.get(ours) if row.get(ours) is not None else "")[:200] for name, ours in NAMES.items()}


def _factored(row: Any, factor: Decimal) -> Any:
    if not isinstance(row, Mapping):
        return row
    amount = _number(str(row.get("elasticity") if row.get("elasticity") is not None else ""))
    return {**row, "elasticity": str(amount * factor)} if amount is not None else row


def exposure_page(request: Request) -> Response:
    """The form with the answer beside it."""
    may("exposure")
    said = Said.of(request.query_params)
    html, wrong = shown(said)
    body = render.html(
        "exposure.html", said=said, f=said.fields, columns=ROWS, wrong=wrong, answer=html, overlays=[("", "none: the law of the day"), *ready().items()], forms=[("dollar", "of the extra cost, in dollars"), ("retail", "of the tariff, in the shelf price")],
        countries=render.countries(), query=said.query(), own_overlay=str((said.file.document.data.get("exposure") or {}).get("overlay") or "") if isinstance(said.file.document.data.get("exposure"), Mapping) else "",
    )  # fmt: skip
    return document("Exposure", HERE, body, own=OWN)


def answer(request: Request) -> Response:
    """The answer of an address as JSON: the panel's HTML and problems by place."""
    from starlette.responses import JSONResponse

    may("exposure")
    try:
        html, wrong = shown(Said.of(request.query_params))
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        html, wrong = render.html("buy_problem.html", problem=error, rows=[]), {}
    return JSONResponse({"state": "done", "html": html, "wrong": wrong})


def shown(said: Said) -> tuple[str, dict[str, list[str]]]:
    """(the panel, problems by place) of an address."""
    try:
        found = ask("exposure", said.document())
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        wrong: dict[str, list[str]] = {}
        for place, words in blamed(error, {"skus": "skus"} if said.rows else {}).items():
            field = next((name for name, setting in SETTINGS.items() if place == f"exposure.{setting}"), "overlay" if "overlay" in place else place)
            wrong[f"skus {int(place.split()[1]) - 1}" if place.startswith("skus ") else field] = words
        rows = [(said.file.document.place(str(e.get("where") or "")), f"{e.get('detail', '')}. {e.get('mend') or ''}".strip()) for e in error.extra.get("errors") or []]
        return render.html("buy_problem.html", problem=error, rows=rows), wrong
    prices, problem = priced(said)
    return render.html(
        "exposure_answer.html", x=found, said=said, query=said.query(), names=render.countries(), bars=waterfall(found), swings=tornado(found), market=prices, market_problem=problem, series=_series(said), words=WORDS,
        worst=sorted(found.lines, key=lambda line: line.change), worth=found.at_risk.tail_pct if found.at_risk else None,
    ), {}  # fmt: skip


def waterfall(found: Any) -> list[dict[str, Any]]:
    """Contribution before, each effect and contribution after: places in percent of the widest."""
    steps = [("before", found.contribution_before, True), ("duty", found.duty_effect, False), ("the supplier gives way", found.supplier_effect, False), ("price", found.price_effect, False), ("volume", found.volume_effect, False), ("after", found.contribution_after, True)]
    rows, level = [], Decimal(0)
    for name, amount, whole in steps:
        start, end = (Decimal(0), amount) if whole else (level, level + amount)
        level = end
        rows.append((name, amount, whole, min(start, end), max(start, end)))
    low, high = min(min(r[3] for r in rows), Decimal(0)), max(r[4] for r in rows)
    span = float(high - low) or 1.0
    return [{"name": name, "amount": amount, "whole": whole, "left": round(float(a - low) * 100 / span, 2), "width": round(float(b - a) * 100 / span, 2), "zero": round(float(-low) * 100 / span, 2)} for name, amount, whole, a, b in rows]


def tornado(found: Any) -> dict[str, Any]:
    """Each assumption as a bar from its one end to the other, with the change as assumed as a line."""
    values = [v for s in found.tornado for v in (s.at_low, s.at_high)] + [found.change, Decimal(0)]
    low, high = min(values), max(values)
    span = float(high - low) or 1.0

    def at(value: Decimal) -> float:
        return round(float(value - low) * 100 / span, 2)

    rows = [{"s": s, "left": min(at(s.at_low), at(s.at_high)), "width": round(abs(at(s.at_high) - at(s.at_low)), 2)} for s in found.tornado]
    return {"rows": rows, "here": at(found.change), "zero": at(Decimal(0))}


def _rows_of_prices(said: Said) -> list[dict[str, Any]]:
    if said.prices is not None:
        return list(said.prices.document.data.get("prices") or [])
    return [{"date": day, "close": close, "market": market} for day, close, market in example()["prices"]]


def priced(said: Said) -> tuple[Any, LandedError | None]:
    """The price series read for its high and its events, or the problem."""
    asked: dict[str, Any] = {"prices": _rows_of_prices(said), "events": [part.strip() for part in said.fields["events"].replace(";", ",").split(",") if part.strip()][:12]}
    if said.fields["window"]:
        asked["window"] = said.fields["window"]
    try:
        return ask("market", asked), None
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        if said.prices is not None:
            error.where = said.prices.document.place(error.where)
        return None, error


def _series(said: Said) -> dict[str, Any] | None:
    """The closes as a line, the high of the last 252 and the events as places, in percent."""
    rows = []
    for row in _rows_of_prices(said):
        amount = _number(str(row.get("close") or ""))
        if amount is not None and row.get("date"):
            rows.append((str(row["date"])[:10], float(amount)))
    if len(rows) < 2:
        return None
    thin = rows[:: max(1, len(rows) // 600)] + rows[-1:]
    low, high = min(v for _, v in rows), max(v for _, v in rows)
    span = (high - low) or 1.0
    n = len(rows)
    at = {day: round(k * 100 / (n - 1), 2) for k, (day, _) in enumerate(rows)}
    line = " ".join(f"{at[day]},{round(96 - (v - low) * 90 / span, 2)}" for day, v in thin)
    top = max(v for _, v in rows[-252:])
    marks = []
    for part in said.fields["events"].replace(";", ",").split(","):
        near = next((at[day] for day, _ in rows if day >= part.strip()), None) if part.strip() else None
        if near is not None:
            marks.append((part.strip(), near))
    return {"line": line, "high": round(96 - (top - low) * 90 / span, 2), "marks": marks, "first": rows[0], "last": rows[-1], "n": n}


def as_json(request: Request) -> Response:
    """The whole answer as JSON."""
    from starlette.responses import JSONResponse

    from landed.operations.shape import plain

    return JSONResponse(plain(ask("exposure", Said.of(request.query_params).document())), headers={"Content-Disposition": 'attachment; filename="landed-exposure.json"'})


def as_csv(request: Request) -> Response:
    """The products as CSV."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text

    found = ask("exposure", Said.of(request.query_params).document())
    columns = ("sku", "origin", "market", "duty_before_pct", "duty_after_pct", "unit_cost_before", "unit_cost_after", "price_before", "price_after", "volume_before", "volume_after", "contribution_before", "contribution_after", "duty_effect", "supplier_effect", "price_effect", "volume_effect", "change")
    rows: list[tuple[Any, ...]] = [tuple(getattr(line, name) for name in columns) for line in found.lines]
    return Answer(csv_text(columns, rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-exposure.csv"'})


def workbook_of(request: Request) -> Response:
    """The books of an address as a workbook to change and drop again."""
    from starlette.responses import Response as Answer

    from landed.operations.tables import workbook

    may("exposure")
    data = Said.of(request.query_params).document()
    sheets: dict[str, list[list[Any]]] = {}
    for table in TABLES:
        rows = [row for row in data.get(table) or [] if isinstance(row, Mapping)]
        columns = list(dict.fromkeys(str(k) for row in rows for k in row))
        if columns:
            sheets[table.capitalize() if table != "skus" else "Skus"] = [columns, *[[json.dumps(v) if isinstance(v := row.get(name), (Mapping, list)) else v if v is None or isinstance(v, (int, float)) else str(v) for name in columns] for row in rows]]
    sheets["Exposure"] = [["setting", "value"], *[[k, str(v)] for k, v in data["exposure"].items()]]
    return Answer(workbook(sheets), media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="landed-books.xlsx"'})


def example_prices(request: Request) -> Response:
    """The made-up price series as CSV, to see the columns."""
    from starlette.responses import Response as Answer

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("date", "close", "market"))
    writer.writerows(example()["prices"])
    return Answer(out.getvalue(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-prices-made-up.csv"'})


def _take(data: bytes, name: str) -> Mapping[str, Any]:
    """Keep dropped books; what is wrong with them is told by cell at once."""
    from landed.operations.tables import at_cells

    found = read(data, name, TABLES, ("exposure",))
    with at_cells(found.document):
        ask("exposure", found.document.data)
    return {"doc": keep(found), "name": found.name}


def _take_prices(data: bytes, name: str) -> Mapping[str, Any]:
    """Keep a dropped price series; what is wrong with it is told by row at once."""
    from landed.operations.tables import at_cells

    found = read(data, name, ("prices",), ())
    with at_cells(found.document):
        ask("market", {"prices": found.document.data.get("prices") or []})
    return {"doc": keep(found), "name": found.name}
