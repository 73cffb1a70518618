"""The collector's routes in the API's OpenAPI description: FastAPI does not know them, they stand in front of it."""

from typing import Any

from pydantic.json_schema import models_json_schema

from api.collector.schemas import Accepted, EventBatch
from api.errors import (
    ApiError,
    BatchTooLarge,
    BodyTooLarge,
    BodyTooSlow,
    BrokenRequest,
    ErrorBody,
    ForeignOrigin,
    InvalidKey,
    MalformedBody,
    MethodNotAllowed,
    MissingKey,
    MissingScope,
    NothingAccepted,
    RateLimited,
    Unavailable,
    UnknownSite,
    UnsupportedEncoding,
    UpgradeRequired,
    responses,
)
from headwater.contracts.event import Event

_BODY_ERRORS: tuple[type[ApiError], ...] = (
    MethodNotAllowed,
    BodyTooSlow,
    BodyTooLarge,
    BatchTooLarge,
    UnsupportedEncoding,
    MalformedBody,
    NothingAccepted,
    RateLimited,
    Unavailable,
)
_KEY_ERRORS = (MissingKey, InvalidKey, MissingScope)
_WITH_KEY: list[dict[str, list[str]]] = [{"HTTPBearer": []}, {"APIKeyHeader": []}]

_EVENT = {
    "event": "page_view",
    "visitor_id": "v-7f3a",
    "url": "https://example.com/pricing?utm_source=newsletter",
    "referrer": "https://mail.example.org/",
}
_BATCH = {"events": [_EVENT, {"event": "signup", "user_id": "u-42"}], "sent_at": "2026-01-31T12:00:00Z"}

_HOW = (
    "The body may be one event, an array of events or an envelope, compressed with gzip, deflate, br or zstd, whatever "
    "its Content-Type. The answer comes when everything is durable. An event that breaks a rule is answered with its "
    "place and reason and kept aside; the others are accepted."
)


def describe_collector(description: dict[str, Any]) -> None:
    """Add the collector's paths, their schemas and the keys to an OpenAPI description."""
    _, definitions = models_json_schema(
        [(Event, "validation"), (EventBatch, "validation"), (Accepted, "serialization"), (ErrorBody, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    components = description.setdefault("components", {})
    components.setdefault("schemas", {}).update(definitions["$defs"])
    components.setdefault("securitySchemes", {}).update(
        HTTPBearer={"type": "http", "scheme": "bearer", "description": "An API key, as in `hw_…`."},
        APIKeyHeader={"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
    )
    description["paths"] = {
        "/api/v1/events": {"post": _post("sendEvent", "Send an event", _HOW, {"event": _EVENT, "batch": _BATCH})},
        "/api/v1/events/batch": {
            "post": _post("sendEvents", "Send a batch of events", _HOW, {"batch": _BATCH, "array": [_EVENT]})
        },
        "/api/v1/events/stream": {"get": _STREAM},
        "/api/v1/collect": {"post": _collect(), "options": _PREFLIGHT},
        **description.get("paths", {}),
    }


def _post(name: str, summary: str, text: str, examples: dict[str, Any]) -> dict[str, Any]:
    return {
        "tags": ["events"],
        "operationId": name,
        "summary": summary,
        "description": text,
        "security": _WITH_KEY,
        "requestBody": _request_body(examples, "application/json"),
        "responses": {"202": _ACCEPTED, **_errors(*_KEY_ERRORS, *_BODY_ERRORS)},
    }


def _collect() -> dict[str, Any]:
    return {
        "tags": ["events"],
        "operationId": "collect",
        "summary": "Send events from a page",
        "description": "For `fetch` and `navigator.sendBeacon`, without a key: the page's host, as Origin or Referer "
        "tell it, must be one of the site's. An event without `visitor_id` gets a hash that changes every day. " + _HOW,
        "security": [],
        "parameters": [_SITE],
        "requestBody": _request_body({"event": _EVENT, "batch": _BATCH}, "text/plain", "application/json"),
        "responses": {
            "202": _ACCEPTED,
            **_errors(ForeignOrigin, UnknownSite, BrokenRequest, *_BODY_ERRORS),
        },
    }


def _request_body(examples: dict[str, Any], *media_types: str) -> dict[str, Any]:
    content = {"schema": _BODY, "examples": {name: {"value": value} for name, value in examples.items()}}
    return {"required": True, "content": dict.fromkeys(media_types, content)}


def _errors(*errors: type[ApiError]) -> dict[str, Any]:
    """`responses`, with the model as a reference."""
    described = {}
    for status, entry in responses(*errors).items():
        content = {"schema": _ref("ErrorBody"), **entry["content"]["application/json"]}
        described[str(status)] = {
            "description": entry["description"],
            "content": {"application/json": content},
        }
    return described


def _ref(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}


_BODY = {"anyOf": [_ref("Event"), {"type": "array", "items": _ref("Event"), "maxItems": 1000}, _ref("EventBatch")]}
_ACCEPTED = {
    "description": "The accepted events are durable.",
    "content": {"application/json": {"schema": _ref("Accepted")}},
}
_SITE = {
    "name": "site",
    "in": "query",
    "required": True,
    "description": "The site's id.",
    "schema": {"type": "string"},
    "example": "shop",
}
_PREFLIGHT = {
    "tags": ["events"],
    "operationId": "collectPreflight",
    "summary": "Ask whether a page may send",
    "description": "The browser's own question before it sends JSON from another origin.",
    "security": [],
    "parameters": [_SITE],
    "responses": {"204": {"description": "It may."}, **_errors(ForeignOrigin, UnknownSite, BrokenRequest, RateLimited)},
}
_STREAM = {
    "tags": ["events"],
    "operationId": "streamEvents",
    "summary": "Send events over a WebSocket",
    "description": "Connect with `ws://`. A message is a body as for `/api/v1/events/batch`, at most 5 MiB; each is "
    "answered in order with what that route would answer, `Accepted` or `ErrorBody`. Every message counts as a "
    "request. The connection is closed with 1008 when the key is revoked.",
    "security": _WITH_KEY,
    "responses": {
        "101": {"description": "The connection is a WebSocket now."},
        **_errors(*_KEY_ERRORS, UpgradeRequired, RateLimited, Unavailable),
    },
}
