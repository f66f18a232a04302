"""Memory of openings: eight a contract, five sessions, state."""

from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import FlowError
from flows.options.classifiers import HitHistory

THURSDAY = 20_230  # 2025-05-22
FRIDAY = THURSDAY + 1
TUESDAY = THURSDAY + 5  # after Memorial Day
NEXT_FRIDAY = THURSDAY + 8


def recorded(*openings: tuple[str, int, str, int]) -> HitHistory:
    history = HitHistory()
    for contract, date, side, size in openings:
        history.record(contract, date, side, size)
    return history


@pytest.mark.parametrize(
    ("trade_date", "remembered"),
    [
        (THURSDAY, True),
        (TUESDAY, True),
        (NEXT_FRIDAY, True),  # fifth session after: Fri, Tue, Wed, Thu, Fri
        (NEXT_FRIDAY + 3, False),
        (THURSDAY - 1, False),
    ],
)
def test_openings_count_for_five_sessions_over_weekend_and_holiday(
    trade_date: int, remembered: bool
) -> None:
    history = recorded(("A", THURSDAY, "bought", 100))
    assert history.opposite("A", trade_date, "sold", 100) is remembered


def test_only_the_same_contract_and_a_known_other_side_are_opposite() -> None:
    history = recorded(("A", THURSDAY, "bought", 100))
    assert not history.opposite("B", FRIDAY, "sold", 100)
    assert not history.opposite("A", FRIDAY, "bought", 100)
    assert not history.opposite("A", FRIDAY, "unknown", 100)


def test_an_opening_of_unknown_side_is_not_kept() -> None:
    assert len(recorded(("A", THURSDAY, "unknown", 100))) == 0


def test_the_ninth_opening_drops_the_first() -> None:
    history = recorded(*[("A", THURSDAY, "bought", 1000 * n) for n in range(1, 10)])
    assert not history.opposite("A", THURSDAY, "sold", 1000)
    assert history.opposite("A", THURSDAY, "sold", 9000)
    kept = recorded(*[("A", THURSDAY, "bought", 1000 * n) for n in range(1, 9)])
    assert kept.opposite("A", THURSDAY, "sold", 1000)


def test_contracts_whose_openings_are_too_old_are_forgotten() -> None:
    history = recorded(("A", THURSDAY, "bought", 100), ("B", FRIDAY, "bought", 100))
    history.record("C", NEXT_FRIDAY + 3, "sold", 5)
    assert len(history) == 2


OPENINGS = st.tuples(
    st.sampled_from("AB"),
    st.integers(THURSDAY, THURSDAY + 12),
    st.sampled_from(["bought", "sold", "unknown"]),
    st.integers(1, 2000),
)


@given(st.lists(OPENINGS, max_size=30), st.lists(OPENINGS, max_size=8))
def test_restored_history_goes_on_like_the_original(
    before: list[tuple[str, int, str, int]], after: list[tuple[str, int, str, int]]
) -> None:
    original = recorded(*before)
    restored = HitHistory()
    restored.load(msgspec.msgpack.decode(msgspec.msgpack.encode(original.state())))
    for opening in after:
        original.record(*opening)
        restored.record(*opening)
    assert msgspec.msgpack.encode(original.state()) == msgspec.msgpack.encode(restored.state())
    for contract, date, side, size in [*before, *after]:
        assert original.opposite(contract, date, side, size) is restored.opposite(
            contract, date, side, size
        )


def test_a_state_of_another_shape_is_refused() -> None:
    with pytest.raises(FlowError, match="history of openings"):
        HitHistory().load(cast("object", {}))
