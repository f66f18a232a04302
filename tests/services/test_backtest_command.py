"""`islandflow backtest` on a made-up market: replayed, measured, told, and gone without trace."""

from collections.abc import Iterator
from contextlib import closing
from itertools import takewhile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.clickhouse.client import ClickHouseClient
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublisherConfig
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.kafka.admin import list_topics
from infra.backtest.result import BacktestResult
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.pipeline.prepare import prepare
from infra.settings import load_settings
from tests.infra.backtest.pages import Page
from tests.infra.cli.command import Outcome
from tests.infra.cli.command import islandflow

TEN_NS = 1_748_959_200_000_000_000  # 2025-06-03 10:00 New York
SPAN_NS = 6 * 60 * 1_000_000_000


class Market:
    """A log with six minutes of a market in it, and nothing in the tables."""

    def __init__(self, addresses: StackAddresses, folder: Path) -> None:
        self.addresses = addresses
        self.folder = folder
        wire = prepare(load_settings().services, addresses)
        market = SyntheticOptions(SyntheticConfig(seed=5, start_ts=TEN_NS, mode="realistic"))
        ticks = takewhile(lambda tick: tick[0] < TEN_NS + SPAN_NS, market.ticks())
        config = PublisherConfig(brokers=addresses.kafka, data_folder=folder)
        FeedPublisher(config, wire.prefix).publish(
            (item for _, items in ticks for item in items), [market.origin]
        )

    def backtest(self, *arguments: str | Path) -> Outcome:
        services = {
            "KAFKA_BROKERS": self.addresses.kafka,
            "SCHEMA_REGISTRY_URL": self.addresses.registry,
            "CLICKHOUSE_URL": self.addresses.clickhouse,
            "REDIS_URL": self.addresses.redis,
        }
        return islandflow("backtest", "--data", self.folder, *arguments, settings=services)

    def traces(self) -> list[str]:
        """Return what there is of any run: topics, databases and folders."""
        with closing(ClickHouseClient(self.addresses.clickhouse, "default")) as tables:
            databases = [str(row["name"]) for row in tables.rows("SHOW DATABASES")]
        return [
            *[name for name in list_topics(self.addresses.kafka) if name.startswith("replay.")],
            *[name for name in databases if "replay" in name],
            *[path.name for path in (self.folder / "replays").glob("*")],
        ]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    folder = tmp_path_factory.mktemp("backtest")
    with EmbeddedStack(folder) as stack:
        yield Market(stack.addresses, folder)


def test_two_thresholds_are_replayed_measured_and_leave_a_page_alone(market: Market) -> None:
    page = market.folder / "out" / "strict.html"

    found = market.backtest(
        *("--grid", "ALERT_MIN_SCORE=25,60", "--horizon", "1m", "--as", "strict"),
        *("--out", page, "--json"),
    )

    told: dict[str, Any] = found.json()
    result = msgspec.convert(told, BacktestResult)
    reference, strict = result.runs
    assert (reference.run, strict.run) == ("strict-a", "strict-b")
    assert strict.changes == {"ALERT_MIN_SCORE": "60"}
    assert reference.counts.alerts > strict.counts.alerts > 0
    assert strict.config_hashes != reference.config_hashes
    minute = reference.groups[0].horizons[0]
    assert minute.known_n > 0
    assert sum(reference.returns[0].counts) == minute.known_n
    assert [day.session for day in reference.days] == ["2025-06-03"]
    # Nothing was stored before, so mids are those the reference's own tape carried.
    assert set(result.data.mids_from_prints) == set(result.data.underlyings)
    assert any("favour busy minutes" in each for each in result.caveats)
    shown = Page(page.read_text())
    assert shown.text(".answer").startswith(("Yes:", "No:", "Not enough evidence:"))
    assert f"{minute.known_n:,} alerts with a direction in 1 session" in shown.text(".answer")
    assert market.traces() == []


def test_a_time_without_records_is_said_and_leaves_nothing(market: Market) -> None:
    found = market.backtest("--from", "2025-07-01", "--to", "2025-07-02")

    assert found.code == 1
    assert "error: the log holds no raw records of that time to replay" in found.err
    assert market.traces() == []
    assert not list(market.folder.glob("backtests/*"))
