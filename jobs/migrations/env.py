"""Alembic's entry: runs the revisions on the connection it is handed."""

from typing import Literal

from alembic import context

from digest.db import UtcDateTime
from jobs.migrations.tables import METADATA


def render_item(kind: str, item: object, autogen_context: object) -> str | Literal[False]:
    """Write our own type as the plain one behind it: a revision must not change when our code does."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite cannot alter a column in place; batch mode copies the table.
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
