"""Delete runs: intents first, then the call, then each receipt closed in with its trail line as soon as it is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from queue import SimpleQueue
from threading import Event, Lock
from typing import Any

from gateway.errors import GatewayError, PluginError, ThrottledError, VendorError
from gateway.http import Use
from gateway.ledger import Transaction, lines, people, questions, stops, sweeps, work
from gateway.ledger.work import Step
from gateway.model import Outcome, Receipt, Subject
from gateway.places import DATA_SET
from gateway.runs import health
from gateway.runs.auditing import UNTOLD, recorded, scopes_of
from gateway.runs.calling import Target, Work, call, classify, expect, is_traceable, outcome_of
from gateway.runs.checking import flaw_of_receipt
from gateway.runs.health import NotCalledError
from gateway.runs.verdict import Verdict
from gateway.trail import Entry

MOST_TOGETHER = 50
AT_ONCE = 2
"""Chunks under way together, so that no thread of the account idles between them."""
GATHER = 0.05
"""Seconds in which receipts gather before they are written down together: a write costs more than a receipt.

After a crash, what was answered in them is looked at, as is what was on its way.
"""
WAITING = "waiting"
"""Counts the steps nobody was called for."""


def carry_out(
    job: Work,
    target: Target,
    progress: Callable[[int], None] = lambda _: None,
    only: Collection[int] | None = None,
) -> Counter[str]:
    """Delete at one processor for every step whose time has come, or for `only` those of them that are named.

    What one step meets never stops the others.
    """
    with job.ledger.read() as tx:
        steps = work.due_steps(tx, target.name, UNTOLD, job.now(), only=only)
    if "delete" in target.vendor.cannot:
        with job.write() as tx:
            for step in steps:
                _by_hand(tx, target, step, job.now())
        return Counter({str(Outcome.MANUAL): len(steps)})
    size = max(1, target.vendor.delete_batch)
    chunks = [steps[start : start + size] for start in range(0, len(steps), size)]
    counts: Counter[str] = Counter()
    workers = AT_ONCE if target.parallel > 1 else 1
    calls = _Calls(target)
    with ThreadPoolExecutor(workers, thread_name_prefix=f"delete-{target.name}") as pool:
        for each in pool.map(lambda chunk: _chunk(job, target, calls.enough(chunk), progress), chunks):
            counts += each
    counts[WAITING] += calls.put_off(job)
    return counts


class _Calls:
    """Looks before each chunk whether the budget has a call for it. What is not begun needs no audit to settle it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._spent: ThrottledError | None = None
        self._waiting: list[int] = []

    def enough(self, chunk: Sequence[Step]) -> Sequence[Step]:
        """The chunk; nothing of it where no call is left."""
        self._spent = self._spent or self._target.spent(Use.DELETE)
        if self._spent is None:
            return chunk
        self._waiting += [each.id for each in chunk]
        return ()

    def put_off(self, job: Work) -> int:
        """Say of those that were left why they wait, and until when; how many."""
        if self._spent is not None and self._waiting:
            with job.write() as tx:
                work.put_off(tx, self._waiting, str(self._spent), self._spent.retry_at)
        return len(self._waiting)


def _by_hand(tx: Transaction, target: Target, step: Step, now: datetime) -> None:
    why = target.vendor.cannot["delete"]
    changed = work.change_step(
        tx, step.id, outcome=str(Outcome.MANUAL), reason=f"by hand: {why}", next_at=None, intent_run=None
    )
    if changed and questions.of_step(tx, step.id, "task") is None:
        text = f"{target.vendor.title}, {people.ref_of(step.subject)}: {why} Delete it there by hand, then answer."
        questions.ask(tx, "task", text, ("done",), now, step_id=step.id)


def _chunk(job: Work, target: Target, steps: Sequence[Step], progress: Callable[[int], None]) -> Counter[str]:
    if job.stop() or not steps:
        return Counter()
    with job.ledger.read() as tx:
        hindrance = health.hinders_deletions(tx, target.name, job.now())
        subjects = people.as_known_at(
            tx, job.ledger.vault, [each.subject for each in steps], target.name, target.vendor.finds_by,
            scopes_of(steps),
        )  # fmt: skip
    if hindrance is not None:
        waiting = _Run(job, target, steps, progress)
        waiting.put_off()
        return waiting.counts
    traced = _without_trace(job, target, steps, subjects)
    run = _Run(job, target, traced, progress)
    error = run.make([subjects[each.subject] for each in run.waiting.values()])
    if error is not None and outcome_of(error) == Outcome.BROKEN and len(traced) > 1:
        error = _one_by_one(job, run, subjects)
    if run.halted or isinstance(error, NotCalledError):
        run.put_off()
    elif error is not None:
        run.fail(error)
    _look_at_errors(job, target, run.counts)
    return run.counts


def _look_at_errors(job: Work, target: Target, counts: Counter[str]) -> None:
    broken, answers = counts[Outcome.BROKEN], counts.total() - counts[WAITING]
    if broken:
        with job.write() as tx:
            health.stop_if_many_are_broken(tx, job, target, broken, answers)


