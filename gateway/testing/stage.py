"""The stage the laws of the contract are tried on: one simulated vendor, one clock, and the five hooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from gateway.http import VendorAccount
from gateway.identities import normalise
from gateway.model import Identity, IdentityKind, Item, Page, Receipt, Record, Ref, Subject, Vendor
from gateway.testing.account import FIXED, open_test_account
from gateway.testing.mounting import mount
from gateway.testing.wire import Wire

BASE_URL = "https://vendor.example"
HOOKS = ("describe", "fetch", "delete", "export", "audit")
_CALLS_SHOWN = 10

Law = TypeVar("Law", bound=Callable[..., None])


def needs(*hooks: str) -> Callable[[Law], Law]:
    """Mark a law as one about these hooks; it is not tried on a vendor that cannot carry one of them out."""

    def mark(law: Law) -> Law:
        vars(law)["needs"] = hooks
        return law

    return mark


class Simulated(Protocol):
    """A vendor as a local server."""

    @property
    def wire(self) -> Wire: ...

    def settings(self, base_url: str) -> Mapping[str, Any]:
        """The settings a plugin signs in with."""
        ...

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]: ...


class Clock:
    """The time of one test; it passes when told to."""

    def __init__(self) -> None:
        self._moment = FIXED

    def now(self) -> datetime:
        return self._moment

    def sleep(self, seconds: float) -> None:
        self.wait(timedelta(seconds=seconds))

    def wait(self, span: timedelta) -> None:
        """Let time pass."""
        self._moment += span

    def wait_until(self, moment: datetime | None) -> None:
        """Let time pass until then, where it is not past already."""
        self._moment = max(self._moment, moment or self._moment)


class Stage:
    """What a vendor's test class sets, and what the laws are written with.

    A vendor sets `plugin` and `simulator`, and where the defaults do not fit, the rest of the first part.
    """

    plugin: Any
    """The plugin's module."""

    least_people: ClassVar[int] = 25
    """Fewer people than this are no test of paging."""

    least_pages: ClassVar[int] = 3
    """So many pages the largest kind must have; 1 for a vendor that answers everything in one piece."""

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulated:
        """The vendor with at least `least_people` people in it, on small pages, and `now` as its clock.

        `switches` are handed to the simulator as they are.
        """
        raise NotImplementedError(f"{type(self).__name__} has to say which simulator, see PluginContract")

    def subjects_of(self, records: Sequence[Record]) -> list[Subject]:
        """The people these records are about; here: one for each first e-mail, link, or else record."""
        people: dict[object, list[Record]] = {}
        for record in records:
            people.setdefault(_person_of(record), []).append(record)
        return [_subject(f"S{number}", held) for number, held in enumerate(people.values(), 1)]

    # From here on: for the laws.

    clock: Clock
    vendor: Simulated
    law: str = ""

    @pytest.fixture(autouse=True)
    def _set_up(self, request: pytest.FixtureRequest) -> Iterator[None]:
        reason = self.describe().expected_failures.get(request.node.originalname)
        if reason:
            request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))
        with self.staged(inspect.getdoc(request.function) or ""):
            yield

    @contextmanager
    def staged(self, law: str = "") -> Iterator[None]:
        """Set up the vendor anew, and answer for it while the law is tried."""
        self.law = law
        self.clock = Clock()
        self.vendor = self.simulator(self.clock.now)
        with mount(self.vendor, BASE_URL):
            yield

    def must(self, holds: object, broken: str) -> None:
        """Fail with what is broken, the law, and the last calls that reached the vendor."""
        __tracebackhide__ = True
        if not holds:
            pytest.fail(f"{broken}\n\n{self.law}\n\n{self._last_calls()}", pytrace=False)

    def _last_calls(self) -> str:
        calls = self.vendor.wire.journal[-_CALLS_SHOWN:]
        return "\n".join(["The last calls that reached the vendor:", *(f"  {call}" for call in calls)])

    def describe(self) -> Vendor:
        said: Vendor = self.plugin.describe()
        return said

    def open(self) -> VendorAccount:
        """A new account, as after a restart: nothing is remembered from an earlier one. Pauses move the clock."""
        settings = self.vendor.settings(BASE_URL)
        return open_test_account(self.plugin, settings, now=self.clock.now, sleep=self.clock.sleep)

    def call(self, hook: str, account: VendorAccount, **given: Any) -> list[Any]:
        """All that a hook yields. As in the core, it gets only the arguments it takes."""
        function = getattr(self.plugin, hook)
        given["account"] = account
        taken = inspect.signature(function).parameters
        return list(function(**{name: value for name, value in given.items() if name in taken}))

    def ask(self, hook: str, **given: Any) -> list[Any]:
        """All that a hook yields with a new account; what it raises says which calls were made."""
        with self.open() as account:
            try:
                return self.call(hook, account, **given)
            except Exception as err:
                err.add_note(self._last_calls())
                raise

    def pages(self, kind: str, cursor: str | None = None) -> list[Page]:
        return self.ask("fetch", kind=kind, cursor=cursor)

    def everything(self) -> dict[Ref, Record]:
        """All that can be fetched, of all kinds."""
        kinds = [each.name for each in self.describe().kinds]
        return {each.ref: each for kind in kinds for page in self.pages(kind) for each in page.records}

    def people(self) -> list[Subject]:
        return self.subjects_of(list(self.everything().values()))

    def some(self, subjects: Sequence[Subject], count: int = 5) -> list[Subject]:
        """A few of them, spread over the whole."""
        step = max(1, len(subjects) // count)
        return list(subjects[::step][:count])

    def receipts(self, subjects: Sequence[Subject]) -> list[Receipt]:
        """Delete, in batches as the vendor likes them."""
        size = self.describe().delete_batch
        return [each for part in _parts(subjects, size) for each in self.ask("delete", subjects=part)]

    def held(self, subjects: Sequence[Subject]) -> dict[str, set[Ref]]:
        """What `audit` shows for each subject, which may be nothing."""
        found: dict[str, set[Ref]] = {each.ref: set() for each in subjects}
        for part in _parts(subjects, self.describe().audit_batch):
            for holding in self.ask("audit", subjects=part):
                self.must(
                    holding.subject in {each.ref for each in part},
                    f"audit yielded a holding of {holding.subject!r}, who was not asked about",
                )
                found[holding.subject].add(holding.ref)
        return found

    def items(self, subject: Subject) -> list[Item]:
        return self.ask("export", subject=subject)


def _parts(subjects: Sequence[Subject], size: int) -> Iterator[Sequence[Subject]]:
    for start in range(0, len(subjects), size):
        yield subjects[start : start + size]


def _person_of(record: Record) -> object:
    for kind in (IdentityKind.EMAIL, IdentityKind.LINK):
        for identity in record.identities:
            if identity.kind == kind:
                return kind, identity.value.strip().lower()
    return record.ref


def _subject(ref: str, records: Sequence[Record]) -> Subject:
    known = (_normalised(each) for record in records for each in record.identities)
    identities = tuple(dict.fromkeys(each for each in known if each))
    return Subject(ref, identities, tuple(record.ref for record in records))


def _normalised(identity: Identity) -> Identity | None:
    value = normalise(identity, "NO")
    return None if value is None else Identity(identity.kind, value)
