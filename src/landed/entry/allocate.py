"""Shares an amount among lines so that the shares sum to it to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from landed.errors import LandedError

CENT = Decimal("0.01")


def allocate(total: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Shares of `total` (US dollars, whole cents) in proportion to `weights`, by largest remainder.

    Every share is within a cent of its exact part and they sum to `total`; equal remainders go to the earlier line.
    A line of weight zero gets nothing. Raises CANNOT_ALLOCATE when a total has no positive weight to go to, a weight is
    negative, or the total is not in whole cents.
    """
    if any(weight < 0 for weight in weights):
        raise LandedError("CANNOT_ALLOCATE", "expected weights of zero or more", mend="Check the values, weights or quantities of the lines.")
    cents = total / CENT
    if cents != cents.to_integral_value():
        raise LandedError("CANNOT_ALLOCATE", f"expected an amount in whole cents, got {total}", mend="Round the amount first.")
    whole = sum(weights, Decimal(0))
    if whole == 0:
        if total == 0:
            return tuple(Decimal("0.00") for _ in weights)
        raise LandedError("CANNOT_ALLOCATE", f"nothing to share {total} by: every weight is zero", mend="State the weights, or share by value.")
    # Exact integer arithmetic: the weights become integers of one scale, so no remainder is lost to precision.
    scale = max((-int(w.as_tuple().exponent) for w in weights if w), default=0)
    parts = [int(w.scaleb(max(scale, 0)).to_integral_value(ROUND_FLOOR)) for w in weights]
    units, every = int(cents), sum(parts)
    sign = -1 if units < 0 else 1
    exact = [abs(units) * part for part in parts]
    shares = [e // every for e in exact]
    left = abs(units) - sum(shares)
    for i in sorted(range(len(parts)), key=lambda i: (-(exact[i] % every), i))[:left]:
        shares[i] += 1
    return tuple(Decimal(sign * share).scaleb(-2) for share in shares)
