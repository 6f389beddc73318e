"""A firm with the three real vendors, simulated in this process: its people, its syncs, and what is true of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from gateway import plugins
from gateway.desk import Desk
from gateway.ledger import Ledger, Vault, lines, questions, work
from gateway.ledger import tables as t
from gateway.ledger.work import Step
from gateway.model import Outcome, Secret
from gateway.register import Register
from gateway.settings import load
from gateway.sync import Report, Sync
from gateway.testing import mount
from gateway.trail import public_key, verify
from tests.vendors.vendors import CONSENT, NAMES, Person, Vendors

HEAD = """
[gateway]
master_key = { env = "MASTER" }
signing_key = { env = "SIGNING" }
[brake]
people = 5
[purposes.recruitment]
"""
ROLES = {
    "recman": 'role = "processor"\nagreement = "DPA 1"\nsource = true',
    "invenias": 'role = "processor"\nagreement = "DPA 2"',
    "bisnode": 'role = "controller"',
}
MORE = {"recman": {"consent_attribute": CONSENT}}
ANSWERS = {
    "untrue": "retry", "returned": "erase", "match": "different", "unlinkable": "not-there",
    "task": "done",
}  # fmt: skip
ENDS = frozenset({Outcome.VERIFIED, Outcome.NOTHING, Outcome.KEPT, Outcome.REFUSED})
"""How a step may end where nobody closed it by hand."""


class World(Vendors):
    """The firm and its vendors."""

    def __init__(
        self, folder: Path, template: Path, keys: Mapping[str, str], switches: Mapping[str, Mapping[str, Any]]
    ) -> None:
        super().__init__(switches)
        self.folder, self.keys = folder, keys
        self.plugins = plugins.load(NAMES)
        self.whose: dict[tuple[str, str], int] = {}
        self.ledger_path = folder / "gateway.db"
        self.ledger_path.write_bytes(template.read_bytes())
        self.ledger = Ledger(make_url(f"sqlite:///{self.ledger_path}"), Vault(Secret(keys["master"])))
        self._stack, self._passing = ExitStack(), Lock()

    def __enter__(self) -> World:
        for name in NAMES:
            self._stack.enter_context(mount(self.simulators[name], _url(name)))
        self._stack.callback(self.ledger.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    # What the firm does

    def register(self, ledger: Ledger | None = None) -> Register:
        parts, env = [HEAD], {"MASTER": self.keys["master"], "SIGNING": self.keys["signing"]}
        for name in NAMES:
            vendor = self.plugins[name].vendor
            assert vendor is not None, self.plugins[name].error
            secret = {each.name for each in vendor.settings if each.secret}
            given = self.simulators[name].settings(_url(name)) | MORE.get(name, {})
            parts.append(f'[processors.{name}]\nplugin = "{name}"\nlocation = "EU"\n{ROLES[name]}')
            parts.append(f"[processors.{name}.settings]")
            for key, value in given.items():
                if key in secret:
                    env[f"{name}_{key}".upper()] = str(value)
                    parts.append(f'{key} = {{ env = "{name.upper()}_{key.upper()}" }}')
                else:
                    parts.append(f"{key} = {json.dumps(value)}")
        path = self.folder / "gateway.toml"
        path.write_text("\n".join(parts))
        return Register(
            load(path, env), ledger or self.ledger, self.plugins, now=lambda: self.now, sleep=self._pass_time
        )

    def _pass_time(self, seconds: float) -> None:
        """A pause takes no time of the test's; threads that pause at once pass it one after the other."""
        with self._passing:
            self.now += timedelta(seconds=seconds)

    def sync(self, *, full: bool = False) -> Report:
        """One sync; afterwards what must always be true is looked at."""
        register = self.register()
        try:
            report = Sync(register, actor="tester", full=full, progress=self._remember).run()
        finally:
            register.close()
        self.check()
        return report

    def sync_later(self, *, full: bool = False, **delta: float) -> Report:
        self.now += timedelta(**(delta or {"hours": 1}))
        return self.sync(full=full)

    def erase(self, text: str) -> int:
        register = self.register()
        try:
            return Desk(register, "tester").erase(text)
        finally:
            register.close()

    def asked(self) -> list[Any]:
        with self.ledger.read() as tx:
            return questions.waiting(tx)

    def answer(self, **said: str) -> None:
        """Answer all open questions: by kind as `said`, else as somebody sensible would; approve what waits."""
        register = self.register()
        try:
            with self.ledger.read() as tx:
                plans = work.waiting_plans(tx)
            for plan in plans:
                Desk(register, "tester").approve(plan.id)
            for each in self.asked():
                Desk(register, "tester").answer(each.id, said.get(each.kind) or self._sensible(each))
        finally:
            register.close()

    def _sensible(self, question: Any) -> str:
        """What somebody says who looked into the vendor's product."""
        if question.kind == "sweep":
            name = question.text.partition(" ")[0]
            return "deleted" if self.known(name) - self.there(name) else "not-deleted"
        return ANSWERS[question.kind]

    def settle(self, most: int = 12, **said: str) -> int:
        """Sync day by day, questions answered, until nothing waits; how many syncs that took."""
        for number in range(1, most + 1):
            self.answer(**said)
            report = self.sync_later(days=1, full=True)
            if report.exit_code == 0:
                return number
        errors = {name: row.error for name, row in report.rows.items() if row.error}
        raise AssertionError(f"still waiting after {most} syncs: {self.waiting()}, {errors}")

    # How it stands

    def waiting(self) -> list[str]:
        """Open steps and questions, to be shown by a test that fails."""
        shown = [
            f"case {each.case} {each.processor}: {each.outcome} {each.reason}"
            for each in self.steps()
            if each.closed_at is None
        ]
        return shown + [f"question {each.kind}: {each.text}" for each in self.asked()]

    def steps(self) -> list[Step]:
        with self.ledger.read() as tx:
            return [
                step
                for row in tx.execute(sa.select(t.cases.c.id)).all()
                for step in work.steps_of(tx, row.id)
            ]

    def steps_of(self, person: Person) -> dict[str, Step]:
        """The steps of a person's newest case, by vendor."""
        subjects = {self.whose.get((name, each)) for name, ids in person.at.items() for each in ids}
        found = sorted(
            (each for each in self.steps() if each.subject in subjects), key=lambda each: each.case
        )
        return {each.processor: each for each in found}

    def outcomes(self, person: Person) -> dict[str, Outcome | None]:
        return {name: step.outcome for name, step in self.steps_of(person).items()}

    def actions(self, action: str) -> list[dict[str, Any]]:
        with self.ledger.read() as tx:
            found = [json.loads(body) for _, body, _ in lines.stream(tx)]
        return [each for each in found if each["action"] == action]

    def known(self, name: str) -> set[str]:
        """The ids the ledger believes to be held by a vendor."""
        query = sa.select(t.records).where(
            t.records.c.processor == name, t.records.c.state.not_in(("gone", "vanished"))
        )
        with self.ledger.read() as tx:
            return {row.vendor_id for row in tx.execute(query) if row.kind not in ("decision", "company")}

    def _remember(self, *_: object) -> None:
        """Whose each record is, while a sync runs: when somebody is erased, the ledger forgets it."""
        with self.ledger.read() as tx:
            for row in tx.execute(sa.select(t.records)):
                self.whose[row.processor, row.vendor_id] = row.subject_id

    def check(self) -> None:
        """What is true after every sync, whatever the vendors did."""
        for person in self.people:
            if person.due is False:
                assert self.left(person) == set(person.at), f"{person.name} was deleted, and nothing was due"
        for step in self.steps():
            ids = {
                number
                for (name, number), whose in self.whose.items()
                if (name, whose) == (step.processor, step.subject)
            }
            still = ids & self.there(step.processor)
            if step.closed_at is not None:
                assert step.outcome in ENDS, f"{step.processor} ended as {step.outcome}"
            if step.outcome == Outcome.VERIFIED:
                assert not still, f"{step.processor} has {still}, and the ledger says it is proven gone"
            if step.outcome == Outcome.NOTHING and step.closed_at is not None:
                assert not still, f"{step.processor} has {still}, and the ledger says that nothing is held"
        with self.ledger.read() as tx:
            report = verify(
                lines.stream(tx), lines.all_checkpoints(tx), [public_key(Secret(self.keys["signing"]))], ()
            )
        assert not report.faults, report.faults


def _url(name: str) -> str:
    return f"https://{name}.example.org"
