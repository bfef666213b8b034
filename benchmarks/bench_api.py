"""Load on POST /v1/estimates: an open-loop generator in one process that keeps to its rate, whatever the server does.

Each request differs (code, origin, value, day), so that no answer can come from a cache. Latency counts from the moment a
request was due, so a server that falls behind cannot hide it.

    python benchmarks/bench_api.py --rate 500 --seconds 60 [--overload 4] [--workers 2]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CODES = ("9503.00.00.73", "6109.10.00.12", "8517.13.00.00", "8471.30.01.00", "6403.99.60.75", "8504.40.95.80", "4202.12.21.20", "8708.99.81.80", "7318.15.20.95", "3924.10.40.00", "9405.11.60.10")
ORIGINS = ("CN", "VN", "MX", "DE", "IN", "TW", "KR", "BD", "CA", "JP")
DAYS = ("2024-06-14", "2025-04-09", "2025-09-10", "2026-03-02", "2026-08-17")


def body(chance: random.Random) -> bytes:
    """One request nobody sent before."""
    value = f"{chance.randint(900, 90_000)}.{chance.randint(0, 99):02d}"
    return json.dumps({"hts_code": chance.choice(CODES), "country_of_origin": chance.choice(ORIGINS), "customs_value": value, "entry_date": chance.choice(DAYS)}).encode()


class Line(asyncio.Protocol):
    """One keep-alive connection; `ask` sends a request and gives (status, has Retry-After)."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.buffer = b""
        self.waiting: asyncio.Future[tuple[int, bool]] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, split, rest = self.buffer.partition(b"\r\n\r\n")
        if not split:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0])
        if len(rest) >= length and self.waiting is not None:
            self.buffer = rest[length:]
            answer, self.waiting = self.waiting, None
            if not answer.done():
                answer.set_result((int(head[9:12]), b"retry-after:" in lower))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("closed"))

    def ask(self, payload: bytes) -> asyncio.Future[tuple[int, bool]]:
        self.waiting = asyncio.get_running_loop().create_future()
        head = b"POST /v1/estimates HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(payload)
        self.transport.write(head + payload)
        return self.waiting


async def drive(port: int, rate: float, seconds: float, most: int, seed: int = 7) -> dict[str, Any]:
    """Send at a rate; a request for which no connection is free within a second counts as unsent."""
    loop = asyncio.get_running_loop()
    chance = random.Random(seed)
    payloads = [body(chance) for _ in range(int(rate * seconds))]
    free: asyncio.Queue[Line] = asyncio.Queue()
    made = 0
    times: list[float] = []
    statuses: dict[str, int] = {}
    bare = 0

    async def one(due: float, payload: bytes) -> None:
        nonlocal made, bare
        try:
            if free.empty() and made < most:
                made += 1
                line = (await loop.create_connection(Line, "127.0.0.1", port))[1]
            else:
                line = await free.get()
            status, told = await asyncio.wait_for(line.ask(payload), 30)
            free.put_nowait(line)
            said = str(status)
            if status in (429, 503) and not told:
                bare += 1
        except Exception as error:
            said = type(error).__name__
        statuses[said] = statuses.get(said, 0) + 1
        if said == "200":
            times.append(loop.time() - due)

    began = loop.time()
    tasks = []
    for number, payload in enumerate(payloads):
        due = began + number / rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(due, payload)))
    await asyncio.gather(*tasks)
    times.sort()

    def at(share: float) -> float:
        return round(times[min(len(times) - 1, int(len(times) * share))] * 1000, 2) if times else float("nan")

    spent = loop.time() - began
    return {"rate": rate, "seconds": round(spent, 1), "answers_per_s": round(len(times) / spent, 1), "statuses": statuses, "without_retry_after": bare, "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1)}


def memory_mb(pid: int) -> float:
    """Proportional memory of a process and its children, MB: what they share counts once."""
    total = 0
    family = [pid, *map(int, subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split())]
    for each in family:
        try:
            total += next(int(line.split()[1]) for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return round(total / 1024, 1)


def processor_s(pid: int) -> float:
    """Processor seconds a process and its children have used: a figure that work beside them does not swell much."""
    total = 0.0
    for each in [pid, *map(int, subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split())]:
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue
    return total


def start(port: int, workers: int, data: str) -> tuple[subprocess.Popen[bytes], float]:
    """A server of its own and the seconds until it answered."""
    began = time.monotonic()
    command = [sys.executable, "-m", "landed.doors.cli.main", "serve", "--port", str(port), "--workers", str(workers), "--no-web"]
    process = subprocess.Popen(command, env={**os.environ, "LANDED_DATA": data}, stderr=subprocess.DEVNULL)
    import http.client

    while time.monotonic() - began < 60:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/v1/law/coverage")
            if connection.getresponse().status == 200:
                return process, time.monotonic() - began
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the server did not start")


def main() -> None:
    """Run the load and print what was measured as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--overload", type=float, default=0, help="then this many times the rate for 10 s, and the rate again")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--port", type=int, default=18080)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        server, cold = start(given.port, given.workers, data)
        try:
            found: dict[str, Any] = {"load_average": os.getloadavg()[0], "cold_start_s": round(cold, 2), "idle_mb": memory_mb(server.pid)}
            asyncio.run(drive(given.port, 200, 10, 32, seed=1))  # caches fill as they do in the first minute of a day
            used = processor_s(server.pid)
            found["steady"] = asyncio.run(drive(given.port, given.rate, given.seconds, given.connections))
            found["steady"]["processor_ms_an_answer"] = round((processor_s(server.pid) - used) * 1000 / max(1, found["steady"]["statuses"].get("200", 0)), 2)
            if given.overload:
                found["overload"] = asyncio.run(drive(given.port, given.rate * given.overload, 10, 1000, seed=3))
                found["after"] = asyncio.run(drive(given.port, given.rate, 5, given.connections, seed=5))
            found["end_mb"] = memory_mb(server.pid)
            print(json.dumps(found, indent=1))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


if __name__ == "__main__":
    main()
