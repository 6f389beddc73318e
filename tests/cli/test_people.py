"""`gateway erase` and `audit`: one person, everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.testing import Fault


def test_erase_carries_the_case_out_at_once(firm, ola):
    firm("sync")
    shown = firm("erase", "Ola@Example.org").stdout
    assert "Case 1, person S1: closed" in shown
    assert "gone, proven" in shown
    assert not firm.vendor.people
    assert not any(word in shown for word in ("Ola", "ola@"))


def test_erase_finds_somebody_no_sync_has_read(firm, ola):
    assert firm.json("erase", "ola@example.org")["steps"][0]["outcome"] == "verified"
    assert not firm.vendor.people


def test_erase_by_record_or_s_number_means_that_person(firm, ola, kari):
    firm("sync")
    assert firm.json("erase", f"example:{ola}")["person"] == "S1"
    assert "nobody in the ledger" in firm("audit", "S1", code=2).stderr


def test_erase_of_what_is_no_person_says_how_one_is_named(firm):
    assert "a person is named by" in firm("erase", "Ola", code=2).stderr
    assert "no processor is called" in firm("erase", "elsewhere:1", code=2).stderr
    assert "no such record is known" in firm("erase", "example:99", code=2).stderr


def test_erase_waits_when_the_vendor_cannot_answer_and_goes_on_later(firm, ola):
    firm("sync")
    firm.vendor.wire.faults.append(Fault("503", times=4, method="DELETE"))
    shown = firm("erase", "ola@example.org", code=3).stdout
    assert "to be tried again" in shown
    assert "`gateway sync` to go on" in shown
    assert firm.json("erase", "S1", code=3)["number"] == 1


def test_erase_needs_a_person_when_the_answer_is_not_understood(firm, ola):
    firm("sync")
    firm.vendor.wire.faults.append(Fault("html", times=20, method="DELETE"))
    firm("erase", "ola@example.org", code=4)
    firm.vendor.wire.faults.clear()
    assert firm.json("questions")["questions"][0]["options"] == ["retry", "by-hand"]
    firm("answer", "1", "retry")
    firm("sync")
    assert not firm.vendor.people


def test_erase_while_a_sync_runs_opens_the_case_and_says_who_has_it(firm, ola):
    firm("sync")
    ledger = firm.ledger()
    with ledger.exclusive("sync", datetime.now(UTC)):
        document = firm.json("erase", "ola@example.org", code=3)
    ledger.close()
    assert document["state"] == "open"
    assert "already running: sync" in document["busy"]
    firm("sync")
    assert not firm.vendor.people


def test_erase_of_two_people_behind_one_address_asks_which(firm, vendor):
    vendor.add_person("Anne Berg", "post@example.org")
    vendor.add_person("Bjørn Dahl", "post@example.org")
    firm("sync", code=3)
    assert (
        "more than one person is known by that (S1, S2)" in firm("erase", "post@example.org", code=2).stderr
    )
    assert "answer question 1 first" in firm("erase", "example:1", code=2).stderr
    firm("answer", "1", "different")
    firm("erase", "example:1")
    assert list(vendor.people) == [2]


def test_audit_says_what_is_held_without_its_content(firm, ola):
    firm("sync")
    shown = firm("audit", "ola@example.org").stdout
    assert "1 record: person 1" in shown
    assert "Ola" not in shown
    document = firm.json("audit", "S1")
    assert document["processors"][0]["holdings"] == [{"kind": "person", "id": ola, "since": None}]


def test_audit_that_cannot_ask_says_so_and_never_nothing(firm, ola):
    firm.write(tail='[processors.paper]\nrole = "recipient"\nlocation = "archive"\n')
    firm("sync")
    assert "paper      not known: there is no plugin for it" in firm("audit", "S1", code=3).stdout
    firm.vendor.wire.faults.append(Fault("401"))
    assert "nothing" not in firm("audit", "S1", code=4).stdout
    assert firm.json("audit", "S1", code=3)["processors"][0]["error"] is None


def test_erase_reads_first_so_that_nobody_added_since_is_missed(firm, vendor, kari):
    firm("sync")
    late = vendor.add_person("Late Comer", "late@example.org")
    steps = firm.json("erase", "late@example.org")["steps"]
    assert [step["outcome"] for step in steps] == ["verified"]
    assert int(late) not in vendor.people
