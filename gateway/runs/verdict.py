"""What an audit makes of steps: proven and closed, untrue and asked about, or left to a person's word."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from gateway.ledger import AnyRow, Transaction, graves, lines, people, questions, watches, work
from gateway.ledger.work import Step
from gateway.model import Kept, Outcome, Reason, Ref, Subject
from gateway.runs.calling import Target, Work
from gateway.trail import Entry

LOOK_AGAIN = timedelta(days=30)
"""When to look again at what is kept without an end date."""


@dataclass(frozen=True, slots=True)
class _Closing:
    """A step about to be closed: `still` are records in scope that are held on, `stays` says why."""

    step: Step
    outcome: Outcome
    subject: Subject
    still: set[Ref]
    stays: Sequence[Kept]
    why: str = ""


class Verdict:
    """Judges the steps of one processor, inside one transaction; `close` writes down what it came to."""

    def __init__(self, tx: Transaction, job: Work, target: Target, now: datetime) -> None:
        self.tx, self.job, self.target, self.now = tx, job, target, now
        self.closings: list[_Closing] = []
        self.entries: list[Entry] = []

    def on(self, step: Step, held: Collection[Ref], subject: Subject) -> str:
        """What became of the step, given all that is held, in one word of the report."""
        kept = {each.ref for each in step.kept} | set(subject.kept)
        left = set(held) - kept
        if left and step.outcome == Outcome.ACCEPTED:
            work.change_step(self.tx, step.id, next_at=self.now + timedelta(days=1))
            return "waiting"
        if left and step.bulk is not None:
            self._again(step, left)
            return "again"
        if left:
            self._untrue(step, left)
            return "untrue"
        stays = [each for each in step.kept if each.ref in held or each.ref not in subject.records]
        own = step.outcome == Outcome.REFUSED or any(each.reason == Reason.OWN_CONTROLLER for each in stays)
        if stays and own:
            outcome = Outcome.REFUSED
        elif stays or held:
            outcome = Outcome.KEPT
        else:
            outcome = Outcome.NOTHING if step.outcome == Outcome.NOTHING else Outcome.VERIFIED
        why = " ".join(sorted({each.text for each in stays}))
        self.closings.append(_Closing(step, outcome, subject, set(held) & set(subject.records), stays, why))
        return "verified" if outcome == Outcome.VERIFIED else "confirmed"

    def not_there(self, step: Step, subject: Subject, why: str) -> None:
        """Nothing is held, and nobody has to be asked for it."""
        if work.change_step(self.tx, step.id, reason=why):
            self.closings.append(_Closing(step, Outcome.NOTHING, subject, set(), (), why))

    def unlinkable(self, step: Step) -> None:
        """Nothing is known by which they could be asked: a person has to look."""
        text = (
            f"{self.target.vendor.title} cannot be asked about {people.ref_of(step.subject)} by any identity known. "
            "Look there by hand, then answer."
        )
        why = "no identity they know"
        stands = str(Outcome.UNLINKABLE)
        if work.change_step(self.tx, step.id, outcome=stands, reason=why, next_at=None, intent_run=None):
            self._say("unlinkable", step, Outcome.UNLINKABLE, why)
            if questions.of_step(self.tx, step.id, "unlinkable") is None:
                questions.ask(self.tx, "unlinkable", text, ("done", "not-there"), self.now, step_id=step.id)

    def ask_for_evidence(self, step: Step, why: str) -> None:
        """What was answered cannot be looked at from here: a person has to."""
        text = (
            f"{self.target.vendor.title} answered {step.outcome} for {people.ref_of(step.subject)}, and that cannot "
            f"be audited: {why} Look there by hand, then answer."
        )
        if work.change_step(self.tx, step.id, next_at=None) and (
            questions.of_step(self.tx, step.id, "task") is None
        ):
            questions.ask(self.tx, "task", text, ("done",), self.now, step_id=step.id)

    def _again(self, step: Step, left: Collection[Ref]) -> None:
        """Whoever was to be deleted by hand with many others is still there: a call deletes now, and nobody is asked."""
        reason = f"still there after bulk task {step.bulk}"
        if work.change_step(
            self.tx, step.id, outcome=str(Outcome.RETRY), reason=reason, next_at=self.now, done_at=None, bulk_id=None
        ):  # fmt: skip
            self._say("audited", step, Outcome.RETRY, f"{reason}: {len(left)} still held")

    def _untrue(self, step: Step, left: Collection[Ref]) -> None:
        """The vendor's word and its data disagree: the case stays open, and a person is asked, once."""
        seen = ", ".join(f"{each.kind} {each.id}" for each in sorted(left)[:5])
        known = step.outcome == Outcome.BROKEN
        reason = step.reason if known else f"answered {step.outcome}, but still holds {seen}"
        if not work.change_step(
            self.tx, step.id, outcome=str(Outcome.BROKEN), reason=reason, next_at=self.now
        ):
            return
        if not known:
            why = f"{step.outcome} is not true: {len(left)} still held"
            self._say("audited", step, Outcome.BROKEN, why)
        if questions.of_step(self.tx, step.id, "untrue") is None:
            text = (
                f"{self.target.vendor.title} {reason} (case {step.case}, {people.ref_of(step.subject)}). "
                "Try the deletion again, or see to it by hand?"
            )
            questions.ask(self.tx, "untrue", text, ("retry", "by-hand"), self.now, step_id=step.id)

    def close(self) -> None:
        """Close all steps whose word proved true, in one go."""
        tx, name, vault = self.tx, self.target.name, self.job.ledger.vault
        open_ones = work.close_steps(
            tx, {each.step.id: (each.outcome, each.stays) for each in self.closings}, self.now
        )
        closings = [each for each in self.closings if each.step.id in open_ones]
        for each in closings:
            ends = {kept.ref: kept.until for kept in each.step.kept}
            for ref in each.still:
                look_at = self._look_at(ends.get(ref))
                work.set_record_state(tx, each.step.subject, name, [ref], str(each.outcome), look_at)
        stay = {each.step.subject: each.still | set(each.subject.kept) for each in closings}
        gone = work.forget_records(tx, name, stay)
        erased = {each.step.subject: each for each in closings if each.outcome != Outcome.NOTHING}
        proven = [row for row in gone if row.subject_id in erased]
        marks = [
            (graves.link_hash(vault, name, row.vendor_id), erased[row.subject_id].step.id) for row in proven
        ]
        # An address that a kept record still carries is no sign of a return.
        alone = {
            row.id: each.step.id
            for row in proven
            if not ((each := erased[row.subject_id]).still or each.subject.kept)
        }
        marks += [(each_hash, alone[record]) for record, each_hash in graves.hashes_of(tx, list(alone))]
        graves.bury(tx, marks, name, self.now, {each.step.id: each.step.done_at for each in closings})
        self._watch(closings, gone)
        for each in closings:
            self._say("audited", each.step, each.outcome, each.why)
        last: dict[int, int | None] = {each.step.case: each.step.id for each in closings}
        self.entries += graves.finish_cases(tx, vault, last, self.now, self.job.actor)
        lines.append(tx, self.entries)

    def _watch(self, closings: Sequence[_Closing], gone: Sequence[AnyRow]) -> None:
        """Have what was deleted, and is proven gone, looked for again."""
        if "audit" in self.target.vendor.cannot:
            return
        refs: dict[int, list[Ref]] = {}
        for row in gone:
            refs.setdefault(row.subject_id, []).append(Ref(row.kind, row.vendor_id))
        watched = {
            each.step.id: [*each.step.deleted, *refs.get(each.step.subject, ())]
            for each in closings
            if each.outcome == Outcome.VERIFIED
        }
        watches.begin(self.tx, self.target.name, watched, self.target.verify_again, self.now)

    def _look_at(self, until: date | None) -> datetime:
        """When what is kept is in scope again: after its last day, or in a while where it has none."""
        if until is None:
            return self.now + LOOK_AGAIN
        over = datetime.combine(until + timedelta(days=1), time.min, UTC)
        return max(over, self.now + timedelta(days=1))

    def _say(self, action: str, step: Step, outcome: Outcome, why: str) -> None:
        entry = Entry(self.now, self.job.actor, action, subject=people.ref_of(step.subject), case=step.case,
                      step=step.id, processor=self.target.name, outcome=str(outcome), why=why)  # fmt: skip
        self.entries.append(entry)
