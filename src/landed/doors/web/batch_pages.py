"""Batches: a file with a line of goods in each row, its columns named, live progress, errors by row, answers to download."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.doors.web import render
from landed.doors.web.asking import ask, may, page
from landed.doors.web.shell import document
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/batch"
SAMPLE = 5  # rows shown before the start
SHOWN = 20  # answers shown
OWN = ("status", "duty", "known_duty_subtotal", "effective_rate_pct")  # columns that the batch adds
MOST_ERRORS = 300  # rows with errors shown; the download holds all
FIELDS = (
    ("hts_code", "Tariff code", True), ("country_of_origin", "Made in", True), ("customs_value", "Customs value, USD", True), ("entry_date", "Entry date", True),
    ("reference", "Your reference", False), ("transport_mode", "Mode of arrival", False), ("loading_date", "Loading date", False), ("claims.spi", "Special programme", False),
)  # fmt: skip
SPELLINGS = {
    "hts_code": ("hts", "htscode", "code", "tariff", "tariffcode", "hscode", "htsus", "commoditycode"),
    "country_of_origin": ("origin", "countryoforigin", "coo", "country", "madein"),
    "customs_value": ("value", "customsvalue", "amount", "enteredvalue", "valueusd", "price", "total"),
    "entry_date": ("date", "entrydate", "entry", "day"),
    "reference": ("reference", "ref", "sku", "item", "product", "id", "partnumber"),
    "transport_mode": ("mode", "transportmode", "transport"),
    "loading_date": ("loading", "loadingdate", "laden", "shipped"),
    "claims.spi": ("spi", "preference", "claimsspi"),
}


def routes(app: FastAPI) -> None:
    """Add the pages."""
    from starlette.routing import Route

    app.router.routes.append(Route(HERE, page(batches, HERE), methods=["GET"]))
    app.router.routes.append(Route("/batch/upload/{id}", page(columns, HERE), methods=["GET"]))
    app.router.routes.append(Route("/batch/{id}", page(one, HERE), methods=["GET"]))


def batches(request: Request) -> Response:
    """The upload, and the batches so far."""
    return document("Batch", HERE, render.html("batch.html", batches=ask("batch_list", {"limit": 50}).batches, fields=FIELDS))


def columns(request: Request) -> Response:
    """Which column of an uploaded file holds which field, with its first rows."""
    from datetime import date

    from landed.doors.api.batch_process import rows
    from landed.store.database import store
    from landed.store.rows import one as row_of
    from landed.store.tables import uploads

    may("batch_start")
    with store().begin(reading=True) as connection:
        upload = row_of(connection, uploads, "upload", id=request.path_params["id"])
    found: list[dict[str, Any]] = []
    problem = None
    try:
        # Names that map to themselves keep "facts.x" columns flat, so that the reader sees the columns of the file.
        for row in islice(rows({}, dict(upload)), SAMPLE):
            found.append({"problem": row.detail} if isinstance(row, LandedError) else row)
    except LandedError as error:
        problem = error
    names = list(dict.fromkeys(name for row in found for name in row if name != "problem"))
    guess = {field: next((n for n in names if n == field or _bare(n) in SPELLINGS[field]), "") for field, _, _ in FIELDS}
    return document("Columns", HERE, render.html("batch_columns.html", upload=upload, rows=found, names=names, guess=guess, fields=FIELDS, problem=problem, today=date.today().isoformat(), countries=render.countries()))


def _bare(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalpha())


def one(request: Request) -> Response:
    """One batch: its progress while it runs, its errors by row and its first answers when it is done."""
    found = ask("batch_show", {"id": request.path_params["id"]})
    errors: list[tuple[int, str, str, str]] = []
    answers: list[dict[str, Any]] = []
    table: list[list[str]] = []
    if found.status == "done":
        from landed.doors.api.files import table_path

        if (path := table_path(found.id)).exists():
            errors, table = _read_table(path)
        else:
            errors, answers = _read(found.id)
    return document("Batch", HERE, render.html("batch_one.html", b=found, errors=errors, answers=answers, table=table, own=OWN, most=MOST_ERRORS))


def _read_table(path: Path) -> tuple[list[tuple[int, str, str, str]], list[list[str]]]:
    """The rows with errors, and the head and first rows of a result that holds the columns of the file."""
    import csv

    errors: list[tuple[int, str, str, str]] = []
    table: list[list[str]] = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        head = next(rows, [])
        table.append(head)
        code, detail = (head.index(name) if name in head else -1 for name in ("error_code", "error_detail"))
        for number, row in enumerate(rows, 1):
            if len(errors) >= MOST_ERRORS and len(table) > SHOWN:
                break
            if code >= 0 and row[code]:
                errors.append((number, ", ".join(row[:2]), row[detail], row[code].replace("_", " ").lower()))
            elif len(table) <= SHOWN:
                table.append(row)
    return errors[:MOST_ERRORS], table


def _read(identifier: str) -> tuple[list[tuple[int, str, str, str]], list[dict[str, Any]]]:
    """(row, reference, what is wrong, mend) of the rows with errors, and the first answers."""
    from landed.doors.api.files import result_path

    errors: list[tuple[int, str, str, str]] = []
    answers: list[dict[str, Any]] = []
    path = result_path(identifier)
    if not path.exists():
        return errors, answers
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if len(errors) >= MOST_ERRORS and len(answers) >= SHOWN:
                break
            answer = json.loads(line)
            error = answer.get("error")
            if error and answer.get("status") != "refused":
                errors.append((number, str(answer.get("reference") or ""), f"{error.get('where') + ': ' if error.get('where') else ''}{error['detail']}", error.get("mend", "")))
            elif len(answers) < SHOWN:
                answers.append({"row": number, **answer})
    return errors[:MOST_ERRORS], answers
