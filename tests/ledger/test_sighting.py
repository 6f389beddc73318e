"""Records of a page as they are seen: each for itself, and none where one cannot be kept."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gateway.errors import PluginError
from gateway.ledger.sighting import sight
from gateway.model import Consent, IdentityKind, Record, Ref

MOMENT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def seen(vault):
    return lambda *records: sight(records, "recman", vault, "NO")


@pytest.fixture
def people(make_record):
    return [
        make_record("1", emails=["Kari@Example.org", "kari@example.org"], phones=["900 12 345"], name="Nordmann, Kari"),
        make_record("2", links=["Invenias: 7:1"], born=date(1985, 3, 4), created=MOMENT),
        make_record("3", name=" ", emails=["not an address"], consents=[Consent("recruitment", given=MOMENT)]),
    ]  # fmt: skip


def test_a_record_is_seen_alike_alone_and_among_others(seen, people):
    assert seen(*people) == [each for record in people for each in seen(record)]
    assert seen() == []


def test_a_record_is_seen_in_one_spelling_and_without_its_name(seen, people, vault):
    first, second, third = seen(*people)
    assert first.identities == [("email", "kari@example.org"), ("phone", "+4790012345")]
    assert first.hashes == [vault.hash("email", "kari@example.org"), vault.hash("phone", "+4790012345")]
    assert first.name_hash == vault.hash("name", "kari nordmann")
    assert (first.links, second.links) == ([], [("invenias", "7:1")])
    assert second.own_link == vault.hash(IdentityKind.LINK, "recman:2")
    assert second.born_hash == vault.hash("born", "1985-03-04")
    assert (third.identities, third.name_hash, third.born_hash) == ([], None, None)


@pytest.mark.parametrize(
    "changed", ["identities", "name", "born", "created", "updated", "active", "consents"]
)
def test_a_digest_tells_every_change_that_is_kept(seen, people, changed):
    record = people[0]
    other = {
        "identities": people[1].identities, "name": "Ola Nordmann", "born": date(1950, 1, 2), "consents": people[2].consents,
    }.get(changed, MOMENT)  # fmt: skip
    values = {each: getattr(record, each) for each in Record.__match_args__} | {changed: other}
    (before,), (after,) = seen(record), seen(Record(**values))
    assert before.digest != after.digest
    assert seen(Record(**(values | {changed: getattr(record, changed)})))[0].digest == before.digest


@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Record(Ref("candidate", "a\0b")), "an id or a purpose"),
        (Record(Ref("candidate", "")), "an id or a purpose"),
        (Record(Ref("candidate", "\ud83d")), "an id or a purpose"),
        (Record(Ref("candidate", "9"), consents=(Consent(""),)), "an id or a purpose"),
        (Record(Ref("candidate", "9"), updated=datetime(2026, 1, 2)), "a time without a zone"),
        (Record(Ref("candidate", "9"), consents=(Consent("x", expires=datetime(2026, 1, 2)),)), "a time without a zone"),
    ],
)  # fmt: skip
def test_a_page_with_a_record_that_no_ledger_can_hold_is_not_seen(seen, people, broken, said, place):
    with pytest.raises(PluginError, match=f"recman: a record of kind 'candidate' has {said}"):
        seen(*people[:place], broken, *people[place:])
    assert len(seen(*people)) == 3


def test_halves_of_a_letter_in_two_ids_do_not_make_one(seen):
    with pytest.raises(PluginError, match="an id or a purpose"):
        seen(Record(Ref("\ude00", "\ud83d")), Record(Ref("\ude00", "\ud83d")))
