"""`gateway sync`: what is shown, what is printed as JSON, and how it ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.ledger import quota
from gateway.ledger.quota import LedgerQuota
from gateway.ledger.secrets import LedgerSecrets
from gateway.model import Secret
from gateway.register import Register, clock
from gateway.testing import Fault


def test_sync_of_an_empty_vendor_is_done(firm):
    assert "nothing waits" in firm("sync").stdout


def test_sync_shows_what_was_done_when_a_consent_is_over(firm, kari, ola):
    result = firm("sync")
    assert "example        2    1        1         1" in result.stdout
    assert result.stderr.splitlines() == ["Read: example 2", "Answered for: example 1", "Verified: example 1"]
    assert list(firm.vendor.people) == [int(ola)]


def test_sync_says_nobody_by_name_when_it_reports(firm, kari, ola):
    result = firm("sync")
    assert not any(word in result.output for word in ("Kari", "kari@", "91234567", "example-key"))


def test_sync_twice_does_nothing_twice(firm, kari):
    firm("sync")
    assert firm.json("sync")["processors"][0]["due"] == 0


def test_dry_run_changes_nothing_but_says_what_it_would_do(firm, kari):
    shown = firm("sync", "--dry-run", code=3).stdout
    assert "A sync would open cases for 1 person:" in shown
    assert "consent over: 1" in shown
    assert len(firm.vendor.people) == 1
    assert firm.json("cases")["cases"] == []
    assert firm.json("sync", "--dry-run", code=3)["plan"]["number"] is None


class Signing(Register):
    """A register whose vendors give a new refresh token when they are first reached."""

    def target(self, name):
        found = super().target(name)
        found.account.store("refresh_token", Secret("rotated-token"))
        LedgerQuota(self.ledger).change(name, lambda state: state.update(spent=7))
        return found


def test_dry_run_keeps_the_calls_it_made_and_the_secrets_it_was_given_when_it_is_undone(
    firm, kari, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr("gateway.cli.opening.Register", Signing)
        firm("sync", "--dry-run", code=3)
    ledger = firm.ledger()
    with ledger.read() as tx:
        assert quota.state_of(tx, "example")["spent"] == 7
    assert LedgerSecrets(ledger, clock).get("example", "refresh_token") == Secret("rotated-token")
    ledger.close()
    assert firm.json("cases")["cases"] == []
    firm("sync")


def test_plan_that_waits_is_shown_with_the_commands_that_answer_it(firm, crowd):
    crowd(21)
    assert "It would wait for approval" in firm("sync", "--dry-run", code=3).stdout
    shown = firm("sync", code=3).stdout
    assert "Plan 1 waits for you: 21 people would be deleted, more than 20." in shown
    assert "`gateway approve 1 --drop`" in shown
    firm("approve", "1")
    assert len(firm.vendor.people) == 21
    firm("sync")
    assert not firm.vendor.people


def test_plan_that_is_dropped_deletes_nobody(firm, crowd):
    crowd(21)
    firm("sync", code=3)
    assert firm.json("approve", "1", "--drop") == {"plan": 1, "state": "dropped", "cases": 21}
    assert len(firm.vendor.people) == 21


def test_approve_of_a_plan_that_does_not_wait_is_refused(firm):
    assert "plan 9: no plan of that number waits" in firm("approve", "9", code=2).stderr


def test_sync_needs_a_person_when_the_key_is_refused(firm, kari, monkeypatch):
    monkeypatch.setenv("EXAMPLE_KEY", "another-key-0123456789")
    result = firm("sync", code=4)
    assert "401" in result.stdout
    assert "another-key" not in result.output
    monkeypatch.undo()
    monkeypatch.setenv("EXAMPLE_KEY", "example-key-0123456789abcdef")
    firm("sync")


@pytest.mark.parametrize(("kind", "code"), [("503", 3), ("429", 3), ("html", 4), ("truncated", 4)])
def test_sync_ends_by_what_the_vendor_answered_and_recovers(firm, kari, kind, code):
    firm.vendor.wire.faults.append(Fault(kind, times=20))
    assert "What went wrong" in firm("sync", code=code).stdout
    firm.vendor.wire.faults.clear()
    firm("sync", code=3 if kind == "429" else 0)


def test_sync_of_an_unknown_processor_names_those_there_are(firm):
    assert "exampel: no such processor; gateway.toml has example" in firm("sync", "exampel", code=2).stderr


def test_sync_while_another_runs_names_who_holds_it(firm, kari):
    ledger = firm.ledger()
    with ledger.exclusive("sync", datetime.now(UTC)):
        assert "already running: sync, process" in firm("sync", code=3).stderr
    ledger.close()
    firm("sync")


def test_sync_with_the_clock_set_back_starts_nothing(firm, kari, monkeypatch):
    firm("sync")
    monkeypatch.setattr("gateway.sync.lines.last_time", lambda tx: datetime(2999, 1, 1, tzinfo=UTC))
    assert "set the clock right" in firm("sync", code=2).stderr
    monkeypatch.undo()
    monkeypatch.setenv("EXAMPLE_KEY", "example-key-0123456789abcdef")
    firm("sync")


def test_names_of_63_letters_fit_80_columns(firm, kari):
    name = "a" + "-processor" * 6
    firm.write(tail=f'[processors.{name}]\nrole = "recipient"\nlocation = "paper"\n')
    assert name[:10] in firm("sync", code=3).stdout
    firm("cases")
    firm("case", "1")
    firm("questions")
    firm("check")


def test_verbose_shows_calls_without_what_was_searched_for(firm, kari):
    shown = firm("-v", "erase", "nobody@example.org").stderr
    assert "GET https://api.example.org/people" in shown
    assert "email=nobody%40example.org" in [call.query for call in firm.vendor.wire.journal]
    assert "nobody" not in shown
    assert "example-key" not in shown
