"""What tasks do, and what becomes of them: under a lease, written down as they end, and never raised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from gateway import tasks
from gateway.engine import Task
from gateway.errors import UnavailableError
from gateway.ledger import chunks, jobs, nodes
from gateway.ledger import tables as t
from gateway.model import Outcome
from gateway.nodes import Node
from gateway.tasks import KEPT_FOR, Doer, priority_of
from tests.core.conftest import firm, keys, now  # noqa: F401 - fixtures
from tests.core.firm import Firm
from tests.daemon.test_ticking import OVER, Queues, plan_only


class Here:
    """A node that does tasks, with a stop that a test pulls."""

    def __init__(self, firm: Firm) -> None:  # noqa: F811
        self.firm, self.queues = firm, Queues()
        self.stopping = False
        self.wanted = False
        self.ended: list[tuple[str, str]] = []
        self.node = Node(firm.ledger, "serve", lambda: firm.now)
        self.node.__enter__()
        self.doer = Doer(
            firm.register(), self.node, lambda: self.stopping, lambda _: self.wanted,
            lambda task, result: self.ended.append((task.kind, result)),
        )  # fmt: skip
        self.doer.engine = self.queues  # type: ignore[assignment]  # has what is used

    def do(self, kind: str, processor: str = "", *steps: int) -> str:
        """Do a task as the engine would; how it ended."""
        name = f"{kind}:{processor}"
        with self.firm.ledger.write() as tx:
            jobs.begin(tx, name, self.firm.now, f"{name}:task", 0, self.firm.now, self.node.number)
            for step in steps:
                tx.execute(t.steps.update().where(t.steps.c.id == step).values(chunk=f"{name}:task"))
        self.doer.do(f"{name}:task", Task(kind, processor, processor, steps))
        return self.ended[-1][1]

    def job(self, name: str) -> Any:
        with self.firm.ledger.read() as tx:
            return jobs.last(tx, name)


@pytest.fixture
def due(firm: Firm) -> Firm:  # noqa: F811
    """Three people at a vendor who have to go, and one who may stay; planned, and nothing of it done."""
    vendor = firm.vendor("recman")
    vendor.add_many(range(1, 4), over=OVER)
    vendor.add(4, "person4@example.org", over=date(2099, 1, 1))
    plan_only(firm)
    return firm


@pytest.fixture
def here(due: Firm) -> Iterator[Here]:
    made = Here(due)
    yield made
    made.node.__exit__()


def steps_of(firm: Firm) -> list[int]:  # noqa: F811
    return sorted(row.id for row in firm.rows(t.steps))


def test_a_chunk_is_carried_out_and_its_steps_are_free_again(here: Here, due: Firm) -> None:
    first, *others = steps_of(due)
    assert here.do("delete", "recman", first) == "done"
    assert due.vendors["recman"].deleted == ["1"]
    assert [row.chunk for row in due.rows(t.steps)] == [None] * 3
    assert here.do("delete", "recman", *others) == "done"
    assert here.do("verify", "recman") == "done"
    assert [due.outcome("recman", case) for case in (1, 2, 3)] == [Outcome.VERIFIED] * 3
    assert due.rows(t.leases) == []


@pytest.mark.parametrize(("share", "deleted"), [(60.0, ["1", "2", "3"]), (0.0, ["1"])])
def test_a_deletion_takes_on_for_a_while_what_waits_behind_it(
    here: Here, due: Firm, monkeypatch: pytest.MonkeyPatch, share: float, deleted: list[str]
) -> None:
    monkeypatch.setattr(tasks, "FAIR_SHARE", share)
    first, *others = steps_of(due)
    with due.ledger.write() as tx:
        behind = here.queues.put(tx, Task("delete", "recman", "recman", tuple(others)))
        chunks.assign(tx, others, behind)
    assert here.do("delete", "recman", first) == "done"
    assert sorted(due.vendors["recman"].deleted) == deleted
    assert (behind in here.queues.tasks) == (deleted == ["1"])
    assert here.do("delete", "recman", *others) == "done"
    assert sorted(due.vendors["recman"].deleted) == ["1", "2", "3"]


def test_one_plan_follows_what_several_have_read(here: Here, due: Firm) -> None:
    assert [here.do("fetch", "recman"), here.do("fetch", "recman")] == ["done", "done"]
    (plan,) = here.queues.waiting("plan")
    here.queues.doing[plan] = "a node"
    assert here.do("fetch", "recman") == "done"
    assert len(here.queues.waiting("plan")) == 1, "one that was begun may not have seen what came since"


def test_steps_that_somebody_else_closed_meanwhile_are_not_done_again(here: Here, due: Firm) -> None:
    due.sync()
    calls = len(due.vendors["recman"].calls("delete"))
    assert here.do("delete", "recman", *steps_of(due)) == "done"
    assert len(due.vendors["recman"].calls("delete")) == calls


def test_what_was_begun_and_never_answered_for_is_looked_at_first(here: Here, due: Firm) -> None:
    due.vendors["recman"].fail("delete", UnavailableError("the line broke"), effect=True)
    assert here.do("delete", "recman", *steps_of(due)) == "done"
    assert sorted(due.vendors["recman"].deleted) == ["1", "2", "3"]
    assert {due.outcome("recman", case) for case in (1, 2, 3)} == {Outcome.RETRY}
    due.later(hours=1)
    assert here.do("delete", "recman", *steps_of(due)) == "done"
    assert len(due.vendors["recman"].calls("delete")) == 1
    assert {due.outcome("recman", case) for case in (1, 2, 3)} == {Outcome.DONE}


def test_where_somebody_else_is_at_work_it_is_left_for_later(here: Here, due: Firm) -> None:
    with Node(due.ledger, "sync", lambda: due.now) as other:
        lease = other.take("recman")
        assert lease is not None
        assert here.do("delete", "recman", *steps_of(due)) == "left"
        assert due.vendors["recman"].deleted == []
        assert here.job("delete:recman").ended_at is None
    assert here.do("delete", "recman", *steps_of(due)) == "done"
    assert len(due.vendors["recman"].deleted) == 3


def test_what_a_node_that_was_taken_over_was_about_to_write_is_dropped(here: Here, due: Firm) -> None:
    """It is frozen in the middle of its calls; another has its processor when it wakes."""
    vendor = due.vendors["recman"]

    def frozen(account: Any, subjects: Any) -> Iterator[Any]:
        yield from vendor.delete(list(subjects)[:1])
        with due.ledger.write() as tx:
            nodes.leave(tx, here.node.number, "silent", due.now)
        yield from vendor.delete(list(subjects)[1:])

    vendor.replace("delete", frozen)
    before = here.node.number
    assert here.do("delete", "recman", *steps_of(due)) == "left"
    vendor.mend()
    told = len(due.actions("answered"))
    assert told <= 1
    assert not here.node.beat()
    assert here.node.number != before
    due.later(hours=1)
    report = due.sync()
    assert report.exit_code == 0
    assert [due.outcome("recman", case) for case in (1, 2, 3)] == [Outcome.VERIFIED] * 3
    assert len({each["step"] for each in due.actions("audited")}) == len(due.actions("audited")) == 3


def test_a_fetch_that_is_asked_to_stop_goes_on_from_the_page_where_it_stood(here: Here, due: Firm) -> None:
    due.vendors["recman"].add_many(range(10, 20))
    real = due.vendors["recman"].fetch
    pages: list[str | None] = []

    def stops_after_two(account: Any, kind: str, cursor: str | None) -> Iterator[Any]:
        for page in real(kind, cursor):
            pages.append(cursor)
            here.stopping = len(pages) >= 2
            yield page

    due.vendors["recman"].replace("fetch", stops_after_two)
    assert here.do("fetch", "recman") == "left"
    assert here.job("fetch:recman").ended_at is None
    seen = len(due.rows(t.records))
    here.stopping = False
    due.vendors["recman"].mend()
    assert here.do("fetch", "recman") == "done"
    assert len(due.rows(t.records)) > seen
    assert due.vendors["recman"].calls("fetch")[-1].about != ("",)
    assert [each.kind for each in here.queues.put_so_far] == ["plan"]


@pytest.mark.parametrize(("wanted", "ends"), [(True, "left"), (False, "done")])
def test_a_fetch_makes_room_after_its_fair_share_where_deletions_are_due(
    here: Here, due: Firm, monkeypatch: pytest.MonkeyPatch, wanted: bool, ends: str
) -> None:
    due.vendors["recman"].add_many(range(10, 20))
    here.wanted = wanted
    assert here.do("fetch", "recman") == "done"
    monkeypatch.setattr("gateway.tasks.FAIR_SHARE", -1.0)
    assert here.do("fetch", "recman") == ends


def test_a_failure_is_written_down_and_raised_to_nobody(here: Here, due: Firm) -> None:
    due.vendors["recman"].fail("fetch", UnavailableError("recman does not answer"))
    assert here.do("fetch", "recman") == "failed"
    assert "recman does not answer" in here.job("fetch:recman").result
    assert here.do("fetch", "recman") == "done"
    assert here.job("fetch:recman").result == "done"


def test_a_clock_that_stands_before_the_trail_starts_nothing(here: Here, due: Firm) -> None:
    right = due.now
    due.later(hours=-5)
    assert here.do("delete", "recman", *steps_of(due)) == "left"
    assert here.job("delete:recman").ended_at is None
    assert due.vendors["recman"].deleted == []
    due.now = right
    assert here.do("delete", "recman", *steps_of(due)) == "done"


def test_the_jobs_of_the_ledger_are_done(here: Here, due: Firm) -> None:
    due.vendors["recman"].add(5, "person5@example.org", over=OVER)
    assert here.do("fetch", "recman") == "done"
    assert here.do("plan") == "done"
    assert len(due.rows(t.cases)) == 4
    assert here.do("checkpoint") == "done"
    with due.ledger.write() as tx:
        nodes.leave(
            tx, nodes.join(tx, "old", "serve", nodes.Process("x", 1, "1"), "1", due.now), "gone", due.now
        )
    due.later(days=8)
    assert here.do("tidy") == "done"
    assert "old" not in [row.name for row in due.rows(t.nodes)]
    assert here.queues.forgotten == [due.now - KEPT_FOR]


@pytest.mark.parametrize(("hours", "priority"), [(-50, 1), (0.2, 1), (30.9, 30), (10**9, 50_000)])
def test_the_nearest_deadline_has_the_first_place(hours: float, priority: int) -> None:
    assert priority_of(hours) == priority
