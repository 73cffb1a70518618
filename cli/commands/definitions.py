"""`headwater definitions save|list|show|drop`."""

from typing import TYPE_CHECKING, BinaryIO

import click
import msgspec

from cli.control import control_session
from cli.errors import CommandFailed
from headwater.contracts.definition import Quota
from headwater.control import (
    KINDS,
    TABLES,
    SavedDefinition,
    SavedQuota,
    drop_definition,
    drop_quota,
    find_definition,
    find_quota,
    list_definitions,
    list_quotas,
    save_definition,
    save_quota,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

QUOTA = "quota"

_kind = click.argument("kind", type=click.Choice([*KINDS, QUOTA]))
_id = click.argument("id_", metavar="ID")
_site = click.option("--site", default=None, help="The site it is defined on; of a quota none.")
_org = click.option("--org", default=None, help="The organization of a quota; `default` if not said.")


@click.group("definitions")
def command() -> None:
    """Save, list, show and drop what a site counts, and the quotas of an organization.

    A site has goals, funnels, cohorts, channel rules and segments. docs/definitions.md has every kind with an example.
    """


@command.command("save")
@_kind
@_id
@click.argument("file", type=click.File("rb"), default="-")
@_site
@_org
@click.option("--name", default="", help="How reports call it; its id, or the name it had, by default.")
def save(kind: str, id_: str, file: BinaryIO, site: str | None, org: str | None, name: str) -> None:
    """Save the JSON of FILE, or of standard input, as ID, in place of the definition that had this id.

    The next build counts by it, and all of the past anew.
    """
    owner = _owner(kind, site, org)
    text = file.read()
    with control_session() as session:
        known = _find(session, kind, id_, owner)
        before = (known.name, known.definition) if known else None
        name = name or (known.name if known else "")
        saved: SavedDefinition | SavedQuota
        try:
            if kind == QUOTA:
                saved = save_quota(session, owner, id_, msgspec.json.decode(text, type=Quota), name)
            else:
                saved = save_definition(session, owner, id_, msgspec.json.decode(text, type=KINDS[kind]), name)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise CommandFailed(f"this is no {kind}: {error}; docs/definitions.md has an example") from error
        is_same = before == (saved.name, saved.definition)
        session.commit()
    done = "is as it was" if is_same else "is changed" if before else "is saved"
    click.echo(f"{kind} {id_} of {owner} {done}" + ("" if is_same else "; the next build counts by it"))


@command.command("list")
@click.option("--site", default=None, help="Only what is defined on this site.")
def list_(site: str | None) -> None:
    """List all definitions: site, or a quota's organization, kind, id and name."""
    with control_session() as session:
        for kind, definition in KINDS.items():
            for saved in list_definitions(session, TABLES[definition], site):
                click.echo(f"{saved.site_id}  {kind}  {saved.id}  {saved.name}")
        for quota in list_quotas(session) if site is None else ():
            click.echo(f"{quota.org_id}  {QUOTA}  {quota.id}  {quota.name}")


@command.command("show")
@_kind
@_id
@_site
@_org
def show(kind: str, id_: str, site: str | None, org: str | None) -> None:
    """Print a definition, as `save` takes it."""
    with control_session() as session:
        saved = _known(session, kind, id_, _owner(kind, site, org))
        click.echo(msgspec.json.format(saved.definition, indent=2))


@command.command("drop")
@_kind
@_id
@_site
@_org
def drop(kind: str, id_: str, site: str | None, org: str | None) -> None:
    """Drop a definition, and print it: `save` brings it back. The next build counts without it."""
    owner = _owner(kind, site, org)
    with control_session() as session:
        saved = _known(session, kind, id_, owner)
        click.echo(msgspec.json.format(saved.definition, indent=2))
        if kind == QUOTA:
            drop_quota(session, owner, id_)
        else:
            drop_definition(session, owner, id_, KINDS[kind])
        session.commit()
    click.echo(f"{kind} {id_} of {owner} is dropped; the next build counts without it", err=True)


def _owner(kind: str, site: str | None, org: str | None) -> str:
    """The id of whose it is: of a quota the organization, of all else the site."""
    if kind == QUOTA:
        if site is not None:
            raise click.UsageError("a quota is an organization's: use --org instead of --site")
        return org or "default"
    if org is not None:
        raise click.UsageError(f"a {kind} is a site's: use --site instead of --org")
    if site is None:
        raise click.UsageError(f"say with --site which site's {kind} it is")
    return site


def _find(session: "Session", kind: str, id_: str, owner: str) -> SavedDefinition | SavedQuota | None:
    return find_quota(session, owner, id_) if kind == QUOTA else find_definition(session, owner, id_, KINDS[kind])


def _known(session: "Session", kind: str, id_: str, owner: str) -> SavedDefinition | SavedQuota:
    """Raises CommandFailed."""
    saved = _find(session, kind, id_, owner)
    if saved is None:
        raise CommandFailed(f"{owner} has no {kind} {id_}; `headwater definitions list` shows what there is")
    return saved
