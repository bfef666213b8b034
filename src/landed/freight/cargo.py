"""Reads cargo items as people give them: sizes with their unit, masses, how pieces stand; asks about what cannot be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from landed.duty.request import read_amount
from landed.errors import LandedError
from landed.freight.model import CargoItem
from landed.freight.reference import decimal, figures

MM_PER = {"mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000), "in": Decimal("25.4"), "ft": Decimal("304.8")}
KG_PER_LB = Decimal("0.45359237")
FIELDS = (
    "name", "quantity", "length", "width", "height", "size", "unit", "length_mm", "width_mm", "height_mm", "gross_kg", "gross_lb", "upright", "this_way_up",
    "stackable", "max_load_on_top_kg", "hts_code", "value", "un_number", "temperature_c",
)  # fmt: skip
SIZE = re.compile(r"\s*([\d.,]+)\s*[x×*]\s*([\d.,]+)\s*[x×*]\s*([\d.,]+)\s*(mm|cm|m|in|ft)\s*", re.IGNORECASE)
MOST_PIECES = 1_000_000
YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_items(raw: object) -> tuple[CargoItem, ...]:
    """Cargo items from a list of mappings; raises INVALID_CARGO naming every bad item in `errors`, each with its own code.

    A size is `size: "60x40x30 cm"`, or length, width and height with `unit`, or length_mm and so on; masses are `gross_kg` or
    `gross_lb` of one piece. Pieces stay this way up unless `upright` names other sides ("l", "w", "h") or `this_way_up` is false.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        raise LandedError("INVALID_CARGO", "expected a list of items", where="items", mend="Such as [{name, quantity, size, gross_kg}].")
    found, errors = [], []
    for number, row in enumerate(raw):
        try:
            found.append(_item(row, f"items[{number}]", number))
        except LandedError as bad:
            errors.append(bad.to_dict())
    if errors:
        first = errors[0]
        raise LandedError("INVALID_CARGO", f"{len(errors)} of {len(raw)} items cannot be read; the first: {first['detail']}", where=first["where"], mend=first["mend"], errors=errors)
    return tuple(found)


def _item(row: object, where: str, number: int) -> CargoItem:
    if not isinstance(row, Mapping):
        raise LandedError("INVALID_VALUE", "expected an object", where=where, mend="Such as {name, quantity, size, gross_kg}.")
    unknown = sorted(set(map(str, row)) - set(FIELDS))
    if unknown:
        raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0]!r}", where=f"{where}.{unknown[0]}", mend=f"Known fields: {', '.join(FIELDS)}.")
    name = str(row.get("name") or f"item {number + 1}")
    quantity = _above_zero(row.get("quantity", 1), f"{where}.quantity")
    if quantity != quantity.to_integral_value() or quantity > MOST_PIECES:
        raise LandedError("INVALID_VALUE", f"expected a whole number of pieces up to {MOST_PIECES:,}, got {row.get('quantity')!r}", where=f"{where}.quantity", mend="Count pieces.")
    length, width, height = _size(row, where)
    gross = _mass(row, where)
    volume = Decimal(length) * width * height / Decimal(10**9)
    limits = figures("boxes")["density_kg_m3"]
    density = gross / volume
    if not decimal(limits["from"]) <= density <= decimal(limits["to"]):
        raise LandedError(
            "SUSPECT_UNITS",
            f"{name}: {gross} kg in {length} x {width} x {height} mm is {density:,.1f} kg per cubic metre",
            where=where,
            mend="Check whether the size is in mm, cm or inches, the mass in kg or pounds, and that both are of one piece.",
        )
    upright = _upright(row, where)
    bears = row.get("max_load_on_top_kg")
    temperature = row.get("temperature_c")
    return CargoItem(
        name=name,
        quantity=int(quantity),
        length_mm=length,
        width_mm=width,
        height_mm=height,
        gross_kg=gross,
        upright=upright,
        stackable=_yes(row.get("stackable"), True, f"{where}.stackable"),
        max_load_on_top_kg=None if bears in (None, "") else read_amount(bears, f"{where}.max_load_on_top_kg"),
        hts_code=str(row.get("hts_code") or ""),
        value=None if row.get("value") in (None, "") else read_amount(row["value"], f"{where}.value"),
        un_number=str(row.get("un_number") or ""),
        temperature_c=None if temperature in (None, "") else _range(temperature, f"{where}.temperature_c"),
    )


