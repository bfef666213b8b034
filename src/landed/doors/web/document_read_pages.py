"""Documents: an invoice dropped, its boxes beside the draft entry, fields corrected with the sums checked again, and priced."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from landed.doors.web import render
from landed.doors.web.asking import may, page
from landed.doors.web.shell import document, stands

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HERE = "/documents"
MODES = ("ocean", "air", "truck", "rail", "mail")
KINDS = ".pdf,.png,.jpg,.jpeg,.tif,.tiff,.webp,.bmp,.xlsx,.csv"


def routes(app: FastAPI) -> None:
    """Add the page; reading and checking go through the API."""
    from starlette.routing import Route

    app.router.routes.append(Route(HERE, page(documents, HERE), methods=["GET"]))


def documents(request: Request) -> Response:
    """The page; its script reads the example on the first visit, or the file that another page handed over."""
    may("read_document")
    body = render.html("documents.html", modes=MODES, kinds=KINDS, today=date.today().isoformat(), entry=stands("/entry"))
    return document("Documents", HERE, body, own=("documents.css", "documents.js"))
