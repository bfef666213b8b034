"""Half an hour of mixed requests: does the server's memory grow?

    python benchmarks/soak_api.py --minutes 30 --rate 100

Growth is from the end of the first fifth (caches are full by then) to the end, by the medians of the samples around the two.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import statistics
import tempfile
import time
from typing import Any

from bench_api import body, memory_mb, start

OTHERS = ("/v1/law", "/v1/law/coverage", "/v1/hts/9503.00.00.73", "/v1/hts?words=toys", "/v1/products", "/health", "/metrics", "/v1/measures/us.s232.*")


async def one(port: int, method: str, path: str, payload: bytes) -> int:
    """One request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        kind = b"Content-Type: application/json\r\n" if payload else b""
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {len(payload)}\r\n".encode() + kind + b"\r\n" + payload)
        answer = await reader.read()
        return int(answer[9:12])
    finally:
        writer.close()


async def drive(port: int, pid: int, rate: float, seconds: float) -> dict[str, Any]:
    """Nine estimates to one other request, at a rate; a product is written every second."""
    chance = random.Random(3)
    statuses: dict[str, int] = {}
    samples: list[tuple[float, float]] = []
    loop = asyncio.get_running_loop()
    began = loop.time()
    open_: set[asyncio.Task[None]] = set()

    async def tell(method: str, path: str, payload: bytes) -> None:
        try:
            said = str(await one(port, method, path, payload))
        except (OSError, ValueError) as error:
            said = type(error).__name__
        statuses[said] = statuses.get(said, 0) + 1

    number = 0
    while (spent := loop.time() - began) < seconds:
        number += 1
        if number % int(rate) == 0:
            product = {"sku": f"S-{number % 500}", "title": "x", "hts_code": "9503.00.00.73", "country_of_origin": "CN"}
            request = ("POST", "/v1/products", json.dumps(product).encode())
        elif chance.random() < 0.1:
            request = ("GET", chance.choice(OTHERS), b"")
        else:
            request = ("POST", "/v1/estimates", body(chance))
        task = asyncio.create_task(tell(*request))
        open_.add(task)
        task.add_done_callback(open_.discard)
        if number % int(rate * 5) == 0:
            samples.append((spent, memory_mb(pid)))
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
    await asyncio.gather(*open_)
    early = [mb for at, mb in samples if 0.15 * seconds <= at <= 0.25 * seconds]
    late = [mb for at, mb in samples if at >= 0.9 * seconds]
    first, last = statistics.median(early or [float("nan")]), statistics.median(late or [float("nan")])
    return {
        "minutes": round(seconds / 60, 1),
        "rate": rate,
        "statuses": statuses,
        "start_mb": samples[0][1] if samples else None,
        "after_a_fifth_mb": first,
        "end_mb": last,
        "growth_pct": round((last / first - 1) * 100, 2),
        "most_mb": max((mb for _, mb in samples), default=None),
    }


def main() -> None:
    """Run the soak and print what was measured as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=18_282)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        server, _ = start(given.port, given.workers, data)
        try:
            began = time.time()
            found = asyncio.run(drive(given.port, server.pid, given.rate, given.minutes * 60))
            print(json.dumps({**found, "wall_s": round(time.time() - began)}, indent=1))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


if __name__ == "__main__":
    main()
