"""The scorecard says what `islandflow settle` says of the same alerts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.evidence.panel_models import Scorecard
from flows.options.settlement import session_after
from flows.options.settlement import session_before
from infra.embedded.stack import EmbeddedStack
from infra.pipeline.settle import SettleResult
from infra.settings import load_settings
from schemas.records import AlertHit
from schemas.records import Confidence
from schemas.records import FlowAlert
from tests.api.evidence.chains import S
from tests.api.evidence.desk import Desk
from tests.flows.options.settlement_records import CALL
from tests.flows.options.settlement_records import HIGHER
from tests.flows.options.settlement_records import SESSION
from tests.flows.options.settlement_records import an_alert
from tests.flows.options.settlement_records import interest
from tests.services.test_settle import Market
from tests.services.test_settle import a_packet
from tests.services.test_settle import a_tape_row
from tests.services.test_settle import quotes

BEFORE, NEXT = session_before(SESSION), session_after(SESSION)
AAPL_CALL = "AAPL-2025-06-20-200-C"
HORIZONS = ("opened", "1m", "5m", "15m", "60m", "close", "next_close")
DIMENSIONS = {"classifier": "classifier", "profile": "profile"}


def alerts() -> list[FlowAlert]:
    """Return alerts of both ways, of several minutes, classifiers, profiles and probabilities."""
    found = []
    for number in range(1, 25):
        own = an_alert(number)
        shift = number * 700 * S
        classifiers = ("block", "sweep", "spread")[: 1 + number % 3]
        found.append(
            msgspec.structs.replace(
                own,
                source_ts=own.source_ts + shift + number * 123_456_789,
                first_ts=own.first_ts + shift,
                direction=("bullish", "bearish", "neutral")[number % 3],
                primary_profile_id=(None, "institutional", "hedger")[number % 3],
                confidence=Confidence(number / 24, 0.8, 0.9, 0.2, 0.0, "identity.v1"),
                score=4 * number,
                hits=tuple(
                    [AlertHit(f"hit:{name}:{number}", name, 0.8, "x") for name in classifiers]
                ),
                option_contract_id=(CALL, HIGHER)[number % 2],
            )
        )
    # One without quotes: measured by what prints carried, where settlement finds nothing else.
    other = an_alert(40, underlying_id="AAPL", option_contract_id=AAPL_CALL)
    gone = an_alert(41, state="retracted", revision=2)
    waiting = an_alert(42, underlying_id="WAIT", option_contract_id="WAIT-2025-06-20-1-C")
    return [*found, other, gone, waiting]


def whole_market() -> list[Any]:
    made = alerts()
    other = made[24]
    return [
        *quotes(BEFORE, 131.0, -0.0005, 20),
        *quotes(SESSION, 130.0, 0.001),
        *quotes(NEXT, 135.0, 0.0003),
        *[
            interest(name, oi, day)
            for name, first, last in ((CALL, 1000, 1300), (HIGHER, 700, 600))
            for oi, day in ((first, BEFORE), (last, SESSION))
        ],
        *[
            interest(AAPL_CALL, oi, d, underlying_id="AAPL")
            for oi, d in ((1, BEFORE), (9, SESSION))
        ],
        *made,
        *[a_packet(alert, 400) for alert in made],
        *[a_tape_row(n, other.source_ts + n * 20 * S, 200 + (n % 7) * 0.1) for n in range(1, 200)],
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settled")


@pytest.fixture(scope="module")
def settled(folder: Path) -> Iterator[tuple[Desk, SettleResult]]:
    """Yield a desk over alerts that were settled the way an operator settles them."""
    with EmbeddedStack(folder) as stack:
        market = Market(folder, stack.addresses)
        market.publish(whole_market())
        result = market.settle()
        desk = Desk(stack.addresses.clickhouse, load_settings().services.clickhouse_database)
        yield desk, result
        desk.close()


def scorecard(desk: Desk, by: str, horizon: str) -> dict[str, Any]:
    first = min(alert.first_ts for alert in alerts())
    response = desk.ask(
        "/flow/scorecard", by=by, horizon=horizon, start_ts=first, end_ts=first + 86_400 * S
    )
    Scorecard.model_validate_json(response.content)
    found: dict[str, Any] = response.json()
    return found


def same(found: dict[str, Any], rate: Any, horizon: str) -> None:  # noqa: ANN401 - a rate
    """Assert that a group says what settlement's rate says."""
    assert (found["n"], found["hits"], found["is_enough"]) == (rate.n, rate.hits, rate.is_enough)
    assert found["hit_rate"] == rate.rate
    assert found["low"] == pytest.approx(rate.low, abs=2e-6)
    assert found["high"] == pytest.approx(rate.high, abs=2e-6)
    if horizon != "opened":
        assert found["base_n"] == rate.base_n
        assert found["base_samples"] == rate.base_samples
        assert found["base_rate"] == pytest.approx(rate.base_rate, abs=2e-6)


