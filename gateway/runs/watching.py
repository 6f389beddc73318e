"""Looks that are repeated: whether what was proven gone has stayed gone, asked for by the ids that were deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from gateway.errors import GarbledError, PluginError
from gateway.ledger import lines, people, watches
from gateway.ledger.watches import ABSENT, PRESENT, Look
from gateway.model import Holding, Outcome, Ref, Subject
from gateway.runs import health
from gateway.runs.auditing import looked_at
from gateway.runs.calling import Target, Work
from gateway.trail import Entry

_Found = dict[Ref, datetime | None]
"""What is held, and since when."""


def look_again(job: Work, target: Target) -> Counter[str]:
    """Look once more for what was deleted at one processor; how many people are `absent`, how many `present`.

    Only an answer that was understood counts: all others are asked for again by the next call. Who is there again
    is marked as a fetch would, and the next plan erases them again, or asks whether they came back by themselves.
    """
    counts: Counter[str] = Counter()
    with job.ledger.read() as tx:
        hindered = health.hinders_calls(tx, target.name, job.now()) is not None
        looks = [] if hindered else watches.due(tx, target.name, job.now())
    if "audit" in target.vendor.cannot:
        return counts
    failed: GarbledError | PluginError | None = None
    size = target.vendor.audit_batch
    for start in range(0, len(looks), size):
        if job.stop():
            break
        some = {f"W{each.step}": each for each in looks[start : start + size]}
        subjects = [Subject(ref, records=_asked_for(target, each)) for ref, each in some.items()]
        for asked, held in looked_at(job, target, subjects):
            if isinstance(held, GarbledError | PluginError):
                failed = held
                continue
            found = _by_step(some, held)
            counts += _write(job, target, [some[each.ref] for each in asked], found)
    if failed is not None:
        raise failed
    return counts


def _asked_for(target: Target, look: Look) -> tuple[Ref, ...]:
    """The records that can be asked for by themselves; what hung on them shows with them."""
    kinds = {each.name for each in target.vendor.kinds}
    return tuple(each for each in look.refs if each.kind in kinds) or look.refs


def _by_step(looks: Mapping[str, Look], held: Iterable[Holding]) -> dict[int, _Found]:
    found: dict[int, _Found] = {}
    for each in held:
        found.setdefault(looks[each.subject].step, {})[each.ref] = each.since
    return found


def _write(job: Work, target: Target, looks: Sequence[Look], found: Mapping[int, _Found]) -> Counter[str]:
    """Write a batch down, unless it was looked at, or begun again, meanwhile."""
    now = job.now()
    with job.write() as tx:
        due = watches.due(tx, target.name, now, [each.step for each in looks])
        absent = [each for each in due if each.step not in found]
        present = [each for each in due if each.step in found]
        watches.looked(tx, absent, ABSENT, now)
        watches.looked(tx, present, PRESENT, now)
        for each in present:
            there = _records(target, each, found[each.step])
            watches.there_again(tx, job.ledger.vault, target.name, each, there)
        lines.append(tx, _entries(job, target, absent, present, now))
    return Counter({ABSENT: len(absent), PRESENT: len(present)})


def _records(target: Target, look: Look, held: _Found) -> _Found:
    """What has to be deleted again: the records that were asked for. What hangs on them goes with them."""
    asked = _asked_for(target, look)
    return {ref: held[ref] for ref in asked if ref in held} or {ref: _newest(held) for ref in asked}


def _newest(held: _Found) -> datetime | None:
    """Since when the newest of it is held, where only what hung on a record is there again."""
    return max((each for each in held.values() if each is not None), default=None)


def _entries(
    job: Work, target: Target, absent: Sequence[Look], present: Sequence[Look], now: datetime
) -> list[Entry]:
    """One line for all that stayed gone, and one for each person who is there again."""
    entries = []
    if absent:
        days = sorted({day for each in absent for day in each.days})
        data = {"steps": len(absent), "days": days}
        entries.append(
            Entry(now, job.actor, "looked-again", processor=target.name, outcome=ABSENT, data=data)
        )
    entries += [
        Entry(now, job.actor, "found-again", subject=people.ref_of(each.subject), case=each.case, step=each.step,
              processor=target.name, outcome=str(Outcome.RETURNED), why="there again when it was looked for",
              data={"days": list(each.days)})
        for each in present
    ]  # fmt: skip
    return entries
