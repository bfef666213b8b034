"""The duty of one line over the years: spells of an unchanged amount, each with what began it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Required, TypedDict

from landed.duty.case import Case
from landed.duty.outlook import Spell
from landed.duty.outlook import history as spells_of
from landed.duty.request import read_day
from landed.errors import LandedError
from landed.operations.engine import engine
from landed.operations.registry import operation

SAMPLE_VALUE = Decimal(10_000)  # US dollars; percents do not depend on it, specific rates do
AHEAD = timedelta(days=365)


class HistoryRequest(TypedDict, total=False):
    """A line of goods and the days to look between."""

    hts_code: Required[Annotated[str, "8 or 10 digits, dots optional"]]
    country_of_origin: Required[Annotated[str, "ISO 3166 alpha-2 code or name"]]
    customs_value: Annotated[Any, "US dollars as decimal text; default 10000"]
    since: Annotated[str, "first day, ISO 8601; default the first day of coverage"]
    until: Annotated[str, "last day, ISO 8601; default one year from today"]
    quantities: Annotated[Any, "[{value, unit}] for lines with specific rates"]
    claims: Annotated[dict[str, Any], "claims, kept on each day they can stand"]
    facts: Annotated[dict[str, Any], "facts of the goods by name"]
    answers: Annotated[dict[str, Any], "answers to questions, by id"]
    parts: Annotated[dict[str, Any], "US dollars of parts of the article"]
    known_on: Annotated[str, "the law as it was known that day"]
    overlay: Annotated[Any, "a what-if laid over the law"]


@dataclass(frozen=True, slots=True)
class History:
    """Spells of the duty of one line between two days (inclusive), in order; a gap between spells is time without that code.

    Spells that begin after `today` are scheduled law. `rate_known_from` is the day of the first official export at hand:
    before it the line's own rate is that of that export.
    """

    hts_code: str
    country_of_origin: str
    origin_name: str
    customs_value: Decimal
    since: date
    until: date
    today: date
    law_version: str
    verified_through: date
    rate_known_from: date
    spells: tuple[Spell, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, spells with `from` and `to` and their headings as objects."""
        from landed.duty.encode import to_json

        found = {name: to_json(getattr(self, name), name) for name in self.__slots__ if name != "spells"}
        found["spells"] = [
            {
                "from": to_json(s.from_),
                "to": to_json(s.to),
                "duty": to_json(s.duty, "duty"),
                "effective_rate_pct": to_json(s.rate_pct),
                "headings": [{"heading": heading, "amount": to_json(amount, "amount")} for heading, amount in s.headings],
                "causes": list(s.causes),
                "scheduled": s.from_ > self.today,
            }
            for s in self.spells
        ]
        return found


@operation(name="history", summary="The duty of one line over the years, with the cause of every change", method="POST", path="/v1/hts/{hts_code}/history", scope="estimates")
def history(request: HistoryRequest) -> History:
    """The spells of the total duty of one line between two days, each with the measures that began, ended or changed.

    Raises what `estimate` raises. A code that has ended is shown for the days on which it stood.
    """
    asked = engine()
    law = asked.law
    given = dict(request)
    today = min(max(date.today(), law.covers_from), law.covers_to)
    since = read_day(given.pop("since"), "since") if given.get("since") else law.covers_from
    until = read_day(given.pop("until"), "until") if given.get("until") else min(today + AHEAD, law.covers_to)
    given = {k: v for k, v in given.items() if k not in ("since", "until")}
    since, until = max(since, law.covers_from), min(until, law.covers_to)
    if since > until:
        raise LandedError("INVALID_DATE", f"expected a first day before the last, got {since} and {until}", where="since", mend=f"The law pack covers {law.covers_from} to {law.covers_to}.")
    given.setdefault("customs_value", str(SAMPLE_VALUE))
    case = _case_on(given, min(max(today, since), until))
    return History(
        hts_code=case.line.dotted,
        country_of_origin=case.request.origin,
        origin_name=law.countries[case.request.origin],
        customs_value=case.request.value,
        since=since,
        until=until,
        today=today,
        law_version=case.index.law.version,
        verified_through=law.verified_through,
        rate_known_from=asked.schedule.revisions[0][1],
        spells=spells_of(case, since, until),
    )


def _case_on(given: dict[str, Any], day: date) -> Case:
    """The case on a day, or on the last day on which the code stood."""
    asked = engine()
    request = asked.read({**given, "entry_date": day.isoformat()})
    try:
        return asked.case(request)
    except LandedError as error:
        ended = error.extra.get("ended")
        if error.code != "OBSOLETE_HTS" or not ended:
            raise
        return asked.case(asked.read({**given, "entry_date": ended}))
