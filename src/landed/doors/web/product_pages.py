"""The catalogue: products with their duty today, in 30 and 90 days and under a what-if; totals, charts, and a form to save one."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from landed.doors.web import render, what_ifs
from landed.doors.web.asking import ask, page
from landed.doors.web.shell import document
from landed.doors.web.state import State
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/products"
AHEAD = (0, 30, 90)  # days from today


def routes(app: FastAPI) -> None:
    """Add the page."""
    from starlette.routing import Route

    app.router.routes.append(Route(HERE, page(products, HERE), methods=["GET"]))


def products(request: Request) -> Response:
    """The catalogue on its days, with the form of a new or a known product."""
    today = date.today()
    days = [today + timedelta(days=n) for n in AHEAD]
    overlays = ask("law_overlays", {}).overlays
    asked = request.query_params.get("overlay", "")[:200]
    values = {key[2:]: value for key, value in request.query_params.items() if key.startswith("w.")}
    picked = what_ifs.parts(asked)  # what is no ready what-if never reaches the engine
    overlay = what_ifs.named(picked[0], {**picked[1], **(values if request.query_params.get("of") == picked[0] else {})}) if picked else ""
    known = {p.sku: p for p in _every()}
    plain = ask("product_duties", {"days": days}) if known else None
    problem = None
    other = None
    if overlay and known:
        try:
            other = ask("product_duties", {"days": [today], "overlay": overlay})
        except LandedError as error:
            problem = error
    rows = []
    changed = {p.sku: p.duties[0] for p in other.products} if other else {}
    for found in plain.products if plain else ():
        rows.append({"p": known.get(found.sku), "d": found, "other": changed.get(found.sku)})
    top = max([Decimal(d.duty_per_year) for r in rows for d in (*r["d"].duties, *([r["other"]] if r["other"] else [])) if d.duty_per_year], default=Decimal(0)) or Decimal(1)
    totals = [(t.day, Decimal(t.duty_per_year), t.unknown) for t in plain.totals] if plain else []
    what_if = (Decimal(other.totals[0].duty_per_year), other.totals[0].unknown) if other else None
    highest = max([total for _, total, _ in totals] + ([what_if[0]] if what_if else []), default=Decimal(0)) or Decimal(1)
    body = render.html(
        "products.html", rows=rows, days=days, totals=totals, what_if=what_if, highest=highest, top=top, overlay=overlay, overlays=overlays, chosen=picked[0] if picked else "", knobs=what_ifs.fields(overlay), title=what_ifs.titled(overlay),
        problem=problem, fresh=_fresh(request, known), countries=render.countries(),
    )  # fmt: skip
    return document("Products", HERE, body)


def _every() -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        part = ask("product_list", {"limit": 500, "cursor": cursor})
        found += part.products
        cursor = part.next
        if not cursor:
            return found


def _fresh(request: Request, known: dict[str, Any]) -> dict[str, Any]:
    """What the form starts with: a known product, or the state of the calculator."""
    empty = {"sku": "", "title": "", "hts_code": "", "country_of_origin": "", "supplier": "", "unit_value": "", "units_per_year": "", "note": "", "more": "", "open": False, "known": False}
    query = request.query_params
    if product := known.get(query.get("sku", "")):
        more = {name: getattr(product, name) for name in ("claims", "answers", "facts", "quantities", "evidence") if getattr(product, name)}
        return {**empty, **{name: getattr(product, name) or "" for name in empty if hasattr(product, name)}, "more": json.dumps({**more, "version": product.version}), "open": True, "known": True}
    if query.get("code"):
        state = State.read(query)
        asked = state.request()
        more = {name: asked[name] for name in ("claims", "answers") if asked.get(name)}
        return {**empty, "hts_code": state.code, "country_of_origin": state.origin, "unit_value": state.value if state.currency == "USD" else "", "more": json.dumps(more) if more else "", "open": True}
    return {**empty, "open": not known}
