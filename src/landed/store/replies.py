"""Idempotency keys: the answer to a write is stored with the write, and the same key gives it again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from landed.errors import LandedError
from landed.store.actor import actor
from landed.store.audit import canonical
from landed.store.database import now, store
from landed.store.tables import idempotency

KEY = re.compile(r"[!-~]{1,200}")
KEPT = timedelta(days=7)


def once(operation: str, raw: Mapping[str, Any], key: str, work: Callable[[], bytes]) -> tuple[bytes, bool]:
    """The answer of `work`, and whether it is that of an earlier request with this key.

    The key stands in the transaction of the write: either both are there or neither. Raises LandedError IDEMPOTENCY_MISMATCH
    for a key that was used for another request, INVALID_REQUEST for a key that is not 1 to 200 printable ASCII characters.
    """
    from sqlalchemy import delete, select
    from sqlalchemy.exc import IntegrityError

    if not KEY.fullmatch(key):
        raise LandedError("INVALID_REQUEST", "expected 1 to 200 printable ASCII characters", where="Idempotency-Key", mend="Use a random UUID.")
    workspace, said = actor().workspace, hashlib.sha256(canonical([operation, raw]).encode()).hexdigest()
    mine = (idempotency.c.workspace_id == workspace) & (idempotency.c.key == key)

    def before(connection: Any) -> bytes | None:
        row = connection.execute(select(idempotency).where(mine)).mappings().first()
        if row is None:
            return None
        if row["request_sha256"] != said:
            raise LandedError("IDEMPOTENCY_MISMATCH", "this key was used for another request", where="Idempotency-Key", mend="Use a new key for a new request.")
        return str(row["answer"]).encode()

    try:
        with store().begin() as connection:
            connection.execute(delete(idempotency).where(idempotency.c.created_at < now() - KEPT))
            if (stored := before(connection)) is not None:
                return stored, True
            # Claimed before the work, so that a second request with this key waits for the first to commit.
            connection.execute(idempotency.insert().values(workspace_id=workspace, key=key, operation=operation, request_sha256=said, status=0, answer="", created_at=now()))
            answer = work()
            connection.execute(idempotency.update().where(mine).values(status=200, answer=answer.decode()))
            return answer, False
    except LandedError as error:
        if error.code != "CONFLICT" or not isinstance(error.__cause__, IntegrityError):
            raise
    with store().begin() as connection:  # the other request committed first
        if (stored := before(connection)) is not None:
            return stored, True
    raise LandedError("CONFLICT", "the write clashes with one that is there", mend="Read it again, then decide.")
