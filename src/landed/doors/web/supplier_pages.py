"""Who makes what where: search with a map, the card and score of a supplier, files brought in, doubles to decide, requests for quotes compared on landed cost."""

from __future__ import annotations

import json
import math
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import charts, render, sea_chart
from landed.doors.web.address_rows import Column, blamed, pairs_of, rows_of, unplaced
from landed.doors.web.asking import ask, may, page
from landed.doors.web.dropped import read, taking
from landed.doors.web.shell import document
from landed.doors.web.state import DATA
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.datastructures import QueryParams
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/suppliers"
OWN = ("rows.css", "buy.css", "rows.js", "buy.js")
FILTERS = ("q", "country", "origin", "sku", "type", "evidence", "n", "on", "need", "cert")
LISTED = 60
PAIRS = 40
ASKED = {"number": "Number", "sku": "Product", "hts_code": "Tariff code", "units": "Units", "arrival": "Day of arrival", "weight_kg": "Kilograms a unit", "needed_by": "Wanted by", "destination": "Destination", "certificates": "Certificates needed", "description": "Description", "answer_by": "Answer by", "contact": "Contact"}
DAYS = ("arrival", "needed_by", "answer_by")


def routes(app: FastAPI) -> None:
    """Add the pages, the downloads and the reading of a file."""
    from starlette.routing import Route

    for path, function in {HERE: find_page, "/suppliers/doubles": doubles_page, "/suppliers/quotes": quotes_page, "/suppliers/request.md": request_md, "/suppliers/quotes.csv": quote_sheet, "/suppliers/compared.csv": compared_csv, "/suppliers/template.xlsx": template_xlsx}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))
    app.router.routes.append(Route("/suppliers/read", taking("suppliers_import", _read), methods=["POST"]))
    app.router.routes.append(Route("/suppliers/example/decide", decide_example, methods=["POST"]))


@lru_cache(maxsize=1)
def example() -> dict[str, Any]:
    """The worked example: rows of suppliers and deliveries, a request and its quotes."""
    found: dict[str, Any] = json.loads((DATA / "suppliers_example.json").read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def _example_file() -> Path:
    """A network of the made-up suppliers, apart from the one of this server."""
    from landed.operations.engine import engine
    from landed.sourcing.network.dedupe import propose
    from landed.sourcing.network.intake import take
    from landed.sourcing.network.store import network

    path = Path(tempfile.mkdtemp(prefix="landed-example-")) / "suppliers.db"
    with network(path) as connection:
        take(connection, example()["suppliers"], example()["deliveries"], engine().law, "worked example")
        with suppress(LandedError):  # without rapidfuzz the example has no doubles to decide
            propose(connection)
    return path


@contextmanager
def stock(query: QueryParams) -> Iterator[tuple[sqlite3.Connection, bool]]:
    """(the network, whether it is the worked example): the example where asked for, and while the network is empty."""
    from landed.sourcing.network.store import network

    if query.get("example") != "1":
        with network() as connection:
            if connection.execute("SELECT 1 FROM supplier LIMIT 1").fetchone():
                yield connection, False
                return
    with network(_example_file()) as connection:
        yield connection, True


def _fields(query: QueryParams) -> dict[str, str]:
    return {name: query.get(name, "").strip()[:120] for name in FILTERS} | {"example": "1" if query.get("example") == "1" else ""}


def _address(f: Mapping[str, str], **changed: str) -> str:
    return urlencode([(k, v) for k, v in {**f, **changed}.items() if v])


def find_page(request: Request) -> Response:
    """The search, the map, and the card of the supplier chosen."""
    from landed.sourcing.network.card import card
    from landed.sourcing.network.score import IDENTITY, score
    from landed.sourcing.network.search import search
    from landed.sourcing.network.store import head

    may("suppliers_search")
    f = _fields(request.query_params)
    chosen, rating, problem = None, None, None
    with stock(request.query_params) as (connection, first):
        rows, how = search(connection, f["q"], country=f["country"], origin=f["origin"], sku=f["sku"], kind=f["type"], evidence=f["evidence"], limit=LISTED)
        total = connection.execute("SELECT COUNT(*) FROM supplier WHERE merged_into IS NULL").fetchone()[0]
        waiting = connection.execute("SELECT COUNT(*) FROM review WHERE decision IS NULL").fetchone()[0]
        number = f["n"] if f["n"].isdigit() and len(f["n"]) < 12 else "1" if first and not any(f[name] for name in FILTERS) else ""
        if number:
            try:
                on = date.fromisoformat(f["on"]) if f["on"] else date.today()
                main = head(connection, int(number))
                chosen = card(connection, main, on)
                need = Decimal(f["need"]) if f["need"].isdigit() and int(f["need"]) else None
                rating = score(connection, main, on, need=need, certificates=tuple(c.strip() for c in f["cert"].split(",") if c.strip()))
            except ValueError:
                problem = LandedError("INVALID_DATE", f"expected a day such as 2026-11-23, got {f['on'][:20]!r}", where="on", mend="Year, month, day.")
            except LandedError as error:
                problem = error
    places = pins(rows, chosen)
    body = render.html(
        "suppliers.html", f=f, first=first, rows=rows, how=how, total=total, waiting=waiting, chosen=chosen, rating=rating, problem=problem, places=places, world=charts.world(), countries=render.countries(), address=lambda **changed: _address(f, **changed),
        types=[("", "any"), ("manufacturer", "manufacturer"), ("trader", "trader"), ("agent", "agent")], kinds=[("", "any"), *((k, k.replace("_", " ")) for k in IDENTITY)], listed=LISTED, here="find", screen=_screen(chosen),
    )  # fmt: skip
    return document("Suppliers", HERE, body, own=OWN)


def _screen(chosen: Any) -> str:
    """The address that screens a supplier's name and country, "" where no such page is served."""
    from landed.doors.web.shell import stands

    if chosen is None or not stands("/check"):
        return ""
    return "/check?" + urlencode([("who", chosen.name), ("land", chosen.country or ""), ("kind", ""), ("at", (chosen.sites[0].address or "") if chosen.sites else ""), ("number", "")])


def spot(lon: float, lat: float) -> tuple[float, float]:
    """Where a place stands on the world map (Equal Earth, in which its outlines are kept)."""
    scale = 2 * sea_chart.HALF / float(charts.world()["width"])
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(lat)))
    slope = 9 * sea_chart.A4 * t**8 + 7 * sea_chart.A3 * t**6 + 3 * sea_chart.A2 * t**2 + sea_chart.A1
    x = 2 * math.sqrt(3) * math.radians(lon) * math.cos(t) / (3 * slope)
    y = sea_chart.A4 * t**9 + sea_chart.A3 * t**7 + sea_chart.A2 * t**3 + sea_chart.A1 * t
    return round((x + sea_chart.HALF) / scale, 1), round((sea_chart.TOP - y) / scale, 1)


