"""A simulated endpoint that speaks the OpenAI chat protocol, well or badly, as a script tells it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Step = Callable[["Handler", dict[str, Any]], None]


@dataclass
class Script:
    """What the endpoint does, request after request (the last step again and again), and what it was asked."""

    steps: list[Step]
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    models: bytes = b'{"object": "list", "data": [{"id": "test-model"}]}'
    elsewhere: int = 0  # requests to any other address
    path: str = "/v1/chat/completions"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    script: Script
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self.whole(self.script.models)
        else:
            self.script.elsewhere += 1
            self.whole(b"{}", status=404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != self.script.path:
            self.script.elsewhere += 1
            self.whole(b"{}", status=404)
            return
        self.script.asked.append(body)
        self.script.headers.append(dict(self.headers))
        step = self.script.steps[min(len(self.script.asked), len(self.script.steps)) - 1]
        try:
            step(self, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def whole(self, data: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        """One answer at once."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def events(self, *chunks: Any, done: bool = True, pause: float = 0.0, raw: bytes = b"") -> None:
        """A stream of server-sent events, then the connection closes."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"data: " + (chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode()) + b"\n\n")
            self.wfile.flush()
            time.sleep(pause)
        self.wfile.write(raw)
        if done:
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True


@contextmanager
def endpoint(*steps: Step, path: str = "/v1/chat/completions") -> Iterator[tuple[str, Script]]:
    """A server on loopback with a script; its address up to /v1, and the script."""
    script = Script(list(steps), path=path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Scripted", (Handler,), {"script": script}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", script
    finally:
        server.shutdown()
        server.server_close()


def words(text: str, ended: str = "stop", **more: Any) -> Step:
    """An answer in words, streamed in pieces where a stream is asked for."""

    def step(handler: Handler, body: dict[str, Any]) -> None:
        if not body.get("stream"):
            handler.whole(json.dumps({"choices": [{"message": {"role": "assistant", "content": text, **more}, "finish_reason": ended}]}).encode())
            return
        pieces = [text[n : n + 7] for n in range(0, len(text), 7)] or [""]
        handler.events(*({"choices": [{"delta": {"content": piece}, "finish_reason": None}]} for piece in pieces), {"choices": [{"delta": {**more}, "finish_reason": ended}]})

    return step


def calls(*wanted: tuple[str, Any], text: str = "") -> Step:
    """An answer that asks tools: (name, arguments), the arguments as a mapping or as raw text."""

    def step(handler: Handler, body: dict[str, Any]) -> None:
        rows = [{"index": n, "id": f"c{n}", "type": "function", "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)}} for n, (name, given) in enumerate(wanted)]
        if not body.get("stream"):
            handler.whole(json.dumps({"choices": [{"message": {"content": text or None, "tool_calls": rows}, "finish_reason": "tool_calls"}]}).encode())
            return
        handler.events({"choices": [{"delta": {"content": text or None, "tool_calls": rows}, "finish_reason": None}]}, {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})

    return step


def raw(data: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Step:
    """Bytes as they are."""
    return lambda handler, body: handler.whole(data, status=status, kind=kind, **headers)


def stream(*chunks: Any, done: bool = True, pause: float = 0.0, tail: bytes = b"") -> Step:
    """Events as they are."""
    return lambda handler, body: handler.events(*chunks, done=done, pause=pause, raw=tail)


def silent(seconds: float) -> Step:
    """Nothing for a while."""

    def step(handler: Handler, body: dict[str, Any]) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return step
