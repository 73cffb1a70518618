"""The control database: organizations, sites, keys, connections, and what customers define."""

from headwater.control.database import READ_ONLY, control_errors, open_control
from headwater.control.definition import (
    KINDS,
    TABLES,
    drop_definition,
    find_definition,
    list_definitions,
    save_definition,
)
from headwater.control.errors import (
    BrokenName,
    BrokenSecret,
    ControlError,
    ControlUnavailable,
    SecretKeyMissing,
    SiteTaken,
    UnknownOrganization,
    UnknownSite,
)
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
    SavedQuota,
    SavedSegment,
    Site,
    StripeConnection,
)
from headwater.control.quota import drop_quota, find_quota, list_quotas, save_quota
from headwater.control.secret import SecretBox, make_secret_key
from headwater.control.site import ensure_site, find_site, list_organizations, list_sites, normalize_host
from headwater.control.stripe_connection import (
    drop_stripe_connection,
    find_stripe_connection,
    list_stripe_connections,
    save_stripe_connection,
)

__all__ = [
    "DEFAULT_SCOPES",
    "KINDS",
    "READ_ONLY",
    "SCOPES",
    "TABLES",
    "ApiKey",
    "BrokenName",
    "BrokenSecret",
    "ControlError",
    "ControlUnavailable",
    "Organization",
    "SavedChannelRule",
    "SavedCohort",
    "SavedDefinition",
    "SavedFunnel",
    "SavedGoal",
    "SavedQuota",
    "SavedSegment",
    "SecretBox",
    "SecretKeyMissing",
    "Site",
    "SiteTaken",
    "StripeConnection",
    "UnknownOrganization",
    "UnknownSite",
    "control_errors",
    "count_keys",
    "create_key",
    "drop_definition",
    "drop_quota",
    "drop_stripe_connection",
    "ensure_site",
    "find_definition",
    "find_key",
    "find_quota",
    "find_site",
    "find_stripe_connection",
    "list_definitions",
    "list_keys",
    "list_organizations",
    "list_quotas",
    "list_sites",
    "list_stripe_connections",
    "make_secret_key",
    "normalize_host",
    "open_control",
    "revoke_key",
    "save_definition",
    "save_quota",
    "save_stripe_connection",
    "visitor_key",
]
