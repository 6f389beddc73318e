"""A clock that is set by hand, a client that does not sleep, and a raw server that misbehaves as told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import responses as responses_library

from gateway.http import Client, Timeouts

Script = Callable[[socket.socket], None]


class Clock:
    """The time is what it was set to; sleeping moves it on."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)

    def go(self, **span: float) -> None:
        self.moment += timedelta(**span)


class RawServer:
    """Runs one script for each connection, in order; the last one again for all that follow."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.connections = 0
        self.stop = threading.Event()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.stop.is_set():
                connection.close()
                return
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._run, args=(script, connection))
            self._threads.append(thread)
            thread.start()

    def _run(self, script: Script, connection: socket.socket) -> None:
        connection.settimeout(5)
        with connection:
            try:
                script(connection)
            except OSError:
                return

    def trickle(self, head: bytes, piece: bytes = b"x", every: float = 0.02) -> Script:
        """A script that sends `head` and then a piece every so often, as long as anyone listens."""

        def script(connection: socket.socket) -> None:
            read_request(connection)
            connection.sendall(head)
            while not self.stop.wait(every):
                connection.sendall(piece)

        return script

    def close(self) -> None:
        """Stop at once, whatever is under way; doing it twice is doing it once."""
        if self.stop.is_set():
            return
        self.stop.set()
        with socket.create_connection(self._listener.getsockname()):
            self._threads[0].join(5)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("closed")
        received += piece
    return received


def answer(body: bytes = b'{"ok":true}', *headers: str, status: str = "200 OK") -> Script:
    """A script that answers every request on the connection in the same way."""

    def script(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        while True:
            read_request(connection)
            connection.sendall("\r\n".join(lines).encode() + body)

    return script


def send(data: bytes) -> Script:
    """A script that sends these bytes once and hangs up."""

    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(data)

    return script


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_client(clock: Clock) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(base_url: str = "https://api.example.org/v1", **options: object) -> Client:
        options = {"now": clock.now, "sleep": clock.sleep, "timeouts": Timeouts(2, 2, 60)} | options
        made.append(Client(base_url, **options))  # type: ignore[arg-type]  # passed on as given
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    servers: list[RawServer] = []

    def start(*scripts: Script) -> RawServer:
        servers.append(RawServer(*scripts))
        return servers[-1]

    yield start
    for each in servers:
        each.close()


@pytest.fixture
def vendor() -> Iterator[responses_library.RequestsMock]:
    with responses_library.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock
