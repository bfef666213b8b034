"""Errors on the wire: each LandedError as an RFC 9457 problem with the HTTP status its code stands for."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from landed.errors import LandedError

PROBLEM = "application/problem+json"

# Codes with a status of their own; every other code is a request that was understood and cannot be answered (422).
STATUS = {
    "BAD_JSON": 400,
    "INVALID_REQUEST": 400,
    "HOST_REFUSED": 400,
    "KEY_REQUIRED": 401,
    "KEY_REFUSED": 401,
    "SCOPE_MISSING": 403,
    "ORIGIN_REFUSED": 403,
    "NOT_FOUND": 404,
    "UNKNOWN_OPERATION": 404,
    "METHOD_NOT_ALLOWED": 405,
    "CONFLICT": 409,
    "IDEMPOTENCY_MISMATCH": 409,
    "NOT_READY": 409,
    "TOO_LARGE": 413,
    "WRONG_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "BUSY": 503,
    "STORE_UNAVAILABLE": 503,
    "STORE_DAMAGED": 503,
    "STORE_OUTDATED": 503,
    "BAD_SCHEDULE": 503,
    "STORE_FULL": 507,
}
ON_READING = {"UNKNOWN_HTS": 404, "OBSOLETE_HTS": 404, "UNKNOWN_LAW": 404, "NOT_A_RATE_LINE": 404}  # of GET: the address names nothing
RETRY_AFTER = {429: "1", 503: "1", 507: "60"}


def status_of(error: LandedError, method: str = "POST") -> int:
    """The HTTP status of an error."""
    if method == "GET" and error.code in ON_READING:
        return ON_READING[error.code]
    return STATUS.get(error.code, 422)


def problem_body(error: LandedError, status: int) -> dict[str, Any]:
    """The problem document."""
    return {**error.to_dict(), "status": status}


def problem(error: LandedError, method: str = "POST", headers: dict[str, str] | None = None) -> Response:
    """The response for an error."""
    from landed.doors.api.encode import dumps

    status = status_of(error, method)
    extra = dict(headers or {})
    if status in RETRY_AFTER:
        extra.setdefault("Retry-After", str(error.extra.get("retry_after", RETRY_AFTER[status])))
    if status == 401:
        extra.setdefault("WWW-Authenticate", 'Bearer realm="landed"')
    return Response(dumps(problem_body(error, status)), status_code=status, media_type=PROBLEM, headers=extra)
