"""Work beside the requests: starts waiting batches in a process of their own, and delivers webhooks."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.doors.api.settings import Settings

LOG = logging.getLogger("landed.background")
EVERY = 0.5  # seconds between looks
AT_ONCE = 1  # batches side by side
DEAD_AFTER = timedelta(seconds=60)  # without a heartbeat a running batch is taken up again from its start
TRIES = (0, 10, 60, 300, 1800, 7200, 21600, 43200)  # seconds before each try of a delivery


class Background:
    """One thread that looks for work. Only one worker of a server runs it; several servers on one database share the work."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = f"{os.uname().nodename if hasattr(os, 'uname') else 'host'}:{os.getpid()}"[:80]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="landed-background", daemon=True)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Begin to look for work."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the batches it started; they are taken up again by the next server."""
        self._stop.set()
        self._thread.join(timeout=10)
        for process in self._running.values():
            process.terminate()
        for identifier, process in self._running.items():
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
            self._give_back(identifier)

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self._reap()
                self._take()
                deliver_due(self.settings)
            except LandedError as error:  # the store is away for a while
                LOG.warning("background: %s", error)
                self._stop.wait(2)
            except Exception:
                LOG.exception("background work failed")
                self._stop.wait(2)

    def _take(self) -> None:
        from sqlalchemy import select

        from landed.store.database import now, store
        from landed.store.tables import jobs

        if len(self._running) >= AT_ONCE:
            return
        with store().begin(reading=True) as connection:
            stale = (jobs.c.status == "running") & (jobs.c.heartbeat_at < now() - DEAD_AFTER)
            row = connection.execute(select(jobs).where((jobs.c.status == "waiting") | stale).order_by(jobs.c.created_at).limit(1)).mappings().first()
        if row is None:
            return
        with store().begin() as connection:
            same = (jobs.c.id == row["id"]) & (jobs.c.status == row["status"]) & (jobs.c.runner == row["runner"])
            taken = connection.execute(jobs.update().where(same).values(status="running", runner=self.name, heartbeat_at=now(), started_at=now(), done=0, failed=0))
        if taken.rowcount:
            self._running[row["id"]] = subprocess.Popen([sys.executable, "-m", "landed.doors.api.batch_process", row["id"]], stdin=subprocess.DEVNULL)

    def _reap(self) -> None:
        for identifier, process in list(self._running.items()):
            if process.poll() is None:
                continue
            del self._running[identifier]
            if process.returncode != 0:
                self._give_back(identifier, failed=LandedError("BATCH_FAILED", "the process of the batch ended early", mend="Start the batch again; tell the operator if it ends so again."))

    def _give_back(self, identifier: str, failed: LandedError | None = None) -> None:
        from landed.doors.api.batch_process import end
        from landed.store.database import store
        from landed.store.tables import jobs

        try:
            if failed is not None:
                end(identifier, "failed", problem=failed.to_dict())
                return
            with store().begin() as connection:
                connection.execute(jobs.update().where(jobs.c.id == identifier, jobs.c.status == "running").values(status="waiting", runner=""))
        except LandedError as error:
            LOG.warning("background: %s", error)


def deliver_due(settings: Settings) -> int:
    """Send what is due to webhooks, one after another; gives how many were sent or tried."""
    from sqlalchemy import select

    from landed.store.database import now, store
    from landed.store.tables import deliveries, webhooks

    tried = 0
    with store().begin(reading=True) as connection:
        asked = select(deliveries, webhooks.c.url, webhooks.c.active).join(webhooks).where(deliveries.c.status == "due", deliveries.c.next_at <= now()).order_by(deliveries.c.next_at).limit(20)
        due = [dict(row) for row in connection.execute(asked).mappings()]
    for row in due:
        with store().begin() as connection:  # taken by moving its moment, so that two servers do not both send it
            mine = (deliveries.c.id == row["id"]) & (deliveries.c.attempts == row["attempts"]) & (deliveries.c.status == "due")
            attempt = row["attempts"] + 1
            later = TRIES[min(attempt, len(TRIES) - 1)]
            if not connection.execute(deliveries.update().where(mine).values(attempts=attempt, next_at=now() + timedelta(seconds=max(later, 60)))).rowcount:
                continue
        said, good = _send(row, settings)
        tried += 1
        status = "sent" if good else "due" if attempt < len(TRIES) else "given_up"
        with store().begin() as connection:
            change: dict[str, Any] = {"status": status, "last_result": said[:300]}
            if status == "due":
                change["next_at"] = now() + timedelta(seconds=later)
            connection.execute(deliveries.update().where(deliveries.c.id == row["id"], deliveries.c.status == "due").values(**change))
    return tried


def _send(row: dict[str, Any], settings: Settings) -> tuple[str, bool]:
    from landed.doors.api.outward import post, target

    body = row["body"].encode()
    try:
        to = _private_target(row["url"]) if settings.private_webhooks else target(row["url"])
        status = post(to, body, signed(row["webhook_id"], row["id"], row["event"], body, int(time.time())))
    except LandedError as error:
        return f"{error.code}: {error.detail}", False
    except (OSError, ValueError) as error:
        return f"no answer: {type(error).__name__}", False
    return f"status {status}", 200 <= status < 300


def signed(webhook: str, delivery: str, event: str, body: bytes, at: int) -> dict[str, str]:
    """The headers of a delivery: `Landed-Signature: t=SECONDS,v1=HMAC-SHA256(secret, "SECONDS.BODY")`."""
    from landed.operations.jobs import webhook_secret

    made = hmac.new(webhook_secret(webhook).encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "User-Agent": "landed-webhooks", "Landed-Event": event, "Landed-Delivery": delivery, "Landed-Signature": f"t={at},v1={made}"}


def _private_target(url: str) -> Any:
    """Where a test's own receiver listens: plain http to loopback and nothing else."""
    from urllib.parse import urlsplit

    from landed.doors.api.outward import Target

    parts = urlsplit(url)
    if parts.hostname != "127.0.0.1" or parts.scheme != "http":
        raise LandedError("URL_REFUSED", "expected a receiver on loopback", where="url", mend="This setting is for tests.")
    return Target("127.0.0.1", parts.port or 80, parts.path or "/", ("127.0.0.1",), tls=False)
