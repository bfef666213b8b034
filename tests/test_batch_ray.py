"""The batch on a Ray cluster of two workers, one of them killed on the way: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from landed.operations.batch import BatchFile, run_batch

STORE = 150_000_000  # bytes of shared memory of a node


def test_a_killed_worker_loses_and_doubles_nothing(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed (pip install landed[ray])")
    from ray.cluster_utils import Cluster

    source = tmp_path / "in"
    source.mkdir()
    for n in range(6):
        rows = 200_000
        pq.write_table(
            pa.table(
                {
                    "reference": [f"{n}-{k}" for k in range(rows)],
                    "hts_code": ["9503000073", "8703230120", "0707002050", "6109100012"] * (rows // 4),
                    "country_of_origin": ["CN", "JP", "DE", "VN", "MX"] * (rows // 5),
                    "customs_value": [float(k % 90_000 + 1) for k in range(rows)],
                    "entry_date": ["2025-10-01"] * rows,
                }
            ),
            source / f"{n}.parquet",
        )
    local = run_batch(BatchFile(str(source), str(tmp_path / "local.parquet")))
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    cluster = Cluster()
    try:
        cluster.add_node(num_cpus=0, object_store_memory=STORE, include_dashboard=False)
        cluster.add_node(num_cpus=1, object_store_memory=STORE)
        doomed = cluster.add_node(num_cpus=1, object_store_memory=STORE)
        ray.init(address=cluster.address, log_to_driver=False)
        seen: list[int] = []

        def progress(rows: int) -> None:
            seen.append(rows)
            if len(seen) == 2:
                cluster.remove_node(doomed, allow_graceful=False)

        spread = run_batch(BatchFile(str(source), str(tmp_path / "ray.parquet"), engine="ray"), progress)
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert len(seen) > 2, "a worker was killed while work was left"
    assert spread.rows == local.rows == 1_200_000 and spread.statuses == local.statuses
    assert (tmp_path / "ray.parquet").read_bytes() == (tmp_path / "local.parquet").read_bytes()