def pins(rows: list[Any], chosen: Any) -> dict[str, Any]:
    """The suppliers found as dots of the map; how many have no place."""
    found = [(row.id, *spot(row.lng, row.lat), f"{row.name}\n{row.address or ''}", chosen is not None and row.id == chosen.id) for row in rows if row.lat is not None and row.lng is not None]
    if chosen is not None:
        found += [(chosen.id, *spot(site.lng, site.lat), f"{chosen.name}\n{site.address or ''}", True) for site in chosen.sites if site.lat is not None and site.lng is not None]
    return {"dots": list(dict.fromkeys(found)), "without": sum(row.lat is None or row.lng is None for row in rows)}


def doubles_page(request: Request) -> Response:
    """The queue of suppliers that may be listed twice, and what was decided."""
    from landed.sourcing.network.dedupe import queue

    may("suppliers_review")
    decided = request.query_params.get("decided") == "1"
    f = _fields(request.query_params)
    with stock(request.query_params) as (connection, first):
        counts = {row["band"]: row["n"] for row in connection.execute("SELECT band, COUNT(*) AS n FROM review WHERE decision IS NULL GROUP BY band")}
        done = connection.execute("SELECT COUNT(*) FROM review WHERE decision IS NOT NULL").fetchone()[0]
        pairs = queue(connection, decided=decided, limit=PAIRS)
    return document("Doubles", HERE, render.html("suppliers_doubles.html", f=f, first=first, pairs=pairs, counts=counts, done=done, decided=decided, countries=render.countries(), here="doubles", most=PAIRS), own=OWN)


