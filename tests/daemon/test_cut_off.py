"""A node whose word to the database is cut off, before or after it was heard: what it has, it has; it gets stuck nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger import Ledger, LedgerError
from gateway.ledger import nodes as rows
from gateway.ledger import tables as t
from gateway.nodes import Node
from tests.conftest import MakeUrl

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHEN = pytest.mark.parametrize("cut", ["before", "after"])


class CutOff(Ledger):
    """A ledger whose connection is cut `before` or `after` the next commit."""

    cut = ""

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        cut, self.cut = self.cut, ""
        with super()._transaction() as tx:
            yield tx
            if cut == "before":
                raise LedgerError("cut before")
        if cut == "after":
            raise LedgerError("cut after")


@pytest.fixture
def ledger(ledger_url: MakeUrl, vault: object) -> Iterator[CutOff]:
    made = CutOff(ledger_url(), vault)  # type: ignore[arg-type]
    yield made
    made.close()


@pytest.fixture
def node(ledger: CutOff) -> Iterator[Node]:
    with Node(ledger, "serve", lambda: NOW, beat=timedelta(hours=1)) as entered:
        yield entered


def held(ledger: Ledger) -> list[str]:
    with ledger.read() as tx:
        return [row.name for row in tx.execute(sa.select(t.leases))]


@WHEN
def test_what_could_not_be_let_go_of_can_be_taken_again(ledger: CutOff, node: Node, cut: str) -> None:
    lease = node.take("recman")
    assert lease is not None
    ledger.cut = cut
    node.let_go(lease)
    again = node.take("recman")
    assert again is not None
    assert held(ledger) == ["recman"]
    node.let_go(again)
    assert held(ledger) == []


@WHEN
def test_what_was_taken_without_hearing_so_can_be_taken_again(ledger: CutOff, node: Node, cut: str) -> None:
    ledger.cut = cut
    with pytest.raises(LedgerError):
        node.take("recman")
    assert node.take("recman") is not None


def test_one_task_at_a_time_has_it_in_one_process(ledger: CutOff, node: Node) -> None:
    lease = node.take("recman")
    assert lease is not None
    assert node.take("recman") is None
    node.let_go(lease)
    assert node.take("recman") is not None


@WHEN
def test_a_new_number_counts_once_it_is_written_down(ledger: CutOff, node: Node, cut: str) -> None:
    with ledger.write() as tx:
        rows.leave(tx, node.number, "silent", NOW)
    ledger.cut = cut
    with suppress(LedgerError):
        node.beat()
    with ledger.read() as tx:
        known = {row.id for row in tx.execute(sa.select(t.nodes))}
    assert node.number in known
    node.beat()
    with ledger.read() as tx:
        assert node.number in {row.id for row in rows.alive(tx)}
    assert node.take("recman") is not None
