"""What the simulated API knows of each entity: its id, its fields and its filters; and how it says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PLAIN_FIELDS = frozenset(
    {
        "firstName", "lastName", "title", "email", "officeEmail", "phone", "mobilePhone", "homePhone", "officePhone",
        "address", "postalCode", "postalPlace", "city", "country", "nationality", "gender", "maritalStatus", "dob",
        "workStatus", "description", "notes", "created", "updated", "rating", "image", "linkedIn",
    }
)  # fmt: skip
"""Fields of a candidate that are shown as an empty text where there is no content."""
LIST_FIELDS = frozenset(
    {"departmentIds", "userIds", "companyIds", "companyContactIds", "blockCompanyIds", "driversLicense"}
)
"""Fields of a candidate that hold values, which `delete` takes out one by one."""
NESTED_IDS = {
    "skills": "skillId", "education": "educationId", "experience": "experienceId", "certification": "certificationId",
    "projectExperience": "projectExperienceId", "relative": "relativeId", "reference": "referenceId",
    "language": "languageId", "attributes": "candidateAttributeId", "files": "fileId",
}  # fmt: skip
"""Rows nested in a candidate, and the member that holds their id. `insert` calls two of them by another name."""
WRITTEN_AS = {"file": "files", "attribute": "attributes"}
NESTED_FIELDS = LIST_FIELDS | NESTED_IDS.keys() | {"employee", "pipeline"}
"""Fields of a candidate that are left out of the row where there is no content."""
JOB_FIELDS = frozenset(
    {
        "employmentId", "responsibleUserId", "name", "startDate", "endDate", "invoice", "salary", "description",
        "separateInvoice", "salaryType", "collectiveAgreementId", "holidayRate",
    }
)  # fmt: skip
COMPANY_FIELDS = frozenset(
    {"name", "email", "description", "type", "notes", "vatNumber", "created", "updated"}
)
PROJECT_FIELDS = frozenset(
    {
        "name", "description", "status", "type", "companyId", "startDate", "endDate", "number", "notes",
        "completePercent", "responsibleUserId", "members", "holidayRate", "created", "updated",
    }
)  # fmt: skip
POST_FIELDS = frozenset(
    {
        "projectId", "name", "title", "ingress", "body", "numberOfPositions", "startDate", "endDate", "logo", "deadline",
        "departmentId", "corporationId", "address1", "address2", "postalCode", "city", "country", "web", "salary",
        "created", "updated", "applyUrl", "contacts", "type", "sector", "accession", "companyName", "workplace", "images",
        "videoUrl", "skills", "position", "positionType", "finnUrl", "locations",
    }
)  # fmt: skip
LOG_FIELDS = frozenset(
    {"candidateId", "companyId", "companyContactId", "projectId", "userId", "type", "text"}
)
INQUIRY_FIELDS = frozenset(
    {
        "name", "body", "deadline", "inquiryStatusId", "inquiryTypeId", "read", "archived", "userIds", "contact",
        "companyIds", "companyContactIds", "candidateIds", "projectIds", "inquiryTagIds",
    }
)  # fmt: skip


class NoError(Exception):
    """Recman's no: messages, in one of two spellings. `plain` are texts (`errors`), the others objects (`error`)."""

    def __init__(self, *messages: str, plain: bool = False, status: int = 0) -> None:
        super().__init__("; ".join(messages))
        self.messages, self.plain, self.status = messages, plain, status


@dataclass(frozen=True, slots=True)
class Scope:
    """How one entity is read.

    `fields` have to be asked for by name; where it is None, `fields` is no parameter. `always` are members each
    row carries unasked. `lists` are filters that take ids with commas between them.
    """

    id: str
    fields: frozenset[str] | None = None
    always: tuple[str, ...] = ()
    filters: frozenset[str] = frozenset()
    lists: Mapping[str, str] = field(default_factory=dict)
    page_size: int = 1000
    other_filters: frozenset[str] = frozenset()


SCOPES: Mapping[str, Scope] = {
    "candidate": Scope(
        "candidateId", PLAIN_FIELDS | NESTED_FIELDS, ("candidateId", "corporationId"),
        frozenset({"candidateId", "firstName", "lastName"}), {"candidateIds": "candidateId"},
    ),
    "candidateAttribute": Scope("attributeId"),
    "companyAttribute": Scope("attributeId"),
    "companyContactAttribute": Scope("attributeId"),
    "projectAttribute": Scope("attributeId"),
    "jobApplication": Scope("jobApplicationId", filters=frozenset({"status"})),
    "jobPost": Scope("jobPostId", POST_FIELDS, ("jobPostId",)),
    "project": Scope("projectId", PROJECT_FIELDS, ("projectId",), lists={"projectIds": "projectId"}),
    "job": Scope("jobId", JOB_FIELDS, ("jobId", "candidateId", "projectId")),
    "company": Scope("companyId", COMPANY_FIELDS, ("companyId",), lists={"companyIds": "companyId"}),
    "log": Scope(
        "logId", filters=frozenset({"candidateId", "companyId", "companyContactId", "projectId", "userId"}),
        other_filters=frozenset({"minLogId"}),
    ),
    "inquiry": Scope("inquiryId", filters=frozenset({"archived"}), page_size=100),
    "corporation": Scope("corporationId"),
    "department": Scope("departmentId"),
    "location": Scope("locationId"),
    "invoice": Scope("invoiceId"),
}  # fmt: skip
"""The entities of version 2 that can be listed."""
