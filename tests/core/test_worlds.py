"""Random worlds: whoever they hold and whatever fails, nobody else is deleted and everybody due is, once."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from gateway import GarbledError, Outcome, PluginError, RefusedError, ThrottledError, UnavailableError
from gateway.ledger import Ledger, Vault
from gateway.ledger import tables as t
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor, keeps

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = ("recman", "crm", "hr")
ADDRESSES = tuple(f"box{number}@example.org" for number in range(5))
PEOPLE = ("Kari Nordmann", "Ola Hansen", "Anne Lie")
SETTLED = {Outcome.VERIFIED, Outcome.NOTHING, Outcome.KEPT}


@dataclass(frozen=True)
class Held:
    """A record of a random world."""

    at: str
    address: str
    name: str
    due: bool
    kept: bool
    lie: bool


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong in one of the syncs."""

    sync: int
    at: str
    hook: str
    kind: int
    after: int
    effect: bool


holdings = st.lists(
    st.builds(
        Held, st.sampled_from(NAMES), st.sampled_from(ADDRESSES), st.sampled_from(PEOPLE), st.booleans(),
        st.integers(0, 7).map(lambda odds: odds == 0), st.integers(0, 9).map(lambda odds: odds == 0),
    ),
    max_size=9,
)  # fmt: skip
troubles = st.lists(
    st.builds(
        Trouble, st.integers(0, 2), st.sampled_from(NAMES), st.sampled_from(("fetch", "delete", "audit")),
        st.integers(0, 5), st.integers(0, 2), st.booleans(),
    ),
    max_size=4,
)  # fmt: skip


def error(kind: int) -> BaseException:
    soon = NOW + timedelta(minutes=5)
    return (
        UnavailableError("down"), ThrottledError("too many", retry_at=soon), RefusedError("no rights"),
        GarbledError("an HTML page"), PluginError("a promise broken"), KeyError(ADDRESSES[0]),
    )[kind]  # fmt: skip


def build(firm: Firm, world: list[Held]) -> None:
    for name in NAMES:
        firm.vendor(name)
        firm.vendors[name].add(99, f"nobody@{name}.example.org", "Nobody Due")
    for number, held in enumerate(world):
        vendor = firm.vendors[held.at]
        vendor.add(number, held.address, held.name, over=date(2026, 1, 1) if held.due else None)
        if held.kept:
            vendor.keeps[str(number)] = keeps(str(number))
        elif held.lie:
            vendor.lies.add(str(number))


def who_must_go(world: list[Held]) -> set[int]:
    """Those whose consent is over, at every place they are known to be held: by one name behind one address."""
    due = {(held.address, held.name) for held in world if held.due}
    return {number for number, held in enumerate(world) if (held.address, held.name) in due}


def deletions(vendors: dict[str, ScriptedVendor]) -> dict[str, list[str]]:
    return {name: list(vendor.deleted) for name, vendor in vendors.items()}


def answer_all(firm: Firm) -> None:
    """Two names behind one address are two people; what is broken is tried again."""
    for each in firm.asked():
        firm.desk.answer(each.id, {"match": "different", "untrue": "retry"}[each.kind])


def run(firm: Firm, world: list[Held], trouble: list[Trouble]) -> None:
    strangers = {str(number) for number in range(len(world))} - {str(each) for each in who_must_go(world)} | {
        "99"
    }
    for number in range(3):
        for each in trouble:
            if each.sync == number:
                firm.vendors[each.at].fail(each.hook, error(each.kind), after=each.after, effect=each.effect)
        firm.sync_later(hours=7)
        assert {None, *Outcome} >= {step.outcome and Outcome(step.outcome) for step in firm.rows(t.steps)}
    for vendor in firm.vendors.values():
        vendor.faults.clear()
        vendor.lies.clear()
    for _ in range(4):
        firm.sync_later(hours=7)
        answer_all(firm)
    report = firm.sync_later(hours=7)
    before = deletions(firm.vendors)
    calls = [len(vendor.calls("delete")) for vendor in firm.vendors.values()]
    assert (report.exit_code, firm.kinds) == (0, [])
    assert not strangers & {each for gone in before.values() for each in gone}
    assert all(len(set(gone)) == len(gone) for gone in before.values())
    assert {Outcome(row.outcome) for row in firm.rows(t.steps)} <= SETTLED
    left = {number for vendor in firm.vendors.values() for number in vendor.records} - strangers
    assert left == {str(number) for number in who_must_go(world) if world[number].kept}
    firm.sync_later(hours=7)
    assert deletions(firm.vendors) == before
    assert [len(vendor.calls("delete")) for vendor in firm.vendors.values()] == calls


@pytest.mark.parametrize(
    ("trouble", "examples"),
    [(st.just([]), 3), (troubles, 5), pytest.param(troubles, 9, marks=pytest.mark.slow)],
    ids=["in peace", "in trouble", "in much trouble"],
)
def test_random_world_ends_well(
    trouble: st.SearchStrategy[list[Trouble]],
    examples: int,
    sqlite_template: Path,
    vault: Vault,
    keys: dict[str, str],
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(holdings, trouble)
    def ends_well(world: list[Held], trouble: list[Trouble]) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for key, text in keys.items():
                (folder / key).write_text(text)
                (folder / key).chmod(0o600)
            shutil.copyfile(sqlite_template, folder / "gateway.db")
            firm = Firm(folder, Ledger(make_url(f"sqlite:///{folder / 'gateway.db'}"), vault), NOW)
            try:
                build(firm, world)
                run(firm, world, trouble)
                firm.check_trail()
                firm.check_privacy([])
            finally:
                firm.open_registers_closed()
                firm.ledger.close()

    ends_well()
