"""From words to tariff lines: one product, many products, and the codes that people confirm."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, BinaryIO, Required, TypedDict

from landed.classify.model import Classification
from landed.errors import LandedError
from landed.operations.engine import engine
from landed.operations.registry import operation

MOST_AT_ONCE = 1_000  # products in one request; longer lists go through `landed classify --jsonl` or a catalogue
MOST_CANDIDATES = 200
LIMIT = 12


class ClassifyRequest(TypedDict, total=False):
    """One product as its seller describes it."""

    text: Required[Annotated[str, "what the goods are, in English words"]]
    attributes: Annotated[dict[str, Any], "what else is known, such as {material, gender, use, power}"]
    category: Annotated[Any, "the shop's category path, a list or 'A > B > C'"]
    origin: Annotated[str, "ISO 3166 alpha-2 code or name; with it the duty of the leaders is compared"]
    on: Annotated[str, "day whose tariff is read, ISO 8601; default today"]
    value: Annotated[Any, "customs value in US dollars for the money at stake; default 10,000"]
    id: Annotated[Any, "your own name for the product, given back"]
    limit: Annotated[int, "most candidates to give, 1 to 200; default 12"]


class ClassifyManyRequest(TypedDict, total=False):
    """Products to classify, each as in `classify`."""

    products: Required[Annotated[list[Any], "at most 1,000 products"]]


@dataclass(frozen=True, slots=True)
class ManyAnswers:
    """One answer for each product, in order; a product that cannot be read has {"id", "error"} in its place."""

    answers: tuple[dict[str, Any], ...]


class ConfirmRequest(TypedDict, total=False):
    """A code that a person settles for goods."""

    text: Required[Annotated[str, "the description of the goods"]]
    code: Required[Annotated[str, "the tariff code settled on, 6 to 10 digits"]]
    who: Required[Annotated[str, "who decides"]]
    why: Annotated[str, "the reason"]
    suggested: Annotated[str, "the code that the classifier had put first"]
    id: Annotated[str, "your own name for the product"]
    attributes: Annotated[dict[str, Any], "what else is known of the goods"]
    category: Annotated[Any, "the shop's category path"]


@dataclass(frozen=True, slots=True)
class ConfirmedCode:
    """What was kept: the code with its instant, and whether it overrides the one suggested."""

    text: str
    code: str
    who: str
    why: str
    at: str
    suggested: str
    overrides: bool


@operation(name="classify", summary="Ranked tariff lines for a product, with reasons, one question and the money at stake", method="POST", path="/v1/classifications", scope="classify")
def classify(request: ClassifyRequest) -> Classification:
    """Ranked tariff lines for a product described in words, with the path, the steps by the General Rules, rejected neighbours,
    one question when a missing fact separates the leaders, and (with an origin) what the choice is worth in duty.

    Codes confirmed at this site weigh in. Raises LandedError: EMPTY_TEXT, TEXT_TOO_LONG, LANGUAGE_NOT_READ, NO_KNOWN_WORD,
    INVALID_REQUEST, INVALID_DATE, INVALID_VALUE, UNKNOWN_ORIGIN, DATE_OUT_OF_COVERAGE.
    """
    return _classify(request)


@operation(name="classify_many", summary="Ranked tariff lines for many products", method="POST", path="/v1/classifications:many", scope="classify")
def classify_many(request: ClassifyManyRequest) -> ManyAnswers:
    """`classify` for a list of products, in order; one that cannot be read has its error in its place.

    Raises LandedError INVALID_REQUEST for more than 1,000 products or what is no list.
    """
    products = request.get("products")
    if not isinstance(products, (list, tuple)) or len(products) > MOST_AT_ONCE:
        got = f"{len(products):,}" if isinstance(products, (list, tuple)) else type(products).__name__
        raise LandedError("INVALID_REQUEST", f"expected a list of at most {MOST_AT_ONCE:,} products, got {got}", where="products", mend="Send fewer, or use `landed classify --jsonl`.")
    _embed_ahead(products)
    return ManyAnswers(tuple(answer_one(raw) for raw in products))


def _embed_ahead(products: Iterable[Any]) -> None:
    """One question to an embedding endpoint for many products instead of one for each."""
    from landed.classify.clipped import written_out
    from landed.operations.dense import dense

    near, _ = dense()
    if near is not None and near.embedder.paid:
        texts = [" ".join(raw["text"].split()) for raw in products if isinstance(raw, Mapping) and isinstance(raw.get("text"), str)]
        near.prepare([written_out(text) for text in texts])


@operation(name="classify_confirm", summary="Keep the code that a person settled for goods", method="POST", path="/v1/classifications:confirm", scope="classify", read_only=False)
def confirm(request: ConfirmRequest) -> ConfirmedCode:
    """Keep a settled code with who, when and why; later classifications of like goods weigh it in.

    Raises LandedError: INVALID_REQUEST, INVALID_CODE, UNKNOWN_HTS and its kin for a code not in the tariff, DATA_FOLDER.
    """
    from landed.classify.classify import read_product
    from landed.classify.memory import Confirmation
    from landed.operations.confirmed import keep

    product = read_product(request)
    code = str(request.get("code", ""))
    check_code(code)
    made = Confirmation(
        text=product.text,
        code=code,
        who=str(request.get("who", "")),
        why=str(request.get("why", "")),
        suggested=str(request.get("suggested", "")),
        id=str(request.get("id") or ""),
        attributes=product.attributes,
        category=product.category,
    )
    kept = keep(made)
    return ConfirmedCode(kept.text, kept.code, kept.who, kept.why, kept.at, kept.suggested, kept.overrides)


def check_code(code: str) -> None:
    """Raises LandedError INVALID_CODE, UNKNOWN_HTS and its kin for what is no code of today's tariff."""
    from datetime import date

    from landed.schedule.codes import parse_code

    if len(parse_code(code)) > 6:
        book = engine()
        book.schedule.line(code, date.today(), extra=book.index.listed_codes)


