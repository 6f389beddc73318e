"""The laws of `audit` and `export`: what is held is shown, is handed over, and stays as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gateway.model import Identity, Item, Subject
from gateway.testing.people import named
from gateway.testing.stage import Stage, needs


class HoldingLaws(Stage):
    """What is shown of what is held."""

    @needs("fetch", "audit")
    def test_audit_shows_what_is_held(self) -> None:
        """An audit that overlooks a record proves an absence that is none.

        Red: look for every record in scope, and for those in `subject.kept`; show each that is there, for the
        subject it is about and nobody else.
        """
        everyone = self.people()
        owner = {ref: each.ref for each in everyone for ref in each.records}
        asked = self.some(everyone)
        kept = [Subject(each.ref, each.identities, kept=each.records) for each in asked]
        for subjects, what in ((asked, "is there"), (kept, "is there and to be kept")):
            shown = self.held(subjects)
            unseen = {ref for each in asked for ref in each.records if ref not in shown[each.ref]}
            self.must(
                not unseen,
                f"audit does not show {named(unseen)}, which {what}, as fetch says",
                "each that is there",
            )
        for holding in self.ask("audit", subjects=asked):
            self.must(
                holding.subject in {each.ref for each in asked},
                f"audit yielded a holding of {holding.subject!r}, who was not asked about",
                "holdings of the subjects asked about",
            )
            self.must(
                owner.get(holding.ref, holding.subject) == holding.subject,
                f"audit shows {named({holding.ref})} for a subject they are not about",
                "each record for the subject it is about",
            )

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
            if known and due & self.held([subject])[subject.ref]:
                unseen = due - self.held([Subject(subject.ref, known)])[subject.ref]
                self.must(
                    not unseen,
                    f"audit by {_kinds(known)} alone does not find {named(unseen)}",
                    "whom `finds_by` says can be found",
                )

    @needs("fetch", "audit")
    def test_audit_changes_nothing(self) -> None:
        """An audit is made daily, and by people who only want to know.

        Red: read only; where the vendor's search is a POST, make sure it stores nothing.
        """
        before = self.everything()
        self.held(self.subjects_of(list(before.values())))
        self.must(
            self.everything() == before,
            "what can be fetched is not the same after audit as before",
            "audit reads, and changes nothing",
        )

    @needs("fetch", "export", "audit")
    def test_export_holds_what_audit_shows(self) -> None:
        """What a person is given on request has to be all there is, and about nobody else.

        Red: yield an item for each record, its files and what hangs on it, under the ids `audit` shows.
        """
        everyone = self.people()
        for subject in self.some(everyone):
            shown = self.held([subject])[subject.ref]
            items = self.items(subject)
            absent = shown - {each.ref for each in items}
            self.must(
                not absent,
                f"export does not hold {named(absent)}, though audit shows it",
                "an item for each holding",
            )
            strangers = {ref for each in everyone if each.ref != subject.ref for ref in each.records}
            alien = strangers & {each.ref for each in items} - set(subject.records)
            self.must(
                not alien,
                f"export hands out {named(alien)}, which is about somebody else",
                "what is held about the subject",
            )
            for item in items:
                self._check(item)

    @needs("fetch", "export", "audit")
    def test_audit_shows_what_export_holds(self) -> None:
        """What can be handed over is held, and what is held has to go: an audit blind to it proves nothing.

        Red: let audit look wherever export looks, and show each thing under the same kind and id.
        """
        everyone = self.people()
        records = {ref for each in everyone for ref in each.records}  # for these there are other laws
        for subject in self.some(everyone):
            held = {each.ref for each in self.items(subject)}
            unseen = held - self.held([subject])[subject.ref] - records
            self.must(
                not unseen,
                f"audit does not show {named(unseen)}, though export hands it out",
                "a holding for each item",
            )

    @needs("fetch", "export")
    def test_export_changes_nothing(self) -> None:
        """Handing a copy out must leave the original as it is.

        Red: read only; where the vendor prepares a file on request, remove nothing but that file.
        """
        before = self.everything()
        for subject in self.some(self.subjects_of(list(before.values()))):
            self.items(subject)
        self.must(
            self.everything() == before,
            "what can be fetched is not the same after export as before",
            "export reads, and changes nothing",
        )

    def _check(self, item: Item) -> None:
        of, expected = f"the item {item.ref.id!r} ({item.ref.kind})", "content, under its media type"
        self.must(item.content and isinstance(item.content, bytes), f"{of} has no content", expected)
        self.must("/" in item.media_type, f"{of} has the media type {item.media_type!r}", expected)
        if item.media_type == "application/json":
            self.must(_is_json(item.content), f"{of} says it is JSON and is not", expected)


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def _kinds(identities: Sequence[Identity]) -> str:
    return " and ".join(dict.fromkeys(each.kind for each in identities))
