"""The mapping of rows to records, without any call."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from gateway_recman import records
from gateway_recman.records import Reading

from gateway import Consent, GarbledError, Identity, IdentityKind, Reason, Ref

PLAIN = Reading(UTC)
CONSENTS = Reading(UTC, "recruitment", expires="31", withdrawn="32")
TODAY = date(2026, 3, 2)


def row(**fields: Any) -> dict[str, Any]:
    return {"candidateId": "1001", "corporationId": "7", **fields}


def employee(start: str = "2019-01-01", end: str | None = "") -> dict[str, Any]:
    return row(employee={"startDate": start, "endDate": end})


def test_record_holds_who_and_when() -> None:
    record = records.to_record(
        row(
            firstName="Kari", lastName="Nordmann", email="Kari@example.org", mobilePhone=" 900 00 001 ",
            dob="1980-02-03", created="2024-01-02 03:04:05", updated="2025-01-02 03:04:05",
        ),
        PLAIN,
    )  # fmt: skip
    assert record.ref == Ref("candidate", "1001")
    assert record.identities == (
        Identity(IdentityKind.EMAIL, "Kari@example.org"),
        Identity(IdentityKind.PHONE, "900 00 001"),
    )
    assert record.name == "Kari Nordmann"
    assert record.born == date(1980, 2, 3)
    assert record.created == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert record.updated == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (record.consents, record.flaws) == ((), ())


def test_time_is_read_in_the_zone_of_the_account() -> None:
    record = records.to_record(row(created="2024-07-01 00:30:00"), Reading(ZoneInfo("Europe/Oslo")))
    assert record.created == datetime(2024, 6, 30, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize("empty", ["", None, "0000-00-00", " "])
def test_empty_field_is_no_flaw(empty: str | None) -> None:
    record = records.to_record(row(dob=empty, created=empty, email=empty), PLAIN)
    assert (record.born, record.created, record.identities, record.flaws) == (None, None, (), ())


@pytest.mark.parametrize("odd", ["31.12.2025", "9999-12-31 00:00:00", ["2025-01-01"], True, 20250101999])
def test_odd_date_is_a_flaw_without_the_value(odd: object) -> None:
    record = records.to_record(row(created=odd, email="a@example.org"), PLAIN)
    assert record.created is None
    assert record.identities
    assert record.flaws == ("created cannot be read",)


@pytest.mark.parametrize("number", [1001, "1001"])
def test_id_is_text_however_it_comes(number: object) -> None:
    assert records.to_record({"candidateId": number}, PLAIN).ref.id == "1001"


@pytest.mark.parametrize("number", [None, "", "10,11", True, -1, "x"])
def test_row_without_a_readable_id_raises(number: object) -> None:
    with pytest.raises(GarbledError, match="no readable candidateId"):
        records.to_record({"candidateId": number}, PLAIN)


def test_consent_is_read_from_its_attributes() -> None:
    attributes = [{"attributeId": 31, "text": "2026-01-01"}, {"attributeId": "32", "value": "2025-12-24"}]
    record = records.to_record(row(attributes=attributes), CONSENTS)
    assert record.consents == (
        Consent("recruitment", expires=date(2026, 1, 1), withdrawn=date(2025, 12, 24)),
    )


@pytest.mark.parametrize("attributes", [None, [], {"1": {"attributeId": "99", "text": "2026-01-01"}}])
def test_no_date_is_no_consent(attributes: object) -> None:
    assert records.to_record(row(attributes=attributes), CONSENTS).consents == ()


def test_consent_that_cannot_be_read_is_left_out_and_named() -> None:
    record = records.to_record(row(attributes=[{"attributeId": "31", "text": "next summer"}]), CONSENTS)
    assert (record.consents, record.flaws) == ((), ("text cannot be read",))
    record = records.to_record(row(attributes="none"), CONSENTS)
    assert (record.consents, record.flaws) == ((), ("attributes cannot be read",))


@pytest.mark.parametrize("end", ["", None, "2026-03-02", "2027-01-01", "0000-00-00", "some day"])
def test_current_employee_is_kept(end: str | None) -> None:
    kept = records.to_keep(employee(end=end), TODAY, 5)
    assert kept is not None
    assert (kept.reason, kept.until) == (Reason.EMPLOYMENT, None)


def test_former_employee_is_kept_to_the_end_of_the_year_five_years_on() -> None:
    kept = records.to_keep(employee(end="2024-06-30"), TODAY, 5)
    assert kept is not None
    assert (kept.reason, kept.until) == (Reason.LEGAL_DUTY, date(2029, 12, 31))


@pytest.mark.parametrize(
    ("candidate", "years"),
    [
        (employee(end="2019-06-30"), 5),
        (employee(end="2026-03-01"), 0),
        (employee(start=""), 5),
        (row(employee=[]), 5),
        (row(employee=None), 5),
        (row(), 5),
    ],
)
def test_nobody_else_is_kept(candidate: dict[str, Any], years: int) -> None:
    assert records.to_keep(candidate, TODAY, years) is None


def test_several_employments_count_by_the_last() -> None:
    both = row(employee=[{"startDate": "2019-01-01", "endDate": "2020-01-01"}, {"startDate": "2025-01-01"}])
    kept = records.to_keep(both, TODAY, 5)
    assert kept is not None
    assert kept.reason == Reason.EMPLOYMENT


@pytest.mark.parametrize("data", [[], {}, None])
def test_data_may_be_empty_in_many_ways(data: object) -> None:
    assert records.rows_of(data) == []


@pytest.mark.parametrize("data", ["text", 7, ["text"], {"1": "text"}])
def test_data_of_another_shape_raises(data: object) -> None:
    with pytest.raises(GarbledError, match="rows by id or a list of rows"):
        records.rows_of(data)


def test_files_of_certifications_count_too() -> None:
    certification = [{"files": [{"candidateFileId": "8", "name": "licence.pdf"}, {"name": "no file"}]}]
    held = row(files=[{"fileId": "7", "name": "cv.pdf"}], certification=certification)
    assert records.file_names(held) == {"7": "cv.pdf", "8": "licence.pdf"}
