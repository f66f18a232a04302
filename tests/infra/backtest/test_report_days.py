"""The page by session and by size of return."""

import msgspec
import pytest

from infra.backtest.words import points
from infra.backtest.words import share
from tests.infra.backtest.report_cases import beats
from tests.infra.backtest.report_cases import empty
from tests.infra.backtest.report_cases import one_session
from tests.infra.backtest.report_cases import undirected
from tests.infra.backtest.test_report import Case
from tests.infra.backtest.test_report import page
from tests.infra.backtest.test_report import table


def test_sessions_are_shown_one_by_one_with_their_lifts() -> None:
    result = beats()
    found = page(result)

    rows = table(found, "Sessions: hits 15 minutes later").rows
    assert [row[0] for row in rows] == [day.session for day in result.runs[0].days]
    first = result.runs[0].days[0]
    fifteen = first.horizons[2]
    assert rows[0][1:7] == [
        str(first.alerts),
        str(first.directed),
        str(fifteen.known_n),
        str(fifteen.hits),
        share(fifteen.hit_rate),
        share(fifteen.base_hit_rate),
    ]
    assert rows[0][10] == f"{points(fifteen.lift)} of {fifteen.base_n}"
    assert "12 of 24 sessions lie above their base rate 15 minutes later" in found.text("body")


def test_one_session_is_not_counted_against_others() -> None:
    found = page(one_session())

    assert len(table(found, "Sessions").rows) == 1
    assert "lie above their base rate" not in found.text("body")


def test_returns_have_a_plot_of_the_horizon_and_quantiles_of_all() -> None:
    found = page(beats())

    rows = table(found, "Change of the mid").rows
    assert [row[0] for row in rows] == ["1m", "5m", "15m", "60m", "close", "next close"]
    assert rows[2][1:7] == ["1,480", "−52.0", "−11.5", "+1.5", "+14.0", "+61.0"]
    told = [value or "" for value in found.values("aria-label")]
    assert any("15 minutes later, 1,480 alerts: half of them from −11.5 to +14.0" in each
               for each in told)  # fmt: skip


@pytest.mark.parametrize("case", [undirected, empty])
def test_without_directions_there_are_neither_sessions_nor_returns(case: Case) -> None:
    ids = page(case()).values("id")

    assert not {"days", "returns"} & set(ids)


def test_mids_out_of_prints_are_said_to_be() -> None:
    result = beats()
    data = msgspec.structs.replace(result.data, mids_from_prints=("VST",))

    assert "from option prints: VST" in page(msgspec.structs.replace(result, data=data)).text(
        "body"
    )
    assert "from option prints" not in page(result).text("body")
