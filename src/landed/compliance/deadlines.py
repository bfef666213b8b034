"""Deadlines of an entry from the days of its events, rolled as asked, and as iCalendar."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from landed.compliance.calendar_days import add_working_days, add_years, facts, why_closed, working_day
from landed.errors import LandedError

Roll = Literal["before", "none", "next"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """One day by which something must be done (or, where `event`, on which something happens).

    `counted` is the day as the rule counts it; `day` the one after the roll asked for; `closed` why the counted day is no working day, or "";
    `days_left` counts from today; `estimated` says what the day rests on where it was not stated.
    """

    id: str
    title: str
    day: date
    counted: date
    closed: str
    days_left: int
    event: bool
    citation: str
    verified: bool
    estimated: str = ""


def event_names() -> tuple[str, ...]:
    """The events whose days may be given."""
    rows = facts("deadlines")["deadlines"]
    return tuple(dict.fromkeys([*(str(row["from"]) for row in rows), "scheduled_liquidation"]))


def deadlines(events: Mapping[str, date], *, roll: Roll = "before", extended: bool = False, today: date | None = None) -> tuple[Deadline, ...]:
    """Every deadline that hangs on the given days, sorted.

    `roll` is a stated choice for days on which offices are closed: `before` (the last working day before: safe, the default), `none` (as counted) or
    `next` (the next working day, where the rule allows it). `extended` says that liquidation was extended. Raises LandedError INVALID_REQUEST.
    """
    unknown = sorted(set(events) - set(event_names()))
    if unknown or not events:
        raise LandedError("INVALID_REQUEST", f"expected days of events, got {unknown[0]!r}" if unknown else "expected the day of an event, got none", where="events", mend=f"One of {', '.join(event_names())}.")
    given, guessed = dict(events), ""
    table = facts("deadlines")
    if "scheduled_liquidation" not in given and "entry_date" in given and "liquidation_date" not in given:
        given["scheduled_liquidation"] = given["entry_date"] + timedelta(days=int(table["estimated_liquidation_days"]))
        guessed = "liquidation taken as usual in practice; give scheduled_liquidation"
    found = []
    for row in table["deadlines"]:
        if row["from"] not in given or (row["id"] == "expected_liquidation" and ("scheduled_liquidation" in events or "liquidation_date" in events)):
            continue
        counted, note = _count(given[row["from"]], row["count"]), ""
        later = row.get("no_later_than")
        if later and later["from"] in given:
            bound = given[later["from"]] + timedelta(days=int(later["days"]))
            if extended or bound < counted:
                counted, note = bound, guessed
        event = bool(row.get("event"))
        day = counted if event or roll == "none" else working_day(counted, 1 if roll == "next" else -1)
        left = (day - (today or date.today())).days
        found.append(Deadline(str(row["id"]), str(row["title"]), day, counted, why_closed(counted), left, event, str(row["citation"]), bool(row["verified"]), note))
    return tuple(sorted(found, key=lambda d: (d.day, d.id)))


def _count(start: date, count: Mapping[str, Any]) -> date:
    ((unit, number),) = count.items()
    if unit == "years":
        return add_years(start, int(number))
    if unit == "working_days":
        return add_working_days(start, int(number))
    return start + timedelta(days=int(number))


def calendar(rows: Iterable[Deadline], reference: str = "", *, stamp: datetime | None = None) -> str:
    """Deadlines as an iCalendar file (RFC 5545): all-day events with an alarm a week before."""
    moment = (stamp or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Landed//Deadlines//EN", "CALSCALE:GREGORIAN"]
    for each in rows:
        mark = hashlib.sha256(f"{reference}\x1f{each.id}\x1f{each.counted}".encode()).hexdigest()[:32]
        notes = [f"Counted: {each.counted}" + (f" ({each.closed})" if each.closed else ""), each.citation, *(["not verified in the original"] if not each.verified else []), *([each.estimated] if each.estimated else [])]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{mark}@landed",
            f"DTSTAMP:{moment}",
            f"DTSTART;VALUE=DATE:{each.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{each.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{escape(f'{reference}: {each.title}' if reference else each.title)}",
            f"DESCRIPTION:{escape('. '.join(notes))}",
            "TRANSP:TRANSPARENT",
            *([] if each.event else ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{escape(each.title)}", "TRIGGER:-P7D", "END:VALARM"]),
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in fold(line))


def escape(text: str) -> str:
    """A text value of RFC 5545; control characters, which none may hold, are left out."""
    text = "".join(c for c in text if c in "\t\r\n" or (c >= " " and c != "\x7f"))
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "")


def fold(line: str) -> list[str]:
    """A line in pieces of at most 75 octets, the later ones beginning with a space; characters stay whole."""
    found, piece, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > 75:
            found.append(piece)
            piece, size = " ", 1
        piece += character
        size += width
    return [*found, piece]
