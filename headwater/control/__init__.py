"""The control database: organizations, sites and keys."""

from headwater.control.database import READ_ONLY, open_control
from headwater.control.errors import BrokenName, ControlError, ControlUnavailable, SiteTaken, UnknownSite
from headwater.control.installation import visitor_key
from headwater.control.key import DEFAULT_SCOPES, SCOPES, count_keys, create_key, find_key, list_keys, revoke_key
from headwater.control.model import ApiKey, Organization, Site
from headwater.control.site import ensure_site, find_site, list_organizations, list_sites, normalize_host

__all__ = [
    "DEFAULT_SCOPES",
    "READ_ONLY",
    "SCOPES",
    "ApiKey",
    "BrokenName",
    "ControlError",
    "ControlUnavailable",
    "Organization",
    "Site",
    "SiteTaken",
    "UnknownSite",
    "count_keys",
    "create_key",
    "ensure_site",
    "find_key",
    "find_site",
    "list_keys",
    "list_organizations",
    "list_sites",
    "normalize_host",
    "open_control",
    "revoke_key",
    "visitor_key",
]
