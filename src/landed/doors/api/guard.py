"""What every request passes before it is looked at: host, origin, key, allowance, size, and how much is already waiting."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from anyio import to_thread

from landed.doors.api.limits import RateLimits
from landed.doors.api.metrics import Metrics
from landed.doors.api.problems import problem
from landed.doors.api.settings import LOOPBACK, Settings
from landed.doors.api.who import Doorkeeper
from landed.errors import LandedError
from landed.lawbook.overlay import FILES_MAY_BE_NAMED
from landed.store.actor import Actor, acting

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/health",)  # no key, no allowance
PARTS = ("/web/static/", "/_nicegui")  # what a page brings along: counted with its page, not by itself
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
API_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"referrer-policy", b"no-referrer"),
]
# The pages' framework writes scripts into the page and compiles templates; nothing is loaded from, sent to or shown in another site.
PAGE_POLICY = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    b"connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
PAGE_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"), (b"x-frame-options", b"DENY"), (b"content-security-policy", PAGE_POLICY)]


class Guard:
    """ASGI middleware around the whole app, pages and websockets of the web door included."""

    def __init__(self, app: App, settings: Settings, metrics: Metrics, doorkeeper: Doorkeeper, limits: RateLimits) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self.doorkeeper = doorkeeper
        self.limits = limits
        self.names = {*LOOPBACK, *settings.hosts} if settings.loopback else set(settings.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        path: str = scope["path"]
        api = path.startswith(("/v1/", "/mcp", "/metrics", "/openapi.json", "/health"))
        request_id = uuid4().hex[:16]
        status = 500
        started = False

        async def answer(message: MutableMapping[str, Any]) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                headers = message.setdefault("headers", [])
                present = {name for name, _ in headers}
                headers.extend(pair for pair in (API_HEADERS if api else PAGE_HEADERS) if pair[0] not in present)
                if api and b"cache-control" not in present:
                    headers.append((b"cache-control", b"no-store"))
                headers.append((b"x-request-id", request_id.encode()))
            await send(message)

        self.metrics.in_flight += 1
        try:
            headers = dict(scope["headers"])
            self._host_and_origin(scope, headers)
            who = await self._actor(path, headers)
            self._allowance(who, scope, path)
            if scope["type"] == "http":
                self._size(headers, path)
            with acting(who):
                FILES_MAY_BE_NAMED.set(False)  # of this request and what it starts
                await self.app(scope, self._counted(receive, path), answer if scope["type"] == "http" else send)
        except LandedError as error:
            self.metrics.refuse(error.code)
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            if started:
                raise
            extra = {"WWW-Authenticate": 'Basic realm="landed", charset="UTF-8"'} if not api and error.code in ("KEY_REQUIRED", "KEY_REFUSED") else None
            await problem(error, scope["method"], extra)(scope, receive, answer)
        except Exception as error:
            if scope["type"] == "websocket" or started:
                raise
            import logging

            # The reference alone goes out; what went wrong stays in the log, without the body of the request.
            logging.getLogger("landed.api").error("request %s %s %s failed", request_id, scope["method"], path, exc_info=error)
            broken = LandedError("INTERNAL", "the server failed on this request", where=request_id, mend="Tell the operator this reference.")
            await problem(broken, scope["method"])(scope, receive, answer)
        finally:
            self.metrics.in_flight -= 1
            if scope["type"] == "http":
                self.metrics.answer(scope.get("landed.operation") or ("api" if api else "web"), status, time.perf_counter() - began)

    def _host_and_origin(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """A page elsewhere must not reach a server on loopback, by another name (DNS rebinding) or across sites (CSRF)."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        name = _name(host)
        if self.names and name not in self.names:
            raise LandedError("HOST_REFUSED", f"this server does not answer to {name[:60]!r}", where="Host", mend="Use its own address, or name it in LANDED_HOSTS.")
        origin = headers.get(b"origin")
        if origin is not None and (scope["type"] == "websocket" or scope["method"] in CHANGES):
            there = urlsplit(origin.decode("latin-1").lower())
            if there.netloc != host and there.hostname not in self.settings.hosts:
                raise LandedError("ORIGIN_REFUSED", "the request comes from a page of another site", where="Origin", mend="Call from a program, or from a page of this server.")

    async def _actor(self, path: str, headers: dict[bytes, bytes]) -> Actor:
        if path in OPEN:
            return Actor("anyone", scope="read")
        found = self.doorkeeper.at_once(headers)
        return found if isinstance(found, Actor) else await to_thread.run_sync(self.doorkeeper.look_up, found)

    def _allowance(self, who: Actor, scope: Scope, path: str) -> None:
        if path in OPEN or path.startswith(PARTS) or scope["type"] == "websocket":
            return
        allowed = who.rate_per_minute or self.settings.rate_per_minute
        wait = self.limits.take(who.key or (scope.get("client") or ("",))[0], allowed)
        if wait:
            raise LandedError("RATE_LIMITED", f"expected at most {allowed} requests a minute", mend="Wait as long as Retry-After says.", retry_after=max(1, round(wait + 0.5)))

    def _size(self, headers: dict[bytes, bytes], path: str) -> None:
        most = self.settings.largest_upload if path == "/v1/uploads" else self.settings.largest_body
        stated = headers.get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > most:
            raise LandedError("TOO_LARGE", f"expected at most {most:,} bytes", where="Content-Length", mend="Send less at once; batches take files.")

    def _counted(self, receive: Receive, path: str) -> Receive:
        """What reads the body of a form of the pages, which may state no length, and stops past the limit; routes under /v1 count for themselves."""
        if path.startswith("/v1/"):
            return receive
        taken = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body") or b"")
            if message["type"] == "http.request" and taken > self.settings.largest_body:
                raise LandedError("TOO_LARGE", f"expected at most {self.settings.largest_body:,} bytes", where="body", mend="Send less at once; batches take files.")
            return message

        return counted


def _name(host: str) -> str:
    """The name of a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
