"""The API describes itself: OpenAPI, schema, docs."""

import json
import re
from typing import Any

import httpx
import jsonschema
import pytest

from api.errors import ApiError, NothingAccepted, responses
from headwater.contracts.event import Event


@pytest.fixture(scope="module")
def description(collector: Any) -> dict[str, Any]:
    described: dict[str, Any] = httpx.get(f"{collector.address}/openapi.json").json()
    return described


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, entry) for path, item in description["paths"].items() for method, entry in item.items()]


def test_every_route_of_the_collector_is_described(description: dict[str, Any]) -> None:
    described = {(method, path) for path, method, _ in operations(description)}
    assert described >= {
        ("post", "/api/v1/events"),
        ("post", "/api/v1/events/batch"),
        ("get", "/api/v1/events/stream"),
        ("post", "/api/v1/collect"),
        ("options", "/api/v1/collect"),
        ("get", "/api/v1/schemas/event"),
        ("get", "/health"),
        ("get", "/ready"),
    }


def test_every_reference_resolves_and_every_operation_has_an_id_of_its_own(description: dict[str, Any]) -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [*([node["$ref"]] if "$ref" in node else []), *(r for v in node.values() for r in references(v))]
        return [reference for value in node for reference in references(value)] if isinstance(node, list) else []

    for reference in references(description):
        node = description
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    ids = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(ids) == len(set(ids))


def test_the_examples_are_accepted_by_the_collector_they_describe(
    description: dict[str, Any], client: httpx.Client
) -> None:
    for path in ("/api/v1/events", "/api/v1/events/batch"):
        content = description["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            assert client.post(path, json=example["value"]).status_code == 202


def test_answers_keep_their_schemas(description: dict[str, Any], client: httpx.Client) -> None:
    def check(answer: Any, model: str) -> None:
        schema = {"$ref": f"#/components/schemas/{model}", "components": description["components"]}
        jsonschema.validate(answer, schema)

    check(client.post("/api/v1/events", json=[{"event": "a"}, {"event": ""}]).json(), "Accepted")
    for body in (b"oops", b'{"event": ""}'):
        check(client.post("/api/v1/events", content=body).json(), "ErrorBody")


def test_the_events_schema_is_the_contract(client: httpx.Client) -> None:
    response = client.get("/api/v1/schemas/event")
    assert response.headers["content-type"] == "application/schema+json"
    schema = response.json()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"].keys() == Event.model_fields.keys()
    jsonschema.validate({"event": "a", "properties": {"b": [1]}}, schema)
    for broken in ({}, {"event": ""}, {"event": "a", "userId": "u"}, {"event": "a", "properties": []}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)


def test_the_docs_page_shows_every_route_and_loads_nothing(client: httpx.Client, description: dict[str, Any]) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for path, method, _ in operations(description):
        assert f"<b>{method.upper()}</b> <code>{path}</code>" in page.text
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(", page.text)


def test_every_error_is_described_with_its_own_example() -> None:
    kinds = [ApiError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    errors = kinds[1:]
    for error in errors:
        entry = responses(error)[error.status]
        example = entry["content"]["application/json"]["examples"][error.code]["value"]
        assert example["error"]["hint"]
    codes = [error.code for error in errors]
    assert len(codes) == len(set(codes))
    assert json.dumps(NothingAccepted(rejected=[]).body())
