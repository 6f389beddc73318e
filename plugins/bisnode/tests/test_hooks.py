"""Each hook against the simulated vendor: what goes, what stays, and what is said of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import gateway_bisnode
import pytest
from gateway_bisnode import client
from gateway_bisnode.simulator import Simulator
from werkzeug.wrappers import Response

from gateway import Account, GarbledError, Holding, Outcome, Page, Reason, Ref, Subject, UnavailableError
from gateway.testing import mount, open_test_account, serve

URL = "https://bisnode.example"
KARI = (Ref("consumer", "1001"), Ref("company", "NO:999000001"))
CASE = Ref("decision", "case-1")

Open = Callable[..., Account]


class Lost:
    """The vendor's app, which does not take one page token any more."""

    def __init__(self, app: Any, query: str) -> None:
        self.app, self.query = app, query

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ.get("QUERY_STRING") == self.query:
            return Response("{}", 400)(environ, start_response)
        return self.app(environ, start_response)


@pytest.fixture
def bisnode() -> Simulator:
    vendor = Simulator(rate_per_second=None, daily=None, consumers_a_page=2, companies_a_page=2)
    vendor.add_consumer("1001", full_name="Kari Nordmann", legal_id="01817012345", email="kari@example.org")
    vendor.add_consumer("1002", full_name="Ola Nordmann", email="ola@example.org")
    vendor.add_company("999000001", name="Kari Nordmann", tags=["1001"])
    vendor.add_company("999000002", name="Ola Nordmann", tags=["1002"])
    vendor.add_decision("case-1", record="recman:1001", email="kari@example.org")
    return vendor


@pytest.fixture
def account(bisnode: Simulator) -> Iterator[Open]:
    with mount(bisnode, URL):
        yield lambda **more: open_test_account(
            gateway_bisnode, {**bisnode.settings(URL), **more}, now=bisnode.now, parallel=4
        )


def fetch(account: Account, kind: str, cursor: str | None = None) -> list[Page]:
    return list(gateway_bisnode.fetch(account=account, kind=kind, cursor=cursor))


def ids(pages: list[Page]) -> list[str]:
    return [each.ref.id for page in pages for each in page.records]


def delete(account: Account, *refs: Ref) -> Any:
    (receipt,) = gateway_bisnode.delete(account=account, subjects=[Subject("S1", records=refs)])
    return receipt


def audit(account: Account, *refs: Ref) -> list[Ref]:
    return [
        each.ref for each in gateway_bisnode.audit(account=account, subjects=[Subject("S1", records=refs)])
    ]


def calls(vendor: Simulator) -> list[str]:
    return [f"{each.method} {each.path.rsplit('/', 1)[-1]}" for each in vendor.wire.journal[1:]]


# fetch


def test_fetch_resumes_on_the_right_page_after_a_removal(bisnode: Simulator, account: Open) -> None:
    bisnode.add_consumer("1003")
    first = fetch(account(), "consumer")[0]
    bisnode.remove_consumer("1001")
    rest = fetch(account(), "consumer", first.cursor)
    assert ids(rest) == ["1003"]
    assert rest[-1].complete


def test_fetch_starts_anew_where_the_page_token_is_not_known_any_more(
    bisnode: Simulator, account: Open
) -> None:
    pages = fetch(account(), "consumer", "lost")
    assert (ids(pages), pages[-1].complete) == (["1001", "1002"], True)


def test_fetch_starts_anew_only_once(bisnode: Simulator, account: Open) -> None:
    bisnode.add_consumer("1003")
    cursor = fetch(account(), "consumer")[0].cursor
    bisnode.wire.app = lost = Lost(bisnode.wire.app, f"nextPageToken={cursor}")
    with pytest.raises(GarbledError, match="GET /consumer-intelligence/v3/consumers: 400"):
        fetch(account(), "consumer", cursor)
    bisnode.wire.app = lost.app
    assert ids(fetch(account(), "consumer", cursor)) == ["1003"]


def test_fetch_of_companies_starts_anew_where_the_portfolio_has_changed(
    bisnode: Simulator, account: Open
) -> None:
    bisnode.add_company("999000003", tags=["1003"])
    first = fetch(account(), "company")[0]
    assert ids(fetch(account(), "company", first.cursor)) == ["NO:999000003"]
    bisnode.remove_company(("NO", "999000001"))
    rest = fetch(account(), "company", first.cursor)
    assert (ids(rest), rest[-1].complete) == (["NO:999000002", "NO:999000003"], True)


