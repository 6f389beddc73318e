"""From gateway.toml to Settings: read it, check all of it, and say every mistake at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gateway.errors import SettingsError
from gateway.settings.checking import Mistake, check, lines, parse, read_text
from gateway.settings.mistakes import quoted, unknown
from gateway.settings.references import Source, is_reference
from gateway.settings.schema import Brake, Contents, Gateway, Processor, Purpose
from gateway.settings.serving import Daemon, Schedule

POLICY = "policy.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """gateway.toml, checked, defaults filled in. `warnings` are for the operator, one sentence each.

    `policy_path` is the policy.toml beside it, where there is one. Then `purposes` is empty, and a processor whose
    `purposes` are is used for all of the policy's.
    """

    path: Path
    gateway: Gateway
    brake: Brake
    purposes: Mapping[str, Purpose]
    processors: Mapping[str, Processor]
    warnings: tuple[str, ...] = ()
    policy_path: Path | None = None
    daemon: Daemon = field(default_factory=Daemon)
    schedule: Schedule = field(default_factory=Schedule)

    @property
    def folder(self) -> Path:
        """The folder of gateway.toml, from which paths in it are meant."""
        return self.path.parent


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in a file and the environment; raises SettingsError naming every mistake."""
    document = parse(read_text(path), str(path), "[gateway] and [processors.NAME]")
    source = Source(path.absolute().parent, environ)
    policy_path = _policy_beside(source.folder)
    together = _together(document, has_policy=policy_path is not None)
    contents, mistakes = check(Contents, _readable(document), together, source)
    if contents is None or mistakes:
        raise SettingsError(*lines(mistakes, path.name))
    purposes = {
        name: Purpose.model_construct(**{**dict(table), "name": name, "title": table.title or name})
        for name, table in contents.purposes.items()
    }
    return Settings(
        path=path.absolute(),
        gateway=contents.gateway,
        brake=contents.brake,
        purposes=MappingProxyType(purposes),
        processors=MappingProxyType(dict(_processors(contents))),
        warnings=tuple(
            f"the file {quoted(name)} can be read by every user of this machine; take that right away: "
            f"chmod o-r {name} ({path.name})"
            for name in dict.fromkeys(source.exposed)
        ),
        policy_path=policy_path,
        daemon=contents.daemon,
        schedule=contents.schedule,
    )


def _policy_beside(folder: Path) -> Path | None:
    path = folder / POLICY
    # A link that leads nowhere is a policy that cannot be read, not a firm without one.
    return path if path.exists() or path.is_symlink() else None


def _processors(contents: Contents) -> Iterator[tuple[str, Processor]]:
    for name, table in contents.processors.items():
        filled: dict[str, Any] = {
            **dict(table),
            "name": name,
            "title": table.title or name,
            "purposes": table.purposes or tuple(contents.purposes),
            "settings": MappingProxyType(table.settings),
        }
        yield name, Processor.model_construct(**filled)


def _readable(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the secrets of processors that are not enabled: nothing needs them."""
    processors = document.get("processors")
    if not isinstance(processors, dict):
        return document
    return {
        **document,
        "processors": {name: _without_secrets(table) for name, table in processors.items()},
    }


def _without_secrets(table: Any) -> Any:
    if not isinstance(table, dict) or table.get("enabled") is not False:
        return table
    settings = table.get("settings")
    if not isinstance(settings, dict):
        return table
    return {**table, "settings": {key: value for key, value in settings.items() if not is_reference(value)}}


def _together(document: dict[str, Any], *, has_policy: bool) -> Iterator[Mistake]:
    """What is wrong only in the light of another key, or of the policy beside the file."""
    purposes = document.get("purposes", {})
    processors = document.get("processors", {})
    if has_policy and "purposes" in document:
        yield ("purposes",), f"purposes stand in {POLICY}, which lies beside this file; take them away here"
    for name, table in processors.items() if isinstance(processors, dict) else ():
        if not isinstance(table, dict):
            continue
        at = ("processors", name)
        if table.get("role") == "processor" and "agreement" not in table:
            yield (*at, "agreement"), "is missing; a processor needs a data processing agreement: name it"
        if "plugin" in table and "settings" not in table:
            yield (*at, "settings"), "is missing; the plugin needs this table with url and the credentials"
        if "settings" in table and "plugin" not in table:
            yield (*at, "settings"), "there is no plugin to take them; name it: plugin = …"
        named = table.get("purposes")
        if not has_policy and isinstance(purposes, dict) and isinstance(named, list):
            for word in {each: None for each in named if isinstance(each, str) and each not in purposes}:
                yield (*at, "purposes"), f"{quoted(word)}: {unknown('purpose', word, purposes)}"
