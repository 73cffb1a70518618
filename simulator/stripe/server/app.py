"""The application: who is let in, what goes wrong, what was answered before, and what every answer is headed with."""

from collections.abc import Awaitable, Callable
from email.utils import formatdate

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from headwater.contracts.stripe import API_VERSION
from simulator.stripe.account import Account
from simulator.stripe.admission import Admission
from simulator.stripe.refusal import Refusal
from simulator.stripe.server import clocks, deliveries, faults, reading, writing
from simulator.stripe.server.idempotency import SavedAnswers
from simulator.stripe.webhooks import Endpoint

Next = Callable[[Request], Awaitable[Response]]


def make_app(account: Account, admission: Admission) -> FastAPI:
    """The application. Requests are answered one after the other, as the account knows one time only."""
    app = FastAPI(title="Stripe, simulated", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.saved = SavedAnswers(account)
    endpoints: list[Endpoint] = []

    @app.middleware("http")
    async def answer_as_stripe(request: Request, call_next: Next) -> Response:
        admission.requests.append(f"{request.method} {request.url.path}?{request.url.query}".rstrip("?"))
        try:
            is_stripes = request.url.path.startswith("/v1/")
            response = await (_admit(request, call_next, admission) if is_stripes else call_next(request))
        except Refusal as refusal:
            response = _word(refusal)
        # Objects are dated by the account's clock, and so is the answer that shows them.
        response.headers["Date"] = formatdate(account.now, usegmt=True)
        response.headers["Request-Id"] = f"req_{len(admission.requests):014}"
        response.headers["Stripe-Version"] = API_VERSION
        return response

    @app.exception_handler(Refusal)
    async def refuse(_: Request, refusal: Refusal) -> JSONResponse:
        return _word(refusal)

    app.include_router(writing.make_router(account, endpoints))
    app.include_router(deliveries.make_router(endpoints))
    app.include_router(clocks.make_router(account))
    app.include_router(faults.make_router(admission))
    # Its address is any, so it is the last to be asked.
    app.include_router(reading.make_router(account))
    return app


def _word(refusal: Refusal) -> JSONResponse:
    return JSONResponse(refusal.body, refusal.status, refusal.headers)


async def _admit(request: Request, call_next: Next, admission: Admission) -> Response:
    """Answer a request of Stripe's API, if nothing goes wrong. Raises Refusal."""
    path = request.url.path.removeprefix("/v1/")
    request.state.key = admission.admit(request.method, path, request.headers.get("authorization", ""))
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise Refusal(400, f"Invalid Stripe API version: {version}; this account answers in {API_VERSION} only")
    fault = admission.faults.strike(f"{request.method} {request.url.path}?{request.url.query}")
    failure = faults.word(fault, request.method) if fault else None
    # A write that fails had begun: who comes again with its idempotency key is told of the same failure.
    had_begun = failure is not None and failure.status_code == 500 and request.method == "POST"
    request.state.failure = failure if had_begun else None
    answer = failure if failure and not had_begun else await call_next(request)
    return await faults.disturb(fault, answer) if fault else answer
