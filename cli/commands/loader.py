"""`headwater loader`."""

import click


@click.command("loader")
def command() -> None:
    """Run the loader until Ctrl-C or SIGTERM: landed segments into ClickHouse, again and again.

    It looks every HEADWATER_LOADER_INTERVAL_SECONDS. While ClickHouse is away the backlog grows on disk; it drains by
    itself afterwards.
    """
    from ingestion.loader import main

    main()
