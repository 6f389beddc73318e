"""One version of the rules as text, and back: what it was read from, whole, so that an earlier one can still be asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from gateway.rules.laws import law_texts
from gateway.rules.policy import Policy
from gateway.rules.reading import from_settings, from_text
from gateway.settings import Purpose, Settings
from gateway.settings.checking import read_text

LENGTH = 16


def body_of(settings: Settings) -> str:
    """What the rules are read from: policy.toml (or the purposes of gateway.toml), the law, and what processors are for."""
    path = settings.policy_path
    body: dict[str, Any] = {
        "law": law_texts(),
        "uses": {name: list(each.purposes) for name, each in settings.processors.items()},
    }
    if path is not None:
        body["policy"] = read_text(path)
    else:
        body["purposes"] = {
            name: {"title": each.title, "retention": str(each.retention or ""), "start": each.start}
            for name, each in settings.purposes.items()
        }
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


def version_of(body: str) -> str:
    """The hash that names a version."""
    return sha256(body.encode()).hexdigest()[:LENGTH]


def from_body(body: str, settings: Settings) -> Policy:
    """The policy a body was made of, at the processors the settings have now; SettingsError where that cannot be read."""
    content: dict[str, Any] = json.loads(body)
    then = _at_that_time(content, settings)
    if "policy" in content:
        policy = from_text(content["policy"], content["law"], then)
    else:
        policy = from_settings(then, content["law"])
    return replace(policy, version=version_of(body))


def _at_that_time(content: Mapping[str, Any], settings: Settings) -> Settings:
    """The settings with the purposes of that time."""
    uses: Mapping[str, list[str]] = content["uses"]
    processors = {
        name: each.model_copy(update={"purposes": tuple(uses[name])}) if name in uses else each
        for name, each in settings.processors.items()
    }
    purposes = {
        name: Purpose(
            name=name, title=each["title"], retention=each["retention"] or None, start=each["start"]
        )
        for name, each in content.get("purposes", {}).items()
    }
    return replace(settings, purposes=MappingProxyType(purposes), processors=MappingProxyType(processors))
