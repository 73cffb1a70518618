"""Organizations and sites: making them, finding them."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from headwater.control.errors import BrokenName, SiteTaken
from headwater.control.model import Base, Organization, Site

Row = TypeVar("Row", bound=Base)

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*")
_PORT = re.compile(r":\d{1,5}\Z")


def ensure_site(
    session: Session,
    org_id: str,
    site_id: str,
    hosts: Iterable[str] | None = None,
    timezone: str | None = None,
) -> Site:
    """The site, made when it is new, its organization too. Does not commit.

    ``hosts`` are added to those it has; ``timezone`` (an IANA name) replaces the one it has, and is UTC for a new site.
    Raises BrokenName, or SiteTaken when the site belongs to another organization.
    """
    wanted_hosts = sorted({normalize_host(host) for host in hosts or ()})
    if timezone is not None:
        _check_timezone(timezone)
    site = session.get(Site, check_slug(site_id, "site"))
    if site is None:
        if session.get(Organization, check_slug(org_id, "organization")) is None:
            add_or_find(session, Organization(id=org_id, name=org_id), org_id)
        new = Site(id=site_id, org_id=org_id, name=site_id, hosts=wanted_hosts, timezone=timezone or "UTC")
        site = add_or_find(session, new, site_id)
    if site.org_id != org_id:
        raise SiteTaken(f"site {site_id!r} belongs to organization {site.org_id!r}; choose another site id")
    # A new list: SQLAlchemy does not see a change inside a JSON column.
    site.hosts = sorted({*site.hosts, *wanted_hosts})
    site.timezone = timezone or site.timezone
    session.flush()
    return site


def find_site(session: Session, site_id: str) -> Site | None:
    """The site, or None when there is none of that id."""
    return session.get(Site, site_id)


def list_organizations(session: Session) -> Sequence[Organization]:
    """Every organization, by id."""
    return session.scalars(select(Organization).order_by(Organization.id)).all()


def list_sites(session: Session, org_id: str | None = None) -> Sequence[Site]:
    """Every site, or those of one organization, by organization and id."""
    query = select(Site).order_by(Site.org_id, Site.id)
    return session.scalars(query if org_id is None else query.where(Site.org_id == org_id)).all()


def normalize_host(host: str) -> str:
    """The host in lower case, without port and final dot. Raises BrokenName."""
    bare = _PORT.sub("", host.strip().lower()).rstrip(".")
    if not bare.isascii():
        try:
            bare = bare.encode("idna").decode()
        except UnicodeError:
            bare = ""
    if not _HOST.fullmatch(bare):
        raise BrokenName(f"{host!r} is not a host; write it as in shop.example.com, without https:// and path")
    return bare


def add_or_find(session: Session, row: Row, key: object) -> Row:
    """The row, added; or the one that another process added under the same primary key at the same moment."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return session.get_one(type(row), key)
    return row


def check_slug(text: str, kind: str) -> str:
    """The text, if it can be an id. Raises BrokenName."""
    if not _SLUG.fullmatch(text):
        raise BrokenName(
            f"{text!r} cannot be the id of a {kind}: use 1 to 64 lower-case letters, digits, - and _, "
            "with a letter or digit at both ends"
        )
    return text


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BrokenName(f"{name!r} is not a time zone; use an IANA name, as in Europe/Berlin") from error
