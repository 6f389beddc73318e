"""rules and clocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("subjects", sa.Column("look_at", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(op.f("ix_subjects_look_at"), "subjects", ["look_at"])
    op.create_table(
        "events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_events_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_subject_id"), "events", ["subject_id"])
    op.create_table(
        "holds",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data_set", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("told_at", sa.BigInteger()),
        sa.Column("released_at", sa.BigInteger()),
        sa.Column("released_by", sa.Text()),
        sa.Column("released_why", sa.Text()),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_holds_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_subject_id"), "holds", ["subject_id"])
    op.create_table(
        "absences",
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("data_set", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("step_id", KEY),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_absences_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", "data_set", "processor", name=op.f("pk_absences")),
    )
    op.create_table(
        "policies",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.Column("erases", sa.Integer(), server_default="0", nullable=False),
        sa.Column("allowed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("answered_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
    )
    op.create_index(op.f("ix_policies_version"), "policies", ["version"])
    op.create_table(
        "obligations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("policy_id", KEY),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("start_at", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("rolled_at", sa.BigInteger()),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_obligations_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligations")),
        sa.UniqueConstraint(
            "subject_id", "action", "purpose", name=op.f("uq_obligations_subject_id_action_purpose")
        ),
    )
    op.create_index(op.f("ix_obligations_due_at"), "obligations", ["due_at"])
    for name, kind in (
        ("rule", sa.Text()), ("policy_id", KEY), ("start_at", sa.BigInteger()), ("rolled_at", sa.BigInteger()),
        ("extended_at", sa.BigInteger()), ("extended_by", sa.Text()), ("extended_why", sa.Text()),
        ("told_at", sa.BigInteger()),
    ):  # fmt: skip
        op.add_column("cases", sa.Column(name, kind))
    op.add_column("steps", sa.Column("scope", sa.JSON()))
    op.add_column("steps", sa.Column("owed", sa.JSON()))
