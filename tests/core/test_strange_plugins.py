"""Plugins that break their promise to fetch and audit: named, nothing wrong written, and the next run goes well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from gateway import Consent, Holding, Identity, IdentityKind, Outcome, Page, Record, Ref
from gateway.ledger import tables as t
from tests.core.firm import Firm
from tests.core.vendor import PERSON, ScriptedVendor

OVER = date(2026, 1, 1)
NOBODY = Identity(IdentityKind.EMAIL, None)  # type: ignore[arg-type]  # the point
NAIVE = datetime(2026, 1, 1, 12)


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    vendor.add(2, "ola@example.org", "Ola Hansen")
    return vendor


def record(number: Any = "7", kind: Any = PERSON, **more: Any) -> Record:
    return Record(Ref(kind, number), **more)


PAGES: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "a list": lambda: [Page((), None, complete=True)],
    "a word": lambda: iter(["page"]),
    "no page": lambda: iter(()),
    "no last page": lambda: iter([Page((record(),), "7")]),
    "no cursor": lambda: iter([Page((record(),), None), Page((), None, complete=True)]),
    "another kind": lambda: iter([Page((record(kind="file"),), None, complete=True)]),
    "words for records": lambda: iter([Page(("kari@example.org",), None, complete=True)]),  # type: ignore[arg-type]  # the point
    "no records": lambda: iter([Page(None, None, complete=True)]),  # type: ignore[arg-type]  # the point
    "id as a number": lambda: iter([Page((record(7),), None, complete=True)]),
    "id with NUL": lambda: iter([Page((record("7\0"),), None, complete=True)]),
    "half a letter": lambda: iter([Page((record("\ud800"),), None, complete=True)]),
    "cursor as a number": lambda: iter([Page((record(),), 7, complete=True)]),  # type: ignore[arg-type]  # the point
    "complete as a word": lambda: iter([Page((record(),), None, complete="yes")]),  # type: ignore[arg-type]  # the point
    "time without a zone": lambda: iter([Page((record(created=NAIVE),), None, complete=True)]),
    "identity as text": lambda: iter([Page((record(identities=("kari@example.org",)),), None, complete=True)]),
    "identity of nothing": lambda: iter([Page((record(identities=(NOBODY,)),), None, complete=True)]),
    "consent without purpose": lambda: iter([Page((record(consents=(Consent(None),)),), None, complete=True)]),  # type: ignore[arg-type]  # the point
    "name as a number": lambda: iter([Page((record(name=7),), None, complete=True)]),
}  # fmt: skip


DATABASE_MATTERS = (
    "id as a number",
    "id with NUL",
    "half a letter",
    "complete as a word",
    "time without a zone",
)


@pytest.mark.parametrize(
    ("what", "backend"),
    [(what, "sqlite") for what in PAGES] + [(what, "postgresql") for what in DATABASE_MATTERS],
)
def test_strange_page_is_the_plugins_fault_and_writes_nothing(
    firm: Firm, recman: ScriptedVendor, what: str
) -> None:
    recman.replace("fetch", lambda account, kind, cursor: PAGES[what]())
    report = firm.sync()
    assert (report.exit_code, report.rows["recman"].needs_you) == (4, 1)
    assert "recman" in report.rows["recman"].error
    assert firm.rows(t.records) == [] or what == "no last page"
    recman.mend()
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == ["1"]


def test_pages_without_end_are_left(firm: Firm, recman: ScriptedVendor) -> None:
    def endless(account: object, kind: str, cursor: str | None) -> Iterator[Page]:
        number = 0
        while True:
            number += 1
            yield Page((record(str(number % 3)),), str(number))

    recman.replace("fetch", endless)
    report = firm.sync()
    assert report.exit_code == 4
    assert report.rows["recman"].error.endswith("shows the same pages over and over")
    recman.mend()
    assert firm.sync_later().exit_code == 0


def test_cursor_that_leads_to_itself_is_left_at_once(firm: Firm, recman: ScriptedVendor) -> None:
    recman.replace("fetch", lambda account, kind, cursor: iter([Page((record(),), "7")] * 3))
    assert firm.sync().rows["recman"].error.endswith("cursor leads nowhere")
    recman.mend()
    assert firm.sync_later().exit_code == 0


HOLDINGS: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "a word": lambda: iter(["held"]),
    "a stranger's": lambda: iter([Holding("S99", Ref(PERSON, "1"))]),
    "subject as a number": lambda: iter([Holding(1, Ref(PERSON, "1"))]),  # type: ignore[arg-type]  # the point
    "record as a word": lambda: iter([Holding("S1", "1")]),  # type: ignore[arg-type]  # the point
    "time without a zone": lambda: iter([Holding("S1", Ref(PERSON, "1"), NAIVE)]),
}


@pytest.mark.parametrize("what", HOLDINGS)
def test_strange_holding_proves_nothing(firm: Firm, recman: ScriptedVendor, what: str) -> None:
    recman.replace("audit", lambda account, subjects: HOLDINGS[what]())
    report = firm.sync()
    assert (report.exit_code, firm.outcome("recman"), report.rows["recman"].verified) == (4, Outcome.DONE, 0)
    recman.mend()
    assert firm.sync_later().exit_code == 0
    assert firm.outcome("recman") == Outcome.VERIFIED


@pytest.mark.parametrize("hook", ["fetch", "delete", "audit"])
def test_iterator_that_cannot_be_closed_harms_nobody(firm: Firm, recman: ScriptedVendor, hook: str) -> None:
    class Stubborn:
        def __init__(self, items: Iterator[Any]) -> None:
            self.items = items

        def __iter__(self) -> Stubborn:
            return self

        def __next__(self) -> Any:
            return next(self.items)

        def close(self) -> None:
            raise OSError("kari@example.org")

    plain = getattr(recman, hook)
    recman.replace(hook, lambda account, **arguments: Stubborn(plain(**arguments)))
    assert firm.sync().exit_code == 0
    assert recman.deleted == ["1"]


def test_strange_but_true_records_are_taken(firm: Firm, recman: ScriptedVendor) -> None:
    """Names of every script, a plus in an address, two records of one id, dates long ago: no reason to stop."""
    odd = Record(
        Ref(PERSON, "№ 7/ü"), (Identity(IdentityKind.EMAIL, "Kari+Jobb@EXÄMPLE.org"), Identity(IdentityKind.PHONE, "none")),
        "كاري 诺 Å", born=date(1900, 1, 1), created=datetime(1901, 1, 1, tzinfo=UTC), flaws=("updated is not a time",),
        consents=(Consent("recruitment", expires=date.max),),
    )  # fmt: skip
    page = Page((*recman.records.values(), odd, odd), None, complete=True)
    recman.replace("fetch", lambda account, kind, cursor: iter([page]))
    report = firm.sync()
    assert (report.exit_code, report.rows["recman"].fetched) == (0, 3)
    assert report.rows["recman"].flaws == ["person № 7/ü: updated is not a time"]


@pytest.mark.parametrize("hook", ["fetch", "delete", "audit"])
def test_plugin_that_blurts_out_what_it_knows_is_not_quoted(
    firm: Firm, recman: ScriptedVendor, hook: str
) -> None:
    def blurt(account: Any, **more: Any) -> Iterator[Any]:
        raise ValueError(f"{account.settings['key'].reveal()} of kari@example.org")

    recman.replace(hook, blurt)
    report = firm.sync()
    assert report.exit_code == 4
    told = report.rows["recman"].error or firm.step("recman").reason
    assert f"plugin recman failed in {hook}: ValueError at test_strange_plugins.py:" in told
    recman.mend()
    for each in firm.asked():
        firm.desk.answer(each.id, "retry")
    assert firm.sync_later().exit_code == 0
