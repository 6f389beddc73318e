"""Fetch runs: pages into the ledger, each with its cursor; and what a complete sweep did not show any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.errors import GatewayError, PluginError, ThrottledError, VendorError
from gateway.ledger import AnyRow, Transaction, graves, lines, people, questions, sweeps, work
from gateway.ledger.placing import Sweep, Tally
from gateway.ledger.sighting import sight
from gateway.model import Outcome, Page, Ref, Subject
from gateway.runs import health
from gateway.runs.auditing import look
from gateway.runs.calling import Target, Work, call, classify, expect, outcome_of
from gateway.runs.checking import flaw_of_page
from gateway.trail import Entry

RESUME_WITHIN = timedelta(hours=12)
"""A sweep that stopped longer ago is begun anew: too much may have moved between its pages. The time it had to wait for
calls does not count: one that takes more calls than a day has would never come to its end."""
LONGEST_PAUSE = timedelta(days=31)
"""A sweep waits no longer than this for calls, whatever a vendor says."""
MOST_REPEATED = 100
"""So many pages in a row that were shown already: the vendor (or the plugin) goes in circles."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read records: the time zone of plain dates, the region of phone numbers, and when to read all."""

    zone: ZoneInfo
    region: str
    whole_every: timedelta
    full: bool = False


@dataclass(slots=True)
class Fetched:
    """What a fetch of one kind came to. `error` is what stopped it, if anything did."""

    sweep: Sweep | None = None
    tally: Tally = field(default_factory=Tally)
    pages: int = 0
    complete: bool = False
    error: GatewayError | None = None


def fetch(
    job: Work, target: Target, kind: str, reading: Reading, progress: Callable[[int], None] = lambda _: None
) -> Fetched:
    """Read one kind at one processor from where the last fetch left it. Errors are returned, not raised."""
    done = Fetched()
    try:
        with job.write() as tx:
            health.enter(tx, target, "fetch", job.now())
            sweep = done.sweep = _sweep(tx, target.name, kind, reading, job.now())
            run = work.begin_run(tx, target.name, "fetch", 0, job.now(), job.node)
    except health.NotCalledError as err:
        done.error = err
        return done
    try:
        with ThreadPoolExecutor(1, thread_name_prefix=f"keep-{target.name}") as writer:
            _read(_Reader(job, target, sweep, reading, done, progress), writer)
    except (VendorError, PluginError) as err:
        done.error = err
    with job.write() as tx:
        work.end_run(tx, run, job.now(), str(done.error or ""))
        health.leave(tx, job, target, done.error)
        if done.error is not None and outcome_of(done.error) == Outcome.BROKEN:
            # It ended, and nothing is known of what it showed: the next fetch begins anew.
            sweeps.give_up(tx, sweep, job.now())
        elif isinstance(done.error, ThrottledError):
            _, until = classify(done.error, 0, job.now())
            sweeps.wait_for_calls(tx, sweep, min(until, job.now() + LONGEST_PAUSE))
    return done


def _sweep(tx: Transaction, processor: str, kind: str, reading: Reading, now: datetime) -> Sweep:
    """The sweep to go on with, or a new one: whole where that is asked for or its time has come."""
    last = sweeps.current(tx, processor, kind)
    fresh = (
        last is not None
        and last.ended_at is None
        and now - max(last.started_at, last.waits_until or last.started_at) < RESUME_WITHIN
    )
    if last is not None and fresh and (last.whole or not reading.full):
        return Sweep(last.id, processor, kind, last.whole, last.cursor)
    whole = sweeps.last_whole(tx, processor, kind)
    if reading.full or whole is None or now - whole.ended_at >= reading.whole_every:
        return sweeps.begin(tx, processor, kind, None, now)
    newest = sweeps.last_ended(tx, processor, kind)
    return sweeps.begin(tx, processor, kind, newest.cursor if newest is not None else None, now)


@dataclass(frozen=True, slots=True)
class _Reader:
    """A fetch under way."""

    job: Work
    target: Target
    sweep: Sweep
    reading: Reading
    done: Fetched
    progress: Callable[[int], None]
    shown: set[int] = field(default_factory=set)
    repeated: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"plugin {self.target.plugin}: fetch of {self.sweep.kind}"

    @contextmanager
    def blamed(self, page: Page) -> Iterator[None]:
        """What goes wrong inside is the plugin's doing, if its page is not made as it has to be."""
        try:
            yield
        except GatewayError:
            raise
        except Exception:
            flaw = flaw_of_page(page)
            if flaw is None:
                raise
            raise PluginError(f"{self.name} yielded {flaw}") from None

    def check(self, page: Page, before: str | None) -> None:
        """Whether the page belongs here and leads on; PluginError if not."""
        with self.blamed(page):
            self._check(page, before)

    def _check(self, page: Page, before: str | None) -> None:
        strange = {each.ref.kind for each in page.records} - {self.sweep.kind}
        if strange:
            raise PluginError(f"{self.name} yielded {', '.join(sorted(strange))}")
        ids = tuple(each.ref.id for each in page.records)
        if {type(each) for each in ids} - {str}:
            raise PluginError(f"{self.name} yielded a record whose kind and id are not text")
        if page.cursor is not None and not isinstance(page.cursor, str):
            raise PluginError(f"{self.name} yielded a page whose cursor is not text")
        if page.complete is None and page.cursor in (None, before):
            raise PluginError(f"{self.name} yielded a page whose cursor leads nowhere")
        self._go_on(hash(ids))

    def _go_on(self, ids: int) -> None:
        """Leave a walk in circles: every page of it was shown before."""
        if ids in self.shown:
            self.repeated.append(ids)
        else:
            self.repeated.clear()
        self.shown.add(ids)
        if len(self.repeated) > MOST_REPEATED:
            raise PluginError(f"{self.name} shows the same pages over and over")

    def keep(self, page: Page) -> None:
        """Normalise and hash a page; write it down with its cursor and its line in the trail, in one transaction."""
        with self.blamed(page):
            tally = self._write(page)
        done = self.done
        done.pages += 1
        done.tally.add(tally)
        if page.complete is not None:
            done.complete = page.complete and self.sweep.whole
        self.progress(len(page.records))

    def _write(self, page: Page) -> Tally:
        job, vault, reading = self.job, self.job.ledger.vault, self.reading
        sightings = sight(page.records, self.target.name, vault, reading.region)
        with job.write() as tx:
            now = job.now()
            tally = sweeps.keep_page(tx, vault, self.sweep, page, sightings, zone=reading.zone, now=now)
            data = {
                "kind": self.sweep.kind,
                "records": tally.seen,
                "new": tally.new,
                "changed": tally.changed,
            }
            data |= {"flaws": len(tally.flaws)} if tally.flaws else {}
            lines.append(tx, [Entry(now, job.actor, "fetched", processor=self.target.name, data=data)])
        return tally


