"""Low-volume nodes: distances, union, and alerts that come once."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.cadence import NEVER
from flows.equities.alert_draft import AlertDraft
from flows.equities.state.config import LvnConfig
from flows.equities.state.lvn import LvnDesk
from flows.equities.state.nodes import lvn_list
from flows.equities.state.nodes import nearest_place
from flows.errors import MisconfiguredFlow
from tests.flows.equities.state.records import DAY
from tests.flows.equities.state.records import DAY_BEFORE
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import SECOND_NS
from tests.flows.equities.state.records import WHO
from tests.flows.equities.state.records import a_profile

STEP_NS = 2 * SECOND_NS
AREA = (100.0, 101.0, 99.0)


def a_desk(lvns: Sequence[float]) -> LvnDesk:
    desk = LvnDesk(WHO, LvnConfig())
    desk.begin(DAY)
    desk.on_profile(a_profile(AREA, lvns=lvns))
    return desk


def walk(desk: LvnDesk, prices: Sequence[float], first: int = 0) -> list[AlertDraft]:
    """Let the price take a value before each boundary."""
    out: list[AlertDraft] = []
    for number, price in enumerate(prices, start=first):
        at_ns = OPEN_NS + number * STEP_NS
        desk.price.at_e4 = round(price * 10_000)
        desk.price.ts = at_ns - 1
        out += desk.evaluate(at_ns)
    return out


def kinds(drafts: Sequence[AlertDraft]) -> list[tuple[str, str]]:
    return [(draft.kind, draft.key) for draft in drafts]


def test_golden_distance() -> None:
    (at,) = lvn_list([100.40], 100.0, 0.5)

    assert round(at.distance_pct, 4) == 0.3984
    assert (at.is_near, at.approach, at.position) == (True, "UP", "BELOW")
    assert at.distance_dollars == -0.4


def test_list_is_sorted_by_distance_and_speaks_one_vocabulary() -> None:
    found = lvn_list([90.0, 100.0, 99.0, 101.0, 100.6], 100.0, 0.5)

    assert [each.lvn for each in found] == [100.0, 100.6, 101.0, 99.0, 90.0]
    assert [each.approach for each in found] == [None, "UP", "UP", "DOWN", "DOWN"]
    assert [each.position for each in found] == [None, "BELOW", "BELOW", "ABOVE", "ABOVE"]
    assert [each.is_near for each in found] == [True, False, False, False, False]


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=12, unique=True).map(sorted),
    st.integers(1, 400),
)
def test_nearest_is_the_first_of_the_list(nodes: list[int], price: int) -> None:
    place = nearest_place(nodes, price)

    assert place is not None
    least = min(abs(price - node) / node for node in nodes)
    assert abs(price - nodes[place]) / nodes[place] == pytest.approx(least)


def test_nodes_of_three_profiles_are_united_within_a_row() -> None:
    desk = a_desk([100.40, 102.00])
    desk.on_profile(a_profile(AREA, day=DAY_BEFORE, closed=True, lvns=[98.0, 100.45]))
    for sessions, lvns in ((5, [102.05, 105.0]), (20, [110.0])):
        composite = a_profile(AREA, day=DAY_BEFORE, window="composite", closed=True, lvns=lvns)
        name = f"profile:test:SPY:composite:{sessions}-2025-05-22"
        desk.on_profile(msgspec.structs.replace(composite, trace_id=name))

    nodes = desk.nodes()

    assert [node.at_e4 for node in nodes] == [980_000, 1_004_000, 1_020_000, 1_050_000]
    assert len(nodes[1].profile_ids) == len(nodes[2].profile_ids) == 2


def test_an_open_session_before_and_nodes_of_other_windows_do_not_count() -> None:
    desk = a_desk([100.40])
    desk.on_profile(a_profile(AREA, day=DAY_BEFORE, closed=False, lvns=[98.0]))
    desk.on_profile(a_profile(AREA, key="day-full", lvns=[97.0]))
    desk.on_profile(a_profile(AREA, window="rolling", key="60-1", lvns=[96.0]))

    assert [node.at_e4 for node in desk.nodes()] == [1_004_000]


def test_near_comes_once_until_the_price_was_twice_as_far_away() -> None:
    desk = a_desk([100.00])

    assert kinds(walk(desk, [101.0, 100.51])) == []
    assert kinds(walk(desk, [100.50, 100.40, 100.9, 100.3], 2)) == [("lvn.near", "100.00")]
    assert kinds(walk(desk, [100.99, 100.4], 6)) == []
    assert kinds(walk(desk, [101.0, 100.4], 8)) == [("lvn.near", "100.00")]


def test_draft_of_a_near_node_has_the_details_of_the_specification() -> None:
    (draft,) = walk(a_desk([100.40]), [100.0])

    assert (draft.score, draft.cooldown_s, draft.direction) == (40, 300.0, "neutral")
    assert draft.details == {
        "lvn_price": "100.40",
        "current_price": "100.00",
        "distance_pct": "0.3984",
        "distance_dollars": "-0.4000",
        "approach": "UP",
        "position": "BELOW",
        "message": "SPY 100.00 is 0.40% below the low-volume node 100.40",
    }
    assert [ref.kind for ref in draft.refs] == ["level", "profile"]
    assert sum(points for _, _, points in draft.components) == draft.score


@pytest.mark.parametrize(
    ("prices", "crossed"),
    [
        ([98.0, 103.0], ["100.00", "102.00"]),
        ([98.0, 100.0, 101.0], ["100.00"]),
        ([98.0, 100.0, 99.0], []),
        ([103.0, 101.0, 99.0], ["102.00", "100.00"]),
        ([100.0, 101.0, 99.0], ["100.00"]),
    ],
)
def test_cross_is_told_for_every_node_passed(prices: list[float], crossed: list[str]) -> None:
    drafts = walk(a_desk([100.0, 102.0]), prices)

    found = [draft for draft in drafts if draft.kind == "lvn.cross"]
    assert [draft.key for draft in found] == crossed
    assert all((draft.score, draft.cooldown_s) == (55, 300.0) for draft in found)


def test_direction_of_a_cross_is_the_way_the_price_went() -> None:
    drafts = walk(a_desk([100.0]), [95.0, 105.0, 95.0])

    assert [draft.direction for draft in drafts] == ["bullish", "bearish"]


def test_a_node_that_moved_by_a_row_is_still_the_node_it_was() -> None:
    desk = a_desk([100.00])
    assert kinds(walk(desk, [100.30])) == [("lvn.near", "100.00")]

    desk.on_profile(a_profile(AREA, lvns=[100.05]))
    assert kinds(walk(desk, [100.25], 1)) == []
    desk.on_profile(a_profile(AREA, lvns=[100.30]))
    assert kinds(walk(desk, [100.25], 2)) == [("lvn.near", "100.30")]


def test_it_is_evaluated_only_after_a_change() -> None:
    desk = a_desk([100.0])
    assert desk.due_ns == NEVER

    desk.price.at_e4 = 1_000_000
    desk.wake(OPEN_NS + 1)
    assert desk.due_ns == OPEN_NS + STEP_NS
    desk.evaluate(OPEN_NS + STEP_NS)
    assert desk.due_ns == NEVER

    desk.on_profile(a_profile(AREA, lvns=[101.0], source_ts=OPEN_NS))
    assert desk.due_ns == OPEN_NS + 2 * STEP_NS


@given(
    st.lists(st.integers(9_900, 10_100), min_size=1, max_size=40),
    st.lists(st.integers(0, 40), max_size=4),
    st.integers(0, 40),
)
def test_state_goes_on_the_same_from_anywhere(
    prices: list[int], moves: list[int], cut: int
) -> None:
    def go(desk: LvnDesk, numbers: range) -> list[AlertDraft]:
        out: list[AlertDraft] = []
        for number in numbers:
            if number in moves:
                lvns = [99.5, 100.0 + number / 100]
                desk.on_profile(a_profile(AREA, lvns=lvns, source_ts=OPEN_NS + number * STEP_NS))
            out += walk(desk, [prices[number] / 100], number)
        return out

    whole, first = a_desk([99.5, 100.3]), a_desk([99.5, 100.3])
    expected = go(whole, range(len(prices)))
    cut = min(cut, len(prices))
    found = go(first, range(cut))
    resumed = LvnDesk(WHO, LvnConfig())
    resumed.load(first.state())
    assert resumed.state() == first.state()

    assert found + go(resumed, range(cut, len(prices))) == expected
    assert resumed.state() == whole.state()


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(MisconfiguredFlow, match="version 9"):
        LvnDesk(WHO, LvnConfig()).load(b"\x91\x09")
