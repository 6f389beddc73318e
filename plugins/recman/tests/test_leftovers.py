"""What stays when a candidate goes: shown by audit, cleared, kept for the books, or left to a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import gateway_recman
import pytest
from gateway_recman.simulator import Simulator

from gateway import Account, Holding, Outcome, Reason, Receipt, Ref, Subject
from gateway.testing import Fault

Open = Callable[..., Account]


def recman(**switches: Any) -> Simulator:
    """Recman with somebody in it who stays: an answer without anybody proves nothing."""
    vendor = Simulator(**switches)
    vendor.add_candidate(email="stays@example.org")
    return vendor


def there(vendor: Simulator) -> list[str]:
    """Who is there, beside the one who stays."""
    return vendor.candidate_ids()[1:]


def subject(*candidates: str, ref: str = "S1") -> Subject:
    return Subject(
        ref,
        records=tuple(Ref("candidate", each) for each in candidates),
    )


def delete(account: Account, *subjects: Subject) -> list[Receipt]:
    return list(gateway_recman.delete(account, subjects))


def audit(account: Account, *subjects: Subject) -> list[Holding]:
    return list(gateway_recman.audit(account, subjects))


def posts(vendor: Simulator) -> int:
    return sum(call.method == "POST" for call in vendor.wire.journal)


@pytest.mark.parametrize("stays", ["application", "log"])
def test_leftovers_of_the_gone_are_shown(open_at: Open, stays: str) -> None:
    vendor = recman(stays=[stays])
    people = [subject(vendor.add_candidate(), ref=f"S{number}") for number in range(8)]
    left = {each.ref: each.ids("candidate")[0] for each in people}
    refs = {ref: Ref(stays, getattr(vendor, f"add_{stays}")(number)) for ref, number in left.items()}
    account = open_at(vendor)
    delete(account, *people)
    assert {each.subject: each.ref for each in audit(account, *people)} == refs
    assert [each.ref for each in audit(account, people[3])] == [refs["S3"]]
    unread = {"application": "read_applications", "log": "read_log"}[stays]
    assert audit(open_at(vendor, **{unread: False}), *people) == []


def test_log_line_that_stays_is_deleted_at_the_second_try(open_at: Open) -> None:
    vendor = recman(stays=["log"])
    candidate = vendor.add_candidate()
    line = Ref("log", vendor.add_log(candidate, text="called"))
    account = open_at(vendor)
    assert delete(account, subject(candidate))[0].deleted == (Ref("candidate", candidate),)
    assert [each.ref for each in audit(account, subject(candidate))] == [line]
    assert delete(account, subject(candidate)) == [Receipt("S1", Outcome.DONE, (line,))]
    assert audit(account, subject(candidate)) == []


def test_log_line_that_names_a_company_too_is_deleted_after_the_candidate(open_at: Open) -> None:
    vendor = recman()
    candidate, other = vendor.add_candidate(), vendor.add_candidate()
    vendor.add_log(candidate, text="presented", company="55")
    kept = vendor.add_log(other, text="presented", company="55")
    account = open_at(vendor)
    [receipt] = delete(account, subject(candidate))
    assert (receipt.outcome, receipt.deleted) == (Outcome.DONE, (Ref("candidate", candidate),))
    assert "1 rows of the log" in receipt.note
    assert list(vendor.tables["log"]) == [kept]
    assert audit(account, subject(candidate)) == []


def test_log_line_that_names_a_company_too_is_kept_for_review_where_set_so(open_at: Open) -> None:
    vendor = recman()
    candidate = vendor.add_candidate()
    line = Ref("log", vendor.add_log(candidate, text="presented", company="55"))
    account = open_at(vendor, shared_log="review")
    [receipt] = delete(account, subject(candidate))
    assert (receipt.outcome, receipt.deleted) == (Outcome.KEPT, (Ref("candidate", candidate),))
    assert [(each.ref, each.reason) for each in receipt.kept] == [(line, Reason.REVIEW)]
    assert [each.ref for each in audit(account, subject(candidate))] == [line]


def test_lost_answer_to_the_deletion_of_a_log_line_is_settled_by_a_read(open_at: Open) -> None:
    vendor = recman()
    candidate = vendor.add_candidate()
    vendor.add_log(candidate, company="55")
    vendor.wire.faults.append(Fault("drop", method="POST", after=1))
    account = open_at(vendor)
    assert delete(account, subject(candidate))[0].outcome == Outcome.DONE
    assert audit(account, subject(candidate)) == []


FORMER = {"startDate": "2015-01-01", "endDate": "2017-06-30"}


def test_what_the_books_need_is_kept_when_the_candidate_goes(open_at: Open) -> None:
    vendor = recman()
    candidate = vendor.add_candidate(employee=FORMER)
    job = Ref("job", vendor.add_job(candidate, end="2024-06-30"))
    invoice = Ref("invoice", vendor.add_invoice(candidate, created="2023-02-01 10:00:00"))
    account = open_at(vendor)
    [receipt] = delete(account, subject(candidate))
    assert (receipt.outcome, receipt.deleted) == (Outcome.KEPT, (Ref("candidate", candidate),))
    assert [(each.ref, each.reason, each.until) for each in receipt.kept] == [
        (job, Reason.LEGAL_DUTY, date(2029, 12, 31)),
        (invoice, Reason.LEGAL_DUTY, date(2028, 12, 31)),
    ]
    assert {each.ref for each in audit(account, subject(candidate))} == {job, invoice}
    again = delete(account, subject(candidate))[0]
    assert (again.outcome, again.deleted, again.kept) == (Outcome.KEPT, (), receipt.kept)


def test_job_the_books_need_no_longer_goes_and_an_invoice_is_for_a_person(open_at: Open) -> None:
    vendor = recman()
    candidate, other = (vendor.add_candidate(employee=FORMER) for _ in range(2))
    vendor.add_job(candidate, end="2017-06-30")
    kept = vendor.add_job(other, end="2017-06-30")
    account = open_at(vendor)
    assert delete(account, subject(candidate))[0].outcome == Outcome.DONE
    assert (list(vendor.tables["job"]), audit(account, subject(candidate))) == ([kept], [])
    invoice = vendor.add_invoice(other, created="2017-02-01 10:00:00")
    [receipt] = delete(account, subject(other))
    assert (receipt.outcome, receipt.deleted) == (Outcome.MANUAL, (Ref("candidate", other),))
    assert "invoice" in receipt.note
    assert [each.ref for each in audit(account, subject(other))] == [Ref("invoice", invoice)]


def test_invoice_that_goes_with_the_candidate_is_not_there_any_more(open_at: Open) -> None:
    vendor = recman(stays=[])
    candidate = vendor.add_candidate(employee=FORMER)
    vendor.add_invoice(candidate)
    account = open_at(vendor)
    delete(account, subject(candidate))
    assert audit(account, subject(candidate)) == []


def test_running_job_keeps_the_candidate_without_an_order(open_at: Open) -> None:
    vendor = recman(delete_employee="allow")
    candidate = vendor.add_candidate(employee=FORMER)
    job = vendor.add_job(candidate, end="")
    account = open_at(vendor)
    [receipt] = delete(account, subject(candidate))
    assert [(each.ref.id, each.reason) for each in receipt.kept] == [(candidate, Reason.EMPLOYMENT)]
    assert (posts(vendor), there(vendor)) == (0, [candidate])
    vendor.tables["job"][job]["endDate"] = "2019-12-31"
    assert delete(account, subject(candidate))[0].outcome == Outcome.DONE


def test_files_that_outlive_the_candidate_are_told_of(open_at: Open) -> None:
    vendor = recman(stays=["files"])
    people = [
        subject(vendor.add_candidate(files=[("cv.pdf", b"%PDF")]), ref=f"S{number}") for number in range(3)
    ]
    receipts = delete(open_at(vendor), *people)
    assert {each.outcome for each in receipts} == {Outcome.MANUAL}
    assert "still hands out files" in receipts[0].note
    gone = recman()
    people = [
        subject(gone.add_candidate(files=[("cv.pdf", b"%PDF")]), ref=f"S{number}") for number in range(3)
    ]
    assert {each.outcome for each in delete(open_at(gone), *people)} == {Outcome.DONE}
    assert sum("candidateFile" in call.query for call in gone.wire.journal) == 2  # one file, under both names


@pytest.mark.parametrize("next_page", [True, False])
def test_long_log_is_read_to_its_end(open_at: Open, next_page: bool) -> None:
    vendor = recman(stays=["log"], next_page=next_page)
    other, candidate = vendor.add_candidate(), vendor.add_candidate()
    for _ in range(2000):
        vendor.add_log(other)
    log = vendor.add_log(candidate)
    vendor.remove_candidate(candidate)
    asked = [subject(candidate), *(subject(str(number), ref=f"N{number}") for number in range(1, 7))]
    assert [each.ref for each in audit(open_at(vendor), *asked)] == [Ref("log", log)]
    assert sum("scope=log" in call.query for call in vendor.wire.journal) == 3
