"""Any weather at three vendors: whatever fails, lies or moves, in any order, nobody is lost and nothing untrue is said."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.vendors.vendors import NAMES, Person, simulator_class
from tests.vendors.world import World

PLACES = ("R", "RI", "RB", "RIB", "I", "RRI", "RII")
SWITCHES: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "recman": {
        "page_size": (1, 2, 3, 1000),
        "num_rows": ("page", "total"),
        "next_page": (True, False),
        "empty_data": ("list", "map", "null", "absent"),
        "error_status": (200, 400),
        "delete_unknown": ("error", "zero"),
    },
    "invenias": {
        "page_limit": (1, 2, 3, 1000),
        "bulk_delete": (True, False),
        "modified_filter": (True, False),
        "id_filter": (True, False),
        "retry_after": (True, False),
        "bulk_unknown": ("ignored", "refused"),
        "repeated_delete": (404, 410),
        "delete_status": (200, 204),
        "delete_delay": (timedelta(0), timedelta(hours=2)),
    },
    "bisnode": {
        "consumers_a_page": (1, 2, 100),
        "companies_a_page": (1, 100),
        "consumer_removal_again": (404, 204),
        "token_life": (60, 3600),
    },
}
FAULTS = (
    "401",
    "403",
    "429",
    "500",
    "503",
    "html",
    "truncated",
    "empty",
    "emptied",
    "cut",
    "timeout",
    "drop",
)


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong at a vendor in one round."""

    name: str
    kind: str
    what: str
    times: int
    after: int


@dataclass(frozen=True)
class Move:
    """Something people do in a vendor's product, between two syncs or in the middle of one."""

    name: str
    what: str
    whom: int
    after: int


@dataclass
class Story:
    """One run: how the vendors are made, who is there in which order, and what happens round by round."""

    switches: dict[str, dict[str, Any]]
    people: list[tuple[str, bool]]
    rounds: list[tuple[list[Trouble], list[Move]]] = field(default_factory=list)


troubles = st.builds(
    Trouble, st.sampled_from(NAMES), st.sampled_from(FAULTS), st.sampled_from(("delete", "list", "any")),
    st.integers(1, 4), st.integers(0, 3),
)  # fmt: skip
moves = st.builds(
    Move, st.sampled_from(NAMES), st.sampled_from(("remove", "add")), st.integers(0, 20), st.integers(0, 3)
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    switches = {
        name: {each: draw(st.sampled_from(values), label=each) for each, values in known.items()}
        for name, known in SWITCHES.items()
    }
    if (switches["recman"]["num_rows"], switches["recman"]["next_page"]) == ("page", False):
        # An answer that is cut without a sign: by the vendor's texts it has 100 rows then, never fewer.
        switches["recman"]["page_size"] = 1000
    people = draw(st.lists(st.tuples(st.sampled_from(PLACES), st.booleans()), min_size=4, max_size=9))
    rounds = st.tuples(st.lists(troubles, max_size=4), st.lists(moves, max_size=2))
    return Story(switches, people, draw(st.lists(rounds, min_size=1, max_size=3)))


@pytest.mark.slow
@settings(
    max_examples=14, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(story=stories())
def test_nobody_is_lost_and_nothing_untrue_is_said(
    story: Story, sqlite_template: Path, world_keys: dict[str, str]
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        World(Path(folder), sqlite_template, world_keys, known(story.switches)) as world,
    ):
        for number, (places, over) in enumerate(story.people):
            world.add(f"Person Nr{number}", places, over=over and "R" in places)
        for trouble, changes in story.rounds:
            for each in trouble:
                world.fail(each.name, each.kind, each.what, times=each.times, after=each.after)
            for move in changes:
                happen(world, move)
            world.sync_later(hours=7)
        world.mend()
        world.settle()
        look(world)


def known(switches: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The switches this simulator has."""
    made = {name: simulator_class(name) for name in NAMES}
    return {
        name: {
            each: value for each, value in given.items() if each in inspect.signature(made[name]).parameters
        }
        for name, given in switches.items()
    }


def happen(world: World, move: Move) -> None:
    if move.what == "add":
        late = f"Late Nr{len(world.people)}"

        def change() -> None:
            world.add(late, "R" if move.name == "recman" else "I")

    else:
        there = [each for each in world.people if each.at.get(move.name) and each is not world.staff]
        if not there:
            return
        person = there[move.whom % len(there)]

        def change() -> None:
            leave(world, person, move.name)

    if move.after:
        world.in_the_middle(move.name, "list", change, after=move.after)
    else:
        change()


def leave(world: World, person: Person, name: str) -> None:
    """Delete somebody by hand in a vendor's product. Recman is the source: whom the gateway knew there is owed it
    everywhere.
    """
    if name not in person.at:
        return
    if name == "recman" and set(person.at[name]) & world.there(name):
        person.due = True if set(person.at[name]) <= world.known(name) else None
    for number in person.at[name] if name == "recman" else person.at.pop(name):
        world.remove(name, number)


def look(world: World) -> None:
    """All is settled: who was due is gone where they can be, nobody was lost, nothing was deleted twice."""
    for name in NAMES:
        assert world.known(name) == world.there(name), f"{name}: the ledger and the vendor differ"
        struck = sum(1 for each in world.simulators[name].wire.journal if each.fault)
        for person in world.people:
            for number in person.at.get(name, ()):
                clean = [
                    each
                    for each in world.deletions(name, number)
                    if not each.fault and 200 <= each.status < 300
                ]
                # Whom a bulk deletion left is deleted alone.
                most = 1 + struck + any("bulk" in each.path for each in clean)
                assert len(clean) <= most, f"{name}: {number} was deleted {len(clean)} times"
    for person in world.people:
        if person.due:
            assert not world.left(person), f"{person.name} is owed it and still at {world.left(person)}"
