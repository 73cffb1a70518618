"""What the collector takes and answers, for the API's description."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from headwater.contracts.event import Event
from headwater.contracts.limits import BATCH_EVENTS
from headwater.intake import Code


class EventBatch(BaseModel):
    """Events, and when the client sent them."""

    model_config = ConfigDict(extra="forbid")

    events: list[Event] = Field(max_length=BATCH_EVENTS)
    sent_at: AwareDatetime | None = Field(
        None, description="The client's clock as it sends; corrects each event's `occurred_at`."
    )


class RejectedEvent(BaseModel):
    """An event that was refused. It is kept with its reason, and not counted."""

    index: int = Field(description="Its place in the batch, from 0.")
    code: Code = Field(description="Stable name of the broken rule.")
    field: str = Field(description="The field at fault; empty where there is none.")
    reason: str = Field(description="What is wrong, for a person.")


class Accepted(BaseModel):
    """What became of a request. The accepted events are durable."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "accepted": 1,
                    "rejected": [
                        {
                            "index": 1,
                            "code": "unknown_field",
                            "field": "userId",
                            "reason": "unknown field `userId`; did you mean `user_id`?",
                        }
                    ],
                    "ids": {"0": "018f3a5e-7c4b-7d2e-9a61-0c5b8e4f2d10"},
                }
            ]
        }
    )

    accepted: int
    rejected: list[RejectedEvent]
    ids: dict[str, UUID] = Field(
        default_factory=dict,
        description="Ids of the accepted events that came without one, by their place in the batch. Absent when none.",
    )
