"""Goals, funnels, cohorts, channel rules and segments of a site: saving, finding, listing and dropping them."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from headwater.contracts.definition import ChannelRule, Cohort, Funnel, Goal, Segment
from headwater.control.errors import UnknownSite
from headwater.control.model import (
    SavedChannelRule,
    SavedCohort,
    SavedDefinition,
    SavedFunnel,
    SavedGoal,
    SavedSegment,
    Site,
)
from headwater.control.site import add_or_find, check_slug

Saved = TypeVar("Saved", bound=SavedDefinition)

Definition = Goal | Funnel | Cohort | ChannelRule | Segment

KINDS: dict[str, type[Definition]] = {
    "goal": Goal,
    "funnel": Funnel,
    "cohort": Cohort,
    "channel-rule": ChannelRule,
    "segment": Segment,
}
"""What can be defined on a site, by the name people call it."""

TABLES: dict[type[Definition], type[SavedDefinition]] = {
    Goal: SavedGoal,
    Funnel: SavedFunnel,
    Cohort: SavedCohort,
    ChannelRule: SavedChannelRule,
    Segment: SavedSegment,
}
"""Where each is kept."""


def save_definition(
    session: Session,
    site_id: str,
    definition_id: str,
    definition: Definition,
    name: str = "",
) -> SavedDefinition:
    """Keep a definition under its id, in place of the one that had it. Does not commit.

    ``definition_id`` is a slug, unique among the site's definitions of that kind. Raises BrokenName, or UnknownSite.
    """
    site = session.get(Site, site_id)
    if site is None:
        raise UnknownSite(f"there is no site {site_id!r}; `headwater keys create --site {site_id}` makes it")
    table = TABLES[type(definition)]
    saved = session.get(table, (site_id, check_slug(definition_id, "definition")))
    values = {"name": name or definition_id, "definition": msgspec.json.encode(definition).decode()}
    if saved is None:
        new = table(site_id=site_id, id=definition_id, org_id=site.org_id, **values)
        saved = add_or_find(session, new, (site_id, definition_id))
    saved.name, saved.definition = values["name"], values["definition"]
    session.flush()
    return saved


def find_definition(
    session: Session, site_id: str, definition_id: str, kind: type[Definition]
) -> SavedDefinition | None:
    """The saved definition, or None when there is none of that id."""
    return session.get(TABLES[kind], (site_id, definition_id))


def drop_definition(session: Session, site_id: str, definition_id: str, kind: type[Definition]) -> bool:
    """Remove a definition; return whether there was one. Does not commit."""
    saved = find_definition(session, site_id, definition_id, kind)
    if saved is not None:
        session.delete(saved)
        session.flush()
    return saved is not None


def list_definitions(session: Session, table: type[Saved], site_id: str | None = None) -> Sequence[Saved]:
    """Every saved definition of one kind, or those of one site, by site and id."""
    query = select(table).order_by(table.site_id, table.id)
    return session.scalars(query if site_id is None else query.where(table.site_id == site_id)).all()
