"""A scripted vendor whose hooks take calls from the account's budget, as one that is reached over a network does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.model import Holding, Limit, Page, Receipt, Subject, Window
from gateway.sync import Report, Sync
from tests.core.firm import HEAD, Firm
from tests.core.vendor import ScriptedVendor

MANY_AT_ONCE = HEAD + "[brake]\npeople = 1000000\n"
"""Settings of a firm whose first plan may be as large as it is."""


@dataclass
class Metered:
    """A vendor and its journal: on which day (UTC) how many calls arrived, by what they were for."""

    firm: Firm
    vendor: ScriptedVendor
    journal: list[tuple[date, str]] = field(default_factory=list)

    def spend(self, account: Any, what: str) -> None:
        account.http._budget.take()  # the call itself would take far longer than all the rest
        self.journal.append((self.firm.now.astimezone(UTC).date(), what))

    def fetch(self, account: Any, kind: str, cursor: str | None) -> Iterator[Page]:
        pages = self.vendor.fetch(kind, cursor)
        while True:
            self.spend(account, "fetch")
            page = next(pages, None)
            if page is None:
                return
            yield page
            if page.complete is not None:
                return

    def delete(self, account: Any, subjects: Sequence[Subject]) -> Iterator[Receipt]:
        """A look at all, then a call for each."""
        self.spend(account, "delete")
        for each in subjects:
            self.spend(account, "delete")
            yield from self.vendor.delete([each])

    def audit(self, account: Any, subjects: Sequence[Subject]) -> Iterator[Holding]:
        """Two calls, for however many."""
        for _ in range(2):
            self.spend(account, "audit")
        yield from self.vendor.audit(subjects)

    @property
    def by_day(self) -> dict[date, Counter[str]]:
        found: dict[date, Counter[str]] = {}
        for day, what in self.journal:
            found.setdefault(day, Counter())[what] += 1
        return found

    def most(self) -> int:
        """The most calls of one day."""
        return max(each.total() for each in self.by_day.values())


def metered(firm: Firm, name: str, calls: int, more: str = "", **describe: Any) -> Metered:
    """A processor of the firm with so many calls a day, and batches like Recman's."""
    limits = (Limit(calls, timedelta(days=1), Window.UTC_DAY),)
    about = {"limits": limits, "delete_batch": 200, "audit_batch": 480} | describe
    made = Metered(firm, firm.vendor(name, more, **about))
    made.vendor.page_size = 1000
    for hook in ("fetch", "delete", "audit"):
        made.vendor.replace(hook, getattr(made, hook))
    return made


def sync_once(firm: Firm, act: Callable[[Sync], Report] = Sync.run) -> Report:
    """A sync of a process that ends with it, and hands back the calls it did not make."""
    register = firm.register()
    try:
        return act(Sync(register, actor="tester"))
    finally:
        register.close()
        firm.opened.remove(register)


def next_morning(firm: Firm) -> datetime:
    """Let it be eight the next day."""
    firm.now = (firm.now + timedelta(days=1)).replace(hour=8, minute=0, second=0)
    return firm.now
