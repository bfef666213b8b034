"""Makes a route of every operation in the registry: read the request, run the function, write the answer or the problem."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from landed.doors.api import outside
from landed.doors.api.encode import dumps, estimate_bytes
from landed.doors.api.problems import problem, status_of
from landed.errors import LandedError
from landed.operations.jsonl import parse_request
from landed.operations.shape import plain
from landed.store.actor import SCOPES, actor

if TYPE_CHECKING:
    from landed.doors.api.settings import Settings
    from landed.operations.registry import Operation

JSON = "application/json"
Endpoint = Callable[[Request], Awaitable[Response]]

# What a key must hold for the scope an operation names. Any other name is a room of its own: asking needs quote, changing needs admin.
NEEDS = {"schedule": "read", "law": "read", **{scope: scope for scope in SCOPES}}
DATED = ("schedule", "law")  # scopes whose answers change only with the law pack, the schedule and the day
THREADS = 4
SECRET = ("key_create", "webhook_add")  # answers that are shown once
FIELD = re.compile(r"{(\w+)}")


def needed_scope(operation: Operation) -> str:
    """The scope of the four (read, quote, write, admin) that a caller must hold."""
    return NEEDS.get(operation.scope, "quote" if operation.read_only else "admin")


class Turnstile:
    """Lets so many requests wait in a worker and refuses the rest at once, which is what keeps the wait short."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside = 0
        self.threads: CapacityLimiter | None = None

    def enter(self) -> None:
        """Count one in; raises LandedError BUSY."""
        if self.inside >= self.most:
            raise LandedError("BUSY", "the server has as much waiting as it takes", mend="Send it again after Retry-After seconds.", retry_after=1)
        self.inside += 1

    def leave(self) -> None:
        """Count one out."""
        self.inside -= 1

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """Run what is slow or waits on the store beside the event loop."""
        if self.threads is None:
            self.threads = CapacityLimiter(THREADS)
        return await to_thread.run_sync(work, limiter=self.threads)


def routes(operations: tuple[Operation, ...], settings: Settings) -> list[Route]:
    """One route an operation, in an order in which fixed paths come before those with fields."""
    quick, slow = Turnstile(settings.in_flight), Turnstile(max(8, settings.in_flight))
    ordered = sorted(operations, key=lambda op: (op.path.count("{"), op.path))
    return [Route(op.path, endpoint(op, settings, quick if op.name == "estimate" else slow), methods=[op.method], name=op.name) for op in ordered]


def endpoint(operation: Operation, settings: Settings, turnstile: Turnstile) -> Endpoint:
    """The coroutine that answers one operation."""
    needed = needed_scope(operation)
    estimates = operation.name == "estimate"
    dated = operation.method == "GET" and operation.scope in DATED
    keeps = not operation.read_only

    async def answer(request: Request) -> Response:
        request.scope["landed.operation"] = operation.name
        headers = {}
        try:
            if not actor().may(needed):
                raise LandedError("SCOPE_MISSING", f"expected a key with the scope {needed}, got {actor().scope}", where="Authorization", mend="Ask the administrator for a wider key.")
            raw = await read(request, operation, settings.largest_body)
            raw = outside.check(operation, raw)
            turnstile.enter()
            try:
                if estimates and not raw.get("overlay"):
                    await asyncio.sleep(0)  # lets what has arrived be counted before any of it is worked on
                    return Response(_estimate(raw), media_type=JSON)
                if dated:
                    headers = {"ETag": _etag(operation, raw), "Cache-Control": "private, no-cache"}
                    if headers["ETag"] in request.headers.get("if-none-match", "").replace("W/", ""):
                        return Response(status_code=304, headers=headers)
                if keeps and operation.method in ("POST", "PUT", "DELETE"):
                    key = request.headers.get("idempotency-key", "")
                    body, again = await turnstile.in_thread(lambda: _kept(operation, raw, key))
                    if again:
                        headers["Idempotency-Replayed"] = "true"
                    return Response(body, media_type=JSON, headers=headers)
                return Response(await turnstile.in_thread(lambda: answer_bytes(operation, raw)), media_type=JSON, headers=headers)
            finally:
                turnstile.leave()
        except LandedError as error:
            return problem(error, operation.method)

    return answer


def _estimate(raw: Mapping[str, Any]) -> bytes:
    from landed.operations.engine import engine

    return estimate_bytes(engine().estimate(raw))


def answer_bytes(operation: Operation, raw: Mapping[str, Any]) -> bytes:
    """The answer of an operation as JSON bytes; raises LandedError."""
    from landed.duty.model import Estimate

    found = operation.run(raw)
    return estimate_bytes(found) if isinstance(found, Estimate) else dumps(plain(found))


