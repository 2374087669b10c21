"""Keep readers' votes, the tools they save for later, and the day a pause ends."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved",
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_saved_tool_id_tool"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reader", "tool_id", name=op.f("pk_saved")),
    )
    op.create_index(op.f("ix_saved_tool_id"), "saved", ["tool_id"])
    op.create_table(
        "vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.CheckConstraint("verdict in ('ship', 'skip')", name=op.f("ck_vote_verdict_word")),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_vote_tool_id_tool"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.UniqueConstraint("reader", "tool_id", name=op.f("uq_vote_reader_tool_id")),
    )
    op.create_index(op.f("ix_vote_tool_id_verdict"), "vote", ["tool_id", "verdict"])
    op.add_column("subscriber", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
