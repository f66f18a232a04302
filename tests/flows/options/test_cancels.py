import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.cancels import choose
from flows.options.config import ClusterConfig
from flows.options.config import OptionsConfig
from flows.options.config import SignalConfig
from flows.options.enrichment import Event
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from tests.flows.options.engine_events import CALL
from tests.flows.options.engine_events import PUT
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import only
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows
from tests.flows.options.engine_events import run

ALL = OptionsConfig(signal=SignalConfig(mode="all"))


def reversed_ids(events: list[Event], config: OptionsConfig = ALL) -> list[str]:
    return [row.trace_id.rsplit(":", 1)[1] for row in rows(events, config) if row.reversed]


@pytest.mark.parametrize(
    ("code", "alike", "live", "chosen"),
    [
        ("C", [3, 5], (1, 9, 9), 5),
        ("E", [3, 5], (1, 9, 9), 3),
        ("G", [4], (4, 4, 1), 4),
        ("G", [4], (4, 5, 2), None),
        ("A", [1, 3, 5, 9], (1, 9, 9), 5),
        ("A", [1], (1, 9, 9), None),
        ("A", [9], (1, 9, 9), None),
        ("C", [], (1, 9, 9), None),
    ],
)
def test_code_says_which_print_is_meant(
    code: str, alike: list[int], live: tuple[int, int, int], chosen: int | None
) -> None:
    assert choose(code, alike, *live) == chosen


THREE = [printed(0, 2.0, 50), printed(1, 2.0, 50), printed(2, 2.0, 50)]


@pytest.mark.parametrize(("code", "gone"), [("C", ["2"]), ("E", ["0"]), ("A", ["1"]), ("G", [])])
def test_cancel_takes_back_the_print_its_code_names(code: str, gone: list[str]) -> None:
    assert reversed_ids([*THREE, printed(3, 2.0, 50, code)]) == gone


@pytest.mark.parametrize(
    "changes",
    [{"exchange": "N"}, {"price": 2.01}, {"size": 51}, {"contract": PUT}, {"ms": 86_400_000}],
)
def test_cancel_of_anything_else_takes_nothing_back(changes: dict[str, Any]) -> None:
    fields = {"ms": 3, "price": 2.0, "size": 50, "code": "C", **changes}
    engine, derived = run([*THREE, printed(**fields)], ALL)
    assert not [row for row in only(derived, OptionsTape) if row.reversed]
    assert engine.counters["cancel_unmatched"] == 1
    assert only(derived, OptionsTape)[-1].cancel is True


def test_trade_id_decides_when_both_have_one() -> None:
    prints = [printed(i, 2.0, 50, source_trade_id=f"x{i}") for i in range(3)]
    cancel = printed(3, 2.0, 50, "C", source_trade_id="x1")
    assert reversed_ids([*prints, cancel]) == ["1"]
    stranger = printed(3, 2.0, 50, "C", source_trade_id="x9")
    assert reversed_ids([*prints, stranger]) == []
    anonymous = [*prints, printed(2.5, 2.0, 50)]
    assert reversed_ids([*anonymous, stranger]) == ["2.5"]


def test_print_after_the_cancel_is_never_meant() -> None:
    late_cancel = printed(0.5, 2.0, 50, "C", late=True)
    assert reversed_ids([*THREE, late_cancel]) == ["0"]


def test_row_comes_again_with_its_own_key() -> None:
    original, _, again = rows([printed(0), printed(5, code="C")], ALL)
    assert (again.reversed, again.revision) == (True, 1)
    assert (again.trace_id, again.source_ts) == (original.trace_id, original.source_ts)


def test_print_of_an_open_packet_leaves_it() -> None:
    found = packets([*THREE, printed(3, 2.0, 50, "C")], ALL)
    assert len(found) == 1
    assert (found[0].revision, found[0].member_count) == (0, 2)
    assert found[0].features.total_size == 100
    assert found[0].reversed_print_ids == (f"t:1:p:{CALL}:2",)


def test_packet_with_nothing_left_before_release_is_not_emitted() -> None:
    assert packets([printed(0), printed(3, code="C")], ALL) == []
    assert packets([printed(0), printed(700, code="C")], ALL) == []


def test_emitted_packet_comes_again_without_the_print() -> None:
    first, again = packets([*THREE, printed(60_000, 2.0, 50, "A")], ALL)
    assert (first.revision, again.revision, again.id) == (0, 1, first.id)
    assert (again.source_ts, again.seq) == (at_ns(60_000), 600_000)
    assert (again.members, again.reversed_print_ids) == (
        (first.members[0], first.members[2]), (first.members[1],),
    )  # fmt: skip
    assert again.features.total_premium == first.features.total_premium - 10_000
    assert again.features.session_volume == 100
    assert (again.start_ts, again.end_ts, again.chain_length) == (
        first.start_ts, first.end_ts, first.chain_length,
    )  # fmt: skip


