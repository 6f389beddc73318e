"""The tables of what keeps the work going: who works, at what, since when, and what is looked at again."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, Table, Text

from gateway.ledger.columns import Key, Moment, metadata

nodes = Table(
    "nodes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("born", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("doing", JSON, nullable=False, default=list),
    Column("started_at", Moment, nullable=False),
    Column("beat_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("end", Text, nullable=False, default=""),
    Index(None, "ended_at"),
)
"""One row a process that works on the ledger. `kind`: serve or sync. `host`, `pid` and `born` name the process.

`end`: stopped (by itself), gone (its process is not there any more), silent (it did not beat for too long).
"""

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("node_id", Key, nullable=False),
    Column("since", Moment, nullable=False),
)
"""Who works at a processor. A lease lasts as long as its node beats; whoever lost it writes nothing more."""

jobs = Table(
    "jobs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("slot", Moment, nullable=False),
    Column("began_at", Moment),
    Column("ended_at", Moment),
    Column("node_id", Key),
    Column("result", Text, nullable=False, default=""),
    Column("task", Text),
    Column("missed", Integer, nullable=False, server_default="0"),
    Column("missed_at", Moment),
    Column("overlapped", Integer, nullable=False, server_default="0"),
)
"""The last turn of everything that has a schedule: its slot, how it went, and how many turns were missed."""

circuits = Table(
    "circuits",
    metadata,
    Column("account", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("why", Text, nullable=False),
    Column("broken", Integer, nullable=False, server_default="0"),
)
"""Accounts whose calls fail: how many in a row, and until when nobody calls (NULL: they are called).

`broken`: how many answers in a row were not understood.
"""

watches = Table(
    "watches",
    metadata,
    Column("id", Key, primary_key=True),
    Column("step_id", Key, nullable=False),
    Column("processor", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("looked_at", Moment),
    Column("found", Text, nullable=False, default=""),
    Column("refs", JSON, nullable=False, default=list),
    Index(None, "processor", "looked_at", "due_at"),
    Index(None, "step_id"),
)
"""When to look again whether what was proven gone has stayed gone: `day` days after it was proven.

`refs`: the records that are asked for, as [kind, id]. `found`: absent, present, or kept (it is lawful anew).
"""

facts = Table(
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
"""What is true of this ledger as a whole, such as when it was restored from a backup."""
