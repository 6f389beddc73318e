"""How the laws of trouble try a hook: once undisturbed, then again and again while something goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from gateway.http import VendorAccount
from gateway.model import Holding, Item, Page, Receipt, Ref, Subject
from gateway.testing.faults import Fault
from gateway.testing.stage import CARRIED_OUT, Run, Stage, parts
from gateway.testing.wire import Call, EndlessError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Calm:
    """A hook's undisturbed run, and what is held after it."""

    subjects: Sequence[Subject]
    run: Run
    left: dict[str, set[Ref]]
    there: set[Ref]

    @property
    def calls(self) -> Sequence[Call]:
        return self.run.calls


class Trials(Stage):
    """What the laws of faults are written with."""

    found: ClassVar[dict[object, Any]]
    """What laws found out for each other: a vendor that is made anew is like the others, and so is a run on it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.found = {}

    def once(self, what: object, find: Callable[[], T]) -> T:
        """Find something out, or recall what another law found; the stage is not as it was before."""
        if what not in self.found:
            self.found[what] = find()
        known: T = self.found[what]
        return known

    def cast(self) -> list[Subject]:
        """The people trouble is tried on: of a few, one with much to delete and one with little."""
        return self.once("cast", self._cast)

    def _cast(self) -> list[Subject]:
        if "fetch" in self.lacking():
            return [Subject("S1")]
        self.begin_anew()
        people = self.some(self.people())
        if "delete" not in self.lacking():
            weight = Counter({each.subject: len(each.deleted) for each in self.receipts(people)})
            people.sort(key=lambda each: -weight[each.ref])
            people = [each for each in people if weight[each.ref]] or people
        return [people[0], people[-1]] if len(people) > 1 else people

    def undisturbed(self, hook: str, subjects: Sequence[Subject], times: int = 1) -> Calm | None:
        """How the hook runs when nothing is wrong; None where it raises, which is for other laws."""
        what = hook, tuple(subjects), times
        return self.once(what, lambda: self._undisturbed(hook, subjects, times))

    def _undisturbed(self, hook: str, subjects: Sequence[Subject], times: int) -> Calm | None:
        self.begin_anew()
        with self.open() as account:
            for _ in range(times):
                run = self.perform(hook, account, subjects)
                if run.error is not None:
                    return None
            after = self.state(subjects, run.yielded) if hook == "delete" else ({}, set[Ref]())
            return Calm(subjects, run, *after)

    def struck(self, hook: str, calm: Calm, fault: Fault) -> Run:
        """How it runs with a fault that passes; the stage is not as it was after that."""

        def run() -> Run:
            run = self.perform_anew(hook, calm.subjects, fault)
            if run.error is not None:
                run.error.__traceback__ = None  # it would keep the whole vendor
            return run

        return self.once((hook, tuple(calm.subjects), str(fault)), run)

    def whole_kinds(self, run: Run) -> set[str]:
        """The kinds of which a run of fetch says that every record was shown."""
        kinds = [each.name for each in self.describe().kinds]
        return {kind for kind, pages in zip(kinds, run.answers, strict=False) if pages and pages[-1].complete}

    def by_identity(self, subjects: Sequence[Subject]) -> list[Subject]:
        """The same people, for a hook that has to look for them."""
        known = self.describe().finds_by
        found = [(each, tuple(one for one in each.identities if one.kind in known)) for each in subjects]
        return [Subject(each.ref, identities) for each, identities in found if identities]

    def perform(self, hook: str, account: VendorAccount, subjects: Sequence[Subject]) -> Run:
        """The whole of what a hook is asked to do: all kinds, or all subjects. Stops at the first error."""
        before = len(self.vendor.wire.journal)
        answers: list[list[Any]] = []
        error = None
        for given in self._asked(hook, subjects):
            run = self.attempt(hook, account, **given)
            answers.append(run.yielded)
            if error := run.error:
                break
        yielded = [each for answer in answers for each in answer]
        return Run(yielded, error, self.vendor.wire.journal[before:], answers)

    def perform_anew(self, hook: str, subjects: Sequence[Subject], *faults: Fault) -> Run:
        """The same, with a vendor as it was in the beginning and these faults on the wire."""
        self.begin_anew()
        self.strike(*faults)
        with self.open() as account:
            return self.perform(hook, account, subjects)

    def bounded(self, hook: str, calm: Calm, *faults: Fault) -> Run | None:
        """The same; None where it makes calls without end."""
        self.begin_anew()
        self.strike(*faults)
        self.vendor.wire.most = 5 * len(calm.calls) + 50
        with self.open() as account:
            try:
                return self.perform(hook, account, calm.subjects)
            except EndlessError:
                return None

    def state(
        self, subjects: Sequence[Subject], receipts: Sequence[Receipt]
    ) -> tuple[dict[str, set[Ref]], set[Ref]]:
        """What is held of these when absence can be checked, and all that can be fetched."""
        self.clock.wait(self.describe().grace)
        for receipt in receipts:
            self.clock.wait_until(receipt.look_again)
        asked = self.asked
        left = {} if "audit" in self.lacking() else self.held(subjects)
        there = set() if "fetch" in self.lacking() else set(self.everything())
        self.asked = asked
        return left, there

    def _asked(self, hook: str, subjects: Sequence[Subject]) -> Iterator[dict[str, Any]]:
        if hook == "fetch":
            yield from ({"kind": kind.name, "cursor": None} for kind in self.describe().kinds)
        elif hook == "export":
            yield from ({"subject": each} for each in subjects[:1])
        else:
            batch = getattr(self.describe(), f"{hook}_batch")
            yield from ({"subjects": part} for part in parts(subjects, batch))


def told(yielded: Sequence[Any]) -> Counter[Any]:
    """What was yielded, as what it is about, to hold two runs against each other."""
    return Counter(part for each in yielded for part in _about(each))


def open_still(subjects: Sequence[Subject], receipts: Sequence[Receipt]) -> list[Subject]:
    """Those whose deletion was not carried out, as far as the receipts say."""
    closed = {each.subject for each in receipts if each.outcome in CARRIED_OUT}
    return [each for each in subjects if each.ref not in closed]


def _about(each: Any) -> Iterator[Any]:
    if isinstance(each, Page):
        yield from (record.ref for record in each.records)
    elif isinstance(each, Holding):
        yield each.subject, each.ref
    elif isinstance(each, Item):
        yield each.ref, each.name
    elif isinstance(each, Receipt):
        yield each.subject, each.outcome, frozenset(each.deleted)
