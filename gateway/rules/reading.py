"""policy.toml and the law to one Policy; every mistake in the file is said at once, with its place and what is right."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gateway.errors import SettingsError
from gateway.rules import checks
from gateway.rules.compiling import compiled, narrowed
from gateway.rules.laws import law_texts, read_laws
from gateway.rules.policy import Basis, DataSet, HeldAt, Policy, Purpose, Rule
from gateway.rules.schema import BUILT_IN, Contents
from gateway.settings import Settings
from gateway.settings.checking import Mistake, check, lines, parse, read_text
from gateway.settings.mistakes import quoted, unknown

__all__ = ["RECORDS", "from_settings", "from_text", "law_texts", "read_policy"]

RECORDS = "records"
"""The one data set of a firm without a policy.toml: all there is."""


def read_policy(path: Path, settings: Settings) -> Policy:
    """The policy in a file, with the law that comes with the gateway; raises SettingsError naming every mistake."""
    return from_text(read_text(path), law_texts(), settings, path.name)


def from_text(text: str, law: Mapping[str, str], settings: Settings, name: str = "policy.toml") -> Policy:
    """The policy in a text; `law` are the files of the law by name. Raises SettingsError naming every mistake."""
    rows = read_laws(law)
    document = parse(text, name, "[policy] and [purposes.NAME]")
    contents, found = check(Contents, document)
    names = _names(document, settings)
    sound = contents or _sound(document, found)
    found += checks.mistakes(sound, checks.Known(names, rows))
    wrong = [*lines(found, name), *lines(_elsewhere(settings, names["purposes"]), settings.path.name)]
    if contents is None or wrong:
        raise SettingsError(*wrong)
    return compiled(contents, rows, settings, _version([text, *_in_order(law)]))


def from_settings(settings: Settings, law: Mapping[str, str] | None = None) -> Policy:
    """The policy that the purposes of gateway.toml make, where there is no policy.toml."""
    law = law_texts() if law is None else law
    canonical = json.dumps(
        {
            "purposes": {
                name: [each.title, str(each.retention or ""), each.start]
                for name, each in settings.purposes.items()
            },
            "uses": {name: each.purposes for name, each in settings.processors.items()},
        }
    )
    places = tuple(HeldAt(name) for name in settings.processors)
    return Policy(
        title=settings.path.name,
        version=_version([canonical, *_in_order(law)]),
        purposes=MappingProxyType(
            {
                name: Purpose(name, each.title, (Basis.CONSENT,), (RECORDS,))
                for name, each in settings.purposes.items()
            }
        ),
        data_sets=MappingProxyType({RECORDS: DataSet(RECORDS, "Records", held_at=places)}),
        uses=MappingProxyType({(RECORDS, name): each.purposes for name, each in settings.processors.items()}),
        rules=tuple(
            Rule(name, (name,), (RECORDS,), (each.start,), each.retention)
            for name, each in settings.purposes.items()
            if each.retention is not None
        ),
        law=read_laws(law),
    )


def _in_order(law: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(law):
        yield name
        yield law[name]


def _version(parts: Iterable[str]) -> str:
    """The hash of what a policy was read from; where one part ends and the next begins counts too."""
    digest = sha256()
    for part in parts:
        content = part.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:16]


def _names(document: Mapping[str, Any], settings: Settings) -> dict[str, Collection[str]]:
    """All names that are declared, also by tables that are mistaken: each mistake is said once."""
    names: dict[str, Collection[str]] = {
        section: tuple(document[section]) if isinstance(document.get(section), dict) else ()
        for section in Contents.model_fields
    }
    return {**names, "processors": tuple(settings.processors), "events": (*BUILT_IN, *names["events"])}


def _sound(document: Mapping[str, Any], found: Iterable[Mistake]) -> Contents:
    """The document without its mistaken tables, so that the others can be checked against each other."""
    rest = {name: dict(each) if isinstance(each, dict) else each for name, each in document.items()}
    for at, _ in found:
        section = rest.get(at[0])
        if at[0] != "policy" and len(at) > 1 and isinstance(section, dict):
            section.pop(at[1], None)
        else:
            rest.pop(at[0], None)
    contents, left = check(Contents, {"policy": {"title": "not known"}, **rest})
    assert contents is not None, left
    return contents


def _elsewhere(settings: Settings, purposes: Collection[str]) -> Iterator[Mistake]:
    """Purposes that gateway.toml keeps a processor for, and the policy does not know."""
    for name in settings.processors:
        for word in narrowed(settings, name):
            if word not in purposes:
                yield (
                    ("processors", name, "purposes"),
                    f"{quoted(word)}: {unknown('purpose', word, purposes)}",
                )