def _kept(operation: Operation, raw: Mapping[str, Any], key: str) -> tuple[bytes, bool]:
    """The answer of an operation that changes something, given once for an idempotency key."""
    if not key:
        return answer_bytes(operation, raw), False
    if operation.name in SECRET:
        raise LandedError("INVALID_REQUEST", "this answer holds a secret and is never stored", where="Idempotency-Key", mend="Leave the key out.")
    from landed.store.replies import once

    return once(operation.name, raw, key, lambda: answer_bytes(operation, raw))


async def read(request: Request, operation: Operation, most: int) -> dict[str, Any]:
    """The fields of a request: of the body for POST and PUT, of the query for GET and DELETE, of the path always.

    Raises LandedError BAD_JSON, INVALID_REQUEST, WRONG_MEDIA_TYPE, TOO_LARGE.
    """
    if operation.method in ("POST", "PUT"):
        body = await _body(request, most)
        if body:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != JSON:
                raise LandedError("WRONG_MEDIA_TYPE", f"expected {JSON}, got {kind[:60]!r}", where="Content-Type", mend=f"Send JSON and say Content-Type: {JSON}.")
        raw = parse_request(body or b"{}", "body")
        if request.url.query:
            raise LandedError("INVALID_REQUEST", "expected the fields in the body, got some in the query", where="query", mend="Put them into the JSON object.")
        if b"\\u" in body:
            _whole_text(body, raw)
    else:
        raw = {}
        for name, value in request.query_params.multi_items():
            if name in raw:
                raise LandedError("INVALID_REQUEST", f"the field {name[:60]!r} is given twice", where=name[:60], mend="Give it once.")
            raw[name] = value
        if any("\x00" in text for pair in raw.items() for text in pair):
            raise LandedError("INVALID_REQUEST", "expected text without NUL", where="query", mend="Remove the character.")
    for name, value in request.path_params.items():
        if "\x00" in value:
            raise LandedError("INVALID_REQUEST", "expected text without NUL", where=name, mend="Remove the character.")
        if name in raw and str(raw[name]) != value:
            raise LandedError("INVALID_REQUEST", f"the path says {value[:60]!r}, the fields say another", where=name, mend="Leave it out of the fields.")
        raw[name] = value
    return raw


async def _body(request: Request, most: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise LandedError("TOO_LARGE", f"expected at most {most:,} bytes", where="body", mend="Send less at once; batches take files.")
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _whole_text(body: bytes, raw: dict[str, Any]) -> None:
    """Escapes can spell what no text holds: half a surrogate pair, or NUL, which databases refuse."""
    import json

    try:
        json.dumps(raw, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise LandedError("BAD_JSON", "expected text, got half of a surrogate pair", where="body", mend="Write characters in UTF-8.") from None
    if b"\\u0000" in body:
        raise LandedError("BAD_JSON", "expected text without NUL", where="body", mend="Remove the character.")


def _etag(operation: Operation, raw: Mapping[str, Any]) -> str:
    """A tag of the answer, known before it is made: it hangs on the program, the law pack, the schedule, the day and the request alone."""
    said = repr((_data_version(), date.today().isoformat(), operation.name, sorted((str(k), str(v)) for k, v in raw.items())))
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def _data_version() -> tuple[str, ...]:
    from landed.operations.engine import engine

    return _version_of(engine())


@lru_cache(maxsize=4)
def _version_of(asked: Any) -> tuple[str, ...]:
    from landed import __version__
    from landed.schedule.site import in_force_path

    path = in_force_path()[0]
    return (__version__, asked.law.version, str(asked.schedule.revisions[-1]), hashlib.sha256(path.read_bytes()).hexdigest())


def method_problem(app: Any, scope: Any) -> Response:
    """405 with the methods a path does take, or 404."""
    allowed: set[str] = set()
    for route in app.router.routes:
        if isinstance(route, Route) and route.name != "nothing" and route.methods and route.path_regex.match(scope["path"]):
            allowed |= route.methods
    if allowed:
        error = LandedError("METHOD_NOT_ALLOWED", f"{scope['method']} is not one of {', '.join(sorted(allowed))}", where=scope["path"][:200], mend="See /openapi.json.")
        return problem(error, scope["method"], {"Allow": ", ".join(sorted(allowed))})
    return problem(LandedError("NOT_FOUND", "nothing is at this address", where=scope["path"][:200], mend="See /openapi.json."), scope["method"])


__all__ = ["Turnstile", "answer_bytes", "endpoint", "method_problem", "needed_scope", "read", "routes", "status_of"]
