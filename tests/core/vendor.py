"""A vendor in memory, loaded as a real plugin, of which a test says what each call does.

Untouched it keeps every promise. `fail` raises, `replace` puts another function in a hook's place, `lies`, `keeps`,
`accepts` and `answers` change what `delete` says of single records, `hidden` and `blind` what is seen of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from types import ModuleType
from typing import Any

import gateway
from gateway import (
    Consent,
    Holding,
    Identity,
    IdentityKind,
    Kept,
    Kind,
    Outcome,
    Page,
    Receipt,
    Record,
    Ref,
    Setting,
    Subject,
)
from gateway.plugins.offers import Offer

PERSON = "person"


@dataclass(frozen=True)
class Call:
    """One call of a hook: which, and about whom (the record ids handed over, or what was looked for)."""

    hook: str
    about: tuple[str, ...] = ()


@dataclass
class Fault:
    """What `fail` asked for: raise `error` after so many items; with `effect`, when all the work was done."""

    hook: str
    error: BaseException
    after: int = 0
    times: int | None = 1
    touching: str = ""
    effect: bool = False


class Entry:
    """An entry point that gives a module which is there already."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def load(self) -> ModuleType:
        return self.module


@dataclass
class ScriptedVendor:
    """One vendor's people, and what is to go wrong with them."""

    name: str
    describe: dict[str, Any] = field(default_factory=dict)
    page_size: int = 2
    records: dict[str, Record] = field(default_factory=dict)
    journal: list[Call] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    replaced: dict[str, Callable[..., Any]] = field(default_factory=dict)
    answers: dict[str, Callable[[Subject], Any]] = field(default_factory=dict)
    lies: set[str] = field(default_factory=set)
    keeps: dict[str, Kept] = field(default_factory=dict)
    accepts: dict[str, datetime] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    blind: bool = False
    complete: bool = True
    planted: set[str] = field(default_factory=set)

    def add(
        self, number: int | str, email: str = "", name: str = "", *, phone: str = "", over: date | None = None,
        withdrawn: date | None = None, link: str = "", created: datetime | None = None, updated: datetime | None = None,
        born: date | None = None, kind: str = PERSON,
    ) -> str:  # fmt: skip
        """Put a person in; `over` is the last day of a consent to recruitment."""
        known = ((IdentityKind.EMAIL, email), (IdentityKind.PHONE, phone), (IdentityKind.LINK, link))
        consents = (Consent("recruitment", expires=over, withdrawn=withdrawn),) if over or withdrawn else ()
        self.records[str(number)] = Record(
            Ref(kind, str(number)), tuple(Identity(kind, value) for kind, value in known if value), name,
            born=born, created=created, updated=updated, consents=consents,
        )  # fmt: skip
        self.planted |= {value for value in (email, phone, name) if value}
        return str(number)

    def add_many(self, numbers: Iterable[int], **more: Any) -> None:
        for number in numbers:
            self.add(number, f"person{number}@example.org", f"Person Nr{number}", **more)

    def fail(self, hook: str, error: BaseException, **how: Any) -> None:
        self.faults.append(Fault(hook, error, **how))

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.faults.clear()
        self.replaced.clear()
        self.answers.clear()

    def replace(self, hook: str, function: Callable[..., Any]) -> None:
        """Let `function(account, …)` stand in a hook's place until `mend`."""
        self.replaced[hook] = function

    def calls(self, hook: str) -> list[Call]:
        return [each for each in self.journal if each.hook == hook]

    def offer(self) -> Offer:
        return Offer(self.name, f"scripted-{self.name}", "1", Entry(self._module()))  # type: ignore[arg-type]  # has the one method that is used

    def _module(self) -> ModuleType:
        module = ModuleType(f"scripted_{self.name}")
        made = {
            "name": self.name, "title": self.name.title(), "site": "https://example.org",
            "kinds": (Kind(PERSON, "People"),), "settings": (Setting("key", "The key", required=True, secret=True),),
            "finds_by": frozenset({IdentityKind.EMAIL}),
        } | self.describe  # fmt: skip

        @gateway.hookimpl
        def describe() -> gateway.Vendor:
            return gateway.Vendor(**made)

        @gateway.hookimpl
        def fetch(account: Any, kind: str, cursor: str | None) -> Any:
            return self._run("fetch", (cursor or "",), account=account, kind=kind, cursor=cursor)

        @gateway.hookimpl
        def delete(account: Any, subjects: Sequence[Subject]) -> Any:
            return self._run("delete", _names(subjects), account=account, subjects=subjects)

        @gateway.hookimpl
        def audit(account: Any, subjects: Sequence[Subject]) -> Any:
            return self._run("audit", _names(subjects), account=account, subjects=subjects)

        @gateway.hookimpl
        def export(account: Any, subject: Subject) -> Any:
            return iter(())

        for hook in (describe, fetch, delete, audit, export):
            setattr(module, hook.__name__, hook)
        return module

    def _run(self, hook: str, about: tuple[str, ...], **arguments: Any) -> Any:
        if hook in self.replaced:
            self.journal.append(Call(hook, about))
            return self.replaced[hook](**arguments)
        hooks: dict[str, Callable[..., Iterator[Any]]] = {
            "fetch": self.fetch,
            "delete": self.delete,
            "audit": self.audit,
        }
        plain = hooks[hook]
        return self._faulty(
            hook, about, plain(**{key: arguments[key] for key in arguments if key != "account"})
        )

    def _faulty(self, hook: str, about: tuple[str, ...], items: Iterator[Any]) -> Iterator[Any]:
        self.journal.append(Call(hook, about))
        fault = self._next_fault(hook, about)
        yield from items if fault is None else islice(items, fault.after)
        if fault is not None:
            if fault.effect:
                list(items)
            raise fault.error

    def _next_fault(self, hook: str, about: tuple[str, ...]) -> Fault | None:
        for fault in self.faults:
            if fault.hook == hook and (not fault.touching or fault.touching in about):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                return fault
        return None

    # The hooks, as they are when nothing goes wrong.

    def fetch(self, kind: str, cursor: str | None) -> Iterator[Page]:
        mine = [each for each, record in self.records.items() if record.ref.kind == kind]
        left = [self.records[each] for each in sorted(mine, key=_order) if self._shows(each, cursor)]
        while True:
            shown, left = left[: self.page_size], left[self.page_size :]
            if not left:
                yield Page(tuple(shown), None, self.complete)
                return
            yield Page(tuple(shown), shown[-1].ref.id)

    def _shows(self, number: str, cursor: str | None) -> bool:
        return (
            not self.blind
            and number not in self.hidden
            and (cursor is None or _order(number) > _order(cursor))
        )

    def delete(self, subjects: Sequence[Subject]) -> Iterator[Receipt]:
        for subject in subjects:
            found = self._found(subject)
            answer = next(
                (self.answers[each] for each in found or subject.ids(PERSON) if each in self.answers), None
            )
            yield answer(subject) if answer else self._erased(subject, found)

    def _erased(self, subject: Subject, found: list[str]) -> Receipt:
        look_again = max((self.accepts[each] for each in found if each in self.accepts), default=None)
        if look_again is not None:
            return Receipt(subject.ref, Outcome.ACCEPTED, look_again=look_again)
        kept = tuple(self.keeps[each] for each in found if each in self.keeps)
        gone = tuple(self.records[each].ref for each in found if each not in self.keeps)
        for ref in gone:
            if ref.id not in self.lies:
                del self.records[ref.id]
                self.deleted.append(ref.id)
        outcome = Outcome.KEPT if kept else Outcome.DONE if gone else Outcome.NOTHING
        return Receipt(subject.ref, outcome, deleted=gone, kept=kept)

    def audit(self, subjects: Sequence[Subject]) -> Iterator[Holding]:
        for subject in subjects:
            kept = [each.id for each in subject.kept if each.id in self.records]
            for number in [*self._found(subject), *kept]:
                yield Holding(subject.ref, self.records[number].ref, self.records[number].created)

    def _found(self, subject: Subject) -> list[str]:
        if self.blind:
            return []
        if subject.records or subject.kept:
            return [each.id for each in subject.records if each.id in self.records]
        emails = set(subject.known_by(IdentityKind.EMAIL))
        return [
            number
            for number, record in self.records.items()
            if any(
                each.kind == IdentityKind.EMAIL and each.value.lower() in emails for each in record.identities
            )
        ]


def _order(number: str) -> tuple[int, str]:
    return (len(number), number)


def _names(subjects: Sequence[Subject]) -> tuple[str, ...]:
    """What a call was about, person by person."""
    return tuple(
        ",".join(each.ids(PERSON)) or ",".join(one.value for one in each.identities) or each.ref
        for each in subjects
    )


def keeps(number: str, reason: gateway.Reason = gateway.Reason.EMPLOYMENT, until: date | None = None) -> Kept:
    return Kept(Ref(PERSON, number), reason, "a current employee", until)
