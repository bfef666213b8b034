"""kill -9 of the server (or of PostgreSQL) at random moments while products and estimates are written: is any acknowledged write lost, is anything half there?

    python benchmarks/crash_api.py --kills 100 [--postgres] [--kill-database]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

PORT = 18_181
REQUEST = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000.00", "entry_date": "2025-04-09"}


class Writer(threading.Thread):
    """Writes as fast as the server takes it, and keeps the names of what was acknowledged."""

    def __init__(self, number: int) -> None:
        super().__init__(daemon=True)
        self.number, self.count = number, 0
        self.acknowledged: list[str] = []
        self.refused: dict[int, int] = {}
        self.stop = threading.Event()

    def run(self) -> None:
        connection = None
        while not self.stop.is_set():
            self.count += 1
            sku = f"w{self.number}-{self.count}"
            body = json.dumps({"sku": sku, "title": "x", "hts_code": "9503.00.00.73", "country_of_origin": "CN", "note": "y" * 500}).encode()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", PORT, timeout=15)
                connection.request("POST", "/v1/products", body, {"Content-Type": "application/json", "Idempotency-Key": sku})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.acknowledged.append(sku)
                else:
                    self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
                    time.sleep(0.05)
            except (OSError, http.client.HTTPException):
                if connection:
                    connection.close()
                connection = None
                time.sleep(0.02)


def start(env: dict[str, str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", "landed.doors.cli.main", "serve", "--port", str(PORT), "--no-web"], env=env, stderr=subprocess.DEVNULL)
    for _ in range(1200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return process
        except OSError:
            pass
        time.sleep(0.025)
    raise SystemExit("the server did not start")


def main() -> None:
    """Run the kills and print what was found as JSON; exit code 1 when a write was lost or the check is not clean."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--kill-database", action="store_true", help="kill and restart PostgreSQL instead of the server")
    given = parser.parse_args()
    chance = random.Random(11)
    server_db: Any = None
    with tempfile.TemporaryDirectory() as data:
        env = {**os.environ, "LANDED_DATA": data}
        if given.postgres or given.kill_database:
            from postgres import Postgres  # type: ignore[import-not-found]

            server_db = Postgres()
            env["LANDED_DATABASE_URL"] = server_db.url
        writers = [Writer(n) for n in range(4)]
        process = start(env)
        for writer in writers:
            writer.start()
        began, recovery = time.monotonic(), []
        for _ in range(given.kills):
            time.sleep(chance.uniform(0.02, 0.6))
            if given.kill_database:
                server_db.kill()
                server_db.start()
                up = time.monotonic()
                before = sum(len(w.acknowledged) for w in writers)
                while sum(len(w.acknowledged) for w in writers) == before and time.monotonic() - up < 30:
                    time.sleep(0.02)
                recovery.append(time.monotonic() - up)
            else:
                process.send_signal(signal.SIGKILL)
                process.wait()
                up = time.monotonic()
                process = start(env)
                recovery.append(time.monotonic() - up)
        time.sleep(0.5)
        for writer in writers:
            writer.stop.set()
        for writer in writers:
            writer.join(20)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        os.environ.update(env)
        from sqlalchemy import text

        from landed.store.check import check
        from landed.store.database import store

        with store().begin(reading=True) as connection:
            stored = {row[0] for row in connection.execute(text("SELECT sku FROM products"))}
            logged = connection.execute(text("SELECT count(*) FROM audit_log")).scalar()
            empty = connection.execute(text("SELECT count(*) FROM idempotency WHERE answer = ''")).scalar()
        said = {sku for writer in writers for sku in writer.acknowledged}
        health = check()
        refused: dict[int, int] = {}
        for writer in writers:
            for status, n in writer.refused.items():
                refused[status] = refused.get(status, 0) + n
        found = {
            "kills": given.kills,
            "what": "database" if given.kill_database else "server",
            "store": "postgresql" if server_db else "sqlite",
            "seconds": round(time.monotonic() - began),
            "acknowledged": len(said),
            "stored": len(stored),
            "lost": len(said - stored),
            "half": abs(len(stored) - int(logged or 0)) + int(empty or 0),
            "refused": refused,
            "check": "clean" if health.sound else list(health.broken),
            "slowest_recovery_s": round(max(recovery, default=0), 2),
        }
        print(json.dumps(found, indent=1))
        if server_db:
            from landed.store.database import forget_stores

            forget_stores()
            server_db.close()
    sys.exit(bool(found["lost"] or found["half"] or not health.sound))


if __name__ == "__main__":
    main()
