"""The golden numbers of the specification, and the rules of the house for the words."""

import pytest

from flows.equities.dark.confidence import block_terms
from flows.equities.dark.confidence import confidence_of
from flows.equities.dark.confidence import side_terms
from flows.equities.dark.confidence import zone_side
from flows.equities.dark.confidence import zone_terms
from tests.flows.equities.dark.prints import a_desk
from tests.flows.equities.dark.prints import a_print
from tests.flows.equities.dark.prints import a_quote
from tests.flows.equities.dark.prints import feed


@pytest.mark.parametrize(
    ("shares", "spread_pct", "expected"),
    [(4_000, 0.1, 0.96), (2_000, 0.25, 0.675), (4_000, None, 0.90), (2_000, 0.5, 0.575)],
)
def test_confidence_of_a_block(shares: float, spread_pct: float | None, expected: float) -> None:
    assert confidence_of(block_terms(shares, 2_000, spread_pct, 0.5)) == expected


@pytest.mark.parametrize(
    ("shares", "prints", "expected"),
    [(3_000, 4, 0.65), (6_000, 8, 1.0), (4_500, 5, 0.7875), (60_000, 80, 1.0)],
)
def test_confidence_of_a_side(shares: float, prints: int, expected: float) -> None:
    assert confidence_of(side_terms(shares, 3_000, prints)) == expected


def test_confidence_of_a_zone() -> None:
    assert confidence_of(zone_terms(10_000, 10_000, 3, 0.67, 0.60)) == 0.614


@pytest.mark.parametrize(
    ("from_above", "touches", "expected"),
    [
        *((3, 3, "support"), (2, 3, "support"), (1, 3, "resistance"), (0, 3, "resistance")),
        *((2, 4, "two_sided"), (3, 5, "two_sided"), (4, 6, "support"), (2, 6, "resistance")),
    ],
)
def test_two_thirds_of_the_touches_make_a_side(
    from_above: int, touches: int, expected: str
) -> None:
    assert zone_side(from_above, touches) == expected


@pytest.mark.parametrize(
    ("bid", "ask", "shares", "expected"),
    # The mids are 100 and 200, the spreads 0.1 % and 0.25 %.
    [(99.95, 100.05, 4_000, 0.96), (199.75, 200.25, 2_000, 0.675)],
)
def test_a_block_of_the_table_comes_out_of_the_desk(
    bid: float, ask: float, shares: int, expected: float
) -> None:
    (record,) = a_desk().add(a_print(shares=shares), a_quote(bid, ask), a_print().ts)

    assert (record.kind, record.confidence) == ("absorbed_block", expected)
    assert record.trace_id == f"dark:absorbed_block:join:{a_print(shares=shares).trace_id}"


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((750,) * 4, 0.65), ((400,) * 7 + (3_200,), 1.0), ((700,) * 4 + (1_700,), 0.7875)],
    ids=["3,000 in 4", "6,000 in 8", "4,500 in 5"],
)
@pytest.mark.parametrize(
    ("side", "kind"),
    [
        *(("A", "stealth_accumulation"), ("AA", "stealth_accumulation")),
        *(("B", "distribution"), ("BB", "distribution")),
    ],
)
def test_a_side_of_the_table_comes_out_of_the_desk(
    sizes: tuple[int, ...], expected: float, side: str, kind: str
) -> None:
    tape = [a_print(at, side, shares) for at, shares in enumerate(sizes)]

    (record,) = feed(a_desk(), tape)

    assert (record.kind, record.confidence, record.status) == (kind, expected, "provisional")
    assert record.trace_id == f"dark:{kind}:{tape[-1].trace_id}"
    assert (record.shares, record.print_count) == (sum(sizes), len(sizes))
