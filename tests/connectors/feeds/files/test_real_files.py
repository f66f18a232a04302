"""Known facts of the feed specification, on real exports; skipped where they are absent."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.items import Accepted
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.rows import read_header
from connectors.feeds.files.rows import split_line
from connectors.feeds.files.sniff import sniff
from flows.options.conditions import condition_facts
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint
from tests.connectors.feeds.files import samples

Real = Callable[[str], Path]

TOS = "tos_vst_option_tape/VST_2025-05-25_112147_cleaned.csv"
CBOE = "cboe_datashop_vix_trades/UnderlyingOptionsTrades_2016-06-01.csv"
THETA = "thetadata_captures/option_history_trade_quote.csv"
OPRA = "databento_python_tests/OPRA.PILLAR/test_data.{}.dbn.zst"


def eastern_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return (int(moment.timestamp()) * 1000 + moment.microsecond // 1000) * 1_000_000


def whole(path: Path, date: str | None = None) -> tuple[FileFeed, list[OptionsPrint]]:
    """Read a file of which no row may be lost, rejected or doubled."""
    feed = FileFeed(path, date=date)
    found = samples.prints(feed.records())
    assert feed.summary.accepted_by_topic["options.prints"] == feed.summary.rows == len(found)
    assert (feed.summary.rejects, feed.summary.duplicates) == (0, 0)
    assert len({record.trace_id for record in found}) == len(found)
    assert [r.source_ts for r in found] == sorted(r.source_ts for r in found)
    return feed, found


def test_tos_day_is_read_whole(real: Real) -> None:
    feed, found = whole(real(TOS))

    assert feed.name == "file-tos"
    assert len(found) == 6847
    assert Counter(record.conditions for record in found) == {(): 4773, ("f",): 2074}
    assert sum(record.size for record in found) == 39_761
    assert sum(record.nbbo_bid == 0.0 for record in found) == 37
    assert {record.underlying_id for record in found} == {"VST"}
    assert len({record.expiry for record in found}) == 17
    assert {record.exchange for record in found} == {"", *"NCXIABZQW"}
    assert not feed.summary.unknown_venues


def test_tos_burst_is_one_second_in_eastern_time(real: Real) -> None:
    _, found = whole(real(TOS))
    second = eastern_ms("2025-05-23T10:08:25-04:00")

    burst = [
        record
        for record in found
        if record.option_contract_id == "VST-2025-06-20-175-C"
        and second <= record.source_ts < second + 10**9
    ]

    assert (len(burst), sum(record.size for record in burst)) == (113, 1439)
    assert len({record.exchange for record in burst}) == 10


def test_cboe_day_is_read_whole(real: Real) -> None:
    feed, found = whole(real(CBOE))

    assert len(found) == 2295
    assert {record.exchange for record in found} == {"C"}
    assert Counter(record.raw_conditions[0] for record in found) == {
        "0": 1493,
        "35": 719,
        "106": 49,
        "13": 22,
        "95": 9,
        "2": 2,
        "40": 1,
    }
    assert feed.summary.unknown_conditions == {"SPIM": 49}
    assert {record.root for record in found} == {"VIX"}
    assert sum(record.size for record in found) == 306_679


def test_cboe_cancel_repeats_its_trade_and_follows_it(real: Real) -> None:
    _, found = whole(real(CBOE))

    contract = [r for r in found if r.option_contract_id == "VIX-2016-07-20-18-P" and r.size == 180]
    trade, cancel, again = [
        next(r for r in contract if r.source_ts == eastern_ms(f"2016-06-01T{at}-04:00"))
        for at in ("14:07:28.400", "14:22:21.275", "14:22:45.600")
    ]

    assert (trade.price, cancel.price, again.price) == (2.20, 2.20, 2.25)
    assert not condition_facts(trade.conditions).cancel
    assert condition_facts(cancel.conditions).cancel
    assert (cancel.exchange, cancel.size) == (trade.exchange, trade.size)


def test_theta_contract_day_is_read_whole(real: Real) -> None:
    _, found = whole(real(THETA))

    first = found[0]
    assert len(found) == 98
    assert len({record.exchange for record in found}) == 12
    assert first.source_ts == eastern_ms("2024-06-14T09:55:03.122-04:00")
    assert (first.size, first.price, first.exchange, first.conditions) == (10, 41.71, "I", ("f",))
    assert (first.nbbo_bid, first.nbbo_ask) == (41.20, 42.09)
    assert all(r.nbbo_ts is not None and r.nbbo_ts <= r.source_ts for r in found)
    assert {r.option_contract_id for r in found} == {"SPY-2024-06-21-500-C"}


@pytest.mark.parametrize(("name", "symbols"), [("etfs", 67), ("stocks", 168)])
def test_barchart_screen_is_read_without_its_footer(real: Real, name: str, symbols: int) -> None:
    path = real(f"barchart_options_flow/{name}.csv")
    feed, found = whole(path, date="2026-02-20")

    assert (len(found), feed.summary.ignored) == (500, 1)
    assert len({record.underlying_id for record in found}) == symbols
    assert {record.exchange for record in found} == {""}
    assert not feed.summary.unknown_conditions
    assert found[0].source_ts == eastern_ms("2026-02-20T09:30:00-05:00")


@pytest.mark.parametrize("name", ["etfs", "stocks"])
def test_barchart_premium_is_ours_cut_to_whole_hundreds(real: Real, name: str) -> None:
    path = real(f"barchart_options_flow/{name}.csv")
    _, found = whole(path, date="2026-02-20")
    column = read_header(path).index("Premium")
    lines = path.read_text(encoding="utf-8").splitlines()[1:-1]
    shown = {n: float(split_line(line)[column]) for n, line in enumerate(lines, start=2)}

    gaps = [
        shown[int(record.trace_id.rsplit(":", 1)[1])] - record.price * record.size * 100
        for record in found
    ]

    assert all(-100.0 < gap < 0.005 for gap in gaps)


def test_opra_tbbo_carries_the_venue_quote(real: Real) -> None:
    _, found = whole(real(OPRA.format("tbbo")))

    first = found[0]
    assert [record.exchange for record in found] == ["D", "I", "I", "U"]
    assert (first.size, first.price) == (1, 0.24)
    assert (first.venue_bid, first.venue_ask) == (0.24, 0.25)
    assert all(r.nbbo_bid is None and r.nbbo_ask is None for r in found)
    assert all(r.conditions == () and r.vendor_aggressor is None for r in found)
    assert first.ingest_ts > first.source_ts


def test_opra_trades_and_tbbo_give_one_print_one_id(real: Real) -> None:
    _, trades = whole(real(OPRA.format("trades")))
    _, quoted = whole(real(OPRA.format("tbbo")))

    assert [record.trace_id for record in trades] == [record.trace_id for record in quoted]
    assert trades[0].trace_id.startswith("databento:OPRA.PILLAR-2025-02-20:prints:23.")


@pytest.mark.parametrize("schema", ["cbbo-1s", "cbbo-1m"])
def test_opra_samples_become_snapshots_of_the_nbbo(real: Real, schema: str) -> None:
    feed = FileFeed(real(OPRA.format(schema)))

    records = [item.record for item in feed.records() if isinstance(item, Accepted)]

    assert len(records) == feed.summary.rows == 4
    assert all(isinstance(r, OptionsNbbo) and r.kind == "snapshot" for r in records)
    assert feed.summary.accepted_by_topic == {"options.nbbo": 4}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("databento_glbx_es/esh4-glbx-mdp3-20231225.mbo.dbn.zst", "futures"),
        ("databento_python_tests/XNAS.ITCH/test_data.mbo.dbn.zst", "download mbp-1"),
        ("databento_python_tests/XNAS.ITCH/test_data.mbp-10.dbn.zst", "download mbp-1"),
        ("databento_python_tests/EQUS.MINI/test_data.ohlcv-1m.dbn.zst", "schema ohlcv-1m"),
        (OPRA.format("mbp-1"), "cmbp-1 or cbbo-1s"),
        (OPRA.format("definition"), "beside a trades, tbbo or tcbbo file"),
        (OPRA.format("ohlcv-1d"), "schema ohlcv-1d"),
        ("lean/indexoption/usa/minute/spx/20210104_openinterest_european.zip", "LEAN"),
        ("spy_trf_prints/SPY_2025-10-14_levels.csv", "found columns date, level"),
    ],
)
def test_other_real_files_are_refused_with_what_they_are(
    real: Real, path: str, message: str
) -> None:
    with pytest.raises(WrongFormat, match=message):
        FileFeed(real(path))


@pytest.mark.parametrize(
    ("path", "kind"),
    [(TOS, "tos"), (CBOE, "cboe"), (THETA, "theta"), (OPRA.format("trades"), "dbn")],
)
def test_real_files_are_recognised(real: Real, path: str, kind: str) -> None:
    assert sniff(real(path)) == kind