def test_fetch_of_companies_is_not_complete_when_one_goes_meanwhile(
    bisnode: Simulator, account: Open
) -> None:
    bisnode.add_company("999000003", tags=["1003"])
    pages = gateway_bisnode.fetch(account=account(), kind="company", cursor=None)
    assert ids([next(pages)]) == ["NO:999000001", "NO:999000002"]
    bisnode.remove_company(("NO", "999000001"))
    rest = list(pages)
    assert (ids(rest), rest[-1].complete) == ([], False)
    assert fetch(account(), "company")[-1].complete


def test_fetch_of_decisions_reads_the_log_and_calls_nobody(
    bisnode: Simulator, account: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ORDERS_A_PAGE", 2)
    for number in range(2, 6):
        bisnode.add_decision(f"case-{number}", email="kari@example.org", ordered_at="2027-01-01")
    pages = fetch(account(), "decision")
    assert [len(each.records) for each in pages] == [2, 2, 1]
    assert ids(fetch(account(), "decision", pages[0].cursor)) == ids(pages[1:])
    assert [each.complete for each in pages] == [None, None, True]
    assert bisnode.wire.journal == []


def test_fetch_claims_nothing_of_what_the_firm_does_not_have(bisnode: Simulator, account: Open) -> None:
    nothing = [Page((), None, complete=False)]
    assert fetch(account(orders=None), "decision") == nothing
    assert fetch(account(scope="rgs-decision"), "consumer") == nothing
    assert fetch(account(scope="rgs-decision"), "company") == nothing
    assert bisnode.wire.journal == []


# delete


def test_delete_ends_what_the_firm_follows(bisnode: Simulator, account: Open) -> None:
    receipt = delete(account(), *KARI)
    assert (receipt.outcome, receipt.deleted, receipt.kept) == (Outcome.DONE, KARI, ())
    assert "up to a year" in receipt.note
    assert (bisnode.consumer_ids(), bisnode.company_ids()) == (["1002"], ["NO:999000002"])
    assert bisnode.tags["NO", "999000001"] == []
    assert audit(account(), *KARI) == []


def test_delete_of_a_decision_is_refused_and_never_called(bisnode: Simulator, account: Open) -> None:
    receipt = delete(account(), *KARI, CASE)
    assert (receipt.outcome, receipt.deleted) == (Outcome.REFUSED, KARI)
    (kept,) = receipt.kept
    assert (kept.ref, kept.reason, kept.readers) == (
        CASE,
        Reason.OWN_CONTROLLER,
        ("Dun & Bradstreet Norge AS",),
    )
    assert "tell the person" in kept.text
    assert [each for each in bisnode.wire.journal if "/decision/" in each.path] == []
    assert audit(account(), *KARI, CASE) == [CASE]


def test_delete_is_nothing_the_second_time(bisnode: Simulator, account: Open) -> None:
    delete(account(), *KARI)
    bisnode.wire.journal.clear()
    receipt = delete(account(), *KARI)
    assert (receipt.outcome, receipt.deleted, receipt.note) == (Outcome.NOTHING, (), "")
    assert "DELETE companies" not in calls(bisnode)


def test_delete_is_nothing_where_the_company_went_meanwhile(bisnode: Simulator, account: Open) -> None:
    row = {"country": "NO", "registrationNumber": "999000009"}
    assert client.end_monitoring(account(), row) is False
    assert bisnode.wire.journal[-1].status == 200


def test_delete_leaves_a_company_that_carries_another_tag(bisnode: Simulator, account: Open) -> None:
    bisnode.tags["NO", "999000001"].append("1002")
    receipt = delete(account(), KARI[1])
    assert (receipt.outcome, [each.reason for each in receipt.kept]) == (Outcome.KEPT, [Reason.SHARED])
    assert "by hand" in receipt.kept[0].text
    bisnode.tags["NO", "999000001"].remove("1002")
    assert delete(account(), KARI[1]).outcome == Outcome.DONE


def test_delete_reads_the_portfolio_once_for_a_batch(bisnode: Simulator, account: Open) -> None:
    subjects = [Subject(f"S{n}", records=(Ref("company", f"NO:99900000{n}"),)) for n in (1, 2)]
    outcomes = [each.outcome for each in gateway_bisnode.delete(account=account(), subjects=subjects)]
    assert outcomes == [Outcome.DONE, Outcome.DONE]
    assert calls(bisnode).count("GET portfolio") == 2


@pytest.mark.parametrize(
    ("subject", "outcome"),
    [(Subject("S1"), Outcome.UNLINKABLE), (Subject("S1", kept=KARI), Outcome.NOTHING)],
)
def test_delete_touches_nothing_out_of_scope(
    bisnode: Simulator, account: Open, subject: Subject, outcome: Outcome
) -> None:
    (receipt,) = gateway_bisnode.delete(account=account(), subjects=[subject])
    assert receipt.outcome == outcome
    assert bisnode.wire.journal == []


def test_delete_does_not_believe_an_answer_it_does_not_know(bisnode: Simulator, account: Open) -> None:
    bisnode.remove_consumer("1001")
    bisnode.consumer_removal_again = 200
    with pytest.raises(GarbledError, match=r"DELETE /consumer-intelligence/v3/consumers: 200$"):
        delete(account(), KARI[0])
    bisnode.consumer_removal_again = 404
    assert delete(account(), KARI[0]).outcome == Outcome.NOTHING


def test_delete_keeps_an_odd_id_inside_its_own_path(bisnode: Simulator) -> None:
    odd = bisnode.add_consumer("a/b?c#æ ø%2F")
    with serve(bisnode) as url:
        receipt = delete(
            open_test_account(gateway_bisnode, bisnode.settings(url), now=bisnode.now), Ref("consumer", odd)
        )
    assert receipt.outcome == Outcome.DONE
    assert bisnode.consumer_ids() == ["1001", "1002"]


# audit


def test_audit_catches_a_vendor_that_lies(bisnode: Simulator, account: Open) -> None:
    bisnode.lying_ids |= {"1001", "NO:999000001"}
    assert delete(account(), *KARI).outcome == Outcome.DONE
    assert audit(account(), *KARI) == [*KARI]
    bisnode.lying_ids.clear()
    delete(account(), *KARI)
    assert audit(account(), *KARI) == []


def test_audit_reads_each_list_once_for_a_batch(bisnode: Simulator, account: Open) -> None:
    subjects = [
        Subject("S1", records=KARI[:1], kept=KARI[1:]),
        Subject("S2", records=(Ref("consumer", "1002"), Ref("consumer", "1009"))),
    ]
    held = list(gateway_bisnode.audit(account=account(), subjects=subjects))
    assert [(each.subject, each.ref.id) for each in held] == [
        ("S1", "1001"),
        ("S1", "NO:999000001"),
        ("S2", "1002"),
    ]
    assert all(isinstance(each, Holding) and each.since for each in held)
    assert calls(bisnode) == [
        "GET consumers",
        "GET portfolio",
        "GET companies",
        "GET companies",
        "GET portfolio",
    ]


def test_audit_counts_a_decision_that_may_not_be_given_out_as_held(bisnode: Simulator, account: Open) -> None:
    bisnode.blocked.add("case-1")
    assert audit(account(), CASE) == [CASE]
    del bisnode.decisions["case-1"]
    assert audit(account(), CASE) == []


def test_audit_counts_a_decision_that_cannot_be_asked_for_as_held(bisnode: Simulator, account: Open) -> None:
    assert audit(account(scope="bci"), CASE) == [CASE]
    assert bisnode.wire.journal == []


def test_audit_raises_when_the_portfolio_moves(
    bisnode: Simulator, account: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = bisnode._listed

    def moving(*given: Any) -> Any:
        bisnode.changes += 1
        return listed(*given)

    monkeypatch.setattr(bisnode, "_listed", moving)
    with pytest.raises(UnavailableError, match="the portfolio changed while it was read"):
        audit(account(), *KARI)
    monkeypatch.undo()
    assert audit(account(), *KARI) == [*KARI]


# export


def test_export_hands_over_all_that_is_held(bisnode: Simulator, account: Open) -> None:
    items = list(gateway_bisnode.export(account=account(), subject=Subject("S1", records=KARI, kept=(CASE,))))
    assert [(each.ref.kind, each.name) for each in items] == [
        ("consumer", "consumer.json"),
        ("company", "company.json"),
        ("decision", "order.json"),
        ("consumer", "audit-event.json"),
        ("consumer", "audit-event.json"),
        ("decision", "decision.json"),
        ("decision", "background.json"),
        ("decision", "appendix.pdf"),
    ]
    assert json.loads(items[0].content)["data"]["legalId"] == "01817012345"
    assert json.loads(items[2].content)["record"] == "recman:1001"
    assert items[-1].media_type == "application/pdf"


def test_export_says_so_where_a_decision_may_not_be_given_out(bisnode: Simulator, account: Open) -> None:
    bisnode.blocked.add("case-1")
    order, *parts = gateway_bisnode.export(account=account(), subject=Subject("S1", records=(CASE,)))
    assert order.name == "order.json"
    assert {json.loads(each.content)["status"] for each in parts} == {451}


def test_export_tells_of_a_check_even_after_the_bureau_has_dropped_it(
    bisnode: Simulator, account: Open
) -> None:
    bisnode.decisions.clear()
    (item,) = gateway_bisnode.export(account=account(), subject=Subject("S1", records=(CASE,)))
    assert json.loads(item.content)["correlation_id"] == "case-1"
