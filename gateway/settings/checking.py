"""A TOML file against its tables: read it, check it, and say every mistake in it at once, one line each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.errors import SettingsError
from gateway.settings.mistakes import key_path, near, unknown
from gateway.settings.references import read_regular
from gateway.settings.tables import Table, right

MOST_BYTES = 1024 * 1024

Mistake = tuple[tuple[str, ...], str]
"""Where in the file, key by key, and what is wrong there."""

T = TypeVar("T", bound=Table)


def read_text(path: Path) -> str:
    """The text of a file; raises SettingsError where it cannot be read."""
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = err.object.count(b"\n", 0, err.start) + 1
        raise SettingsError(
            f"{path}: is not UTF-8 text: line {line} has a byte that cannot be read"
        ) from None
    except ValueError as err:
        raise SettingsError(f"{path}: {err}") from err


def parse(text: str, name: str, needs: str) -> dict[str, Any]:
    """The document a text holds; raises SettingsError where it is no TOML, or is empty though it `needs` something."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise SettingsError(f"{name}: is not TOML: {_plain(str(err))}") from None
    except RecursionError as err:
        raise SettingsError(f"{name}: is not TOML that can be read: nested too deep") from err
    except ValueError as err:
        reason = "a number in it has too many digits" if "digits" in str(err) else str(err)
        raise SettingsError(f"{name}: {reason}") from err
    if not document:
        raise SettingsError(f"{name}: is empty; it needs {needs}")
    return document


def _plain(message: str) -> str:
    if message.startswith(("Cannot overwrite a value", "Cannot declare", "Cannot mutate", "Duplicate")):
        where = message[message.rindex("(") :] if "(at " in message else ""
        return f"a key or a table stands twice {where}".rstrip()
    return message


def check(
    root: type[T], document: Mapping[str, Any], also: Iterable[Mistake] = (), context: object = None
) -> tuple[T | None, list[Mistake]]:
    """The document as tables (None where they cannot be made), and the mistakes in it; `also` were found otherwise.

    What pydantic raises holds the values of the file. It ends here, so that no traceback shows them.
    """
    try:
        return root.model_validate(document, context=context), list(also)
    except ValidationError as err:
        return None, _mistakes(root, err.errors(include_url=False, include_input=False), also)


def lines(mistakes: Iterable[Mistake], name: str) -> list[str]:
    """`rules.P1.start: what is wrong (policy.toml)`: those of one table together, and what was seen twice once."""
    found = sorted(dict.fromkeys(mistakes), key=lambda mistake: mistake[0][:2])
    return [f"{key_path(at)}: {text} ({name})" for at, text in found]


def _mistakes(root: type[Table], errors: Iterable[ErrorDetails], also: Iterable[Mistake]) -> list[Mistake]:
    misspelt: set[tuple[str, ...]] = set()
    mistakes = list(also)
    for error in errors:
        # Places in a list and pydantic's own marks are no keys of the file.
        at = tuple(part for part in error["loc"] if isinstance(part, str) and part != "[key]")
        kind = error["type"]
        table, says = _declared(root, at)
        must = f"must be {says or 'a table'}"
        if kind == "extra_forbidden":
            table, _ = _declared(root, at[:-1])
            known = table.model_fields if table else {}
            misspelt.update((*at[:-1], name) for name in near(at[-1], known))
            text = unknown("key", at[-1], known)
        elif kind == "missing":
            text = f"is missing; {must}"
        else:
            text = error["msg"] if kind == "gateway" else must
        # What was wrong with each part of a list says more than that none of them is left.
        if kind != "too_short" or not any(at == place for place, _ in mistakes):
            mistakes.append((at, text))
    # "rol" for "role" is one mistake, not an unknown key and a missing one.
    return [mistake for mistake in mistakes if mistake[0] not in misspelt]


def _declared(root: type[Table], at: Iterable[str]) -> tuple[type[Table] | None, str | None]:
    """The table that stands at a path, and what is right for the key that stands there."""
    table: type[Table] | None = root
    says: str | None = None
    named = False
    for part in at:
        if table is None:
            break
        if named:
            # The name of one of many: the table itself was found a step before.
            says, named = None, False
            continue
        field = table.model_fields.get(part)
        if field is None:
            break
        says, named = right(field), _is_many(field)
        table = next((each for each in _types(field.annotation) if issubclass(each, Table)), None)
    return table, says


def _is_many(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is dict


def _types(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from _types(part)
