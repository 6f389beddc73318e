"""The keys of gateway.toml as frozen models; each says what is right for it, for errors and for the docs."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.settings.references import REFERENCE
from gateway.settings.serving import Daemon, OwnSchedule, Schedule
from gateway.settings.tables import Key, Table, key, keys
from gateway.settings.values import (
    A_COUNTRY,
    A_DAY,
    A_DURATION,
    A_LIST_OF_DAYS,
    A_PERIOD,
    A_REGION,
    A_ZONE,
    Country,
    Day,
    Days,
    Duration,
    Ledger,
    MasterKey,
    Names,
    ProcessorName,
    PurposeName,
    Region,
    Retention,
    SettingValue,
    SigningKey,
    Text,
    Texts,
    Zone,
    choice,
)

Role = Literal["processor", "joint", "controller", "recipient"]
Start = Literal["created", "updated", "active"]
TransferBasis = Literal["", "adequacy", "scc", "bcr", "derogation", "nda"]


class Gateway(Table):
    ledger: Ledger = key(
        "sqlite:///gateway.db", "a database URL",
        "Where the ledger is: `sqlite:///FILE`, from the folder of this file, or `postgresql://…`; with a "
        f"password in it, as {REFERENCE}.", validate_default=True, repr=False,
    )  # fmt: skip
    master_key: MasterKey = key(
        ..., REFERENCE, "Opens what the ledger keeps of people: 32 random bytes in base64."
    )
    signing_key: SigningKey = key(..., REFERENCE, "Signs the trail: an Ed25519 private key, PEM (PKCS 8).")
    timezone: Zone = key(
        "Europe/Oslo", A_ZONE, "In which a plain date begins and ends.", validate_default=True
    )
    region: Region = key("NO", A_REGION, "Whose phone numbers those without a country code are.")
    verify_again: Days = key(
        ("1 day", "14 days", "30 days", "365 days"), A_LIST_OF_DAYS,
        "How long after a deletion was proven it is looked for again; an empty list: never.", validate_default=True,
    )  # fmt: skip


class Brake(Table):
    people: int = key(
        20,
        "a whole number, 0 or more",
        "A plan that deletes more people than this waits for approval …",
        ge=0,
    )
    percent: float = key(
        2.0, "a number from 0 to 100",
        "… unless they are at most this share of all; the larger of the two counts.",
        ge=0, le=100, allow_inf_nan=False,
    )  # fmt: skip
    failures: int = key(
        5, "a whole number, 1 or more",
        "So many runs in a row that end in an answer not understood stop the account, until `gateway resume`.", ge=1,
    )  # fmt: skip
    second_person: bool = key(
        default=False, right="true or false",
        text="Whether `gateway approve` and `gateway resume` are for another than who made the plan, or stopped.",
    )  # fmt: skip


class PurposeTable(Table):
    title: Text = key("", "text", "How people call it; without one, its name.")
    retention: Retention | None = key(
        None, A_PERIOD, "How long data for this purpose is kept; without it no time runs."
    )
    start: Annotated[Start, choice("created", "updated", "active")] = key(
        "updated", "created, updated or active", "From which date of a record that time runs."
    )


class Purpose(PurposeTable):
    """One `[purposes.NAME]`."""

    name: str


class ProcessorTable(Table):
    plugin: Text = key(
        "", "the name of a plugin", "Speaks the vendor's API; without one, each step is done by hand."
    )
    role: Annotated[Role, choice("processor", "joint", "controller", "recipient")] = key(
        ..., "processor, joint, controller or recipient", "What they are under the GDPR."
    )
    agreement: Text = key("", "text", "The data processing agreement; required where the role is processor.")
    signed: Day | None = key(None, A_DAY, "When that agreement was signed.")
    agreement_until: Day | None = key(None, A_DAY, "When it runs out; without it, it has no end of its own.")
    location: Text = key(..., "text", "Where the data lies.")
    country: Country = key("", A_COUNTRY, "Where the data lies or is reached from: two letters of ISO 3166.")
    transfer_basis: Annotated[
        TransferBasis, choice("adequacy", "scc", "bcr", "derogation", "nda", optional=True)
    ] = key(
        "", "adequacy, scc, bcr, derogation or nda",
        "What lets the data leave the EEA (GDPR chapter V); `nda`, a promise of secrecy, is none.",
    )  # fmt: skip
    transfer_until: Day | None = key(None, A_DAY, "When that basis ends, where it has an end.")
    sub_processors: Texts = key((), "a list of texts", "Whom they use in turn.")
    own_purposes: bool = key(
        default=False, right="true or false", text="Whether they use the data for purposes of their own."
    )
    title: Text = key("", "text", "How people call it; without one, its name.")
    enabled: bool = key(
        default=True,
        right="true or false",
        text="Whether it is called; secrets of one that is not enabled are not read.",
    )
    source: bool = key(
        default=False,
        right="true or false",
        text="Whether a record that vanishes here is a deletion to carry on.",
    )
    purposes: Names = key(
        (), "a list of names of [purposes.NAME]", "What it is used for; without it, all purposes.",
        min_length=1,
    )  # fmt: skip
    parallel: int = key(
        1,
        "a whole number from 1 to 64",
        "How many calls may run at once, where the vendor allows it.",
        ge=1,
        le=64,
    )
    verify_after: Duration | None = key(
        None,
        A_DURATION,
        "How long after a deletion absence is checked; without it, as long as the vendor needs.",
    )
    full_sweep_every: Duration = key(
        "7 days",
        A_DURATION,
        "How often all records are read anew, not only what changed.",
        validate_default=True,
    )
    schedule: OwnSchedule = key(
        OwnSchedule(), "a table", "When what is done there, where it is not as in [schedule]."
    )
    settings: dict[str, SettingValue] = key(
        {}, "a table", "What the plugin takes: `url`, and the credentials. `gateway plugins` names the keys.",
        repr=False,
    )  # fmt: skip


class Processor(ProcessorTable):
    """One `[processors.NAME]`. `purposes` names all of them where the file names none."""

    name: str


class Contents(Table):
    gateway: Gateway = key(..., "a table with master_key and signing_key", "The gateway itself.")
    brake: Brake = key(Brake(), "a table", "What holds a large deletion until somebody approves it.")
    daemon: Daemon = key(Daemon(), "a table", "How `gateway serve` behaves.")
    schedule: Schedule = key(Schedule(), "a table", "When `gateway serve` does what.")
    purposes: dict[PurposeName, PurposeTable] = key(
        {}, "tables [purposes.NAME]", "Why the firm holds people."
    )
    processors: dict[ProcessorName, ProcessorTable] = key(
        ..., "at least one table [processors.NAME]", "Who holds people for the firm.", min_length=1
    )


def document() -> list[Key]:
    """Every key of the file, in its order, for the reference pages."""
    tables: tuple[tuple[str, type[Table]], ...] = (
        ("gateway", Gateway), ("brake", Brake), ("daemon", Daemon), ("schedule", Schedule),
        ("purposes.NAME", PurposeTable), ("processors.NAME", ProcessorTable),
        ("processors.NAME.schedule", OwnSchedule),
    )  # fmt: skip
    return [each for path, table in tables for each in keys(path, table)]
