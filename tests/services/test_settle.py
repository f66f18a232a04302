"""Settling a session on the embedded services: what is written, stored, repeated and refused."""

import json
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import cast

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.http import ClickHouseHttp
from connectors.kafka.partitioner import partition_of
from flows.options.settlement import close_of
from flows.options.settlement import session_after
from flows.options.settlement import session_before
from infra.cli.settle import settle as settle_command
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.pipeline.prepare import prepare
from infra.pipeline.settle import SettleRequest
from infra.pipeline.settle import SettleResult
from infra.pipeline.settle import settle
from infra.settings import load_settings
from infra.tables import open_tables
from schemas.catalog import topic_of
from schemas.records import EquityQuote
from schemas.records import EvidenceRef
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import MarketEvent
from schemas.records import OptionsTape
from tests.flows.options.settlement_records import CALL
from tests.flows.options.settlement_records import HIGHER
from tests.flows.options.settlement_records import SESSION
from tests.flows.options.settlement_records import an_alert
from tests.flows.options.settlement_records import interest
from tests.services.every_field import filled
from tests.services.flow_services import publish
from tests.services.flow_services import records_of

S = 10**9
BEFORE, NEXT = session_before(SESSION), session_after(SESSION)
AAPL_CALL = "AAPL-2025-06-20-200-C"


class Market:
    """The embedded services on a folder, with what is published to them."""

    def __init__(self, folder: Path, addresses: StackAddresses) -> None:
        self.folder = folder
        self.addresses = addresses
        self.wire = prepare(load_settings().services, addresses)

    def publish(self, records: Iterable[Any]) -> None:
        publish(
            self.addresses.kafka,
            [
                (topic, -1, record.underlying_id.encode(), self.wire.encoder(topic)(record))
                for record in records
                for record_type in [cast(type[msgspec.Struct], type(record))]
                for topic in [topic_of(record_type).name]
            ],
        )

    def settle(self, *, again: bool = False, session: int = SESSION) -> SettleResult:
        request = SettleRequest(
            addresses=self.addresses, data_dir=self.folder, session=session, again=again
        )
        return settle(request, load_settings())

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with open_tables(load_settings().services, self.addresses) as tables:
            return tables.rows(sql)

    def stored(self) -> dict[str, dict[str, Any]]:
        rows = self.rows("SELECT * FROM flow_alerts FINAL ORDER BY alert_id")
        return {row["alert_id"]: row for row in rows}

    def alerts_in_log(self) -> int:
        return len(records_of(self.addresses.kafka, "flow.alerts"))


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with EmbeddedStack(tmp_path) as stack:
        yield Market(tmp_path, stack.addresses)


def a_packet(alert: FlowAlert, size: int) -> FlowPacket:
    made = filled(FlowPacket, 5)
    assert isinstance(made, FlowPacket)
    return msgspec.structs.replace(
        made,
        source_ts=alert.first_ts,
        trace_id=alert.evidence_refs[0].id,
        id=alert.evidence_refs[0].id,
        revision=0,
        underlying_id=alert.underlying_id,
        option_contract_id=alert.option_contract_id,
        features=msgspec.structs.replace(made.features, total_size=size),
        legs=(),
    )


def a_structure(alert: FlowAlert, sizes: dict[str, int]) -> FlowPacket:
    packet = a_packet(alert, sum(sizes.values()))
    (leg, *_) = next(
        made.legs
        for number in range(3)
        for made in [filled(FlowPacket, number)]
        if isinstance(made, FlowPacket) and made.legs
    )
    legs = [
        msgspec.structs.replace(leg, option_contract_id=name, size=size)
        for name, size in sizes.items()
    ]
    return msgspec.structs.replace(packet, packet_kind="structure", legs=tuple(legs))