def _read(reader: _Reader, writer: Executor) -> None:
    """Read page after page; while one is written, the next is on its way."""
    job, target, sweep = reader.job, reader.target, reader.sweep
    written: Future[None] | None = None
    before = sweep.cursor
    try:
        for item in call(job, target, "fetch", kind=sweep.kind, cursor=sweep.cursor):
            page = expect(item, Page, target, "fetch")
            reader.check(page, before)
            before = page.cursor
            if written is not None:
                written.result()
            written = writer.submit(reader.keep, page)
            if page.complete is not None or job.stop():
                return
    finally:
        if written is not None:
            written.result()
    raise PluginError(f"plugin {target.plugin}: fetch of {sweep.kind} ended without a last page")


@dataclass(frozen=True, slots=True)
class Absent:
    """What a complete sweep did not show: how many, how many of them are proven gone, and whether it was believed."""

    missing: int = 0
    gone: int = 0
    believed: bool = True


def settle_absent(job: Work, target: Target, kind: str, allows: Callable[[int], int]) -> Absent:
    """What the last complete sweep did not show is asked for by id, and only what is absent then is gone.

    An empty or shrunken sweep is not believed: a person is asked, and nobody is deleted on its word. A sweep is
    settled once; what kept it from being settled (a crash, a question) does not make it forgotten.
    """
    with job.ledger.read() as tx:
        sweep = sweeps.unsettled(tx, target.name, kind)
        if sweep is None:
            return Absent()
        believed = sweeps.believed_before(tx, target.name, kind)
        missing = sweeps.unseen(tx, sweep)
        total = sweeps.count(tx, target.name, kind)
        refuted = sweeps.answer_about(tx, sweep.id) == "not-deleted"
        empty = sweeps.is_empty(tx, sweep.id)
    doubtful = [row for row in missing if row.sweep_id >= believed]
    if not refuted and doubtful and (empty or len(doubtful) > allows(total)):
        with job.write() as tx:
            _ask_about_sweep(tx, target, sweep, len(doubtful), total, job.now())
        return Absent(len(missing), 0, believed=False)
    gone = 0
    size = target.vendor.audit_batch
    provable = [] if refuted or "audit" in target.vendor.cannot else missing
    for start in range(0, len(provable), size):
        if job.stop():
            return Absent(len(missing), gone)
        gone += _confirm(job, target, sweep, provable[start : start + size])
    with job.write() as tx:
        sweeps.settle(tx, sweep.id)
    return Absent(len(missing), gone, believed=not refuted)


def _ask_about_sweep(
    tx: Transaction, target: Target, sweep: Sweep, missing: int, total: int, now: datetime
) -> None:
    text = (
        f"{target.name} showed {missing} of {total} known {sweep.kind} records no more. That is too many to believe "
        "without a word from you: have they been deleted there, or has the account lost its rights?"
    )
    asked = sweeps.asked_about(tx, target.name, sweep.kind)
    if asked is not None:
        sweeps.ask_again(tx, asked, sweep, text)
        return
    questions.ask(tx, "sweep", text, ("deleted", "not-deleted"), now, sweep_id=sweep.id)


def _confirm(job: Work, target: Target, sweep: Sweep, rows: Sequence[AnyRow]) -> int:
    """Ask for missing records by id. Proven absent: vanished at a source, forgotten elsewhere; the rest is there."""
    refs = {f"R{row.id}": Ref(sweep.kind, row.vendor_id) for row in rows}
    asked = [Subject(name, records=(ref,)) for name, ref in refs.items()]
    # What merely hangs on a record may outlive it.
    here = {each.subject for each in look(job, target, asked) if each.ref == refs[each.subject]}
    absent = [row for row in rows if f"R{row.id}" not in here]
    now = job.now()
    with job.write() as tx:
        sweeps.mark_seen(tx, sweep, [row.id for row in rows if f"R{row.id}" in here])
        spread = [row.id for row in absent if target.source and row.state in ("held", "vanished")]
        sweeps.mark_vanished(tx, sweep, spread)
        graves.drop_records(tx, [row.id for row in absent if row.id not in set(spread)])
        entries = [
            Entry(now, job.actor, "vanished", subject=people.ref_of(row.subject_id), processor=target.name,
                  why="not in a complete sweep, and absent when asked for by id")
            for row in absent
        ]  # fmt: skip
        emptied = {row.subject_id for row in absent if row.id not in set(spread)}
        entries += [
            Entry(now, job.actor, "erased-key", subject=people.ref_of(each))
            for each in sorted(graves.erase_subjects(tx, dict.fromkeys(emptied), now))
        ]
        lines.append(tx, entries)
    return len(absent)
