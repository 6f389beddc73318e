"""What is sent to Bisnode in each story, call by call, as the files in golden/ show it.

`pytest --force-regen` writes them anew; the difference is reviewed like code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gateway_bisnode
import pytest
from gateway_bisnode import contract, simulator

from gateway import Ref, Subject
from gateway.testing import mount, open_test_account, written
from gateway.testing.account import fixed

GOLDEN = Path(__file__).parent / "golden"
URL = "https://api.bisnode.com"
CASE = Ref("decision", "case-3")
SHOP, TAG = Ref("company", "NO:999000003"), Ref("reference", "NO:999000003#1003")
KNOWN = Subject("S1", records=(Ref("consumer", "1003"), SHOP, TAG, CASE))
MANY = [Subject(f"S{number}", records=(Ref("consumer", str(number)),)) for number in (1005, 1006, 1007)]
STORIES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "sign-in": [("audit", {"subjects": [Subject("S1", records=(CASE,))]})],
    "sweep-consumers": [("fetch", {"kind": "consumer", "cursor": None})],
    "sweep-companies": [("fetch", {"kind": "company", "cursor": None})],
    "find": [("audit", {"subjects": [KNOWN]})],
    "delete-one": [("delete", {"subjects": [KNOWN]})],
    "delete-many": [("delete", {"subjects": MANY})],
    "prove": [("delete", {"subjects": MANY}), ("audit", {"subjects": MANY})],
    "export": [("export", {"subject": KNOWN})],
}
"""By the name of the file: the hooks that are called, and what each is asked."""
TOGETHER = {"delete-many-together": [("delete", {"subjects": MANY})]}
"""The same where the firm's settings say that consumers are removed in one call."""


@pytest.mark.parametrize("story", [*STORIES, *TOGETHER])
def test_calls_are_those_of_the_golden_journal(story: str, file_regression: Any) -> None:
    removal = "batch" if story in TOGETHER else "single"
    vendor = contract.TestBisnode().simulator(fixed, consumer_removal=removal, consumers_a_page=30)
    settings = vendor.settings(URL) | {"consumer_removal": removal}
    with mount(vendor, URL), open_test_account(gateway_bisnode, settings) as account:
        for hook, asked in (STORIES | TOGETHER)[story]:
            list(getattr(gateway_bisnode, hook)(account=account, **asked))
    file_regression.check(
        written(vendor.wire.journal, [simulator.CLIENT_SECRET]), fullpath=GOLDEN / f"{story}.txt"
    )
