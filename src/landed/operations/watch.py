"""What changed or will change for given products, the briefing of it, and what a new official export changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from landed.errors import LandedError
from landed.operations.registry import operation
from landed.watch.brief import Brief
from landed.watch.changes import ProductChange
from landed.watch.exports import ExportDiff

AHEAD = timedelta(days=365)
BEHIND = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class WatchedRequest:
    """Products and the days to look between."""

    products: Annotated[Any, "[{sku?, hts_code, country_of_origin, value_per_year, quantities?, facts?, claims?}]; default the saved products"] = None
    since: Annotated[date | None, "changes after this day; default 90 days ago"] = None
    until: Annotated[date | None, "changes up to this day; default one year ahead"] = None
    overlay: Annotated[Any, "a what-if laid over the law"] = None


@dataclass(frozen=True, slots=True)
class Watched:
    """Changes by day and by dollars. `net_usd_year` is the sum of them, None where one is unknown; `unread` names products that could not be looked at, and why."""

    since: date
    until: date
    today: date
    law_version: str
    verified_through: date
    products: int
    changes: tuple[ProductChange, ...]
    net_usd_year: Decimal | None
    unread: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class BriefRequest:
    """The days of a briefing, and the products it is for."""

    since: Annotated[date, "changes after this day"]
    until: Annotated[date, "changes up to this day"]
    products: Annotated[Any, "[{sku?, hts_code, country_of_origin, value_per_year}]; default a sample line, and the briefing says so"] = None
    form: Annotated[Literal["markdown", "html", "mail"], "form of the text"] = "markdown"


@dataclass(frozen=True, slots=True)
class Written:
    """A briefing: its sentences with what they rest on, and its text."""

    brief: Brief
    text: str


@dataclass(frozen=True, slots=True)
class ExportDiffRequest:
    """Two official exports on this machine."""

    old: Annotated[str, "the older export, CSV or JSON"]
    new: Annotated[str, "the newer export"]
    products: Annotated[Any, "[{sku?, hts_code}]: the products to name where they are touched"] = None
    effective: Annotated[date | None, "day of the newer export, for the draft; default today"] = None


@operation(name="watch_changes", summary="What changed or will change for products, in dollars a year, with cause and citation", method="POST", path="/v1/watch/changes", scope="quote")
def changes(request: WatchedRequest) -> Watched:
    """Every change of duty of each product between two days, with the headings that caused it and their citations. Products without a value or with an
    unknown duty are named in `unread`, or have None in dollars. Raises LandedError INVALID_REQUEST, INVALID_DATE, BAD_OVERLAY.
    """
    from landed.operations.engine import engine
    from landed.watch.changes import product_changes

    asked, today = engine(), date.today()
    law = asked.law
    since = max(request.since or today - BEHIND, law.covers_from)
    until = min(request.until or today + AHEAD, law.covers_to)
    if since > until:
        raise LandedError("INVALID_DATE", f"expected a first day before the last, got {since} and {until}", where="since", mend=f"The law pack covers {law.covers_from} to {law.covers_to}.")
    rows = _products(request.products)
    found: list[ProductChange] = []
    unread = []
    for sku, row in rows:
        try:
            if not row.get("customs_value"):
                raise LandedError("INVALID_REQUEST", "expected value_per_year", where=sku, mend="State the customs value of a year.")
            case = _case(asked, {**row, **({"overlay": request.overlay} if request.overlay else {})}, since, until)
            found += product_changes(sku, case, since, until, today)
        except LandedError as error:
            if error.code == "BAD_OVERLAY":
                raise
            unread.append((sku, f"{error.code}: {error.detail}"))
    found.sort(key=lambda c: (c.on, -abs(c.change_usd_year or Decimal(0)), c.sku))
    amounts = [c.change_usd_year for c in found]
    net = None if None in amounts else sum((a for a in amounts if a is not None), Decimal(0))
    return Watched(since, until, today, law.version, law.verified_through, len(rows), tuple(found), net, tuple(unread))


@operation(name="brief", summary="A one-page briefing of what the law did between two days", method="POST", path="/v1/briefs", scope="quote")
def brief(request: BriefRequest) -> Written:
    """Key takeaways, the days in order, the products; every sentence rests on headings and citations, which are numbered sources.

    Raises what `watch_changes` raises.
    """
    from landed.compliance.names import DATA
    from landed.lawbook.load import read_yaml
    from landed.operations.engine import engine
    from landed.watch.brief import mail, markdown, page, write
    from landed.watch.changes import law_changes

    asked = engine()
    sample = not request.products
    products = request.products or read_yaml(DATA.parents[1] / "watch" / "data" / "sample.yaml")["products"]
    seen = changes(WatchedRequest(products=products, since=request.since, until=request.until))
    law = law_changes(asked.index, seen.since, seen.until)
    made = write(seen.changes, law, since=seen.since, until=seen.until, law_version=asked.law.version, verified_through=asked.law.verified_through, sample=sample, names=asked.law.countries)
    return Written(made, {"markdown": markdown, "html": page, "mail": mail}[request.form](made))


@operation(name="export_diff", summary="What a new official export of the tariff changes, and the products it touches", method="POST", path="/v1/watch/exports", scope="admin")
def export_diff(request: ExportDiffRequest) -> ExportDiff:
    """New, ended and changed numbers between two exports with the fields that differ, the products touched, and a draft of new chapter 99 headings.

    Raises LandedError FILE_NOT_FOUND, BAD_EXPORT, INVALID_CODE.
    """
    from pathlib import Path

    from landed.schedule.build import snapshot
    from landed.schedule.codes import parse_code
    from landed.schedule.read import read_export
    from landed.watch.exports import diff

    for path in (request.old, request.new):
        if not Path(path).is_file():
            raise LandedError("FILE_NOT_FOUND", f"expected an export, found no file {Path(path).name!r}", where="old", mend="Check the path.")
    goods = [(str(row.get("sku") or row.get("hts_code")), parse_code(str(row.get("hts_code")))) for row in _listed(request.products)]
    old, new = snapshot(read_export(request.old)), snapshot(read_export(request.new))
    return diff(old, new, goods, day=(request.effective or date.today()).isoformat(), name=f"official export {Path(request.new).stem}")


def _listed(products: Any) -> list[dict[str, Any]]:
    if products is None:
        return []
    if not isinstance(products, (list, tuple)) or not all(isinstance(row, dict) for row in products):
        raise LandedError("INVALID_REQUEST", "expected a list of products", where="products", mend="Send [{hts_code, country_of_origin, value_per_year}].")
    return list(products)


def _products(given: Any) -> list[tuple[str, dict[str, Any]]]:
    """(sku, request) of each product; those of the catalogue where none are given."""
    if given is None:
        from landed.operations.products import ProductsRequest, list_

        rows, cursor = [], ""
        while True:
            found = list_(ProductsRequest(500, cursor))
            for p in found.products:
                units = Decimal(p.units_per_year) if p.units_per_year else Decimal(0)
                value = str(Decimal(p.unit_value) * units) if p.unit_value and units else ""
                quantities = {unit: str(Decimal(str(each)) * units) for unit, each in p.quantities.items()} if units else {}
                rows.append((p.sku, {"hts_code": p.hts_code, "country_of_origin": p.country_of_origin, "customs_value": value, "facts": p.facts, "claims": p.claims, "answers": p.answers, **({"quantities": quantities} if quantities else {})}))
            cursor = found.next
            if not cursor:
                return rows
    return [(str(row.get("sku") or f"{row.get('hts_code')} {row.get('country_of_origin')}"), {**{k: v for k, v in row.items() if k not in ("sku", "value_per_year")}, "customs_value": row.get("value_per_year") or row.get("customs_value")}) for row in _listed(given)]


def _case(asked: Any, row: dict[str, Any], since: date, until: date) -> Any:
    """The case on the last day, or on the last day on which its code stood."""
    try:
        return asked.case(asked.read({**row, "entry_date": until.isoformat()}))
    except LandedError as error:
        ended = error.extra.get("ended")
        if error.code != "OBSOLETE_HTS" or not ended or str(ended) < since.isoformat():
            raise
        return asked.case(asked.read({**row, "entry_date": ended}))
