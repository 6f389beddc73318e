"""A firm with plain vendors under several plugins, daemons on its ledger, and what must hold of it at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway import plugins
from gateway.desk import Desk
from gateway.ledger import Ledger, LedgerError, lines, make, new_master_key, read_url, stops
from gateway.ledger import tables as t
from gateway.model import Outcome
from gateway.register import Register
from gateway.settings import load
from gateway.testing import serve
from gateway.trail import new_signing_key
from tests.daemon.site import HEAD, Node, Site, until
from tests.exam.plugin import offers
from tests.exam.vendor import PlainVendor

ROOT = Path(__file__).parents[2]
THREADS = 32
"""More than ever are in flight: a vendor that holds some can still be asked."""


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "tests.exam.running", str(folder), *words]


class ExamNode(Node):
    """One `gateway serve` with the exam's plugins; a call may take `patience` seconds."""

    def __init__(self, folder: Path, number: int, patience: float) -> None:
        self.log = folder / f"serve{number}.log"
        self._file = self.log.open("ab")
        environ = {**os.environ, "EXAM_PATIENCE": str(patience)}
        self.process = subprocess.Popen(
            command(folder), stderr=self._file, stdout=self._file, cwd=ROOT, env=environ
        )


@dataclass
class Exam(Site):
    """Each vendor is called as its plugin: `plain`, `lists` or `reads`, with a number where there are two."""

    served: dict[str, ExitStack] = field(default_factory=dict)

    def place(self, name: str) -> str:
        plugin = name.rstrip("0123456789")
        return (
            f'[processors.{name}]\nplugin = "{plugin}"\nrole = "processor"\nagreement = "DPA 1"\nlocation = "EU"\n'
            f'{self.more.get(name, "")}\n[processors.{name}.settings]\nurl = "{self.urls[name]}"\n'
        )

    def switch_on(self, name: str) -> None:
        """Have a vendor answer, at the port it had before where it had one."""
        port = int(self.urls[name].rpartition(":")[2]) if name in self.urls else 0
        self.served[name] = ExitStack()
        self.urls[name] = self.served[name].enter_context(serve(self.vendors[name], port, threads=THREADS))

    def switch_off(self, name: str) -> None:
        """Have nobody listen there."""
        self.served.pop(name).close()

    def serve(self, patience: float = 5) -> ExamNode:
        made = ExamNode(self.folder, len(self.nodes) + 1, patience)
        self.nodes.append(made)
        return made

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(self.folder, *words), capture_output=True, text=True, check=False, timeout=120, cwd=ROOT
        )

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """An operator at this ledger, beside the daemons."""
        with self.ledger() as ledger:
            register = Register(
                load(self.folder / "gateway.toml", os.environ), ledger, plugins.load(offers=offers())
            )
            yield Desk(register, "operator")
            register.close()

    def erase(self, *emails: str) -> None:
        """Open a case for each of these people, so that they are found due all at once."""
        with self.desk() as desk:
            ledger, now = desk.ledger, desk.register.now()
            with ledger.write() as tx:
                stops.stop(tx, stops.ALL, "until all have asked", now, cause=stops.OPERATOR)
            for email in emails:
                desk.erase(email)
            with ledger.write() as tx:
                stops.end(tx, stops.ALL)

    def answer(self, kind: str, said: str) -> None:
        """Answer the one open question of a kind."""
        (row,) = self.asked(kind)
        with self.desk() as desk:
            desk.answer(row.id, said)

    def asked(self, kind: str) -> list[Any]:
        """The open questions of a kind."""
        return self.rows(t.questions, t.questions.c.kind == kind, t.questions.c.answered_at.is_(None))

    def steps(self, name: str) -> list[Any]:
        return self.rows(t.steps, t.steps.c.processor == name)

    def step(self, name: str) -> Any:
        (found,) = self.steps(name)
        return found

    def outcomes(self, name: str) -> set[str | None]:
        return {row.outcome for row in self.steps(name)}

    def until_outcome(self, name: str, outcome: Outcome) -> None:
        """Wait until every step there stands so."""
        until(lambda: self.outcomes(name) == {str(outcome)}, why=f"{name}: {self.steps(name)}")

    def until_closed(self, cases: int = 1) -> None:
        until(lambda: self.all_closed(cases), why=str(self.rows(t.steps)))

    def trail(self, action: str, **members: Any) -> list[dict[str, Any]]:
        """The lines of the trail that tell of one action."""
        with self.ledger() as ledger, ledger.read() as tx:
            found = [json.loads(body) for _, body, _ in lines.stream(tx)]
        wanted = {"action": action, **members}.items()
        return [each for each in found if wanted <= {key: each.get(key) for key in dict(wanted)}.items()]

    def check_all_erased(self, name: str, people: int) -> None:
        """All are gone and proven so, each deleted once, recorded once, and no step was taken for an error."""
        vendor = self.vendors[name]
        assert vendor.people == {}
        assert sorted(vendor.erased) == list(range(1, people + 1))
        assert self.outcomes(name) == {"verified"}
        assert self.trail("answered", outcome="broken") == self.trail("failed", outcome="broken") == []
        assert self.asked("untrue") == []
        told = [
            each["step"]
            for each in [
                *self.trail("answered", processor=name),
                *self.trail("settled", why="gone", processor=name),
            ]
        ]
        assert sorted(told) == sorted(row.id for row in self.steps(name))
        self.check_trail()

    def drop_the_engine(self) -> None:
        """Take all tables away that are not the ledger's: those the engine keeps its queues in."""
        with self.ledger() as ledger:
            until(lambda: self._dropped(ledger), why="the engine was at its tables all the time")

    def _dropped(self, ledger: Ledger) -> bool:
        """Whether they could be taken away: PostgreSQL refuses where the engine is at one of them just then."""
        try:
            self._drop(ledger)
        except LedgerError:
            return False
        return True

    def _drop(self, ledger: Ledger) -> None:
        with ledger.write() as tx:
            if not ledger.on_sqlite:
                tx.execute(sa.text("DROP SCHEMA dbos CASCADE"))
                return
            tx.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
            ours = {*t.metadata.tables, "alembic_version"}
            for name in set(sa.inspect(tx).get_table_names()) - ours:
                tx.execute(sa.text(f'DROP TABLE "{name}"'))


def people(count: int) -> list[str]:
    return [f"person{number}@example.org" for number in range(1, count + 1)]


@contextmanager
def exam(folder: Path, url: str, names: tuple[str, ...]) -> Iterator[Exam]:
    """A firm with plain vendors of these names, and an empty ledger at this URL."""
    for name, key in {"master": new_master_key(), "signing": new_signing_key()}.items():
        (folder / name).write_text(key.reveal())
        (folder / name).chmod(0o600)
    make(read_url(url))
    head = HEAD.replace('silence = "4 seconds"', 'silence = "1 minute"')  # a sync beside it beats every ten
    made = Exam(folder, url, {name: PlainVendor() for name in names}, {}, head=head)
    try:
        for name in names:
            made.switch_on(name)
        made.write()
        yield made
    finally:
        for vendor in made.vendors.values():
            vendor.let_go()
        for each in made.nodes:
            each.close()
        for stack in made.served.values():
            stack.close()
