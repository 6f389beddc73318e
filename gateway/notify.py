"""Tells systemd how the daemon is: ready, reloading, stopping, alive; says nothing where nobody asked."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

_MOST_STATUS = 200
_PATIENCE = 1.0
"""Seconds to wait where the other side does not take the word."""


def monotonic_micros() -> int:
    """The clock by which systemd tells a reload from the one before."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def watchdog_interval(environ: Mapping[str, str], pid: int | None = None) -> float | None:
    """Every how many seconds to say that the daemon is alive: half of what systemd waits; None: it does not wait.

    `pid` is this process; where systemd waits for another one (we are its child), nothing is to be said.
    """
    waits, whom = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if whom and whom != str(os.getpid() if pid is None else pid):
        return None
    if not (waits.isascii() and waits.isdigit()) or int(waits) == 0:
        return None
    return int(waits) / 2_000_000


class Notifier:
    """Sends one datagram a state to the socket that systemd names in NOTIFY_SOCKET.

    What cannot be sent is let go: the work is worth more than the word about it, and a watchdog notices by itself.
    """

    def __init__(self, environ: Mapping[str, str], micros: Callable[[], int] = monotonic_micros) -> None:
        self._address, self._micros = _address(environ.get("NOTIFY_SOCKET", "")), micros

    def ready(self, status: str = "") -> bool:
        """The daemon works; also said when a reload is over."""
        return self._send("READY=1", *_status(status))

    def reloading(self) -> bool:
        """The settings are read anew; `ready` follows in any case."""
        return self._send("RELOADING=1", f"MONOTONIC_USEC={self._micros()}")

    def stopping(self, status: str = "") -> bool:
        return self._send("STOPPING=1", *_status(status))

    def alive(self) -> bool:
        """To be said every `watchdog_interval` seconds, from the loop whose life matters."""
        return self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> bool:
        """Whether it went out."""
        if self._address is None or not lines:
            return False
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(_PATIENCE)
            sock.connect(self._address)
            sock.send("\n".join(lines).encode("utf-8", "replace"))
            return True
        return False


def _status(text: str) -> list[str]:
    """The line that says how it is: one line, or it would say more than it should."""
    line = " ".join(text.split())
    return [f"STATUS={line[:_MOST_STATUS]}"] if line else []


def _address(name: str) -> str | None:
    """Where to send to: a path, or (with `@` for the zero byte) a name without a file; None for all else."""
    if name.startswith("@"):
        return "\0" + name[1:]
    return name if name.startswith("/") else None
