"""What the tests of the store and its doors share: one request, one PostgreSQL server for the whole run."""

from __future__ import annotations

import atexit
from functools import lru_cache

import pytest

from postgres import Postgres, why_not  # type: ignore[import-not-found]

REQUEST = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000.00", "entry_date": "2025-04-09"}


@lru_cache(maxsize=1)
def postgres() -> Postgres:
    """The server, started on first use; skips where there is none to start."""
    if reason := why_not():
        pytest.skip(reason)
    found = Postgres()
    atexit.register(found.close)
    return found


def postgres_url() -> str:
    """The address of its database."""
    return postgres().url
