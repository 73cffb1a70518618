"""`headwater keys create|list|revoke`."""

from datetime import UTC, datetime, timedelta

import click

from cli.control import control_session
from cli.errors import CommandFailed
from headwater.control.key import DEFAULT_SCOPES, SCOPES


@click.group("keys")
def command() -> None:
    """Create, list and revoke API keys."""


@command.command("create")
@click.option("--site", required=True, help="The site the key writes to and reads from; made when it is new.")
@click.option("--org", default="default", show_default=True, help="The organization; made when it is new.")
@click.option("--host", "hosts", multiple=True, help="A host of the site whose pages may send events; repeatable.")
@click.option("--timezone", default=None, help="The site's time zone, as in Europe/Berlin; UTC for a new site.")
@click.option("--name", default="", help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="Repeatable; events:write and metrics:read by default. usage:read is the whole organization's.",
)
@click.option("--rate", type=click.IntRange(min=1), default=60_000, show_default=True, help="Requests a minute.")
@click.option(
    "--days", type=click.IntRange(1, 36_500), default=None, help="Days until the key expires; never by default."
)
def create(
    site: str,
    org: str,
    hosts: tuple[str, ...],
    timezone: str | None,
    name: str,
    scopes: tuple[str, ...],
    rate: int,
    days: int | None,
) -> None:
    """Make a key and print it. It is shown once: only its hash is kept."""
    from headwater.control import create_key, ensure_site

    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    with control_session() as session:
        ensure_site(session, org, site, hosts=list(hosts), timezone=timezone)
        _, secret = create_key(
            session, org, site, name, scopes=list(scopes or DEFAULT_SCOPES), rate_per_minute=rate, expires_at=expires_at
        )
        session.commit()
    click.echo(secret)


@command.command("list")
def list_() -> None:
    """List the keys, without their secrets."""
    from headwater.control import list_keys

    now = datetime.now(UTC)
    with control_session() as session:
        for key in list_keys(session):
            state = "revoked" if key.revoked_at else "in force" if key.is_in_force(now) else "expired"
            scopes = ",".join(key.scopes)
            click.echo(
                f"{key.id}  {key.org_id}/{key.site_id}  {scopes}  {key.rate_per_minute}/min  {state}  {key.name}"
            )


@command.command("revoke")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke the key KEY_ID, as `headwater keys list` shows it. Takes hold within seconds."""
    from headwater.control import revoke_key

    with control_session() as session:
        if not revoke_key(session, key_id):
            raise CommandFailed(f"no key {key_id}; `headwater keys list` shows them")
        session.commit()
    click.echo(f"{key_id} revoked")
