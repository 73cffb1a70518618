"""Quotas of organizations."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SLUG = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column("org_id", _SLUG, sa.ForeignKey("organizations.id"), primary_key=True),
        sa.Column("id", _SLUG, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("quotas")
