"""Processors that cannot be called: the case stays open with the reason, the others go on, and it ends well."""

from __future__ import annotations

from datetime import date
from importlib.metadata import EntryPoint

import pytest

from gateway import Outcome, UnavailableError
from gateway.plugins.offers import Offer
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor, keeps

OVER = date(2026, 1, 1)
DOWN = UnavailableError("they are down")


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    vendor.add(2, "ola@example.org", "Ola Hansen")
    return vendor


@pytest.fixture
def crm(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("crm")
    vendor.add(7, "kari@example.org", "Kari Nordmann")
    vendor.add(8, "anne@example.org", "Anne Lie")
    return vendor


def disable(firm: Firm) -> None:
    firm.place("crm", 'plugin = "crm"\nenabled = false\n')


def test_disabled_keeps_the_case_open_with_the_reason(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    disable(firm)
    report = firm.sync()
    assert (report.exit_code, firm.outcome("recman")) == (3, Outcome.VERIFIED)
    step = firm.step("crm")
    assert (step.outcome, step.reason, firm.case().state) == (None, "it is disabled in gateway.toml", "open")
    assert crm.journal == []
    firm.place("crm", 'plugin = "crm"\n')
    assert firm.sync_later().exit_code == 0
    assert (firm.outcome("crm"), crm.deleted) == (Outcome.VERIFIED, ["7"])


def test_disabled_when_the_case_was_open_says_so(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    crm.fail("delete", DOWN)
    firm.sync()
    assert firm.step("crm").reason == "they are down"
    disable(firm)
    firm.sync_later()
    assert firm.step("crm").reason == "it is disabled in gateway.toml"
    del firm.tables["crm"]
    assert firm.sync_later().exit_code == 3
    assert firm.step("crm").reason == "it is not in gateway.toml any more"
    firm.place("crm", 'plugin = "crm"\n')
    assert firm.sync_later().exit_code == 0


def test_plugin_that_cannot_be_loaded_stops_nobody_else(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    sound = firm.offers["crm"]
    firm.offers["crm"] = Offer(
        "crm", "broken", "1", EntryPoint("crm", "no_such_module_at_all", "gateway.plugins")
    )
    report = firm.sync()
    assert (report.exit_code, firm.outcome("recman")) == (4, Outcome.VERIFIED)
    assert "could not be loaded" in firm.step("crm").reason
    assert report.rows["crm"].error == firm.step("crm").reason
    firm.offers["crm"] = sound
    assert firm.sync_later().exit_code == 0
    assert crm.deleted == ["7"]


def test_unreachable_keeps_the_case_open_with_the_reason(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    for hook in ("fetch", "delete"):
        crm.fail(hook, DOWN)
    report = firm.sync()
    assert (report.exit_code, report.rows["crm"].error, firm.outcome("recman")) == (
        3,
        "they are down",
        Outcome.VERIFIED,
    )
    assert (firm.outcome("crm"), firm.case().state) == (Outcome.RETRY, "open")
    assert firm.sync_later().exit_code == 0
    assert crm.deleted == ["7"]


def test_unreachable_since_the_last_sweep_is_not_taken_for_empty(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync()
    recman.add(3, "eva@example.org", "Eva Dahl", over=OVER)
    crm.add(9, "eva@example.org", "Eva Dahl")
    for hook in ("fetch", "delete"):
        crm.fail(hook, DOWN)
    assert firm.sync_later().exit_code == 3
    assert firm.outcome("crm", 2) == Outcome.RETRY
    assert firm.sync_later().exit_code == 0
    assert crm.deleted == ["7", "9"]


def test_unreachable_and_not_to_be_searched_waits_for_the_sweep(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", finds_by=frozenset())
    crm.add(7, "anne@example.org", "Anne Lie")
    crm.fail("fetch", DOWN)
    assert firm.sync().exit_code == 3
    assert firm.step("crm").reason == "no identity they know, and not read to the end yet"
    assert (firm.kinds, crm.calls("delete")) == ([], [])
    assert firm.sync_later().exit_code == 0
    assert (firm.outcome("crm"), firm.step("crm").reason) == (
        Outcome.NOTHING,
        "not in the last complete sweep",
    )


def test_named_alone_leaves_the_others_for_later(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync("recman")
    assert (firm.outcome("recman"), crm.journal) == (Outcome.VERIFIED, [])
    assert firm.case().state == "open"
    assert firm.sync_later().exit_code == 0
    assert crm.deleted == ["7"]


def test_vendor_that_cannot_delete_is_a_task_only_where_somebody_is_held(
    firm: Firm, recman: ScriptedVendor
) -> None:
    crm = firm.vendor("crm", cannot={"delete": "they have no call for it."})
    crm.add(7, "kari@example.org", "Kari Nordmann")
    recman.add(3, "eva@example.org", "Eva Dahl", over=OVER)
    firm.sync()
    assert (firm.outcome("crm", 1), firm.kinds) == (Outcome.MANUAL, ["task"])
    assert "no call for it" in firm.asked()[0].text
    crm.records.clear()
    crm.add(8, "anne@example.org", "Anne Lie")
    firm.answer("task", "done")
    assert firm.sync_later().exit_code == 0
    assert firm.outcome("crm", 1) == Outcome.VERIFIED


def test_vendor_that_could_delete_before_becomes_a_task(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    disable(firm)
    firm.sync()
    firm.place("crm", 'plugin = "crm"\n')
    crm.describe["cannot"] = {"delete": "not any more."}
    firm.offers["crm"] = crm.offer()
    assert firm.sync_later().exit_code == 3
    assert (firm.outcome("crm"), firm.kinds) == (Outcome.MANUAL, ["task"])
    crm.records.pop("7")
    firm.answer("task", "done")
    assert firm.sync_later().exit_code == 0


def test_vendor_that_cannot_be_audited_is_a_persons_word(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", cannot={"audit": "they show nothing."})
    crm.add(7, "kari@example.org", "Kari Nordmann")
    crm.add(8, "anne@example.org", "Anne Lie")
    assert firm.sync().exit_code == 3
    assert (firm.outcome("crm"), firm.kinds) == (Outcome.DONE, ["task"])
    assert firm.sync_later().exit_code == 3
    assert firm.answer("task", "done") == "the step is closed on your word"
    report = firm.sync_later()
    assert (report.exit_code, report.planned.people, crm.calls("audit")) == (0, 0, [])


def test_vendor_that_cannot_be_audited_is_believed_that_it_keeps(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", cannot={"audit": "they show nothing."})
    crm.add(7, "kari@example.org", "Kari Nordmann")
    crm.keeps["7"] = keeps("7")
    assert firm.sync().exit_code == 0
    assert (firm.outcome("crm"), firm.kinds) == (Outcome.KEPT, [])


def test_vendor_that_cannot_be_listed_is_searched_by_address(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", cannot={"fetch": "they list nobody."})
    crm.add(7, "kari@example.org", "Kari Nordmann")
    assert firm.sync().exit_code == 0
    assert (crm.deleted, crm.calls("fetch"), firm.outcome("crm")) == (["7"], [], Outcome.VERIFIED)
