"""Where an address is. The address itself goes no further."""

from pathlib import Path
from typing import Any, NamedTuple, Protocol

from headwater.settings import EnrichmentSettings


class Place(NamedTuple):
    """Where an address is. Texts are empty when nothing is known."""

    country: str = ""
    """ISO 3166-1 code, as in `CH`."""
    region: str = ""
    """English name of the first subdivision, as in `Zurich`."""
    city: str = ""
    """English name."""


NOWHERE = Place()


class Places(Protocol):
    """A source of places."""

    def find(self, ip: str) -> Place:
        """The place of an address; `NOWHERE` for what is unknown, private or no address at all."""


class PlacesMissing(Exception):
    """The MaxMind file cannot be read."""


def open_places(settings: EnrichmentSettings) -> Places:
    """The MaxMind file when one is set, else countries from iptocc. Raises PlacesMissing."""
    return MaxmindPlaces(settings.maxmind_path) if settings.maxmind_path else CountryPlaces()


class CountryPlaces:
    """Countries only, from the registries' tables that the iptocc package carries."""

    def __init__(self) -> None:
        from iptocc import country_code

        self._country_code = country_code

    def find(self, ip: str) -> Place:
        country = self._country_code(ip) if ip else None
        return Place(country) if country else NOWHERE


class MaxmindPlaces:
    """Country, region and city from a MaxMind database of cities, or only the country from one of countries."""

    def __init__(self, path: Path) -> None:
        """Raises PlacesMissing."""
        import maxminddb

        try:
            self._reader = maxminddb.open_database(str(path))
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise PlacesMissing(
                f"cannot read {path}, which HEADWATER_ENRICHMENT_MAXMIND_PATH names: {error}"
            ) from error

    def find(self, ip: str) -> Place:
        try:
            record: Any = self._reader.get(ip)
        except ValueError:
            return NOWHERE
        if not isinstance(record, dict):
            return NOWHERE
        subdivisions = record.get("subdivisions") or [{}]
        return Place(
            country=record.get("country", {}).get("iso_code", ""),
            region=_english(subdivisions[0]),
            city=_english(record.get("city", {})),
        )


def _english(entry: dict[str, Any]) -> str:
    name: str = entry.get("names", {}).get("en", "")
    return name
