"""Recman: candidates of a recruitment and staffing firm, through the vendor's public API (v2)."""

from __future__ import annotations

from datetime import timedelta

from gateway import Kind, Limit, Setting, Vendor, Window, hookimpl
from gateway_recman import client

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
            Setting("audit_leftovers", "Look for applications and logs of those gone", bool, default=True),
        ),
        limits=(Limit(200, timedelta(days=1), Window.UTC_DAY),),
        delete_batch=50,
        audit_batch=500,
    )


fetch = hookimpl(client.fetch)
delete = hookimpl(client.delete)
export = hookimpl(client.export)
audit = hookimpl(client.audit)
