"""Channels that are not in the log: what a new subscription is shown of them."""

import orjson

from api.live.soft import SoftGroup


def told(run: str, state: str) -> bytes:
    return orjson.dumps({"run_id": run, "state": state})


def test_a_new_subscription_is_shown_the_newest_clock_of_each_run() -> None:
    group = SoftGroup("replay-clock")

    for run, state in (("a", "playing"), ("b", "paused"), ("a", "finished")):
        group.publish(told(run, state))

    assert group.newest(100) == [told("a", "finished"), told("b", "paused")]
    assert group.newest(1) == [told("a", "finished")]


def test_clocks_of_runs_are_conflated_by_run() -> None:
    group = SoftGroup("replay-clock")
    group.members = 1

    for run in ("a", "b"):
        group.publish(told(run, "playing"))
    (frame,) = group.frames()

    assert [key for key, _ in frame.keyed] == ["a", "b"]


def test_of_a_channel_that_keeps_all_the_newest_hundred_are_shown() -> None:
    group = SoftGroup("notifications")

    for number in range(102):
        group.publish(b"%d" % number)

    assert group.newest(1000) == [b"%d" % number for number in range(101, 1, -1)]


def test_a_channel_of_one_thing_shows_its_newest_state_and_ticks_are_not_shown_again() -> None:
    health, ticks = SoftGroup("health"), SoftGroup("candle.ticked")

    for group in (health, ticks):
        group.publish(b'{"symbol":"A"}')
        group.publish(b'{"symbol":"B"}')

    assert health.newest(100) == [b'{"symbol":"B"}']
    assert ticks.newest(100) == []
