"""The control database, for commands that read or change it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@contextmanager
def control_session() -> Iterator["Session"]:
    """A session; the database is made if there is none yet. Raises ControlUnavailable."""
    from headwater.control import control_errors, open_control
    from headwater.settings import ControlSettings, HomeSettings

    home = HomeSettings()
    home.home.mkdir(parents=True, exist_ok=True)
    with control_errors(), open_control(ControlSettings().database_url(home))() as session:
        yield session
