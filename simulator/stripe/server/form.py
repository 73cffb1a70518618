"""What a request to write says."""

from urllib.parse import parse_qsl

from fastapi import Request


async def read_form(request: Request) -> dict[str, str]:
    """The body's fields by name, as in ``payload[value]``."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
