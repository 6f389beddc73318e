"""The stage the laws of the contract are tried on: one simulated vendor, one clock, and the five hooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from gateway.http import VendorAccount
from gateway.model import Item, Outcome, Page, Receipt, Record, Ref, Secret, Subject, Vendor
from gateway.testing.account import FIXED, open_test_account
from gateway.testing.faults import Fault, without_rows
from gateway.testing.mounting import mount
from gateway.testing.people import grouped
from gateway.testing.wire import Call, Wire

BASE_URL = "https://vendor.example"
HOOKS = ("describe", "fetch", "delete", "export", "audit")
CALLING = HOOKS[1:]
CARRIED_OUT = frozenset({Outcome.DONE, Outcome.ACCEPTED, Outcome.NOTHING, Outcome.KEPT})
"""After these, what `audit` shows is what the receipt kept and nothing else."""
_CALLS_SHOWN = 10
_LATER = timedelta(hours=1)

Law = TypeVar("Law", bound=Callable[..., None])


def needs(*hooks: str) -> Callable[[Law], Law]:
    """Mark a law as one about these hooks; it is not tried on a vendor that cannot carry one of them out."""
    return _marked(needs=hooks)


def each_of(*hooks: str) -> Callable[[Law], Law]:
    """Mark a law as one about each of these hooks by itself; it takes the name of the `hook`."""
    return _marked(each_of=hooks)


def _marked(**marks: tuple[str, ...]) -> Callable[[Law], Law]:
    def mark(law: Law) -> Law:
        vars(law).update(marks)
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


class Safe:
    """Secrets a plugin stores, for as long as the vendor stands; what was put in last comes out."""

    def __init__(self) -> None:
        self.ever: list[str] = []
        self._values: dict[tuple[str, str], Secret] = {}

    def get(self, account: str, name: str) -> Secret | None:
        return self._values.get((account, name))

    def put(self, account: str, name: str, value: Secret) -> None:
        self._values[account, name] = value
        self.ever.append(value.reveal())


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a hook: what it yielded, what it raised in the end, and the calls it made.

    Where it was asked several times, for several kinds, say, `answers` holds what it yielded each time.
    """

    yielded: list[Any]
    error: Exception | None = None
    calls: Sequence[Call] = field(default=(), repr=False)
    answers: Sequence[Sequence[Any]] = field(default=(), repr=False)


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

    switches: ClassVar[Mapping[str, Sequence[Any]]] = {}
    """Switches of the simulator that the weather may set, each with its values, such as the size of a page."""

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulated:
        """The vendor with at least `least_people` people in it, on small pages, and `now` as its clock.

        `switches` are handed to the simulator as they are. Each one that is made is like the others.
        """
        raise NotImplementedError(f"{type(self).__name__} has to say which simulator, see PluginContract")

    def subjects_of(self, records: Sequence[Record]) -> list[Subject]:
        """The people these records are about; here: one for each first e-mail, link, or else record."""
        return grouped(records)

    def emptied(self, answer: bytes) -> bytes:
        """An answer of the vendor without its rows, as it gives them to who may not see them."""
        return without_rows(answer)

    # From here on: for the laws.

    clock: Clock
    vendor: Simulated
    safe: Safe
    law: str = ""
    asked: str = "nothing yet"
    _switched_to: Mapping[str, Any] = {}
    _struck_by: Sequence[Fault] = ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "hook" in metafunc.fixturenames:
            metafunc.parametrize("hook", self.hooks_of(metafunc.function))

    @pytest.fixture(autouse=True)
    def _set_up(self, request: pytest.FixtureRequest) -> Iterator[None]:
        expected = self.describe().expected_failures
        reason = expected.get(request.node.originalname) or expected.get(request.node.name)
        if reason:
            request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))
        with self.staged(inspect.getdoc(request.function) or ""):
            yield

    @contextmanager
    def staged(self, law: str = "") -> Iterator[None]:
        """Set up the vendor, and answer for it while the law is tried."""
        self.law = law
        self.begin_anew()
        with mount(lambda environ, start: self.vendor(environ, start), BASE_URL):
            yield

    def begin_anew(self, **switches: Any) -> None:
        """The vendor as it was in the beginning, with nothing on the wire."""
        self.clock, self.safe = Clock(), Safe()
        self.vendor = self.simulator(self.clock.now, **switches)
        self.vendor.wire.emptied = self.emptied
        self._switched_to, self._struck_by = switches, ()

    def strike(self, *faults: Fault) -> None:
        """Put these faults on the wire, and no others."""
        self.vendor.wire.faults[:] = faults
        self._struck_by = faults

    def mend(self, error: Exception | None = None) -> None:
        """Take all faults off the wire, and wait as long as the error says, or an hour."""
        self.vendor.wire.faults.clear()
        self.vendor.wire.most = None
        self.clock.wait(_LATER)
        again = getattr(error, "retry_at", None)
        if isinstance(again, datetime) and again.utcoffset() is not None:
            self.clock.wait_until(again)

    def must(self, holds: object, came: str, expected: str) -> None:
        """Fail with what came, what was expected, what was asked, the law, and the last calls to the vendor."""
        __tracebackhide__ = True
        if not holds:
            pytest.fail(self._failure(came, expected), pytrace=False)

    def _failure(self, came: str, expected: str) -> str:
        trouble = [f"{name}={value!r}" for name, value in self._switched_to.items()]
        trouble += [f"fault {each}" for each in self._struck_by]
        under = f", with {', '.join(trouble)}" if trouble else ""
        told = f"came:     {came}\nexpected: {expected}\nasked:    {self.asked}{under}"
        calls = "\n".join(f"  {_short(str(call))}" for call in self.vendor.wire.journal[-_CALLS_SHOWN:])
        return f"{told}\n\n{self.law}\n\nThe last calls that reached the vendor:\n{calls}"

    def describe(self) -> Vendor:
        said: Vendor = self.plugin.describe()
        return said

    def lacking(self) -> set[str]:
        """The hooks that cannot be carried out, and those that are not there."""
        missing = {hook for hook in CALLING if getattr(self.plugin, hook, None) is None}
        return missing | set(self.describe().cannot)

    def hooks_of(self, law: Callable[..., None]) -> tuple[str, ...]:
        """The hooks a law is tried on one by one."""
        lacking = self.lacking()
        return tuple(hook for hook in getattr(law, "each_of", ()) if hook not in lacking)

    def open(self, parallel: int = 1) -> VendorAccount:
        """A new account, as after a restart: what was stored is there. Pauses move the clock."""
        settings = self.vendor.settings(BASE_URL)
        clock = self.clock
        return open_test_account(
            self.plugin, settings, now=clock.now, sleep=clock.sleep, parallel=parallel, secrets=self.safe
        )

    def begin(self, hook: str, account: VendorAccount, **given: Any) -> Iterator[Any]:
        """What a hook yields, as it comes. As in the core, it gets only the arguments it takes."""
        self.asked = f"{hook} of {_in_words(given)}"
        function = getattr(self.plugin, hook)
        given["account"] = account
        taken = inspect.signature(function).parameters
        return iter(function(**{name: value for name, value in given.items() if name in taken}))

    def attempt(self, hook: str, account: VendorAccount, **given: Any) -> Run:
        """Run a hook as far as it goes."""
        yielded: list[Any] = []
        before = len(self.vendor.wire.journal)
        error = None
        try:
            # one by one: what came before an error stands
            yielded.extend(self.begin(hook, account, **given))
        except Exception as err:  # noqa: BLE001  # whatever a plugin raises is judged by the law
            error = err
        return Run(yielded, error, self.vendor.wire.journal[before:])

    def ask(self, hook: str, **given: Any) -> list[Any]:
        """All that a hook yields with a new account; where it raises, the error says what was asked."""
        with self.open() as account:
            run = self.attempt(hook, account, **given)
        if run.error is not None:
            run.error.add_note(self._failure(f"{hook} raised {type(run.error).__name__}", "no error"))
            raise run.error
        return run.yielded

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
        return [each for part in parts(subjects, size) for each in self.ask("delete", subjects=part)]

    def held(self, subjects: Sequence[Subject]) -> dict[str, set[Ref]]:
        """What `audit` shows for each subject, which may be nothing."""
        found: dict[str, set[Ref]] = {each.ref: set() for each in subjects}
        for part in parts(subjects, self.describe().audit_batch):
            for holding in self.ask("audit", subjects=part):
                found.get(holding.subject, set()).add(holding.ref)
        return found

    def items(self, subject: Subject) -> list[Item]:
        return self.ask("export", subject=subject)


def parts(subjects: Sequence[Subject], size: int) -> Iterator[Sequence[Subject]]:
    for start in range(0, len(subjects), size):
        yield subjects[start : start + size]


def _short(line: str, most: int = 160) -> str:
    return line if len(line) <= most else f"{line[: most - 30]} … {line[-27:]}"


def _in_words(given: Mapping[str, Any]) -> str:
    """What a hook is asked about, for a failure."""
    if "kind" in given:
        return f"{given['kind']} {'from the beginning' if given['cursor'] is None else 'after a cursor'}"
    subjects: Sequence[Subject] = given["subjects"] if "subjects" in given else [given["subject"]]
    return "; ".join(f"{each.ref} ({_known(each)})" for each in subjects[:5]) or "nobody"


def _known(subject: Subject) -> str:
    refs = [f"{ref.kind} {ref.id}" for ref in subject.records]
    refs += [f"keep {ref.kind} {ref.id}" for ref in subject.kept]
    return ", ".join(refs or dict.fromkeys(each.kind for each in subject.identities)) or "nothing known"
