"""Operations: health, readiness, metrics, the pipeline, dead letters, losses."""

import asyncio
from collections.abc import Iterable
from typing import Annotated
from typing import Final

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Query
from fastapi import Request
from fastapi import Response
from fastapi.responses import JSONResponse
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client import generate_latest

from api.flow_watch import flow_found
from api.health import HealthReport
from api.losses import losses_since
from api.losses import midnight_ns
from api.metrics import REGISTRY
from api.ops_models import ChannelPipeline
from api.ops_models import ClientPipeline
from api.ops_models import DeadLetterBody
from api.ops_models import DeadLetterReplay
from api.ops_models import DeadLetters
from api.ops_models import DeadLettersReplayed
from api.ops_models import DependencyHealth
from api.ops_models import FlowPipeline
from api.ops_models import HealthBody
from api.ops_models import Losses
from api.ops_models import PipelineBody
from api.ops_models import ReadyBody
from api.ops_models import SpanPercentiles
from api.ops_models import TopicPipeline
from api.params import known_parameters
from api.params import parse_texts
from api.problems import Problem
from api.problems import parameter_problem
from api.security.principal import Principal
from api.security.principal import needs
from api.services import Services
from api.services import services
from connectors.kafka.bounded import Start
from connectors.kafka.dlq import DeadLetter
from connectors.kafka.dlq import list_dead_letters
from connectors.kafka.dlq import replay_dead_letters
from redpanda.catalog import DEAD_LETTER_SUFFIX
from redpanda.catalog import topic_catalog

router = APIRouter(dependencies=[Depends(known_parameters)])

Parts = Annotated[Services, Depends(services)]

SHOWN_BYTES: Final = 1024
MAX_LETTERS: Final = 1000
NO_STORE: Final = {"Cache-Control": "no-store"}
WITH_LETTERS: Final = frozenset(
    name.removesuffix(DEAD_LETTER_SUFFIX)
    for name, each in topic_catalog().items()
    if each.kind == "dead_letters"
)


@router.get("/health", response_model=HealthBody, responses={503: {"model": HealthBody}})
async def health(request: Request, parts: Parts) -> Response:
    """Return how everything is; 503 when what is needed is down."""
    report = parts.health.snapshot()
    known = isinstance(getattr(request.state, "principal", None), Principal)
    body = health_body(report) if known else HealthBody(status=report.status)
    code = 503 if report.status == "down" else 200
    return JSONResponse(body.model_dump(exclude_none=not known), code, headers=NO_STORE)


def health_body(report: HealthReport) -> HealthBody:
    """Return all that a round found."""
    return HealthBody(
        status=report.status,
        checked_ts=str(report.checked_ts),
        dependencies={
            name: DependencyHealth(
                status=each.status,
                latency_ms=each.latency_ms,
                since=str(each.since),
                detail=each.detail,
            )
            for name, each in report.dependencies.items()
        },
    )


