"""Ctrl-C and SIGTERM in a process of its own: it says what is safe, and the next sync goes on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from gateway.cli.progress import PlainLines, watched
from gateway.cli.stopping import stoppable
from gateway.testing import serve

COMMAND = [sys.executable, "-c", "from gateway.cli import main; main()"]


@pytest.fixture
def begun(firm, crowd):
    """A sync in a process of its own, in the middle of deleting twelve people at a slow vendor."""
    crowd(12)
    with serve(firm.vendor) as url:
        firm.write(url=url)
        firm.vendor.wire.latency = 0.15
        process = subprocess.Popen(
            [*COMMAND, "--settings", str(firm.toml), "sync"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        until = time.monotonic() + 30
        while len(firm.vendor.people) > 10 and time.monotonic() < until:
            time.sleep(0.02)
        yield process
        process.kill()
        process.communicate()
        firm.vendor.wire.latency = 0.0
        firm("sync")
        assert not firm.vendor.people
        assert firm.json("trail", "verify")["sound"] is True


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_stops_between_records_and_says_what_is_safe(begun, firm, number):
    begun.send_signal(number)
    out, err = begun.communicate(timeout=30)
    assert begun.returncode == 3, err
    assert "Stopped between records. What is in the ledger is whole" in out
    assert "Stopping after the record at hand" in err
    assert "Traceback" not in err
    assert 0 < len(firm.vendor.people) < 12


@pytest.mark.slow
def test_second_ctrl_c_stops_at_once(begun, firm):
    firm.vendor.wire.latency = 5
    time.sleep(0.5)  # by now a call has begun that takes that long
    begun.send_signal(signal.SIGINT)
    time.sleep(0.3)
    begun.send_signal(signal.SIGINT)
    began = time.monotonic()
    begun.communicate(timeout=30)
    assert begun.returncode == 130
    assert time.monotonic() - began < 3


def test_a_stop_is_told_once_and_the_handlers_come_back():
    told = []
    before = signal.getsignal(signal.SIGTERM)
    with stoppable(lambda: told.append("stop")) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
    assert told == ["stop"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_plain_lines_say_each_phase_once(capsys):
    with watched(plain=True) as watch:
        for phase, processor in (("fetch", "b"), ("fetch", "a"), ("fetch", "a"), ("delete", "a")):
            watch(processor, phase, 1000, None)
    assert capsys.readouterr().err == "Read: a 2,000, b 1,000\nAnswered for: a 1,000\n"


def test_plain_lines_say_how_far_it_is_when_a_phase_takes_long(capsys, monkeypatch):
    monkeypatch.setattr("gateway.cli.progress.EVERY", 0.0)
    lines = PlainLines()
    lines("a", "verify", 5, None)
    assert capsys.readouterr().err == "Still verifying: a 5\n"


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is there on POSIX only")
@pytest.mark.parametrize("no_color", [True, False])
def test_bars_and_colour_are_for_a_terminal_only(no_color, monkeypatch):
    main_end, other_end = os.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    with os.fdopen(other_end, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        with watched(plain=False) as watch:
            watch("example", "fetch", 3, None)
            watch("example", "delete", 1, 2)
            watch.stopping()
    shown = os.read(main_end, 65536).decode()
    os.close(main_end)
    assert "deleting" in shown
    assert "Stopping after the record at hand" in shown
    assert bool(re.search(r"\x1b\[(?:\d+;)*(?:3[0-8]|9[0-7])[;m]", shown)) is not no_color
