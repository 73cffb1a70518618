"""`headwater api`."""

import click


@click.command("api")
def command() -> None:
    """Run the HTTP API until Ctrl-C or SIGTERM; requests are finished first.

    It listens on HEADWATER_API_HOST and HEADWATER_API_PORT (default 127.0.0.1:8000); /docs describes it.
    """
    from api.server import main

    main()
