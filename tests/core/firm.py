"""A firm with scripted vendors: its settings, ledger and clock, and short ways to act and to look."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway import plugins
from gateway.braking import Brakes
from gateway.desk import Desk
from gateway.happenings import Happenings
from gateway.ledger import Ledger, lines, questions, work
from gateway.ledger import tables as t
from gateway.ledger.consents import ConsentLine
from gateway.ledger.work import Step
from gateway.model import Outcome, Secret
from gateway.plugins.offers import Offer
from gateway.register import Register
from gateway.restraint import Restraint
from gateway.settings import load
from gateway.sync import Report, Sync
from gateway.trail import public_key, read_checkpoint, verify
from tests.core.vendor import ScriptedVendor

HEAD = """
[gateway]
master_key = { file = "master" }
signing_key = { file = "signing" }
[purposes.recruitment]
"""

SECRET = "s3cret-0123456789-abcdef"


@dataclass
class Firm:
    """Everything a scenario needs. `now` is the time, and only a test moves it."""

    folder: Path
    ledger: Ledger
    now: datetime
    vendors: dict[str, ScriptedVendor] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    head: str = HEAD
    opened: list[Register] = field(default_factory=list)

    def vendor(self, name: str, more: str = "", role: str = "processor", **describe: Any) -> ScriptedVendor:
        """A processor with a scripted plugin of its own name."""
        made = self.vendors[name] = ScriptedVendor(name, describe)
        self.offers[name] = made.offer()
        self.place(name, f'plugin = "{name}"\n{more}', role)
        return made

    def place(self, name: str, more: str = "", role: str = "processor") -> None:
        """A processor of the settings."""
        agreement = 'agreement = "DPA 1"\n' if role == "processor" else ""
        (self.folder / "key").write_text(SECRET)
        (self.folder / "key").chmod(0o600)
        values = 'url = "http://127.0.0.1:9"\nkey = { file = "key" }\n'
        tail = f"[processors.{name}.settings]\n{values}" if "plugin" in more else ""
        self.tables[name] = (
            f'[processors.{name}]\nrole = "{role}"\nlocation = "EU"\n{agreement}{more}\n{tail}'
        )

    def register(self, ledger: Ledger | None = None) -> Register:
        path = self.folder / "gateway.toml"
        path.write_text(self.head + "\n".join(self.tables.values()))
        loaded = plugins.load(offers=self.offers.values())
        made = Register(
            load(path, {}), ledger or self.ledger, loaded, now=lambda: self.now, sleep=lambda _: None
        )
        self.opened.append(made)
        return made

    def sync(self, *names: str, ledger: Ledger | None = None, **how: Any) -> Report:
        return Sync(self.register(ledger), names, actor="tester", **how).run()

    @property
    def desk(self) -> Desk:
        return Desk(self.register(), "tester")

    def brakes(self, actor: str = "tester") -> Brakes:
        return Brakes(self.register().settings, self.ledger, actor, lambda: self.now)

    @property
    def restraint(self) -> Restraint:
        return Restraint(self.register(), "tester")

    def happened(self, person: str, name: str, on: date) -> None:
        """Write down what happened to somebody."""
        assert Happenings(self.register(), "tester").add(person, name, on, None)

    def consents(self, person: str, purpose: str, given: date, expires: date | None = None) -> None:
        """Write down that somebody consented."""
        self.desk.import_consents([ConsentLine(1, person, purpose, given=given, expires=expires)])

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def sync_later(self, **delta: float) -> Report:
        self.later(**(delta or {"hours": 1}))
        return self.sync()

    def answer(self, kind: str, said: str) -> str:
        """Answer the one open question of a kind."""
        (number,) = [each.id for each in self.asked() if each.kind == kind]
        return self.desk.answer(number, said)

    def asked(self) -> list[Any]:
        with self.ledger.read() as tx:
            return questions.waiting(tx)

    @property
    def kinds(self) -> list[str]:
        """The kinds of the open questions."""
        return [each.kind for each in self.asked()]

    def rows(self, table: sa.Table, *where: Any) -> list[Any]:
        with self.ledger.read() as tx:
            return list(tx.execute(sa.select(table).where(*where)))

    def case(self, number: int = 1) -> Any:
        with self.ledger.read() as tx:
            return work.get_case(tx, number)

    def step(self, processor: str, case: int = 1) -> Step:
        with self.ledger.read() as tx:
            (found,) = [each for each in work.steps_of(tx, case) if each.processor == processor]
        return found

    def case_of(self, processor: str, number: str) -> int:
        """The newest case of the person a processor holds under this id."""
        (record,) = self.rows(t.records, t.records.c.processor == processor, t.records.c.vendor_id == number)
        return max(int(row.id) for row in self.rows(t.cases, t.cases.c.subject_id == record.subject_id))

    def outcome(self, processor: str, case: int = 1) -> Outcome | None:
        return self.step(processor, case).outcome

    def actions(self, action: str) -> list[dict[str, Any]]:
        """The lines of the trail that tell of one action."""
        with self.ledger.read() as tx:
            found = [json.loads(body) for _, body, _ in lines.stream(tx)]
        return [each for each in found if each["action"] == action]

    def open_registers_closed(self) -> None:
        for each in self.opened:
            each.close()
        self.opened.clear()

    def check_trail(self) -> None:
        """The trail is whole, and covered by checkpoints kept outside."""
        key = public_key(Secret((self.folder / "signing").read_text()))
        path = self.folder / "trail.checkpoints"
        anchors = [read_checkpoint(each) for each in path.read_text().splitlines()] if path.exists() else []
        with self.ledger.read() as tx:
            report = verify(lines.stream(tx), lines.all_checkpoints(tx), [key], anchors)
        assert not report.faults, report.faults

    def check_privacy(self, logged: Iterable[logging.LogRecord]) -> None:
        """Nothing that names a person stands in the trail, a question, a reason, an error or the log."""
        planted = {word.lower() for each in self.vendors.values() for word in each.planted} | {SECRET}
        texts = [each.getMessage() for each in logged]
        for table, names in TOLD.items():
            texts += [str(getattr(row, name)) for row in self.rows(table) for name in names]
        found = [(word, text) for text in texts for word in planted if word in text.lower()]
        assert not found, found[:3]


TOLD: dict[sa.Table, tuple[str, ...]] = {
    t.trail: ("body",), t.questions: ("text", "note"), t.steps: ("reason", "kept"), t.runs: ("error",),
    t.processors: ("stopped_why",), t.cases: ("why",),
}  # fmt: skip
MakeFirm = Callable[..., Firm]
