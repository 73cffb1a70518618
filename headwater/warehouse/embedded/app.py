"""The ASGI application: ClickHouse's HTTP interface."""

import hmac
from typing import Any

from headwater.warehouse.embedded.body import Body, ClientGone, Receive, Send
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.execution import Execution, Executor
from headwater.warehouse.embedded.request import Request, parse_request
from headwater.warehouse.embedded.response import send_text

_SERVER_FAULT = 1001


class Application:
    """Answers ``/``, ``/ping`` and ``/replicas_status``. ``user`` and ``password`` are the only login."""

    def __init__(self, executor: Executor, user: str, password: str) -> None:
        self._executor, self._user, self._password = executor, user, password

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path in ("/ping", "/replicas_status"):
            await send_text(send, 200, "Ok.\n", [])
        elif path not in ("/", "/query"):
            await send_text(send, 404, f"There is no handle {path}\n\nUse / or /ping for health checks.\n", [])
        elif scope["method"] not in ("GET", "POST", "HEAD", "OPTIONS"):
            await send_text(send, 501, "", [])
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        request = parse_request(scope)
        if not request.arguments.get("query") and request.method == "GET":
            await send_text(send, 200, "Ok.\n", [])
            return
        execution = Execution(self._executor, request, Body(receive), send)
        try:
            self._check_login(request)
            await execution.run()
        except ClientGone:
            return
        except QueryError as error:
            await execution.refuse(error)

    def _check_login(self, request: Request) -> None:
        user, password = request.credentials()
        right = hmac.compare_digest(password.encode("utf-8", "replace"), self._password.encode())
        if user != self._user or not right:
            raise QueryError.named(
                516,
                "AUTHENTICATION_FAILED",
                f"{user}: Authentication failed: password is incorrect, or there is no user with such name.",
            )
