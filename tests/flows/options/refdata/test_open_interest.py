"""Open interest: only that of the session before, only once it was published."""

from collections.abc import Sequence
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.calendar import eastern_ns
from flows.options.contracts import session_before
from flows.options.refdata.open_interest import MAX_SESSIONS
from flows.options.refdata.open_interest import OpenInterestBook
from schemas.records import OpenInterest

EPOCH = date(1970, 1, 1)
CONTRACTS = ("XYZ-2025-03-21-50-C", "XYZ-2025-03-21-55-P")


def days(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def at(text: str, minute: int) -> int:
    return eastern_ns(days(text), minute)


def figure(
    oi: int, as_of: str | int, published_ts: int, contract: str = CONTRACTS[0]
) -> OpenInterest:
    return OpenInterest(
        source_ts=published_ts,
        ingest_ts=published_ts,
        seq=1,
        trace_id=f"t:{contract}:{as_of}:{published_ts}",
        schema_version="refdata.open-interest.v1",
        source="test",
        option_contract_id=contract,
        underlying_id="XYZ",
        oi=oi,
        as_of_date=days(as_of) if isinstance(as_of, str) else as_of,
        published_ts=published_ts,
    )


def book_of(figures: Sequence[OpenInterest]) -> OpenInterestBook:
    book = OpenInterestBook()
    for each in figures:
        book.add(each)
    return book


def oracle(
    figures: Sequence[OpenInterest], contract: str, trade_date: int, ts: int
) -> tuple[int, int] | None:
    """Return the usable figure by reading the whole list."""
    usable = [
        each
        for each in figures
        if each.option_contract_id == contract
        and each.published_ts <= ts
        and each.as_of_date == session_before(trade_date)
    ]
    if not usable:
        return None
    _, last = max(enumerate(usable), key=lambda pair: (pair[1].published_ts, pair[0]))
    return last.oi, last.as_of_date


@pytest.mark.parametrize(
    ("trade_date", "as_of"),
    [
        ("2025-03-04", "2025-03-03"),
        # Over a weekend, a holiday, and both.
        ("2025-03-03", "2025-02-28"),
        ("2025-07-07", "2025-07-03"),
        ("2025-02-18", "2025-02-14"),
    ],
)
def test_figure_of_the_session_before_is_used(trade_date: str, as_of: str) -> None:
    book = book_of([figure(700, as_of, at(trade_date, 390))])

    found = book.known(CONTRACTS[0], days(trade_date), at(trade_date, 570))

    assert found == (700, days(as_of))


def test_nothing_is_known_before_publication() -> None:
    published = at("2025-03-04", 390)
    book = book_of([figure(700, "2025-03-03", published)])

    assert book.known(CONTRACTS[0], days("2025-03-04"), published - 1) is None
    assert book.known(CONTRACTS[0], days("2025-03-04"), published) is not None


@pytest.mark.parametrize("as_of", ["2025-03-04", "2025-02-28", "2025-03-05"])
def test_older_and_same_day_figures_are_never_used(as_of: str) -> None:
    book = book_of([figure(700, as_of, at("2025-03-01", 390))])

    assert book.known(CONTRACTS[0], days("2025-03-04"), at("2025-03-04", 600)) is None


def test_evening_print_belongs_to_the_next_session_whose_figure_is_not_out() -> None:
    book = book_of([figure(700, "2025-02-28", at("2025-03-03", 390))])

    assert book.known(CONTRACTS[0], days("2025-03-04"), at("2025-03-03", 21 * 60)) is None


def test_correction_holds_from_its_publication_and_zero_is_a_figure() -> None:
    first, later = at("2025-03-04", 390), at("2025-03-04", 600)
    book = book_of([figure(700, "2025-03-03", first), figure(0, "2025-03-03", later)])
    trade_date, as_of = days("2025-03-04"), days("2025-03-03")

    assert book.known(CONTRACTS[0], trade_date, later - 1) == (700, as_of)
    assert book.known(CONTRACTS[0], trade_date, later) == (0, as_of)


# Sessions of one week with their mornings, so that stamps meet often.
SESSIONS = [days("2025-03-03") + step for step in range(5)]
instants = st.tuples(st.sampled_from(SESSIONS), st.sampled_from([390, 570, 600, 960])).map(
    lambda pair: eastern_ns(*pair)
)
figures_of = st.lists(
    st.builds(
        figure,
        oi=st.integers(0, 9),
        as_of=st.sampled_from(SESSIONS),
        published_ts=instants,
        contract=st.sampled_from(CONTRACTS),
    ),
    max_size=15,
)
# Prints come in order of their dates; one of the date before may still come late.
looks_of = st.lists(
    st.tuples(st.sampled_from(CONTRACTS), st.sampled_from(SESSIONS), instants), max_size=20
).map(lambda looks: sorted(looks, key=lambda look: look[1]))


@given(figures=figures_of, looks=looks_of)
def test_every_look_agrees_with_reading_the_whole_list(
    figures: list[OpenInterest], looks: list[tuple[str, int, int]]
) -> None:
    book = book_of(figures)

    for contract, trade_date, ts in looks:
        assert book.known(contract, trade_date, ts) == oracle(figures, contract, trade_date, ts)


@given(
    figures=figures_of,
    look=st.tuples(st.sampled_from(CONTRACTS), st.sampled_from(SESSIONS), instants),
    later=figures_of,
)
def test_what_is_published_later_never_changes_an_answer(
    figures: list[OpenInterest], look: tuple[str, int, int], later: list[OpenInterest]
) -> None:
    book = book_of(figures)
    before = book.known(*look)

    for each in later:
        book.add(msgspec.structs.replace(each, published_ts=each.published_ts + look[2]))

    assert book.known(*look) == before


@given(figures=figures_of, looks=looks_of, cut=st.integers(0, 15), at_look=st.integers(0, 20))
def test_restored_book_goes_on_byte_for_byte(
    figures: list[OpenInterest], looks: list[tuple[str, int, int]], cut: int, at_look: int
) -> None:
    straight, before = book_of(figures[:cut]), book_of(figures[:cut])
    for look in looks[:at_look]:
        straight.known(*look)
        before.known(*look)
    restored = OpenInterestBook()
    restored.load(msgspec.msgpack.decode(msgspec.msgpack.encode(before.state())))

    for each in figures[cut:]:
        straight.add(each)
        restored.add(each)
    expected = [straight.known(*look) for look in looks[at_look:]]
    found = [restored.known(*look) for look in looks[at_look:]]

    assert found == expected
    assert msgspec.msgpack.encode(restored.state()) == msgspec.msgpack.encode(straight.state())


def test_print_of_the_date_before_may_come_late_but_older_sessions_are_let_go() -> None:
    sessions = ["2025-03-03", "2025-03-04", "2025-03-05"]
    book = book_of([figure(n, each, at(each, 1000)) for n, each in enumerate(sessions)])
    now = at("2025-03-06", 600)

    assert book.known(CONTRACTS[0], days("2025-03-06"), now) == (2, days("2025-03-05"))
    assert book.known(CONTRACTS[0], days("2025-03-05"), now) == (1, days("2025-03-04"))
    assert [as_of for as_of, _ in book.state()[1]] == [days("2025-03-04"), days("2025-03-05")]


def test_sessions_without_prints_are_bounded() -> None:
    book = book_of([figure(1, days("2025-01-02") + n, at("2025-01-02", 0)) for n in range(100)])

    kept = [as_of for as_of, _ in book.state()[1]]

    assert kept == [days("2025-01-02") + n for n in range(100 - MAX_SESSIONS, 100)]
