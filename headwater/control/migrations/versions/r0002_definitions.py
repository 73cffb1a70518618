"""Goals, funnels, cohorts and channel rules."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = ("goals", "funnels", "cohorts", "channel_rules")
_SLUG = sa.String(64)


def upgrade() -> None:
    for table in _TABLES:
        op.create_table(
            table,
            sa.Column("site_id", _SLUG, sa.ForeignKey("sites.id"), primary_key=True),
            sa.Column("id", _SLUG, primary_key=True),
            sa.Column("org_id", _SLUG, sa.ForeignKey("organizations.id"), nullable=False),
            sa.Column("name", sa.String(200), nullable=False),
            sa.Column("definition", sa.Text, nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        )


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
