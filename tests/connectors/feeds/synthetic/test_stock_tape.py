"""How stocks trade: facilities, conditions, stamps, prices and faults in their proportions."""

from collections import Counter
from itertools import count

import pytest

from connectors.feeds.synthetic.drafts import ReportDraft
from connectors.feeds.synthetic.equities.background import SIZES
from connectors.feeds.synthetic.equities.background import StockBackground
from connectors.feeds.synthetic.equities.tape import Quote
from connectors.feeds.synthetic.equities.tape import Sizes
from connectors.feeds.synthetic.equities.tape import TapeWriter
from connectors.feeds.synthetic.labels import LabelBook
from connectors.feeds.synthetic.market import REGIMES
from connectors.feeds.synthetic.market import quote_around
from connectors.feeds.synthetic.market import spread_bps
from connectors.feeds.synthetic.records import Scribe
from connectors.feeds.synthetic.universe import KNOWN
from schemas.records import EquityPrint
from tests.connectors.feeds.synthetic.sample import NS_PER_S
from tests.connectors.feeds.synthetic.sample import OPEN
from tests.connectors.feeds.synthetic.sample import seeded

NS_PER_MS = 1_000_000
QUOTE = Quote("NVDA", 14_000, 14_008)
OFF_SHARE = 0.44
TRADES = 3_000_000
HOUR = 3_600 * NS_PER_S


@pytest.fixture(scope="module")
def trades() -> list[ReportDraft]:
    rng, writer = seeded(3), TapeWriter(count(1))
    return [writer.trade(rng, QUOTE, OPEN, OFF_SHARE, SIZES) for _ in range(60_000)]


@pytest.fixture(scope="module")
def off(trades: list[ReportDraft]) -> list[ReportDraft]:
    return [each for each in trades if each.trf_id is not None]


def test_off_exchange_share_is_that_asked_for(
    trades: list[ReportDraft], off: list[ReportDraft]
) -> None:
    assert len(off) / len(trades) == pytest.approx(OFF_SHARE, abs=0.01)
    assert {each.venue for each in off} == {"D"}
    lit = [each for each in trades if each.trf_id is None]
    assert "D" not in {each.venue for each in lit}
    assert len({each.venue for each in lit}) > 8


@pytest.mark.parametrize(("trf_id", "share"), [("Q", 0.80), ("N", 0.15), ("B", 0.05)])
def test_facilities_have_their_shares(off: list[ReportDraft], trf_id: str, share: float) -> None:
    found = sum(each.trf_id == trf_id for each in off) / len(off)

    assert found == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("letters", "share", "within"), [("@", 0.55, 0.01), ("F", 0.25, 0.01), ("47VW", 0.005, 0.0015)]
)
def test_conditions_have_their_shares(
    trades: list[ReportDraft], letters: str, share: float, within: float
) -> None:
    found = sum(any(each in letters for each in trade.conditions) for trade in trades)

    assert found / len(trades) == pytest.approx(share, abs=within)


def test_odd_lots_and_only_they_say_so(trades: list[ReportDraft]) -> None:
    assert all(("I" in each.conditions) == (each.size < 100) for each in trades)
    assert 0.2 < sum(each.size < 100 for each in trades) / len(trades) < 0.5
    assert min(each.size for each in trades) >= 1


@pytest.mark.parametrize(
    ("at_ns", "is_extended"),
    [(OPEN, False), (OPEN - HOUR, True), (OPEN + 7 * HOUR, True), (OPEN - 31 * 60 * NS_PER_S, True),
     (OPEN - 29 * 60 * NS_PER_S, False)],
)  # fmt: skip
def test_trades_outside_regular_hours_say_so(at_ns: int, is_extended: bool) -> None:
    rng, writer = seeded(1), TapeWriter(count(1), has_late=False)

    found = [writer.trade(rng, QUOTE, at_ns, OFF_SHARE, SIZES) for _ in range(200)]

    assert {"T" in each.conditions for each in found} == {is_extended}


def test_off_exchange_trades_are_published_5_to_300_ms_after_and_one_in_500_is_late(
    off: list[ReportDraft],
) -> None:
    delays = [(each.at_ns - (each.exec_ns or 0)) / NS_PER_MS for each in off]
    prompt = [delay for delay in delays if delay <= 300]
    late = [delay for delay in delays if delay > 300]

    assert min(prompt) >= 5
    assert 120 < sum(prompt) / len(prompt) < 185
    assert min(late) >= 11_000
    assert max(late) <= 60_000
    assert len(late) / len(delays) == pytest.approx(1 / 500, rel=0.4)


