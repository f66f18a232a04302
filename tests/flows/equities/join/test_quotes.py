"""The quote book against a plain list that keeps everything."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.equities.join.quote import quote_of
from flows.equities.join.quotes import QuoteBook
from tests.flows.equities.join.rows import MS_NS
from tests.flows.equities.join.rows import SECOND_NS
from tests.flows.equities.join.rows import TEN_NS
from tests.flows.equities.join.rows import book_of
from tests.flows.equities.join.rows import decode
from tests.flows.equities.join.rows import encode
from tests.flows.equities.join.rows import quote
from tests.flows.equities.join.rows import void

BROKEN = b"\xc1"
SMALL_MS = 20
SMALL_QUOTES = 6


class NaiveBook:
    """Keep every quote ever pushed, sorted; work out the ring anew at each look."""

    def __init__(self, book_ms: int, book_quotes: int) -> None:
        self._book_ns = book_ms * MS_NS
        self._book_quotes = book_quotes
        self._all: list[tuple[int, str | None]] = []

    def push(self, ts_ns: int, name: str | None) -> None:
        self._all.append((ts_ns, name))
        # Stable, so equal stamps stay in order of arrival.
        self._all.sort(key=lambda each: each[0])

    def at_or_before(self, ts_ns: int) -> str | None:
        if not self._all:
            return None
        since_ns = self._all[-1][0] - self._book_ns
        recent = [each for each in self._all if each[0] >= since_ns][-self._book_quotes :]
        older = self._all[: len(self._all) - len(recent)]
        for stamp, name in reversed(older[-1:] + recent):
            if stamp <= ts_ns and name is not None:
                return name
        return None


# A push of a quote (which may be broken) or a look, at a millisecond that drifts forward.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["push", "push", "push", "broken", "look"]),
        st.integers(-30, 6),
        st.booleans(),
    ),
    max_size=150,
)


@settings(max_examples=300)
@given(STEPS, st.booleans())
def test_book_finds_what_a_plain_list_finds(
    steps: list[tuple[str, int, bool]], in_pairs: bool
) -> None:
    book = QuoteBook(decode, SMALL_MS, SMALL_QUOTES)
    naive = NaiveBook(SMALL_MS, SMALL_QUOTES)
    now_ms = 0
    for number, (step, offset_ms, restart) in enumerate(steps):
        now_ms += max(offset_ms, 0)
        at_ns = TEN_NS + (now_ms + min(offset_ms, 0)) * MS_NS
        if step == "look":
            found = book.at_or_before(at_ns)
            assert (found and found.trace_id) == naive.at_or_before(at_ns)
            assert found is None or found.ts <= at_ns
        else:
            name = f"q{number}" if step == "push" else None
            data = encode(quote(source_ts=at_ns, trace_id=name)) if name else BROKEN
            book.push(at_ns, (data, number) if in_pairs else data)
            naive.push(at_ns, name)
        if restart:
            book = restarted(book, SMALL_MS, SMALL_QUOTES)


def restarted(book: QuoteBook, *size: int) -> QuoteBook:
    back = QuoteBook(decode, *size)
    back.load(msgspec.msgpack.decode(msgspec.msgpack.encode(book.state()), type=list[list[Any]]))
    return back


def test_trimming_in_bulk_is_not_noticed() -> None:
    book, naive = QuoteBook(decode, 15_000, 4096), NaiveBook(15_000, 4096)
    for number in range(9000):
        at_ns = TEN_NS + number * MS_NS
        book.push(at_ns, encode(quote(source_ts=at_ns, trace_id=f"q{number}")))
        naive._all.append((at_ns, f"q{number}"))
    assert len(book) == 4097
    for back_ms in (0, 1, 4095, 4096, 4097, 8999):
        at_ns = TEN_NS + (8999 - back_ms) * MS_NS
        found = book.at_or_before(at_ns)
        assert (found and found.trace_id) == naive.at_or_before(at_ns)
    assert naive.at_or_before(TEN_NS + (8999 - 4096) * MS_NS) == "q4903"
    assert naive.at_or_before(TEN_NS + (8999 - 4097) * MS_NS) is None


def test_book_of_a_quiet_name_does_not_grow() -> None:
    book = QuoteBook(decode)
    for number in range(10_000):
        book.push(TEN_NS + number * 20 * SECOND_NS, b"")
    assert len(book.state()[0]) == 2
    assert len(book._stamps) <= 128


def test_quote_that_fell_out_of_the_ring_is_not_found_though_it_was_seen_before() -> None:
    book = QuoteBook(decode, 15_000, 2)
    found = []
    for number in range(4):
        at_ns = TEN_NS + number
        book.push(at_ns, encode(quote(source_ts=at_ns)))
        found.append(book.at_or_before(TEN_NS) is not None)
    assert found == [True, True, True, False]


def test_search_past_broken_quotes_ends_with_the_ring() -> None:
    book = QuoteBook(decode, 15_000, 2)
    book.push(TEN_NS, encode(quote()))
    for number in range(1, 4):
        book.push(TEN_NS + number, BROKEN)
    assert book.at_or_before(TEN_NS + 3) is None


def test_newest_older_quote_is_kept_whatever_its_age() -> None:
    book = book_of(quote(trace_id="old"))
    late_ns = TEN_NS + 3600 * SECOND_NS
    book.push(late_ns, encode(quote(source_ts=late_ns, trace_id="new")))
    found = book.at_or_before(late_ns - 1)
    assert found is not None
    assert found.trace_id == "old"


def test_quote_at_the_same_instant_is_taken_and_one_nanosecond_later_is_not() -> None:
    book = book_of(quote(trace_id="before"), quote(trace_id="later", source_ts=TEN_NS + 1))
    found = [book.at_or_before(TEN_NS + offset) for offset in (-1, 0, 1)]
    assert [each and each.trace_id for each in found] == [None, "before", "later"]


def test_of_equal_stamps_the_one_that_came_last_stands() -> None:
    book = book_of(
        quote(trace_id="a"),
        quote(trace_id="next", source_ts=TEN_NS + 5),
        quote(trace_id="late"),
    )
    found = book.at_or_before(TEN_NS + 4)
    assert found is not None
    assert found.trace_id == "late"


def test_pushing_decodes_nothing_and_looking_decodes_once() -> None:
    seen: list[object] = []

    def counted(payload: object) -> Any:  # noqa: ANN401 - a record
        seen.append(payload)
        return decode(payload)

    book = QuoteBook(counted)
    data = [encode(quote(source_ts=TEN_NS + n, trace_id=f"q{n}")) for n in range(3)]
    for n, each in enumerate(data):
        book.push(TEN_NS + n, each)
    book.push(TEN_NS + 3, BROKEN)
    assert seen == []
    for at_ns in (TEN_NS + 9, TEN_NS + 1, TEN_NS + 9, TEN_NS + 1, TEN_NS + 3):
        book.at_or_before(at_ns)
    assert seen == [BROKEN, data[2], data[1]]


def test_restored_book_decodes_nothing_again() -> None:
    book = book_of(quote(trace_id="a"), quote(trace_id="b", source_ts=TEN_NS + 1))
    found = book.at_or_before(TEN_NS)

    def refused(payload: object) -> None:
        pytest.fail(f"decoded again: {payload!r}")

    back = QuoteBook(refused)
    back.load(msgspec.msgpack.decode(msgspec.msgpack.encode(book.state()), type=list[list[Any]]))
    assert back.at_or_before(TEN_NS) == found
    assert back.state() == book.state()


def test_empty_book_has_no_quote_and_an_empty_state() -> None:
    book = QuoteBook(decode)
    assert book.at_or_before(TEN_NS) is None
    assert len(book) == 0
    assert restarted(book).at_or_before(TEN_NS) is None


def test_book_of_broken_quotes_has_none() -> None:
    book = QuoteBook(decode)
    book.push(TEN_NS, BROKEN)
    assert book.at_or_before(TEN_NS) is None
    assert restarted(book).at_or_before(TEN_NS) is None


@pytest.mark.parametrize(
    ("record", "is_two_sided", "is_crossed", "is_venue", "mid", "spread_e4"),
    [
        (quote(), True, False, False, 10.05, 1000),
        (quote(bid=10.0, ask=10.01), True, False, False, 10.005, 100),
        (quote(bid=10.1, ask=10.1), True, False, False, 10.1, 0),
        (quote(bid=10.2, ask=10.1), False, True, False, None, None),
        (quote(scope="venue"), True, False, True, 10.05, 1000),
        (quote(bid=None), False, False, False, None, None),
        (quote(ask=None), False, False, False, None, None),
        (quote(bid=0.0), False, False, False, None, None),
        (quote(ask=0.0), False, False, False, None, None),
        (quote(ask=-1.0), False, False, False, None, None),
        (void(), False, False, False, None, None),
    ],
)
def test_what_a_quote_is(  # the last two are null without a market between
    record: Any,  # noqa: ANN401 - a record
    is_two_sided: bool,
    is_crossed: bool,
    is_venue: bool,
    mid: float | None,
    spread_e4: int | None,
) -> None:
    made = quote_of(record, TEN_NS)
    assert (made.is_two_sided, made.is_crossed, made.is_venue) == (
        is_two_sided,
        is_crossed,
        is_venue,
    )
    assert (made.mid, made.spread_e4) == (mid, spread_e4)
    assert (made.bid, made.ask) == (record.bid, record.ask)
