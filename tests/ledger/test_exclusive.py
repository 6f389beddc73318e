"""The right to sync: one at a time, the next is told who has it, and a dead holder holds nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from gateway.errors import GatewayError
from gateway.ledger import BusyError
from gateway.ledger import tables as t

HOLDER = """
import sys, time
from datetime import UTC, datetime
from gateway.ledger import Ledger, Vault, new_master_key, read_url
ledger = Ledger(read_url(sys.argv[1]), Vault(new_master_key()))
with ledger.exclusive("sync", datetime(2026, 11, 23, 11, 30, tzinfo=UTC)):
    print("holding", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_who_has_it(ledger, open_ledger, now):
    other = open_ledger(ledger.url)
    me = f"sync, process {os.getpid()} on {socket.gethostname()}, since 2026-11-23 12:00:00 UTC"
    with (
        ledger.exclusive("sync", now),
        pytest.raises(BusyError, match=f"a sync is already running: {me}; wait for it, or stop it first"),
        other.exclusive("sync", now),
    ):
        raise AssertionError("two at once")
    with other.exclusive("sync", now):
        pass


def test_the_right_is_given_back_when_the_holder_fails(ledger, open_ledger, now):
    with pytest.raises(ZeroDivisionError), ledger.exclusive("sync", now):
        raise ZeroDivisionError
    with open_ledger(ledger.url).exclusive("sync", now):
        pass


def test_writing_goes_on_beside_the_holder(ledger, open_ledger, now, rows):
    other = open_ledger(ledger.url)
    with ledger.exclusive("sync", now), other.write() as tx:
        tx.execute(t.quota.insert(), {"account": "recman", "state": {}})
    assert len(rows(ledger, t.quota)) == 1


def test_a_dry_holder_is_not_taken_for_the_one_before(ledger, open_ledger, now, rows):
    with ledger.exclusive("sync", now):
        pass
    assert rows(ledger, t.holders) == []
    dry, other = open_ledger(ledger.url, dry=True), open_ledger(ledger.url)
    refused = pytest.raises(BusyError, match="already running: another process")
    with dry.exclusive("sync", now), refused, other.exclusive("sync", now):
        pass


@pytest.mark.slow
def test_a_killed_holder_lets_go(ledger, now, rows):
    url = ledger.url.render_as_string(hide_password=False)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "holding\n"
        with (
            pytest.raises(
                BusyError, match=f"sync, process {holder.pid} on .*, since 2026-11-23 11:30:00 UTC"
            ),
            ledger.exclusive("sync", now),
        ):
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    wait_until_free(ledger, now)
    assert rows(ledger, t.holders) == []


def wait_until_free(ledger, now):
    """PostgreSQL sees that a client is dead when its socket closes, a moment after the process."""
    for _ in range(2000):
        try:
            with ledger.exclusive("sync", now):
                return
        except BusyError:
            continue
    raise AssertionError("a dead holder still holds")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_lock_that_cannot_be_made_is_named(ledger, now, tmp_path):
    lock = tmp_path / f"{ledger.url.database}.lock"
    lock.mkdir()
    refused = pytest.raises(
        GatewayError, match=r"the ledger's lock .*\.lock cannot be used: .*Nothing was started"
    )
    with refused, ledger.exclusive("sync", now):
        pass
    lock.rmdir()
    with ledger.exclusive("sync", now):
        pass