def _size(row: Mapping[str, Any], where: str) -> tuple[int, int, int]:
    if row.get("size"):
        found = SIZE.fullmatch(str(row["size"]))
        if found is None:
            raise LandedError("INVALID_VALUE", f"expected a size such as 60x40x30 cm, got {str(row['size'])[:40]!r}", where=f"{where}.size", mend="Write length x width x height and the unit.")
        unit, sides = found[4].lower(), [found[1], found[2], found[3]]
    elif row.get("length_mm") not in (None, ""):
        unit, sides = "mm", [row.get(f"{s}_mm") for s in ("length", "width", "height")]
    else:
        unit = str(row.get("unit") or "").lower()
        if unit not in MM_PER:
            raise LandedError("INVALID_VALUE", f"expected the unit of the size ({', '.join(MM_PER)}), got {unit[:20]!r}", where=f"{where}.unit", mend="Name it; it is never guessed.")
        sides = [row.get(s) for s in ("length", "width", "height")]
    names = ("length", "width", "height")
    # Rounded up to whole millimetres: a plan must never be tighter than the goods.
    found_mm = [(_above_zero(side, f"{where}.{name}") * MM_PER[unit]).to_integral_value(ROUND_CEILING) for side, name in zip(sides, names, strict=True)]
    if max(found_mm) > 100_000:
        raise LandedError("SUSPECT_UNITS", f"a side of {max(found_mm):,.0f} mm", where=where, mend="Check whether the size is in mm, cm or inches.")
    return int(found_mm[0]), int(found_mm[1]), int(found_mm[2])


def _mass(row: Mapping[str, Any], where: str) -> Decimal:
    if row.get("gross_kg") not in (None, ""):
        return _above_zero(row["gross_kg"], f"{where}.gross_kg")
    if row.get("gross_lb") not in (None, ""):
        return _above_zero(row["gross_lb"], f"{where}.gross_lb") * KG_PER_LB
    raise LandedError("INVALID_VALUE", "the gross mass of one piece is missing", where=f"{where}.gross_kg", mend="Give gross_kg or gross_lb.")


def _above_zero(raw: object, where: str) -> Decimal:
    amount = read_amount("" if raw is None else raw, where)
    if amount <= 0:
        raise LandedError("INVALID_VALUE", f"expected a number above zero, got {str(raw)[:40]!r}", where=where, mend="Measure one piece with its packing.")
    return amount


def _upright(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    raw = row.get("upright")
    if raw in (None, ""):
        return ("h",) if _yes(row.get("this_way_up"), True, f"{where}.this_way_up") else ("l", "w", "h")
    sides = tuple(dict.fromkeys(str(raw).replace(",", "").replace(" ", "") if isinstance(raw, str) else [str(s) for s in raw]))
    if not sides or not set(sides) <= {"l", "w", "h"}:
        raise LandedError("INVALID_VALUE", f"expected sides among l, w, h, got {str(raw)[:20]!r}", where=f"{where}.upright", mend="Name the sides that may be vertical.")
    return sides


def _yes(raw: object, default: bool, where: str) -> bool:
    if raw in (None, ""):
        return default
    found = YES.get(str(raw).strip().lower())
    if found is None:
        raise LandedError("INVALID_VALUE", f"expected true or false, got {str(raw)[:20]!r}", where=where, mend="Write true or false.")
    return found


def _range(raw: object, where: str) -> tuple[Decimal, Decimal]:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) != 2:
        raise LandedError("INVALID_VALUE", "expected [lowest, highest] in degrees Celsius", where=where, mend="Such as [2, 8].")
    try:
        low, high = (Decimal(str(t)) for t in raw)
    except ArithmeticError:
        raise LandedError("INVALID_VALUE", "expected [lowest, highest] in degrees Celsius", where=where, mend="Such as [2, 8].") from None
    return low, high
