"""What each class of error makes of a step, wherever it strikes, and the run that recovers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway import (
    GarbledError,
    GatewayError,
    Outcome,
    PluginError,
    RefusedError,
    SettingsError,
    ThrottledError,
    UnavailableError,
    VendorError,
    errors,
)
from gateway.runs import OUTCOME_OF, classify, outcome_of
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

OVER = date(2026, 1, 1)
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOMORROW = AT + timedelta(days=1)
PASSING = [UnavailableError("they are down"), ThrottledError("too many calls", retry_at=TOMORROW)]
STRANGE = [
    GarbledError("an HTML page"), PluginError("a promise broken"), VendorError("something else"),
    KeyError("kari@example.org"), SystemExit(3), RecursionError("too deep"), SettingsError("not theirs to raise"),
    GatewayError("nor this"),
]  # fmt: skip


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    vendor.add(2, "ola@example.org", "Ola Hansen")
    vendor.add(3, "per@example.org", "Per Berg")
    return vendor


def name(err: BaseException) -> str:
    return type(err).__name__


def test_every_error_a_call_can_end_with_has_an_outcome_and_nothing_else_has() -> None:
    known = {
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, GatewayError)
    }
    leaves = {
        each for each in known if not any(other is not each and issubclass(other, each) for other in known)
    }
    assert set(OUTCOME_OF) == leaves - {SettingsError}
    assert set(OUTCOME_OF.values()) == {Outcome.RETRY, Outcome.BROKEN}


def test_error_of_a_plugins_own_making_counts_as_what_it_is_made_of() -> None:
    class QuotaError(ThrottledError):
        pass

    assert outcome_of(QuotaError("no more", retry_at=TOMORROW)) == Outcome.RETRY
    assert outcome_of(VendorError()) == Outcome.BROKEN


def test_waiting_doubles_up_to_six_hours() -> None:
    waits = [classify(UnavailableError(), attempts, AT)[1] - AT for attempts in (0, 1, 5, 8, 9, 1000)]
    assert [each.total_seconds() / 60 for each in waits] == [1, 2, 32, 256, 360, 360]


def test_time_the_vendor_names_counts_and_one_without_a_zone_does_not() -> None:
    assert classify(UnavailableError(retry_at=TOMORROW), 3, AT) == (Outcome.RETRY, TOMORROW)
    naive = TOMORROW.replace(tzinfo=None)
    assert classify(ThrottledError(retry_at=naive), 0, AT) == (Outcome.RETRY, AT + timedelta(minutes=1))


@pytest.mark.parametrize("error", PASSING, ids=name)
@pytest.mark.parametrize("effect", [False, True], ids=["before", "after"])
def test_passing_error_in_delete_is_tried_again_at_its_time(
    firm: Firm, recman: ScriptedVendor, error: GatewayError, effect: bool
) -> None:
    recman.fail("delete", error, effect=effect)
    assert firm.sync().exit_code == 3
    step = firm.step("recman")
    assert (step.outcome, step.reason, step.next_at) == (Outcome.RETRY, str(error), classify(error, 0, AT)[1])
    firm.sync()
    assert len(recman.calls("delete")) == 1
    assert firm.sync_later(days=1).exit_code == 0
    assert (firm.outcome("recman"), recman.deleted) == (Outcome.VERIFIED, ["1"])


@pytest.mark.parametrize("error", STRANGE, ids=name)
def test_error_not_understood_in_delete_is_broken_and_asked_about_once(
    firm: Firm, recman: ScriptedVendor, error: BaseException
) -> None:
    recman.fail("delete", error, times=None)
    report = firm.sync()
    assert (firm.outcome("recman"), report.exit_code, report.rows["recman"].needs_you) == (
        Outcome.BROKEN,
        4,
        1,
    )
    assert firm.sync_later().exit_code == 4
    assert (firm.kinds, len(recman.calls("delete"))) == (["untrue"], 1)
    assert len(firm.actions("failed")) == 1
    recman.mend()
    firm.answer("untrue", "retry")
    assert firm.sync_later().exit_code == 0
    assert (firm.outcome("recman"), recman.deleted, firm.kinds) == (Outcome.VERIFIED, ["1"], [])


def test_broken_that_took_effect_is_found_gone_by_the_next_sync(firm: Firm, recman: ScriptedVendor) -> None:
    recman.fail("delete", GarbledError("half an answer"), effect=True)
    assert firm.sync().exit_code == 4
    assert firm.sync_later().exit_code == 0
    assert (firm.outcome("recman"), firm.kinds, recman.deleted) == (Outcome.VERIFIED, [], ["1"])


def test_refused_stops_this_account_and_no_other(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm")
    crm.add(7, "kari@example.org", "Kari Nordmann")
    crm.add(8, "anne@example.org", "Anne Lie")
    recman.fail("delete", RefusedError("the key was revoked"))
    report = firm.sync()
    assert (report.exit_code, firm.outcome("recman"), firm.outcome("crm")) == (
        4,
        Outcome.RETRY,
        Outcome.VERIFIED,
    )
    assert [each.hook for each in recman.journal] == ["fetch", "delete"]
    assert firm.sync_later().exit_code == 0
    assert firm.outcome("recman") == Outcome.VERIFIED


def test_refused_in_fetch_makes_no_further_call_and_says_why(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    recman.add(4, "eva@example.org", "Eva Dahl", over=OVER)
    firm.sync_later()
    recman.add(5, "eli@example.org", "Eli Vik")
    firm.sync_later()
    firm.desk.erase("recman:5")
    recman.journal.clear()
    recman.fail("fetch", RefusedError("the key was revoked"))
    report = firm.sync_later()
    assert ([each.hook for each in recman.journal], report.exit_code) == (["fetch"], 4)
    assert firm.step("recman", 3).reason == "not called: the key was revoked"
    assert firm.sync_later().exit_code == 0


def test_refused_in_fetch_leaves_proof_for_later(firm: Firm) -> None:
    recman = firm.vendor("recman", grace=timedelta(days=1))
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    recman.add(2, "ola@example.org", "Ola Hansen")
    firm.sync()
    recman.fail("fetch", RefusedError("the key was revoked"))
    assert (firm.sync_later(days=1).exit_code, recman.calls("audit")) == (4, [])
    assert firm.sync_later().exit_code == 0
    assert firm.outcome("recman") == Outcome.VERIFIED


@pytest.mark.parametrize("error", [*PASSING, *STRANGE[:5]], ids=name)
@pytest.mark.parametrize("after", [0, 1])
def test_error_in_fetch_keeps_what_was_read_and_the_next_run_reads_the_rest(
    firm: Firm, recman: ScriptedVendor, error: BaseException, after: int
) -> None:
    recman.fail("fetch", error, after=after)
    report = firm.sync()
    assert report.rows["recman"].fetched == 2 * after
    assert report.exit_code == (3 if error in PASSING else 4)
    assert "kari" not in report.rows["recman"].error
    assert firm.sync_later(hours=2).exit_code == 0
    assert (firm.outcome("recman"), recman.deleted) == (Outcome.VERIFIED, ["1"])


@pytest.mark.parametrize("error", [*PASSING, RefusedError("no rights"), *STRANGE[:5]], ids=name)
def test_error_in_audit_proves_nothing_and_the_next_run_does(
    firm: Firm, recman: ScriptedVendor, error: BaseException
) -> None:
    recman.fail("audit", error, after=0)
    report = firm.sync()
    assert (firm.outcome("recman"), report.exit_code) == (Outcome.DONE, 3 if error in PASSING else 4)
    assert firm.sync_later().exit_code == 0
    assert firm.outcome("recman") == Outcome.VERIFIED


def test_one_person_who_spoils_the_audit_keeps_nobody_else_from_being_proven(firm: Firm) -> None:
    recman = firm.vendor("recman")
    recman.add_many(range(1, 10), over=OVER)
    recman.fail("audit", GarbledError("cannot be read"), times=None, touching="6")
    assert firm.sync().exit_code == 4
    stands = [firm.outcome("recman", case) for case in range(1, 10)]
    assert [number for number, each in enumerate(stands, 1) if each != Outcome.VERIFIED] == [6]
    assert stands[5] == Outcome.DONE
    recman.mend()
    assert firm.sync_later().exit_code == 0


def test_audit_nobody_can_read_is_given_up_soon(firm: Firm) -> None:
    recman = firm.vendor("recman")
    recman.add_many(range(1, 10), over=OVER)
    recman.fail("audit", GarbledError("maintenance"), times=None)
    assert firm.sync().exit_code == 4
    assert len(recman.calls("audit")) == 3


def test_refused_while_each_is_tried_alone_ends_the_trying(firm: Firm) -> None:
    recman = firm.vendor("recman")
    recman.add_many(range(1, 6), over=OVER)

    def spoilt(account: Any, subjects: Any) -> Any:
        raise GarbledError("cannot be read") if len(subjects) > 1 else RefusedError("the key was revoked")

    recman.replace("delete", spoilt)
    assert firm.sync().exit_code == 4
    assert len(recman.calls("delete")) == 2
    assert {firm.outcome("recman", case) for case in range(1, 6)} == {Outcome.RETRY}
    recman.mend()
    assert firm.sync_later().exit_code == 0