def _classify(raw: Mapping[str, Any]) -> Classification:
    from landed.classify.classify import classify as run
    from landed.classify.classify import read_product
    from landed.operations.confirmed import memory
    from landed.operations.dense import dense

    limit = raw.get("limit", LIMIT)
    if isinstance(limit, bool) or not str(limit).isdigit() or not 1 <= int(limit) <= MOST_CANDIDATES:
        raise LandedError("INVALID_REQUEST", f"expected a limit from 1 to {MOST_CANDIDATES}, got {str(limit)[:20]!r}", where="limit", mend="Leave it out for 12.")
    (near, warning), (known, unread) = dense(), memory()
    found = run(read_product(raw), engine(), memory=known, dense=near, limit=int(limit))
    added = tuple(filter(None, (warning, unread)))
    return replace(found, warnings=(*found.warnings, *added)) if added else found


def answer_one(raw: Any, *, limit: int | None = None) -> dict[str, Any]:
    """The JSON answer for one product; one that cannot be classified gives {"id", "error"}."""
    name = raw.get("id") if isinstance(raw, Mapping) else None
    try:
        if not isinstance(raw, Mapping):
            raise LandedError("INVALID_REQUEST", f"expected an object, got {type(raw).__name__}", mend='Send {"id": ..., "text": ...}.')
        return _classify(raw if limit is None else {"limit": limit, **raw}).to_dict()
    except LandedError as error:
        return {"id": name, "error": error.to_dict()}


def answer_all(products: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The JSON answer for each product, in order, one at a time."""
    return (answer_one(raw) for raw in products)


def answers(stream: BinaryIO, *, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """The answer to each line of a stream of bytes, in order; a bad line gives {"id", "error", "line"} in its place.

    Blank lines are skipped.
    """
    from landed.operations.jsonl import BOM, LONGEST_LINE, lines

    for number, line in lines(stream):
        where = f"line {number}"
        if line is None:
            error = LandedError("LINE_TOO_LONG", f"expected at most {LONGEST_LINE:,} bytes in a line", where=where, mend="Write one product a line.")
            yield {"id": None, "error": error.to_dict(), "line": number}
            continue
        text = line.strip().removeprefix(BOM).strip()
        if not text:
            continue
        try:
            raw = json.loads(text.decode("utf-8"))
        except (ValueError, RecursionError) as broken:
            reason = "it nests too deeply" if isinstance(broken, RecursionError) else str(broken)[:160]
            error = LandedError("BAD_JSON", f"expected one JSON object, got text that is not JSON: {reason}", where=where, mend="Write one object a line, in UTF-8.")
            yield {"id": None, "error": error.to_dict(), "line": number}
            continue
        found = answer_one(raw, limit=limit)
        yield found if "candidates" in found else {**found, "line": number}
