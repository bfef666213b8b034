"""Catalogues of goods: classified row by row, kept in the store, reviewed in the order of the money at stake, each decision with who, when and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from landed.errors import LandedError
from landed.operations.keys import moment
from landed.operations.registry import operation

if TYPE_CHECKING:
    from landed.classify.memory import Confirmation
    from landed.store.database import Store

MOST_PRODUCTS = 10_000  # in the body of a request; more come as a file or by the command
MOST_IN_FILE = 200_000
LARGEST_PRODUCT = 40_000  # bytes of one product as kept
PIECE = 50  # rows answered in one transaction
CANDIDATES = 3
SHOWN = ("open", "decided", "all", "waiting", "error", "review", "check", "settled")
DEFAULTS = ("origin", "on", "value", "category")


@dataclass(frozen=True, slots=True)
class CatalogueRequest:
    """Goods to classify and keep."""

    name: Annotated[str, "your name for the catalogue"]
    products: Annotated[list[dict[str, Any]] | None, "products as in `classify`, up to 10,000"] = None
    upload_id: Annotated[str, "or the id of an uploaded CSV or XLSX (POST /v1/uploads) with a column that names the goods"] = ""
    defaults: Annotated[dict[str, Any] | None, "origin, on, value and category of rows that say none"] = None


@dataclass(frozen=True, slots=True)
class CatalogueId:
    """A catalogue by its id."""

    id: Annotated[str, "id of the catalogue, such as cat_..."]


@dataclass(frozen=True, slots=True)
class CataloguePageRequest:
    """A page of catalogues."""

    limit: Annotated[int, "most rows, 1 to 500"] = 100
    cursor: Annotated[str, "`next` of the page before"] = ""


@dataclass(frozen=True, slots=True)
class QueueRequest:
    """A page of the review queue of a catalogue."""

    id: Annotated[str, "id of the catalogue"]
    show: Annotated[Literal["open", "decided", "all", "waiting", "error", "review", "check", "settled"], "open: what waits for a person (error, review, check); decided; all; or one status among the undecided"] = "open"
    limit: Annotated[int, "most rows, 1 to 500"] = 50
    cursor: Annotated[str, "`next` of the page before"] = ""


@dataclass(frozen=True, slots=True)
class DecideRequest:
    """A person's decision on one row."""

    id: Annotated[str, "id of the row, such as row_..."]
    code: Annotated[str, "the tariff code settled on, 6 to 10 digits"]
    version: Annotated[int, "version of the row as you read it"]
    why: Annotated[str, "the reason"] = ""
    who: Annotated[str, "who decides; with an API key it is the key's name that is kept"] = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue and how far it is. `at_stake_usd` sums what is known of rows still to review; `unknown_stake` counts the rows whose stake is not known."""

    id: str
    name: str
    status: str
    total: int
    waiting: int
    error: int
    review: int
    check: int
    settled: int
    decided: int
    at_stake_usd: str
    unknown_stake: int
    defaults: dict[str, Any]
    hts_revision: str
    law_version: str
    created_at: str | None
    created_by: str
    problem: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Catalogues:
    """Catalogues, newest first; `next` is the cursor of the next page, "" at the end."""

    catalogues: tuple[Catalogue, ...]
    next: str


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One row: the product, the short answer (null while it waits), and the decision ("" where there is none)."""

    id: str
    number: int
    product: dict[str, Any]
    status: str
    answer: dict[str, Any] | None
    decision: str
    code: str
    who: str
    why: str
    decided_at: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows, those worth a look first; `next` is the cursor of the next page, "" at the end."""

    rows: tuple[CatalogueRow, ...]
    next: str


@dataclass(frozen=True, slots=True)
class CatalogueExport:
    """The whole queue as a table: `csv` with a heading, decisions beside the answers."""

    name: str
    rows: int
    csv: str


@operation(name="catalogue_start", summary="Classify a catalogue in the background and keep its review queue", method="POST", path="/v1/catalogues", scope="write", read_only=False)
def start(request: CatalogueRequest) -> Catalogue:
    """Keep every product as a waiting row and let the server answer them in the background; a stopped server goes on where it was.

    Raises LandedError INVALID_REQUEST, TOO_LARGE, NOT_FOUND (no such upload), BAD_UPLOAD, MISSING_COLUMN, UNREADABLE_FILE, EXTRA_REQUIRED, BUSY.
    """
    if (request.products is None) == (not request.upload_id):
        raise LandedError("INVALID_REQUEST", "expected one of products and upload_id", where="products", mend="Send a list of products, or upload a file first.")
    products: Any = request.products if request.products is not None else _uploaded(request.upload_id)
    if not isinstance(products, list) or not products:
        raise LandedError("INVALID_REQUEST", "expected a list of products, got none", where="products", mend="Send at least one.")
    if request.products is not None and len(products) > MOST_PRODUCTS:
        raise LandedError("TOO_LARGE", f"expected at most {MOST_PRODUCTS:,} products in the body, got {len(products):,}", where="products", mend="Upload a file, or run `landed classify --catalogue FILE`.")
    return begin(request.name, products, request.defaults, background=True)


def begin(name: str, products: Sequence[Any], defaults: Mapping[str, Any] | None = None, *, background: bool = False) -> Catalogue:
    """Keep a catalogue with every row waiting, whole or not at all; with `background` a server's worker is to answer it, else `work` does.

    Raises LandedError INVALID_REQUEST, TOO_LARGE, BUSY.
    """
    from sqlalchemy import func, select

    from landed.duty.request import read_day
    from landed.operations.engine import engine
    from landed.operations.jobs import MOST_WAITING, OPEN
    from landed.store.actor import actor
    from landed.store.audit import canonical, record
    from landed.store.database import new_id, now, store
    from landed.store.rows import seal, text
    from landed.store.tables import SEALED, catalogue_rows, catalogues, jobs

    title = text(name, "name", 200, least=1)
    common = _defaults(defaults)
    if len(products) > MOST_IN_FILE:
        raise LandedError("TOO_LARGE", f"expected at most {MOST_IN_FILE:,} products, got {len(products):,}", where="products", mend="Split the catalogue.")
    book, day = engine(), read_day(common["on"], "defaults.on") if common.get("on") else date.today()
    made: dict[str, Any] = {
        "id": new_id("cat"), "workspace_id": actor().workspace, "name": title, "defaults": common, "hts_revision": book.schedule.revision(day)[:120], "law_version": book.law.version,
        "total": len(products), "job_id": None, "created_at": now(), "created_by": actor().name,
    }  # fmt: skip
    rows = []
    for number, product in enumerate(products, 1):
        if not isinstance(product, Mapping):
            raise LandedError("INVALID_REQUEST", f"expected an object, got {type(product).__name__}", where=f"products[{number - 1}]", mend='Send {"text": ...}.')
        said = canonical(product)
        if len(said) > LARGEST_PRODUCT:
            raise LandedError("TOO_LARGE", f"expected at most {LARGEST_PRODUCT:,} bytes of one product, got {len(said):,}", where=f"products[{number - 1}]", mend="Describe it shorter.")
        row: dict[str, Any] = {
            "id": new_id("row"), "workspace_id": made["workspace_id"], "catalogue_id": made["id"], "number": number, "product": said, "status": "waiting", "place": f"9{number:08d}", "stake_cents": None,
            "answer": "", "decision": "", "code": "", "who": "", "why": "", "decided_at": None, "version": 1,
        }  # fmt: skip
        rows.append(row | {"sha256": seal(row, SEALED["catalogue_rows"])})
    with store().begin() as connection:
        if background:
            waiting = connection.execute(select(func.count()).select_from(jobs).where(jobs.c.workspace_id == made["workspace_id"], jobs.c.status.in_(OPEN))).scalar_one()
            if waiting >= MOST_WAITING:
                raise LandedError("BUSY", f"{waiting} batches are waiting", mend="Wait until one has ended.", retry_after=30)
            made["job_id"] = _job(connection, made["id"], len(rows))
        connection.execute(catalogues.insert().values(**made))
        connection.execute(catalogue_rows.insert(), rows)
        record(connection, "catalogue.start", made["id"], {"name": title, "rows": len(rows)})
    return show(CatalogueId(made["id"]))


@operation(name="catalogue_list", summary="Catalogues with their progress", method="GET", path="/v1/catalogues", scope="read")
def list_(request: CataloguePageRequest) -> Catalogues:
    """Catalogues of the workspace, newest first. Raises LandedError INVALID_REQUEST for a bad limit or cursor."""
    from landed.store.database import store
    from landed.store.rows import page
    from landed.store.tables import catalogues

    with store().begin(reading=True) as connection:
        rows, following = page(connection, catalogues, request.limit, request.cursor)
        return Catalogues(tuple(_catalogue(connection, row) for row in rows), following)


@operation(name="catalogue_show", summary="One catalogue and how far it is", method="GET", path="/v1/catalogues/{id}", scope="read")
def show(request: CatalogueId) -> Catalogue:
    """One catalogue: rows by status, decided ones, the money still at stake. Raises LandedError NOT_FOUND."""
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import catalogues

    with store().begin(reading=True) as connection:
        return _catalogue(connection, one(connection, catalogues, "catalogue", id=request.id))


@operation(name="catalogue_resume", summary="Go on with a catalogue whose work was stopped", method="POST", path="/v1/catalogues/{id}:resume", scope="write", read_only=False)
def resume(request: CatalogueId) -> Catalogue:
    """Let the server answer the rows that still wait; one that is being worked on, or is done, stays as it is. Raises LandedError NOT_FOUND."""
    from landed.operations.jobs import OPEN
    from landed.store.audit import record
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import catalogues, jobs

    with store().begin() as connection:
        row = one(connection, catalogues, "catalogue", id=request.id)
        found = _catalogue(connection, row)
        busy = row["job_id"] and one(connection, jobs, "batch", id=row["job_id"])["status"] in OPEN
        if found.waiting and not busy:
            connection.execute(catalogues.update().where(catalogues.c.id == row["id"]).values(job_id=_job(connection, row["id"], row["total"])))
            record(connection, "catalogue.resume", row["id"], {"waiting": found.waiting})
    return show(request)


@operation(name="catalogue_queue", summary="The review queue of a catalogue, a page at a time, most money at stake first", method="GET", path="/v1/catalogues/{id}/rows", scope="read")
def queue(request: QueueRequest) -> Queue:
    """Rows: errors first, then review by the money at stake (unknown before known), then check, then settled. Raises LandedError NOT_FOUND, INVALID_REQUEST."""
    from sqlalchemy import select

    from landed.store.actor import actor
    from landed.store.database import store
    from landed.store.rows import MOST, one
    from landed.store.tables import catalogue_rows as table
    from landed.store.tables import catalogues

    if not 1 <= request.limit <= MOST:
        raise LandedError("INVALID_REQUEST", f"expected 1 to {MOST}, got {request.limit}", where="limit", mend="Ask for the next page with `cursor`.")
    if request.show not in SHOWN:
        raise LandedError("INVALID_REQUEST", f"expected one of {', '.join(SHOWN)}, got {request.show[:20]!r}", where="show", mend="Leave it out for what waits for a person.")
    if request.cursor and not (request.cursor.isascii() and request.cursor.isdigit() and len(request.cursor) <= 40):
        raise LandedError("INVALID_REQUEST", "expected a cursor of an earlier page", where="cursor", mend="Leave it out for the first page.")
    asked = select(table).where(table.c.catalogue_id == request.id, table.c.workspace_id == actor().workspace)
    if request.show == "open":
        asked = asked.where(table.c.decision == "", table.c.status.in_(("error", "review", "check")))
    elif request.show == "decided":
        asked = asked.where(table.c.decision != "")
    elif request.show != "all":
        asked = asked.where(table.c.decision == "", table.c.status == request.show)
    if request.cursor:
        asked = asked.where(table.c.place > request.cursor)
    with store().begin(reading=True) as connection:
        one(connection, catalogues, "catalogue", id=request.id)
        rows = connection.execute(asked.order_by(table.c.place).limit(request.limit + 1)).mappings().all()
    following = rows[request.limit - 1]["place"] if len(rows) > request.limit else ""
    return Queue(tuple(_row(row) for row in rows[: request.limit]), following)


@operation(name="catalogue_decide", summary="Confirm or override the code of a row, with the reason", method="POST", path="/v1/catalogue-rows/{id}:decide", scope="write", read_only=False)
def decide(request: DecideRequest) -> CatalogueRow:
    """Settle a row's code: the row, the confirmed code that later classifications weigh in, and the audit records are one transaction.

    A decided row may be decided again; both decisions stay in the trail. Raises LandedError NOT_FOUND, CONFLICT (somebody was
    there before you), NOT_ANSWERED, INVALID_CODE, UNKNOWN_HTS and its kin, INVALID_REQUEST.
    """
    from landed.operations.classify import check_code
    from landed.operations.confirmed import insert
    from landed.schedule.codes import dotted, parse_code
    from landed.store.actor import actor
    from landed.store.audit import record
    from landed.store.database import now, store
    from landed.store.rows import one, seal, text
    from landed.store.tables import SEALED
    from landed.store.tables import catalogue_rows as table

    why = text(request.why.replace("\r", "").replace("\n", " "), "why", 5_000)
    check_code(request.code)
    code = dotted(parse_code(request.code))
    who = actor().name if actor().key else text(request.who, "who", 200) or actor().name
    with store().begin() as connection:
        row = one(connection, table, "row", id=request.id)
        if row["version"] != request.version:
            by = f"{row['who']} settled {row['code']}" if row["decision"] else "it changed"
            raise LandedError("CONFLICT", f"expected version {request.version} of the row, the store has {row['version']}: {by}", where="version", mend="Read the row again, then decide.", stored=row["version"])
        if row["status"] == "waiting":
            raise LandedError("NOT_ANSWERED", "this row has not been classified yet", where="id", mend="Wait for it, or resume the catalogue.")
        answer, product = json.loads(row["answer"]), json.loads(row["product"])
        suggested = str(answer.get("hts_code") or "")
        row |= {"decision": "confirmed" if code == suggested else "overridden", "code": code, "who": who, "why": why, "decided_at": now(), "version": row["version"] + 1}
        row["sha256"] = seal(row, SEALED["catalogue_rows"])
        # The version is asked again: of two who read the same one, one writes.
        if not connection.execute(table.update().where(table.c.id == row["id"], table.c.version == request.version).values(**row)).rowcount:
            raise LandedError("CONFLICT", f"expected version {request.version} of the row, another decision came in between", where="version", mend="Read the row again, then decide.")
        if settled := _confirmation(product, code, suggested, who, why):
            insert(connection, settled, row["id"])
        record(connection, "catalogue.decide", row["id"], {"decision": row["decision"], "code": code, "suggested": suggested, "version": row["version"], "sha256": row["sha256"]})
    return _row(row)


@operation(name="catalogue_export", summary="The whole review queue as a table, with the decisions", method="GET", path="/v1/catalogues/{id}/export", scope="read")
def export(request: CatalogueId) -> CatalogueExport:
    """Every row in the order of the queue, decisions beside the answers, as CSV. Raises LandedError NOT_FOUND."""
    import io

    from landed.classify.catalogue import write_rows

    found = show(request)
    out = io.StringIO()
    rows = every(request.id)
    write_rows(rows, out)
    return CatalogueExport(found.name, len(rows), out.getvalue())


def every(identifier: str) -> list[dict[str, Any]]:
    """Every row of a catalogue in the order of the queue, as `landed.classify.catalogue.HEADINGS` names its cells."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = queue(QueueRequest(identifier, "all", 500, cursor))
        for row in page.rows:
            answer = row.answer or {"id": row.product.get("id"), "text": str(row.product.get("text") or "")[:300]}
            found.append({**answer, "place": len(found) + 1, "status": row.status, "decision": row.decision, "decided_code": row.code, "who": row.who, "when": row.decided_at, "why": row.why})
        if not (cursor := page.next):
            return found


