"""When aggressive flow is an alert, and what the alert says."""

import msgspec
import pytest

from flows.equities.orderflow.aggression import PRESETS
from flows.equities.orderflow.aggression import AggressionInputs
from flows.equities.orderflow.aggression import score
from flows.equities.orderflow.alert import alert_of
from schemas.records import EquityOrderFlow
from schemas.records import EvidenceRef
from tests.flows.equities.orderflow.tape import MINUTE_NS
from tests.flows.equities.orderflow.tape import SECOND_NS
from tests.flows.equities.orderflow.tape import TEN_NS
from tests.flows.equities.orderflow.tape import a_print
from tests.flows.equities.orderflow.tape import a_stage
from tests.flows.equities.orderflow.tape import on_time
from tests.flows.equities.orderflow.tape import walk

QUIET = AggressionInputs(1.0, 0.0, 50.0, 50.0)
BUYING = AggressionInputs(3.0, 2400.0, 80.0, 20.0)
SELLING = AggressionInputs(2.0, -1200.0, 25.0, 75.0)
TWO_SIDED = AggressionInputs(3.0, 600.0, 55.0, 45.0)


def flow(inputs: AggressionInputs, preset: str = "live-1", window: str = "1s") -> EquityOrderFlow:
    first, *_ = walk(a_stage(), on_time(a_print(1, TEN_NS)))
    aggression = (score(PRESETS[preset], inputs),)
    return msgspec.structs.replace(first, aggression=aggression, window=window)


def test_alert_comes_when_flow_becomes_aggressive_and_not_while_it_stays() -> None:
    assert alert_of(flow(QUIET), None) is None
    assert alert_of(flow(BUYING), None) is not None
    assert alert_of(flow(BUYING), flow(QUIET)) is not None
    assert alert_of(flow(SELLING), flow(BUYING)) is None
    assert alert_of(flow(QUIET), flow(BUYING)) is None


def test_bucket_of_a_minute_never_alerts() -> None:
    assert alert_of(flow(BUYING, window="1m"), None) is None


def test_alert_says_who_is_aggressive_and_how_the_score_came_about() -> None:
    found = alert_of(flow(BUYING), None)

    assert found is not None
    assert (found.kind, found.key, found.cooldown_s) == ("flow.aggressive", "BUY", 60.0)
    assert (found.score, found.direction, found.confidence) == (100, "bullish", 1.0)
    assert found.headline == (
        "Aggressive buying in SPY: delta +2,400 shares, 80% buy, volume 3.0× the mean minute"
    )
    assert found.refs == (EvidenceRef("order_flow", f"orderflow:test:SPY:1000:{TEN_NS}", "anchor"),)
    assert (found.ts, found.last_ts) == (TEN_NS + SECOND_NS, TEN_NS + SECOND_NS)
    assert found.first_ts == TEN_NS + SECOND_NS - MINUTE_NS
    assert found.components == (
        ("volume", 3.0, 30.0),
        ("sides", 80.0, 0.0),
        ("momentum", 2400.0, 40.0),
        ("pressure", 80.0, 30.0),
    )


@pytest.mark.parametrize(
    ("inputs", "key", "direction"),
    [(BUYING, "BUY", "bullish"), (SELLING, "SELL", "bearish"), (TWO_SIDED, "NEUTRAL", "neutral")],
)
@pytest.mark.parametrize("preset", list(PRESETS))
def test_points_add_up_to_the_score(
    inputs: AggressionInputs, key: str, direction: str, preset: str
) -> None:
    found = alert_of(flow(inputs, preset), None)

    if found is None:
        assert score(PRESETS[preset], inputs).score < 50
        return
    assert sum(points for _, _, points in found.components) == found.score
    if preset == "live-1":
        assert (found.key, found.direction) == (key, direction)


def test_conflict_is_among_the_reasons() -> None:
    found = alert_of(flow(AggressionInputs(3.0, -2400.0, 80.0, 20.0)), None)

    assert found is not None
    assert found.why[-1] == "Pressure and momentum point in opposite directions"
