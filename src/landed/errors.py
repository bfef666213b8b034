"""Errors that a user can act on: a stable code, what is wrong, where, and how to mend it."""

from __future__ import annotations

from typing import Any


class LandedError(Exception):
    """A request or a file that cannot be answered.

    `code` is stable and documented in `docs/errors.md`; `detail` says what is wrong with both sides
    ("expected ..., got ..."), `where` names the field or place, `mend` says what to do about it.
    `extra` carries data a program can use (successor codes, children, near codes).
    """

    def __init__(self, code: str, detail: str, *, where: str = "", mend: str = "", **extra: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.where = where
        self.mend = mend
        self.extra = extra

    def __str__(self) -> str:
        place = f" (at {self.where})" if self.where else ""
        mend = f" {self.mend}" if self.mend else ""
        return f"{self.code}: {self.detail}{place}.{mend}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_revive, (self.code, self.detail, self.where, self.mend, self.extra))

    def to_dict(self) -> dict[str, Any]:
        """The error as an RFC 9457 problem (JSON-ready)."""
        return {
            "type": f"urn:landed:error:{self.code.lower().replace('_', '-')}",
            "code": self.code,
            "title": self.code.replace("_", " ").capitalize(),
            "detail": self.detail,
            "where": self.where,
            "mend": self.mend,
            **self.extra,
        }


def _revive(code: str, detail: str, where: str, mend: str, extra: dict[str, Any]) -> LandedError:
    return LandedError(code, detail, where=where, mend=mend, **extra)


def without_store(error: ModuleNotFoundError) -> LandedError | None:
    """The plain word for an installation that cannot keep anything, where that is what is missing; None for any other module."""
    if (error.name or "").partition(".")[0] not in ("sqlalchemy", "alembic"):
        return None
    return LandedError("EXTRA_REQUIRED", f"keeping things at this site needs {error.name}, which is not installed", where="store", mend="pip install 'landed[web]' (or 'landed[postgres]', 'landed[mcp]').")