def work(identifier: str, tell: Callable[[int, int], object] | None = None) -> int:
    """Answer the rows of a catalogue that wait, a piece at a time, each piece whole or not at all; gives how many this call answered.

    `tell` hears (rows answered in all, rows in all) after each piece. Two who work on one catalogue do no harm: a row is answered once.
    """
    from sqlalchemy import func, select

    from landed.classify.catalogue import place_of, row_of
    from landed.operations.classify import answer_one
    from landed.store.audit import canonical, record
    from landed.store.database import store
    from landed.store.rows import one, seal
    from landed.store.tables import SEALED, catalogues
    from landed.store.tables import catalogue_rows as table

    opened: Store = store()
    with opened.begin(reading=True) as connection:
        head = one(connection, catalogues, "catalogue", id=identifier)
        left = connection.execute(select(func.count()).select_from(table).where(table.c.catalogue_id == identifier, table.c.status == "waiting")).scalar_one()
    answered = 0
    while True:
        with opened.begin(reading=True) as connection:
            asked = select(table).where(table.c.catalogue_id == identifier, table.c.status == "waiting").order_by(table.c.place).limit(PIECE)
            rows = [dict(row) for row in connection.execute(asked).mappings()]
        if not rows:
            break
        for row in rows:
            product = {**head["defaults"], **json.loads(row["product"])}
            short = row_of(product, answer_one(product, limit=CANDIDATES))
            stake = short["at_stake_usd"]
            row |= {"status": short["status"], "place": place_of(short, row["number"]), "stake_cents": None if stake in (None, "") else int(Decimal(str(stake)) * 100), "answer": canonical({name: value for name, value in short.items() if value is not None}), "version": row["version"] + 1}
            row["sha256"] = seal(row, SEALED["catalogue_rows"])
        with opened.begin() as connection:
            for row in rows:
                answered += connection.execute(table.update().where(table.c.id == row["id"], table.c.status == "waiting").values(**row)).rowcount
            if len(rows) < PIECE:
                record(connection, "catalogue.answered", identifier, {"rows": head["total"]})
        if tell:
            tell(head["total"] - left + answered, head["total"])
    return answered


