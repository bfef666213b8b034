"""Risk bands of what is bought from whom: parts by name, unknown never low, dollars beside each, and where the order is too close to call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landed.doors.web import render
from landed.doors.web.address_rows import Column, blamed, rows_of, unplaced
from landed.doors.web.asking import ask, page
from landed.doors.web.check_pages import HERE, OWN, tabs
from landed.doors.web.shell import document
from landed.doors.web.ship_pages import first_visits
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

ROWS = (
    Column("name", "Name", "toys", share="1.4fr"), Column("code", "Tariff code", kind="code", share="1.2fr"), Column("made", "Made in", kind="country", share=".6fr"), Column("worth", "Value a year, USD", kind="num", share="1fr"),
    Column("who", "Supplier", "to be screened", share="1.2fr"), Column("share", "% of spend", kind="num", share=".7fr"), Column("cover", "Days of cover", kind="num", share=".8fr"), Column("lead", "Lead days", kind="num", share=".7fr"),
    Column("index", "Index 0–1", kind="num", share=".8fr"),
)  # fmt: skip
FIELDS = {"name": "name", "code": "hts_code", "made": "country_of_origin", "worth": "value_per_year", "who": "supplier", "share": "share_of_spend_pct", "cover": "days_of_cover", "lead": "lead_time_days", "index": "country_index"}
LEVELS = 5


def routes(app: FastAPI) -> None:
    """Add the page."""
    from starlette.routing import Route

    app.router.routes.append(Route("/check/risk", page(risk, HERE), methods=["GET"]))


def _saved() -> list[dict[str, str]]:
    """The saved products as rows, with their share of the known spend."""
    found: list[dict[str, str]] = []
    for each in ask("product_list", {"limit": 200}).products:
        worth = f"{_number(each.unit_value) * _number(each.units_per_year):.2f}" if each.unit_value and each.units_per_year else ""
        found.append({c.name: "" for c in ROWS} | {"name": each.sku, "code": each.hts_code, "made": each.country_of_origin, "worth": worth, "who": each.supplier})
    whole = sum(_number(row["worth"]) for row in found if row["worth"])
    for row in found:
        row["share"] = f"{_number(row['worth']) * 100 / whole:.1f}" if whole and row["worth"] else ""
    return found


def _number(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def risk(request: Request) -> Response:
    """Bands of each row, their parts, and the order with its doubts."""
    query = request.query_params
    rows = rows_of(query, ROWS)
    first = not rows
    if first and query.get("catalogue") and (saved := _saved()):
        rows, first = saved, False
    elif first:
        rows = [dict(row) for row in first_visits()["risk"]["rows"]]
    found, problem = None, None
    products = [{FIELDS[k]: v.replace(",", "") if k == "worth" else v for k, v in row.items() if v} for row in rows]
    try:
        found = ask("risk", {"products": products})
    except LandedError as error:
        if error.code == "SCOPE_MISSING":
            raise
        problem = error
    wrong = blamed(problem, {"products": "products"}, counted_from=1)
    body = render.html(
        "risk.html", tabs=tabs(), tab="/check/risk", first=first, rows=rows, columns=ROWS, r=found, wrong=wrong, rest=unplaced(wrong, (), ("products",)), countries=render.countries(), names=_bands(), levels=LEVELS,
    )  # fmt: skip
    return document("Risk", HERE, body, own=OWN)


def _bands() -> list[str]:
    """The names of the bands, lowest first."""
    from landed.compliance.calendar_days import facts

    return [str(each["name"] if isinstance(each, dict) else each) for each in facts("risk")["bands"]]
