"""Whole streams read page by page: nothing skipped, nothing twice, no tie parted."""

import itertools
from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from api.streams import Stream
from tests.api.pages.market import BEGIN_NS
from tests.api.pages.market import Pages
from tests.api.pages.market import add_to
from tests.api.pages.market import chance
from tests.api.pages.market import random_record
from tests.api.pages.market import ring_of
from tests.api.pages.market import stream

# One stream of facts, one whose revisions keep their place in the table's key, one whose move.
STREAMS_READ: Final = ("signals", "equity-joins", "classifier-hits")
_symbols: Final = itertools.count()
_settings: Final = settings(
    max_examples=12,
    suppress_health_check=list(HealthCheck),
    deadline=None,
    derandomize=True,
)
# (place in time, sequence): few of each, so that ties are many.
_PLACES: Final = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=40)


def records_at(of: Stream, places: Sequence[tuple[int, int]], symbol: str) -> list[Any]:
    base = random_record(of, 0, chance(3))
    return [
        msgspec.structs.replace(
            base,
            underlying_id=symbol,
            source_ts=BEGIN_NS + ts,
            seq=seq,
            **dict.fromkeys(("trace_id", of.id_field), f"{symbol}:{number:03}"),
        )
        for number, (ts, seq) in enumerate(places)
    ]


def revised(of: Stream, records: Sequence[Any], data: st.DataObject) -> list[Any]:
    """Return later versions of some records; their time moves unless the key holds it."""
    if of.schema.version_field is None:
        return []
    moves = "source_ts" not in of.schema.schema["table_key"]
    return [
        msgspec.structs.replace(
            record,
            revision=record.revision + 1,
            source_ts=record.source_ts + (data.draw(st.integers(0, 5)) if moves else 0),
        )
        for record in records
        if data.draw(st.booleans())
    ]


def latest(of: Stream, records: Sequence[Any]) -> list[Any]:
    """Return each id in its greatest version, oldest first: what pages are to show."""
    best: dict[str, Any] = {}
    for record in records:
        known = best.get(record.trace_id)
        if known is None or getattr(known, of.version_field) <= getattr(record, of.version_field):
            best[record.trace_id] = record
    return sorted(best.values(), key=order)


def order(record: Any) -> tuple[int, int, str]:  # noqa: ANN401 - any record
    return record.source_ts, record.seq, record.trace_id


def oracle_pages(ids: list[tuple[tuple[int, int], str]], limit: int) -> list[list[str]]:
    found: list[list[str]] = []
    while ids:
        end = min(limit, len(ids))
        while end < len(ids) and ids[end][0] == ids[end - 1][0]:
            end += 1
        found.append([name for _, name in ids[:end]])
        ids = ids[end:]
    return found


def expected_pages(records: Sequence[Any], limit: int, *, descending: bool) -> list[list[str]]:
    ordered = sorted(records, key=order, reverse=descending)
    return oracle_pages([(order(each)[:2], each.trace_id) for each in ordered], limit)


def read_pages(pages: Pages, path: str, *, by_cursor: bool, way: str) -> list[list[str]]:
    """Follow a route's pages to the end."""
    found: list[list[str]] = []
    more = ""
    while True:
        answer = pages.get(path + more)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        if body["data"]:
            found.append([row["trace_id"] for row in body["data"]])
        place = body["next_before" if way == "before" else "next"]
        assert (place is None) == (body["next_cursor"] is None)
        if place is None:
            return found
        if by_cursor:
            more = f"&cursor={body['next_cursor']}"
        else:
            more = f"&{way}_ts={place['ts']}&{way}_seq={place['seq']}"


@pytest.mark.parametrize("name", STREAMS_READ)
@_settings
@given(data=st.data())
def test_stored_pages_are_those_of_the_oracle_both_ways(
    name: str, pages: Pages, data: st.DataObject
) -> None:
    of, symbol = stream(name), f"P{next(_symbols)}"
    records = records_at(of, data.draw(_PLACES), symbol)
    later = revised(of, records, data)
    pages.tables.insert(of, records)
    # At least once: some rows are stored again.
    pages.tables.insert(of, [*later, *records[: data.draw(st.integers(0, 5))]])
    limit, by_cursor = data.draw(st.integers(1, 8)), data.draw(st.booleans())
    known = latest(of, [*records, *later])
    query = f"?underlying_ids={symbol}&limit={limit}"

    back = read_pages(pages, f"/history/{name}{query}", by_cursor=by_cursor, way="before")
    forth = read_pages(pages, f"/replay/{name}{query}", by_cursor=by_cursor, way="after")

    assert back == expected_pages(known, limit, descending=True)
    assert forth == expected_pages(known, limit, descending=False)


@pytest.mark.parametrize("name", STREAMS_READ)
@_settings
@given(data=st.data())
def test_ring_and_tables_meet_without_gap_or_overlap(
    name: str, pages: Pages, data: st.DataObject
) -> None:
    of, symbol = stream(name), f"P{next(_symbols)}"
    records = records_at(of, data.draw(_PLACES), symbol)
    later = revised(of, records, data)
    known = latest(of, [*records, *later])
    at = data.draw(st.integers(0, len(known)))
    floor = order(known[at - 1]) if at else None
    # What is above the floor is in the ring, and in the tables or not yet.
    lag = data.draw(st.integers(0, len(known) - at)) if at < len(known) else 0
    unstored = {order(each) for each in known[len(known) - lag :]}
    pages.tables.insert(of, [each for each in [*records, *later] if order(each) not in unstored])
    pages.hub.rings[name] = ring_of(of, known[at:], floor)
    limit, by_cursor = data.draw(st.integers(1, 8)), data.draw(st.booleans())

    found = read_pages(
        pages,
        f"{of.recent}?underlying_ids={symbol}&limit={limit}"
        if by_cursor
        else f"/history/{name}?underlying_ids={symbol}&limit={limit}",
        by_cursor=by_cursor,
        way="before",
    )

    assert found == expected_pages(known, limit, descending=True)


