"""Who looks after the assets."""

from typing import Final

OWNERS: Final = ["team:data"]
