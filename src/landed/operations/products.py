"""The catalogue: products with their code, origin, supplier and evidence, and what each owes on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from landed.errors import LandedError
from landed.operations.keys import moment
from landed.operations.registry import operation

FREE = ("quantities", "facts", "claims", "answers", "evidence")  # fields kept as they were given
MOST_DETAIL = 100_000  # bytes of JSON
MOST_PRICED = 2_000  # products of one duty request


@dataclass(frozen=True, slots=True)
class ProductRequest:
    """A product as the importer knows it; a known SKU is replaced whole."""

    sku: Annotated[str, "your own number of the product, 1 to 100 characters"]
    title: Annotated[str, "what it is called"]
    hts_code: Annotated[str, "8 or 10 digits, dots optional"]
    country_of_origin: Annotated[str, "ISO 3166 alpha-2 code or name"]
    supplier: Annotated[str, "who supplies it"] = ""
    unit_value: Annotated[str | None, "US dollars of one unit, decimal text"] = None
    units_per_year: Annotated[str | None, "units imported in a year, decimal text"] = None
    quantities: Annotated[dict[str, Any] | None, "quantities of one unit by tariff unit, such as {kg: 0.25}"] = None
    facts: Annotated[dict[str, Any] | None, "facts of the goods by name (docs/facts.md)"] = None
    claims: Annotated[dict[str, Any] | None, "claims as in an estimate"] = None
    answers: Annotated[dict[str, Any] | None, "answers to questions of an estimate, by id"] = None
    evidence: Annotated[dict[str, Any] | None, "what proves code, origin and facts: rulings, certificates, mill tests, with dates and places"] = None
    note: Annotated[str, "anything else, up to 5000 characters"] = ""
    version: Annotated[int | None, "the version you read; a newer one at the store refuses the write"] = None


@dataclass(frozen=True, slots=True)
class Product:
    """A product as stored. `version` counts its writes; amounts are decimal texts in US dollars."""

    id: str
    sku: str
    title: str
    hts_code: str
    country_of_origin: str
    supplier: str
    unit_value: str | None
    units_per_year: str | None
    quantities: dict[str, Any]
    facts: dict[str, Any]
    claims: dict[str, Any]
    answers: dict[str, Any]
    evidence: dict[str, Any]
    note: str
    version: int
    archived: bool
    created_at: str | None
    updated_at: str | None


@dataclass(frozen=True, slots=True)
class SkuRequest:
    """A product by its SKU."""

    sku: Annotated[str, "your own number of the product"]


@dataclass(frozen=True, slots=True)
class ProductsRequest:
    """A page of the catalogue."""

    limit: Annotated[int, "most products, 1 to 500"] = 100
    cursor: Annotated[str, "`next` of the page before"] = ""
    archived: Annotated[bool, "give archived products too"] = False


@dataclass(frozen=True, slots=True)
class Products:
    """Products, newest first; `next` is the cursor of the next page, "" at the end."""

    products: tuple[Product, ...]
    next: str


@dataclass(frozen=True, slots=True)
class DutiesRequest:
    """Days and a what-if to price the catalogue under."""

    days: Annotated[tuple[date, ...], "days of entry, up to 12; default today, in 30 and in 90 days"] = ()
    overlay: Annotated[Any, "a what-if laid over the law: an object or the name of a ready one"] = None
    sku: Annotated[str, "one product only"] = ""


@dataclass(frozen=True, slots=True)
class ProductDuty:
    """What one unit (or its yearly volume) owes on a day. `duty` and what hangs on it are null where it is unknown; `problem` says why."""

    day: date
    status: str
    duty_per_unit: str | None
    effective_rate_pct: str | None
    duty_per_year: str | None
    headings: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ProductDuties:
    """One product on each of the days."""

    sku: str
    title: str
    hts_code: str
    country_of_origin: str
    duties: tuple[ProductDuty, ...]


@dataclass(frozen=True, slots=True)
class DayTotal:
    """The known duty of a year at the law of a day; `unknown` counts products without a known amount or yearly volume."""

    day: date
    duty_per_year: str
    unknown: int


@dataclass(frozen=True, slots=True)
class CatalogueDuties:
    """The catalogue on each of the days, and the totals of each day."""

    law_version: str
    products: tuple[ProductDuties, ...]
    totals: tuple[DayTotal, ...]


@operation(name="product_save", summary="Add a product to the catalogue or replace it", method="POST", path="/v1/products", scope="write", read_only=False)
def save(request: ProductRequest) -> Product:
    """Add a product, or replace the one with this SKU; every write is in the audit log.

    The code's form and the origin are checked; whether the code stands on a day is checked when the product is priced.
    Raises LandedError INVALID_CODE, UNKNOWN_ORIGIN, INVALID_VALUE, INVALID_REQUEST, CONFLICT (another version is stored).
    """
    from sqlalchemy import select

    from landed.duty.request import read_amount, read_country
    from landed.operations.engine import engine
    from landed.schedule.codes import dotted, parse_code
    from landed.store.actor import actor
    from landed.store.audit import canonical, record
    from landed.store.database import new_id, now, store
    from landed.store.rows import seal, text
    from landed.store.tables import SEALED, products

    row: dict[str, Any] = {
        "workspace_id": actor().workspace,
        "sku": text(request.sku, "sku", 100, least=1),
        "title": text(request.title, "title", 300, least=1),
        "hts_code": dotted(parse_code(request.hts_code)),
        "country_of_origin": read_country(request.country_of_origin, "country_of_origin", engine().law),
        "supplier": text(request.supplier, "supplier", 200),
        "unit_value_usd": _amount(read_amount, request.unit_value, "unit_value", "0.0001", 10**12),
        "units_per_year": _amount(read_amount, request.units_per_year, "units_per_year", "0.01", 10**14),
        "archived": False,
        "updated_at": now(),
    }
    details = {name: getattr(request, name) or {} for name in FREE} | {"note": text(request.note.replace("\n", " "), "note", 5000)}
    for name in FREE:
        if not isinstance(details[name], dict):
            raise LandedError("INVALID_REQUEST", "expected an object", where=name, mend="Give names and values.")
    if len(canonical(details)) > MOST_DETAIL:
        raise LandedError("INVALID_REQUEST", f"expected at most {MOST_DETAIL:,} bytes of facts and evidence", where="evidence", mend="Name documents instead of holding them.")
    import json

    row["details"] = json.loads(canonical(details))  # plain JSON: exact numbers become texts
    with store().begin() as connection:
        mine = (products.c.workspace_id == row["workspace_id"]) & (products.c.sku == row["sku"])
        before = connection.execute(select(products).where(mine).with_for_update()).mappings().first()
        if request.version is not None and request.version != (before["version"] if before else 0):
            stored = before["version"] if before else 0
            raise LandedError("CONFLICT", f"expected version {request.version}, the store has {stored}", where="version", mend="Read the product again.", stored=stored)
        row["version"] = before["version"] + 1 if before else 1
        row["id"] = before["id"] if before else new_id("prd")
        row["created_at"] = before["created_at"] if before else row["updated_at"]
        row["sha256"] = seal(row, SEALED["products"])
        connection.execute(products.update().where(mine).values(**row) if before else products.insert().values(**row))
        record(connection, "product.save", row["id"], {"sku": row["sku"], "version": row["version"], "sha256": row["sha256"]})
    return _product(row)


@operation(name="product_list", summary="The catalogue, a page at a time", method="GET", path="/v1/products", scope="read")
def list_(request: ProductsRequest) -> Products:
    """Products of the workspace, newest first. Raises LandedError INVALID_REQUEST for a bad limit or cursor."""
    from landed.store.database import store
    from landed.store.rows import page
    from landed.store.tables import products

    with store().begin(reading=True) as connection:
        only = () if request.archived else (products.c.archived.is_(False),)
        rows, following = page(connection, products, request.limit, request.cursor, *only)
    return Products(tuple(map(_product, rows)), following)


@operation(name="product_show", summary="One product", method="GET", path="/v1/products/{sku}", scope="read")
def show(request: SkuRequest) -> Product:
    """One product by its SKU. Raises LandedError NOT_FOUND."""
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import products

    with store().begin(reading=True) as connection:
        return _product(one(connection, products, "product", sku=request.sku))


@operation(name="product_archive", summary="Take a product out of the catalogue", method="POST", path="/v1/products/{sku}:archive", scope="write", read_only=False)
def archive(request: SkuRequest) -> Product:
    """Take a product out of lists and totals; nothing is deleted, and saving it again brings it back. Raises LandedError NOT_FOUND."""
    from landed.store.audit import record
    from landed.store.database import now, store
    from landed.store.rows import one, seal
    from landed.store.tables import SEALED, products

    with store().begin() as connection:
        row = one(connection, products, "product", sku=request.sku)
        if not row["archived"]:
            row |= {"archived": True, "version": row["version"] + 1, "updated_at": now()}
            row["sha256"] = seal(row, SEALED["products"])
            connection.execute(products.update().where(products.c.id == row["id"]).values(**row))
            record(connection, "product.archive", row["id"], {"sku": row["sku"], "version": row["version"], "sha256": row["sha256"]})
    return _product(row)


@operation(name="product_duties", summary="What the catalogue owes on given days, also under a what-if", method="POST", path="/v1/products:duties", scope="quote")
def duties(request: DutiesRequest) -> CatalogueDuties:
    """The duty of each product on each day under its stated facts and claims, and the totals of a year.

    A product that cannot be priced stands with its problem; unknown is never zero. Raises LandedError INVALID_REQUEST, BAD_OVERLAY.
    """
    from datetime import timedelta

    from landed.operations.engine import engine

    asked = engine().with_overlay(request.overlay)
    today = date.today()
    days = request.days or tuple(today + timedelta(days=n) for n in (0, 30, 90))
    if len(days) > 12:
        raise LandedError("INVALID_REQUEST", f"expected at most 12 days, got {len(days)}", where="days", mend="Ask for fewer.")
    rows = [show(SkuRequest(request.sku))] if request.sku else _every()
    found = tuple(ProductDuties(p.sku, p.title, p.hts_code, p.country_of_origin, tuple(_duty(asked, p, day) for day in days)) for p in rows)
    totals = []
    for number, day in enumerate(days):
        known = [each.duties[number].duty_per_year for each in found]
        totals.append(DayTotal(day, str(sum((Decimal(n) for n in known if n is not None), Decimal("0.00"))), sum(n is None for n in known)))
    return CatalogueDuties(asked.law.version, found, tuple(totals))


def _every() -> list[Product]:
    found: list[Product] = []
    cursor = ""
    while True:
        page = list_(ProductsRequest(500, cursor))
        found += page.products
        cursor = page.next
        if len(found) > MOST_PRICED:
            raise LandedError("TOO_LARGE", f"expected at most {MOST_PRICED:,} products", where="products", mend="Run a batch instead.")
        if not cursor:
            return found


def _duty(asked: Any, product: Product, day: date) -> ProductDuty:
    if product.unit_value is None:
        return ProductDuty(day, "unknown", None, None, None, (), "the value of a unit is not stated")
    # Priced at the year's volume where one is stated: cents of one unit would be lost in rounding.
    units = Decimal(product.units_per_year) if product.units_per_year and Decimal(product.units_per_year) > 0 else Decimal(1)
    raw: dict[str, Any] = {
        "hts_code": product.hts_code,
        "country_of_origin": product.country_of_origin,
        "customs_value": str(Decimal(product.unit_value) * units),
        "entry_date": day,
        "facts": product.facts,
        "claims": product.claims,
        "answers": product.answers,
    }
    try:
        if product.quantities:
            raw["quantities"] = {unit: str(Decimal(str(amount)) * units) for unit, amount in product.quantities.items()}
        found = asked.estimate(raw, depth="duty")
    except LandedError as error:
        return ProductDuty(day, "unknown", None, None, None, (), f"{error.code}: {error.detail}")
    except ArithmeticError:
        return ProductDuty(day, "unknown", None, None, None, (), "a quantity is not a number")
    total, rate = found.totals.duty, found.totals.effective_rate_pct
    each = None if total is None else str((total / units).quantize(Decimal("0.0001")).normalize() + Decimal("0.00"))
    year = None if total is None or not product.units_per_year else str(total)
    problem = "" if total is not None else (found.error or {}).get("detail") or "a part of the duty is unknown"
    return ProductDuty(day, found.status, each, None if rate is None else str(rate), year, found.filing_sequence, problem)


def _amount(read: Any, raw: str | None, where: str, step: str, most: int) -> Decimal | None:
    if raw is None or not str(raw).strip():
        return None
    found: Decimal = read(raw, where)
    if found >= most:
        raise LandedError("INVALID_VALUE", f"expected less than {most:,}", where=where, mend="Check the amount.")
    return found.quantize(Decimal(step))


def _product(row: dict[str, Any]) -> Product:
    details = row["details"]

    def said(value: Any) -> str | None:
        return None if value is None else format(Decimal(value).normalize() + Decimal("0.00"), "f")

    return Product(
        id=row["id"],
        sku=row["sku"],
        title=row["title"],
        hts_code=row["hts_code"],
        country_of_origin=row["country_of_origin"],
        supplier=row["supplier"],
        unit_value=said(row["unit_value_usd"]),
        units_per_year=said(row["units_per_year"]),
        **{name: details.get(name) or {} for name in FREE},
        note=details.get("note", ""),
        version=row["version"],
        archived=bool(row["archived"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
