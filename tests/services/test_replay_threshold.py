"""Another threshold in a replay: what differs from live is what it decides, and nothing else."""

import json
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any
from typing import cast

import pytest

from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublisherConfig
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import drain
from infra.pipeline.prepare import prepare
from infra.settings import load_settings
from schemas.records import FlowAlert
from tests.infra.cli.command import in_process
from tests.services.flow_services import records_of

# A market of its own beginning, so that the same alerts come of it on any machine.
TEN_NS = 1_748_959_200_000_000_000  # 2025-06-03 10:00 New York
SPAN_NS = 4 * 60 * 1_000_000_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("threshold") / "data"


@pytest.fixture(scope="module")
def addresses(data: Path) -> Iterator[StackAddresses]:
    """Publish a market, derive from it as live, and yield the services."""
    with EmbeddedStack(data) as stack:
        found = stack.addresses
        wire = prepare(load_settings().services, found)
        market = SyntheticOptions(SyntheticConfig(seed=5, start_ts=TEN_NS))
        ticks = takewhile(lambda tick: tick[0] < TEN_NS + SPAN_NS, market.ticks())
        FeedPublisher(PublisherConfig(brokers=found.kafka, data_folder=data), wire.prefix).publish(
            (item for _, items in ticks for item in items), [market.origin]
        )
        drain(DrainRequest(addresses=found, data_dir=data, deriving=(OPTIONS,), is_stored=False))
        yield found


@pytest.fixture(scope="module")
def opened(addresses: StackAddresses) -> list[int]:
    """Return the scores live opened its alerts with, the lowest first."""
    registry = SchemaRegistry(addresses.registry)
    decode = AvroWire(registry).decoder("flow.alerts")
    records = [decode(each.value or b"") for each in records_of(addresses.kafka, "flow.alerts")]
    registry.close()
    return sorted([each.score for each in cast(list[FlowAlert], records) if each.revision == 0])


def test_a_changed_threshold_shows_where_it_decides_and_nowhere_else(
    opened: list[int], data: Path
) -> None:
    assert opened, "the market has no alert: take another seed, or more of it"
    threshold = opened[len(opened) // 2]
    weaker = sum(score < threshold for score in opened)
    assert 0 < weaker < len(opened), f"one threshold does not part alerts of {opened}"
    arguments = ("--flows", "options", "--no-store", "--data", data)

    found = in_process(
        "replay", "--as", "strict", "--set", f"ALERT_MIN_SCORE={threshold}", *arguments, "--json"
    )
    compared = in_process("replay", "diff", "strict", "live", "--data", data, "--json")

    assert (found.code, compared.code) == (0, 1), found.err + compared.err
    answer: dict[str, Any] = json.loads(compared.out)
    assert [each["topic"] for each in answer["topics"] if each["result"] == "different"] == [
        "flow.alerts"
    ]
    assert answer["thresholds"]
    (alerts,) = [each for each in answer["topics"] if each["topic"] == "flow.alerts"]
    assert (alerts["extra"], alerts["changed"]) == (0, 0)
    assert alerts["missing"] >= weaker
    assert alerts["identical"] > 0
