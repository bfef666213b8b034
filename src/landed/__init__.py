"""Landed: what goods cost to land in the United States under the law of any day, with the law cited.

The functions here are the Python door. They load law and schedule on first use; importing `landed` loads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landed.classify.model import Classification
    from landed.duty.model import Estimate
    from landed.operations.compare import Comparison
    from landed.operations.history import History
    from landed.operations.read import ReadAnswer
    from landed.operations.seen import SeenAnswer

__version__ = "0.1.0"
__all__ = ["classify", "classify_seen", "compare", "estimate", "estimate_frame", "estimate_many", "history", "quote", "read"]


def estimate(request: Mapping[str, Any] | None = None, /, **fields: Any) -> Estimate:
    """The explained duty of one line of goods.

    Give the request of docs/cli.md as a mapping, as keywords, or both (keywords win):
    `landed.estimate(hts_code=..., country_of_origin=..., customs_value="10000", entry_date=...)`.
    Raises `landed.errors.LandedError` when the request cannot be read or the code cannot be priced; an import ban
    is an answer with status "refused".
    """
    from landed.operations.estimate import estimate as run

    return run({**(request or {}), **fields})  # type: ignore[typeddict-item]


def estimate_many(requests: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The JSON answer of each request, in order and one at a time; a bad one gives {"error": ...} in its place."""
    from landed.operations.estimate import answer_all

    return answer_all(requests)


def estimate_frame(frame: Any, *, columns: Any = "totals", on: Any = None, mapping: dict[str, str] | None = None, overlay: Any = None) -> Any:
    """The duty of every row of a Polars, pandas or Arrow frame, as the same kind of frame (docs/batch.md).

    `columns` is "totals", "programmes" (one more column each) or "long" (a row per heading); `on` is the day of entry where no
    column names one; `mapping` is {field: column}. No row is dropped: one that cannot be priced has an error_code.
    """
    from landed.duty.batch_frame import estimate_frame as run
    from landed.duty.request import read_day
    from landed.operations.engine import engine

    return run(frame, engine().with_overlay(overlay), columns=columns, on=None if on is None else read_day(on, "on"), mapping=mapping)


def quote(code: str, origin: str, value: Any, on: Any = None, **fields: Any) -> Estimate:
    """`estimate` with the four things everybody has: code, country of origin, value in US dollars and day (default today)."""
    from datetime import date

    return estimate(fields, hts_code=code, country_of_origin=origin, customs_value=value, entry_date=on or date.today())


def compare(code: str, value: Any, on: Any = None, **fields: Any) -> Comparison:
    """The same goods from every country of origin, the least duty first (`origins=[...]` to name some)."""
    from datetime import date

    from landed.operations.compare import compare as run

    return run({**fields, "hts_code": code, "customs_value": value, "entry_date": on or date.today()})  # type: ignore[typeddict-item]


def history(code: str, origin: str, value: Any = None, **fields: Any) -> History:
    """The spells of the duty of one line over the years, each with what began it (`since`, `until` bound it)."""
    from landed.operations.history import history as run

    given: Any = {**fields, "hts_code": code, "country_of_origin": origin}
    if value is not None:
        given["customs_value"] = value
    return run(given)


def classify(text: str, **fields: Any) -> Classification:
    """Ranked tariff lines for goods described in words, with reasons, one question and, with `origin`, the money at stake.

    `landed.classify("knit t-shirt", attributes={"material": "cotton"}, origin="VN", on="2026-08-01", value="10000", limit=12)`.
    Raises `landed.errors.LandedError` (EMPTY_TEXT, NO_KNOWN_WORD, ...) when nothing can be said.
    """
    from landed.operations.classify import classify as run

    return run({**fields, "text": text})  # type: ignore[typeddict-item]


def classify_seen(*, photo: Any = None, document: Any = None, **fields: Any) -> SeenAnswer:
    """Ranked tariff lines for goods in a photo, or for each line of a document: bytes or a path.

    `landed.classify_seen(photo="label.jpg", text="shirt", origin="VN")`; what you say stands before what was read (docs/classify.md).
    Raises `landed.errors.LandedError` for a file that cannot be read, with what to do.
    """
    from landed.operations.seen import seen

    return seen(photo=photo, document=document, **fields)


def read(path: Any, *, on: Any = None, classify: bool = False) -> ReadAnswer:
    """What a commercial invoice or packing list (PDF, picture, XLSX, CSV) says, its sums checked, with a draft entry (docs/read.md).

    Raises `landed.errors.LandedError` for a file that cannot be read, with what to do.
    """
    from pathlib import Path

    from landed.operations.read import read_path

    return read_path(Path(path), on=on, classify=classify)
