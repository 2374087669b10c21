"""Alembic's entry: runs the revisions on the connection it is handed."""

from alembic import context

import digest.catalogue.rows
import digest.issues.rows
import jobs.deliveries.rows
import subscribers.rows  # noqa: F401  (imported so that every table is on the metadata)
from digest.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter a column in place; batch mode copies the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