def _one_by_one(job: Work, run: _Run, subjects: Mapping[int, Subject]) -> GatewayError | None:
    """After an answer that is not understood: each alone, so that only the one it is about stays broken.

    What ends all calls (no answer, no more calls, no rights) is returned: it is said of all that are left.
    """
    for ref, step in list(run.waiting.items()):
        if job.stop() or run.halted:
            return None
        error = run.make([subjects[step.subject]])
        if error is not None and outcome_of(error) != Outcome.BROKEN:
            return error
        if error is not None:
            run.fail(error, only=ref)
    return None


def _without_trace(
    job: Work, target: Target, steps: Sequence[Step], subjects: Mapping[int, Subject]
) -> list[Step]:
    """Settle those nobody can be asked about, since nothing they could be found by is known; who is left.

    Where everything held there was read, they are not held there. Elsewhere a person has to look.
    """
    traced = [each for each in steps if is_traceable(subjects[each.subject])]
    if len(traced) == len(steps):
        return traced
    with job.write() as tx:
        can_fetch = "fetch" not in target.vendor.cannot
        swept = (
            sweeps.swept(tx, target.name, [each.name for each in target.vendor.kinds]) if can_fetch else False
        )
        verdict = Verdict(tx, job, target, job.now())
        for step in steps:
            subject = subjects[step.subject]
            if is_traceable(subject):
                continue
            if swept:
                verdict.not_there(step, subject, "not in the last complete sweep")
            elif swept is None:
                why = "no identity they know, and not read to the end yet"
                work.change_step(tx, step.id, outcome=str(Outcome.RETRY), reason=why, intent_run=None)
            else:
                verdict.unlinkable(step)
        verdict.close()
    return traced


class _GroupCommit:
    """Writes what is added in the background, all that is there at a time in one transaction.

    While one group is made durable, the next answers of the vendor arrive; leaving waits for the last.
    """

    def __init__(self, write: Callable[[Sequence[tuple[Step, Receipt]]], None]) -> None:
        self._write = write
        self._added: SimpleQueue[tuple[Step, Receipt]] = SimpleQueue()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._last: Future[None] | None = None
        self._lock, self._is_draining, self._leaving = Lock(), False, Event()

    def __enter__(self) -> _GroupCommit:
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._pool.shutdown()
        if self._last is not None:
            self._last.result()

    def add(self, item: tuple[Step, Receipt]) -> None:
        """Take one in; raises what the writing of an earlier group raised."""
        with self._lock:
            self._added.put(item)
            if self._is_draining:
                return
            self._is_draining = True
        if self._last is not None:
            self._last.result()
        self._last = self._pool.submit(self._drain)

    def _drain(self) -> None:
        self._leaving.wait(GATHER)
        while some := self._take():
            try:
                self._write(some)
            except BaseException:
                self._is_draining = False
                raise
            self._leaving.wait(GATHER)

    def _take(self) -> list[tuple[Step, Receipt]]:
        """What is to be written together; none where nothing is left, so that the next to be added begins anew."""
        with self._lock:
            some: list[tuple[Step, Receipt]] = []
            while not self._added.empty() and len(some) < MOST_TOGETHER:
                some.append(self._added.get())
            self._is_draining = bool(some)
            return some


