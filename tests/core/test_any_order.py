"""Anything in any order: fetches, consents, events, holds, requests and time; what must hold holds after each."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway import Kind
from gateway.errors import SettingsError
from gateway.ledger import Ledger, Vault, holds, make, new_master_key, read_url
from gateway.ledger import tables as t
from gateway.trail import new_signing_key
from tests.core.firm import Firm
from tests.core.test_rules import HEAD, POLICY

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEOPLE = 3
who = st.integers(1, PEOPLE)


class Office(RuleBasedStateMachine):
    """A firm over some years. A shadow of what was said is kept beside it, and compared with what was done."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="gateway-office-"))
        keys = {"master": new_master_key(), "signing": new_signing_key()}
        for name, key in keys.items():
            (self.folder / name).write_text(key.reveal())
            (self.folder / name).chmod(0o600)
        url = read_url(f"sqlite:///{self.folder}/gateway.db")
        make(url)
        self.firm = Firm(self.folder, Ledger(url, Vault(keys["master"])), NOW, head=HEAD)
        (self.folder / "policy.toml").write_text(POLICY)
        self.vendor = self.firm.vendor("recman", kinds=(Kind("person", "People"), Kind("note", "Notes")))
        self.may_go: set[str] = set()
        self.closed: dict[str, datetime] = {}

    @initialize()
    def begin(self) -> None:
        for number in range(1, PEOPLE + 1):
            name = f"Person Nr{number}"
            self.vendor.add(number, f"person{number}@example.org", name)
            self.vendor.add(100 + number, f"person{number}@example.org", name, kind="note")
        self.firm.sync()

    def teardown(self) -> None:
        self.firm.check_trail()
        self.firm.open_registers_closed()
        self.firm.ledger.close()
        shutil.rmtree(self.folder)

    def _known(self, number: int) -> bool:
        return bool(
            self.firm.rows(t.subjects, t.subjects.c.id == number, t.subjects.c.wrapped_key.is_not(None))
        )

    @rule(days=st.sampled_from([1, 20, 40, 200, 500]))
    def time_passes(self, days: int) -> None:
        self.firm.later(days=days)

    @rule()
    def sync(self) -> None:
        self.firm.sync()

    @rule(number=who, days=st.integers(0, 900))
    def process_closed(self, number: int, days: int) -> None:
        if self._known(number):
            day = (self.firm.now - timedelta(days=days)).date()
            try:
                self.firm.happened(f"S{number}", "process-closed", day)
            except AssertionError:
                return  # written down before
            self.may_go.add(str(number))

    @rule(number=who, days=st.integers(1, 900))
    def consent(self, number: int, days: int) -> None:
        if self._known(number):
            today = self.firm.now.date()
            self.firm.consents(f"S{number}", "recruitment", today, today + timedelta(days=days))
            self.may_go.add(str(number))

    @rule(number=who)
    def withdraw(self, number: int) -> None:
        if self._known(number):
            self.firm.desk.withdraw(f"S{number}", [], None, None)
            self.may_go.add(str(number))

    @rule(number=who)
    def ask(self, number: int) -> None:
        if self._known(number):
            self.firm.desk.erase(f"S{number}")
            self.may_go.add(str(number))

    @rule(number=who, days=st.integers(1, 400), data_set=st.sampled_from([None, "application", "report"]))
    def hold(self, number: int, days: int, data_set: str | None) -> None:
        if self._known(number):
            until = self.firm.now.date() + timedelta(days=days)
            self.firm.restraint.hold(f"S{number}", "a claim", until, data_set)

    @rule(number=who)
    def freeze(self, number: int) -> None:
        if self._known(number):
            self.firm.restraint.freeze(f"S{number}", "it is disputed", None)

    @rule(number=who)
    def release(self, number: int) -> None:
        try:
            self.firm.restraint.release(f"S{number}", "it is over", self.firm.now.date())
        except SettingsError:
            return  # nobody, nothing, or more than one hold

    @rule(number=who)
    def touched(self, number: int) -> None:
        if str(number) in self.vendor.records:
            name = f"Person Nr{number}"
            self.vendor.add(number, f"person{number}@example.org", name, updated=self.firm.now)

    @invariant()
    def nobody_goes_without_a_reason(self) -> None:
        assert {str(int(each) % 100) for each in self.vendor.deleted} <= self.may_go

    @invariant()
    def nothing_goes_under_a_hold(self) -> None:
        """Whoever is frozen now, or held as a whole, is there as they were when it was made."""
        deletions = len(self.vendor.deleted)
        with self.firm.ledger.read() as tx:
            held = {row.subject_id for row in holds.listed(tx, self.firm.now) if row.data_set is None}
        if held:
            self.firm.sync()
            gone = {int(each) % 100 for each in self.vendor.deleted[deletions:]}
            assert not gone & held

    @invariant()
    def what_was_planned_remembers_its_rule(self) -> None:
        for row in self.firm.rows(t.cases):
            assert (row.rule, row.policy_id is not None or row.trigger == "request") == ("G11", True)
            assert row.due_at <= row.rolled_at

    @invariant()
    def looking_twice_changes_nothing(self) -> None:
        before = len(self.firm.rows(t.cases))
        self.firm.sync()
        after = len(self.firm.rows(t.cases))
        self.firm.sync()
        assert len(self.firm.rows(t.cases)) == after >= before


Office.TestCase.settings = settings(
    max_examples=6, stateful_step_count=12, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
TestOffice = pytest.mark.slow(Office.TestCase)
