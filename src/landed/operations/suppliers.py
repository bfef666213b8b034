"""The supplier network: bring suppliers in, find them, tell doubles apart, score them, ask for quotes and compare what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from landed.errors import LandedError
from landed.operations.engine import engine
from landed.operations.registry import operation
from landed.sourcing.network.card import Card
from landed.sourcing.network.dedupe import Pair
from landed.sourcing.network.intake import Taken
from landed.sourcing.network.quotes import Compared
from landed.sourcing.network.score import Score
from landed.sourcing.network.search import Found

TABLES = ("suppliers", "deliveries")


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Rows of suppliers (headers of Open Supply Hub and marketplace exports are known) and of deliveries."""

    suppliers: Annotated[Any, "rows: supplier, country, address, origin, sku, price or breaks, moq, lead_days, evidence, issuer, ..."] = ()
    deliveries: Annotated[Any, "rows: supplier, po, promised, delivered, qty_ok, qty_total"] = ()
    source: Annotated[str, "where the rows come from"] = "import"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Words in any script, and filters."""

    text: Annotated[str, "words; all of them first, any of them where nothing has all"] = ""
    country: Annotated[str, "where the supplier sits, ISO 3166 alpha-2"] = ""
    origin: Annotated[str, "where the goods of an offer are made"] = ""
    sku: Annotated[str, "product of an offer"] = ""
    type: Annotated[str, "manufacturer, trader or agent"] = ""
    evidence: Annotated[str, "a kind of evidence or a scheme"] = ""
    limit: Annotated[int, "rows to give, at most 500"] = 20


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Suppliers, best first; `matched` says whether all words, any word or only filters were used."""

    matched: str
    rows: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A supplier by number and what is needed of it."""

    supplier: Annotated[int, "number of the supplier"]
    on: Annotated[date | None, "day on which evidence must be valid; default today"] = None
    need: Annotated[int, "units of an order; 0 where it does not matter"] = 0
    certificates: Annotated[tuple[str, ...], "schemes that must be valid"] = ()


@dataclass(frozen=True, slots=True)
class ShowRequest:
    """A supplier by number."""

    supplier: Annotated[int, "number of the supplier; of a merged one, the supplier it is now is shown"]
    on: Annotated[date | None, "day on which evidence and offers are judged; default today"] = None


@dataclass(frozen=True, slots=True)
class FlagRequest:
    """What stands against a supplier, as a person found it."""

    supplier: Annotated[int, "number of the supplier"]
    flag: Annotated[str, "what was found, such as a listed party or forced labour; empty takes the flag away"]
    who: Annotated[str, "who says so"]


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """How much of the queue to show."""

    find: Annotated[bool, "look for new pairs first"] = True
    decided: Annotated[bool, "show the decided pairs in place of the open ones"] = False
    limit: Annotated[int, "pairs to give"] = 50


@dataclass(frozen=True, slots=True)
class Review:
    """Open pairs by band (identifier, likely, review) and the first of them."""

    open: dict[str, int]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class DecideRequest:
    """What a person says of a pair."""

    pair: Annotated[int, "number of the pair in the queue"]
    decision: Annotated[Literal["same", "different", "undo"], "same merges the second into the first; undo takes either back"]
    who: Annotated[str, "who decides"]


@dataclass(frozen=True, slots=True)
class RfqRequest:
    """What is asked of suppliers."""

    rfq: Annotated[Any, "{number, sku, hts_code, units, arrival or order_date, description, needed_by, destination, certificates, weight_kg, facts}"]
    quotes: Annotated[Any, "[{supplier, price or breaks, currency, exchange_rate, incoterm, origin, moq, lead_days, freight_per_unit, tooling, valid_to}]"] = ()
    overlay: Annotated[Any, "a what-if laid over the law"] = None


@dataclass(frozen=True, slots=True)
class RfqAnswer:
    """The request as a document and, where quotes are given, the quotes on one footing, the least landed cost first."""

    document: str
    quotes: tuple[Compared, ...]


@operation(name="suppliers_import", summary="Bring suppliers, offers, evidence and deliveries in", method="POST", path="/v1/suppliers:import", scope="suppliers", read_only=False)
def bring_in(request: ImportRequest) -> Taken:
    """Rows that can stand go in, the others are told by row and column in `errors`; nothing known is overwritten. Raises DATA_FOLDER, SUPPLIER_FILE."""
    from landed.sourcing.network.intake import take
    from landed.sourcing.network.store import network

    suppliers, deliveries = _rows(request.suppliers, "suppliers"), _rows(request.deliveries, "deliveries")
    with network() as connection:
        return take(connection, suppliers, deliveries, engine().law, request.source)


def _rows(value: Any, where: str) -> list[Mapping[str, Any]]:
    """A list of objects, as rows are; raises INVALID_REQUEST for anything else."""
    rows = [] if value is None else value
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, Mapping) for row in rows):
        raise LandedError("INVALID_REQUEST", f"{where}: expected a list of objects", where=where, mend="Each row is an object of named cells.")
    return list(rows)


@operation(name="suppliers_search", summary="Find suppliers by words and filters", method="GET", path="/v1/suppliers", scope="suppliers")
def find(request: SearchRequest) -> SearchAnswer:
    """Suppliers for words in any script (Chinese names by their characters) and filters, best first."""
    from landed.sourcing.network.search import search
    from landed.sourcing.network.store import network

    if not 1 <= request.limit <= 500:
        raise LandedError("INVALID_REQUEST", f"limit: expected 1 to 500, got {request.limit}", where="limit", mend="Ask for fewer rows.")
    with network() as connection:
        rows, matched = search(connection, request.text, country=request.country, origin=request.origin, sku=request.sku, kind=request.type, evidence=request.evidence, limit=request.limit)
        return SearchAnswer(matched, tuple(rows))


@operation(name="suppliers_score", summary="A supplier's score with every part shown", method="GET", path="/v1/suppliers/{supplier}/score", scope="suppliers")
def rate(request: ScoreRequest) -> Score:
    """Identity, delivery, quality, fit and risk out of 100, with counts and 90% intervals; a flag is a gate to 0. Raises UNKNOWN_SUPPLIER."""
    from decimal import Decimal

    from landed.sourcing.network.score import score
    from landed.sourcing.network.store import head, network

    with network() as connection:
        return score(connection, head(connection, request.supplier), request.on or date.today(), need=Decimal(request.need) if request.need else None, certificates=request.certificates)


@operation(name="suppliers_show", summary="Everything known of a supplier: offers, sites, who checked what until when, deliveries", method="GET", path="/v1/suppliers/{supplier}", scope="suppliers")
def show(request: ShowRequest) -> Card:
    """Sites, offers with price breaks, evidence (who checked what, when, until when), deliveries, other names, what was merged into it. Raises UNKNOWN_SUPPLIER."""
    from landed.sourcing.network.card import card
    from landed.sourcing.network.store import head, network

    with network() as connection:
        return card(connection, head(connection, request.supplier), request.on or date.today())


@operation(name="suppliers_flag", summary="Flag a supplier, or take the flag away", method="POST", path="/v1/suppliers:flag", scope="suppliers", read_only=False)
def flag(request: FlagRequest) -> Card:
    """A flag (a sanctions hit, forced labour) with who found it and when: a gate of the score to 0, shown wherever the supplier is. Raises UNKNOWN_SUPPLIER, INVALID_REQUEST."""
    from landed.sourcing.network.card import card
    from landed.sourcing.network.store import head, network

    words, who = " ".join(request.flag.split())[:200], " ".join(request.who.split())[:80]
    if not who:
        raise LandedError("INVALID_REQUEST", "expected who says so", where="who", mend="Name the person who decides.")
    with network() as connection:
        number = head(connection, request.supplier)
        connection.execute("UPDATE supplier SET flag = ? WHERE id = ?", (f"{words} ({who}, {date.today().isoformat()})" if words else None, number))
        return card(connection, number, date.today())


@operation(name="suppliers_review", summary="Suppliers that may be listed twice", method="POST", path="/v1/suppliers:review", scope="suppliers", read_only=False)
def review(request: ReviewRequest) -> Review:
    """The queue of pairs that may be one: the same identifier first, then by likeness. Nothing is merged without a person. Raises EXTRA_REQUIRED."""
    from landed.sourcing.network.dedupe import propose, queue
    from landed.sourcing.network.store import network

    with network() as connection:
        if request.find:
            propose(connection)
        counts = {row["band"]: row["n"] for row in connection.execute("SELECT band, COUNT(*) AS n FROM review WHERE decision IS NULL GROUP BY band")}
        return Review(counts, tuple(queue(connection, decided=request.decided, limit=max(1, min(request.limit, 500)))))


@operation(name="suppliers_decide", summary="Say whether two suppliers are one, or take it back", method="POST", path="/v1/suppliers:decide", scope="suppliers", read_only=False)
def decide(request: DecideRequest) -> Review:
    """Same, different or undo, with who says so; gives the queue that is left. Raises UNKNOWN_PAIR, CONFLICT, INVALID_REQUEST."""
    from landed.sourcing.network.dedupe import decide as run
    from landed.sourcing.network.store import network

    with network() as connection:
        run(connection, request.pair, request.decision, request.who)
    return review(ReviewRequest(find=False))


@operation(name="suppliers_rfq", summary="Ask for quotes, and compare them on landed cost per unit", method="POST", path="/v1/suppliers:rfq", scope="suppliers")
def rfq(request: RfqRequest) -> RfqAnswer:
    """The request for quotation as a document; with quotes, each on landed cost per unit under the law of its arrival day. US dollars.

    A quote with an unknown part is never ranked as if it were zero. Raises INVALID_QUOTES (by row and column in `errors`), BAD_OVERLAY.
    """
    from landed.sourcing.network.quotes import compare, request_text

    if not isinstance(request.rfq, dict):
        raise LandedError("INVALID_QUOTES", "expected an object with what is asked", where="rfq", mend="See docs/suppliers.md.")
    quotes = tuple(request.quotes or ())
    return RfqAnswer(request_text(request.rfq), compare(engine(), request.rfq, quotes, request.overlay) if quotes else ())


def template() -> dict[str, list[list[Any]]]:
    """The sheets of a workbook to fill in."""
    import landed.sourcing
    from landed.lawbook.load import parse_yaml

    file = Path(landed.sourcing.__file__).parent / "template_suppliers.yaml"
    return parse_yaml(file.read_bytes(), file.name)