class _Run:
    """One chunk on its way: the steps that have no receipt yet, and what the others came to."""

    def __init__(
        self,
        job: Work,
        target: Target,
        steps: Sequence[Step],
        progress: Callable[[int], None],
    ) -> None:
        self.job, self.target, self.progress = job, target, progress
        self.waiting = {people.ref_of(each.subject): each for each in steps}
        self.runs: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.halted = False

    def make(self, subjects: Sequence[Subject]) -> GatewayError | None:
        """Call delete for these subjects and take in the receipts; the error that ended it, if one did."""
        job, target = self.job, self.target
        asked = {each.ref: self.waiting[each.ref] for each in subjects}
        if not asked:
            return None
        try:
            with recorded(job, target, "delete", len(subjects)) as run:
                self._intend(run, asked)
                subjects = [each for each in subjects if each.ref in asked]
                with _GroupCommit(lambda some: self._close(run, some)) as commit:
                    for item in call(job, target, "delete", subjects=subjects) if subjects else ():
                        receipt = expect(item, Receipt, target, "delete")
                        commit.add((self._take(receipt, asked), receipt))
                        if job.stop() or self.halted:
                            return None
                if self.halted:
                    return None
                self._check_all_answered(asked)
        except (VendorError, PluginError) as err:
            return err
        return None

    def _check_all_answered(self, left: Mapping[str, Step]) -> None:
        if left:
            raise PluginError(f"plugin {self.target.plugin}: delete gave no receipt for {len(left)} subjects")

    def _intend(self, run: int, asked: dict[str, Step]) -> None:
        """Write down what is about to be done. What was closed meanwhile (by a hold, say) is not asked for."""
        with self.job.write() as tx:
            still = work.intend(tx, run, [each.id for each in asked.values()])
            for ref in [ref for ref, each in asked.items() if each.id not in still]:
                del asked[ref], self.waiting[ref]
            if not asked:
                return
            numbers = [each.id for each in asked.values()]
            lines.append(tx, [Entry(self.job.now(), self.job.actor, "intended", processor=self.target.name,
                                    data={"steps": numbers})])  # fmt: skip
        self.runs.update(dict.fromkeys(asked, run))

    def _take(self, receipt: Receipt, asked: dict[str, Step]) -> Step:
        """The step a receipt is about, which has its answer now."""
        flaw = flaw_of_receipt(receipt)
        if flaw is None and receipt.subject not in asked:
            flaw = "a receipt nobody asked for, or a second one"
        if flaw is not None:
            raise PluginError(f"plugin {self.target.plugin}: delete gave {flaw}")
        return asked.pop(receipt.subject)

    def _close(self, run: int, answered: Sequence[tuple[Step, Receipt]]) -> None:
        """Write receipts down, each with its trail line, unless somebody else has closed the step meanwhile."""
        now = self.job.now()
        entries: list[Entry] = []
        counts: Counter[str] = Counter()
        with self.job.write() as tx:
            # Somebody may have said stop since the call was begun: what is answered is kept, and nothing more is asked.
            self.halted = self.halted or stops.of_deletions(tx, self.target.name) is not None
            for step, receipt in answered:
                kept = [*(each for each in step.kept if each.ref.kind == DATA_SET), *receipt.kept]
                why = " ".join(sorted({each.text for each in kept})) or receipt.note
                values: dict[str, Any] = {
                    "outcome": str(receipt.outcome), "reason": why, "intent_run": None, "done_at": now,
                    "kept": work.pack_kept(kept), "deleted": [[each.kind, each.id] for each in receipt.deleted],
                    "next_at": self._next(receipt, now),
                }  # fmt: skip
                if work.change_step(tx, step.id, run=run, **values):
                    counts[str(receipt.outcome)] += 1
                    entries.append(
                        Entry(now, self.job.actor, "answered", subject=receipt.subject, case=step.case, step=step.id,
                              processor=self.target.name, outcome=str(receipt.outcome), why=why)
                    )  # fmt: skip
                    self._ask(tx, step, receipt, now)
            lines.append(tx, entries)
        for _, receipt in answered:
            self.waiting.pop(receipt.subject)
        self.counts += counts
        self.progress(len(answered))

    def _next(self, receipt: Receipt, now: datetime) -> datetime | None:
        if receipt.outcome in (Outcome.MANUAL, Outcome.UNLINKABLE):
            return None
        if receipt.outcome == Outcome.ACCEPTED:
            return receipt.look_again
        return now + self.target.grace if receipt.deleted or receipt.outcome == Outcome.DONE else now

    def _ask(self, tx: Transaction, step: Step, receipt: Receipt, now: datetime) -> None:
        title = self.target.vendor.title
        if receipt.outcome == Outcome.MANUAL:
            text, options = (
                f"{title}, {receipt.subject}: {receipt.note} Do it by hand, then answer.",
                ("done",),
            )
            questions.ask(tx, "task", text, options, now, step_id=step.id)
        elif receipt.outcome == Outcome.UNLINKABLE:
            text = f"{title} does not know {receipt.subject} by anything we know. Look there by hand, then answer."
            questions.ask(tx, "unlinkable", text, ("done", "not-there"), now, step_id=step.id)

    def put_off(self) -> None:
        """Say of the steps without a receipt why nobody is called for them. It counts as no attempt; intents stay."""
        with self.job.write() as tx:
            hindrance = health.hinders_deletions(tx, self.target.name, self.job.now())
            if hindrance is None:
                return  # it is over already: the next run takes them
            values = {"outcome": str(Outcome.RETRY), "reason": f"{stops.NOT_CALLED}{hindrance.why}"}
            again = {} if hindrance.until is None else {"next_at": hindrance.until}
            for ref, step in self.waiting.items():
                work.change_step(tx, step.id, run=self.runs.get(ref), **values, **again)
        self.counts[WAITING] += len(self.waiting)

    def fail(self, error: GatewayError, only: str = "") -> None:
        """Say of the steps without a receipt what the error makes of them. Their intents stay: an audit settles them."""
        now = self.job.now()
        with self.job.write() as tx:
            for ref, step in list(self.waiting.items()):
                if only and ref != only:
                    continue
                outcome, again = classify(error, step.attempts, now)
                values = {"outcome": str(outcome), "reason": str(error), "next_at": again}
                if work.change_step(tx, step.id, run=self.runs.get(ref), **values):
                    entry = Entry(now, self.job.actor, "failed", subject=ref, case=step.case, step=step.id,
                                  processor=self.target.name, outcome=str(outcome), why=type(error).__name__)  # fmt: skip
                    lines.append(tx, [entry])
                    if outcome == Outcome.BROKEN and questions.of_step(tx, step.id, "untrue") is None:
                        text = f"{self.target.vendor.title}, {ref}: {error}. Try again, or see to it by hand?"
                        questions.ask(tx, "untrue", text, ("retry", "by-hand"), now, step_id=step.id)
                self.waiting.pop(ref)
                self.counts[str(outcome)] += 1
                self.progress(1)
