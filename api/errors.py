"""What the API answers when it cannot do what was asked: one tree, one shape, and the OpenAPI responses it implies.

ApiError
├── InvalidSignature 400, BrokenEvent 400
├── MissingKey 401, InvalidKey 401
├── MissingScope 403, ForeignOrigin 403
├── NotFound 404, UnknownSite 404, NotConnected 404
├── MethodNotAllowed 405
├── BodyTooSlow 408
├── BodyTooLarge 413, BatchTooLarge 413
├── UnsupportedEncoding 415
├── BrokenRequest 422, MalformedBody 422, NothingAccepted 422
├── UpgradeRequired 426
├── RateLimited 429
└── Unavailable 503, Unexpected 503

Every body is ``{"error": {"code", "message", "hint", …}}``; codes are stable.
"""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class ErrorDetail(BaseModel):
    """What went wrong. Some errors carry more: `MalformedBody` the place, 429 and 503 `retry_after`."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="Stable name of the error.")
    message: str = Field(description="What went wrong, for a person.")
    hint: str = Field(description="What to do about it.")


class ErrorBody(BaseModel):
    """The body of every error."""

    error: ErrorDetail


class ApiError(Exception):
    """An answer that is not 2xx."""

    status: ClassVar[int]
    code: ClassVar[str]
    summary: ClassVar[str]
    """One line for the API's description, and the message where none is given."""
    hint: ClassVar[str]

    def __init__(self, message: str | None = None, *, hint: str | None = None, **details: Any) -> None:
        """``details`` are further members of the body's ``error``; None ones are left out."""
        self.message = message or self.summary
        self.body_hint = hint or self.hint
        self.details = {name: value for name, value in details.items() if value is not None}
        super().__init__(self.message)

    @property
    def headers(self) -> dict[str, str]:
        """Headers the answer must have."""
        return {}

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        detail = {"code": self.details.get("code", self.code), "message": self.message, "hint": self.body_hint}
        return {"error": detail | self.details}


class InvalidSignature(ApiError):
    status, code, summary = (
        400,
        "invalid_signature",
        "The signature is not of the site's secret, or is too old.",
    )
    hint = "Compare the endpoint's signing secret with the one given to `headwater stripe connect`, and the clocks."


class BrokenEvent(ApiError):
    status, code, summary = 400, "broken_event", "The webhook's body is no event for this site."
    hint = "Send snapshot events, in the mode that the site is connected in; `headwater stripe list` shows it."


class MissingKey(ApiError):
    status, code, summary = 401, "missing_key", "No API key was sent."
    hint = "Send `Authorization: Bearer hw_…` or `X-API-Key: hw_…`; `headwater keys create` makes a key."

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class InvalidKey(MissingKey):
    status, code, summary = 401, "invalid_key", "The API key is wrong, revoked or expired."
    hint = "`headwater keys list` shows the keys in force."


class MissingScope(ApiError):
    status, code, summary = 403, "missing_scope", "The API key lacks the scope for this."
    hint = "Make a key with the scope: `headwater keys create --scope …`."


class ForeignOrigin(ApiError):
    status, code, summary = 403, "foreign_origin", "The page is not on one of the site's hosts."
    hint = "Add the host: `headwater keys create --site … --host …`; the Origin or Referer header names it."


class NotFound(ApiError):
    status, code, summary = 404, "not_found", "There is nothing at this address."
    hint = "/docs lists what there is."


class UnknownSite(ApiError):
    status, code, summary = 404, "unknown_site", "There is no such site."
    hint = "Check the `site` parameter against `headwater keys list`."


class NotConnected(ApiError):
    status, code, summary = 404, "not_connected", "The site takes no webhooks."
    hint = "Connect it and give the webhook's signing secret: `headwater stripe connect --site …`."


class MethodNotAllowed(ApiError):
    status, code, summary = 405, "method_not_allowed", "This address does not take the method."
    hint = "The Allow header names the methods it takes."

    def __init__(self, allow: str) -> None:
        super().__init__(f"This address takes {allow} only.", allow=allow)

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": self.details["allow"]}


class BodyTooSlow(ApiError):
    status, code, summary = 408, "body_too_slow", "The body did not arrive in time."
    hint = "Send it again, in smaller parts if the line is slow."

    @property
    def headers(self) -> dict[str, str]:
        return {"Connection": "close"}


class BodyTooLarge(ApiError):
    status, code, summary = 413, "body_too_large", "The body is larger than 5 MiB, perhaps after decompression."
    hint = "Send the events in several requests."

    @property
    def headers(self) -> dict[str, str]:
        return {"Connection": "close"}


class BatchTooLarge(ApiError):
    status, code, summary = 413, "batch_too_large", "The batch has more than 1,000 events."
    hint = "Send the events in several requests."


class UnsupportedEncoding(ApiError):
    status, code, summary = 415, "unsupported_encoding", "The body's Content-Encoding is not known here."
    hint = "Use gzip, deflate, br, zstd, or none."

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept-Encoding": "gzip, deflate, br, zstd"}


class BrokenRequest(ApiError):
    status, code, summary = 422, "broken_request", "A parameter or the body breaks a rule."
    hint = "/docs describes the parameters and the body."


class MalformedBody(ApiError):
    status, code, summary = 422, "malformed_json", "The body cannot be read as events."
    hint = 'Send an event, an array of events, or {"events": […]}; GET /api/v1/schemas/event describes an event.'


class NothingAccepted(ApiError):
    status, code, summary = 422, "nothing_accepted", "No event of the request was accepted."
    hint = "`rejected` says what is wrong with each."


class UpgradeRequired(ApiError):
    status, code, summary = 426, "upgrade_required", "This address speaks WebSocket."
    hint = "Connect with ws:// or wss://, or post to /api/v1/events/batch."

    @property
    def headers(self) -> dict[str, str]:
        return {"Upgrade": "websocket", "Connection": "Upgrade"}


class RateLimited(ApiError):
    status, code, summary = 429, "rate_limited", "Too many requests."
    hint = "Wait for as many seconds as Retry-After says; larger batches need fewer requests."

    def __init__(self, message: str | None = None, *, retry_after: int) -> None:
        """``retry_after`` is in whole seconds."""
        super().__init__(message, retry_after=retry_after)

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.details["retry_after"])}


class Unavailable(ApiError):
    status, code, summary = 503, "unavailable", "The events cannot be kept right now."
    hint = "Nothing of the request was kept: send it again after as many seconds as Retry-After says."

    def __init__(self, message: str | None = None, *, retry_after: int = 5) -> None:
        """``retry_after`` is in whole seconds."""
        super().__init__(message, retry_after=retry_after)

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.details["retry_after"])}


class Unexpected(Unavailable):
    status, code, summary = 503, "unexpected", "Something went wrong that should not have."
    hint = "Send the request again; if it keeps failing, the API's log says why."


def responses(*errors: type[ApiError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for a route that may answer with these errors, with an example of each."""
    described: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = described.setdefault(
            error.status,
            {"model": ErrorBody, "description": "", "content": {"application/json": {"examples": {}}}},
        )
        entry["description"] = f"{entry['description']} {error.summary}".strip()
        detail = {"code": error.code, "message": error.summary, "hint": error.hint}
        entry["content"]["application/json"]["examples"][error.code] = {"value": {"error": detail}}
    return described
