"""Steps to the next alert: slice by slice, longer ones where nothing is found."""

import itertools

from infra.replay.player import Due
from infra.replay.player import Player
from tests.infra.replay.tapes import MS
from tests.infra.replay.tapes import TOPICS
from tests.infra.replay.tapes import S
from tests.infra.replay.tapes import a_player
from tests.infra.replay.tapes import after
from tests.infra.replay.tapes import drained


def looked(player: Player) -> Due:
    while not (due := player.due(0)).is_look:
        assert not due.is_end
    return due


def test_a_search_for_an_alert_looks_after_each_slice_and_ends_when_told() -> None:
    player = a_player([0, 500 * MS, 1500 * MS, 2500 * MS], is_paused=True, batch_size=1)
    player.step_to_alert()

    assert after(looked(player).reached_ns) == 1 * S
    assert after(looked(player).reached_ns) == 2 * S
    player.end_step(0)

    assert (player.state, player.records) == ("paused", {TOPICS[0]: 2, TOPICS[1]: 1})
    player.step_events(1)
    assert drained(player, 0) == [3]


def test_a_search_over_a_quiet_tape_takes_longer_slices_and_ends_with_it() -> None:
    player = a_player([0, 100 * S, 100 * S + 5], is_paused=True)
    player.step_to_alert()
    reached = []
    while not player.due(0).is_end:
        reached.append(after(player.event_ns) // MS)

    assert reached[:5] == [1000, 2000, 4000, 8000, 16_000]
    assert len(reached) < 10
    assert player.state == "finished"


def test_a_search_that_finds_nothing_for_long_takes_longer_slices_up_to_ten() -> None:
    player = a_player([n * S for n in range(700)], is_paused=True)
    player.step_to_alert()
    reached = [after(looked(player).reached_ns) // S for _ in range(110)]

    widths = [later - earlier for earlier, later in itertools.pairwise(reached)]
    assert widths[:9] == [1] * 9
    assert widths[9:19] == [2] * 10
    assert set(widths[100:]) == {10}