def _defaults(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    if raw is not None and not isinstance(raw, Mapping):
        raise LandedError("INVALID_REQUEST", "expected an object", where="defaults", mend="Give names and values.")
    found = {str(name): value for name, value in (raw or {}).items() if value not in (None, "")}
    if unknown := sorted(set(found) - set(DEFAULTS)):
        raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0][:40]!r}", where="defaults", mend=f"Known fields: {', '.join(DEFAULTS)}.")
    from landed.store.audit import canonical

    if len(canonical(found)) > LARGEST_PRODUCT or "\\u0000" in canonical(found):
        raise LandedError("INVALID_REQUEST", "expected short texts and numbers", where="defaults", mend="Give origin, on, value or category.")
    kept: dict[str, Any] = json.loads(canonical(found))
    return kept


def _uploaded(identifier: str) -> list[dict[str, Any]]:
    from landed.classify.catalogue import read_catalogue
    from landed.schedule.site import data_folder
    from landed.store.database import store
    from landed.store.rows import one
    from landed.store.tables import uploads

    with store().begin(reading=True) as connection:
        upload = one(connection, uploads, "upload", id=identifier)
    if upload["kind"] not in ("csv", "xlsx"):
        raise LandedError("BAD_UPLOAD", f"expected CSV or XLSX, got {upload['kind']}", where="upload_id", mend="Save the catalogue as one of them.")
    path = data_folder() / "uploads" / upload["id"]
    if not path.exists():
        raise LandedError("NOT_FOUND", "the uploaded file is no longer there", where="upload_id", mend="Upload it again.")
    return read_catalogue(path, upload["kind"])


