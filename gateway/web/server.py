"""The web server of the daemon: waitress in a thread of its own, small and in no hurry."""

from __future__ import annotations

import socket
import threading
from typing import Any
from wsgiref.types import WSGIApplication

from gateway.errors import SettingsError

_THREADS = 4
_PATIENCE = 5.0
"""Seconds to wait for the loop when it is to end."""


class WebServer:
    """Serves an app at one address. The port is taken when it is made, so that what is wrong is said at once.

    With port 0 a free one is taken. A request has no body worth reading, a few headers, and seconds, not minutes.
    """

    def __init__(self, app: WSGIApplication, host: str = "127.0.0.1", port: int = 9464) -> None:
        self._listener = _listen(host, port)
        self.host, self.port = self._listener.getsockname()[:2]
        self._app = app
        self._map: dict[int, Any] = {}
        self._server: Any = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Answer from now on."""
        from waitress import create_server  # type: ignore[import-untyped]  # waitress ships no types

        self._server = create_server(
            self._app,
            map=self._map,
            sockets=[self._listener],
            threads=_THREADS,
            ident="",
            connection_limit=50,
            backlog=64,
            channel_timeout=15,
            cleanup_interval=5,
            max_request_header_size=8_192,
            max_request_body_size=1_024,
            inbuf_overflow=8_192,
            log_socket_errors=False,
            expose_tracebacks=False,
            asyncore_use_poll=True,
        )
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._server.asyncore.loop(timeout=30, use_poll=True, map=self._map, count=1)
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.asyncore.close_all(self._map)

    def close(self) -> None:
        """Answer no more, and free the port; doing it twice is doing it once."""
        thread, self._thread = self._thread, None
        if thread is not None:
            # The loop ends itself, by the trigger: its descriptor may be somebody else's once it has ended.
            self._server.trigger.pull_trigger(self._ended.set)
            thread.join(_PATIENCE)
        self._listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address[0], port, *address[2:]))
            listener.listen(64)
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError) as err:
        reason = getattr(err, "strerror", None) or str(err)
        raise SettingsError(
            f"daemon.listen: {host}:{port} cannot be listened at: {reason}; name an address of this machine and a free port"
        ) from err
    return listener
