"""What Alembic runs: the migrations, on the connection it is handed."""

from __future__ import annotations

from typing import Literal

from alembic import context

from gateway.ledger.tables import Moment, metadata


def render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Moments are plain integers in a migration, so that it never changes when the code does."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Moment) else False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, render_item=render)
with context.begin_transaction():
    context.run_migrations()
