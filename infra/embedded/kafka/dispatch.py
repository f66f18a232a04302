"""From a frame to the handler of its API, and what to do when there is none."""

from collections import Counter
from collections.abc import Awaitable
from collections.abc import Iterable
from typing import Final

import structlog
from kio.schema.errors import ErrorCode

from infra.embedded.kafka.api import Api
from infra.embedded.kafka.api import Client
from infra.embedded.kafka.cluster_api import api_versions_reply
from infra.embedded.kafka.codec import GarbageFrame
from infra.embedded.kafka.codec import Reply
from infra.embedded.kafka.codec import Request
from infra.embedded.kafka.codec import decode_request
from infra.embedded.kafka.codec import encode_response
from infra.embedded.kafka.codec import encode_unsupported
from infra.embedded.kafka.codec import read_api
from infra.embedded.kafka.codec import read_request_header
from infra.embedded.kafka.connection import Connection
from infra.embedded.kafka.connection import PendingAnswer
from infra.embedded.kafka.fetch import FETCH_KEY
from infra.embedded.kafka.fetch import MAX_FETCH_VERSION
from infra.embedded.kafka.fetch import MIN_FETCH_VERSION
from infra.embedded.kafka.fetch import LongPoll
from infra.embedded.kafka.fetch import collect
from infra.embedded.kafka.fetch import encode_fetch
from infra.embedded.kafka.fetch import encode_no_session
from infra.embedded.kafka.produce import MAX_PRODUCE_VERSION
from infra.embedded.kafka.produce import PRODUCE_KEY
from infra.embedded.kafka.produce import serve_produce
from infra.embedded.kafka.topics import TopicStore

log = structlog.get_logger(__name__)

API_VERSIONS_KEY: Final = 18
MAX_API_VERSIONS_VERSION: Final = 4
HIGHEST_API_KEY: Final = 10_000


class Dispatcher:
    """
    Serve the frames of every connection.

    Produce, Fetch and ApiVersions are answered here; everything else is decoded by kio, answered
    by its handler and encoded by kio.
    """

    def __init__(
        self, topics: TopicStore, fetch_response_bytes: int, counters: Counter[str]
    ) -> None:
        self.port = 0
        self._topics = topics
        self._fetch_response_bytes = fetch_response_bytes
        self._counters = counters
        self._apis: dict[int, Api] = {}
        self._served: dict[int, tuple[int, int]] = {
            PRODUCE_KEY: (0, MAX_PRODUCE_VERSION),
            FETCH_KEY: (MIN_FETCH_VERSION, MAX_FETCH_VERSION),
            API_VERSIONS_KEY: (0, MAX_API_VERSIONS_VERSION),
        }

    def register(self, apis: Iterable[Api]) -> None:
        """Serve these APIs."""
        for api in apis:
            self._apis[api.key] = api
            self._served[api.key] = (api.min_version, api.max_version)

    def serve(self, connection: Connection, frame: memoryview) -> PendingAnswer | None:
        """
        Serve one frame.

        Raises
        ------
        GarbageFrame
            It is not a request.
        """
        api_key, version, correlation_id = read_api(frame)
        low, high = self._served.get(api_key, (0, -1))
        if not low <= version <= high:
            self._refuse(connection, api_key, version, correlation_id)
            return None
        self._counters[f"requests_{api_key}"] += 1
        if api_key == PRODUCE_KEY:
            outcome = serve_produce(frame, version, correlation_id, self._topics)
            if outcome.failed:
                # With acks=0 closing is the only way to tell the producer.
                connection.close()
            connection.answer((outcome.frame,) if outcome.frame is not None else ())
            return None
        raw = bytes(frame)
        header = read_request_header(raw)
        request = decode_request(raw, header)
        if api_key == FETCH_KEY:
            return self._serve_fetch(connection, request, version, correlation_id)
        if api_key == API_VERSIONS_KEY:
            reply = self._api_versions(ErrorCode.none)
            connection.answer((encode_response(api_key, version, correlation_id, reply),))
            return None
        local = connection.local_host
        client = Client(header.client_id, connection.client_host, local, self.port)
        answer = self._apis[api_key].handler(request, version, client)
        if isinstance(answer, Awaitable):
            encoded = _encode_later(answer, api_key, version, correlation_id)
            return connection.answer_when_done(encoded)
        connection.answer((encode_response(api_key, version, correlation_id, answer),))
        return None

    def _serve_fetch(
        self, connection: Connection, request: Request, version: int, correlation_id: int
    ) -> PendingAnswer | None:
        if getattr(request, "session_id", 0) != 0:
            connection.answer((encode_no_session(version, correlation_id),))
            return None
        collected = collect(request, self._topics, self._fetch_response_bytes)
        missing_bytes = request.min_bytes - collected.record_bytes
        if collected.failed or missing_bytes <= 0 or not request.max_wait:
            connection.answer(encode_fetch(collected, version, correlation_id))
            return None

        def answer() -> None:
            found = collect(request, self._topics, self._fetch_response_bytes)
            connection.answer(encode_fetch(found, version, correlation_id))

        return LongPoll(request, self._topics, missing_bytes, answer)

    def _refuse(
        self, connection: Connection, api_key: int, version: int, correlation_id: int
    ) -> None:
        if not 0 <= api_key <= HIGHEST_API_KEY or version < 0:
            msg = f"API key {api_key} version {version} does not exist"
            raise GarbageFrame(msg)
        self._counters["requests_unsupported"] += 1
        if api_key == API_VERSIONS_KEY:
            # The protocol's fallback: answered in version 0, so that any client can read it.
            reply = self._api_versions(ErrorCode.unsupported_version)
            connection.answer((encode_response(api_key, 0, correlation_id, reply),))
            return
        frame = encode_unsupported(api_key, version, correlation_id)
        log.info("request_unsupported", api_key=api_key, version=version, told=frame is not None)
        if frame is None:
            connection.close()
        connection.answer(() if frame is None else (frame,))

    def _api_versions(self, error: ErrorCode) -> Reply:
        served = ((key, low, high) for key, (low, high) in self._served.items())
        return api_versions_reply(served, error)


async def _encode_later(
    answer: Awaitable[Reply], api_key: int, version: int, correlation_id: int
) -> bytes:
    return encode_response(api_key, version, correlation_id, await answer)
