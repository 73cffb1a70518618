"""What FastAPI serves of the collector: the event's schema, and whether events can be taken."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from api.errors import Unavailable, responses
from headwater.contracts.event import Event
from headwater.control import READ_ONLY
from headwater.landing import BacklogFull, LandingError, LandingLog

router = APIRouter()

_EVENT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "/api/v1/schemas/event",
    **Event.model_json_schema(),
}


class SchemaResponse(JSONResponse):
    media_type = "application/schema+json"


class Health(BaseModel):
    """Whether the API does its work."""

    status: str = Field("ok", description="`ok`; anything else is an error.")


@router.get("/api/v1/schemas/event", tags=["events"], summary="The event's JSON Schema", response_class=SchemaResponse)
def read_event_schema() -> SchemaResponse:
    """The contract every event keeps, as JSON Schema 2020-12."""
    return SchemaResponse(_EVENT_SCHEMA)


@router.get("/health", tags=["operation"], summary="Is the process alive?")
async def read_health() -> Health:
    """Answers as long as the process serves requests."""
    return Health()


@router.get("/ready", tags=["operation"], summary="Can events be taken?", responses=responses(Unavailable))
async def read_readiness(request: Request) -> Health:
    """Answers 200 while the landing log has room and the control database answers. The warehouse may be away."""
    log: LandingLog = request.app.state.log
    try:
        log.ensure_room()
    except BacklogFull as error:
        raise Unavailable(str(error), retry_after=error.retry_after) from error
    except LandingError as error:
        raise Unavailable(str(error)) from error
    try:
        await asyncio.to_thread(_ask_control, request.app.state.sessions)
    except SQLAlchemyError as error:
        raise Unavailable("The control database does not answer.") from error
    return Health()


def _ask_control(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        session.connection(execution_options=READ_ONLY)
        session.execute(text("SELECT 1"))
