"""Demurrage and detention: what a container owes past its free days, and what the invoice must keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Required, TypedDict

from landed.errors import LandedError
from landed.operations.registry import operation
from landed.operations.ship import known


class DetentionRequest(TypedDict, total=False):
    """A container held, and the tariff it is held under; `first`, `last`, `free_days` and `tiers` are required."""

    first: Required[Annotated[str, "first day that counts, ISO 8601"]]
    last: Required[Annotated[str, "last day that counts (both are counted)"]]
    free_days: Required[Annotated[int, "free days of the tariff, 0 or more"]]
    tiers: Required[Annotated[list[dict[str, Any]], "[{first: 1, last: 5, usd: 175}, {first: 6, usd: 300}]: chargeable days and price of a day; the last tier is open"]]
    working_days: Annotated[bool, "whether Saturdays, Sundays and holidays do not use up free days; default false"]
    holidays: Annotated[list[str], "days off, ISO 8601"]
    containers: Annotated[int, "how many containers; default 1"]
    invoice_date: Annotated[str, "day of the invoice, to hold it to the billing rules"]
    billed_to: Annotated[str, "whom the invoice names: shipper, consignee or other"]


@dataclass(frozen=True, slots=True)
class TierRow:
    """What one tier comes to: days, US dollars a day, amount for all containers."""

    first: int
    last: int | None
    days: int
    usd: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Detention:
    """Demurrage or detention owed (US dollars) and what the billing rules ask of the invoice. Days are None where no rule of the day is at hand."""

    days_held: int
    free_days: int
    last_free_day: date
    days_billed: int
    containers: int
    tiers: tuple[TierRow, ...]
    amount: Decimal
    invoice_by: date | None
    dispute_days: int | None
    resolve_days: int | None
    billed_to: str
    faults: tuple[str, ...]
    cite: str
    verified: bool


@operation(name="ship_detention", summary="Demurrage and detention of a container past its free days, and what the invoice must keep", method="POST", path="/v1/freight/detention", scope="read")
def ship_detention(request: DetentionRequest) -> Detention:
    """Days held less free days, by the tiers of the tariff. With `invoice_date` or `billed_to` the invoice is held to the billing rules; `faults` says which it breaks.

    Raises LandedError: INVALID_DATE, INVALID_TIERS, INVALID_VALUE, INVALID_REQUEST.
    """
    from landed.duty.request import read_amount, read_day
    from landed.freight.detention import Tier, billed, invoice_faults
    from landed.operations.ship import whole

    known(request, DetentionRequest)
    for name in ("first", "last", "free_days", "tiers"):
        if request.get(name) in (None, "", []):
            raise LandedError("INVALID_REQUEST", f"the field {name!r} is missing", where=name, mend="first, last, free_days and tiers are required.")
    first, last = read_day(request["first"], "first"), read_day(request["last"], "last")
    if (last - first).days > 3660:
        raise LandedError("INVALID_DATE", "more than ten years", where="last", mend="Check the days.")
    free = _count(request["free_days"], "free_days", 365)
    rows = request["tiers"]
    if not isinstance(rows, (list, tuple)) or not all(isinstance(r, Mapping) for r in rows):
        raise LandedError("INVALID_TIERS", "expected a list of tiers", where="tiers", mend="[{first: 1, last: 5, usd: 175}, {first: 6, usd: 300}]")
    tiers = []
    for n, row in enumerate(rows):
        if odd := sorted(set(map(str, row)) - {"first", "last", "usd"}):
            raise LandedError("INVALID_TIERS", f"unknown field {odd[0]!r}", where=f"tiers[{n}].{odd[0]}", mend="Known: first, last, usd.")
        end = None if row.get("last") in (None, "") else _count(row["last"], f"tiers[{n}].last", 10_000)
        tiers.append(Tier(_count(row.get("first"), f"tiers[{n}].first", 10_000), end, read_amount(row.get("usd", ""), f"tiers[{n}].usd")))
    off = request.get("holidays") or []
    if not isinstance(off, (list, tuple)):
        raise LandedError("INVALID_REQUEST", "expected a list of days", where="holidays", mend="ISO 8601.")
    count = whole(request.get("containers"), "containers") or 1
    found = billed(first, last, free, tiers, working_days=str(request.get("working_days", "")).lower() in ("true", "1", "yes"), holidays=[read_day(d, "holidays") for d in off])
    invoice = read_day(request["invoice_date"], "invoice_date") if request.get("invoice_date") else None
    faults = invoice_faults(found, invoice, str(request.get("billed_to") or ""))
    return Detention(
        days_held=found.days_held, free_days=found.free_days, last_free_day=found.last_free_day, days_billed=found.days_billed, containers=count,
        tiers=tuple(TierRow(t.first, t.last, days, t.usd, amount * count) for t, days, amount in found.tiers), amount=found.amount * count,
        invoice_by=found.invoice_by, dispute_days=found.dispute_days, resolve_days=found.resolve_days, billed_to=found.billed_to, faults=faults, cite=found.cite, verified=found.verified,
    )  # fmt: skip


def _count(raw: object, where: str, most: int) -> int:
    if isinstance(raw, bool) or not str(raw).isascii() or not str(raw).isdigit() or int(str(raw)) > most:
        raise LandedError("INVALID_REQUEST", f"expected a whole number from 0 to {most}, got {str(raw)[:20]!r}", where=where, mend="Count the days.")
    return int(str(raw))
