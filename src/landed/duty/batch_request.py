"""A row of a batch as a request of the explained engine."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

REQUIRED = ("hts_code", "country_of_origin", "customs_value", "entry_date")
OPTIONAL = (
    "reference", "currency", "exchange_rate", "country_of_export", "loading_date", "export_date", "transport_mode", "entry_type", "incoterm",
    "spi", "chapter_98", "exclusion", "us_content_value", "repair_value", "known_on", "facts",
)  # fmt: skip


def request_of(row: dict[str, Any], fact_columns: dict[str, str], on: date | None) -> dict[str, Any]:
    """A row's columns as a request of the explained engine."""
    request: dict[str, Any] = {}
    claims: dict[str, Any] = {}
    facts: dict[str, Any] = dict(row["facts"]) if isinstance(row.get("facts"), dict) else {}
    quantities: list[dict[str, Any]] = []
    parts: dict[str, Any] = {}
    for name, raw in row.items():
        if raw is None or raw == "":
            continue
        if name in fact_columns:
            facts[fact_columns[name]] = raw
        elif name == "quantity" or name.startswith("quantity_"):
            suffix = name.removeprefix("quantity").removeprefix("_")
            loose = not suffix or suffix.isdigit()
            unit = row.get("unit" + (f"_{suffix}" if suffix else "")) if loose else suffix
            quantities.append({"value": raw, **({"unit": unit} if unit not in (None, "") else {})})
        elif name.startswith("part."):
            parts[name[5:]] = raw
        elif name in ("spi", "chapter_98", "exclusion", "us_content_value", "repair_value"):
            claims[name] = raw
        elif name in ("currency", "exchange_rate", "facts") or name == "unit" or name.startswith("unit_"):
            continue
        elif name in REQUIRED or name in OPTIONAL:
            request[name] = raw.date().isoformat() if isinstance(raw, datetime) else raw
    facts = {name: answer for name, answer in facts.items() if answer is not None}
    if row.get("currency") not in (None, "") and not isinstance(request.get("customs_value"), dict) and "customs_value" in request:
        request["customs_value"] = {"amount": request["customs_value"], "currency": row["currency"], **({"exchange_rate": row["exchange_rate"]} if row.get("exchange_rate") not in (None, "") else {})}
    if on is not None:
        request.setdefault("entry_date", on)
    for name, found in (("claims", claims), ("facts", facts), ("quantities", quantities), ("parts", parts)):
        if found:
            request[name] = found
    return request
