"""Places from a MaxMind file, and what happens without a usable one."""

from pathlib import Path

import pytest

from headwater.intake import Intake, PlacesMissing, open_places
from headwater.intake.place import NOWHERE, Place
from headwater.settings import EnrichmentSettings
from tests.headwater.intake.conftest import COLLECTOR, decode, make_sender
from tests.headwater.intake.maxmind_file import write_maxmind_file

ZURICH = {
    "country": {"iso_code": "CH", "names": {"en": "Switzerland"}},
    "subdivisions": [{"iso_code": "ZH", "names": {"en": "Zurich"}}, {"names": {"en": "inner"}}],
    "city": {"names": {"en": "Winterthur", "de": "Winterthur"}},
}


@pytest.fixture
def settings(tmp_path: Path) -> EnrichmentSettings:
    path = tmp_path / "places.mmdb"
    write_maxmind_file(path, {"192.0.2.0/24": ZURICH, "198.51.100.0/25": {"country": {"iso_code": "US"}}})
    return EnrichmentSettings(maxmind_path=path)


def test_a_maxmind_file_gives_country_region_and_city(settings: EnrichmentSettings) -> None:
    places = open_places(settings)
    assert places.find("192.0.2.77") == Place("CH", "Zurich", "Winterthur")
    assert places.find("198.51.100.1") == Place("US")
    for unknown in ("198.51.100.200", "2001:db8::1", "no address", ""):
        assert places.find(unknown) == NOWHERE


def test_the_place_is_landed(settings: EnrichmentSettings) -> None:
    intake = Intake(open_places(settings), b"k" * 32)
    receipt = intake.accept_body(b'{"event":"a","ip":"192.0.2.77"}', make_sender(), COLLECTOR, lambda count: 1)
    (event,) = decode(receipt).events
    assert (event.country, event.region, event.city) == ("CH", "Zurich", "Winterthur")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"nonsense" * 100)
    for path in (broken, tmp_path / "absent.mmdb"):
        with pytest.raises(PlacesMissing, match="HEADWATER_ENRICHMENT_MAXMIND_PATH"):
            open_places(EnrichmentSettings(maxmind_path=path))
