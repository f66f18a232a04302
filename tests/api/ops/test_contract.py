"""Requests made from the OpenAPI document: nothing fails, every answer is as described."""

from typing import Any
from typing import Final

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import given
from hypothesis import settings
from schemathesis import Case
from schemathesis.checks import CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks
from schemathesis.specs.openapi.schemas import OpenApiSchema

from api.openapi import PATH
from tests.api.recorded import Gateway

EXAMPLES: Final = 3
TIMEOUT_S: Final = 60.0
CHECKS: Final[list[CheckFunction]] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
# No worker runs here, so who asks for a replay is told so.
UNAVAILABLE: Final = {"replay_unavailable"}
# Routes that would let go of what other tests of this gateway need.
LEFT_OUT: Final = ("/auth/logout", "/auth/login")


def described() -> OpenApiSchema:
    config = SchemathesisConfig.from_dict({"generation": {"allow-x00": False}})
    return schemathesis.openapi.from_dict(orjson.loads(PATH.read_bytes()), config=config)


def operations() -> list[Any]:
    found = [each.ok() for each in described().get_all_operations() if isinstance(each, Ok)]
    return [pytest.param(each, id=each.label) for each in found if each.path not in LEFT_OUT]


@pytest.mark.parametrize("operation", operations())
def test_every_answer_is_one_that_is_described(gateway: Gateway, operation: Any) -> None:  # noqa: ANN401 - it has no public name
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Case[Any]) -> None:
        response = case.call(base_url=gateway.url, timeout=TIMEOUT_S)
        if response.status_code >= 500:
            assert response.json()["code"] in UNAVAILABLE, (case.as_curl_command(), response.text)
        case.validate_response(response, checks=CHECKS)

    ask()


def test_no_request_made_the_gateway_fail(gateway: Gateway) -> None:
    assert "unforeseen_error" not in gateway.log()
    assert gateway.get("/ready").status_code == 200
