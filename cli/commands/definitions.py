"""`headwater definitions save|list|show|drop`."""

from typing import TYPE_CHECKING, BinaryIO

import click
import msgspec

from cli.control import control_session
from cli.errors import CommandFailed
from headwater.control import (
    KINDS,
    TABLES,
    SavedDefinition,
    drop_definition,
    find_definition,
    list_definitions,
    save_definition,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_kind = click.argument("kind", type=click.Choice(list(KINDS)))
_id = click.argument("id_", metavar="ID")
_site = click.option("--site", required=True, help="The site it is defined on.")


@click.group("definitions")
def command() -> None:
    """Save, list, show and drop what a site counts: goals, funnels, cohorts and channel rules.

    docs/definitions.md has every kind with an example.
    """


@command.command("save")
@_kind
@_id
@click.argument("file", type=click.File("rb"), default="-")
@_site
@click.option("--name", default="", help="How reports call it; its id, or the name it had, by default.")
def save(kind: str, id_: str, file: BinaryIO, site: str, name: str) -> None:
    """Save the JSON of FILE, or of standard input, as ID, in place of the definition that had this id.

    The next build counts by it, and all of the past anew.
    """
    try:
        definition = msgspec.json.decode(file.read(), type=KINDS[kind])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CommandFailed(f"this is no {kind}: {error}; docs/definitions.md has an example") from error
    with control_session() as session:
        known = find_definition(session, site, id_, KINDS[kind])
        before = (known.name, known.definition) if known else None
        saved = save_definition(session, site, id_, definition, name or (known.name if known else ""))
        is_same = before == (saved.name, saved.definition)
        session.commit()
    done = "is as it was" if is_same else "is changed" if before else "is saved"
    click.echo(f"{kind} {id_} of {site} {done}" + ("" if is_same else "; the next build counts by it"))


@command.command("list")
@click.option("--site", default=None, help="Only this site's.")
def list_(site: str | None) -> None:
    """List all definitions: site, kind, id and name."""
    with control_session() as session:
        for kind, definition in KINDS.items():
            for saved in list_definitions(session, TABLES[definition], site):
                click.echo(f"{saved.site_id}  {kind}  {saved.id}  {saved.name}")


@command.command("show")
@_kind
@_id
@_site
def show(kind: str, id_: str, site: str) -> None:
    """Print a definition, as `save` takes it."""
    with control_session() as session:
        saved = _known(session, kind, id_, site)
        click.echo(msgspec.json.format(saved.definition, indent=2))


@command.command("drop")
@_kind
@_id
@_site
def drop(kind: str, id_: str, site: str) -> None:
    """Drop a definition, and print it: `save` brings it back. The next build counts without it."""
    with control_session() as session:
        saved = _known(session, kind, id_, site)
        click.echo(msgspec.json.format(saved.definition, indent=2))
        drop_definition(session, site, id_, KINDS[kind])
        session.commit()
    click.echo(f"{kind} {id_} of {site} is dropped; the next build counts without it", err=True)


def _known(session: "Session", kind: str, id_: str, site: str) -> SavedDefinition:
    """Raises CommandFailed."""
    saved = find_definition(session, site, id_, KINDS[kind])
    if saved is None:
        raise CommandFailed(f"{site} has no {kind} {id_}; `headwater definitions list` shows what there is")
    return saved
