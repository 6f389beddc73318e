"""A WSGI app as a real server on loopback, in threads of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from gateway.testing.faults import CutError, HeldError
from gateway.testing.wire import STOPPING

_LOOK_AGAIN = 0.05


@contextmanager
def serve(app: WSGIApplication, port: int = 0, threads: int = 16) -> Iterator[str]:
    """Serve the app on 127.0.0.1 and yield its URL; with port 0 a free one is taken."""
    from waitress import create_server  # type: ignore[import-untyped]  # waitress ships no types

    stopping, ended = threading.Event(), threading.Event()
    sockets: dict[int, Any] = {}
    server = create_server(
        _served(app, stopping),
        map=sockets,
        host="127.0.0.1",
        port=port,
        threads=threads,
        ident="",
        # A CutError is an OSError: with these two, waitress closes the connection and says nothing.
        log_socket_errors=False,
        expose_tracebacks=False,
        # Without looking ahead, waitress does not notice that a waiting client has left.
        channel_request_lookahead=1,
        asyncore_use_poll=True,
    )
    loop = threading.Thread(target=_run, args=(server, sockets, ended), name=f"serve:{server.effective_port}")
    loop.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        stopping.set()
        # The loop ends itself, by the trigger: once it has ended, the trigger's descriptor may be somebody else's.
        server.trigger.pull_trigger(ended.set)
        loop.join()


def _run(server: Any, sockets: dict[int, Any], ended: threading.Event) -> None:
    while not ended.is_set():
        server.asyncore.loop(timeout=1, use_poll=True, map=sockets, count=1)
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.task_dispatcher.shutdown()
    server.asyncore.close_all(sockets)


def _served(app: WSGIApplication, stopping: threading.Event) -> WSGIApplication:
    """The app, told when the server stops, and with held answers held."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[STOPPING] = stopping
        try:
            return app(environ, start_response)
        except HeldError as err:
            for _ in range(int(err.seconds / _LOOK_AGAIN)):
                if stopping.wait(_LOOK_AGAIN) or environ["waitress.client_disconnected"]():
                    break
            raise CutError from err

    return answer
