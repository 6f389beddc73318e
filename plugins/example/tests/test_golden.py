"""What is sent to Example in each story, call by call, as the files in golden/ show it.

`pytest --force-regen` writes them anew; the difference is reviewed like code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gateway_example
import pytest
from gateway_example import contract, simulator

from gateway import Identity, IdentityKind, Ref, Subject
from gateway.testing import mount, open_test_account, written
from gateway.testing.account import fixed

GOLDEN = Path(__file__).parent / "golden"
URL = "https://api.example.org"
KNOWN = Subject("S1", records=(Ref("person", "3"),))
UNKNOWN = Subject("S2", identities=(Identity(IdentityKind.EMAIL, "person4@example.org"),))
MANY = [Subject(f"S{number}", records=(Ref("person", str(number)),)) for number in (5, 6, 7)]
STORIES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "sweep": [("fetch", {"cursor": None})],
    "find": [("audit", {"subjects": [UNKNOWN]})],
    "delete-one": [("delete", {"subjects": [KNOWN]})],
    "delete-many": [("delete", {"subjects": MANY})],
    "prove": [("delete", {"subjects": MANY}), ("audit", {"subjects": MANY})],
    "export": [("export", {"subject": KNOWN})],
}
"""By the name of the file: the hooks that are called, and what each is asked."""


@pytest.mark.parametrize("story", STORIES)
def test_calls_are_those_of_the_golden_journal(story: str, file_regression: Any) -> None:
    vendor = contract.TestExample().simulator(fixed)
    with mount(vendor, URL), open_test_account(gateway_example, vendor.settings(URL)) as account:
        for hook, asked in STORIES[story]:
            list(getattr(gateway_example, hook)(account, **asked))
    file_regression.check(written(vendor.wire.journal, [simulator.KEY]), fullpath=GOLDEN / f"{story}.txt")
