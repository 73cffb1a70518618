"""What can be wrong with the control database or a request to it.

ControlError
├── ControlUnavailable  the database cannot be reached or used, or is newer than this program
├── BrokenName          an id is not a slug, a host is not a host, a scope or time zone is unknown
├── SiteTaken           the site belongs to another organization
├── UnknownSite         there is no such site
├── UnknownOrganization there is no such organization
├── BrokenSecret        a key of Stripe that cannot be one
└── SecretKeyMissing    HEADWATER_SECRET_KEY is not set, is broken, or is another than the one that encrypted
"""


class ControlError(Exception):
    """The control database could not do what was asked."""


class ControlUnavailable(ControlError):
    """The database cannot be reached or used, or is newer than this program."""


class BrokenName(ControlError):
    """An id, host, scope or time zone that cannot be one."""


class SiteTaken(ControlError):
    """The site belongs to another organization. Site ids are unique in an installation."""


class UnknownSite(ControlError):
    """There is no such site; `ensure_site` makes one."""


class UnknownOrganization(ControlError):
    """There is no such organization; `ensure_site` makes one with its first site."""


class BrokenSecret(ControlError):
    """A key or webhook secret that cannot be one of Stripe's."""


class SecretKeyMissing(ControlError):
    """HEADWATER_SECRET_KEY is not set, is broken, or is another than the one that encrypted what is to be read."""
