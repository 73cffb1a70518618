"""An installation to import into, and what its import landed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.control import ensure_site, open_control
from headwater.landing import mark_loaded, read_frames, sealed_segments
from headwater.settings import ControlSettings, EnrichmentSettings, HomeSettings, LandingSettings
from ingestion.imports import ImportReport, import_access_log


class Installation:
    """A home with the site ``blog``, and what lies in its landing log."""

    def __init__(self, home: HomeSettings) -> None:
        self.home = home
        with open_control(ControlSettings().database_url(home))() as session:
            ensure_site(session, "org", "blog", hosts=["blog.example.com"])
            ensure_site(session, "org", "shop")
            session.commit()

    def load(self, path: Path | str, site_id: str = "blog", **options: Any) -> ImportReport:
        settings = options.pop("landing", LandingSettings())
        return import_access_log(
            path,
            site_id,
            home=self.home,
            landing=settings,
            control=ControlSettings(),
            enrichment=EnrichmentSettings(),
            **options,
        )

    def landed(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Every event and every rejected event, in the order of landing."""
        events: list[dict[str, Any]] = []
        rejected: list[dict[str, Any]] = []
        for segment in sealed_segments(self.home.landing_dir):
            for frame in read_frames(segment):
                events += [msgspec.json.decode(line) for line in frame.event_lines.splitlines()]
                rejected += [msgspec.json.decode(line) for line in frame.rejected_lines.splitlines()]
        return events, rejected

    def take_away(self) -> None:
        """What the loader does when it has loaded."""
        for segment in sealed_segments(self.home.landing_dir):
            mark_loaded(segment)


@pytest.fixture
def installation(home: HomeSettings) -> Installation:
    return Installation(home)


@pytest.fixture
def make_log(tmp_path: Path) -> Callable[..., Path]:
    """Writes a log of so many sound lines, a second apart."""

    def write(name: str, lines: int, start: int = 0) -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(log_line(number) for number in range(start, start + lines)))
        return path

    return write


def log_line(number: int) -> bytes:
    minute, second = divmod(number, 60)
    hour, minute = divmod(minute, 60)
    day, hour = divmod(hour, 24)
    return (
        f"198.51.{number % 7}.{number % 200} - - [{day % 28 + 1:02}/Mar/2026:{hour:02}:{minute:02}:{second:02} +0100] "
        f'"GET /page/{number % 50} HTTP/1.1" 200 {number} "-" "Mozilla/5.0 (X11; Linux x86_64) Firefox/{number % 3}"\n'
    ).encode()
