"""What is sent to Invenias in each story, call by call, as the files in golden/ show it.

`pytest --force-regen` writes them anew; the difference is reviewed like code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gateway_invenias
import pytest
from gateway_invenias import contract
from gateway_invenias.simulator import CLIENT_SECRET, PASSWORD, Simulator

from gateway import Identity, IdentityKind, Ref, Subject
from gateway.testing import mount, open_test_account, written
from gateway.testing.account import fixed

GOLDEN = Path(__file__).parent / "golden"
URL = "https://firm.invenias.example"


def subject(vendor: Simulator, number: int) -> Subject:
    return Subject(f"S{number}", records=(Ref("person", vendor.person_ids()[number]),))


def by_email(vendor: Simulator) -> Subject:
    address = vendor.people[vendor.person_ids()[2]].email
    return Subject("S2", identities=(Identity(IdentityKind.EMAIL, address),))


STORIES: dict[str, Any] = {
    "sign-in-with-a-refresh-token": lambda vendor: [("audit", {"subjects": [subject(vendor, 1)]})],
    "sweep": lambda _: [("fetch", {"cursor": None})],
    "changes": lambda _: [("fetch", {"cursor": '{"since":"2026-03-01T00:00:00Z"}'})],
    "find": lambda vendor: [("audit", {"subjects": [by_email(vendor)]})],
    "delete-one": lambda vendor: [("delete", {"subjects": [subject(vendor, 4)]})],
    "delete-many": lambda vendor: [("delete", {"subjects": [subject(vendor, each) for each in (4, 8, 9)]})],
    "delete-many-without-bulk": lambda vendor: [
        ("delete", {"subjects": [subject(vendor, each) for each in (1, 2)]})
    ],
    "prove": lambda vendor: [("delete", asked := {"subjects": [subject(vendor, 1)]}), ("audit", asked)],
    "export": lambda vendor: [("export", {"subject": subject(vendor, 9)})],
}
"""By the name of the file: the hooks that are called, and what each is asked."""


@pytest.mark.parametrize("story", STORIES)
def test_calls_are_those_of_the_golden_journal(story: str, file_regression: Any) -> None:
    switches = {"bulk_delete": False} if story == "delete-many-without-bulk" else {}
    vendor = contract.TestInvenias().simulator(fixed, **switches)
    settings = vendor.settings(URL)
    if story == "sign-in-with-a-refresh-token":
        settings |= {"grant": "code", "refresh_token": vendor.new_refresh_token()}
    with mount(vendor, URL), open_test_account(gateway_invenias, settings) as account:
        for hook, asked in STORIES[story](vendor):
            list(getattr(gateway_invenias, hook)(account, **asked))
    text = written(vendor.wire.journal, [CLIENT_SECRET, PASSWORD])
    file_regression.check(text, fullpath=GOLDEN / f"{story}.txt")
