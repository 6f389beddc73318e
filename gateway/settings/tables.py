"""What the tables of gateway.toml and policy.toml have in common: how a key is declared, and told of in the docs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined


class Table(BaseModel):
    """One table of a file: strict, frozen, closed, and silent about values."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )


class Key(NamedTuple):
    """One key of a file: where it stands, what is right for it, its default as TOML, and what it does."""

    path: str
    right: str
    default: str
    help: str


def key(default: Any, right: str, text: str, **limits: Any) -> Any:
    """A field of a table that says what is right for it, for mistakes and for the docs, and what it does."""
    return Field(default, description=text, json_schema_extra={"right": right}, **limits)


def right(field: FieldInfo) -> str:
    """What a value of this key must be."""
    extra = field.json_schema_extra
    return str(extra["right"]) if isinstance(extra, dict) else ""


def keys(path: str, table: type[Table]) -> Iterator[Key]:
    """Every key of one table, in its order, for the reference pages."""
    for name, field in table.model_fields.items():
        yield Key(f"{path}.{name}", right(field), _default(field), field.description or "")


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple) and value:
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) and value else str(value or "")
