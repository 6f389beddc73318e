"""A backup of Monday restored on Wednesday: nobody is erased twice, nobody comes back to life, nothing owed is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL

from gateway import Outcome, UnavailableError
from gateway.errors import GatewayError, SettingsError
from gateway.ledger import Ledger, Vault, lines, new_master_key
from gateway.ledger import tables as t
from gateway.model import Secret
from gateway.restoring import Restored, restore
from gateway.safekeeping import back_up
from gateway.settings import Settings, load
from tests.conftest import MakeUrl, OpenLedger
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
TUESDAY = date(2026, 11, 23)
"""The last day of Per's consent: it is over when Tuesday begins."""


@pytest.fixture(scope="session")
def vault(keys: dict[str, str]) -> Vault:
    """With the key in the firm's folder, as the commands open the ledger by it."""
    return Vault(Secret(keys["master"]))


def settings_of(firm: Firm, url: URL | None = None) -> Settings:
    if "ledger =" not in firm.head:
        firm.head = firm.head.replace("[gateway]\n", '[gateway]\nledger = { file = "ledger" }\n', 1)
    path = firm.folder / "ledger"
    path.write_text((url or firm.ledger.url).render_as_string(hide_password=False))
    path.chmod(0o600)
    firm.register()
    return load(firm.folder / "gateway.toml", {})


def held(firm: Firm) -> set[str]:
    return {f"{row.processor}:{row.vendor_id}" for row in firm.rows(t.records, t.records.c.state == "held")}


def really(firm: Firm) -> set[str]:
    return {f"{name}:{number}" for name, vendor in firm.vendors.items() for number in vendor.records}


def asked_to_delete(vendor: ScriptedVendor) -> set[str]:
    return {name for call in vendor.calls("delete") for name in call.about}


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman", "source = true")
    vendor.add(1, "per@example.org", "Per Berg", over=TUESDAY)
    vendor.add(2, "ola@example.org", "Ola Hansen")
    vendor.add(3, "kari@example.org", "Kari Nordmann")
    vendor.add(4, "anne@example.org", "Anne Lie")
    vendor.add(5, "eva@example.org", "Eva Dahl")
    return vendor


