"""Returns in any order: restored, imported, applied anew, looked for or fetched; nothing new goes without an answer."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway import Consent, GarbledError, Receipt, Subject, UnavailableError
from gateway.ledger import Ledger, Vault, make, new_master_key, read_url
from gateway.ledger import tables as t
from gateway.trail import new_signing_key
from tests.core.firm import HEAD, Firm

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KARI = ("kari@example.org", "Kari Nordmann")
ERRORS = {"unavailable": UnavailableError("no answer"), "garbled": GarbledError("not JSON")}


class Comings(RuleBasedStateMachine):
    """Kari is erased, and comes back in every way; Ola stays. A shadow says what was newer than her last deletion."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="gateway-comings-"))
        keys = {"master": new_master_key(), "signing": new_signing_key()}
        for name, key in keys.items():
            (self.folder / name).write_text(key.reveal())
            (self.folder / name).chmod(0o600)
        url = read_url(f"sqlite:///{self.folder}/gateway.db")
        make(url)
        now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.firm = Firm(self.folder, Ledger(url, Vault(keys["master"])), now, head=HEAD)
        self.next = 10
        self.new_since: dict[str, datetime] = {}
        self.gone: datetime | None = None
        self.answered: datetime | None = None
        self.kept = False
        self.unasked: list[str] = []

    @initialize(grace=st.sampled_from([0, 2]))
    def begin(self, grace: int) -> None:
        self.vendor = self.firm.vendor("recman", grace=timedelta(days=grace))
        self.vendor.add(1, *KARI, over=date(2026, 1, 1))
        self.vendor.add(2, "ola@example.org", "Ola Hansen")
        plain = self.vendor.delete

        def watched(subjects: Sequence[Subject]) -> Iterator[Receipt]:
            gone = {each for subject in subjects for each in self.vendor._found(subject)}
            self.unasked += [each for each in gone if self._is_newer(each)]
            yield from plain(subjects)
            self.gone = self.firm.now if gone else self.gone

        self.vendor.delete = watched  # type: ignore[method-assign]
        self.firm.sync()

    def _is_newer(self, number: str) -> bool:
        since = self.new_since.get(number)
        if since is None or self.gone is None or since < self.gone:
            return False
        return self.answered is None or self.answered < since

    def _put(self, number: str, created: datetime | None, *, consent: bool = False) -> None:
        self.vendor.add(number, *KARI, created=created)
        if consent:
            given = (Consent("recruitment", given=self.firm.now.date()),)
            self.vendor.records[number] = replace(self.vendor.records[number], consents=given)
        self.new_since.pop(number, None)
        if consent or created == self.firm.now:
            self.new_since[number] = self.firm.now

    def _fresh(self) -> str:
        self.next += 1
        return str(self.next)

    @rule(hours=st.sampled_from([1, 24, 24 * 14, 24 * 40]))
    def time_passes(self, hours: int) -> None:
        self.firm.later(hours=hours)

    @rule()
    def sync(self) -> None:
        self.firm.later(minutes=1)
        self.firm.sync()

    @rule(hidden=st.booleans())
    def restored(self, *, hidden: bool) -> None:
        if "1" not in self.vendor.records:
            self._put("1", LONG_AGO)
            if hidden:
                self.vendor.hidden.add("1")

    @rule(created=st.sampled_from([None, LONG_AGO]))
    def imported(self, created: datetime | None) -> None:
        self._put(self._fresh(), created)

    @rule(same=st.booleans())
    def applied(self, *, same: bool) -> None:
        self.firm.later(minutes=1)
        self._put("1" if same and "1" not in self.vendor.records else self._fresh(), self.firm.now)

    @rule()
    def consented(self) -> None:
        self.firm.later(minutes=1)
        self._put(self._fresh(), LONG_AGO, consent=True)

    @rule()
    def shown(self) -> None:
        self.vendor.hidden.clear()

    @rule(hook=st.sampled_from(["delete", "audit", "fetch"]), error=st.sampled_from(sorted(ERRORS)))
    def breaks(self, hook: str, error: str) -> None:
        self.vendor.fail(hook, ERRORS[error])

    @rule(said=st.sampled_from(["keep", "erase"]))
    def answers(self, said: str) -> None:
        self.firm.later(minutes=1)
        for each in self.firm.asked():
            if each.kind == "returned":
                self.firm.desk.answer(each.id, said)
                self.kept = self.kept or said == "keep"
                self.answered = self.firm.now if said == "erase" else self.answered

    @invariant()
    def nothing_new_goes_without_an_answer(self) -> None:
        assert not self.unasked
        assert "2" in getattr(self, "vendor", self.firm).__dict__.get("records", {"2": 0})

    def teardown(self) -> None:
        """Whatever is old goes in the end, and whoever is asked about has the last word."""
        self.vendor.mend()
        self.vendor.hidden.clear()
        for _ in range(5):
            self.firm.later(days=3)
            for each in self.firm.asked():
                self.firm.desk.answer(each.id, each.options[1 if each.kind == "returned" else 0])
                self.answered = self.firm.now
            self.firm.sync()
        assert not self.unasked
        assert self.kept or set(self.vendor.records) == {"2"}
        assert not [row for row in self.firm.rows(t.cases) if row.state not in ("closed", "dropped")]
        self.firm.check_trail()
        self.firm.open_registers_closed()
        self.firm.ledger.close()
        shutil.rmtree(self.folder)


Comings.TestCase.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
TestComings = pytest.mark.slow(Comings.TestCase)
