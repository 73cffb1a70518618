"""`headwater clickhouse`."""

import click


@click.command("clickhouse")
def command() -> None:
    """Run the embedded ClickHouse until Ctrl-C or SIGTERM; running queries are finished first.

    It listens on HEADWATER_CLICKHOUSE_HOST and HEADWATER_CLICKHOUSE_PORT (default 127.0.0.1:8123) and speaks
    ClickHouse's own HTTP interface. To listen anywhere but loopback, set HEADWATER_CLICKHOUSE_PASSWORD.
    """
    from headwater.settings import HomeSettings, WarehouseSettings
    from headwater.warehouse.embedded.server import serve

    serve(HomeSettings(), WarehouseSettings())
