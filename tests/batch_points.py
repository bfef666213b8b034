"""Random points of trade (line, origin, day, facts) and what the explained engine says of each, to hold the batch against."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from landed.duty.batch import Batch, batches_of, owed
from landed.duty.batch_columns import Sheet
from landed.duty.estimate import Engine
from landed.errors import LandedError

BUSY = ["CN", "CA", "MX", "VN", "DE", "JP", "KR", "GB", "IN", "RU", "TW", "CH", "BR", "HK", "TH", "MY", "CU", "IL", "AU", "ID", "KP", "BY"]
CENT = Decimal("0.01")


def points(engine: Engine, seed: int, count: int, *, with_facts: bool) -> list[dict[str, Any]]:
    """Rows of a batch: half of the days in the crowded years, values from a cent to a trillion dollars."""
    rng = random.Random(seed)
    law = engine.law
    arrays = engine.schedule.arrays()
    codes = [f"{n:010d}" for n, length, chapter in zip(arrays["number"].tolist(), arrays["length"].tolist(), arrays["chapter"].tolist(), strict=True) if length == 10 and chapter < 98]
    claims = _claims(engine)
    return [_row(rng, engine, codes, sorted(law.countries), claims if with_facts else None) for _ in range(count)]


def _claims(engine: Engine) -> dict[str, list[str]]:
    law = engine.law
    return {
        "spi": sorted({p.spi for p in law.preferences}),
        "exclusion": sorted({m.heading for m in law.measures if m.heading}),
        "chapter_98": sorted({m.heading for p in law.programmes if p.kind == "98" for m in p.measures}),
        "facts": sorted(law.facts),
    }


def _row(rng: random.Random, engine: Engine, codes: list[str], countries: list[str], claims: dict[str, list[str]] | None) -> dict[str, Any]:
    first, last = engine.law.covers_from, engine.law.covers_to
    value = Decimal(max(1, int(10 ** rng.uniform(0, 11 if rng.random() < 0.9 else 13.999)))) / 100
    row: dict[str, Any] = {
        "hts_code": rng.choice(codes),
        "country_of_origin": rng.choice(BUSY if rng.random() < 0.7 else countries),
        "customs_value": value,
        "entry_date": date(2025, 1, 1) + timedelta(days=rng.randrange(760)) if rng.random() < 0.7 else first + timedelta(days=rng.randrange((last - first).days + 1)),
    }
    if claims is None:
        return row
    day = row["entry_date"]
    chances: list[tuple[float, str, Any]] = [
        (0.3, "spi", lambda: rng.choice(claims["spi"])),
        (0.2, "loading_date", lambda: day - timedelta(days=rng.randrange(120))),
        (0.1, "export_date", lambda: day - timedelta(days=rng.randrange(120))),
        (0.05, "chapter_98", lambda: rng.choice(claims["chapter_98"])),
        (0.1, "exclusion", lambda: rng.choice(claims["exclusion"])),
        (0.05, "us_content_value", lambda: (value * rng.randrange(101) / 100).quantize(CENT)),
        (0.05, "repair_value", lambda: (value * rng.randrange(101) / 100).quantize(CENT)),
        (0.1, "entry_type", lambda: rng.choice(["formal", "informal", "informal", "postal", "section_321"])),
        (0.1, "known_on", lambda: day + timedelta(days=rng.randrange(-60, 60))),
        (0.3, "quantity_kg", lambda: Decimal(rng.randrange(10**7)) / 1000),
        (0.2, "quantity_no", lambda: Decimal(rng.randrange(1, 10**5))),
        (0.1, "quantity", lambda: Decimal(rng.randrange(1, 10**5))),
    ]
    for chance, name, make in chances:
        if rng.random() < chance:
            row[name] = make()
    if "quantity" in row:
        row["unit"] = rng.choice(["kg", "doz", "liter", "lb", "g", "m2", "prs", "No.", "W"])
    for name in rng.sample(claims["facts"], rng.choice([0, 0, 0, 1, 1, 2, 4])):
        answer = _answer(rng, engine, name)
        if answer is not None:
            row[f"fact.{name}"] = answer
    return row


def _answer(rng: random.Random, engine: Engine, name: str) -> str | None:
    fact = engine.law.facts[name]
    if fact.kind == "yes_no":
        return rng.choice(["yes", "no"])
    if fact.kind in ("percent", "money"):
        return rng.choice(["0", "100", "40", "20", "15", "14.9999", "12.5", "37.25"])
    if fact.kind == "date":
        return "2025-05-05"
    return str(rng.choice([option.value for option in fact.options])) if fact.options else None


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table; money as decimals."""
    names = sorted({name for row in rows for name in row})
    money = {"customs_value", "us_content_value", "repair_value"}
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.decimal128(20, 2) if name in money else None) for name in names})


def by_batch(engine: Engine, rows: list[dict[str, Any]], columns: Any = "totals", compiled_loops: bool | None = None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(answers of the batch, the requests that the rows stand for)."""
    table = table_of(rows)
    batch = Batch(engine, table.column_names, columns=columns, compiled_loops=compiled_loops)
    sheet = Sheet(batch)
    found: list[dict[str, Any]] = []
    for number, chunk in enumerate(batches_of(table)):
        answered = sheet.of(chunk, batch.answer(chunk))
        if columns == "long":
            answered = answered.append_column("chunk", pa.array([number] * answered.num_rows))
        found += answered.to_pylist()
    return found, [batch.reader.request(row) for row in table.to_pylist()]


def by_single(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    """The explained answer in the columns of the batch, with `headings` {(programme, heading): amount}."""
    try:
        found = engine.estimate(request)
    except LandedError as error:
        return {"status": "refused", "duty": None, "known_duty_subtotal": None, "effective_rate_pct": None, "error_code": error.code, "error_detail": error.detail, "error_where": error.where, "error_mend": error.mend, "headings": None}
    return {
        "status": found.status,
        "duty": found.totals.duty,
        "known_duty_subtotal": found.totals.known_duty_subtotal,
        "effective_rate_pct": found.totals.effective_rate_pct,
        "error_code": None if found.error is None else found.error["code"],
        "error_detail": None if found.error is None else found.error["detail"],
        "error_where": None if found.error is None else found.error["where"],
        "error_mend": None if found.error is None else found.error["mend"],
        "headings": [(c.programme, c.heading, c.amount) for c in found.components if owed(c)],
    }


def differences(engine: Engine, rows: list[dict[str, Any]], compiled_loops: bool | None = None) -> list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """(request, single, batch) wherever the two engines say different things of a row."""
    batch, requests = by_batch(engine, rows, compiled_loops=compiled_loops)
    found = []
    for request, mine in zip(requests, batch, strict=True):
        single = by_single(engine, request)
        single.pop("headings")
        told = {name: mine[name] for name in single}
        if told != single:
            found.append((request, single, told))
    return found
