"""Vendors' tapes through the whole engine."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from connectors.feeds.base.items import Accepted
from connectors.feeds.files.open import FileFeed
from flows.options.config import OptionsConfig
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsPrint
from schemas.records import OptionsTape
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import run

VST = "tos_vst_option_tape/VST_2025-05-25_112147_cleaned.csv"
VIX = "cboe_datashop_vix_trades/UnderlyingOptionsTrades_2016-06-01.csv"
BURST_S = 1_748_009_305  # 2025-05-23 09:08:25 Central


def events_of(path: Path) -> list[Event]:
    return [
        (item.record, False)
        for item in FileFeed(path).records()
        if isinstance(item, Accepted) and isinstance(item.record, OptionsPrint)
    ]


def test_vst_burst_is_one_multi_venue_sweep_that_an_alert_cites(
    real: Callable[[str], Path],
) -> None:
    engine, derived = run(events_of(real(VST)))
    tape = only(derived, OptionsTape)
    assert len(tape) == 6_847
    sides = Counter(row.nbbo_side for row in tape)
    assert sum(sides.values()) == 6_847
    assert sides == {
        side.removeprefix("placement:"): n
        for side, n in engine.counters.items()
        if side.startswith("placement:")
    }
    burst = next(
        packet
        for packet in only(derived, FlowPacket)
        if packet.start_ts // 10**9 == BURST_S
        and packet.option_contract_id == "VST-2025-06-20-175-C"
    )
    f = burst.features
    assert (burst.member_count, f.venue_count, f.total_size) == (113, 10, 1_439)
    assert (f.sweep_kind, f.order_shape) == ("multi_venue", "sweep")
    cited = {ref.id for alert in only(derived, FlowAlert) for ref in alert.evidence_refs}
    assert burst.id in cited


def test_vst_volatility_is_near_the_vendors(real: Callable[[str], Path]) -> None:
    computed = [
        abs(row.iv - row.provider_iv)
        for row in only(run(events_of(real(VST)))[1], OptionsTape)
        if row.iv_source == "computed" and row.iv is not None and row.provider_iv is not None
    ]
    assert len(computed) > 6_000
    computed.sort()
    assert computed[len(computed) // 2] < 0.03


def test_vix_cancel_is_matched_and_batches_do_not_matter(real: Callable[[str], Path]) -> None:
    events = events_of(real(VIX))
    engine, derived = run(events)
    assert engine.counters["cancel_matched"] == 1
    assert [row.revision for row in only(derived, OptionsTape) if row.reversed] == [1]
    other = OptionsEngine(OptionsConfig())
    piecewise = [record for at in range(0, len(events), 7) for record in
                 other.process(events[at : at + 7])]  # fmt: skip
    assert [*piecewise, *other.finish()] == derived
