"""Refunds of IEEPA duties: an entry-summary report sorted, with interest and claim files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from landed.compliance.refunds import Refunds
from landed.errors import LandedError
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class RefundsRequest:
    """An entry-summary report and who claims."""

    report: Annotated[str, "the report as CSV text: entry number, entry date, HTS number, duty; entry type, importer, deposit date, liquidation date and flags where known"]
    importer: Annotated[str, "importer of record number of who claims"] = ""
    refund_account: Annotated[bool | None, "whether there is an account for electronic refunds"] = None
    corporation: Annotated[bool, "the importer is a corporation: decides the rate of interest"] = True
    rates: Annotated[Any, "{first day of quarter: percent a year}: stands in for the packaged table"] = None
    today: Annotated[date | None, "day from which days left and interest are counted; default today"] = None


@dataclass(frozen=True, slots=True)
class ClaimCheckRequest:
    """A claim file to check before it is sent."""

    claim: Annotated[str, "the claim file as text"]
    report: Annotated[str, "the entry-summary report, so that entries are checked too"] = ""
    importer: Annotated[str, "importer of record number of who claims"] = ""
    refund_account: Annotated[bool | None, "whether there is an account for electronic refunds"] = None
    today: Annotated[date | None, "default today"] = None


@dataclass(frozen=True, slots=True)
class ClaimFault:
    """A line of a claim file (0: the file) that would be turned down, the cause and its words."""

    line: int
    cause: str
    because: str


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """Faults of a claim file; none means that none of the published causes was found."""

    faults: tuple[ClaimFault, ...]


@operation(name="refunds", summary="Sort entries by how their IEEPA duties may come back, with interest and claim files", method="POST", path="/v1/refunds", scope="quote")
def refunds(request: RefundsRequest) -> Refunds:
    """Each entry: claim now, claim closes by a day, protest by a day, reconciliation first, hold, finally liquidated, or not eligible; what the claim would be
    turned down for; duty and interest in US dollars (interest null past the known rates). No legal advice; `as_of` says through when notices were read.

    Raises LandedError BAD_ENTRY_REPORT, INVALID_REQUEST.
    """
    from landed.compliance.refund_read import read_entries
    from landed.compliance.refunds import sort_refunds

    entries = read_entries(request.report.encode("utf-8", "surrogatepass"))
    return sort_refunds(
        entries, _ieepa(), today=request.today or date.today(), importer=request.importer, account=request.refund_account, corporation=request.corporation, rates=_rates(request.rates)
    )


@operation(name="refund_claim_check", summary="Check a claim file against every published cause of rejection", method="POST", path="/v1/refunds/claims:check", scope="quote")
def claim_check(request: ClaimCheckRequest) -> ClaimCheck:
    """Every line that would be turned down and why. Raises LandedError BAD_ENTRY_REPORT."""
    from landed.compliance.calendar_days import facts
    from landed.compliance.refunds import check_claim

    known = {}
    if request.report:
        found = refunds(RefundsRequest(request.report, request.importer, request.refund_account, today=request.today))
        known = {each.entry: each for each in found.entries}
    texts = facts("refunds")["causes"]
    return ClaimCheck(tuple(ClaimFault(line, cause, str(texts[cause])) for line, cause in check_claim(request.claim, known)))


def _ieepa() -> frozenset[str]:
    """The digits of every heading that the law pack holds under the IEEPA programmes and that adds a duty."""
    from fnmatch import fnmatchcase

    from landed.compliance.calendar_days import facts
    from landed.operations.engine import engine

    pattern = str(facts("refunds")["headings_of"])
    return frozenset("".join(c for c in m.heading if c.isdigit()) for m in engine().law.measures if m.heading and m.effect == "duty" and fnmatchcase(m.programme, pattern))


def _rates(raw: Any) -> dict[date, Decimal] | None:
    if not raw:
        return None
    from landed.duty.request import read_day

    if not isinstance(raw, dict):
        raise LandedError("INVALID_REQUEST", "expected {first day of quarter: percent}", where="rates", mend="Leave it out for the packaged table.")
    try:
        return {read_day(day, "rates"): Decimal(str(rate)) for day, rate in raw.items()}
    except ArithmeticError:
        raise LandedError("INVALID_REQUEST", "expected percents as numbers", where="rates", mend="Write them as 7 or 6.5.") from None
