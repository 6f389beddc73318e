"""Recman: candidates of a recruitment and staffing firm, through the vendor's public API (v2)."""

from __future__ import annotations

from datetime import timedelta

from gateway import Kind, Limit, Setting, Vendor, Window, hookimpl
from gateway_recman import deleting, fetching, holding

_SHARED = "What becomes of lines of the log that name a company, contact or project beside the candidate"
_DATE = "Name or id of the candidate attribute (type text) with the date a consent "


@hookimpl
def describe() -> Vendor:
    return Vendor(
        name="recman",
        title="Recman",
        site="https://recman.io",
        kinds=(Kind("candidate", "Candidates"),),
        settings=(
            Setting(
                "key", "The API key, made under System Settings, Database, API", required=True, secret=True
            ),
            Setting("consent_attribute", f"{_DATE}expires; empty for none", default=""),
            Setting("withdrawn_attribute", f"{_DATE}was withdrawn; empty for none", default=""),
            Setting("consent_purpose", "The purpose of that consent", default="recruitment"),
            Setting("timezone", "The zone of Recman's times", default="UTC", choices=("UTC", "Europe/Oslo")),
            Setting("payroll_years", "Years a former employee's record is kept; 0 for none", int, default=5),
            Setting(
                "bookkeeping_years", "Years the books keep a job or an invoice; 0 for none", int, default=5
            ),
            Setting("shared_log", _SHARED, default="delete", choices=("delete", "review")),
            Setting("read_applications", "Look for job applications too", bool, default=True),
            Setting("read_log", "Look for lines of the log too", bool, default=True),
            Setting("read_jobs", "Look for jobs too", bool, default=True),
            Setting("read_invoices", "Look for invoices too", bool, default=True),
            Setting(
                "read_inquiries", "Look for inquiries too, if they show whom they name", bool, default=False
            ),
            Setting("read_files", "Export files, and try whether they are gone", bool, default=True),
            Setting("may_be_empty", "Whether Recman may hold nobody at all", bool, default=False),
        ),
        limits=(Limit(200, timedelta(days=1), Window.UTC_DAY),),
        delete_batch=200,
        audit_batch=480,
    )


fetch = hookimpl(fetching.fetch)
delete = hookimpl(deleting.delete)
export = hookimpl(holding.export)
audit = hookimpl(holding.audit)
