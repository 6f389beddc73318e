"""What real systems do to a gateway, tried on Recman: each trap, then the run that recovers.

Lost answers and leftovers are in test_erasing.py; moving rows and sweeps that fail midway in test_fetch.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import gateway_recman
import pytest
from gateway_recman.simulator import START, Simulator

from gateway import Account, Outcome, Receipt, Ref, RefusedError, Subject
from gateway.testing import mount, open_test_account

Open = Callable[..., Account]
URL = "https://recman.example"


def subject(*candidates: str, ref: str = "S1") -> Subject:
    return Subject(ref, records=tuple(Ref("candidate", each) for each in candidates))


def delete(account: Account, *subjects: Subject) -> list[Receipt]:
    return list(gateway_recman.delete(account, subjects))


def audit(account: Account, *subjects: Subject) -> list[Ref]:
    return [each.ref for each in gateway_recman.audit(account, subjects)]


def test_key_that_is_shown_nobody_proves_nothing(open_at: Open) -> None:
    vendor = Simulator(denied="empty", rights={"log:read", "candidate:delete"})
    candidate, _ = vendor.add_candidate(), vendor.add_candidate()
    account = open_at(vendor)
    assert [page.complete for page in gateway_recman.fetch(account, None)] == [False]
    for hook in (delete, audit):
        with pytest.raises(RefusedError, match="shows no candidate at all"):
            hook(account, subject(candidate))
    with pytest.raises(RefusedError, match=r"processors\.recman\.settings\.may_be_empty"):
        list(gateway_recman.export(account, subject(candidate)))
    vendor.rights = None
    assert [page.complete for page in gateway_recman.fetch(account, None)] == [True]
    assert delete(account, subject(candidate)) == [
        Receipt("S1", Outcome.DONE, (Ref("candidate", candidate),))
    ]
    assert audit(account, subject(candidate)) == []


def test_key_that_lost_its_rights_after_the_sweep_proves_nothing(open_at: Open) -> None:
    vendor = Simulator(denied="empty")
    candidate, _ = vendor.add_candidate(), vendor.add_candidate()
    account = open_at(vendor)
    list(gateway_recman.fetch(account, None))
    vendor.rights = set()
    with pytest.raises(RefusedError, match="shows no candidate at all"):
        audit(account, subject(candidate))
    vendor.rights = None
    assert audit(account, subject(candidate)) == [Ref("candidate", candidate)]


def test_candidate_of_a_department_the_key_is_not_shown_is_held_by_what_hangs_on_it(open_at: Open) -> None:
    vendor = Simulator(departments=[4])
    hidden = vendor.add_candidate(departmentIds=[5])
    vendor.add_candidate(departmentIds=[4])
    application = vendor.add_application(hidden)
    account = open_at(vendor)
    assert audit(account, subject(hidden)) == [Ref("application", application)]
    vendor.departments = None
    assert audit(account, subject(hidden)) == [Ref("candidate", hidden)]


def test_really_empty_account_is_believed_where_the_settings_say_so(open_at: Open) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate()
    account = open_at(vendor, may_be_empty=True)
    assert delete(account, subject(candidate))[0].outcome == Outcome.DONE
    assert audit(account, subject(candidate)) == []


def test_absent_and_unknown_ids_do_not_stop_the_others(open_at: Open) -> None:
    vendor = Simulator()
    gone, there, stays = (vendor.add_candidate() for _ in range(3))
    vendor.remove_candidate(gone)
    people = [
        subject(each, ref=f"S{number}") for number, each in enumerate((gone, "999999999", "no-such", there))
    ]
    outcomes = {each.subject: each.outcome for each in delete(open_at(vendor), *people)}
    assert outcomes == {
        "S0": Outcome.NOTHING,
        "S1": Outcome.NOTHING,
        "S2": Outcome.NOTHING,
        "S3": Outcome.DONE,
    }
    assert vendor.candidate_ids() == [stays]


def test_all_records_of_one_person_go_and_are_named(open_at: Open) -> None:
    vendor = Simulator()
    ids = [vendor.add_candidate(email="twice@example.org") for _ in range(2)]
    vendor.add_candidate()
    account = open_at(vendor)
    [receipt] = delete(account, subject(*ids))
    assert receipt.deleted == tuple(Ref("candidate", each) for each in ids)
    assert audit(account, subject(*ids)) == []


def test_records_changed_in_one_second_are_all_in_the_next_sweep(open_at: Open) -> None:
    """Recman has no filter on changes: each fetch is a whole sweep, so no second can hide anybody."""
    vendor = Simulator()
    ids = [vendor.add_candidate(updated=START) for _ in range(3)]
    account = open_at(vendor)
    for _ in range(2):
        [page] = gateway_recman.fetch(account, None)
        assert [each.ref.id for each in page.records] == ids
        assert page.cursor is None
        ids.append(vendor.add_candidate(updated=START))


def test_id_that_comes_back_is_shown_and_deleted_again(open_at: Open) -> None:
    vendor = Simulator()
    candidate, _ = vendor.add_candidate(), vendor.add_candidate()
    row = dict(vendor.candidates[candidate])
    account = open_at(vendor)
    delete(account, subject(candidate))
    assert audit(account, subject(candidate)) == []
    vendor.restore_candidate(row)
    assert audit(account, subject(candidate)) == [Ref("candidate", candidate)]
    assert delete(account, subject(candidate))[0].outcome == Outcome.DONE
    assert audit(account, subject(candidate)) == []


def test_candidate_is_shown_until_a_deletion_has_taken_effect() -> None:
    now = [START]

    def clock() -> datetime:
        return now[0]

    vendor = Simulator(now=clock, delete_delay=timedelta(hours=2))
    candidate = vendor.add_candidate(files=[("cv.pdf", b"%PDF")])
    vendor.add_candidate()
    with (
        mount(vendor, URL),
        open_test_account(gateway_recman, vendor.settings(URL), now=clock) as account,
    ):
        assert delete(account, subject(candidate))[0].outcome == Outcome.DONE
        assert audit(account, subject(candidate)) == [Ref("candidate", candidate)]
        now[0] += timedelta(hours=3)
        assert audit(account, subject(candidate)) == []


@pytest.mark.parametrize("auto_delete", [True, False])
def test_candidate_the_product_deletes_at_its_date_is_gone_and_no_more(
    open_at: Open, auto_delete: bool
) -> None:
    vendor = Simulator(auto_delete=auto_delete)
    candidate, stays = vendor.add_candidate(), vendor.add_candidate()
    vendor.set_automatic_deletion(candidate, date(2026, 3, 1))
    account = open_at(vendor)
    assert audit(account, subject(candidate), subject(stays, ref="S2")) == [
        *([] if auto_delete else [Ref("candidate", candidate)]),
        Ref("candidate", stays),
    ]
    outcome = Outcome.NOTHING if auto_delete else Outcome.DONE
    assert delete(account, subject(candidate))[0].outcome == outcome
    assert vendor.candidate_ids() == [stays]
