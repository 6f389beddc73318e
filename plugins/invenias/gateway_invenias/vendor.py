"""What Invenias is, and the settings it takes."""

from __future__ import annotations

from datetime import timedelta

from gateway import Kind, Limit, Setting, Vendor, Window
from gateway_invenias.records import EMAIL, PERSON

LINKS = ["People", "Companies", "Assignments", "Programmes"]
OVER = ["Declined", "Withdrawn", "Expired"]
SETTINGS = (
    Setting("url", "Address of the tenant: https://SUBDOMAIN.invenias.com", required=True),
    Setting("client_id", "Id of the registered application", required=True),
    Setting("client_secret", "Secret of the registered application", required=True, secret=True),
    Setting(
        "grant",
        "password (FlowType ResourceOwner), or code (FlowType Code, with a refresh token)",
        default="password",
        choices=("password", "code"),
    ),
    Setting("username", "For grant password: the API user, a System Administrator of the tenant", default=""),
    Setting("password", "For grant password: the API user's password", secret=True),
    Setting("scope", "For grant password: scope asked for at sign-in", default="openid profile api email"),
    Setting("refresh_token", "For grant code: the refresh token of the first sign-in", secret=True),
    Setting("page_size", "Rows a list call, at most 1000", int, default=1000),
    Setting(
        "changes_since", "After a sweep, fetch only what changed (column DateModified)", bool, default=True
    ),
    Setting("consent_status_column", "List column with the consent status", default=""),
    Setting("consent_expires_column", "List column with the end of the consent", default=""),
    Setting("consent_purpose", "Purpose the consent is for", default="recruitment"),
    Setting("consent_over", "Statuses that end a consent", list, default=OVER),
    Setting("document_links", "Columns of a document that name what it hangs on", list, default=LINKS),
    Setting(
        "person_lists",
        "Lists the tenant has below a person, of journal, assignments and programmes",
        list,
        default=[],
    ),
    Setting("bulk_delete", "Try people/bulkdelete where several people are to go", bool, default=True),
)
VENDOR = Vendor(
    name="invenias",
    title="Invenias by Bullhorn",
    site="https://bullhorn.github.io/invenias-api-docs",
    kinds=(Kind(PERSON, "People: candidates, clients, contacts"),),
    settings=SETTINGS,
    limits=(Limit(3000, timedelta(minutes=5), Window.FIXED, header="X-Request-Quota-Remaining"),),
    finds_by=frozenset({EMAIL}),
    delete_batch=200,  # one search of the journal, and one look at who is a user, for all of them
    audit_batch=500,
)
