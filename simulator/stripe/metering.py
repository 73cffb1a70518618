"""Usage that is reported to meters, and how much of it lies in a period."""

from simulator.stripe.account import Account, Object


class KnownIdentifier(ValueError):
    """A meter event with this identifier was reported before; it is not counted again."""


def report_usage(
    account: Account, customer: str, event_name: str, value: int, identifier: str = "", at: int | None = None
) -> Object:
    """Report usage to the meters of an event name. Returns the meter event. Raises KnownIdentifier."""
    identifier = identifier or f"{customer}-{len(account.meter_events)}"
    if identifier in account.meter_events:
        raise KnownIdentifier(f"An event already exists with identifier {identifier}")
    reported: Object = {
        "object": "billing.meter_event",
        "created": account.now,
        "event_name": event_name,
        "identifier": identifier,
        "livemode": False,
        "payload": {"stripe_customer_id": customer, "value": str(value)},
        "timestamp": account.now if at is None else at,
    }
    account.meter_events[identifier] = reported
    return reported


def sum_usage(account: Account, customer: str, meter: str, begin: int, end: int) -> int:
    """What a customer used from ``begin`` until before ``end``; never below nothing, whatever was taken back."""
    name = account.get("billing.meter", meter)["event_name"]
    return max(
        sum(
            int(event["payload"]["value"])
            for event in account.meter_events.values()
            if event["event_name"] == name
            and event["payload"]["stripe_customer_id"] == customer
            and begin <= event["timestamp"] < end
        ),
        0,
    )
