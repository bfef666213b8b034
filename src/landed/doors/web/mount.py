"""Puts the pages on the app: plain documents and downloads as routes, the live calculator through NiceGUI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import core, ui  # where it is not installed, importing this module says so

from landed.doors.web.render import HERE, environment

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

async def lost(request: Request, error: Exception) -> Response:
    """The page of an address where nothing stands."""
    from starlette.responses import PlainTextResponse

    from landed.doors.web.shell import failed
    from landed.errors import LandedError

    if request.url.path.startswith("/_nicegui"):
        return PlainTextResponse("not found", status_code=404)
    return failed(LandedError("UNKNOWN_PAGE", f"no page is at {request.url.path[:80]!r}", mend="Go on from one of these."), request.url.path)


def mount_web(app: FastAPI, settings: Any = None) -> None:
    """Add every page to `app`. Call it last: the pages answer every path that no earlier route takes.

    `settings` are those of the API's app, which this app carries when it is one. NiceGUI holds one app a process; a second app shares its pages.
    """
    from starlette.staticfiles import StaticFiles

    from landed.doors.web import calculator, documents, law_pages
    from landed.doors.web.shell import offer

    environment()
    app.mount("/web/static", StaticFiles(directory=HERE / "static"), name="web-static")
    documents.routes(app)
    law_pages.routes(app)
    offer(app)
    if core.app.middleware_stack is None:
        calculator.pages()
        core.app.add_exception_handler(404, lost)
        ui.run_with(app, title="Landed", favicon=HERE / "static" / "icon.svg", language="en-US", tailwind=False, show_welcome_message=False, reconnect_timeout=20.0, binding_refresh_interval=None)
    else:
        app.mount("/", core.app)
