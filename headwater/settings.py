"""Every setting, one class per concern, read from the environment with the prefix ``HEADWATER_``.

A setting's environment variable is the class's prefix and the field's name: ``ApiSettings.port`` is
``HEADWATER_API_PORT``. Instances are cheap; read them where a process starts and pass them down.
"""

import re
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

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
    def stripe_landing_dir(self) -> Path:
        """The landing logs of Stripe's webhooks, one subdirectory per API."""
        return self.home / "stripe_landing"

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
    max_threads: int = Field(0, ge=0, description="Threads of a query in the embedded server; 0: one a core.")

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
    password: SecretStr = Field(SecretStr(""), description="Password of the user the URL names, any characters.")

    def database_url(self, home: HomeSettings) -> str:
        """The SQLAlchemy URL in force, with the password in it."""
        if not self.url:
            return f"sqlite:///{home.home / 'control.db'}"
        scheme, mark, rest = self.url.partition("://")
        user, at, place = rest.partition("@")
        password = self.password.get_secret_value()
        if not password or not at or ":" in user:
            return self.url
        return f"{scheme}{mark}{user}:{quote(password, safe='')}{at}{place}"


class SecretSettings(BaseSettings):
    """What secrets of others are encrypted with before they are kept."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_")

    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Keys made by `headwater stripe secret-key`, comma-separated; the first encrypts, all decrypt.",
    )


class StripeSettings(BaseSettings):
    """Loading from Stripe, and reporting usage to it."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_STRIPE_")

    api_base: str = Field("", description="http(s)://host:port of another Stripe; empty: Stripe's own.")
    requests_per_second: float = Field(20, gt=0, le=100, description="Requests a second to Stripe, at most.")
    patience_seconds: float = Field(
        120, ge=0, description="Seconds a request is tried again while Stripe is away or says to slow down."
    )
    page_size: int = Field(100, ge=1, le=100, description="Objects asked for in one request.")
    window_pages: int = Field(20, ge=1, description="Pages stored together; after a stop, the others need not be read.")
    late_minutes: float = Field(90, gt=0, description="Minutes without a successful poll at which the check fails.")
    report_usage: bool = Field(False, description="Whether usage is reported to Stripe's billing meters.")
    meters: str = Field(
        "",
        description="Which usage goes to which meter: `metric=event_name`, comma-separated.",
    )

    @field_validator("api_base")
    @classmethod
    def _check_base(cls, base: str) -> str:
        parts = urlsplit(base)
        if base and (parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0):
            raise ValueError("must be http://host:port or https://host:port")
        return base.rstrip("/")

    @property
    def meter_events(self) -> dict[str, str]:
        """The meter's event name for each metric of usage."""
        pairs = [pair.partition("=") for pair in self.meters.split(",") if pair.strip()]
        return {metric.strip(): name.strip() for metric, _, name in pairs}

    @field_validator("meters")
    @classmethod
    def _check_meters(cls, meters: str) -> str:
        pairs = [pair for pair in meters.split(",") if pair.strip()]
        if not all(re.fullmatch(r"\s*[\w.-]+\s*=\s*[\w.-]+\s*", pair) for pair in pairs):
            raise ValueError("must be metric=event_name, comma-separated")
        return meters


class RateSettings(BaseSettings):
    """Exchange rates, for amounts in the reporting currency."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_RATES_")

    source: str = Field(
        "",
        description="File or URL of rates, in the European Central Bank's XML, CSV or zipped CSV; empty: none.",
    )


class EnrichmentSettings(BaseSettings):
    """What is looked up for an event before it is landed."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_ENRICHMENT_")

    maxmind_path: Path | None = Field(None, description="A MaxMind .mmdb file; unset: country only, from iptocc.")


class LoaderSettings(BaseSettings):
    """The resident loader."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_LOADER_")

    interval_seconds: float = Field(
        0.5, gt=0, description="Seconds from one look for sealed segments to the next; doubled while much comes in."
    )
    max_batch_bytes: int = Field(256 * 1024**2, ge=4096, description="Segment bytes taken into one load, at most.")


class DagsterSettings(BaseSettings):
    """Dagster's UI."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_DAGSTER_")

    host: str = Field("127.0.0.1", description="Address Dagster's UI listens on.")
    port: int = Field(3000, ge=1, le=65535, description="Port Dagster's UI listens on.")
    # A build leaves 4.7 MB, 96 builds a day 450 MB.
    retain_days: float = Field(7, gt=0, description="Days a finished run is kept; the last 10 of each job always are.")


class LogSettings(BaseSettings):
    """The logs of the processes that `headwater up` runs, in the home's directory ``logs``."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_LOG_")

    max_bytes: int = Field(16 * 1024**2, ge=1024, description="A log file is begun anew at this size, in bytes.")
    kept: int = Field(4, ge=0, description="Older files kept of each log.")


ALL_SETTINGS: tuple[type[BaseSettings], ...] = (
    HomeSettings,
    WarehouseSettings,
    LandingSettings,
    ApiSettings,
    ControlSettings,
    SecretSettings,
    StripeSettings,
    RateSettings,
    EnrichmentSettings,
    LoaderSettings,
    DagsterSettings,
    LogSettings,
)