@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("by", list(DIMENSIONS))
def test_groups_agree_with_settlement(
    settled: tuple[Desk, SettleResult], by: str, horizon: str
) -> None:
    desk, result = settled
    assert result.scores is not None

    found = scorecard(desk, by, horizon)

    same(found["overall"], result.scores.overall[horizon], horizon)
    groups = {each.name: each for each in result.scores.groups if each.dimension == by}
    assert {each["name"]: each["settled"] for each in found["data"] if each["settled"]} == {
        name: each.alerts for name, each in groups.items()
    }
    for each in found["data"]:
        if each["name"] in groups:
            same(each, groups[each["name"]].rates[horizon], horizon)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_calibration_agrees_with_settlement(
    settled: tuple[Desk, SettleResult], horizon: str
) -> None:
    desk, result = settled
    assert result.scores is not None
    expected = result.scores.calibration[horizon].buckets

    found = scorecard(desk, "profile", horizon)["overall"]["calibration"]

    assert [(each["low"], each["high"], each["n"]) for each in found] == [
        (each.low, each.high, each.n) for each in expected
    ]
    for each, other in zip(found, expected, strict=True):
        assert each["mean_probability"] == pytest.approx(other.mean_probability, abs=2e-6)
        assert each["hit_rate"] == pytest.approx(other.hit_rate, abs=2e-6)


def test_alerts_without_settlement_count_but_are_not_known(
    settled: tuple[Desk, SettleResult],
) -> None:
    desk, result = settled

    overall = scorecard(desk, "classifier", "60m")["overall"]

    assert overall["alerts"] == len(result.alerts) - 1  # the retracted one
    assert overall["settled"] == result.count("settled") < overall["alerts"]
    assert overall["known_share"] == pytest.approx(overall["n"] / overall["alerts"], abs=1e-6)
    outcomes = {name: n for name, n in result.outcomes().items() if n}
    assert overall["oi_outcomes"] == outcomes


def test_mean_return_is_signed_by_the_alerts_direction(
    settled: tuple[Desk, SettleResult],
) -> None:
    desk, result = settled
    signs = {"bullish": 1, "bearish": -1}
    signed = [
        each.bps * signs[alert.direction]
        for alert in result.alerts
        if alert.settlement is not None and alert.direction in signs
        for each in alert.settlement.forward_returns
        if each.horizon == "close" and each.bps is not None
    ]

    overall = scorecard(desk, "classifier", "close")["overall"]

    assert overall["n"] == len(signed) > 5
    assert overall["mean_signed_bps"] == pytest.approx(sum(signed) / len(signed), abs=1e-5)


def test_bands_of_score_hold_every_alert_once(settled: tuple[Desk, SettleResult]) -> None:
    desk, _ = settled

    found = scorecard(desk, "score_band", "60m")

    assert sum(each["alerts"] for each in found["data"]) == found["overall"]["alerts"]
    assert {each["name"] for each in found["data"]} >= {"0 to 10", "40 to 50", "90 to 100"}


def test_where_the_opening_is_merged_away_first_activity_stands_for_it(
    settled: tuple[Desk, SettleResult],
) -> None:
    desk, result = settled
    assert result.scores is not None
    rate = result.scores.overall["60m"]

    desk.client.execute("OPTIMIZE TABLE flow_alerts FINAL")

    overall = scorecard(desk, "classifier", "60m")["overall"]
    assert desk.rows("SELECT count() AS n FROM flow_alerts WHERE revision = 0")[0]["n"] == 1
    assert (overall["n"], overall["hits"], overall["hit_rate"]) == (rate.n, rate.hits, rate.rate)
    # A second or so earlier the same minutes of the half-hour are asked.
    assert overall["base_n"] == rate.base_n
    assert overall["base_rate"] == pytest.approx(rate.base_rate, abs=0.05)
