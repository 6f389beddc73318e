"""Nodes and leases: one works at a processor, the dead are taken over, and who was taken over writes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.ledger import Ledger, nodes
from gateway.ledger.nodes import Lease, LostError, Process
from gateway.nodes import Node, executor_of, is_gone, this_process

SILENCE = timedelta(seconds=60)
HERE = Process("here/boot", 17, "123")


def join(ledger: Ledger, now: datetime, process: Process = HERE, kind: str = "serve") -> int:
    with ledger.write() as tx:
        return nodes.join(tx, f"node-{process.pid}", kind, process, "1", now)


def alive(ledger: Ledger) -> list[int]:
    with ledger.read() as tx:
        return [row.id for row in nodes.alive(tx)]


def take_over(
    ledger: Ledger, me: int, now: datetime, gone: tuple[Process, ...] = ()
) -> list[tuple[Any, str]]:
    with ledger.write() as tx:
        return nodes.take_over(tx, me, now, SILENCE, lambda each: each in gone)


def test_one_node_at_a_time_works_at_a_processor(ledger: Ledger, now: datetime) -> None:
    one, two = join(ledger, now), join(ledger, now, Process("there", 3, "9"))
    with ledger.write() as tx:
        assert nodes.take(tx, "recman", one, now)
        assert not nodes.take(tx, "recman", two, now)
        assert nodes.take(tx, "crm", two, now)
        assert [(row.name, row.node) for row in nodes.held(tx)] == [("crm", "node-3"), ("recman", "node-17")]
        nodes.let_go(tx, Lease("recman", two))
        assert nodes.holder(tx, "recman") == one
        nodes.let_go(tx, Lease("recman", one))
        assert nodes.take(tx, "recman", two, now)


def test_a_silent_node_is_taken_over_with_all_it_has_and_one_that_beats_is_not(
    ledger: Ledger, now: datetime
) -> None:
    one, two = join(ledger, now), join(ledger, now, Process("there", 3, "9"))
    later = now + SILENCE + timedelta(seconds=1)
    with ledger.write() as tx:
        assert nodes.take(tx, "recman", one, now)
        assert nodes.take(tx, "crm", two, now)
        assert nodes.beat(tx, two, ["fetch crm"], later)
    assert take_over(ledger, two, now + SILENCE) == []
    assert [(row.id, end) for row, end in take_over(ledger, two, later)] == [(one, "silent")]
    assert alive(ledger) == [two]
    with ledger.write() as tx:
        assert [(row.id, row.end) for row in nodes.last_ended(tx, 9)] == [(one, "silent")]
        assert nodes.holder(tx, "recman") is None
        assert nodes.holder(tx, "crm") == two


def test_who_was_taken_over_is_told_at_its_next_word_and_may_write_nothing(
    ledger: Ledger, now: datetime
) -> None:
    one, two = join(ledger, now), join(ledger, now, Process("there", 3, "9"))
    lease = Lease("recman", one)
    later = now + 2 * SILENCE
    with ledger.write() as tx:
        assert nodes.take(tx, "recman", one, now)
        lease.check(tx)
        assert nodes.beat(tx, two, [], later)
    take_over(ledger, two, later)
    with ledger.write() as tx:
        assert not nodes.beat(tx, one, [], later)
    with pytest.raises(LostError, match="another node has taken over"), ledger.write() as tx:
        lease.check(tx)
    with ledger.write() as tx:
        assert nodes.take(tx, "recman", two, later)
    with pytest.raises(LostError), ledger.write() as tx:
        lease.check(tx)


def test_a_process_that_is_gone_is_taken_over_at_once(ledger: Ledger, now: datetime) -> None:
    one, two = join(ledger, now), join(ledger, now, Process("here/boot", 18, "124"))
    assert [(row.id, end) for row, end in take_over(ledger, two, now, gone=(HERE,))] == [(one, "gone")]
    with ledger.read() as tx:
        assert [row.end for row in nodes.last_ended(tx, 9)] == ["gone"]


def test_this_process_is_there_and_one_that_ended_or_was_never_here_is_gone() -> None:
    me = this_process()
    assert not is_gone(me)
    assert is_gone(Process(me.host, me.pid, f"{me.born}1"))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_gone(Process(me.host, ended.pid, "1"))
    assert not is_gone(Process("another machine", ended.pid, "1"))


def test_a_child_that_ended_and_that_nobody_asked_about_is_gone() -> None:
    """A dead child keeps its number until its parent asks: it does no work all the same."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(Process(this_process().host, child.pid, "1"))
    child.wait()


def test_a_node_leaves_nothing_behind(ledger: Ledger, now: datetime) -> None:
    with Node(ledger, "sync", lambda: now) as node:
        lease = node.take("recman")
        assert lease is not None
        assert node.take("recman") is None
        with node.at("fetch recman"):
            assert node.doing == ["fetch recman"]
            assert node.beat()
        assert node.doing == []
        assert alive(ledger) == [node.number]
    assert alive(ledger) == []
    with ledger.read() as tx:
        assert nodes.held(tx) == []
        assert [(row.kind, row.end) for row in nodes.last_ended(tx, 9)] == [("sync", "stopped")]


def test_a_node_that_was_taken_for_dead_goes_on_under_a_new_number(ledger: Ledger, now: datetime) -> None:
    with Node(ledger, "serve", lambda: now) as node:
        before = node.number
        lease = node.take("recman")
        assert lease is not None
        with ledger.write() as tx:
            nodes.leave(tx, before, "silent", now)
        assert not node.beat()
        assert node.number != before
        with pytest.raises(LostError), ledger.write() as tx:
            lease.check(tx)
        assert node.take("recman") is None  # whoever had it here is still at it
        node.let_go(lease)
        assert node.take("recman") is not None
        with ledger.read() as tx:
            (row,) = nodes.alive(tx)
        # The engine knows it by its process, whatever its number is.
        assert executor_of(row) == executor_of(this_process())


def test_nodes_that_ended_long_ago_are_forgotten(ledger: Ledger, now: datetime) -> None:
    one, two = join(ledger, now), join(ledger, now, Process("there", 3, "9"))
    with ledger.write() as tx:
        nodes.leave(tx, one, "stopped", now)
        nodes.forget(tx, now)
        assert len(nodes.last_ended(tx, 9)) == 1
        nodes.forget(tx, now + timedelta(seconds=1))
        assert nodes.last_ended(tx, 9) == []
        assert [row.id for row in nodes.alive(tx)] == [two]