def _job(connection: Any, catalogue: str, total: int) -> str:
    """A job of the server that answers the rows of a catalogue."""
    from landed.store.actor import actor
    from landed.store.audit import canonical
    from landed.store.database import new_id, now
    from landed.store.tables import jobs

    row = {
        "id": new_id("job"), "workspace_id": actor().workspace, "kind": "catalogue", "status": "waiting", "request": canonical({"catalogue_id": catalogue}), "upload_id": None, "total": total, "done": 0, "failed": 0,
        "problem": None, "cancel_asked": False, "runner": "", "created_at": now(), "started_at": None, "finished_at": None, "created_by": actor().name,
    }  # fmt: skip
    connection.execute(jobs.insert().values(**row))
    return str(row["id"])


def _confirmation(product: Mapping[str, Any], code: str, suggested: str, who: str, why: str) -> Confirmation | None:
    """What the memory learns from a decision; None for goods without words that can be read."""
    from landed.classify.classify import read_product
    from landed.classify.memory import Confirmation

    try:
        read = read_product({name: product[name] for name in ("text", "attributes", "category") if name in product})
    except LandedError:
        return None
    return Confirmation(text=read.text, code=code, who=who, why=why, suggested=suggested, id=str(product.get("id") or ""), attributes=read.attributes, category=read.category)


