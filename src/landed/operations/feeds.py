"""Changes as an Atom feed, as RSS and as iCalendar."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape as escape_markup

from landed.compliance.deadlines import escape as escape_text
from landed.compliance.deadlines import fold
from landed.watch.changes import ProductChange


def escape(text: str) -> str:
    """Text for XML 1.0: markup escaped, characters that no XML may hold left out."""
    return escape_markup("".join(c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")))


def summary(change: ProductChange) -> str:
    """A change in one line."""
    amount = "unknown" if change.change_usd_year is None else f"{change.change_usd_year:+,.2f} USD a year"
    return f"{change.sku}: {change.hts_code} {change.country_of_origin}: {amount}"


def why(change: ProductChange) -> str:
    """The causes of a change with their citations."""
    return "; ".join(f"{c.heading} {c.what} ({', '.join(c.cite[:2])})" for c in change.causes)


def mark(change: ProductChange) -> str:
    """A name of a change that stays the same from one run to the next."""
    return hashlib.sha256(f"{change.sku}|{change.hts_code}|{change.country_of_origin}|{change.on}|{change.after_pct}".encode()).hexdigest()[:32]


def atom(changes: tuple[ProductChange, ...], *, stamp: datetime | None = None) -> str:
    """An Atom feed (RFC 4287), an entry a change; ids stay the same from one run to the next."""
    now = (stamp or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    entries = "".join(
        f"<entry><id>urn:landed:change:{mark(c)}</id><title>{escape(summary(c))}</title><updated>{c.on}T00:00:00Z</updated><summary>{escape(why(c))}</summary></entry>" for c in changes
    )
    return f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:landed:watch</id><title>Landed: changes of duty</title><updated>{now}</updated><author><name>Landed</name></author>{entries}</feed>\n'


def rss(changes: tuple[ProductChange, ...], *, stamp: datetime | None = None) -> str:
    """An RSS 2.0 feed, an item a change; the ids are those of the Atom feed."""
    now = format_datetime((stamp or datetime.now(UTC)).astimezone(UTC), usegmt=True)
    items = "".join(
        f'<item><title>{escape(summary(c))}</title><description>{escape(why(c))}</description><guid isPermaLink="false">urn:landed:change:{mark(c)}</guid>'
        f"<pubDate>{format_datetime(datetime(c.on.year, c.on.month, c.on.day, tzinfo=UTC), usegmt=True)}</pubDate></item>"
        for c in changes
    )
    head = f"<title>Landed: changes of duty</title><link>https://hts.usitc.gov/</link><description>What changed or will change for your products</description><lastBuildDate>{now}</lastBuildDate>"
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>\n'


def icalendar(changes: tuple[ProductChange, ...], *, stamp: datetime | None = None) -> str:
    """Changes as all-day events (RFC 5545)."""
    moment = (stamp or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Landed//Watch//EN", "CALSCALE:GREGORIAN"]
    for c in changes:
        lines += ["BEGIN:VEVENT", f"UID:{mark(c)}@landed", f"DTSTAMP:{moment}", f"DTSTART;VALUE=DATE:{c.on:%Y%m%d}", f"DTEND;VALUE=DATE:{c.on + timedelta(days=1):%Y%m%d}"]
        lines += [f"SUMMARY:{escape_text(summary(c))}", f"DESCRIPTION:{escape_text(why(c))}", "TRANSP:TRANSPARENT", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "".join(f"{piece}\r\n" for line in lines for piece in fold(line))
