"""The registry's REST interface."""

from collections.abc import Callable
from typing import Any
from typing import Final

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.embedded.registry import errors
from infra.embedded.registry.store import Reference
from infra.embedded.registry.store import RegistryStore
from infra.embedded.registry.store import Version

MEDIA_TYPE: Final = "application/vnd.schemaregistry.v1+json"
MAX_BODY_BYTES: Final = 4 * 1024 * 1024

_Answer = dict[str, Any] | list[Any] | int | str


def create_app(store: RegistryStore) -> Starlette:
    """
    Build the HTTP application over a store.

    Source: Confluent Schema Registry API reference. Avro only; one mode, READWRITE. Requests are
    answered on worker threads, because a registration waits for the disk.
    """
    handlers = _Handlers(store)
    subject = "/subjects/{subject}"
    table: list[tuple[str, str, Callable[[Request, Any], _Answer]]] = [
        ("GET", "/", handlers.root),
        ("GET", "/subjects", handlers.subjects),
        ("POST", subject, handlers.lookup),
        ("DELETE", subject, handlers.delete_subject),
        ("GET", f"{subject}/versions", handlers.versions),
        ("POST", f"{subject}/versions", handlers.register),
        ("GET", f"{subject}/versions/{{version}}", handlers.version),
        ("DELETE", f"{subject}/versions/{{version}}", handlers.delete_version),
        ("GET", f"{subject}/versions/{{version}}/schema", handlers.version_schema),
        ("GET", f"{subject}/versions/{{version}}/referencedby", handlers.referenced_by),
        ("GET", "/schemas/types", handlers.types),
        ("GET", "/schemas/ids/{id:int}", handlers.by_id),
        ("GET", "/schemas/ids/{id:int}/schema", handlers.id_schema),
        ("GET", "/schemas/ids/{id:int}/versions", handlers.id_versions),
        ("GET", "/schemas/ids/{id:int}/subjects", handlers.id_subjects),
        ("GET", "/config", handlers.level),
        ("PUT", "/config", handlers.set_level),
        ("DELETE", "/config", handlers.remove_level),
        ("GET", "/config/{subject}", handlers.level),
        ("PUT", "/config/{subject}", handlers.set_level),
        ("DELETE", "/config/{subject}", handlers.remove_level),
        ("GET", "/mode", handlers.mode),
        ("GET", "/mode/{subject}", handlers.mode),
        ("POST", f"/compatibility{subject}/versions", handlers.compatibility),
        ("POST", f"/compatibility{subject}/versions/{{version}}", handlers.compatibility),
    ]
    routes = [Route(path, _endpoint(handler), methods=[method]) for method, path, handler in table]
    return Starlette(routes=routes, exception_handlers={404: _no_route, 405: _no_route})


def _endpoint(handler: Callable[[Request, Any], _Answer]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request)
            return _json(await run_in_threadpool(handler, request, body), 200)
        except errors.RegistryError as error:
            return _json({"error_code": error.error_code, "message": error.message}, error.status)

    return endpoint


