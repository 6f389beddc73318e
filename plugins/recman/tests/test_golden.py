"""What is sent to Recman in each story, call by call, as the files in golden/ show it.

`pytest --force-regen` writes them anew; the difference is reviewed like code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gateway_recman
import pytest
from gateway_recman import contract, simulator

from gateway import Ref, Subject
from gateway.testing import mount, open_test_account, written
from gateway.testing.account import fixed

GOLDEN = Path(__file__).parent / "golden"
URL = "https://api.example.org"


def subject(number: int) -> Subject:
    return Subject(f"S{number}", records=(Ref("candidate", str(100000 + number)),))


ONE, STAFF, FORMER = subject(3), subject(6), subject(12)
"""Somebody with a line of the log that names a company too; one employed today; one with a job and an invoice."""
MANY = [subject(4), subject(5), STAFF, FORMER]
STORIES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "sweep": [("fetch", {"cursor": None})],
    "sweep-resumed": [("fetch", {"cursor": "3<100021"})],
    "find": [("audit", {"subjects": [ONE]})],
    "delete-one": [("delete", {"subjects": [ONE]})],
    "delete-many": [("delete", {"subjects": MANY})],
    "prove": [("delete", {"subjects": MANY}), ("audit", {"subjects": MANY})],
    "export": [("export", {"subject": FORMER})],
}
"""By the name of the file: the hooks that are called, and what each is asked. There is no signing in."""


@pytest.mark.parametrize("story", STORIES)
def test_calls_are_those_of_the_golden_journal(story: str, file_regression: Any) -> None:
    vendor = contract.TestRecman().simulator(fixed)
    given = vendor.settings(URL) | {"consent_attribute": "31" if story == "sweep" else ""}
    with mount(vendor, URL), open_test_account(gateway_recman, given) as account:
        for hook, asked in STORIES[story]:
            list(getattr(gateway_recman, hook)(account, **asked))
    file_regression.check(written(vendor.wire.journal, [simulator.KEY]), fullpath=GOLDEN / f"{story}.txt")
