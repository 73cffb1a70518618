"""Visitors without a cookie: a keyed hash of address and user agent."""

from datetime import date
from hashlib import blake2b


def visitor_hash(visitor_key: bytes, site_id: str, ip: str, user_agent: str) -> str:
    """32 hex digits for an address and user agent on a site. Without the key nobody can compute it from an address."""
    digest = blake2b(key=visitor_key, digest_size=16)
    for part in (site_id, ip, user_agent):
        text = part.encode("utf-8", "replace")
        digest.update(len(text).to_bytes(4))
        digest.update(text)
    return digest.hexdigest()


def daily_key(visitor_key: bytes, day: date) -> bytes:
    """The visitor key of a UTC day: hashes of two days cannot be told to be of the same visitor without the key."""
    return blake2b(day.isoformat().encode(), key=visitor_key, digest_size=32).digest()
