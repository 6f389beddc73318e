"""Network namespaces with what listens on loopback here on theirs, and with what they can be cut off from behind a hub."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HUB = "10.77.0.1"
"""Where the hub answers, whichever side asks."""
NETNS = 0x40000000
LOOK = 65536


class Network:
    """One hub and its sides. Nothing leaves this machine: the hub has no way out but the relays."""

    def __init__(self, sides: int = 2) -> None:
        self.hub = f"gw{os.getpid()}"
        self.sides = [f"{self.hub}s{number}" for number in range(1, sides + 1)]
        self._listening: list[socket.socket] = []

    def build(self) -> None:
        """Make the namespaces, each side joined to the hub by a wire of its own."""
        _ip("netns", "add", self.hub)
        self._in(self.hub, "link", "set", "lo", "up")
        self._in(self.hub, "addr", "add", f"{HUB}/32", "dev", "lo")
        for number, side in enumerate(self.sides):
            _ip("netns", "add", side)
            self._in(side, "link", "set", "lo", "up")
            self._in(
                self.hub, "link", "add", f"to{number}", "type", "veth", "peer", "name", "wire", "netns", side
            )
            for where, name, host in ((self.hub, f"to{number}", 1), (side, "wire", 2)):
                self._in(where, "addr", "add", f"10.77.{number + 1}.{host}/24", "dev", name)
                self._in(where, "link", "set", name, "up")
            self._in(side, "route", "add", f"{HUB}/32", "via", f"10.77.{number + 1}.1")

    def remove(self) -> None:
        for each in self._listening:
            each.close()
        for each in (*self.sides, self.hub):
            with suppress(AssertionError):
                _ip("netns", "del", each)

    def prefix(self, side: int) -> tuple[str, ...]:
        """What a command begins with that is to run on a side."""
        return ("ip", "netns", "exec", self.sides[side])

    def cut(self, side: int) -> None:
        """Pull the plug: what is sent to the hub arrives nowhere, and nobody is told."""
        self._in(self.hub, "link", "set", f"to{side}", "down")

    def join(self, side: int) -> None:
        self._in(self.hub, "link", "set", f"to{side}", "up")

    def behind_the_hub(self, port: int) -> str:
        """The host and port by which every side reaches this port of loopback here, as long as it is not cut off."""
        return f"{HUB}:{self._relay(self.hub, (HUB, 0), port)}"

    def beside(self, port: int) -> None:
        """Let every side reach this port of loopback here by the same port on its own, cut off or not."""
        for side in self.sides:
            self._relay(side, ("127.0.0.1", port), port)

    def _relay(self, namespace: str, at: tuple[str, int], to: int) -> int:
        made: list[socket.socket] = []
        maker = threading.Thread(target=lambda: made.append(_listen_in(namespace, at)))
        maker.start()
        maker.join()
        (listening,) = made
        self._listening.append(listening)
        threading.Thread(target=_accept, args=(listening, to), daemon=True).start()
        return int(listening.getsockname()[1])

    def _in(self, namespace: str, *words: str) -> None:
        _ip("-n", namespace, *words)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


def _listen_in(namespace: str, at: tuple[str, int]) -> socket.socket:
    """A socket that listens in another namespace. The thread that makes it stays there: it is to end."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{namespace}").open(encoding="ascii") as file:
        assert libc.setns(file.fileno(), NETNS) == 0, os.strerror(ctypes.get_errno())
    return socket.create_server(at)


def _accept(listening: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_serve, args=(client, port), daemon=True).start()


def _serve(client: socket.socket, port: int) -> None:
    with suppress(OSError), client, socket.create_connection(("127.0.0.1", port)) as server:
        back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
        back.start()
        _pass_on(client, server)
        back.join()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(LOOK):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def why_not() -> str:
    """Why namespaces cannot be made here; empty where they can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "making network namespaces takes root"
    try:
        done = subprocess.run(
            ["ip", "netns", "add", f"gw{os.getpid()}try"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "making network namespaces takes the command ip (iproute2)"
    if done.returncode:
        return f"this machine makes no network namespaces: {done.stderr.strip()}"
    _ip("netns", "del", f"gw{os.getpid()}try")
    return ""


@contextmanager
def network() -> Iterator[Network]:
    made = Network()
    try:
        made.build()
        yield made
    finally:
        made.remove()
