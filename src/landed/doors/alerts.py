"""Alerts of changes: by mail over SMTP and to a webhook, each change told once to each address."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from landed.errors import LandedError
from landed.operations.feeds import summary, why
from landed.watch.changes import ProductChange

SECONDS = 20.0
MOST_KEPT = 20_000  # marks of changes told, per address


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server: smtp://user:password@host:587 (STARTTLS), smtps://host:465, or smtp://localhost:25 without either."""

    host: str
    port: int
    user: str
    password: str
    tls: bool  # from the first byte


def server_of(url: str) -> Server:
    """The mail server of a URL; raises LandedError INVALID_REQUEST."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise LandedError("INVALID_REQUEST", "expected the address of a mail server", where="LANDED_SMTP_URL", mend="Write smtp://user:password@host:587 or smtps://host:465.")
    tls = parts.scheme == "smtps"
    return Server(parts.hostname, port or (465 if tls else 587), unquote(parts.username or ""), unquote(parts.password or ""), tls)


def address(raw: str, where: str) -> str:
    """A mail address that cannot smuggle a header; raises LandedError INVALID_REQUEST."""
    found = parseaddr(raw)[1]
    if not found or "@" not in found or any(ord(c) < 33 or ord(c) > 126 for c in raw) or len(raw) > 254 or found != raw:
        raise LandedError("INVALID_REQUEST", f"expected a mail address, got {raw[:60]!r}", where=where, mend="Write one address, such as you@example.com.")
    return found


def text_of(changes: Sequence[ProductChange]) -> tuple[str, str]:
    """(subject, body): each change with its dollars, cause and citation."""
    known = [c.change_usd_year for c in changes if c.change_usd_year is not None]
    more = "" if len(known) == len(changes) else f", {len(changes) - len(known)} of unknown amount"
    subject = f"Landed: {len(changes)} change{'s' if len(changes) != 1 else ''} of duty, {sum(known):+,.2f} USD a year{more}"
    lines = [f"{c.on}{' (scheduled)' if c.scheduled else ''}  {summary(c)}\n    {why(c)}" for c in changes]
    return subject, "\n".join(lines) + "\n\nAn estimate from public law, not legal advice.\n"


def mail(server: Server, sender: str, to: str, changes: Sequence[ProductChange]) -> None:
    """Send one message. A password never goes over a connection without TLS. Raises LandedError MAIL_FAILED."""
    message = EmailMessage()
    message["Subject"], body = text_of(changes)
    message["From"], message["To"] = address(sender, "--mail-from"), address(to, "--mail-to")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    try:
        context = ssl.create_default_context()
        with smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context) if server.tls else smtplib.SMTP(server.host, server.port, timeout=SECONDS) as line:
            line.ehlo()
            if not server.tls and line.has_extn("starttls"):
                line.starttls(context=context)
                line.ehlo()
            elif not server.tls and server.password:
                raise LandedError("MAIL_FAILED", "the server offers no encryption, so no password was sent", where="LANDED_SMTP_URL", mend="Use smtps:// or a server with STARTTLS.")
            if server.user:
                line.login(server.user, server.password)
            line.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise LandedError("MAIL_FAILED", f"the mail was not taken: {type(error).__name__}", where="LANDED_SMTP_URL", mend="Check server, name and password; nothing was marked as told.") from None


def body_of(changes: Sequence[ProductChange]) -> bytes:
    """The JSON of a webhook: {"event": "duty.changed", "changes": [...]}."""
    from landed.operations.shape import plain

    return json.dumps({"event": "duty.changed", "changes": plain(tuple(changes))}, separators=(",", ":"), sort_keys=True).encode()


def call(url: str, secret: str, changes: Sequence[ProductChange], *, send: Callable[[str, bytes, dict[str, str]], int] | None = None) -> None:
    """Post changes to a public https address, signed: `Landed-Signature: t=SECONDS,v1=HMAC-SHA256 of "t." and the body`. Raises LandedError URL_REFUSED, WEBHOOK_FAILED."""
    from landed.doors.api.outward import check_url

    check_url(url, where="--webhook")
    body, at = body_of(changes), int(time.time())
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    try:
        status = (send or _post)(url, body, {"Content-Type": "application/json", "Landed-Signature": f"t={at},v1={made}"})
    except OSError as error:
        raise LandedError("WEBHOOK_FAILED", f"the address did not answer: {type(error).__name__}", where="--webhook", mend="Check the address; nothing was marked as told.") from None
    if not 200 <= status < 300:
        raise LandedError("WEBHOOK_FAILED", f"the address answered {status}", where="--webhook", mend="Check the receiver; nothing was marked as told.")


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    from landed.doors.api.outward import post, target

    return post(target(url, where="--webhook"), body, headers)


class Told:
    """Which changes an address has heard of, in one small file of the data folder, replaced whole."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "alerts.json"

    def fresh(self, to: str, changes: Sequence[ProductChange]) -> tuple[ProductChange, ...]:
        """The changes that an address has not heard of."""
        from landed.operations.feeds import mark

        known = set(self._read().get(_key(to), ()))
        return tuple(c for c in changes if mark(c) not in known)

    def add(self, to: str, changes: Sequence[ProductChange]) -> None:
        """Note changes as told."""
        from landed.entry.files import write_aside
        from landed.operations.feeds import mark

        book = self._read()
        book[_key(to)] = [*book.get(_key(to), ()), *(mark(c) for c in changes)][-MOST_KEPT:]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_aside(self._path, json.dumps(book).encode())

    def _read(self) -> dict[str, list[str]]:
        try:
            found = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            raise LandedError("UNREADABLE_FILE", "expected the list of alerts already sent, got no JSON", where=str(self._path), mend="Move the file away; changes are then told once more.") from None
        return found if isinstance(found, dict) else {}


def _key(to: str) -> str:
    return hashlib.sha256(to.encode()).hexdigest()[:24]


def settings() -> tuple[str, str, str]:
    """(mail server, sender, webhook secret) from the environment."""
    return os.environ.get("LANDED_SMTP_URL", ""), os.environ.get("LANDED_MAIL_FROM", ""), os.environ.get("LANDED_ALERT_SECRET", "")
