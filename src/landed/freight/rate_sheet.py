"""Uploaded rate sheets: a forwarder's prices as rows, read with every bad row named, matched to lane, service, equipment and day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from landed.duty.request import read_amount, read_day
from landed.errors import LandedError
from landed.freight.charges import Quantities, charge
from landed.freight.model import Basis, Charge, Service
from landed.freight.reference import figures, rows

COLUMNS = ("code", "name", "service", "origin", "destination", "equipment", "basis", "unit_price", "currency", "minimum", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One price of a sheet. "*" in origin, destination or equipment is any; `plus_minus_pct` is the range of a live source that gives one."""

    row: int
    code: str
    name: str
    service: Service
    origin: str
    destination: str
    equipment: str
    basis: Basis
    unit_price: Decimal
    currency: str
    minimum: Decimal | None
    valid_from: date
    valid_until: date
    plus_minus_pct: Decimal = Decimal(0)


def example() -> tuple[dict[str, str], ...]:
    """The rows of the template: prices are made up."""
    return rows("rate_sheet_example")


def read_sheet(raw: object) -> tuple[SheetRow, ...]:
    """The rows of a rate sheet; raises INVALID_RATE_SHEET whose `errors` names every bad row."""
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        raise LandedError("INVALID_RATE_SHEET", "expected a list of rows", where="rates", mend=f"Columns: {', '.join(COLUMNS)}.")
    found, errors = [], []
    for number, row in enumerate(raw, 1):
        try:
            found.append(_row(row, number))
        except LandedError as bad:
            errors.append(bad.to_dict())
    if errors:
        raise LandedError("INVALID_RATE_SHEET", f"{len(errors)} of {len(raw)} rows cannot be read; the first: {errors[0]['detail']}", where=errors[0]["where"], mend=errors[0]["mend"], errors=errors)
    return tuple(found)


def _row(row: object, number: int) -> SheetRow:
    where = f"rates[{number}]"
    if not isinstance(row, Mapping):
        raise LandedError("INVALID_VALUE", "expected a row with named columns", where=where, mend=f"Columns: {', '.join(COLUMNS)}.")
    unknown = sorted(set(map(str, row)) - set(COLUMNS))
    if unknown:
        raise LandedError("INVALID_REQUEST", f"unknown column {unknown[0]!r}", where=f"{where}.{unknown[0]}", mend=f"Columns: {', '.join(COLUMNS)}.")
    code = _among(row, "code", tuple(figures("charges")["codes"]), where).upper()
    service = _among(row, "service", get_args(Service), where)
    basis = _among(row, "basis", get_args(Basis), where)
    begin, end = read_day(row.get("valid_from"), f"{where}.valid_from"), read_day(row.get("valid_until"), f"{where}.valid_until")
    if end < begin:
        raise LandedError("INVALID_DATE", f"valid until {end} is before {begin}", where=f"{where}.valid_until", mend="Check the days.")
    currency = str(row.get("currency") or "").upper()
    if len(currency) != 3 or not currency.isalpha():
        raise LandedError("INVALID_VALUE", f"expected a currency such as USD, got {currency[:10]!r}", where=f"{where}.currency", mend="Three letters.")
    least = row.get("minimum")
    return SheetRow(
        number, code, str(row.get("name") or ""), service, _any(row, "origin"), _any(row, "destination"), _any(row, "equipment"), basis,  # type: ignore[arg-type]
        read_amount(row.get("unit_price", ""), f"{where}.unit_price"), currency, None if least in (None, "") else read_amount(least, f"{where}.minimum"), begin, end,
    )  # fmt: skip


def sheet_charges(
    sheet: Sequence[SheetRow], service: Service, origin: str, destination: str, equipment: Mapping[str, int], on: date, counted: Quantities, incoterm: str, source: str
) -> tuple[Charge, ...] | None:
    """The charges of a sheet for a shipment on a day; None where it has no main carriage (BAS) for it.

    An equipment row is charged for its own containers; of rows that fit, one naming the lane beats one that says any.
    """
    fits = [r for r in sheet if r.service == service and r.origin in ("*", origin) and r.destination in ("*", destination) and r.valid_from <= on <= r.valid_until]
    boxes: list[tuple[str, int]] = list(equipment.items()) or [("", 1)]
    found: list[Charge] = []
    for box, count in boxes:
        mine = _nearest([r for r in fits if r.equipment in ("*", box)])
        if not any(r.code == "BAS" for r in mine):
            return None
        for row in mine:
            if row.equipment == "*" and box != boxes[0][0] and row.basis not in ("PER_CONTAINER", "PER_TEU"):
                continue  # once a shipment, not once a type of container
            quantity = Decimal(count) if row.basis == "PER_CONTAINER" else counted.of(row.basis, sum((c.amount for c in found if c.code == "BAS"), Decimal(0)))
            if row.basis == "PER_TEU" and counted.containers:
                quantity = counted.teu * count / counted.containers
            if quantity is None:
                raise LandedError("VALUE_REQUIRED", f"{row.code} is a part of the value, which is not stated", where="cargo_value", mend="State the value of the goods.")
            about: dict[str, Any] = {"incoterm": incoterm, "kind": "QUOTED", "source": f"{source}, row {row.row}", "as_of": row.valid_from.isoformat(), "currency": row.currency, "plus_minus_pct": row.plus_minus_pct}
            about |= {"name": row.name, "valid_from": row.valid_from, "valid_until": row.valid_until}
            if row.minimum is not None and row.unit_price * quantity < row.minimum:
                about["name"] = f"{row.name or row.code} (minimum)"
                found.append(charge(row.code, "PER_SHIPMENT", row.minimum, Decimal(1), **about))
            else:
                found.append(charge(row.code, row.basis, row.unit_price, quantity, **about))
    return tuple(found)


def _nearest(fits: Sequence[SheetRow]) -> list[SheetRow]:
    """Of rows with one code, those that name most of the lane."""
    best: dict[str, tuple[int, SheetRow]] = {}
    for row in fits:
        named = sum(part != "*" for part in (row.origin, row.destination, row.equipment))
        if row.code not in best or named > best[row.code][0]:
            best[row.code] = (named, row)
    return [row for _, row in best.values()]


def _any(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name) or "*").strip().upper()


def _among(row: Mapping[str, Any], name: str, known: tuple[str, ...], where: str) -> str:
    said = str(row.get(name) or "").strip()
    for each in known:
        if said.lower() == each.lower():
            return each
    raise LandedError("INVALID_VALUE", f"expected {name} among {', '.join(known)}, got {said[:30]!r}", where=f"{where}.{name}", mend="Choose one.")
