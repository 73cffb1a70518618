"""The ASGI application: ClickHouse's HTTP interface."""

import hmac
from collections.abc import Mapping
from typing import Any

from headwater.warehouse.embedded.address import is_foreign
from headwater.warehouse.embedded.answer import Answer, send_text
from headwater.warehouse.embedded.body import Body, ClientGone, Receive, Send
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.execution import Execution
from headwater.warehouse.embedded.executor import Executor
from headwater.warehouse.embedded.request import Request, parse_request


class Application:
    """Answers ``/``, ``/ping`` and ``/replicas_status``. ``user`` and ``password`` are the only login."""

    def __init__(self, executor: Executor, user: str, password: str) -> None:
        self._executor, self._user, self._password = executor, user, password

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path in ("/ping", "/replicas_status"):
            await send_text(send, 200, "Ok.\n")
        elif path not in ("/", "/query"):
            await send_text(send, 404, f"There is no handle {path}\n\nUse / or /ping for health checks.\n")
        elif scope["method"] == "OPTIONS":
            await send_text(send, 204, "")
        elif scope["method"] not in ("GET", "POST", "HEAD"):
            await send_text(send, 501, "")
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        request = parse_request(scope)
        if request.method in ("GET", "HEAD") and not request.arguments.get("query"):
            await send_text(send, 200, "Ok.\n")
            return
        answer = Answer(self._executor.engine, request, send)
        try:
            if not self._password and is_foreign(scope["headers"]):
                text = "Without a password, only programs on this machine are answered: no web page, no other host name"
                raise QueryError.named(497, "ACCESS_DENIED", text)
            self._check_login(request)
            _check_supported(request)
            await Execution(self._executor, request, Body(receive), answer).run()
        except ClientGone:
            return
        except QueryError as error:
            await answer.fail(error)
        except OSError as error:
            # Such as a full disk under an answer that is held back until its query ends.
            await answer.fail(QueryError.named(425, "SYSTEM_ERROR", f"{error.strerror or error}"))

    def _check_login(self, request: Request) -> None:
        user, password = request.credentials()
        right = hmac.compare_digest(password.encode("utf-8", "replace"), self._password.encode())
        if user != self._user or not right:
            raise QueryError.named(
                516,
                "AUTHENTICATION_FAILED",
                f"{user}: Authentication failed: password is incorrect, or there is no user with such name.",
            )


def _check_supported(request: Request) -> None:
    """Refuse what would otherwise be ignored with consequences. Raises QueryError."""
    if request.flag("compress") or request.flag("decompress"):
        text = "ClickHouse's own compression isn't supported here: use Accept-Encoding and Content-Encoding"
        raise QueryError.named(48, "NOT_IMPLEMENTED", text)
    if role := request.arguments.get("role"):
        raise QueryError.named(511, "UNKNOWN_ROLE", f"There is no role `{role}`: the embedded server has one user")