def test_exchanges_publish_at_once_and_give_no_execution_time(trades: list[ReportDraft]) -> None:
    lit = [each for each in trades if each.trf_id is None]

    assert {(each.at_ns, each.exec_ns) for each in lit} == {(OPEN, None)}


def test_no_late_report_where_none_is_wanted() -> None:
    rng, writer = seeded(3), TapeWriter(count(1), has_late=False)

    found = [writer.trade(rng, QUOTE, OPEN, 1.0, SIZES) for _ in range(5_000)]

    assert max(each.at_ns for each in found) <= OPEN + 300 * NS_PER_MS


@pytest.mark.parametrize("width", [1, 2, 3, 12])
@pytest.mark.parametrize("off_share", [0.0, 1.0])
def test_every_price_lies_in_the_quote(width: int, off_share: float) -> None:
    rng, writer = seeded(5), TapeWriter(count(1))
    quote = Quote("F", 1_050, 1_050 + width)

    prices = [writer.trade(rng, quote, OPEN, off_share, SIZES).price_e4 for _ in range(2_000)]

    assert min(prices) == 105_000
    assert max(prices) == 105_000 + 100 * width
    if off_share == 0.0:
        assert all(price % 100 == 0 for price in prices)


def test_part_of_the_off_exchange_trades_are_improved_by_less_than_four_tenths_of_a_cent(
    off: list[ReportDraft],
) -> None:
    parts = Counter(
        "mid" if each.price_e4 == 1_400_400 else "whole" if not each.price_e4 % 100 else "improved"
        for each in off
    )
    improved = [each.price_e4 % 100 for each in off if each.price_e4 % 100]

    assert parts["improved"] / len(off) == pytest.approx(0.40, abs=0.01)
    assert parts["mid"] / len(off) == pytest.approx(0.35, abs=0.01)
    assert all(0 < part < 40 or 60 < part < 100 for part in improved)
    assert sum(part < 40 for part in improved) / len(improved) == pytest.approx(0.5, abs=0.02)


def test_sizes_stay_below_a_block_off_exchange() -> None:
    rng, sizes = seeded(2), Sizes(odd=0.1, one=0.2, lit_most=5_000, off_most=190)

    off = [sizes.draw(rng, off_exchange=True) for _ in range(5_000)]
    lit = [sizes.draw(rng, off_exchange=False) for _ in range(5_000)]

    assert max(off) < 200
    assert 4_000 < max(lit) <= 5_000


def test_cancels_and_corrections_are_as_rare_as_specified() -> None:
    rng, writer = seeded(1), TapeWriter(count(1))
    trade = writer.trade(rng, QUOTE, OPEN, 0.0, SIZES)
    lengths = Counter(len(writer.with_faults(rng, trade, QUOTE)) for _ in range(TRADES))

    # Four standard deviations of 150 and 75.
    assert lengths[2] / TRADES == pytest.approx(1 / 20_000, rel=0.33)
    assert lengths[3] / TRADES == pytest.approx(1 / 40_000, rel=0.46)
    assert lengths.total() == lengths[1] + lengths[2] + lengths[3]


@pytest.mark.parametrize("off_share", [0.0, 1.0])
def test_correction_is_a_cancel_and_a_trade_of_the_same_execution(off_share: float) -> None:
    rng, writer = seeded(4), TapeWriter(count(1))
    while True:
        trade = writer.trade(rng, QUOTE, OPEN, off_share, SIZES)
        faults = writer.with_faults(rng, trade, QUOTE)
        if len(faults) == 3:
            break

    original, cancel, corrected = faults
    assert original.key > 0
    assert (cancel.action, cancel.ref, corrected.ref) == ("cancel", original.key, original.key)
    assert (cancel.price_e4, cancel.size) == (original.price_e4, original.size)
    assert cancel.at_ns == corrected.at_ns
    # Within 10 s of the execution, so that its own quote is looked up.
    assert OPEN + NS_PER_S <= corrected.at_ns <= OPEN + 10 * NS_PER_S
    assert corrected.exec_ns == OPEN
    assert corrected.price_e4 != original.price_e4
    assert corrected.price_e4 in {1_400_000, 1_400_800}
    assert corrected.key == 0


