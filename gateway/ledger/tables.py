"""The ledger's tables: who is held where, why and until when, what was done about it, and nothing else.

Times are whole microseconds since 1970 in UTC, so that both databases sort and compare them alike.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.ledger.columns import (
    EPOCH,
    AnyRow,
    Key,
    Moment,
    Transaction,
    from_micros,
    metadata,
    to_micros,
)
from gateway.ledger.keeping_tables import circuits, facts, jobs, leases, nodes, watches

__all__ = [
    "EPOCH", "AnyRow", "Key", "Moment", "Transaction", "absences", "bases", "cases", "checkpoints", "circuits", "events",
    "facts", "from_micros", "holders", "holds", "identities", "jobs", "leases", "metadata", "nodes", "obligations",
    "plans", "policies", "processors", "questions", "quota", "records", "runs", "secrets", "steps", "subjects",
    "sweeps", "to_micros", "tombstones", "trail", "watches",
]  # fmt: skip

processors = Table(
    "processors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("stopped_at", Moment),
    Column("stopped_why", Text),
    Column("stopped_by", Text),
    Column("cause", Text, primary_key=True, nullable=False, server_default="refused"),
)
"""Accounts that are stopped, and (`*`) all deletions. `cause`: refused (credentials), errors, operator."""

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("processor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("cursor", Text),
    Column("pages", Integer, nullable=False, default=0),
    Column("records", Integer, nullable=False, default=0),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("complete", Boolean),
    Column("settled", Boolean, nullable=False, default=False),
    Column("waits_until", Moment),
    Index(None, "processor", "kind", "id"),
)

subjects = Table(
    "subjects",
    metadata,
    Column("id", Key, primary_key=True),
    Column("wrapped_key", LargeBinary),
    Column("erased_at", Moment),
    Column("look_at", BigInteger, nullable=False, server_default="0"),
    Index(None, "look_at"),
)
"""`look_at`: when the rules have to look at this person again, in microseconds; 0 where something has changed."""

records = Table(
    "records",
    metadata,
    Column("id", Key, primary_key=True),
    Column("processor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("vendor_id", Text, nullable=False),
    Column("subject_id", ForeignKey("subjects.id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("name_hash", LargeBinary),
    Column("born_hash", LargeBinary),
    Column("created_at", Moment),
    Column("updated_at", Moment),
    Column("active_at", Moment),
    Column("sweep_id", Key, nullable=False),
    Column("state", Text, nullable=False),
    Column("look_at", Moment),
    Column("returned_step", Key),
    UniqueConstraint("processor", "kind", "vendor_id"),
    Index(None, "subject_id"),
)
"""`state`: held; kept or refused (out of scope until `look_at`); vanished (absent at its source); gone (erased here)."""

identities = Table(
    "identities",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("record_id", ForeignKey("records.id"), primary_key=True),
    Column("subject_id", Key, nullable=False),
    Index(None, "record_id"),
    sqlite_with_rowid=False,
)

bases = Table(
    "bases",
    metadata,
    Column("id", Key, primary_key=True),
    Column("subject_id", ForeignKey("subjects.id"), nullable=False),
    Column("record_id", Key),
    Column("processor", Text),
    Column("purpose", Text, nullable=False),
    Column("basis", Text, nullable=False, default="consent"),
    Column("given_at", Moment),
    Column("over_at", Moment),
    Column("withdrawn_at", Moment),
    Column("source", Text, nullable=False),
    Column("noted_at", Moment, nullable=False),
    Index(None, "subject_id"),
    Index(None, "record_id"),
    Index(None, "over_at"),
    Index(None, "withdrawn_at"),
)

events = Table(
    "events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("subject_id", ForeignKey("subjects.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("purpose", Text),
    Column("at", Moment, nullable=False),
    Column("source", Text, nullable=False),
    Column("noted_at", Moment, nullable=False),
    Index(None, "subject_id"),
)
"""What happened to a person and starts or ends a period: `process-closed`, `informed`, `erasure-requested` …"""

holds = Table(
    "holds",
    metadata,
    Column("id", Key, primary_key=True),
    Column("subject_id", ForeignKey("subjects.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("data_set", Text),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("told_at", Moment),
    Column("released_at", Moment),
    Column("released_by", Text),
    Column("released_why", Text),
    Index(None, "subject_id"),
)
"""`kind`: order, freeze, claims; of one data set, or (NULL) of all that is held on the person."""

absences = Table(
    "absences",
    metadata,
    Column("subject_id", ForeignKey("subjects.id"), primary_key=True),
    Column("data_set", Text, primary_key=True),
    Column("processor", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("step_id", Key),
)
"""A data set that was erased at a processor where other data of the person stay; until a record there changes."""

policies = Table(
    "policies",
    metadata,
    Column("id", Key, primary_key=True),
    Column("version", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("seen_by", Text, nullable=False),
    Column("erases", Integer, nullable=False, server_default="0"),
    Column("allowed", Integer, nullable=False, server_default="0"),
    Column("answered_at", Moment),
    Column("answered_by", Text),
    Index(None, "version"),
)
"""The rules as they were read: `state` active, replaced, waiting (for a second person), dropped."""

obligations = Table(
    "obligations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("subject_id", ForeignKey("subjects.id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("policy_id", Key),
    Column("event", Text, nullable=False),
    Column("start_at", Moment),
    Column("due_at", Moment, nullable=False),
    Column("rolled_at", Moment),
    Column("noted_at", Moment, nullable=False),
    UniqueConstraint("subject_id", "action", "purpose"),
    Index(None, "due_at"),
)
"""What only people can do, as the rules say now: ask for new consent, tell a person that they are held."""

plans = Table(
    "plans",
    metadata,
    Column("id", Key, primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("people", Integer, nullable=False),
    Column("allowed", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("answered_at", Moment),
    Column("answered_by", Text),
    Column("made_by", Text),
)
"""`state`: running, waiting (for approval), approved, dropped."""

cases = Table(
    "cases",
    metadata,
    Column("id", Key, primary_key=True),
    Column("subject_id", ForeignKey("subjects.id"), nullable=False),
    Column("plan_id", ForeignKey("plans.id")),
    Column("trigger", Text, nullable=False),
    Column("purpose", Text),
    Column("why", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("held_by", Key),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("rule", Text),
    Column("policy_id", Key),
    Column("start_at", Moment),
    Column("rolled_at", Moment),
    Column("extended_at", Moment),
    Column("extended_by", Text),
    Column("extended_why", Text),
    Column("told_at", Moment),
    Index(None, "subject_id"),
    Index(None, "state"),
)
"""`due_at` is hard, `rolled_at` what it becomes where that is no working day; both count from `start_at` by `rule`.

