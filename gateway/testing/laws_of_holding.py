"""The laws of `audit`, `export` and `delete`: what is held is shown, what is asked goes, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from gateway.model import Identity, IdentityKind, Item, Outcome, Receipt, Ref, Subject
from gateway.testing.stage import Stage, needs

OF_THE_CORE = frozenset({Outcome.RETRY, Outcome.BROKEN, Outcome.VERIFIED, Outcome.RETURNED})
"""Outcomes the core alone gives; the others are those of a receipt."""
CARRIED_OUT = frozenset({Outcome.DONE, Outcome.ACCEPTED, Outcome.NOTHING, Outcome.KEPT})
"""After these, what `audit` shows is what the receipt kept and nothing else."""


class AuditLaws(Stage):
    """What is shown of what is held."""

    @needs("fetch", "audit")
    def test_audit_shows_what_is_held(self) -> None:
        """An audit that overlooks a record proves an absence that is none.

        Red: look for every record in scope, and for those in `subject.kept`; show each that is there.
        """
        everyone = self.people()
        owner = {ref: each.ref for each in everyone for ref in each.records}
        for subject in (asked := self.some(everyone)):
            shown = self.held(asked)[subject.ref]
            unseen = set(subject.records) - shown
            self.must(not unseen, f"audit does not show {_named(unseen)}, though fetch does")
            others = {ref for ref in shown if owner.get(ref, subject.ref) != subject.ref}
            self.must(not others, f"audit shows {_named(others)} for a subject they are not about")

    @needs("fetch", "audit")
    def test_audit_finds_by_identity(self) -> None:
        """After a deletion, or for a new person, the record id may be unknown; the identity is what is left.

        Red: where `subject.records` is empty, look by each identity kind in `describe().finds_by`, exact
        matches only; or take out of `finds_by` what the vendor cannot be searched by.
        """
        finds_by = self.describe().finds_by
        records = self.everything()
        for subject in self.some(self.subjects_of(list(records.values()))):
            known = tuple(each for each in subject.identities if each.kind in finds_by)
            due = {
                ref for ref in subject.records if finds_by & {each.kind for each in records[ref].identities}
            }
            if known and due:
                unseen = due - self.held([Subject(subject.ref, known)])[subject.ref]
                self.must(not unseen, f"audit by {_kinds(known)} alone does not find {_named(unseen)}")

    @needs("fetch", "audit")
    def test_audit_changes_nothing(self) -> None:
        """An audit is made daily, and by people who only want to know.

        Red: read only; where the vendor's search is a POST, make sure it stores nothing.
        """
        before = self.everything()
        self.held(self.subjects_of(list(before.values())))
        self.must(self.everything() == before, "what can be fetched is not the same after audit as before")

    @needs("fetch", "export", "audit")
    def test_export_holds_what_audit_shows(self) -> None:
        """What a person is given on request has to be all there is.

        Red: yield an item for each record, its files and what hangs on it, under the ids `audit` shows.
        """
        everyone = self.people()
        for subject in self.some(everyone):
            items = self.items(subject)
            absent = self.held([subject])[subject.ref] - {each.ref for each in items}
            self.must(not absent, f"export does not hold {_named(absent)}, though audit shows it")
            strangers = {ref for each in everyone if each.ref != subject.ref for ref in each.records}
            alien = strangers & {each.ref for each in items}
            self.must(not alien, f"export hands out {_named(alien)}, which is about somebody else")
            for item in items:
                self._check(item)

    @needs("fetch", "export")
    def test_export_changes_nothing(self) -> None:
        """Handing a copy out must leave the original as it is.

        Red: read only; where the vendor prepares a file on request, remove nothing but that file.
        """
        before = self.everything()
        for subject in self.some(self.subjects_of(list(before.values()))):
            self.items(subject)
        self.must(self.everything() == before, "what can be fetched is not the same after export as before")

    def _check(self, item: Item) -> None:
        of = f"the item {item.ref.id!r} ({item.ref.kind})"
        self.must(item.content and isinstance(item.content, bytes), f"{of} has no content")
        self.must("/" in item.media_type, f"{of} has the media type {item.media_type!r}")
        if item.media_type == "application/json":
            self.must(_is_json(item.content), f"{of} says it is JSON and is not")


class DeleteLaws(Stage):
    """What is asked goes, nothing else does, and what is said of it is true."""

    @needs("fetch", "delete")
    def test_delete_gives_one_receipt_each(self) -> None:
        """A subject without a receipt stays open for ever; one with two may be closed by the wrong one.

        Red: yield one Receipt per subject, with its `ref` and an outcome of a receipt.
        """
        subjects = self.some(self.people())
        receipts = self.receipts(subjects)
        self._check_all(subjects, receipts)
        done = [each for each in receipts if each.outcome in CARRIED_OUT]
        self.must(
            done, "no subject could be deleted, so nothing is proven; let some in the simulator be deletable"
        )

    @needs("fetch", "delete", "audit")
    def test_audit_after_delete_shows_only_what_was_kept(self) -> None:
        """The vendor's "deleted" is not proof; this is. It is the law the whole gateway rests on.

        Red: delete what hangs on the record, children first; name in `kept` what stays and why; answer
        `accepted` with `look_again` where the vendor deletes later; put its delay into `describe().grace`.
        """
        subjects = self.some(self.people())
        receipts = {each.subject: each for each in self.receipts(subjects)}
        self.clock.wait(self.describe().grace)
        for receipt in receipts.values():
            self.clock.wait_until(receipt.look_again)
        for ref, shown in self.held(subjects).items():
            receipt = receipts[ref]
            back = shown & set(receipt.deleted)
            self.must(not back, f"the receipt says deleted, and audit still shows {_named(back)}")
            if receipt.outcome in CARRIED_OUT:
                kept = {each.ref for each in receipt.kept}
                said = f"the receipt says {receipt.outcome}"
                self.must(not shown - kept, f"{said}, and audit still shows {_named(shown - kept)}")
                self.must(
                    not kept - shown, f"{said} and kept {_named(kept - shown)}, which audit does not show"
                )

    @needs("fetch", "delete")
    def test_delete_may_be_repeated(self) -> None:
        """After a crash a deletion is made again, for it is not known whether it was made.

        Red: what the vendor does not know any more is `nothing` or `done`, never an error.
        """
        subjects = self.some(self.people())
        first = {each.subject: each.outcome for each in self.receipts(subjects)}
        again = self.receipts(subjects)
        self._check_all(subjects, again)
        for receipt in again:
            before = first[receipt.subject]
            allowed = {Outcome.DONE, Outcome.NOTHING, before} if before in CARRIED_OUT else {before}
            self.must(
                receipt.outcome in allowed,
                f"what was {before} at first is {receipt.outcome} at the second deletion",
            )

    @needs("fetch", "delete")
    def test_delete_touches_no_stranger(self) -> None:
        """The wrong person's data, once deleted, does not come back.

        Red: delete by record id, or by exact identity; never by name, and never what a search merely found.
        """
        before = self.everything()
        everyone = self.subjects_of(list(before.values()))
        subjects = self.some(everyone)
        own = {ref for each in subjects for ref in each.records}
        attached = self._attached(subjects, everyone)
        for receipt in self.receipts(subjects):
            alien = set(receipt.deleted) - own - attached
            self.must(not alien, f"the receipt names {_named(alien)} as deleted, which is not the subject's")
        after = self.everything()
        gone = before.keys() - after.keys() - own - attached
        self.must(not gone, f"{_named(gone)} went too, and is about somebody else")
        changed = {ref for ref in before.keys() & after.keys() - own - attached if before[ref] != after[ref]}
        self.must(not changed, f"{_named(changed)} was changed, and is about somebody else")
        new = after.keys() - before.keys()
        self.must(not new, f"{_named(new)} was not there before the deletion")

    @needs("fetch", "delete")
    def test_delete_leaves_what_is_kept(self) -> None:
        """What the law or a contract keeps must survive the deletion of the rest.

        Red: leave out what is in `subject.kept`, also when a search by identity finds it.
        """
        before = self.everything()
        subjects = self.some(self.subjects_of(list(before.values())))
        self.receipts([Subject(each.ref, each.identities, kept=each.records) for each in subjects])
        lost = {ref for each in subjects for ref in each.records} - self.everything().keys()
        self.must(not lost, f"{_named(lost)} was to be kept, and is gone")

    @needs("delete", "audit")
    def test_nobody_is_nothing(self) -> None:
        """Every deletion is asked of all who might hold something; most hold nothing.

        Red: a subject nobody knows is `nothing`, one without a usable identity `unlinkable`; no error.
        """
        unknown = Identity(IdentityKind.EMAIL, "nobody.knows@example.org")
        for subject in (Subject("N1", (unknown,)), Subject("N2")):
            receipts = self.receipts([subject])
            self._check_all([subject], receipts)
            outcome = receipts[0].outcome
            allowed = {Outcome.NOTHING, Outcome.UNLINKABLE, Outcome.MANUAL, Outcome.REFUSED}
            self.must(outcome in allowed, f"deleting somebody nobody knows is {outcome}")
            shown = self.held([subject])[subject.ref]
            self.must(not shown, f"audit of somebody nobody knows shows {_named(shown)}")

    def _attached(self, subjects: Sequence[Subject], everyone: Sequence[Subject]) -> set[Ref]:
        """What hangs on the subjects' records, as audit shows it, without what is other people's own."""
        if "audit" in self.describe().cannot:
            return set()
        named = {each.ref for each in subjects}
        strangers = {ref for each in everyone if each.ref not in named for ref in each.records}
        return {ref for shown in self.held(subjects).values() for ref in shown} - strangers

    def _check_all(self, subjects: Sequence[Subject], receipts: Sequence[Receipt]) -> None:
        asked, answered = sorted(each.ref for each in subjects), sorted(each.subject for each in receipts)
        self.must(
            asked == answered,
            f"asked to delete {', '.join(asked)}; receipts for {', '.join(answered) or 'none'}",
        )
        for receipt in receipts:
            known = receipt.outcome in set(Outcome) - OF_THE_CORE
            self.must(known, f"{receipt.outcome!r} is no outcome of a receipt; see gateway.Receipt")
            later = receipt.outcome != Outcome.ACCEPTED or receipt.look_again is not None
            self.must(later, "the outcome accepted comes without look_again")
            why = all(each.text.strip() for each in receipt.kept)
            self.must(why, "the receipt keeps a record without saying why")


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def _named(refs: Collection[Ref]) -> str:
    return ", ".join(f"{ref.kind} {ref.id}" for ref in sorted(refs)[:5]) or "nothing"


def _kinds(identities: Sequence[Identity]) -> str:
    return " and ".join(dict.fromkeys(each.kind for each in identities))
