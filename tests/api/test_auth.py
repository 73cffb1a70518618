"""Wrong keys, one after another."""

from api.auth import FAILURES_PER_MINUTE
from tests.api.collector_process import CollectorProcess


def test_wrong_keys_are_slowed_down_by_address_and_right_ones_are_not(collector: CollectorProcess) -> None:
    event = {"event": "a"}

    def send(key: str, address: str) -> tuple[int, str | None]:
        headers = {"X-API-Key": key, "X-Forwarded-For": address}
        response = page.post("/api/v1/events", json=event, headers=headers)
        return response.status_code, response.headers.get("retry-after")

    with collector.client("") as page:
        assert send(collector.key, "203.0.113.7")[0] == 202
        refused = [send(f"hw_{number:08x}_{'0' * 48}", "203.0.113.7") for number in range(FAILURES_PER_MINUTE)]
        assert {status for status, _ in refused} == {401}
        # The bucket fills while it is emptied.
        again = [send("hw_wrong", "203.0.113.7") for _ in range(FAILURES_PER_MINUTE)]
        assert (429, "1") in again
        assert send("hw_wrong", "203.0.113.8")[0] == 401
        assert send(collector.key, "203.0.113.7")[0] == 202