@_settings
@given(data=st.data())
def test_reading_back_while_records_arrive_never_skips_or_repeats(
    pages: Pages, data: st.DataObject
) -> None:
    of, symbol = stream("signals"), f"P{next(_symbols)}"
    records = records_at(of, data.draw(_PLACES), symbol)
    pages.tables.insert(of, records)
    ring = pages.hub.rings["signals"] = ring_of(of, records[:0], max(map(order, records)))
    limit = data.draw(st.integers(1, 5))
    path = f"/history/signals?underlying_ids={symbol}&limit={limit}"

    seen: list[str] = []
    more = ""
    for number in itertools.count(100):
        body = pages.get(path + more).json()
        seen += [row["trace_id"] for row in body["data"]]
        if body["next_cursor"] is None:
            break
        more = f"&cursor={body['next_cursor']}"
        fresh = records_at(of, [(number, 0)], symbol)
        named = msgspec.structs.replace(fresh[0], trace_id=f"{symbol}:new{number}")
        pages.tables.insert(of, [named])
        add_to(ring, [named])

    assert seen == [each.trace_id for each in sorted(records, key=order, reverse=True)]


def test_page_is_full_although_most_stored_rows_are_outdated(pages: Pages) -> None:
    of, symbol = stream("classifier-hits"), f"P{next(_symbols)}"
    records = records_at(of, [(place, 0) for place in range(80)], symbol)
    # The newest seventy were revised, which the tables do not know yet.
    newer = [
        msgspec.structs.replace(each, revision=each.revision + 1, source_ts=each.source_ts + 1000)
        for each in records[10:]
    ]
    pages.tables.insert(of, records)
    pages.hub.rings[of.name] = ring_of(of, newer, order(records[-1]))

    found = read_pages(
        pages,
        f"/history/{of.name}?underlying_ids={symbol}&limit=9",
        by_cursor=True,
        way="before",
    )

    assert found == expected_pages([*records[:10], *newer], 9, descending=True)


def test_longest_page_of_revised_records_is_answered(pages: Pages) -> None:
    # Looking up the versions of so many ids takes more than an address can hold.
    of, symbol = stream("equity-joins"), f"P{next(_symbols)}"
    records = records_at(of, [(place, 0) for place in range(1100)], symbol)
    newer = msgspec.structs.replace(records[600], revision=records[600].revision + 1)
    pages.tables.insert(of, [*records, newer])

    found = read_pages(
        pages, f"/replay/{of.name}?underlying_ids={symbol}&limit=1000", by_cursor=True, way="after"
    )

    assert found == expected_pages(records, 1000, descending=False)


def test_source_tells_where_a_page_was(pages: Pages) -> None:
    of, symbol = stream("signals"), f"P{next(_symbols)}"
    records = records_at(of, [(place, 0) for place in range(6)], symbol)
    pages.tables.insert(of, records)
    pages.hub.rings["signals"] = ring_of(of, records[3:], order(records[2]))
    path = f"/signals?underlying_ids={symbol}&limit="

    sources = [pages.get(f"{path}{limit}").json()["source"] for limit in (2, 5)]
    older = pages.get(
        f"/history/signals?underlying_ids={symbol}&before_ts={records[3].source_ts}&limit=2"
    ).json()

    assert sources == ["hot", "mixed"]
    assert older["source"] == "store"
    assert [row["trace_id"] for row in older["data"]] == [
        records[2].trace_id,
        records[1].trace_id,
    ]


def test_recent_page_shows_a_record_as_tables_show_it(pages: Pages) -> None:
    for name in ("options", "flow", "alerts", "equity-candles"):
        of, symbol = stream(name), f"P{next(_symbols)}"
        records = [
            msgspec.structs.replace(random_record(of, number, chance(number)), underlying_id=symbol)
            for number in range(4)
        ]
        pages.tables.insert(of, records)
        view = "&view=raw" if name == "options" else ""
        path = f"/history/{name}?underlying_ids={symbol}{view}"

        stored = pages.get(path).json()
        pages.hub.rings[name] = ring_of(of, records)
        hot = pages.get(path).json()

        assert len(hot["data"]) == 4
        assert hot["data"] == stored["data"]


def test_bounds_of_history_and_pull_hold(pages: Pages) -> None:
    of, symbol = stream("signals"), f"P{next(_symbols)}"
    records = records_at(of, [(place, 0) for place in range(6)], symbol)
    pages.tables.insert(of, records)
    begin = records[2].source_ts

    back = pages.get(f"/history/signals?underlying_ids={symbol}&start_ts={begin}").json()
    forth = pages.get(f"/replay/signals?underlying_ids={symbol}&end_ts={begin}").json()

    assert [row["trace_id"] for row in back["data"]] == [
        each.trace_id for each in reversed(records[2:])
    ]
    assert [row["trace_id"] for row in forth["data"]] == [each.trace_id for each in records[:2]]
