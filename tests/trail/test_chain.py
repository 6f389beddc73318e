"""Lines: one canonical text for what happened, and a hash that ties it to all before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Outcome
from gateway.trail import GENESIS, Entry, Head, Line, chain
from gateway.trail.lines import LARGEST

AT = datetime(2026, 3, 1, 8, 0, 0, 7, tzinfo=UTC)
ENTRY = Entry(AT, "gateway", "deleted")

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.text(st.characters(max_codepoint=126), max_size=6)
scalars = text | st.booleans() | st.none() | st.integers(-LARGEST, LARGEST)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
entries = st.builds(
    Entry,
    at=st.datetimes(timezones=st.just(UTC)),
    actor=text.filter(bool),
    action=text.filter(bool),
    subject=text,
    case=st.none() | st.integers(0, LARGEST),
    why=text,
    data=st.dictionaries(keys, scalars | st.lists(scalars, max_size=3), max_size=3),
)


def body_of(entry: Entry) -> str:
    return chain(GENESIS, [entry])[0].body


def test_body_holds_number_time_and_the_members_that_are_not_empty() -> None:
    entry = replace(ENTRY, subject="S41", step=3, outcome=Outcome.DONE, data={"b": [1, None], "a": "é\n"})

    assert body_of(entry) == (
        '{"action":"deleted","actor":"gateway","at":"2026-03-01T08:00:00.000007Z","data":{"a":"é\\n","b":[1,null]},'
        '"outcome":"done","seq":1,"step":3,"subject":"S41"}'
    )


def test_time_is_written_in_utc_when_it_came_in_another_zone() -> None:
    oslo = replace(ENTRY, at=AT.astimezone(timezone(timedelta(hours=1))))

    assert body_of(oslo) == body_of(ENTRY)


def test_hash_is_that_of_the_hash_before_and_the_body() -> None:
    first, second = chain(GENESIS, [ENTRY, ENTRY])

    assert first.hash == sha256(bytes(32) + first.body.encode()).digest()
    assert second.hash == sha256(first.hash + second.body.encode()).digest()
    assert (first.seq, second.seq) == (1, 2)


@given(st.lists(entries, max_size=8), st.lists(st.integers(0, 4), max_size=8))
def test_trail_is_the_same_when_appended_in_any_batches(given_entries: list[Entry], sizes: list[int]) -> None:
    batched: list[Line] = []
    head, rest = GENESIS, given_entries
    for size in [*sizes, len(given_entries)]:
        batched += chain(head, rest[:size])
        rest = rest[size:]
        head = Head(batched[-1].seq, batched[-1].hash) if batched else GENESIS

    assert batched == chain(GENESIS, given_entries)


@given(entries)
def test_body_is_what_any_canonical_writer_of_json_makes_of_it(entry: Entry) -> None:
    body = body_of(entry)

    assert json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == body


@given(st.dictionaries(keys, values, max_size=3).filter(bool))
def test_data_is_written_alike_whatever_the_order_of_its_keys(data: dict[str, Any]) -> None:
    backwards = dict(reversed(data.items()))

    assert body_of(replace(ENTRY, data=data)) == body_of(replace(ENTRY, data=backwards))


NESTED: list[Any] = []
for _ in range(9):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, b"bytes", {1}, AT, {1: 2}, {"é": 1}, object(), NESTED, [[0.5]]],
    ids=lambda value: type(value).__name__,
)
def test_data_is_refused_when_it_has_no_canonical_form(value: object) -> None:
    with pytest.raises(ValueError, match="trail line 1: data has no canonical form; it may hold text"):
        body_of(replace(ENTRY, data={"x": value}))
    assert '"data":{"x":"fine"}' in body_of(replace(ENTRY, data={"x": "fine"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"actor": ""}, "actor and action are not empty"),
        ({"action": ""}, "actor and action are not empty"),
        ({"case": True}, "case and step are whole numbers"),
        ({"step": "4"}, "case and step are whole numbers"),
        ({"subject": 41}, "holds what is not Unicode text"),
        ({"why": "\ud800"}, "holds what is not Unicode text"),
        ({"data": {"x": "\ud800"}}, "holds what is not Unicode text"),
        ({"at": AT.replace(tzinfo=None)}, "a time in the trail carries its zone"),
    ],
)
def test_entry_is_refused_when_a_member_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        body_of(replace(ENTRY, **change))
    assert body_of(ENTRY)