def quotes(session: int, mid: float, step: float, every_s: int = 10) -> list[EquityQuote]:
    """Return quotes of NVDA from open to close of a session, the mid rising by a step each."""
    open_ns = close_of(session) - 390 * 60 * S
    return [
        EquityQuote(
            source_ts=open_ns + number * every_s * S,
            ingest_ts=open_ns + number * every_s * S,
            seq=number,
            trace_id=f"test:{session}:quotes:{number}",
            schema_version="equities.quotes.v1",
            source="test",
            underlying_id="NVDA",
            scope="nbbo",
            consolidated=True,
            bid=mid + number * step - 0.01,
            ask=mid + number * step + 0.01,
            bid_size=1.0,
            ask_size=1.0,
            bid_exchange=None,
            ask_exchange=None,
            conditions=(),
        )
        for number in range(390 * 60 // every_s + 1)
    ]


def a_tape_row(number: int, ts: int, mid: float, **changes: object) -> OptionsTape:
    made = filled(OptionsTape, 1)
    assert isinstance(made, OptionsTape)
    row = msgspec.structs.replace(
        made,
        source_ts=ts,
        seq=number,
        trace_id=f"test:tape:{number}",
        underlying_id="AAPL",
        option_contract_id=AAPL_CALL,
        underlying_mid=mid,
        underlying_age_ms=None,
        trade_date=SESSION,
        session_volume=10 * number,
    )
    return msgspec.structs.replace(row, **changes)


def other(number: int, underlying_id: str, contract_id: str | None, **changes: object) -> FlowAlert:
    alert = an_alert(number, underlying_id=underlying_id, option_contract_id=contract_id)
    return msgspec.structs.replace(alert, **changes)


FIRST = an_alert(1)
SPREAD = an_alert(2, option_contract_id=None, structure_type="vertical", direction="bearish")
LATER = other(3, "AAPL", AAPL_CALL)
GONE = an_alert(4, state="retracted", revision=2)


def whole_market() -> list[Any]:
    merged = msgspec.structs.replace(
        FIRST, source_ts=FIRST.source_ts + 600 * S, revision=1, state="updated", total_size=500
    )
    extra = EvidenceRef("flow_packet", "pk:second", "member")
    merged = msgspec.structs.replace(merged, evidence_refs=(*FIRST.evidence_refs, extra))
    second = msgspec.structs.replace(a_packet(FIRST, 100), id="pk:second", trace_id="pk:second")
    return [
        *quotes(SESSION, 130.0, 0.001),
        *quotes(NEXT, 135.0, 0.0),
        *[interest(CALL, oi, as_of) for oi, as_of in ((1000, BEFORE), (1125, SESSION))],
        *[interest(HIGHER, oi, as_of) for oi, as_of in ((700, BEFORE), (600, SESSION))],
        *[FIRST, merged, SPREAD, LATER, GONE],
        *[a_packet(FIRST, 400), second, a_packet(LATER, 50)],
        a_structure(SPREAD, {CALL: 100, HIGHER: 200}),
    ]


def mid_at(session: int, ts: int) -> float:
    """Return the quoted mid at or before an instant, counted from the steps alone."""
    number = (ts - (close_of(session) - 390 * 60 * S)) // (10 * S)
    return 130.0 + number * 0.001


def test_alerts_are_settled_stored_and_scored(market: Market) -> None:
    market.publish(whole_market())

    result = market.settle()

    stored = market.stored()
    assert (result.settled_now, result.waiting, result.count("retracted")) == (2, 1, 1)
    assert result.missing == {"AAPL": ["2025-05-21", "2025-05-22"]}
    first = stored[FIRST.alert_id]
    assert (first["state"], first["revision"], first["score"]) == ("settled", 2, FIRST.score)
    settlement = first["settlement"]
    assert settlement["outcome"] == "opened"
    assert (settlement["oi_change"], settlement["open_ratio"]) == (125, 0.25)
    assert settlement["oi_snapshot_ids"] == [
        f"test:{BEFORE}:oi:{CALL}",
        f"test:{SESSION}:oi:{CALL}",
    ]
    returns = {each["horizon"]: each["bps"] for each in settlement["forward_returns"]}
    # It opened one second after a quote: the next one, nine seconds on, is where it begins.
    entry = mid_at(SESSION, FIRST.source_ts) + 0.001
    expected = {
        f"{m}m": (mid_at(SESSION, FIRST.source_ts + m * 60 * S) / entry - 1) * 1e4
        for m in (1, 5, 15, 60)
    }
    expected["close"] = (mid_at(SESSION, close_of(SESSION)) / entry - 1) * 1e4
    expected["next_close"] = (135.0 / entry - 1) * 1e4
    assert returns == pytest.approx(expected, abs=1e-5)
    assert first["source_ts"] == close_of(NEXT)
    spread = stored[SPREAD.alert_id]["settlement"]
    assert (spread["outcome"], spread["oi_change"]) == ("closed", 25)
    assert stored[LATER.alert_id]["state"] == "open"
    assert stored[GONE.alert_id]["state"] == "retracted"

    assert result.scores is not None
    hour = result.scores.overall["60m"]
    assert (hour.n, hour.hits, hour.is_enough) == (2, 1, False)
    # It only rose that day and stood still the next: of 29 and 30 samples each, those of the day
    # are hits for the bullish alert and none for the bearish one.
    assert (hour.base_rate, hour.base_n, hour.base_samples) == (round(29 / 118, 6), 2, 118)
    assert (result.scores.overall["opened"].hits, result.scores.overall["opened"].n) == (1, 2)

    records = records_of(market.addresses.kafka, "flow.alerts")
    written = [each for each in records if each.key == b"NVDA"][-2:]
    decode = market.wire.decoder("flow.alerts")
    assert [decode(each.value or b"").state for each in written] == ["settled", "settled"]
    assert {each.partition for each in written} == {partition_of(b"NVDA", 8)}
    assert {each.timestamp_ms for each in written} == {close_of(NEXT) // 10**6}


def test_settling_twice_adds_nothing_and_again_only_what_changed(market: Market) -> None:
    market.publish(whole_market())
    market.settle()
    count, stored = market.alerts_in_log(), market.stored()

    for again in (False, True):
        result = market.settle(again=again)

        assert result.settled_now == 0
        assert result.count("settled") == 2
        assert result.scores is not None
        assert result.scores.overall["60m"].base_rate == round(29 / 118, 6)
        assert (market.alerts_in_log(), market.stored()) == (count, stored)

    corrected = interest(CALL, 800, SESSION, trace_id="corrected")
    market.publish([corrected])
    assert market.settle().settled_now == 0
    result = market.settle(again=True)

    assert result.settled_now == 2
    assert market.alerts_in_log() == count + 2
    first = market.stored()[FIRST.alert_id]
    assert (first["revision"], first["settlement"]["outcome"]) == (3, "closed")
    old = stored[FIRST.alert_id]
    assert first["settlement"]["forward_returns"] == old["settlement"]["forward_returns"]
    assert len(first["why"]) == len(old["why"])


def test_waiting_alert_is_settled_when_its_snapshot_comes(market: Market) -> None:
    prints = [
        a_tape_row(1, LATER.source_ts + 2 * S, 200.0),
        # Stamped after the horizon, but the mid it carries is 3 s older.
        a_tape_row(2, LATER.source_ts + 61 * S, 200.2, underlying_age_ms=3000.0),
        a_tape_row(3, LATER.source_ts + 62 * S, 999.0),
        a_tape_row(4, LATER.source_ts, 1.0, underlying_age_ms=1.0),
    ]
    market.publish([*whole_market(), *prints])
    market.settle()

    market.publish(
        [
            interest(AAPL_CALL, oi, d, underlying_id="AAPL")
            for oi, d in ((10, BEFORE), (15, SESSION))
        ]
    )
    result = market.settle()

    assert (result.settled_now, result.waiting, result.missing) == (1, 0, {})
    found = market.stored()[LATER.alert_id]["settlement"]
    assert (found["outcome"], found["oi_change"]) == ("inconclusive", 5)
    returns = {each["horizon"]: each["bps"] for each in found["forward_returns"]}
    assert returns == {
        **dict.fromkeys(("5m", "15m", "60m", "close", "next_close")),
        "1m": pytest.approx(10.0),
    }


def test_return_over_a_split_is_unknown(market: Market) -> None:
    split = MarketEvent(
        close_of(BEFORE), close_of(BEFORE), 1, "test:split", "refdata.events.v1", "test",
        "NVDA-split", "NVDA", "split", close_of(SESSION) + 3600 * S, close_of(BEFORE), "unknown",
    )  # fmt: skip
    market.publish([*whole_market(), split])

    market.settle()

    found = market.stored()[FIRST.alert_id]
    returns = {each["horizon"]: each["bps"] for each in found["settlement"]["forward_returns"]}
    assert returns["close"] is not None
    assert returns["next_close"] is None


def test_opening_time_is_found_after_the_table_forgot_it(market: Market) -> None:
    market.publish(whole_market())
    first = market.settle()
    client = ClickHouseHttp(ClickHouseConfig(url=market.addresses.clickhouse))
    client.execute("OPTIMIZE TABLE flow_alerts FINAL")
    client.close()
    kept = market.rows("SELECT min(revision) AS r FROM flow_alerts WHERE state = 'settled'")
    assert kept == [{"r": 1}]

    again = market.settle(again=True)

    assert again.settled_now == 0
    assert again.as_json()["scorecard"] == first.as_json()["scorecard"]


def test_session_without_alerts_says_which_have_some(market: Market) -> None:
    with pytest.raises(MisconfiguredInfra, match="there are no alerts at all"):
        market.settle()
    market.publish([FIRST])

    with pytest.raises(MisconfiguredInfra, match=r"no alerts of 2025-05-23.*2025-05-22 \(1\)"):
        market.settle(session=NEXT)


def test_without_any_open_interest_it_says_what_to_feed(market: Market) -> None:
    market.publish([FIRST, a_packet(FIRST, 400), *quotes(SESSION, 130.0, 0.0, 600)])

    with pytest.raises(MisconfiguredInfra, match=r"as of 2025-05-21 and 2025-05-22.*settle again"):
        market.settle()

    assert market.alerts_in_log() == 1


def test_missing_snapshot_is_given_up_after_five_sessions(market: Market) -> None:
    late = quotes(session_after(SESSION, 6), 140.0, 0.0, 600)
    market.publish([FIRST, a_packet(FIRST, 400), *late])

    market.settle()

    found = market.stored()[FIRST.alert_id]
    assert found["settlement"]["outcome"] == "no_data"
    assert found["source_ts"] == close_of(session_after(SESSION, 5))


def test_command_prints_tables_and_json(market: Market) -> None:
    market.publish(whole_market())
    app = typer.Typer()
    app.command()(settle_command)
    arguments = ["--date", "2025-05-22", "--data", str(market.folder)]

    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "120"}, catch_exceptions=False)
    as_json = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)

    assert (
        "4 alerts of 2025-05-22: 2 settled (2 by this run), 1 waiting, 1 retracted" in shown.output
    )
    assert "AAPL waits for the open interest of 2025-05-21 and 2025-05-22" in shown.output
    assert "n too small to say" in shown.output
    assert "Past results, no forecast." in shown.output
    found = json.loads(as_json.stdout)
    assert (found["settled"], found["settled_now"]) == (2, 0)
    assert found["outcomes"]["opened"] == 1
    assert {each["alert_id"] for each in found["settlements"]} == {
        FIRST.alert_id,
        SPREAD.alert_id,
    }
