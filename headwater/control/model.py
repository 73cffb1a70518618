"""The tables of the control database."""

from datetime import UTC, datetime

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, LargeBinary, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SLUG_LENGTH = 64


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. SQLite keeps no offset, so UTC goes in and UTC comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    # Names for every constraint, so that a migration can drop them on both databases.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Organization(Base):
    """Who owns sites."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    """A slug, as in `acme`."""
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=_now)


class Site(Base):
    """What events belong to: a web site, an app, a service. The id is unique in the installation."""

    __tablename__ = "sites"

    id: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    """A slug, as in `shop`."""
    org_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    hosts: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Hosts, in lower case and without a port, whose pages may send events without a key."""
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    """An IANA name; the site's days are days there."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=_now)


class ApiKey(Base):
    """A key of one site. Its secret is kept as a hash only."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    """Eight hex digits: the part of the key that may be shown."""
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the secret part."""
    org_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    scopes: Mapped[list[str]] = mapped_column(JSON)
    rate_per_minute: Mapped[int]
    """Requests a minute."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=_now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the key was last seen, give or take a minute."""

    def is_in_force(self, at: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class InstallationSecret(Base):
    """A random secret that every process of this installation shares."""

    __tablename__ = "installation_secrets"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary(32))


class SavedDefinition(Base):
    """What a customer defined on a site: its shape is `headwater.contracts.definition`'s."""

    __abstract__ = True

    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    """A slug, unique among the site's definitions of its kind."""
    org_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(200))
    definition: Mapped[str] = mapped_column(Text)
    """JSON text."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=_now)


class SavedGoal(SavedDefinition):
    """A `Goal`."""

    __tablename__ = "goals"


class SavedFunnel(SavedDefinition):
    """A `Funnel`."""

    __tablename__ = "funnels"


class SavedCohort(SavedDefinition):
    """A `Cohort`."""

    __tablename__ = "cohorts"


class SavedChannelRule(SavedDefinition):
    """A `ChannelRule`."""

    __tablename__ = "channel_rules"


class SavedQuota(Base):
    """A `Quota` of an organization: its shape is `headwater.contracts.definition`'s."""

    __tablename__ = "quotas"

    org_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    """A slug, unique among the organization's quotas."""
    name: Mapped[str] = mapped_column(String(200))
    definition: Mapped[str] = mapped_column(Text)
    """JSON text."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=_now)


class SavedSegment(SavedDefinition):
    """A `Segment`."""

    __tablename__ = "segments"


class StripeConnection(Base):
    """A site's Stripe account. Its secrets are encrypted under HEADWATER_SECRET_KEY."""

    __tablename__ = "stripe_connections"

    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    secret_key_encrypted: Mapped[bytes] = mapped_column(LargeBinary)
    webhook_secret_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None: webhooks are not taken, and polls bring all."""
    livemode: Mapped[bool]
    """Of the key: whether it is about real money. Rows of the other mode are not taken."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=_now)
