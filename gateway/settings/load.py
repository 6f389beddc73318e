"""From the file to Settings: read it, check all of it, and say every mistake at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import SettingsError
from gateway.settings.mistakes import key_path, near, quoted, unknown
from gateway.settings.references import Source, is_reference, read_regular
from gateway.settings.schema import (
    Brake,
    Contents,
    Gateway,
    Processor,
    Purpose,
    Table,
    right,
)

MOST_BYTES = 1024 * 1024

Mistake = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Settings:
    """gateway.toml, checked, defaults filled in. `warnings` are for the operator, one sentence each."""

    path: Path
    gateway: Gateway
    brake: Brake
    purposes: Mapping[str, Purpose]
    processors: Mapping[str, Processor]
    warnings: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of gateway.toml, from which paths in it are meant."""
        return self.path.parent


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in a file and the environment; raises SettingsError naming every mistake."""
    document = _parse(path)
    source = Source(path.absolute().parent, environ)
    mistakes = list(_together(document))
    contents: Contents | None = None
    try:
        contents = Contents.model_validate(_readable(document), context=source)
    except ValidationError as err:
        mistakes = _mistakes(err.errors(include_url=False, include_input=False), mistakes)
    if contents is None or mistakes:
        # Outside the `except`: what pydantic raised holds the values of the file.
        raise SettingsError(*(f"{key_path(at)}: {text} ({path.name})" for at, text in _sorted(mistakes)))
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
    )


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


def _parse(path: Path) -> dict[str, Any]:
    try:
        content = read_regular(path, MOST_BYTES)
        text = content.decode("utf-8-sig")
        document = tomllib.loads(text)
    except UnicodeDecodeError as err:
        line = err.object.count(b"\n", 0, err.start) + 1
        raise SettingsError(
            f"{path}: is not UTF-8 text: line {line} has a byte that cannot be read"
        ) from None
    except tomllib.TOMLDecodeError as err:
        raise SettingsError(f"{path}: is not TOML: {_plain(str(err))}") from None
    except RecursionError as err:
        raise SettingsError(f"{path}: is not TOML that can be read: nested too deep") from err
    except ValueError as err:
        reason = "a number in it has too many digits" if "digits" in str(err) else str(err)
        raise SettingsError(f"{path}: {reason}") from err
    if not document:
        raise SettingsError(f"{path}: is empty; it needs [gateway] and [processors.NAME]")
    return document


def _plain(message: str) -> str:
    if message.startswith(("Cannot overwrite a value", "Cannot declare", "Cannot mutate", "Duplicate")):
        where = message[message.rindex("(") :] if "(at " in message else ""
        return f"a key or a table stands twice {where}".rstrip()
    return message


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


def _together(document: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong only in the light of another key."""
    purposes = document.get("purposes", {})
    processors = document.get("processors", {})
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
        if isinstance(purposes, dict) and isinstance(named, list):
            for word in {each: None for each in named if isinstance(each, str) and each not in purposes}:
                yield (*at, "purposes"), f"{quoted(word)}: {unknown('purpose', word, purposes)}"


def _mistakes(errors: Iterable[ErrorDetails], together: Iterable[Mistake]) -> list[Mistake]:
    misspelt: set[tuple[str, ...]] = set()
    mistakes = list(together)
    for error in errors:
        # Places in a list and pydantic's own marks are no keys of the file.
        at = tuple(part for part in error["loc"] if isinstance(part, str) and part != "[key]")
        kind = error["type"]
        table, says = _declared(at)
        must = f"must be {says or 'a table'}"
        if kind == "extra_forbidden":
            table, _ = _declared(at[:-1])
            known = table.model_fields if table else {}
            misspelt.update((*at[:-1], name) for name in near(at[-1], known))
            text = unknown("key", at[-1], known)
        elif kind == "missing":
            text = f"is missing; {must}"
        else:
            text = error["msg"] if kind == "gateway" else must
        mistakes.append((at, text))
    # "rol" for "role" is one mistake, not an unknown key and a missing one.
    return [mistake for mistake in mistakes if mistake[0] not in misspelt]


def _declared(at: Iterable[str]) -> tuple[type[Table] | None, str | None]:
    """The table that stands at a path, and what is right for the key that stands there."""
    table: type[Table] | None = Contents
    says: str | None = None
    for part in at:
        if table is None:
            break
        field = table.model_fields.get(part)
        if field is None:
            # The name of one of many: the table itself was found a step before.
            says = None
            continue
        says = right(field)
        table = next((each for each in _types(field.annotation) if issubclass(each, Table)), None)
    return table, says


def _types(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from _types(part)


def _sorted(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Mistakes of one table stand together; one that was seen twice is said once."""
    return sorted(dict.fromkeys(mistakes), key=lambda mistake: mistake[0][:2])
