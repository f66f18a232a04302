"""
A small Kafka broker for one machine: asyncio, kio's protocol types, append-only files.

Start it through `broker.KafkaBroker` inside a running event loop, or on its own with
`python -m infra.embedded.kafka --data DIR`.
"""

from infra.embedded.kafka.broker import KafkaBroker
from infra.embedded.kafka.config import BrokerConfig

__all__ = ["BrokerConfig", "KafkaBroker"]
