"""Secrets that all processes of an installation share."""

import secrets

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from headwater.control.model import InstallationSecret


def visitor_key(session: Session) -> bytes:
    """The 32 bytes that key visitor hashes, made at the first call. Commits when it made them."""
    stored = session.get(InstallationSecret, "visitor_key")
    if stored is not None:
        return stored.secret
    session.add(InstallationSecret(name="visitor_key", secret=secrets.token_bytes(32)))
    try:
        session.commit()
    except IntegrityError:
        # Another process made them at the same moment: its bytes hold.
        session.rollback()
    return session.get_one(InstallationSecret, "visitor_key").secret
