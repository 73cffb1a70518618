"""`headwater run`."""

import click

from cli.errors import CommandFailed


@click.command("run")
def command() -> None:
    """Load, build and check once: the job that Dagster's schedule runs.

    When no ClickHouse answers, the embedded one is started and stopped again. Exit code 1 when a step or check failed.
    """
    from cli.temporary_warehouse import temporary_warehouse
    from headwater.settings import HomeSettings, WarehouseSettings
    from orchestration.lib.run import run_build

    with temporary_warehouse(HomeSettings(), WarehouseSettings()):
        report = run_build(lambda line: click.echo(f"  {line}"))
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    for failure in report.failures:
        click.echo(f"failed: {failure}", err=True)
    click.echo(
        f"run: {report.checks_passed} checks passed, {len(report.warnings)} warned, {report.checks_failed} failed,"
        f" {report.seconds:.0f} s"
        f" (Dagster run {report.run_id})"
    )
    if not report.ok:
        raise CommandFailed(f"{len(report.failures)} steps or checks failed; `headwater dagster` shows the run")
