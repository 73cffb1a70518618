"""Quotas of an organization: saving, finding and dropping them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from headwater.contracts.definition import Quota
from headwater.control.errors import UnknownOrganization
from headwater.control.model import Organization, SavedQuota
from headwater.control.site import add_or_find, check_slug


def save_quota(session: Session, org_id: str, quota_id: str, quota: Quota, name: str = "") -> SavedQuota:
    """Keep a quota under its id, in place of the one that had it. Does not commit.

    ``quota_id`` is a slug, unique among the organization's quotas. Raises BrokenName, UnknownOrganization, or
    msgspec.ValidationError for a quota that was built with what none can hold.
    """
    if session.get(Organization, org_id) is None:
        raise UnknownOrganization(
            f"there is no organization {org_id!r}; `headwater keys create --org {org_id} --site …` makes it"
        )
    text = msgspec.json.encode(quota)
    msgspec.json.decode(text, type=Quota)
    values = {"name": name or quota_id, "definition": text.decode()}
    saved = session.get(SavedQuota, (org_id, check_slug(quota_id, "quota")))
    if saved is None:
        saved = add_or_find(session, SavedQuota(org_id=org_id, id=quota_id, **values), (org_id, quota_id))
    saved.name, saved.definition = values["name"], values["definition"]
    session.flush()
    return saved


def find_quota(session: Session, org_id: str, quota_id: str) -> SavedQuota | None:
    """The saved quota, or None when there is none of that id."""
    return session.get(SavedQuota, (org_id, quota_id))


def drop_quota(session: Session, org_id: str, quota_id: str) -> bool:
    """Remove a quota; return whether there was one. Does not commit."""
    saved = find_quota(session, org_id, quota_id)
    if saved is not None:
        session.delete(saved)
        session.flush()
    return saved is not None


def list_quotas(session: Session, org_id: str | None = None) -> Sequence[SavedQuota]:
    """Every saved quota, or those of one organization, by organization and id."""
    query = select(SavedQuota).order_by(SavedQuota.org_id, SavedQuota.id)
    return session.scalars(query if org_id is None else query.where(SavedQuota.org_id == org_id)).all()
