"""A vendor that costs next to no CPU: canned answers of the example vendor's API, each after 20 ms, in a process of its own.

Every account (`/1`, `/2` …) holds the same people. It knows who was deleted, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LATENCY = 0.02


@contextmanager
def quick_vendor(people: int) -> Iterator[tuple[str, int]]:
    """Its URL, and its process, for as long as it runs."""
    command = [sys.executable, "-m", "tests.bench.quick_vendor", str(people)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.terminate()


def _answer(status: str, body: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


GONE, DELETED = _answer("404 Not Found", b'{"error": "no such person"}'), _answer("204 No Content")


class Connection(asyncio.Protocol):
    """One connection. An answer is chosen when the call arrives, and sent when its time has come."""

    def __init__(self, listed: bytes, gone: set[bytes]) -> None:
        self._listed, self._gone, self._read = listed, gone, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, self._read = self._read.split(b"\r\n\r\n", 1)
            method, path, _ = head.split(b" ", 2)
            answer = self._choose(method, path)
            asyncio.get_running_loop().call_later(LATENCY, self._transport.write, answer)

    def _choose(self, method: bytes, path: bytes) -> bytes:
        if path.endswith(b"/people"):
            return self._listed
        if path in self._gone:
            return GONE
        if method == b"DELETE":
            self._gone.add(path)
            return DELETED
        number = path.rpartition(b"/")[2].decode()
        return _answer("200 OK", json.dumps(_person(int(number))).encode())


def _person(number: int) -> dict[str, object]:
    return {
        "id": number, "name": f"Person {number}", "email": f"person{number}@example.org",
        "created": "2026-01-01T00:00:00+00:00", "consent_until": "2099-01-01",
    }  # fmt: skip


async def main(people: int) -> None:
    everybody = [_person(number) for number in range(1, people + 1)]
    listed = _answer("200 OK", json.dumps({"people": everybody, "next": None}).encode())
    gone: set[bytes] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(listed, gone), "127.0.0.1", 0, backlog=256
    )
    host, port = server.sockets[0].getsockname()[:2]
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
