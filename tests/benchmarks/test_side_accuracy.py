"""Our side rules decide as the published ones (tclf 0.4), and score as stated on real trades."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from benchmarks.side_accuracy import futures_trades
from benchmarks.side_accuracy import main
from benchmarks.side_accuracy import measured_futures
from benchmarks.side_accuracy import measured_tape
from benchmarks.side_accuracy import tclf_sides
from flows.options.conditions import condition_facts
from flows.options.config import OptionsConfig
from flows.options.side_accuracy import Decision
from flows.options.side_accuracy import LabelledTrade
from flows.options.side_accuracy import decide
from flows.options.side_accuracy import score
from tests.conftest import real_data_path

FUTURES = "databento_glbx_es/derived/ESH4_20231225_trades.csv.gz"
VST = "tos_vst_option_tape/VST_2025-05-25_112147_cleaned.csv"
FACTS = condition_facts(("I",))
STACK_FLOOR = 0.75
# Sixteenths are exact in binary, so that a float mid and an integer mid are the same mid.
TICK = 0.0625
SIDES = {"buy": "sell", "sell": "buy", "unknown": "unknown"}


@st.composite
def trades(draw: st.DrawFn) -> list[LabelledTrade]:
    """
    Draw trades in, at and through quotes of both sides, locked ones too, within one packet.

    Where the definitions part, and is not drawn: crossed and one-sided quotes and sizes of zero
    place nothing with us; outside the quote our trade-size rule is off (see its own test); the
    reverse tick of ours ends with the packet.
    """
    made = []
    for n in range(draw(st.integers(1, 30))):
        bid = draw(st.integers(16, 64))
        width = draw(st.integers(0, 8))
        price = draw(st.integers(bid - 3, bid + width + 3))
        size, bid_size, ask_size = (draw(st.integers(1, 6)) for _ in range(3))
        quote = bid * TICK, (bid + width) * TICK
        made.append(LabelledTrade(n, price * TICK, size, *quote, bid_size, ask_size, None))
    return made


def ours(tape: list[LabelledTrade], rule: str) -> list[str]:
    return [decision.side for decision in decide(tape, FACTS, OptionsConfig())[rule]]


@settings(max_examples=60, deadline=None)
@given(trades())
@pytest.mark.parametrize(
    ("rule", "published"), [("quote", "quote"), ("depth", "depth"), ("reverse_tick", "rev_tick")]
)
def test_rules_decide_as_published(rule: str, published: str, tape: list[LabelledTrade]) -> None:
    assert ours(tape, rule) == tclf_sides(tape, published)


@settings(max_examples=60, deadline=None)
@given(trades())
def test_trade_size_decides_as_published_inside_the_quote_and_not_outside(
    tape: list[LabelledTrade],
) -> None:
    expected = [
        side if trade.bid <= trade.price <= trade.ask else "unknown"
        for trade, side in zip(tape, tclf_sides(tape, "trade_size"), strict=True)
    ]

    assert ours(tape, "trade_size") == expected


@given(trades())
def test_stack_is_the_first_rule_that_decides(tape: list[LabelledTrade]) -> None:
    found = decide(tape, FACTS, OptionsConfig())

    for at, decision in enumerate(found["stack"]):
        said = [found[rule][at] for rule in ("trade_size", "quote", "depth", "reverse_tick")]
        first = next((each for each in said if each.side != "unknown"), Decision("unknown", 0.5))
        assert decision == first


@given(trades())
def test_mirrored_quotes_and_sizes_give_the_other_side(tape: list[LabelledTrade]) -> None:
    mirrored = [
        LabelledTrade(
            t.ts, 10 - t.price, t.size, 10 - t.ask, 10 - t.bid, t.ask_size, t.bid_size, None
        )
        for t in tape
    ]

    for rule in ("trade_size", "quote", "depth", "reverse_tick"):
        assert ours(mirrored, rule) == [SIDES[side] for side in ours(tape, rule)]


def test_score_counts_coverage_accuracy_and_calibration() -> None:
    def labelled(side: str | None) -> LabelledTrade:
        return LabelledTrade(0, 1.0, 1, 0.9, 1.1, 1, 1, side)

    tape = [labelled(side) for side in ("buy", "buy", "sell", "sell", None)]
    said = [
        Decision("buy", 0.7),
        Decision("sell", 0.7),
        Decision("sell", 0.6),
        Decision("unknown", 0.5),
        Decision("buy", 0.7),
    ]

    found = score(said, tape)

    assert (found.trades, found.decided, found.right) == (4, 3, 2)
    assert (found.coverage, found.accuracy) == (0.75, 0.666667)
    assert (found.with_coin, found.stated) == (0.625, 0.666667)
    assert [(b.stated, b.trades, b.observed) for b in found.calibration] == [
        (0.6, 1, 1.0),
        (0.7, 2, 0.5),
    ]
    assert score([], []).accuracy is None


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return measured_futures(real_data_path(FUTURES))


def test_stack_is_right_more_often_than_stated_on_real_trades(measured: dict[str, Any]) -> None:
    stack = measured["ours"]["stack"]

    assert (measured["trades"], measured["labelled"]) == (2973, 2972)
    assert stack["coverage"] == 1.0
    assert stack["accuracy"] > STACK_FLOOR > stack["stated"]
    assert measured["ours"]["stack_without_trade_size"]["accuracy"] == 1.0
    # One book: who takes all that is shown is the aggressor, the opposite of the rule's premise.
    assert measured["ours"]["trade_size"]["accuracy"] < 0.05
    assert "no estimate of accuracy on options" in measured["meaning"]


def test_rules_decide_as_published_on_real_trades(measured: dict[str, Any]) -> None:
    tape = futures_trades(real_data_path(FUTURES))[1:]  # the first belongs to the opening auction

    assert ours(tape, "quote") == tclf_sides(tape, "quote")
    inside = [trade.bid <= trade.price <= trade.ask for trade in tape]
    published = tclf_sides(tape, "trade_size")
    pairs = zip(ours(tape, "trade_size"), published, inside, strict=True)
    assert all(own == (theirs if is_in else "unknown") for own, theirs, is_in in pairs)
    tick = measured["tclf"]["tick"]["accuracy"]
    assert 0.5 < tick < measured["tclf"]["quote"]["accuracy"]


def test_quote_rule_never_contradicts_the_tape_author() -> None:
    found = measured_tape(real_data_path(VST))

    assert found["agreement"]["accuracy"] == 1.0
    assert found["agreement"]["coverage"] > 0.9
    assert "no truth" in found["meaning"]


def test_command_prints_one_json_object_and_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(
        "ts_event,side,price,size,bid_px_00,ask_px_00,bid_sz_00,ask_sz_00\n"
        "1,B,10.25,3,10.0,10.25,5,4\n2,A,10.0,2,10.0,10.25,5,4\n"
    )
    monkeypatch.setattr("sys.argv", ["side_accuracy", "--futures", str(path), "--table"])

    assert main() == 0

    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["futures"]["ours"]["stack"]["accuracy"] == 1.0
    assert "ours stack" in said.err
    assert "not options" in said.err


def test_command_without_a_file_says_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["side_accuracy"])

    with pytest.raises(SystemExit):
        main()

    assert "--futures" in capsys.readouterr().err
