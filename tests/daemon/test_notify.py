"""What systemd is told, over a real socket; and that nothing happens where there is none, or nobody listens."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.notify import Notifier, monotonic_micros, watchdog_interval


@pytest.fixture(params=["path", "abstract"])
def heard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """The name of a socket somebody listens at, and what came there next."""
    plain = str(tmp_path / "notify")
    name = plain if request.param == "path" else f"@gateway-test-{os.getpid()}-{id(request)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(plain if request.param == "path" else "\0" + name[1:])
        sock.settimeout(0)

        def next_one() -> str:
            try:
                return sock.recv(4096).decode()
            except BlockingIOError:
                return ""

        yield name, next_one


def test_each_state_is_one_datagram(heard: tuple[str, Callable[[], str]]) -> None:
    name, next_one = heard
    notifier = Notifier({"NOTIFY_SOCKET": name}, micros=lambda: 41)
    for say, expected in [
        (lambda: notifier.ready("works at 3 processors"), "READY=1\nSTATUS=works at 3 processors"),
        (notifier.ready, "READY=1"),
        (notifier.reloading, "RELOADING=1\nMONOTONIC_USEC=41"),
        (notifier.alive, "WATCHDOG=1"),
        (notifier.stopping, "STOPPING=1"),
    ]:
        assert say()
        assert next_one() == expected
    assert next_one() == ""


def test_a_status_is_one_line_and_cannot_say_anything_else(heard: tuple[str, Callable[[], str]]) -> None:
    name, next_one = heard
    notifier = Notifier({"NOTIFY_SOCKET": name})
    assert notifier.stopping("one\nREADY=1\r\ntwo " + "x" * 500)
    said = next_one()
    assert said.startswith("STOPPING=1\nSTATUS=one READY=1 two xxx")
    assert len(said.splitlines()) == 2
    assert len(said) == len("STOPPING=1\nSTATUS=") + 200
    assert notifier.ready(" \n")
    assert next_one() == "READY=1"


def test_the_moment_of_a_reload_is_of_the_clock_that_systemd_compares() -> None:
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    moment = monotonic_micros() / 1e6
    assert before - 0.001 <= moment <= time.clock_gettime(time.CLOCK_MONOTONIC)


@pytest.mark.parametrize(
    "environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "relative"}, {"NOTIFY_SOCKET": "vsock:2:1"}]
)
def test_nothing_is_said_where_nobody_asked(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise AssertionError("a socket was made")

    monkeypatch.setattr(socket, "socket", none)
    notifier = Notifier(environ)
    assert not any([notifier.ready("x"), notifier.alive(), notifier.stopping(), notifier.reloading()])


def test_a_listener_that_left_is_no_fault_of_the_daemon_and_one_that_returns_is_told(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    notifier = Notifier({"NOTIFY_SOCKET": name})
    assert not notifier.ready()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name)
        assert notifier.alive()
        assert sock.recv(100) == b"WATCHDOG=1"
    assert not notifier.alive()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "²"}, None),
    ],
)
def test_the_watchdog_is_fed_at_half_its_time(environ: dict[str, str], seconds: float | None) -> None:
    assert watchdog_interval(environ, pid=7) == seconds


def test_the_watchdog_is_ours_if_it_names_this_process() -> None:
    environ = {"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid())}
    assert watchdog_interval(environ) == 1.0
