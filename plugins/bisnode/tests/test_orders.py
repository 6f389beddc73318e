"""The firm's log of credit checks: what is read from it, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from gateway_bisnode import orders

from gateway import GarbledError, Identity, IdentityKind, Record, Ref

HEAD = "correlation_id,ordered_at,email,record,name\n"


def read(log: str) -> list[Record]:
    return [orders.order(line, {}) for line in orders.read_orders(log)]


def test_orders_become_records_with_their_dates() -> None:
    log = HEAD + "b,2026-02-01T10:00:00+01:00,,recman:1002,\n" + "a,2026-01-01,kari@example.org,,Kari\n"
    assert read(log) == [
        Record(
            Ref("decision", "a"),
            (Identity(IdentityKind.EMAIL, "kari@example.org"),),
            name="Kari",
            created=datetime(2026, 1, 1, tzinfo=UTC),
        ),
        Record(
            Ref("decision", "b"),
            (Identity(IdentityKind.LINK, "recman:1002"),),
            created=datetime(2026, 2, 1, 9, tzinfo=UTC),
        ),
    ]


def test_orders_may_come_from_a_spreadsheet() -> None:
    log = '\ufeffcorrelation_id;ordered_at;email;client\r\n"a";2026-01-01;kari@example.org;"A; B"\r\n'
    assert [(each.ref.id, each.flaws) for each in read(log)] == [("a", ())]


@pytest.mark.parametrize(
    ("line", "flaw"),
    [
        ("a,in May,,recman:1,", "orders, line 2: ordered_at cannot be read"),
        ("a,2026-01-01,,1001,", "orders, line 2: needs an email, or a record as PROCESSOR:ID"),
        ("a,2026-01-01,,,", "orders, line 2: needs an email, or a record as PROCESSOR:ID"),
    ],
)
def test_orders_line_that_says_too_little_has_a_flaw(line: str, flaw: str) -> None:
    assert read(HEAD + line)[0].flaws == (flaw,)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", "line 1: the columns must be"),
        ("correlation_id,ordered_at\n", "line 1: the columns must be"),
        (HEAD + ",2026-01-01,kari@example.org,,\n", "line 2: not one cell a column, or not its own"),
        (HEAD + "a,2026-01-01,kari@example.org,,\na,2026-01-02,kari@example.org,,\n", "line 3: not one cell"),
        (HEAD + "a,2026-01-01,kari@example.org,,Kari,Nordmann\n", "line 2: not one cell a column"),
        (HEAD + 'a,2026-01-01,"kari@example.org,,\n', "line [12]: cannot be read as CSV"),
    ],
)
def test_orders_that_cannot_be_read_are_garbled_and_name_the_line(log: str, said: str) -> None:
    with pytest.raises(GarbledError, match=said) as caught:
        orders.read_orders(log)
    assert "kari" not in str(caught.value).lower()
