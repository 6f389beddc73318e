"""Secrets of accounts in the ledger: they outlive the process, are sealed, and are told to nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.ledger import LedgerError, Vault, new_master_key, secrets
from gateway.ledger import tables as t
from gateway.ledger.secrets import LedgerSecrets
from gateway.model import Secret

TOKEN = "fictional-refresh-token-7"


@pytest.fixture
def store(ledger, now):
    return LedgerSecrets(ledger, lambda: now)


def test_secret_is_there_when_the_ledger_is_opened_anew(store, ledger, open_ledger, now):
    store.put("oslo", "refresh_token", Secret("first"))
    store.put("oslo", "refresh_token", Secret(TOKEN))
    ledger.close()
    again = LedgerSecrets(open_ledger(ledger.url), lambda: now)
    assert again.get("oslo", "refresh_token") == Secret(TOKEN)


def test_secret_belongs_to_one_account_and_one_name(store):
    store.put("oslo", "refresh_token", Secret(TOKEN))
    assert store.get("bergen", "refresh_token") is None
    assert store.get("oslo", "access_token") is None


def test_secret_stands_in_no_column_in_clear(store, ledger, rows):
    store.put("oslo", "refresh_token", Secret(TOKEN))
    (row,) = rows(ledger, t.secrets)
    assert TOKEN not in str(tuple(row))
    assert TOKEN.encode() not in row.sealed
    files = Path(ledger.url.database or "nowhere").parent.glob(f"{Path(ledger.url.database or 'x').name}*")
    assert not [path for path in files if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_the_same_secret_is_sealed_anew_each_time(store, ledger, rows):
    sealed = []
    for _ in range(2):
        store.put("oslo", "refresh_token", Secret(TOKEN))
        sealed += [row.sealed for row in rows(ledger, t.secrets)]
    assert len(set(sealed)) == len(sealed) == 2


def test_secret_moved_to_another_account_is_not_opened(store, ledger):
    store.put("oslo", "refresh_token", Secret(TOKEN))
    with ledger.write() as tx:
        tx.execute(t.secrets.update().values(account="bergen"))
    with pytest.raises(LedgerError, match="not the key the ledger was written with"):
        store.get("bergen", "refresh_token")
    with ledger.write() as tx:
        tx.execute(t.secrets.update().values(account="oslo"))
    assert store.get("oslo", "refresh_token") == Secret(TOKEN)


def test_another_master_key_is_named_and_tells_nothing(store, ledger, open_ledger, now):
    store.put("oslo", "refresh_token", Secret(TOKEN))
    other = LedgerSecrets(open_ledger(ledger.url, with_vault=Vault(new_master_key())), lambda: now)
    with pytest.raises(LedgerError, match="restore the right key file") as caught:
        other.get("oslo", "refresh_token")
    assert TOKEN not in repr(caught.value)
    assert store.get("oslo", "refresh_token") == Secret(TOKEN)


def test_what_was_stored_is_taken_over_unless_something_newer_is_there(ledger, now):
    clock = {"now": now}
    store = LedgerSecrets(ledger, lambda: clock["now"])
    store.put("oslo", "refresh_token", Secret("of the dry run"))
    store.put("bergen", "refresh_token", Secret("of the dry run"))
    with ledger.read() as tx:
        assert secrets.stored_since(tx, now + timedelta(seconds=1)) == []
        rows = secrets.stored_since(tx, now)
    clock["now"] += timedelta(seconds=1)
    store.put("bergen", "refresh_token", Secret("newer"))
    with ledger.write() as tx:
        tx.execute(t.secrets.delete().where(t.secrets.c.account == "oslo"))
        secrets.take_over(tx, rows)
    assert store.get("oslo", "refresh_token") == Secret("of the dry run")
    assert store.get("bergen", "refresh_token") == Secret("newer")
