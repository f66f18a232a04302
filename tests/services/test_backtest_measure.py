"""A run's alerts out of its own topics, measured on the stored quotes."""

from collections.abc import Iterator

import msgspec
import pytest

from connectors.kafka.serde import AvroWire
from connectors.kafka.tail import tail
from infra.backtest.measure import MeasuredRun
from infra.backtest.measure import MeasureRequest
from infra.backtest.measure import measure_runs
from infra.backtest.result import BacktestResult
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.pipeline.drain import DrainRequest
from infra.pipeline.prepare import prepare
from infra.pipeline.settle_log import store_log
from infra.replay.request import ReplayRequest
from infra.settings import load_settings
from infra.tables import open_tables
from schemas.records import EquityQuote
from schemas.records import FlowAlert
from tests.flows.options.settlement_records import SESSION
from tests.flows.options.settlement_records import TEN_NS
from tests.flows.options.settlement_records import an_alert
from tests.services.flow_services import create_topics
from tests.services.flow_services import publish
from tests.services.test_settle import quotes

S = 10**9
MINUTE = 60 * S
RUN = ReplayRequest(run="by-hand", label="made by hand")
TOPIC = "replay.by-hand.flow.alerts"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackAddresses, AvroWire]]:
    folder = tmp_path_factory.mktemp("measured")
    with EmbeddedStack(folder) as stack:
        wire = prepare(load_settings().services, stack.addresses)
        create_topics(stack.addresses.kafka, [TOPIC], 4)
        _publish(stack.addresses, wire, "equities.quotes", quotes(SESSION, 130.0, 0.001))
        _publish(stack.addresses, wire, TOPIC, alerts())
        # One in the live topic must not be measured with the run's.
        _publish(stack.addresses, wire, "flow.alerts", [an_alert(900)])
        request = DrainRequest(addresses=stack.addresses, data_dir=folder, epoch_s=1.0)
        store_log(request, ("equities.quotes",))
        yield stack.addresses, wire


def _publish(
    addresses: StackAddresses,
    wire: AvroWire,
    topic: str,
    records: list[EquityQuote] | list[FlowAlert],
) -> None:
    logical = "equities.quotes" if topic == "equities.quotes" else "flow.alerts"
    encode = wire.encoder(logical)
    publish(
        addresses.kafka,
        [(topic, -1, each.underlying_id.encode(), encode(each)) for each in records],
    )


def alerts() -> list[FlowAlert]:
    """Return 40 alerts, one every four minutes from 10:00 in New York, a quarter of them bears."""
    opened = [
        an_alert(
            number,
            source_ts=TEN_NS + number * 4 * MINUTE,
            direction="bearish" if number % 4 == 0 else "bullish",
        )
        for number in range(40)
    ]
    later = [
        msgspec.structs.replace(each, source_ts=each.source_ts + 30 * S, revision=1, score=90)
        for each in opened[:5]
    ]
    return [*opened, *later]


def measured(addresses: StackAddresses, run: ReplayRequest = RUN) -> BacktestResult:
    with open_tables(load_settings().services, addresses) as tables:
        return measure_runs([MeasuredRun(request=run)], tables, MeasureRequest(addresses=addresses))


def test_a_runs_alerts_are_measured_from_their_opening_on_the_stored_mids(
    market: tuple[StackAddresses, AvroWire],
) -> None:
    addresses, _ = market
    result = measured(addresses)
    (run,) = result.runs
    assert (run.counts.alerts, run.counts.directed, run.counts.undecodable) == (40, 40, 0)
    assert (result.data.first_ts, result.data.sessions) == (TEN_NS, ("2025-05-22",))
    assert result.data.mid_spacing_s == 10.0
    five = run.groups[0].horizons[1]
    # The quotes rise by $.006 a minute: every bull is right, every bear wrong, as at any minute.
    assert (five.known_n, five.hits, five.base_hit_rate) == (40, 30, 0.75)
    assert (five.hit_lift.mean, five.verdict) == (0.0, "does_not_beat")
    # 130.18 at 10:00; 30 bulls less 10 bears leave half of the rise of $.03 in five minutes.
    assert five.mean_bps == pytest.approx(0.5 * 0.03 / 130.65 * 1e4, rel=0.01)
    assert result.caveats[0].startswith("One session only (2025-05-22)")


def test_measuring_again_gives_the_same_bytes(market: tuple[StackAddresses, AvroWire]) -> None:
    addresses, _ = market
    first, second = [msgspec.json.encode(measured(addresses).as_json()) for _ in range(2)]
    assert first == second


def test_a_message_that_is_no_alert_is_left_out_and_counted(
    market: tuple[StackAddresses, AvroWire],
) -> None:
    addresses, wire = market
    create_topics(addresses.kafka, ["replay.damaged.flow.alerts"], 1)
    encode = wire.encoder("flow.alerts")
    rows = [("replay.damaged.flow.alerts", -1, b"NVDA", value) for value in (b"no", b"\0\0\0\0")]
    publish(addresses.kafka, [*rows, (*rows[0][:3], encode(an_alert(3)))])
    (found,) = measured(addresses, ReplayRequest(run="damaged")).runs
    assert (found.counts.alerts, found.counts.undecodable) == (1, 2)


def test_a_run_without_topics_is_refused(market: tuple[StackAddresses, AvroWire]) -> None:
    addresses, _ = market
    with pytest.raises(MisconfiguredInfra, match=r"replay\.never\.flow\.alerts"):
        measured(addresses, ReplayRequest(run="never"))


def test_a_topic_of_a_run_is_decoded_as_the_one_it_is_a_copy_of(
    market: tuple[StackAddresses, AvroWire],
) -> None:
    addresses, _ = market
    found = [each.record for each in tail(addresses.kafka, addresses.registry, TOPIC)]
    assert len(found) == 45
    assert all(isinstance(each, FlowAlert) for each in found)
