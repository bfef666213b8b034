"""The batch on a Ray cluster: pieces of partitioned Parquet priced wherever there is room, each written once under its own name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from landed.errors import LandedError

if TYPE_CHECKING:
    from landed.operations.batch import BatchFile, Job

_JOBS: dict[str, Job] = {}  # one opened job per worker process and run


def price_pieces(job: Job, done: dict[int, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What each piece not yet done came to, as workers finish them.

    A piece is written aside and renamed under its number, so a worker that dies leaves nothing and one that is run again
    writes the same file: nothing is lost or doubled. Input and output must lie where every node sees them.
    Raises RAY_MISSING, UNKNOWN_FORMAT (input that is not Parquet).
    """
    try:
        import ray
    except ImportError:
        raise LandedError("RAY_MISSING", "the ray engine needs Ray, which is not installed", where="engine", mend='Install it: pip install "landed[ray]".') from None
    if job.source.count is None:
        raise LandedError("UNKNOWN_FORMAT", f"the ray engine reads Parquet, got {job.source.path.name}", where="engine", mend="Give a Parquet file or a folder of them, or use --engine local.")
    if not ray.is_initialized():
        ray.init(log_to_driver=False, configure_logging=False)
    waiting = [{"piece": number} for number in range(job.source.count) if number not in done]
    if not waiting:
        return
    request, identity = replace(job.request, engine="local", resume=False), job.identity()

    def price(row: dict[str, Any]) -> dict[str, Any]:
        return _price(request, identity, int(row["piece"]))

    pieces = ray.data.from_items(waiting, override_num_blocks=len(waiting)).map(price)
    import json

    for row in pieces.iter_rows():
        yield json.loads(row["answer"])


def _price(request: BatchFile, identity: str, number: int) -> dict[str, Any]:
    """One piece, in a worker: the law is loaded once per worker process."""
    import json

    from landed.operations.batch import Job

    job = _JOBS.get(identity)
    if job is None:
        job = Job(request)
        if job.identity() != identity:
            raise RuntimeError("this node has another version of landed, of its law or of the input than the driver")
        _JOBS.clear()
        _JOBS[identity] = job
    for found, table in job.source.pieces(number):
        assert found == number
        return {"answer": json.dumps(job.price(found, table))}
    raise RuntimeError(f"piece {number} is not in the input")
