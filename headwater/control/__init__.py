"""The control database: organizations, sites, keys, and what customers define on their sites."""

from headwater.control.database import READ_ONLY, control_errors, open_control
from headwater.control.definition import drop_definition, list_definitions, save_definition
from headwater.control.errors import BrokenName, ControlError, ControlUnavailable, SiteTaken, UnknownSite
from headwater.control.installation import visitor_key
from headwater.control.key import DEFAULT_SCOPES, SCOPES, count_keys, create_key, find_key, list_keys, revoke_key
from headwater.control.model import (
    ApiKey,
    Organization,
    SavedChannelRule,
    SavedCohort,
    SavedDefinition,
    SavedFunnel,
    SavedGoal,
    Site,
)
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
    "SavedChannelRule",
    "SavedCohort",
    "SavedDefinition",
    "SavedFunnel",
    "SavedGoal",
    "Site",
    "SiteTaken",
    "UnknownSite",
    "control_errors",
    "count_keys",
    "create_key",
    "drop_definition",
    "ensure_site",
    "find_key",
    "find_site",
    "list_definitions",
    "list_keys",
    "list_organizations",
    "list_sites",
    "normalize_host",
    "open_control",
    "revoke_key",
    "save_definition",
    "visitor_key",
]
