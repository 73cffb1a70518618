"""Segments."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SLUG = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "segments",
        sa.Column("site_id", _SLUG, sa.ForeignKey("sites.id"), primary_key=True),
        sa.Column("id", _SLUG, primary_key=True),
        sa.Column("org_id", _SLUG, sa.ForeignKey("organizations.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("segments")
