"""`headwater stripe secret-key|connect|list|disconnect|load`."""

import os
import sys
from typing import TYPE_CHECKING

import click

from cli.control import control_session
from cli.errors import CommandFailed, NotReady

if TYPE_CHECKING:
    from ingestion.stripe.progress import Progress

KEY_VARIABLE = "STRIPE_API_KEY"
WEBHOOK_VARIABLE = "STRIPE_WEBHOOK_SECRET"


@click.group("stripe")
def command() -> None:
    """Connect sites to Stripe and load from it."""


@command.command("secret-key")
def secret_key() -> None:
    """Print a new key for HEADWATER_SECRET_KEY, under which keys to Stripe are kept."""
    from headwater.control import make_secret_key

    click.echo(make_secret_key())


@command.command("connect")
@click.option("--site", required=True, help="The site the account's payments belong to.")
def connect(site: str) -> None:
    """Connect a site to a Stripe account; everything is loaded by the next load.

    The key, a restricted one for reading, is taken from STRIPE_API_KEY, from standard input, or asked for: never from
    the command line, which others can see. The webhook's signing secret comes from STRIPE_WEBHOOK_SECRET, or is the
    second line, or is asked for; without it, polls bring all.
    """
    from headwater.control import SecretBox, save_stripe_connection
    from headwater.settings import SecretSettings

    box = SecretBox(SecretSettings())
    key, webhook_secret = _read_secrets()
    with control_session() as session:
        connection = save_stripe_connection(session, box, site, key, webhook_secret or None)
        session.commit()
    mode = "live" if connection.livemode else "test"
    click.echo(f"{site} is connected in {mode} mode; `headwater stripe load --site {site}` loads it")


@command.command("list")
def list_() -> None:
    """List the connections, without their secrets."""
    from headwater.control import list_stripe_connections

    with control_session() as session:
        for connection in list_stripe_connections(session):
            mode = "live" if connection.livemode else "test"
            webhooks = "webhooks and polls" if connection.webhook_secret_encrypted else "polls"
            click.echo(
                f"{connection.org_id}/{connection.site_id}  {mode}  {webhooks}  since {connection.created_at:%Y-%m-%d}"
            )


@command.command("disconnect")
@click.option("--site", required=True, help="The site to disconnect.")
def disconnect(site: str) -> None:
    """Forget a site's key to Stripe. What was loaded stays."""
    from headwater.control import drop_stripe_connection

    with control_session() as session:
        if not drop_stripe_connection(session, site):
            raise CommandFailed(f"site {site!r} has no Stripe connection; `headwater stripe list` shows them")
        session.commit()
    click.echo(f"{site} is disconnected; what was loaded stays")


@command.command("load")
@click.option("--site", default=None, help="Only this site; all connected ones by default.")
def load(site: str | None) -> None:
    """Load what is new in Stripe; all of it the first time.

    It may be stopped at any moment: the next load goes on from there.
    """
    from cli.temporary_warehouse import temporary_warehouse
    from headwater.settings import HomeSettings, WarehouseSettings
    from ingestion.stripe.load import load_stripe

    with temporary_warehouse(HomeSettings(), WarehouseSettings()):
        report = load_stripe(site, tell=_say)
    rows = sum(report.rows.values())
    click.echo(f"{rows:,} rows of {report.sites} sites, {report.requests:,} requests, {report.seconds:.1f} s")
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    for failed, reason in report.failures.items():
        click.echo(f"failed: {failed}: {reason}", err=True)
    if report.failures:
        raise NotReady(f"{len(report.failures)} sites were not loaded to the end; load again to go on")


def _say(progress: "Progress") -> None:
    reached = f", back to {progress.reached:%Y-%m-%d}" if progress.reached else ""
    click.echo(f"  {progress.site_id}: {progress.table} {progress.rows:,} rows{reached}")


def _read_secrets() -> tuple[str, str]:
    """The key and the webhook's secret, which may be empty."""
    key, webhook_secret = os.environ.get(KEY_VARIABLE, ""), os.environ.get(WEBHOOK_VARIABLE, "")
    if key:
        return key.strip(), webhook_secret.strip()
    if sys.stdin.isatty():
        key = click.prompt("Stripe key (rk_… or sk_…)", hide_input=True)
        webhook_secret = click.prompt("Webhook signing secret (whsec_…, empty for none)", default="", hide_input=True)
        return key.strip(), webhook_secret.strip()
    lines = [*sys.stdin.read().split("\n"), "", ""]
    return lines[0].strip(), lines[1].strip() or webhook_secret.strip()
