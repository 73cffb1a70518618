"""API keys: ``hw_<8 hex digits>_<secret>``. The digits name the key, the secret proves it and is kept as a hash."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headwater.control.errors import BrokenName, UnknownSite
from headwater.control.model import ApiKey, Site

SCOPES = ("events:write", "metrics:read", "usage:read")
"""What a key may be for: sending events, reading its site's metrics, reading its whole organization's usage."""

DEFAULT_SCOPES = ("events:write", "metrics:read")
_KEY = re.compile(r"hw_([0-9a-f]{8})_([0-9a-f]{48})")


def create_key(
    session: Session,
    org_id: str,
    site_id: str,
    name: str = "",
    scopes: Iterable[str] = DEFAULT_SCOPES,
    rate_per_minute: int = 60_000,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key of the site, and its text, which is not kept and can be shown this once only. Does not commit.

    Raises UnknownSite, or BrokenName for a scope there is not or a rate below one.
    """
    site = session.get(Site, site_id)
    if site is None or site.org_id != org_id:
        raise UnknownSite(f"organization {org_id!r} has no site {site_id!r}")
    wanted = list(dict.fromkeys(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise BrokenName(f"scopes {wanted} must be some of {', '.join(SCOPES)}")
    if rate_per_minute < 1:
        raise BrokenName("rate_per_minute must be at least 1")
    secret = secrets.token_hex(24)
    key = ApiKey(
        id=secrets.token_hex(4),
        secret_hash=hash_secret(secret),
        org_id=org_id,
        site_id=site_id,
        name=name[:200],
        scopes=wanted,
        # PostgreSQL's integer ends here.
        rate_per_minute=min(rate_per_minute, 2**31 - 1),
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, f"hw_{key.id}_{secret}"


def find_key(session: Session, text: str) -> ApiKey | None:
    """The key whose text this is, revoked and expired ones too; None when there is none or the secret is wrong."""
    parts = _KEY.fullmatch(text)
    if parts is None:
        return None
    key = session.get(ApiKey, parts[1])
    if key is None or not hmac.compare_digest(key.secret_hash, hash_secret(parts[2])):
        return None
    return key


def list_keys(session: Session, site_id: str | None = None) -> Sequence[ApiKey]:
    """Every key, or those of one site, revoked ones too, oldest first."""
    query = select(ApiKey).order_by(ApiKey.created_at, ApiKey.id)
    return session.scalars(query if site_id is None else query.where(ApiKey.site_id == site_id)).all()


def count_keys(session: Session) -> int:
    """Keys that are neither revoked nor expired."""
    now = datetime.now(UTC)
    return sum(key.is_in_force(now) for key in session.scalars(select(ApiKey).where(ApiKey.revoked_at.is_(None))))


def revoke_key(session: Session, key_id: str) -> bool:
    """Revoke the key; False when there is none of that id. Revoking twice keeps the first time. Does not commit."""
    key = session.get(ApiKey, key_id)
    if key is None:
        return False
    key.revoked_at = key.revoked_at or datetime.now(UTC)
    session.flush()
    return True


def hash_secret(secret: str) -> bytes:
    """SHA-256 of a key's secret part. The secret is 192 random bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).digest()
