"""The mapping of rows, without calls."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from gateway_bisnode import records

from gateway import GarbledError, Identity, IdentityKind, Record, Ref

OWN = {"consumer_ids_of": "recman", "references_of": "recman", "reference_prefix": "", "orders": None}


def monitored(*tags: str, **about: Any) -> dict[str, Any]:
    row = {"country": "NO", "registrationNumber": "999000001", "addedDate": "2026-01-02T03:04:05Z"}
    return {**row, "objectReference": {"id": "x", "references": [*tags]}, **about}


def test_consumer_is_linked_and_known_by_what_was_uploaded() -> None:
    data = {
        "email": " Kari@example.org ",
        "phone": "+47 900 00 000",
        "fullName": "Kari Ø",
        "dateOfBirth": "1970-01-02",
    }
    row = {"consumerId": "1001", "data": data, "created": "2026-01-02T03:04:05+01:00"}
    assert records.consumer(row, OWN) == Record(
        Ref("consumer", "1001"),
        (
            Identity(IdentityKind.LINK, "recman:1001"),
            Identity(IdentityKind.EMAIL, "Kari@example.org"),
            Identity(IdentityKind.PHONE, "+47 900 00 000"),
        ),
        name="Kari Ø",
        born=date(1970, 1, 2),
        created=datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC),
    )


def test_consumer_is_not_linked_without_the_setting() -> None:
    assert records.consumer({"consumerId": 7}, OWN | {"consumer_ids_of": ""}) == Record(Ref("consumer", "7"))


def test_consumer_shows_flaws_without_their_values() -> None:
    data = {"email": ["kari@example.org"], "dateOfBirth": "02.01.1970"}
    record = records.consumer({"consumerId": "1", "data": data, "created": "3026-01-01", "updated": 12}, OWN)
    assert record.flaws == (
        "email cannot be read",
        "dateOfBirth cannot be read",
        "created cannot be read",
        "updated cannot be read",
    )
    assert (record.born, record.created, record.updated) == (None, None, None)
    assert [each.kind for each in record.identities] == [IdentityKind.LINK]


@pytest.mark.parametrize("row", [{}, {"consumerId": ""}, {"consumerId": ["1"]}, {"consumerId": ".."}])
def test_consumer_without_a_usable_id_is_garbled(row: dict[str, Any]) -> None:
    with pytest.raises(GarbledError, match="a consumer has no id"):
        records.consumer(row, OWN)


def test_company_is_linked_by_its_one_tag() -> None:
    record = records.company(monitored("1001", legalForm="ENK"), OWN)
    assert record == Record(
        Ref("company", "NO:999000001"),
        (Identity(IdentityKind.LINK, "recman:1001"),),
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def test_reference_is_linked_to_whom_it_names_whatever_the_company_is() -> None:
    record = records.reference(monitored("1001", "vip", legalForm="AS", tag="1001"), OWN)
    assert record == Record(
        Ref("reference", "NO:999000001#1001"), (Identity(IdentityKind.LINK, "recman:1001"),)
    )
    prefixed = OWN | {"reference_prefix": "candidate:"}
    assert records.reference(monitored("vip", tag="vip"), prefixed) is None


def test_company_with_the_tags_of_two_people_joins_nobody() -> None:
    record = records.company(monitored("1001", "1002"), OWN)
    assert record is not None
    assert record.identities == ()
    assert record.flaws == ("carries the tags of several people, so it is linked to none",)


def test_company_tags_count_by_their_prefix() -> None:
    own = OWN | {"reference_prefix": "candidate:"}
    record = records.company(monitored("priority", "candidate:1001"), own)
    assert record is not None
    assert record.identities == (Identity(IdentityKind.LINK, "recman:1001"),)


def test_company_that_is_about_nobody_is_no_record() -> None:
    assert records.company(monitored(legalForm="AS"), OWN) is None
    assert records.company(monitored("1001", legalForm="AS"), OWN) is None


@pytest.mark.parametrize(
    ("tags", "links", "whose"),
    [
        (["1001"], [], []),
        (["1001"], ["recman:1001"], []),
        (["1001"], ["recman:1002"], ["1001"]),
        (["1001", "1002"], ["recman:1001"], ["1002"]),
        (["1001", "1002"], [], ["1001", "1002"]),
    ],
)
def test_tags_of_others_are_told_from_ones_own(tags: list[str], links: list[str], whose: list[str]) -> None:
    assert records.others(monitored(*tags), OWN, links) == whose


@pytest.mark.parametrize("form", ["ENK", "Sole proprietorship", "", None])
def test_company_that_may_be_a_person_is_a_record_without_a_tag(form: str | None) -> None:
    assert records.company(monitored(legalForm=form), OWN | {"references_of": ""}) is not None


def test_company_without_a_registration_number_is_named_by_duns() -> None:
    row = {"country": "US", "duns": "123456789"}
    assert records.ref_of("company", row) == Ref("company", "US:123456789")
    with pytest.raises(GarbledError, match="a company has no id"):
        records.ref_of("company", {"country": "US"})
