"""Runs the server: one process, or several that share the listening socket and the memory of the loaded law."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from landed.doors.api.settings import Settings
from landed.errors import LandedError

if TYPE_CHECKING:
    from collections.abc import Callable

BACKLOG = 1024
GRACE = 10  # seconds for answers under way when the server is told to stop


def serve(settings: Settings, make_app: Callable[[Settings], Any] | None = None) -> None:
    """Serve until told to stop (SIGINT or SIGTERM). `make_app` makes the app of a worker (default `create_app`).

    Raises LandedError ADDRESS_IN_USE, INVALID_SETTING.
    """
    if make_app is None:
        from landed.doors.api.app import create_app as make_app
    assert make_app is not None
    listening = _listen(settings)
    if settings.workers <= 1 or not hasattr(os, "fork"):
        _run(make_app(settings), listening)
        return
    _supervise(settings, make_app, listening)


def _listen(settings: Settings) -> socket.socket:
    try:
        info = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(info[0], info[1])
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(info[4])
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise LandedError("ADDRESS_IN_USE", f"cannot listen on {settings.host}:{settings.port}: {said}", where="--port", mend="Choose another port.") from None
    listening.set_inheritable(True)
    return listening


def _run(app: Any, listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, date_header=True, timeout_graceful_shutdown=GRACE, timeout_keep_alive=30, limit_concurrency=None)
    uvicorn.Server(config).run(sockets=[listening])


def _supervise(settings: Settings, make_app: Callable[[Settings], Any], listening: socket.socket) -> None:
    """Load once, fork, and start again what dies."""
    import gc

    import uvicorn  # noqa: F401  (loaded before the fork, as are the app's own modules)

    from landed.doors.api.limits import share
    from landed.operations.engine import engine

    share()  # one allowance, whichever worker answers
    engine()
    make_app(settings)
    gc.collect()
    gc.freeze()  # what is loaded stays shared between the workers
    children: dict[int, int] = {}
    stopping = False

    def start(number: int) -> None:
        pid = os.fork()
        if pid == 0:
            for kind in (signal.SIGTERM, signal.SIGINT):
                signal.signal(kind, signal.SIG_DFL)
            status = 1
            try:
                _run(make_app(replace(settings, run_jobs=settings.run_jobs and number == 0)), listening)
                status = 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        children[pid] = number

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True
        for pid in list(children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for number in range(settings.workers):
        start(number)
    while children:
        try:
            pid, _ = os.wait()
        except ChildProcessError:
            break
        number = children.pop(pid, -1)
        if number >= 0 and not stopping:
            time.sleep(0.5)
            start(number)
