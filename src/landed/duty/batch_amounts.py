"""Amounts in Arrow columns as whole numbers: money in cents, quantities in millionths of a unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from landed.duty.batch_rates import MILLION
from landed.duty.request import CEILING, CENT, read_amount, read_value
from landed.errors import LandedError

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
CEILING_CENTS = int(CEILING) * 100
CLEAN = r"^[0-9]{1,12}(\.[0-9]{1,2})?$"


def empty_as_blank(column: pa.Array) -> pa.Array:
    """Empty texts as blanks."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        empty = pc.equal(column, "")
        if pc.any(empty).as_py():
            return pc.if_else(empty, pa.scalar(None, column.type), column)
    return column


def cents_of(column: pa.Array) -> tuple[Ints, Flags]:
    """(cents rounded half-up, rows that hold no number of zero or more); blank rows come out as 0."""
    n = len(column)
    kind = column.type
    bad = np.zeros(n, bool)
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_integer(kind):
        whole = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        return np.where(np.abs(whole) > CEILING_CENTS, CEILING_CENTS, whole * 100), whole < 0
    if pa.types.is_decimal(kind) and kind.scale <= 6 and kind.precision <= 38 and kind.bit_width == 128 and kind.scale >= 0:
        return _decimal_cents(column, kind.scale)
    if pa.types.is_floating(kind):
        number = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
        return _float_cents(number)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or str(kind) == "string_view":
        if str(kind) == "string_view":
            column = column.cast(pa.string())
        clean = pc.match_substring_regex(column, CLEAN).fill_null(False)
        number = pc.if_else(clean, column, pa.scalar("0", column.type)).cast(pa.float64()).to_numpy(zero_copy_only=False)
        cents = np.rint(number * 100).astype(np.int64)
        rest = np.flatnonzero(~np.asarray(clean) & ~np.asarray(pc.is_null(column)))
    else:
        cents = np.zeros(n, np.int64)
        rest = np.flatnonzero(~np.asarray(pc.is_null(column)))
    _by_hand(column, rest, cents, bad)
    return cents, bad


def money(column: pa.Array, *, positive: bool) -> tuple[Ints, Flags]:
    """(cents, rows that hold no amount the engine takes; blank is one only where `positive`)."""
    blank = np.asarray(pc.is_null(column)) if column.null_count else np.zeros(len(column), bool)
    cents, bad = cents_of(column)
    if positive:
        bad |= blank | (cents <= 0) | (cents >= CEILING_CENTS)
    return np.where(bad | blank, 1, cents) if bad.any() or blank.any() else cents, bad


def _decimal_cents(column: pa.Array, scale: int) -> tuple[Ints, Flags]:
    words = np.frombuffer(column.buffers()[1], np.int64)[2 * column.offset : 2 * (column.offset + len(column))]
    low, high = words[0::2], words[1::2]
    if column.null_count:
        blank = np.asarray(pc.is_null(column))
        low, high = np.where(blank, 0, low), np.where(blank, 0, high)
    wide = high != (low >> 63)
    if scale > 2:
        unit = 10 ** (scale - 2)
        cents = (low + unit // 2) // unit
    else:
        factor = 10 ** (2 - scale)
        wide |= np.abs(low) > CEILING_CENTS
        cents = np.where(wide, CEILING_CENTS, low) * factor if factor > 1 else np.where(wide, CEILING_CENTS, low) if wide.any() else low
    if wide.any():
        cents = np.where(wide, np.where(high < 0, -1, CEILING_CENTS), cents)
    return cents, cents < 0


def _float_cents(number: NDArray[np.float64]) -> tuple[Ints, Flags]:
    """Cents of the shortest decimal that a float prints as, the reading of the explained engine."""
    bad = ~np.isfinite(number) | (number < 0)
    sound = np.where(bad | (number > 1e13), 0.0, number) if bad.any() or number.max(initial=0.0) > 1e13 else number
    scaled = sound * 100
    nearest = np.rint(scaled)
    cents = nearest.astype(np.int64)
    tie = np.abs(np.abs(scaled - nearest) - 0.5) < 1e-6 + scaled * 1e-14
    for row in np.flatnonzero(tie).tolist():
        cents[row] = int(Decimal(repr(float(sound[row]))).quantize(CENT, "ROUND_HALF_UP") * 100)
    return np.where(number > 1e13, CEILING_CENTS, cents), bad


def _by_hand(column: pa.Array, rows: Ints, cents: Ints, bad: Flags) -> None:
    """Amounts in any other writing ("$1,234.50"), one by one."""
    for row in rows.tolist():
        raw = column[row].as_py()
        try:
            found = read_value(raw, "customs_value") if isinstance(raw, dict) else read_amount(raw, "customs_value")
        except LandedError:
            bad[row] = True
        else:
            cents[row] = min(int(found.quantize(CENT, "ROUND_HALF_UP") * 100), CEILING_CENTS)


def millionths_of(column: pa.Array) -> tuple[Ints, Flags]:
    """(quantities in millionths of a unit, rows that hold none or a finer one than that)."""
    amounts = np.zeros(len(column), np.int64)
    bad = np.zeros(len(column), bool)
    if pa.types.is_integer(column.type):
        whole = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        bad = (whole < 0) | (whole > 10**12)
        return np.where(bad, 0, whole) * MILLION, bad
    if pa.types.is_floating(column.type):
        number = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
        sound = np.isfinite(number) & (number >= 0) & (number < 1e9)
        nearest = np.rint(np.where(sound, number, 0) * 1e6)
        fits = sound & (nearest / 1e6 == number)
        return np.where(fits, nearest, 0).astype(np.int64), ~fits
    memo: dict[Any, int] = {}
    for row, raw in enumerate(column.to_pylist()):
        if raw is None:
            continue
        found = memo.get(raw)
        if found is None:
            try:
                exact = read_amount(raw, "quantity") * MILLION
                found = int(exact) if exact == exact.to_integral_value() and exact < 10**18 else -1
            except LandedError:
                found = -1
            memo[raw] = found
        amounts[row], bad[row] = max(found, 0), found < 0
    return amounts, bad
