"""Answers that are shown again when a request comes again with the same idempotency key."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from simulator.stripe.account import Account
from simulator.stripe.clock import DAY
from simulator.stripe.refusal import Refusal

_LONGEST = 255
_FORGOTTEN_AFTER = DAY


@dataclass(frozen=True, slots=True)
class Saved:
    """A request to write, and what was answered to it."""

    path: str
    body: bytes
    status: int
    content: bytes
    headers: dict[str, str]

    def show(self) -> Response:
        """The answer once more."""
        return Response(self.content, self.status, self.headers | {"Idempotent-Replayed": "true"})


@dataclass
class SavedAnswers:
    """By API key and idempotency key, for a day of the account's time."""

    account: Account
    _saved: dict[tuple[str, str], tuple[int, Saved]] = field(default_factory=dict)

    def find(self, key: str, name: str, path: str, body: bytes) -> Saved | None:
        """What the request was answered before. Raises Refusal when the idempotency key was another request's."""
        if len(name) > _LONGEST:
            raise Refusal(400, f"Idempotency keys have at most {_LONGEST} characters.", "idempotency_error")
        at, before = self._saved.get((key, name), (0, None))
        if before is None or at + _FORGOTTEN_AFTER <= self.account.now:
            return None
        if (before.path, before.body) != (path, body):
            same = "endpoint" if before.path != path else "parameters"
            raise Refusal(
                400,
                f"Keys for idempotent requests can only be used with the same {same} they were first used with. Use"
                f" another key than '{name}' if you meant to make another request.",
                "idempotency_error",
            )
        return before

    def save(self, key: str, name: str, answer: Saved) -> None:
        """Remember what was answered."""
        self._saved[key, name] = self.account.now, answer


class WritingRoute(APIRoute):
    """A route that does once what comes twice with one idempotency key. What it refuses it has not begun to do.

    It finds the API key and the failure that is to happen, or None, in the request's state, `SavedAnswers` in the
    application's.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As the framework asks for it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            failure: Response | None = request.state.failure
            name, key = request.headers.get("idempotency-key", ""), request.state.key
            if request.method != "POST" or not name:
                return failure or await handle(request)
            saved: SavedAnswers = request.app.state.saved
            body = await request.body()
            if before := saved.find(key, name, request.url.path, body):
                return before.show()
            response = failure or await handle(request)
            headers = {
                header: response.headers[header]
                for header in ("content-type", "stripe-should-retry")
                if header in response.headers
            }
            saved.save(key, name, Saved(request.url.path, body, response.status_code, bytes(response.body), headers))
            return response

        return answer