@pytest.fixture
def crm(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("crm")
    vendor.add(11, "per@example.org", "Per Berg")
    vendor.add(12, "ola@example.org", "Ola Hansen")
    vendor.add(13, "kari@example.org", "Kari Nordmann")
    vendor.add(14, "siri@example.org", "Siri Ruud")
    return vendor


@pytest.fixture
def monday(firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, tmp_path: Path) -> Path:
    """A backup made while Ola is being erased: gone at recman, and crm did not answer. Eva has just asked to be, too."""
    assert firm.sync().exit_code == 0
    firm.desk.erase("ola@example.org")
    crm.fail("delete", UnavailableError("no answer"))
    assert firm.sync_later().exit_code == 3
    assert (firm.outcome("recman"), firm.outcome("crm")) == (Outcome.VERIFIED, Outcome.RETRY)
    firm.desk.erase("eva@example.org")
    path = tmp_path / "monday.db"
    back_up(settings_of(firm), path, firm.now)
    return path


@pytest.fixture
def tuesday(firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, monday: Path) -> None:
    """Ola and Eva are done, Per's consent ends, Kari and Liv ask; Anne is held, Nils comes; Kari is imported again."""
    firm.later(days=1)
    recman.add(7, "liv@example.org", "Liv Moe")
    recman.add(8, "nils@example.org", "Nils Vik")
    firm.desk.erase("kari@example.org")
    assert firm.sync().exit_code == 0
    firm.desk.erase("liv@example.org")
    firm.restraint.hold("anne@example.org", "a claim", date(2027, 6, 30))
    assert firm.sync_later().exit_code == 0
    assert (sorted(recman.deleted), sorted(crm.deleted)) == (["1", "2", "3", "5", "7"], ["11", "12", "13"])
    recman.add(3, "kari@example.org", "Kari Nordmann")
    firm.later(days=1)
    for vendor in (recman, crm):
        vendor.journal.clear()


@pytest.fixture
def put_back(firm: Firm, monday: Path, open_ledger: OpenLedger) -> Callable[..., Restored]:
    def put(url: URL | None = None, **how: object) -> Restored:
        done = restore(settings_of(firm, url), monday, firm.now, "tester", **how)  # type: ignore[arg-type]  # as given
        firm.ledger = open_ledger(url or firm.ledger.url)
        return done

    return put


@on_both
def test_what_was_done_since_is_not_done_again_and_nobody_comes_back_to_life(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, tuesday: None, put_back: Callable[..., Restored]
) -> None:
    done = put_back(replace=True)
    assert (done.open_steps, done.why_not) == (3, "")
    assert done.carried is not None
    assert (
        len(done.carried.erased) == 2
    )  # Per and Kari; the cases of Ola and Eva are open here, and find out by themselves
    report = firm.sync_later()
    assert asked_to_delete(crm) == set()
    assert asked_to_delete(recman) == {"3"}  # she had asked, and somebody imported her again
    assert report.planned.triggers == {"returned": 1}
    assert (report.exit_code, firm.kinds) == (0, [])
    assert held(firm) == really(firm) == {"recman:4", "recman:8", "crm:14"}
    assert (firm.outcome("crm"), firm.outcome("recman", 2)) == (Outcome.VERIFIED, Outcome.VERIFIED)
    assert {row.state for row in firm.rows(t.cases)} == {"closed"}
    assert firm.sync_later().exit_code == 0
    assert len(recman.calls("delete")) == 1


@on_both
def test_a_ledger_that_is_lost_is_settled_against_the_vendors(
    firm: Firm,
    recman: ScriptedVendor,
    crm: ScriptedVendor,
    tuesday: None,
    put_back: Callable[..., Restored],
    ledger_url: MakeUrl,
) -> None:
    done = put_back(ledger_url())
    assert (done.carried, done.open_steps) == (None, 3)
    report = firm.sync_later()
    assert (asked_to_delete(recman), asked_to_delete(crm)) == (set(), set())
    assert (report.exit_code, firm.kinds) == (0, [])
    # Nothing is left that says Kari had asked: she is held, and the report says to enter requests again.
    assert held(firm) == really(firm) == {"recman:3", "recman:4", "recman:8", "crm:14"}
    assert firm.sync_later().exit_code == 0


def test_what_is_read_next_is_everything(
    firm: Firm, recman: ScriptedVendor, monday: Path, put_back: Callable[..., Restored]
) -> None:
    """Not only what is behind the cursor the backup has, from which changes were read."""
    with sqlite3.connect(monday) as file:
        file.execute("UPDATE sweeps SET cursor = '9'")
    file.close()
    recman.journal.clear()
    put_back(replace=True)
    firm.sync_later(hours=7)
    assert recman.calls("fetch")[0].about == ("",)
    newest = firm.rows(t.sweeps, t.sweeps.c.processor == "recman")[-1]
    assert (newest.whole, newest.complete) == (True, True)


def test_an_open_step_is_looked_at_before_it_is_called(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, monday: Path, put_back: Callable[..., Restored]
) -> None:
    """Eva was not deleted in the meantime: the audit says so, and then the call is made, once."""
    recman.journal.clear()
    put_back(replace=True)
    step = firm.step("recman", 2)
    assert (step.attempts, step.outcome) == (1, None)
    assert [row.hook for row in firm.rows(t.runs, t.runs.c.id == step.intent_run)] == ["restore"]
    firm.later(hours=7)
    assert firm.sync().exit_code == 0
    assert [call.hook for call in recman.journal] == ["fetch", "audit", "delete", "audit"]
    assert (recman.deleted, crm.deleted) == (["2", "5"], ["12"])


def test_a_hold_made_since_still_holds(
    firm: Firm, recman: ScriptedVendor, tuesday: None, put_back: Callable[..., Restored]
) -> None:
    done = put_back(replace=True)
    assert done.carried is not None
    assert done.carried.words >= 1
    firm.sync_later()
    firm.desk.erase("anne@example.org")
    firm.sync_later()
    assert "4" in recman.records


def test_a_consent_given_since_still_counts(
    firm: Firm, recman: ScriptedVendor, monday: Path, put_back: Callable[..., Restored]
) -> None:
    firm.consents("per@example.org", "recruitment", date(2026, 11, 23), date(2027, 11, 23))
    put_back(replace=True)
    firm.later(days=1)
    assert firm.sync().exit_code == 0
    assert "1" in recman.records


def test_whoever_was_let_stay_since_is_let_stay(
    firm: Firm, recman: ScriptedVendor, monday: Path, put_back: Callable[..., Restored]
) -> None:
    """Ola, erased at recman before the backup, came back by himself after it, and the operator said so."""
    firm.later(days=1)
    recman.add(22, "ola@example.org", "Ola Hansen", created=firm.now)
    firm.sync()
    firm.answer("returned", "keep")
    put_back(replace=True)
    firm.sync_later(hours=7)
    assert ("22" in recman.records, firm.kinds) == (True, [])


def test_calls_made_and_accounts_stopped_since_stay_so(
    firm: Firm, monday: Path, put_back: Callable[..., Restored]
) -> None:
    with firm.ledger.write() as tx:
        tx.execute(t.quota.delete())
        tx.execute(t.quota.insert(), {"account": "recman", "state": {"made": 199}})
        tx.execute(
            t.processors.insert(),
            {
                "name": "*",
                "stopped_at": firm.now,
                "stopped_why": "a test",
                "stopped_by": "tester",
                "cause": "operator",
            },
        )
    put_back(replace=True)
    assert [row.state for row in firm.rows(t.quota, t.quota.c.account == "recman")] == [{"made": 199}]
    assert [row.cause for row in firm.rows(t.processors, t.processors.c.name == "*")] == ["operator"]
    with firm.ledger.write() as tx:
        tx.execute(t.quota.delete())
        tx.execute(t.processors.delete())
    assert firm.sync_later(hours=7).exit_code == 0


def test_a_request_under_way_is_not_lost(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, monday: Path, put_back: Callable[..., Restored]
) -> None:
    firm.later(days=1)
    case = firm.desk.erase("anne@example.org")
    recman.fail("delete", UnavailableError("no answer"))
    firm.sync()
    put_back(replace=True)
    assert firm.case(case).state == "open"
    firm.later(hours=7)
    assert firm.sync().exit_code == 0
    assert sorted(recman.records) == ["3"]
    assert firm.outcome("recman", case) == Outcome.VERIFIED


def test_the_cut_is_on_record_and_the_old_signatures_are_kept(
    firm: Firm, tuesday: None, put_back: Callable[..., Restored]
) -> None:
    anchors = firm.folder / "trail.checkpoints"
    before = anchors.read_text()
    with firm.ledger.read() as tx:
        last = lines.all_checkpoints(tx)[-1]
    done = put_back(replace=True)
    (line,) = firm.actions("restored")
    assert (line["data"]["line"], line["data"]["signed_line"]) == (done.line, last.seq)
    assert line["data"]["signed_hash"] == last.hash.hex()
    (kept,) = [Path(each) for each in done.aside if "checkpoints" in each]
    assert kept.read_text() == before
    assert len(anchors.read_text().splitlines()) == len([each for each in before.splitlines() if int(
        each.partition('"seq":')[2].partition(",")[0]) <= done.line]) + 1  # fmt: skip
    firm.check_trail()


def test_signatures_of_another_trail_are_counted_and_nothing_of_another_trail_is_carried_over(
    firm: Firm, tuesday: None, put_back: Callable[..., Restored], tmp_path: Path, monday: Path
) -> None:
    """Monday is restored, and then, after a sync, the backup of Tuesday, which is of the trail that was cut."""
    later = tmp_path / "tuesday.db"
    back_up(settings_of(firm), later, firm.now)
    put_back(replace=True)
    firm.sync_later()
    firm.later(minutes=1)
    later.replace(monday)
    done = put_back(replace=True)
    assert done.strange >= 1
    assert (done.carried, done.why_not) == (None, "the ledger that was there did not go on from this backup")
    assert firm.actions("restored")[-1]["data"]["strange_checkpoints"] == done.strange
    assert firm.sync_later().exit_code == 0


@on_both
def test_a_restore_that_fails_changes_nothing(
    firm: Firm,
    tuesday: None,
    monday: Path,
    put_back: Callable[..., Restored],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anchors = firm.folder / "trail.checkpoints"
    before = (anchors.read_text(), held(firm), firm.rows(t.trail))

    def fail(self: Ledger, tx: object) -> None:
        raise GatewayError("the power is cut")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "acknowledge", fail)
        with pytest.raises(GatewayError, match="the power is cut"):
            put_back(replace=True)
    assert (anchors.read_text(), held(firm), firm.rows(t.trail)) == before
    firm.later(minutes=1)
    put_back(replace=True)
    assert firm.sync_later().exit_code == 0


def test_a_ledger_with_content_is_replaced_only_when_that_is_said(
    firm: Firm, monday: Path, put_back: Callable[..., Restored]
) -> None:
    with pytest.raises(
        SettingsError, match=r"the ledger has content \(\d people, \d+ lines of trail\); --replace"
    ):
        put_back()
    put_back(replace=True)


def test_a_ledger_somebody_works_on_is_left_alone(
    firm: Firm, monday: Path, put_back: Callable[..., Restored]
) -> None:
    from gateway.nodes import Node

    with (
        Node(firm.ledger, "serve", lambda: firm.now, name="node-a"),
        pytest.raises(GatewayError, match=r"somebody works on this ledger: node-a \(serve, process \d+\)"),
    ):
        put_back(replace=True)
    with (
        firm.ledger.exclusive("sync", firm.now),
        pytest.raises(GatewayError, match="a sync is already running"),
    ):
        put_back(replace=True)
    put_back(replace=True)


def test_whoever_had_the_ledger_open_writes_nothing_after(
    firm: Firm, monday: Path, put_back: Callable[..., Restored], open_ledger: OpenLedger
) -> None:
    other = open_ledger(firm.ledger.url)
    put_back(replace=True)
    with pytest.raises(GatewayError, match="restored, moved or given a new master key"), other.write():
        raise AssertionError("it wrote")
    with open_ledger(firm.ledger.url).write() as tx:
        assert (
            tx.execute(sa.select(t.facts.c.name).where(t.facts.c.name == "restored")).scalar() == "restored"
        )


def test_a_backup_that_was_changed_is_refused(
    firm: Firm, monday: Path, put_back: Callable[..., Restored]
) -> None:
    whole = monday.read_bytes()
    with sqlite3.connect(monday) as file:
        file.execute("UPDATE trail SET body = replace(body, 'fetched', 'faked') WHERE seq = 1")
    file.close()
    with pytest.raises(GatewayError, match=r"monday\.db: its trail does not verify: line 1 was changed"):
        put_back(replace=True)
    monday.write_bytes(whole)
    put_back(replace=True)


def test_a_backup_of_another_master_key_is_refused(
    firm: Firm, monday: Path, put_back: Callable[..., Restored], keys: dict[str, str]
) -> None:
    (firm.folder / "master").write_text(new_master_key().reveal())
    with pytest.raises(SettingsError, match=r"monday\.db: was written with another master key.*--old-key"):
        put_back(replace=True)
    (firm.folder / "master").write_text(keys["master"])
    put_back(replace=True)
