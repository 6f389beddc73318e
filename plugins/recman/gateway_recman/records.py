"""Recman's rows as the gateway's records: pure mapping, no calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, TypeVar

import gateway as gw
from gateway import Consent, Identity, Record, Ref, read_date, read_datetime

T = TypeVar("T")
Row = dict[str, Any]

CANDIDATE, JOB, INVOICE, LOG = "candidate", "job", "invoice", "log"
KINDS = {"jobApplication": "application", LOG: LOG, JOB: JOB, INVOICE: INVOICE, "inquiry": "inquiry"}
"""Entities that name a candidate, and the kind their records are shown as."""
DATED = {JOB: "endDate", INVOICE: "created"}
"""What says from which year on the books keep a row."""
IDENTITIES = ((gw.IdentityKind.EMAIL, "email"), (gw.IdentityKind.PHONE, "mobilePhone"))
FETCHED = "firstName,lastName,email,mobilePhone,dob,created,updated"
EXPORTED = (
    "firstName,lastName,title,email,officeEmail,phone,mobilePhone,homePhone,officePhone,address,postalCode,postalPlace,"
    "city,country,nationality,gender,maritalStatus,dob,workStatus,description,notes,departmentIds,userIds,companyIds,"
    "companyContactIds,blockCompanyIds,created,updated,rating,image,linkedIn,employee,skills,education,experience,"
    "certification,projectExperience,relative,attributes,language,driversLicense,reference,files,pipeline"
)
JOB_FIELDS = (
    "employmentId,responsibleUserId,name,startDate,endDate,invoice,salary,description,separateInvoice,salaryType,"
    "collectiveAgreementId,holidayRate"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read: the zone of times, and the attributes (ids) that hold a consent's dates."""

    zone: tzinfo
    purpose: str = ""
    expires: str = ""
    withdrawn: str = ""


def known(subject: gw.Subject) -> list[str]:
    """The candidates of a subject, those that are kept included. What is no number was never an id at Recman."""
    refs = (ref for ref in (*subject.records, *subject.kept) if ref.kind == CANDIDATE)
    return list(dict.fromkeys(ref.id for ref in refs if re.fullmatch(r"[0-9]{1,18}", ref.id)))


def rows_of(data: object) -> list[Row]:
    """The rows of `data`: an object keyed by id or a list; `[]`, `{}`, null and absence are all no rows."""
    rows = list(data.values()) if isinstance(data, dict) else [] if data is None else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise gw.GarbledError("Recman's data should be rows by id or a list of rows")
    return rows


def id_of(row: Row, name: str = "candidateId") -> str:
    if not re.fullmatch(r"[0-9]{1,18}", value := str(row.get(name))):
        raise gw.GarbledError(f"a row from Recman has no readable {name}")
    return value


def to_record(row: Row, reading: Reading) -> Record:
    flaws: list[str] = []
    known = [(kind, _read(row, name, str, flaws)) for kind, name in IDENTITIES]
    names = [_read(row, name, str, flaws) for name in ("firstName", "lastName")]
    return Record(
        Ref(CANDIDATE, id_of(row)),
        identities=tuple(Identity(kind, value) for kind, value in known if value),
        name=" ".join(filter(None, names)),
        born=_read(row, "dob", read_date, flaws),
        created=_read(row, "created", lambda text: read_datetime(text, reading.zone), flaws),
        updated=_read(row, "updated", lambda text: read_datetime(text, reading.zone), flaws),
        consents=_consents(row, reading, flaws),
        flaws=tuple(flaws),
    )


def to_keep(row: Row, today: date, payroll_years: int) -> gw.Kept | None:
    """Why one who is or was staff stays. An end that is empty, to come or not readable is no end."""
    staff = _employments(row)
    end = max((_read(each, "endDate", read_date, []) or date.max for each in staff), default=date.min)
    if end >= today:
        return employed(id_of(row), "A current employee: payroll and bookkeeping need the record.")
    until = date(end.year + payroll_years, 12, 31)
    if payroll_years == 0 or until < today:
        return None
    text = f"A former employee: payroll and bookkeeping keep the record for {payroll_years} years."
    return gw.Kept(Ref(CANDIDATE, id_of(row)), gw.Reason.LEGAL_DUTY, text, until, readers=("payroll",))


