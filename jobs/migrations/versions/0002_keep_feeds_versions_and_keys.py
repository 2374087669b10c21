"""Keep feeds, versions of tools, API keys and an editor's word on an issue."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_api_key_name")),
    )
    op.create_table(
        "feed",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_feed")),
    )
    op.create_table(
        "feed_entry",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_feed_entry_tool_id_tool"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("feed", "key", name=op.f("pk_feed_entry")),
    )
    op.create_index(op.f("ix_feed_entry_tool_id"), "feed_entry", ["tool_id"])
    op.create_table(
        "source_file",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("tool_updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_source_file_tool_id_tool"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_source_file")),
    )
    op.create_index(op.f("ix_source_file_tool_id"), "source_file", ["tool_id"])
    op.create_table(
        "tool_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_tool_version_tool_id_tool"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_version")),
    )
    op.create_index(op.f("ix_tool_version_tool_id"), "tool_version", ["tool_id"])
    with op.batch_alter_table("issue") as batch_op:
        batch_op.add_column(sa.Column("overrides", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("why", sa.String(), nullable=True))

    with op.batch_alter_table("tool") as batch_op:
        batch_op.add_column(sa.Column("link", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("embargoed_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("excluded", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("pinned", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(batch_op.f("ix_tool_category_slug"), ["category", "slug"])
        batch_op.create_index(
            batch_op.f("ix_tool_category_published_on_id"), ["category", "published_on", "id"]
        )
