"""What is ended, what stays, and what is said of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import gateway_bisnode
import pytest

from gateway import GarbledError, Identity, IdentityKind, Outcome, Reason, Ref, Subject
from gateway.testing import open_test_account, serve

Make = Callable[..., Any]
KARI = Ref("consumer", "1001")
SHOP, TAG = Ref("company", "NO:999000001"), Ref("reference", "NO:999000001#1001")
CASE, EVENTS = Ref("decision", "case-1"), Ref("audit-event", "1001")
LINK = (Identity(IdentityKind.LINK, "recman:1001"),)


def deletions(firm: Any) -> list[str]:
    return [each for each in firm.calls() if each.startswith("DELETE")]


def test_delete_ends_what_the_firm_follows(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people())
    receipt = firm.delete(KARI, SHOP, TAG)
    assert (receipt.outcome, receipt.deleted) == (Outcome.KEPT, (KARI, TAG, SHOP))
    assert (vendor.consumer_ids(), vendor.company_ids()) == (["1002"], ["NO:999000002"])
    assert vendor.tags["NO", "999000001"] == []
    assert deletions(firm) == [
        "DELETE consumers/1001", "DELETE references", "DELETE portfolio/companies",
    ]  # fmt: skip
    assert firm.audit(KARI, SHOP, TAG) == [EVENTS]


def test_delete_keeps_the_lines_of_the_log_that_name_a_consumer(
    people: Make, firm_at: Make, clock: Any
) -> None:
    firm = firm_at(people())
    (kept,) = firm.delete(KARI).kept
    assert (kept.ref, kept.until) == (EVENTS, date(2027, 3, 3))
    assert "for up to a year" in kept.text
    assert firm.audit(KARI) == [EVENTS]
    clock.moment += timedelta(days=367)
    assert firm.audit(KARI, kept=(EVENTS,)) == []


def test_delete_of_a_decision_is_refused_and_never_called(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people())
    receipt = firm.delete(KARI, CASE)
    assert (receipt.outcome, receipt.deleted) == (Outcome.REFUSED, (KARI,))
    kept = {each.ref: each for each in receipt.kept}
    assert (kept[CASE].reason, kept[CASE].readers) == (
        Reason.OWN_CONTROLLER, ("Dun & Bradstreet Norway AS",),
    )  # fmt: skip
    assert '"Min side" with BankID' in kept[CASE].text
    assert "firm's own copy" in receipt.note
    assert not any("/decision/" in each.path for each in vendor.wire.journal)
    assert firm.audit(KARI, CASE) == [CASE, EVENTS]


def test_delete_of_the_absent_is_told_from_what_was_there(people: Make, firm_at: Make) -> None:
    firm = firm_at(people())
    firm.delete(KARI, SHOP, TAG)
    again = firm.delete(KARI, SHOP, TAG)
    assert (again.outcome, again.deleted, [each.ref for each in again.kept]) == ("kept", (), [EVENTS])
    assert firm.delete(Ref("consumer", "9999"), Ref("company", "NO:1")).outcome == Outcome.NOTHING


@pytest.mark.parametrize("company_removal_again", [200, 404])
def test_delete_of_a_company_that_goes_meanwhile_is_done(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch, company_removal_again: int
) -> None:
    vendor = people(company_removal_again=company_removal_again)
    monkeypatch.setattr(vendor, "remove_company", lambda key: vendor.companies.pop(key, None) and None)
    firm = firm_at(vendor)
    assert firm.delete(SHOP, TAG).outcome == Outcome.DONE
    assert vendor.wire.journal[-1].status == company_removal_again
    monkeypatch.undo()
    assert firm.audit(SHOP, TAG) == []


@pytest.mark.parametrize("links", [(), LINK])
def test_delete_takes_one_persons_tag_off_a_shared_company(
    people: Make, firm_at: Make, links: tuple[Identity, ...]
) -> None:
    vendor = people()
    vendor.tags["NO", "999000001"] += ["1002", "priority"]
    firm = firm_at(vendor, reference_prefix="1")
    receipt = firm.delete(SHOP, TAG, identities=links and (Identity(IdentityKind.LINK, "recman:001"),))
    assert (receipt.outcome, receipt.deleted) == (Outcome.KEPT, (TAG,))
    assert [(each.ref, each.reason) for each in receipt.kept] == [(SHOP, Reason.SHARED)]
    assert vendor.tags["NO", "999000001"] == ["1002", "priority"]
    assert firm.audit(SHOP, TAG) == [SHOP]
    vendor.tags["NO", "999000001"].remove("1002")
    assert firm.delete(SHOP, TAG).deleted == (SHOP,)
    assert vendor.tags["NO", "999000001"] == []


def test_delete_leaves_a_company_whose_tag_names_somebody_else_by_now(people: Make, firm_at: Make) -> None:
    vendor = people()
    vendor.tags["NO", "999000001"] = ["1002"]
    receipt = firm_at(vendor).delete(SHOP, identities=LINK)
    assert (receipt.deleted, [each.ref for each in receipt.kept]) == ((), [SHOP])
    assert vendor.tags["NO", "999000001"] == ["1002"]
    vendor.tags["NO", "999000001"] = ["1001"]
    assert firm_at(vendor).delete(SHOP, identities=LINK).deleted == (SHOP,)


def test_delete_leaves_a_company_that_is_no_persons_data(people: Make, firm_at: Make) -> None:
    vendor = people()
    vendor.add_company("999000003", legal_form="AS", tags=["1001", "client"])
    firm = firm_at(vendor)
    tag = Ref("reference", "NO:999000003#1001")
    assert firm.delete(tag).deleted == (tag,)
    assert vendor.tags["NO", "999000003"] == ["client"]
    assert "NO:999000003" in vendor.company_ids()


@pytest.mark.parametrize("tags_outlive_removal", [True, False])
def test_delete_leaves_no_tag_for_a_company_that_is_followed_anew(
    people: Make, firm_at: Make, tags_outlive_removal: bool
) -> None:
    firm = firm_at(vendor := people(tags_outlive_removal=tags_outlive_removal))
    firm.delete(SHOP, TAG)
    vendor.monitor(("NO", "999000001"), {})
    assert firm.audit(SHOP, TAG) == [SHOP]
    assert vendor._row(("NO", "999000001"))["objectReference"]["references"] == []


@pytest.mark.parametrize("sub_lists_outlive_removal", [False, True])
def test_delete_takes_a_company_out_of_its_sub_lists(
    people: Make, firm_at: Make, sub_lists_outlive_removal: bool
) -> None:
    vendor = people(sub_lists_outlive_removal=sub_lists_outlive_removal)
    close = vendor.add_category("Close", ("NO", "999000001"), ("NO", "999000002"))
    firm = firm_at(vendor)
    firm.delete(SHOP, TAG)
    assert vendor.categories[close]["companies"] == [("NO", "999000002")]
    assert firm.audit(SHOP, TAG) == []


@pytest.mark.parametrize(
    ("subject", "outcome"),
    [
        (Subject("S1"), Outcome.UNLINKABLE),
        (Subject("S1", kept=(KARI, SHOP, TAG, CASE)), Outcome.NOTHING),
    ],
)
def test_delete_touches_nothing_out_of_scope(
    people: Make, firm_at: Make, subject: Subject, outcome: Outcome
) -> None:
    firm = firm_at(vendor := people())
    assert [each.outcome for each in firm.delete_all(subject)] == [outcome]
    assert vendor.wire.journal == []


def test_delete_leaves_a_tag_that_is_kept_and_the_company_with_it(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people())
    receipt = firm.delete(SHOP, identities=LINK, kept=(TAG,))
    assert [each.ref for each in receipt.kept] == [SHOP]
    assert vendor.tags["NO", "999000001"] == ["1001"]


@pytest.mark.parametrize(("consumer_removal_again", "outcome"), [(404, "kept"), (200, None)])
def test_delete_does_not_believe_an_answer_it_does_not_know(
    people: Make, firm_at: Make, consumer_removal_again: int, outcome: str | None
) -> None:
    vendor = people(consumer_removal_again=consumer_removal_again)
    vendor.remove_consumer("1001")
    if outcome is None:
        with pytest.raises(GarbledError, match=r"DELETE /consumer-intelligence/v3/consumers: 200$"):
            firm_at(vendor).delete(KARI)
        vendor.consumer_removal_again = 404
    assert firm_at(vendor).delete(KARI).outcome == "kept"


def test_delete_keeps_an_odd_id_inside_its_own_path(people: Make) -> None:
    vendor = people()
    odd = vendor.add_consumer("a/b?c#æ ø%2F")
    with serve(vendor) as url:
        account = open_test_account(gateway_bisnode, vendor.settings(url), now=vendor.now)
        subject = Subject("S1", records=(Ref("consumer", odd),))
        (receipt,) = gateway_bisnode.delete(account=account, subjects=[subject])
        account.close()
    assert receipt.deleted == subject.records
    assert vendor.consumer_ids() == ["1001", "1002"]


# How consumers are removed, and when it counts


@pytest.mark.parametrize("consumer_removal", ["single", "batch"])
def test_consumers_are_removed_as_the_setting_says(
    people: Make, firm_at: Make, consumer_removal: str
) -> None:
    firm = firm_at(vendor := people(consumer_removal=consumer_removal), consumer_removal=consumer_removal)
    subjects = [Subject(each, records=(Ref("consumer", each),)) for each in ("1001", "1002")]
    assert [each.deleted for each in firm.delete_all(*subjects)] == [each.records for each in subjects]
    single = ["DELETE consumers/1001", "DELETE consumers/1002"]
    assert sorted(deletions(firm)) == (single if consumer_removal == "single" else ["DELETE consumers"])
    assert vendor.consumer_ids() == []
    assert [each.ref.kind for each in firm.audit_all(*subjects)] == ["audit-event"] * 2


@pytest.mark.parametrize("consumer_removal", ["batch", "single"])
def test_consumers_that_are_removed_another_way_than_the_setting_says_stay_and_are_told(
    people: Make, firm_at: Make, consumer_removal: str
) -> None:
    vendor = people(consumer_removal=consumer_removal)
    wrong = "single" if consumer_removal == "batch" else "batch"
    with pytest.raises(GarbledError, match="DELETE /consumer-intelligence/v3/consumers: 405"):
        firm_at(vendor, consumer_removal=wrong).delete(KARI)
    assert firm_at(vendor, consumer_removal=consumer_removal).delete(KARI).deleted == (KARI,)


def test_removals_in_one_call_are_cut_at_a_hundred(make: Make, firm_at: Make) -> None:
    vendor = make(consumer_removal="batch")
    subjects = [Subject(f"S{n}", records=(Ref("consumer", vendor.add_consumer(f"{n}")),)) for n in range(150)]
    firm = firm_at(vendor, consumer_removal="batch")
    assert all(each.deleted for each in firm.delete_all(*subjects))
    assert (len(deletions(firm)), vendor.consumer_ids()) == (2, [])


@pytest.mark.parametrize("removal_seconds", [0, 3600])
def test_removal_that_takes_its_time_is_accepted_until_then(
    people: Make, firm_at: Make, clock: Any, removal_seconds: int
) -> None:
    firm = firm_at(people(removal_seconds=removal_seconds), removal_hours=removal_seconds // 3600)
    receipt = firm.delete(KARI, SHOP, TAG)
    if removal_seconds:
        assert (receipt.outcome, receipt.look_again) == ("accepted", clock.moment + timedelta(hours=1))
        assert KARI in firm.audit(KARI, SHOP, TAG)
        clock.moment = receipt.look_again
    else:
        assert receipt.outcome == "kept"
    assert firm.audit(KARI, SHOP, TAG) == [EVENTS]


# Calls


def test_delete_reads_each_list_once_for_a_batch_and_the_long_ones_once_for_all(
    people: Make, firm_at: Make
) -> None:
    firm = firm_at(people())
    refs = {"S1": (KARI, SHOP, TAG), "S2": (Ref("consumer", "1002"), Ref("company", "NO:999000002"))}
    for name, records in refs.items():
        firm.delete_all(Subject(name, records=records), Subject(f"{name}-too", records=records[:0]))
    counted = {each: firm.calls().count(each) for each in set(firm.calls())}
    assert counted["GET consumers"] == counted["GET audit-events"] == 1
    assert counted["GET portfolio"] == 4


def test_two_hundred_proven_removals_cost_little_more_than_a_call_each(make: Make, firm_at: Make) -> None:
    vendor = make()
    for number in range(250):
        vendor.add_consumer(f"{number}", legal_id=f"{number:04}8712345")
    firm = firm_at(vendor)
    subjects = [Subject(f"S{each}", records=(Ref("consumer", f"{each}"),)) for each in range(200)]
    for start in (0, 100):
        receipts = firm.delete_all(*subjects[start : start + 100])
        assert all(each.deleted for each in receipts)
    assert {each.ref.kind for each in firm.audit_all(*subjects)} == {"audit-event"}
    assert len(vendor.wire.journal) / 200 < 1.11
