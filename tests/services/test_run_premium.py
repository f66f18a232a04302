"""Net premium of a real day equals a group-by of its stored tape, to the cent."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from connectors.clickhouse.client import ClickHouseClient
from infra.embedded.stack import EmbeddedStack
from tests.services.finished_run import FinishedRun

CENTS = "toInt64(round(notional * 100))"
DELTA = "toInt64(round(ifNull(dollar_delta, 0) * 100))"
P_BUY = (
    "multiIf(aggressor_side = 'unknown', 5000, aggressor_side = 'buy', "
    "toInt64(round(aggressor_probability * 10000)), "
    "10000 - toInt64(round(aggressor_probability * 10000)))"
)
INFERRED = "aggressor_side != 'unknown' AND signal_class = 'full' AND NOT late"
AT_ASK = "nbbo_side IN ('A', 'AA')"
AT_BID = "nbbo_side IN ('B', 'BB')"


def measures(right: str) -> dict[str, tuple[str, int]]:
    """Return SQL sums of calls or puts by field, each with its unit's parts of a dollar."""
    of = f"`right` = '{right[0].upper()}'"
    sums = {
        "ask": (f"sumIf({CENTS}, {of} AND {AT_ASK})", 100),
        "mid": (f"sumIf({CENTS}, {of} AND nbbo_side = 'MID')", 100),
        "bid": (f"sumIf({CENTS}, {of} AND {AT_BID})", 100),
        "unplaced": (f"sumIf({CENTS}, {of} AND nbbo_side IN ('MISSING', 'STALE'))", 100),
        "net": (f"sumIf({CENTS} * ({AT_ASK}) - {CENTS} * ({AT_BID}), {of})", 100),
        "p_buy": (f"sumIf({CENTS} * {P_BUY}, {of})", 1_000_000),
        "p_sell": (f"sumIf({CENTS} * (10000 - {P_BUY}), {of})", 1_000_000),
        "p_net": (f"sumIf({CENTS} * (2 * {P_BUY} - 10000), {of})", 1_000_000),
        "buy": (f"sumIf({CENTS}, {of} AND aggressor_side = 'buy' AND {INFERRED})", 100),
        "sell": (f"sumIf({CENTS}, {of} AND aggressor_side = 'sell' AND {INFERRED})", 100),
        "dollar_delta": (f"sumIf({DELTA} * ({AT_ASK}) - {DELTA} * ({AT_BID}), {of})", 100),
        "p_dollar_delta": (f"sumIf({DELTA} * (2 * {P_BUY} - 10000), {of})", 1_000_000),
    }
    return {f"{right}_{name}": said for name, said in sums.items()}


MEASURES = {
    **measures("call"),
    **measures("put"),
    "excluded": (f"sumIf({CENTS}, NOT ({INFERRED}))", 100),
    "delta_premium": (f"sumIf({CENTS}, dollar_delta IS NOT NULL)", 100),
    "print_count": ("toInt64(count())", 1),
    "size": ("sum(toInt64(size))", 1),
}
RUNNING = ("call_net", "put_net", "call_p_net", "put_p_net")


@pytest.fixture(scope="module")
def tables(vst_run: FinishedRun) -> Iterator[ClickHouseClient]:
    """Yield the tables of a finished run, while its services run."""
    assert vst_run.result["dead_letters"] == 0
    with (
        EmbeddedStack(vst_run.data) as stack,
        closing(ClickHouseClient(stack.addresses.clickhouse)) as tables,
    ):
        yield tables


def from_tape(tables: ClickHouseClient) -> dict[int, dict[str, Any]]:
    """Return the sums of the tape by minute, in the units summed, as the definitions have them."""
    sums = ", ".join(f"toString({sql}) AS `sum_{name}`" for name, (sql, _) in MEASURES.items())
    rows = tables.rows(
        "SELECT toString(intDiv(source_ts, 60000000000) * 60000000000) AS start, "  # noqa: S608
        f"{sums} FROM options_tape FINAL WHERE eligible_volume AND NOT reversed GROUP BY start"
    )
    return {int(row["start"]): {name: int(row[f"sum_{name}"]) for name in MEASURES} for row in rows}


def stored(tables: ClickHouseClient, underlying: str) -> dict[int, dict[str, Any]]:
    rows = tables.rows(
        "SELECT *, toString(window_start) AS start FROM options_net_premium FINAL "
        "WHERE underlying_id = {underlying:String} ORDER BY window_start",
        {"underlying": underlying},
    )
    return {int(row["start"]): row for row in rows}


@pytest.mark.parametrize("underlying", ["VST", "_market"])
def test_every_minute_equals_the_group_by_of_the_tape(
    tables: ClickHouseClient, underlying: str
) -> None:
    expected = from_tape(tables)

    found = stored(tables, underlying)

    assert len(found) > 300
    assert found.keys() == expected.keys()
    for start, sums in expected.items():
        for name, (_, parts) in MEASURES.items():
            value = round(sums[name] / max(parts // 100, 1))
            assert round(float(found[start][name]) * min(parts, 100)) == value, (start, name)
        assert not found[start]["forming"]


def test_running_sums_end_at_the_sums_of_the_day(tables: ClickHouseClient) -> None:
    expected = from_tape(tables)

    found = stored(tables, "VST")

    last = found[max(found)]
    for name in RUNNING:
        parts = MEASURES[name][1]
        whole = sum(sums[name] for sums in expected.values())
        assert round(last[f"session_{name}"] * 100) == round(whole / (parts // 100)), name
    (row,) = tables.rows(
        f"SELECT toString(sum({CENTS})) AS cents FROM options_tape FINAL "  # noqa: S608
        "WHERE eligible_volume AND NOT reversed"
    )
    assert round(last["session_premium"] * 100) == int(row["cents"])


def test_tide_of_one_underlying_is_that_underlying(tables: ClickHouseClient) -> None:
    own, market = stored(tables, "VST"), stored(tables, "_market")

    assert own.keys() == market.keys()
    same = [name for name in MEASURES if own[min(own)][name] is not None]
    for start, row in own.items():
        assert [row[name] for name in same] == [market[start][name] for name in same]
    assert stored(tables, "_basket") == {}
