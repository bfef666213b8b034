"""The JSON form of an estimate: money as decimal strings, days as ISO texts, unknown as null."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from landed.duty.model import Estimate

MONEY = {
    "amount", "basis_amount", "change_usd", "duty", "saving_usd", "known_duty_subtotal", "duty_low", "duty_high", "fees", "taxes", "landed_cost",
    "customs_value",
}  # fmt: skip


def estimate_to_dict(estimate: Estimate) -> dict[str, Any]:
    """An estimate as plain JSON data, in the order of the contract."""
    found = {f.name: to_json(getattr(estimate, f.name), f.name) for f in fields(estimate)}
    found["customs_value"] = {"amount": found["customs_value"], "currency": "USD"}
    if found["error"] is None:
        del found["error"]
    if found["known_on"] is None:
        del found["known_on"]
    return found


def to_json(value: Any, name: str = "") -> Any:
    """A value of the contract as JSON data; `name` tells money (two places) from rates."""
    if isinstance(value, Decimal):
        if not isinstance(name, str) or name not in MONEY:
            return format(value.normalize(), "f") if value else "0"
        return format(value.quantize(Decimal("0.01")), "f")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name), f.name) for f in fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_json(item, name) for item in value]
    if isinstance(value, dict):
        return {str(k): to_json(v, str(k)) for k, v in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return value
