"""The parts of the demo: its folder, its people, and that a story that did not come out as told is seen."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import folder as rooms
from gateway.demo import serving, stories
from gateway.demo.serving import Vendors
from gateway.demo.world import ALSO_EXPIRED, CAST, World
from gateway.errors import SettingsError
from gateway.ledger import Ledger, Vault, read_url
from gateway.settings import load
from gateway.testing import Call

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def simulators() -> dict[str, Any]:
    return serving.make()


@pytest.fixture
def world(simulators: dict[str, Any]) -> World:
    return World(simulators["recman"], simulators["invenias"], simulators["bisnode"], NOW)


def test_world_holds_a_few_hundred_people_who_overlap(world: World) -> None:
    assert (world.people, len(world.recman.candidate_ids())) == (300, 240)
    assert (len(world.invenias.person_ids()), len(world.bisnode.consumer_ids())) == (170, 60)


def test_only_the_two_of_the_story_share_an_address(world: World) -> None:
    emails = Counter(row["email"] for row in world.recman.candidates.values())
    assert [each for each, count in emails.items() if count > 1] == ["familien.storviken@example.no"]
    phones = Counter(row["mobilePhone"] for row in world.recman.candidates.values())
    assert set(phones.values()) == {1}


def test_world_uses_addresses_and_numbers_nobody_can_have(world: World) -> None:
    emails = {row["email"] for row in world.recman.candidates.values()}
    emails |= {each.email.lower() for each in world.invenias.people.values()}
    assert {each.partition("@")[2] for each in emails} == {"example.org", "example.no"}
    for row in world.bisnode.consumers.values():
        assert 81 <= int(row["data"]["legalId"][2:4]) <= 92


def test_nobody_waits_for_approval() -> None:
    due = [part for part in CAST.values() if part.until < 0 or part.withdrawn or part.last_touched < -730]
    assert len(due) + len(ALSO_EXPIRED) < 20


def test_folder_with_other_things_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text("somebody's own")
    with pytest.raises(SettingsError, match="is not empty, and no demo made it; name a new folder"):
        rooms.prepare(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["gateway.toml"]
    assert (tmp_path / "gateway.toml").read_text() == "somebody's own"
    rooms.prepare(tmp_path / "new")


def test_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    with pytest.raises(SettingsError, match="demo: is a file; name a new folder"):
        rooms.prepare(tmp_path / "demo")


def test_folder_of_a_demo_is_made_anew_and_what_else_is_in_it_stays(
    tmp_path: Path, simulators: dict[str, Any]
) -> None:
    vendors = Vendors(simulators, dict.fromkeys(simulators, "http://127.0.0.1:9"))
    rooms.prepare(tmp_path)
    rooms.fill(tmp_path, vendors)
    (tmp_path / "mine.txt").write_text("mine")
    old = (tmp_path / "keys" / "master.key").read_text()
    rooms.prepare(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == [rooms.MARKER, "mine.txt"]
    rooms.fill(tmp_path, vendors)
    assert (tmp_path / "keys" / "master.key").read_text() != old


def test_settings_of_the_demo_are_right_and_hold_no_secret(
    tmp_path: Path, simulators: dict[str, Any]
) -> None:
    rooms.prepare(tmp_path)
    path = rooms.fill(tmp_path, Vendors(simulators, dict.fromkeys(simulators, "http://127.0.0.1:9")))
    settings = load(path, {})
    assert list(settings.processors) == ["recman", "invenias", "bisnode"]
    assert settings.warnings == ()
    assert simulators["recman"].key not in path.read_text()


def test_story_that_did_not_happen_is_not_told_as_if_it_had(
    tmp_path: Path, world: World, simulators: dict[str, Any]
) -> None:
    rooms.prepare(tmp_path)
    path = rooms.fill(tmp_path, Vendors(simulators, dict.fromkeys(simulators, "http://127.0.0.1:9")))
    own = load(path, {}).gateway
    ledger = Ledger(read_url(own.ledger.reveal()), Vault(own.master_key))
    told = stories.endings(ledger, world, lambda _: "because")
    ledger.close()
    assert len(told) == 8
    for each in told:
        assert each.mistakes[0].startswith("its case is not there"), each.title
    held = {each.key: each.mistakes[-1] for each in told}
    assert held["expired"] == "held at bisnode, invenias, recman, and it would be no place"


def test_demo_without_a_plugin_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "entry_points", lambda group: [])
    with pytest.raises(
        SettingsError, match="install ats-gateway-recman, ats-gateway-invenias, ats-gateway-bisnode"
    ):
        serving.make()


ORDER = '{"key": "k", "scope": "candidate", "operation": "delete", "data": {"candidateId": 100007}}'


@pytest.mark.parametrize(
    ("call", "whom"),
    [
        (Call("POST", "/v2/post/", "", 200, body=ORDER), "100007"),
        (Call("DELETE", "/api/v1/people/5f-0c", "", 204), "5f-0c"),
        (Call("DELETE", "/api/v1/people/5f-0c/recordpicture", "", 204), ""),
        (Call("DELETE", "/consumer-intelligence/v3/consumers/100007", "", 404), "100007"),
        (Call("DELETE", "/consumer-intelligence/v3/consumers/100007", "", 429), ""),
        (Call("GET", "/api/v1/people/5f-0c", "", 200), ""),
    ],
)
def test_deletions_are_read_from_the_journal(call: Call, whom: str, simulators: dict[str, Any]) -> None:
    simulators["recman"].wire.journal.append(call)
    assert Vendors(simulators, {}).deletions()["recman"] == Counter([whom] if whom else [])


def test_national_number_is_of_the_birth_date_with_the_month_plus_80(world: World) -> None:
    who = world.cast["expired"].person
    assert who.born == date(1971, 1, 3)
    assert who.national_number == "03817100000"
