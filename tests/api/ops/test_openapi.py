"""The OpenAPI document: whole, checked in, up to date."""

from typing import Any

import orjson
import pytest

from api.openapi import PATH
from api.openapi import document

JSON = "application/json"
PROBLEM = "application/problem+json"
# Answers whose body is no JSON: their media types say what they are.
STREAMED = ("/export/", "/sql", "/metrics")


@pytest.fixture(scope="module")
def written() -> bytes:
    return document()


@pytest.fixture(scope="module")
def described(written: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(written)
    return found


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_checked_in_document_is_that_of_the_routes(written: bytes) -> None:
    assert PATH.read_bytes() == written, "run: python -m api.openapi"


def test_ids_of_operations_are_unique(described: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(described)]

    assert len(ids) == len(set(ids))
    assert "get_flow_alerts_id_outcomes" in ids


def test_every_operation_says_what_it_does(described: dict[str, Any]) -> None:
    silent = [
        f"{method} {path}"
        for path, method, operation in operations(described)
        if not (operation.get("description") or operation.get("summary"))
    ]

    assert silent == []


def test_every_answer_has_a_model(described: dict[str, Any]) -> None:
    """An empty schema takes anything, so it says nothing."""
    without = []
    for path, method, operation in operations(described):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {})
            if status in {"204", "304"}:
                assert not content, f"{method} {path}"
            elif not content or any(
                not each.get("schema") for each in content.values() if not path.startswith(STREAMED)
            ):
                without.append(f"{method} {path} {status}")

    assert without == []


def test_every_operation_says_how_it_refuses(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        told = operation["responses"]["default"]["content"]
        assert list(told) == [PROBLEM], f"{method} {path}"
        assert "422" not in operation["responses"], f"{method} {path}"
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_every_model_that_is_named_is_there(described: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}

    assert set(references(described)) <= known


def references(value: object) -> list[str]:
    """Return every `$ref` below a value."""
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for part in value.values() for each in references(part)]
    if isinstance(value, list):
        return [each for part in value for each in references(part)]
    return []


def test_the_document_is_json_that_names_its_version(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"] == "Islandflow"
