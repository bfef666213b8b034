"""A real PostgreSQL server for tests: Debian's binaries, a cluster under a temporary folder, run by a user that is not root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Postgres:
    """A cluster that can be stopped, killed and started again on the same port. `url` names its database."""

    def __init__(self, *, checksums: bool = True) -> None:
        self.bin = FOLDERS[0]
        self.home = Path(tempfile.mkdtemp(prefix="landed-pg-"))
        self.user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        if os.getuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
        options = ["-A", "trust", "-U", "landed", "-E", "UTF8", "--locale=C", *(["--data-checksums"] if checksums else [])]
        self.run("initdb", "-D", str(self.data), *options)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"\nlisten_addresses='127.0.0.1'\nport={self.port}\nunix_socket_directories='{self.home}'\nmax_connections=50\nshared_buffers=16MB\n")
        self.start()

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def url(self) -> str:
        return f"postgresql://landed@127.0.0.1:{self.port}/postgres"

    def run(self, command: str, *arguments: str) -> None:
        drop = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
        done = subprocess.run([str(self.bin / command), *arguments], capture_output=True, text=True, cwd=self.home, timeout=60, check=False, **drop)  # type: ignore[call-overload]
        if done.returncode:
            raise RuntimeError(done.stderr[-500:])

    def start(self) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-l", str(self.home / "log"), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """kill -9 of the postmaster, and wait until the port is free."""
        pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        for _ in range(100):
            time.sleep(0.1)
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
        time.sleep(0.5)

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):
            self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)


def why_not() -> str:
    """Why no server can be started here, or ""."""
    if not FOLDERS:
        return "PostgreSQL's binaries are absent (Debian: apt-get install postgresql)"
    if os.getuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            return "there is no user postgres to run the server"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    return ""
