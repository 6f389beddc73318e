"""docs/policy-file.md names every key of policy.toml as it is, every built-in event, and shows a policy that reads."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

import pytest

from gateway.rules.reading import from_text, law_texts
from gateway.rules.schema import BUILT_IN, document
from gateway.settings import Brake, Gateway, Key, Processor, Settings

PAGE = (Path(__file__).parents[2] / "docs/policy-file.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("key", document(), ids=lambda key: key.path)
def test_key_stands_on_the_page_as_it_is(key: Key) -> None:
    assert f"| `{key.path}` | {key.right} | {key.default} | {key.help} |\n" in section("All keys")


def test_no_key_stands_there_that_is_none_and_each_says_what_it_does() -> None:
    said = re.findall(r"^\| `(.+?)` \| ", section("All keys"), re.MULTILINE)
    assert said == [key.path for key in document()]
    assert all(key.right and key.help for key in document())


def test_built_in_events_stand_there_as_they_are() -> None:
    said = re.findall(r"^\| `(.+?)` \| (.+) \|$", section("Events"), re.MULTILINE)
    assert dict(said) == BUILT_IN


def test_policy_that_is_shown_reads_and_says_what_is_said_of_it() -> None:
    text = "\n".join(line[4:] for line in section("A small one").splitlines() if line.startswith("    "))
    processors = {name: Processor.model_construct(name=name, purposes=()) for name in ("recman", "invenias")}
    firm = Settings(
        Path("gateway.toml"), Gateway.model_construct(), Brake(), {}, MappingProxyType(processors)
    )
    policy = from_text(text, law_texts(), firm)
    assert [each.id for each in policy.rules if each.row is None] == ["P1"]
    assert policy.keeps[0].readers == ("Managing director",)
    assert policy.law["N10-R"].switch == "warn"
