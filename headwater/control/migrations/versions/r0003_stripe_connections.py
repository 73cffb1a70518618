"""Connections to Stripe."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SLUG = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "stripe_connections",
        sa.Column("site_id", _SLUG, sa.ForeignKey("sites.id"), primary_key=True),
        sa.Column("org_id", _SLUG, sa.ForeignKey("organizations.id"), nullable=False),
        sa.Column("secret_key_encrypted", sa.LargeBinary, nullable=False),
        sa.Column("webhook_secret_encrypted", sa.LargeBinary, nullable=True),
        sa.Column("livemode", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("stripe_connections")
