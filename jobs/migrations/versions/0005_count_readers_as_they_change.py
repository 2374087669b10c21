"""Count readers by status, and suppressed addresses, as they change: whoever asks need not read the list.

Triggers, because a status changes in many places and a count that forgets one is wrong for good. SQLite has
one writer at a time and keeps one row for each status, which has to be there: a new status needs its row. On
PostgreSQL such rows would make all writers wait for each other, and some for ever; so every statement adds
what it changed, and the rows are summed up (``subscribers.counting``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATUSES = ("pending", "confirmed", "paused", "unsubscribed", "bounced", "complained", "suppressed")

_UNTIL_NOW = (
    "UPDATE reader_count SET change = "
    "(SELECT count(*) FROM subscriber WHERE subscriber.status = reader_count.status)",
    "UPDATE reader_count SET change = (SELECT count(*) FROM suppression) WHERE status = 'suppressed'",
)
_ON_SQLITE = (
    """
    CREATE TRIGGER subscriber_insert_counted AFTER INSERT ON subscriber BEGIN
        UPDATE reader_count SET change = change + 1 WHERE status = new.status;
    END
    """,
    """
    CREATE TRIGGER subscriber_delete_counted AFTER DELETE ON subscriber BEGIN
        UPDATE reader_count SET change = change - 1 WHERE status = old.status;
    END
    """,
    """
    CREATE TRIGGER subscriber_update_counted AFTER UPDATE OF status ON subscriber
    WHEN old.status <> new.status BEGIN
        UPDATE reader_count SET change = change - 1 WHERE status = old.status;
        UPDATE reader_count SET change = change + 1 WHERE status = new.status;
    END
    """,
    """
    CREATE TRIGGER suppression_insert_counted AFTER INSERT ON suppression BEGIN
        UPDATE reader_count SET change = change + 1 WHERE status = 'suppressed';
    END
    """,
    """
    CREATE TRIGGER suppression_delete_counted AFTER DELETE ON suppression BEGIN
        UPDATE reader_count SET change = change - 1 WHERE status = 'suppressed';
    END
    """,
)
_ON_POSTGRESQL = (
    """
    CREATE FUNCTION count_subscriber_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO reader_count (status, change)
        SELECT status, count(*) FROM fresh GROUP BY status;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER subscriber_insert_counted AFTER INSERT ON subscriber
        REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION count_subscriber_insert()
    """,
    """
    CREATE FUNCTION count_subscriber_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO reader_count (status, change)
        SELECT status, -count(*) FROM gone GROUP BY status;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER subscriber_delete_counted AFTER DELETE ON subscriber
        REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION count_subscriber_delete()
    """,
    """
    CREATE FUNCTION count_subscriber_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO reader_count (status, change)
        SELECT status, sum(step)
        FROM (SELECT status, 1 AS step FROM fresh UNION ALL SELECT status, -1 FROM gone) AS moved
        GROUP BY status HAVING sum(step) <> 0;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER subscriber_update_counted AFTER UPDATE ON subscriber
        REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION count_subscriber_update()
    """,
    """
    CREATE FUNCTION count_suppression_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO reader_count (status, change)
        SELECT 'suppressed', count(*) FROM fresh HAVING count(*) > 0;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER suppression_insert_counted AFTER INSERT ON suppression
        REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION count_suppression_insert()
    """,
    """
    CREATE FUNCTION count_suppression_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO reader_count (status, change)
        SELECT 'suppressed', -count(*) FROM gone HAVING count(*) > 0;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER suppression_delete_counted AFTER DELETE ON suppression
        REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION count_suppression_delete()
    """,
)


def upgrade() -> None:
    count = op.create_table(
        "reader_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_count")),
    )
    connection = op.get_bind()
    triggers = _ON_POSTGRESQL if connection.dialect.name == "postgresql" else _ON_SQLITE
    op.bulk_insert(count, [{"status": status, "change": 0} for status in _STATUSES])
    for statement in (*_UNTIL_NOW, *triggers):
        connection.exec_driver_sql(statement)
