"""Connections that keep the deadline of a whole call, however slowly the other side trickles.

A socket's own time-out starts anew with every byte. Here each receive and each piece sent is given no more than
what is left of the call in progress. Two things are outside: looking up a host name, which the system
bounds, and a host with several addresses, where the connect time-out counts for each.
"""

from __future__ import annotations

import http.client
import io
import logging
import socket
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from gateway.http.redaction import Mask

_PIECE = 1 << 16
_LOGGERS = ("connection", "connectionpool", "poolmanager", "response", "util.retry")


@dataclass(frozen=True, slots=True)
class InProgress:
    """The call a thread is making: when it has to be over, how long one read may take, what to mask."""

    deadline: float
    read: float
    mask: Mask

    def patience(self, most: float) -> float:
        """Seconds one step may take, `most` at the utmost; raises TimeoutError when the call is over."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole call is over")
        return min(most, left)


IN_PROGRESS: ContextVar[InProgress] = ContextVar("gateway.http.in_progress")


class _TimedReader(io.RawIOBase):
    """What `socket.makefile` gives, with the time left set before every receive."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = cast("io.RawIOBase", sock.makefile("rb", buffering=0))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        call = IN_PROGRESS.get(None)
        if call is not None:
            self._sock.settimeout(call.patience(call.read))
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Received(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _TimedSend:
    """Mixed into a connection: sends in pieces, each within the time left."""

    def send(self, data: Any) -> None:
        connection = cast("http.client.HTTPConnection", self)
        call = IN_PROGRESS.get(None)
        if call is None or not isinstance(data, bytes):
            super().send(data)  # type: ignore[misc]  # the connection's own, next in line
            return
        if connection.sock is None:
            connection.connect()
        view = memoryview(data)
        for start in range(0, len(data), _PIECE):
            connection.sock.settimeout(call.patience(call.read))
            super().send(view[start : start + _PIECE])  # type: ignore[misc]  # the connection's own, next in line


class _Plain(_TimedSend, HTTPConnection):
    response_class = _Received


class _Tls(_TimedSend, HTTPSConnection):
    response_class = _Received


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


def _timed(manager: PoolManager | ProxyManager) -> None:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


class WireAdapter(HTTPAdapter):
    """The requests adapter whose connections keep the deadline; as many are kept open as calls run at once."""

    def __init__(self, parallel: int) -> None:
        super().__init__(pool_connections=4, pool_maxsize=max(1, parallel), max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _timed(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        _timed(manager)
        return manager


class _LogMask(logging.Filter):
    """urllib3 logs whole URLs; in our calls they are masked, and tracebacks, which quote them, are left out."""

    def filter(self, record: logging.LogRecord) -> bool:
        call = IN_PROGRESS.get(None)
        if call is not None:
            record.msg, record.args = call.mask.line(record.getMessage()), ()
            record.exc_info = record.exc_text = None
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _LogMask)

    def __hash__(self) -> int:
        return hash(_LogMask)


def mask_library_logs() -> None:
    """Have urllib3's log lines masked while one of our calls makes them. Doing it twice is doing it once."""
    for name in _LOGGERS:
        logging.getLogger(f"urllib3.{name}").addFilter(_LogMask())
