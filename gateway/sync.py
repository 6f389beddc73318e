"""One sync, from fetch to proof, in this process: what the daemon will spread over time is done here in one go."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from gateway.adopting import Adopted, plan
from gateway.cases import Planned
from gateway.errors import (
    GatewayError,
    PluginError,
    SettingsError,
    ThrottledError,
    UnavailableError,
    VendorError,
)
from gateway.ledger import circuits, lines, nodes, questions, stops, work
from gateway.ledger.nodes import Lease
from gateway.ledger.stops import Stop
from gateway.ledger.work import Count
from gateway.model import Outcome
from gateway.nodes import Node
from gateway.register import Register
from gateway.runs import (
    Fetched,
    NotCalledError,
    Work,
    carry_out,
    fetch,
    look_again,
    outcome_of,
    settle,
    settle_absent,
    verify,
)
from gateway.settings import Settings
from gateway.trail import sign, write_checkpoint

T = TypeVar("T")
Progress = Callable[[str, str, int, int | None], None]
"""Called with processor, phase (`fetch`, `delete`, `verify`), how much more is done, and the total if it is known."""
CLOCK_SLACK = timedelta(minutes=5)


@dataclass(slots=True)
class Row:
    """What one processor came to in this sync. `reasons` names why things were kept, refused, or wait."""

    fetched: int = 0
    new: int = 0
    due: int = 0
    deleted: int = 0
    verified: int = 0
    nothing: int = 0
    kept: int = 0
    refused: int = 0
    waiting: int = 0
    needs_you: int = 0
    reasons: list[Count] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    error: str = ""


@dataclass(slots=True)
class Report:
    """What a sync came to. `stopped`: it was asked to stop before everything was done.

    `unplanned`: the rules that act cannot be read any more, and those that can wait for a second person.
    """

    started: datetime
    rows: dict[str, Row]
    planned: Planned = field(default_factory=Planned)
    adopted: Adopted | None = None
    unplanned: bool = False
    questions: int = 0
    open_cases: int = 0
    late: int = 0
    trail_lines: int = 0
    dry: bool = False
    stopped: bool = False
    stops: list[Stop] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all done; 3 something waits; 4 something needs a person now."""
        if (
            self.late
            or self.planned.late
            or self.unplanned
            or self.stops
            or any(row.needs_you for row in self.rows.values())
        ):
            return 4
        waits = (
            self.stopped or self.questions or self.open_cases or self.planned.waiting or self.planned.duties
        )
        waits = waits or (self.adopted is not None and self.adopted.waits is not None)
        return 3 if waits or any(row.error or row.waiting for row in self.rows.values()) else 0


