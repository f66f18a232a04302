"""What `/metrics` tells, by gateway specification 10; no label carries symbols or ids."""

from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Gauge
from prometheus_client import Histogram

REGISTRY: Final = CollectorRegistry(auto_describe=True)
_FAST: Final = (0.001, 0.002, 0.005, 0.01, 0.016, 0.025, 0.033, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"islandflow_{name}", text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"islandflow_{name}", text, labels, registry=REGISTRY)


def _seconds(name: str, text: str, *labels: str) -> Histogram:
    return Histogram(f"islandflow_{name}", text, labels, registry=REGISTRY, buckets=_FAST)


HTTP_REQUEST_SECONDS: Final = _seconds(
    "http_request_seconds", "Requests by route template.", "route", "method", "status"
)
WS_CONNECTIONS: Final = _gauge("ws_connections", "Open sockets.")
WS_GROUPS: Final = _gauge("ws_groups", "Distinct subscriptions that are encoded once.")
WS_FRAMES: Final = _counter("ws_frames", "Frames handed to sockets.")
WS_BYTES: Final = _counter("ws_bytes", "Bytes handed to sockets.")
WS_DROPPED: Final = _counter("ws_dropped", "Records a slow client lost.", "channel")
WS_CONFLATED: Final = _counter("ws_conflated", "Records a newer one replaced.", "channel")
WS_DISCONNECTS: Final = _counter("ws_disconnects", "Closed sockets.", "code")
WS_OUTBOX_BYTES: Final = _gauge("ws_outbox_bytes", "Bytes waiting for all clients.")
APPEND_TO_FRAME_SECONDS: Final = _seconds(
    "append_to_frame_seconds", "From the broker's stamp to the encoded frame.", "channel"
)
FRAME_TO_PAINT_SECONDS: Final = _seconds(
    "frame_to_paint_seconds", "From the frame to the screen, as terminals report.", "channel"
)
TAIL_LAG_RECORDS: Final = _gauge(
    "tail_lag_records", "Records of the log not read yet.", "topic", "partition"
)
RECORDS: Final = _counter("records", "Records read from the log.", "channel", "outcome")
DUPLICATES: Final = _counter("duplicates", "Records seen before.", "channel")
GAPS: Final = _counter("gaps", "Subscriptions that could not be continued.", "reason")
STORE_QUERY_SECONDS: Final = _seconds("store_query_seconds", "Queries of the store.", "query")
REDIS_PIPELINE_SECONDS: Final = _seconds("redis_pipeline_seconds", "Writes of hot windows.")
WEBHOOKS: Final = _counter("webhook", "Deliveries of alert rules.", "outcome")
AUTH_FAILURES: Final = _counter("auth_failures", "Refused requests.", "reason")
RATE_LIMITED: Final = _counter("rate_limited", "Requests over a limit.", "bucket")
LOOP_LAG_SECONDS: Final = _gauge("loop_lag_seconds", "How late the event loop wakes up.")
