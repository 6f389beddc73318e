"""Audit runs: what a processor still holds, and what that makes of the steps that say it holds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from gateway.errors import GarbledError, PluginError, VendorError
from gateway.ledger import lines, people, sweeps, work
from gateway.ledger.work import Step
from gateway.model import Holding, Outcome, Ref, Subject
from gateway.obligations import Scope
from gateway.runs import health
from gateway.runs.calling import Target, Work, call, expect, is_traceable
from gateway.runs.checking import flaw_of_holding
from gateway.runs.verdict import Verdict
from gateway.trail import Entry

VERIFIABLE = (Outcome.DONE, Outcome.ACCEPTED, Outcome.NOTHING, Outcome.KEPT, Outcome.REFUSED, Outcome.BROKEN)
UNTOLD = (None, Outcome.RETRY, Outcome.RETURNED)


def look(job: Work, target: Target, subjects: Sequence[Subject]) -> list[Holding]:
    """What is held about these subjects; it returns only when everything was looked at."""
    asked = {each.ref for each in subjects}
    found: list[Holding] = []
    with recorded(job, target, "audit", len(subjects)):
        for item in call(job, target, "audit", subjects=subjects):
            holding = expect(item, Holding, target, "audit")
            flaw = flaw_of_holding(holding)
            if flaw is None and holding.subject not in asked:
                flaw = "a holding of a subject it was not asked about"
            if flaw is not None:
                raise PluginError(f"plugin {target.plugin}: audit gave {flaw}")
            found.append(holding)
    return found


@contextmanager
def recorded(job: Work, target: Target, hook: str, size: int) -> Iterator[int]:
    """A run in the ledger, with how it ended and what that makes of the account.

    NotCalledError where the account is stopped, or somebody else tries whether it answers again.
    """
    with job.write() as tx:
        health.enter(tx, target, hook, job.now())
        run = work.begin_run(tx, target.name, hook, size, job.now(), job.node)
    try:
        yield run
    except (VendorError, PluginError) as err:
        with job.write() as tx:
            work.end_run(tx, run, job.now(), str(err))
            health.leave(tx, job, target, err)
        raise
    with job.write() as tx:
        work.end_run(tx, run, job.now())
        health.leave(tx, job, target, None)


def scopes_of(steps: Iterable[Step]) -> dict[int, Scope | None]:
    """What of each person a step is about."""
    return {each.subject: each.scope for each in steps}


_Batch = tuple[list[Step], dict[str, set[Ref]], dict[str, Subject]]
"""Steps, and by the name of their subjects what is held and who was asked about."""
_Answer = tuple[Sequence[Subject], list[Holding] | GarbledError | PluginError]


def _batches(job: Work, target: Target, steps: Sequence[Step]) -> Iterator[_Batch]:
    """Steps with what is held about their subjects, as many at a time as the vendor takes.

    Those whose answer is not understood are left as they are, and what was wrong is raised at the end.
    """
    size = target.vendor.audit_batch
    failed: GarbledError | PluginError | None = None
    for start in range(0, len(steps), size):
        if job.stop():
            return
        some = list(steps[start : start + size])
        with job.ledger.read() as tx:
            known = people.as_known_at(
                tx, job.ledger.vault, [each.subject for each in some], target.name, target.vendor.finds_by,
                scopes_of(some),
            )  # fmt: skip
        kinds = {people.ref_of(each.subject): each.scope.kinds if each.scope else None for each in some}
        subjects = {each.ref: each for each in known.values()}
        found: dict[str, set[Ref]] = {ref: set() for ref, each in subjects.items() if not is_traceable(each)}
        for asked, held in looked_at(job, target, [each for each in subjects.values() if is_traceable(each)]):
            if isinstance(held, GarbledError | PluginError):
                failed = held
                continue
            found |= {each.ref: set() for each in asked}
            for holding in held:
                only = kinds[holding.subject]
                if only is None or holding.ref.kind in only:
                    found[holding.subject].add(holding.ref)
        yield [each for each in some if people.ref_of(each.subject) in found], found, subjects
    if failed is not None:
        raise failed


def looked_at(job: Work, target: Target, subjects: Sequence[Subject]) -> Iterator[_Answer]:
    """What is held about these, in parts where one of them spoils the answer for all.

    A part that is not understood is halved as long as one half is; where neither is, nobody is singled out.
    """
    held = _try_to_look(job, target, subjects) if subjects else []
    while not isinstance(held, list) and len(subjects) > 1 and not job.stop():
        middle = len(subjects) // 2
        halves = [(half, _try_to_look(job, target, half)) for half in (subjects[:middle], subjects[middle:])]
        spoilt = [(half, answer) for half, answer in halves if not isinstance(answer, list)]
        if len(spoilt) == 2:
            break
        yield from (each for each in halves if each not in spoilt)
        if not spoilt:
            return
        subjects, held = spoilt[0]
    yield subjects, held


def _try_to_look(
    job: Work, target: Target, subjects: Sequence[Subject]
) -> list[Holding] | GarbledError | PluginError:
    try:
        return look(job, target, subjects)
    except (GarbledError, PluginError) as err:
        return err


def settle(job: Work, target: Target) -> Counter[str]:
    """Steps whose call was begun and never answered for: gone means done, still there means begin again.

    What was answered and not understood is looked at too: it is broken as long as it is still there.
    """
    counts: Counter[str] = Counter()
    blind = "audit" in target.vendor.cannot
    with job.ledger.read() as tx:
        outcomes = UNTOLD if blind else (*UNTOLD, Outcome.BROKEN)
        steps = work.due_steps(tx, target.name, outcomes, job.now(), untold=True)
    if steps and blind:
        with job.write() as tx:
            for step in steps:
                work.change_step(tx, step.id, intent_run=None)
        return counts
    for some, held, subjects in _batches(job, target, steps):
        now = job.now()
        with job.write() as tx:
            for step in some:
                ref = people.ref_of(step.subject)
                found, why = _settled(step, held[ref], subjects[ref], now, target)
                if found and work.change_step(tx, step.id, run=step.intent_run, **found):
                    counts["settled"] += 1
                    entry = Entry(now, job.actor, "settled", subject=ref, case=step.case, step=step.id,
                                  processor=target.name, why=why)  # fmt: skip
                    lines.append(tx, [entry])
    return counts


def _settled(
    step: Step, held: set[Ref], subject: Subject, now: datetime, target: Target
) -> tuple[dict[str, Any], str]:
    """What becomes of a step whose call was never answered for, and why; nothing where it stays as it is."""
    again = {} if step.outcome == Outcome.BROKEN else {"intent_run": None}
    if held - set(subject.kept) or not is_traceable(subject):
        return again, "still there, to be done again"
    if not subject.records and "fetch" in target.vendor.cannot:
        # Nothing, or somebody they know by another address: the plugin says which when it is asked again.
        return again, "not found by any address known, to be asked for again"
    if not subject.records:
        # Nobody knows whether anything was there before; that nothing is there now was read.
        return {
            "intent_run": None, "outcome": str(Outcome.NOTHING), "reason": "nothing found after an interrupted run",
            "done_at": now, "next_at": now + target.grace,
        }, "gone"  # fmt: skip
    return {
        "intent_run": None, "outcome": str(Outcome.DONE), "reason": "found gone after an interrupted run",
        "done_at": now, "next_at": now + target.grace, "deleted": [[each.kind, each.id] for each in subject.records],
    }, "gone"  # fmt: skip


def verify(job: Work, target: Target, progress: Callable[[int], None] = lambda _: None) -> Counter[str]:
    """Look whether what was said is true, for every step whose grace is over; close those for which it is."""
    counts: Counter[str] = Counter()
    with job.ledger.read() as tx:
        steps = work.due_steps(tx, target.name, VERIFIABLE, job.now())
        known = sweeps.swept(tx, target.name, [each.name for each in target.vendor.kinds])
    if "audit" in target.vendor.cannot:
        _take_their_word(job, target, steps)
        return counts
    for some, held, subjects in _batches(job, target, steps):
        with job.write() as tx:
            verdict = Verdict(tx, job, target, job.now())
            # What was answered by a person while the vendor was looking is not judged by what stood before.
            for step in work.unchanged(tx, some):
                ref = people.ref_of(step.subject)
                if known or is_traceable(subjects[ref]):
                    counts[verdict.on(step, held[ref], subjects[ref])] += 1
                else:
                    verdict.ask_for_evidence(step, "no identity they know is left.")
            verdict.close()
        progress(len(some))
    return counts


def _take_their_word(job: Work, target: Target, steps: Sequence[Step]) -> None:
    """Where nothing can be audited: that they keep something is believed, that it is gone is not."""
    if not steps:
        return
    with job.write() as tx:
        known = people.as_known_at(
            tx, job.ledger.vault, [each.subject for each in steps], target.name, target.vendor.finds_by,
            scopes_of(steps),
        )  # fmt: skip
        verdict = Verdict(tx, job, target, job.now())
        for step in steps:
            subject = known[step.subject]
            if step.outcome in (Outcome.KEPT, Outcome.REFUSED) and not step.deleted:
                verdict.on(step, {each.ref for each in step.kept}, subject)
            else:
                verdict.ask_for_evidence(step, target.vendor.cannot["audit"])
        verdict.close()
