"""Open interest among Databento statistics."""

from datetime import UTC
from datetime import date
from datetime import datetime
from pathlib import Path

from connectors.feeds.files.open import FileFeed
from schemas.records import OpenInterest
from tests.connectors.feeds.files import dbn_samples
from tests.connectors.feeds.files import samples
from tests.connectors.feeds.files.dbn_samples import EVENT
from tests.connectors.feeds.files.dbn_samples import INSTRUMENT
from tests.connectors.feeds.files.dbn_samples import RECEIVED
from tests.connectors.feeds.files.dbn_samples import dbn

FRIDAY = (date(2024, 3, 1) - date(1970, 1, 1)).days


def statistic(**changes: object) -> bytes:
    values = {
        "publisher_id": 22,
        "instrument_id": INSTRUMENT,
        "ts_event": EVENT,
        "ts_recv": RECEIVED,
        "ts_ref": dbn.UNDEF_TIMESTAMP,
        "price": dbn.UNDEF_PRICE,
        "quantity": 5_000,
        "stat_type": dbn.StatType.OPEN_INTEREST,
        "sequence": 7,
    }
    return bytes(dbn.StatMsg(**{**values, **changes}))


def statistics(tmp_path: Path, *records: bytes) -> FileFeed:
    head = dbn_samples.metadata("statistics")
    return FileFeed(dbn_samples.write(tmp_path / "x.dbn", head, records))


def test_statistic_of_open_interest_is_a_figure_of_the_session_before(tmp_path: Path) -> None:
    feed = statistics(tmp_path, statistic())

    (found,) = samples.records(feed.records())

    assert found == OpenInterest(
        source_ts=EVENT,
        ingest_ts=RECEIVED,
        seq=7,
        trace_id=f"databento:OPRA.PILLAR-2024-03-04:open-interest:22.{INSTRUMENT}.7.{EVENT}",
        schema_version="refdata.open-interest.v1",
        source="databento",
        option_contract_id="XYZ-2024-03-15-50-C",
        underlying_id="XYZ",
        oi=5_000,
        as_of_date=FRIDAY,
        published_ts=EVENT,
    )


def test_venues_that_repeat_a_figure_are_counted_and_a_correction_is_kept(tmp_path: Path) -> None:
    feed = statistics(
        tmp_path, statistic(), statistic(publisher_id=23), statistic(quantity=5_100, sequence=8)
    )

    found = samples.records(feed.records())

    assert [each.oi for each in found if isinstance(each, OpenInterest)] == [5_000, 5_100]
    assert feed.summary.duplicates == 1


def test_reference_stamp_of_a_statistic_names_its_session(tmp_path: Path) -> None:
    reference = int(datetime(2024, 2, 29, tzinfo=UTC).timestamp()) * 10**9
    feed = statistics(tmp_path, statistic(ts_ref=reference))

    (found,) = samples.records(feed.records())

    assert isinstance(found, OpenInterest)
    assert found.as_of_date == FRIDAY - 1


def test_other_statistics_are_ignored_and_undefined_figures_rejected(tmp_path: Path) -> None:
    feed = statistics(
        tmp_path,
        statistic(stat_type=dbn.StatType.CLEARED_VOLUME),
        statistic(update_action=dbn.StatUpdateAction.DELETE),
        statistic(quantity=2**63 - 1),
        statistic(quantity=-1, sequence=8),
    )

    items = list(feed.records())

    assert feed.summary.ignored == 2
    assert [(each.reason, each.topic, each.line) for each in samples.rejects(items)] == [
        ("invalid_size", "refdata.open-interest", 3),
        ("invalid_size", "refdata.open-interest", 4),
    ]
