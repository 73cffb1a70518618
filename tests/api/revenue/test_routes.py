"""The revenue routes over HTTP: what they refuse, and in which words. Their numbers are held beside the models."""

import httpx
import pytest


@pytest.mark.parametrize("route", ["revenue", "transactions"])
def test_another_site_is_unknown_to_a_key(client: httpx.Client, route: str) -> None:
    answer = client.get(f"/api/v1/sites/not-mine/{route}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_site")


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("revenue?model=best_touch", "broken_request"),
        ("revenue?group_by=person_id", "broken_request"),
        ("revenue?start=2026-02-01&end=2026-01-01", "broken_window"),
        ("transactions?kind=gift", "broken_request"),
        ("transactions?limit=0", "broken_request"),
        ("transactions?before=yesterday", "broken_place"),
        ("transactions?before=99999999999999999999.ch_1", "broken_place"),
    ],
)
def test_a_question_that_breaks_a_rule_is_refused(client: httpx.Client, question: str, code: str) -> None:
    answer = client.get(f"/api/v1/sites/shop/{question}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code), answer.text
