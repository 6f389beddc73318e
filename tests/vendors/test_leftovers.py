"""What stays when somebody is deleted: told as kept, refused or untrue, and never as gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.letters import draft
from gateway.model import Outcome, Reason
from tests.vendors.conftest import MakeWorld
from tests.vendors.world import ENDS, World

pytestmark = pytest.mark.slow


def naming(world: World, number: str) -> list[str]:
    """The rows at Recman that still name a candidate."""
    return [
        f"{scope} {key}"
        for scope, rows in world.simulators["recman"].tables.items()
        for key, row in rows.items()
        if str(row.get("candidateId")) == number
    ]


def test_note_that_names_a_stranger_too_is_kept_for_a_person_to_read(make_world: MakeWorld) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", "RI", over=True)
    other = world.add("Ola Hansen", "RI")
    note = world.simulators["invenias"].add_note(
        "Met them both.", [due.at["invenias"][0], other.at["invenias"][0]]
    )
    world.sync()
    step = world.steps_of(due)["invenias"]
    assert (step.outcome, step.closed_at) == (Outcome.KEPT, world.now)
    assert {each.reason for each in step.kept} <= {Reason.REVIEW, Reason.SHARED}
    assert note in {each.ref.id for each in step.kept}
    assert world.simulators["invenias"].journal[note].people() == {other.at["invenias"][0]}
    assert world.left(due) == set()
    world.settle()


@pytest.mark.parametrize("stays", ["log", "application", "files"])
def test_row_that_outlives_its_candidate_is_never_told_as_gone(make_world: MakeWorld, stays: str) -> None:
    world = make_world(recman={"stays": (stays,)})
    due = world.add("Kari Nordmann", "R", over=True, files=[("cv.pdf", b"%PDF-1.7 fictional")])
    number = due.at["recman"][0]
    world.simulators["recman"].add_application(number)
    world.simulators["recman"].add_log(number, text="called")
    world.sync()
    if naming(world, number):
        assert world.outcomes(due)["recman"] != Outcome.VERIFIED
        for scope, rows in world.simulators["recman"].tables.items():
            for key in [key for key, row in rows.items() if str(row.get("candidateId")) == number]:
                assert scope != "candidate"
                del rows[key]  # by hand, in the product
    world.settle()
    assert world.outcomes(due)["recman"] in ENDS
    assert not naming(world, number)


def test_employee_is_kept_with_an_end_and_the_letter_says_so(make_world: MakeWorld) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", "RIB", over=True, employee={"startDate": "2020-01-01", "endDate": ""})
    world.sync()
    kept = world.steps_of(due)["recman"]
    assert (kept.outcome, "recman" in world.left(due)) == (Outcome.KEPT, True)
    assert world.left(due) == {"recman"}
    register = world.register()
    letter = draft(world.ledger, register.settings, kept.case, "en", now=world.now, actor="tester")
    register.close()
    assert f"recman, candidate {due.at['recman'][0]}: Stays because it belongs to an employment." in " ".join(
        letter.text.split()
    )
    world.settle()


def test_user_account_is_kept_and_nothing_of_it_is_touched(make_world: MakeWorld) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", "R", over=True)
    user = world.simulators["invenias"].add_person("Kari", "Nordmann", email=due.email, user=True)
    due.at["invenias"] = [user]
    world.sync()
    step = world.steps_of(due)["invenias"]
    assert step.outcome == Outcome.KEPT
    assert {each.reason for each in step.kept} == {Reason.USER_ACCOUNT}
    assert world.left(due) == {"invenias"}
    assert not world.deletions("invenias", user)
    world.settle()
    assert world.left(due) == {"invenias"}


@pytest.mark.parametrize("blocked", [False, True])
def test_credit_check_is_refused_by_the_bureau_and_asked_for_by_letter(
    make_world: MakeWorld, blocked: bool
) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", "R", over=True, decision=True)
    check = f"check-{due.at['recman'][0]}"
    if blocked:
        world.simulators["bisnode"].blocked.add(check)
    world.sync()
    assert world.outcomes(due)["bisnode"] == Outcome.REFUSED
    register = world.register()
    letter = draft(
        world.ledger, register.settings, world.steps_of(due)["bisnode"].case, "nb", to_processor=True, now=world.now,
        actor="tester",
    )  # fmt: skip
    register.close()
    assert f"- decision {check}" in letter.text
    world.settle()


def test_what_was_kept_is_erased_when_its_reason_ends(make_world: MakeWorld) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", "R", over=True, employee={"startDate": "2020-01-01", "endDate": ""})
    world.sync()
    assert world.left(due) == {"recman"}
    ended = (world.now - timedelta(days=365 * 9)).date().isoformat()
    world.simulators["recman"].candidates[due.at["recman"][0]]["employee"] = {
        "startDate": "2010-01-01",
        "endDate": ended,
    }
    world.now += timedelta(days=31)
    world.sync(full=True)
    world.settle()
    assert world.left(due) == set()