def test_packet_of_which_nothing_is_left_comes_again_empty() -> None:
    first, again = packets([printed(0), printed(60_000, code="G")], ALL)
    assert (again.revision, again.member_count, again.members) == (1, 0, ())
    assert (again.features.count, again.features.total_premium) == (0, 0.0)
    assert (again.evidence_refs, again.reversed_print_ids) == ((), first.members)
    assert again.features.dte_days == first.features.dte_days


def test_two_cancels_make_two_revisions() -> None:
    cancels = [printed(60_000, 2.0, 50, "C"), printed(61_000, 2.0, 50, "C")]
    found = packets([*THREE, *cancels], ALL)
    assert [(packet.revision, packet.member_count) for packet in found] == [(0, 3), (1, 2), (2, 1)]


def test_packet_below_the_gate_stays_unseen_when_a_print_is_cancelled() -> None:
    small = [printed(0, 0.1, 10), printed(1, 0.1, 10)]
    assert packets([*small, printed(60_000, 0.1, 10, "C")]) == []
    assert reversed_ids([*small, printed(60_000, 0.1, 10, "C")], OptionsConfig()) == ["1"]


def test_cancel_beyond_the_lookback_reverses_the_totals_only() -> None:
    config = OptionsConfig(
        signal=SignalConfig(mode="all"), cluster=ClusterConfig(cancel_lookback_ms=10_000)
    )
    events = [*THREE, printed(60_000, 3.0, 7), printed(61_000, 2.0, 50, "C"), printed(62_000, 3, 1)]
    engine, derived = run(events, config)
    tape = only(derived, OptionsTape)
    assert not any(row.reversed for row in tape)
    assert tape[4].condition_caveats == ("cancel_out_of_window",)
    assert [row.session_volume for row in tape] == [50, 100, 150, 157, 107, 108]
    assert {packet.revision for packet in only(derived, FlowPacket)} == {0}
    assert engine.counters["cancel_out_of_window"] == 1


def test_archive_bound_drops_the_oldest_and_counts() -> None:
    config = OptionsConfig(
        signal=SignalConfig(mode="all"), cluster=ClusterConfig(cancel_archive_mb=1)
    )
    # Ids that do not compress: what is kept is compressed.
    rng = random.Random(5)  # noqa: S311 - a test's tape, not a secret
    events = [printed(510 * i, 2.0, trace_id=rng.randbytes(300).hex()) for i in range(6_000)]
    engine, _ = run(events, config)
    assert engine.counters["archive_cut"] > 0
    assert engine.counters["archived_packets"] < 6_000


def test_reverse_before_the_last_member_takes_its_size_from_the_volume_once() -> None:
    open_still = packets([*THREE, printed(3, 2.0, 50, "E"), printed(4, 2.0, 5)], ALL)[0]
    assert open_still.features.session_volume == 105
    closed = packets([*THREE, printed(4, 2.0, 5), printed(60_000, 2.0, 50, "E")], ALL)[-1]
    assert closed.features.session_volume == 105


@given(
    st.lists(
        st.tuples(st.floats(0, 2_000), st.sampled_from([1.0, 2.0]), st.integers(1, 9)),
        min_size=1,
        max_size=12,
    ),
    st.floats(1, 5_000),
)
def test_cancels_return_totals_to_before(
    drawn: list[tuple[float, float, int]], later_ms: float
) -> None:
    prints = sorted(drawn, key=lambda one: one[0])
    events = [
        printed(ms, price, size, trace_id=f"p{i}") for i, (ms, price, size) in enumerate(prints)
    ]
    probe_ms = 2_000 + later_ms + 600
    kept = [nbbo(0, 1.0, 2.0), *events]
    extra = printed(2_000, 7.77, 123, trace_id="x")
    cancel = printed(2_000 + later_ms, 7.77, 123, "C", trace_id="c")
    probe = printed(probe_ms, 1.0, 1, contract=PUT, trace_id="probe")
    after = printed(probe_ms, 1.0, 1, trace_id="after")
    plain = run([*kept, probe, after], ALL)[1]
    undone = run([*kept, extra, cancel, probe, after], ALL)[1]

    def tail(derived: Sequence[object]) -> tuple[int, int, float | None]:
        row = next(r for r in derived if isinstance(r, OptionsTape) and r.trace_id == "after")
        packet = [p for p in derived if isinstance(p, FlowPacket) and "after" in p.members][-1]
        return row.session_volume, packet.features.session_volume, packet.features.strike_share_60s

    assert tail(undone) == tail(plain)
    final = {p.id: p.features.total_size for p in undone if isinstance(p, FlowPacket)}
    total = sum(size for size in final.values())
    assert total == sum(size for _, _, size in prints) + 2
