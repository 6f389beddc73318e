"""What an operator says of holds and freezes: made, told of to the person, ended; each with its line in the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gateway.cases import RESTRICT, Planner
from gateway.desk import Desk
from gateway.errors import SettingsError
from gateway.ledger import AnyRow, Transaction, holds, lines, people, questions, work
from gateway.ledger.holds import CLAIMS, FREEZE, ORDER
from gateway.ledger.placing import begins_at, over_at
from gateway.register import Register
from gateway.settings.mistakes import unknown
from gateway.trail import Entry


@dataclass(frozen=True, slots=True)
class Made:
    """A hold that was made. `case` was under way for the person: what was not begun of it is taken out."""

    number: int
    subject: int
    kind: str
    case: int | None


@dataclass(frozen=True, slots=True)
class Released:
    """A hold that was ended. `others` still forbid something of the same person."""

    number: int
    subject: int
    kind: str
    others: tuple[int, ...]


class Restraint:
    """One operator at one register. Every change is one transaction with its trail line, which carries no reason.

    A reason is free text: it stays in the ledger beside the hold.
    """

    def __init__(self, register: Register, actor: str) -> None:
        self.register, self.actor = register, actor
        self.ledger = register.ledger
        self.desk = Desk(register, actor)

    def hold(
        self, text: str, reason: str, until: date | None, data_set: str | None = None, *, order: bool = False
    ) -> Made:
        """Hold back what is held on a person (or one data set of it): for legal claims, or as an authority ordered."""
        if until is None and not order:
            raise SettingsError(
                "--until: a hold for legal claims has to have a last day, --until 2027-03-31; --order makes one without an "
                "end, where an authority or a court asked for it"
            )
        known = self.register.policy.data_sets
        if data_set is not None and data_set not in known:
            raise SettingsError(f"--data-set {data_set}: {unknown('data set', data_set, known)}")
        return self._make(text, ORDER if order else CLAIMS, reason, until, data_set)

    def freeze(self, text: str, reason: str, review: date | None) -> Made:
        """Restrict what is held on a person to being stored (GDPR Art. 18), until it is released."""
        return self._make(text, FREEZE, reason, review, None)

    def _make(self, text: str, kind: str, reason: str, until: date | None, data_set: str | None) -> Made:
        now, zone = self.register.now(), self.register.zone
        why = _read_reason(reason)
        if until is not None and until < self._today(now):
            raise SettingsError(f"--until {until}: is past; it is the last day, today or a later one")
        subject = self.desk.person(text)
        with self.ledger.write() as tx:
            number = holds.add(
                tx, subject, kind, why, self.actor, now, until=over_at(until, zone), data_set=data_set
            )
            data = {"hold": number, "kind": kind}
            data |= {"until": until.isoformat()} if until else {}
            data |= {"data_set": data_set} if data_set else {}
            action = "frozen" if kind == FREEZE else "held-back"
            lines.append(tx, [Entry(now, self.actor, action, subject=people.ref_of(subject), data=data)])
            case = work.open_cases(tx, [subject]).get(subject)
            self._stop_case(tx, subject, now)
            if kind == FREEZE:
                self._ask_to_hide(tx, number, subject, now)
        return Made(number, subject, kind, case)

    def _stop_case(self, tx: Transaction, subject: int, now: datetime) -> None:
        """Take out of what is under way what may not be erased now: it must not wait for the next plan."""
        register = self.register
        planner = Planner(
            tx, self.ledger.vault, register.places, register.rules, now, self.actor, register.policy_number
        )
        planner.revise([subject])
        planner.write()

    def _ask_to_hide(self, tx: Transaction, number: int, subject: int, now: datetime) -> None:
        """No call takes a record out of a vendor's search: a person has to, where the person is held."""
        places = self.register.places
        titles = [places[name].title for name in people.held_at(tx, subject) if name in places]
        if titles:
            who = f"{' and '.join(titles)} {'holds' if len(titles) == 1 else 'hold'}"
            text = (
                f"{_head(number)}take what {who} on {people.ref_of(subject)} out of search, matching and "
                "campaigns. It may only be stored until the freeze is released. Then answer."
            )
            questions.ask(tx, RESTRICT, text, ("done",), now, subject_id=subject)

    def release(self, text: str, reason: str, told: date | None) -> Released:
        """End a hold, named by its number or by its person. Before a freeze is lifted, the person is told."""
        now = self.register.now()
        why = _read_reason(reason)
        subject = None if text.isdecimal() else self.desk.person(text)
        with self.ledger.write() as tx:
            row = self._numbered(tx, text, now) if subject is None else self._only(tx, text, subject, now)
            self._check_told(row, told, now)
            holds.release(tx, row.id, self.actor, why, now, begins_at(told, self.register.zone))
            questions.settle(tx, RESTRICT, row.subject_id, _head(row.id), now)
            data = {"hold": row.id, "kind": row.kind} | ({"told": told.isoformat()} if told else {})
            who = people.ref_of(row.subject_id)
            lines.append(tx, [Entry(now, self.actor, "released", subject=who, data=data)])
            others = tuple(each.id for each in holds.listed(tx, now, subject=row.subject_id))
        return Released(row.id, row.subject_id, row.kind, others)

    def _numbered(self, tx: Transaction, text: str, now: datetime) -> AnyRow:
        row = holds.get(tx, int(text)) if len(text) < 19 else None
        if row is None:
            raise SettingsError(
                f"hold {text}: there is none of that number; `gateway holds --all` lists them. A phone number is written "
                "with its country: +47 …"
            )
        state = holds.state(row, now)
        if state == holds.RELEASED:
            day = f"{row.released_at.astimezone(self.register.zone):%Y-%m-%d}"
            raise SettingsError(f"hold {text}: was released on {day} already")
        if state == holds.OVER:
            day = holds.last_day(row, self.register.zone)
            raise SettingsError(f"hold {text}: ended by itself with {day}; there is nothing to release")
        return row

    def _only(self, tx: Transaction, text: str, subject: int, now: datetime) -> AnyRow:
        rows = holds.listed(tx, now, subject=subject)
        if not rows:
            raise SettingsError(f"{text}: nothing is held back of them; `gateway holds` lists who is")
        if len(rows) > 1:
            numbers = ", ".join(str(row.id) for row in rows)
            raise SettingsError(f"{text}: more than one hold is in force ({numbers}); name one by its number")
        return rows[0]

    def _check_told(self, row: AnyRow, told: date | None, now: datetime) -> None:
        since = row.since.astimezone(self.register.zone).date()
        if told is None:
            if row.kind == FREEZE:
                raise SettingsError(
                    f"--told: a freeze is lifted after the person was told of it (GDPR Art. 18(3)). Tell "
                    f"{people.ref_of(row.subject_id)}, then give the day: --told {self._today(now)}"
                )
        elif told > self._today(now):
            raise SettingsError(f"--told {told}: is not here yet; it is the day the person was told")
        elif told < since:
            raise SettingsError(f"--told {told}: is before hold {row.id} was made, on {since}")

    def _today(self, now: datetime) -> date:
        return now.astimezone(self.register.zone).date()


def _head(number: int) -> str:
    return f"Freeze {number}: "


def _read_reason(reason: str) -> str:
    """A reason on one line; SettingsError where there is none."""
    read = " ".join(reason.split())
    if not read:
        raise SettingsError("--reason: is empty; say in a few words why, without a name or an address")
    return read
