"""Wall time decides when a tick is sent, never more than the tape allows."""

from connectors.kafka.tape_clock import TapeClock

MS = 1_000_000
DAY = 86_400_000 * MS


def test_records_settle_after_the_longest_wait() -> None:
    clock = TapeClock(max_idle_ms=50, tick_ms=100)
    clock.saw(0, DAY, DAY + 5)
    clock.saw(30 * MS, DAY + 6, DAY + 9)

    assert clock.settled_ns(49 * MS) is None
    assert clock.settled_ns(50 * MS) == DAY + 5
    assert clock.settled_ns(80 * MS) == DAY + 9


def test_ticks_follow_wall_time_behind_the_last_record_and_keep_their_distance() -> None:
    clock = TapeClock(max_idle_ms=50, tick_ms=100)
    assert clock.watermark_ns(0) is None
    clock.saw(0, DAY, DAY)

    assert clock.watermark_ns(200 * MS) == DAY + 150 * MS
    assert clock.watermark_ns(299 * MS) is None
    assert clock.watermark_ns(300 * MS) == DAY + 250 * MS


def test_tick_between_two_bursts_does_not_make_the_next_one_late() -> None:
    clock = TapeClock(max_idle_ms=50, tick_ms=100)
    for second in range(1, 4):
        now = second * 1000 * MS
        clock.saw(now, DAY + now - 1000 * MS, DAY + now)

    watermark = clock.watermark_ns(3999 * MS)

    assert watermark is not None
    assert watermark < DAY + 3000 * MS


def test_replayed_day_holds_a_tick_back_by_seconds_not_by_hours() -> None:
    clock = TapeClock(max_idle_ms=50, tick_ms=100)
    clock.saw(0, DAY, DAY + 6 * 3_600_000 * MS)

    assert clock.watermark_ns(6000 * MS) == DAY + 6 * 3_600_000 * MS + (6000 - 5000 - 50) * MS


def test_earlier_run_is_taken_up() -> None:
    clock = TapeClock(max_idle_ms=50, tick_ms=100)
    clock.start(0, DAY)

    assert clock.watermark_ns(150 * MS) == DAY + 100 * MS
