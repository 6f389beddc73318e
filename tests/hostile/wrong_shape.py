"""Plugins that say of themselves what is not so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

import gateway_example

from gateway import Account, Holding, Item, Setting, Subject, Vendor
from tests.hostile.twin import Twin, plugin_with, wrong

VENDOR = gateway_example.describe()
_versions = count(1)


@wrong("audit", law="hooks_are_all_there", says="audit takes deep; the hook has only account, subjects")
def audit_has_a_depth(account: Account, subjects: Sequence[Subject], deep: bool = True) -> Iterator[Holding]:
    """An argument with a default does no harm. The core never fills it in, and may need its name one day."""
    yield from gateway_example.audit(account, subjects)


@wrong("export", law="hooks_are_all_there", says="export is not marked with @hookimpl", marked=False)
def export_has_no_mark(account: Account, subject: Subject) -> Iterator[Item]:
    """The function has the right name; there is no more to say."""
    yield from gateway_example.export(account, subject)


nobody_asks_for_a_copy = Twin(
    name="nobody_asks_for_a_copy",
    thought="Nobody has asked for a copy yet, so there is no export.",
    law="test_hooks_are_all_there",
    says="there is no function export, and describe.*cannot does not name it",
    plugin=plugin_with(export=None),
)


@wrong("describe", law="describe_is_pure", says="something else the second time")
def title_shows_the_version() -> Vendor:
    """The title shows the version of their API, as it was last seen."""
    return replace(VENDOR, title=f"Example {next(_versions)}")


@wrong("describe", law="describe_is_pure", says="the name 'Example AS' is not like")
def name_is_for_people() -> Vendor:
    """The name is what is painted on their door."""
    return replace(VENDOR, name="Example AS")


@wrong("describe", law="describe_is_pure", says="names the setting url twice")
def setting_has_an_old_form() -> Vendor:
    """The address was called something else in the first version, so it stands there twice."""
    old = Setting("url", "the old address of the API", default="https://old.example.org")
    return replace(VENDOR, settings=(*VENDOR.settings, old))


@wrong("describe", law="settings_are_secret_when_named_so", says="'webhook_token' is named like a secret")
def token_in_clear() -> Vendor:
    """The token only signs what they send us, so it needs no hiding."""
    token = Setting("webhook_token", "the token they sign their calls with")
    return replace(VENDOR, settings=(*VENDOR.settings, token))


@wrong(
    "describe", law="what_cannot_be_done_has_a_reason", says="the reason for 'export' is no sentence: 'todo'"
)
def reason_comes_later() -> Vendor:
    """The reason is filled in when somebody asks."""
    return replace(VENDOR, cannot={"export": "todo"})


@wrong(
    "describe", law="what_cannot_be_done_has_a_reason", says="names 'rectify', which is none of fetch, delete"
)
def cannot_do_what_nobody_asks() -> Vendor:
    """It is only honest to name all that is missing."""
    return replace(VENDOR, cannot={"rectify": "The vendor has no call for it."})
