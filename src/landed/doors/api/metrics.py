"""Counts and times of this worker, in the text form that Prometheus reads."""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from pathlib import Path

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds


class Metrics:
    """What one worker has answered since it started."""

    def __init__(self) -> None:
        self.started = time.time()
        self.answered: dict[tuple[str, int], int] = {}
        self.times: dict[str, list[float]] = {}  # by operation: one count a bucket, one past the last, sum
        self.refused: dict[str, int] = {}
        self.in_flight = 0

    def answer(self, operation: str, status: int, seconds: float) -> None:
        """Count one answer."""
        key = (operation, status)
        self.answered[key] = self.answered.get(key, 0) + 1
        row = self.times.get(operation)
        if row is None:
            row = self.times[operation] = [0.0] * (len(BUCKETS) + 2)
        row[bisect_left(BUCKETS, seconds)] += 1
        row[-1] += seconds

    def refuse(self, code: str) -> None:
        """Count one request turned away before it was looked at."""
        self.refused[code] = self.refused.get(code, 0) + 1

    def text(self) -> str:
        """The exposition; with several workers a scrape reads one of them, named by its process."""
        who = f'worker="{os.getpid()}"'
        out = ["# HELP landed_requests_total Answers by operation and status.", "# TYPE landed_requests_total counter"]
        out += [f'landed_requests_total{{operation="{op}",status="{status}",{who}}} {n}' for (op, status), n in sorted(self.answered.items())]
        out += ["# HELP landed_request_seconds Time to answer.", "# TYPE landed_request_seconds histogram"]
        for op, row in sorted(self.times.items()):
            total = 0.0
            for edge, n in zip((*map(str, BUCKETS), "+Inf"), row[:-1], strict=True):
                total += n
                out.append(f'landed_request_seconds_bucket{{operation="{op}",le="{edge}",{who}}} {total:.0f}')
            out += [f'landed_request_seconds_sum{{operation="{op}",{who}}} {row[-1]:.6f}', f'landed_request_seconds_count{{operation="{op}",{who}}} {total:.0f}']
        out += ["# HELP landed_refused_total Requests turned away, by reason.", "# TYPE landed_refused_total counter"]
        out += [f'landed_refused_total{{reason="{code}",{who}}} {n}' for code, n in sorted(self.refused.items())]
        out += ["# HELP landed_in_flight Requests being answered.", "# TYPE landed_in_flight gauge", f"landed_in_flight{{{who}}} {self.in_flight}"]
        out += ["# HELP landed_uptime_seconds Time since the worker started.", "# TYPE landed_uptime_seconds gauge", f"landed_uptime_seconds{{{who}}} {time.time() - self.started:.0f}"]
        if (memory := resident()) is not None:
            out += ["# HELP process_resident_memory_bytes Memory held.", "# TYPE process_resident_memory_bytes gauge", f"process_resident_memory_bytes{{{who}}} {memory}"]
        return "\n".join(out) + "\n"


def resident() -> int | None:
    """Bytes of memory this process holds, None where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