def test_published_cancel_and_correction_name_the_trade_they_refer_to() -> None:
    rng, writer, labels = seeded(4), TapeWriter(count(1)), LabelBook(lambda _: None)
    drafts = [writer.trade(rng, QUOTE, OPEN, 0.5, SIZES) for _ in range(10)]
    while len(faults := writer.with_faults(rng, drafts[0], QUOTE)) < 3:
        pass
    scribe = Scribe("7-1", labels)

    made = [scribe.record(each, 0)[1] for each in [*drafts, *faults]]

    original, cancel, corrected = (each for each in made[-3:] if isinstance(each, EquityPrint))
    assert original.trace_id == "synthetic:7-1:reports:11"
    assert (cancel.action, corrected.action) == ("cancel", "trade")
    assert cancel.ref_trace_id == corrected.ref_trace_id == original.trace_id
    assert {each.ref_trace_id for each in made[:11] if isinstance(each, EquityPrint)} == {None}


@pytest.mark.parametrize(
    ("mode", "names", "least"), [("realistic", 12, 2), ("active", 40, 5), ("firehose", 40, 10)]
)
def test_zero_to_three_trades_a_stock_and_never_fewer_stocks_than_the_mode_wants(
    mode: str, names: int, least: int
) -> None:
    rng, listed = seeded(9), KNOWN[:names]
    background = StockBackground(mode, listed, TapeWriter(count(1)))

    counts = [background.counts(rng) for _ in range(2_000)]

    assert {each for found in counts for each in found} == {0, 1, 2, 3}
    assert min(sum(each > 0 for each in found) for found in counts) >= least
    totals = [sum(found[index] for found in counts) for index in range(names)]
    busy = listed.index(max(listed, key=lambda name: name.liquidity))
    quiet = listed.index(min(listed, key=lambda name: name.liquidity))
    assert totals[busy] > 1.3 * totals[quiet]


def test_stocks_are_added_when_too_few_trade_by_themselves() -> None:
    quiet = [KNOWN[12 + index] for index in range(10)]
    background = StockBackground("firehose", quiet, TapeWriter(count(1)))

    counts = [background.counts(seeded(seed)) for seed in range(300)]

    assert all(min(found) >= 1 for found in counts)


def test_off_exchange_shares_of_the_regimes_span_what_is_specified() -> None:
    shares = [regime.off_exchange for regime in REGIMES]

    assert (min(shares), max(shares)) == (0.30, 0.58)
    assert all(0.0 < regime.cleanliness <= 1.0 for regime in REGIMES)


@pytest.mark.parametrize(
    ("volatility", "liquidity", "cleanliness", "time", "wanted"),
    [
        (0.0, 1.0, 1.0, "12:00", 4.0),
        (0.5, 1.0, 1.0, "12:00", 11.0),
        (0.0, 0.0, 1.0, "12:00", 14.0),
        (0.0, 1.0, 0.0, "12:00", 16.0),
        (0.2, 0.5, 0.75, "09:30", 4.0 + 2.8 + 5.0 + 3.0 + 3.0),
        (0.2, 0.5, 0.75, "10:29", 4.0 + 2.8 + 5.0 + 3.0 + 3.0),
        (0.2, 0.5, 0.75, "10:30", 4.0 + 2.8 + 5.0 + 3.0),
        (0.2, 0.5, 0.75, "15:00", 4.0 + 2.8 + 5.0 + 3.0 + 2.0),
        (0.2, 0.5, 0.75, "16:00", 4.0 + 2.8 + 5.0 + 3.0),
    ],
)
def test_spread_is_that_of_the_specification(
    volatility: float, liquidity: float, cleanliness: float, time: str, wanted: float
) -> None:
    hour, minute = map(int, time.split(":"))
    at_ns = OPEN + ((hour - 10) * 60 + minute) * 60 * NS_PER_S

    assert spread_bps(volatility, liquidity, cleanliness, at_ns) == pytest.approx(wanted)


@pytest.mark.parametrize("price", [3.07, 10.5, 61.333, 140.0, 590.123, 1_150.0])
@pytest.mark.parametrize("bps", [0.5, 4.0, 12.5, 40.0])
def test_quote_is_around_its_price_and_as_wide_as_whole_cents_allow(
    price: float, bps: float
) -> None:
    bid, ask = quote_around(price, bps)

    assert bid < ask
    assert abs((bid + ask) / 2 - 100 * price) <= 0.5 + 1e-6
    assert abs((ask - bid) - price * bps / 100) <= 0.5 + 1e-6 or ask - bid == 1