def employed(candidate: str, text: str) -> gw.Kept:
    return gw.Kept(Ref(CANDIDATE, candidate), gw.Reason.EMPLOYMENT, text, readers=("payroll",))


def is_staff(row: Row) -> bool:
    """Whether the candidate is or was approved for staffing: only then can there be jobs and invoices."""
    return bool(row.get("employee"))


def in_books(ref: Ref, row: Row, today: date, years: int) -> gw.Kept | None:
    """Why a job or an invoice stays; None when its years are over. Without a readable date it counts as of today."""
    dated = _read(row, DATED[ref.kind], lambda text: read_date(text[:10]), [])
    until = date((dated or today).year + years, 12, 31)
    if years == 0 or until < today:
        return None
    text = f"Bookkeeping keeps the {ref.kind} for {years} years."
    return gw.Kept(ref, gw.Reason.LEGAL_DUTY, text, until, readers=("bookkeeping",))


def runs(job: Row, today: date) -> bool:
    """Whether a job is not over: an end that is empty, to come or not readable is none."""
    return (_read(job, "endDate", read_date, []) or date.max) >= today


def made(row: Row, zone: tzinfo) -> datetime | None:
    """When a row was made, where it says so."""
    return _read(row, "created", lambda text: read_datetime(text, zone), [])


def named_in(row: Row) -> list[str]:
    """The candidates a row names."""
    several = row.get("candidateIds")
    named = several if isinstance(several, list) else str(several or "").split(",")
    return [str(each).strip() for each in (row.get("candidateId"), *named) if each]


def is_shared(row: Row) -> bool:
    """Whether a line of the log names a company, a contact or a project too: then it stays when the candidate goes."""
    return any(
        row.get(name) not in (None, "", 0, "0") for name in ("companyId", "companyContactId", "projectId")
    )


def _employments(row: Row) -> list[Row]:
    employee = row.get("employee") or None
    periods = rows_of([employee] if isinstance(employee, dict) else employee)
    return [each for each in periods if _read(each, "startDate", str, [])]


def file_names(row: Row) -> dict[str, str]:
    """The names of a candidate's files, those of certifications included, by id."""
    files = [("fileId", file) for file in rows_of(row.get("files"))]
    for certification in rows_of(row.get("certification")):
        files += [("candidateFileId", file) for file in rows_of(certification.get("files"))]
    return {id_of(file, key): str(file.get("name", "")) for key, file in reversed(files) if file.get(key)}


def _consents(row: Row, reading: Reading, flaws: list[str]) -> tuple[Consent, ...]:
    days: dict[str, date | None] = {}
    try:
        for attribute in rows_of(row.get("attributes")):
            if (number := str(attribute.get("attributeId"))) in (reading.expires, reading.withdrawn):
                days[number] = _read(attribute, "text" if "text" in attribute else "value", read_date, flaws)
    except gw.GarbledError:
        flaws.append("attributes cannot be read")
    expires, withdrawn = days.get(reading.expires), days.get(reading.withdrawn)
    return (Consent(reading.purpose, expires=expires, withdrawn=withdrawn),) if expires or withdrawn else ()


def _read(row: Row, name: str, reader: Callable[[str], T], flaws: list[str]) -> T | None:
    """What a field says; None where it is empty, a date of zeros included. What cannot be read is a flaw."""
    value = row.get(name)
    if value is None or (isinstance(value, str) and not value.strip("0-: \t\r\n")):
        return None
    if isinstance(value, str | int):
        with suppress(ValueError):
            return reader(str(value).strip())
    flaws.append(f"{name} cannot be read")
    return None