class _Handlers:
    """One method per route: the request and its decoded body in, the answer's value out."""

    def __init__(self, store: RegistryStore) -> None:
        self._store = store

    def root(self, _request: Request, _body: object) -> _Answer:
        return {}

    def types(self, _request: Request, _body: object) -> _Answer:
        return ["AVRO"]

    def mode(self, _request: Request, _body: object) -> _Answer:
        return {"mode": "READWRITE"}

    def subjects(self, request: Request, _body: object) -> _Answer:
        prefix = request.query_params.get("subjectPrefix", "")
        names = self._store.subjects(deleted=_flag(request, "deleted"))
        return [name for name in names if name.startswith(prefix)]

    def register(self, request: Request, body: object) -> _Answer:
        schema, references = _schema_of(body)
        version = self._store.register(request.path_params["subject"], schema, references)
        return _described(version, named=False)

    def lookup(self, request: Request, body: object) -> _Answer:
        schema, references = _schema_of(body)
        subject = request.path_params["subject"]
        deleted = _flag(request, "deleted")
        return _described(self._store.lookup(subject, schema, references, deleted=deleted))

    def versions(self, request: Request, _body: object) -> _Answer:
        subject = request.path_params["subject"]
        found = self._store.versions(subject, deleted=_flag(request, "deleted"))
        return [version.version for version in found]

    def version(self, request: Request, _body: object) -> _Answer:
        return _described(self._version(request))

    def version_schema(self, request: Request, _body: object) -> _Answer:
        answer: _Answer = orjson.loads(self._version(request).schema)
        return answer

    def referenced_by(self, request: Request, _body: object) -> _Answer:
        version = self._version(request)
        return list(self._store.referenced_by(version.subject, version.version))

    def delete_subject(self, request: Request, _body: object) -> _Answer:
        subject = request.path_params["subject"]
        return list(self._store.delete_subject(subject, permanent=_flag(request, "permanent")))

    def delete_version(self, request: Request, _body: object) -> _Answer:
        subject, which = request.path_params["subject"], request.path_params["version"]
        return self._store.delete_version(subject, which, permanent=_flag(request, "permanent"))

    def by_id(self, request: Request, _body: object) -> _Answer:
        version = self._store.by_id(request.path_params["id"])
        described = _described(version, named=False)
        del described["id"], described["version"]
        return described

    def id_schema(self, request: Request, _body: object) -> _Answer:
        answer: _Answer = orjson.loads(self._store.by_id(request.path_params["id"]).schema)
        return answer

    def id_versions(self, request: Request, _body: object) -> _Answer:
        uses = self._store.uses(request.path_params["id"], deleted=_flag(request, "deleted"))
        return [{"subject": use.subject, "version": use.version} for use in uses]

    def id_subjects(self, request: Request, _body: object) -> _Answer:
        uses = self._store.uses(request.path_params["id"], deleted=_flag(request, "deleted"))
        return sorted({use.subject for use in uses})

    def level(self, request: Request, _body: object) -> _Answer:
        subject = request.path_params.get("subject")
        default = subject is None or _flag(request, "defaultToGlobal")
        return {"compatibilityLevel": self._store.level(subject, default_to_global=default)}

    def set_level(self, request: Request, body: object) -> _Answer:
        level = body.get("compatibility") if isinstance(body, dict) else None
        if not isinstance(level, str):
            raise errors.invalid_level(level)
        subject = request.path_params.get("subject")
        return {"compatibility": self._store.set_level(subject, level)}

    def remove_level(self, request: Request, _body: object) -> _Answer:
        return {"compatibility": self._store.set_level(request.path_params.get("subject"), None)}

    def compatibility(self, request: Request, body: object) -> _Answer:
        schema, references = _schema_of(body)
        subject, which = request.path_params["subject"], request.path_params.get("version")
        reasons = self._store.incompatibilities(subject, which, schema, references)
        answer: dict[str, Any] = {"is_compatible": not reasons}
        if _flag(request, "verbose"):
            answer["messages"] = reasons
        return answer

    def _version(self, request: Request) -> Version:
        subject, which = request.path_params["subject"], request.path_params["version"]
        return self._store.version(subject, which, deleted=_flag(request, "deleted"))


def _described(version: Version, *, named: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": version.schema_id,
        "version": version.version,
        "schemaType": "AVRO",
        "schema": version.schema,
    }
    if named:
        found["subject"] = version.subject
    if version.references:
        found["references"] = list(version.references)
    return found


def _schema_of(body: object) -> tuple[str, list[Reference]]:
    if not isinstance(body, dict) or not isinstance(body.get("schema"), str):
        reason = 'the body needs "schema", the JSON text of an Avro schema'
        raise errors.invalid_schema(reason)
    if body.get("schemaType", "AVRO") != "AVRO":
        reason = f"schemaType {body['schemaType']!r} is not served, only AVRO"
        raise errors.invalid_schema(reason)
    references = body.get("references") or []
    wanted = {"name": str, "subject": str, "version": int}
    for item in references:
        if not all(isinstance(item.get(key), kind) for key, kind in wanted.items()):
            reason = f"a reference needs name, subject, version: {item!r}"
            raise errors.invalid_schema(reason)
    return body["schema"], [{key: item[key] for key in wanted} for item in references]


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() == "true"


async def _body(request: Request) -> Any:  # noqa: ANN401 - JSON of any shape
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY_BYTES:
            text = f"the body is larger than {MAX_BODY_BYTES} bytes"
            raise errors.RegistryError(41301, text)
    if not raw:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise errors.RegistryError(40001, f"the body is not JSON: {error}") from error


async def _no_route(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return _json({"error_code": status, "message": f"HTTP {status} {request.url.path}"}, status)


def _json(value: _Answer, status: int) -> Response:
    return Response(orjson.dumps(value), status_code=status, media_type=MEDIA_TYPE)
