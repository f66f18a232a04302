"""Databento files of options: prints, quotes, identities, damage."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.feeds.base.errors import UnreadableFile
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.errors import WrongInput
from connectors.feeds.base.items import Accepted
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import open_feeds
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint
from tests.connectors.feeds.files import dbn_samples
from tests.connectors.feeds.files import samples
from tests.connectors.feeds.files.dbn_samples import EVENT
from tests.connectors.feeds.files.dbn_samples import INSTRUMENT
from tests.connectors.feeds.files.dbn_samples import RECEIVED
from tests.connectors.feeds.files.dbn_samples import UNDEF
from tests.connectors.feeds.files.dbn_samples import consolidated
from tests.connectors.feeds.files.dbn_samples import dbn
from tests.connectors.feeds.files.dbn_samples import level
from tests.connectors.feeds.files.dbn_samples import metadata
from tests.connectors.feeds.files.dbn_samples import trade
from tests.connectors.feeds.files.dbn_samples import venue_quoted

SESSION = "databento:OPRA.PILLAR-2024-03-04"
TRADE_ID = f"{SESSION}:prints:22.{INSTRUMENT}.901.{EVENT}"
PLAIN = OptionsPrint(
    source_ts=EVENT,
    ingest_ts=RECEIVED,
    seq=901,
    trace_id=TRADE_ID,
    schema_version="options.prints.v1",
    source="databento",
    option_contract_id="XYZ-2024-03-15-50-C",
    underlying_id="XYZ",
    root="XYZ",
    right="C",
    multiplier_source="default",
    exchange="C",
    expiry=19797,
    multiplier=100,
    size=7,
    strike=50.0,
    price=1.25,
    adjusted=False,
    flex=False,
    conditions=(),
    raw_conditions=(),
)


def feed_of(tmp_path: Path, schema: str, *records: bytes, packed: bool = False) -> FileFeed:
    path = tmp_path / f"{schema}.dbn"
    return FileFeed(dbn_samples.write(path, metadata(schema), records, packed=packed))


@pytest.mark.parametrize("packed", [False, True])
def test_trade_becomes_a_print_without_quotes(tmp_path: Path, packed: bool) -> None:
    feed = feed_of(tmp_path, "trades", trade(), packed=packed)

    assert samples.prints(feed.records()) == [PLAIN]
    assert feed.name == "file-dbn"


def test_tbbo_quote_is_the_venues_and_the_side_is_the_vendors(tmp_path: Path) -> None:
    (found,) = samples.prints(feed_of(tmp_path, "tbbo", venue_quoted()).records())

    quote = (found.venue_bid, found.venue_ask, found.venue_bid_size, found.venue_ask_size)
    assert quote == (1.2, 1.3, 11, 12)
    assert (found.nbbo_bid, found.nbbo_ask) == (None, None)
    assert found.vendor_aggressor == "buy"
    assert found.trace_id == TRADE_ID


def test_tcbbo_quote_is_the_nbbo_with_its_venues(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "tcbbo", consolidated("tcbbo"), consolidated("tcbbo"))

    first, second = samples.prints(feed.records())

    assert (first.nbbo_bid, first.nbbo_ask) == (1.2, 1.3)
    assert (first.nbbo_bid_size, first.nbbo_ask_size) == (11, 12)
    assert (first.nbbo_bid_venue, first.nbbo_ask_venue) == ("I", "N")
    assert (first.venue_bid, first.venue_ask) == (None, None)
    assert (first.seq, second.seq) == (1, 2)
    assert first.trace_id.startswith(f"{SESSION}:prints:22.{INSTRUMENT}.{RECEIVED}.")
    assert second.trace_id == f"{first.trace_id}.1"


@pytest.mark.parametrize(
    ("changes", "quote"),
    [
        ({"bid_px": UNDEF}, (0.0, 1.3, 0, 12)),
        ({"ask_px": UNDEF}, (1.2, 0.0, 11, 0)),
        ({"bid_px": UNDEF, "ask_px": UNDEF}, (None, None, None, None)),
    ],
)
def test_undefined_side_of_a_print_is_no_quote_there(
    tmp_path: Path, changes: dict[str, int], quote: tuple[float | None, ...]
) -> None:
    feed = feed_of(tmp_path, "tcbbo", consolidated("tcbbo", levels=level(**changes)))

    (found,) = samples.prints(feed.records())

    assert (found.nbbo_bid, found.nbbo_ask, found.nbbo_bid_size, found.nbbo_ask_size) == quote


def test_cmbp_changes_become_the_nbbo_stream(tmp_path: Path) -> None:
    void = level(bid_px=UNDEF, ask_px=UNDEF, bid_sz=0, ask_sz=0, bid_pb=0, ask_pb=0)
    feed = feed_of(
        tmp_path,
        "cmbp-1",
        consolidated("cmbp-1", action=dbn.Action.MODIFY),
        consolidated("cmbp-1", action=dbn.Action.MODIFY, ts_recv=RECEIVED + 5, levels=void),
    )

    records = [item.record for item in feed.records() if isinstance(item, Accepted)]

    first, second = records
    assert isinstance(first, OptionsNbbo)
    assert isinstance(second, OptionsNbbo)
    assert (first.kind, first.bid, first.ask, first.bid_size, first.ask_size) == (
        *("stream", 1.2, 1.3, 11, 12),
    )
    assert (first.bid_venue, first.ask_venue) == ("I", "N")
    assert (second.bid, second.ask, second.bid_size, second.ask_size) == (0.0, 0.0, 0, 0)
    assert (second.bid_venue, second.ask_venue) == (None, None)
    assert first.trace_id.startswith(f"{SESSION}:nbbo:22.{INSTRUMENT}.{RECEIVED}.")


@pytest.mark.parametrize("schema", ["cbbo-1s", "cbbo-1m"])
def test_sample_is_of_the_end_of_its_interval_not_of_the_last_trade(
    tmp_path: Path, schema: str
) -> None:
    sampled = bytes(
        dbn.CBBOMsg(
            rtype=int(dbn.RType.from_schema(dbn.Schema.from_str(schema))),
            publisher_id=30,
            instrument_id=INSTRUMENT,
            ts_event=EVENT - 10**9,
            price=1_250_000_000,
            size=7,
            side=dbn.Side.NONE,
            ts_recv=RECEIVED,
            levels=level(),
        )
    )

    (item,) = feed_of(tmp_path, schema, sampled).records()

    assert isinstance(item, Accepted)
    assert item.record.source_ts == RECEIVED


def test_equal_fills_of_one_sequence_are_told_apart(tmp_path: Path) -> None:
    found = samples.prints(feed_of(tmp_path, "trades", trade(), trade(), trade(size=9)).records())

    assert [record.trace_id for record in found] == [TRADE_ID, f"{TRADE_ID}.1", f"{TRADE_ID}.2"]


def test_event_stamp_that_is_missing_is_the_receive_stamp(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "trades", trade(ts_event=dbn.UNDEF_TIMESTAMP))

    assert samples.prints(feed.records())[0].source_ts == RECEIVED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": UNDEF}, "invalid_price"),
        ({"price": -1}, "invalid_price"),
        ({"size": 0}, "invalid_size"),
        ({"ts_recv": 0}, "bad_timestamp"),
        ({"instrument_id": 1}, "bad_symbol"),
        ({"action": dbn.Action.CANCEL}, "unknown_message"),
    ],
)
def test_bad_record_is_a_dead_letter_with_its_number(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    bad = trade(**changes)
    feed = feed_of(tmp_path, "trades", trade(), bad, trade(sequence=902))

    items = list(feed.records())

    (reject,) = samples.rejects(items)
    assert (reject.reason, reject.position, reject.raw) == (reason, "trades.dbn:2", bad)
    assert [record.seq for record in samples.prints(items)] == [901, 902]


def test_unknown_publisher_passes_through_and_is_counted(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "trades", trade(publisher_id=999), trade(publisher_id=108))

    assert [r.exchange for r in samples.prints(feed.records())] == ["999", "MXTO"]
    assert feed.summary.unknown_venues == {"999": 1}


def test_ids_are_mapped_by_date(tmp_path: Path) -> None:
    head = metadata("trades", days=(date(2024, 3, 5), date(2024, 3, 6)))
    feed = FileFeed(dbn_samples.write(tmp_path / "x.dbn", head, [trade()]))

    assert [r.reason for r in samples.rejects(feed.records())] == ["bad_symbol"]


def test_definitions_beside_the_file_name_what_its_head_does_not(tmp_path: Path) -> None:
    definition = bytes(
        dbn.InstrumentDefMsg(
            publisher_id=30,
            instrument_id=INSTRUMENT,
            ts_event=EVENT,
            ts_recv=RECEIVED,
            min_price_increment=10_000_000,
            display_factor=1,
            raw_symbol=dbn_samples.SYMBOL,
            asset="",
            security_type="",
            instrument_class=dbn.InstrumentClass.CALL,
            security_update_action=dbn.SecurityUpdateAction.ADD,
            contract_multiplier=10,
        )
    )
    dbn_samples.write(tmp_path / "a.definition.dbn", metadata("definition"), [definition])
    dbn_samples.write(tmp_path / "b.trades.dbn", metadata("trades", symbol=None), [trade()])

    (feed,) = open_feeds([tmp_path])
    (found,) = samples.prints(feed.records())

    assert found.option_contract_id == "XYZ-2024-03-15-50-C"
    assert (found.multiplier, found.multiplier_source) == (10, "feed")


def test_mappings_within_the_stream_are_learned(tmp_path: Path) -> None:
    mapping = bytes(
        dbn.SymbolMappingMsg(
            publisher_id=0,
            instrument_id=INSTRUMENT,
            ts_event=EVENT,
            stype_in=dbn.SType.RAW_SYMBOL,
            stype_in_symbol="XYZ.OPT",
            stype_out=dbn.SType.RAW_SYMBOL,
            stype_out_symbol=dbn_samples.SYMBOL,
            start_ts=EVENT,
            end_ts=EVENT,
        )
    )
    path = tmp_path / "x.dbn"
    feed = FileFeed(dbn_samples.write(path, metadata("trades", symbol=None), [mapping, trade()]))

    (found,) = samples.prints(feed.records())

    assert found.root == "XYZ"
    assert (feed.summary.rows, feed.summary.ignored) == (1, 1)


@pytest.mark.parametrize(
    ("schema", "dataset", "message"),
    [
        ("mbo", "OPRA.PILLAR", "download tcbbo instead"),
        ("mbp-1", "OPRA.PILLAR", "one venue's own quote"),
        ("definition", "OPRA.PILLAR", "put it beside a trades, tbbo or tcbbo file"),
        ("trades", "GLBX.MDP3", r"\(futures\); options .* and US equities .* are read"),
    ],
)
def test_other_market_or_schema_is_refused_with_a_hint(
    tmp_path: Path, schema: str, dataset: str, message: str
) -> None:
    path = dbn_samples.write(tmp_path / "x.dbn", metadata(schema, dataset=dataset))

    with pytest.raises(WrongFormat, match=message):
        FileFeed(path)


@pytest.mark.parametrize("lost", [1, 20, 47])
def test_cut_file_keeps_the_records_before_and_says_where_it_ends(
    tmp_path: Path, lost: int
) -> None:
    path = dbn_samples.write(
        tmp_path / "x.dbn", metadata("trades"), [trade(sequence=n) for n in (1, 2, 3)]
    )
    path.write_bytes(path.read_bytes()[:-lost])
    feed = FileFeed(path)

    items = list(feed.records())

    assert [record.seq for record in samples.prints(items)] == [1, 2]
    (reject,) = samples.rejects(items)
    assert (reject.reason, reject.position, len(reject.raw)) == (
        *("not_decodable", "x.dbn:3", 48 - lost),
    )
    assert feed.summary.damaged is not None
    assert "the 2 records before are kept" in feed.summary.damaged


def test_cut_zstd_keeps_what_can_be_unpacked(tmp_path: Path) -> None:
    records = [trade(sequence=n, ts_event=EVENT + n * 7919 % 1_000_003) for n in range(60_000)]
    path = dbn_samples.write(tmp_path / "x.dbn.zst", metadata("trades"), records, packed=True)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    feed = FileFeed(path)

    items = list(feed.records())

    kept = len(samples.prints(items))
    assert 0 < kept < 60_000
    assert [reject.line for reject in samples.rejects(items)] == [kept + 1]
    assert "zstd stream ends early" in str(feed.summary.damaged)


@pytest.mark.parametrize("size", [3, 8, 40])
def test_file_cut_within_its_head_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.dbn"
    path.write_bytes(metadata("trades")[:size])

    with pytest.raises(UnreadableFile, match="no whole DBN file"):
        FileFeed(path)


def test_damage_that_makes_the_decoder_panic_is_a_damaged_file(tmp_path: Path) -> None:
    head = metadata("trades", ts_out=True)
    path = dbn_samples.write(tmp_path / "x.dbn", head, [trade(), trade(sequence=5)])

    with pytest.raises(UnreadableFile, match="a record is damaged"):
        FileFeed(path)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(min_value=0), byte=st.integers(0, 255), packed=st.booleans())
def test_changed_byte_never_crashes(tmp_path: Path, at: int, byte: int, packed: bool) -> None:
    path = dbn_samples.write(
        tmp_path / "x.dbn", metadata("trades"), [trade(), trade(sequence=5)], packed=packed
    )
    content = bytearray(path.read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(content)

    try:
        items = list(FileFeed(path).records())
    except WrongInput:
        return
    assert len(items) <= 4
