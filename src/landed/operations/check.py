"""Papers and dates: deadlines of an entry, the security filing checklist, whether the bond suffices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from landed.compliance.bond import BondOutlook
from landed.compliance.deadlines import Deadline
from landed.compliance.isf import Checklist
from landed.errors import LandedError
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class DeadlinesRequest:
    """Days of what happened to an entry, and how to roll a day on which offices are closed."""

    events: Annotated[dict[str, Any], "{entry_date, import_date, arrival_date, release_date, scheduled_liquidation, liquidation_date, claim_accrual, detention_notice, cf28_notice, cf29_notice, bond_notice}: ISO days"]
    roll: Annotated[Literal["before", "none", "next"], "closed days become the working day before (default), stay, or become the next one"] = "before"
    liquidation_extended: Annotated[bool, "liquidation was extended or suspended"] = False
    reference: Annotated[str, "your own name for the entry"] = ""
    today: Annotated[date | None, "day from which days left are counted; default today"] = None


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Deadlines in order, and the same as an iCalendar file."""

    reference: str
    deadlines: tuple[Deadline, ...]
    calendar: str


@dataclass(frozen=True, slots=True)
class IsfRequest:
    """A sailing and the elements at hand. Moments are ISO 8601 with their zone."""

    loading: Annotated[str, "loading on the vessel, such as 2026-12-01T18:00+08:00"]
    arrival: Annotated[str, "arrival at the first US port"] = ""
    departure: Annotated[str, "departure of the vessel; default loading"] = ""
    given: Annotated[dict[str, Any] | None, "{element: value}"] = None
    now: Annotated[str, "the moment hours are counted from; default now"] = ""


@dataclass(frozen=True, slots=True)
class BondRequest:
    """What a year's imports owe, or the products that tell it, and the bond at hand."""

    bond: Annotated[str | None, "amount of the continuous bond in US dollars"] = None
    duties: Annotated[str | None, "duties, taxes and fees of the last twelve months in US dollars"] = None
    products: Annotated[Any, "[{hts_code, country_of_origin, value_per_year, ...}]: priced under the law of `on` and under each overlay"] = None
    overlays: Annotated[Any, "what-ifs by name or as objects"] = None
    on: Annotated[date | None, "day from which the new pace runs; default today"] = None
    single_value: Annotated[str | None, "value of a single entry, for a single transaction bond"] = None
    restricted: Annotated[bool, "another agency restricts the goods of the single entry"] = False


@dataclass(frozen=True, slots=True)
class Bond:
    """The bond that the law asks for, and per law the month in which the one at hand no longer suffices.

    Dollars. `needed_usd` rests on the last twelve months (None where they are not given). `unpriced` names products whose duty is unknown: then no outlook is given.
    """

    needed_usd: Decimal | None
    sufficient: bool | None
    outlooks: tuple[BondOutlook, ...]
    single_usd: Decimal | None
    unpriced: tuple[str, ...]
    cure_days: int
    citation: str
    verified: bool


@operation(name="deadlines", summary="Deadlines of an entry, as a list and as iCalendar", method="POST", path="/v1/deadlines", scope="quote")
def deadlines(request: DeadlinesRequest) -> Deadlines:
    """Every deadline that hangs on the given days, with citation, the day as counted, and why it is closed where it is.

    Raises LandedError INVALID_REQUEST, INVALID_DATE.
    """
    from landed.compliance.deadlines import calendar
    from landed.compliance.deadlines import deadlines as run
    from landed.duty.request import read_day

    if not isinstance(request.events, dict):
        raise LandedError("INVALID_REQUEST", "expected an object of days", where="events", mend='Send {"entry_date": "..."}.')
    events = {str(k): read_day(v, str(k)) for k, v in request.events.items() if v not in (None, "")}
    found = run(events, roll=request.roll, extended=request.liquidation_extended, today=request.today)
    return Deadlines(request.reference, found, calendar(found, request.reference[:120]))


@operation(name="isf_check", summary="The Importer Security Filing checklist with hours left", method="POST", path="/v1/isf", scope="quote")
def isf_check(request: IsfRequest) -> Checklist:
    """Each element with when it is due and the hours left; what is missing and late. Ocean only. Raises LandedError INVALID_REQUEST."""
    from landed.compliance.isf import checklist

    if request.given is not None and not isinstance(request.given, dict):
        raise LandedError("INVALID_REQUEST", "expected an object of elements", where="given", mend="Send {element: value}.")
    now = _moment(request.now, "now") or datetime.now(UTC)
    loading = _moment(request.loading, "loading")
    if loading is None:
        raise LandedError("INVALID_REQUEST", "expected the moment of loading", where="loading", mend="Write it as 2026-12-01T18:00+08:00, for example.")
    return checklist(loading, arrival=_moment(request.arrival, "arrival"), departure=_moment(request.departure, "departure"), given=request.given, now=now)


