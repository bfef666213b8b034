"""Serves the simulated carrier on loopback: `landed freight sim`."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from landed.errors import LandedError
from landed.freight.carriers.simulator.carrier import SimulatedCarrier
from landed.freight.carriers.simulator.faults import Faults

MOST_BYTES = 2_000_000


def serve(port: int = 8765, *, speed: float = 1.0, chance: float = 0.0, quiet: bool = True) -> SimServer:
    """A running simulator; close it with `close()`. `speed` is hours of its clock an hour, `chance` that of a fault at each request.

    Raises PORT_TAKEN.
    """
    start = datetime.now(UTC)
    begun = time.monotonic()
    carrier = SimulatedCarrier(lambda: start + timedelta(seconds=(time.monotonic() - begun) * speed), Faults(chance=chance))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(carrier, quiet))
    except OSError as error:
        raise LandedError("PORT_TAKEN", f"cannot listen on port {port}: {error.strerror}", where="--port", mend="Choose another port.") from None
    return SimServer(carrier, server)


class SimServer:
    """The simulator as a server in its own threads."""

    def __init__(self, carrier: SimulatedCarrier, server: ThreadingHTTPServer) -> None:
        self.carrier, self.server = carrier, server
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True), threading.Thread(target=self._tell, daemon=True)]
        for each in self._threads:
            each.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def wait(self) -> None:
        """Stay until it is closed or interrupted."""
        while not self._ended.wait(0.5):
            pass

    def close(self) -> None:
        """Stop serving."""
        self._ended.set()
        self.server.shutdown()
        self.server.server_close()

    def _tell(self) -> None:
        """Send booking notifications to those who asked for them; one that fails is tried three times."""
        import httpx

        while not self._ended.wait(0.1):
            with _LOCK:
                self.carrier.bookings.go(self.carrier.now)
                notices = self.carrier.notices() if self.carrier.hooks else []
                hooks = list(self.carrier.hooks)
            for notice in notices:
                for hook in hooks:
                    for _ in range(3):
                        try:
                            if httpx.post(hook, json=notice, timeout=5, trust_env=False).status_code < 500:
                                break
                        except httpx.HTTPError:
                            self._ended.wait(0.2)


_LOCK = threading.RLock()


def _handler(carrier: SimulatedCarrier, quiet: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if not length.isdigit() or int(length) > MOST_BYTES:
                self.close_connection = True
                return
            body = self.rfile.read(int(length))
            parts = urlsplit(self.path)
            with _LOCK:
                answer = carrier.handle(self.command, parts.path, dict(parse_qsl(parts.query)), body)
            if answer.silent:
                self.close_connection = True
                return
            content = answer.content()
            self.send_response(answer.status)
            for name, value in (answer.headers or {}).items():
                self.send_header(name, value)
            if content:
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, format: str, *args: Any) -> None:
            if not quiet:
                print(json.dumps({"at": carrier.now.isoformat(timespec="seconds"), "request": format % args}), flush=True)

    return Handler
