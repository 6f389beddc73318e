"""Rules over two processors and two purposes, and facts to try them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from gateway.obligations import BasisFact, EventFact, HoldFact, PersonFacts, RecordFact, Trigger
from gateway.rules import Rules, erasure
from gateway.rules.days import to_micros
from gateway.rules.policy import Basis, DataSet, HeldAt, Keep, Policy, Purpose, Rule
from gateway.settings.period import read_period

OSLO = ZoneInfo("Europe/Oslo")
RECORDS = "records"


class Owed(NamedTuple):
    """An erasure, with the names of its processors in order."""

    subject: int
    trigger: Trigger
    processors: tuple[str, ...]
    since: datetime
    why: str
    purpose: str


def moment(value: Any) -> int | None:
    """Microseconds of a datetime, or of ISO text in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value).replace(tzinfo=UTC)
    return to_micros(value) if isinstance(value, datetime) else value


def policy_of(
    uses: Mapping[str, tuple[str, ...]], rules: tuple[Rule, ...], keeps: tuple[Keep, ...] = (), **bases: Basis
) -> Policy:
    """One data set, at these processors for these purposes."""
    names = list(dict.fromkeys([each for some in uses.values() for each in some]))
    names += [each for rule in rules for each in rule.purposes if each not in names]
    return Policy(
        title="A firm", version="v1",
        purposes={
            name: Purpose(name, name, (bases.get(name, Basis.CONSENT),), (RECORDS,)) for name in names
        },
        data_sets={RECORDS: DataSet(RECORDS, "Records", held_at=tuple(map(HeldAt, uses)))},
        uses={(RECORDS, place): purposes for place, purposes in uses.items()}, rules=rules, keeps=keeps,
    )  # fmt: skip


@pytest.fixture
def make_rules() -> Callable[..., Rules]:
    """`uses` names the purposes of each processor; `recruitment` and `marketing` are [retention, start]."""

    def make(
        uses: dict[str, tuple[str, ...]] | None = None,
        *,
        zone: str = "Europe/Oslo",
        blind: tuple[str, ...] = (),
        **purposes: tuple[str | None, str],
    ) -> Rules:
        rules = tuple(
            Rule(name, (name,), (), (start,), read_period(period))
            for name, (period, start) in purposes.items()
            if period is not None
        )
        where = uses or {"recman": ("recruitment",)}
        return Rules(policy_of(where, rules), ZoneInfo(zone), frozenset(blind), dict.fromkeys(where, ()))

    return make


@pytest.fixture
def consent() -> Callable[..., BasisFact]:
    """A consent to recruitment; times as datetimes in UTC or as ISO text."""

    def make(purpose: str = "recruitment", at: str | None = None, *, given: Any = None, over: Any = None,
             withdrawn: Any = None) -> BasisFact:  # fmt: skip
        return BasisFact(purpose, at, moment(given), moment(over), moment(withdrawn))

    return make


@pytest.fixture
def record() -> Callable[..., RecordFact]:
    """A record held at Recman."""

    def make(
        at: str = "recman", *, kind: str = "candidate", vanished: bool = False, **starts: Any
    ) -> RecordFact:
        dates = [moment(starts.get(name)) for name in ("created", "updated", "active")]
        return RecordFact(at, kind, *dates, vanished)

    return make


@pytest.fixture
def event() -> Callable[..., EventFact]:
    def make(name: str, at: Any, purpose: str | None = None) -> EventFact:
        happened = moment(at)
        assert happened is not None
        return EventFact(name, purpose, happened)

    return make


@pytest.fixture
def owed(now: datetime) -> Callable[..., Owed | None]:
    """What is owed to a person with these facts: `owed(rules, bases, records)`."""

    def ask(
        rules: Rules, bases: Any = (), records: Any = (), at: Any = now, *, events: Any = (), holds: Any = ()
    ) -> Owed | None:
        person = PersonFacts(1, tuple(bases), tuple(records), tuple(events), tuple(holds))
        micros = moment(at)
        assert micros is not None
        found = erasure(rules, person, micros)
        if found is None:
            return None
        places = tuple(sorted(found.scopes or ()))
        return Owed(found.subject, found.trigger, places, found.since, found.why, found.purpose)

    return ask


__all__ = ["HoldFact", "Owed", "moment", "policy_of"]
