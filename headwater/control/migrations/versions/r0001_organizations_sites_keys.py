"""Organizations, sites, keys and the installation's secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SLUG = sa.String(64)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", _SLUG, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
    )
    op.create_table(
        "sites",
        sa.Column("id", _SLUG, primary_key=True),
        sa.Column("org_id", _SLUG, sa.ForeignKey("organizations.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("hosts", sa.JSON, nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
    )
    op.create_index("ix_sites_org_id", "sites", ["org_id"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(8), primary_key=True),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("org_id", _SLUG, sa.ForeignKey("organizations.id"), nullable=False),
        sa.Column("site_id", _SLUG, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("rate_per_minute", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME),
        sa.Column("revoked_at", _TIME),
        sa.Column("last_used_at", _TIME),
    )
    op.create_index("ix_api_keys_site_id", "api_keys", ["site_id"])
    op.create_table(
        "installation_secrets",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("secret", sa.LargeBinary(32), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("installation_secrets")
    op.drop_table("api_keys")
    op.drop_table("sites")
    op.drop_table("organizations")
