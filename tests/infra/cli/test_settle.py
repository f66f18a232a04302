"""What `islandflow settle` takes and prints, without services."""

import io

import pytest
from rich.console import Console

from flows.options.scorecard import MEASURES
from flows.options.scorecard import scorecard
from flows.options.scorecard import scored_alert
from infra.cli.settle import Measure
from infra.cli.settle import parse_session
from infra.cli.settle import print_result
from infra.errors import MisconfiguredInfra
from infra.pipeline.settle import SettleResult
from schemas.records import AlertSettlement
from schemas.records import FlowAlert
from schemas.records import ForwardReturn
from tests.flows.options.settlement_records import SESSION
from tests.flows.options.settlement_records import an_alert


def printed(result: SettleResult) -> str:
    out = Console(file=io.StringIO(), width=120, highlight=False)
    print_result(out, result, Measure.CLOSE)
    text: str = out.file.getvalue()  # type: ignore[attr-defined]
    return text


def settled(number: int, bps: float | None) -> FlowAlert:
    returns = (ForwardReturn("close", bps), ForwardReturn("next_close", bps))
    settlement = AlertSettlement(10, 500, 490, 1.225, "opened", SESSION, ("a", "b"), returns)
    return an_alert(number, state="settled", settlement=settlement)


def result_of(alerts: list[FlowAlert]) -> SettleResult:
    scores = scorecard([scored_alert(each, {}) for each in alerts if each.settlement is not None])
    return SettleResult("2025-05-22", alerts, len(alerts), {}, scores)


def test_measures_of_the_command_are_those_of_the_scorecard() -> None:
    assert tuple(Measure) == MEASURES


def test_session_is_read() -> None:
    assert parse_session("2025-05-22") == SESSION


@pytest.mark.parametrize("text", ["2025-13-01", "yesterday", "2025-05-24", "2025-05-26"])
def test_what_is_no_session_is_refused(text: str) -> None:
    with pytest.raises(MisconfiguredInfra, match=text):
        parse_session(text)


@pytest.mark.parametrize(("count", "is_small"), [(29, True), (30, False)])
def test_small_numbers_are_said_to_be_small(count: int, is_small: bool) -> None:
    text = printed(result_of([settled(number, 1.0) for number in range(count)]))

    line = next(line for line in text.splitlines() if "mid to the close" in line)
    assert ("n too small to say" in line) == is_small
    assert "100.0%" in line


def test_missing_next_close_is_told() -> None:
    assert "settle with --again" in printed(result_of([settled(1, None)]))
    assert "settle with --again" not in printed(result_of([settled(1, 2.0)]))


def test_a_measure_without_numbers_is_one_sentence_that_names_a_fuller_one() -> None:
    out = Console(file=io.StringIO(), width=120, highlight=False)
    print_result(out, result_of([settled(1, 2.0)]), Measure.HOUR)
    text: str = out.file.getvalue()  # type: ignore[attr-defined]

    assert "No alert can be judged by mid after 60m; --measure " in text
    assert "By classifier" not in text


def test_underlyings_that_lack_the_same_snapshots_share_a_sentence() -> None:
    missing = {**{f"U{number}": ["2025-05-22"] for number in range(10)}, "AAPL": ["2025-05-21"]}
    waiting = SettleResult("2025-05-22", [an_alert(1)], 0, missing, None)
    lines = printed(waiting).splitlines()

    assert lines[1:] == [
        " AAPL waits for the open interest of 2025-05-21",
        " U0, U1, U2, U3, U4, U5, U6, U7 and 2 more wait for the open interest of 2025-05-22",
    ]


def test_nothing_settled_prints_no_scorecard() -> None:
    text = printed(result_of([an_alert(1)]))

    assert "0 settled" in text
    assert "Hits" not in text
