"""The HTTP API: the collector's ASGI routes in front of a FastAPI application with all others."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import KeyRing
from api.collector.browser import PageCollector
from api.collector.client_address import ClientAddress
from api.collector.collector import Collector
from api.collector.description import describe_collector
from api.collector.router import router as collector_router
from api.collector.stream import StreamCollector, refuse_stream, require_upgrade
from api.docs_page import render_docs
from api.errors import ApiError, BrokenRequest, MethodNotAllowed, NotFound, Unexpected
from api.metrics.catalogue import read_catalogue
from api.metrics.router import router as metrics_router
from api.metrics.service import MetricService
from api.revenue.router import router as revenue_router
from api.revenue.service import RevenueService
from api.sites.router import router as sites_router
from api.warehouse import WarehousePool
from api.webhooks.router import router as webhooks_router
from api.webhooks.service import StripeWebhooks
from headwater.control import open_control, visitor_key
from headwater.intake import Intake, open_places
from headwater.landing import LandingError, LandingLog
from headwater.settings import (
    ApiSettings,
    ControlSettings,
    EnrichmentSettings,
    HomeSettings,
    LandingSettings,
    SecretSettings,
    WarehouseSettings,
)

logger = logging.getLogger(__name__)

_METRICS = Path(__file__).resolve().parents[1] / "dbt_project" / "models"
"""Metrics are defined beside the marts."""

_DESCRIPTION = """
Send events with a key (`headwater keys create`), ask for metrics with the same.
Every error has the shape `{"error": {"code", "message", "hint", …}}`.
"""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the API reads of the environment."""

    home: HomeSettings = field(default_factory=HomeSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    landing: LandingSettings = field(default_factory=LandingSettings)
    control: ControlSettings = field(default_factory=ControlSettings)
    secret: SecretSettings = field(default_factory=SecretSettings)
    enrichment: EnrichmentSettings = field(default_factory=EnrichmentSettings)
    warehouse: WarehouseSettings = field(default_factory=WarehouseSettings)


class Application:
    """An ASGI application: exact paths of its own, and another application for all other HTTP."""

    def __init__(self, routes: Mapping[str, ASGIApp], streams: Mapping[str, ASGIApp], api: FastAPI) -> None:
        self.api = api
        self._routes = dict(routes)
        self._streams = dict(streams)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            route = self._routes.get(scope["path"], self.api)
        elif scope["type"] == "websocket":
            route = self._streams.get(scope["path"], refuse_stream)
        else:
            route = self.api
        await route(scope, receive, send)


def create_app(configuration: Configuration | None = None) -> Application:
    """Open the control database and the landing log, and build the API on them. It closes them when it shuts down.

    Raises ControlError, LandingError, or PlacesMissing.
    """
    configuration = configuration or Configuration()
    sessions = open_control(configuration.control.database_url(configuration.home))
    with sessions() as session:
        key_of_visitors = visitor_key(session)
    intake = Intake(open_places(configuration.enrichment), key_of_visitors)
    pool = WarehousePool(configuration.warehouse)
    # Last, for they lock directories.
    log = LandingLog(configuration.home.landing_dir, configuration.landing)
    try:
        webhook_log = LandingLog(configuration.home.stripe_landing_dir, configuration.landing)
    except LandingError:
        log.close()
        raise

    @asynccontextmanager
    async def close_at_shutdown(_api: FastAPI) -> AsyncIterator[None]:
        yield
        log.close()
        webhook_log.close()
        pool.close()

    api = FastAPI(
        title="Headwater",
        version="1",
        description=_DESCRIPTION,
        lifespan=close_at_shutdown,
        # FastAPI's own pages load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    addresses = ClientAddress(configuration.api.trusted_proxies)
    api.state.keys = KeyRing(sessions, addresses)
    api.state.sessions = sessions
    api.state.log = log
    api.state.stripe_webhooks = StripeWebhooks(sessions, configuration.secret, webhook_log)
    api.state.metrics = MetricService(read_catalogue(_METRICS), pool)
    api.state.revenue = RevenueService(pool)
    for router in (collector_router, metrics_router, sites_router, revenue_router, webhooks_router):
        api.include_router(router)
    _answer_errors_in_one_shape(api)
    _describe(api)

    collector = Collector(intake, log, api.state.keys, addresses)
    pages = PageCollector(collector, sessions, configuration.api.address_rate_per_minute)
    routes: dict[str, ASGIApp] = {
        "/api/v1/events": collector.serve,
        "/api/v1/events/batch": collector.serve,
        "/api/v1/events/stream": require_upgrade,
        "/api/v1/collect": pages.serve,
    }
    return Application(routes, {"/api/v1/events/stream": StreamCollector(collector).serve}, api)


def _describe(api: FastAPI) -> None:
    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            described = get_openapi(
                title=api.title, version=api.version, description=api.description, routes=api.routes
            )
            describe_collector(described)
            api.openapi_schema = described
        return api.openapi_schema

    @api.get("/docs", include_in_schema=False)
    def read_docs() -> HTMLResponse:
        return HTMLResponse(render_docs(api.openapi()))

    api.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents this as the way


def _answer_errors_in_one_shape(api: FastAPI) -> None:
    def answer(_request: Request, error: Exception) -> JSONResponse:
        known = _as_api_error(error)
        return JSONResponse(known.body(), known.status, known.headers)

    for kind in (ApiError, HTTPException, RequestValidationError, Exception):
        api.add_exception_handler(kind, answer)


def _as_api_error(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        return BrokenRequest(f"{place}: {first['msg']}" if place else first["msg"], field=place or None)
    if isinstance(error, HTTPException):
        if error.status_code == MethodNotAllowed.status:
            return MethodNotAllowed((error.headers or {}).get("Allow", "GET"))
        if error.status_code == NotFound.status:
            return NotFound()
        return BrokenRequest(str(error.detail))
    logger.error("a request failed", exc_info=error)
    return Unexpected()