def _catalogue(connection: Any, row: Mapping[str, Any]) -> Catalogue:
    from sqlalchemy import func, select

    from landed.store.tables import catalogue_rows as table
    from landed.store.tables import jobs

    asked = select(table.c.status, table.c.decision, func.count(), func.count(table.c.stake_cents), func.sum(table.c.stake_cents)).where(table.c.catalogue_id == row["id"]).group_by(table.c.status, table.c.decision)
    counts = dict.fromkeys(("waiting", "error", "review", "check", "settled", "decided"), 0)
    cents = unknown = 0
    for status, decided, count, known, stake in connection.execute(asked):
        counts["decided" if decided else status] += count
        if status == "review" and not decided:
            cents, unknown = cents + int(stake or 0), unknown + count - known
    job = connection.execute(select(jobs.c.status, jobs.c.problem).where(jobs.c.id == row["job_id"])).first() if row["job_id"] else None
    status = "done" if not counts["waiting"] else job.status if job and job.status in ("waiting", "running", "failed", "cancelled") else "stopped"
    return Catalogue(
        id=row["id"], name=row["name"], status=status, total=row["total"], **counts, at_stake_usd=str(Decimal(cents) / 100 + Decimal("0.00")), unknown_stake=unknown, defaults=row["defaults"],
        hts_revision=row["hts_revision"], law_version=row["law_version"], created_at=moment(row["created_at"]), created_by=row["created_by"], problem=job.problem if job else None,
    )  # fmt: skip


def _row(row: Any) -> CatalogueRow:
    return CatalogueRow(
        id=row["id"], number=row["number"], product=json.loads(row["product"]), status=row["status"], answer=json.loads(row["answer"]) if row["answer"] else None, decision=row["decision"], code=row["code"],
        who=row["who"], why=row["why"], decided_at=moment(row["decided_at"]), version=row["version"],
    )  # fmt: skip
