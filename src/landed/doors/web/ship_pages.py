"""How to ship it: every way compared on cost, arrival, emissions and the law it meets; the route on a chart; the load to turn and to step through."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landed.doors.web import render, sea_chart
from landed.doors.web.address_rows import Column, blamed, pairs_of, rows_of, unplaced
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.state import DATA
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.datastructures import QueryParams
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/ship"
OWN = ("rows.css", "ship.css", "rows.js", "ship.js")
FIELDS = ("from", "to", "ready", "need", "asked", "terms", "routing", "box", "capital", "fcl_usd", "lcl_usd", "air_usd", "live")
TURNS = (("", "this way up"), ("any", "any side up"))
ITEMS = (
    Column("name", "Piece", "carton", share="1.5fr"), Column("qty", "Pieces", "400", "num", share=".8fr"), Column("size", "Size of one", "60x40x40 cm", share="1.35fr"),
    Column("kg", "kg each", "9", "num", share=".7fr"), Column("turn", "Stands", kind="choice", options=TURNS, share="1.15fr"), Column("top", "Bears, kg", "any", "num", share=".8fr"),
)  # fmt: skip
GOODS = (Column("code", "Tariff code", kind="code", share="1.6fr"), Column("made", "Made in", kind="country", share=".8fr"), Column("price", "Price, USD", "64000", "num", share="1fr"))
TABLES = {"items": "items", "rates": "sheet", "goods": "goods", "line": "goods", "lines": "goods"}
SPOKEN = {"origin": "from", "destination": "to", "ready_date": "ready", "need_by": "need", "as_of": "asked", "incoterm": "terms", "container": "box", "annual_rate_pct": "capital"}
LONGEST_SHEET = 12_000  # characters of a rate sheet in the address
SUGGESTED = 10
SEARCH_SECONDS = 0.8  # for a plan in a chosen container


def routes(app: FastAPI) -> None:
    """Add the page, its downloads and the suggestions of places."""
    from starlette.routing import Route

    for path, function in {HERE: ship, "/ship/plan.json": plan_json, "/ship/answer.json": answer_json, "/ship/rate-sheet.csv": rate_sheet}.items():
        app.router.routes.append(Route(path, page(function, HERE), methods=["GET"]))
    app.router.routes.append(Route("/ship/places", places, methods=["GET"]))


@lru_cache(maxsize=1)
def first_visits() -> dict[str, Any]:
    """The worked examples of the pages that stand here and in the pages of customs papers."""
    found: dict[str, Any] = json.loads((DATA / "first_visits.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Shipment:
    """The form as said in the address."""

    fields: dict[str, str]
    items: list[dict[str, str]]
    goods: list[dict[str, str]]
    first: bool

    @staticmethod
    def read(query: QueryParams) -> Shipment:
        """The form from an address; the worked example where nothing was said."""
        items, goods = rows_of(query, ITEMS), rows_of(query, GOODS)
        fields = {name: query.get(name, "").strip()[:100] for name in FIELDS} | {"sheet": query.get("sheet", "").strip()}
        if not items and not fields["from"] and not fields["to"]:
            example = first_visits()["ship"]
            kept = {name: fields[name] for name in ("routing", "box") if fields[name]}
            return Shipment({**fields, **{k: v for k, v in example.items() if isinstance(v, str)}, **kept}, [dict(r) for r in example["items"]], [dict(r) for r in example["goods"]], True)
        return Shipment(fields, items, goods, False)

    def query(self, **changed: str) -> str:
        """The address of this shipment with some fields changed."""
        fields = {**self.fields, **changed}
        return urlencode([(k, v) for k, v in fields.items() if v] + pairs_of(self.items) + pairs_of(self.goods))

    def cargo(self) -> list[dict[str, Any]]:
        """The rows of cargo as the operations take them."""
        found = []
        for row in self.items:
            item: dict[str, Any] = {"name": row["name"], "quantity": row["qty"] or "1", "size": row["size"], "gross_kg": row["kg"]}
            if row["turn"] == "any":
                item["this_way_up"] = False
            if row["top"]:
                item["max_load_on_top_kg"] = row["top"]
            found.append({k: v for k, v in item.items() if v != ""})
        return found

    def request(self) -> dict[str, Any]:
        """The request of the quote."""
        f = self.fields
        asked: dict[str, Any] = {"origin": f["from"], "destination": f["to"], "items": self.cargo(), "incoterm": f["terms"], "ready_date": f["ready"], "need_by": f["need"], "routing": f["routing"], "as_of": f["asked"], "annual_rate_pct": f["capital"]}
        asked["goods"] = [{"hts_code": g["code"], "country_of_origin": g["made"], "price": g["price"].replace(",", "")} for g in self.goods]
        asked["rates"] = sheet_rows(f.get("sheet", ""))
        known = {lane: f[name] for name, lanes in _lanes().items() for lane in lanes if f[name]}
        return {k: v for k, v in {**asked, "index": known, "live": bool(f["live"])}.items() if v not in ("", [], {}, False)}


def sheet_rows(text: str) -> list[dict[str, str]]:
    """The rows of a rate sheet as CSV or as a block from a spreadsheet; raises LandedError TOO_LARGE."""
    if len(text) > LONGEST_SHEET:
        raise LandedError("TOO_LARGE", f"expected at most {LONGEST_SHEET:,} characters of rate sheet on this page, got {len(text):,}", where="rates", mend="Keep the rows of this lane, or use landed ship quote --rates FILE.")
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if not lines:
        return []
    rows = csv.DictReader(io.StringIO("\n".join(lines)), delimiter="\t" if "\t" in lines[0] else ",")
    return [{(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str) and v.strip()} for row in rows]


def _lanes() -> dict[str, list[str]]:
    """Index lanes by the field that states their price."""
    from landed.freight.reference import figures

    services = figures("lanes")["by_service"]
    return {f"{service}_usd": list(map(str, services.get(service, ()))) for service in ("fcl", "lcl", "air")}


def scenarios() -> list[tuple[str, str]]:
    """Names and titles of the routing scenarios."""
    from landed.freight.reference import figures

    return [(str(name), str(row["title"])) for name, row in figures("routing")["scenarios"].items()]


def boxes() -> list[tuple[str, str]]:
    """Container types by code and name."""
    from landed.freight.reference import figures

    return [(str(code), str(row["name"])) for code, row in figures("boxes")["containers"].items()]


def ship(request: Request) -> Response:
    """The form, the ways compared, the chart and the load."""
    from landed.entry.terms import valuation_rules

    said = Shipment.read(request.query_params)
    choice, problem = None, None
    try:
        choice = ask("ship_quote", said.request())
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    ways = [_way(w, choice) for w in choice.ways] if choice else []
    plan, plan_problem = _plan(said, choice)
    wrong = {SPOKEN.get(place, place): words for place, words in blamed(problem, TABLES).items()}
    if problem is None and plan_problem is not None:
        wrong.update({SPOKEN.get(place, place): words for place, words in blamed(plan_problem, TABLES).items()})
    chart, voyages = _voyages(said, choice)
    body = render.html(
        "ship.html", said=said, f=said.fields, items=ITEMS, goods=GOODS, wrong=wrong, rest=unplaced(wrong, FIELDS, ("items", "goods", "sheet")), sheet_wrong=[f"row {place.split()[1]}: {words}" for place, said_ in wrong.items() if place.startswith("sheet ") for words in said_], problem=problem, c=choice, ways=ways, scale=_scale(ways, choice),
        told=_told(choice), same_way=_same_way(voyages), best=next((w for w in ways if w["recommended"]), None), chart=chart, voyages=voyages, plan=plan, load=_drawing(plan), terms=[("", "not stated"), *((t, t) for t in valuation_rules().terms)],
        routings=[("", "as most ships did that day"), *scenarios()], boxes=[("", "the cheapest mix"), *boxes()], countries=render.countries(), query=said.query(), near=_near(problem),
    )  # fmt: skip
    return document("Ship", HERE, body, own=OWN)


def _near(problem: LandedError | None) -> tuple[str, list[tuple[str, str]]]:
    """The field that an unknown place stands in, and (code, words) of places near it."""
    if problem is None or problem.where not in ("origin", "destination"):
        return "", []
    return SPOKEN[problem.where], [(str(each).split(" ")[0], str(each)) for each in problem.extra.get("near", ())]


def _way(way: Any, choice: Any) -> dict[str, Any]:
    """One way with what the table and the bars show."""
    on, late = way.on_time, way.late
    before, after = (set(each.headings) if each else set() for each in (on, late))
    parts = [
        ("freight", "freight you pay", way.buyer_pays), ("duty", "duty", on.duty if on else None), ("fees", "customs fees", on.fees if on else None), ("money", "money tied up", way.carrying_cost),
    ]  # fmt: skip
    emission = next((leg.emission for leg in way.quote.legs if leg.emission), None)
    return {
        "w": way, "q": way.quote, "recommended": way.service == choice.recommended, "ends": sorted(before - after), "begins": sorted(after - before), "parts": parts,
        "extra": sum((p for _, _, p in parts if p is not None), Decimal(0)), "emission": emission, "low": way.quote.low, "high": way.quote.high,
    }  # fmt: skip


def _told(choice: Any) -> list[tuple[str, Any]]:
    """The warnings of the ways, each once, with the ways it stands at."""
    found: dict[str, tuple[list[str], Any]] = {}
    for way in choice.ways if choice else ():
        for warning in way.quote.warnings:
            found.setdefault(warning.message, ([], warning))[0].append(way.title)
    return [(", ".join(who), warning) for who, warning in found.values()]


def _same_way(voyages: list[dict[str, Any]]) -> str:
    """The way in words where every routing gives the same one, else ""."""
    found = [v["found"] for v in voyages]
    if not found or None in found or len({round(each.nautical_miles) for each in found}) > 1:
        return ""
    days = f", {found[0].days.p50} to {found[0].days.p90} days from port to port" if found[0].days else ""
    return f"{found[0].nautical_miles:,.0f} nautical miles{days}"


def _scale(ways: list[dict[str, Any]], choice: Any) -> dict[str, Any]:
    """How days and dollars become percents of the bars."""
    if not ways:
        return {}
    start = choice.ready_date
    end = max([w["q"].door_p90 for w in ways] + ([choice.need_by] if choice.need_by else []))
    days = max((end - start).days, 1) * 1.03
    top = max((w["extra"] for w in ways), default=Decimal(1)) or Decimal(1)

    def at(day: date) -> float:
        return float(round((day - start).days * 100 / days, 2))

    def wide(amount: Decimal | None) -> float:
        return round(float(amount or 0) * 100 / float(top), 2)

    return {"at": at, "wide": wide, "start": start, "end": end, "need": at(choice.need_by) if choice.need_by else None}


def _voyages(said: Shipment, choice: Any) -> tuple[sea_chart.Chart | None, list[dict[str, Any]]]:
    """The chart of the sea route and of the flight, and the sea route under each routing."""
    f = said.fields
    voyages: list[dict[str, Any]] = []
    lines: list[tuple[str, Any, str]] = []
    dots: list[tuple[float, float, str]] = []
    day = {"on": f["ready"]} if len(f["ready"]) == 10 else {}
    try:
        chosen = ask("ship_distance", {"origin": f["from"], "destination": f["to"], "routing": f["routing"], **day})
    except LandedError:
        return None, []
    for name, title in scenarios():
        try:
            found = ask("ship_distance", {"origin": f["from"], "destination": f["to"], "routing": name, **day})
        except LandedError as shut:
            voyages.append({"name": name, "title": title, "found": None, "why": shut.detail, "chosen": False, "query": said.query(routing=name)})
            continue
        voyages.append({"name": name, "title": title, "found": found, "why": "", "chosen": name == chosen.scenario, "query": said.query(routing=name)})
    lines.append(("sea", chosen.path, f"{chosen.nautical_miles:,.0f} nautical miles by sea: {chosen.scenario_title}"))
    ends = [(p.lon, p.lat, p.name) for p in (chosen.origin, chosen.destination)]
    dots += ends
    flight = next((leg for w in choice.ways for leg in w.quote.legs if leg.mode == "air"), None) if choice else None
    if flight is not None:
        try:
            flown = ask("ship_distance", {"origin": flight.origin, "destination": flight.destination, "mode": "air"})
            lines.append(("air", sea_chart.great_circle((flown.origin.lon, flown.origin.lat), (flown.destination.lon, flown.destination.lat)), f"{flown.km:,.0f} km by air, {flight.origin} to {flight.destination}"))
        except LandedError:
            pass
    return sea_chart.chart(lines, dots), voyages


def _plan(said: Shipment, choice: Any) -> tuple[Any, LandedError | None]:
    """The load plan: in the chosen container, or as the quote of a full container has it."""
    quoted = next((w.quote.load_plan for w in choice.ways if w.quote.load_plan), None) if choice else None
    if quoted is not None and not said.fields["box"]:
        return quoted, None
    if not said.items:
        return None, None
    country = next((c for c in (said.fields["to"][:2].upper(),) if c.isalpha() and len(said.fields["to"]) == 5), "")
    try:
        return ask("ship_load", {"items": said.cargo(), "container": said.fields["box"], "destination_country": country, "seconds": SEARCH_SECONDS}), None
    except LandedError as error:
        return quoted, error


def _drawing(plan: Any) -> str:
    """The plan as the drawing reads it: containers with their blocks in the order of loading."""
    if plan is None:
        return ""
    loads = [
        {
            "box": [load.container.length, load.container.width, load.container.height],
            "blocks": [[b.item, b.x, b.y, b.z, b.length, b.width, b.height, b.along, b.across, b.up] for b in load.blocks],
            "steps": [{"name": s.name, "pieces": s.pieces, "words": s.words} for s in load.steps],
        }
        for load in plan.loads
    ]
    return json.dumps({"loads": loads, "items": list(plan.items)}).replace("<", "\\u003c")


def plan_json(request: Request) -> Response:
    """The load plan as JSON, to keep or to hand on."""
    from starlette.responses import JSONResponse

    said = Shipment.read(request.query_params)
    choice = None
    if not said.fields["box"]:
        try:
            choice = ask("ship_quote", said.request())
        except LandedError:
            choice = None  # a route without a price still has a load
    plan, problem = _plan(said, choice)
    if plan is None:
        raise problem or LandedError("INVALID_CARGO", "there is no cargo to load", where="items", mend="State the pieces.")
    return JSONResponse(plan.to_dict(), headers={"Content-Disposition": 'attachment; filename="landed-load.json"'})


def answer_json(request: Request) -> Response:
    """The comparison as the API gives it."""
    from starlette.responses import JSONResponse

    found = ask("ship_quote", Shipment.read(request.query_params).request())
    return JSONResponse(found.to_dict(), headers={"Content-Disposition": 'attachment; filename="landed-ship.json"'})


def rate_sheet(request: Request) -> Response:
    """The rate sheet to fill in; its prices are made up."""
    from starlette.responses import Response as Answer

    from landed.doors.web.documents import csv_text
    from landed.freight.rate_sheet import COLUMNS, example

    return Answer(csv_text(COLUMNS, [tuple(row[c] for c in COLUMNS) for row in example()]), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="landed-rate-sheet.csv"'})


def places(request: Request) -> Response:
    """Ports (and airports for three letters) whose code or name begins as typed."""
    from starlette.responses import JSONResponse

    from landed.freight.places import airports, has_terminal, ports

    text = request.query_params.get("q", "").strip().casefold()[:60]
    found: list[dict[str, str]] = []
    if len(text) >= 2:
        try:
            names = render.countries()
            hits = [p for p in ports().values() if p.code.casefold().startswith(text) or p.name.casefold().startswith(text)]
            hits.sort(key=lambda p: (not has_terminal(p), p.code.casefold() != text, len(p.name), p.code))
            found = [{"code": p.code, "name": f"{p.name}, {names.get(p.country, p.country)}"} for p in hits[:SUGGESTED]]
            if len(text) == 3 and (air := airports().get(text.upper())):
                found.append({"code": air.code, "name": f"{air.name} (airport)"})
        except LandedError:
            found = []
    return JSONResponse({"places": found})
