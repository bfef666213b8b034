"""The estimate of one line of goods, and of as many as a stream holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Required, TypedDict

from landed.duty.model import Estimate
from landed.errors import LandedError
from landed.operations.engine import engine
from landed.operations.registry import operation


class EstimateRequest(TypedDict, total=False):
    """One line of goods as the importer knows it; the first four fields are required."""

    hts_code: Required[Annotated[str, "8 or 10 digits, dots optional"]]
    country_of_origin: Required[Annotated[str, "ISO 3166 alpha-2 code or name of the country where the goods were made"]]
    customs_value: Required[Annotated[Any, "US dollars as decimal text, or {amount, currency, exchange_rate}"]]
    entry_date: Required[Annotated[str, "day of entry for consumption, ISO 8601"]]
    reference: Annotated[str, "your own name for the line, given back"]
    country_of_export: Annotated[str, "ISO 3166 alpha-2 code or name"]
    loading_date: Annotated[str, "day of loading on the vessel that brought the goods, ISO 8601"]
    export_date: Annotated[str, "day of export, ISO 8601"]
    transport_mode: Annotated[Literal["ocean", "air", "truck", "rail", "mail"], "mode of arrival; decides the harbor fee"]
    entry_type: Annotated[Literal["formal", "informal", "postal", "section_321"], "default formal"]
    quantities: Annotated[Any, "[{value, unit}] in units of the tariff line or units that convert to them"]
    incoterm: Annotated[str, "Incoterms 2020 rule of the sale"]
    charges: Annotated[dict[str, Any], "freight, insurance and other charges in US dollars, outside the customs value"]
    claims: Annotated[dict[str, Any], "{spi, chapter_98, exclusions, us_content_value, repair_value, ad_cvd}"]
    facts: Annotated[dict[str, Any], "facts of the goods by name (docs/facts.md)"]
    answers: Annotated[dict[str, Any], "answers to questions of an earlier estimate, by question id"]
    parts: Annotated[dict[str, Any], "US dollars of parts of the article that a rate names"]
    known_on: Annotated[str, "answer with the law as it was known that day, ISO 8601"]
    overlay: Annotated[Any, "a what-if laid over the law: an object, a file or the name of a ready one"]


@operation(name="estimate", summary="Duty of one line of goods on a day, explained", method="POST", path="/v1/estimates", scope="estimates")
def estimate(request: EstimateRequest) -> Estimate:
    """The duty of one line of goods on a day of entry: every heading that was looked at with its reason and citation,
    questions worth money, other ways to enter, changes ahead, warnings.

    Money is US dollars. Raises LandedError: INVALID_REQUEST, INVALID_CODE, UNKNOWN_HTS (near codes), OBSOLETE_HTS (successors),
    NOT_A_RATE_LINE (children), UNKNOWN_ORIGIN, INVALID_VALUE, CURRENCY_RATE_REQUIRED, INVALID_DATE, DATE_OUT_OF_COVERAGE,
    UNKNOWN_FACT, INVALID_FACT, INVALID_CLAIM, UNKNOWN_UNIT, BAD_OVERLAY. An import ban is an answer with status
    "refused" and `error` IMPORT_PROHIBITED.
    """
    return engine().estimate(request)


def answer_one(raw: Any) -> dict[str, Any]:
    """The JSON answer to one request; a request that cannot be answered gives {"error": problem, "reference": ...}."""
    try:
        return engine().estimate(raw).to_dict()
    except LandedError as error:
        return problem(error, raw)


def answer_all(requests: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The JSON answer of each request, in order, one at a time."""
    return (answer_one(raw) for raw in requests)


def problem(error: LandedError, raw: Any = None) -> dict[str, Any]:
    """The answer that stands in the place of a request that cannot be answered."""
    reference = raw.get("reference") if isinstance(raw, Mapping) else None
    return {"error": error.to_dict(), "reference": reference if reference is None else str(reference)}
