"""The laws of empty and endless answers: what an answer does not show is not taken for gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.model import Ref, Subject
from gateway.testing.faults import ALWAYS, Fault
from gateway.testing.people import named
from gateway.testing.stage import CALLING, Run, each_of
from gateway.testing.trials import Calm, Trials, open_still, told


class AbsenceLaws(Trials):
    """What a plugin may not say after an answer that shows too little."""

    @each_of("fetch", "delete", "audit")
    def test_emptied_answer_is_not_absence(self, hook: str) -> None:
        """Rights too narrow often show as 200 with no rows. Read as "nobody there", it would prove everything.

        Red: hold an empty answer against what must be there (a count, a page that was announced, somebody who
        was just seen); raise, or end the sweep with complete=False, where that cannot be told.
        """
        cast = self.cast()
        for subjects in [cast] if hook == "fetch" else [cast, self.by_identity(cast)]:
            calm = self.undisturbed(hook, subjects)
            for at in range(len(calm.calls) if calm else 0):
                for times in (ALWAYS, 1) if hook == "fetch" else (ALWAYS,):
                    run = self.perform_anew(hook, subjects, Fault("emptied", after=at, times=times))
                    if calm and run.error is None and any(call.fault for call in run.calls):
                        self._judge(hook, calm, run, cast, f"with its rows taken out of call {at + 1}")

    @each_of(*CALLING)
    def test_endless_answer_comes_to_an_end(self, hook: str) -> None:
        """A list whose next page is always the same page would be read until the calls of the day are spent.

        Red: notice that a page leads to itself, or shows what the one before it showed, and raise GarbledError.
        """
        cast = self.cast()
        if (calm := self.undisturbed(hook, cast)) is None:
            return
        for at in range(len(calm.calls)):
            run = self.bounded(hook, calm, Fault("again", after=at, times=ALWAYS))
            self.must(
                run is not None,
                f"{hook} made {len(self.vendor.wire.journal)} calls, and no end; undisturbed {len(calm.calls)}",
                "an error as soon as the answers repeat themselves",
            )
            if run is not None and run.error is None and hook in {"fetch", "audit"}:
                self._judge(hook, calm, run, cast, f"with the answer to call {at + 1} for ever")

    def _judge(self, hook: str, calm: Calm, run: Run, cast: Sequence[Subject], how: str) -> None:
        """What a run that ended without an error may not have said."""
        own = {each.ref: set(each.records) for each in cast}
        if hook == "fetch":
            self._judge_fetch(calm, run, how)
        elif hook == "audit":
            missing = (told(calm.run.yielded) - told(run.yielded)).keys()
            gone = {ref for subject, ref in missing if ref in own.get(subject, ())}
            self.must(
                not gone, f"audit {how} does not show {named(gone)}, as if gone", "an error, or all of it"
            )
        else:
            for subject, said, there in self._untrue(calm, run, own):
                self.must(
                    not there,
                    f"delete {how} says {said} of {subject}, and {named(there)} is still there",
                    "an error, or a receipt that is true",
                )

    def _judge_fetch(self, calm: Calm, run: Run, how: str) -> None:
        whole = self.whole_kinds(run)
        lost = {ref for ref in told(calm.run.yielded) - told(run.yielded) if ref.kind in whole}
        self.must(
            not lost, f"fetch {how} says complete=True and lost {named(lost)}", "an error, or complete=False"
        )
        again = {ref for ref, times in told(run.yielded).items() if times > told(calm.run.yielded)[ref]}
        self.must(not again, f"fetch {how} yielded {named(again)} twice", "an error, or each once")

    def _untrue(self, calm: Calm, run: Run, own: dict[str, set[Ref]]) -> Iterator[tuple[str, str, set[Ref]]]:
        """Of those whose deletion is said to be carried out: what is there and would be gone otherwise."""
        self.mend()
        _, there = self.state([], run.yielded)
        waiting = open_still(calm.subjects, run.yielded)
        for subject in (each.ref for each in calm.subjects if each not in waiting):
            said = {each.outcome.value for each in run.yielded if each.subject == subject}
            yield subject, " and ".join(said), (there - calm.there) & own[subject]
