"""Saved estimates: kept as they were given, with their law version and receipt, and replayed against the law of now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from landed.errors import LandedError
from landed.operations.keys import moment
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """An estimate to make and keep."""

    request: Annotated[dict[str, Any], "an estimate request; the day of entry must be stated"]
    title: Annotated[str, "what to call it, up to 300 characters"] = ""
    sku: Annotated[str, "the product it is for"] = ""


@dataclass(frozen=True, slots=True)
class SavedRow:
    """A saved estimate in short."""

    id: str
    title: str
    status: str
    duty: str | None
    law_version: str
    hts_revision: str
    receipt_id: str
    created_at: str | None
    created_by: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved estimate: the request and the answer as they were on the day it was saved."""

    id: str
    title: str
    status: str
    duty: str | None
    law_version: str
    hts_revision: str
    receipt_id: str
    created_at: str | None
    created_by: str
    request: dict[str, Any]
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SavedPageRequest:
    """A page of saved estimates."""

    limit: Annotated[int, "most rows, 1 to 500"] = 100
    cursor: Annotated[str, "`next` of the page before"] = ""


@dataclass(frozen=True, slots=True)
class SavedPage:
    """Saved estimates, newest first; `next` is the cursor of the next page, "" at the end."""

    estimates: tuple[SavedRow, ...]
    next: str


@dataclass(frozen=True, slots=True)
class SavedId:
    """A saved estimate by its id."""

    id: Annotated[str, "id of the saved estimate, such as est_..."]


@dataclass(frozen=True, slots=True)
class Replay:
    """A saved estimate made again under the law pack and schedule at hand.

    `same` is whether the answer is the stored one, field for field; with the stored `law_version` it must be. `changed` names what differs at the
    top of the answer, `duty_change` the difference in US dollars (null where one of the two is unknown).
    """

    id: str
    same: bool
    same_law: bool
    law_version_then: str
    law_version_now: str
    duty_then: str | None
    duty_now: str | None
    duty_change: str | None
    changed: tuple[str, ...]
    problem: str


@operation(name="estimate_save", summary="Make an estimate and keep it", method="POST", path="/v1/saved-estimates", scope="write", read_only=False)
def save(request: SaveRequest) -> Saved:
    """Make an estimate and keep request, answer, law version and receipt; later law never rewrites it.

    Raises what `estimate` raises, and LandedError NOT_FOUND for an unknown SKU.
    """
    from landed.operations.engine import engine
    from landed.store.actor import actor
    from landed.store.audit import canonical, record
    from landed.store.database import new_id, now, store
    from landed.store.rows import one, seal, text
    from landed.store.tables import SEALED, products, saved_estimates

    if not isinstance(request.request, dict):
        raise LandedError("INVALID_REQUEST", "expected an object", where="request", mend="Send an estimate request.")
    overlay = request.request.get("overlay")
    if overlay is not None and not isinstance(overlay, dict):
        raise LandedError("BAD_OVERLAY", "expected the content of the overlay", where="request.overlay", mend="A kept estimate must not hang on a file; give the overlay as an object.")
    found = engine().estimate(request.request)
    row: dict[str, Any] = {
        "id": new_id("est"),
        "workspace_id": actor().workspace,
        "title": text(request.title, "title", 300),
        "product_id": None,
        "request": canonical(request.request),
        "answer": json.dumps(found.to_dict(), separators=(",", ":"), ensure_ascii=True),
        "status": found.status,
        "duty_usd": found.totals.duty,
        "law_version": found.law_version,
        "hts_revision": found.hts_revision,
        "receipt_id": found.receipt_id,
        "created_at": now(),
        "created_by": actor().name,
    }
    with store().begin() as connection:
        if request.sku:
            row["product_id"] = one(connection, products, "product", sku=request.sku)["id"]
        row["sha256"] = seal(row, SEALED["saved_estimates"])
        connection.execute(saved_estimates.insert().values(**row))
        record(connection, "estimate.save", row["id"], {"receipt_id": row["receipt_id"], "sha256": row["sha256"]})
    return _saved(row)


@operation(name="saved_list", summary="Saved estimates, a page at a time", method="GET", path="/v1/saved-estimates", scope="read")
def list_(request: SavedPageRequest) -> SavedPage:
    """Saved estimates of the workspace in short, newest first. Raises LandedError INVALID_REQUEST for a bad limit or cursor."""
    from landed.store.database import store
    from landed.store.rows import page
    from landed.store.tables import saved_estimates

    with store().begin(reading=True) as connection:
        rows, following = page(connection, saved_estimates, request.limit, request.cursor)
    return SavedPage(tuple(SavedRow(**_short(row)) for row in rows), following)


@operation(name="saved_show", summary="One saved estimate, as it was given", method="GET", path="/v1/saved-estimates/{id}", scope="read")
def show(request: SavedId) -> Saved:
    """One saved estimate with its request and its answer as they were. Raises LandedError NOT_FOUND, STORE_DAMAGED when its seal does not hold."""
    return _saved(_read(request.id))


@operation(name="saved_replay", summary="A saved estimate made again and compared", method="POST", path="/v1/saved-estimates/{id}:replay", scope="quote")
def replay(request: SavedId) -> Replay:
    """Make a saved estimate again under the law at hand and say what differs; the stored one stays as it is. Raises LandedError NOT_FOUND, STORE_DAMAGED."""
    from decimal import Decimal

    from landed.operations.engine import engine

    row = _read(request.id)
    then = json.loads(row["answer"])
    try:
        now = engine().estimate(json.loads(row["request"])).to_dict()
        problem = ""
    except LandedError as error:
        now, problem = {}, f"{error.code}: {error.detail}"
    was, is_ = then["totals"]["duty"], now.get("totals", {}).get("duty")
    change = None if was is None or is_ is None else str(Decimal(is_) - Decimal(was))
    version = str(now.get("law_version") or engine().law.version)
    changed = tuple(name for name in then if json.dumps(then[name], sort_keys=True) != json.dumps(now.get(name), sort_keys=True)) if now else ()
    return Replay(row["id"], not changed and not problem, version == row["law_version"], row["law_version"], version, was, is_, change, changed, problem)


def _read(identifier: str) -> dict[str, Any]:
    from landed.store.database import store
    from landed.store.rows import one, seal
    from landed.store.tables import SEALED, saved_estimates

    with store().begin(reading=True) as connection:
        row = one(connection, saved_estimates, "saved estimate", id=identifier)
    if seal(row, SEALED["saved_estimates"]) != row["sha256"]:
        raise LandedError("STORE_DAMAGED", f"the saved estimate {identifier} is not as it was saved", where="id", mend="Run `landed db check`, then restore a backup.")
    return row


def _short(row: dict[str, Any]) -> dict[str, Any]:
    duty = row["duty_usd"]
    names = ("id", "title", "status", "law_version", "hts_revision", "receipt_id", "created_by")
    return {**{name: row[name] for name in names}, "duty": None if duty is None else f"{duty:.2f}", "created_at": moment(row["created_at"])}


def _saved(row: dict[str, Any]) -> Saved:
    return Saved(**_short(row), request=json.loads(row["request"]), answer=json.loads(row["answer"]))
