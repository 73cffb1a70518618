"""Every setting, one class per concern, read from the environment with the prefix ``HEADWATER_``.

A setting's environment variable is the class's prefix and the field's name: ``ApiSettings.port`` is
``HEADWATER_API_PORT``. Instances are cheap; read them where a process starts and pass them down.
"""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class HomeSettings(BaseSettings):
    """Where all state lives. Two installations with different homes and ports never meet."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_")

    home: Path = Field(Path(".headwater"), description="Directory that holds all state.")

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self.home = self.home.expanduser().resolve()
        return self

    @property
    def warehouse_dir(self) -> Path:
        """The embedded ClickHouse's data directory."""
        return self.home / "clickhouse"

    @property
    def landing_dir(self) -> Path:
        """One subdirectory per collector, each an append-only log of its own."""
        return self.home / "landing"

    @property
    def imports_dir(self) -> Path:
        """Which lines of which logs were imported."""
        return self.home / "imports"

    @property
    def dlt_dir(self) -> Path:
        """dlt's working directory: pipeline state and load packages."""
        return self.home / "dlt"

    @property
    def dagster_dir(self) -> Path:
        """DAGSTER_HOME: runs, event log, schedules."""
        return self.home / "dagster"

    @property
    def dbt_dir(self) -> Path:
        """dbt's target and log directories."""
        return self.home / "dbt"


class WarehouseSettings(BaseSettings):
    """The ClickHouse that everything talks to over HTTP. With no URL, the embedded server is used."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_CLICKHOUSE_")

    url: str | None = Field(None, description="http(s)://host:port of a ClickHouse server; unset: the embedded one.")
    user: str = Field("default", description="ClickHouse user.")
    password: SecretStr = Field(SecretStr(""), description="ClickHouse password.")
    host: str = Field("127.0.0.1", description="Address the embedded server listens on.")
    port: int = Field(8123, ge=1, le=65535, description="Port the embedded server listens on.")
    max_memory: str = Field("4Gi", description="Memory limit of the embedded server, in bytes or with Mi, Gi.")
    max_concurrent_queries: int = Field(32, ge=1, description="Queries the embedded server runs at once.")

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        if not url:
            return None
        parts = urlsplit(url)
        # Reading the port raises ValueError for one that is no number.
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("must be http://host:port or https://host:port")
        return url

    @property
    def is_embedded(self) -> bool:
        return self.url is None

    @property
    def address(self) -> str:
        """The address clients use, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.url or f"http://{host}:{self.port}").rstrip("/")


class LandingSettings(BaseSettings):
    """The durable event log between the collector and the warehouse."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_LANDING_")

    collector: str = Field("api", pattern=r"^[a-z0-9][a-z0-9-]{0,40}$", description="Name of this collector's log.")
    seal_bytes: int = Field(32 * 1024**2, ge=4096, description="A segment is sealed at this size, in bytes.")
    seal_seconds: float = Field(0.3, gt=0, description="A segment with data is sealed at this age, in seconds.")
    backlog_bytes: int = Field(4 * 1024**3, ge=4096, description="Unloaded bytes at which the collector answers 503.")
    retain_days: float = Field(7, ge=0, description="Days a loaded segment is kept for replay.")


class ApiSettings(BaseSettings):
    """The HTTP API: collector and metrics."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_API_")

    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the API listens on.")
    trusted_proxies: str = Field("", description="Comma-separated addresses whose X-Forwarded-For is believed.")
    address_rate_per_minute: int = Field(6000, ge=1, description="Requests a minute from one address to /collect.")


class ControlSettings(BaseSettings):
    """The control database: organizations, sites, keys."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_CONTROL_")

    url: str | None = Field(None, description="SQLAlchemy URL; unset: SQLite in the home directory.")

    def database_url(self, home: HomeSettings) -> str:
        """The SQLAlchemy URL in force."""
        return self.url or f"sqlite:///{home.home / 'control.db'}"


class EnrichmentSettings(BaseSettings):
    """What is looked up for an event before it is landed."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_ENRICHMENT_")

    maxmind_path: Path | None = Field(None, description="A MaxMind .mmdb file; unset: country only, from iptocc.")


class LoaderSettings(BaseSettings):
    """The resident loader."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_LOADER_")

    interval_seconds: float = Field(0.5, gt=0, description="Seconds from one look for sealed segments to the next.")
    max_batch_bytes: int = Field(256 * 1024**2, ge=4096, description="Segment bytes taken into one load, at most.")


class DagsterSettings(BaseSettings):
    """Dagster's UI."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_DAGSTER_")

    host: str = Field("127.0.0.1", description="Address Dagster's UI listens on.")
    port: int = Field(3000, ge=1, le=65535, description="Port Dagster's UI listens on.")


ALL_SETTINGS: tuple[type[BaseSettings], ...] = (
    HomeSettings,
    WarehouseSettings,
    LandingSettings,
    ApiSettings,
    ControlSettings,
    EnrichmentSettings,
    LoaderSettings,
    DagsterSettings,
)
