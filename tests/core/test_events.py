"""What an operator says that happened: checked against the policy, written down once, told in the trail."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from gateway import SettingsError
from gateway.happenings import TOLD, EventLine, Happenings, Noted
from gateway.ledger import tables as t
from tests.core.firm import Firm

ON = date(2026, 11, 20)


@pytest.fixture
def desk(firm: Firm) -> Happenings:
    """S1 and S2, held at one processor."""
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann")
    vendor.add(2, "ola@example.org", "Ola Hansen")
    firm.sync()
    return Happenings(firm.register(), "tester")


def refused(call: Any, *words: Any) -> list[str]:
    with pytest.raises(SettingsError) as err:
        call(*words)
    return list(err.value.mistakes)


def test_event_of_a_day_begins_with_it_in_the_firms_time_zone(firm: Firm, desk: Happenings) -> None:
    assert desk.add("kari@example.org", "informed", ON, "recruitment")
    (row,) = firm.rows(t.events)
    assert (row.subject_id, row.name, row.purpose, row.source) == (1, "informed", "recruitment", "operator")
    assert row.at == datetime(2026, 11, 19, 23, tzinfo=UTC)
    (line,) = firm.actions("event")
    assert (line["subject"], line["why"], line["data"]) == (
        "S1", "informed", {"on": "2026-11-20", "purpose": "recruitment"},
    )  # fmt: skip


def test_event_without_a_day_is_now(firm: Firm, desk: Happenings) -> None:
    assert desk.add("S1", "first-contact", None, None)
    assert [each.at for each in desk.of("S1")] == [firm.now]
    assert firm.actions("event")[0]["data"] == {"on": "2026-11-23"}


@pytest.mark.parametrize("name", TOLD)
def test_every_built_in_event_that_people_know_of_can_be_told(desk: Happenings, name: str) -> None:
    assert desk.add("S1", name, ON, None)


def test_event_again_changes_nothing_and_leaves_no_line(firm: Firm, desk: Happenings) -> None:
    assert desk.add("S1", "informed", ON, None)
    assert not desk.add("S1", "informed", ON, None)
    assert (len(firm.rows(t.events)), len(firm.actions("event"))) == (1, 1)


def test_event_that_cannot_be_is_refused_and_nothing_is_written(firm: Firm, desk: Happenings) -> None:
    assert refused(desk.add, "S1", "infomed", ON, None) == [
        'event infomed: unknown event; did you mean "informed"?'
    ]
    assert refused(desk.add, "S1", "created", ON, None) == [
        "event created: is read from the records; nobody has to add it"
    ]
    (told,) = refused(desk.add, "S1", "informed", ON, "recruting")
    assert told == 'purpose recruting: unknown purpose; did you mean "recruitment"?'
    (told,) = refused(desk.add, "S1", "informed", date(2026, 11, 25), None)
    assert told.startswith("date 2026-11-25: has not come yet")
    assert "nobody in the ledger" in refused(desk.add, "eva@example.org", "informed", ON, None)[0]
    assert firm.rows(t.events) == []
    assert desk.add("S1", "informed", date(2026, 11, 24), None)


@pytest.mark.parametrize("name", ["updated", "active", "consent", "erasure", "erasure-requested"])
def test_event_that_is_known_otherwise_says_from_where(desk: Happenings, name: str) -> None:
    (told,) = refused(desk.add, "S1", name, ON, None)
    assert told.startswith(f"event {name}: is ")
    assert told.endswith("; nobody has to add it")


def test_file_is_imported_and_again_changes_nothing(firm: Firm, desk: Happenings) -> None:
    rows = [
        EventLine(2, "S1", "informed", ON),
        EventLine(3, "ola@example.org", "informed", ON, "recruitment"),
    ]
    assert desk.import_(rows) == Noted(2, 0)
    assert desk.import_([*rows, EventLine(4, "S1", "first-contact", ON)]) == Noted(1, 2)
    assert [(row.subject_id, row.name, row.source) for row in firm.rows(t.events)] == [
        (1, "informed", "import"), (2, "informed", "import"), (1, "first-contact", "import"),
    ]  # fmt: skip
    assert [each["subject"] for each in firm.actions("event")] == ["S1", "S2", "S1"]


def test_file_with_a_mistake_imports_nothing_and_names_every_line(firm: Firm, desk: Happenings) -> None:
    rows = [
        EventLine(2, "S1", "informed", ON), EventLine(3, "S9", "informed", ON), EventLine(4, "S1", "born", ON),
        EventLine(5, "S1", "informed", ON, "x"), EventLine(6, "S1", "informed", date(2027, 1, 1)),
    ]  # fmt: skip
    told = refused(desk.import_, rows)
    assert [each[:7] for each in told] == ["line 3:", "line 4:", "line 5:", "line 6:", "nothing"]
    assert (firm.rows(t.events), firm.actions("event")) == ([], [])
    assert desk.import_(rows[:1]) == Noted(1, 0)


POLICY = """
[policy]
title = "Privacy"
[events.process-closed]
title = "The process is closed"
[data_sets.application]
title = "Application"
held_at = ["recman"]
[purposes.recruitment]
title = "Recruitment"
bases = ["consent"]
data_sets = ["application"]
[rules.P1]
purposes = ["recruitment"]
start = ["process-closed"]
period = "3 years"
"""


def test_event_of_the_policy_starts_its_period(firm: Firm) -> None:
    firm.head = firm.head.replace("[purposes.recruitment]", "")
    (firm.folder / "policy.toml").write_text(POLICY)
    recman = firm.vendor("recman")
    recman.add(1, "kari@example.org", "Kari Nordmann")
    firm.sync()
    desk = Happenings(firm.register(), "tester")
    assert refused(desk.add, "S1", "process-close", ON, None) == [
        'event process-close: unknown event; did you mean "process-closed"?'
    ]
    assert desk.add("S1", "process-closed", date(2023, 11, 24), "recruitment")
    assert firm.sync_later().planned.people == 0
    assert firm.sync_later(days=1).planned.people == 1
    assert recman.deleted == ["1"]
