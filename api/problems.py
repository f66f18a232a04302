"""Errors as `application/problem+json` (RFC 9457); gateway specification, 3."""

from collections.abc import Mapping
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import orjson
import structlog
from fastapi import FastAPI
from fastapi import Request
from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from connectors.errors import ConnectorError
from connectors.errors import TransientConnector

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

# Every code the gateway answers with, and its status.
CODES: Final[Mapping[str, int]] = {
    "cursor_invalid": 400,
    "cursor_mismatch": 400,
    "token_in_query": 400,
    "request_invalid": 400,
    "auth_required": 401,
    "auth_expired": 401,
    "origin_refused": 403,
    "csrf_refused": 403,
    "scope_missing": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "body_timeout": 408,
    "conflict": 409,
    "not_synthetic": 409,
    "run_state": 409,
    "version_mismatch": 412,
    "too_large": 413,
    "parameter_invalid": 422,
    "sql_refused": 422,
    "version_required": 428,
    "rate_limited": 429,
    "internal": 500,
    "store_error": 502,
    "starting": 503,
    "draining": 503,
    "dependency_down": 503,
    "replay_unavailable": 503,
    "capacity": 503,
    "store_timeout": 504,
    "sql_timeout": 504,
}


class FieldError(BaseModel):
    """One parameter or field that is wrong."""

    field: str
    message: str


class ProblemBody(BaseModel):
    """What every error answers with."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[FieldError] = []


class Problem(Exception):
    """
    An error with an answer.

    Parameters
    ----------
    code : str
        One of `CODES`.
    detail : str
        What is wrong, where, and the remedy; never a trace, SQL text or upstream body.
    errors : sequence of (field, message)
        Parameters that are wrong.
    headers : mapping
        E.g. `Retry-After`.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = CODES[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def body(self, instance: str, request_id: str) -> bytes:
        """Return the answer's JSON."""
        return orjson.dumps(
            {
                "type": f"urn:islandflow:problem:{self.code}",
                "title": HTTPStatus(self.status).phrase,
                "status": self.status,
                "detail": self.detail,
                "instance": instance,
                "code": self.code,
                "request_id": request_id,
                "errors": [{"field": field, "message": text} for field, text in self.errors],
            }
        )


def parameter_problem(field: str, message: str) -> Problem:
    """Return the 422 of one wrong parameter."""
    return Problem("parameter_invalid", f"{field}: {message}", errors=[(field, message)])


def problem_response(request: HTTPConnection, problem: Problem) -> Response:
    """Return a problem as the answer of a request."""
    request_id = getattr(request.state, "request_id", "")
    return Response(
        problem.body(request.url.path, request_id),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def problem_of(error: Exception) -> Problem:
    """Return what is answered for any error; what is not foreseen is logged and 500."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _validation_problem(error)
    if isinstance(error, HTTPException):
        return _http_problem(error)
    if isinstance(error, TransientConnector):
        log.warning("dependency_down", error=str(error))
        return Problem(
            "dependency_down", "a service the answer needs does not answer; /health names it"
        )
    if isinstance(error, ConnectorError):
        log.error("store_error", error=str(error))
        return Problem("store_error", "a service refused what the gateway asked; see its log")
    log.error("unforeseen_error", exc_info=error)
    return Problem("internal", "the gateway failed on this request; its log has the request id")


def _validation_problem(error: RequestValidationError) -> Problem:
    found = [
        (".".join(str(each) for each in item["loc"][1:]) or str(item["loc"][0]), str(item["msg"]))
        for item in error.errors()
    ]
    detail = "; ".join(f"{field}: {message}" for field, message in found[:5])
    return Problem("parameter_invalid", detail, errors=found[:100])


def _http_problem(error: HTTPException) -> Problem:
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        error.status_code, "request_invalid"
    )
    return Problem(code, str(error.detail), headers=dict(error.headers or {}))


async def _answer(request: Request, error: Exception) -> Response:
    return problem_response(request, problem_of(error))


def install(app: FastAPI) -> None:
    """Let the application answer every error as a problem."""
    for kind in (Problem, RequestValidationError, HTTPException, ConnectorError, Exception):
        app.add_exception_handler(kind, _answer)
