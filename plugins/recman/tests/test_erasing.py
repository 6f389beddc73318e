"""Delete and audit: who goes, who is kept, who is believed, and what it costs in calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal

import gateway_recman
import pytest
from gateway_recman.simulator import START, Simulator

from gateway import Account, Holding, Outcome, Reason, Receipt, Ref, RefusedError, Subject, ThrottledError
from gateway.testing import Fault

Open = Callable[..., Account]
STAFF = {"startDate": "2020-01-01", "endDate": ""}


def recman(**switches: Any) -> Simulator:
    """Recman with somebody in it who stays: an answer without anybody proves nothing."""
    vendor = Simulator(**switches)
    vendor.add_candidate(email="stays@example.org")
    return vendor


def there(vendor: Simulator) -> list[str]:
    """Who is there, beside the one who stays."""
    return vendor.candidate_ids()[1:]


def subject(*candidates: str, ref: str = "S1", kept: Sequence[str] = ()) -> Subject:
    return Subject(
        ref,
        records=tuple(Ref("candidate", each) for each in candidates),
        kept=tuple(Ref("candidate", each) for each in kept),
    )


def delete(account: Account, *subjects: Subject) -> list[Receipt]:
    return list(gateway_recman.delete(account, subjects))


def audit(account: Account, *subjects: Subject) -> list[Holding]:
    return list(gateway_recman.audit(account, subjects))


def posts(vendor: Simulator) -> int:
    return sum(call.method == "POST" for call in vendor.wire.journal)


def test_candidate_goes_with_what_hangs_on_it(open_at: Open) -> None:
    vendor = recman()
    gone, other = vendor.add_candidate(files=[("cv.pdf", b"%PDF")]), vendor.add_candidate()
    vendor.add_application(gone)
    vendor.add_log(gone, text="called")
    account = open_at(vendor)
    assert delete(account, subject(gone)) == [Receipt("S1", Outcome.DONE, (Ref("candidate", gone),))]
    assert audit(account, subject(gone)) == []
    assert there(vendor) == [other]


def test_every_record_of_a_person_goes_with_one_receipt(open_at: Open) -> None:
    vendor = recman()
    first, second, third = (vendor.add_candidate() for _ in range(3))
    [receipt] = delete(open_at(vendor), subject(first, second, kept=[third]))
    assert receipt == Receipt("S1", Outcome.DONE, (Ref("candidate", first), Ref("candidate", second)))
    assert there(vendor) == [third]


def test_what_is_kept_stays_even_if_it_is_in_scope_too(open_at: Open) -> None:
    vendor = recman()
    candidate = vendor.add_candidate()
    [receipt] = delete(open_at(vendor), subject(candidate, kept=[candidate]))
    assert (receipt.outcome, there(vendor)) == (Outcome.NOTHING, [candidate])


def test_who_is_gone_already_is_nothing_without_an_order(open_at: Open) -> None:
    vendor = recman()
    candidate = vendor.add_candidate()
    vendor.remove_candidate(candidate)
    assert delete(open_at(vendor), subject(candidate)) == [Receipt("S1", Outcome.NOTHING)]
    assert posts(vendor) == 0


def test_person_without_a_record_is_unlinkable(open_at: Open) -> None:
    [receipt] = delete(open_at(recman()), subject())
    assert receipt.outcome == Outcome.UNLINKABLE
    assert "by candidate id" in receipt.note


def test_current_employee_is_kept_and_audit_shows_just_that(open_at: Open) -> None:
    vendor = recman(delete_employee="allow")
    candidate = vendor.add_candidate(employee=STAFF)
    vendor.add_application(candidate)
    account = open_at(vendor)
    [receipt] = delete(account, subject(candidate))
    assert (receipt.outcome, receipt.deleted, posts(vendor)) == (Outcome.KEPT, (), 0)
    assert [(kept.ref.id, kept.reason) for kept in receipt.kept] == [(candidate, Reason.EMPLOYMENT)]
    assert audit(account, subject(candidate)) == [Holding("S1", Ref("candidate", candidate), START)]


def test_former_employee_is_kept_until_payroll_needs_no_more(open_at: Open) -> None:
    vendor = recman()
    candidate = vendor.add_candidate(employee={"startDate": "2020-01-01", "endDate": "2024-06-30"})
    [receipt] = delete(open_at(vendor), subject(candidate))
    assert [(kept.reason, kept.until) for kept in receipt.kept] == [(Reason.LEGAL_DUTY, date(2029, 12, 31))]
    [receipt] = delete(open_at(vendor, payroll_years=0), subject(candidate))
    assert receipt.outcome == Outcome.DONE


def test_employee_record_is_kept_and_the_other_goes(open_at: Open) -> None:
    vendor = recman()
    staff, other = vendor.add_candidate(employee=STAFF), vendor.add_candidate()
    [receipt] = delete(open_at(vendor), subject(staff, other))
    assert (receipt.outcome, receipt.deleted) == (Outcome.KEPT, (Ref("candidate", other),))


def test_refusal_that_names_a_job_is_kept(open_at: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running job is not in the candidate's row: only the refusal tells of it."""
    vendor = recman(error_status=422)
    candidate, other = vendor.add_candidate(), vendor.add_candidate()
    monkeypatch.setattr(vendor, "employed", lambda number: number == candidate)
    first, second = delete(open_at(vendor), subject(candidate), subject(other, ref="S2"))
    assert (first.outcome, [kept.reason for kept in first.kept]) == (Outcome.KEPT, [Reason.EMPLOYMENT])
    assert second.outcome == Outcome.DONE


