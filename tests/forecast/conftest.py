"""A small policy over two processors, people to judge by it, and a year to look ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.forecast import Horizon
from gateway.obligations import BasisFact, EventFact, PersonFacts, RecordFact
from gateway.rules import Policy, Rules
from gateway.rules.days import to_micros
from gateway.rules.policy import DataSet, HeldAt, Keep, Purpose, Rule
from gateway.rules.precedence import Ground
from gateway.settings.period import read_period

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23).toordinal()
SETS = {"application": ("recman", "invenias"), "report": ("recman",)}


def micros(day: str) -> int:
    """Noon of a day, in microseconds."""
    return to_micros(datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))


def ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


@pytest.fixture
def make_rules() -> Callable[..., Rules]:
    """Rules by the period of recruitment (None: no rule), and how long reports are kept after that."""

    def make(
        period: str | None = "2 years", keep: str | None = None, *, rule: str = "P1", ask: str | None = None
    ) -> Rules:
        warned = {"warn": (read_period("90 days"),), "ask_again": read_period(ask)} if ask else {}
        rules = (
            Rule(rule, ("recruitment",), (), ("updated",), read_period(period), **warned),
        ) if period else ()  # fmt: skip
        keeps = (
            Keep("K1", ("report",), Ground.CLAIMS, "for claims", period=read_period(keep)),
        ) if keep else ()  # fmt: skip
        held = {name: tuple(map(HeldAt, places)) for name, places in SETS.items()}
        policy = Policy(
            title="Test",
            version="1",
            purposes={"recruitment": Purpose("recruitment", "Recruitment", data_sets=tuple(SETS))},
            data_sets={name: DataSet(name, name, held_at=places) for name, places in held.items()},
            uses={(name, each): ("recruitment",) for name, places in SETS.items() for each in places},
            rules=rules,
            keeps=keeps,
        )
        return Rules(policy, OSLO)

    return make


@pytest.fixture
def person() -> Callable[..., PersonFacts]:
    """Somebody whose records were last changed on a day, by processor."""

    def make(number: int = 1, *, over: str | None = None, events: Any = (), **updated: str) -> PersonFacts:
        records = tuple(
            RecordFact(name, "candidate", None, micros(day), None, vanished=False)
            for name, day in (updated or {"recman": "2025-01-10"}).items()
        )
        bases = (BasisFact("recruitment", None, None, micros(over), None),) if over else ()
        happened = tuple(EventFact(name, None, micros(day)) for name, day in events)
        return PersonFacts(number, bases, records, happened)

    return make


@pytest.fixture
def year() -> Horizon:
    """From a Monday at noon to a year from then."""
    return Horizon(to_micros(NOON), TODAY, ordinal("2027-11-23"))
