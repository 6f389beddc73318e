"""What is left half done: settled by looking, never by guessing, and never done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import pytest

from gateway import GarbledError, Outcome, Receipt, Ref, Subject
from gateway.ledger import Ledger, work
from gateway.ledger import tables as t
from gateway.runs import Target, Work, carry_out
from tests.core.firm import Firm
from tests.core.vendor import PERSON, ScriptedVendor

OVER = date(2026, 1, 1)
on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


class PowerCutError(BaseException):
    """The process is gone."""


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman")
    vendor.add_many([1, 2, 3, 4, 5], over=OVER)
    vendor.add(9, "anne@example.org", "Anne Lie")
    return vendor


def cut(vendor: ScriptedVendor, done: int, receipts: int) -> None:
    """So many are deleted and so many receipts given; then the power is cut."""

    def delete(account: object, subjects: Sequence[Subject]) -> Iterator[Receipt]:
        answers = list(vendor.delete(subjects[:done]))
        yield from answers[:receipts]
        raise PowerCutError

    vendor.replace("delete", delete)


@on_both
@pytest.mark.parametrize(("done", "receipts"), [(0, 0), (2, 0), (3, 1), (5, 2), (5, 5)])
def test_interrupted_call_is_settled_by_looking(
    firm: Firm, recman: ScriptedVendor, done: int, receipts: int
) -> None:
    cut(recman, done, receipts)
    with pytest.raises(PowerCutError):
        firm.sync()
    recman.mend()
    recman.journal.clear()
    assert firm.sync_later().exit_code == 0
    assert {firm.outcome("recman", case) for case in range(1, 6)} == {Outcome.VERIFIED}
    assert sorted(recman.deleted) == ["1", "2", "3", "4", "5"]
    again = [name for call in recman.calls("delete") for name in call.about]
    assert len(again) == 5 - done
    settled = [each["why"] for each in firm.actions("settled")]
    assert settled.count("gone") == done - receipts
    assert settled.count("still there, to be done again") == 5 - done
    assert list(recman.records) == ["9"]


def test_interrupted_call_is_not_settled_by_an_audit_that_failed(firm: Firm, recman: ScriptedVendor) -> None:
    """And whoever it is not about is deleted all the same."""
    cut(recman, 0, 0)
    with pytest.raises(PowerCutError):
        firm.sync()
    recman.mend()
    recman.add(6, "eva@example.org", "Eva Dahl", over=OVER)
    recman.fail("audit", GarbledError("an HTML page"), times=None)
    report = firm.sync_later()
    assert (report.exit_code, recman.deleted) == (4, ["6"])
    assert {firm.outcome("recman", case) for case in range(1, 6)} == {None}
    recman.mend()
    assert firm.sync_later().exit_code == 0


def test_interrupted_search_by_address_that_finds_nothing_is_asked_for_anew(
    firm: Firm, recman: ScriptedVendor
) -> None:
    crm = firm.vendor("crm", cannot={"fetch": "they list nobody."})
    cut(crm, 0, 0)
    with pytest.raises(PowerCutError):
        firm.sync()
    crm.mend()
    assert firm.sync_later().exit_code == 0
    assert (firm.outcome("crm"), firm.step("crm").reason) == (Outcome.NOTHING, "")
    assert len(crm.calls("delete")) == 2
    assert {each["why"] for each in firm.actions("settled") if each["processor"] == "crm"} == {
        "not found by any address known, to be asked for again"
    }


def test_intent_is_durable_before_the_call(firm: Firm, recman: ScriptedVendor) -> None:
    seen: list[tuple[bool, int]] = []

    def delete(account: object, subjects: Sequence[Subject]) -> Iterator[Receipt]:
        with firm.ledger.read() as tx:
            steps = [work.get_step(tx, number) for number in range(1, 6)]
        seen.extend((each.intent_run is not None, each.attempts) for each in steps if each is not None)
        yield from recman.delete(subjects)

    recman.replace("delete", delete)
    assert firm.sync().exit_code == 0
    assert seen == [(True, 1)] * 5
    assert [each["data"] for each in firm.actions("intended")] == [{"steps": [1, 2, 3, 4, 5]}]


@pytest.mark.parametrize(
    "error", [GarbledError("cannot be read"), KeyError("person2@example.org")], ids=["theirs", "foreign"]
)
def test_one_who_spoils_the_call_keeps_nobody_else_from_being_deleted(
    firm: Firm, recman: ScriptedVendor, error: BaseException
) -> None:
    recman.fail("delete", error, touching="3", times=None)
    assert firm.sync().exit_code == 4
    stands = {case: firm.outcome("recman", case) for case in range(1, 6)}
    assert stands == {
        1: Outcome.VERIFIED,
        2: Outcome.VERIFIED,
        3: Outcome.BROKEN,
        4: Outcome.VERIFIED,
        5: Outcome.VERIFIED,
    }
    assert firm.kinds == ["untrue"]
    recman.mend()
    firm.answer("untrue", "retry")
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == ["1", "2", "3", "4", "5"]


def strange(make: Callable[[ScriptedVendor, Sequence[Subject]], Any]) -> Callable[..., Any]:
    return make


STRANGE: dict[str, Callable[[ScriptedVendor, Sequence[Subject]], Any]] = {
    "none": lambda vendor, subjects: None,
    "a list": lambda vendor, subjects: list(vendor.delete(subjects)),
    "a word": lambda vendor, subjects: iter(["done"]),
    "no receipt": lambda vendor, subjects: iter(()),
    "one too few": lambda vendor, subjects: vendor.delete(subjects[1:]),
    "a stranger": lambda vendor, subjects: iter([Receipt("S99", Outcome.DONE)]),
    "two of one": lambda vendor, subjects: iter([Receipt(subjects[0].ref, Outcome.DONE)] * 2),
    "no outcome of a receipt": lambda vendor, subjects: iter([Receipt(subjects[0].ref, Outcome.VERIFIED)]),
    "outcome as a word": lambda vendor, subjects: iter([Receipt(subjects[0].ref, "gone")]),  # type: ignore[arg-type]  # the point
    "subject as a number": lambda vendor, subjects: iter([Receipt(1, Outcome.DONE)]),  # type: ignore[arg-type]  # the point
    "note of nothing": lambda vendor, subjects: iter([Receipt(subjects[0].ref, Outcome.DONE, note=None)]),  # type: ignore[arg-type]  # the point
    "accepted without a date": lambda vendor, subjects: iter([Receipt(subjects[0].ref, Outcome.ACCEPTED)]),
    "accepted without a zone": lambda vendor, subjects: iter(
        [Receipt(subjects[0].ref, Outcome.ACCEPTED, look_again=OVER)]  # type: ignore[arg-type]  # the point
    ),
    "kept without a record": lambda vendor, subjects: iter([Receipt(subjects[0].ref, Outcome.KEPT)]),
    "deleted by name": lambda vendor, subjects: iter([Receipt(subjects[0].ref, Outcome.DONE, deleted=("1",))]),  # type: ignore[arg-type]  # the point
    "id as a number": lambda vendor, subjects: iter([Receipt(subjects[0].ref, Outcome.DONE, deleted=(Ref(PERSON, 1),))]),  # type: ignore[arg-type]  # the point
}  # fmt: skip


@pytest.mark.parametrize("what", STRANGE)
def test_strange_answer_to_delete_is_broken_and_claims_nothing(
    firm: Firm, recman: ScriptedVendor, what: str
) -> None:
    recman.replace("delete", lambda account, subjects: STRANGE[what](recman, subjects))
    assert firm.sync().exit_code == 4
    gone = set(recman.deleted)
    for number in range(1, 6):
        if firm.outcome("recman", number) in (Outcome.VERIFIED, Outcome.NOTHING):
            assert str(number) in gone
    asked = firm.kinds
    recman.mend()
    if firm.rows(t.processors):  # so many answers that are not understood stop the account
        firm.brakes().resume("recman", "they have mended it")
        firm.sync_later()
    assert "untrue" in asked + firm.kinds
    for each in firm.asked():
        firm.desk.answer(each.id, "retry")
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == ["1", "2", "3", "4", "5"]


@on_both
def test_step_closed_by_somebody_else_meanwhile_is_not_written_again(
    firm: Firm, recman: ScriptedVendor
) -> None:
    def delete(account: object, subjects: Sequence[Subject]) -> Iterator[Receipt]:
        with firm.ledger.write() as tx:
            assert work.change_step(
                tx, 1, outcome="done", reason="by another", closed_at=firm.now, intent_run=None
            )
        yield from recman.delete(subjects)

    recman.replace("delete", delete)
    firm.sync()
    step = firm.step("recman")
    assert (step.reason, step.outcome) == ("by another", Outcome.DONE)
    told = [each for each in firm.actions("answered") + firm.actions("audited") if each["step"] == 1]
    assert told == []
    assert len([each for each in firm.actions("answered") if each["step"] == 2]) == 1


def test_step_answered_by_hand_while_the_call_fails_keeps_the_answer(
    firm: Firm, recman: ScriptedVendor
) -> None:
    def delete(account: object, subjects: Sequence[Subject]) -> Iterator[Receipt]:
        with firm.ledger.write() as tx:
            work.change_step(tx, 1, outcome="manual", reason="by hand", next_at=None, intent_run=None)
        raise GarbledError("an HTML page")

    recman.replace("delete", delete)
    for number in range(2, 6):
        del recman.records[str(number)]
    recman.add(1, "person1@example.org", "Person Nr1", over=OVER)
    firm.sync()
    assert (firm.outcome("recman"), firm.step("recman").reason) == (Outcome.MANUAL, "by hand")


def test_stop_between_records_leaves_the_rest_for_the_next_run(firm: Firm, recman: ScriptedVendor) -> None:
    report = firm.sync(stop=lambda: bool(recman.deleted))
    assert (report.stopped, report.exit_code, len(recman.deleted)) == (True, 3, 1)
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == ["1", "2", "3", "4", "5"]


def test_same_work_begun_twice_is_done_once(firm: Firm, recman: ScriptedVendor, ledger: Ledger) -> None:
    """What one run has in hand (its intents are open) the next does not take, as long as nobody has settled it."""
    firm.sync(stop=lambda: len(recman.journal) > 4)
    register = firm.register()
    job = Work(ledger, register.plugins, register.now, "tester", lambda: False)
    target: Target = register.target("recman")
    recman.replace("delete", lambda account, subjects: (carry_out(job, target), recman.delete(subjects))[1])
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == ["1", "2", "3", "4", "5"]