@router.get("/ready")
async def ready(parts: Parts) -> ReadyBody:
    """Say whether the gateway should get requests; 503 `starting` or `draining` when not."""
    why = parts.health.unready()
    if why:
        raise Problem(why, f"the gateway is {why}", headers={"Retry-After": "1"})
    return ReadyBody(status="ready")


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics() -> Response:
    """Return the metrics in Prometheus' text format."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST, headers=NO_STORE)


@router.get("/ops/pipeline")
async def pipeline(parts: Parts, response: Response) -> PipelineBody:
    """Return rates, lags and latencies from topic to screen."""
    response.headers.update(NO_STORE)
    known, report = parts.health, parts.health.snapshot()
    read = parts.hub.topics()
    topics = {}
    for name, records in sorted(known.ends.items()):
        if name.endswith(DEAD_LETTER_SUFFIX):
            continue
        newest, letters = known.probe.newest.get(name), name + DEAD_LETTER_SUFFIX
        topics[name] = TopicPipeline(
            records=records,
            rate=known.rates.get(name),
            lag=read[name].lag if name in read else None,
            watermark_ts=None if newest is None else str(newest.source_ts),
            dead_letters=known.ends.get(letters, 0),
            dead_letter_rate=known.rates.get(letters),
        )
    flows = {
        name: FlowPipeline(
            records_behind=each.records,
            lag_s=each.lag_s,
            stalled_s=each.stalled_s,
            status=flow_found(each).status,
        )
        for name, each in report.flows.items()
    }
    stages = {
        stage: {span: SpanPercentiles(**each) for span, each in spans.items()}
        for stage, spans in parts.hub.latency.snapshot(known.now_s()).items()
    }
    return PipelineBody(
        checked_ts=str(report.checked_ts),
        topics=topics,
        flows=flows,
        stages=stages,
        channels={
            name: ChannelPipeline(
                **{field: getattr(each, field) for field in ChannelPipeline.model_fields}
            )
            for name, each in parts.hub.channels().items()
        },
        clients=[ClientPipeline(**each) for each in parts.hub.clients()],
    )


@router.get("/ops/dlq")
async def dead_letters(
    parts: Parts,
    response: Response,
    topic: Annotated[str, Query(description="whose dead letters, comma separated")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LETTERS)] = 200,
) -> DeadLetters:
    """Return what was rejected, newest first."""
    response.headers.update(NO_STORE)
    chosen, totals = letter_topics(parse_texts("topic", topic)), letters_of(parts)
    wanted = [name for name in chosen or totals if totals.get(name)]
    start = Start("offset", -limit)
    found = await asyncio.to_thread(list_dead_letters, parts.addresses.kafka, wanted, start)
    newest = sorted(found, key=lambda each: (-each.letter_offset, each.topic))[:limit]
    return DeadLetters(data=[_letter(each) for each in newest], totals=totals)


@router.post("/ops/dlq/replay")
async def replay(
    parts: Parts, body: DeadLetterReplay, principal: Annotated[Principal, needs("admin")]
) -> DeadLettersReplayed:
    """Send dead letters back to their topics; each once, however often it is asked."""
    del principal
    wanted = letter_topics(body.topics) or [
        name for name, count in letters_of(parts).items() if count
    ]
    done = await asyncio.to_thread(replay_dead_letters, parts.addresses.kafka, wanted)
    by_topic: dict[str, int] = {}
    for each in done.replayed:
        by_topic[each.topic] = by_topic.get(each.topic, 0) + 1
    return DeadLettersReplayed(
        replayed=len(done.replayed), skipped=len(done.skipped), by_topic=by_topic
    )


@router.get("/ops/losses")
async def losses(parts: Parts, response: Response) -> Losses:
    """Return what was lost, late or thrown away today, with times."""
    response.headers.update(NO_STORE)
    since_ns = midnight_ns(parts.health.now_ns())
    return Losses(since_ts=str(since_ns), data=await losses_since(parts, since_ns))


def letter_topics(chosen: Iterable[str]) -> list[str]:
    """
    Return the topics that were named.

    Raises
    ------
    Problem
        422: one of them keeps no dead letters.
    """
    wanted = sorted(set(chosen))
    for name in wanted:
        if name not in WITH_LETTERS:
            raise parameter_problem("topic", f"{name!r} is no topic that keeps dead letters")
    return wanted


def letters_of(parts: Services) -> dict[str, int]:
    """Return how many dead letters each topic has, without those that have none."""
    ends = parts.health.ends
    found = {name: ends.get(name + DEAD_LETTER_SUFFIX, 0) for name in sorted(WITH_LETTERS)}
    return {name: count for name, count in found.items() if count}


def _letter(letter: DeadLetter) -> DeadLetterBody:
    value = letter.value or b""
    return DeadLetterBody(
        id=f"{letter.letter_topic}/{letter.letter_offset}",
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        position=letter.position,
        origin=letter.origin,
        error=letter.error,
        attempt=letter.attempt,
        is_replayed=letter.is_replayed,
        is_replayable=letter.is_replayable,
        size=len(value),
        value_hex=value[:SHOWN_BYTES].hex(),
    )