async def decide_example(request: Request) -> Response:
    """A decision on a pair of the worked example, which is kept nowhere but in this process."""
    from anyio import to_thread
    from starlette.responses import JSONResponse

    def run(raw: Any) -> None:
        from landed.sourcing.network.dedupe import decide
        from landed.sourcing.network.store import network

        may("suppliers_review")
        pair = raw.get("pair") if isinstance(raw, dict) else None
        if not isinstance(pair, int):
            raise LandedError("INVALID_REQUEST", "expected the number of a pair", where="pair", mend="Reload the page.")
        with network(_example_file()) as connection:
            decide(connection, pair, str(raw.get("decision", "")), str(raw.get("who", "")))

    try:
        try:
            raw = await request.json()
        except ValueError:
            raise LandedError("INVALID_REQUEST", "expected JSON", mend="Reload the page.") from None
        await to_thread.run_sync(run, raw)
    except LandedError as error:
        return JSONResponse(error.to_dict(), status_code=422, media_type="application/problem+json")
    return JSONResponse({"done": True})


def quote_columns() -> tuple[Column, ...]:
    """The columns of a quote; the terms are those of the valuation rules."""
    from landed.entry.terms import valuation_rules

    terms = (("", "term"), *((t, t) for t in valuation_rules().terms))
    return (
        Column("qs", "Supplier", "Maker A", share="1.5fr"), Column("qo", "Made in", kind="country", share=".7fr"), Column("qt", "Term", kind="choice", options=terms, share=".8fr"), Column("qp", "Price, or from: price; ...", "500: 4.20; 5000: 3.90", share="1.6fr"), Column("qc", "Currency", "USD", share=".7fr"),
        Column("qr", "USD for one", "1", "num", share=".7fr"), Column("qm", "Least order", "500", "num", share=".7fr"), Column("ql", "Days", "35", "num", share=".6fr"), Column("qf", "Freight a unit", "0.30", "num", share=".8fr"), Column("qx", "Tooling, once", "0", "num", share=".8fr"),
    )  # fmt: skip


QUOTE = {"qs": "supplier", "qo": "origin", "qt": "incoterm", "qc": "currency", "qr": "exchange_rate", "qm": "moq", "ql": "lead_days", "qf": "freight_per_unit", "qx": "tooling"}


def _asked(query: QueryParams) -> tuple[dict[str, str], list[dict[str, str]], str, bool, str]:
    """(what is asked, quotes, the what-if, whether it is the worked example, a product whose offers fill the quotes)."""
    from landed.doors.web.state import ready

    fields = {name: query.get(name, "").strip()[:200] for name in ASKED}
    rows = rows_of(query, quote_columns())
    first = not any(fields.values()) and not rows
    if first:
        sample = example()["rfq"]
        fields = {name: str(sample["rfq"].get(name, "")) for name in ASKED}
        rows = [{name: str(row.get(name, "")) for name in (c.name for c in quote_columns())} for row in sample["quotes"]]
    overlay = query.get("overlay", "")
    return fields, rows, overlay if overlay in ready() else "", first, query.get("take", "")[:120]


def _from_offers(sku: str, query: QueryParams) -> list[dict[str, str]]:
    """Quotes as the offers of the network for a product have them."""
    with stock(query) as (connection, _):
        rows = connection.execute("SELECT o.*, s.legal_name FROM offer o JOIN supplier s ON s.id = o.supplier_id WHERE o.sku = ? AND s.merged_into IS NULL AND s.closed = 0 ORDER BY s.legal_name LIMIT 40", (sku,)).fetchall()
        found = []
        for row in rows:
            steps = connection.execute("SELECT min_qty, unit_price FROM price_break WHERE offer_id = ? ORDER BY CAST(min_qty AS REAL)", (row["id"],)).fetchall()
            prices = "; ".join(f"{s['min_qty']}: {s['unit_price']}" for s in steps)
            found.append({"qs": row["legal_name"], "qo": row["origin"] or "", "qt": row["incoterm"] or "", "qp": prices, "qc": row["currency"] or "", "qr": "", "qm": row["moq"] or "", "ql": str(row["lead_days"] or ""), "qf": "", "qx": ""})
    return found


def _compare(fields: Mapping[str, str], rows: list[dict[str, str]], overlay: str) -> Any:
    """The answer of the operation to the form."""
    rfq = {k: v for k, v in fields.items() if v}
    if fields.get("certificates"):
        rfq["certificates"] = [c.strip() for c in fields["certificates"].split(",")]  # type: ignore[assignment]
    quotes = []
    for row in rows:
        quote = {ours: row[name].replace(",", "") if name in ("qr", "qm", "ql", "qf", "qx") else row[name] for name, ours in QUOTE.items() if row.get(name)}
        quote["breaks" if ":" in row.get("qp", "") else "price"] = row.get("qp", "")
        quotes.append(quote)
    return ask("suppliers_rfq", {"rfq": rfq, "quotes": quotes, "overlay": overlay or None})


