"""What an operator says that happened to people: what starts or ends a period and stands in no processor's record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from gateway.desk import Desk
from gateway.errors import SettingsError
from gateway.ledger import Transaction, events, lines, people
from gateway.ledger.events import Event
from gateway.ledger.placing import begins_at
from gateway.register import Register
from gateway.rules import Policy
from gateway.settings.mistakes import unknown
from gateway.trail import Entry

TOLD = (
    "informed",
    "first-contact",
    "first-disclosure",
    "renewal-asked",
    "renewal-refused",
    "renewal-bounced",
)
"""The built-in events that only people can know of."""
KNOWN_OTHERWISE = MappingProxyType({
    "created": "is read from the records",
    "updated": "is read from the records",
    "active": "is read from the records",
    "consent": "is written down with `gateway consent import`",
    "erasure": "is worked out from the rules",
    "erasure-requested": "is written down by `gateway erase`, which acts on it",
})  # fmt: skip
"""The built-in events that nobody adds, and where they come from."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of a file of events. A plain date is a day in the firm's time zone."""

    line: int
    person: str
    event: str
    on: date
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """What an import came to: new events, and how many were written down before."""

    new: int
    known: int


class Happenings:
    """One operator at one register. All that is said at once is one transaction with its trail lines."""

    def __init__(self, register: Register, actor: str) -> None:
        self.register, self.actor = register, actor
        self.ledger = register.ledger
        self.desk = Desk(register, actor)

    def add(self, text: str, name: str, on: date | None, purpose: str | None) -> bool:
        """Write down that something happened to a person, on a day or now; False where that is known already."""
        now = self.register.now()
        self._check(self.register.policy, name, purpose, on, now)
        subject = self.desk.person(text)
        with self.ledger.write() as tx:
            return self._note(tx, [(subject, name, purpose, on or now)], "operator", now) == 1

    def import_(self, rows: Sequence[EventLine]) -> Noted:
        """Write events down, all or none; every line that cannot be is a mistake."""
        now = self.register.now()
        policy = self.register.policy
        mistakes: list[str] = []
        found: list[tuple[int, EventLine]] = []
        for row in rows:
            try:
                self._check(policy, row.event, row.purpose, row.on, now)
                found.append((self.desk.person(row.person), row))
            except SettingsError as err:
                mistakes += [f"line {row.line}: {each}" for each in err.mistakes]
        if mistakes:
            raise SettingsError(*mistakes, "nothing was imported; mend these lines and import the file again")
        with self.ledger.write() as tx:
            happened = [(subject, row.event, row.purpose, row.on) for subject, row in found]
            new = self._note(tx, happened, "import", now)
        return Noted(new, len(found) - new)

    def of(self, text: str) -> list[Event]:
        """What is written down that happened to a person, oldest first."""
        subject = self.desk.person(text)
        with self.ledger.read() as tx:
            return events.of(tx, subject)

    def _note(
        self,
        tx: Transaction,
        happened: Iterable[tuple[int, str, str | None, date | datetime]],
        source: str,
        now: datetime,
    ) -> int:
        """Write down who had which event for which purpose when; how many were new."""
        zone = self.register.zone
        entries = []
        for subject, name, purpose, on in happened:
            at = begins_at(on, zone)
            assert at is not None, "it is given a day or a moment"
            if events.add(tx, subject, name, purpose, at, source, now):
                data = {"on": at.astimezone(zone).date().isoformat()}
                data |= {"purpose": purpose} if purpose else {}
                who = people.ref_of(subject)
                entries.append(Entry(now, self.actor, "event", subject=who, why=name, data=data))
        lines.append(tx, entries)
        return len(entries)

    def _check(self, policy: Policy, name: str, purpose: str | None, on: date | None, now: datetime) -> None:
        """Refuse what the policy knows no use for, and what has not happened."""
        if name in KNOWN_OTHERWISE:
            raise SettingsError(f"event {name}: {KNOWN_OTHERWISE[name]}; nobody has to add it")
        names = (policy.events.keys() | set(TOLD)) - KNOWN_OTHERWISE.keys()
        if name not in names:
            raise SettingsError(f"event {name}: {unknown('event', name, names)}")
        if purpose is not None and purpose not in policy.purposes:
            raise SettingsError(f"purpose {purpose}: {unknown('purpose', purpose, policy.purposes)}")
        tomorrow = now.astimezone(self.register.zone).date() + timedelta(days=1)
        if on is not None and on > tomorrow:
            raise SettingsError(f"date {on}: has not come yet; an event is written down once it has happened")
