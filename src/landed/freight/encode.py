"""Answers of freight as JSON data: money with two places, other decimals as they are, unknown as null."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

MONEY = frozenset(
    {"amount", "low", "mid", "high", "freight", "duty", "fees", "carrying_cost", "landed_cost", "cargo_value", "buyer_pays", "seller_pays", "billed", "duty_p50", "duty_p90", "duty_change", "fees_p50", "goods", "entered_value"}
)  # fmt: skip


def to_json(value: Any, name: str = "") -> Any:
    """A value as JSON data; `name` tells money (two places) from other numbers."""
    if isinstance(value, Decimal):
        if name in MONEY:
            return format(value.quantize(Decimal("0.01")), "f")
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name), f.name) for f in fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_json(item, name) for item in value]
    if hasattr(value, "items"):
        return {str(k): to_json(v, name if name in MONEY else str(k)) for k, v in value.items()}
    if isinstance(value, float):
        return round(value, 4)
    return value
