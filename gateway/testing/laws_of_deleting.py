"""The laws of `delete`: what is asked goes, nothing else does, and what is said of it is true."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Identity, IdentityKind, Outcome, Receipt, Ref, Subject
from gateway.testing.people import merged, named, unknown_like
from gateway.testing.stage import CARRIED_OUT, Stage, needs

OF_THE_CORE = frozenset({Outcome.RETRY, Outcome.BROKEN, Outcome.VERIFIED, Outcome.RETURNED})
"""Outcomes the core alone gives; the others are those of a receipt."""


class DeleteLaws(Stage):
    """What is asked goes, nothing else does, and what is said of it is true."""

    @needs("fetch", "delete")
    def test_delete_gives_one_receipt_each(self) -> None:
        """A subject without a receipt stays open for ever; one with two may be closed by the wrong one.

        Red: yield one Receipt per subject, with its `ref` and an outcome of a receipt, also the second time.
        """
        subjects = self.some(self.people())
        receipts = self.receipts(subjects)
        self._check_all(subjects, receipts)
        self._check_all(subjects, self.receipts(subjects))
        self.must(
            any(each.outcome in CARRIED_OUT for each in receipts),
            "no subject could be deleted, so nothing is proven",
            "some in the simulator can be deleted",
        )

    @needs("fetch", "delete", "audit")
    def test_audit_after_delete_shows_only_what_was_kept(self) -> None:
        """The vendor's "deleted" is not proof; this is. It is the law the whole gateway rests on.

        Red: delete what hangs on the record, children first; name in `kept` what stays and why, and let audit
        look for it when it comes back in `subject.kept`; answer `accepted` with `look_again` where the vendor
        deletes later; put its delay into `describe().grace`.
        """
        subjects = {each.ref: each for each in self.some(self.people())}
        receipts = {each.subject: each for each in self.deleted(list(subjects.values()))}
        expected = "what the receipt kept, and nothing else"
        for ref, shown in self.held(list(subjects.values())).items():
            if (receipt := receipts.get(ref)) is None:
                continue  # each has a receipt: another law
            kept = {each.ref for each in receipt.kept}
            back = shown & set(receipt.deleted)
            self.must(not back, f"the receipt says deleted, and audit still shows {named(back)}", expected)
            if receipt.outcome not in CARRIED_OUT:
                continue
            said = f"the receipt says {receipt.outcome}"
            self.must(not shown - kept, f"{said}, and audit still shows {named(shown - kept)}", expected)
            again = _handed_back(subjects[ref], receipt)
            shown = self.held([again])[ref]
            self.must(
                not shown - kept,
                f"{said}, and audit with what it kept shows {named(shown - kept)}",
                expected,
            )
            self.must(
                not kept - shown,
                f"{said} and kept {named(kept - shown)}, which audit does not show",
                expected,
            )

    @needs("fetch", "delete")
    def test_delete_may_be_repeated(self) -> None:
        """After a crash a deletion is made again, for it is not known whether it was made.

        Red: what the vendor does not know any more is `nothing` or `done`, never an error; and nothing more
        is done about it.
        """
        subjects = self.some(self.people())
        first = {each.subject: each.outcome for each in self.deleted(subjects)}
        left = self.everything()
        for receipt in self.receipts(subjects):
            before = first.get(receipt.subject, receipt.outcome)
            allowed = {Outcome.DONE, Outcome.NOTHING, before} if before in CARRIED_OUT else {before}
            self.must(
                receipt.outcome in allowed,
                f"what was {before} at first is {receipt.outcome} at the second deletion",
                f"one of {', '.join(sorted(allowed))}",
            )
        self.must(
            self.everything().keys() == left.keys(),
            "after the second deletion there are other records than after the first",
            "the second deletion makes no difference",
        )

    @needs("fetch", "delete")
    def test_delete_touches_no_stranger(self) -> None:
        """The wrong person's data, once deleted, does not come back.

        Red: delete by record id, or by exact identity; never by name, and never what a search merely found.
        """
        everyone = self.people()
        subjects = self.some(everyone)
        own = {ref for each in subjects for ref in each.records} | self._attached(subjects, everyone)
        before = self.everything()
        expected = "records of those who were to be deleted, and what hangs on them"
        for receipt in self.receipts(subjects):
            alien = set(receipt.deleted) - own
            self.must(
                not alien,
                f"the receipt names {named(alien)} as deleted, which is not the subject's",
                expected,
            )
        after = self.everything()
        gone = before.keys() - after.keys() - own
        self.must(not gone, f"{named(gone)} went too, and is about somebody else", expected)
        changed = {ref for ref in before.keys() & after.keys() - own if before[ref] != after[ref]}
        self.must(not changed, f"{named(changed)} was changed, and is about somebody else", expected)
        new = after.keys() - before.keys()
        self.must(not new, f"{named(new)} was not there before the deletion", expected)

    @needs("fetch", "delete")
    def test_delete_leaves_what_is_kept(self) -> None:
        """What the law or a contract keeps must survive the deletion of the rest.

        Red: leave out what is in `subject.kept`, also when a search by identity finds it.
        """
        subjects = self.some(self.people())
        self.receipts([Subject(each.ref, each.identities, kept=each.records) for each in subjects])
        lost = {ref for each in subjects for ref in each.records} - self.everything().keys()
        self.must(not lost, f"{named(lost)} was to be kept, and is gone", "what is in `kept` stays")

    @needs("delete", "audit")
    def test_nobody_is_nothing(self) -> None:
        """Every deletion is asked of all who might hold something; most hold nothing.

        Red: a subject nobody knows is `nothing`, one without a usable identity `unlinkable`; no error.
        """
        unknown = Identity(IdentityKind.EMAIL, "nobody.knows@example.org")
        allowed = {Outcome.NOTHING, Outcome.UNLINKABLE, Outcome.MANUAL, Outcome.REFUSED}
        for subject in (Subject("N1", (unknown,)), Subject("N2")):
            for receipt in self.receipts([subject]):
                self.must(
                    receipt.outcome in allowed,
                    f"deleting somebody nobody knows is {receipt.outcome}",
                    f"one of {', '.join(sorted(allowed))}",
                )
            shown = self.held([subject])[subject.ref]
            self.must(not shown, f"audit of somebody nobody knows shows {named(shown)}", "nothing")

    @needs("fetch", "delete")
    def test_delete_goes_on_past_the_absent(self) -> None:
        """In a batch there is always one who is gone already; the others have to go all the same.

        Red: where the vendor's batch call fails for one absent id, leave out who is absent, or ask for each by
        itself; take the vendor's word for "unknown" as `nothing` for this one alone.
        """
        if len(able := self._deletable(3)) < 3:
            return  # hardly anybody can be deleted: another law
        first, *others = able
        self.deleted([first])
        unknown = unknown_like(first.records, self.everything())
        absent = [first, Subject("U1", records=unknown)] if unknown else [first]
        self.deleted([others[0], *absent, *others[1:]])
        left = {ref for each in others for ref in each.records} & self.everything().keys()
        self.must(
            not left,
            f"{named(left)} is still there, in whose batch somebody was gone already",
            "all others of the batch are deleted",
        )

    @needs("fetch", "delete")
    def test_delete_takes_every_record_of_a_person(self) -> None:
        """One person often has several records: an old one, one from each advertisement.

        Red: delete each of `subject.records`, and name each in the receipt.
        """
        both = merged(self._deletable(2))
        if not both.records:
            return  # nobody can be deleted: another law
        receipts = self.deleted([both])
        left = set(both.records) & self.everything().keys()
        self.must(
            not left, f"{named(left)} is still there, one of {len(both.records)} of the person", "all go"
        )
        unnamed = set(both.records) - {ref for each in receipts for ref in each.deleted}
        self.must(
            not unnamed,
            f"the receipt does not name {named(unnamed)}, which is gone",
            "each record that went stands in `deleted`",
        )

    def deleted(self, subjects: Sequence[Subject]) -> list[Receipt]:
        """Delete, and wait until absence can be checked."""
        receipts = self.receipts(subjects)
        self.clock.wait(self.describe().grace)
        for receipt in receipts:
            self.clock.wait_until(receipt.look_again)
        return receipts

    def _deletable(self, count: int) -> list[Subject]:
        """Some who go with all their records when each is deleted alone, found out on a vendor of their own."""
        able: list[Subject] = []
        for subject in self.some(self.people(), 8):
            gone = {ref for each in self.deleted([subject]) for ref in each.deleted}
            if subject.records and gone >= set(subject.records) and not gone & self.everything().keys():
                able.append(subject)
            if len(able) == count:
                break
        self.begin_anew()
        return able

    def _attached(self, subjects: Sequence[Subject], everyone: Sequence[Subject]) -> set[Ref]:
        """What hangs on the subjects' records, as audit shows it, without what is other people's own."""
        if "audit" in self.lacking():
            return set()
        asked = {each.ref for each in subjects}
        strangers = {ref for each in everyone if each.ref not in asked for ref in each.records}
        return {ref for shown in self.held(subjects).values() for ref in shown} - strangers

    def _check_all(self, subjects: Sequence[Subject], receipts: Sequence[Receipt]) -> None:
        asked, answered = sorted(each.ref for each in subjects), sorted(each.subject for each in receipts)
        self.must(
            asked == answered,
            f"asked to delete {', '.join(asked)}; receipts for {', '.join(answered) or 'none'}",
            "one receipt for each subject",
        )
        for receipt in receipts:
            known = receipt.outcome in set(Outcome) - OF_THE_CORE
            self.must(known, f"{receipt.outcome!r} is no outcome of a receipt", "see gateway.Receipt")
            self.must(
                receipt.outcome != Outcome.ACCEPTED or receipt.look_again is not None,
                "the outcome accepted comes without look_again",
                "when to look again",
            )
            self.must(
                all(each.text.strip() for each in receipt.kept),
                "the receipt keeps a record without saying why",
                "the reason, in one sentence",
            )


def _handed_back(subject: Subject, receipt: Receipt) -> Subject:
    """The subject as the core hands it in after this receipt: what was kept is out of scope."""
    kept = tuple(each.ref for each in receipt.kept)
    return Subject(
        subject.ref, subject.identities, tuple(ref for ref in subject.records if ref not in kept), kept
    )
