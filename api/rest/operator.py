"""Operator's documents and alert rules; gateway specification, 5."""

import hashlib
import re
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Annotated
from typing import Any
from typing import Final

import orjson
from fastapi import APIRouter
from fastapi import Depends
from fastapi import Header
from fastapi import Path
from fastapi import Query
from fastapi import Response

from api.live.filters import parse_filters
from api.operator.bodies import KINDS
from api.operator.bodies import rule_of
from api.operator.deliveries import Delivery
from api.operator.documents import Document
from api.operator.models import Bundle
from api.operator.models import BundleDocument
from api.operator.models import BundleResult
from api.operator.models import DeliveryList
from api.operator.models import DeliveryOut
from api.operator.models import DocumentIn
from api.operator.models import DocumentList
from api.operator.models import DocumentOut
from api.operator.models import RuleIn
from api.operator.models import RuleTest
from api.operator.models import SessionCount
from api.operator.rule_history import last_session
from api.params import known_parameters
from api.problems import Problem
from api.problems import parameter_problem
from api.security.principal import needs
from api.services import Services
from api.services import services
from api.streams import stream_of

RULES: Final = "alert-rules"
_NO_STORE: Final = {"Cache-Control": "no-store"}
_ETAG: Final = re.compile(r'(?:W/)?"?(\d{1,18})"?')

router = APIRouter(dependencies=[Depends(known_parameters)])

Parts = Annotated[Services, Depends(services)]
DocumentId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
IfMatch = Annotated[str | None, Header(description="ETag of the version that is changed")]
IfNoneMatch = Annotated[str | None, Header(description="ETag of what is known already")]


def version_of(if_match: str | None) -> int:
    """
    Return the version an `If-Match` names.

    Raises
    ------
    Problem
        `version_required` without it, `parameter_invalid` when it is no ETag of a document.
    """
    if not if_match:
        msg = "send If-Match with the document's ETag, so that no other change is lost"
        raise Problem("version_required", msg)
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise parameter_problem("If-Match", 'expected one ETag as it was sent, e.g. "3"')
    return int(found[1])


def document_out(document: Document) -> DocumentOut:
    """Return a document as it is answered."""
    return DocumentOut(
        id=document.id,
        name=document.name,
        version=document.version,
        updated_ts=str(document.updated_ts),
        body=document.body,
    )


