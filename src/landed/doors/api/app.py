"""The app: routes of every operation, health, metrics and the OpenAPI page, behind the guard. The web door mounts its pages on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from landed.doors.api.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI app for these settings (default: those of the environment).

    Law and schedule load when the app starts, not when it is made. `app.state.settings` holds the settings, `app.state.metrics` the counts.
    """
    from fastapi import FastAPI
    from starlette.routing import Route

    from landed import __version__
    from landed.doors.api.guard import Guard
    from landed.doors.api.limits import limits
    from landed.doors.api.metrics import Metrics
    from landed.doors.api.openapi import document
    from landed.doors.api.routes import method_problem, routes
    from landed.doors.api.who import Doorkeeper
    from landed.operations.registry import operations

    settings = settings or Settings.from_environment()
    declared = operations()
    metrics, doorkeeper = Metrics(), Doorkeeper(settings)
    app = FastAPI(title="Landed", version=__version__, openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan(settings), redirect_slashes=False)
    app.state.settings, app.state.metrics, app.state.doorkeeper = settings, metrics, doorkeeper
    from landed.doors.api.files import file_paths, file_routes

    app.router.routes.extend(file_routes(settings))
    app.router.routes.extend(routes(declared, settings))
    written: dict[str, bytes] = {}

    def openapi() -> dict[str, Any]:
        return document(declared, __version__, {**_own_paths(), **file_paths()})

    app.openapi = openapi  # type: ignore[method-assign]

    async def openapi_json(request: Request) -> Response:
        from starlette.responses import Response

        from landed.doors.api.encode import dumps

        if not written:
            written["json"] = dumps(openapi())
        return Response(written["json"], media_type="application/json")

    async def health(request: Request) -> Response:
        from anyio import to_thread
        from starlette.responses import Response

        from landed.doors.api.encode import dumps

        found = await to_thread.run_sync(_health)
        return Response(dumps(found), status_code=200 if found["status"] == "ok" else 503, media_type="application/json", headers={"Retry-After": "5"} if found["status"] != "ok" else None)

    async def show_metrics(request: Request) -> Response:
        from starlette.responses import Response

        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def page(request: Request) -> Response:
        from starlette.responses import HTMLResponse

        from landed.doors.api.page import html

        return HTMLResponse(html(openapi()), headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"})

    async def nothing(request: Request) -> Response:
        return method_problem(app, request.scope)

    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
    own: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [("/openapi.json", openapi_json), ("/health", health), ("/metrics", show_metrics), ("/docs", page)]
    for path, answer in own:
        app.router.routes.append(Route(path, answer, methods=["GET"], name=path.strip("/")))
    for path in ("/v1/{rest:path}", "/v1", "/health", "/metrics", "/openapi.json", "/docs"):
        app.router.routes.append(Route(path, nothing, methods=every, name="nothing"))
    app.add_middleware(Guard, settings=settings, metrics=metrics, doorkeeper=doorkeeper, limits=limits())
    return app


def _lifespan(settings: Settings) -> Callable[[Any], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        import gc

        from anyio import to_thread

        from landed.operations.engine import engine

        await to_thread.run_sync(engine)
        gc.collect()
        gc.freeze()  # the law is never garbage: a full collection over it would hold every answer up
        runner = None
        if settings.run_jobs:
            from landed.doors.api.background import Background

            runner = Background(settings)
            runner.start()
        try:
            yield
        finally:
            if runner:
                await to_thread.run_sync(runner.stop)

    return lifespan


def _health() -> dict[str, Any]:
    """Whether the server can answer: the law pack is loaded and the store, once in use, replies."""
    from landed import __version__
    from landed.errors import LandedError
    from landed.operations.engine import engine

    found: dict[str, Any] = {"status": "ok", "version": __version__, "law_version": "", "verified_through": None, "store": "ok"}
    try:
        law = engine().law
        found |= {"law_version": law.version, "verified_through": law.verified_through.isoformat()}
    except LandedError as error:
        found |= {"status": "failing", "law_version": error.code}
    try:
        from sqlalchemy import text

        from landed.store.database import store

        with store().begin(reading=True) as connection:
            connection.execute(text("SELECT 1"))
    except LandedError as error:
        found |= {"status": "failing", "store": error.code}
    return found


def _own_paths() -> dict[str, Any]:
    from landed.doors.api.openapi import TEXT

    health = {"type": "object", "properties": {"status": TEXT, "version": TEXT, "law_version": TEXT, "verified_through": {"type": ["string", "null"]}, "store": TEXT}, "required": ["status", "version"]}
    form = {"application/json": {"schema": health}}
    return {
        "/health": {
            "get": {
                "operationId": "health",
                "tags": ["server"],
                "summary": "Whether the server can answer",
                "security": [],
                "responses": {"200": {"description": "It can.", "content": form}, "503": {"description": "It cannot.", "content": form}},
            }
        },
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "tags": ["server"],
                "summary": "Counts and times of the worker, in Prometheus text",
                "responses": {"200": {"description": "The text.", "content": {"text/plain": {"schema": TEXT}}}},
            }
        },
    }
