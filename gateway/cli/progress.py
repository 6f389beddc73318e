"""How far a sync is, on stderr: bars on a terminal, a few plain lines anywhere else."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli.printing import console

DOING = {"fetch": "reading", "delete": "deleting", "verify": "verifying"}
DID = {"fetch": "Read", "delete": "Answered for", "verify": "Verified"}
EVERY = 30.0
"""Seconds between two plain lines while a phase takes long."""


class Watch(Protocol):
    """What follows a sync. Called from many threads."""

    def __call__(self, processor: str, phase: str, more: int, total: int | None, /) -> None: ...
    def stopping(self) -> None:
        """A stop was asked for."""
        ...


@contextmanager
def watched(*, plain: bool) -> Iterator[Watch]:
    """Bars, if stderr is a terminal and nothing else is written there; plain lines otherwise."""
    screen = console(sys.stderr)
    if plain or not screen.is_terminal:
        lines = PlainLines()
        try:
            yield lines
        finally:
            lines.close()
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=screen, transient=True) as bars:
        yield Bars(bars)


class Bars:
    """One bar a processor and phase."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._lock = threading.Lock()

    def __call__(self, processor: str, phase: str, more: int, total: int | None, /) -> None:
        with self._lock:
            task = self._tasks.get((processor, phase))
            if task is None:
                self._finish(phase)
                shown = f"{processor[:24]:<14} {DOING.get(phase, phase):<9}"
                task = self._tasks[processor, phase] = self._bars.add_task(shown, total=total)
        self._bars.update(task, advance=more, total=total)

    def _finish(self, phase: str) -> None:
        """The phases follow each other: when one begins, those before it have ended."""
        for (_, earlier), task in self._tasks.items():
            if earlier != phase:
                done = self._bars.tasks[self._bars.task_ids.index(task)].completed
                self._bars.update(task, total=done)

    def stopping(self) -> None:
        self._bars.console.print("Stopping after the record at hand. Ctrl-C again stops at once.")


class PlainLines:
    """A line when a phase ends, and now and then while it takes long."""

    def __init__(self) -> None:
        self._phase = ""
        self._counts: dict[str, int] = {}
        self._said = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, processor: str, phase: str, more: int, total: int | None, /) -> None:  # noqa: ARG002 - Watch's signature
        with self._lock:
            if phase != self._phase:
                self._say_done()
                self._phase, self._counts, self._said = phase, {}, time.monotonic()
            self._counts[processor] = self._counts.get(processor, 0) + more
            if time.monotonic() - self._said >= EVERY:
                self._said = time.monotonic()
                click.echo(f"Still {DOING.get(phase, phase)}: {self._spelled()}", err=True)

    def _spelled(self) -> str:
        return ", ".join(f"{name} {count:,}" for name, count in sorted(self._counts.items()))

    def _say_done(self) -> None:
        if self._counts:
            click.echo(f"{DID.get(self._phase, self._phase)}: {self._spelled()}", err=True)

    def stopping(self) -> None:
        click.echo("Stopping after the record at hand. Ctrl-C again stops at once.", err=True)

    def close(self) -> None:
        with self._lock:
            self._say_done()
            self._counts = {}
