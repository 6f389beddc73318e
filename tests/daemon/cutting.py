"""What sits between a daemon and PostgreSQL, and cuts connections as a commit goes by."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

COMMIT = b"COMMIT"
LOOK = 65536


class Cutter:
    """Passes everything on. Of every `every` commits one loses its connection, in turn before it is heard and after.

    Before it is `on`, and after `most` cuts, it only passes on.
    """

    def __init__(self, to: int, every: int = 7, most: int = 24) -> None:
        self.to, self.every, self.most = to, every, most
        self.on, self.commits, self.cuts = False, 0, {"before": 0, "after": 0}
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.to))
        except OSError:  # it is away; so is this, for the client
            client.close()
            return
        deaf = threading.Event()
        back = threading.Thread(target=self._answer, args=(server, client, deaf), daemon=True)
        back.start()
        with suppress(OSError):
            while data := client.recv(LOOK):
                cut = self._next(data)
                if cut == "before":
                    break
                if cut == "after":
                    deaf.set()
                server.sendall(data)
                if cut == "after":
                    back.join(5)
                    break
        for each in (client, server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        back.join()
        client.close()
        server.close()

    def _answer(self, server: socket.socket, client: socket.socket, deaf: threading.Event) -> None:
        """Pass answers on; that to a commit which is not to be heard of comes, and ends it."""
        with suppress(OSError):
            while data := server.recv(LOOK):
                if deaf.is_set():
                    return
                client.sendall(data)

    def _next(self, data: bytes) -> str:
        if not self.on or COMMIT not in data:
            return ""
        with self._lock:
            self.commits += 1
            done = sum(self.cuts.values())
            if self.commits % self.every or done >= self.most:
                return ""
            how = "after" if done % 2 else "before"
            self.cuts[how] += 1
            return how

    def close(self) -> None:
        self._listening.close()


@contextmanager
def cutting(to: int, **how: int) -> Iterator[Cutter]:
    made = Cutter(to, **how)
    try:
        yield made
    finally:
        made.close()