@operation(name="bond_check", summary="Whether the customs bond suffices, now and under what-ifs", method="POST", path="/v1/bonds", scope="quote")
def bond_check(request: BondRequest) -> Bond:
    """The bond asked for and, per law, the month in which the one at hand no longer suffices. Duties of products are without fees.

    Raises LandedError INVALID_REQUEST, INVALID_VALUE, BAD_OVERLAY.
    """
    from landed.compliance.bond import continuous, outlook
    from landed.compliance.calendar_days import facts

    bond, paid, value = (_amount(each, name) for each, name in ((request.bond, "bond"), (request.duties, "duties"), (request.single_value, "single_value")))
    if paid is None and not request.products and value is None:
        raise LandedError("INVALID_REQUEST", "expected duties of twelve months, products or a single value", where="duties", mend="Give one of them.")
    on = request.on or date.today()
    outlooks, unpriced = [], []
    single_duty: Decimal | None = None
    for overlay in (None, *(request.overlays or ())) if request.products else ():
        name = "law in force" if overlay is None else str(overlay if isinstance(overlay, str) else overlay.get("use") or overlay.get("title") or "what-if")
        yearly, unknown = _yearly(request.products, overlay, on)
        unpriced += unknown
        if not unknown:
            single_duty = yearly if overlay is None else single_duty
            at_hand = bond if bond is not None else continuous(paid if paid is not None else yearly)
            outlooks.append(outlook(name, at_hand, paid if paid is not None else yearly, yearly, on))
    needed = continuous(paid) if paid is not None else None
    rule = facts("bond")
    return Bond(
        needed_usd=needed,
        sufficient=None if needed is None or bond is None else bond >= needed,
        outlooks=tuple(outlooks),
        single_usd=_single(value, paid if single_duty is None else single_duty, request.restricted),
        unpriced=tuple(dict.fromkeys(unpriced)),
        cure_days=int(rule["cure_days"]),
        citation=str(rule["citation"]),
        verified=bool(rule["verified"]),
    )


def _single(value: Decimal | None, duties: Decimal | None, restricted: bool) -> Decimal | None:
    """The bond of a single entry; None where its value, or the duties it hangs on, are not known. Duties of zero are known."""
    from landed.compliance.bond import single

    if value is None or (duties is None and not restricted):
        return None
    return single(value, Decimal(0) if duties is None else duties, restricted=restricted)


def _yearly(products: Any, overlay: Any, on: date) -> tuple[Decimal, list[str]]:
    """The duty of a year's imports and the products whose duty is unknown."""
    from landed.operations.engine import engine

    if not isinstance(products, (list, tuple)):
        raise LandedError("INVALID_REQUEST", "expected a list of products", where="products", mend="Send [{hts_code, country_of_origin, value_per_year}].")
    whole, unknown = Decimal(0), []
    for number, row in enumerate(products):
        if not isinstance(row, dict) or "value_per_year" not in row:
            raise LandedError("INVALID_REQUEST", "expected a product with value_per_year", where=f"products[{number}]", mend="Send {hts_code, country_of_origin, value_per_year}.")
        asked = {**{k: v for k, v in row.items() if k != "value_per_year"}, "customs_value": row["value_per_year"], "entry_date": on.isoformat()}
        answer = engine().estimate(asked | ({"overlay": overlay} if overlay else {}))
        if answer.totals.duty is None:
            unknown.append(f"{answer.hts_code} {answer.country_of_origin}")
        else:
            whole += answer.totals.duty
    return whole, unknown


def _amount(text: str | None, where: str) -> Decimal | None:
    if text is None or not str(text).strip():
        return None
    try:
        found = Decimal(str(text).replace(",", "").replace("$", ""))
    except ArithmeticError:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise LandedError("INVALID_VALUE", f"expected an amount of US dollars, got {str(text)[:40]!r}", where=where, mend="Write it as 550000.")
    return found


def _moment(text: str, where: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise LandedError("INVALID_REQUEST", f"expected a moment with its zone, got {text[:40]!r}", where=where, mend="Write it as 2026-12-01T18:00+08:00, for example.")
    return found