class Sync:
    """One run over some or all processors."""

    def __init__(
        self,
        register: Register,
        names: Sequence[str] = (),
        *,
        actor: str = "operator",
        full: bool = False,
        progress: Progress = lambda *_: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        unknown = [name for name in names if name not in register.places]
        if unknown:
            known = ", ".join(register.places)
            raise SettingsError(*(f"{name}: no such processor; gateway.toml has {known}" for name in unknown))
        self.register, self.full, self.progress = register, full, progress
        self.names = [name for name in register.callable_names() if not names or name in names]
        self.job = Work(register.ledger, register.plugins, register.now, actor, stop)
        self.report = Report(
            register.now(), {name: Row() for name in register.places}, dry=register.ledger.dry
        )
        self._leases: dict[str, Lease] = {}

    def run(self) -> Report:
        """Fetch, plan, carry out, verify, sign. What one processor meets never stops the others."""
        check_clock(self.register)
        with unhurried_collector(), self.working("sync"):
            self.try_anew()
            self._say_faults()
            self.fetch()
            if not self.job.stop():
                self.plan()
            if not self.report.dry:
                self.carry_out()
            self._sum_up()
        return self.report

    def try_anew(self) -> None:
        """The operator asked: who refused us, or did not answer, is called once more, whatever the wait."""
        with self.register.ledger.write() as tx:
            stops.let_go_on(tx, self.names)
            circuits.try_now(tx, self.names, self.register.now())

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """The right to work: one sync at a time on a ledger, and one node at a time at a processor.

        Where another node is at work, this sync leaves it to that one, and says so.
        """
        register, daemon = self.register, self.register.settings.daemon
        with register.ledger.exclusive(what, register.now()):
            if self.report.dry:
                yield  # a dry run keeps all others from writing as long as it lasts
                return
            with Node(
                register.ledger, "sync", register.now, beat=daemon.beat, silence=daemon.silence
            ) as node:
                for name in self.names:
                    self._take(node, name)
                self.names = [name for name in self.names if name in self._leases]
                yield

    def _take(self, node: Node, name: str) -> None:
        lease = node.take(name)
        if lease is not None:
            self._leases[name] = lease
            return
        with self.register.ledger.read() as tx:
            who = next((f"{row.node} ({row.kind})" for row in nodes.held(tx) if row.name == name), "a node")
        self.report.rows[name].error = f"{who} is at work there, and goes on"

    def job_at(self, name: str) -> Work:
        """What is handed to the runs at one processor."""
        return replace(self.job, lease=self._leases.get(name))

    def fetch(self) -> None:
        """Read what is held now."""
        self._each(self._fetch)

    def plan(self) -> None:
        """Turn what is due into cases."""
        self.report.adopted, planned = plan(self.register, self.job.actor)
        self.report.unplanned = planned is None
        self.report.planned = planned or self.report.planned

    def carry_out(self) -> None:
        """Do what is open, then look whether it is true, and whether what was proven has stayed so."""
        self._each(self._act)

    def _act(self, name: str) -> None:
        """All that is open at one processor; how long the others take is nothing to it."""
        for phase in (self._delete, self._verify, self._look_again):
            try:
                phase(name)
            except (VendorError, PluginError) as err:
                self._failed(name, err)

    def _say_faults(self) -> None:
        """A plugin that cannot be used needs somebody; a processor that is disabled is so on purpose."""
        for name, place in self.register.places.items():
            if place.fault and self.register.settings.processors[name].enabled:
                self.report.rows[name].error = place.fault
                self.report.rows[name].needs_you += 1

    def _each(self, phase: Callable[[str], None]) -> None:
        """One phase at every processor, all at once, each in a thread of its own."""
        if not self.names:
            return
        with ThreadPoolExecutor(len(self.names), thread_name_prefix="sync") as pool:
            for name, future in [(name, pool.submit(phase, name)) for name in self.names]:
                try:
                    future.result()
                except (VendorError, PluginError) as err:
                    self._failed(name, err)

    def _failed(self, name: str, err: GatewayError) -> None:
        row = self.report.rows[name]
        row.error = row.error or str(err)
        row.needs_you += not isinstance(err, UnavailableError | ThrottledError)

    def _fetch(self, name: str) -> None:
        register = self.register
        target = register.target(name)
        row = self.report.rows[name]
        for kind in register.places[name].kinds:
            if self.job.stop():
                return

            def seen(count: int) -> None:
                self.progress(name, "fetch", count, None)

            got: Fetched = fetch(
                self.job_at(name), target, kind, register.reading(name, full=self.full), seen
            )
            row.fetched += got.tally.seen
            row.new += got.tally.new
            row.flaws += got.tally.flaws
            if got.error is not None:
                self._failed(name, got.error)
                return
            if not self.job.stop():
                settle_absent(self.job_at(name), target, kind, register.brake.allows)

    def _delete(self, name: str) -> None:
        target = self.register.target(name)
        try:
            settle(self.job_at(name), target)
        except (VendorError, PluginError) as err:
            # One answer that is not understood is no reason not to go on with the others; and where nobody may call,
            # the others have to be told so.
            if outcome_of(err) != Outcome.BROKEN and not isinstance(err, NotCalledError | ThrottledError):
                raise
            self._failed(name, err)
        with self.register.ledger.read() as tx:
            total = work.count_due(tx, name, self.register.now())
        counts = carry_out(self.job_at(name), target, lambda done: self.progress(name, "delete", done, total))
        self.report.rows[name].deleted += counts[Outcome.DONE] + counts[Outcome.ACCEPTED]

    def _verify(self, name: str) -> None:
        counts: Counter[str] = verify(
            self.job_at(name),
            self.register.target(name),
            lambda done: self.progress(name, "verify", done, None),
        )
        self.report.rows[name].verified += counts["verified"]

    def _look_again(self, name: str) -> None:
        found = look_again(self.job_at(name), self.register.target(name))
        # Who is there again is planned for by the next sync.
        self.report.rows[name].waiting += found["present"]

    def _sum_up(self) -> None:
        report, ledger, now = self.report, self.register.ledger, self.register.now()
        if not report.dry:
            checkpoint(self.register)
        with ledger.read() as tx:
            for count in work.stands(tx, report.started):
                if count.processor in report.rows:
                    _add(report.rows[count.processor], count)
            report.stops = stops.all_stops(tx)
            report.questions = len(questions.waiting(tx))
            report.open_cases = work.count_open(tx)
            report.late = work.count_late(tx, now)
            report.trail_lines = lines.head(tx).seq
        for stop in report.stops:
            if stop.name in report.rows:
                _say_stopped(report.rows[stop.name], stop)
        report.stopped = self.job.stop()


def _say_stopped(row: Row, stop: Stop) -> None:
    if str(stop) not in row.error:
        row.error = f"{row.error}; {stop}" if row.error else str(stop)
    row.needs_you = max(row.needs_you, 1)


def _add(row: Row, count: Count) -> None:
    row.due += count.steps
    if count.outcome == Outcome.NOTHING:
        row.nothing += count.steps
        return
    if count.closed and count.outcome in (Outcome.VERIFIED, Outcome.DONE):
        return
    if count.closed and count.outcome in (Outcome.KEPT, Outcome.REFUSED):
        if count.outcome == Outcome.KEPT:
            row.kept += count.steps
        else:
            row.refused += count.steps
    elif count.outcome == Outcome.BROKEN:
        row.needs_you += count.steps
    else:
        row.waiting += count.steps
    row.reasons.append(count)


@contextmanager
def unhurried_collector() -> Iterator[None]:
    """Let the garbage collector look less often: a page makes many values, and none of them in circles.

    It saves a sixth of the time of a large fetch.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def check_clock(register: Register) -> None:
    """Refuse to work when the clock stands before the last line of the trail: every date would be wrong."""
    with register.ledger.read() as tx:
        last = lines.last_time(tx)
    now = register.now()
    if last is not None and now < last - CLOCK_SLACK:
        raise SettingsError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but the trail's last line is of {last:%Y-%m-%d %H:%M} UTC: "
            "set the clock right; nothing was started"
        )


def checkpoint(register: Register) -> None:
    """Sign where the trail stands, if it has grown since; a copy goes into a file outside the ledger."""
    with register.ledger.write() as tx:
        head = lines.head(tx)
        done = lines.all_checkpoints(tx)
        if not head.seq or (done and done[-1].seq >= head.seq):
            return
        signed = sign(head, register.now(), register.settings.gateway.signing_key)
        lines.add_checkpoint(tx, signed)
    path = anchors_path(register.settings)
    try:
        with path.open("ab+") as file:
            file.seek(0)
            file.truncate(
                file.read().rfind(b"\n") + 1
            )  # a line cut short when a disk was full; the ledger has it
            file.write(write_checkpoint(signed).encode() + b"\n")
    except OSError as err:
        raise GatewayError(
            f"{path}: the checkpoint cannot be written there: {err.strerror}. It is in the ledger, and all that was "
            "done is"
        ) from err


def anchors_path(settings: Settings) -> Path:
    """Where the checkpoints are kept outside the ledger, so that cutting the ledger's own off is seen."""
    return settings.folder / "trail.checkpoints"