def quotes_page(request: Request) -> Response:
    """What is asked as a document, and the quotes that came on one footing."""
    from landed.doors.web.state import ready

    may("suppliers_rfq")
    fields, rows, overlay, first, take = _asked(request.query_params)
    if take:
        rows = _from_offers(take, request.query_params) or rows
        fields["sku"] = fields["sku"] or take
    found, problem = None, None
    try:
        found = _compare(fields, rows, overlay)
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
        try:
            found = _compare(fields, [], overlay)
        except LandedError:
            found = None
    wrong: dict[str, list[str]] = {}
    for place, words in blamed(problem, {"quotes": "quotes"}).items():
        wrong[f"quotes {int(place.split()[1]) - 1}" if place.startswith("quotes ") else place.removeprefix("rfq.")] = words
    top = max((q.known_per_unit for q in found.quotes), default=Decimal(1)) if found else Decimal(1)
    bars = [{"q": q, "parts": [(k, label, v, round(float(v or 0) * 100 / float(top or 1), 2)) for k, label, v in (("goods", "price", q.unit_price), ("freight", "freight", q.freight), ("duty", "duty", q.duty), ("fees", "fees", q.fees), ("money", "tooling", q.tooling))]} for q in (found.quotes if found else ())]
    query = urlencode([(k, v) for k, v in {**fields, "overlay": overlay}.items() if v] + pairs_of(rows))
    body = render.html(
        "suppliers_quotes.html", fields=fields, asked=ASKED, days=DAYS, columns=quote_columns(), rows=rows, wrong=wrong, rest=unplaced(wrong, ASKED, ("quotes",)), problem=problem, found=found, bars=bars, first=first, countries=render.countries(), query=query, overlays=[("", "none: the law of the day"), *ready().items()], overlay=overlay, here="quotes", f=_fields(request.query_params),
    )  # fmt: skip
    return document("Quotes", HERE, body, own=OWN)


def request_md(request: Request) -> Response:
    """The request for quotation as a document to send."""
    from starlette.responses import Response as Answer

    fields, _, _, _, _ = _asked(request.query_params)
    return Answer(_compare(fields, [], "").document, media_type="text/markdown; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="request-for-quotation.md"'})


def quote_sheet(request: Request) -> Response:
    """The empty sheet that goes out with the request."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text
    from landed.sourcing.network.quotes import QUOTE_HEADER

    may("suppliers_rfq")
    return Answer(csv_text(QUOTE_HEADER, []), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="quotes.csv"'})


def compared_csv(request: Request) -> Response:
    """The comparison as CSV."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text

    fields, rows, overlay, _, _ = _asked(request.query_params)
    columns = ("rank", "supplier", "origin", "incoterm", "units", "unit_price", "freight", "duty", "fees", "tooling", "landed_per_unit", "known_per_unit", "duty_rate_pct", "arrival", "unknown", "notes")
    found: list[tuple[Any, ...]] = [tuple("; ".join(v) if isinstance(v := getattr(q, name), tuple) else v for name in columns) for q in _compare(fields, rows, overlay).quotes]
    return Answer(csv_text(columns, found), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-quotes.csv"'})


def template_xlsx(request: Request) -> Response:
    """A workbook of suppliers to fill in."""
    from starlette.responses import Response as Answer

    from landed.doors.web.plan_pages import XLSX
    from landed.operations.suppliers import template
    from landed.operations.tables import workbook

    may("suppliers_search")
    return Answer(workbook(template()), media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="landed-suppliers.xlsx"'})


def _read(data: bytes, name: str) -> Mapping[str, Any]:
    """The rows of a dropped file and where each stands, for the page to bring in through the API; nothing is kept here."""
    from landed.operations.shape import plain

    found = read(data, name, ("suppliers", "production_locations", "deliveries"), ())
    table = "suppliers" if found.document.data.get("suppliers") else "production_locations"
    rows = found.document.data.get(table) or []
    if not isinstance(rows, list) or not rows:
        raise LandedError("UNREADABLE_FILE", f"{found.name} holds no rows of suppliers", where=found.name, mend="Name the sheet Suppliers, one supplier or offer a row; the template shows the columns.")
    sheets = {("suppliers" if key == table else key): {"title": title, "header": header, "rows": numbers, "kind": kind} for key, (title, header, numbers, kind) in found.document.sheets.items()}
    return {"name": found.name, "rows": plain(rows), "deliveries": plain(found.document.data.get("deliveries") or []), "sheets": sheets}
