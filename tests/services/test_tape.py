"""The tape out of the log and out of ClickHouse: the same records, bytes and order."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Literal

import pytest

from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublisherConfig
from connectors.feeds.files.open import merge_feeds
from connectors.feeds.files.open import open_feeds
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.tape.model import TAPE_TOPICS
from connectors.tape.span import TopicSpan
from connectors.tape.span import log_span
from infra.embedded.stack import StackAddresses
from infra.replay.inputs import RunInputs
from infra.replay.inputs import run_inputs
from infra.replay.request import ReplayRequest
from infra.settings import load_settings
from tests.conftest import real_data_path
from tests.services.flow_services import empty_catalog
from tests.services.tapes import Row
from tests.services.tapes import Tapes
from tests.services.tapes import rows_of

START_NS = 1_748_959_200_000_000_000  # 2025-06-03 10:00 New York
RECORDS = 6_000
VST = ("tos_vst_option_tape/VST_2025-05-25_112147_cleaned.csv",)
BAC = tuple(f"lean/equity/usa/tick/bac/20131008_{kind}.zip" for kind in ("trade", "quote"))

Items = tuple[Iterable[FeedItem], list[Origin]]


def synthetic() -> Items:
    config = SyntheticConfig(seed=5, start_ts=START_NS, mode="active", equities_mode="active")
    market = SyntheticOptions(config)
    return market.items(), [market.origin]


def files(*names: str) -> Items:
    feeds = open_feeds([real_data_path(name) for name in names])
    return merge_feeds(feeds), [feed.origin for feed in feeds]


@pytest.fixture(scope="module", params=["synthetic", "vst", "bac"])
def tapes(
    request: pytest.FixtureRequest,
    embedded_stack: StackAddresses,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Tapes]:
    """Publish and store a stretch of a market; yield where it is."""
    name: str = request.param
    items, origins = {"vst": lambda: files(*VST), "bac": lambda: files(*BAC)}.get(name, synthetic)()
    empty_catalog(embedded_stack.kafka)
    config = PublisherConfig(
        brokers=embedded_stack.kafka, data_folder=tmp_path_factory.mktemp(name)
    )
    with closing(SchemaRegistry(embedded_stack.registry)) as registry:
        made = Tapes(embedded_stack, f"islandflow_tape_{name}", AvroWire(registry))
        FeedPublisher(config, made.wire.prefix).publish(islice(items, RECORDS), origins)
        made.create()
        made.insert_log()
        yield made
        made.drop()


@pytest.fixture(scope="module")
def rows(tapes: Tapes) -> list[Row]:
    """Return the tape as the log has it."""
    return rows_of(tapes.log())


def test_log_and_store_are_one_tape(tapes: Tapes, rows: list[Row]) -> None:
    log, store = tapes.log(), tapes.store()

    assert len(rows) == log.total == store.total > 5_000
    assert rows == sorted(rows, key=lambda row: (row[0], TAPE_TOPICS.index(row[1]), row[2]))
    assert rows_of(store) == rows
    log.close()


@pytest.mark.parametrize(("limit", "window_rows"), [(1, 50_000), (61, 997), (50_000, 128)])
def test_no_limit_and_no_window_changes_the_order(
    tapes: Tapes, rows: list[Row], limit: int, window_rows: int
) -> None:
    until_ns = rows[2_000][0]
    bounds = {"until_ns": until_ns}
    expected = [row for row in rows if row[0] < until_ns]

    assert rows_of(tapes.store(window_rows=window_rows, **bounds), limit) == expected
    assert rows_of(tapes.log(), 5_000 if limit == 1 else limit) == rows


def test_a_stretch_of_some_names_is_cut_out_of_either(tapes: Tapes, rows: list[Row]) -> None:
    from_ns, until_ns = rows[len(rows) // 3][0], rows[len(rows) // 2][0]
    from_ns -= from_ns % 1_000_000
    until_ns -= until_ns % 1_000_000
    counts = Counter(row[3] for row in rows)
    names = [(key or b"").decode() for key, _ in counts.most_common(2)]
    bounds = {"from_ns": from_ns, "until_ns": until_ns, "keys": tuple(names)}
    expected = [
        row
        for row in rows
        if row[0] < until_ns
        # What was announced before it is known in a stretch of time.
        and (row[0] >= from_ns or row[1].startswith("refdata."))
        and (row[3] or b"").decode() in names
    ]

    assert expected
    assert rows_of(tapes.store(**bounds)) == expected
    log = tapes.log(**bounds)
    assert log.total is None
    assert rows_of(log) == expected


def test_the_log_says_how_far_it_reaches(tapes: Tapes, rows: list[Row]) -> None:
    expected = []
    for topic in TAPE_TOPICS:
        stamps = [row[0] for row in rows if row[1] == topic]
        ends = (stamps[0], stamps[-1]) if stamps else (None, None)
        expected.append(TopicSpan(topic, len(stamps), *ends))

    assert log_span(tapes.stack.kafka) == expected


@pytest.mark.parametrize("source", ["log", "store"])
def test_a_run_begins_where_either_source_has_its_first_market_record(
    tapes: Tapes, rows: list[Row], source: Literal["log", "store"]
) -> None:
    market = [row for row in rows if not row[1].startswith("refdata.")]
    middle_ns = market[len(market) // 2][0] // 1_000_000_000 * 1_000_000_000
    settings = load_settings().services.model_copy(update={"clickhouse_database": tapes.database})

    def inputs(from_ns: int) -> RunInputs:
        asked = ReplayRequest(run="a", source=source, from_ns=from_ns, speed=1.0, warmup_s=0)
        return run_inputs(asked, settings, tapes.stack, tapes.wire)

    whole, rest = inputs(0), inputs(middle_ns)

    assert (whole.first_ns, rest.first_ns) == (market[0][0], middle_ns)
    assert whole.records == {name: sum(row[1] == name for row in rows) for name in TAPE_TOPICS}
    for name, count in rest.records.items():
        begin_ns = 0 if name.startswith("refdata.") else middle_ns
        assert count == sum(row[1] == name and row[0] >= begin_ns for row in rows), name
