"""Tasks that a database says are being done here, and nobody is at; and those a database that was away did not let end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import gateway.tasks
from gateway.ledger import LedgerError
from gateway.nodes import executor_of, this_process
from tests.core.conftest import firm, keys, now  # noqa: F401 - fixtures
from tests.core.firm import Firm
from tests.daemon.test_tasks import Here as Doing
from tests.daemon.test_ticking import Here, Queues, due, queues  # noqa: F401 - fixtures


@pytest.fixture
def here(due: Firm, queues: Queues) -> Iterator[Here]:  # noqa: F811
    made = Here(due, queues)
    yield made
    made.close()


def test_a_task_that_is_said_to_be_done_here_and_is_not_is_put_again(here: Here, queues: Queues) -> None:  # noqa: F811
    """The word that it was taken was lost with the connection, after it was written down."""
    doing: set[str] = set()
    here.ticker.doing = lambda: doing
    here.tick()
    first, second = list(queues.tasks)
    queues.doing = dict.fromkeys((first, second), executor_of(this_process()))
    doing.add(first)
    assert here.tick() == 0
    here.ticker._strays = dict.fromkeys(here.ticker._strays, 0.0)
    assert here.tick() == 1
    assert first in queues.tasks
    assert second not in queues.tasks


def test_a_task_that_is_taken_up_a_moment_later_is_no_phantom(here: Here, queues: Queues) -> None:  # noqa: F811
    doing: set[str] = set()
    here.ticker.doing = lambda: doing
    here.tick()
    queues.doing = dict.fromkeys(queues.tasks, executor_of(this_process()))
    assert here.tick() == 0
    doing |= set(queues.tasks)
    assert here.tick() == 0
    doing.clear()
    assert here.tick() == 0, "it is waited for anew"


def test_without_a_database_a_turn_is_not_over(due: Firm, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    def away(*_: object) -> None:
        raise LedgerError("the ledger cannot be used")

    here = Doing(due)
    monkeypatch.setattr(gateway.tasks, "verify", away)
    assert here.do("verify", "recman") == "left"
    assert here.job("verify:recman").ended_at is None
    monkeypatch.undo()
    assert here.do("verify", "recman") == "done"
    here.node.__exit__()
