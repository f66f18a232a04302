"""The streams: one name for a topic in routes, sockets and exports; gateway specification, 4."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from typing import Final
from typing import Literal

import msgspec

from api.problems import Problem
from schemas.catalog import Topic
from schemas.catalog import topics

SlowPolicy = Literal["conflate", "drop", "keep"]


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """
    One stream.

    Parameters
    ----------
    name : str
        In `/history/<name>`, `/ws/<name>` and as live channel.
    topic : str
        Topic of the log.
    recent : str
        Route of the newest records.
    id_field : str
        Field that identifies a record over its revisions.
    ref : str
        What stands before the id in an evidence reference; empty where the id carries its type.
    filters : tuple of str
        Names of its filters besides `underlying_ids` and `source`.
    policy : {"conflate", "drop", "keep"}
        What is done when a client is slow; gateway specification, 8.6.
    conflate_by : tuple of str
        Fields that make the key of which only the newest is kept.
    """

    name: str
    topic: str
    recent: str
    id_field: str = "trace_id"
    ref: str = ""
    filters: tuple[str, ...] = ()
    policy: SlowPolicy = "keep"
    conflate_by: tuple[str, ...] = ()

    @property
    def schema(self) -> Topic[Any]:
        """Topic with schema, record type and table."""
        return topics()[self.topic]

    @property
    def table(self) -> str:
        """ClickHouse table."""
        return self.schema.table

    @property
    def version_field(self) -> str:
        """Field that orders revisions of one id: `revision` where there is one, else `seq`."""
        return self.schema.version_field or "seq"


_PRINT_FILTERS: Final = ("off_exchange", "min_notional", "min_size")
_ALL: Final = (
    Stream(
        name="options",
        topic="options.tape",
        recent="/prints/options",
        ref="print:",
        filters=(
            *("view", "security", "side", "type", "min_notional", "max_notional", "min_size"),
            *("dte_min", "dte_max", "conditions", "exchange", "option_contract_id"),
            "flow_packet_id",
        ),
        policy="drop",
    ),
    Stream(
        name="nbbo",
        topic="options.nbbo",
        recent="/nbbo/options",
        ref="option-nbbo:",
        filters=("option_contract_id",),
        policy="conflate",
        conflate_by=("option_contract_id",),
    ),
    Stream(
        name="equities",
        topic="equities.prints",
        recent="/prints/equities",
        ref="equity-print:",
        filters=_PRINT_FILTERS,
        policy="drop",
    ),
    Stream(
        name="equity-quotes",
        topic="equities.quotes",
        recent="/quotes/equities",
        ref="equity-quote:",
        policy="conflate",
        conflate_by=("underlying_id", "scope"),
    ),
    Stream(
        name="equity-joins",
        topic="equities.joins",
        recent="/joins/equities",
        filters=("off_exchange", "side"),
        policy="drop",
    ),
    Stream(
        name="equity-candles",
        topic="equities.candles",
        recent="/candles/equities",
        filters=("interval_ms",),
        policy="conflate",
        conflate_by=("underlying_id", "interval_ms", "window_start"),
    ),
    Stream(
        name="flow",
        topic="flow.packets",
        recent="/flow/packets",
        id_field="id",
        filters=("security", "side", "type", "min_notional", "structure", "dte_min", "dte_max"),
        policy="drop",
    ),
    Stream(
        name="smart-money",
        topic="flow.smart-money",
        recent="/flow/smart-money",
        id_field="event_id",
        filters=("profile", "direction", "min_confidence", "abstained", "min_notional"),
    ),
    Stream(
        name="classifier-hits",
        topic="flow.classifier-hits",
        recent="/flow/classifier-hits",
        id_field="hit_id",
        filters=("classifier", "direction", "min_confidence"),
    ),
    Stream(
        name="alerts",
        topic="flow.alerts",
        recent="/flow/alerts",
        id_field="alert_id",
        filters=(
            *("severity", "min_score", "kind", "profile", "classifier", "direction", "state"),
            "outcome",
        ),
    ),
    Stream(
        name="net-premium",
        topic="options.net-premium",
        recent="/flow/net-premium",
        filters=("interval_ms",),
        policy="conflate",
        conflate_by=("scope", "underlying_id", "window_start"),
    ),
    Stream(
        name="inferred-dark",
        topic="dark.inferred",
        recent="/dark/inferred",
        filters=("kind", "status", "min_confidence"),
        policy="drop",
    ),
    Stream(
        name="equity-profile",
        topic="equities.profile",
        recent="/equities/profile",
        filters=("window",),
        policy="conflate",
        conflate_by=("underlying_id", "window"),
    ),
    Stream(
        name="order-flow",
        topic="equities.order-flow",
        recent="/equities/order-flow",
        ref="order-flow:",
        filters=("window",),
        policy="conflate",
        conflate_by=("underlying_id", "interval_ms", "window", "window_start"),
    ),
    Stream(
        name="market-state",
        topic="equities.state",
        recent="/equities/state",
        filters=("window",),
        policy="conflate",
        conflate_by=("underlying_id", "preset"),
    ),
    Stream(name="signals", topic="signals", recent="/signals", filters=("strategy", "kind")),
)
STREAMS: Final[Mapping[str, Stream]] = MappingProxyType({each.name: each for each in _ALL})
ALIASES: Final[Mapping[str, str]] = MappingProxyType({"options-nbbo": "nbbo"})
# Streams of the specification that nothing publishes yet: their routes say so.
WITHOUT_FEED: Final = (
    *("news", "levels", "levels-state", "levels-viewport", "levels-events", "prediction"),
    "orders",
)


def stream_of(name: str) -> Stream:
    """
    Return the stream of a name.

    Raises
    ------
    Problem
        There is none, or nothing publishes it yet.
    """
    found = STREAMS.get(ALIASES.get(name, name))
    if found is not None:
        return found
    if name in WITHOUT_FEED:
        raise Problem("not_found", f"nothing publishes the stream {name} yet")
    raise Problem("not_found", f"no stream {name!r}; there are {', '.join(STREAMS)}")
