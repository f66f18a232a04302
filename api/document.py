"""The OpenAPI document: as FastAPI makes it, with every error described as it is answered."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE
from api.problems import ProblemBody

_PREFIX = "#/components/schemas/"
# What FastAPI describes by itself, and what is never answered.
_UNUSED = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> None:
    """Let an application describe its errors as problems."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # the way FastAPI documents


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes
    )
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for name in _UNUSED:
        schemas.pop(name, None)
    body = ProblemBody.model_json_schema(ref_template=_PREFIX + "{model}")
    schemas.update(body.pop("$defs", {}))
    schemas["ProblemBody"] = body
    problem = {
        "description": "An error; `code` says which.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_PREFIX}ProblemBody"}}},
    }
    for operations in found.get("paths", {}).values():
        for operation in operations.values():
            responses = operation["responses"]
            responses.pop("422", None)
            # A route names an error to say when it comes; the body is the same for all.
            for status, answer in responses.items():
                if status >= "400":
                    answer["content"] = problem["content"]
            responses["default"] = problem
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    return found
