"""Ask: a conversation that shows its tool calls, its sources and its receipts; a change in it waits for a click."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from landed.doors.web import render
from landed.doors.web.asking import may, page
from landed.doors.web.shell import document, stands
from landed.errors import LandedError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/ask"
OWN = ("ask.css", "ask.js")
LARGEST = 12_000_000  # bytes of one question with its photo


def routes(app: FastAPI) -> None:
    """Add the page and the stream of its answers."""
    from starlette.routing import Route

    app.router.routes.append(Route(HERE, page(talk, HERE), methods=["GET"]))
    app.router.routes.append(Route("/ask/stream", stream, methods=["POST"]))


def talk(request: Request) -> Response:
    """The conversation; `?q=` asks at once."""
    from landed.assistant.turn import phrases
    from landed.operations.ask import models

    may("ask")
    try:
        found = models()
        reason, vision = found.get("reason"), found.bindings.get("vision")
        off = "" if reason else found.off.get("reason", "")
    except LandedError as error:
        reason, vision, off = None, None, error.detail
    chinese = request.headers.get("accept-language", "").lower().startswith("zh")
    examples = [row["zh" if chinese else "en"] for row in phrases()["examples"]]
    body = render.html("ask.html", examples=examples, reason=reason.model if reason else "", host=reason.host if reason else "", vision=vision.model if vision else "", off=off, asked=request.query_params.get("q", "")[:500], reads=_reads())
    return document("Ask", HERE, body, own=OWN)


async def stream(request: Request) -> Response:
    """The events of one answer, a JSON object a line: tool, tool_done, text, take_back, then answer or error."""
    from starlette.concurrency import iterate_in_threadpool
    from starlette.responses import JSONResponse, StreamingResponse

    try:
        may("ask")
        asked = await _read(request)
    except LandedError as error:
        return JSONResponse(error.to_dict(), status_code=403 if error.code == "SCOPE_MISSING" else 413 if error.code == "TOO_LARGE" else 400)
    return StreamingResponse(iterate_in_threadpool(_lines(asked)), media_type="application/x-ndjson", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _read(request: Request) -> dict[str, Any]:
    """The question of a request; raises LandedError TOO_LARGE, BAD_JSON."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST:
            raise LandedError("TOO_LARGE", f"expected at most {LARGEST:,} bytes", mend="Send a smaller picture.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise LandedError("BAD_JSON", "expected one JSON object", mend="Send {text, state, deep, photo, document, name}.") from None
    if not isinstance(found, dict):
        raise LandedError("BAD_JSON", f"expected one JSON object, got {type(found).__name__}", mend="Send {text, state, deep, photo, document, name}.")
    return {name: found[name] for name in ("text", "state", "deep", "photo", "document", "name") if name in found}


def _lines(asked: Mapping[str, Any]) -> Iterator[bytes]:
    from landed.operations.ask import streamed

    for kind, what in streamed(asked):
        told = dict(what)
        if kind == "answer":
            told["link"] = _standing(str(told.get("link") or ""))
        yield json.dumps({"event": kind, **told}, default=str, ensure_ascii=False).encode() + b"\n"


def _standing(link: str) -> str:
    """A link only where a page answers it here."""
    path = link.partition("?")[0]
    first = "/" + path.strip("/").partition("/")[0]
    return link if link and (path == "/" or stands(first) or first == "/hts") else ""


def _reads() -> bool:
    """Whether documents are read here."""
    from landed.operations.registry import operations

    return any(operation.name == "read_document" for operation in operations())
