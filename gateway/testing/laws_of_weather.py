"""The laws of many things at once: calls in parallel, and any weather a few days bring."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from gateway.http import VendorAccount
from gateway.model import Page, Receipt, Ref, Subject
from gateway.testing.faults import Fault
from gateway.testing.people import named
from gateway.testing.stage import CALLING, CARRIED_OUT, Run, each_of, needs
from gateway.testing.trials import Trials, open_still, told

PASSING = ("401", "403", "429", "500", "503", "timeout", "cut", "html", "truncated", "empty", "drop")
_EXAMPLES = 20
_TIRED = 40
"""Errors in a row, and more than any weather here brings."""
_PAUSE = timedelta(minutes=10)
_PARALLEL = 4
_MANY = 8


@dataclass(frozen=True, slots=True)
class Day:
    """What came of a sweep, some deletions, an audit of them and others, and a second sweep."""

    seen: Counter[Ref]
    whole: set[str]
    receipts: Mapping[str, Receipt]
    held: Counter[Any]
    after: Counter[Ref]


class WeatherLaws(Trials):
    """Whatever happens, in whatever order, ends as it does when nothing happens."""

    @each_of(*CALLING)
    def test_parallel_calls_give_the_same(self, hook: str) -> None:
        """The operator sets how many calls run at once; it may change how long a thing takes, and nothing else.

        Red: use `account.map` for what may run at once, hand each call all it needs, and keep nothing that two
        calls write to, in the module or round the call.
        """
        people = [Subject("S1")] if "fetch" in self.lacking() else self.some(self.people(), _MANY)
        if (calm := self.undisturbed(hook, people)) is None:
            return
        self.begin_anew()
        with _busy(), self.open(_PARALLEL) as account:
            run = self.perform(hook, account, people)
        left, there = self.state(people, run.yielded) if hook == "delete" else ({}, set())
        how = f"{hook} with {_PARALLEL} calls at once"
        self.must(run.error is None, f"{how} raises {run.error!r}", "what one call after the other gives")
        missing, more = told(calm.run.yielded) - told(run.yielded), told(run.yielded) - told(calm.run.yielded)
        self.must(
            not missing, f"{how} does not yield {[*missing][:3]}", "what one call after the other gives"
        )
        self.must(not more, f"{how} yields {[*more][:3]} as well", "what one call after the other gives")
        self.must(
            left == calm.left and there == calm.there,
            f"{how} leaves other records",
            "what one call after the other leaves",
        )

    @needs("fetch", "delete", "audit")
    def test_any_weather_ends_well(self) -> None:
        """Faults do not come one by one. Whatever passes, in whatever order: nobody is lost, nobody else is gone.

        Red: run it again with the faults and switches the failure names; look at what is left half done by the
        first of them when the second comes.
        """
        people = self.some(self.people())
        if None in [self.undisturbed(hook, people) for hook in ("fetch", "delete", "audit")]:
            return
        self.begin_anew()
        calm_days = {"{}": (people, self._day(people))}
        calls = len(self.vendor.wire.journal)

        @settings(
            max_examples=_EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(weather=_weather(calls), switches=self._switched())
        def holds(weather: list[Fault], switches: dict[str, Any]) -> None:
            if (known := repr(switches)) not in calm_days:
                self.begin_anew(**switches)
                people = self.some(self.people())
                calm_days[known] = people, self._day(people)
            people, calm = calm_days[known]
            self.begin_anew(**switches)
            self.strike(*weather)
            self._hold_against(calm, self._day(people, calm.receipts))

        with _leaving_nothing():
            holds()

    def _switched(self) -> st.SearchStrategy[dict[str, Any]]:
        choices = {name: st.sampled_from(values) for name, values in self.switches.items()}
        return st.fixed_dictionaries({}, optional=choices)

    def _day(self, people: Sequence[Subject], calm: Mapping[str, Receipt] | None = None) -> Day:
        """A day with one account; what fails is tried again later, as the core does."""
        doomed = people[: max(1, len(people) // 2)]
        with self.open() as account:
            sweeps = [self._sweep(account, each.name) for each in self.describe().kinds]
            receipts = self._settle(account, doomed, calm)
            self.clock.wait(self.describe().grace)
            for receipt in receipts.values():
                self.clock.wait_until(receipt.look_again)
            held = self._patiently(lambda: self.attempt("audit", account, subjects=people))
            after = [page for each in self.describe().kinds for page in self._sweep(account, each.name)]
        seen = [page for sweep in sweeps for page in sweep]
        return Day(told(seen), self.whole_kinds(Run(seen, answers=sweeps)), receipts, told(held), told(after))

    def _sweep(self, account: VendorAccount, kind: str) -> list[Page]:
        pages: list[Page] = []

        def go_on() -> Any:
            cursor = pages[-1].cursor if pages else None
            run = self.attempt("fetch", account, kind=kind, cursor=cursor)
            pages.extend(run.yielded)
            return run

        self._patiently(go_on)
        return pages

    def _settle(
        self, account: VendorAccount, doomed: Sequence[Subject], calm: Mapping[str, Receipt] | None
    ) -> dict[str, Receipt]:
        """Until each has the receipt it has in calm weather, or as good a one."""
        receipts: dict[str, Receipt] = {}

        def go_on() -> Any:
            due = [
                each
                for each in open_still(doomed, list(receipts.values()))
                if each.ref not in receipts or (calm and calm[each.ref].outcome in CARRIED_OUT)
            ]
            run = self.perform("delete", account, due)
            receipts.update({each.subject: each for each in run.yielded})
            return run

        self._patiently(go_on)
        if calm:
            self._patiently(go_on)  # what a fault made a person's task, say
        return receipts

    def _patiently(self, attempt: Callable[[], Any]) -> list[Any]:
        for _ in range(_TIRED):
            run = attempt()
            if run.error is None:
                yielded: list[Any] = run.yielded
                return yielded
            self.clock.wait_until(getattr(run.error, "retry_at", None))
            self.clock.wait(_PAUSE)
        self.must(
            not run.error, f"after {_TIRED} times it still raises {run.error!r}", "an end, since all passes"
        )
        return []

    def _hold_against(self, calm: Day, day: Day) -> None:
        self.asked = "a sweep, some deletions, an audit and a sweep, each tried again until it succeeds"
        lost = {ref for ref in calm.seen - day.seen if ref.kind in day.whole}
        again = (day.seen - calm.seen).keys()
        self.must(not lost, f"a sweep that says complete=True lost {named(lost)}", "each record once")
        self.must(not again, f"a sweep yielded {named(again)} once more", "each record once")
        unsettled = {
            ref
            for ref, receipt in calm.receipts.items()
            if receipt.outcome in CARRIED_OUT
            and (ref not in day.receipts or day.receipts[ref].outcome not in CARRIED_OUT)
        }
        self.must(
            not unsettled, f"no deletion for {', '.join(unsettled)}", "a receipt that says it is settled"
        )
        gone = (calm.after - day.after).keys()
        self.must(not gone, f"{named(gone)} is gone at the end of the day", "there, as after a calm day")
        there = (day.after - calm.after).keys()
        self.must(not there, f"{named(there)} is there at the end of the day", "gone, as after a calm day")
        hidden, shown = (each.keys() for each in (calm.held - day.held, day.held - calm.held))
        self.must(not hidden, f"audit does not show {[*hidden][:3]}", "what it shows after a calm day")
        self.must(not shown, f"audit shows {[*shown][:3]}", "what it shows after a calm day")


def _weather(calls: int) -> st.SearchStrategy[list[Fault]]:
    """A few faults, spread over so many calls."""
    after, times = st.integers(0, calls), st.integers(1, 5)
    return st.lists(st.builds(Fault, st.sampled_from(PASSING), after=after, times=times), max_size=6)


@contextmanager
def _leaving_nothing() -> Iterator[None]:
    """Hypothesis writes into the folder it is run in, unless it is given another."""
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


@contextmanager
def _busy() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual: what does not stand it shows soon."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 1000)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