`state`: open, held (a question), waiting (approval of its plan), closed, dropped."""

steps = Table(
    "steps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("processor", Text, nullable=False),
    Column("outcome", Text),
    Column("reason", Text, nullable=False, default=""),
    Column("kept", JSON, nullable=False, default=list),
    Column("deleted", JSON, nullable=False, default=list),
    Column("attempts", Integer, nullable=False, default=0),
    Column("intent_run", Key),
    Column("next_at", Moment),
    Column("done_at", Moment),
    Column("closed_at", Moment),
    Column("scope", JSON(none_as_null=True)),
    Column("owed", JSON(none_as_null=True)),
    Column("chunk", Text),
    Column("bulk_id", Key),
    UniqueConstraint("case_id", "processor"),
    Index(None, "processor", "closed_at"),
    Index(None, "next_at"),
)
"""`chunk`: the work of the engine a step is part of, if it is still under way there. `bulk_id`: the question by which a
person was asked to delete many at once, in the vendor's own screen.

`scope`: which data sets, and which kinds of records, a step is about (NULL: everything). `owed`: the obligations."""

runs = Table(
    "runs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("processor", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("error", Text),
    Column("node_id", Key),
)

questions = Table(
    "questions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("subject_id", Key),
    Column("other_id", Key),
    Column("step_id", Key),
    Column("sweep_id", Key),
    Column("asked_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("answer", Text),
    Column("note", Text),
    Column("answered_at", Moment),
    Column("answered_by", Text),
    Index(None, "subject_id"),
    Index(None, "step_id"),
)
"""`kind`: match (one person or two), task (to be done by hand), bulk (many, in the vendor's own screen),
unlinkable, untrue, returned, sweep (shrunken), hold (an end that comes), restrict (what stays leaves search and
matching)."""

tombstones = Table(
    "tombstones",
    metadata,
    Column("hash", LargeBinary, nullable=False),
    Column("processor", Text),
    Column("step_id", Key, nullable=False),
    Column("erased_at", Moment, nullable=False),
    Index(None, "hash"),
)
"""A keyed hash of what was erased, at one processor, or (`processor` NULL) everywhere."""

quota = Table(
    "quota",
    metadata,
    Column("account", Text, primary_key=True),
    Column("state", JSON, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("account", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("stored_at", Moment, nullable=False),
)
"""What a vendor gave an account to sign in with, such as a rotated refresh token; sealed with the master key."""

trail = Table(
    "trail",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

holders = Table(
    "holders",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("since", Moment, nullable=False),
)
"""Who holds a lock, for the message to the next; the lock itself dies with its holder."""
