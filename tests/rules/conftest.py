"""Rules over two processors and two purposes, and facts to try them on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.obligations import BasisFact, Obligation, PersonFacts, RecordFact
from gateway.rules import Rules, obligations
from gateway.settings import Purpose

OSLO = ZoneInfo("Europe/Oslo")


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
        made = {
            name: Purpose(name=name, title=name, retention=period, start=start)
            for name, (period, start) in ({"recruitment": (None, "updated")} | purposes).items()
        }
        return Rules(made, uses or {"recman": ("recruitment",)}, ZoneInfo(zone), frozenset(blind))

    return make


@pytest.fixture
def consent(now: datetime) -> Callable[..., BasisFact]:
    """A consent to recruitment; times as datetimes in UTC or as ISO text."""

    def make(purpose: str = "recruitment", at: str | None = None, *, given: Any = None, over: Any = None,
             withdrawn: Any = None) -> BasisFact:  # fmt: skip
        return BasisFact(purpose, at, moment(given), moment(over), moment(withdrawn), now)

    return make


def moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


@pytest.fixture
def record() -> Callable[..., RecordFact]:
    """A record held at Recman."""

    def make(at: str = "recman", *, vanished: bool = False, **starts: Any) -> RecordFact:
        dates = {name: moment(starts.get(name)) for name in ("created", "updated", "active")}
        return RecordFact(at, vanished=vanished, **dates)

    return make


@pytest.fixture
def owed(now: datetime) -> Callable[..., Obligation | None]:
    """What is owed to a person with these facts: `owed(rules, bases, records)`."""

    def ask(rules: Rules, bases: Any = (), records: Any = (), at: Any = now) -> Obligation | None:
        (found,) = [*obligations([PersonFacts(1, tuple(bases), tuple(records))], rules, moment(at))] or [None]
        return found

    return ask
