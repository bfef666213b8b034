"""What other agencies and laws may ask of goods: by code and origin, with documents and the questions that decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from landed.compliance.requirements import Requirements
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class RequirementsRequest:
    """Goods, where they come from, and what is already answered."""

    hts_code: Annotated[str, "tariff code of 2 to 10 digits, in any spelling"]
    country_of_origin: Annotated[str, "ISO code or name"]
    on: Annotated[date | None, "day of entry; default today"] = None
    answers: Annotated[dict[str, Any] | None, "{question id: your answer in words}"] = None


@operation(name="requirements", summary="What agencies and laws may ask of goods, by code and origin", method="POST", path="/v1/requirements", scope="quote")
def requirements(request: RequirementsRequest) -> Requirements:
    """Agency flags with their documents, marking, labels, licences, forced labour and possible antidumping or countervailing orders.

    Every item has its state (must, may, pending, answered), reason, citation and questions; nothing here says that no duty or paper is due,
    and no antidumping rate is ever added. Raises LandedError INVALID_CODE, UNKNOWN_COUNTRY, UNKNOWN_QUESTION.
    """
    from landed.compliance import requirements as room
    from landed.duty.request import read_country
    from landed.operations.engine import engine
    from landed.schedule.codes import parse_code

    book = engine()
    day = request.on or date.today()
    origin = read_country(request.country_of_origin, "country_of_origin", book.law)
    code = parse_code(request.hts_code)
    return room.requirements(code, origin, day, orders=_orders(book, code, origin, day), answers=request.answers)


def _orders(book: Any, code: str, origin: str, day: date) -> list[tuple[str, bool]]:
    """The antidumping and countervailing flags of the law pack on a line: (kind, verified)."""
    if not book.law.covers_from <= day <= book.law.covers_to:
        return []
    found = []
    for measure in book.index.docket_of(code, origin, day, None).measures:
        kind = book.index.programmes[measure.programme].kind
        if kind in ("ad", "cvd"):
            found.append((kind, measure.verified))
    return found
