"""What nobody outside a tenant can know: each doubt tried on both sides, the plugin the same on either."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import gateway_invenias
import pytest
from gateway_invenias.simulator import Simulator

from gateway import Consent, Outcome, Reason, Ref, RefusedError, ThrottledError, UnavailableError

from .conftest import by_email, known

CONSENT = {"consent_status_column": "GdprStatus", "consent_expires_column": "GdprUntil"}


def seeded(make_tenant: Any, **switches: Any) -> Any:
    """A tenant with the API user, and Anna."""
    tenant = make_tenant(**switches)
    tenant.vendor.add_api_user()
    tenant.anna = tenant.vendor.add_person("Anna", "Berg", email="anna@example.org")
    return tenant


def hooks(tenant: Any) -> list[Any]:
    subject = known(tenant.anna)
    return [
        tenant.fetch,
        lambda: tenant.audit(tenant.anna),
        lambda: tenant.delete(tenant.anna),
        lambda: list(gateway_invenias.export(account=tenant.account, subject=subject)),
    ]


def spend(tenant: Any) -> None:
    """Make more calls than are left."""
    for _ in range(9):
        tenant.audit(tenant.anna)


# People and lists


@pytest.mark.parametrize("hidden_columns", [(), ("UserId",)])
def test_nobody_is_deleted_where_users_are_not_shown(
    make_tenant: Any, hidden_columns: tuple[str, ...]
) -> None:
    tenant = seeded(make_tenant, hidden_columns=hidden_columns)
    if hidden_columns:
        with pytest.raises(RefusedError, match="no column UserId: who is a user of Invenias cannot be told"):
            tenant.delete(tenant.anna)
        assert len(tenant.audit(tenant.anna)) == 1
    else:
        assert tenant.delete(tenant.anna)[0].outcome is Outcome.DONE


@pytest.mark.parametrize("hidden_columns", [(), ("Email1Address",), ("Email3Address", "DateOfBirth")])
def test_list_without_addresses_is_not_read(make_tenant: Any, hidden_columns: tuple[str, ...]) -> None:
    tenant = seeded(make_tenant, hidden_columns=hidden_columns)
    if "Email1Address" in hidden_columns:
        with pytest.raises(RefusedError, match="no column Email1Address: people are known by"):
            tenant.fetch()
    else:
        assert tenant.fetch()[-1].complete


@pytest.mark.parametrize("refuse_unknown_select", [False, True])
def test_columns_the_tenant_does_not_have_are_not_asked_for(
    make_tenant: Any, refuse_unknown_select: bool
) -> None:
    tenant = seeded(make_tenant, refuse_unknown_select=refuse_unknown_select, hidden_columns=["DateOfBirth"])
    assert [each() for each in hooks(tenant)]
    assert tenant.audit(tenant.anna) == []


@pytest.mark.parametrize("modified_filter", [True, False])
def test_changes_are_asked_for_where_that_is_possible(make_tenant: Any, modified_filter: bool) -> None:
    tenant = seeded(make_tenant, modified_filter=modified_filter)
    tenant.vendor.populate(5)
    last = tenant.fetch()[-1]
    assert last.complete
    assert (last.cursor is not None) == modified_filter
    again = tenant.fetch(last.cursor)
    assert again[-1].complete is not modified_filter
    assert tenant.fetch(again[-1].cursor)


@pytest.mark.parametrize("refuse_oversize", [False, True])
@pytest.mark.parametrize("page_limit", [3, 1000])
def test_page_size_of_the_settings_is_kept_to(
    make_tenant: Any, refuse_oversize: bool, page_limit: int
) -> None:
    tenant = make_tenant(refuse_oversize=refuse_oversize, page_limit=page_limit)
    people = tenant.vendor.populate(10)
    tenant.account = tenant.open(page_size=min(page_limit, 2000))
    assert [each.ref.id for page in tenant.fetch() for each in page.records] == people


@pytest.mark.parametrize("default_page_size", [1000, 2])
def test_page_size_is_always_asked_for(make_tenant: Any, default_page_size: int) -> None:
    tenant = make_tenant(default_page_size=default_page_size)
    people = tenant.vendor.populate(7)
    for each in people:
        tenant.vendor.change_person(each, email="one@example.org")
    assert len(tenant.fetch()) == 1
    assert len(tenant.audit_all([by_email("one@example.org")])) == 7
    assert all(
        '"PageSize":' in each.body or "pageSize=" in each.query
        for each in tenant.vendor.wire.journal
        if each.path.endswith(("/list", "/duplicates/people"))
    )


@pytest.mark.parametrize("off_limits", ["Off", "Block", "Something new"])
def test_off_limits_status_may_be_anything(make_tenant: Any, off_limits: str) -> None:
    tenant = seeded(make_tenant, off_limits=off_limits)
    assert tenant.vendor.people[tenant.anna].off_limits == off_limits
    assert tenant.fetch()[-1].complete
    assert tenant.delete(tenant.anna)[0].outcome is Outcome.DONE


# Consent


@pytest.mark.parametrize("consent_columns", [(), ("GdprStatus", "GdprUntil")])
def test_consent_column_the_tenant_does_not_have_is_named(
    make_tenant: Any, consent_columns: tuple[str, ...]
) -> None:
    tenant = make_tenant(consent_columns=consent_columns)
    columns = {"GdprStatus": "Withdrawn"} if consent_columns else {}
    tenant.vendor.add_person("No", "More", columns=columns)
    account = tenant.open(**CONSENT)
    if not consent_columns:
        with pytest.raises(
            RefusedError, match="no column GdprStatus: mend the setting consent_status_column"
        ):
            tenant.fetch(account=account)
        assert tenant.fetch()[0].records[0].consents == ()
    else:
        assert tenant.fetch(account=account)[0].records[0].consents == (
            Consent("recruitment", withdrawn=tenant.now()),
        )


@pytest.mark.parametrize(
    "consent_statuses", [("Requested", "Given", "Declined", "Withdrawn", "Expired"), ("Ja", "Nei")]
)
def test_statuses_that_end_a_consent_are_a_setting(
    make_tenant: Any, consent_statuses: tuple[str, ...]
) -> None:
    tenant = make_tenant(consent_columns=tuple(CONSENT.values()), consent_statuses=consent_statuses)
    over = consent_statuses[-2] if len(consent_statuses) == 5 else "Nei"
    for status in (*consent_statuses, "Brand new"):
        tenant.vendor.add_person(status, "Status", columns={"GdprStatus": status})
    settings = {} if over == "Withdrawn" else {"consent_over": ["nei"]}
    records = tenant.fetch(account=tenant.open(**CONSENT, **settings))[0].records
    ended = {each.name.split()[0] for each in records if each.consents}
    assert over in ended
    assert not ended & {"Requested", "Given", "Ja", "Brand"}


# Deleting


@pytest.mark.parametrize("delete_status", [200, 204])
def test_deletion_is_believed_with_either_status(make_tenant: Any, delete_status: int) -> None:
    tenant = seeded(make_tenant, delete_status=delete_status)
    people = [tenant.anna, *tenant.vendor.populate(2)]
    assert {each.outcome for each in tenant.delete(*people)} == {Outcome.DONE}
    assert tenant.audit(*people) == []


@pytest.mark.parametrize("users_protected", [True, False])
def test_user_is_safe_even_where_invenias_would_delete_them(make_tenant: Any, users_protected: bool) -> None:
    tenant = seeded(make_tenant, users_protected=users_protected)
    uma = tenant.vendor.add_person("Uma", "User", user=True)
    outcomes = {each.subject: each.outcome for each in tenant.delete(uma, tenant.anna)}
    assert outcomes == {f"S-{uma}": Outcome.KEPT, f"S-{tenant.anna}": Outcome.DONE}
    assert uma in tenant.vendor.people


@pytest.mark.parametrize("search_delay", [timedelta(0), timedelta(minutes=10)])
def test_search_that_lags_behind_shows_nobody_who_is_gone(make_tenant: Any, search_delay: timedelta) -> None:
    tenant = seeded(make_tenant, search_delay=search_delay)
    subject = by_email("anna@example.org")
    assert tenant.delete_all([subject])[0].outcome is Outcome.DONE
    assert tenant.audit_all([subject]) == []
    assert tenant.delete_all([subject])[0].outcome is Outcome.NOTHING


@pytest.mark.parametrize("if_match", [False, True])
def test_item_that_is_not_replaced_is_for_a_person(make_tenant: Any, if_match: bool) -> None:
    tenant = seeded(make_tenant, if_match=if_match)
    bo = tenant.vendor.add_person("Bo", "Dahl")
    tenant.vendor.add_note("Anna met Bo.", [tenant.anna, bo])
    (kept,) = tenant.delete(tenant.anna)[0].kept
    assert kept.reason is Reason.REVIEW
    assert ("changed by hand" in kept.text) == if_match


@pytest.mark.parametrize("compulsory", [(), ("notes.Subject",)])
def test_policy_that_forbids_a_change_is_not_asked_twice(
    make_tenant: Any, compulsory: tuple[str, ...]
) -> None:
    tenant = seeded(make_tenant, compulsory=compulsory)
    bo = tenant.vendor.add_person("Bo", "Dahl")
    note = tenant.vendor.add_note("Anna met Bo.", [tenant.anna, bo], subject="")
    (kept,) = tenant.delete(tenant.anna)[0].kept
    assert ("changed by hand" in kept.text) == bool(compulsory)
    assert tenant.calls().count(f"PUT /notes/{note}") == 1


@pytest.mark.parametrize("journal_filter", [True, False])
@pytest.mark.parametrize("person_journal", [False, True])
def test_journal_is_read_by_person_where_there_is_such_a_list(
    make_tenant: Any, person_journal: bool, journal_filter: bool
) -> None:
    tenant = seeded(make_tenant, person_journal=person_journal, journal_filter=journal_filter)
    note = tenant.vendor.add_note("Called.", [tenant.anna])
    tenant.account = tenant.open(person_lists=["journal"] if person_journal else [])
    if not person_journal and not journal_filter:
        with pytest.raises(Exception, match="status 400 is not expected here"):
            tenant.delete(tenant.anna)
        assert tenant.anna in tenant.vendor.people
        tenant.vendor.journal_filter = True
    assert Ref("note", note) in tenant.delete(tenant.anna)[0].deleted
    below = f"POST /people/{tenant.anna}/journal/list"
    assert (below in tenant.calls()) == person_journal


@pytest.mark.parametrize("person_assignments", [False, True])
@pytest.mark.parametrize("person_programmes", [False, True])
def test_candidacies_and_memberships_are_shown_where_there_are_such_lists(
    make_tenant: Any, person_assignments: bool, person_programmes: bool
) -> None:
    tenant = seeded(make_tenant, person_assignments=person_assignments, person_programmes=person_programmes)
    search = tenant.vendor.add_entity("assignments", {"Name": "Chief of something"})
    pool = tenant.vendor.add_entity("programmes", {"Name": "A pool"})
    candidacy, membership = (tenant.vendor.relate(tenant.anna, each) for each in (search, pool))
    offered = {"assignments": person_assignments, "programmes": person_programmes}
    tenant.account = tenant.open(person_lists=[name for name, there in offered.items() if there])
    shown = {Ref("person", tenant.anna)}
    shown |= {Ref("candidacy", candidacy)} if person_assignments else set()
    shown |= {Ref("membership", membership)} if person_programmes else set()
    assert {each.ref for each in tenant.audit(tenant.anna)} == shown
    items = list(gateway_invenias.export(account=tenant.account, subject=known(tenant.anna)))
    assert {each.ref for each in items} == shown
    assert tenant.delete(tenant.anna)[0].outcome is Outcome.DONE
    assert tenant.audit(tenant.anna) == []


# Limits, errors, signing in


@pytest.mark.parametrize("expired_application", [0, 403, 404])
@pytest.mark.parametrize("hook", range(4))
def test_expired_application_stops_every_hook(make_tenant: Any, expired_application: int, hook: int) -> None:
    tenant = seeded(make_tenant, expired_application=expired_application)
    if expired_application:
        with pytest.raises(RefusedError, match=f"answers {expired_application} to .*has expired"):
            hooks(tenant)[hook]()
        tenant.vendor.expired_application = 0
    assert hooks(tenant)[hook]()


@pytest.mark.parametrize("unknown_application", [0, 1])
def test_new_application_is_known_after_a_while(make_tenant: Any, unknown_application: int) -> None:
    tenant = seeded(make_tenant, unknown_application=unknown_application)
    if unknown_application:
        with pytest.raises(RefusedError, match="takes some minutes to become known"):
            tenant.fetch()
    assert tenant.fetch()[-1].complete


@pytest.mark.parametrize("error_format", ["message", "problem", "text"])
def test_words_of_an_error_do_not_matter(make_tenant: Any, error_format: str) -> None:
    tenant = seeded(make_tenant, error_format=error_format, maintenance=True)
    with pytest.raises(UnavailableError, match="being upgraded"):
        tenant.fetch()
    tenant.vendor.maintenance = False
    assert tenant.delete(tenant.anna)[0].outcome is Outcome.DONE
    assert tenant.delete(tenant.anna)[0].outcome is Outcome.NOTHING


@pytest.mark.parametrize("retry_after", [False, True])
def test_spent_quota_is_over_when_the_window_ends(make_tenant: Any, retry_after: bool) -> None:
    tenant = seeded(make_tenant, quota=4, retry_after=retry_after, page_limit=1)
    with pytest.raises(ThrottledError) as caught:
        spend(tenant)
    assert caught.value.retry_at <= tenant.now() + timedelta(minutes=6)
    tenant.wait(minutes=6)
    assert tenant.audit(tenant.anna)


@pytest.mark.parametrize("quota_per", ["subdomain", "user"])
def test_quota_others_use_up_is_read_from_the_header(make_tenant: Any, quota_per: str) -> None:
    tenant = seeded(make_tenant, quota_per=quota_per)
    tenant.audit(tenant.anna)
    tenant.vendor.use_elsewhere(2990)
    if quota_per == "subdomain":
        with pytest.raises(ThrottledError):
            spend(tenant)
        assert not [each for each in tenant.vendor.wire.journal if each.status == 429]
        tenant.wait(minutes=6)
    assert tenant.audit(tenant.anna)


@pytest.mark.parametrize("failed_calls_count", [True, False])
def test_header_says_whether_failed_calls_count(make_tenant: Any, failed_calls_count: bool) -> None:
    tenant = seeded(make_tenant, failed_calls_count=failed_calls_count)
    tenant.vendor.remove_person(tenant.anna)
    for _ in range(3):
        tenant.delete(tenant.anna)
    made = len(
        [each for each in tenant.vendor.wire.journal if each.path.startswith("/api/") and each.status < 400]
    )
    failed = len([each for each in tenant.vendor.wire.journal if each.status >= 400])
    assert tenant.vendor._window[1] == made + (failed if failed_calls_count else 0)
    assert tenant.audit(tenant.anna) == []


@pytest.mark.parametrize("children_touch_person", [False, True])
def test_new_note_may_or_may_not_change_the_person(make_tenant: Any, children_touch_person: bool) -> None:
    tenant = seeded(make_tenant, children_touch_person=children_touch_person)
    cursor = tenant.fetch()[-1].cursor
    tenant.wait(hours=1)
    note = tenant.vendor.add_note("Called.", [tenant.anna])
    changed = {
        each.name for page in tenant.fetch(cursor) for each in page.records if each.updated == tenant.now()
    }
    assert changed == ({"Anna Berg"} if children_touch_person else set())
    assert Ref("note", note) in {each.ref for each in tenant.audit(tenant.anna)}


# What only the vendor's side knows: this plugin makes no records and follows no picture's URL


@pytest.mark.parametrize("optional_id_twice", [409, 400])
def test_id_that_is_taken_is_refused(make_tenant: Any, optional_id_twice: int, call: Any) -> None:
    vendor: Simulator = make_tenant(optional_id_twice=optional_id_twice).vendor
    body = {"CompanyName": "Fictional", "OptionalId": "AB-1"}
    assert call(vendor, "POST", "/companies", body).get_json() == {"Id": "ab-1"}
    assert call(vendor, "POST", "/companies", body).status_code == optional_id_twice


@pytest.mark.parametrize("open_pictures", [False, True])
def test_picture_s_url_ends_with_the_person(make_tenant: Any, open_pictures: bool, call: Any) -> None:
    tenant = seeded(make_tenant, open_pictures=open_pictures)
    tenant.vendor.change_person(tenant.anna, picture=b"png")
    url = f"/imageBlobs/{tenant.anna}/{tenant.anna}_16_16?modified=1"
    assert call(tenant.vendor, "GET", url, signed=False).status_code == (200 if open_pictures else 401)
    tenant.delete(tenant.anna)
    assert call(tenant.vendor, "GET", url).status_code == 404
