"""Keep readers' choices, bounces, events, new addresses, counts for limits, and the editions they get."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("language", sa.String(), server_default="en", nullable=False))
    op.add_column("subscriber", sa.Column("interests", sa.String(), nullable=True))
    op.add_column("subscriber", sa.Column("every_weeks", sa.Integer(), server_default="1", nullable=False))
    op.add_column("subscriber", sa.Column("hour", sa.Integer(), nullable=True))
    op.add_column("subscriber", sa.Column("zone", sa.String(), nullable=True))
    _keep_where_notices_go()
    op.create_table(
        "reader_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        _of_a_subscriber("reader_event"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_event")),
    )
    op.create_index(op.f("ix_reader_event_subscriber_id_id"), "reader_event", ["subscriber_id", "id"])
    op.create_table(
        "soft_bounce",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        _of_a_subscriber("soft_bounce"),
        sa.PrimaryKeyConstraint("subscriber_id", "day", name=op.f("pk_soft_bounce")),
    )
    op.create_table(
        "address_change",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        _of_a_subscriber("address_change"),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("nonce", name=op.f("uq_address_change_nonce")),
    )
    op.create_table(
        "rate",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate")),
    )
    op.create_index(op.f("ix_rate_expires_at"), "rate", ["expires_at"])
    _keep_editions()


def _keep_where_notices_go() -> None:
    # Mails are counted by keyed hashes now, in the table "rate".
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_index(op.f("ix_notice_mailbox_queued_at"))
        batch_op.drop_column("mailbox")
        batch_op.add_column(sa.Column("address", sa.String(), nullable=True))
    there = sa.text("address IS NOT NULL")
    op.create_index(
        op.f("ix_notice_address"), "notice", ["address"], sqlite_where=there, postgresql_where=there
    )


def _keep_editions() -> None:
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("subject", "preheader", "html", "text")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("mjml", "sentinel", "content_hash")),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_edition_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("issue_id", "name", name=op.f("uq_edition_issue_id_name")),
    )
    op.add_column("delivery", sa.Column("edition_id", sa.Integer(), nullable=True))


def _of_a_subscriber(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["subscriber_id"],
        ["subscriber.id"],
        name=op.f(f"fk_{table}_subscriber_id_subscriber"),
        ondelete="CASCADE",
    )
