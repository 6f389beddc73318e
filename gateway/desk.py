"""What an operator says and asks: who is meant, erase them, what is held, answers, approvals, consents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gateway import bulk
from gateway.cases import Planner, returns, sets_of
from gateway.errors import PluginError, SettingsError, VendorError
from gateway.identities import PersonQuery, read_person
from gateway.ledger import (
    AnyRow,
    Transaction,
    circuits,
    consents,
    due,
    graves,
    lines,
    matching,
    people,
    planning,
    questions,
    stops,
    work,
)
from gateway.ledger.consents import ConsentLine, Standing
from gateway.ledger.placing import begins_at
from gateway.model import Holding, IdentityKind, Outcome
from gateway.register import Register
from gateway.runs import Work, is_traceable, look
from gateway.trail import Entry


@dataclass(frozen=True, slots=True)
class Found:
    """What one processor says it holds on a person; `error` says why it did not say."""

    processor: str
    holdings: tuple[Holding, ...] = ()
    error: str = ""


def check_second(actor: str, first: str | None, what: str) -> None:
    """SettingsError where `actor` is who did the first half, or goes by the gateway's own name, which is nobody's.

    What the gateway itself did, and what nobody's name stands at, is for anybody.
    """
    if actor == stops.ITSELF:
        raise SettingsError(
            f"this is for a person of their own name, not for {actor!r}: `brake.second_person` asks for two. Run it "
            "under your own account"
        )
    if actor == first:
        raise SettingsError(
            f"{what} {actor}; somebody else has to do this: `brake.second_person` asks for two"
        )


class Desk:
    """One operator at one register. Every change is one transaction with its trail line."""

    def __init__(self, register: Register, actor: str) -> None:
        self.register, self.actor = register, actor
        self.ledger = register.ledger

    def person(self, text: str) -> int:
        """The one person PERSON names; SettingsError when nobody or more than one is."""
        found = self._find(text)
        if not found:
            raise SettingsError(
                f"{text}: nobody in the ledger is known by that. `gateway sync` reads the processors; a person is "
                "named by e-mail, phone, processor:id or S-number"
            )
        if len(found) > 1:
            raise SettingsError(
                f"{text}: more than one person is known by that ({', '.join(people.ref_of(each) for each in found)}). "
                "Name the one you mean by processor:id or S-number"
            )
        return found[0]

    def _find(self, text: str) -> list[int]:
        with self.ledger.read() as tx:
            if text[:1] == "S" and text[1:].isdecimal() and len(text) < 20:
                return [int(text[1:])] if people.exists(tx, int(text[1:])) else []
            query = self._query(text)
            kind, value = query.identity.kind, query.identity.value
            if kind != IdentityKind.LINK:
                return people.by_identity(tx, self.ledger.vault, str(kind), value)
            if query.processor not in self.register.places:
                known = ", ".join(self.register.places)
                raise SettingsError(
                    f"{text}: no processor is called {query.processor!r}; gateway.toml has {known}"
                )
            return people.by_record(tx, query.processor, query.id)

    def _query(self, text: str) -> PersonQuery:
        try:
            return read_person(text, self.register.settings.gateway.region)
        except ValueError as err:
            raise SettingsError(str(err)) from err

    def erase(self, text: str, received: date | None = None) -> int:
        """Open a case to erase a person everywhere, known or not; its number. Nothing is called yet.

        The answer is due from the day they asked: `received`, on whatever channel; today where nobody says.
        """
        now = self.register.now()
        asked_at = self._received(received, now)
        found = self._find(text)
        subject = self.person(text) if found else None
        with self.ledger.write() as tx:
            if subject is None:
                identity = self._query(text).identity
                if identity.kind == IdentityKind.LINK:
                    raise SettingsError(
                        f"{text}: no such record is known; `gateway sync` reads the processors"
                    )
                subject = people.enter(tx, self.ledger.vault, (str(identity.kind), identity.value), now)
            if subject in questions.doubts(tx):
                number = questions.doubts(tx)[subject]
                raise SettingsError(
                    f"{text}: it is not sure who this is; answer question {number} first (`gateway questions`)"
                )
            return self._planner(tx, now).request(subject, asked_at)

    def _received(self, day: date | None, now: datetime) -> datetime:
        today = now.astimezone(self.register.zone).date()
        if day is None or day == today:
            return now
        if day > today:
            raise SettingsError(f"--received {day}: is not here yet; it is the day the request came in")
        begun = begins_at(day, self.register.zone)
        assert begun is not None, "it is given a day"
        return begun

    def _planner(self, tx: Transaction, now: datetime) -> Planner:
        register = self.register
        return Planner(
            tx, self.ledger.vault, register.places, register.rules, now, self.actor, register.policy_number
        )

    def audit(self, text: str) -> list[Found]:
        """Ask every processor what it holds on a person, also one that refused us or did not answer before."""
        subject = self.person(text)
        with self.ledger.write() as tx:
            stops.let_go_on(tx, self.register.callable_names())
            circuits.try_now(tx, self.register.callable_names(), self.register.now())
        job = Work(self.ledger, self.register.plugins, self.register.now, self.actor, lambda: False)
        return [self._audit_at(job, name, subject) for name in self.register.places]

    def _audit_at(self, job: Work, name: str, subject: int) -> Found:
        place = self.register.places[name]
        if not place.plugin or place.fault:
            return Found(name, error=place.fault or "there is no plugin for it: look there by hand")
        target = self.register.target(name)
        if "audit" in target.vendor.cannot:
            return Found(name, error=target.vendor.cannot["audit"])
        with self.ledger.read() as tx:
            known = people.as_known_at(tx, self.ledger.vault, [subject], name, target.vendor.finds_by)[
                subject
            ]
        if not is_traceable(known):
            return Found(name, error="no identity they know")
        try:
            held = look(job, target, [known])
        except (VendorError, PluginError) as err:
            return Found(name, error=str(err))
        return Found(name, tuple(held))

    def answer(self, number: int, said: str, note: str = "") -> str:
        """Answer a question; one sentence on what follows."""
        now = self.register.now()
        with self.ledger.write() as tx:
            row = questions.get(tx, number)
            if row is None:
                raise SettingsError(
                    f"question {number}: there is none of that number; `gateway questions` lists them"
                )
            if said not in row.options:
                raise SettingsError(f"question {number}: the answer is one of {', '.join(row.options)}")
            if not questions.answer(tx, number, said, self.actor, note, now):
                raise SettingsError(f"question {number}: was answered already ({row.answer})")
            data = {"question": number, "kind": row.kind, "answer": said}
            step = work.get_step(tx, row.step_id) if row.step_id else None
            about = row.subject_id or (step.subject if step else None)
            entry = Entry(now, self.actor, "answered-question", subject=people.ref_of(about) if about else "",
                          case=step.case if step else None, step=row.step_id, data=data)  # fmt: skip
            lines.append(tx, [entry])
            return self._follow(tx, row, step, said, now)

    def _follow(self, tx: Transaction, row: AnyRow, step: work.Step | None, said: str, now: datetime) -> str:
        if row.kind == "match":
            return self._matched(tx, row, said)
        if row.kind == "sweep":
            return (
                "the next sync acts on it" if said == "deleted" else "nothing is deleted on that sweep's word"
            )
        if row.kind == "restrict":
            return "it is noted; what stays has a date of its own, and goes then"
        if row.kind == "agreement":
            return "it is noted; its new end is asked about in its time"
        if row.kind == "bulk":
            return bulk.answered(
                tx, row.id, said, self.actor, now, lambda each: self._provable_at(tx, each, now),
                lambda each: self._done_by_hand(tx, each, said, now),
            )  # fmt: skip
        if row.kind == "hold":
            return "it is noted; `gateway holds` lists what is held back, and until when"
        assert step is not None, "all other questions are about a step"
        if row.kind == "returned":
            return self._returned(tx, row, step, said, now)
        if step.closed_at is not None:
            return "the step was closed meanwhile; there is nothing left to do"
        if said == "retry":
            work.change_step(
                tx, step.id, outcome=str(Outcome.RETRY), reason="again, as the operator said", next_at=now
            )
            return "the next sync tries again"
        if said == "by-hand":
            work.change_step(
                tx, step.id, outcome=str(Outcome.MANUAL), reason="by hand, as the operator said", next_at=None,
                intent_run=None,
            )  # fmt: skip
            text = (
                f"{step.processor}, {people.ref_of(step.subject)}: see to the deletion by hand, then answer."
            )
            task = questions.ask(tx, "task", text, ("done",), now, step_id=step.id)
            return f"it is task {task} now; answer it when it is done"
        return self._done_by_hand(tx, step, said, now)

    def _matched(self, tx: Transaction, row: AnyRow, said: str) -> str:
        if said == "different":
            return "they stay two people; the next sync goes on with what waited"
        matching.merge(
            tx, self.ledger.vault, min(row.subject_id, row.other_id), max(row.subject_id, row.other_id)
        )
        return f"they are one person now, S{min(row.subject_id, row.other_id)}; the next sync goes on"

    def _returned(self, tx: Transaction, row: AnyRow, step: work.Step, said: str, now: datetime) -> str:
        if said == "keep":
            returns.lawful(tx, row.subject_id, row.id, step, self.actor, now)
            return "they came back by themselves; what is held is lawful anew"
        subject = row.subject_id
        due.answered(tx, subject)
        planning.drop_held(tx, row.id, now)
        planner = self._planner(tx, now)
        case = 0
        for name in people.held_at(tx, subject) or [step.processor]:
            case = planner.reopen(step, name, subject)
            step = work.get_step(tx, step.id) or step
        return f"case {case} is open again; the next sync acts on it"

    def _done_by_hand(self, tx: Transaction, step: work.Step, said: str, now: datetime) -> str:
        """A person's word closes the step: as nothing where nothing was, otherwise for the audit to prove."""
        verify_at = None if said == "not-there" else self._provable_at(tx, step, now)
        if verify_at is not None:
            work.change_step(
                tx, step.id, outcome=str(Outcome.DONE), reason="done by hand", intent_run=None, done_at=now,
                next_at=verify_at,
            )  # fmt: skip
            return "the next sync looks whether it is gone"
        outcome = Outcome.NOTHING if said == "not-there" else Outcome.DONE
        why = "looked for by hand" if said == "not-there" else "done by hand, on the operator's word"
        work.change_step(tx, step.id, reason=why, done_at=now)
        work.close_steps(tx, {step.id: (outcome, step.kept)}, now)
        self._forget(tx, step, now)
        entry = Entry(now, self.actor, "closed-by-hand", subject=people.ref_of(step.subject), case=step.case,
                      step=step.id, processor=step.processor, outcome=str(outcome), why=why)  # fmt: skip
        ends = graves.finish_cases(tx, self.ledger.vault, {step.case: step.id}, now, self.actor)
        lines.append(tx, [entry, *ends])
        return "the step is closed on your word"

    def _forget(self, tx: Transaction, step: work.Step, now: datetime) -> None:
        """What was held there is gone by a person's word; should it be seen again, it came back."""
        place = self.register.places.get(step.processor)
        partly = step.scope is not None and (step.scope.by_hand or step.scope.kinds is not None)
        if partly or place is None or not place.kinds:
            sets = sets_of(self.register.policy, step.processor, step.scope)
            due.absent(tx, step.subject, step.processor, sets, step.id, now)
        if partly:
            return
        stays = {each.ref for each in step.kept}
        gone = work.forget_records(tx, step.processor, {step.subject: stays})
        marks = [
            (graves.link_hash(self.ledger.vault, step.processor, row.vendor_id), step.id) for row in gone
        ]
        if not stays:
            marks += [(mark, step.id) for _, mark in graves.hashes_of(tx, [row.id for row in gone])]
        graves.bury(tx, marks, step.processor, now)

    def _provable_at(self, tx: Transaction, step: work.Step, now: datetime) -> datetime | None:
        """When the gateway can look for itself whether it is gone; None where it never can."""
        if step.scope is not None and step.scope.by_hand:
            return None  # it lies in records that stay: no audit tells
        place = self.register.places.get(step.processor)
        vendor = self.register.plugins[place.plugin].vendor if place is not None and place.plugin else None
        if place is None or vendor is None or "audit" in vendor.cannot:
            return None
        known = people.as_known_at(tx, self.ledger.vault, [step.subject], place.name, vendor.finds_by)
        if not is_traceable(known[step.subject]):
            return None
        if step.outcome == Outcome.UNLINKABLE and not known[step.subject].records:
            return None  # the same address would find nobody again, whoever is there
        return now if place.fault else now + self.register.target(place.name).grace

    def approve(self, plan: int, *, drop: bool = False) -> int:
        """Let a plan that waits begin, or drop it; how many people it is about.

        Where two are asked for, who made it does not approve of it; anybody may drop it.
        """
        now = self.register.now()
        with self.ledger.write() as tx:
            row = work.get_plan(tx, plan)
            if row is None or row.state != "waiting":
                raise SettingsError(
                    f"plan {plan}: no plan of that number waits; `gateway cases` shows those that do"
                )
            if not drop and self.register.settings.brake.second_person:
                check_second(self.actor, row.made_by, f"plan {plan}: was made by")
            count = work.answer_plan(tx, plan, "dropped" if drop else "approved", self.actor, now)
            action = "dropped" if drop else "approved"
            lines.append(tx, [Entry(now, self.actor, action, data={"plan": plan, "people": count})])
        return count

    def import_consents(self, rows: Sequence[ConsentLine]) -> int:
        """Write consents down, all or none; every line that names nobody is a mistake. How many."""
        now = self.register.now()
        mistakes: list[str] = []
        found: list[tuple[int, ConsentLine]] = []
        for row in rows:
            try:
                self._check_names(row.purpose, row.processor)
                found.append((self.person(row.person), row))
            except SettingsError as err:
                mistakes += [f"line {row.line}: {each}" for each in err.mistakes]
        if mistakes:
            raise SettingsError(*mistakes, "nothing was imported; mend these lines and import the file again")
        with self.ledger.write() as tx:
            for subject, row in found:
                consents.add(tx, subject, row, self.register.zone, now)
            entries = [
                Entry(now, self.actor, "consent", subject=people.ref_of(subject), processor=row.processor or "",
                      why=f"{row.purpose}, from a file")
                for subject, row in found
            ]  # fmt: skip
            lines.append(tx, entries)
        return len(found)

    def _check_names(self, purpose: str, processor: str | None) -> None:
        purposes = self.register.policy.purposes
        if purpose not in purposes:
            known = ", ".join(purposes) or "none"
            raise SettingsError(f"no purpose is called {purpose!r}; {self._where_purposes_are} has {known}")
        if processor is not None and processor not in self.register.places:
            raise SettingsError(
                f"no processor is called {processor!r}; gateway.toml has {', '.join(self.register.places)}"
            )

    @property
    def _where_purposes_are(self) -> str:
        return "gateway.toml" if self.register.settings.policy_path is None else "policy.toml"

    def withdraw(
        self, text: str, purposes: Iterable[str], processor: str | None, on: date | None
    ) -> list[str]:
        """Write down that a person withdrew consent to these purposes (none: to all); which they were."""
        now = self.register.now()
        subject = self.person(text)
        names = list(purposes) or list(self.register.policy.purposes)
        for name in names:
            self._check_names(name, processor)
        with self.ledger.write() as tx:
            for name in names:
                row = ConsentLine(0, text, name, processor, withdrawn=on or now)
                consents.add(tx, subject, row, self.register.zone, now, source="operator")
            entries = [
                Entry(now, self.actor, "consent", subject=people.ref_of(subject), processor=processor or "",
                      why=f"{name} withdrawn")
                for name in names
            ]  # fmt: skip
            lines.append(tx, entries)
        return names

    def consents(self, text: str) -> list[Standing]:
        """What is written down of a person's consents, oldest first."""
        subject = self.person(text)
        with self.ledger.read() as tx:
            return consents.of(tx, subject)
