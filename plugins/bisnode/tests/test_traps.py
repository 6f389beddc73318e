"""Traps that systems of this kind have shown: each has to end well, or to say plainly that it did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import gateway_bisnode
import pytest

from gateway import GarbledError, Outcome, Page, Ref, Subject, UnavailableError
from gateway.testing import Fault

Make = Callable[..., Any]
KARI, OLA = Ref("consumer", "1001"), Ref("consumer", "1002")
SHOP, TAG = Ref("company", "NO:999000001"), Ref("reference", "NO:999000001#1001")
EVENTS = Ref("audit-event", "1001")
ALL = {"consumer-intelligence", "credit-monitoring-companies"}


def pages_of(firm: Any, kind: str) -> Iterator[Page]:
    return gateway_bisnode.fetch(account=firm.account, kind=kind, cursor=None)


# Rights too narrow: an empty list with 200


def test_empty_list_of_too_narrow_rights_is_no_absence(people: Make, firm_at: Make) -> None:
    vendor = people(narrow_rights=ALL)
    firm = firm_at(vendor)
    for kind in ("consumer", "company", "reference"):
        (page,) = firm.fetch(kind)
        assert (page.records, page.complete) == ((), False)
    with pytest.raises(UnavailableError, match="no proof of absence"):
        firm.audit(KARI)
    with pytest.raises(UnavailableError, match="no proof of absence"):
        firm.delete(KARI)  # answered 404, as if she had never been there
    with pytest.raises(UnavailableError, match="shorter than it says"):
        firm.delete(SHOP, TAG)
    vendor.narrow_rights.clear()
    assert firm_at(vendor).delete(KARI, SHOP, TAG).deleted == (KARI, TAG, SHOP)


@pytest.mark.parametrize("short_lists", ["doubt", "trust"])
def test_list_that_is_rightly_empty_is_believed_where_the_log_or_the_firm_says_so(
    make: Make, firm_at: Make, short_lists: str
) -> None:
    vendor = make()
    firm = firm_at(vendor, scope="bci credit_data_monitoring", short_lists=short_lists)
    trusted = short_lists == "trust"
    assert firm.fetch("consumer")[-1].complete is trusted  # never used, or not to be seen?
    assert firm.fetch("company")[-1].complete is trusted
    vendor.add_consumer("1001")
    assert firm.delete(KARI).deleted == (KARI,)
    assert firm.fetch("consumer")[-1].complete is True  # the log names her, and her deletion
    assert firm.audit(KARI) == [EVENTS]


@pytest.mark.parametrize("removal_event", [True, False])
def test_last_consumer_is_proven_gone_by_the_log(make: Make, firm_at: Make, removal_event: bool) -> None:
    vendor = make(removal_event=removal_event)
    vendor.add_consumer("1001")
    firm = firm_at(vendor)
    firm.delete(KARI)
    if not removal_event:
        with pytest.raises(UnavailableError, match="no proof of absence"):
            firm.audit(KARI)
        firm = firm_at(vendor, scope="bci", short_lists="trust")
    assert firm.audit(KARI) == [EVENTS]


def test_empty_page_in_the_middle_makes_a_sweep_incomplete(people: Make, firm_at: Make) -> None:
    vendor = people(consumers_a_page=1)
    vendor.add_consumer("1003")
    firm = firm_at(vendor)
    vendor.wire.faults.append(Fault("emptied", path="/consumer-intelligence/v3/consumers", after=1))
    pages = firm.fetch("consumer")
    assert [each.ref.id for page in pages for each in page.records] == ["1001", "1003"]
    assert pages[-1].complete is False
    assert firm.fetch("consumer", pages[1].cursor)[-1].complete is False  # nor when it is taken up again
    assert firm.fetch("consumer")[-1].complete is True


def test_empty_list_beside_a_log_of_people_who_were_not_deleted_is_not_complete(
    people: Make, firm_at: Make
) -> None:
    vendor = people()
    vendor.remove_consumer("1001")
    vendor.wire.faults.append(Fault("emptied", path="/consumer-intelligence/v3/consumers", times=2))
    assert firm_at(vendor).fetch("consumer")[-1].complete is False
    assert firm_at(vendor).fetch("consumer")[-1].complete is True


def test_log_that_is_empty_beside_a_list_is_not_believed(people: Make, firm_at: Make) -> None:
    vendor = people()
    vendor.wire.faults.append(Fault("emptied", path="/consumer-intelligence/v3/audit-events"))
    with pytest.raises(UnavailableError, match="log of events is shorter"):
        firm_at(vendor).audit(KARI)
    assert firm_at(vendor).audit(KARI) == [KARI, EVENTS]


def test_sub_list_that_is_shorter_than_it_says_is_not_believed(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = people(companies_a_page=1)
    vendor.add_category("Close", ("NO", "999000001"), ("NO", "999000002"))
    cut = vendor._cut
    hidden = {"1"}

    def narrowed(request: Any, keys: Any) -> Any:
        in_sub_list = "/categories/" in request.path
        return [] if in_sub_list and request.args.get("page") in hidden else cut(request, keys)

    monkeypatch.setattr(vendor, "_cut", narrowed)
    with pytest.raises(UnavailableError, match="sub-list of the portfolio is shorter"):
        firm_at(vendor).audit(SHOP)
    hidden.clear()
    assert firm_at(vendor).audit(SHOP) == [SHOP]


# Removals in one call, and lost answers


@pytest.mark.parametrize("absent_fails_batch", [True, False])
def test_one_absent_consumer_does_not_save_the_others(
    people: Make, firm_at: Make, absent_fails_batch: bool
) -> None:
    vendor = people(consumer_removal="batch", absent_fails_batch=absent_fails_batch)
    vendor.remove_consumer("1001")
    firm = firm_at(vendor, consumer_removal="batch")
    subjects = [
        Subject("S1", records=(KARI,)),
        Subject("S2", records=(OLA,)),
        Subject("S3", records=(Ref("consumer", "9"),)),
    ]
    receipts = {each.subject: each for each in firm.delete_all(*subjects)}
    assert receipts["S2"].deleted == (OLA,)
    assert vendor.consumer_ids() == []
    if absent_fails_batch:
        assert (receipts["S1"].deleted, receipts["S3"].outcome) == ((), Outcome.NOTHING)
    assert [each.ref.id for each in firm.audit_all(*subjects[:2])] == ["1001", "1002"]


@pytest.mark.parametrize("absent_fails_batch", [True, False])
def test_one_absent_company_does_not_save_the_others(
    people: Make, firm_at: Make, absent_fails_batch: bool
) -> None:
    firm = firm_at(vendor := people(absent_fails_batch=absent_fails_batch))
    absent = Ref("company", "NO:999000009")
    assert firm.delete(absent, SHOP, TAG).deleted == (TAG, SHOP)
    assert vendor.company_ids() == ["NO:999000002"]


def test_removal_whose_answer_is_lost_is_not_an_error(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people())
    vendor.wire.faults.append(Fault("drop", path="/consumer-intelligence/v3/consumers/", method="DELETE"))
    receipt = firm.delete(KARI)  # tried again by the client, and answered 404
    assert (receipt.outcome, [each.ref for each in receipt.kept]) == (Outcome.KEPT, [EVENTS])
    assert firm.audit(KARI) == [EVENTS]
    vendor.wire.faults.append(
        Fault("drop", path="/credit-monitoring-companies/v1/portfolio/", method="DELETE")
    )
    assert firm.delete(SHOP, TAG).deleted == (TAG, SHOP)
    assert firm.audit(SHOP, TAG) == []


def test_removal_that_fails_half_way_is_finished_by_the_next(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people())
    vendor.wire.faults.append(
        Fault("html", path="/credit-monitoring-companies/v1/portfolio/companies", method="DELETE")
    )
    with pytest.raises(GarbledError):
        firm.delete(KARI, SHOP, TAG)
    assert (vendor.consumer_ids(), len(vendor.company_ids())) == (["1002"], 2)
    assert firm_at(vendor).delete(KARI, SHOP, TAG).deleted == (SHOP,)
    assert firm.audit(KARI, SHOP, TAG) == [EVENTS]


# One person several times


def test_all_records_of_a_person_go_and_are_named(people: Make, firm_at: Make) -> None:
    vendor = people()
    again = Ref("consumer", vendor.add_consumer("1001-b", legal_id="01817012345", email="kari@example.org"))
    firm = firm_at(vendor)
    receipt = firm.delete(KARI, again)
    assert (receipt.deleted, len(vendor.subscriptions())) == ((KARI, again), 1)
    assert firm.audit(KARI, again) == [each.ref for each in receipt.kept]


def test_person_who_is_followed_under_another_number_too_is_never_called_gone(
    people: Make, firm_at: Make
) -> None:
    vendor = people()
    vendor.add_consumer("old-17", legal_id="01817012345")
    firm = firm_at(vendor)
    receipt = firm.delete(KARI)
    assert (receipt.outcome, receipt.deleted) == (Outcome.MANUAL, (KARI,))
    assert receipt.note.startswith("Consumer old-17 carries the same national number")
    assert "01817012345" in {each["person"]["legalId"] for each in vendor.subscriptions()}
    firm.delete(Ref("consumer", "old-17"))
    assert "01817012345" not in {each["person"]["legalId"] for each in vendor.subscriptions()}


def test_two_records_of_one_number_in_following_batches_are_both_gone(people: Make, firm_at: Make) -> None:
    vendor = people()
    vendor.add_consumer("old-17", legal_id="01817012345")
    firm = firm_at(vendor)
    assert firm.delete(KARI).outcome == Outcome.MANUAL
    assert firm.delete(Ref("consumer", "old-17")).outcome == Outcome.KEPT


# Sweeps


@pytest.mark.parametrize("kind", ["consumer", "company", "reference"])
def test_sweep_that_fails_on_page_three_goes_on_from_there(make: Make, firm_at: Make, kind: str) -> None:
    vendor = make(consumers_a_page=2, companies_a_page=2)
    for number in range(1, 10):
        vendor.add_consumer(f"{number}")
        vendor.add_company(f"99900000{number}", tags=[f"{number}"])
    firm = firm_at(vendor)
    whole = firm.ids(kind)
    listed = "/consumer-intelligence/v3/consumers" if kind == "consumer" else ".*/portfolio/companies"
    vendor.wire.faults.append(Fault("html", path=listed, after=2))
    read: list[Page] = []
    with pytest.raises(GarbledError):
        read.extend(pages_of(firm, kind))
    assert len(read) == 2
    rest = firm_at(vendor).fetch(kind, read[-1].cursor)
    assert [each.ref.id for page in (*read, *rest) for each in page.records] == whole
    assert rest[-1].complete is True


@pytest.mark.parametrize("kind", ["consumer", "company", "reference"])
def test_rows_that_move_between_pages_lose_nobody_unsaid(make: Make, firm_at: Make, kind: str) -> None:
    vendor = make(consumers_a_page=2, companies_a_page=2)
    for number in range(1, 8):
        vendor.add_consumer(f"{number}")
        vendor.add_company(f"99900000{number}", tags=[f"{number}"])
    firm = firm_at(vendor)
    pages = pages_of(firm, kind)
    shown = [next(pages)]
    vendor.remove_consumer("1")
    vendor.remove_company(("NO", "999000001"))
    vendor.add_consumer("8")
    vendor.add_company("999000008", tags=["8"])
    shown += pages
    seen = [each.ref.id for page in shown for each in page.records]
    lost = set(firm.ids(kind)) - set(seen)
    assert len(seen) == len(set(seen))
    assert not lost or shown[-1].complete is False
    assert firm.fetch(kind)[-1].complete is True


def test_changes_within_one_second_are_not_lost(people: Make, firm_at: Make, clock: Any) -> None:
    """Nothing is asked by time: every fetch reads the lists whole, so a second of two changes hides none."""
    firm = firm_at(vendor := people())
    assert {firm.fetch(kind)[-1].cursor for kind in ("consumer", "company", "reference", "decision")} == {
        None
    }
    vendor.add_consumer("1003")
    vendor.add_consumer("1004")
    assert firm.ids("consumer") == ["1001", "1002", "1003", "1004"]


def test_id_that_comes_back_is_shown_and_can_go_again(people: Make, firm_at: Make, clock: Any) -> None:
    firm = firm_at(vendor := people())
    firm.delete(KARI, SHOP, TAG)
    clock.moment += timedelta(days=1)
    vendor.add_consumer("1001", full_name="Somebody Else")
    vendor.add_company("999000001", tags=["1001"])
    assert firm.audit(KARI, SHOP, TAG) == [KARI, SHOP, TAG, EVENTS]
    assert "1001" in firm.ids("consumer")
    assert firm.delete(KARI, SHOP, TAG).deleted == (KARI, TAG, SHOP)
    assert firm.audit(KARI, SHOP, TAG) == [EVENTS]
