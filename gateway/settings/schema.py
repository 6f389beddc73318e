"""The keys of gateway.toml as frozen models; each says what is right for it, for errors and for the docs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.settings.references import REFERENCE
from gateway.settings.values import (
    A_DURATION,
    A_PERIOD,
    A_REGION,
    A_ZONE,
    Duration,
    Ledger,
    MasterKey,
    ProcessorName,
    PurposeName,
    Region,
    Retention,
    SettingValue,
    SigningKey,
    Text,
    Zone,
    choice,
)


def _key(default: Any, right: str, text: str, **limits: Any) -> Any:
    return Field(default, description=text, json_schema_extra={"right": right}, **limits)


Role = Literal["processor", "joint", "controller", "recipient"]
Start = Literal["created", "updated", "active"]


class Table(BaseModel):
    """What all tables of the file have in common: strict, frozen, closed, and silent about values."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )


class Gateway(Table):
    ledger: Ledger = _key(
        "sqlite:///gateway.db", "a database URL",
        "Where the ledger is: `sqlite:///FILE`, from the folder of this file, or `postgresql://…`; with a "
        f"password in it, as {REFERENCE}.", validate_default=True, repr=False,
    )  # fmt: skip
    master_key: MasterKey = _key(
        ..., REFERENCE, "Opens what the ledger keeps of people: 32 random bytes in base64."
    )
    signing_key: SigningKey = _key(..., REFERENCE, "Signs the trail: an Ed25519 private key, PEM (PKCS 8).")
    timezone: Zone = _key(
        "Europe/Oslo", A_ZONE, "In which a plain date begins and ends.", validate_default=True
    )
    region: Region = _key("NO", A_REGION, "Whose phone numbers those without a country code are.")


class Brake(Table):
    people: int = _key(
        20,
        "a whole number, 0 or more",
        "A plan that deletes more people than this waits for approval …",
        ge=0,
    )
    percent: float = _key(
        2.0, "a number from 0 to 100",
        "… unless they are at most this share of all; the larger of the two counts.",
        ge=0, le=100, allow_inf_nan=False,
    )  # fmt: skip


class PurposeTable(Table):
    title: Text = _key("", "text", "How people call it; without one, its name.")
    retention: Retention | None = _key(
        None, A_PERIOD, "How long data for this purpose is kept; without it no time runs."
    )
    start: Annotated[Start, choice("created", "updated", "active")] = _key(
        "updated", "created, updated or active", "From which date of a record that time runs."
    )


class Purpose(PurposeTable):
    """One `[purposes.NAME]`."""

    name: str


class ProcessorTable(Table):
    plugin: Text = _key(
        "", "the name of a plugin", "Speaks the vendor's API; without one, each step is done by hand."
    )
    role: Annotated[Role, choice("processor", "joint", "controller", "recipient")] = _key(
        ..., "processor, joint, controller or recipient", "What they are under the GDPR."
    )
    agreement: Text = _key("", "text", "The data processing agreement; required where the role is processor.")
    location: Text = _key(..., "text", "Where the data lies.")
    title: Text = _key("", "text", "How people call it; without one, its name.")
    enabled: bool = _key(
        default=True,
        right="true or false",
        text="Whether it is called; secrets of one that is not enabled are not read.",
    )
    source: bool = _key(
        default=False,
        right="true or false",
        text="Whether a record that vanishes here is a deletion to carry on.",
    )
    purposes: tuple[str, ...] = _key(
        (), "a list of names of [purposes.NAME]", "What it is used for; without it, all purposes.",
        strict=False, min_length=1,
    )  # fmt: skip
    parallel: int = _key(
        1,
        "a whole number from 1 to 64",
        "How many calls may run at once, where the vendor allows it.",
        ge=1,
        le=64,
    )
    verify_after: Duration | None = _key(
        None,
        A_DURATION,
        "How long after a deletion absence is checked; without it, as long as the vendor needs.",
    )
    full_sweep_every: Duration = _key(
        "7 days",
        A_DURATION,
        "How often all records are read anew, not only what changed.",
        validate_default=True,
    )
    settings: dict[str, SettingValue] = _key(
        {}, "a table", "What the plugin takes: `url`, and the credentials. `gateway plugins` names the keys.",
        repr=False,
    )  # fmt: skip


class Processor(ProcessorTable):
    """One `[processors.NAME]`. `purposes` names all of them where the file names none."""

    name: str


class Contents(Table):
    gateway: Gateway = _key(..., "a table with master_key and signing_key", "The gateway itself.")
    brake: Brake = _key(Brake(), "a table", "What holds a large deletion until somebody approves it.")
    purposes: dict[PurposeName, PurposeTable] = _key(
        {}, "tables [purposes.NAME]", "Why the firm holds people."
    )
    processors: dict[ProcessorName, ProcessorTable] = _key(
        ..., "at least one table [processors.NAME]", "Who holds people for the firm.", min_length=1
    )


class Key(NamedTuple):
    """One key of the file: where it stands, what is right for it, its default as TOML, and what it does."""

    path: str
    right: str
    default: str
    help: str


def right(field: FieldInfo) -> str:
    """What a value of this key must be."""
    extra = field.json_schema_extra
    return str(extra["right"]) if isinstance(extra, dict) else ""


def document() -> list[Key]:
    """Every key of the file, in its order, for the reference pages."""
    tables: tuple[tuple[str, type[Table]], ...] = (
        ("gateway", Gateway), ("brake", Brake), ("purposes.NAME", PurposeTable),
        ("processors.NAME", ProcessorTable),
    )  # fmt: skip
    return [key for path, table in tables for key in _keys(path, table)]


def _keys(path: str, table: type[Table]) -> Iterator[Key]:
    for name, field in table.model_fields.items():
        yield Key(f"{path}.{name}", right(field), _default(field), field.description or "")


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) and value else str(value or "")
