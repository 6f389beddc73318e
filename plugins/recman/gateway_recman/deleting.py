"""Delete: who goes, who stays and why, and what Recman leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

import gateway as gw
from gateway_recman import records
from gateway_recman.client import EMPLOYED, candidates, file, order_deletion
from gateway_recman.hanging import Hanging, hanging
from gateway_recman.records import CANDIDATE, INVOICE, JOB, LOG, Row, known
from gateway_recman.sight import see_somebody, still_there

BOOKS = (JOB, INVOICE)
UNKNOWN = "Recman can only be asked by candidate id, and none is known."
OBJECTS = "Recman did not delete a record: see there what stands against it, and delete it by hand."
FILES = "Recman still hands out files of a deleted candidate: ask its support to remove them."
OVERDUE = "Bookkeeping needs an invoice no longer, and the API cannot delete it: delete it by hand."
STUBBORN = "Recman did not delete what a candidate left behind: look there, and delete it by hand."
SHARED = "A line of the log that names a company, contact or project too; its text may name the person."


def delete(account: gw.Account, subjects: Sequence[gw.Subject]) -> Iterator[gw.Receipt]:
    """A look at all, then an order for each, and for what it leaves behind.

    Whether files go along is tried with one of them; only if they do not, with all.
    """
    batch = _look(account, subjects)
    first = next((each for each in subjects if batch.sample in known(each)), None)
    if first is not None:
        yield batch.erase(first)
    yield from account.map(batch.erase, [each for each in subjects if each is not first])


def _look(account: gw.Account, subjects: Sequence[gw.Subject]) -> _Batch:
    """What there is to delete, and what it may leave behind. Jobs and invoices there can be only of staff."""
    ids = list(dict.fromkeys(each for subject in subjects for each in _wanted(subject)))
    rows = candidates(account, ids, "employee,files")
    if ids and not rows:
        see_somebody(account)
    batch = _Batch(account, account.now().date(), rows)
    going = [each for each in ids if each not in rows or not batch.stays(each)]
    staff = [each for each in going if each not in rows or records.is_staff(rows[each])]
    for left in chain(hanging(account, going, (LOG,)), hanging(account, staff, BOOKS)):
        batch.left.setdefault(left.candidate, []).append(left)
    batch.sample = next((each for each in going if batch.files(each)), "")
    return batch


def _wanted(subject: gw.Subject) -> list[str]:
    return [each for each in known(subject) if gw.Ref(CANDIDATE, each) not in subject.kept]


@dataclass(slots=True)
class _Came:
    """What became of one subject. `by_hand` is what a person has to do."""

    deleted: list[gw.Ref] = field(default_factory=list)
    kept: list[gw.Kept] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    taken_out: int = 0

    def receipt(self, subject: gw.Subject) -> gw.Receipt:
        outcome = gw.Outcome.DONE if self.deleted else gw.Outcome.NOTHING
        outcome = gw.Outcome.MANUAL if self.by_hand else gw.Outcome.KEPT if self.kept else outcome
        notes = list(dict.fromkeys(self.by_hand))
        if self.taken_out:
            notes.append(
                f"Deleted too, as it would have stayed: {self.taken_out} rows of the log or of jobs."
            )
        return gw.Receipt(subject.ref, outcome, tuple(self.deleted), tuple(self.kept), note=" ".join(notes))


@dataclass(slots=True)
class _Batch:
    """What was found before anything is deleted. `files_stay` is None until it was tried."""

    account: gw.Account
    today: date
    rows: Mapping[str, Row]
    left: dict[str, list[Hanging]] = field(default_factory=dict)
    sample: str = ""
    files_stay: bool | None = None

    def erase(self, subject: gw.Subject) -> gw.Receipt:
        if not any(ref.kind == CANDIDATE for ref in (*subject.records, *subject.kept)):
            return gw.Receipt(subject.ref, gw.Outcome.UNLINKABLE, note=UNKNOWN)
        came = _Came()
        for candidate in _wanted(subject):
            left = [each for each in self.left.get(candidate, ()) if each.ref not in subject.kept]
            if candidate in self.rows:
                left = self._erase(candidate, left, came)
            for each in left:
                self._clear(each, came)
        return came.receipt(subject)

    def stays(self, candidate: str) -> gw.Kept | None:
        return records.to_keep(self.rows[candidate], self.today, self.account.settings["payroll_years"])

    def files(self, candidate: str) -> list[str]:
        """The files that may be tried: none if the settings leave files out."""
        row = self.rows.get(candidate)
        return list(records.file_names(row)) if row and self.account.settings["read_files"] else []

    def _erase(self, candidate: str, left: list[Hanging], came: _Came) -> list[Hanging]:
        """Delete a candidate that is there, unless it has to stay; what is left behind if it is gone."""
        runs = any(each.ref.kind == JOB and records.runs(each.row, self.today) for each in left)
        if stays := self.stays(candidate):
            came.kept.append(stays)
        elif runs:
            came.kept.append(
                records.employed(candidate, "A job runs: payroll and bookkeeping need the record.")
            )
        elif (words := self._objection(candidate)) is None:
            came.deleted.append(gw.Ref(CANDIDATE, candidate))
            if self._hands_out_files(candidate):
                came.by_hand.append(FILES)
            return [each for each in left if each.ref.kind != LOG or records.is_shared(each.row)]
        elif EMPLOYED.search(words):
            came.kept.append(records.employed(candidate, "Recman refuses: it names an employment or a job."))
        else:
            came.by_hand.append(OBJECTS)
        return []

    def _objection(self, candidate: str) -> str | None:
        """Order the deletion: None, or Recman's words where it is still there. A read settles what is not plain."""
        words = order_deletion(self.account, CANDIDATE, candidate)
        return None if words is None or not still_there(self.account, [candidate]) else words

    def _hands_out_files(self, candidate: str) -> bool:
        """Whether the files of a candidate outlive it. If the candidate is there too, `audit` will show that."""
        if self.files_stay is False or not (numbers := self.files(candidate)):
            return False
        stays = file(self.account, candidate, numbers[0]) is not None
        if stays and still_there(self.account, [candidate]):
            return False
        self.files_stay = self.files_stay or stays
        return stays

    def _clear(self, left: Hanging, came: _Came) -> None:
        """What stays when a candidate goes: kept while the books need it, else deleted where that can be."""
        settings, ref = self.account.settings, left.ref
        if ref.kind in BOOKS:
            stays = records.in_books(ref, left.row, self.today, settings["bookkeeping_years"])
        elif settings["shared_log"] == "review" and records.is_shared(left.row):
            stays = gw.Kept(ref, gw.Reason.REVIEW, SHARED)
        else:
            stays = None
        if stays:
            came.kept.append(stays)
        elif ref.kind == INVOICE:
            came.by_hand.append(OVERDUE)
        elif order_deletion(self.account, ref.kind, ref.id) is not None and self._is_there(left):
            came.by_hand.append(STUBBORN)
        elif left.candidate in self.rows:  # the candidate stands for it in `deleted`, as in `audit`
            came.taken_out += 1
        else:
            came.deleted.append(ref)

    def _is_there(self, left: Hanging) -> bool:
        return any(each.ref == left.ref for each in hanging(self.account, [left.candidate], (left.ref.kind,)))
