"""Services of which each can be taken away by itself, and given back at its address."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from benchmarks.market import START_NS
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublisherConfig
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.pipeline.prepare import prepare
from infra.ports import free_ports
from infra.settings import read_settings
from schemas.records import EquityPrint
from tests.api.ops.stands import Cut


class Broker:
    """The broker in a process of its own, killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (self._port,) = free_ports(1)
        self.address = f"127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def mend(self) -> None:
        command = [sys.executable, "-m", "infra.embedded.kafka", "--data", str(self._folder)]
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port)], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline())["kafka"] == self.address

    def cut(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


class World:
    """Services of which each can be taken away by itself."""

    wire: AvroWire

    def __init__(self, broker: Broker, stack: StackAddresses, folder: Path) -> None:
        self.folder = folder
        self._sessions = 0
        self.parts: dict[str, Broker | Cut] = {
            "kafka": broker,
            "registry": Cut(stack.registry),
            "clickhouse": Cut(stack.clickhouse),
            "redis": Cut(stack.redis),
        }
        urls = [each.url for each in self.parts.values() if isinstance(each, Cut)]
        self.addresses = StackAddresses(broker.address, *urls)

    def publish(self, seconds: int) -> set[str]:
        """Publish the next stretch of a market and return the ids of its equity prints."""
        start_ns = START_NS + self._sessions * 60 * 10**9
        self._sessions += 1
        config = SyntheticConfig(seed=1, start_ts=start_ns, equities_mode="active")
        market = SyntheticOptions(config)
        items = [item for _, found in islice(market.ticks(), seconds) for item in found]
        where = PublisherConfig(brokers=self.addresses.kafka, data_folder=self.folder)
        FeedPublisher(where, self.wire.prefix).publish(items, [market.origin])
        records = [item.record for item in items if isinstance(item, Accepted)]
        return {each.trace_id for each in records if isinstance(each, EquityPrint)}


@contextmanager
def apart(folder: Path) -> Iterator[World]:
    """Run the services with two seconds of a market in the log, and nothing derived."""
    broker = Broker(folder / "kafka-alone")
    broker.mend()
    try:
        with EmbeddedStack(folder / "data") as stack:
            world = World(broker, stack.addresses, folder)
            world.wire = prepare(read_settings({}, None).services, world.addresses)
            world.publish(2)
            yield world
    finally:
        broker.cut()
