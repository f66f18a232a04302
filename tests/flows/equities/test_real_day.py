"""2013-10-08 of BAC and SPY through the engine, against pandas on the raw files."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import NamedTuple

import numpy as np
import pytest

from connectors.feeds.base.items import Accepted
from connectors.feeds.files.open import merge_feeds
from connectors.feeds.files.open import open_feeds
from flows.equities.config import EquitiesConfig
from flows.equities.derived import Derived
from flows.equities.engine import EquitiesEngine
from flows.equities.engine import QuoteEvent
from schemas.records import DarkInference
from schemas.records import EquityCandle
from schemas.records import EquityJoin
from schemas.records import EquityOrderFlow
from schemas.records import EquityPrint
from schemas.records import EquityProfile
from schemas.records import EquityQuote
from tests.conftest import real_data_path
from tests.flows.equities.events import as_record
from tests.flows.equities.events import finals
from tests.flows.equities.lean_day import MIDNIGHT_NS
from tests.flows.equities.lean_day import MS_NS
from tests.flows.equities.lean_day import bars
from tests.flows.equities.lean_day import market
from tests.flows.equities.lean_day import sides
from tests.flows.equities.lean_day import trades

FOLDER = "lean/equity/usa/tick/{}/20131008_{}.zip"
INTERVALS_MS = (1_000, 5_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000)
BATCH = 1_000


class Day(NamedTuple):
    """
    What a day led to.

    `table` is the trade file by pandas; candles are closed ones by interval in order of time.
    """

    name: str
    table: Any
    prints: dict[str, float]
    candles: dict[int, list[EquityCandle]]
    profiles: dict[str, EquityProfile]
    minutes: list[EquityOrderFlow]
    joins: dict[str, EquityJoin]
    inferred: list[DarkInference]


def path_of(name: str, kind: str) -> Path:
    return real_data_path(FOLDER.format(name, kind))


def run(paths: Sequence[Path]) -> tuple[dict[str, float], list[Derived]]:
    """Return the sizes of the prints, and what the engine makes of the files."""
    engine = EquitiesEngine(EquitiesConfig(), as_record)
    prints: dict[str, float] = {}
    made: list[Derived] = []
    events: list[Any] = []
    for item in merge_feeds(open_feeds(list(paths))):
        assert isinstance(item, Accepted)
        record: Any = item.record
        if isinstance(record, EquityPrint):
            prints[record.trace_id] = record.size
        elif isinstance(record, EquityQuote):
            record = QuoteEvent(record.source_ts, record.underlying_id, record)
        events.append(record)
        if len(events) == BATCH:
            made += engine.process(events)
            events.clear()
    made += [*engine.process(events), *engine.finish()]
    assert not engine.counters["late_dropped"]
    return prints, made


def day_of(name: str, kinds: Sequence[str]) -> Day:
    prints, made = run([path_of(name, kind) for kind in kinds])
    newest = finals([each for each in made if not isinstance(each, EquityCandle)])
    # Forming bars are many: the closed state is the last one.
    closed = {bar.trace_id: bar for bar in made if isinstance(bar, EquityCandle) and bar.closed}
    candles = sorted(closed.values(), key=lambda bar: bar.window_start)
    flows = [each for each in newest.values() if isinstance(each, EquityOrderFlow)]
    return Day(
        name,
        trades(path_of(name, "trade")),
        prints,
        {ms: [bar for bar in candles if bar.interval_ms == ms] for ms in INTERVALS_MS},
        {each.trace_id: each for each in newest.values() if isinstance(each, EquityProfile)},
        sorted((f for f in flows if f.window == "1m"), key=lambda flow: flow.window_start),
        {each.trace_id: each for each in newest.values() if isinstance(each, EquityJoin)},
        [each for each in newest.values() if isinstance(each, DarkInference)],
    )


@pytest.fixture(scope="module")
def bac() -> Day:
    return day_of("bac", ("trade", "quote"))


@pytest.fixture(scope="module")
def spy() -> Day:
    return day_of("spy", ("trade",))


@pytest.fixture(params=["bac", "spy"])
def day(request: pytest.FixtureRequest) -> Day:
    found: Day = request.getfixturevalue(request.param)
    return found


def e4(prices: Sequence[float | None]) -> list[int | None]:
    return [None if price is None else round(price * 10_000) for price in prices]


def full(day: Day, window: str) -> EquityProfile:
    return day.profiles[f"profile:file-lean:{day.name.upper()}:session:2013-10-08-{window}"]


@pytest.mark.parametrize(
    ("name", "prints", "off_exchange"), [("bac", 125_872, 50_793), ("spy", 451_545, 63_695)]
)
def test_every_off_exchange_print_and_no_other_is_joined(
    name: str, prints: int, off_exchange: int, request: pytest.FixtureRequest
) -> None:
    day: Day = request.getfixturevalue(name)
    assert len(day.prints) == len(day.table) == prints
    assert len(day.joins) == int(day.table["off"].sum()) == off_exchange
    assert {each.print_trace_id for each in day.joins.values()} <= set(day.prints)


def test_candles_profile_and_file_hold_the_same_shares(day: Day) -> None:
    table = day.table
    wanted = int(table[table["volume"]]["size"].sum())
    eligible = int(table[table["levels"]]["size"].sum())

    assert {ms: sum(bar.volume for bar in found) for ms, found in day.candles.items()} == (
        dict.fromkeys(INTERVALS_MS, wanted)
    )
    profile = full(day, "full")
    assert (profile.total_volume, profile.excluded_volume) == (eligible, wanted - eligible)
    assert sum(profile.volume) == eligible
    flows = sum(f.buy_volume + f.sell_volume + f.unknown_volume for f in day.minutes)
    assert flows == eligible
    # Official opens and closes repeat volume: the file's own total is more than what traded.
    assert wanted < int(table["size"].sum())


@pytest.mark.parametrize("interval_ms", [1_000, 60_000, 3_600_000])
def test_bars_are_those_of_a_plain_resampling(day: Day, interval_ms: int) -> None:
    wanted = bars(day.table, interval_ms)
    found = day.candles[interval_ms]

    starts = [MIDNIGHT_NS + int(ms) * MS_NS for ms in wanted.index]
    assert [bar.window_start for bar in found] == starts
    assert [bar.volume for bar in found] == wanted["volume"].tolist()
    assert [bar.trade_count for bar in found] == wanted["count"].tolist()
    assert [bar.off_exchange_volume for bar in found] == wanted["off"].tolist()
    assert [bar.price_basis for bar in found] == wanted["basis"].tolist()
    is_priced = (wanted["basis"] != "carried").tolist()
    for name in ("open", "high", "low", "close"):
        ours = [
            at
            for at, own in zip(e4([getattr(bar, name) for bar in found]), is_priced, strict=True)
            if own
        ]
        assert ours == wanted[name][is_priced].astype(int).tolist(), name
    vwaps = [bar.vwap for bar, own in zip(found, is_priced, strict=True) if own]
    assert vwaps == pytest.approx(wanted["vwap"][is_priced].tolist(), abs=1e-6)


def test_bars_without_a_price_carry_the_one_before(day: Day) -> None:
    carried = 0
    before: float | None = None
    for bar in day.candles[1_000]:
        if bar.price_basis == "carried":
            carried += 1
            assert bar.open == bar.high == bar.low == bar.close == before
        before = bar.close
    assert carried


@pytest.mark.parametrize("interval_ms", INTERVALS_MS[1:])
def test_longer_bars_are_merges_of_seconds(day: Day, interval_ms: int) -> None:
    wide_ns = interval_ms * MS_NS
    parts: dict[int, list[EquityCandle]] = {}
    for bar in day.candles[1_000]:
        parts.setdefault(bar.window_start // wide_ns * wide_ns, []).append(bar)

    assert [bar.window_start for bar in day.candles[interval_ms]] == list(parts)
    for bar in day.candles[interval_ms]:
        inside = parts[bar.window_start]
        for name in ("volume", "trade_count", "off_exchange_volume", "odd_lot_volume"):
            assert getattr(bar, name) == sum(getattr(each, name) for each in inside), name
        priced = [each for each in inside if each.price_basis == bar.price_basis]
        assert bar.close == priced[-1].close
        # The last of the prints that only set the range is open and close.
        first = priced[0].open if bar.price_basis == "last" else priced[-1].close
        assert bar.open == first
        ranged = [each for each in inside if each.price_basis != "carried"]
        assert bar.high == max((each.high or 0.0 for each in ranged), default=bar.close)
        assert bar.low == min((each.low or 1e9 for each in ranged), default=bar.close)


def test_profiles_are_those_of_a_plain_group_by(day: Day) -> None:
    table = day.table
    for window, inside in (("full", table["ms"] >= 0), ("rth", table["rth"])):
        profile = full(day, window)
        rows = table[inside & table["levels"]]
        places = (rows["at_e4"] // profile.row_e4 - profile.first_row).to_numpy()
        length = len(profile.volume)
        assert (places.min(), places.max()) == (0, length - 1)
        volume = np.bincount(places, rows["size"], length)
        off = np.bincount(places, rows["size"] * rows["off"], length)
        assert list(profile.volume) == volume.tolist()
        assert list(profile.off_exchange) == off.tolist()
        assert list(profile.trades) == np.bincount(places, minlength=length).tolist()
        rest = table[inside & table["volume"] & ~table["levels"]]
        assert profile.excluded_volume == rest["size"].sum()
        sides_of = zip(profile.buy, profile.sell, profile.unknown, strict=True)
        assert [sum(each) for each in sides_of] == volume.tolist()
        assert profile.poc == (profile.first_row + int(volume.argmax())) * profile.row_e4 / 10_000
        assert profile.closed


def test_buckets_add_up(day: Day) -> None:
    table = day.table[day.table["levels"]]
    by_minute = table.groupby("minute")["size"].sum()
    wanted = {MIDNIGHT_NS + int(m) * 60_000 * MS_NS: int(v) for m, v in by_minute.items()}
    running: Counter[str] = Counter()

    for flow in day.minutes:
        volume = flow.buy_volume + flow.sell_volume + flow.unknown_volume
        assert volume == wanted.pop(flow.window_start, 0)
        assert flow.delta == flow.buy_volume - flow.sell_volume
        running[flow.session] += round(flow.delta)
        assert flow.cumulative_delta == running[flow.session]
        assert flow.cumulative_delta_day == running.total()
    assert not wanted
    profile = full(day, "full")
    assert sum(flow.buy_volume for flow in day.minutes) == sum(profile.buy)
    assert sum(flow.sell_volume for flow in day.minutes) == sum(profile.sell)


def test_sides_of_off_exchange_prints_are_those_of_a_plain_as_of_join(bac: Day) -> None:
    found = sides(bac.table, market(path_of("bac", "quote")))
    wanted = [side for side, off in zip(found, bac.table["off"], strict=True) if off]

    ours = [each.nbbo_side for each in bac.joins.values()]

    assert Counter(ours) == Counter(wanted)
    assert ours == wanted
    assert set(ours) == {"AA", "A", "MID", "B", "BB", "STALE"}


def test_without_quotes_nothing_has_a_side_and_nothing_is_inferred(spy: Day) -> None:
    assert {each.nbbo_side for each in spy.joins.values()} == {"MISSING"}
    assert {each.direction for each in spy.joins.values()} == {"unknown"}
    assert spy.inferred == []


def test_evidence_of_every_inference_exists_and_is_part_of_its_total(bac: Day) -> None:
    assert {each.kind for each in bac.inferred} >= {"stealth_accumulation", "distribution"}
    for each in bac.inferred:
        refs = [ref for ref in each.evidence_refs if ref.kind == "equity_join"]
        assert 1 <= len(refs) <= 20
        cited = [bac.joins[ref.id] for ref in refs]
        assert [join.source_ts for join in cited] == sorted(join.source_ts for join in cited)
        sizes = [bac.prints[join.print_trace_id] for join in cited]
        assert min(sizes) >= 200
        assert each.shares >= sum(sizes)
        assert each.print_count >= len(cited)
        if each.print_count == len(cited):
            assert each.shares == sum(sizes)
        for join in cited:
            assert each.window_start_ts <= join.source_ts <= each.window_end_ts
            assert each.price_low <= join.price <= each.price_high
            assert join.eligible_levels
            assert join.nbbo_side not in {"MISSING", "STALE"}


SIDE_OF = {
    "absorbed_block": {"MID"},
    "stealth_accumulation": {"A", "AA"},
    "distribution": {"B", "BB"},
    "hidden_liquidity_zone": {"AA", "A", "MID", "B", "BB"},
}


def test_evidence_is_on_the_side_its_inference_says(bac: Day) -> None:
    for each in bac.inferred:
        cited = {
            bac.joins[ref.id].nbbo_side for ref in each.evidence_refs if ref.kind == "equity_join"
        }
        assert cited <= SIDE_OF[each.kind]
        assert (
            each.shares
            >= each.thresholds[
                {"absorbed_block": "T_block", "hidden_liquidity_zone": "T_zone"}.get(
                    each.kind, "T_shares"
                )
            ]
        )