def test_refusal_without_a_known_reason_is_for_a_person(
    open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = recman(delete_unknown="zero")
    candidate = vendor.add_candidate()
    monkeypatch.setitem(
        vendor._writers, ("candidate", "delete"), lambda data: {"success": True, "affectedRows": 0}
    )
    [receipt] = delete(open_at(vendor), subject(candidate))
    assert (receipt.outcome, receipt.deleted) == (Outcome.MANUAL, ())
    assert "by hand" in receipt.note


def test_deleted_that_is_not_true_is_seen_by_audit(open_at: Open) -> None:
    vendor = recman()
    candidate = vendor.add_candidate()
    vendor.lying_ids.add(candidate)
    account = open_at(vendor)
    assert delete(account, subject(candidate))[0].outcome == Outcome.DONE
    assert [each.ref.id for each in audit(account, subject(candidate))] == [candidate]
    vendor.lying_ids.clear()
    assert delete(account, subject(candidate))[0].outcome == Outcome.DONE
    assert audit(account, subject(candidate)) == []


@pytest.mark.parametrize("unknown", ["error", "zero"])
def test_lost_answer_is_settled_by_a_read(open_at: Open, unknown: Literal["error", "zero"]) -> None:
    vendor = recman(delete_unknown=unknown)
    candidate = vendor.add_candidate()
    vendor.wire.faults.append(Fault("drop", method="POST"))
    [receipt] = delete(open_at(vendor), subject(candidate))
    assert receipt == Receipt("S1", Outcome.DONE, (Ref("candidate", candidate),))
    assert [call.method for call in vendor.wire.journal] == ["GET", "GET", "POST", "POST", "GET", "GET"]


def test_key_without_a_module_is_no_proof(open_at: Open) -> None:
    vendor = recman(rights={"candidate:read", "candidate:delete", "jobApplication:read"})
    candidate = vendor.add_candidate()
    account = open_at(vendor)
    for hook in (delete, audit):
        with pytest.raises(RefusedError, match="no right to log"):
            hook(account, subject(candidate if hook is delete else "1"))
    vendor.rights = None
    assert delete(account, subject(candidate))[0].outcome == Outcome.DONE
    assert audit(account, subject(candidate)) == []


@pytest.mark.parametrize("size", [100, 500])
@pytest.mark.parametrize("next_page", [True, False])
def test_list_cut_at_a_page_is_not_absence(open_at: Open, size: int, next_page: bool) -> None:
    vendor = recman(page_size=size, next_page=next_page)
    people = [subject(vendor.add_candidate(), ref=f"S{number}") for number in range(510)]
    assert len(audit(open_at(vendor), *people)) == 510


@pytest.mark.parametrize("signal", [{"next_page": True}, {"next_page": False, "num_rows": "total"}])
def test_page_smaller_than_any_known_is_not_absence(open_at: Open, signal: dict[str, Any]) -> None:
    vendor = recman(page_size=10, **signal)
    people = [subject(vendor.add_candidate(), ref=f"S{number}") for number in range(30)]
    assert len(audit(open_at(vendor), *people)) == 30


def test_quota_that_ends_midway_leaves_the_receipts_before(open_at: Open) -> None:
    vendor = recman(daily_quota=4)
    people = [subject(vendor.add_candidate(), ref=f"S{number}") for number in range(4)]
    account = open_at(vendor)
    receipts: list[Receipt] = []
    with pytest.raises(ThrottledError, match="no more calls today"):
        receipts.extend(gateway_recman.delete(account, people))
    assert len(there(vendor)) == 2
    vendor.daily_quota = None
    assert {each.outcome for each in delete(account, *people)} == {Outcome.DONE, Outcome.NOTHING}
    assert audit(account, *people) == []


def test_two_hundred_proven_deletions_cost_at_most_210_calls(open_at: Open) -> None:
    vendor = recman(daily_quota=None)
    people = [subject(vendor.add_candidate(), ref=f"S{number}") for number in range(200)]
    for each in people:
        vendor.add_application(each.ids("candidate")[0])
        vendor.add_log(each.ids("candidate")[0])
    for some in (people[:100], people[100:]):
        # One account a batch: each account of a test counts its own day.
        assert {each.outcome for each in delete(open_at(vendor), *some)} == {Outcome.DONE}
    assert audit(open_at(vendor), *people) == []
    assert len(vendor.wire.journal) <= 210


def test_limits_are_declared() -> None:
    [limit] = gateway_recman.describe().limits
    assert (limit.calls, limit.window) == (200, "utc-day")


def test_order_names_the_candidate_and_nothing_else(open_at: Open) -> None:
    vendor = recman()
    candidate = vendor.add_candidate(first_name="Kari", email="kari@example.org")
    delete(open_at(vendor), subject(candidate))
    body: dict[str, Any] = {
        "scope": "candidate",
        "operation": "delete",
        "data": {"candidateId": int(candidate)},
    }
    [order] = [json.loads(call.body) for call in vendor.wire.journal if call.method == "POST"]
    assert order == {"key": vendor.key, **body}
