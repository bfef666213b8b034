"""The Importer Security Filing checklist: what is due when, hours left, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from landed.compliance.calendar_days import facts
from landed.errors import LandedError


@dataclass(frozen=True, slots=True)
class Element:
    """One element: when it is due (None where the event's time is not known), hours left, and whether it is given."""

    id: str
    title: str
    filer: str
    due: str | None
    hours_left: float | None
    given: bool
    value: str
    state: str  # given, late, due, no time known
    verified: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    """The importer's elements and the carrier's. `complete_pct` counts the importer's; `damages_usd` is what one violation may cost."""

    elements: tuple[Element, ...]
    complete_pct: int
    missing: tuple[str, ...]
    late: tuple[str, ...]
    file_by: str | None
    hours_left: float | None
    damages_usd: int
    citation: str


def checklist(loading: datetime, *, arrival: datetime | None = None, departure: datetime | None = None, given: Mapping[str, str] | None = None, now: datetime) -> Checklist:
    """The checklist at a moment; every moment has its zone. Raises LandedError INVALID_REQUEST for unknown elements or moments out of order."""
    table, given = facts("isf"), dict(given or {})
    known = [str(row["id"]) for row in table["elements"]]
    if unknown := sorted(set(given) - set(known)):
        raise LandedError("INVALID_REQUEST", f"no element is called {unknown[0]!r}", where="given", mend=f"Elements: {', '.join(known)}.")
    if arrival is not None and arrival <= loading:
        raise LandedError("INVALID_REQUEST", f"expected an arrival after loading, got {arrival.isoformat()}", where="arrival", mend="Check the times and their zones.")
    moments = {"loading": loading, "arrival": arrival, "departure": departure or loading}
    rows = []
    for row in table["elements"]:
        rule, sign = (row["before"], -1) if "before" in row else (row["after"], 1)
        event = moments.get(str(rule["event"]))
        due = event + timedelta(hours=sign * int(rule["hours"])) if event else None
        left = round((due - now).total_seconds() / 3600, 1) if due else None
        value = str(given.get(str(row["id"])) or "").strip()
        state = "given" if value else "no time known" if left is None else "late" if left < 0 else "due"
        rows.append(Element(str(row["id"]), str(row["title"]), str(row["filer"]), due.isoformat() if due else None, left, bool(value), value, state, bool(row["verified"])))
    mine = [r for r in rows if r.filer == "importer"]
    first = loading - timedelta(hours=next(int(r["before"]["hours"]) for r in table["elements"] if r.get("before", {}).get("event") == "loading"))
    return Checklist(
        elements=tuple(rows),
        complete_pct=100 * sum(r.given for r in mine) // len(mine),
        missing=tuple(r.id for r in mine if not r.given),
        late=tuple(r.id for r in mine if r.state == "late"),
        file_by=first.isoformat(),
        hours_left=round((first - now).total_seconds() / 3600, 1),
        damages_usd=int(table["damages_per_violation_usd"]),
        citation=str(table["citation"]),
    )
