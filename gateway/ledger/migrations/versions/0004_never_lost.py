"""never lost: nodes, leases, schedules, circuits, repeated looks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _add_columns()
    _make_nodes()
    _make_the_rest()


def _add_columns() -> None:
    op.add_column("processors", sa.Column("stopped_by", sa.Text()))
    op.add_column("processors", sa.Column("cause", sa.Text(), server_default="refused", nullable=False))
    with op.batch_alter_table("processors") as batch:
        batch.drop_constraint(op.f("pk_processors"), type_="primary")
        batch.create_primary_key(op.f("pk_processors"), ["name", "cause"])
    op.add_column("plans", sa.Column("made_by", sa.Text()))
    op.add_column("steps", sa.Column("chunk", sa.Text()))
    op.add_column("steps", sa.Column("bulk_id", KEY))
    op.add_column("sweeps", sa.Column("waits_until", sa.BigInteger()))
    op.create_index(op.f("ix_steps_next_at"), "steps", ["next_at"])
    op.add_column("runs", sa.Column("node_id", KEY))


def _make_nodes() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("born", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("doing", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("end", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.create_index(op.f("ix_nodes_ended_at"), "nodes", ["ended_at"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("node_id", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("node_id", KEY),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("task", sa.Text()),
        sa.Column("missed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missed_at", sa.BigInteger()),
        sa.Column("overlapped", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )


def _make_the_rest() -> None:
    op.create_table(
        "circuits",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("broken", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_circuits")),
    )
    op.create_table(
        "watches",
        sa.Column("id", KEY, nullable=False),
        sa.Column("step_id", KEY, nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.BigInteger()),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("refs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
    )
    op.create_index(
        op.f("ix_watches_processor_looked_at_due_at"), "watches", ["processor", "looked_at", "due_at"]
    )
    op.create_index(op.f("ix_watches_step_id"), "watches", ["step_id"])
    op.create_table(
        "facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
