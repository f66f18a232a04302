"""Whatever wall time did to the order of a live run, its journal gives it again."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.connectors.kafka.journal_market import MOST_CALLS
from tests.connectors.kafka.journal_market import MS
from tests.connectors.kafka.journal_market import Arrives
from tests.connectors.kafka.journal_market import Given
from tests.connectors.kafka.journal_market import Market
from tests.connectors.kafka.journal_market import Step
from tests.connectors.kafka.journal_market import days
from tests.connectors.kafka.journal_market import live
from tests.connectors.kafka.journal_market import lived
from tests.connectors.kafka.journal_market import market
from tests.connectors.kafka.journal_market import replay
from tests.connectors.kafka.journal_market import replayed
from tests.connectors.kafka.test_marks import topic

batch_sizes = st.sampled_from([1, 2, 3, 7, 1000])
idle_times = st.sampled_from([0, 1, 3])
seeds = st.integers(0, 2**32)
cuts_of_a_run = st.lists(st.integers(0, 30), max_size=6)


def assert_same(found: Given, expected: Given) -> None:
    assert found.rows == expected.rows
    assert found.poison == expected.poison
    assert found.made_to_last_record == expected.made_to_last_record


@settings(deadline=None, max_examples=200)
@given(days(crashes=False), batch_sizes, batch_sizes, idle_times, seeds, cuts_of_a_run)
def test_a_replay_with_the_journal_gives_what_the_live_run_gave(
    day: tuple[int, list[Step]],
    batch_records: int,
    replay_records: int,
    max_idle_ms: int,
    seed: int,
    cuts: list[int],
) -> None:
    count, steps = day
    config = live(count, batch_records, max_idle_ms)
    with market(config, seed) as made:
        lived(made, steps, seed)
        again = replay(config, batch_records=replay_records)
        whole, cut = replayed(again), replayed(again, cuts)

    assert_same(whole, made.given)
    assert_same(cut, made.given)


@settings(deadline=None, max_examples=200)
@given(days(crashes=True), batch_sizes, idle_times, seeds)
def test_what_a_crash_repeats_and_what_follows_is_what_one_run_and_a_replay_give(
    day: tuple[int, list[Step]], batch_records: int, max_idle_ms: int, seed: int
) -> None:
    count, steps = day
    config = live(count, batch_records, max_idle_ms)
    with market(config, seed) as made:
        lived(made, steps, seed)
        found = replayed(replay(config))

    assert_same(found, made.given)


@settings(deadline=None)
@given(days(crashes=True), batch_sizes, idle_times, seeds)
def test_a_flow_that_starts_over_takes_the_same_order_and_writes_no_mark_again(
    day: tuple[int, list[Step]], batch_records: int, max_idle_ms: int, seed: int
) -> None:
    count, steps = day
    with market(live(count, batch_records, max_idle_ms), seed) as made:
        lived(made, steps, seed)
        first, marks = made.given, made.marks
        made.start_over()
        made.finish()

        assert made.marks == marks
        assert_same(made.given, first)


def offsets_at(made: Market, at_ms: int) -> list[int]:
    """Return by input the first offset stamped at or after a time, or the end."""
    found = []
    for name in made.config.topics:
        stored = made.log[name, 0]
        places = [at for at, each in enumerate(stored) if each.stamp_ms >= at_ms]
        found.append(places[0] if places else len(stored))
    return found


@settings(deadline=None, max_examples=150)
@given(
    days(crashes=False), batch_sizes, idle_times, seeds, st.integers(0, 250), st.integers(0, 250)
)
def test_between_two_times_order_and_late_flags_are_those_of_the_live_run(
    day: tuple[int, list[Step]],
    batch_records: int,
    max_idle_ms: int,
    seed: int,
    from_ms: int,
    length_ms: int,
) -> None:
    count, steps = day
    until_ms = from_ms + length_ms if length_ms else 0
    config = live(count, batch_records, max_idle_ms)
    steps = [each for each in steps if not (isinstance(each, Arrives) and each.stamp_ms is None)]
    with market(config, seed) as made:
        lived(made, steps, seed)
        found = replayed(replay(config, from_ns=from_ms * MS, until_ns=until_ms * MS))
        begins = offsets_at(made, from_ms)
        ends = offsets_at(made, until_ms) if until_ms else [MOST_CALLS] * count

    assert found.rows == [row for row in made.given.rows if begins[row[0]] <= row[1] < ends[row[0]]]


def in_turn(steps: Sequence[Step]) -> list[Step]:
    """Return steps whose stamps never fall within an input."""
    highest: dict[int, int] = {}
    found: list[Step] = []
    for step in steps:
        if not isinstance(step, Arrives):
            found.append(step)
        elif step.stamp_ms is not None:
            stamp_ms = highest[step.rank] = max(step.stamp_ms, highest.get(step.rank, 0))
            found.append(Arrives(step.rank, stamp_ms, step.is_wanted))
    return found


@settings(deadline=None, max_examples=150)
@given(days(crashes=False), batch_sizes, idle_times, seeds, cuts_of_a_run)
def test_with_keys_what_time_did_to_all_records_it_does_to_some(
    day: tuple[int, list[Step]],
    batch_records: int,
    max_idle_ms: int,
    seed: int,
    cuts: list[int],
) -> None:
    count, steps = day
    config = live(count, batch_records, max_idle_ms)
    with market(config, seed) as made:
        lived(made, in_turn(steps), seed)
        found = replayed(replay(config, keys=("SPY",)), cuts)
        wanted = [
            row for row in made.given.rows if made.log[topic(row[0]), 0][row[1]].key == b"SPY"
        ]

    # Where nothing is late within its own input, no other key decides about it but through time.
    assert found.rows == wanted
