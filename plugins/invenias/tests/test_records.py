"""Rows of a list as records."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from gateway_invenias import records, vendor

from gateway import Consent, Identity, IdentityKind, Record

CONSENT = {"consent_status_column": "ConsentStatus", "consent_expires_column": "ConsentExpires"}
CHANGED = datetime(2026, 2, 3, 9, 15, 4, 123457, tzinfo=UTC)


def read(row: dict[str, Any], **settings: Any) -> Record:
    given = {each.name: each.default for each in vendor.VENDOR.settings} | settings
    body = msgspec.json.encode({"ItemId": "p1", **row})
    return records.mapping(given)(msgspec.json.decode(body, type=records.row_type(given)))


def consents(**row: Any) -> tuple[Consent, ...]:
    return read({"DateModified": CHANGED.isoformat(), **row}, **CONSENT).consents


def test_row_gives_name_identities_and_times() -> None:
    record = read({
        "FirstName": "Bjørn", "FamilyName": "Østby", "Email1Address": "Bjorn+cv@Example.org",
        "Email3Address": "b@example.no", "MobilePhone": "+47 400 00 001",
        "DateCreated": "2026-01-02T10:00:00+02:00", "DateModified": "2026-02-03T09:15:04.1234567+00:00",
    })  # fmt: skip
    assert record.name == "Bjørn Østby"
    assert record.identities == (
        Identity(IdentityKind.EMAIL, "Bjorn+cv@Example.org"),
        Identity(IdentityKind.PHONE, "+47 400 00 001"),
        Identity(IdentityKind.EMAIL, "b@example.no"),
    )
    assert record.created == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert record.created.tzinfo is UTC
    assert record.updated == CHANGED


def test_time_without_a_zone_is_utc() -> None:
    assert read({"DateCreated": "2026-01-02T10:00:00"}).created == datetime(2026, 1, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2200-01-01T00:00:00Z"])
def test_time_out_of_range_is_a_flaw(text: str) -> None:
    record = read({"DateCreated": text})
    assert (record.created, record.flaws) == (None, ("DateCreated is outside 1900 to 2200",))


NAMES = [({"FileAs": "Ms A Sample"}, "Ms A Sample"), ({"FirstName": "Guro"}, "Guro"), ({}, "")]


@pytest.mark.parametrize(("row", "name"), NAMES)
def test_name_falls_back(row: dict[str, str], name: str) -> None:
    assert read(row).name == name


def test_consent_is_not_read_without_columns() -> None:
    assert read({"ConsentStatus": "Withdrawn"}).consents == ()


@pytest.mark.parametrize("status", ["Withdrawn", "declined", {"Id": "x", "ItemDisplayText": "Declined"}])
def test_consent_that_was_taken_back_ends_with_the_last_change(status: Any) -> None:
    assert consents(ConsentStatus=status) == (Consent("recruitment", withdrawn=CHANGED),)


def test_consent_that_expired_ends_on_its_day() -> None:
    over = consents(ConsentStatus="Expired", ConsentExpires="2026-01-31")
    assert over == (Consent("recruitment", expires=date(2026, 1, 31)),)
    assert consents(ConsentStatus="Expired") == (Consent("recruitment", expires=CHANGED),)


@pytest.mark.parametrize("status", ["Given", "Brand new status", None])
def test_consent_with_an_end_is_kept_under_any_other_status(status: str | None) -> None:
    given = consents(ConsentStatus=status, ConsentExpires="2027-01-31T00:00:00Z")
    assert given == (Consent("recruitment", expires=datetime(2027, 1, 31, tzinfo=UTC)),)
    assert consents(ConsentStatus=status) == ()


def test_consent_end_that_is_no_date_is_a_flaw() -> None:
    record = read({"ConsentExpires": "soon"}, **CONSENT)
    assert (record.consents, record.flaws) == ((), ("the end of the consent is not a date",))


def test_consent_over_without_any_date_is_a_flaw() -> None:
    record = read({"ConsentStatus": "Withdrawn"}, **CONSENT)
    assert record.consents == ()
    assert record.flaws == ("the consent is over, but nothing says since when",)


def test_row_with_an_unreadable_column_is_mended() -> None:
    row = records.mend(
        {"ItemId": 17, "FirstName": ["x"], "FamilyName": "Vik", "DateCreated": "gestern"}, records.Row
    )
    assert (row.item_id, row.first_name, row.family_name) == ("17", None, "Vik")
    assert sorted(row.flaws) == ["DateCreated cannot be read", "FirstName cannot be read"]


@pytest.mark.parametrize("row", [{}, {"ItemId": None}, {"ItemId": ""}, {"ItemId": True}])
def test_row_without_an_id_cannot_be_mended(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="without an ItemId"):
        records.mend(row, records.Row)
