"""What real systems of this kind do to a gateway, tried with all three vendors: each trap, then the syncs that recover."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.model import Outcome
from tests.vendors.conftest import MakeWorld
from tests.vendors.vendors import CONSENT, NAMES
from tests.vendors.world import ENDS, World

pytestmark = pytest.mark.slow
OUR_OWN = ("recman", "invenias")
"""The vendors that have people under an e-mail address of their own."""
GONE = (Outcome.VERIFIED, Outcome.NOTHING, Outcome.KEPT)
"""How a step ends where the person is gone; what still names them (a vendor's own log) is kept, and said to be."""
HOUR = timedelta(hours=1)
PLACES = {"recman": "RIB", "invenias": "RI", "bisnode": "RB"}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pages_of_two() -> dict[str, dict[str, int]]:
    return {"recman": {"page_size": 2}, "invenias": {"page_limit": 2}, "bisnode": {"consumers_a_page": 2}}


def ends(world: World) -> None:
    """Everything is settled: who was due is gone, nobody else is, and the ledger knows all who are left."""
    world.mend()
    world.settle()
    for person in world.people:
        if person.due:
            assert not world.left(person)
            assert set(world.outcomes(person).values()) <= ENDS
    for each in NAMES:
        assert world.known(each) == world.there(each)


def test_erasure_at_all_three_is_proven_and_what_the_bureau_keeps_is_refused(make_world: MakeWorld) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", over=True, decision=True)
    world.add_many(3)
    world.sync()
    told = world.outcomes(due)
    assert (told["recman"], told["invenias"], told["bisnode"]) == (
        Outcome.VERIFIED,
        Outcome.VERIFIED,
        Outcome.REFUSED,
    )
    ends(world)
    assert [len(world.deletions(each, due.at[each][0])) for each in NAMES] == [1, 1, 1]


def test_list_that_is_empty_for_lack_of_rights_deletes_nobody(make_world: MakeWorld, name: str) -> None:
    world = make_world()
    world.add_many(8)
    world.sync()
    world.fail(name, "emptied", times=1000)
    world.sync_later(full=True)
    world.sync_later(full=True)
    assert world.known(name) == world.there(name)
    assert not world.steps()
    world.answer(sweep="not-deleted")
    ends(world)


def test_deletion_that_was_a_lie_is_not_proven_by_an_empty_answer(make_world: MakeWorld, name: str) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", PLACES[name], over=True)
    world.add_many(3)
    lying = world.simulators[name].lying_ids
    lying.update(due.at[name])
    world.in_the_middle(name, "delete", lambda: world.fail(name, "emptied", times=1000))
    world.sync()
    assert name in world.left(due)
    assert world.outcomes(due)[name] != Outcome.VERIFIED
    lying.clear()
    ends(world)


def test_deletion_whose_answer_was_lost_is_found_done(make_world: MakeWorld, name: str) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", PLACES[name], over=True)
    world.add_many(3)
    world.fail(name, "drop", "delete")
    world.sync()
    ends(world)
    assert len(world.deletions(name, due.at[name][0])) <= 2
    assert world.outcomes(due)[name] in GONE


def test_records_of_one_person_all_go(make_world: MakeWorld) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", "RRII", over=True)
    world.add("Kari Nordmann", "RI", email="another.kari@example.org")
    world.add_many(3)
    world.sync()
    ends(world)
    assert [len(world.steps_of(due)[each].deleted) >= 2 for each in OUR_OWN] == [True, True]


@pytest.mark.parametrize("kind", ["500", "truncated", "html", "cut"])
def test_sweep_that_fails_on_its_third_page_goes_on_and_loses_nobody(
    make_world: MakeWorld, name: str, kind: str
) -> None:
    world = make_world(**pages_of_two())
    world.add_many(9)
    world.sync()
    due = world.add("Kari Nordmann", PLACES[name], over=True)
    world.fail(name, kind, "list", after=2, times=4)
    report = world.sync_later(full=True)
    assert report.rows[name].error
    assert world.known(name) >= world.there(name) - set(due.at[name])
    assert {each.subject for each in world.steps()} <= {
        world.whose.get((place, due.at[place][0])) for place in due.at
    }
    ends(world)


def test_rows_that_move_while_they_are_read_lose_nobody(make_world: MakeWorld, name: str) -> None:
    world = make_world(**pages_of_two())
    people = world.add_many(9, PLACES[name])
    world.sync()
    leaving = people[0].at[name][0]

    def change() -> None:
        world.remove(name, leaving)
        people.append(world.add("Late Comer", PLACES[name]))

    if name == "recman":
        people[0].due = True  # Recman is the source: who is deleted there is to be deleted elsewhere too
    else:
        people[0].at.pop(name)
    world.in_the_middle(name, "list", change, after=2)
    world.sync_later(full=True)
    world.sync_later(full=True)
    assert world.known(name) == world.there(name)
    ends(world)


def test_person_who_comes_back_under_the_old_id_is_deleted_again(make_world: MakeWorld, name: str) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", PLACES[name], over=True)
    world.add_many(3)
    row = dict(world.simulators["recman"].candidates[due.at["recman"][0]])
    world.sync()
    assert not world.left(due)
    restore(world, name, due.at[name][0], row)
    world.now += HOUR
    world.sync(full=True)
    ends(world)
    assert world.actions("reopened")
    assert len(world.deletions(name, due.at[name][0])) == 2


def restore(world: World, name: str, number: str, row: dict[str, object]) -> None:
    """Let somebody come back as they were, as from a backup."""
    simulator = world.simulators[name]
    if name == "recman":
        simulator.candidates[number] = row
    elif name == "invenias":
        simulator.restore_person(number)
    else:
        simulator.add_consumer(number, full_name="Kari Nordmann")


def test_one_who_is_absent_holds_up_nobody_else(make_world: MakeWorld, name: str) -> None:
    switches = {"invenias": {"bulk_unknown": "refused"}, "bisnode": {"absent_fails_batch": True}}
    world = make_world(**switches)
    due = world.add_many(3, PLACES[name])
    world.sync()
    for person in due:
        world.simulators["recman"].set_attribute(person.at["recman"][0], CONSENT, "2026-01-01")
        person.due = True
    absent = due[1].at[name][0]
    world.in_the_middle(name, "list", lambda: world.remove(name, absent))
    world.sync_later()
    assert [world.left(each) for each in due] == [set(), set(), set()]
    ends(world)


def test_change_in_the_same_second_as_the_last_one_seen_is_not_lost(make_world: MakeWorld) -> None:
    world = make_world()
    world.add("Kari Nordmann", "RI")
    world.sync()
    late = world.add("Ola Hansen", "RI")  # the clock stands still: the same second
    world.sync()
    assert late.at["invenias"][0] in world.known("invenias")
    world.simulators["invenias"].change_person(late.at["invenias"][0], email="ola.hansen@example.no")
    late.email = "ola.hansen@example.no"
    world.sync()
    world.erase("ola.hansen@example.no")
    late.due = True
    ends(world)
    assert world.steps_of(late)["invenias"].outcome == Outcome.VERIFIED


def test_calls_of_the_day_that_are_used_up_leave_the_rest_for_tomorrow(make_world: MakeWorld) -> None:
    world = make_world(recman={"daily_quota": 8})
    due = world.add_many(12, "R", over=True)
    world.sync()
    world.answer()
    world.sync()
    stand = [world.outcomes(each)["recman"] for each in due]
    assert set(stand) <= {Outcome.VERIFIED, Outcome.DONE, Outcome.RETRY, None}
    assert Outcome.RETRY in stand
    ends(world)
    assert all(len(world.deletions("recman", each.at["recman"][0])) <= 2 for each in due)


@pytest.mark.parametrize("status", [403, 404])
def test_expired_application_is_no_absence(make_world: MakeWorld, status: int) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", "RI")
    world.add_many(3, "RI")
    world.sync()
    world.simulators["invenias"].expired_application = status
    world.erase(due.email)
    due.due = True
    report = world.sync_later(full=True)
    assert report.exit_code == 4
    assert world.left(due) == {"invenias"}
    assert world.outcomes(due)["invenias"] in (None, Outcome.RETRY)
    world.simulators["invenias"].expired_application = 0
    ends(world)


def test_maintenance_is_waited_for(make_world: MakeWorld) -> None:
    world = make_world()
    due = world.add("Kari Nordmann", "RI", over=True)
    world.sync()
    assert not world.left(due)
    other = world.add("Ola Hansen", "RI", over=True)
    world.simulators["invenias"].maintenance = True
    world.sync_later(full=True)
    assert world.left(other) <= {"invenias"}
    assert world.outcomes(other).get("invenias") not in ENDS
    world.simulators["invenias"].maintenance = False
    ends(world)
