"""A new master key: all of it is put under the new one or nothing is, and what was found by a hash is found as before."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.errors import GatewayError, SettingsError
from gateway.ledger import Ledger, Vault, facts, new_master_key, people, returning, rotating
from gateway.ledger import tables as t
from gateway.ledger.secrets import LedgerSecrets
from gateway.ledger.vault import ANOTHER_KEY
from gateway.model import Secret

TOKEN = Secret("fictional-refresh-token")


@pytest.fixture
def new():
    return Vault(new_master_key())


@pytest.fixture
def filled(ledger, keep, make_record, open_case, prove_gone, now):
    """Kari is held, Ola was erased, and an account has a token of its vendor."""
    keep(ledger, "recman", "candidate", [
        make_record("1", emails=["kari@example.org"]), make_record("2", emails=["ola@example.org"], name="Ola Hansen"),
    ])  # fmt: skip
    prove_gone(ledger, open_case(ledger, 2)[0])
    LedgerSecrets(ledger, lambda: now).put("recman", "refresh_token", TOKEN)
    return ledger


@pytest.fixture
def turn(now):
    def rotate(ledger, new):
        with ledger.write() as tx:
            done = rotating.rotate(tx, ledger.vault, new, now)
            ledger.acknowledge(tx)
        return done

    return rotate


def test_everything_is_opened_by_the_new_key_and_by_no_other(filled, turn, new, open_ledger, vault, now):
    before = filled.vault.hash("email", "kari@example.org")
    done = turn(filled, new)
    assert (done.people, done.secrets) == (1, 1)
    for wrong in (vault, Vault(new_master_key())):
        with pytest.raises(SettingsError, match="not the key the ledger was written with"):
            Ledger(filled.url, wrong)
    after = open_ledger(filled.url, with_vault=new)
    assert after.vault.hash("email", "kari@example.org") == before
    with after.read() as tx:
        assert people.by_identity(tx, after.vault, "email", "kari@example.org") == [1]
        assert people.known_as(tx, after.vault, 1) == ["recman:1", "kari@example.org"]
        rotating.check_key(tx, after.vault)
        with pytest.raises(SettingsError, match="not the key"):
            rotating.check_key(tx, vault)
    assert LedgerSecrets(after, lambda: now).get("recman", "refresh_token") == TOKEN


def test_whoever_was_erased_is_recognised_after_two_new_keys(
    filled, turn, new, open_ledger, keep, make_record, rows
):
    turn(filled, new)
    newer = Vault(new_master_key())
    turn(open_ledger(filled.url, with_vault=new), newer)
    ledger = open_ledger(filled.url, with_vault=newer)
    keep(ledger, "recman", "candidate", [make_record("9", emails=["ola@example.org"], name="Ola Hansen")])
    (back,) = rows(ledger, t.records, vendor_id="9")
    assert back.returned_step is not None
    with ledger.read() as tx:
        link = ledger.vault.hash("link", "recman:2")
        assert returning.graves_of(tx, "recman", [link]) == {link: back.returned_step}


def test_a_record_that_has_not_changed_is_not_taken_for_a_new_one(
    filled, turn, new, open_ledger, keep, make_record
):
    turn(filled, new)
    tally = keep(
        open_ledger(filled.url, with_vault=new), "recman", "candidate", [make_record("1", emails=["kari@example.org"])]
    )  # fmt: skip
    assert (tally.seen, tally.new, tally.changed) == (1, 0, 0)


def test_one_that_is_cut_off_leaves_the_old_key_valid(filled, new, open_ledger, vault, monkeypatch, now):
    def die(*_args):
        raise GatewayError("the power is cut")

    with monkeypatch.context() as patch:
        patch.setattr(facts, "put", die)
        with pytest.raises(GatewayError, match="the power is cut"), filled.write() as tx:
            rotating.rotate(tx, filled.vault, new, now)
    after = open_ledger(filled.url)
    with after.read() as tx:
        rotating.check_key(tx, vault)
        assert people.known_as(tx, after.vault, 1) == ["recman:1", "kari@example.org"]
        with pytest.raises(SettingsError, match="not the key"):
            rotating.check_key(tx, new)
    with after.write() as tx:
        rotating.rotate(tx, after.vault, new, now)
    open_ledger(filled.url, with_vault=new)


def test_a_key_that_cannot_be_opened_stops_all_of_it(filled, new, now, rows):
    with filled.write() as tx:
        tx.execute(t.subjects.insert(), {"id": 7, "wrapped_key": bytes(60)})
    before = rows(filled, t.subjects)
    with pytest.raises(SettingsError, match="not the key"), filled.write() as tx:
        rotating.rotate(tx, filled.vault, new, now)
    assert (rows(filled, t.subjects), rows(filled, t.facts)) == (before, [])
    with filled.write() as tx:
        tx.execute(t.subjects.delete().where(t.subjects.c.id == 7))
        assert rotating.rotate(tx, filled.vault, new, now).people == 1


def test_who_opened_it_before_writes_nothing_under_the_old_key(filled, turn, new, open_ledger):
    other = open_ledger(filled.url)
    turn(filled, new)
    with (
        pytest.raises(GatewayError, match="given a new master key after this command had opened it"),
        other.write(),
    ):
        raise AssertionError("it wrote")
    with open_ledger(filled.url, with_vault=new).write() as tx:
        assert tx.execute(sa.select(t.facts.c.name)).scalar() == facts.LOOKUP


def test_the_look_up_key_is_sealed_for_one_master_key_only(vault, new):
    sealed = new.seal_lookup(vault)
    assert new.with_lookup(sealed).hashes_like(vault)
    assert not new.hashes_like(vault)
    assert repr(new.with_lookup(sealed)) == "Vault()"
    with pytest.raises(SettingsError, match=ANOTHER_KEY.partition(";")[0]):
        vault.with_lookup(sealed)
    place = "recman\0look-up key"
    with pytest.raises(SettingsError):
        new.open_secret(place, sealed.encode())
