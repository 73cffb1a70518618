"""`headwater import access-log|rates`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headwater.settings import ControlSettings, HomeSettings


@click.group("import")
def command() -> None:
    """Import events or exchange rates from elsewhere."""


@command.command("access-log")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--site", required=True, help="The site the log is of; made when it is new.")
@click.option("--org", default="default", show_default=True, help="The organization of a new site.")
@click.option("--host", "hosts", multiple=True, help="A host of the site; repeatable.")
@click.option("--timezone", default=None, help="The site's time zone, as in Europe/Berlin; UTC for a new site.")
@click.option(
    "--again",
    is_flag=True,
    help="Land lines that were imported before, too; it changes no number.",
)
def access_log(file: str, site: str, org: str, hosts: tuple[str, ...], timezone: str | None, again: bool) -> None:
    """Import FILE, an Apache or nginx log in the combined format, plain or gzipped; - is standard input.

    A visitor is a keyed hash of address and user agent; the address itself is not kept. Importing a file again, or one
    that has grown, adds only its new lines. A line that is no log line is kept as a rejected event with its number. A
    last line without an end is half written, and left for the next import.
    """
    from cli.temporary_warehouse import temporary_warehouse
    from headwater.settings import (
        ControlSettings,
        EnrichmentSettings,
        HomeSettings,
        LandingSettings,
        WarehouseSettings,
    )
    from ingestion.imports import import_access_log, progress_bar
    from ingestion.loader import load_once

    home, control = HomeSettings(), ControlSettings()
    _ensure_site(home, control, org, site, hosts, timezone)
    with temporary_warehouse(home, WarehouseSettings()):
        with progress_bar(f"Importing {file}") as progress:
            report = import_access_log(
                file,
                site,
                home=home,
                landing=LandingSettings(),
                control=control,
                enrichment=EnrichmentSettings(),
                again=again,
                progress=progress,
                on_backlog=load_once,
            )
        load_once()
    click.echo(
        f"{report.lines:,} lines: {report.accepted:,} accepted, {report.rejected:,} rejected,"
        f" {report.known:,} imported before, {report.blank:,} blank"
    )
    if report.unfinished:
        click.echo("the last line has no end yet and was left; import the file again when it has one")
    if report.accepted:
        click.echo("they are in raw_events.events; `headwater run` brings them into the models")


@command.command("rates")
@click.argument("source", required=False)
def rates(source: str | None) -> None:
    """Import exchange rates from SOURCE, a file or URL; by default, from HEADWATER_RATES_SOURCE.

    It may be the European Central Bank's XML, CSV or zipped CSV, or a CSV with the columns day, currency, rate, and if
    need be base (EUR) and source. Rates that are known already are not stored again.
    """
    from cli.errors import CommandFailed
    from cli.temporary_warehouse import temporary_warehouse
    from headwater.settings import HomeSettings, RateSettings, WarehouseSettings
    from ingestion.rates import load_rates

    if not (source or RateSettings().source):
        raise CommandFailed("name a file or URL, or set HEADWATER_RATES_SOURCE")
    with temporary_warehouse(HomeSettings(), WarehouseSettings()):
        report = load_rates(source)
    click.echo(f"{report.found:,} rates up to {report.newest}: {report.loaded:,} new or changed")


def _ensure_site(
    home: "HomeSettings", control: "ControlSettings", org: str, site: str, hosts: tuple[str, ...], timezone: str | None
) -> None:
    from headwater.control import control_errors, ensure_site, find_site, open_control

    home.home.mkdir(parents=True, exist_ok=True)
    with control_errors(), open_control(control.database_url(home))() as session:
        found = find_site(session, site)
        ensure_site(session, found.org_id if found else org, site, hosts=hosts or None, timezone=timezone)
        session.commit()
