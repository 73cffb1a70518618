"""Connections of sites to Stripe: saving, finding and dropping them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headwater.contracts.stripe import is_livemode
from headwater.control.errors import BrokenSecret, UnknownSite
from headwater.control.model import Site, StripeConnection
from headwater.control.secret import SecretBox

_WEBHOOK_SECRET = re.compile(r"whsec_[!-~]{1,500}")


def save_stripe_connection(
    session: Session, box: SecretBox, site_id: str, secret_key: str, webhook_secret: str | None = None
) -> StripeConnection:
    """Connect the site to the account of ``secret_key``, in place of the one it had. Does not commit.

    ``created_at`` becomes now, and so everything is loaded again from the beginning.
    Raises UnknownSite, or BrokenSecret for a key that is no secret or restricted key of Stripe.
    """
    site = session.get(Site, site_id)
    if site is None:
        raise UnknownSite(f"there is no site {site_id!r}; `headwater keys create --site {site_id}` makes it")
    try:
        livemode = is_livemode(secret_key)
    except ValueError as error:
        raise BrokenSecret(str(error)) from None
    if webhook_secret is not None and not _WEBHOOK_SECRET.fullmatch(webhook_secret):
        raise BrokenSecret("a webhook's signing secret begins with whsec_")
    connection = session.get(StripeConnection, site_id)
    if connection is None:
        connection = StripeConnection(site_id=site_id, org_id=site.org_id)
        session.add(connection)
    connection.secret_key_encrypted = box.encrypt(secret_key)
    connection.webhook_secret_encrypted = box.encrypt(webhook_secret) if webhook_secret else None
    connection.livemode = livemode
    connection.created_at = datetime.now(UTC)
    session.flush()
    return connection


def find_stripe_connection(session: Session, site_id: str) -> StripeConnection | None:
    """The site's connection, or None when it has none."""
    return session.get(StripeConnection, site_id)


def list_stripe_connections(session: Session) -> Sequence[StripeConnection]:
    """Every connection, by organization and site."""
    return session.scalars(select(StripeConnection).order_by(StripeConnection.org_id, StripeConnection.site_id)).all()


def drop_stripe_connection(session: Session, site_id: str) -> bool:
    """Remove the site's connection and its secrets; return whether there was one. Does not commit."""
    connection = session.get(StripeConnection, site_id)
    if connection is not None:
        session.delete(connection)
        session.flush()
    return connection is not None
