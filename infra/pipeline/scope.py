"""Which topics, tables and consumer groups a set of flows works on: the live ones or a replay's."""

from dataclasses import dataclass
from typing import Final

from connectors.kafka.namespace import in_namespace
from infra.pipeline.catalog import PERSIST
from infra.pipeline.catalog import PipelineFlow
from redpanda.catalog import topics_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    Where flows read and write.

    Parameters
    ----------
    namespace : str
        Prefix of every topic they write and of derived ones they read; empty for live.
    raw_namespace : str
        Prefix of the raw topics they read, which marks go with; empty for the live ones.
    database : str
        ClickHouse database of what they derive; empty for the configured one.
    from_ns, until_ns : int
        Event time read of live raw topics, ns UTC, the second one excluded; 0 for no bound.
    keys : tuple of str
        Only these underlyings; empty for all.
    """

    namespace: str = ""
    raw_namespace: str = ""
    database: str = ""
    from_ns: int = 0
    until_ns: int = 0
    keys: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Return whether it is the live pipeline."""
        return not self.namespace

    def group(self, which: PipelineFlow) -> str:
        """Return the consumer group a flow shows its progress in."""
        return in_namespace(self.namespace, which.group)

    def topics(self, which: PipelineFlow) -> tuple[str, ...]:
        """Return the topics a flow's progress is counted in, as the log names them."""
        raw = topics_of("raw")
        if which is PERSIST and not self.is_live:
            return tuple([in_namespace(self.namespace, name) for name in topics_of("derived")])
        return tuple(
            [
                in_namespace(self.raw_namespace if name in raw else self.namespace, name)
                for name in which.topics
            ]
        )

    def bounds(self, which: PipelineFlow) -> tuple[int, int]:
        """Return the event times (ns UTC) a flow's input is cut at; 0 for no bound."""
        is_cut = which.topics[0] in topics_of("raw") and not self.raw_namespace
        return (self.from_ns, self.until_ns) if is_cut and not self.is_live else (0, 0)

    def changes(self, which: PipelineFlow) -> dict[str, str]:
        """Return the variables by which a flow finds itself in this scope."""
        if self.is_live:
            return {}
        found = {
            "FLOW_NAMESPACE": self.namespace,
            "FLOW_RAW_NAMESPACE": self.raw_namespace,
            "FLOW_FROM_NS": str(self.from_ns),
            "FLOW_UNTIL_NS": str(self.until_ns),
            "FLOW_KEYS": ",".join(self.keys),
            "COMPUTE_CONSUMER_RESET": "false",
        }
        # Only what it derives is the run's own: baselines it starts from are the live ones.
        if which is PERSIST and self.database:
            found["CLICKHOUSE_DATABASE"] = self.database
        return found


LIVE: Final = Scope()