def _answer(content: DocumentOut | DocumentList, etag: str, known: str | None = None) -> Response:
    headers = {**_NO_STORE, "ETag": etag}
    if known is not None and etag in [each.strip() for each in known.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(content.model_dump_json(), media_type="application/json", headers=headers)


def _routes(kind: str) -> None:
    """Add the routes of one kind of documents; rules name addresses and keys: not for readers."""

    async def every(parts: Parts, if_none_match: IfNoneMatch = None) -> Response:
        found = await parts.documents.list(kind)
        mark = orjson.dumps([[each.id, each.version] for each in found])
        etag = f'"{hashlib.sha256(mark).hexdigest()[:16]}"'
        return _answer(
            DocumentList(data=[document_out(each) for each in found]), etag, if_none_match
        )

    async def create(parts: Parts, given: DocumentIn) -> Response:
        found = await parts.documents.create(kind, given.name, given.body)
        answer = _answer(document_out(found), found.etag)
        answer.status_code = 201
        answer.headers["Location"] = f"/{kind}/{found.id}"
        return answer

    async def one(
        parts: Parts,
        id: DocumentId,  # noqa: A002 - of the path
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        found = await parts.documents.get(kind, id)
        return _answer(document_out(found), found.etag, if_none_match)

    async def put(
        parts: Parts,
        id: DocumentId,  # noqa: A002 - of the path
        given: DocumentIn,
        if_match: IfMatch = None,
    ) -> Response:
        version = version_of(if_match)
        found = await parts.documents.put(kind, id, given.name, given.body, version)
        return _answer(document_out(found), found.etag)

    async def delete(
        parts: Parts,
        id: DocumentId,  # noqa: A002 - of the path
        if_match: IfMatch = None,
    ) -> Response:
        await parts.documents.delete(kind, id, version_of(if_match))
        return Response(status_code=204)

    read = needs("operate" if kind == RULES else "read")
    _add(f"/{kind}", "GET", every, DocumentList, read)
    _add(f"/{kind}", "POST", create, DocumentOut, needs("operate"), 201)
    _add(f"/{kind}/{{id}}", "GET", one, DocumentOut, read)
    _add(f"/{kind}/{{id}}", "PUT", put, DocumentOut, needs("operate"))
    _add(f"/{kind}/{{id}}", "DELETE", delete, None, needs("operate"), 204)


def _add(
    path: str,
    method: str,
    handler: Callable[..., Awaitable[Response]],
    model: Any,  # noqa: ANN401 - a class, or none
    scope: Any,  # noqa: ANN401 - a dependency
    status: int = 200,
) -> None:
    router.add_api_route(
        path,
        handler,
        methods=[method],
        response_model=model,
        dependencies=[scope],
        status_code=status,
        summary=f"{method.capitalize()} {path}",
    )


for _kind in KINDS:
    _routes(_kind)


@router.get("/operator/bundle", dependencies=[needs("operate")])
async def export_bundle(parts: Parts, response: Response) -> Bundle:
    """Return every document, webhooks' secrets too."""
    response.headers.update(_NO_STORE)
    found = await parts.documents.bundle()
    documents = {
        kind: [BundleDocument(**document_out(each).model_dump()) for each in those]
        for kind, those in found.items()
    }
    return Bundle.model_validate({"documents": documents})


@router.put("/operator/bundle", dependencies=[needs("operate")])
async def restore_bundle(parts: Parts, given: Bundle) -> BundleResult:
    """Put documents back as a bundle has them; those it does not name stay as they are."""
    documents = {
        str(kind): [(each.id, each.name, each.body) for each in those]
        for kind, those in given.documents.items()
    }
    return BundleResult(restored=await parts.documents.restore(documents))


@router.post("/alert-rules/preview", dependencies=[needs("operate")])
async def preview_rule(parts: Parts, given: RuleIn) -> SessionCount:
    """Tell how often a rule would have spoken in the last session, before it is saved."""
    return await _session_count(parts, given.body)


@router.post("/alert-rules/{id}/test", dependencies=[needs("operate")])
async def test_rule(parts: Parts, id: DocumentId) -> RuleTest:  # noqa: A002 - of the path
    """Send a marked sample of a rule, and count its matches of the last session."""
    document = await parts.documents.get(RULES, id)
    body = rule_of(document.body)
    stream = stream_of(body.stream)
    ring = parts.hub.ring(stream)
    wanted = parse_filters(stream, body.filters).predicate
    newest = [] if ring is None else ring.newest(1, wanted)
    sample, outcomes = await parts.rules.test(document, newest[0] if newest else None)
    return RuleTest(
        sample=orjson.loads(sample),
        deliveries=[_delivery_out(each) for each in outcomes],
        last_session=await _session_count(parts, document.body),
    )


@router.get("/alert-rules/{id}/deliveries", dependencies=[needs("operate")])
async def rule_deliveries(
    parts: Parts,
    id: DocumentId,  # noqa: A002 - of the path
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryList:
    """Return the newest notifications of a rule and what came of them."""
    document = await parts.documents.get(RULES, id)
    found = await parts.rules.deliveries.newest(document.id, limit)
    verdicts = {str(name): count for name, count in parts.rules.counts(document.id).items()}
    return DeliveryList(data=[_delivery_out(each) for each in found], verdicts=verdicts)


async def _session_count(parts: Services, body: dict[str, Any]) -> SessionCount:
    found = await last_session(parts.store, rule_of(body))
    return SessionCount(
        trade_date=found.trade_date, matches=found.matches, would_fire=found.would_fire
    )


def _delivery_out(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut.model_validate(
        {
            **{name: getattr(delivery, name) for name in delivery.__struct_fields__},
            "ts": str(delivery.ts),
        }
    )
