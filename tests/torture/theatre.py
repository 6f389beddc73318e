"""The theatre: two vendors that outlive every crash, one ledger, daemons that are killed, and the judge at the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.cli.opening import load_plugins
from gateway.desk import Desk
from gateway.ledger import Ledger, Vault, make, new_master_key, read_url
from gateway.ledger import tables as t
from gateway.model import Secret
from gateway.register import Register
from gateway.settings import load
from gateway.sync import Sync
from gateway.testing import serve
from gateway.trail import new_signing_key
from tests.core.firm import Firm
from tests.daemon import site
from tests.torture.casting import ASKED, OVER, Cast, setting_lines
from tests.torture.postgres import Postgres
from tests.torture.striking import Run, commits_of, struck_at

HEAD = site.HEAD + 'plan = "3 seconds"\n'
ROLES = {
    "source": 'role = "processor"\nagreement = "DPA 1"\nsource = true\n',
    "other": 'role = "processor"\nagreement = "DPA 2"\n',
}
NOTED_BY_SQLITE = (
    "CREATE TABLE noted_turns (name TEXT, slot TEXT)",
    "CREATE TRIGGER noted_first AFTER INSERT ON jobs BEGIN INSERT INTO noted_turns VALUES (NEW.name, NEW.slot); END",
    (
        "CREATE TRIGGER noted_next AFTER UPDATE OF began_at ON jobs "
        "BEGIN INSERT INTO noted_turns VALUES (NEW.name, NEW.slot); END"
    ),
)
NOTED_BY_POSTGRESQL = (
    "CREATE TABLE noted_turns (name TEXT, slot TEXT)",
    (
        "CREATE FUNCTION note_turn() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN INSERT INTO noted_turns VALUES (NEW.name, NEW.slot); RETURN NEW; END$$"
    ),
    "CREATE TRIGGER noted AFTER INSERT OR UPDATE OF began_at ON jobs FOR EACH ROW EXECUTE FUNCTION note_turn()",
)
CASES = len(OVER) + 2
LONGEST = float(os.environ.get("LONGEST", "120"))
LATENCY = 0.02


class Workers:
    """The process daemons are forked from."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.working"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready"

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def _ask(self, **what: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._read()

    def begin(self, run: Run) -> int:
        number: int = self._ask(begin=run.as_document())
        return number

    def wait(self, pid: int, seconds: float) -> int | None:
        """The exit code (negative for a signal); None where it lives on."""
        code: int | None = self._ask(wait=pid, seconds=seconds)
        return code

    def close(self) -> None:
        with self._process:  # closes its input, which ends it, and waits
            pass


class Theatre:
    """One firm, made once and put back to the same moment for every run."""

    def __init__(
        self, folder: Path, vendor: str, postgres: Postgres | None, workers: Workers, *, port: int = 0
    ) -> None:
        """`port`: where the daemons find PostgreSQL, if somebody sits in between."""
        self.folder, self.vendor, self.postgres, self.workers = folder, vendor, postgres, workers
        self.port = port
        self.name = f"torture{next(_NUMBERS)}"
        self.cast = Cast(vendor)
        self.alive: set[int] = set()
        self._stack = ExitStack()
        self.url = postgres.create(self.name) if postgres else f"sqlite:///{folder}/gateway.db"

    def __enter__(self) -> Theatre:
        try:
            self._make()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _make(self) -> None:
        """All is known from an earlier sync; since then consents ended, and somebody asked to be erased."""
        make(read_url(self.url))
        self._settle_in()
        with self.register() as register:
            assert Sync(register, actor="tester").run().exit_code == 0
        self.cast.change()
        with self.register() as register:
            Desk(register, "tester").erase(f"person{ASKED}@example.org")
        self.cast.keep()
        self._note_turns()
        self._save()
        for each in self.cast.held.values():
            each.simulator.wire.latency = LATENCY

    def __exit__(self, *_: object) -> None:
        self.end_all()
        self._stack.close()

    def _settle_in(self) -> None:
        for name, key in {"master": new_master_key(), "signing": new_signing_key()}.items():
            self._keep_secret(name, key.reveal())
        told = self.postgres.url(self.name, self.port) if self.postgres else self.url
        parts = [HEAD.format(url=told)]
        for name, held in self.cast.held.items():
            url = self._stack.enter_context(serve(held.simulator, threads=8))
            lines = setting_lines(
                held, url, lambda key, value, of=name: self._keep_secret(f"{of}-{key}", value)
            )  # type: ignore[misc]
            parts.append(
                f'[processors.{name}]\nplugin = "{held.vendor}"\nlocation = "EU"\nparallel = 2\n'
                f'full_sweep_every = "1 second"\n{ROLES[name]}[processors.{name}.settings]\n'
                + "\n".join(lines)
                + "\n"
            )
        (self.folder / "gateway.toml").write_text("".join(parts))

    def _keep_secret(self, name: str, value: str) -> str:
        (self.folder / name).touch(mode=0o600)
        (self.folder / name).write_text(value)
        return name

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        master = Secret((self.folder / "master").read_text())
        with closing(Ledger(read_url(self.url), Vault(master))) as opened:
            yield opened

    @contextmanager
    def register(self) -> Iterator[Register]:
        settings = load(self.folder / "gateway.toml", os.environ)
        with self.ledger() as ledger, closing(Register(settings, ledger, load_plugins(settings))) as opened:
            yield opened

    def _note_turns(self) -> None:
        """From now on the database notes by itself which turn of which job was begun."""
        with self.ledger() as ledger, ledger.write() as tx:
            for each in NOTED_BY_POSTGRESQL if self.postgres else NOTED_BY_SQLITE:
                tx.exec_driver_sql(each)

    def turns(self) -> Counter[tuple[str, str]]:
        """How often each turn of each job was begun."""
        with self.ledger() as ledger, ledger.read() as tx:
            return Counter(
                (row[0], str(row[1])) for row in tx.exec_driver_sql("SELECT name, slot FROM noted_turns")
            )

    # Beginning anew

    def _save(self) -> None:
        if self.postgres:
            self.postgres.create(f"{self.name}_saved", self.name)
        else:
            with (
                closing(sqlite3.connect(self.folder / "gateway.db")) as now,
                closing(sqlite3.connect(self.folder / "saved")) as saved,
            ):
                now.backup(saved)
        shutil.copy(self.folder / "trail.checkpoints", self.folder / "saved.checkpoints")

    def restore(self) -> None:
        """All is as it was: nobody has been deleted, and four of the people here have to go."""
        self.end_all()
        if self.postgres:
            self.postgres.create(self.name, f"{self.name}_saved")
        else:
            for end in ("", "-wal", "-shm"):
                Path(f"{self.folder}/gateway.db{end}").unlink(missing_ok=True)
            shutil.copy(self.folder / "saved", self.folder / "gateway.db")
        shutil.copy(self.folder / "saved.checkpoints", self.folder / "trail.checkpoints")
        self.cast.put_back()
        for name in ("commits.log", "serve.log", "offset"):
            (self.folder / name).unlink(missing_ok=True)

    # Daemons

    def begin(self, **how: Any) -> int:
        pid = self.workers.begin(Run(str(self.folder), **how))
        self.alive.add(pid)
        return pid

    def wait(self, pid: int, seconds: float) -> int | None:
        code = self.workers.wait(pid, seconds)
        if code is not None:
            self.alive.discard(pid)
        return code

    def kill(self, pid: int) -> None:
        """SIGKILL, now."""
        os.kill(pid, signal.SIGKILL)
        self.wait(pid, LONGEST)

    def is_at_work(self, pid: int) -> bool:
        return any(row.pid == pid and row.ended_at is None for row in self.rows(t.nodes))

    def stop(self, pid: int) -> int | None:
        """End it as systemd does, once it is at work."""
        os.kill(pid, signal.SIGCONT)
        self.until(lambda: self.is_at_work(pid))
        os.kill(pid, signal.SIGTERM)
        return self.wait(pid, LONGEST)

    def end_all(self) -> None:
        for pid in tuple(self.alive):
            self.kill(pid)

    def struck(self) -> list[str]:
        return struck_at(self.folder)

    def commits(self, pid: int) -> list[str]:
        return commits_of(self.folder, pid)

    def log(self) -> str:
        path = self.folder / "serve.log"
        return path.read_text(errors="replace")[-6000:] if path.exists() else ""

    def logged(self) -> list[dict[str, Any]]:
        path = self.folder / "serve.log"
        text = path.read_text(errors="replace") if path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]

    # How it stands

    def rows(self, table: sa.Table, *where: Any) -> list[Any]:
        with self.ledger() as ledger, ledger.read() as tx:
            return list(tx.execute(sa.select(table).where(*where)))

    def is_over(self) -> bool:
        """Whether all that was owed is done and proven."""
        return [row.state for row in self.rows(t.cases)] == ["closed"] * CASES

    def until_over(self, seconds: float = LONGEST) -> None:
        self.until(self.is_over, seconds)

    def until(self, what: Callable[[], Any], seconds: float = LONGEST) -> Any:
        """Wait for something a daemon does; all daemons that were begun have to live."""
        end = time.monotonic() + seconds
        while not (found := what()):
            for pid in tuple(self.alive):
                code = self.wait(pid, 0)
                assert code is None, f"a daemon ended by itself with {code}\n{self.log()}"
            assert time.monotonic() < end, (
                f"did not come about in {seconds:.0f} s\n{self.stand()}\n{self.log()}"
            )
            time.sleep(0.05)
        return found

    def stand(self) -> str:
        """What is still open, for a test that fails."""
        steps = [f"{row.id} {row.processor} {row.outcome} {row.reason} chunk={row.chunk}" for row in self.rows(t.steps)
                 if row.closed_at is None]  # fmt: skip
        jobs = [f"{row.name} {row.task} {row.began_at}" for row in self.rows(t.jobs) if row.ended_at is None]
        return f"open steps: {steps}\nopen jobs: {jobs}\nnodes: {self.rows(t.nodes)}\nleases: {self.rows(t.leases)}"

    def end_state(self) -> dict[str, Any]:
        """All that has to be the same, however often it was disturbed on the way; the trail is checked too."""
        with self.ledger() as ledger:
            firm = Firm(self.folder, ledger, datetime.now(UTC) + timedelta(seconds=1))
            firm.check_trail()
            cases = {row.id: row for row in firm.rows(t.cases)}
            closed = Counter(each["step"] for each in firm.actions("audited") if each["outcome"] != "broken")
            steps = firm.rows(t.steps)
            assert set(self.turns().values()) <= {1}, f"a turn was begun twice: {self.turns().most_common(2)}"
            assert all(row.closed_at is not None for row in steps), (
                "a case is closed, and a step of it is not"
            )
            assert set(closed.values()) == {1}, f"closed more than once in the trail: {closed.most_common(2)}"
            return {
                "left": {name: sorted(each.there()) for name, each in self.cast.held.items()},
                "cases": sorted((row.subject_id, row.trigger, row.state) for row in cases.values()),
                "steps": sorted(
                    # Where nobody knew just then whether somebody is held, it was looked, and nothing was found.
                    (cases[row.case_id].subject_id, row.processor, row.outcome, closed[row.id])
                    for row in steps
                    if row.outcome != "nothing"
                ),
                "records": sorted((row.processor, row.vendor_id, row.state) for row in firm.rows(t.records)),
                "erased": sorted(row.id for row in firm.rows(t.subjects) if row.wrapped_key is None),
                "tombstones": len(firm.rows(t.tombstones)),
                "questions": firm.kinds,
            }

    def check(self) -> int:
        """That all is done, proven and told once, and nobody else was touched; how many calls were made again."""
        state = self.end_state()
        assert state["left"] == self.cast.left
        assert {each[2:] for each in state["steps"]} == {("verified", 1)}, state["steps"]
        assert len(state["steps"]) == sum(len(each) for each in self.cast.must_be_asked_for.values())
        assert state["questions"] == []
        return self.judge()

    def ready(self) -> tuple[int, str]:
        """What the daemon that began last says when it is asked whether it can work."""
        found = [each["address"] for each in self.logged() if "address" in each]
        try:
            with urllib.request.urlopen(f"http://{found[-1]}/readyz", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as err:
            return err.code, err.read().decode()

    def judge(self) -> int:
        """What must be true of the vendors' journals; how many calls were made again."""
        again = 0
        for name, held in self.cast.held.items():
            asked, must = held.asked(), self.cast.must_be_asked_for[name]
            assert set(asked) <= must, f"{name}: strangers were touched: {set(asked) - must}"
            assert set(asked) == must, f"{name}: deletions were lost: {must - set(asked)}"
            assert sorted(held.there()) == self.cast.left[name], name
            if held.vendor == "example":
                assert held.took_effect() == dict.fromkeys(must, 1)
            again += asked.total() - len(must)
        return again


_NUMBERS = iter(range(1, 10_000))
