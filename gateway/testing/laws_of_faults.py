"""The laws of faults: at every call of every hook, trouble has its right name, passes, and leaves nothing undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.errors import GarbledError, GatewayError, RefusedError, ThrottledError, UnavailableError
from gateway.http import VendorAccount
from gateway.model import Page, Receipt, Subject
from gateway.testing.faults import ALWAYS, Fault
from gateway.testing.people import named
from gateway.testing.stage import CALLING, CARRIED_OUT, Run, each_of, needs
from gateway.testing.trials import Calm, Trials, open_still, told
from gateway.testing.wire import Call

Due = Callable[[Sequence[Subject], Sequence[Receipt]], list[Subject]]

NAMES: dict[str, type[GatewayError]] = {
    "401": RefusedError,
    "403": RefusedError,
    "429": ThrottledError,
    "500": UnavailableError,
    "503": UnavailableError,
    "timeout": UnavailableError,
    "cut": UnavailableError,
    "html": GarbledError,
    "truncated": GarbledError,
    "empty": GarbledError,
    "deep": GarbledError,
    "huge": GarbledError,
}
"""The error each fault has to come out as."""
_COSTLY = frozenset({"deep", "huge"})
"""Tried at one call of a hook only."""
_DONE = ("drop", "truncated", "empty")
"""The vendor does what was asked, and its answer does not say so."""
_NOT_DONE = tuple(kind for kind in NAMES if kind not in {*_DONE, *_COSTLY})
_UNREADABLE = frozenset({"html", "truncated", "empty", "deep", "huge"})
"""What cannot be told from an answer that is a file."""
_TRIED_AGAIN = frozenset({"503", "cut", "timeout", "drop"})
"""What the client tries again by itself where it may."""
_TRIES = 4
"""How often it makes such a call: a fault that lasts as long gets through to the plugin."""
_NUMBER = re.compile(r"[\w%-]*\d[\w%-]*")


class FaultLaws(Trials):
    """What a plugin does while the vendor does not do its part, and after."""

    @each_of(*CALLING)
    def test_fault_has_its_right_name(self, hook: str) -> None:
        """The error's class decides what happens next: again by itself, stop the account, or call a person.

        Red: let the errors of `account.http` through; accept no status that is not understood, and read an
        answer before it is believed, that to a deletion, too; raise the vendor's own way of saying no as an
        error of `gateway`.
        """
        if (calm := self.undisturbed(hook, self.cast())) is None:
            return
        for fault in _passing(calm.calls, NAMES):
            expected = NAMES[fault.kind]
            run = self.struck(hook, calm, fault)
            if not (type(run.error) is expected and run.calls[-1].fault):
                # It did not end right there: what if the fault lasts?
                fault = replace(fault, times=ALWAYS)
                run = self.perform_anew(hook, calm.subjects, fault)
            if not any(call.fault for call in run.calls):
                continue  # there was nothing to cut off, say
            came = f"{type(run.error).__name__ if run.error else 'no error'} ({run.error or 'all went on'})"
            self.must(
                type(run.error) is expected,
                f"{hook} raised {came}, with {fault} of {len(calm.calls)}",
                expected.__name__,
            )
            again = getattr(run.error, "retry_at", None) or self.clock.now()
            self.must(
                again.utcoffset() == timedelta(0),
                f"the error says retry_at={again!r}, not in UTC",
                "an aware time in UTC",
            )

    @needs("fetch")
    def test_fetch_goes_on_after_a_fault(self) -> None:
        """A sweep of hours does not begin anew because one page failed, and does not lose that page either.

        Red: yield a page only when all of it was read; let its cursor lead to what comes after it; do not catch
        an error to go on as if nothing was.
        """
        calm = self.undisturbed("fetch", ())
        if calm is None or not self.once("resuming", lambda: self._resumes(calm)):
            return
        due = told(calm.run.yielded)
        rests: dict[tuple[int, str | None], list[Page]] = {}
        for fault in _passing(calm.calls, NAMES):
            run = self.struck("fetch", calm, fault)
            pages: list[Page] = run.yielded
            if run.error is not None:
                begun: Sequence[Page] = run.answers[-1]
                end = len(run.answers) - 1, begun[-1].cursor if begun else None
                if end not in rests:
                    rests[end] = self._rest_of_sweep(fault, *end)
                pages = [*pages, *rests[end]]
            which = f"the sweep with {fault}, taken up again at the last cursor,"
            lost, again = (due - told(pages)).keys(), (told(pages) - due).keys()
            self.must(not lost, f"{which} lost {named(lost)}", "each record once")
            self.must(not again, f"{which} yielded {named(again)} once more", "each record once")

    @each_of("export", "audit")
    def test_read_is_whole_after_a_fault(self, hook: str) -> None:
        """What failed once and is passed over is missing from what a person is handed, or from a proof.

        Red: let the error end the hook; do not catch it to go on with the rest. Keep nothing that makes the
        next run fail as well.
        """
        if (calm := self.undisturbed(hook, self.cast())) is None:
            return
        whole = told(calm.run.yielded)
        repeated: set[str | int] = set()  # kinds of faults, and calls
        for fault in _passing(calm.calls, NAMES):
            run = self.struck(hook, calm, fault)
            if run.error is not None and not {fault.kind, fault.after} <= repeated:
                repeated |= {fault.kind, fault.after}
                run = self._asked_again(hook, calm, fault)
                self.must(
                    run.error is None,
                    f"{hook}, asked again after {fault}, raises {run.error!r}",
                    "all there is: the fault is over",
                )
            missing = list(whole - told(run.yielded)) if run.error is None else []
            self.must(
                not missing, f"{hook} with {fault} does not yield {missing[:3]}", "an error, or all there is"
            )

    @needs("fetch", "delete", "audit")
    def test_delete_is_finished_after_a_fault(self) -> None:
        """Half a deletion is the normal case after a fault; the other half must follow, once, and nothing else.

        Red: yield a receipt only when all of the subject is settled; find by what is still there what is left
        to do, children first and the person last.
        """
        if (calm := self.undisturbed("delete", self.cast())) is not None:
            self._finished_after(calm, _passing(calm.calls, _NOT_DONE), open_still)

    @needs("fetch", "delete", "audit")
    def test_delete_is_finished_after_a_lost_answer(self) -> None:
        """The vendor did it and the answer was lost: asked again it does not know the record any more.

        Red: take the vendor's own word for "unknown" as gone already, when a deletion is repeated as well; the
        client may have repeated it by itself.
        """
        calm = self.undisturbed("delete", self.cast())
        if calm is not None and self.undisturbed("delete", self.cast(), times=2) is not None:
            once = (Fault("drop", after=at) for at in range(len(calm.calls)))
            self._finished_after(calm, [*_passing(calm.calls, _DONE), *once], _unanswered)

    def _resumes(self, calm: Calm) -> bool:
        """Whether each cursor leads to the rest when nothing is wrong; where not, there is another law."""
        for kind, pages in zip(self.describe().kinds, calm.run.answers, strict=True):
            for number, page in enumerate(pages[:-1], 1):
                rest = self.pages(kind.name, page.cursor)
                if told(rest) != told(pages[number:]):
                    return False
        return True

    def _rest_of_sweep(self, fault: Fault, done: int, cursor: str | None) -> list[Page]:
        """What comes after a fault, in the same account: the kind that was being read, and those not begun."""
        self.begin_anew()
        self.strike(fault)
        pages: list[Page] = []
        with self.open() as account:
            self.mend(self.perform("fetch", account, ()).error)
            for kind in self.describe().kinds[done:]:
                rest = self.attempt("fetch", account, kind=kind.name, cursor=cursor)
                self.must(
                    rest.error is None,
                    f"fetch of {kind.name} still raises {rest.error!r}",
                    "the rest: the fault is over",
                )
                pages += rest.yielded
                cursor = None
        return pages

    def _asked_again(self, hook: str, calm: Calm, fault: Fault) -> Run:
        """The hook once more in the same account, after a fault that has passed."""
        self.begin_anew()
        self.strike(fault)
        with self.open() as account:
            self.mend(self.perform(hook, account, calm.subjects).error)
            return self.perform(hook, account, calm.subjects)

    def _finished_after(self, calm: Calm, faults: Iterable[Fault], due: Due) -> None:
        """With each fault, and then for those who are `due`, delete: it has to end as it does undisturbed."""
        again = self.undisturbed("delete", calm.subjects, times=2)
        settled = _closed(calm.run.yielded) & _closed(again.run.yielded if again else [])
        ends = {self._end_of(calm.run)}
        for fault in faults:
            if (end := self._end_of(self.struck("delete", calm, fault))) in ends:
                continue
            ends.add(end)
            self.begin_anew()
            self.strike(fault)
            with self.open() as account:
                run = self.perform("delete", account, calm.subjects)
                self.mend(run.error)
                receipts = [*run.yielded, *self._finish(account, due(calm.subjects, run.yielded))]
            where = f"delete with {fault}, then asked again,"
            waiting = settled - _closed(receipts)
            self.must(not waiting, f"{where} has no receipt for {', '.join(waiting)}", "one for each subject")
            left, there = self.state(calm.subjects, receipts)
            for subject in settled:
                more, less = left[subject] - calm.left[subject], calm.left[subject] - left[subject]
                self.must(not more, f"{where} left {named(more)}", "what the undisturbed one leaves")
                self.must(not less, f"{where} also took {named(less)}", "what the undisturbed one leaves")
            gone = calm.there - there
            self.must(not gone, f"{where} also took {named(gone)}", "what the undisturbed one leaves")

    def _end_of(self, run: Run) -> object:
        """What has come about by a run of delete: two that ended alike need not both be followed further.

        Calls such as the hooks make that only read have brought about nothing.
        """
        reached = (call for call in run.calls if call.fault in {"", *_DONE})
        made = tuple(
            (call.path, call.query, call.body) for call in reached if _form(call) not in self.reads()
        )
        return made, frozenset(told(run.yielded)), run.error is None

    def reads(self) -> set[str]:
        """The forms of the calls that fetch, export and audit make."""

        def find() -> set[str]:
            hooks = [hook for hook in ("fetch", "export", "audit") if hook not in self.lacking()]
            calm = [self.undisturbed(hook, self.cast()) for hook in hooks]
            return {_form(call) for each in calm if each for call in each.calls}

        return self.once("reads", find)

    def _finish(self, account: VendorAccount, due: Sequence[Subject]) -> list[Receipt]:
        rest = self.perform("delete", account, due) if due else Run([])
        self.must(
            rest.error is None, f"delete, asked again, raises {rest.error!r}", "the rest: the fault is over"
        )
        return rest.yielded


def _passing(calls: Sequence[Call], kinds: Iterable[str]) -> Iterator[Fault]:
    """Every kind of fault at every call, long enough to be noticed; costly ones at the last that answers JSON."""
    readable = [at for at, call in enumerate(calls) if not _is_file(call)]
    for kind in kinds:
        places = readable if kind in _UNREADABLE else range(len(calls))
        for at in places[-1:] if kind in _COSTLY else places:
            yield Fault(kind, after=at, times=_TRIES if kind in _TRIED_AGAIN else 1)


def _unanswered(subjects: Sequence[Subject], receipts: Sequence[Receipt]) -> list[Subject]:
    """Those without a receipt; one that was given stands, whatever it says."""
    answered = {each.subject for each in receipts}
    return [each for each in subjects if each.ref not in answered]


def _closed(receipts: Sequence[Receipt]) -> set[str]:
    return {each.subject for each in receipts if each.outcome in CARRIED_OUT}


def _form(call: Call) -> str:
    """A call without the numbers in its path."""
    return f"{call.method} {_NUMBER.sub('#', call.path)}"


def _is_file(call: Call) -> bool:
    """Whether an answer has a body that is not JSON: whatever comes in its place is a file, too."""
    return bool(call.media_type) and not call.media_type.endswith("json")
